/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 56: a list register that was not empty.
 *
 * A hypervisor has two interrupts for its guest, which does not run yet. It writes each into list
 * register 0: the second takes the place of the first. ICH_ELRSR_EL2 says which are empty (IHI
 * 0069, ICH_ELRSR_EL2).
 */
#include "images/lessons/lesson.h"

#define HCR_RW     BIT(31)
#define HCR_IMO    BIT(4)
#define CLOCK      40
#define DISK       41
#define LR_PENDING BIT(62)
#define LR_GROUP1  BIT(60)
#define VMCR_OPEN  (0xffull << 24 | BIT(1)) /* VPMR, VENG1 */
#define ICH_EN     BIT(0)

BOOT_EL(2);

static void inject(u32 vintid)
{
    u64 lr = LR_PENDING | LR_GROUP1 | (u64)PRIO_DEFAULT << 48 | vintid;
#ifdef MENDED
    if (!(read_sysreg(ICH_ELRSR_EL2) & BIT(0))) {
        write_sysreg(lr, ICH_LR1_EL2);
        return;
    }
#endif
    write_sysreg(lr, ICH_LR0_EL2);
}

static void hypervisor(void)
{
    write_sysreg(HCR_RW | HCR_IMO, hcr_el2);
    write_sysreg(VMCR_OPEN, ICH_VMCR_EL2);
    write_sysreg(ICH_EN, ICH_HCR_EL2);
    inject(CLOCK);
    isb();
    inject(DISK);
    isb();
    drop_to_el1();
}

static int guest(void)
{
    irq_unmask();
    wait_until(taken == 2, PATIENCE_MS);
    return lesson_end(taken == 2, "the guest has both", "the guest has one interrupt of two");
}

int main(void)
{
    gic_on(CLOCK, count_interrupt);
    gic_on(DISK, count_interrupt);
    hypervisor();
    return guest();
}
