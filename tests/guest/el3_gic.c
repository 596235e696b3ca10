/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two security states, from EL3 (secure=on): groups, the Non-secure view of registers and
 * priorities, DS (IHI 0069, chapters 4 and 12). The Non-secure side is a guest of a few words at
 * EL1 whose MMU is off; SMC brings it back.
 */
#include "tests/guest/el3_guest.h"

BOOT_EL(3);

static void test_distributor_view(void)
{
    u32 ctlr = mmio_read32(BOARD_GICD + GICD_CTLR);
    check(!(ctlr & GICD_CTLR_DS), "GICD_CTLR.DS is 0 out of reset");
    check((ctlr & 7) == 7, "the Secure view of GICD_CTLR has three group enables");
    check(mmio_read32(BOARD_GICD + GICD_TYPER) & BIT(10), "GICD_TYPER.SecurityExtn is 1");
    u64 seen = ns_read32(BOARD_GICD + GICD_CTLR);
    check_equal(seen & 0x3f, BIT(4) | BIT(1), "the Non-secure view has ARE_NS and EnableGrp1A");
    fresh(SPI, G0, 0x40);
    fresh(SPI2, G1S, 0x40);
    fresh(SPI3, G1NS, 0xa0);
    u64 reg = gic_reg(GICD_ISENABLER, SPI, 1);
    u32 bits = BIT(SPI % 32) | BIT(SPI2 % 32) | BIT(SPI3 % 32);
    check_equal(mmio_read32(reg) & bits, bits, "Secure reads show all three enabled");
    check_equal(ns_read32(reg) & bits, BIT(SPI3 % 32), "Non-secure reads show Group 1 NS only");
    ns_write32(gic_reg(GICD_ICENABLER, SPI, 1), bits);
    check_equal(mmio_read32(reg) & bits, bits & ~BIT(SPI3 % 32),
                "Non-secure writes reach Group 1 NS only");
    ns_write32(gic_reg(GICD_IGROUPR, SPI, 1), ~0u);
    check(!(mmio_read32(gic_reg(GICD_IGROUPR, SPI, 1)) & BIT(SPI % 32)),
          "Non-secure writes do not change a group");
    u64 router = BOARD_GICD + GICD_IROUTER + 8 * SPI;
    ns_write32(router, 0x00ffff00);
    check_equal(mmio_read64(router), my_affinity(), "nor a Secure interrupt's route");
}

static void test_priority_view(void)
{
    fresh(SPI, G0, 0x40);
    fresh(SPI3, G1NS, 0xc0);
    u64 reg = BOARD_GICD + GICD_IPRIORITYR;
    check_equal(ns(LDRB, reg + SPI3, 0).x[2], 0x80, "Non-secure reads of a priority are shifted");
    ns(STRB, reg + SPI3, 0x40);
    check_equal(gic_get_priority(SPI3), 0xa0, "Non-secure writes go to the upper half");
    check_equal(ns(LDRB, reg + SPI, 0).x[2], 0, "a Group 0 priority reads 0");
    ns(STRB, reg + SPI, 0xff);
    check_equal(gic_get_priority(SPI), 0x40, "... and ignores writes");
}

static void test_pmr_view(void)
{
    u32 read_pmr = MRS_X2(0, 4, 6, 0), write_pmr = MSR_X1(0, 4, 6, 0);
    set_scr(0);
    write_sysreg(0xc0, ICC_PMR_EL1);
    isb();
    check_equal(ns(read_pmr, 0, 0).x[2], 0x80, "Non-secure ICC_PMR_EL1 is shifted");
    ns(write_pmr, 0, 0x40);
    check_equal(read_sysreg(ICC_PMR_EL1), 0xa0, "a Non-secure write sets the upper half");
    write_sysreg(0x50, ICC_PMR_EL1);
    isb();
    check_equal(ns(read_pmr, 0, 0).x[2], 0, "a Secure PMR below 0x80 reads 0");
    ns(write_pmr, 0, 0x80);
    check_equal(read_sysreg(ICC_PMR_EL1), 0x50, "... and Non-secure writes are ignored");
    write_sysreg(0xff, ICC_PMR_EL1);
    isb();
}

static void test_rpr_view(void)
{
    u32 read_rpr = MRS_X2(0, 12, 11, 3);
    check_equal(ns(read_rpr, 0, 0).x[2], 0xff, "Non-secure RPR is 0xff when idle");
    fresh(SPI, G0, 0x40);
    gic_set_pending(SPI);
    u32 id = read_sysreg(ICC_IAR0_EL1);
    isb();
    check(id == SPI && rpr() == 0x40, "EL3 acknowledges a Group 0 interrupt");
    check_equal(ns(read_rpr, 0, 0).x[2], 0, "Non-secure RPR is 0 under a Secure priority");
    write_sysreg(SPI, ICC_EOIR0_EL1);
    isb();
    fresh(SPI3, G1NS, 0xc0);
    gic_set_pending(SPI3);
    set_scr(SCR_NS);
    id = gic_ack();
    check_equal(id, SPI3, "with SCR_EL3.NS = 1 EL3 acknowledges Group 1 NS");
    check_equal(ns(read_rpr, 0, 0).x[2], 0x80, "Non-secure RPR is shifted under its own");
    set_scr(SCR_NS);
    gic_eoi(SPI3);
    set_scr(0);
    check_equal(rpr(), 0xff, "... and idle after EOIR1");
}

