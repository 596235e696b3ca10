/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A feature is announced in the ID registers if and only if its instruction or register is there:
 * each is executed once, and must be UNDEFINED (EC 0) exactly when its field is 0. And every vCPU
 * announces the same.
 */
#include "images/lib/exc.h"
#include "images/lib/smp.h"
#include "images/lib/test.h"
#include "tests/guest/code_insn.h"

enum id_reg { PFR0, PFR1, ISAR0, ISAR1, ISAR2, MMFR0, MMFR1, MMFR2, DFR0, ID_REGS };

static void read_id_regs(u64 *id)
{
    id[PFR0] = read_sysreg(id_aa64pfr0_el1);
    id[PFR1] = read_sysreg(id_aa64pfr1_el1);
    id[ISAR0] = read_sysreg(id_aa64isar0_el1);
    id[ISAR1] = read_sysreg(id_aa64isar1_el1);
    id[ISAR2] = read_sysreg(s3_0_c0_c6_2);
    id[MMFR0] = read_sysreg(id_aa64mmfr0_el1);
    id[MMFR1] = read_sysreg(id_aa64mmfr1_el1);
    id[MMFR2] = read_sysreg(id_aa64mmfr2_el1);
    id[DFR0] = read_sysreg(id_aa64dfr0_el1);
}

/* Encoding of MRS x0, S3_op1_Cn_Cm_op2. */
#define MRS(op1, crn, crm, op2) (0xd5380000u | (op1) << 16 | (crn) << 12 | (crm) << 8 | (op2) << 5)

/* x0 is the address of writable memory when the word runs. */
static const struct feature {
    const char *name;
    enum id_reg reg;
    u8 lsb;
    u8 least; /* the field's value from which on it is there; signed fields: see announced() */
    u32 insn;
} features[] = {
    {"AES (AESE)", ISAR0, 4, 1, 0x4e284800},
    {"PMULL (64-bit)", ISAR0, 4, 2, 0x0ee0e000},
    {"SHA1 (SHA1H)", ISAR0, 8, 1, 0x5e280800},
    {"SHA256 (SHA256SU0)", ISAR0, 12, 1, 0x5e282800},
    {"SHA512 (SHA512SU0)", ISAR0, 12, 2, 0xcec08000},
    {"CRC32 (CRC32X)", ISAR0, 16, 1, 0x9ac04c00},
    {"LSE (LDADD)", ISAR0, 20, 2, 0xb8210002},
    {"RDM (SQRDMLAH)", ISAR0, 28, 1, 0x2e808400},
    {"SHA3 (EOR3)", ISAR0, 32, 1, 0xce000000},
    {"SM3 (SM3PARTW1)", ISAR0, 36, 1, 0xce60c000},
    {"SM4 (SM4E)", ISAR0, 40, 1, 0xcec08400},
    {"DotProd (UDOT)", ISAR0, 44, 1, 0x2e809400},
    {"FHM (FMLAL)", ISAR0, 48, 1, 0x0e20ec00},
    {"FlagM (CFINV)", ISAR0, 52, 1, 0xd500401f},
    {"FlagM2 (AXFLAG)", ISAR0, 52, 2, 0xd500405f},
    {"TLBIOS (TLBI VMALLE1OS)", ISAR0, 56, 1, 0xd508811f},
    {"RNG (RNDR)", ISAR0, 60, 1, MRS(3, 2, 4, 0)},
    {"DPB (DC CVAP)", ISAR1, 0, 1, 0xd50b7c20},
    {"DPB2 (DC CVADP)", ISAR1, 0, 2, 0xd50b7d20},
    {"JSCVT (FJCVTZS)", ISAR1, 12, 1, 0x1e7e0000},
    {"FCMA (FCADD)", ISAR1, 16, 1, 0x2e80e400},
    {"LRCPC (LDAPR)", ISAR1, 20, 1, 0xb8bfc001},
    {"LRCPC2 (STLUR)", ISAR1, 20, 2, 0x99000001},
    {"FRINTTS (FRINT32Z)", ISAR1, 32, 1, 0x1e284000},
    {"SB", ISAR1, 36, 1, 0xd50330ff},
    {"SPECRES (CFP RCTX)", ISAR1, 40, 1, 0xd50b7380},
    {"WFxT (WFIT XZR)", ISAR2, 0, 2, 0xd503103f},
    {"FP16 (FADD H)", PFR0, 16, 1, 0x1ee02800},
    {"RAS (ERRIDR_EL1)", PFR0, 28, 1, MRS(0, 5, 3, 0)},
    {"SVE (RDVL)", PFR0, 32, 1, 0x04bf5020},
    {"DIT", PFR0, 48, 1, MRS(3, 4, 2, 5)},
    {"SSBS (MRS)", PFR1, 4, 2, MRS(3, 4, 2, 6)},
    {"MTE (IRG)", PFR1, 8, 1, 0x9adf1001},
    {"ECV (CNTVCTSS_EL0)", MMFR0, 60, 1, MRS(3, 14, 0, 6)},
    {"LOR (LORC_EL1)", MMFR1, 16, 1, MRS(0, 10, 4, 3)},
    {"PAN", MMFR1, 20, 1, MRS(0, 4, 2, 3)},
    {"PAN2 (AT S1E1RP)", MMFR1, 20, 2, 0xd5087900},
    {"UAO", MMFR2, 4, 1, MRS(0, 4, 2, 4)},
    {"PMU (PMCCNTR_EL0)", DFR0, 8, 1, MRS(3, 9, 13, 0)},
};

