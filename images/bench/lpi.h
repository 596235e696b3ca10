/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Enough of a driver to have LPIs (IHI 0069 5.1, 5.2): tables of the calling vCPU's redistributor,
 * an ITS with one device, one event, LPI 8192. Registers by their names in IHI 0069 12.11
 * and 12.18.
 */
#ifndef IMAGES_BENCH_LPI_H
#define IMAGES_BENCH_LPI_H

#include "images/lib/gic.h"
#include "images/lib/print.h"
#include "images/lib/smp.h"

#define BOARD_GITS 0x08080000ull

enum gits_offset {
    GITS_CTLR = 0x0,
    GITS_CBASER = 0x80,
    GITS_CWRITER = 0x88,
    GITS_CREADR = 0x90,
    GITS_BASER = 0x100,
};

enum { GICR_PROPBASER = 0x70, GICR_PENDBASER = 0x78 };

#define FIRST_LPI      8192u
#define LPI_ID_BITS    17u /* at most: LPIs 8192..131071 */
#define QUEUE_COMMANDS 128u

static u8 lpi_config[1 << LPI_ID_BITS] __attribute__((aligned(65536), section(".noinit")));
static u8 lpi_pending[1 << (LPI_ID_BITS - 3)] __attribute__((aligned(65536), section(".noinit")));
static u64 its_queue[QUEUE_COMMANDS][4] __attribute__((aligned(65536), section(".noinit")));
static u64 its_table[2][8192] __attribute__((aligned(65536), section(".noinit")));
static u64 its_itt[512] __attribute__((aligned(4096), section(".noinit")));
static u64 its_next;

static inline u32 lpi_end(void)
{
    u32 bits = (mmio_read32(BOARD_GICD + GICD_TYPER) >> 19 & 31) + 1;

    return 1u << (bits > LPI_ID_BITS ? LPI_ID_BITS : bits);
}

/* LPI 8192 has priority @first, all others @rest; none is pending. */
static inline void lpi_tables(u8 first, u8 rest)
{
    u32 end = lpi_end();

    for (u32 i = 0; i < end; i++)
        lpi_config[i] = rest | 1;
    lpi_config[0] = first | 1;
    for (u32 i = 0; i < end / 8; i++)
        lpi_pending[i] = 0;
}

/*
 * GICR_CTLR.EnableLPIs anew: @count LPIs from @first on are pending, none else. The table's first
 * KiB is the GIC's own: what it left there is of the table as it was (IHI 0069 5.1.2).
 */
static inline void lpi_enable(u32 first, u32 count)
{
    u64 gicr = this_cpu()->gicr;

    mmio_write32(gicr + GICR_CTLR, 0);
    for (u32 i = 0; i < 1024; i++)
        lpi_pending[i] = 0;
    for (u32 i = first; i < first + count; i++)
        lpi_pending[i / 8] |= 1 << i % 8;
    dsb(sy);
    mmio_write64(gicr + GICR_PROPBASER, (u64)lpi_config | (LPI_ID_BITS - 1));
    mmio_write64(gicr + GICR_PENDBASER, (u64)lpi_pending);
    mmio_write32(gicr + GICR_CTLR, 1);
    dsb(sy);
}

/* The queue's next command; waits until it is done. */
static inline void its_command(u64 a, u64 b, u64 c)
{
    u64 *command = its_queue[its_next];

    command[0] = a;
    command[1] = b;
    command[2] = c;
    command[3] = 0;
    dsb(sy);
    its_next = (its_next + 1) % QUEUE_COMMANDS;
    mmio_write64(BOARD_GITS + GITS_CWRITER, its_next * 32);
    while (mmio_read64(BOARD_GITS + GITS_CREADR) != its_next * 32)
        ;
}

static inline void zero(u64 *words, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        words[i] = 0;
}

/* Device 0, event 0 -> LPI 8192 -> collection 0 -> this vCPU (RDbase: its number). */
static inline void its_enable(void)
{
    zero(its_table[0], 8192 * 2);
    zero(its_itt, 512);
    for (unsigned i = 0; i < 2; i++) /* GITS_BASER0 devices, 1 collections: one page of 64 KiB */
        mmio_write64(BOARD_GITS + GITS_BASER + i * 8, BIT(63) | (u64)its_table[i] | 2 << 8);
    mmio_write64(BOARD_GITS + GITS_CBASER, BIT(63) | (u64)its_queue);
    mmio_write64(BOARD_GITS + GITS_CWRITER, 0);
    mmio_write32(BOARD_GITS + GITS_CTLR, 1);
    its_command(0x08, 4, BIT(63) | (u64)its_itt);                 /* MAPD: 5 bits of EventID */
    its_command(0x09, 0, BIT(63) | (u64)this_cpu()->index << 16); /* MAPC */
    its_command(0x0a, (u64)FIRST_LPI << 32, 0);                   /* MAPTI */
}

/* How many others -append pending=N asks for, as far as there are LPIs. */
static inline u32 lpi_others(u64 wanted)
{
    u32 most = lpi_end() - FIRST_LPI - 1;

    return wanted > most ? most : (u32)wanted;
}

#endif
