/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Synchronous exceptions at EL1: syndrome, fault address, return address (DDI 0487 D1, ESR_EL1).
 */
#include "images/lib/exc.h"
#include "images/lib/mmu.h"
#include "images/lib/psci.h"
#include "images/lib/smp.h"
#include "images/lib/test.h"
#include "images/lib/board.h"
#include "tests/guest/code_insn.h"

#define UNMAPPED (MMU_TEST_VA + 0x1000000)
#define NOWHERE  (MMU_TEST_VA + 0x2000000) /* mapped to no device */

static u64 page[1024] __attribute__((aligned(4096)));

extern char svc_at[], brk_at[];
__asm__(".text\n"
        "do_svc: svc_at: svc #0x1234\n ret\n"
        "do_brk: brk_at: brk #0x77\n ret\n");
extern void do_svc(void), do_brk(void);

static void test_calls(void)
{
    struct exc_info info = PROBE(do_svc());
    check_equal(info.esr, (u64)EC_SVC << 26 | ESR_IL | 0x1234, "SVC: EC 0x15 and its immediate");
    check_equal(info.elr, (u64)svc_at + 4, "SVC: ELR is the next instruction");
    info = PROBE(do_brk());
    check_equal(info.esr, (u64)EC_BRK << 26 | ESR_IL | 0x77, "BRK: EC 0x3c and its immediate");
    check_equal(info.elr, (u64)brk_at, "BRK: ELR is the BRK");
    check_equal(info.count, 1, "BRK: taken once");
    if (!boot.psci_smc) {
        info = PROBE(__asm__ volatile("smc #0" ::: "x0", "x1", "x2", "x3", "memory"));
        check(info.taken && info.esr == ESR_IL, "SMC is UNDEFINED without EL3");
    }
}

static void test_pstate(void)
{
    u64 flags;
    u64 daif = read_sysreg(daif);
    probe_begin();
    __asm__ volatile("msr nzcv, %1\n"
                     "svc #0\n"
                     "mrs %0, nzcv\n"
                     : "=r"(flags)
                     : "r"(0xa0000000ull)
                     : "cc", "memory");
    struct exc_info info = probe_end();
    check_equal(flags, 0xa0000000, "the flags survive SVC and ERET");
    check_equal(info.spsr, 0xa0000000 | daif | 5, "SPSR has flags, DAIF and EL1h");
}

/* A jump to a PC that is not a multiple of 4. */
static void test_pc_alignment(void)
{
    u64 target = (u64)page | 2;
    struct exc_info info = PROBE(call_at(target));
    check(info.taken && ESR_EC(info.esr) == EC_PC_ALIGN, "a misaligned PC: EC 0x22");
    check_equal(info.far, target, "a misaligned PC: FAR is the PC");
    check_equal(info.elr, target, "a misaligned PC: ELR is the PC");
}

/* ERET to EL2 from EL1 is illegal: PSTATE.IL is set and the next instruction takes EC 0x0e. */
static struct exc_info illegal;

static void clear_il(struct exc_frame *frame, enum exc_vector vector)
{
    (void)vector;
    illegal.taken = true;
    illegal.esr = frame->esr;
    illegal.elr = frame->elr;
    illegal.spsr = frame->spsr;
    frame->spsr &= ~BIT(20);
}

extern char illegal_target[];

static void test_illegal_return(void)
{
    exc_set_handler(EXC_SYNC, clear_il);
    __asm__ volatile("   mrs  x9, daif\n"
                     "   add  x9, x9, #9\n"
                     "   msr  spsr_el1, x9\n"
                     "   adr  x9, illegal_target\n"
                     "   msr  elr_el1, x9\n"
                     "   eret\n"
                     "illegal_target:\n"
                     "   nop\n" ::
                         : "x9", "memory");
    exc_set_handler(EXC_SYNC, NULL);
    check(illegal.taken && ESR_EC(illegal.esr) == 0x0e,
          "an illegal exception return: EC 0x0e at its target");
    check_equal(illegal.elr, (u64)illegal_target, "an illegal exception return: ELR is the target");
    check(illegal.spsr & BIT(20), "an illegal exception return: SPSR.IL is set");
    check_equal(illegal.spsr & 0xf, 5, "an illegal exception return: still at EL1");
}

static u64 load(u64 va)
{
    return *(volatile u64 *)va;
}

static void store(u64 va, u64 value)
{
    *(volatile u64 *)va = value;
}

static void test_unmapped(void)
{
    struct exc_info info = PROBE(load(UNMAPPED + 0x18));
    check(info.taken && ESR_EC(info.esr) == EC_DABT, "a load from nowhere: EC 0x25");
    check_equal(info.far, UNMAPPED + 0x18, "a load from nowhere: FAR is its address");
    check(!(info.esr & ESR_WNR), "a load from nowhere: WnR is 0");
    info = PROBE(store(UNMAPPED + 0x20, 1));
    check(info.taken && info.far == UNMAPPED + 0x20 && (info.esr & ESR_WNR),
          "a store to nowhere: FAR and WnR");
    info = PROBE(call_at(UNMAPPED));
    check(info.taken && ESR_EC(info.esr) == EC_IABT && info.far == UNMAPPED && info.elr == UNMAPPED,
          "a jump to nowhere: EC 0x21, FAR and ELR are the target");
    info = PROBE(load(0xffff000000001000));
    check(info.taken && info.far == 0xffff000000001000 && ESR_FSC(info.esr) == FSC_TRANSLATION + 0,
          "with TTBR1 walks disabled an upper address: level 0 translation fault");
    info = PROBE(load(0x0040000000000000));
    check(info.taken && ESR_FSC(info.esr) == FSC_TRANSLATION + 0,
          "an address between both halves: level 0 translation fault");
}

