/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench timer-irq: ITERATIONS times the virtual timer is programmed to a moment that has passed,
 * and its interrupt taken: CVAL, CTL, vector, ICC_IAR1_EL1, CTL off, ICC_EOIR1_EL1, ERET.
 */
#include "images/lib/exc.h"
#include "images/lib/gic.h"
#include "images/lib/print.h"

/* The current-EL IRQ entry: acknowledge, lower the line, count in x20, end. */
__asm__(".text\n"
        ".balign 2048\n"
        "irq_table:\n"
        ".skip 0x280\n"
        "mrs x21, ICC_IAR1_EL1\n"
        "msr cntv_ctl_el0, xzr\n"
        "isb\n"
        "add x20, x20, #1\n"
        "msr ICC_EOIR1_EL1, x21\n"
        "eret\n"
        ".balign 2048\n");
extern char irq_table[];

int main(void)
{
    register u64 taken __asm__("x20") = 0;
    gic_setup(INTID_CNTV, PRIO_DEFAULT, false);
    write_sysreg((u64)irq_table, vbar_el1);
    irq_unmask();
    for (u64 n = 1; n <= ITERATIONS; n++)
        __asm__ volatile("   mrs x21, cntvct_el0\n"
                         "   msr cntv_cval_el0, x21\n"
                         "   msr cntv_ctl_el0, %1\n"
                         "   isb\n"
                         "1: cmp %0, %2\n"
                         "   b.lo 1b\n"
                         : "+r"(taken)
                         : "r"(1ull), "r"(n)
                         : "x21", "cc", "memory");
    irq_mask();
    exc_init();
    printf("iterations %lu\n", taken);
    return 0;
}
