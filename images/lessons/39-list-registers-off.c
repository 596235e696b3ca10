/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 39: a virtual interrupt in a list register, and the list registers off.
 *
 * A hypervisor gives its guest a virtual interrupt: it writes a list register, pending, Group 1,
 * and opens the guest's mask and group in ICH_VMCR_EL2. But the virtual CPU interface as a whole
 * has a switch, and while it is off no virtual interrupt is signalled (IHI 0069, ICH_HCR_EL2.En).
 */
#include "images/lessons/lesson.h"

#define HCR_RW     BIT(31)
#define HCR_IMO    BIT(4)
#define VINTID     40
#define LR_PENDING BIT(62)
#define LR_GROUP1  BIT(60)
#define VMCR_OPEN  (0xffull << 24 | BIT(1)) /* VPMR, VENG1 */
#define ICH_EN     BIT(0)

BOOT_EL(2);

static void inject(u32 vintid)
{
    write_sysreg(LR_PENDING | LR_GROUP1 | (u64)PRIO_DEFAULT << 48 | vintid, ICH_LR0_EL2);
    isb();
}

static void hypervisor(void)
{
    write_sysreg(HCR_RW | HCR_IMO, hcr_el2);
    write_sysreg(VMCR_OPEN, ICH_VMCR_EL2);
#ifdef MENDED
    write_sysreg(ICH_EN, ICH_HCR_EL2);
#endif
    inject(VINTID);
    drop_to_el1();
}

static int guest(void)
{
    irq_unmask();
    wait_until(taken, PATIENCE_MS);
    return lesson_end(taken, "the guest has its interrupt", "the guest's interrupt did not come");
}

int main(void)
{
    gic_on(VINTID, count_interrupt);
    hypervisor();
    return guest();
}
