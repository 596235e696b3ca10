/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two locks, two vCPUs; see README.md. FLAWED: each takes the other's second lock first. */
#include "images/lib/atomic.h"
#include "images/lib/race.h"
#include "images/lib/smp.h"

static struct spinlock locks[2];
static unsigned moved;

/* From one account to the other: both are locked. */
static void move(void *arg)
{
#ifdef FLAWED
    unsigned first = this_cpu()->index;
#else
    unsigned first = 0;
#endif
    (void)arg;
    spin_lock(&locks[first]);
    spin_lock(&locks[!first]);
    moved++;
    spin_unlock(&locks[!first]);
    spin_unlock(&locks[first]);
}

int main(void)
{
    smp_start(2);
    race_begin();
    smp_run_all(move, NULL);
    race_assert(moved == 2, "both have moved something");
    race_end();
    return 0;
}
