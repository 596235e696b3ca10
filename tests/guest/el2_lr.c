/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * List registers: hardware interrupts, virtual LPIs, virtual INTIDs that no SPI has, groups and
 * masks as EL1 sees them, and WFI (IHI 0069 4.7, 12.3, 12.4).
 */
#include "images/lib/timer.h"
#include "tests/guest/el2_lr.h"

BOOT_EL(2);

#define LPI 8192u

static void open_with(u64 vmcr, u64 lr)
{
    open_vgic();
    write_sysreg(VMCR_PMR(0xff) | VMCR_VENG1 | vmcr, ICH_VMCR_EL2);
    set_lr0(lr);
}

/* -- Hardware interrupts -- */

static u64 hw_lr(u32 pintid)
{
    return LR_PENDING | LR_HW | LR_GROUP1 | LR_PRIO(0x80) | LR_PINTID(pintid) | VIRQ;
}

static void physically_active(u32 intid)
{
    gic_forget(intid);
    gic_set_active(intid);
}

static void test_hw_split(void)
{
    physically_active(SPI);
    open_with(VMCR_VEOIM, hw_lr(SPI));
    el1_does(MRS_IAR1, 0);
    el1_does(MSR_EOIR1, VIRQ);
    check_equal(gic_state(SPI), ACTIVE, "VEOIM 1: EOIR1 leaves the physical interrupt active");
    check_equal(LR_STATE(lr0()), 2, "... and the virtual one");
    el1_does(MSR_DIR, VIRQ);
    check_equal(gic_state(SPI), INACTIVE, "VEOIM 1: DIR deactivates the physical one");
    check_equal(LR_STATE(lr0()), 0, "... and the virtual one");
}

static void test_hw_ppi(void)
{
    physically_active(PPI);
    open_with(0, hw_lr(PPI));
    el1_does(MRS_IAR1, 0);
    el1_does(MSR_EOIR1, VIRQ);
    check_equal(gic_state(PPI), INACTIVE, "a physical PPI is deactivated too");
}

static void test_hw_special(void)
{
    bool ok = true;
    physically_active(SPI);
    for (u32 pintid = 1018; pintid <= 1023; pintid++) {
        open_with(0, hw_lr(pintid));
        ok &= el1_does(MRS_IAR1, 0) == VIRQ;
        el1_does(MSR_EOIR1, VIRQ);
        ok &= LR_STATE(lr0()) == 0;
    }
    check(ok, "pINTIDs that no interrupt has are ignored: the virtual one ends");
    check_equal(gic_state(SPI), ACTIVE, "... and no other physical interrupt with it");
    gic_forget(SPI);
}

/* -- Virtual LPIs: no active state (IHI 0069 4.1.2) -- */

static void test_vlpi(void)
{
    open_with(0, LR_PENDING | LR_GROUP1 | LR_PRIO(0x80) | LPI);
    check_equal(el1_does(MRS_IAR1, 0), LPI, "EL1 acknowledges a virtual LPI");
    check_equal(LR_STATE(lr0()), 0, "... which leaves its list register invalid: no active state");
    check(read_sysreg(ICH_ELRSR_EL2) & 1, "... and empty");
    check_equal(el1_does(MRS_RPR, 0), 0x80, "... with its priority running");
    el1_does(MSR_EOIR1, LPI);
    check_equal(el1_does(MRS_RPR, 0), 0xff, "EOIR1 drops it");
}

static void test_vlpi_active(void)
{
    open_with(VMCR_VEOIM, LR_ACTIVE | LR_GROUP1 | LR_PRIO(0x80) | LPI);
    runs(0x80);
    el1_does(MSR_EOIR1, LPI);
    check_equal(LR_STATE(lr0()), 0,
                "VEOIM 1: EOIR1 of an LPI that a list register has active "
                "deactivates it: no DIR will follow");
    check_equal(eoicount(), 0, "... without EOIcount");
}

/* -- Virtual INTIDs are not limited by the SPIs that there are -- */

static void test_vintid_1019(void)
{
    open_with(0, LR_PENDING | LR_GROUP1 | LR_PRIO(0x80) | 1019);
    check_equal(el1_does(MRS_IAR1, 0), 1019, "virtual INTID 1019 is acknowledged");
    el1_does(MSR_EOIR1, 1019);
    check_equal(LR_STATE(lr0()), 0, "... and EOIR1 ends it");
    open_with(VMCR_VEOIM, LR_PENDING | LR_GROUP1 | LR_PRIO(0x80) | 1019);
    el1_does(MRS_IAR1, 0);
    el1_does(MSR_EOIR1, 1019);
    el1_does(MSR_DIR, 1019);
    check_equal(LR_STATE(lr0()), 0, "... or EOIR1 and DIR");
}

