/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System-register accesses that must be UNDEFINED at EL1, and the syndrome they give; and registers
 * that must keep what is written (DDI 0487 D1, C5).
 */
#include "images/lib/exc.h"
#include "images/lib/smp.h"
#include "images/lib/test.h"
#include "tests/guest/code_insn.h"

#define ENC(op0, op1, crn, crm, op2)                                                               \
    ((u32)(op0) << 19 | (op1) << 16 | (crn) << 12 | (crm) << 8 | (op2) << 5)
#define MRS(...) (0xd5200000u | ENC(__VA_ARGS__)) /* into x0 */
#define MSR(...) (0xd5000000u | ENC(__VA_ARGS__)) /* from x0 */

static u32 code[4] __attribute__((aligned(64)));

static struct exc_info execute(u32 insn)
{
    code[0] = insn;
    code[1] = INSN_RET;
    sync_code(code, 8);
    return PROBE(call_at((u64)code));
}

static const struct undefined {
    const char *what;
    u32 insn;
} undefined[] = {
    {"a read of an unallocated register, S3_7_C1_C2_3", MRS(3, 7, 1, 2, 3)},
    {"a write of an unallocated register, S3_7_C1_C2_3", MSR(3, 7, 1, 2, 3)},
    {"a read of an unallocated op0 = 2 register", MRS(2, 5, 9, 9, 1)},
    {"a read of an unallocated timer register", MRS(3, 3, 14, 5, 7)},
    {"a read of an unallocated ICC register, S3_0_C12_C12_2's neighbour", MRS(3, 0, 12, 13, 0)},
    {"a read of HCR_EL2", MRS(3, 4, 1, 1, 0)},
    {"a write of HCR_EL2", MSR(3, 4, 1, 1, 0)},
    {"a read of SCTLR_EL2", MRS(3, 4, 1, 0, 0)},
    {"a read of SCTLR_EL3", MRS(3, 6, 1, 0, 0)},
    {"a read of CNTVOFF_EL2", MRS(3, 4, 14, 0, 3)},
    {"a read of CNTHP_CTL_EL2", MRS(3, 4, 14, 2, 1)},
    {"a read of ICC_SRE_EL2", MRS(3, 4, 12, 9, 5)},
    {"a read of ICC_SRE_EL3", MRS(3, 6, 12, 12, 5)},
    {"a read of ICC_CTLR_EL3", MRS(3, 6, 12, 12, 4)},
    {"a read of ICC_IGRPEN1_EL3", MRS(3, 6, 12, 12, 7)},
    {"a read of ICH_HCR_EL2", MRS(3, 4, 12, 11, 0)},
    {"a read of ICH_LR0_EL2", MRS(3, 4, 12, 12, 0)},
    {"a read of CNTV_CTL_EL02", MRS(3, 5, 14, 3, 1)},
    {"a read of SCTLR_EL12", MRS(3, 5, 1, 0, 0)},
    {"a read of the write-only ICC_EOIR1_EL1", MRS(3, 0, 12, 12, 1)},
    {"a read of the write-only ICC_DIR_EL1", MRS(3, 0, 12, 11, 1)},
    {"a read of the write-only ICC_SGI1R_EL1", MRS(3, 0, 12, 11, 5)},
    {"a write of the read-only ICC_IAR1_EL1", MSR(3, 0, 12, 12, 0)},
    {"a write of the read-only ICC_RPR_EL1", MSR(3, 0, 12, 11, 3)},
    {"a write of the read-only ICC_HPPIR1_EL1", MSR(3, 0, 12, 12, 2)},
    {"a write of the read-only MIDR_EL1", MSR(3, 0, 0, 0, 0)},
    {"a write of the read-only MPIDR_EL1", MSR(3, 0, 0, 0, 5)},
    {"a write of the read-only ID_AA64PFR0_EL1", MSR(3, 0, 0, 4, 0)},
    {"a write of the read-only CTR_EL0", MSR(3, 3, 0, 0, 1)},
    {"a write of the read-only CNTVCT_EL0", MSR(3, 3, 14, 0, 2)},
    {"a write of the read-only CNTPCT_EL0", MSR(3, 3, 14, 0, 1)},
    {"a write of the read-only ISR_EL1", MSR(3, 0, 12, 1, 0)},
    {"a write of the read-only CurrentEL", MSR(3, 0, 4, 2, 2)},
    {"an unallocated SYS instruction", 0xd50f7fe0},
    {"an unallocated TLBI", 0xd508879f},
    {"TLBI ALLE2", 0xd50c871f},
    {"AT S12E1R", 0xd50c7880},
    {"ERETAA's neighbour", 0xd69f07e0},
    {"HVC's neighbour (an unallocated exception call)", 0xd4000004},
    {"UDF", 0x00000000},
    {"UDF #0xffff", 0x0000ffff},
    {"a word of all ones", 0xffffffff},
};

