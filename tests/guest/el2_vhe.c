/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * FEAT_VHE, for -cpu max: with HCR_EL2.E2H = 1 EL2 reaches its own registers under EL1's names and
 * EL1's under the _EL12 and _EL02 names (DDI 0487 D8, "Virtualization Host Extensions").
 *
 * E2H changes the regime that the test itself runs in, so each check switches it on for a few
 * instructions that touch no memory, with the MMU off.
 */
#include "images/lib/mmu.h"
#include "images/lib/timer.h"
#include "tests/guest/el2_guest.h"
#include "tests/guest/gic_poll.h"

BOOT_EL(2);

#define SYS(op1, crn, crm, op2) s3_##op1##_c##crn##_c##crm##_##op2

static void e2h(bool on)
{
    set_hcr(on ? HCR_HOST | HCR_E2H | HCR_TGE : HCR_HOST);
}

/* Writes under @write_as with E2H on, and reads what @read_as shows with E2H off. */
#define ALIAS(write_as, read_as, value)                                                            \
    ({                                                                                             \
        u64 old_ = read_sysreg(read_as);                                                           \
        e2h(true);                                                                                 \
        write_sysreg(value, write_as);                                                             \
        isb();                                                                                     \
        e2h(false);                                                                                \
        u64 got_ = read_sysreg(read_as);                                                           \
        write_sysreg(old_, read_as);                                                               \
        isb();                                                                                     \
        got_;                                                                                      \
    })

/* Likewise for a register, or a field, that only E2H gives a meaning. */
#define ALIAS_E2H(write_as, read_as, value)                                                        \
    ({                                                                                             \
        e2h(true);                                                                                 \
        u64 old_ = read_sysreg(read_as);                                                           \
        write_sysreg(value, write_as);                                                             \
        isb();                                                                                     \
        u64 got_ = read_sysreg(read_as);                                                           \
        write_sysreg(old_, read_as);                                                               \
        isb();                                                                                     \
        e2h(false);                                                                                \
        got_;                                                                                      \
    })

#define TTBR1_EL2      SYS(4, 2, 0, 1)
#define CONTEXTIDR_EL2 SYS(4, 13, 0, 1)

/* EL1's names, which mean EL2's registers: DDI 0487 D8, table of redirected registers. */
static void test_el1_names(void)
{
    check_equal(ALIAS(sctlr_el1, sctlr_el2, 0x30c51838), 0x30c51838, "E2H: SCTLR_EL1 is SCTLR_EL2");
    check_equal(ALIAS(cpacr_el1, SYS(4, 1, 1, 2), 1 << 20), 1 << 20, "E2H: CPACR_EL1 is CPTR_EL2");
    check_equal(ALIAS(ttbr0_el1, ttbr0_el2, 0x40300000), 0x40300000, "E2H: TTBR0_EL1 is TTBR0_EL2");
    check_equal(ALIAS_E2H(ttbr1_el1, TTBR1_EL2, 0x40500000), 0x40500000,
                "E2H: TTBR1_EL1 is TTBR1_EL2");
    check_equal(ALIAS_E2H(tcr_el1, tcr_el2, 0x5b5193519), 0x5b5193519, "E2H: TCR_EL1 is TCR_EL2");
    check_equal(ALIAS(elr_el1, elr_el2, 0x1234), 0x1234, "E2H: ELR_EL1 names ELR_EL2");
    check_equal(ALIAS(spsr_el1, spsr_el2, 0x3c5), 0x3c5, "E2H: SPSR_EL1 names SPSR_EL2");
    check_equal(ALIAS(far_el1, far_el2, 0x5678), 0x5678, "E2H: FAR_EL1 names FAR_EL2");
    check_equal(ALIAS(esr_el1, esr_el2, 0x56000001), 0x56000001, "E2H: ESR_EL1 names ESR_EL2");
    check_equal(ALIAS(mair_el1, mair_el2, 0x44), 0x44, "E2H: MAIR_EL1 names MAIR_EL2");
    check_equal(ALIAS(vbar_el1, vbar_el2, 0x40200000), 0x40200000, "E2H: VBAR_EL1 is VBAR_EL2");
    check_equal(ALIAS_E2H(contextidr_el1, CONTEXTIDR_EL2, 0x77), 0x77,
                "E2H: CONTEXTIDR_EL1 is CONTEXTIDR_EL2");
    check_equal(ALIAS(cntkctl_el1, cnthctl_el2, 0x303), 0x303, "E2H: CNTKCTL_EL1 is CNTHCTL_EL2");
    check_equal(ALIAS(tpidr_el1, tpidr_el1, 0x99), 0x99, "E2H: TPIDR_EL1 stays EL1's");
    check_equal(ALIAS(par_el1, par_el1, 1), 1, "E2H: PAR_EL1 stays itself");
}

