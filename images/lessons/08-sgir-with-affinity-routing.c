/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 8, second part: GICv2's way to send an SGI, with affinity routing on.
 *
 * To wake the second core the kernel writes GICD_SGIR. With affinity routing that register is
 * reserved, and SGIs are sent by the system register ICC_SGI1R_EL1: the write has no effect, and
 * the second core waits for a message that nobody has sent (IHI 0069, GICD_SGIR).
 */
#include "images/lessons/lesson.h"

#define SGI_WAKE  1
#define GICD_SGIR 0x0f00
#define TARGET    1

static void send_wake(void)
{
#ifdef MENDED
    dsb(ishst);
    write_sysreg(gic_sgi1r(SGI_WAKE, cpus[TARGET].affinity), ICC_SGI1R_EL1);
    isb();
#else
    mmio_write32(BOARD_GICD + GICD_SGIR, 1u << (16 + TARGET) | SGI_WAKE);
#endif
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
    smp_start(2);
    smp_run(TARGET, target_init, (void *)&ready);
    wait_until(ready, PATIENCE_MS);
    send_wake();
    smp_wait(TARGET);
    return lesson_end(taken, "vCPU 1 is awake", "vCPU 1 was sent SGI 1 and has not got it");
}
