/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 17: priority drop without deactivation.
 *
 * EOImode is 1, because a hypervisor in the same source tree needs it. The kernel's handler still
 * ends its interrupts by ICC_EOIR1_EL1 alone. The first tick comes; then the interrupt is active
 * for ever, and what is active is not signalled again (IHI 0069, ICC_DIR_EL1).
 */
#include "images/lessons/lesson.h"

static void on_irq(struct exc_frame *frame, enum exc_vector vector)
{
    (void)vector;
    u32 intid = gic_ack();
    if (intid == INTID_SPURIOUS)
        return;
    count_interrupt(intid, frame);
    virtual_timer_arm(ms_to_ticks(1));
    gic_eoi(intid);
#ifdef MENDED
    gic_dir(intid);
#endif
}

int main(void)
{
    exc_set_handler(EXC_IRQ, on_irq);
    gic_setup(INTID_CNTV, PRIO_DEFAULT, false);
    gic_set_eoimode(true);
    virtual_timer_arm(ms_to_ticks(1));
    irq_unmask();
    wait_until(taken >= 3, PATIENCE_MS);
    return lesson_end(taken >= 3, "tick, tick, tick", "one tick, and never again");
}
