/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 15: two priorities that differ are equal.
 *
 * A slow handler at priority 0xa4 lets more urgent interrupts in, and one at 0xa0 is raised. With
 * five bits of priority both are 0xa0: what is not above the running priority waits until the slow
 * handler has ended. The binary point can do the same (IHI 0069, ICC_RPR_EL1, ICC_BPR1_EL1).
 */
#include "images/lessons/lesson.h"

#define SLOW        INTID_DEVICE
#define URGENT      (INTID_DEVICE + 1)
#define PRIO_URGENT 0xa0

#ifdef MENDED
#define PRIO_SLOW 0xb0
#else
#define PRIO_SLOW 0xa4
#endif

static void on_slow(u32 intid, struct exc_frame *frame)
{
    (void)intid;
    (void)frame;
    irq_unmask();
    gic_set_pending(URGENT);
    wait_until(taken, PATIENCE_MS);
    guest_exit(lesson_end(taken, "the urgent one came first",
                          "the urgent interrupt waits for the slow handler"));
}

int main(void)
{
    gic_on(SLOW, on_slow);
    gic_on(URGENT, count_interrupt);
    gic_setup(SLOW, PRIO_SLOW, true);
    gic_setup(URGENT, PRIO_URGENT, true);
    irq_unmask();
    gic_set_pending(SLOW);
    wait_until(false, PATIENCE_MS);
    return lesson_end(false, "", "the slow device's interrupt did not come");
}
