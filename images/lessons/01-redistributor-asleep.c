/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 1: the redistributor sleeps.
 *
 * A driver grew out of one for GICv2: distributor on, interrupt enabled, CPU interface on. There is
 * one thing more in a GICv3. Out of reset each redistributor is asleep, and what is asleep forwards
 * nothing to its PE (IHI 0069, GICR_WAKER). The timer fires and nobody hears it.
 */
#include "images/lessons/lesson.h"

BOOT_WITHOUT_GIC();

static void distributor_init(void)
{
    mmio_write32(BOARD_GICD + GICD_CTLR, GICD_CTLR_ARE | GICD_CTLR_GRP1);
    gic_wait_rwp();
}

static void redistributor_init(void)
{
#ifdef MENDED
    u64 waker = this_cpu()->gicr + GICR_WAKER;
    mmio_write32(waker, mmio_read32(waker) & ~GICR_WAKER_SLEEP);
    while (mmio_read32(waker) & GICR_WAKER_CHILD_ASLEEP)
        ;
#endif
    gic_set_group(INTID_CNTV, 1);
    gic_set_priority(INTID_CNTV, PRIO_DEFAULT);
    gic_enable(INTID_CNTV);
}

static void cpu_interface_init(void)
{
    write_sysreg(PRIO_IDLE, ICC_PMR_EL1);
    write_sysreg(1, ICC_IGRPEN1_EL1);
    isb();
}

int main(void)
{
    gic_on(INTID_CNTV, count_tick);
    distributor_init();
    redistributor_init();
    cpu_interface_init();
    virtual_timer_arm(ms_to_ticks(1));
    irq_unmask();
    wait_until(taken, PATIENCE_MS);
    return lesson_end(taken, "tick", "the timer's interrupt did not come");
}
