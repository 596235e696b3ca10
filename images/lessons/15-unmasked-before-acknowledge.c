/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 15, second part: unmasked before acknowledged.
 *
 * Handlers may nest, so the vector clears PSTATE.I as the very first thing; what keeps an interrupt
 * from interrupting itself is its active priority. But that begins when ICC_IAR1_EL1 is read. Until
 * then the interrupt is pending and nothing else: it is taken again, at the same instruction, until
 * the stack is gone (IHI 0069 4.8; ICC_IAR1_EL1).
 */
#include "images/lessons/lesson.h"

#define TOO_DEEP 10

static unsigned depth;

static u32 acknowledge_and_unmask(void)
{
#ifdef MENDED
    u32 intid = gic_ack();
    irq_unmask();
#else
    irq_unmask();
    u32 intid = gic_ack();
#endif
    return intid;
}

static void on_irq(struct exc_frame *frame, enum exc_vector vector)
{
    (void)vector;
    if (++depth > TOO_DEEP)
        guest_exit(lesson_end(false, "", "the vector is inside itself, 10 deep"));
    u32 intid = acknowledge_and_unmask();
    if (intid != INTID_SPURIOUS) {
        count_interrupt(intid, frame);
        gic_eoi(intid);
    }
    irq_mask();
    depth--;
}

int main(void)
{
    exc_set_handler(EXC_IRQ, on_irq);
    gic_setup(INTID_DEVICE, PRIO_DEFAULT, true);
    gic_set_pending(INTID_DEVICE); /* stands for the device */
    irq_unmask();
    wait_until(taken, PATIENCE_MS);
    return lesson_end(taken == 1, "one interrupt", "not one interrupt");
}
