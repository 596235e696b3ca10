/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two vCPUs read an ID register, which their VMM answers; see README.md. */
#include "images/lib/race.h"
#include "images/lib/smp.h"

static u64 seen[2];

static void look(void *arg)
{
    (void)arg;
    u64 first = race_call_vmm(1, 0, 0), second = race_call_vmm(1, 0, 0);
    race_assert(first == second, "an ID register does not change");
    seen[this_cpu()->index] = first;
}

int main(void)
{
    smp_start(2);
    race_begin();
    smp_run_all(look, NULL);
    race_assert(seen[0] == seen[1], "all vCPUs see the same ID register");
    race_end();
    return 0;
}
