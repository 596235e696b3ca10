/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 57: a virtual interrupt in the wrong group.
 *
 * Bit 60 of a list register is the interrupt's group. Left 0, it is Group 0: the guest has turned
 * on Group 1 alone, as kernels do, and would get it as an FIQ (IHI 0069, ICH_LR<n>_EL2.Group).
 */
#include "images/lessons/lesson.h"

#define HCR_RW     BIT(31)
#define HCR_FMO    BIT(3)
#define HCR_IMO    BIT(4)
#define VINTID     40
#define LR_PENDING BIT(62)
#define LR_GROUP1  BIT(60)
#define VMCR_OPEN  (0xffull << 24 | BIT(1)) /* VPMR, VENG1 */
#define ICH_EN     BIT(0)

BOOT_EL(2);

static void hypervisor(void)
{
    u64 lr = LR_PENDING | (u64)PRIO_DEFAULT << 48 | VINTID;
#ifdef MENDED
    lr |= LR_GROUP1;
#endif
    write_sysreg(HCR_RW | HCR_IMO | HCR_FMO, hcr_el2);
    write_sysreg(VMCR_OPEN, ICH_VMCR_EL2);
    write_sysreg(ICH_EN, ICH_HCR_EL2);
    write_sysreg(lr, ICH_LR0_EL2);
    isb();
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
