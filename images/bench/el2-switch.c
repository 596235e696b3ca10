/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bench el2-switch: n times HVC at EL1 with a full switch of registers (el2-switch.S). */
#include "images/bench/el2.h"
#include "images/lib/fdt.h"

extern char switch_vectors[], el1_vectors[], guest[];
void host_save(void);

EL2_VECTORS("switch_vectors", "b guest_switch\n", "b el2_lost\n");
EL1_VECTORS("el1_vectors", "hvc #1\n");
__asm__("guest:\n"
        "1: sub x0, x0, #1\n"
        "add x1, x1, #1\n"
        "hvc #0\n"
        "b 1b\n");

int main(void)
{
    u64 n = bootarg_u64("n", 1000);

    host_save();
    el2_guest_init(el1_vectors, 0);
    return el2_result(el2_enter(guest, n, 0, switch_vectors), n);
}
