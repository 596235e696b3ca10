/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A driver closes its device; see README.md. FLAWED: its LPI is disabled in memory alone. */
#include "images/lib/atomic.h"
#include "images/lib/its.h"
#include "images/lib/race.h"
#include "images/lib/smp.h"

enum { DEVICE = 7, EVENT = 0, LPI = INTID_LPI, DRIVER = 1 };

static struct spinlock queue_lock;
static volatile unsigned open = 1, messages, late;

static void on_message(u32 intid, struct exc_frame *frame)
{
    (void)intid, (void)frame;
    late |= !open;
    messages = 1;
}

static void command(bool (*send)(u32 device, u32 event))
{
    u64 daif = irq_mask();
    spin_lock(&queue_lock);
    send(DEVICE, EVENT);
    spin_unlock(&queue_lock);
    irq_restore(daif);
}

static void open_device(void *arg)
{
    (void)arg;
    lpi_cpu_init();
    its_mapd(DEVICE, 1);
    its_mapti(DEVICE, EVENT, LPI, DRIVER);
    lpi_configure(LPI, PRIO_DEFAULT, true);
    irq_unmask();
    its_int(DEVICE, EVENT); /* the redistributor learns the configuration with the first message */
    while (!messages)
        ;
}

static void close_device(void *arg)
{
    (void)arg;
    lpi_configure(LPI, PRIO_DEFAULT, false);
#ifndef FLAWED
    command(its_inv);
#endif
    open = 0;
}

/* The device is vCPU 0: its last message comes before, or too late. */
int main(void)
{
    smp_start(2);
    its_init();
    gic_on(LPI, on_message);
    smp_run(DRIVER, open_device, NULL);
    smp_wait(DRIVER);
    race_begin();
    smp_run(DRIVER, close_device, NULL);
    command(its_int);
    smp_wait(DRIVER);
    race_assert(!late, "no message comes to a driver that has closed its device");
    race_end();
    return late;
}
