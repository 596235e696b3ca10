/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two virtual machines' stage 2 tables for a guest of el2_guest.h, and a stage 1 walk that hits a
 * hole in them.
 */
#ifndef TESTS_GUEST_EL2_STAGE2_H
#define TESTS_GUEST_EL2_STAGE2_H

#include "images/lib/mmu.h"
#include "tests/guest/el2_guest.h"

/* Stage 2 descriptor: MemAttr Normal write-back, S2AP. */
#define S2_READ  BIT(6)
#define S2_WRITE BIT(7)
#define S2_RW    (0xfull << 2 | S2_READ | S2_WRITE | PTE_ISH | PTE_AF)
#define S2_RO    (S2_RW & ~S2_WRITE)
#define S2_XN    BIT(54)

/* 39-bit IPA from level 1, 4 KiB, 40-bit PA. */
#define VTCR (25 | 1 << 6 | 1 << 8 | 1 << 10 | 3 << 12 | 2 << 16 | BIT(31))

#define IPA 0x2000000000ull

static u64 *tables[2];
static u64 page_a[512] __attribute__((aligned(4096)));
static u64 page_b[512] __attribute__((aligned(4096)));

#define LDR_X1 0xf9400001u /* ldr x1, [x0] */
#define STR_W5 0xb9000005u /* str w5, [x0] */

static inline void s2_map(u64 *root, u64 ipa, const void *pa, u64 attrs)
{
    *mmu_entry(root, 1, ipa, 3) = attrs ? (u64)pa | attrs | PTE_TABLE | PTE_VALID : 0;
    dsb(ish);
}

static inline void flush_ipa(u64 ipa)
{
    __asm__ volatile("dsb ishst\n tlbi ipas2e1is, %0\n dsb ish\n tlbi vmalle1is\n dsb ish\n isb"
                     :
                     : "r"(ipa >> 12)
                     : "memory");
}

static inline void use_tables(unsigned vm)
{
    write_sysreg((u64)tables[vm] | (u64)(vm + 1) << 48, vttbr_el2);
    isb();
}

static inline void stage2_setup(void)
{
    for (unsigned vm = 0; vm < 2; vm++) {
        tables[vm] = mmu_new_table();
        s2_map(tables[vm], (u64)el1_code, el1_code, S2_RW);
        s2_map(tables[vm], (u64)el1_table & ~0xfffull, (void *)((u64)el1_table & ~0xfffull), S2_RW);
    }
    s2_map(tables[0], IPA, page_a, S2_RW);
    s2_map(tables[1], IPA, page_b, S2_RW);
    page_a[0] = 0xaaaa;
    page_b[0] = 0xbbbb;
    write_sysreg(VTCR, vtcr_el2);
    use_tables(0);
    __asm__ volatile("tlbi alle1is\n dsb ish\n isb" ::: "memory");
    set_hcr(HCR_HOST | HCR_VM);
}

#define MISSING_TABLE (IPA + 0x5000)
#define WALK_VA       0x8000000018ull

static u64 walk_root[512] __attribute__((aligned(4096)));
static u64 walk_level1[512] __attribute__((aligned(4096)));

/*
 * EL1 with its stage 1 on: code by a level 1 block; WALK_VA's level 1 table lies at an IPA that
 * stage 2 does not map. Leaves stage 1 on.
 */
static inline struct guest run_with_missing_table(void)
{
    walk_root[0] = (IPA + 0x4000) | PTE_TABLE | PTE_VALID;
    walk_root[1] = MISSING_TABLE | PTE_TABLE | PTE_VALID;
    walk_level1[1] = 0x40000000 | MMU_NORMAL | PTE_VALID;
    s2_map(tables[0], IPA + 0x4000, walk_level1, S2_RW);
    s2_map(tables[0], (u64)walk_root, walk_root, S2_RW);
    write_sysreg(0xff04, mair_el1);
    write_sysreg(16 | 1 << 8 | 1 << 10 | 3 << 12 | BIT(23) | 2ull << 32, tcr_el1);
    write_sysreg((u64)walk_root, ttbr0_el1);
    write_sysreg(0x30d00800 | BIT(0) | BIT(2) | BIT(12), sctlr_el1);
    isb();
    return el1_one(LDR_X1, WALK_VA);
}

#endif
