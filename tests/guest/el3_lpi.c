/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LPIs with two security states: Non-secure Group 1, so that their priorities are in the lower half
 * and only EnableGrp1NS counts (IHI 0069 4.8.1, 5.1.1).
 */
#include "tests/guest/el3_guest.h"
#include "tests/guest/lpi_poll.h"

BOOT_EL(3);

#define GROUPS (GICD_CTLR_GRP0 | GICD_CTLR_GRP1 | GICD_CTLR_GRP1S)
#define ARES   (GICD_CTLR_ARE | GICD_CTLR_ARE_NS)

static void groups(u32 enables)
{
    mmio_write32(BOARD_GICD + GICD_CTLR, ARES | enables);
    gic_wait_rwp();
}

static u32 take(void)
{
    set_scr(SCR_NS);
    u32 intid = gic_ack();
    set_scr(0);
    return intid;
}

static void end(u32 intid)
{
    set_scr(SCR_NS);
    gic_eoi(intid);
    set_scr(0);
}

static void test_priority(u8 in_table, u8 secure_view)
{
    lpi_set(0, in_table, true);
    lpi_send(0);
    check_equal(take(), LPI, "an LPI of table priority 0x%x is acknowledged", in_table);
    check_equal(rpr(), secure_view, "... its Secure view is 0x80 | priority / 2");
    check_equal(ns(MRS_X2(0, 12, 11, 3), 0, 0).x[2], in_table,
                "... its Non-secure view the table's");
    end(LPI);
    check_equal(rpr(), 0xff, "... and it is ended");
}

static void test_masks(void)
{
    lpi_set(0, 0, true);
    lpi_send(0);
    write_sysreg(0x80, ICC_PMR_EL1);
    check(!fiq_is_signalled(), "a Secure PMR of 0x80 masks the most urgent LPI there can be");
    write_sysreg(0x88, ICC_PMR_EL1);
    check(fiq_is_signalled(), "one of 0x88 does not");
    write_sysreg(0xff, ICC_PMR_EL1);
    fresh(SPI, G1S, 0x78);
    gic_set_pending(SPI);
    check_equal(hppir1(), SPI, "a Secure interrupt of 0x78 is more urgent");
    gic_eoi(gic_ack());
    gic_disable(SPI);
    check_equal(take(), LPI, "the LPI follows");
    end(LPI);
}

static void test_groups(void)
{
    lpi_send(0);
    check(fiq_is_signalled() && !irq_is_signalled(), "at EL3 an LPI is an FIQ: Non-secure Group 1");
    u64 isr = ns_with(0, MRS_X2(0, 12, 1, 0), 0, 0).x[2];
    check((isr & BIT(7)) && !(isr & BIT(6)), "at Non-secure EL1 it is an IRQ");
    groups(GICD_CTLR_GRP0 | GICD_CTLR_GRP1S);
    check(!fiq_is_signalled() && hppir1() == INTID_SPURIOUS,
          "EnableGrp1NS 0: it is not signalled, whatever the other groups");
    groups(GICD_CTLR_GRP1);
    check(fiq_is_signalled(), "EnableGrp1NS 1: it is");
    groups(GROUPS);
    write_sysreg(2, ICC_IGRPEN1_EL3);
    check(!fiq_is_signalled(), "ICC_IGRPEN1 of the Non-secure bank 0: it is not");
    write_sysreg(3, ICC_IGRPEN1_EL3);
    isb();
    check_equal(read_sysreg(ICC_IAR0_EL1), 1021, "IAR0 at EL3 says that it is Non-secure Group 1");
    check_equal(take(), LPI, "IAR1 returns it");
    end(LPI);
}

int main(void)
{
    el3_setup();
    if (!lpi_start(2))
        return test_result();
    test_priority(0x40, 0xa0);
    test_priority(0x00, 0x80);
    test_priority(0xe0, 0xf0);
    test_masks();
    test_groups();
    return test_result();
}
