/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 2: every private interrupt was left in Group 0.
 *
 * The redistributor is awake, the timer's PPI is enabled, Group 1 is on at both ends. But out of
 * reset an interrupt is in Group 0, and nobody has moved this one (IHI 0069, GICR_IGROUPR0). On a
 * machine whose firmware did that, the same kernel works.
 */
#include "images/lessons/lesson.h"

BOOT_WITHOUT_GIC();

static void redistributor_init(void)
{
    gic_wake();
#ifdef MENDED
    mmio_write32(this_cpu()->gicr + GICR_SGI + GICD_IGROUPR, ~0u);
#endif
    gic_set_priority(INTID_CNTV, PRIO_DEFAULT);
    gic_enable(INTID_CNTV);
}

int main(void)
{
    gic_on(INTID_CNTV, count_tick);
    mmio_write32(BOARD_GICD + GICD_CTLR, GICD_CTLR_ARE | GICD_CTLR_GRP1);
    gic_wait_rwp();
    redistributor_init();
    write_sysreg(PRIO_IDLE, ICC_PMR_EL1);
    write_sysreg(1, ICC_IGRPEN1_EL1);
    virtual_timer_arm(ms_to_ticks(1));
    irq_unmask();
    wait_until(taken, PATIENCE_MS);
    return lesson_end(taken, "tick", "the timer's interrupt did not come");
}
