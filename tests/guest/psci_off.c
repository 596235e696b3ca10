/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SYSTEM_OFF ends the machine from any vCPU, with the others running; the exit code is 0.
 */
#include "images/lib/psci.h"
#include "images/lib/print.h"
#include "images/lib/smp.h"

static void switch_off(void *arg)
{
    (void)arg;
    printf("PASS: SYSTEM_OFF is called on vCPU 1 and nothing more is heard\n");
    psci_call(PSCI_SYSTEM_OFF, 0, 0, 0);
    printf("FAIL: SYSTEM_OFF returned\n");
    guest_exit(1);
}

int main(void)
{
    smp_start(2);
    smp_run(1, switch_off, NULL);
    for (volatile u64 i = 0; i < 1000000000; i++)
        ;
    printf("FAIL: vCPU 0 still runs after SYSTEM_OFF\n");
    return 1;
}
