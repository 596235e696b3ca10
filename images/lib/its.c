/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "images/lib/its.h"
#include "images/lib/print.h"
#include "images/lib/smp.h"

/* Not zeroed at start: most images have no use for them. */
#define TABLE(bytes) __attribute__((section(".noinit"), aligned(bytes)))

static u8 device_table[ITS_TABLE_BYTES] TABLE(0x10000);
static u8 collection_table[ITS_TABLE_BYTES] TABLE(0x10000);
static u8 vpe_table[ITS_TABLE_BYTES] TABLE(0x10000);
static u8 pending_tables[ITS_CPU_MAX][0x10000] TABLE(0x10000);
static u8 config_table[LPI_END - INTID_LPI] TABLE(4096);
static u64 queue[ITS_QUEUE_BYTES / 8] TABLE(4096);
static u8 itt_pool[0x40000] TABLE(4096);
static u32 itt_used;
static u32 queue_at; /* where the next command goes, in bytes */

/* By doublewords: @bytes is a multiple of 8. */
static void zero(void *table, u64 bytes)
{
    for (u64 *p = table; bytes; bytes -= 8)
        *p++ = 0;
}

static u64 gits(u32 offset)
{
    return mmio_read64(BOARD_GITS + offset);
}

bool its_present(void)
{
    return (mmio_read32(BOARD_GICD + GICD_TYPER) & BIT(17)) &&
           (mmio_read32(BOARD_GITS + GITS_PIDR2) >> 4 & 0xf) >= 3;
}

/* -- LPIs of a vCPU -- */

u8 *lpi_pending_table(unsigned cpu)
{
    return pending_tables[cpu];
}

/* Inner shareable, write-back: bits 11:10 and 9:7. */
#define ATTRIBUTES (1ull << 10 | 7ull << 7)

void lpi_cpu_tables(void)
{
    unsigned cpu = this_cpu()->index;
    u64 gicr = this_cpu()->gicr;
    if (cpu >= ITS_CPU_MAX)
        panic("images/lib/its.c has pending tables for %u vCPUs only", ITS_CPU_MAX);
    zero(pending_tables[cpu], LPI_END / 8);
    dsb(sy);
    mmio_write64(gicr + GICR_PROPBASER, (u64)config_table | ATTRIBUTES | (LPI_ID_BITS - 1));
    mmio_write64(gicr + GICR_PENDBASER, (u64)pending_tables[cpu] | ATTRIBUTES);
}

void lpi_cpu_enable(bool on)
{
    u64 ctlr = this_cpu()->gicr + GICR_CTLR;
    u32 others = mmio_read32(ctlr) & ~(u32)GICR_CTLR_ENABLE_LPIS;
    dsb(sy);
    mmio_write32(ctlr, on ? others | GICR_CTLR_ENABLE_LPIS : others);
    while (mmio_read32(ctlr) & GICR_CTLR_LPI_RWP)
        ;
    dsb(sy);
}

void lpi_cpu_init(void)
{
    lpi_cpu_tables();
    lpi_cpu_enable(true);
    its_mapc(this_cpu()->index, this_cpu()->index);
}

void lpi_configure(u32 intid, u8 priority, bool enabled)
{
    config_table[intid - INTID_LPI] = (priority & 0xfc) | 2 | enabled;
    dsb(sy);
}

/* -- The ITS -- */

u32 its_baser(unsigned type)
{
    for (unsigned i = 0; i < 8; i++)
        if (GITS_BASER_TYPE(gits(GITS_BASER + 8 * i)) == type)
            return GITS_BASER + 8 * i;
    return 0;
}

static void give_table(unsigned type, u8 *table)
{
    u32 baser = its_baser(type);
    if (!baser)
        return; /* a type that needs no table here */
    zero(table, ITS_TABLE_BYTES);
    mmio_write64(BOARD_GITS + baser,
                 GITS_BASER_VALID | (u64)table | 1ull << 10 | 7ull << 59 | GITS_BASER_PAGE_64K);
}

void its_enable(bool on)
{
    mmio_write32(BOARD_GITS + GITS_CTLR, on ? GITS_CTLR_ENABLED : 0);
    while (!on && !(mmio_read32(BOARD_GITS + GITS_CTLR) & GITS_CTLR_QUIESCENT))
        ;
    dsb(sy);
}

void its_queue_set(void)
{
    queue_at = 0;
    mmio_write64(BOARD_GITS + GITS_CBASER,
                 BIT(63) | 7ull << 59 | (u64)queue | 1ull << 10 | (ITS_QUEUE_BYTES / 4096 - 1));
    mmio_write64(BOARD_GITS + GITS_CWRITER, 0);
}

