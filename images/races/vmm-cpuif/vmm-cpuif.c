/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vCPU 1 starts vCPU 2 by CPU_ON, which its VMM answers; see README.md. */
#include "images/lib/psci.h"
#include "images/lib/race.h"
#include "images/lib/smp.h"

extern char third[];
__asm__(".pushsection .text\n"
        "third:\n"
        "1: wfi\n"
        "b 1b\n"
        ".popsection\n");

static void start_third(void *arg)
{
    (void)arg;
    s64 status = psci_call(PSCI_CPU_ON, cpus[2].affinity, (u64)third, 0);
    race_assert(status == PSCI_SUCCESS, "CPU_ON starts a vCPU that is off");
}

int main(void)
{
    smp_start(2);
    race_begin();
    smp_run(1, start_third, NULL);
    race_call_vmm(1, 0, 0); /* nothing to do until then */
    smp_wait(1);
    race_end();
    return 0;
}
