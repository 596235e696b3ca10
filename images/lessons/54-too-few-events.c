/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 54: a device with more events than its table.
 *
 * MAPD says how many bits the device's events have. The driver has asked the device for three
 * messages, 0 to 2, and gives it a table for one bit: 0 and 1. MAPTI of event 2 is an error, which
 * nobody has looked at (IHI 0069, MAPD).
 */
#include "images/lessons/lesson.h"
#include "images/lib/its.h"

#define DEVICE   7
#define MESSAGES 3

#ifdef MENDED
#define EVENT_BITS 2
#else
#define EVENT_BITS 1
#endif

int main(void)
{
    its_init();
    lpi_cpu_init();
    its_mapd(DEVICE, EVENT_BITS);
    for (u32 event = 0; event < MESSAGES; event++) {
        gic_on(INTID_LPI + event, count_interrupt);
        lpi_configure(INTID_LPI + event, PRIO_DEFAULT, true);
        its_mapti(DEVICE, event, INTID_LPI + event, 0);
    }
    irq_unmask();
    for (u32 event = 0; event < MESSAGES; event++)
        its_int(DEVICE, event); /* the command INT: stands for the device */
    wait_until(taken == MESSAGES, PATIENCE_MS);
    return lesson_end(taken == MESSAGES, "all messages came", "a message did not come");
}
