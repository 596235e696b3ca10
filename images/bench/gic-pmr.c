/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bench gic-pmr: n times (-append n=N) a write of ICC_PMR_EL1, of two values in turn: what a
 * kernel that masks interrupts by priority does on each local_irq_save() and _restore(). */
#include "images/lib/fdt.h"
#include "images/lib/gic.h"
#include "images/lib/print.h"

int main(void)
{
    u64 n = bootarg_u64("n", 1000) & ~1ull;

    for (u64 i = 0; i < n; i += 2) {
        write_sysreg(0xe0, ICC_PMR_EL1);
        write_sysreg(0x60, ICC_PMR_EL1);
    }
    printf("iterations %lu\n", n);
    return 0;
}
