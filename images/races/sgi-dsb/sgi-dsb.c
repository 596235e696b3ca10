/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An SGI that says that there is work; see README.md. FLAWED: no DSB before it. */
#include "images/lib/gic.h"
#include "images/lib/race.h"
#include "images/lib/smp.h"

enum { SGI = 1 };

static volatile unsigned work, done;

static void on_sgi(u32 intid, struct exc_frame *frame)
{
    (void)intid, (void)frame;
    race_assert(work, "the work that the SGI announces is there");
    done = 1;
}

static void set_up(void *arg)
{
    (void)arg;
    gic_setup(SGI, PRIO_DEFAULT, true);
    irq_unmask();
}

static void worker(void *arg)
{
    (void)arg;
    while (!done)
        ;
}

int main(void)
{
    u64 value;

    smp_start(2);
    gic_on(SGI, on_sgi);
    smp_run(1, set_up, NULL);
    smp_wait(1);
    value = gic_sgi1r(SGI, cpus[1].affinity);
    race_begin();
    smp_run(1, worker, NULL);
    work = 1;
#ifndef FLAWED
    dsb(ishst);
#endif
    write_sysreg(value, ICC_SGI1R_EL1);
    smp_wait(1);
    race_end();
    return 0;
}
