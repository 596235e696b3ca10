/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vCPU 1 reads GICD_IIDR twice, while its VMM sets it; see README.md. */
#include "images/lib/gic.h"
#include "images/lib/race.h"
#include "images/lib/smp.h"

_Static_assert(BOARD_GICD == 0x08000000, "first_run");

/* Where vCPU 1 starts, with the MMU off: what it reads, and that it has. */
extern volatile u32 iidr[2], has_read;
extern char first_run[];
__asm__(".pushsection .data\n"
        ".balign 8\n"
        "iidr: .word 0, 0\n"
        "has_read: .word 0\n"
        ".popsection\n"
        ".pushsection .text\n"
        "first_run:\n"
        "mov x1, #0x08000000\n"
        "adrp x2, iidr\n"
        "add x2, x2, :lo12:iidr\n"
        "ldr w3, [x1, #8]\n"
        "ldr w4, [x1, #8]\n"
        "stp w3, w4, [x2]\n"
        "mov w5, #1\n"
        "str w5, [x2, #8]\n"
        "dsb sy\n"
        "sev\n"
        "1: wfi\n"
        "b 1b\n"
        ".popsection\n");

int main(void)
{
    race_begin();
    race_call_vmm(1, (u64)first_run, 0);
    while (!has_read)
        wfe();
    race_assert(iidr[0] == iidr[1], "GICD_IIDR is what it is");
    race_end();
    return 0;
}
