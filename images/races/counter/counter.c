/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two vCPUs add to one counter; see README.md. FLAWED: by load, add and store. */
#include "images/lib/atomic.h"
#include "images/lib/race.h"
#include "images/lib/smp.h"

enum { ADDITIONS = 3 };

static volatile unsigned counter, done;

static void add(void *arg)
{
    (void)arg;
    for (unsigned i = 0; i < ADDITIONS; i++) {
#ifdef FLAWED
        counter = counter + 1;
#else
        __atomic_fetch_add(&counter, 1, __ATOMIC_RELAXED);
#endif
    }
    __atomic_fetch_add(&done, 1, __ATOMIC_RELEASE);
}

int main(void)
{
    smp_start(2);
    race_begin();
    smp_run_all(add, NULL);
    race_assert(counter == 2 * ADDITIONS, "no addition is lost");
    race_end();
    return counter == 2 * ADDITIONS ? 0 : 1;
}
