/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bench svc: ITERATIONS times SVC at EL1 and ERET back, nothing in between. */
#include "images/lib/exc.h"
#include "images/lib/print.h"

/* A vector table whose current-EL synchronous entry is one ERET. */
__asm__(".text\n"
        ".balign 2048\n"
        "eret_table:\n"
        ".skip 0x200\n"
        "eret\n"
        ".balign 2048\n");
extern char eret_table[];

int main(void)
{
    u64 n = ITERATIONS;
    write_sysreg((u64)eret_table, vbar_el1);
    isb();
    __asm__ volatile("1: svc  #0\n"
                     "   subs %0, %0, #1\n"
                     "   b.ne 1b\n"
                     : "+r"(n)
                     :
                     : "cc", "memory");
    exc_init();
    printf("iterations %lu\n", (u64)ITERATIONS);
    return 0;
}
