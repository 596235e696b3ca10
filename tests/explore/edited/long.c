/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A needle in a haystack: it fails when three additions are lost, one in each round, among hundreds
 * of others that cannot be.
 */
#include "images/lib/atomic.h"
#include "images/lib/race.h"
#include "images/lib/smp.h"

enum { ROUNDS = 3, HAY = 120 };

static volatile unsigned hay, met, counters[ROUNDS];

static void meet(unsigned times)
{
    __atomic_fetch_add(&met, 1, __ATOMIC_RELAXED);
    while (met < 2 * times)
        ;
}

static void work(void *arg)
{
    (void)arg;
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < HAY; i++)
            __atomic_fetch_add(&hay, 1, __ATOMIC_RELAXED);
        meet(round + 1);
        counters[round] = counters[round] + 1;
    }
}

int main(void)
{
    unsigned lost = 0;

    smp_start(2);
    race_begin();
    smp_run_all(work, NULL);
    for (unsigned round = 0; round < ROUNDS; round++)
        lost += counters[round] != 2;
    race_assert(lost < ROUNDS, "not all rounds lose an addition");
    race_end();
    return 0;
}
