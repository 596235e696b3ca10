/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bench sysreg-cntvct: ITERATIONS times a read of CNTVCT_EL0. */
#include "images/lib/cpu.h"
#include "images/lib/print.h"

int main(void)
{
    for (u64 n = ITERATIONS; n; n--)
        (void)read_sysreg(cntvct_el0);
    printf("iterations %lu\n", (u64)ITERATIONS);
    return 0;
}
