/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 40: a core comes back, and its group stays off.
 *
 * Before a core is powered down, its CPU interface is turned off and its redistributor put to
 * sleep, in this order (IHI 0069 11.1). On its way back the driver wakes the redistributor, and
 * forgets the switch of Group 1 at the core: every core has its own (IHI 0069, ICC_IGRPEN1_EL1).
 */
#include "images/lessons/lesson.h"

static void power_down(void)
{
    u64 waker = this_cpu()->gicr + GICR_WAKER;

    write_sysreg(0, ICC_IGRPEN1_EL1);
    isb();
    mmio_write32(waker, mmio_read32(waker) | GICR_WAKER_SLEEP);
    while (!(mmio_read32(waker) & GICR_WAKER_CHILD_ASLEEP))
        ;
}

static void power_up(void)
{
    gic_wake();
#ifdef MENDED
    write_sysreg(1, ICC_IGRPEN1_EL1);
    isb();
#endif
}

static void core_1(void *arg)
{
    gic_setup(INTID_CNTV, PRIO_DEFAULT, false);
    power_down();
    power_up();
    virtual_timer_arm(ms_to_ticks(1));
    listen(arg);
}

int main(void)
{
    gic_on(INTID_CNTV, count_tick);
    smp_start(2);
    smp_run(1, core_1, NULL);
    smp_wait(1);
    return lesson_end(taken, "tick", "the timer's interrupt did not come");
}
