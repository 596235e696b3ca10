/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench gic-ticks: n interrupts (-append n=N) of the virtual timer, one every `period` ns, and work
 * in between: a copy of memory. At the vector: ICC_IAR1_EL1, CVAL, ICC_EOIR1_EL1, ERET.
 */
#include "images/lib/exc.h"
#include "images/lib/fdt.h"
#include "images/lib/gic.h"
#include "images/lib/print.h"

enum { WORDS = 4096 };

/* x20 counts, x22 is the period in ticks, x23 the next CVAL. */
__asm__(".text\n"
        ".balign 2048\n"
        "tick_table:\n"
        ".skip 0x280\n"
        "str x21, [sp, #-16]!\n"
        "mrs x21, ICC_IAR1_EL1\n"
        "add x23, x23, x22\n"
        "msr cntv_cval_el0, x23\n"
        "isb\n"
        "add x20, x20, #1\n"
        "msr ICC_EOIR1_EL1, x21\n"
        "ldr x21, [sp], #16\n"
        "eret\n"
        ".balign 2048\n");
extern char tick_table[];

static u64 from[WORDS], to[WORDS];

int main(void)
{
    u64 n = bootarg_u64("n", 1000), period = bootarg_u64("period", 1000000);
    register u64 taken __asm__("x20") = 0;
    register u64 ticks __asm__("x22") = period * read_sysreg(cntfrq_el0) / 1000000000;
    register u64 next __asm__("x23") = read_sysreg(cntvct_el0) + ticks;

    gic_setup(INTID_CNTV, PRIO_DEFAULT, false);
    write_sysreg((u64)tick_table, vbar_el1);
    write_sysreg(next, cntv_cval_el0);
    write_sysreg(1ul, cntv_ctl_el0);
    irq_unmask();
    while (taken < n) {
        for (u64 i = 0; i < WORDS / 2; i++)
            __asm__ volatile("ldp x24, x25, [%3]\n"
                             "stp x25, x24, [%4]\n"
                             : "+r"(taken), "+r"(ticks), "+r"(next)
                             : "r"(&from[2 * i]), "r"(&to[2 * i])
                             : "x24", "x25", "memory");
    }
    irq_mask();
    write_sysreg(0ul, cntv_ctl_el0);
    exc_init();
    printf("iterations %lu\n", taken);
    return 0;
}
