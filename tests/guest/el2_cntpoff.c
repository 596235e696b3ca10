/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * FEAT_ECV (DDI 0487, CNTPOFF_EL2 and CNTHCTL_EL2): the physical offset and each of its conditions,
 * armed timers that a change of any of them reaches at once, the self-synchronising counters, and
 * traps of the virtual counter and timer.
 */
#include "images/lib/mmu.h"
#include "images/lib/timer.h"
#include "tests/guest/el2_guest.h"
#include "tests/guest/gic_poll.h"

BOOT_EL(2);

#define CNTPOFF_EL2  s3_4_c14_c0_6
#define CNTPCTSS_EL0 s3_3_c14_c0_5
#define CNTVCTSS_EL0 s3_3_c14_c0_6
#define CNTP_CTL_02  s3_5_c14_c2_1
#define CNTP_CVAL_02 s3_5_c14_c2_2

#define ECV     BIT(12)
#define EL1TVT  BIT(13)
#define EL1TVCT BIT(14)
#define OPEN    (BIT(0) | BIT(1)) /* EL1PCTEN, EL1PCEN with E2H 0 */

static void set_cnthctl(u64 value)
{
    write_sysreg(value, cnthctl_el2);
    isb();
}

static void set_cntpoff(u64 value)
{
    write_sysreg(value, CNTPOFF_EL2);
    isb();
}

/* What EL1's CNTPCT_EL0 is behind EL2's by, within what passes meanwhile. */
static bool el1_is_behind_by(u64 offset)
{
    u64 before = counter_physical();
    struct guest g = el1_one(MRS_X1(3, 14, 0, 1), 0);
    u64 after = counter_physical(), seen = g.x[1] + offset;
    return el1_finished(&g) && seen >= before && seen <= after;
}

static void test_reads(void)
{
    set_cntpoff(1 << 20);
    set_cnthctl(OPEN);
    check_equal(read_sysreg(CNTPOFF_EL2), 1 << 20, "CNTPOFF_EL2 keeps what is written");
    check(el1_is_behind_by(0), "ECV 0: EL1's CNTPCT_EL0 has no offset");
    set_cnthctl(OPEN | ECV);
    check(el1_is_behind_by(1 << 20), "ECV 1: EL1's CNTPCT_EL0 is CNTPOFF_EL2 behind EL2's");
    set_cntpoff(-(1ull << 40));
    check(el1_is_behind_by(-(1ull << 40)), "... also by a negative one");
    u64 low = counter_physical(), ss = read_sysreg(CNTPCTSS_EL0), high = counter_physical();
    check(low <= ss && ss <= high, "CNTPCTSS_EL0 is CNTPCT_EL0");
    low = counter_virtual(), ss = read_sysreg(CNTVCTSS_EL0), high = counter_virtual();
    check(low <= ss && ss <= high, "CNTVCTSS_EL0 is CNTVCT_EL0");
    set_cntpoff(0);
}

/* TVAL is relative to the counter that is seen from where it is accessed. */
static void test_tval(void)
{
    static const u32 words[] = {MSR_X1(3, 14, 2, 0), MRS_X1(3, 14, 2, 2)}; /* TVAL, then CVAL */
    u64 offset = 1ull << 40, now = counter_physical();
    set_cntpoff(offset);
    write_sysreg(1000, cntp_tval_el0);
    isb();
    check(read_sysreg(cntp_cval_el0) - now < offset / 2, "CNTP_TVAL_EL0 at EL2 has no offset");
    struct guest g = el1_guest(words, 2, SPSR_EL1H | SPSR_DAIF);
    g.x[1] = 1000;
    guest_run(&g);
    check(g.x[1] - (now - offset) < offset / 2, "... and at EL1 CNTPOFF_EL2");
    set_cntpoff(0);
}

static bool fires(void)
{
    isb();
    return wait_until(irq_is_signalled(), 10);
}

static bool is_quiet(void)
{
    isb();
    return wait_until(!irq_is_signalled(), 10) && !irq_is_signalled();
}

/* CNTP of EL1 is far ahead by the physical counter, and past by its own. */
static void test_armed(void)
{
    gic_setup(INTID_CNTP, PRIO_DEFAULT, false);
    set_cnthctl(OPEN);
    set_cntpoff(-(1ull << 40));
    write_sysreg(counter_physical() + (1ull << 39), cntp_cval_el0);
    write_sysreg(TIMER_ENABLE, cntp_ctl_el0);
    check(is_quiet(), "CNTP far ahead waits");
    set_cnthctl(OPEN | ECV);
    check(fires(), "CNTHCTL_EL2.ECV, set, reaches the armed CNTP at once");
    set_cntpoff(0);
    check(is_quiet(), "CNTPOFF_EL2, cleared, withdraws it");
    set_cntpoff(-(1ull << 40));
    check(fires(), "... and set again, fires it");
    set_hcr(HCR_HOST | HCR_E2H);
    check(fires(), "E2H 1, TGE 0: it stays");
    set_hcr(HCR_HOST | HCR_E2H | HCR_TGE);
    check(is_quiet(), "E2H and TGE 1: CNTPOFF_EL2 does not apply");
    set_hcr(HCR_HOST | HCR_E2H);
    check(fires(), "TGE 0 again: it does");
    write_sysreg(read_sysreg(CNTP_CVAL_02) + (1ull << 41), CNTP_CVAL_02);
    check(is_quiet(), "CNTP_CVAL_EL02 is the timer with the offset");
    write_sysreg(0, CNTP_CTL_02);
    set_hcr(HCR_HOST);
    set_cnthctl(OPEN);
    set_cntpoff(0);
    gic_disable(INTID_CNTP);
}

static void test_traps(void)
{
    struct guest g;
    set_cnthctl(OPEN | EL1TVCT);
    g = el1_one(MRS_X1(3, 14, 0, 2), 0);
    check(is_sysreg_trap(&g, MRS_X1(3, 14, 0, 2)), "EL1TVCT traps CNTVCT_EL0");
    g = el1_one(MRS_X1(3, 14, 0, 6), 0);
    check(is_sysreg_trap(&g, MRS_X1(3, 14, 0, 6)), "... and CNTVCTSS_EL0");
    g = el1_one(MRS_X1(3, 14, 3, 1), 0);
    check(el1_finished(&g), "... and not CNTV_CTL_EL0");
    set_cnthctl(OPEN | EL1TVT);
    g = el1_one(MRS_X1(3, 14, 3, 1), 0);
    check(is_sysreg_trap(&g, MRS_X1(3, 14, 3, 1)), "EL1TVT traps CNTV_CTL_EL0");
    g = el1_one(MRS_X1(3, 14, 0, 2), 0);
    check(el1_finished(&g), "... and not CNTVCT_EL0");
    set_cnthctl(OPEN);
    u64 mmfr0 = read_sysreg(id_aa64mmfr0_el1);
    write_sysreg(~0ull, cnthctl_el2);
    isb();
    check_equal(read_sysreg(cnthctl_el2), 0x3ffff,
                "CNTHCTL_EL2 has VHE's and ECV's bits; CNTVMASK and CNTPMASK are FEAT_RME's: RES0");
    write_sysreg(3, cnthctl_el2);
    isb();
    check_equal(mmfr0 >> 60, 2, "ID_AA64MMFR0_EL1.ECV says that CNTPOFF_EL2 is there");
}

int main(void)
{
    mmu_disable(); /* E2H changes the regime that this runs in */
    el1_setup();
    set_hcr(HCR_HOST);
    test_reads();
    test_tval();
    test_armed();
    test_traps();
    return test_result();
}
