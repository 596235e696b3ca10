/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 45: a timer value has 32 bits, and one of them is the sign.
 *
 * An alarm is to be as far away as can be: CNTV_TVAL_EL0 = 0xffffffff. The register is a signed
 * number of 32 bits: that is -1, a deadline which has passed (DDI 0487, CNTV_TVAL_EL0).
 * CNTV_CVAL_EL0 has 64 bits.
 */
#include "images/lessons/lesson.h"

#define FAR_AWAY 0xffffffffull

static void alarm_in(u64 ticks)
{
#ifdef MENDED
    write_sysreg(counter_virtual() + ticks, cntv_cval_el0);
#else
    write_sysreg(ticks, cntv_tval_el0);
#endif
    write_sysreg(TIMER_ENABLE, cntv_ctl_el0);
    isb();
}

int main(void)
{
    gic_on(INTID_CNTV, count_tick);
    gic_setup(INTID_CNTV, PRIO_DEFAULT, false);
    alarm_in(FAR_AWAY);
    irq_unmask();
    wait_until(taken, 1);
    return lesson_end(!taken, "the alarm waits for its time", "the alarm rang at once");
}
