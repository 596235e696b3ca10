/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bench memory: ITERATIONS times 8 instructions, half of them loads and stores, MMU on. */
#include "images/lib/print.h"

static u64 buffer[512] __attribute__((aligned(4096)));

int main(void)
{
    u64 n = ITERATIONS, offset = 0, a, b;
    __asm__ volatile("1: ldr  %2, [%4, %1]\n"
                     "   add  %2, %2, #1\n"
                     "   str  %2, [%4, %1]\n"
                     "   ldp  %2, %3, [%4]\n"
                     "   stp  %3, %2, [%4, #16]\n"
                     "   eor  %1, %1, #1024\n"
                     "   subs %0, %0, #1\n"
                     "   b.ne 1b\n"
                     : "+r"(n), "+r"(offset), "=&r"(a), "=&r"(b)
                     : "r"(buffer)
                     : "cc", "memory");
    printf("iterations %lu\n", (u64)ITERATIONS);
    return 0;
}
