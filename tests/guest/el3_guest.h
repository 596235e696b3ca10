/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two security states from EL3 (secure=on): the Non-secure side is a guest of a few words at EL1
 * whose MMU is off; SMC brings it back.
 */
#ifndef TESTS_GUEST_EL3_GUEST_H
#define TESTS_GUEST_EL3_GUEST_H

#include "images/lib/smp.h"
#include "images/lib/test.h"
#include "tests/guest/gic_poll.h"

#define SCR_NS  BIT(0)
#define SCR_IRQ BIT(1)
#define SCR_FIQ BIT(2)
#define SCR_RW  (BIT(10) | 3 << 4)

#define GICD_CTLR_ARE_NS BIT(5)
#define SMC              0xd4000003u

static u32 ns_code[1024] __attribute__((aligned(4096)));

static inline void set_scr(u64 bits)
{
    write_sysreg(SCR_RW | bits, scr_el3);
    isb();
}

/* Runs @insn at Non-secure EL1 with x0 and x1 given; returns its registers. */
static inline struct guest ns_with(u64 scr, u32 insn, u64 x0, u64 x1)
{
    struct guest g = {.pc = (u64)ns_code, .spsr = SPSR_EL1H | SPSR_DAIF, .x = {x0, x1}};
    ns_code[0] = insn;
    ns_code[1] = SMC;
    sync_code(ns_code, 8);
    set_scr(SCR_NS | scr);
    write_sysreg(0x30d00800, sctlr_el1);
    guest_run(&g);
    set_scr(0);
    return g;
}

/* SCR_EL3.FIQ gives the Non-secure side its own view of priorities (IHI 0069, ICC_PMR_EL1). */
static inline struct guest ns(u32 insn, u64 x0, u64 x1)
{
    return ns_with(SCR_FIQ, insn, x0, x1);
}

#define LDR_W2 0xb9400002u /* ldr w2, [x0]  */
#define STR_W1 0xb9000001u /* str w1, [x0]  */
#define LDRB   0x39400002u /* ldrb w2, [x0] */
#define STRB   0x39000001u /* strb w1, [x0] */
#define MRS_X2(op1, crn, crm, op2)                                                                 \
    (0xd5380002u | (op1) << 16 | (crn) << 12 | (crm) << 8 | (op2) << 5)
#define MSR_X1(op1, crn, crm, op2)                                                                 \
    (0xd5180001u | (op1) << 16 | (crn) << 12 | (crm) << 8 | (op2) << 5)

static inline u64 ns_read32(u64 addr)
{
    return ns(LDR_W2, addr, 0).x[2];
}

static inline void ns_write32(u64 addr, u32 value)
{
    ns(STR_W1, addr, value);
}

enum group { G0, G1NS, G1S };

static inline void set_group(u32 intid, enum group group)
{
    u64 mod = gic_reg(GICD_IGRPMODR, intid, 1);
    u32 bit = BIT(intid % 32), old = mmio_read32(mod);
    gic_set_group(intid, group == G1NS);
    mmio_write32(mod, group == G1S ? old | bit : old & ~bit);
    dsb(sy);
}

static inline void fresh(u32 intid, enum group group, u8 priority)
{
    gic_disable(intid);
    gic_set_edge(intid, true);
    gic_clear_pending(intid);
    gic_clear_active(intid);
    gic_set_priority(intid, priority);
    gic_route(intid, my_affinity());
    set_group(intid, group);
    gic_enable(intid);
}

static inline void el3_setup(void)
{
    mmio_write32(BOARD_GICD + GICD_CTLR, GICD_CTLR_ARE | GICD_CTLR_ARE_NS | GICD_CTLR_GRP0 |
                                             GICD_CTLR_GRP1 | GICD_CTLR_GRP1S);
    gic_wait_rwp();
    write_sysreg(1, ICC_IGRPEN0_EL1);
    write_sysreg(3, ICC_IGRPEN1_EL3); /* both banks of Group 1 */
    write_sysreg(0xff, ICC_PMR_EL1);
    set_scr(SCR_NS);
    write_sysreg(0xf, ICC_SRE_EL1);
    isb();
    set_scr(0);
    isb();
}

#endif
