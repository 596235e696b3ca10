/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 24: there is a timer and there is a CPU, and nothing in between.
 *
 * The timer's condition is met (CNTV_CTL_EL0.ISTATUS reads 1) and PSTATE.I is clear, so an
 * exception should come. Between the two is the interrupt controller, and nobody has set it up:
 * not the interrupt's enable bit, not its group, not the distributor, not the CPU interface.
 */
#include "images/lessons/lesson.h"

BOOT_WITHOUT_GIC();

int main(void)
{
    gic_on(INTID_CNTV, count_tick);
#ifdef MENDED
    gic_init();
    gic_cpu_init();
    gic_setup(INTID_CNTV, PRIO_DEFAULT, false);
#endif
    virtual_timer_arm(0);
    printf("CNTV_CTL_EL0.ISTATUS is %u\n", (unsigned)(read_sysreg(cntv_ctl_el0) >> 2 & 1));
    irq_unmask();
    wait_until(taken, PATIENCE_MS);
    return lesson_end(taken, "tick", "the timer's interrupt did not come");
}
