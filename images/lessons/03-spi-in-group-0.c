/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 3: a device's interrupt was left in Group 0.
 *
 * The kernel was written for machines with a secure side, whose firmware hands all SPIs over in
 * Group 1. Here there is one security state (GICD_CTLR.DS reads 1) and no firmware: the groups are
 * as reset left them (IHI 0069, GICD_IGROUPR<n>), and the boot hangs waiting for its console.
 */
#include "images/lessons/lesson.h"

#define UART_IMSC  (BOARD_PL011 + 0x38)
#define UART_TXINT BIT(5)

BOOT_WITHOUT_GIC();

/* The UART has room: level-sensitive, so its mask goes on before the interrupt ends. */
static void on_uart(u32 intid, struct exc_frame *frame)
{
    count_interrupt(intid, frame);
    mmio_write32(UART_IMSC, 0);
}

static void distributor_init(void)
{
    mmio_write32(BOARD_GICD + GICD_CTLR, 0);
    gic_wait_rwp();
#ifdef MENDED
    for (unsigned word = 1; word <= gic_nr_spis() / 32; word++)
        mmio_write32(BOARD_GICD + GICD_IGROUPR + word * 4, ~0u);
#endif
    mmio_write32(BOARD_GICD + GICD_CTLR, GICD_CTLR_ARE | GICD_CTLR_GRP1);
    gic_wait_rwp();
}

int main(void)
{
    gic_on(INTID_PL011, on_uart);
    distributor_init();
    gic_cpu_init();
    gic_set_priority(INTID_PL011, PRIO_DEFAULT);
    gic_route(INTID_PL011, my_affinity());
    gic_enable(INTID_PL011);
    printf("console: interrupts from here\n");
    mmio_write32(UART_IMSC, UART_TXINT);
    irq_unmask();
    wait_until(taken, PATIENCE_MS);
    return lesson_end(taken, "the UART has room", "the UART's interrupt did not come");
}
