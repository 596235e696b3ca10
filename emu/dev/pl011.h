/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arm PrimeCell UART PL011 (DDI 0183), the `virt` board's console: every register, 16-byte
 * receive FIFO with trigger levels and receive timeout, loopback, one combined interrupt
 * (UARTINTR) on line 0. Modem lines are not connected, DMA is not.
 *
 * Choices, where the TRM leaves them to the board or where software depends on QEMU's:
 * - Transmission takes no time: the byte has left when the store to UARTDR completes, so the
 *   transmit FIFO is always empty and UARTTXRIS is set by each store (the level falls through the
 *   trigger each time, section 2.8.3).
 * - UARTEN and TXE/RXE do not gate the line: boot code, kvm-unit-tests and early consoles print
 *   without enabling anything. The first such byte is reported to the guest_error log.
 * - In loopback bytes also leave on the line, and outside input waits.
 * - The receive timeout is 32 bit periods (section 2.8.4) of the programmed divisor and a 24 MHz
 *   UARTCLK, in virtual time, counted from the last received byte, the last read that left bytes
 *   behind, the last clear of UARTRTRIS, or the moment it was unmasked, whichever is latest. With
 *   a divisor of 0 the period is that of 115200 baud.
 * - Identification is that of r1p1 (PeriphID2 0x14), the revision with 16-byte FIFOs that QEMU
 *   shows; r1p5 would promise 32-byte FIFOs to Linux.
 * - Bytes of one `receive` arrive together, without their transmission time.
 */
#ifndef IRQLAB_EMU_DEV_PL011_H
#define IRQLAB_EMU_DEV_PL011_H

#include "emu/dev/dev.h"

#define PL011_REGION_BYTES 0x1000
#define PL011_FIFO_DEPTH   16
#define PL011_CLOCK_HZ     24000000

/** pl011_create - a UART after reset; NULL when memory is out. Freed by ops->destroy. */
struct dev *pl011_create(const struct dev_host *host);

#endif
