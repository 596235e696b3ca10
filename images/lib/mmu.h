/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Translation tables: 4 KiB granule, 48-bit VA, one table for all vCPUs of the current regime
 * (TTBR0). Identity map: the first GiB as Device-nGnRE, not executable; RAM as Normal write-back,
 * inner shareable, executable; a GiB for the second redistributor region.
 *
 * VAs from MMU_TEST_VA upwards are not mapped and are the images' to use.
 */
#ifndef IMAGES_LIB_MMU_H
#define IMAGES_LIB_MMU_H

#include "images/lib/cpu.h"

#define MMU_TEST_VA 0x8000000000ull

/* Stage 1 descriptor bits (DDI 0487, VMSAv8-64 descriptors). */
#define PTE_VALID   BIT(0)
#define PTE_TABLE   BIT(1) /* at levels 0..2; at level 3 it marks a page */
#define PTE_ATTR(i) ((u64)(i) << 2)
#define PTE_EL0     BIT(6)
#define PTE_RO      BIT(7)
#define PTE_ISH     (3ull << 8)
#define PTE_AF      BIT(10)
#define PTE_NG      BIT(11)
#define PTE_PXN     BIT(53)
#define PTE_UXN     BIT(54) /* XN in the EL2 and EL3 regimes */
#define PTE_ADDR    0x0000fffffffff000ull

#define MMU_NORMAL (PTE_ATTR(1) | PTE_ISH | PTE_AF)
#define MMU_DEVICE (PTE_ATTR(0) | PTE_AF | PTE_PXN | PTE_UXN)

/** mmu_init - build the identity map; mmu_enable - turn the MMU and caches on, this vCPU. */
void mmu_init(void);
void mmu_enable(void);
void mmu_disable(void);

/** mmu_root - level 0 table of the identity map. */
u64 *mmu_root(void);

/** mmu_new_table - a zeroed table page; panics when the pool (256 pages) is empty. */
u64 *mmu_new_table(void);

/**
 * mmu_entry - the entry for @va at @level (1..3) below @root, itself a table of @root_level;
 * missing tables are made, blocks in the way split. No TLB maintenance.
 */
u64 *mmu_entry(u64 *root, unsigned root_level, u64 va, unsigned level);

/** mmu_map - one 4 KiB page of the identity table's regime; @attrs as above, 0 unmaps.
 * No TLB maintenance: the images choose theirs. */
void mmu_map(u64 va, u64 pa, u64 attrs);

/** mmu_flush_all - all stage 1 entries of the current regime, all vCPUs. */
void mmu_flush_all(void);

/** mmu_flush_page - @va of the current regime, all vCPUs, all ASIDs. */
void mmu_flush_page(u64 va);

#endif
