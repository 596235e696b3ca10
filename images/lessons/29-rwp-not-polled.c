/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 29: disabled, but not yet.
 *
 * A driver disables its interrupt and takes its handler away. The write to the enable register may
 * need a while to reach all of the GIC; GICR_CTLR.RWP (GICD_CTLR.RWP for SPIs) reads 1 until then,
 * and until then the interrupt may still come. It does, and finds nobody (IHI 0069, GICR_CTLR).
 */
#include "images/lessons/lesson.h"

static void timer_remove(void)
{
    mmio_write32(this_cpu()->gicr + GICR_SGI + GICD_ICENABLER, BIT(INTID_CNTV));
#ifdef MENDED
    gic_wait_rwp();
#endif
    gic_on(INTID_CNTV, NULL);
}

int main(void)
{
    gic_on(INTID_CNTV, count_tick);
    gic_setup(INTID_CNTV, PRIO_DEFAULT, false);
    virtual_timer_arm(0);
    timer_remove();
    irq_unmask();
    delay_ms(1);
    irq_mask();
    return lesson_end(!taken, "the timer was removed in time",
                      "an interrupt that was disabled came");
}
