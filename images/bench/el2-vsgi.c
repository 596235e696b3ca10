/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench el2-vsgi: n times the guest sends an SGI to itself: ICC_SGI1R_EL1 traps, EL2 puts the SGI
 * into list register 0, the guest takes it: IAR, EOIR.
 */
#include "images/bench/el2.h"
#include "images/lib/fdt.h"

extern char vsgi_vectors[], el1_vectors[], guest[];

/* EC 0x18 is the trap, of a write of x2; its INTID is in bits 27:24. */
EL2_VECTORS("vsgi_vectors",
            "mrs x9, esr_el2\n"
            "lsr x9, x9, #26\n"
            "cmp x9, #0x18\n"
            "b.ne el2_leave\n"
            "ubfx x10, x2, #24, #4\n"
            "mov x11, #0x5000000000000000\n" /* pending, Group 1 */
            "movk x11, #0x50a0, lsl #48\n"
            "orr x11, x11, x10\n"
            "msr ICH_LR0_EL2, x11\n"
            "mrs x9, elr_el2\n"
            "add x9, x9, #4\n"
            "msr elr_el2, x9\n"
            "eret\n",
            "b el2_lost\n");
EL1_VECTORS("el1_vectors", EL1_TAKE_IRQ);
__asm__("guest:\n"
        "mov x4, xzr\n"
        "1: add x4, x4, #1\n"
        "msr ICC_SGI1R_EL1, x2\n"
        "2: cmp x1, x4\n"
        "b.lo 2b\n"
        "cmp x4, x0\n"
        "b.lo 1b\n"
        "hvc #0\n");

int main(void)
{
    u64 n = bootarg_u64("n", 1000);

    el2_guest_init(el1_vectors, 0);
    return el2_result(el2_enter(guest, n, gic_sgi1r(1, my_affinity()), vsgi_vectors), n);
}
