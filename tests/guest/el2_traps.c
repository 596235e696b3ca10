/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What EL1 does that EL2 sees: HVC, and the traps of HCR_EL2, CPTR_EL2, CNTHCTL_EL2 (DDI 0487 D1,
 * ESR_EL2). Each is tried with the trap on and off.
 */
#include "tests/guest/el2_guest.h"

BOOT_EL(2);

static void test_hvc(void)
{
    struct guest g = el1_one(HVC(0x321), 0);
    check(is_hvc(&g, 0x321), "HVC at EL1: EC 0x16 and its immediate");
    check_equal(g.pc, (u64)el1_code + 4, "HVC at EL1: ELR_EL2 is the next instruction");
    check_equal(g.spsr & 0x1f, SPSR_EL1H, "HVC at EL1: SPSR_EL2 says EL1h");
    struct exc_info info = PROBE(__asm__ volatile("hvc #0x44" ::
                                                      : "x0", "x1", "x2", "x3", "memory"));
    check(info.esr == ((u64)EC_HVC << 26 | ESR_IL | 0x44), "HVC at EL2 is taken to EL2");
}

/* Without EL3 there is HCD. EL1's handler for the UNDEFINED cannot use HVC then: it uses SMC. */
static void test_hcd(void)
{
    u32 *slot = &el1_table[EXC_SYNC * 32];
    bool has_el3 = read_sysreg(id_aa64pfr0_el1) >> 12 & 0xf;
    *slot = 0xd4000003;
    sync_code(slot, 4);
    set_hcr(HCR_HOST | HCR_HCD | HCR_TSC);
    struct guest g = el1_one(HVC(1), 0);
    set_hcr(HCR_HOST);
    *slot = HVC(EL1_VECTOR + EXC_SYNC);
    sync_code(slot, 4);
    if (has_el3)
        check(is_hvc(&g, 1), "HCR_EL2.HCD is RES0 with EL3: HVC works");
    else
        check(ESR_EC(g.esr) == EC_SMC && read_sysreg(esr_el1) == ESR_IL,
              "HCR_EL2.HCD without EL3: HVC is UNDEFINED at EL1");
}

/* Exceptions that are EL1's own stay at EL1. */
static void test_el1_keeps(void)
{
    struct guest g = el1_one(0xd4000841, 0); /* svc #0x42 */
    check(is_hvc(&g, EL1_VECTOR + EXC_SYNC), "SVC at EL1 is taken to EL1");
    check_equal(read_sysreg(esr_el1), (u64)EC_SVC << 26 | ESR_IL | 0x42, "... with ESR_EL1");
    check_equal(read_sysreg(elr_el1), (u64)el1_code + 4, "... and ELR_EL1");
    g = el1_one(0, 0);
    check(is_hvc(&g, EL1_VECTOR + EXC_SYNC) && read_sysreg(esr_el1) == ESR_IL,
          "an undefined instruction at EL1 is taken to EL1");
    g = el1_one(MRS_X1(4, 1, 1, 0), 0);
    check(is_hvc(&g, EL1_VECTOR + EXC_SYNC) && read_sysreg(esr_el1) == ESR_IL,
          "EL1 reading HCR_EL2 is UNDEFINED at EL1");
}

#define SYS_X1(...) (0xd5080001u | SYSREG_ENC(__VA_ARGS__))

