/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 19: disabled in its own handler, and never ended.
 *
 * A handler stops its device and disables the interrupt; the common code then skips the end, since
 * what is disabled needs none. Disabling changes neither the active state nor the running
 * priority: enabled again, the interrupt is still active and cannot come (IHI 0069,
 * GICD_ICENABLER<n>, GICD_ISACTIVER<n>).
 */
#include "images/lessons/lesson.h"

#define DEVICE INTID_DEVICE

static void device_stop(void)
{
    gic_disable(DEVICE);
}

static void device_start(void)
{
    gic_enable(DEVICE);
    gic_set_pending(DEVICE); /* stands for the device */
}

static void on_irq(struct exc_frame *frame, enum exc_vector vector)
{
    (void)vector;
    u32 intid = gic_ack();
    if (intid == INTID_SPURIOUS)
        return;
    count_interrupt(intid, frame);
    device_stop();
#ifndef MENDED
    if (!gic_is_enabled(intid))
        return;
#endif
    gic_eoi(intid);
}

int main(void)
{
    exc_set_handler(EXC_IRQ, on_irq);
    gic_setup(DEVICE, PRIO_DEFAULT, true);
    irq_unmask();
    device_start();
    wait_until(taken, PATIENCE_MS);
    device_start();
    wait_until(taken == 2, PATIENCE_MS);
    return lesson_end(taken == 2, "started twice, served twice",
                      "started twice, and the second interrupt did not come");
}
