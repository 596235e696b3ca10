/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The CPU interface polled with PSTATE.I set: tests see each step of an interrupt's life.
 */
#ifndef TESTS_GUEST_GIC_POLL_H
#define TESTS_GUEST_GIC_POLL_H

#include "images/lib/gic.h"

#define SGI  5
#define PPI  20 /* nothing on the board drives it */
#define SPI  INTID_FREE_SPI
#define SPI2 (INTID_FREE_SPI + 1)
#define SPI3 (INTID_FREE_SPI + 2)

static inline u32 hppir1(void)
{
    isb();
    return read_sysreg(ICC_HPPIR1_EL1);
}

static inline u32 hppir0(void)
{
    isb();
    return read_sysreg(ICC_HPPIR0_EL1);
}

static inline u32 rpr(void)
{
    isb();
    return read_sysreg(ICC_RPR_EL1);
}

static inline void set_pmr(u64 value)
{
    write_sysreg(value, ICC_PMR_EL1);
    isb();
}

/* Interrupt state as one value, for checks. */
enum irq_state { INACTIVE, PENDING, ACTIVE, ACTIVE_PENDING };

static inline enum irq_state gic_state(u32 intid)
{
    dsb(sy);
    return (gic_is_pending(intid) ? PENDING : 0) | (gic_is_active(intid) ? ACTIVE : 0);
}

/* Disabled, inactive, Group 1, edge, default priority, to this vCPU. */
static inline void gic_forget(u32 intid)
{
    gic_disable(intid);
    gic_set_group(intid, 1);
    gic_set_priority(intid, PRIO_DEFAULT);
    if (intid >= 16)
        gic_set_edge(intid, true);
    if (gic_is_shared(intid))
        gic_route(intid, my_affinity());
    gic_clear_pending(intid);
    gic_clear_active(intid);
}

/* The PL011's transmit interrupt as a level source: one character sent leaves it raised in RIS
 * (DDI 0183, UARTTXINTR), UARTIMSC connects it to the line. */
#define UART_IMSC (BOARD_PL011 + 0x38)
#define UART_RIS  (BOARD_PL011 + 0x3c)
#define UART_ICR  (BOARD_PL011 + 0x44)
#define UART_TX   BIT(5)

static inline void line_high(void)
{
    mmio_write32(UART_IMSC, UART_TX);
    dsb(sy);
}

static inline void line_low(void)
{
    mmio_write32(UART_IMSC, 0);
    dsb(sy);
}

#endif
