/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench el2-maint: n times a maintenance interrupt: the guest takes and ends a virtual interrupt
 * whose list register has EOI; EL2 takes INTID 25, looks at ICH_MISR and ICH_EISR, lists the next.
 */
#include "images/bench/el2.h"
#include "images/lib/fdt.h"

#define INTID_MAINTENANCE 25
#define VIRQ              77

extern char maint_vectors[], el1_vectors[], guest[];

/* x2: the list register. Anything but an ended list register 0 leaves with too few. What runs at
 * EL1 is the handler: the next interrupt is there before it has returned. */
EL2_VECTORS("maint_vectors", "b el2_leave\n",
            "mrs x9, ICC_IAR1_EL1\n"
            "mrs x10, ICH_MISR_EL2\n"
            "mrs x11, ICH_EISR_EL2\n"
            "tbz x10, #0, el2_leave\n"
            "tbz x11, #0, el2_leave\n"
            "cmp x1, x0\n"
            "csel x10, x2, xzr, lo\n"
            "msr ICH_LR0_EL2, x10\n"
            "msr ICC_EOIR1_EL1, x9\n"
            "b.hs el2_leave\n"
            "eret\n");
EL1_VECTORS("el1_vectors", EL1_TAKE_IRQ);
__asm__("guest:\n"
        "b guest\n");

int main(void)
{
    u64 n = bootarg_u64("n", 1000), lr = LR_VIRQ | LR_EOI | VIRQ;

    gic_setup(INTID_MAINTENANCE, PRIO_DEFAULT, false);
    el2_guest_init(el1_vectors, lr);
    u64 done = el2_enter(guest, n, lr, maint_vectors);
    return el2_result(done, n);
}