static const struct trap {
    const char *what;
    u64 hcr;
    u32 insn;
    bool is_sysreg; /* else EC_WFX or EC_SMC, see test */
    enum esr_ec ec;
} traps[] = {
    {"HCR_EL2.TVM: a write of SCTLR_EL1", HCR_TVM, MSR_X1(0, 1, 0, 0), true, EC_SYSREG},
    {"HCR_EL2.TVM: a write of TTBR0_EL1", HCR_TVM, MSR_X1(0, 2, 0, 0), true, EC_SYSREG},
    {"HCR_EL2.TRVM: a read of TCR_EL1", HCR_TRVM, MRS_X1(0, 2, 0, 2), true, EC_SYSREG},
    {"HCR_EL2.TID3: a read of ID_AA64PFR0_EL1", HCR_TID3, MRS_X1(0, 0, 4, 0), true, EC_SYSREG},
    {"HCR_EL2.TID3: a read of ID_AA64MMFR1_EL1", HCR_TID3, MRS_X1(0, 0, 7, 1), true, EC_SYSREG},
    {"HCR_EL2.TID1: a read of REVIDR_EL1", HCR_TID1, MRS_X1(0, 0, 0, 6), true, EC_SYSREG},
    {"HCR_EL2.TID1: a read of AIDR_EL1", HCR_TID1, MRS_X1(1, 0, 0, 7), true, EC_SYSREG},
    {"HCR_EL2.TID2: a read of CTR_EL0", HCR_TID2, MRS_X1(3, 0, 0, 1), true, EC_SYSREG},
    {"HCR_EL2.TID2: a read of CLIDR_EL1", HCR_TID2, MRS_X1(1, 0, 0, 1), true, EC_SYSREG},
    {"HCR_EL2.TID2: a read of CCSIDR_EL1", HCR_TID2, MRS_X1(1, 0, 0, 0), true, EC_SYSREG},
    {"HCR_EL2.TID2: a write of CSSELR_EL1", HCR_TID2, MSR_X1(2, 0, 0, 0), true, EC_SYSREG},
    {"HCR_EL2.TID3: a read of ID_AA64MMFR2_EL1", HCR_TID3, MRS_X1(0, 0, 7, 2), true, EC_SYSREG},
    {"HCR_EL2.TID3: a read of ID_PFR0_EL1", HCR_TID3, MRS_X1(0, 0, 1, 0), true, EC_SYSREG},
    {"HCR_EL2.TID3: a read of MVFR0_EL1", HCR_TID3, MRS_X1(0, 0, 3, 0), true, EC_SYSREG},
    {"HCR_EL2.TSW: DC ISW", HCR_TSW, SYS_X1(0, 7, 6, 2), true, EC_SYSREG},
    {"HCR_EL2.TPU: IC IVAU", HCR_TPU, SYS_X1(3, 7, 5, 1), true, EC_SYSREG},
    {"HCR_EL2.TPU: IC IALLU", HCR_TPU, 0xd508751f, true, EC_SYSREG},
    {"HCR_EL2.TPC: DC CIVAC", HCR_TPC, SYS_X1(3, 7, 14, 1), true, EC_SYSREG},
    {"HCR_EL2.TPC: DC CVAC", HCR_TPC, SYS_X1(3, 7, 10, 1), true, EC_SYSREG},
    {"HCR_EL2.TDZ: DC ZVA", HCR_TDZ, SYS_X1(3, 7, 4, 1), true, EC_SYSREG},
    {"HCR_EL2.TTLB: TLBI VMALLE1", HCR_TTLB, 0xd508871f, true, EC_SYSREG},
    {"HCR_EL2.TTLB: TLBI VAE1IS", HCR_TTLB, SYS_X1(0, 8, 3, 1), true, EC_SYSREG},
    {"HCR_EL2.TVM: a write of MAIR_EL1", HCR_TVM, MSR_X1(0, 10, 2, 0), true, EC_SYSREG},
    {"HCR_EL2.TVM: a write of CONTEXTIDR_EL1", HCR_TVM, MSR_X1(0, 13, 0, 1), true, EC_SYSREG},
    {"HCR_EL2.TRVM: a read of FAR_EL1", HCR_TRVM, MRS_X1(0, 6, 0, 0), true, EC_SYSREG},
    {"HCR_EL2.TACR: a read of ACTLR_EL1", HCR_TACR, MRS_X1(0, 1, 0, 1), true, EC_SYSREG},
    {"HCR_EL2.TWI: WFI", HCR_TWI, 0xd503207f, false, EC_WFX},
    {"HCR_EL2.TSC: SMC", HCR_TSC, 0xd4000003, false, EC_SMC},
};

/* What cache maintenance is about, and DC ZVA writes. */
static u8 block[256] __attribute__((aligned(256)));

static u64 harmless(u32 insn)
{
    if ((insn >> 19 & 3) == 1) /* SYS */
        return (u64)block;
    if (insn == MSR_X1(0, 1, 0, 0))
        return 0x30d00800;
    return 0;
}

static struct guest run_with_x1(u32 insn)
{
    struct guest g = el1_guest(&insn, 1, SPSR_EL1H | SPSR_DAIF);
    g.x[1] = harmless(insn);
    g.x[0] = 0x84000000; /* PSCI_VERSION, where the SMC is not trapped */
    guest_run(&g);
    return g;
}

