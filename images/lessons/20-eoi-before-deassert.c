/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 20: the interrupt ends before its source is quiet.
 *
 * To let others in early a handler ends its interrupt first, unmasks, and then sees to the timer.
 * The timer's output is still up. A level-sensitive interrupt whose wire is up is pending again as
 * soon as it has ended: the handler is interrupted by itself, again and again, and runs out of
 * stack (IHI 0069 4.1.2; DDI 0487, CNTV_CTL_EL0).
 */
#include "images/lessons/lesson.h"

#define TOO_DEEP 10

static unsigned depth;

static void on_irq(struct exc_frame *frame, enum exc_vector vector)
{
    (void)vector;
    u32 intid = gic_ack();
    if (intid == INTID_SPURIOUS)
        return;
    count_interrupt(intid, frame);
#ifdef MENDED
    virtual_timer_stop();
#endif
    gic_eoi(intid);
    if (++depth > TOO_DEEP)
        guest_exit(lesson_end(false, "", "the handler is inside itself, 10 deep"));
    irq_unmask();
#ifndef MENDED
    virtual_timer_stop();
#endif
    irq_mask();
    depth--;
}

int main(void)
{
    exc_set_handler(EXC_IRQ, on_irq);
    gic_setup(INTID_CNTV, PRIO_DEFAULT, false);
    virtual_timer_arm(ms_to_ticks(1));
    irq_unmask();
    wait_until(taken, PATIENCE_MS);
    delay_ms(1);
    return lesson_end(taken == 1, "one tick", "not one interrupt for one tick");
}