void its_init(void)
{
    its_enable(false);
    give_table(GITS_BASER_DEVICE, device_table);
    give_table(GITS_BASER_COLLECT, collection_table);
    give_table(GITS_BASER_VPE, vpe_table);
    zero(config_table, sizeof(config_table));
    itt_used = 0;
    its_queue_set();
    its_enable(true);
}

/* -- The queue -- */

void its_queue_put(struct its_command command)
{
    __builtin_memcpy((u8 *)queue + queue_at, &command, sizeof(command));
    queue_at = (queue_at + ITS_COMMAND_BYTES) % ITS_QUEUE_BYTES;
}

void its_queue_announce(void)
{
    dsb(sy);
    mmio_write64(BOARD_GITS + GITS_CWRITER, queue_at);
}

/* A SYNC in place of the command at which the ITS stopped. */
static void step_over(u64 creadr)
{
    struct its_command sync = {{ITS_SYNC, 0, its_rdbase(0), 0}};
    __builtin_memcpy((u8 *)queue + (creadr & 0xfffe0), &sync, sizeof(sync));
    dsb(sy);
    mmio_write64(BOARD_GITS + GITS_CWRITER, queue_at | GITS_CWRITER_RETRY);
}

bool its_queue_go(void)
{
    bool taken = true;
    u64 creadr;
    its_queue_announce();
    while ((creadr = gits(GITS_CREADR)) != queue_at) {
        if (!(creadr & GITS_CREADR_STALLED))
            continue;
        taken = false;
        step_over(creadr);
    }
    dsb(sy);
    return taken;
}

bool its_send(struct its_command command)
{
    its_queue_put(command);
    return its_queue_go();
}

/* -- Commands (IHI 0069 5.3) -- */

static bool send(u64 w0, u64 w1, u64 w2, u64 w3)
{
    return its_send((struct its_command){{w0, w1, w2, w3}});
}

static u64 head(enum its_opcode opcode, u32 device)
{
    return opcode | (u64)device << 32;
}

u64 its_rdbase(unsigned cpu)
{
    if (gits(GITS_TYPER) & BIT(19)) /* PTA: addresses */
        return cpus[cpu].gicr & 0x7ffffffff0000ull;
    return (u64)cpu << 16;
}

bool its_mapd(u32 device, unsigned event_bits)
{
    u64 entry = (gits(GITS_TYPER) >> 4 & 15) + 1, bytes = ((entry << event_bits) + 7) & ~7ull;
    u64 itt = (u64)itt_pool + itt_used;
    if (itt_used + bytes > sizeof(itt_pool))
        panic("no room for a table of %u event bits", event_bits);
    itt_used += (bytes + 255) & ~255u;
    zero((void *)itt, bytes);
    return send(head(ITS_MAPD, device), event_bits - 1, BIT(63) | itt, 0);
}

bool its_unmapd(u32 device)
{
    return send(head(ITS_MAPD, device), 0, 0, 0);
}

bool its_mapc(u32 collection, unsigned cpu)
{
    return send(ITS_MAPC, 0, BIT(63) | its_rdbase(cpu) | collection, 0);
}

bool its_unmapc(u32 collection)
{
    return send(ITS_MAPC, 0, collection, 0);
}

bool its_mapti(u32 device, u32 event, u32 intid, u32 collection)
{
    return send(head(ITS_MAPTI, device), event | (u64)intid << 32, collection, 0);
}

bool its_mapi(u32 device, u32 intid, u32 collection)
{
    return send(head(ITS_MAPI, device), intid, collection, 0);
}

bool its_movi(u32 device, u32 event, u32 collection)
{
    return send(head(ITS_MOVI, device), event, collection, 0);
}

bool its_movall(unsigned from_cpu, unsigned to_cpu)
{
    return send(ITS_MOVALL, 0, its_rdbase(from_cpu), its_rdbase(to_cpu));
}

bool its_discard(u32 device, u32 event)
{
    return send(head(ITS_DISCARD, device), event, 0, 0);
}

bool its_int(u32 device, u32 event)
{
    return send(head(ITS_INT, device), event, 0, 0);
}

bool its_clear(u32 device, u32 event)
{
    return send(head(ITS_CLEAR, device), event, 0, 0);
}

bool its_inv(u32 device, u32 event)
{
    return send(head(ITS_INV, device), event, 0, 0);
}

bool its_invall(u32 collection)
{
    return send(ITS_INVALL, 0, collection, 0);
}

bool its_sync(unsigned cpu)
{
    return send(ITS_SYNC, 0, its_rdbase(cpu), 0);
}