static void test_hcr(void)
{
    for (unsigned i = 0; i < ARRAY_SIZE(traps); i++) {
        const struct trap *t = &traps[i];
        set_hcr(HCR_HOST | t->hcr);
        struct guest g = run_with_x1(t->insn);
        set_hcr(HCR_HOST);
        if (t->is_sysreg)
            check(is_sysreg_trap(&g, t->insn), "%s traps with EC 0x18 and its encoding", t->what);
        else
            check(ESR_EC(g.esr) == t->ec && g.pc == (u64)el1_code, "%s traps with EC 0x%x", t->what,
                  t->ec);
        if (t->ec == EC_WFX)
            continue; /* untrapped, it would wait */
        g = run_with_x1(t->insn);
        check(el1_finished(&g), "... and does not when the bit is clear");
    }
}

static void test_fp(void)
{
    u64 cptr = read_sysreg(cptr_el2);
    write_sysreg(cptr | BIT(10), cptr_el2);
    isb();
    struct guest g = el1_one(0x1e604000, 0); /* fmov d0, d0 */
    check(ESR_EC(g.esr) == EC_FP && g.pc == (u64)el1_code, "CPTR_EL2.TFP: FP at EL1 traps");
    struct exc_info info = PROBE(__asm__ volatile(".inst 0x1e604000"));
    check(info.taken && ESR_EC(info.esr) == EC_FP, "... and at EL2");
    write_sysreg(cptr, cptr_el2);
    isb();
    g = el1_one(0x1e604000, 0);
    check(el1_finished(&g), "... and does not when the bit is clear");
}

static void test_timer_access(void)
{
    static const u32 count = MRS_X1(3, 14, 0, 1), control = MRS_X1(3, 14, 2, 1);
    static const u32 virtual_count = MRS_X1(3, 14, 0, 2);
    write_sysreg(0, cnthctl_el2);
    isb();
    struct guest g = el1_one(count, 0);
    check(is_sysreg_trap(&g, count), "CNTHCTL_EL2.EL1PCTEN = 0: CNTPCT_EL0 at EL1 traps");
    g = el1_one(control, 0);
    check(is_sysreg_trap(&g, control), "CNTHCTL_EL2.EL1PCEN = 0: CNTP_CTL_EL0 at EL1 traps");
    g = el1_one(virtual_count, 0);
    check(el1_finished(&g), "CNTVCT_EL0 does not trap");
    write_sysreg(3, cnthctl_el2);
    isb();
    g = el1_one(count, 0);
    check(el1_finished(&g) && g.x[1], "EL1PCTEN = 1: CNTPCT_EL0 at EL1 works");
    g = el1_one(control, 0);
    check(el1_finished(&g), "EL1PCEN = 1: CNTP_CTL_EL0 at EL1 works");
}

/* With TGE, EL1's exceptions from EL0 come to EL2. */
static void test_tge(void)
{
    static const u32 svc = 0xd4000841;
    set_hcr(HCR_HOST | HCR_TGE);
    struct guest g = el1_guest(&svc, 1, SPSR_EL0T | SPSR_DAIF);
    guest_run(&g);
    set_hcr(HCR_HOST);
    check(ESR_EC(g.esr) == EC_SVC && ESR_ISS(g.esr) == 0x42,
          "HCR_EL2.TGE: SVC at EL0 comes to EL2");
    g = el1_guest(&svc, 1, SPSR_EL0T | SPSR_DAIF);
    guest_run(&g);
    check(is_hvc(&g, EL1_VECTOR + EXC_LOWER_SYNC), "TGE = 0: SVC at EL0 goes to EL1");
}

static void test_virtual_ids(void)
{
    u64 midr = read_sysreg(midr_el1), mpidr = read_sysreg(vmpidr_el2);
    write_sysreg(0x12345678, vpidr_el2);
    write_sysreg(0x80000f0f, vmpidr_el2);
    isb();
    struct guest g = el1_one(MRS_X1(0, 0, 0, 0), 0);
    check_equal(g.x[1], 0x12345678, "EL1 reads VPIDR_EL2 as MIDR_EL1");
    g = el1_one(MRS_X1(0, 0, 0, 5), 0);
    check_equal(g.x[1], 0x80000f0f, "EL1 reads VMPIDR_EL2 as MPIDR_EL1");
    check_equal(read_sysreg(midr_el1), midr, "EL2 reads the real MIDR_EL1");
    write_sysreg(midr, vpidr_el2);
    write_sysreg(mpidr, vmpidr_el2);
    isb();
}

int main(void)
{
    el1_setup();
    test_hvc();
    test_hcd();
    test_el1_keeps();
    test_hcr();
    test_fp();
    test_timer_access();
    test_tge();
    test_virtual_ids();
    return test_result();
}
