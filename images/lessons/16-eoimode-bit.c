/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 16: EOImode is bit 1 here; bit 9 was somewhere else.
 *
 * A handler ends its interrupt's priority at once and leaves the device to a thread, which writes
 * ICC_DIR_EL1 when the device is quiet. That needs EOImode = 1. The bit was taken from GICC_CTLR,
 * where it is 9; in ICC_CTLR_EL1 that bit is part of a read-only field (IHI 0069, ICC_CTLR_EL1).
 * So EOIR deactivates, and the device's level is taken again before the thread can run.
 */
#include "images/lessons/lesson.h"

#define TOO_MANY 1000

#ifdef MENDED
#define EOIMODE BIT(1)
#else
#define EOIMODE BIT(9)
#endif

static void on_irq(struct exc_frame *frame, enum exc_vector vector)
{
    (void)frame;
    (void)vector;
    u32 intid = gic_ack();
    if (intid == INTID_SPURIOUS)
        return;
    gic_eoi(intid);
    if (++taken == TOO_MANY)
        guest_exit(lesson_end(false, "", "1000 interrupts for one tick"));
}

static void thread(void)
{
    virtual_timer_stop();
    gic_dir(INTID_CNTV);
}

int main(void)
{
    exc_set_handler(EXC_IRQ, on_irq);
    gic_setup(INTID_CNTV, PRIO_DEFAULT, false);
    write_sysreg(read_sysreg(ICC_CTLR_EL1) | EOIMODE, ICC_CTLR_EL1);
    isb();
    virtual_timer_arm(ms_to_ticks(1));
    irq_unmask();
    wait_until(taken, PATIENCE_MS);
    thread();
    return lesson_end(taken == 1, "one interrupt, one tick", "not one interrupt for one tick");
}
