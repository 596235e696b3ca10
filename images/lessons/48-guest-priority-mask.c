/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 48: a guest has a mask of its own.
 *
 * A virtual interrupt has the priority that its list register says, and is compared with the
 * guest's mask, not with the hypervisor's. This one is 0xf0, and so is the guest's mask: equal is
 * not more urgent (IHI 0069, ICH_LR<n>_EL2, ICH_VMCR_EL2).
 */
#include "images/lessons/lesson.h"

#define HCR_RW     BIT(31)
#define HCR_IMO    BIT(4)
#define VINTID     40
#define LR_PENDING BIT(62)
#define LR_GROUP1  BIT(60)
#define VMCR_GROUP BIT(1) /* VENG1 */
#define ICH_EN     BIT(0)
#define GUEST_MASK 0xf0

#ifdef MENDED
#define PRIORITY 0xa0ull
#else
#define PRIORITY 0xf0ull
#endif

BOOT_EL(2);

static void hypervisor(void)
{
    write_sysreg(HCR_RW | HCR_IMO, hcr_el2);
    write_sysreg(VMCR_GROUP, ICH_VMCR_EL2);
    write_sysreg(ICH_EN, ICH_HCR_EL2);
    write_sysreg(LR_PENDING | LR_GROUP1 | PRIORITY << 48 | VINTID, ICH_LR0_EL2);
    isb();
    drop_to_el1();
}

static int guest(void)
{
    write_sysreg(GUEST_MASK, ICC_PMR_EL1);
    isb();
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