/* -- States -- */

static void test_pending_and_active(void)
{
    open_with(0, LR_ACTIVE | LR_PENDING | LR_GROUP1 | LR_PRIO(0x80) | VIRQ);
    check(!(el1_does(MRS_ISR, 0) & BIT(7)), "active and pending is not signalled");
    check_equal(el1_does(MRS_IAR1, 0), INTID_SPURIOUS, "... and not acknowledged");
    runs(0x80);
    el1_does(MSR_EOIR1, VIRQ);
    check_equal(LR_STATE(lr0()), 1, "EOIR1 leaves it pending");
    check_equal(el1_does(MRS_IAR1, 0), VIRQ, "... and then it is acknowledged");
    el1_does(MSR_EOIR1, VIRQ);
}

static void test_eoi_report(void)
{
    open_with(0, LR_PENDING | LR_EOI | LR_GROUP1 | LR_PRIO(0x80) | VIRQ);
    el1_does(MRS_IAR1, 0);
    check(!(read_sysreg(ICH_ELRSR_EL2) & 1), "an active list register is not empty");
    check_equal(read_sysreg(ICH_EISR_EL2), 0, "... and reports nothing");
    el1_does(MSR_EOIR1, VIRQ);
    check(!(read_sysreg(ICH_ELRSR_EL2) & 1), "ended with EOI set, it is not empty either");
    check_equal(read_sysreg(ICH_EISR_EL2), 1, "... and reports its end");
    set_lr0(LR_PENDING | LR_GROUP1 | LR_PRIO(0x80) | VIRQ);
    check_equal(read_sysreg(ICH_EISR_EL2), 0, "used again, the report is gone");
}

/* -- Groups, priorities -- */

static void test_group0(void)
{
    open_with(VMCR_VENG0, LR_PENDING | LR_PRIO(0x80) | VIRQ);
    u64 isr = el1_does(MRS_ISR, 0);
    check((isr & BIT(6)) && !(isr & BIT(7)), "a list register of Group 0 is a virtual FIQ");
    check_equal(el1_does(MRS_IAR1, 0), INTID_SPURIOUS, "... not for IAR1");
    check_equal(el1_does(MRS_HPPIR0, 0), VIRQ, "... in HPPIR0");
    check_equal(el1_does(MRS_HPPIR1, 0), INTID_SPURIOUS, "... not in HPPIR1");
    check_equal(el1_does(MRS_IAR0, 0), VIRQ, "IAR0 acknowledges it");
    el1_does(MSR_EOIR1, VIRQ);
    check_equal(LR_STATE(lr0()), 2, "EOIR1 does not end it");
    open_with(VMCR_VENG0, LR_PENDING | LR_PRIO(0x80) | VIRQ);
    el1_does(MRS_IAR0, 0);
    el1_does(MSR_EOIR0, VIRQ);
    check_equal(LR_STATE(lr0()), 0, "EOIR0 does");
    open_with(0, LR_PENDING | LR_PRIO(0x80) | VIRQ);
    check(!(el1_does(MRS_ISR, 0) & BIT(6)), "VENG0 0: not signalled");
    check_equal(el1_does(MRS_HPPIR0, 0), INTID_SPURIOUS, "... nor in HPPIR0");
}

static void test_masks(void)
{
    open_with(0, LR_PENDING | LR_GROUP1 | LR_PRIO(0x80) | VIRQ);
    runs(0x40);
    check(!(el1_does(MRS_ISR, 0) & BIT(7)), "a lower priority than the running one: no signal");
    check_equal(el1_does(MRS_HPPIR1, 0), VIRQ, "... HPPIR1 returns it all the same");
    check_equal(el1_does(MRS_IAR1, 0), INTID_SPURIOUS, "... IAR1 does not");
    runs(0xc0);
    check(el1_does(MRS_ISR, 0) & BIT(7), "a higher one preempts");
    nothing_runs();
}

/* -- ICH_VMCR_EL2, ICH_VTR_EL2 -- */

