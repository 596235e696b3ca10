/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bench gic-sgi: n times (-append n=N) an SGI to oneself, IAR, EOIR; no exception is taken. */
#include "images/lib/fdt.h"
#include "images/lib/gic.h"
#include "images/lib/print.h"

int main(void)
{
    u64 n = bootarg_u64("n", 1000), taken = 0;
    u64 sgir = gic_sgi1r(1, my_affinity());

    gic_setup(1, PRIO_DEFAULT, true);
    for (u64 i = 0; i < n; i++) {
        write_sysreg(sgir, ICC_SGI1R_EL1);
        isb();
        u64 intid = read_sysreg(ICC_IAR1_EL1);
        taken += intid == 1;
        write_sysreg(intid, ICC_EOIR1_EL1);
    }
    printf("iterations %lu\n", taken);
    return taken != n;
}
