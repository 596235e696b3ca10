/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Console output on the PL011, and the end of the run.
 */
#ifndef IMAGES_LIB_PRINT_H
#define IMAGES_LIB_PRINT_H

#include "images/lib/cpu.h"
#include <stdarg.h>

/** uart_init - enable the PL011's transmitter and receiver (DDI 0183, UARTCR). */
void uart_init(void);

/** uart_putc - send one character; waits while the transmit FIFO is full. Any vCPU. */
void uart_putc(char c);

/**
 * printf - %s %c %d %u %x %p %%, with `l` (64 bits), a width and leading zeroes (%016lx).
 * One call's output is not torn by another vCPU's. May be called from handlers whose interrupted
 * code cannot be inside printf itself.
 */
void printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
void vprintf(const char *format, va_list args);

/**
 * guest_exit - end the run: semihosting SYS_EXIT_EXTENDED with @code; without semihosting
 * PSCI SYSTEM_OFF. Does not return.
 */
void guest_exit(int code) __attribute__((noreturn));

/** panic - print "FAIL: ..." without locks, and exit 1. */
void panic(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

#endif
