/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ICH_HCR_EL2.EOIcount: ends that would have deactivated an interrupt which no list register holds
 * (IHI 0069 12.4.5). qemu 7.2 also counts EOIR1 with VEOIM = 1, which only drops the priority.
 */
#include "tests/guest/el2_lr.h"

BOOT_EL(2);

/* EL1 has taken VIRQ (or @vintid), and the hypervisor has put its list register aside. */
static void served(u64 vmcr, u32 vintid)
{
    open_vgic();
    write_sysreg(VMCR_PMR(0xff) | VMCR_VENG1 | vmcr, ICH_VMCR_EL2);
    set_lr0(LR_PENDING | LR_GROUP1 | LR_PRIO(0x80) | vintid);
    el1_does(MRS_IAR1, 0);
    set_lr0(0);
}

static void test_combined(void)
{
    served(0, VIRQ);
    check_equal(eoicount(), 0, "VEOIM 0: nothing has been counted yet");
    el1_does(MSR_EOIR1, VIRQ);
    check_equal(eoicount(), 1, "VEOIM 0: EOIR1 of an interrupt in no list register counts");
    check_equal(el1_does(MRS_RPR, 0), 0xff, "... and drops the priority");
    el1_does(MSR_EOIR1, VIRQ);
    check_equal(eoicount(), 1, "EOIR1 with no active priority does not count");
    served(0, VIRQ);
    for (u32 special = 1020; special <= 1023; special++)
        el1_does(MSR_EOIR1, special);
    check_equal(eoicount(), 0, "EOIR1 of 1020 to 1023 does not count");
    check_equal(el1_does(MRS_RPR, 0), 0x80, "... and drops nothing");
}

static void test_split(void)
{
    served(VMCR_VEOIM, VIRQ);
    el1_does(MSR_EOIR1, VIRQ);
    check_equal(eoicount(), 0, "VEOIM 1: EOIR1, which deactivates nothing, does not count");
    el1_does(MSR_DIR, VIRQ);
    check_equal(eoicount(), 1, "VEOIM 1: DIR, which would have, counts");
    write_sysreg(HCR_EN, ICH_HCR_EL2);
    for (u32 special = 1020; special <= 1023; special++)
        el1_does(MSR_DIR, special);
    check_equal(eoicount(), 0, "DIR of 1020 to 1023 does not");
}

/* An interrupt that a list register holds is deactivated there. */
static void test_held(void)
{
    open_vgic();
    set_lr0(LR_ACTIVE | LR_GROUP1 | LR_PRIO(0x80) | VIRQ);
    runs(0x80);
    check_equal(el1_does(MRS_RPR, 0), 0x80, "an active priority in ICH_AP1R<n>_EL2 is EL1's RPR");
    el1_does(MSR_EOIR1, VIRQ);
    check(eoicount() == 0 && LR_STATE(lr0()) == 0, "EOIR1 of one that is held does not count");
    write_sysreg(VMCR_PMR(0xff) | VMCR_VENG1 | VMCR_VEOIM, ICH_VMCR_EL2);
    set_lr0(LR_ACTIVE | LR_GROUP1 | LR_PRIO(0x80) | VIRQ);
    el1_does(MSR_DIR, VIRQ);
    check(eoicount() == 0 && LR_STATE(lr0()) == 0, "nor DIR");
}

static void test_lpi(void)
{
    served(0, 8192);
    check_equal(el1_does(MRS_RPR, 0), 0x80, "a virtual LPI has a running priority");
    el1_does(MSR_EOIR1, 8192);
    check_equal(eoicount(), 0, "EOIR1 of an LPI in no list register does not count");
    check_equal(el1_does(MRS_RPR, 0), 0xff, "... and drops the priority");
}

static void test_maintenance(void)
{
    served(0, VIRQ);
    gic_setup(INTID_MAINT, PRIO_DEFAULT, false);
    write_sysreg(HCR_EN | HCR_LRENPIE, ICH_HCR_EL2);
    isb();
    check(!irq_is_signalled(), "LRENPIE: no interrupt while EOIcount is 0");
    struct guest g = el1_guest((u32[]){MSR_EOIR1}, 1, SPSR_EL1H | SPSR_DAIF);
    g.x[1] = VIRQ;
    check_equal(guest_run(&g), EXC_LOWER_IRQ, "LRENPIE: the counted EOIR1 comes to EL2 at once");
    check(eoicount() == 1 && (misr() & MISR_LRENP), "... with EOIcount 1 and MISR.LRENP");
    check_equal(gic_ack(), INTID_MAINT, "... as the maintenance interrupt");
    write_sysreg(HCR_EN | HCR_LRENPIE, ICH_HCR_EL2);
    isb();
    gic_eoi(INTID_MAINT);
    check(!irq_is_signalled(), "EOIcount written 0, it is gone");
    gic_disable(INTID_MAINT);
}

int main(void)
{
    el1_setup();
    test_combined();
    test_split();
    test_held();
    test_lpi();
    test_maintenance();
    write_sysreg(0, ICH_HCR_EL2);
    return test_result();
}
