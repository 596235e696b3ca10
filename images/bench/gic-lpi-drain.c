/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench gic-lpi-drain: n times (-append n=N) IAR and EOIR, of pending=N LPIs that were loaded from
 * the pending table; when all are taken, the table is loaded again. No exception is taken.
 */
#include "images/bench/lpi.h"
#include "images/lib/fdt.h"

int main(void)
{
    u64 n = bootarg_u64("n", 1000), taken = 0;
    u32 others = lpi_others(bootarg_u64("pending", 500));
    u32 left = 0;

    lpi_tables(0xa0, 0xa0);
    for (u64 i = 0; i < n; i++, left--) {
        if (left == 0) {
            lpi_enable(FIRST_LPI, others);
            left = others;
        }
        u64 intid = read_sysreg(ICC_IAR1_EL1);
        taken += intid >= FIRST_LPI;
        write_sysreg(intid, ICC_EOIR1_EL1);
    }
    printf("pending %u iterations %lu\n", others, taken);
    return taken != n;
}
