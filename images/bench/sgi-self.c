/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench sgi-self: ITERATIONS times an SGI to oneself, taken as an IRQ: vector, ICC_IAR1_EL1,
 * ICC_EOIR1_EL1, ERET.
 */
#include "images/lib/exc.h"
#include "images/lib/gic.h"
#include "images/lib/print.h"

/* The current-EL IRQ entry: acknowledge, count in x20, end. */
__asm__(".text\n"
        ".balign 2048\n"
        "irq_table:\n"
        ".skip 0x280\n"
        "mrs x21, ICC_IAR1_EL1\n"
        "add x20, x20, #1\n"
        "msr ICC_EOIR1_EL1, x21\n"
        "eret\n"
        ".balign 2048\n");
extern char irq_table[];

int main(void)
{
    u64 sgir = gic_sgi1r(1, my_affinity());
    register u64 taken __asm__("x20") = 0;
    gic_setup(1, PRIO_DEFAULT, true);
    write_sysreg((u64)irq_table, vbar_el1);
    irq_unmask();
    for (u64 n = 1; n <= ITERATIONS; n++)
        __asm__ volatile("   msr ICC_SGI1R_EL1, %1\n"
                         "   isb\n"
                         "1: cmp %0, %2\n"
                         "   b.lo 1b\n"
                         : "+r"(taken)
                         : "r"(sgir), "r"(n)
                         : "x21", "cc", "memory");
    irq_mask();
    exc_init();
    printf("iterations %lu\n", taken);
    return 0;
}