static void test_el12_names(void)
{
    check_equal(ALIAS(SYS(5, 1, 0, 0), sctlr_el1, 0x30d00804), 0x30d00804, "SCTLR_EL12 is EL1's");
    check_equal(ALIAS(SYS(5, 1, 0, 2), cpacr_el1, 1 << 20), 1 << 20, "CPACR_EL12 is EL1's");
    check_equal(ALIAS(SYS(5, 2, 0, 0), ttbr0_el1, 0x40100000), 0x40100000,
                "E2H: TTBR0_EL12 is EL1's");
    check_equal(ALIAS(SYS(5, 2, 0, 1), ttbr1_el1, 0x40200000), 0x40200000, "TTBR1_EL12 is EL1's");
    check_equal(ALIAS(SYS(5, 2, 0, 2), tcr_el1, 0x5b5193519), 0x5b5193519, "TCR_EL12 is EL1's");
    check_equal(ALIAS(SYS(5, 4, 0, 0), spsr_el1, 0x3c4), 0x3c4, "SPSR_EL12 is EL1's");
    check_equal(ALIAS(SYS(5, 4, 0, 1), elr_el1, 0x4321), 0x4321, "E2H: ELR_EL12 is EL1's");
    check_equal(ALIAS(SYS(5, 5, 2, 0), esr_el1, 0x56000002), 0x56000002, "ESR_EL12 is EL1's");
    check_equal(ALIAS(SYS(5, 6, 0, 0), far_el1, 0x8765), 0x8765, "E2H: FAR_EL12 is EL1's");
    check_equal(ALIAS(SYS(5, 10, 2, 0), mair_el1, 0x77), 0x77, "E2H: MAIR_EL12 is EL1's");
    check_equal(ALIAS(SYS(5, 12, 0, 0), vbar_el1, 0x40200000), 0x40200000,
                "E2H: VBAR_EL12 is EL1's");
    check_equal(ALIAS(SYS(5, 13, 0, 1), contextidr_el1, 0x66), 0x66, "CONTEXTIDR_EL12 is EL1's");
    check_equal(ALIAS(SYS(5, 14, 1, 0), cntkctl_el1, 0x203), 0x203, "CNTKCTL_EL12 is EL1's");
    bool absent = true;
    set_hcr(HCR_HOST | HCR_E2H);
    for (u32 i = 0; i < 2; i++) {
        struct guest g = el1_one(i ? MRS_X1(5, 4, 0, 1) : MRS_X1(5, 14, 3, 1), 0);
        absent &= is_hvc(&g, EL1_VECTOR + EXC_SYNC);
    }
    set_hcr(HCR_HOST);
    check(absent, "E2H: at EL1 the names of EL12 and EL02 are UNDEFINED");
}

/* CPTR_EL2 has CPACR_EL1's format with E2H: FPEN in bits 21:20. */
static void test_cptr(void)
{
    static const u32 fmov = 0x1e604000;
    u64 old = read_sysreg(SYS(4, 1, 1, 2));
    set_hcr(HCR_HOST | HCR_E2H);
    write_sysreg(0, SYS(4, 1, 1, 2));
    struct guest g = el1_one(fmov, 0);
    check(ESR_EC(g.esr) == EC_FP, "E2H: CPTR_EL2.FPEN 0: FP at EL1 traps");
    struct exc_info info = PROBE(__asm__ volatile(".inst 0x1e604000"));
    check(info.taken && ESR_EC(info.esr) == EC_FP, "... and at EL2");
    write_sysreg(3 << 20 | BIT(10), SYS(4, 1, 1, 2));
    isb();
    g = el1_one(fmov, 0);
    check(el1_finished(&g), "E2H: FPEN 3 lets it be; bit 10 is not TFP");
    set_hcr(HCR_RW | HCR_E2H | HCR_TGE);
    write_sysreg(1 << 20, SYS(4, 1, 1, 2));
    g = el1_guest((u32[]){fmov, 0xd4000001}, 2, SPSR_EL0T | SPSR_DAIF);
    guest_run(&g);
    info = PROBE(__asm__ volatile(".inst 0x1e604000"));
    check(ESR_EC(g.esr) == EC_FP && !info.taken, "E2H, TGE: FPEN 1 traps EL0 and not EL2");
    write_sysreg(3 << 20, SYS(4, 1, 1, 2));
    g = el1_guest((u32[]){fmov, 0xd4000001}, 2, SPSR_EL0T | SPSR_DAIF);
    guest_run(&g);
    check(ESR_EC(g.esr) == EC_SVC, "... and FPEN 3 neither");
    set_hcr(HCR_HOST);
    write_sysreg(old, SYS(4, 1, 1, 2));
    isb();
}

