/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 6: FIQs go to a level that does not want them.
 *
 * A boot loader at EL2 has HCR_EL2.FMO set for its own sake, and starts a kernel at EL1 without
 * clearing it. The kernel's timer is in Group 0. The first tick is taken to EL2, where the boot
 * loader's vectors know nothing of it: the machine dies (DDI 0487, HCR_EL2).
 */
#include "images/lessons/lesson.h"

#define HCR_FMO BIT(3)
#define HCR_RW  BIT(31)

BOOT_EL(2);

static void group_0_init(void)
{
    u32 ctlr = mmio_read32(BOARD_GICD + GICD_CTLR);
    mmio_write32(BOARD_GICD + GICD_CTLR, ctlr | GICD_CTLR_GRP0);
    gic_wait_rwp();
    gic_set_group(INTID_CNTV, 0);
    gic_enable(INTID_CNTV);
    write_sysreg(1, ICC_IGRPEN0_EL1);
    isb();
}

static void boot_loader(void)
{
    group_0_init();
#ifdef MENDED
    write_sysreg(HCR_RW, hcr_el2);
#else
    write_sysreg(HCR_RW | HCR_FMO, hcr_el2);
#endif
    drop_to_el1();
}

static int kernel(void)
{
    gic_on(INTID_CNTV, count_tick);
    virtual_timer_arm(ms_to_ticks(1));
    __asm__ volatile("msr daifclr, #3" ::: "memory"); /* I and F */
    wait_until(taken, PATIENCE_MS);
    return lesson_end(taken, "tick", "the timer's interrupt did not come");
}

int main(void)
{
    boot_loader();
    return kernel();
}
