/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench gic-lpi: n times (-append n=N) the ITS command INT, IAR, EOIR, while pending=N other, less
 * urgent LPIs wait all the time; no exception is taken.
 */
#include "images/bench/lpi.h"
#include "images/lib/fdt.h"

int main(void)
{
    u64 n = bootarg_u64("n", 1000), taken = 0;
    u32 others = lpi_others(bootarg_u64("pending", 0));

    lpi_tables(0x80, 0xa0);
    lpi_enable(FIRST_LPI + 1, others);
    its_enable();
    for (unsigned i = 0; i < QUEUE_COMMANDS; i++) {
        its_queue[i][0] = 0x03; /* INT: device 0, event 0 */
        its_queue[i][1] = 0;
    }
    dsb(sy);
    for (u64 i = 0; i < n; i++) {
        its_next = (its_next + 1) % QUEUE_COMMANDS;
        mmio_write64(BOARD_GITS + GITS_CWRITER, its_next * 32);
        u64 intid = read_sysreg(ICC_IAR1_EL1);
        taken += intid == FIRST_LPI;
        write_sysreg(intid, ICC_EOIR1_EL1);
    }
    printf("pending %u iterations %lu\n", others, taken);
    return taken != n;
}