/* -- The EL2&0 regime: two ranges, TTBR1_EL2 -- */

#define HIGH 0xffffff8000000000

static volatile u64 low[512] __attribute__((aligned(4096))),
    high[512] __attribute__((aligned(4096)));
static u64 words[2] = {0x1111, 0x2222};

static u64 read_high(const u64 *at)
{
    return *(volatile u64 *)(HIGH + (u64)at);
}

static void test_regime(void)
{
    u64 tcr = read_sysreg(tcr_el2), ttbr = read_sysreg(ttbr0_el2), mair = read_sysreg(mair_el2),
        sctlr = read_sysreg(sctlr_el2);
    low[0] = BIT(0) | BIT(10) | 1 << 2;               /* devices: attribute 1 */
    low[1] = high[1] = 0x40000000 | BIT(0) | BIT(10); /* RAM */
    set_hcr(HCR_RW | HCR_E2H | HCR_TGE);
    write_sysreg(0x00ff, mair_el2);
    write_sysreg((u64)low, ttbr0_el2);
    write_sysreg((u64)high, TTBR1_EL2);
    write_sysreg(25 | 25 << 16 | 2ull << 30 | 2ull << 32, tcr_el2); /* T0SZ, T1SZ, TG1 4K, IPS */
    isb();
    __asm__ volatile("dsb ish\n tlbi vmalle1\n dsb ish\n isb" ::: "memory");
    write_sysreg(sctlr | 1, sctlr_el2);
    isb();
    u64 first = read_high(words);
    low[2] = 0x40000000 | BIT(0) | BIT(10);
    dsb(ish);
    u64 again = *(volatile u64 *)((u64)&words[1] + 0x40000000);
    low[2] = 0;
    dsb(ish);
    __asm__ volatile("tlbi vae1is, %0\n dsb ish\n isb" ::"r"(((u64)words + 0x40000000) >> 12)
                     : "memory");
    struct exc_info info = PROBE((void)*(volatile u64 *)((u64)words + 0x40000000));
    write_sysreg(sctlr, sctlr_el2);
    isb();
    set_hcr(HCR_HOST);
    write_sysreg(tcr, tcr_el2);
    write_sysreg(ttbr, ttbr0_el2);
    write_sysreg(mair, mair_el2);
    isb();
    __asm__ volatile("tlbi alle2\n dsb ish\n isb" ::: "memory");
    check_equal(first, 0x1111, "E2H: TTBR1_EL2 translates the upper range");
    check_equal(again, 0x2222, "E2H: TTBR0_EL2 the lower");
    check(info.taken && ESR_EC(info.esr) == EC_DABT, "TLBI VAE1IS at EL2 is of the EL2&0 regime");
}

static void test_timers(void)
{
    check_equal(ALIAS(cntv_cval_el0, SYS(4, 14, 3, 2), 0x1111), 0x1111,
                "E2H: CNTV_CVAL_EL0 at EL2 names CNTHV_CVAL_EL2");
    check_equal(ALIAS(cntp_cval_el0, cnthp_cval_el2, 0x2222), 0x2222,
                "E2H: CNTP_CVAL_EL0 at EL2 names CNTHP_CVAL_EL2");
    check_equal(ALIAS(SYS(5, 14, 3, 2), cntv_cval_el0, 0x3333), 0x3333,
                "E2H: CNTV_CVAL_EL02 is EL1's");
    check_equal(ALIAS(SYS(5, 14, 2, 2), cntp_cval_el0, 0x4444), 0x4444,
                "E2H: CNTP_CVAL_EL02 is EL1's");
}

/* CNTVCT_EL0 at EL2 with E2H ignores CNTVOFF_EL2. */
static void test_counter(void)
{
    write_sysreg(-(1ull << 40), cntvoff_el2);
    e2h(true);
    u64 p = counter_physical(), v = counter_virtual(), q = counter_physical();
    e2h(false);
    write_sysreg(0, cntvoff_el2);
    isb();
    check(p <= v && v <= q, "E2H: CNTVCT_EL0 at EL2 has no offset");
}

int main(void)
{
    check(id_field(read_sysreg(id_aa64mmfr1_el1), 8) == 1, "ID_AA64MMFR1_EL1.VH announces VHE");
    el1_setup();
    mmu_disable();
    test_el1_names();
    test_el12_names();
    test_timers();
    test_counter();
    test_cptr();
    test_regime();
    return test_result();
}
