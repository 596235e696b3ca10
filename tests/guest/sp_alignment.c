/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A load or store through a stack pointer that is not a multiple of 16, with the check enabled in
 * SCTLR_EL1.SA0, takes an SP alignment fault (DDI 0487 D1, "SP alignment checking"). qemu leaves
 * the check out.
 */
#include "images/lib/exc.h"
#include "images/lib/mmu.h"
#include "images/lib/smp.h"
#include "images/lib/test.h"

#define CODE  (MMU_TEST_VA + 0x6000000)
#define STACK (MMU_TEST_VA + 0x6002000)

static u32 code[1024] __attribute__((aligned(4096))) = {
    0xf94003e1, /* ldr x1, [sp] */
    0xd4000001, /* svc #0       */
};
static u64 stack[512] __attribute__((aligned(4096)));

static struct guest run(u64 sp, u64 sctlr)
{
    u64 old = read_sysreg(sctlr_el1);
    struct guest g = {.pc = CODE, .spsr = SPSR_EL0T, .sp_el0 = sp};
    write_sysreg(sctlr, sctlr_el1);
    isb();
    guest_run(&g);
    write_sysreg(old, sctlr_el1);
    isb();
    return g;
}

int main(void)
{
    u64 sctlr = read_sysreg(sctlr_el1);
    mmu_map(CODE, (u64)code, MMU_NORMAL | PTE_EL0 | PTE_RO);
    mmu_map(STACK - 4096, (u64)stack, MMU_NORMAL | PTE_EL0 | PTE_UXN | PTE_PXN);
    mmu_flush_all();
    struct guest g = run(STACK - 8, sctlr | BIT(4));
    check(ESR_EC(g.esr) == EC_SP_ALIGN, "a misaligned SP at EL0 with SA0 = 1: EC 0x26");
    check_equal(g.pc, CODE, "... with ELR at the load");
    g = run(STACK - 8, sctlr & ~BIT(4));
    check_equal(ESR_EC(g.esr), EC_SVC, "with SA0 = 0 the load works");
    return test_result();
}
