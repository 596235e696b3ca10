/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 23: INTID 1023 is not an interrupt.
 *
 * A handler quiets the timer before it asks who called, as its author did on another controller. By
 * then nothing is pending, and ICC_IAR1_EL1 reads 1023: "there is none" (IHI 0069, INTIDs 1020 to
 * 1023). The handler looks that number up in its table, finds nothing, and jumps to it.
 */
#include "images/lessons/lesson.h"

static irq_handler_fn *table[INTID_SPURIOUS + 1];

static void on_irq(struct exc_frame *frame, enum exc_vector vector)
{
    (void)vector;
    virtual_timer_stop();
    taken++;
    u32 intid = gic_ack();
#ifdef MENDED
    if (intid >= 1020)
        return;
#endif
    table[intid](intid, frame);
    gic_eoi(intid);
}

int main(void)
{
    table[INTID_CNTV] = count_interrupt;
    exc_set_handler(EXC_IRQ, on_irq);
    gic_setup(INTID_CNTV, PRIO_DEFAULT, false);
    virtual_timer_arm(ms_to_ticks(1));
    irq_unmask();
    wait_until(taken, PATIENCE_MS);
    return lesson_end(taken == 1, "one tick, and nobody called", "not one tick");
}
