/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 42: an interrupt for a core that is off.
 *
 * A driver spreads its interrupts over all cores that the device tree lists. The second has never
 * been started: the GIC delivers to its CPU interface, and nobody is there. An interrupt alone
 * starts no core; PSCI's CPU_ON does (DEN0022, CPU_ON).
 */
#include "images/lessons/lesson.h"

#define DEVICE INTID_DEVICE
#define TARGET 1

static void start_cores(void)
{
#ifdef MENDED
    smp_start(2);
    smp_run(TARGET, listen, NULL);
#endif
}

int main(void)
{
    gic_on(DEVICE, count_interrupt);
    gic_set_edge(DEVICE, true);
    gic_route(DEVICE, cpus[TARGET].affinity);
    gic_enable(DEVICE);
    start_cores();
    gic_set_pending(DEVICE); /* stands for the device */
    wait_until(taken, PATIENCE_MS);
    return lesson_end(taken, "vCPU 1 has its interrupt",
                      "the device's interrupt did not come to vCPU 1");
}
