/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The CPU interface with two security states: banks of ICC_CTLR_EL1 and ICC_BPR1_EL1, their aliases
 * in ICC_CTLR_EL3, ends by EL3, Non-secure PMR (IHI 0069 12.2). qemu 7.2 shows the Non-secure bank
 * in both halves of ICC_CTLR_EL3.
 */
#include "tests/guest/el3_guest.h"

BOOT_EL(3);

#define CTLR_CBPR    BIT(0)
#define CTLR_EOIMODE BIT(1)

/* ICC_CTLR_EL3 */
#define CBPR_EL1S     BIT(0)
#define CBPR_EL1NS    BIT(1)
#define EOIMODE_EL3   BIT(2)
#define EOIMODE_EL1S  BIT(3)
#define EOIMODE_EL1NS BIT(4)
#define MODES         0x1full

#define NS_READ_BPR1  MRS_X2(0, 12, 12, 3)
#define NS_WRITE_BPR1 MSR_X1(0, 12, 12, 3)
#define NS_WRITE_PMR  MSR_X1(0, 4, 6, 0)
#define NS_READ_PMR   MRS_X2(0, 4, 6, 0)
#define NS_EOIR1      MSR_X1(0, 12, 12, 1)

static u64 ctlr_el1(u64 scr)
{
    set_scr(scr);
    u64 value = read_sysreg(ICC_CTLR_EL1) & (CTLR_CBPR | CTLR_EOIMODE);
    set_scr(0);
    return value;
}

static void set_ctlr_el1(u64 scr, u64 value)
{
    set_scr(scr);
    write_sysreg(value, ICC_CTLR_EL1);
    set_scr(0);
}

static u64 ctlr_el3(void)
{
    isb();
    return read_sysreg(ICC_CTLR_EL3) & MODES;
}

static void set_ctlr_el3(u64 value)
{
    write_sysreg(value, ICC_CTLR_EL3);
    isb();
}

/* -- ICC_CTLR_EL3 and the two ICC_CTLR_EL1 -- */

static void test_aliases_down(void)
{
    set_ctlr_el3(0);
    check(!ctlr_el1(0) && !ctlr_el1(SCR_NS), "ICC_CTLR_EL3 0: both ICC_CTLR_EL1 are 0");
    set_ctlr_el3(EOIMODE_EL1S);
    check_equal(ctlr_el1(0), CTLR_EOIMODE, "EOImode_EL1S is the Secure EOImode");
    check_equal(ctlr_el1(SCR_NS), 0, "... and not the Non-secure one");
    set_ctlr_el3(EOIMODE_EL1NS);
    check_equal(ctlr_el1(0), 0, "EOImode_EL1NS is not the Secure EOImode");
    check_equal(ctlr_el1(SCR_NS), CTLR_EOIMODE, "... but the Non-secure one");
    set_ctlr_el3(CBPR_EL1S);
    check(ctlr_el1(0) == CTLR_CBPR && !ctlr_el1(SCR_NS), "CBPR_EL1S is the Secure CBPR");
    set_ctlr_el3(CBPR_EL1NS);
    check(!ctlr_el1(0) && ctlr_el1(SCR_NS) == CTLR_CBPR, "CBPR_EL1NS is the Non-secure CBPR");
    set_ctlr_el3(EOIMODE_EL3);
    check(!ctlr_el1(0) && !ctlr_el1(SCR_NS), "EOImode_EL3 is neither's");
    set_ctlr_el3(0);
}

static void test_aliases_up(void)
{
    set_ctlr_el1(0, CTLR_EOIMODE);
    check_equal(ctlr_el3(), EOIMODE_EL1S, "Secure ICC_CTLR_EL1.EOImode reads as EOImode_EL1S");
    set_ctlr_el1(0, 0);
    set_ctlr_el1(SCR_NS, CTLR_EOIMODE);
    check_equal(ctlr_el3(), EOIMODE_EL1NS,
                "Non-secure ICC_CTLR_EL1.EOImode reads as EOImode_EL1NS");
    set_ctlr_el1(SCR_NS, 0);
    for (u64 bit = 1; bit <= EOIMODE_EL1NS; bit <<= 1) {
        set_ctlr_el3(bit);
        check_equal(ctlr_el3(), bit, "ICC_CTLR_EL3 keeps bit 0x%lx alone", bit);
    }
    set_ctlr_el3(0);
}

/* ICC_IGRPEN1_EL3: bit 0 Non-secure, bit 1 Secure (12.2.19). */
static u64 igrpen1(u64 scr)
{
    set_scr(scr);
    u64 value = read_sysreg(ICC_IGRPEN1_EL1);
    set_scr(0);
    return value;
}

static void test_group_enables(void)
{
    write_sysreg(1, ICC_IGRPEN1_EL3);
    check(!igrpen1(0) && igrpen1(SCR_NS), "EnableGrp1NS of EL3 is the Non-secure ICC_IGRPEN1_EL1");
    write_sysreg(2, ICC_IGRPEN1_EL3);
    check(igrpen1(0) && !igrpen1(SCR_NS), "EnableGrp1S of EL3 is the Secure one");
    set_scr(SCR_NS);
    write_sysreg(1, ICC_IGRPEN1_EL1);
    set_scr(0);
    write_sysreg(0, ICC_IGRPEN1_EL1);
    isb();
    check_equal(read_sysreg(ICC_IGRPEN1_EL3), 1, "... and both read back in ICC_IGRPEN1_EL3");
    write_sysreg(3, ICC_IGRPEN1_EL3);
    isb();
}

/* -- Ends -- */

