/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 51: cleared after it has come.
 *
 * A driver turns its device on, and then clears whatever may be pending from earlier times. By then
 * the device has spoken: its edge is what is cleared, and there is no other (IHI 0069,
 * GICD_ICPENDR<n>).
 */
#include "images/lessons/lesson.h"

#define DEVICE INTID_DEVICE

static void device_on(void)
{
    gic_set_pending(DEVICE); /* stands for a device that has news at once */
}

static void forget_the_past(void)
{
    gic_clear_pending(DEVICE);
}

int main(void)
{
    gic_on(DEVICE, count_interrupt);
    gic_set_edge(DEVICE, true);
#ifdef MENDED
    forget_the_past();
    device_on();
#else
    device_on();
    forget_the_past();
#endif
    gic_enable(DEVICE);
    irq_unmask();
    wait_until(taken, PATIENCE_MS);
    return lesson_end(taken, "the device has been served", "the device's interrupt did not come");
}