static void test_writeback(void)
{
    u64 base = UNMAPPED + 64, data = 7;
    probe_begin();
    __asm__ volatile("ldr %1, [%0], #16" : "+r"(base), "+r"(data) : : "memory");
    struct exc_info info = probe_end();
    check(info.taken && base == UNMAPPED + 64 && data == 7,
          "a faulting load with writeback changes no register");
    probe_begin();
    __asm__ volatile("stp %1, %1, [%0, #-16]!" : "+r"(base) : "r"(data) : "memory");
    info = probe_end();
    check(info.taken && base == UNMAPPED + 64, "nor does a faulting store pair");
}

/* Eight bytes, four of them on a page that is not there. */
static void test_crossing(void)
{
    u64 va = MMU_TEST_VA + 0x3000000, value;
    mmu_map(va, (u64)page, MMU_NORMAL);
    isb();
    probe_begin();
    __asm__ volatile("ldr %0, [%1]" : "=r"(value) : "r"(va + 0xffc) : "memory");
    struct exc_info info = probe_end();
    check(info.taken && info.far == va + 0x1000,
          "a load that runs off its page: FAR is the first byte that is not there");
}

static void test_external_abort(void)
{
    mmu_map(NOWHERE, BOARD_HOLE, MMU_DEVICE);
    mmu_map(NOWHERE + 0x1000, 0x7000000000, MMU_NORMAL);
    isb();
    struct exc_info info = PROBE((void)mmio_read32(NOWHERE + 8));
    check(info.taken && ESR_EC(info.esr) == EC_DABT && ESR_FSC(info.esr) == FSC_EXTERNAL,
          "a read where no device answers: external abort, FSC 0x10");
    check_equal(info.far, NOWHERE + 8, "a read where no device answers: FAR is its address");
    info = PROBE(mmio_write32(NOWHERE + 8, 1));
    check(info.taken && ESR_FSC(info.esr) == FSC_EXTERNAL && (info.esr & ESR_WNR),
          "a write where no device answers: external abort");
    info = PROBE((void)load(NOWHERE + 0x1000));
    check(info.taken && ESR_FSC(info.esr) == FSC_EXTERNAL && info.far == NOWHERE + 0x1000,
          "a read of Normal memory beyond RAM: external abort");
    info = PROBE(call_at(NOWHERE + 0x1000));
    check(info.taken && ESR_EC(info.esr) == EC_IABT && ESR_FSC(info.esr) == FSC_EXTERNAL,
          "a fetch beyond RAM: external abort, EC 0x21");
    bool all = true;
    for (u64 i = 0; i < 100; i++)
        all &= PROBE((void)mmio_read8(NOWHERE + i * 37 % 4096)).taken;
    check(all, "a hundred of them");
}

/* A level 3 table that is not in RAM. */
static void test_external_abort_on_walk(void)
{
    u64 va = MMU_TEST_VA + 0x4000000;
    *mmu_entry(mmu_root(), 0, va, 2) = 0x7000000000 | PTE_TABLE | PTE_VALID;
    dsb(ish);
    isb();
    struct exc_info info = PROBE((void)load(va + 8));
    check(info.taken && ESR_FSC(info.esr) == FSC_EXTERNAL_WALK + 3 && info.far == va + 8,
          "a translation table beyond RAM: external abort on the level 3 walk");
}

static void test_alignment(void)
{
    u64 addr = (u64)page + 3, value;
    page[0] = 0x8877665544332211;
    page[1] = 0xffeeddccbbaa9988; /* little endian: bytes 88 99 aa ... from 8 on */
    struct exc_info info = PROBE(__asm__ volatile("ldr %0, [%1]"
                                                  : "=r"(value)
                                                  : "r"(addr)
                                                  : "memory"));
    check(!info.taken && value == 0xaa99888877665544,
          "an unaligned load from Normal memory works with SCTLR_EL1.A = 0");
    u64 sctlr = read_sysreg(sctlr_el1);
    write_sysreg(sctlr | BIT(1), sctlr_el1);
    isb();
    info = PROBE(__asm__ volatile("ldr %0, [%1]" : "=r"(value) : "r"(addr) : "memory"));
    write_sysreg(sctlr, sctlr_el1);
    isb();
    check(info.taken && ESR_EC(info.esr) == EC_DABT && ESR_FSC(info.esr) == FSC_ALIGNMENT &&
              info.far == addr,
          "with SCTLR_EL1.A = 1 it takes an alignment fault");
    info = PROBE(__asm__ volatile("ldar %0, [%1]" : "=r"(value) : "r"(addr) : "memory"));
    check(info.taken && ESR_FSC(info.esr) == FSC_ALIGNMENT,
          "an unaligned LDAR takes an alignment fault in any case");
}

static void test_address_translation(void)
{
    u64 par;
    __asm__ volatile("at s1e1r, %1\n isb\n mrs %0, par_el1" : "=r"(par) : "r"(page) : "memory");
    check((par & 1) == 0 && (par & 0xfffffffff000) == (u64)page, "AT S1E1R gives the address");
    __asm__ volatile("at s1e1w, %1\n isb\n mrs %0, par_el1" : "=r"(par) : "r"(UNMAPPED) : "memory");
    check((par & 1) && (par >> 1 & 0x3c) == FSC_TRANSLATION, "AT S1E1W of nowhere gives the fault");
}

int main(void)
{
    test_calls();
    test_pstate();
    test_pc_alignment();
    test_illegal_return();
    test_unmapped();
    test_writeback();
    test_crossing();
    test_external_abort();
    test_external_abort_on_walk();
    test_alignment();
    test_address_translation();
    return test_result();
}
