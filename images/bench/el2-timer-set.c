/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bench el2-timer-set: n times the guest programs its timer, CVAL and CTL, to a far moment. */
#include "images/bench/el2.h"
#include "images/lib/fdt.h"

extern char leave_vectors[], el1_vectors[], guest[];

EL2_VECTORS("leave_vectors", "b el2_leave\n", "b el2_lost\n");
EL1_VECTORS("el1_vectors", "hvc #1\n");
__asm__("guest:\n"
        "mov x5, #1\n"
        "1: add x2, x2, #1\n"
        "add x1, x1, #1\n"
        "msr cntv_cval_el0, x2\n"
        "msr cntv_ctl_el0, x5\n"
        "cmp x1, x0\n"
        "b.lo 1b\n"
        "msr cntv_ctl_el0, xzr\n"
        "hvc #0\n");

int main(void)
{
    u64 n = bootarg_u64("n", 1000);

    el2_guest_init(el1_vectors, 0);
    return el2_result(el2_enter(guest, n, 1ull << 60, leave_vectors), n);
}
