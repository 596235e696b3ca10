/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 32: three bits of a timer.
 *
 * CNTV_CTL_EL0 has ENABLE, IMASK and ISTATUS. A driver takes bit 1 for "interrupt on", sets it
 * beside ENABLE, and sees ISTATUS come: the timer fires. But 1 in IMASK keeps the output down, so
 * that the GIC is never told (DDI 0487, CNTV_CTL_EL0).
 */
#include "images/lessons/lesson.h"

#ifdef MENDED
#define CTL_ON TIMER_ENABLE
#else
#define CTL_ON (TIMER_ENABLE | TIMER_IMASK)
#endif

static void timer_start(u64 ticks)
{
    write_sysreg(counter_virtual() + ticks, cntv_cval_el0);
    write_sysreg(CTL_ON, cntv_ctl_el0);
    isb();
}

int main(void)
{
    gic_on(INTID_CNTV, count_tick);
    gic_setup(INTID_CNTV, PRIO_DEFAULT, false);
    timer_start(ms_to_ticks(1));
    irq_unmask();
    wait_until(taken, PATIENCE_MS);
    return lesson_end(taken, "tick", "ISTATUS is 1, and the timer's interrupt did not come");
}
