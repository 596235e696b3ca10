/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 53: whose message is it?
 *
 * The ITS knows a device by its DeviceID. That of a PCI device is bus, device and function in one
 * number: 8, 5 and 3 bits. This driver has put them together in another way, and MAPD has named a
 * device that is not there (IHI 0069, MAPD).
 */
#include "images/lessons/lesson.h"
#include "images/lib/its.h"

#define EVENT    0
#define BUS      0
#define SLOT     2
#define FUNCTION 0

static u32 device_id(u32 bus, u32 slot, u32 function)
{
#ifdef MENDED
    return bus << 8 | slot << 3 | function;
#else
    return bus << 16 | slot << 8 | function;
#endif
}

int main(void)
{
    u32 device = device_id(BUS, SLOT, FUNCTION);

    its_init();
    lpi_cpu_init();
    gic_on(INTID_LPI, count_interrupt);
    lpi_configure(INTID_LPI, PRIO_DEFAULT, true);
    its_mapd(device, 2);
    its_mapti(device, EVENT, INTID_LPI, 0);
    irq_unmask();
    its_int(16, EVENT); /* the command INT stands for the device 00:02.0, which says 16 */
    wait_until(taken, PATIENCE_MS);
    return lesson_end(taken, "the device's message came", "the device's message did not come");
}
