/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench el2-vtimer: n times the guest's timer: the guest programs CNTV to a moment that has passed;
 * EL2 takes INTID 27 and lists it as a hardware interrupt; the guest takes it, turns the timer off
 * and ends it, which deactivates the physical one.
 */
#include "images/bench/el2.h"
#include "images/lib/fdt.h"

extern char vtimer_vectors[], el1_vectors[], guest[];

/* EOImode 1: EOIR drops the priority; the guest's EOIR deactivates. x2: the list register. */
EL2_VECTORS("vtimer_vectors", "b el2_leave\n",
            "mrs x9, ICC_IAR1_EL1\n"
            "cmp x9, #27\n"
            "b.ne el2_leave\n"
            "msr ICH_LR0_EL2, x2\n"
            "msr ICC_EOIR1_EL1, x9\n"
            "eret\n");
EL1_VECTORS("el1_vectors", "mrs x3, ICC_IAR1_EL1\n"
                           "msr cntv_ctl_el0, xzr\n"
                           "isb\n"
                           "add x1, x1, #1\n"
                           "msr ICC_EOIR1_EL1, x3\n"
                           "eret\n");
__asm__("guest:\n"
        "mov x4, xzr\n"
        "mov x5, #1\n"
        "1: add x4, x4, #1\n"
        "mrs x6, cntvct_el0\n"
        "msr cntv_cval_el0, x6\n"
        "msr cntv_ctl_el0, x5\n"
        "isb\n"
        "2: cmp x1, x4\n"
        "b.lo 2b\n"
        "cmp x4, x0\n"
        "b.lo 1b\n"
        "hvc #0\n");

int main(void)
{
    u64 n = bootarg_u64("n", 1000);

    gic_setup(INTID_CNTV, PRIO_DEFAULT, false);
    gic_set_eoimode(true);
    el2_guest_init(el1_vectors, 0);
    u64 lr = LR_VIRQ | LR_HW | (u64)INTID_CNTV << 32 | INTID_CNTV;
    return el2_result(el2_enter(guest, n, lr, vtimer_vectors), n);
}
