/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 36: the device sends an event that nobody has mapped.
 *
 * A device writes the number of an event; the ITS looks up in the device's table which LPI that is,
 * and whose. The driver maps event 1, since it counts from one, and the device counts from zero:
 * for event 0 there is no entry, and the message is dropped (IHI 0069, MAPTI).
 */
#include "images/lessons/lesson.h"
#include "images/lib/its.h"

#define DEVICE 7
#define EVENT  0 /* what the device sends */

#ifdef MENDED
#define MAPPED 0
#else
#define MAPPED 1
#endif

static void driver_init(void)
{
    its_mapd(DEVICE, 2);
    its_mapti(DEVICE, MAPPED, INTID_LPI, 0);
    lpi_configure(INTID_LPI, PRIO_DEFAULT, true);
    its_inv(DEVICE, MAPPED);
}

int main(void)
{
    its_init();
    lpi_cpu_init();
    gic_on(INTID_LPI, count_interrupt);
    driver_init();
    irq_unmask();
    its_int(DEVICE, EVENT); /* the command INT: stands for the device */
    wait_until(taken, PATIENCE_MS);
    return lesson_end(taken, "the device's message came", "the device's message did not come");
}
