/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The virtual CPU interface: list registers, what EL1 sees through ICC_*, hardware interrupts,
 * maintenance (IHI 0069, chapters 6 and 12, ICH_* and ICV_*).
 */
#include "tests/guest/el2_lr.h"

BOOT_EL(2);

static const u32 forever = 0x14000000;
static const u32 take_and_end[] = {
    MRS_X1(0, 12, 12, 0),     /* mrs x1, icc_iar1_el1  */
    MRS_X1(0, 12, 11, 3) + 1, /* mrs x2, icc_rpr_el1   */
    MSR_X1(0, 12, 12, 1),     /* msr icc_eoir1_el1, x1 */
    MRS_X1(0, 12, 11, 3) + 2, /* mrs x3, icc_rpr_el1   */
    MRS_X1(0, 12, 12, 0) + 3, /* mrs x4, icc_iar1_el1  */
};

static struct guest spin(void)
{
    struct guest g = el1_guest(&forever, 1, SPSR_EL1H | (SPSR_DAIF & ~BIT(7)));
    guest_run(&g);
    return g;
}

static struct guest take(void)
{
    struct guest g = el1_guest(take_and_end, 5, SPSR_EL1H | SPSR_DAIF);
    guest_run(&g);
    return g;
}

static void test_inject(void)
{
    open_vgic();
    write_sysreg(LR_PENDING | LR_GROUP1 | LR_PRIO(0x80) | VIRQ, ICH_LR0_EL2);
    isb();
    struct guest g = spin();
    check(is_hvc(&g, EL1_VECTOR + EXC_IRQ), "a pending list register interrupts EL1");
    check(!irq_is_signalled(), "... and not EL2");
    g = take();
    check_equal(g.x[1], VIRQ, "EL1's IAR1 returns the virtual INTID");
    check_equal(g.x[2], 0x80, "EL1's RPR is its priority");
    check_equal(g.x[3], 0xff, "EL1's EOIR1 drops it");
    check_equal(g.x[4], INTID_SPURIOUS, "EL1's next IAR1 is spurious");
    check_equal(LR_STATE(read_sysreg(ICH_LR0_EL2)), 0, "the list register is invalid after that");
    check(read_sysreg(ICH_ELRSR_EL2) & 1, "ICH_ELRSR_EL2 shows it empty");
}

static void test_masks(void)
{
    open_vgic();
    write_sysreg(LR_PENDING | LR_GROUP1 | LR_PRIO(0x80) | VIRQ, ICH_LR0_EL2);
    write_sysreg(VMCR_PMR(0x80) | VMCR_VENG1, ICH_VMCR_EL2);
    isb();
    struct guest g = el1_one(MRS_X1(0, 12, 1, 0), 0); /* isr_el1 */
    check(!(g.x[1] & BIT(7)), "the virtual PMR masks an equal priority");
    write_sysreg(VMCR_PMR(0xff), ICH_VMCR_EL2);
    isb();
    g = el1_one(MRS_X1(0, 12, 1, 0), 0);
    check(!(g.x[1] & BIT(7)), "VENG1 = 0 masks Group 1");
    write_sysreg(VMCR_PMR(0xff) | VMCR_VENG1, ICH_VMCR_EL2);
    write_sysreg(0, ICH_HCR_EL2);
    isb();
    g = el1_one(MRS_X1(0, 12, 1, 0), 0);
    check(!(g.x[1] & BIT(7)), "ICH_HCR_EL2.En = 0 masks everything");
    write_sysreg(1, ICH_HCR_EL2);
    isb();
    g = el1_one(MRS_X1(0, 12, 1, 0), 0);
    check(g.x[1] & BIT(7), "with all open ISR_EL1 shows it");
}

