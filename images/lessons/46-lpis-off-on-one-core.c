/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 46: LPIs are off on the second core.
 *
 * Each redistributor has tables for LPIs, and a switch: GICR_CTLR.EnableLPIs. The second core has
 * its tables, and its collection is mapped; messages for it are dropped, since the switch is off
 * (IHI 0069, GICR_CTLR).
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
#ifdef MENDED
    lpi_cpu_enable(true);
#endif
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
    its_mapc(TARGET, TARGET);
    its_mapd(DEVICE, 2);
    its_mapti(DEVICE, EVENT, INTID_LPI, TARGET);
    its_sync(TARGET);
    its_int(DEVICE, EVENT); /* the command INT: stands for the device */
    smp_wait(TARGET);
    return lesson_end(taken, "the device's message came", "the device's message did not come");
}
