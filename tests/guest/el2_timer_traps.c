/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CNTHCTL_EL2 in both formats (DDI 0487, CNTHCTL_EL2): with HCR_EL2.E2H the bits that let EL1 use
 * the physical counter and timer move from 0 and 1 to 10 and 11; the _EL02 names; which timers
 * CNTVOFF_EL2 reaches. For -cpu max.
 */
#include "images/lib/mmu.h"
#include "images/lib/timer.h"
#include "tests/guest/el2_guest.h"
#include "tests/guest/gic_poll.h"

BOOT_EL(2);

#define CNTHV_CTL    s3_4_c14_c3_1
#define CNTHV_CVAL   s3_4_c14_c3_2
#define CNTHV_TVAL   s3_4_c14_c3_0
#define CNTV_TVAL_02 s3_5_c14_c3_0
#define CNTV_CVAL_02 s3_5_c14_c3_2
#define CNTV_CTL_02  s3_5_c14_c3_1
#define CNTKCTL_12   s3_5_c14_c1_0
#define BOTH_FORMATS (BIT(0) | BIT(1) | BIT(10) | BIT(11))

static const struct {
    const char *name;
    u32 insn;
    unsigned bit, bit_e2h;
} guarded[] = {
    {"CNTPCT_EL0", MRS_X1(3, 14, 0, 1), 0, 10},
    {"CNTP_CTL_EL0", MRS_X1(3, 14, 2, 1), 1, 11},
    {"CNTP_CVAL_EL0", MRS_X1(3, 14, 2, 2), 1, 11},
    {"CNTP_TVAL_EL0", MRS_X1(3, 14, 2, 0), 1, 11},
};

static void set_cnthctl(u64 value)
{
    write_sysreg(value, cnthctl_el2);
    isb();
}

static void test_traps(bool e2h)
{
    set_hcr(HCR_HOST | (e2h ? HCR_E2H : 0));
    for (unsigned i = 0; i < ARRAY_SIZE(guarded); i++) {
        unsigned bit = e2h ? guarded[i].bit_e2h : guarded[i].bit;
        set_cnthctl(BOTH_FORMATS & ~BIT(bit));
        struct guest g = el1_one(guarded[i].insn, 0);
        check(is_sysreg_trap(&g, guarded[i].insn), "E2H %u: %s traps without bit %u", e2h,
              guarded[i].name, bit);
        set_cnthctl(BIT(bit));
        g = el1_one(guarded[i].insn, 0);
        check(el1_finished(&g), "... and with it alone does not");
    }
    set_cnthctl(0);
    struct guest g = el1_one(MRS_X1(3, 14, 0, 2), 0);
    check(el1_finished(&g), "E2H %u: CNTVCT_EL0 is not trapped", e2h);
    set_cnthctl(BOTH_FORMATS);
}

/* One vCPU's E2H changes while CNTHCTL_EL2 stays: its bits are read anew. */
static void test_flip(void)
{
    set_hcr(HCR_HOST);
    set_cnthctl(BIT(0) | BIT(1));
    struct guest g = el1_one(guarded[0].insn, 0);
    check(el1_finished(&g), "bits 0 and 1 let EL1 through with E2H 0");
    set_hcr(HCR_HOST | HCR_E2H);
    g = el1_one(guarded[0].insn, 0);
    check(is_sysreg_trap(&g, guarded[0].insn), "the same value traps it with E2H 1");
    set_hcr(HCR_HOST);
}

