/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A vCPU and its own interrupt handler add to one counter; see README.md. FLAWED: unmasked. */
#include "images/lib/atomic.h"
#include "images/lib/gic.h"
#include "images/lib/race.h"
#include "images/lib/smp.h"

enum { SGI = 3 };

static volatile unsigned counter, handled;

static void on_sgi(u32 intid, struct exc_frame *frame)
{
    (void)intid, (void)frame;
    counter = counter + 1;
    handled = 1;
}

static void send(void *arg)
{
    gic_send_sgi(SGI, *(u64 *)arg);
}

int main(void)
{
    static u64 target;

    target = my_affinity();
    smp_start(2);
    gic_on(SGI, on_sgi);
    gic_setup(SGI, PRIO_DEFAULT, true);
    irq_unmask();
    race_begin();
    smp_run(1, send, &target);
#ifdef FLAWED
    counter = counter + 1;
#else
    irq_mask();
    counter = counter + 1;
    irq_unmask();
#endif
    while (!handled)
        ;
    smp_wait(1);
    race_assert(counter == 2, "neither addition is lost");
    race_end();
    return 0;
}
