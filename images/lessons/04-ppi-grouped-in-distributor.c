/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 4: a PPI's group is set where it is not.
 *
 * One loop gives all interrupts their group, from INTID 0 up, in the distributor. In GICv2 the
 * first word was there. With affinity routing the registers of INTIDs 0 to 31 are the
 * redistributor's, and the distributor's first word is reserved: the write is ignored without a
 * sound (IHI 0069, GICD_IGROUPR<n>, GICR_IGROUPR0).
 */
#include "images/lessons/lesson.h"

BOOT_WITHOUT_GIC();

static void all_to_group_1(void)
{
    unsigned word = 0;
#ifdef MENDED
    mmio_write32(this_cpu()->gicr + GICR_SGI + GICD_IGROUPR, ~0u);
    word = 1;
#endif
    for (; word <= gic_nr_spis() / 32; word++)
        mmio_write32(BOARD_GICD + GICD_IGROUPR + word * 4, ~0u);
}

int main(void)
{
    gic_on(INTID_CNTV, count_tick);
    mmio_write32(BOARD_GICD + GICD_CTLR, GICD_CTLR_ARE | GICD_CTLR_GRP1);
    gic_wait_rwp();
    gic_wake();
    all_to_group_1();
    gic_set_priority(INTID_CNTV, PRIO_DEFAULT);
    gic_enable(INTID_CNTV);
    write_sysreg(PRIO_IDLE, ICC_PMR_EL1);
    write_sysreg(1, ICC_IGRPEN1_EL1);
    virtual_timer_arm(ms_to_ticks(1));
    irq_unmask();
    wait_until(taken, PATIENCE_MS);
    return lesson_end(taken, "tick", "the timer's interrupt did not come");
}