static void test_offsets(void)
{
    u64 offset = 1ull << 40;
    write_sysreg(-offset, cntvoff_el2);
    set_hcr(HCR_HOST | HCR_E2H);
    u64 before = read_sysreg(cntpct_el0);
    write_sysreg(1000, CNTV_TVAL_02);
    write_sysreg(1000, CNTHV_TVAL);
    write_sysreg(1000, cnthp_tval_el2);
    isb();
    u64 after = read_sysreg(cntpct_el0);
    u64 cntv = read_sysreg(CNTV_CVAL_02) - offset;
    check(cntv >= before + 1000 && cntv <= after + 1000, "CNTV_TVAL_EL02 counts with CNTVOFF_EL2");
    u64 cnthv = read_sysreg(CNTHV_CVAL);
    check(cnthv >= before + 1000 && cnthv <= after + 1000, "CNTHV_TVAL_EL2 counts without");
    u64 cnthp = read_sysreg(cnthp_cval_el2);
    check(cnthp >= before + 1000 && cnthp <= after + 1000, "CNTHP_TVAL_EL2 counts without");
    u64 tval = (u32)(read_sysreg(cntp_tval_el0));
    check(tval <= 1000 || tval > 0xf0000000, "CNTP_TVAL_EL0 at EL2 is CNTHP's");
    u64 low = read_sysreg(cntpct_el0), v = counter_virtual(), high = counter_physical();
    check(low <= v && v <= high, "CNTVCT_EL0 at EL2 with E2H has no offset");
    set_hcr(HCR_HOST);
    low = counter_physical() + offset, v = counter_virtual(), high = counter_physical() + offset;
    check(low <= v && v <= high, "... and with E2H 0 has");
    write_sysreg(0, cntvoff_el2);
    isb();
}

/* EL02 and EL12 names with E2H 0 are el2_e2h_off.c's. */
static void test_names(void)
{
    set_hcr(HCR_HOST | HCR_E2H);
    write_sysreg(0x123456789abcdef0, CNTV_CVAL_02);
    write_sysreg(0x302, CNTKCTL_12);
    isb();
    struct guest g = el1_one(MRS_X1(3, 14, 3, 2), 0);
    check_equal(g.x[1], 0x123456789abcdef0, "CNTV_CVAL_EL02 is EL1's CNTV_CVAL_EL0");
    g = el1_one(MRS_X1(0, 14, 1, 0), 0);
    check_equal(g.x[1], 0x302, "CNTKCTL_EL12 is EL1's CNTKCTL_EL1");
    u64 cnthctl = read_sysreg(cnthctl_el2);
    check_equal(read_sysreg(cntkctl_el1), cnthctl, "CNTKCTL_EL1 at EL2 is CNTHCTL_EL2");
    write_sysreg(0, CNTKCTL_12);
    set_hcr(HCR_HOST);
}

static bool fires_at_once(u64 cval, u64 ctl_wanted)
{
    write_sysreg(cval, cntv_cval_el0);
    write_sysreg(TIMER_ENABLE, cntv_ctl_el0);
    isb();
    return (read_sysreg(cntv_ctl_el0) & TIMER_ISTATUS) == ctl_wanted &&
           wait_until(irq_is_signalled() == (ctl_wanted != 0), 10);
}

/* The virtual counter wraps 2 ms from now: an unsigned comparison drops the output there. */
static void test_wrap(void)
{
    gic_setup(INTID_CNTV, PRIO_DEFAULT, false);
    u64 ahead = ms_to_ticks(2), start = counter_physical();
    write_sysreg(start + ahead, cntvoff_el2);
    isb();
    check(fires_at_once(ms_to_ticks(1), TIMER_ISTATUS),
          "just before the counter wraps, a small CVAL has passed");
    check(fires_at_once(~0ull, 0), "... and CVAL ~0 has not");
    check(fires_at_once(ms_to_ticks(1), TIMER_ISTATUS), "... and a small one again");
    while (counter_physical() < start + ahead + ms_to_ticks(1) / 4)
        __asm__ volatile("yield");
    check(!irq_is_signalled(), "the wrap to 0 withdraws it");
    while (counter_physical() < start + ahead + ms_to_ticks(1))
        __asm__ volatile("yield");
    check(wait_until(irq_is_signalled(), 10), "and at CVAL it comes again");
    write_sysreg(0, cntv_ctl_el0);
    write_sysreg(0, cntvoff_el2);
    isb();
    gic_disable(INTID_CNTV);
}

int main(void)
{
    mmu_disable(); /* E2H changes the regime that this runs in */
    el1_setup();
    test_traps(false);
    test_traps(true);
    test_flip();
    test_offsets();
    test_names();
    test_wrap();
    return test_result();
}
