/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 9: GICD_IROUTER counts from INTID 0, and its first entries do not exist.
 *
 * The manual says that GICD_IROUTER32 is at 0x6100. A driver takes that for the base and adds 8
 * times the INTID, so that each route is written 32 interrupts too far: this SPI's own route is
 * untouched, another's is changed (IHI 0069, GICD_IROUTER<n>: 0x6000 + 8 n, n from 32).
 */
#include "images/lessons/lesson.h"

#define DEVICE INTID_DEVICE
#define TARGET 1

#ifdef MENDED
#define IROUTER_BASE 0x6000
#else
#define IROUTER_BASE 0x6100
#endif

static void set_route(u32 intid, u64 affinity)
{
    mmio_write64(BOARD_GICD + IROUTER_BASE + intid * 8, affinity);
    dsb(sy);
}

int main(void)
{
    gic_on(DEVICE, count_interrupt);
    smp_start(2);
    smp_run(TARGET, listen, NULL);
    gic_set_edge(DEVICE, true);
    set_route(DEVICE, cpus[TARGET].affinity);
    gic_enable(DEVICE);
    gic_set_pending(DEVICE); /* stands for the device */
    smp_wait(TARGET);
    return lesson_end(taken, "vCPU 1 has its interrupt",
                      "the device's interrupt did not come to vCPU 1");
}
