/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The GIC's CPU interface with Secure EL2 (FEAT_SEL2): Secure EL1 has the virtual one when HCR_EL2
 * says so and Secure EL2 is on, Secure EL2 has ICH_*, SCR_EL3 and HCR_EL2 route as in Non-secure
 * state, Secure Group 1 is an IRQ and the other groups FIQs (IHI 0069 4.6.2, 12.2; DDI 0487
 * D1.3.6).
 */
#include "tests/guest/sel2_guest.h"
#include "tests/guest/el2_lr.h"

BOOT_EL(3);

#define SGI_G0  3
#define SGI_G1S 4
#define SGI_NS  5
#define NO_I    (SPSR_EL1H | (SPSR_DAIF & ~BIT(7)))
#define NO_F    (SPSR_EL1H | (SPSR_DAIF & ~BIT(6)))

static const u32 forever = 0x14000000;

static void el1_forever(struct guest *g, enum exc_vector *by, u64 spsr)
{
    *g = el1_guest(&forever, 1, spsr);
    *by = guest_run(g);
}

static void set_sgi(u32 intid, bool group1, bool secure)
{
    u64 mod = gic_reg(GICD_IGRPMODR, intid, 1);
    u32 old = mmio_read32(mod);

    gic_set_group(intid, group1 && !secure);
    mmio_write32(mod, secure && group1 ? old | BIT(intid) : old & ~BIT(intid));
    gic_set_priority(intid, 0x40);
    gic_enable(intid);
}

static void gic_setup_worlds(void)
{
    mmio_write32(BOARD_GICD + GICD_CTLR,
                 GICD_CTLR_ARE | BIT(5) | GICD_CTLR_GRP0 | GICD_CTLR_GRP1 | GICD_CTLR_GRP1S);
    gic_wait_rwp();
    write_sysreg(1, ICC_IGRPEN0_EL1);
    write_sysreg(3, s3_6_c12_c12_7); /* ICC_IGRPEN1_EL3: both banks */
    write_sysreg(0xff, ICC_PMR_EL1);
    set_sgi(SGI_G0, false, true);
    set_sgi(SGI_G1S, true, true);
    set_sgi(SGI_NS, true, false);
}

/* -- Virtual interface of Secure EL1 ------------------------------------------------------------
 */

static void test_virtual(void)
{
    struct guest g;
    enum exc_vector by;

    set_hcr(HCR_HOST);
    open_vgic();
    set_lr0(LR_PENDING | LR_GROUP1 | LR_PRIO(0x80) | VIRQ);
    el1_forever(&g, &by, NO_I);
    check(is_hvc(&g, EL1_VECTOR + EXC_IRQ), "a list register interrupts Secure EL1 by VIRQ");
    check_equal(el1_does(MRS_IAR1, 0), VIRQ, "Secure EL1's IAR1 returns the virtual INTID");
    check_equal(LR_STATE(lr0()), 2, "... which is active in its list register");
    check_equal(el1_does(MRS_RPR, 0), 0x80, "Secure EL1's RPR is virtual");
    el1_does(MSR_EOIR1, VIRQ);
    check_equal(LR_STATE(lr0()), 0, "Secure EL1's EOIR1 ends it");
    write_sysreg(VMCR_PMR(0xff) | VMCR_VENG0 | VMCR_VFIQEN, ICH_VMCR_EL2);
    set_lr0(LR_PENDING | LR_PRIO(0x80) | VIRQ);
    el1_forever(&g, &by, NO_F);
    check(is_hvc(&g, EL1_VECTOR + EXC_FIQ), "a list register of Group 0 is a VFIQ");
    check_equal(el1_does(MRS_IAR0, 0), VIRQ, "Secure EL1's IAR0 returns it");
    u32 sgi1r = MSR_X1(0, 12, 11, 5);
    g = el1_one(sgi1r, 0);
    check(is_sysreg_trap(&g, sgi1r), "Secure EL1's ICC_SGI1R_EL1 traps with IMO 1");
    write_sysreg(HCR_EN | BIT(12), ICH_HCR_EL2); /* TALL1 */
    isb();
    g = el1_one(MRS_IAR1, 0);
    check(is_sysreg_trap(&g, MRS_IAR1), "ICH_HCR_EL2.TALL1 traps Secure EL1");
    write_sysreg(0, ICH_HCR_EL2);
    set_lr0(0);
    set_hcr(HCR_RW);
}

