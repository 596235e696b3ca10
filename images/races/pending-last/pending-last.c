/* SPDX-License-Identifier: GPL-2.0-or-later */
/* WFI with a vPE; see README.md. FLAWED: a doorbell may come between put and its note. */
#include "images/races/vpe.h"

BOOT_EL(2);

static void on_interrupt(void)
{
    vpe_doorbell(el2_take());
}

static void on_trap(struct exc_frame *frame, enum exc_vector vector)
{
    struct vcpu *v = &vcpus[0];
    (void)vector;
    el2_skip_wfi(frame);
    vpe_put(v, true);
    irq_unmask();
    irq_mask();
    if (block(v))
        idle_while_blocked(v);
    vpe_load(v);
}

static void device(void *arg)
{
    (void)arg;
    vpe_message(&vcpus[0]);
}

int main(void)
{
    run_guest(device);
    return 1; /* not reached */
}
