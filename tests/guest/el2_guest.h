/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest of a few words at EL1 under an EL2 test: its stage 1 MMU is off, and each entry of its
 * vector table is an HVC, so that an exception taken to EL1 is seen as HVC #(EL1_VECTOR + n).
 */
#ifndef TESTS_GUEST_EL2_GUEST_H
#define TESTS_GUEST_EL2_GUEST_H

#include "images/lib/exc.h"
#include "images/lib/smp.h"
#include "images/lib/test.h"

#define HCR_VM   BIT(0)
#define HCR_FMO  BIT(3)
#define HCR_IMO  BIT(4)
#define HCR_AMO  BIT(5)
#define HCR_VF   BIT(6)
#define HCR_VI   BIT(7)
#define HCR_TWI  BIT(13)
#define HCR_TWE  BIT(14)
#define HCR_TID1 BIT(16)
#define HCR_TID2 BIT(17)
#define HCR_TID3 BIT(18)
#define HCR_TSC  BIT(19)
#define HCR_TACR BIT(21)
#define HCR_TSW  BIT(22)
#define HCR_TPC  BIT(23)
#define HCR_TPU  BIT(24)
#define HCR_TTLB BIT(25)
#define HCR_TVM  BIT(26)
#define HCR_TGE  BIT(27)
#define HCR_TDZ  BIT(28)
#define HCR_HCD  BIT(29)
#define HCR_TRVM BIT(30)
#define HCR_RW   BIT(31)
#define HCR_E2H  BIT(34)
#define HCR_HOST (HCR_RW | HCR_AMO | HCR_IMO | HCR_FMO)

#define HVC(n)     (0xd4000002u | (u32)(n) << 5)
#define GUEST_DONE 0xdead
#define EL1_VECTOR 0x100

static u32 el1_code[1024] __attribute__((aligned(4096)));
static u32 el1_table[512] __attribute__((aligned(2048)));

static inline void set_hcr(u64 value)
{
    write_sysreg(value, hcr_el2);
    isb();
}

static inline void el1_setup(void)
{
    for (unsigned i = 0; i < 16; i++)
        el1_table[i * 32] = HVC(EL1_VECTOR + i);
    sync_code(el1_table, sizeof(el1_table));
    write_sysreg((u64)el1_table, vbar_el1);
    write_sysreg(0x30d00800, sctlr_el1);
    write_sysreg(3ull << 20, cpacr_el1);
    isb();
}

/* Puts the words and a final HVC in place; @spsr is EL1h or EL0t with DAIF bits. */
static inline struct guest el1_guest(const u32 *words, unsigned n, u64 spsr)
{
    struct guest g = {.pc = (u64)el1_code, .spsr = spsr};
    for (unsigned i = 0; i < n; i++)
        el1_code[i] = words[i];
    el1_code[n] = HVC(GUEST_DONE);
    sync_code(el1_code, 4 * n + 4);
    return g;
}

/* One instruction at EL1, interrupts masked, with x0 given. */
static inline struct guest el1_one(u32 insn, u64 x0)
{
    struct guest g = el1_guest(&insn, 1, SPSR_EL1H | SPSR_DAIF);
    g.x[0] = x0;
    if (guest_run(&g) != EXC_LOWER_SYNC)
        g.esr = ~0ull;
    return g;
}

static inline bool is_hvc(const struct guest *g, u32 imm)
{
    return g->esr == ((u64)EC_HVC << 26 | ESR_IL | imm);
}

static inline bool el1_finished(const struct guest *g)
{
    return is_hvc(g, GUEST_DONE);
}

/* MRS x1 / MSR from x1, and the ISS with which they trap (ESR_EL2, EC 0x18). */
#define SYSREG_ENC(op1, crn, crm, op2) ((op1) << 16 | (crn) << 12 | (crm) << 8 | (op2) << 5)
#define MRS_X1(...)                    (0xd5380001u | SYSREG_ENC(__VA_ARGS__))
#define MSR_X1(...)                    (0xd5180001u | SYSREG_ENC(__VA_ARGS__))

static inline u32 sysreg_iss(u32 insn)
{
    u32 op0 = insn >> 19 & 3, read = insn >> 21 & 1;
    return op0 << 20 | (insn >> 5 & 7) << 17 | (insn >> 16 & 7) << 14 | (insn >> 12 & 15) << 10 |
           (insn & 31) << 5 | (insn >> 8 & 15) << 1 | read;
}

static inline bool is_sysreg_trap(const struct guest *g, u32 insn)
{
    return ESR_EC(g->esr) == EC_SYSREG && ESR_ISS(g->esr) == sysreg_iss(insn) &&
           g->pc == (u64)el1_code;
}

#endif
