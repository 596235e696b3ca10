/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bench el2-hvc: n times HVC at EL1, and at EL2 one test and ERET: exit and entry, nothing else. */
#include "images/bench/el2.h"
#include "images/lib/fdt.h"

extern char hvc_vectors[], el1_vectors[], guest[];

EL2_VECTORS("hvc_vectors", "cbz x0, el2_leave\neret\n", "b el2_lost\n");
EL1_VECTORS("el1_vectors", "hvc #1\n");
__asm__("guest:\n"
        "1: sub x0, x0, #1\n"
        "add x1, x1, #1\n"
        "hvc #0\n"
        "b 1b\n");

int main(void)
{
    u64 n = bootarg_u64("n", 1000);

    el2_guest_init(el1_vectors, 0);
    return el2_result(el2_enter(guest, n, 0, hvc_vectors), n);
}
