/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 11: the seventeenth core is not bit 16.
 *
 * ICC_SGI1R_EL1 has a list of 16 targets within one cluster; which cluster is said by Aff3, Aff2
 * and Aff1 beside it. Code that was tried with up to 16 cores leaves those zero, and what it sends
 * to core 17 arrives at core 1 (IHI 0069, ICC_SGI1R_EL1).
 */
#include "images/lessons/lesson.h"

#define SGI_WAKE 1
#define TARGET   17

static void send_wake(unsigned cpu)
{
    u64 aff1 = cpus[cpu].affinity >> 8 & 0xff;
    u64 value = (u64)SGI_WAKE << 24 | BIT(cpu % 16);
#ifdef MENDED
    value |= aff1 << 16;
#endif
    (void)aff1;
    dsb(ishst);
    write_sysreg(value, ICC_SGI1R_EL1);
    isb();
}

static void target_init(void *arg)
{
    gic_setup(SGI_WAKE, PRIO_DEFAULT, true);
    *(volatile bool *)arg = true;
    listen(arg);
}

int main(void)
{
    volatile bool ready = false;
    gic_on(SGI_WAKE, count_interrupt);
    smp_start(TARGET + 1);
    smp_run(TARGET, target_init, (void *)&ready);
    wait_until(ready, PATIENCE_MS);
    send_wake(TARGET);
    smp_wait(TARGET);
    return lesson_end(taken, "vCPU 17 is awake", "vCPU 17 was sent SGI 1 and has not got it");
}
