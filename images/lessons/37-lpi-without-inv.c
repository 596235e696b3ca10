/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 37: an LPI that is enabled in memory alone.
 *
 * An LPI's priority and enable are a byte of a table in memory, and the redistributor may keep a
 * copy. A message came while the LPI was off; then the driver turns it on, in memory, and does not
 * say so. The copy says "off" until the command INV throws it away (IHI 0069 5.1.1, INV).
 */
#include "images/lessons/lesson.h"
#include "images/lib/its.h"

#define DEVICE 7
#define EVENT  0

static void driver_open(void)
{
    lpi_configure(INTID_LPI, PRIO_DEFAULT, true);
#ifdef MENDED
    its_inv(DEVICE, EVENT);
    its_sync(0);
#endif
}

int main(void)
{
    its_init();
    lpi_cpu_init();
    gic_on(INTID_LPI, count_interrupt);
    lpi_configure(INTID_LPI, PRIO_DEFAULT, false);
    its_mapd(DEVICE, 2);
    its_mapti(DEVICE, EVENT, INTID_LPI, 0);
    its_int(DEVICE, EVENT); /* the command INT: stands for the device, which is early */
    driver_open();
    irq_unmask();
    wait_until(taken, PATIENCE_MS);
    return lesson_end(taken, "the device's message came", "the device's message did not come");
}
