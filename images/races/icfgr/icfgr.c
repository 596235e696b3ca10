/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two vCPUs set up two interrupts in one GICD_ICFGR; see README.md. FLAWED: without a lock. */
#include "images/lib/atomic.h"
#include "images/lib/gic.h"
#include "images/lib/race.h"
#include "images/lib/smp.h"

enum { FIRST = 64, EDGE = 2 }; /* IHI 0069 12.9.9: bit 1 of a field */

static struct spinlock lock;

static u64 icfgr(void)
{
    return BOARD_GICD + GICD_ICFGR + FIRST / 16 * 4;
}

static void make_edge(void *arg)
{
    unsigned field = this_cpu()->index;
    (void)arg;
#ifndef FLAWED
    spin_lock(&lock);
#endif
    mmio_write32(icfgr(), mmio_read32(icfgr()) | EDGE << 2 * field);
#ifndef FLAWED
    spin_unlock(&lock);
#endif
}

int main(void)
{
    (void)lock;
    smp_start(2);
    race_begin();
    smp_run_all(make_edge, NULL);
    int both = mmio_read32(icfgr()) == (EDGE | EDGE << 2);
    race_assert(both, "both interrupts are edge-triggered");
    race_end();
    return both ? 0 : 1;
}
