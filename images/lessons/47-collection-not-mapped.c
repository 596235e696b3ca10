/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 47: a collection that leads nowhere.
 *
 * An event is mapped to an LPI and to a collection; the collection says which core. The driver
 * names the second core's, and nobody has mapped that one: the ITS knows the interrupt and not the
 * way (IHI 0069, MAPC).
 */
#include "images/lessons/lesson.h"
#include "images/lib/its.h"

#define DEVICE 7
#define EVENT  0
#define TARGET 1

static volatile bool ready;

static void core_1(void *arg)
{
    lpi_cpu_tables();
    lpi_cpu_enable(true);
    ready = true;
    listen(arg);
}

int main(void)
{
    its_init();
    lpi_cpu_init();
    gic_on(INTID_LPI, count_interrupt);
    lpi_configure(INTID_LPI, PRIO_DEFAULT, true);
    smp_start(2);
    smp_run(TARGET, core_1, NULL);
    wait_until(ready, PATIENCE_MS);
#ifdef MENDED
    its_mapc(TARGET, TARGET);
#endif
    its_mapd(DEVICE, 2);
    its_mapti(DEVICE, EVENT, INTID_LPI, TARGET);
    its_int(DEVICE, EVENT); /* the command INT: stands for the device */
    smp_wait(TARGET);
    return lesson_end(taken, "the device's message came", "the device's message did not come");
}
