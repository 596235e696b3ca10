/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A driver gives its interrupt to vCPU 1; see README.md. FLAWED: enabled first, then routed. */
#include "images/lib/gic.h"
#include "images/lib/race.h"
#include "images/lib/smp.h"

enum { INTID = 64 };

static volatile unsigned taken;
static volatile int wrong;

static void handler(u32 intid, struct exc_frame *frame)
{
    (void)intid;
    (void)frame;
    wrong = this_cpu()->index != 1;
    taken = 1;
    sev(); /* the other vCPU waits for it, too */
}

/* vCPU 1 is the device, too: it raises its interrupt as soon as it is asked to run. */
static void work(void *arg)
{
    (void)arg;
    irq_unmask();
    if (this_cpu()->index == 1) {
        gic_set_pending(INTID);
    } else {
#ifdef FLAWED
        gic_enable(INTID);
        gic_route(INTID, cpus[1].affinity);
#else
        gic_route(INTID, cpus[1].affinity);
        gic_enable(INTID);
#endif
    }
    while (!taken)
        wfe();
    irq_mask();
}

int main(void)
{
    gic_on(INTID, handler);
    gic_setup(INTID, 0x80, true);
    gic_disable(INTID);
    smp_start(2);
    race_begin();
    smp_run_all(work, NULL);
    race_assert(!wrong, "the interrupt was taken on the vCPU that it was routed to");
    race_end();
    return wrong;
}
