/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bench gic-spi: n times (-append n=N) an SPI by GICD_ISPENDR, IAR, EOIR; no exception is taken. */
#include "images/lib/fdt.h"
#include "images/lib/gic.h"
#include "images/lib/print.h"

int main(void)
{
    u64 n = bootarg_u64("n", 1000), taken = 0;
    u64 ispendr = gic_reg(GICD_ISPENDR, INTID_FREE_SPI, 1);

    gic_setup(INTID_FREE_SPI, PRIO_DEFAULT, true);
    for (u64 i = 0; i < n; i++) {
        mmio_write32(ispendr, BIT(INTID_FREE_SPI % 32));
        u64 intid = read_sysreg(ICC_IAR1_EL1);
        taken += intid == INTID_FREE_SPI;
        write_sysreg(intid, ICC_EOIR1_EL1);
    }
    printf("iterations %lu\n", taken);
    return taken != n;
}
