/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bench sysreg-pmr: ITERATIONS times a read of ICC_PMR_EL1. */
#include "images/lib/cpu.h"
#include "images/lib/print.h"

int main(void)
{
    for (u64 n = ITERATIONS; n; n--)
        (void)read_sysreg(ICC_PMR_EL1);
    printf("iterations %lu\n", (u64)ITERATIONS);
    return 0;
}
