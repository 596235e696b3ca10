/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 43: the one that is ahead.
 *
 * Interrupts are masked, and a driver asks the GIC whether its own has come, by ICC_HPPIR1_EL1.
 * That register shows one interrupt, the most urgent of those that are pending; here it is the
 * timer's, which nobody serves meanwhile (IHI 0069 4.8, ICC_HPPIR1_EL1).
 */
#include "images/lessons/lesson.h"

#define DEVICE     INTID_DEVICE
#define PRIO_TIMER 0x40

#ifdef MENDED
#define PRIO_DEVICE 0x20
#else
#define PRIO_DEVICE 0xa0
#endif

static bool has_come(u32 intid)
{
    return read_sysreg(ICC_HPPIR1_EL1) == intid;
}

int main(void)
{
    gic_setup(INTID_CNTV, PRIO_TIMER, false);
    gic_setup(DEVICE, PRIO_DEVICE, true);
    virtual_timer_arm(ms_to_ticks(1));
    delay_ms(2);             /* the timer has fired */
    gic_set_pending(DEVICE); /* stands for the device */
    bool came = wait_until(has_come(DEVICE), PATIENCE_MS);
    return lesson_end(came, "the device was seen", "the device was not seen");
}