static u32 code[16] __attribute__((aligned(64)));
static u64 scratch[8] __attribute__((aligned(64)));

/* 0xf in a field stands for "not there" (FP, AdvSIMD) or IMPLEMENTATION DEFINED (PMUVer). */
static bool announced(const u64 *id, const struct feature *f)
{
    unsigned field = id_field(id[f->reg], f->lsb);
    return field >= f->least && field != 0xf;
}

static struct exc_info execute(u32 insn)
{
    code[0] = insn;
    code[1] = INSN_RET;
    sync_code(code, 8);
    return PROBE({
        register u64 x0 __asm__("x0") = (u64)scratch;
        __asm__ volatile("blr %1" : "+r"(x0) : "r"(code) : "x1", "x2", "x30", "cc", "memory");
    });
}

static void test_features(const u64 *id)
{
    for (unsigned i = 0; i < ARRAY_SIZE(features); i++) {
        const struct feature *f = &features[i];
        struct exc_info info = execute(f->insn);
        if (announced(id, f))
            check(!info.taken, "%s is announced and works", f->name);
        else
            check(info.taken && ESR_EC(info.esr) == EC_UNKNOWN, "%s is not announced and UNDEFINED",
                  f->name);
    }
}

static void test_pauth(const u64 *id)
{
    bool generic = id_field(id[ISAR1], 24) || id_field(id[ISAR1], 28);
    struct exc_info info = execute(0x9ac03000); /* PACGA x0, x0, x0 */
    check(info.taken == !generic, "PACGA is %s",
          generic ? "announced and works" : "not announced and UNDEFINED");
    bool address = id_field(id[ISAR1], 4) || id_field(id[ISAR1], 8);
    info = execute(0xdac143e0); /* XPACI x0 */
    check(info.taken == !address, "XPACI is %s",
          address ? "announced and works" : "not announced and UNDEFINED");
    info = execute(0xd503233f); /* PACIASP, a hint */
    check(!info.taken, "PACIASP is a hint that never traps as UNDEFINED");
    execute(0xd50323bf); /* AUTIASP, to leave x30 as it was */
}

static u64 ids_of[CPU_MAX][ID_REGS];

static void read_mine(void *arg)
{
    (void)arg;
    read_id_regs(ids_of[this_cpu()->index]);
}

static void test_homogeneous(void)
{
    bool same = true;
    smp_run_all(read_mine, NULL);
    for (unsigned i = 1; i < smp_started(); i++)
        for (unsigned r = 0; r < ID_REGS; r++)
            same &= ids_of[i][r] == ids_of[0][r];
    check(same, "all %u vCPUs announce the same features", smp_started());
}

static void test_sane(const u64 *id)
{
    check(id_field(id[PFR0], 0) && id_field(id[PFR0], 4), "EL0 and EL1 exist in AArch64");
    check(!!id_field(id[PFR0], 8) == (boot.entry_el == 2),
          "EL2 is announced if and only if the machine starts in it");
    check_equal(id_field(id[PFR0], 16) != 0xf, id_field(id[PFR0], 20) != 0xf,
                "FP and AdvSIMD come together");
    check(id_field(id[MMFR0], 0) >= 2, "at least 40 bits of physical address");
    check(id_field(id[MMFR0], 28) != 0xf, "4 KiB pages are supported");
    u64 implementer = read_sysreg(midr_el1) >> 24;
    check(implementer == 0x41 || implementer == 0,
          "MIDR_EL1.Implementer is Arm, or software's own for -cpu max");
    check((read_sysreg(mpidr_el1) & (BIT(31) | BIT(30))) == BIT(31),
          "MPIDR_EL1 has its RES1 bit and says multiprocessor");
    u64 ctr = read_sysreg(ctr_el0);
    check(ctr & BIT(31) && (ctr & 15) >= 2 && (ctr >> 16 & 15) >= 2,
          "CTR_EL0 has lines of at least 16 bytes");
    check_equal(read_sysreg(s3_0_c0_c7_7), 0, "unallocated ID registers read 0");
}

int main(void)
{
    u64 id[ID_REGS];
    write_sysreg(read_sysreg(cpacr_el1) | 3 << 16, cpacr_el1); /* ZEN, where SVE is */
    isb();
    read_id_regs(id);
    printf("INFO: MIDR 0x%lx\n", read_sysreg(midr_el1));
    test_sane(id);
    test_features(id);
    test_pauth(id);
    smp_start(0);
    test_homogeneous();
    return test_result();
}