static void test_guest_registers(void)
{
    open_vgic();
    struct guest g = el1_guest((u32[]){MSR_X1(0, 4, 6, 0)}, 1, SPSR_EL1H | SPSR_DAIF); /* PMR */
    g.x[1] = 0x50;
    guest_run(&g);
    check_equal(read_sysreg(ICH_VMCR_EL2) >> 24, 0x50, "EL1's ICC_PMR_EL1 is ICH_VMCR_EL2.VPMR");
    check_equal(read_sysreg(ICC_PMR_EL1) & 0xf0, 0xf0, "... and not the physical one");
    g = el1_guest((u32[]){MSR_X1(0, 12, 12, 7)}, 1, SPSR_EL1H | SPSR_DAIF); /* IGRPEN1 */
    guest_run(&g);
    check(!(read_sysreg(ICH_VMCR_EL2) & VMCR_VENG1), "EL1's ICC_IGRPEN1_EL1 is VENG1");
    check(read_sysreg(ICC_IGRPEN1_EL1) & 1, "... and not the physical one");
    u32 sgi1r = MSR_X1(0, 12, 11, 5);
    g = el1_one(sgi1r, 0);
    check(is_sysreg_trap(&g, sgi1r), "EL1's ICC_SGI1R_EL1 traps with IMO = 1");
}

static void test_order(void)
{
    open_vgic();
    write_sysreg(LR_PENDING | LR_GROUP1 | LR_PRIO(0x80) | VIRQ, ICH_LR0_EL2);
    write_sysreg(LR_PENDING | LR_GROUP1 | LR_PRIO(0x40) | (VIRQ + 1), ICH_LR1_EL2);
    isb();
    struct guest g = take();
    check(g.x[1] == VIRQ + 1 && g.x[4] == VIRQ, "EL1 acknowledges by virtual priority");
    check_equal(LR_STATE(read_sysreg(ICH_LR0_EL2)), 2, "the second is active in its register");
}

/* A hardware interrupt: EL1's EOIR deactivates the physical one. */
static void test_hardware(void)
{
    open_vgic();
    gic_set_eoimode(true);
    gic_setup(SPI, PRIO_DEFAULT, true);
    gic_set_pending(SPI);
    gic_eoi(gic_ack());
    check_equal(gic_state(SPI), ACTIVE, "EL2 leaves a physical SPI active");
    write_sysreg(LR_PENDING | LR_HW | LR_GROUP1 | LR_PRIO(0x80) | LR_PINTID(SPI) | VIRQ,
                 ICH_LR0_EL2);
    isb();
    struct guest g = take();
    check_equal(g.x[1], VIRQ, "EL1 takes it under its virtual INTID");
    check_equal(gic_state(SPI), INACTIVE, "EL1's EOIR1 deactivates the physical SPI");
    gic_set_eoimode(false);
    gic_forget(SPI);
}

static void test_maintenance(void)
{
    open_vgic();
    gic_setup(INTID_MAINT, PRIO_DEFAULT, false);
    write_sysreg(LR_PENDING | LR_EOI | LR_GROUP1 | LR_PRIO(0x80) | VIRQ, ICH_LR0_EL2);
    isb();
    check(!irq_is_signalled(), "no maintenance interrupt before the end");
    struct guest g = el1_guest(take_and_end, 5, SPSR_EL1H | SPSR_DAIF);
    check_equal(guest_run(&g), EXC_LOWER_IRQ, "EOIR1 of a register with EOI interrupts EL1");
    check_equal(gic_ack(), INTID_MAINT, "... by the maintenance interrupt, INTID 25");
    check(read_sysreg(ICH_MISR_EL2) & 1, "ICH_MISR_EL2.EOI is set");
    check(read_sysreg(ICH_EISR_EL2) & 1, "ICH_EISR_EL2 names the register");
    write_sysreg(0, ICH_LR0_EL2);
    isb();
    check_equal(read_sysreg(ICH_MISR_EL2), 0, "the register cleared, ICH_MISR_EL2 is 0");
    gic_eoi(INTID_MAINT);
    check(!irq_is_signalled(), "... and the maintenance interrupt gone");
    write_sysreg(1 | BIT(3), ICH_HCR_EL2); /* NPIE */
    isb();
    check(irq_is_signalled() && (read_sysreg(ICH_MISR_EL2) & BIT(3)),
          "NPIE: nothing pending is a maintenance interrupt");
    write_sysreg(0, ICH_HCR_EL2);
    isb();
    gic_disable(INTID_MAINT);
}

int main(void)
{
    el1_setup();
    check((read_sysreg(ICH_VTR_EL2) & 31) >= 1, "there are at least two list registers");
    test_inject();
    test_masks();
    test_guest_registers();
    test_order();
    test_hardware();
    test_maintenance();
    write_sysreg(0, ICH_HCR_EL2);
    return test_result();
}