static u32 taken(enum group group, u64 scr)
{
    fresh(SPI, group, group == G1NS ? 0xa0 : 0x40);
    gic_set_pending(SPI);
    set_scr(scr);
    u32 intid = gic_ack();
    return intid;
}

static void test_ends(void)
{
    bool got = taken(G1S, 0) == SPI;
    set_scr(SCR_NS);
    gic_eoi(SPI);
    set_scr(0);
    check(got && rpr() == 0xff && gic_state(SPI) == INACTIVE,
          "EL3 with SCR_EL3.NS = 1 ends a Secure Group 1 interrupt");
    got = taken(G1NS, SCR_NS) == SPI;
    set_scr(0);
    gic_eoi(SPI);
    check(got && rpr() == 0xff && gic_state(SPI) == INACTIVE,
          "EL3 with SCR_EL3.NS = 0 ends a Non-secure Group 1 interrupt");
    got = taken(G1S, 0) == SPI;
    ns_with(0, NS_EOIR1, 0, SPI);
    check(got && rpr() == 0x40 && gic_state(SPI) == ACTIVE,
          "Non-secure EL1 cannot end a Secure interrupt");
    gic_eoi(SPI);
    check_equal(gic_state(SPI), INACTIVE, "... EL3 can");
}

/* -- Priorities -- */

static void test_ns_pmr(void)
{
    write_sysreg(0xc0, ICC_PMR_EL1);
    isb();
    u32 step = 1u << (7 - (read_sysreg(ICC_CTLR_EL3) >> 8 & 7));
    ns(NS_WRITE_PMR, 0, step);
    check_equal(read_sysreg(ICC_PMR_EL1), 0x80,
                "Non-secure PMR: bits that do not exist are dropped after the shift");
    ns(NS_WRITE_PMR, 0, step * 2);
    check_equal(read_sysreg(ICC_PMR_EL1), 0x80 + step, "... and the last one that does is kept");
    check_equal(ns(NS_READ_PMR, 0, 0).x[2], step * 2, "... in both views");
    ns(NS_WRITE_PMR, 0, 0xffffff20);
    check_equal(read_sysreg(ICC_PMR_EL1), 0x90, "Non-secure PMR: bits from 8 on are RES0");
    write_sysreg(0xff, ICC_PMR_EL1);
    isb();
}

static u64 set_bpr1(u64 scr, u64 value)
{
    set_scr(scr);
    write_sysreg(value, ICC_BPR1_EL1);
    isb();
    u64 got = read_sysreg(ICC_BPR1_EL1);
    set_scr(0);
    return got;
}

static void test_bpr_banks(void)
{
    u64 least = set_bpr1(0, 0);
    check_equal(set_bpr1(SCR_NS, 0), least + 1, "the Non-secure BPR1's minimum is one more");
    set_bpr1(0, 6);
    check_equal(set_bpr1(SCR_NS, 5), 5, "the Non-secure BPR1 keeps 5");
    set_scr(0);
    check_equal(read_sysreg(ICC_BPR1_EL1), 6, "... and leaves the Secure one at 6");
    check_equal(ns(NS_READ_BPR1, 0, 0).x[2], 5, "Non-secure EL1 reads its own");
    ns(NS_WRITE_BPR1, 0, 4);
    set_scr(SCR_NS);
    check_equal(read_sysreg(ICC_BPR1_EL1), 4, "... and writes its own");
    set_scr(0);
}

static u32 running(enum group group, u8 priority, u64 scr)
{
    fresh(SPI, group, priority);
    gic_set_pending(SPI);
    set_scr(scr);
    gic_ack();
    u32 value = rpr();
    gic_eoi(SPI);
    set_scr(0);
    return value;
}

static void test_bpr_masks(void)
{
    set_bpr1(0, 6);
    set_bpr1(SCR_NS, 6);
    check_equal(running(G1S, 0x68, 0), 0x00, "Secure BPR1 6: one bit of group priority");
    check_equal(running(G1NS, 0xe8, SCR_NS), 0xc0,
                "Non-secure BPR1 6: two bits, it counts one less");
    set_bpr1(0, 0);
    set_bpr1(SCR_NS, 0);
}

static void test_cbpr(void)
{
    set_bpr1(SCR_NS, 5);
    set_ctlr_el3(CBPR_EL1NS);
    write_sysreg(3, ICC_BPR0_EL1);
    isb();
    check_equal(ns(NS_READ_BPR1, 0, 0).x[2], 4, "CBPR_EL1NS: Non-secure BPR1 reads BPR0 + 1");
    ns(NS_WRITE_BPR1, 0, 7);
    check_equal(read_sysreg(ICC_BPR0_EL1), 3, "... and ignores writes");
    write_sysreg(7, ICC_BPR0_EL1);
    isb();
    check_equal(ns(NS_READ_BPR1, 0, 0).x[2], 7, "... with 7 as the most");
    write_sysreg(5, ICC_BPR0_EL1);
    isb();
    check_equal(running(G1NS, 0xe8, SCR_NS), 0xc0, "... and BPR0 cuts Non-secure Group 1");
    set_ctlr_el3(0);
    check_equal(ns(NS_READ_BPR1, 0, 0).x[2], 5, "CBPR_EL1NS 0: Non-secure BPR1 is as it was");
    write_sysreg(0, ICC_BPR0_EL1);
    set_bpr1(SCR_NS, 0);
}

int main(void)
{
    el3_setup();
    test_aliases_down();
    test_aliases_up();
    test_group_enables();
    test_ends();
    test_ns_pmr();
    test_bpr_banks();
    test_bpr_masks();
    test_cbpr();
    return test_result();
}