/* -- Physical interrupts ------------------------------------------------------------------------
 */

static void test_physical(void)
{
    struct guest g;
    enum exc_vector by;

    gic_set_pending(SGI_G1S);
    check_equal(hppir1(), SGI_G1S, "Secure EL2's HPPIR1 is of Secure Group 1");
    set_hcr(HCR_RW | HCR_IMO);
    el1_forever(&g, &by, SPSR_EL1H | SPSR_DAIF);
    check_equal(by, EXC_LOWER_IRQ, "IMO 1: Secure Group 1 is an IRQ to Secure EL2, whatever DAIF");
    set_hcr(HCR_RW | HCR_FMO);
    el1_forever(&g, &by, NO_I);
    check(is_hvc(&g, EL1_VECTOR + EXC_IRQ), "IMO 0: an IRQ to Secure EL1");
    check_equal(read_sysreg(ICC_IAR1_EL1), SGI_G1S, "Secure EL2 acknowledges it");
    write_sysreg(SGI_G1S, ICC_EOIR1_EL1);
    isb();
    gic_set_pending(SGI_G0);
    el1_forever(&g, &by, SPSR_EL1H | SPSR_DAIF);
    check_equal(by, EXC_LOWER_FIQ, "FMO 1: Group 0 is a FIQ to Secure EL2");
    check_equal(read_sysreg(ICC_IAR0_EL1), SGI_G0, "... which acknowledges it by IAR0");
    write_sysreg(SGI_G0, ICC_EOIR0_EL1);
    isb();
    gic_set_pending(SGI_NS);
    el1_forever(&g, &by, SPSR_EL1H | SPSR_DAIF);
    check_equal(by, EXC_LOWER_FIQ, "Non-secure Group 1 is a FIQ in Secure state");
    check_equal(read_sysreg(ICC_IAR1_EL1), INTID_SPURIOUS, "... that IAR1 does not show");
    set_hcr(HCR_RW);
    el1_forever(&g, &by, NO_F);
    check(is_hvc(&g, EL1_VECTOR + EXC_FIQ), "FMO 0: a FIQ to Secure EL1");
    gic_clear_pending(SGI_NS);
}

static void secure_el2(void)
{
    test_virtual();
    test_physical();
}

/* -- Routed to EL3, and no Secure EL2 ------------------------------------------------------------
 */

static void test_el3(void)
{
    struct guest g = el1_guest(&forever, 1, SPSR_EL1H | SPSR_DAIF);

    gic_set_pending(SGI_G0);
    set_hcr(HCR_HOST);
    set_scr(SCR_EEL2 | SCR_FIQ);
    enum exc_vector by = guest_run(&g);
    set_scr(0);
    check_equal(by, EXC_LOWER_FIQ, "SCR_EL3.FIQ takes a FIQ to EL3, whatever HCR_EL2.FMO");
    check_equal(read_sysreg(ICC_IAR0_EL1), SGI_G0, "... which acknowledges it");
    write_sysreg(SGI_G0, ICC_EOIR0_EL1);
    isb();
}

static void test_without(void)
{
    static const u32 pmr = MRS_X1(0, 4, 6, 0), iar = MRS_IAR1;

    set_scr(SCR_NS | SCR_EEL2);
    write_sysreg(VMCR_PMR(0x50) | VMCR_VENG1, ICH_VMCR_EL2);
    set_hcr(HCR_HOST);
    struct guest g = el1_from_el3(SCR_EEL2, &pmr, 1);
    check_equal(g.x[1], 0x50, "EEL2 1: Secure EL1's PMR is virtual with IMO 1");
    g = el1_from_el3(0, &pmr, 1);
    check_equal(g.x[1], 0xf8, "EEL2 0: it is physical");
    g = el1_from_el3(SCR_NS, &pmr, 1);
    check_equal(g.x[1], 0x50, "... and virtual again in Non-secure state");
    set_hcr(HCR_RW);
    g = el1_from_el3(SCR_EEL2 | SCR_IRQ, &iar, 1);
    check(ESR_EC(g.esr) == EC_SYSREG, "SCR_EL3.IRQ traps Secure EL1's physical IAR1 to EL3");
}

int main(void)
{
    sel2_setup();
    gic_setup_worlds();
    at_el2(SCR_EEL2, secure_el2);
    test_el3();
    test_without();
    return test_result();
}
