/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Secure EL2's timers (FEAT_SEL2; DDI 0487 D12, CNTHPS_CTL_EL2, CNTHVS_CTL_EL2): INTIDs 20 and 19,
 * whose they are, and what CNTP and CNTV name at Secure EL2 with E2H.
 */
#include "images/lib/timer.h"
#include "tests/guest/sel2_guest.h"
#include "tests/guest/gic_poll.h"

BOOT_EL(3);

#define CNTHPS_TVAL  s3_4_c14_c5_0
#define CNTHPS_CTL   s3_4_c14_c5_1
#define CNTHPS_CVAL  s3_4_c14_c5_2
#define CNTHVS_TVAL  s3_4_c14_c4_0
#define CNTHVS_CTL   s3_4_c14_c4_1
#define CNTHVS_CVAL  s3_4_c14_c4_2
#define CNTHP_CVAL   s3_4_c14_c2_2
#define CNTHV_CVAL   s3_4_c14_c3_2
#define INTID_CNTHPS 20
#define INTID_CNTHVS 19

#define MRS_CNTHPS_CTL MRS_X1(4, 14, 5, 1)

/* Secure Group 1, which Secure EL2 sees as its own. */
static void secure_ppi(u32 intid)
{
    u64 mod = gic_reg(GICD_IGRPMODR, intid, 1);

    gic_set_group(intid, 0);
    mmio_write32(mod, mmio_read32(mod) | BIT(intid));
    gic_set_edge(intid, false);
    gic_set_priority(intid, PRIO_HIGH);
    gic_enable(intid);
}

#define FIRES(name, intid, ctl, cval, tval, counter)                                               \
    do {                                                                                           \
        u64 deadline_ = counter() + ms_to_ticks(1);                                                \
        write_sysreg(deadline_, cval);                                                             \
        write_sysreg(TIMER_ENABLE, ctl);                                                           \
        isb();                                                                                     \
        check(hppir1() != (intid), name " waits");                                                 \
        check(wait_until(hppir1() == (intid), 100), name " fires, INTID %u", intid);               \
        u64 now_ = counter();                                                                      \
        check(now_ >= deadline_ && now_ - deadline_ < counter_hz(), "... by its counter");         \
        check_equal(read_sysreg(ctl), TIMER_ENABLE | TIMER_ISTATUS, "... with ISTATUS");           \
        write_sysreg(0, ctl);                                                                      \
        isb();                                                                                     \
        check(wait_until(hppir1() != (intid), 100), "stopped, it is gone");                        \
        u64 before_ = counter();                                                                   \
        write_sysreg((u32)-1000, tval);                                                            \
        isb();                                                                                     \
        u64 cval_ = read_sysreg(cval), after_ = counter();                                         \
        check(cval_ + 1000 >= before_ && cval_ + 1000 <= after_, "a negative TVAL of " name);      \
    } while (0)

/* CNTVCT_EL0 less CNTVOFF_EL2 is what EL2 without E2H reads; CNTHVS has no offset. */
static void test_fires(void)
{
    write_sysreg(0, cntvoff_el2);
    FIRES("CNTHPS", INTID_CNTHPS, CNTHPS_CTL, CNTHPS_CVAL, CNTHPS_TVAL, counter_physical);
    FIRES("CNTHVS", INTID_CNTHVS, CNTHVS_CTL, CNTHVS_CVAL, CNTHVS_TVAL, counter_physical);
}

static void test_redirection(void)
{
    write_sysreg(1, CNTHPS_CVAL);
    write_sysreg(2, CNTHVS_CVAL);
    write_sysreg(3, CNTHP_CVAL);
    write_sysreg(4, CNTHV_CVAL);
    set_hcr(HCR_RW | HCR_E2H);
    write_sysreg(0x1111, cntp_cval_el0);
    write_sysreg(0x2222, cntv_cval_el0);
    isb();
    set_hcr(HCR_RW);
    check_equal(read_sysreg(CNTHPS_CVAL), 0x1111, "Secure, E2H: CNTP_CVAL_EL0 names CNTHPS's");
    check_equal(read_sysreg(CNTHVS_CVAL), 0x2222, "Secure, E2H: CNTV_CVAL_EL0 names CNTHVS's");
    check(read_sysreg(CNTHP_CVAL) == 3 && read_sysreg(CNTHV_CVAL) == 4, "... not CNTHP's, CNTHV's");
}

static void test_wakes(void)
{
    physical_timer_stop();
    u64 deadline = counter_physical() + ms_to_ticks(5);
    write_sysreg(deadline, CNTHPS_CVAL);
    write_sysreg(TIMER_ENABLE, CNTHPS_CTL);
    isb();
    while (!(read_sysreg(CNTHPS_CTL) & TIMER_ISTATUS))
        wfi();
    check(counter_physical() >= deadline, "CNTHPS ends a WFI of Secure EL2");
    write_sysreg(0, CNTHPS_CTL);
    isb();
}

static struct guest undefined;

static void el1_touches_it(void)
{
    undefined = el1_one(MRS_CNTHPS_CTL, 0);
}

static void secure_el2(void)
{
    test_fires();
    test_redirection();
    test_wakes();
    el1_touches_it();
}

static struct exc_info cnthps, cnthvs;

static void touch(void)
{
    cnthps = PROBE(read_sysreg(CNTHPS_CTL));
    cnthvs = PROBE(write_sysreg(0, CNTHVS_CVAL));
}

static bool is_undefined(const struct exc_info *info)
{
    return info->taken && ESR_EC(info->esr) == EC_UNKNOWN;
}

static void test_access(void)
{
    check(is_hvc(&undefined, EL1_VECTOR + EXC_SYNC), "CNTHPS of Secure EL1 is undefined");
    at_el2(SCR_NS | SCR_EEL2, touch);
    check(is_undefined(&cnthps) && is_undefined(&cnthvs), "... and of Non-secure EL2");
    set_scr(SCR_EEL2);
    touch();
    check(!cnthps.taken && !cnthvs.taken, "EL3 has both with SCR_EL3.EEL2 1");
    set_scr(0);
    touch();
    check(is_undefined(&cnthps) && is_undefined(&cnthvs), "... and neither with EEL2 0");
}

int main(void)
{
    sel2_setup();
    mmio_write32(BOARD_GICD + GICD_CTLR,
                 GICD_CTLR_ARE | GICD_CTLR_GRP1S | GICD_CTLR_GRP0 | BIT(5) | GICD_CTLR_GRP1);
    gic_wait_rwp();
    write_sysreg(3, s3_6_c12_c12_7); /* ICC_IGRPEN1_EL3 */
    write_sysreg(0xff, ICC_PMR_EL1);
    secure_ppi(INTID_CNTHPS);
    secure_ppi(INTID_CNTHVS);
    at_el2(SCR_EEL2, secure_el2);
    test_access();
    return test_result();
}
