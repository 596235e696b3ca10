/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 25: the kernel has moved to another timer, its interrupt has not.
 *
 * To run under a hypervisor a kernel goes from the physical timer to the virtual one: CNTP_* is
 * CNTV_* everywhere. The INTID is still 30, the physical timer's. The virtual timer's is 27 (the
 * board's device tree; Arm's BSA recommends the same numbers).
 */
#include "images/lessons/lesson.h"

#ifdef MENDED
#define INTID_TICK INTID_CNTV
#else
#define INTID_TICK INTID_CNTP
#endif

static void tick_init(void)
{
    gic_on(INTID_TICK, count_tick);
    gic_setup(INTID_TICK, PRIO_DEFAULT, false);
    virtual_timer_arm(ms_to_ticks(1));
}

int main(void)
{
    tick_init();
    irq_unmask();
    wait_until(taken, PATIENCE_MS);
    return lesson_end(taken, "tick", "the timer's interrupt did not come");
}
