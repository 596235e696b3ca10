/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stage 2 (DDI 0487 D8): each machine has RAM of its own at the same IPA, and the image's code,
 * read-only, where it is. Nothing else: a guest has no device.
 */
#include "images/hyp/hyp.h"
#include "images/lib/mmu.h"

#define S2_READ   BIT(6)
#define S2_WRITE  BIT(7)
#define S2_NORMAL (0xfull << 2 | PTE_ISH | PTE_AF)

/* 39-bit IPA from level 1, 4 KiB granule, 40-bit PA. */
#define VTCR (25 | 1 << 6 | 1 << 8 | 1 << 10 | 3 << 12 | 2 << 16 | BIT(31))

/* VM; FMO, IMO, AMO; DC: Normal memory while a guest's stage 1 is off; TWI; TSC; RW. */
#define HCR_GUEST (BIT(0) | 7 << 3 | BIT(12) | BIT(13) | BIT(19) | BIT(31))

extern char _head[], _bss_start[];

static u8 ram[VM_COUNT][GUEST_RAM_BYTES] __attribute__((aligned(4096)));

static void map(struct vm *vm, u64 ipa, u64 pa, u64 attrs)
{
    *mmu_entry(vm->stage2, 1, ipa, 3) = pa | attrs | S2_NORMAL | PTE_TABLE | PTE_VALID;
}

void stage2_init(struct vm *vm)
{
    vm->stage2 = mmu_new_table();
    vm->ram = ram[vm->index];
    for (u64 at = (u64)_head; at + PAGE_SIZE <= (u64)_bss_start; at += PAGE_SIZE)
        map(vm, at, at, S2_READ);
    for (u64 at = 0; at < GUEST_RAM_BYTES; at += PAGE_SIZE)
        map(vm, GUEST_RAM + at, (u64)vm->ram + at, S2_READ | S2_WRITE | BIT(54));
    dsb(ish);
}

void stage2_use(const struct vm *vm)
{
    write_sysreg((u64)vm->stage2 | (u64)(vm->index + 1) << 48, vttbr_el2);
}

void stage2_cpu_init(void)
{
    write_sysreg(VTCR, vtcr_el2);
    write_sysreg(HCR_GUEST, hcr_el2);
    write_sysreg(0, cnthctl_el2); /* the physical counter and timer are the host's */
    __asm__ volatile("tlbi alle1\n dsb nsh\n isb" ::: "memory");
}
