/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What spinning vCPUs send each other costs no waiting: 400 SGIs between two that spin by YIELD
 * take next to no virtual time, although each turn of theirs looks like the one before it.
 */
#include "images/lib/atomic.h"
#include "images/lib/gic.h"
#include "images/lib/test.h"
#include "images/lib/timer.h"

#define SGIS 400

static u32 received, over;

static void on_sgi(u32 intid, struct exc_frame *frame)
{
    (void)intid;
    (void)frame;
    store_release32(&received, 1);
}

static void spin(void *arg)
{
    (void)arg;
    gic_setup(1, PRIO_DEFAULT, true);
    irq_unmask();
    while (!load_acquire32(&over))
        __asm__ volatile("yield");
}

int main(void)
{
    smp_start(2);
    gic_on(1, on_sgi);
    smp_run(1, spin, NULL);
    u64 start = counter_virtual();
    for (unsigned n = 0; n < SGIS; n++) {
        store_release32(&received, 0);
        gic_send_sgi(1, cpus[1].affinity);
        while (!load_acquire32(&received))
            __asm__ volatile("yield");
    }
    u64 us = (counter_virtual() - start) * 1000000 / counter_hz();
    store_release32(&over, 1);
    smp_wait(1);
    check(us < 500000, "%u SGIs between vCPUs that spin take less than half a second (%lu us)",
          SGIS, us);
    return test_result();
}