static void test_undefined(void)
{
    for (unsigned i = 0; i < ARRAY_SIZE(undefined); i++) {
        struct exc_info info = execute(undefined[i].insn);
        bool ok = info.taken && info.esr == ESR_IL && info.elr == (u64)code;
        if (!check(ok, "%s is UNDEFINED: EC 0, ISS 0, IL 1, ELR at it", undefined[i].what))
            printf("INFO: taken %u ESR 0x%lx ELR 0x%lx\n", info.taken, info.esr, info.elr);
    }
}

#define KEEPS(reg, value)                                                                          \
    do {                                                                                           \
        u64 old_ = read_sysreg(reg);                                                               \
        write_sysreg(value, reg);                                                                  \
        isb();                                                                                     \
        u64 got_ = read_sysreg(reg);                                                               \
        write_sysreg(old_, reg);                                                                   \
        isb();                                                                                     \
        check_equal(got_, value, #reg " keeps what is written");                                   \
    } while (0)

static void test_keeps(void)
{
    KEEPS(tpidr_el0, 0x123456789abcdef0);
    KEEPS(tpidrro_el0, 0xfedcba9876543210);
    KEEPS(sp_el0, 0x1234567890);
    KEEPS(elr_el1, 0x40080000);
    KEEPS(far_el1, 0x1122334455667788);
    KEEPS(esr_el1, 0x56000001);
    KEEPS(afsr0_el1, read_sysreg(afsr0_el1));
    KEEPS(contextidr_el1, 0x12345678);
    KEEPS(ttbr1_el1, 0x40100000);
    KEEPS(mair_el1, 0x0000004400ff04ff);
    KEEPS(par_el1, 0x800);
    KEEPS(csselr_el1, 2);
    KEEPS(cntkctl_el1, 3);
    KEEPS(cntv_cval_el0, 0xabcdef0123456789);
    KEEPS(mdscr_el1, BIT(12));
}

/* VBAR_EL1's low 11 bits are RES0. */
static void test_vbar(void)
{
    u64 vbar = read_sysreg(vbar_el1);
    write_sysreg(vbar | 0x7ff, vbar_el1);
    u64 got = read_sysreg(vbar_el1);
    write_sysreg(vbar, vbar_el1);
    isb();
    check_equal(got & ~0x7ffull, vbar, "VBAR_EL1 keeps an aligned address");
    check(PROBE(__asm__ volatile("svc #1")).taken, "exceptions arrive there");
}

static void test_daif(void)
{
    write_sysreg(0x3c0, daif);
    check_equal(read_sysreg(daif), 0x3c0, "DAIF can be set");
    __asm__ volatile("msr daifclr, #4" ::: "memory");
    check_equal(read_sysreg(daif), 0x2c0, "DAIFClr clears one bit");
    __asm__ volatile("msr daifset, #4" ::: "memory");
    check_equal(read_sysreg(daif), 0x3c0, "DAIFSet sets it");
    write_sysreg(0xf0000000, nzcv);
    u64 flags = read_sysreg(nzcv);
    check_equal(flags, 0xf0000000, "NZCV can be set");
}

int main(void)
{
    test_undefined();
    test_keeps();
    test_vbar();
    test_daif();
    return test_result();
}
