/* SPDX-License-Identifier: GPL-2.0-or-later */
/* WFI with a vPE, and a preemption; see README.md. FLAWED: load and put do not know of the WFI. */
#include "images/races/vpe.h"

BOOT_EL(2);

static void put(struct vcpu *v)
{
    vpe_put(v, v->vgic.in_wfi);
}

static void load(struct vcpu *v)
{
    if (!v->vgic.in_wfi)
        vpe_load(v);
}

/* Another thread has its turn, and this one goes on. */
static void preempt(struct vcpu *v)
{
    if (v->state != RUNNABLE)
        return;
    put(v);
    load(v);
}

static void on_interrupt(void)
{
    u32 intid = el2_take();
    if (intid == TICK)
        preempt(&vcpus[0]);
    else
        vpe_doorbell(intid);
}

static void on_trap(struct exc_frame *frame, enum exc_vector vector)
{
    struct vcpu *v = &vcpus[0];
    (void)vector;
    el2_skip_wfi(frame);
#ifndef FLAWED
    v->vgic.in_wfi = true;
#endif
    vpe_put(v, true);
    irq_unmask(); /* it may be preempted here */
    irq_mask();
    if (block(v)) {
        put(v);
        idle_while_blocked(v);
    }
    v->vgic.in_wfi = false;
    load(v);
}

static void device(void *arg)
{
    gic_send_sgi(TICK, *(const u64 *)arg);
    vpe_message(&vcpus[0]);
}

int main(void)
{
    run_guest(device);
    return 1; /* not reached */
}
