/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ICH_MISR_EL2 and the maintenance interrupt: each condition, and that all are levels
 * (IHI 0069 12.4.7). qemu 7.2 derives VGrp0D from VENG1; VMCR.VENG0 is meant.
 */
#include "tests/guest/el2_lr.h"

BOOT_EL(2);

static void hcr(u64 bits)
{
    write_sysreg(HCR_EN | bits, ICH_HCR_EL2);
    isb();
}

static void vmcr(u64 bits)
{
    write_sysreg(VMCR_PMR(0xff) | bits, ICH_VMCR_EL2);
    isb();
}

static void set_lrs(u64 first, u64 second)
{
    write_sysreg(first, ICH_LR0_EL2);
    write_sysreg(second, ICH_LR1_EL2);
    isb();
}

#define A_PENDING (LR_PENDING | LR_GROUP1 | LR_PRIO(0x80) | VIRQ)
#define AN_ACTIVE (LR_ACTIVE | LR_GROUP1 | LR_PRIO(0x80) | (VIRQ + 1))

static void test_groups(void)
{
    open_vgic();
    vmcr(0);
    check_equal(misr(), 0, "no enable, no maintenance interrupt");
    hcr(HCR_VGRP0EIE | HCR_VGRP0DIE | HCR_VGRP1EIE | HCR_VGRP1DIE);
    check_equal(misr(), MISR_VGRP0D | MISR_VGRP1D, "both groups off: VGrp0D and VGrp1D");
    vmcr(VMCR_VENG0 | VMCR_VENG1);
    check_equal(misr(), MISR_VGRP0E | MISR_VGRP1E, "both groups on: VGrp0E and VGrp1E");
    hcr(HCR_VGRP0DIE);
    vmcr(VMCR_VENG0);
    check_equal(misr(), 0, "VGrp0D is 0 while VENG0 is 1, whatever VENG1");
    vmcr(VMCR_VENG1);
    check_equal(misr(), MISR_VGRP0D, "VGrp0D is 1 while VENG0 is 0, whatever VENG1");
    hcr(HCR_VGRP0EIE);
    check_equal(misr(), 0, "VGrp0E is 0 while VENG0 is 0, whatever VENG1");
    vmcr(VMCR_VENG0);
    check_equal(misr(), MISR_VGRP0E, "VGrp0E is 1 while VENG0 is 1, whatever VENG1");
    hcr(HCR_VGRP1DIE);
    check_equal(misr(), MISR_VGRP1D, "VGrp1D is 1 while VENG1 is 0, whatever VENG0");
}

static void test_underflow(void)
{
    open_vgic();
    hcr(HCR_UIE);
    check_equal(misr(), MISR_U, "no valid list register: underflow");
    set_lrs(A_PENDING, 0);
    check_equal(misr(), MISR_U, "one valid list register: underflow");
    set_lrs(A_PENDING, AN_ACTIVE);
    check_equal(misr(), 0, "two valid list registers: none");
    set_lrs(A_PENDING, LR_EOI | (VIRQ + 1));
    check_equal(misr(), MISR_U | MISR_EOI, "one that only reports an EOI is not valid");
}

static void test_none_pending(void)
{
    open_vgic();
    hcr(HCR_NPIE);
    set_lrs(AN_ACTIVE, 0);
    check_equal(misr(), MISR_NP, "none in state pending: NP, an active one does not count");
    set_lrs(AN_ACTIVE, A_PENDING);
    check_equal(misr(), 0, "one pending: no NP");
}

static void test_lrenp(void)
{
    open_vgic();
    hcr(HCR_LRENPIE);
    check_equal(misr(), 0, "LRENP is 0 while EOIcount is 0");
    hcr(HCR_LRENPIE | HCR_EOICOUNT(1));
    check_equal(misr(), MISR_LRENP, "LRENP is 1 while EOIcount is not 0");
    hcr(HCR_EOICOUNT(1));
    check_equal(misr(), 0, "LRENP needs LRENPIE");
}

static void test_eoi(void)
{
    open_vgic();
    set_lrs(LR_EOI | LR_HW | VIRQ, 0);
    check_equal(misr(), 0, "an invalid list register with HW reports no EOI");
    set_lrs(LR_EOI | VIRQ, 0);
    check_equal(misr(), MISR_EOI, "one without does");
    check_equal(read_sysreg(ICH_EISR_EL2), 1, "ICH_EISR_EL2 names it");
    check(!(read_sysreg(ICH_ELRSR_EL2) & 1), "ICH_ELRSR_EL2 does not call it empty");
    set_lrs(VIRQ, 0);
    check(misr() == 0 && read_sysreg(ICH_EISR_EL2) == 0, "LR.EOI cleared: no report");
    check(read_sysreg(ICH_ELRSR_EL2) & 1, "... and it is empty");
    set_lrs(A_PENDING | LR_EOI, 0);
    check_equal(misr(), 0, "a valid list register reports no EOI");
    set_lrs(LR_HW | VIRQ, 0);
    check(read_sysreg(ICH_ELRSR_EL2) & 1, "an invalid one with HW is empty");
}

/* The interrupt follows the condition, however often the state is evaluated again. */
static void test_level(void)
{
    open_vgic();
    gic_setup(INTID_MAINT, PRIO_DEFAULT, false);
    hcr(HCR_NPIE | HCR_UIE);
    bool stays = irq_is_signalled();
    for (unsigned i = 0; i < 4; i++) {
        set_lrs(i & 1 ? AN_ACTIVE : 0, 0);
        stays &= irq_is_signalled();
        vmcr(i & 1 ? VMCR_VENG1 : 0);
        stays &= irq_is_signalled();
    }
    check(stays, "the interrupt stays asserted while a condition holds");
    check_equal(gic_ack(), INTID_MAINT, "it is acknowledged");
    gic_eoi(INTID_MAINT);
    check(irq_is_signalled(), "... and signalled again while the condition holds");
    set_lrs(A_PENDING, A_PENDING + 1);
    check(!irq_is_signalled(), "no condition, no interrupt");
    set_lrs(0, 0);
    check(irq_is_signalled(), "a condition again, the interrupt again");
    write_sysreg(HCR_NPIE, ICH_HCR_EL2);
    check(!irq_is_signalled(), "ICH_HCR_EL2.En 0: no interrupt");
    hcr(0);
    check(!irq_is_signalled(), "NPIE 0: no interrupt");
    gic_disable(INTID_MAINT);
}

int main(void)
{
    el1_setup();
    test_groups();
    test_underflow();
    test_none_pending();
    test_lrenp();
    test_eoi();
    test_level();
    write_sysreg(0, ICH_HCR_EL2);
    return test_result();
}