static void test_vmcr(void)
{
    open_vgic();
    write_sysreg(0, ICH_VMCR_EL2);
    isb();
    u64 vmcr = read_sysreg(ICH_VMCR_EL2);
    unsigned prebits = vtr_prebits();
    check_equal(vmcr >> 21 & 7, 7 - prebits, "ICH_VMCR_EL2.VBPR0 clamps to its minimum");
    check_equal(vmcr >> 18 & 7, 8 - prebits, "ICH_VMCR_EL2.VBPR1 clamps to one more");
    check(vmcr & VMCR_VFIQEN, "ICH_VMCR_EL2.VFIQEn is 1 with system registers");
    write_sysreg(~0ull, ICH_VMCR_EL2);
    isb();
    unsigned bits = (read_sysreg(ICH_VTR_EL2) >> 29 & 7) + 1;
    vmcr = read_sysreg(ICH_VMCR_EL2);
    check_equal(vmcr >> 24 & 0xff, 0xff << (8 - bits) & 0xff, "VPMR keeps the priority bits");
    check(!(vmcr >> 32), "the upper half is RES0");
    check_equal(el1_does(MRS_CTLR, 0) >> 8 & 7, bits - 1,
                "EL1's ICC_CTLR_EL1.PRIbits is ICH_VTR_EL2's");
    check_equal(el1_does(MRS_X1(0, 12, 8, 3), 0), 7, "EL1's ICC_BPR0_EL1 is VBPR0");
    open_vgic();
}

static void test_number(void)
{
    unsigned n = (read_sysreg(ICH_VTR_EL2) & 31) + 1;
    struct exc_info info;
    printf("INFO: %u list registers\n", n);
    write_sysreg(0, ICH_LR3_EL2);
    if (n == 4)
        info = PROBE(read_sysreg(ICH_LR4_EL2));
    else
        info = PROBE(read_sysreg(ICH_LR15_EL2));
    check_equal(info.taken, n != 16, "list registers beyond ICH_VTR_EL2.ListRegs are UNDEFINED");
}

/* -- Deactivation from EL1 -- */

static void test_dir_routing(void)
{
    physically_active(SPI);
    set_hcr(HCR_RW | HCR_IMO);
    open_with(VMCR_VEOIM, LR_ACTIVE | LR_GROUP1 | LR_PRIO(0x80) | SPI);
    el1_does(MSR_DIR, SPI);
    check(LR_STATE(lr0()) == 0 && gic_state(SPI) == ACTIVE,
          "IMO 1, FMO 0: EL1's DIR is virtual: the physical interrupt stays active");
    set_hcr(HCR_RW);
    gic_set_eoimode(true);
    el1_does(MSR_DIR, SPI);
    check_equal(gic_state(SPI), INACTIVE, "IMO 0, FMO 0: EL1's DIR deactivates the physical one");
    gic_set_eoimode(false);
    set_hcr(HCR_HOST);
    gic_forget(SPI);
}

/* -- Waiting: what EL1 wrote last counts -- */

static void test_wfi(void)
{
    struct guest g;
    open_with(0, LR_PENDING | LR_GROUP1 | LR_PRIO(0xa0) | VIRQ);
    write_sysreg(VMCR_PMR(0) | VMCR_VENG1, ICH_VMCR_EL2);
    isb();
    g = el1_guest((u32[]){MSR_PMR, WFI, MRS_IAR1}, 3, SPSR_EL1H | SPSR_DAIF);
    g.x[1] = 0xf0;
    guest_run(&g);
    check(el1_finished(&g) && g.x[1] == VIRQ, "EL1 raises its PMR, then WFI: the interrupt that is "
                                              "now let through ends it");
    gic_setup(INTID_CNTHP, PRIO_DEFAULT, false);
    open_with(0, LR_PENDING | LR_GROUP1 | LR_PRIO(0xa0) | VIRQ);
    write_sysreg(counter_physical() + ms_to_ticks(1), cnthp_cval_el2);
    write_sysreg(TIMER_ENABLE, cnthp_ctl_el2);
    g = el1_guest((u32[]){MSR_PMR, WFI, MRS_IAR1}, 3, SPSR_EL1H | SPSR_DAIF);
    g.x[1] = 0x80;
    check_equal(guest_run(&g), EXC_LOWER_IRQ, "EL1 lowers it, then WFI: EL2's timer ends it");
    check_equal(LR_STATE(lr0()), 1, "... and the list register is still pending");
    write_sysreg(0, cnthp_ctl_el2);
    gic_disable(INTID_CNTHP);
}

int main(void)
{
    el1_setup();
    test_hw_split();
    test_hw_ppi();
    test_hw_special();
    test_vlpi();
    test_vlpi_active();
    test_vintid_1019();
    test_pending_and_active();
    test_eoi_report();
    test_group0();
    test_masks();
    test_vmcr();
    test_number();
    test_dir_routing();
    test_wfi();
    write_sysreg(0, ICH_HCR_EL2);
    return test_result();
}
