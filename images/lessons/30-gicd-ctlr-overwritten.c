/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 30: one bit was set, the others were lost.
 *
 * The kernel runs, its ticks come. Then a driver for fast interrupts turns on Group 0 with a plain
 * write to GICD_CTLR. The bits that it does not name go to 0, Group 1's enable among them, and the
 * kernel's time stops (IHI 0069, GICD_CTLR).
 */
#include "images/lessons/lesson.h"

static void on_tick(u32 intid, struct exc_frame *frame)
{
    count_interrupt(intid, frame);
    virtual_timer_arm(ms_to_ticks(1));
}

static void fast_interrupts_init(void)
{
    u32 ctlr = GICD_CTLR_ARE | GICD_CTLR_GRP0;
#ifdef MENDED
    ctlr |= mmio_read32(BOARD_GICD + GICD_CTLR);
#endif
    mmio_write32(BOARD_GICD + GICD_CTLR, ctlr);
    gic_wait_rwp();
}

int main(void)
{
    gic_on(INTID_CNTV, on_tick);
    gic_setup(INTID_CNTV, PRIO_DEFAULT, false);
    virtual_timer_arm(ms_to_ticks(1));
    irq_unmask();
    wait_until(taken == 3, PATIENCE_MS);
    fast_interrupts_init();
    wait_until(taken >= 6, PATIENCE_MS);
    return lesson_end(taken >= 6, "time goes on", "a few ticks, then time stands still");
}
