/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "images/lib/mmu.h"
#include "images/lib/atomic.h"
#include "images/lib/board.h"
#include "images/lib/print.h"

#define TABLE_ENTRIES 512
#define TABLE_COUNT   256
#define GIB           (1ull << 30)

static u64 table_pool[TABLE_COUNT][TABLE_ENTRIES]
    __attribute__((aligned(4096), section(".noinit")));
static u64 tables_used;
static u64 *root_table;

u64 *mmu_root(void)
{
    return root_table;
}

u64 *mmu_new_table(void)
{
    if (tables_used == TABLE_COUNT)
        panic("out of translation table pages");
    u64 *table = table_pool[tables_used++];
    for (unsigned i = 0; i < TABLE_ENTRIES; i++)
        table[i] = 0;
    return table;
}

static unsigned level_shift(unsigned level)
{
    return 39 - 9 * level;
}

/* A block's attributes, output address and all, spread over a table of the next level. */
static u64 *split_block(u64 block, unsigned level)
{
    u64 *table = mmu_new_table();
    u64 step = 1ull << level_shift(level + 1);
    u64 type = level + 1 == 3 ? PTE_TABLE : 0;
    for (unsigned i = 0; i < TABLE_ENTRIES; i++)
        table[i] = (block + i * step) | type;
    return table;
}

u64 *mmu_entry(u64 *root, unsigned root_level, u64 va, unsigned level)
{
    u64 *table = root;
    for (unsigned l = root_level;; l++) {
        u64 *entry = &table[va >> level_shift(l) & (TABLE_ENTRIES - 1)];
        if (l == level)
            return entry;
        if (!(*entry & PTE_VALID))
            *entry = (u64)mmu_new_table() | PTE_TABLE | PTE_VALID;
        else if (!(*entry & PTE_TABLE))
            *entry = (u64)split_block(*entry, l) | PTE_TABLE | PTE_VALID;
        table = (u64 *)(*entry & PTE_ADDR);
    }
}

void mmu_map(u64 va, u64 pa, u64 attrs)
{
    *mmu_entry(root_table, 0, va, 3) = attrs ? pa | attrs | PTE_TABLE | PTE_VALID : 0;
    dsb(ish);
}

/* In the EL1&0 regime nothing of it is EL0's; in the others AP[1] is RES1 and bit 54 is XN
 * (DDI 0487, "Data access permissions"). */
static void map_gib(u64 addr, u64 attrs)
{
    u64 regime = current_el() == 1 ? PTE_UXN : PTE_EL0;
    *mmu_entry(root_table, 0, addr, 1) = addr | attrs | regime | PTE_VALID;
}

void mmu_init(void)
{
    root_table = mmu_new_table();
    map_gib(0, MMU_DEVICE);
    for (u64 addr = BOARD_RAM; addr < BOARD_RAM + 4 * GIB; addr += GIB)
        map_gib(addr, MMU_NORMAL);
    map_gib(BOARD_GICR_HIGH, MMU_DEVICE);
}

/* 48-bit VA in TTBR0, 4 KiB granule, tables in Normal write-back inner-shareable memory. */
static u64 tcr_value(void)
{
    u64 tcr = 16 | 1 << 8 | 1 << 10 | 3 << 12;
    u64 pa_range = id_field(read_sysreg(id_aa64mmfr0_el1), 0);
    if (pa_range > 5)
        pa_range = 5;
    if (current_el() == 1)
        return tcr | BIT(23) | pa_range << 32; /* EPD1: no TTBR1 */
    return tcr | BIT(31) | BIT(23) | pa_range << 16;
}

#define SCTLR_EL1_RES1 0x30d00800ull
#define SCTLR_EL2_RES1 0x30c50830ull
#define SCTLR_M_C_I    (BIT(0) | BIT(2) | BIT(12))

void mmu_enable(void)
{
    write_elx(0xff04, mair); /* 0: Device-nGnRE, 1: Normal write-back */
    write_elx(tcr_value(), tcr);
    write_elx((u64)root_table, ttbr0);
    isb();
    if (current_el() == 1)
        __asm__ volatile("tlbi vmalle1" ::: "memory");
    else if (current_el() == 2)
        __asm__ volatile("tlbi alle2" ::: "memory");
    else
        __asm__ volatile("tlbi alle3" ::: "memory");
    dsb(nsh);
    isb();
    write_elx((current_el() == 1 ? SCTLR_EL1_RES1 : SCTLR_EL2_RES1) | SCTLR_M_C_I, sctlr);
    isb();
}

void mmu_disable(void)
{
    write_elx(read_elx(sctlr) & ~SCTLR_M_C_I, sctlr);
    isb();
}

void mmu_flush_all(void)
{
    dsb(ishst);
    if (current_el() == 1)
        __asm__ volatile("tlbi vmalle1is" ::: "memory");
    else if (current_el() == 2)
        __asm__ volatile("tlbi alle2is" ::: "memory");
    else
        __asm__ volatile("tlbi alle3is" ::: "memory");
    dsb(ish);
    isb();
}

void mmu_flush_page(u64 va)
{
    u64 page = va >> 12 & 0xfffffffffffull;
    dsb(ishst);
    if (current_el() == 1)
        __asm__ volatile("tlbi vaae1is, %0" : : "r"(page) : "memory");
    else if (current_el() == 2)
        __asm__ volatile("tlbi vae2is, %0" : : "r"(page) : "memory");
    else
        __asm__ volatile("tlbi vae3is, %0" : : "r"(page) : "memory");
    dsb(ish);
    isb();
}