/* At EL3, IAR0 and HPPIR0 name the group when the highest pending is of Group 1. */
static void test_special_intids(void)
{
    fresh(SPI3, G1NS, 0xa0);
    gic_set_pending(SPI3);
    check_equal(read_sysreg(ICC_IAR0_EL1), 1021, "IAR0 at EL3 returns 1021 for Group 1 NS");
    check_equal(hppir0(), 1021, "... so does HPPIR0");
    check_equal(gic_state(SPI3), PENDING, "... and it stays pending");
    gic_clear_pending(SPI3);
    fresh(SPI2, G1S, 0x40);
    gic_set_pending(SPI2);
    check_equal(read_sysreg(ICC_IAR0_EL1), 1020, "IAR0 at EL3 returns 1020 for Group 1 Secure");
    check_equal(ns_with(0, MRS_X2(0, 12, 12, 0), 0, 0).x[2], INTID_SPURIOUS,
                "Non-secure IAR1 does not acknowledge Group 1 Secure");
    check_equal(gic_ack(), SPI2, "Secure IAR1 does");
    gic_eoi(SPI2);
    check_equal(gic_state(SPI2), INACTIVE, "... and EOIR1 ends it");
}

/* FIQ or IRQ by group and the security state of the PE (IHI 0069, table of signal types). */
static void test_signals(void)
{
    set_scr(0);
    fresh(SPI3, G1NS, 0xa0);
    gic_set_pending(SPI3);
    check(fiq_is_signalled() && !irq_is_signalled(), "at EL3 Group 1 NS is an FIQ");
    gic_clear_pending(SPI3);
    fresh(SPI2, G1S, 0x40);
    gic_set_pending(SPI2);
    u64 isr = ns_with(0, MRS_X2(0, 12, 1, 0), 0, 0).x[2];
    check((isr & BIT(6)) && !(isr & BIT(7)), "at Non-secure EL1 Group 1 Secure is an FIQ");
    gic_clear_pending(SPI2);
    gic_set_pending(SPI3);
    isr = ns_with(0, MRS_X2(0, 12, 1, 0), 0, 0).x[2];
    check((isr & BIT(7)) && !(isr & BIT(6)), "at Non-secure EL1 Group 1 NS is an IRQ");
    gic_clear_pending(SPI3);
    gic_disable(SPI2);
}

/* An interrupt that SCR_EL3 sends to EL3 leaves the Non-secure side at once. */
static void test_routing(void)
{
    struct guest g = {.pc = (u64)ns_code, .spsr = SPSR_EL1H | SPSR_DAIF};
    ns_code[0] = 0x14000000; /* b . */
    sync_code(ns_code, 4);
    fresh(SPI, G0, 0x40);
    gic_set_pending(SPI);
    set_scr(SCR_NS | SCR_FIQ);
    enum exc_vector vector = guest_run(&g);
    set_scr(0);
    check_equal(vector, EXC_LOWER_FIQ, "SCR_EL3.FIQ: Group 0 comes to EL3 whatever PSTATE.F");
    check_equal(read_sysreg(ICC_IAR0_EL1), SPI, "... and IAR0 returns it");
    write_sysreg(SPI, ICC_EOIR0_EL1);
    isb();
}

/* DS last: it cannot be undone. */
static void test_ds(void)
{
    mmio_write32(BOARD_GICD + GICD_CTLR, mmio_read32(BOARD_GICD + GICD_CTLR) | GICD_CTLR_DS);
    gic_wait_rwp();
    check(mmio_read32(BOARD_GICD + GICD_CTLR) & GICD_CTLR_DS, "GICD_CTLR.DS can be set");
    check(!(mmio_read32(BOARD_GICD + GICD_CTLR) & GICD_CTLR_GRP1S),
          "... which takes EnableGrp1S away: there is no third group");
    mmio_write32(BOARD_GICD + GICD_CTLR, GICD_CTLR_ARE);
    gic_wait_rwp();
    check(mmio_read32(BOARD_GICD + GICD_CTLR) & GICD_CTLR_DS, "... and not cleared");
    fresh(SPI, G0, 0x40);
    check_equal(ns_read32(gic_reg(GICD_ISENABLER, SPI, 1)) & BIT(SPI % 32), BIT(SPI % 32),
                "with DS = 1 the Non-secure side sees Group 0");
}

int main(void)
{
    el3_setup();
    test_distributor_view();
    test_priority_view();
    test_pmr_view();
    test_rpr_view();
    test_special_intids();
    test_signals();
    test_routing();
    test_ds();
    return test_result();
}
