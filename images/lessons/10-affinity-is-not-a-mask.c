/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 10: an affinity is not a mask of cores, nor a core's number.
 *
 * "1 << cpu" named a set of cores in GICv2. GICD_IROUTER<n> holds the affinity of one PE, the same
 * four bytes as in its MPIDR_EL1. With bit 1 for core 1, the register names Aff0 = 2: no such PE
 * is here, and the interrupt goes to nobody (IHI 0069, GICD_IROUTER<n>).
 */
#include "images/lessons/lesson.h"

#define DEVICE INTID_DEVICE
#define TARGET 1

static void set_route(u32 intid, unsigned cpu)
{
#ifdef MENDED
    gic_route(intid, cpus[cpu].affinity);
#else
    mmio_write64(BOARD_GICD + GICD_IROUTER + intid * 8, 1u << cpu);
#endif
}

int main(void)
{
    gic_on(DEVICE, count_interrupt);
    smp_start(2);
    smp_run(TARGET, listen, NULL);
    gic_set_edge(DEVICE, true);
    set_route(DEVICE, TARGET);
    gic_enable(DEVICE);
    gic_set_pending(DEVICE); /* stands for the device */
    smp_wait(TARGET);
    return lesson_end(taken, "vCPU 1 has its interrupt",
                      "the device's interrupt did not come to vCPU 1");
}
