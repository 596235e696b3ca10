/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A VMM plugs in a vCPU while this one looks at the clock; see README.md. */
#include "images/lib/race.h"
#include "images/lib/smp.h"
#include "images/lib/timer.h"

/* Where it starts, with the MMU off: it says so, and sleeps. */
extern volatile u32 is_up;
extern char plugged_in[];
__asm__(".pushsection .data\n"
        ".balign 8\n"
        "is_up: .word 0\n"
        ".popsection\n"
        ".pushsection .text\n"
        "plugged_in:\n"
        "adrp x1, is_up\n"
        "add x1, x1, :lo12:is_up\n"
        "mov w2, #1\n"
        "str w2, [x1]\n"
        "dsb sy\n"
        "sev\n"
        "1: wfi\n"
        "b 1b\n"
        ".popsection\n");

int main(void)
{
    race_begin();
    race_call_vmm(1, (u64)plugged_in, 0);
    u64 first = counter_virtual(), second = counter_virtual();
    race_assert(second >= first, "CNTVCT does not go back");
    while (!is_up)
        wfe();
    race_end();
    return 0;
}
