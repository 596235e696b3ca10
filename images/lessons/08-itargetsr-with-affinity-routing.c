/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 8: GICv2's target register with affinity routing on.
 *
 * A driver sends its SPI to the second core as it always has: a byte of GICD_ITARGETSR with that
 * core's bit. With affinity routing (GICD_CTLR.ARE_NS, or ARE) those bytes are reserved and the
 * write is ignored; GICD_IROUTER<n> is what counts, and it still names the first core.
 */
#include "images/lessons/lesson.h"

#define DEVICE         INTID_DEVICE
#define GICD_ITARGETSR 0x0800
#define TARGET         1

static void send_to_target(u32 intid)
{
#ifdef MENDED
    mmio_write64(BOARD_GICD + GICD_IROUTER + intid * 8, cpus[TARGET].affinity);
#else
    mmio_write8(BOARD_GICD + GICD_ITARGETSR + intid, 1u << TARGET);
#endif
}

int main(void)
{
    gic_on(DEVICE, count_interrupt);
    smp_start(2);
    smp_run(TARGET, listen, NULL);
    gic_set_edge(DEVICE, true);
    send_to_target(DEVICE);
    gic_enable(DEVICE);
    gic_set_pending(DEVICE); /* stands for the device */
    smp_wait(TARGET);
    return lesson_end(taken, "vCPU 1 has its interrupt",
                      "the device's interrupt did not come to vCPU 1");
}
