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

static void test_el1_names(void)
{
    check_equal(ALIAS(elr_el1, elr_el2, 0x1234), 0x1234, "E2H: ELR_EL1 names ELR_EL2");
    check_equal(ALIAS(spsr_el1, spsr_el2, 0x3c5), 0x3c5, "E2H: SPSR_EL1 names SPSR_EL2");
    check_equal(ALIAS(far_el1, far_el2, 0x5678), 0x5678, "E2H: FAR_EL1 names FAR_EL2");
    check_equal(ALIAS(esr_el1, esr_el2, 0x56000001), 0x56000001, "E2H: ESR_EL1 names ESR_EL2");
    check_equal(ALIAS(mair_el1, mair_el2, 0x44), 0x44, "E2H: MAIR_EL1 names MAIR_EL2");
}

static void test_el12_names(void)
{
    check_equal(ALIAS(SYS(5, 4, 0, 1), elr_el1, 0x4321), 0x4321, "E2H: ELR_EL12 is EL1's");
    check_equal(ALIAS(SYS(5, 6, 0, 0), far_el1, 0x8765), 0x8765, "E2H: FAR_EL12 is EL1's");
    check_equal(ALIAS(SYS(5, 10, 2, 0), mair_el1, 0x77), 0x77, "E2H: MAIR_EL12 is EL1's");
    check_equal(ALIAS(SYS(5, 2, 0, 0), ttbr0_el1, 0x40100000), 0x40100000,
                "E2H: TTBR0_EL12 is EL1's");
    check_equal(ALIAS(SYS(5, 12, 0, 0), vbar_el1, 0x40200000), 0x40200000,
                "E2H: VBAR_EL12 is EL1's");
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
    return test_result();
}
