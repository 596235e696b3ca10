/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 44: the binary point.
 *
 * Priorities are split in two by ICC_BPR1_EL1: only the upper part decides whether one interrupt
 * may interrupt the handler of another. Here it is two bits, and 0x80 and 0xa0 have the same; the
 * rest decides who comes first when both are pending (IHI 0069 4.8, ICC_BPR1_EL1).
 */
#include "images/lessons/lesson.h"

#define SLOW        INTID_DEVICE
#define URGENT      (INTID_DEVICE + 1)
#define PRIO_SLOW   0xa0
#define PRIO_URGENT 0x80

#ifdef MENDED
#define BINARY_POINT 3
#else
#define BINARY_POINT 6
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
    write_sysreg(BINARY_POINT, ICC_BPR1_EL1);
    isb();
    irq_unmask();
    gic_set_pending(SLOW);
    wait_until(false, PATIENCE_MS);
    return lesson_end(false, "", "the slow device's interrupt did not come");
}
