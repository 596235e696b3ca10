/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 26: SPI 1 is INTID 33.
 *
 * The device tree says of the UART "interrupts = <0 1 4>": shared, number 1, level. Shared
 * peripheral interrupts are counted from INTID 32 on (private ones, <1 n>, from 16). The driver
 * takes the number as it is, and sets up INTID 1, which is an SGI.
 */
#include "images/lessons/lesson.h"

#define UART_IMSC  (BOARD_PL011 + 0x38)
#define UART_TXINT BIT(5)
#define DT_NUMBER  1

#ifdef MENDED
#define INTID_UART (32 + DT_NUMBER)
#else
#define INTID_UART DT_NUMBER
#endif

/* The UART has room: level-sensitive, so its mask goes on before the interrupt ends. */
static void on_uart(u32 intid, struct exc_frame *frame)
{
    count_interrupt(intid, frame);
    mmio_write32(UART_IMSC, 0);
}

int main(void)
{
    gic_on(INTID_UART, on_uart);
    gic_setup(INTID_UART, PRIO_DEFAULT, false);
    printf("console: interrupts from here\n");
    mmio_write32(UART_IMSC, UART_TXINT);
    irq_unmask();
    wait_until(taken, PATIENCE_MS);
    return lesson_end(taken, "the UART has room", "the UART's interrupt did not come");
}
