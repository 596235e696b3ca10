/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 7: an SPI has no route.
 *
 * The second core brings up a device of its own and waits for its interrupt. With affinity routing
 * an SPI goes to the one PE that its GICD_IROUTER<n> names; nobody has written it, and what it
 * happens to hold names the first core (IHI 0069, GICD_IROUTER<n>).
 */
#include "images/lessons/lesson.h"

#define DEVICE INTID_DEVICE

BOOT_WITHOUT_GIC();

static void distributor_init(void)
{
    mmio_write32(BOARD_GICD + GICD_CTLR, GICD_CTLR_ARE | GICD_CTLR_GRP1);
    gic_wait_rwp();
}

/* Runs on vCPU 1. */
static void device_init(void *arg)
{
    gic_cpu_init();
    gic_set_edge(DEVICE, true);
    gic_set_group(DEVICE, 1);
    gic_set_priority(DEVICE, PRIO_DEFAULT);
#ifdef MENDED
    gic_route(DEVICE, my_affinity());
#endif
    gic_enable(DEVICE);
    gic_set_pending(DEVICE); /* stands for the device */
    listen(arg);
}

int main(void)
{
    gic_on(DEVICE, count_interrupt);
    distributor_init();
    gic_cpu_init();
    smp_start(2);
    smp_run(1, device_init, NULL);
    smp_wait(1);
    return lesson_end(taken, "vCPU 1 has its interrupt",
                      "the device's interrupt did not come to vCPU 1");
}
