/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench race-switches: two vCPUs use one word, 200 accesses in all: under a random schedule vCPUs
 * change about 100 times. -append explore=1: it says where its test begins and ends, for the
 * explorer (qemu ends itself at such a call).
 */
#include "images/lib/fdt.h"
#include "images/lib/print.h"
#include "images/lib/race.h"
#include "images/lib/smp.h"

enum { ADDITIONS = 50 };

static volatile unsigned counter;

static void add(void *arg)
{
    (void)arg;
    for (unsigned i = 0; i < ADDITIONS; i++)
        counter = counter + 1;
}

int main(void)
{
    bool explored = bootarg_u64("explore", 0);

    smp_start(2);
    if (explored)
        race_begin();
    smp_run_all(add, NULL);
    if (explored)
        race_end();
    printf("iterations %d\n", ADDITIONS);
    return 0;
}
