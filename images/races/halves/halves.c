/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A driver's top half and its bottom half; see README.md. FLAWED: it drains, then says so. */
#include "images/lib/atomic.h"
#include "images/lib/gic.h"
#include "images/lib/race.h"
#include "images/lib/smp.h"

enum { SGI = 3, BYTES = 2 };

static volatile unsigned scheduled;      /* the bottom half has work to do */
static volatile unsigned received, seen; /* bytes in the driver's buffer; handed on */

/* The top half: a byte has come. */
static void top_half(u32 intid, struct exc_frame *frame)
{
    (void)intid, (void)frame;
    received = received + 1;
    scheduled = 1;
}

static void bottom_half(void)
{
#ifndef FLAWED
    scheduled = 0;
#endif
    while (seen != received)
        seen = seen + 1;
#ifdef FLAWED
    scheduled = 0;
#endif
}

/* The device: the second byte comes when the first has been handed on. */
static void device(void *arg)
{
    for (unsigned i = 0; i < BYTES; i++) {
        while (seen != i)
            __asm__ volatile("yield");
        gic_send_sgi(SGI, *(u64 *)arg);
    }
}

int main(void)
{
    static u64 me;

    me = my_affinity();
    smp_start(2);
    gic_on(SGI, top_half);
    gic_setup(SGI, PRIO_DEFAULT, true);
    irq_unmask();
    race_begin();
    smp_run(1, device, &me);
    while (seen != BYTES) {
        irq_mask();
        if (!scheduled)
            wfi();
        irq_unmask();
        if (scheduled)
            bottom_half();
    }
    smp_wait(1);
    race_end();
    return 0;
}
