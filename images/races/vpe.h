/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One vCPU whose device's messages reach it directly (GICv4.1), for races of its residency. The
 * hypervisor's part of that is images/hyp/vpe.c, as it is there; what is here stands for the rest.
 */
#ifndef IMAGES_RACES_VPE_H
#define IMAGES_RACES_VPE_H

#include "images/hyp/hyp.h"
#include "images/races/el2.h"

struct vcpu vcpus[VCPU_COUNT]; /* vpe.c maps them all; the first is the one */

static volatile unsigned handled; /* the guest's */

/* images/hyp/sched.c: under the vCPU's lock. */
void sched_wake(struct vcpu *v)
{
    v->state = RUNNABLE;
}

/* images/hyp/vgic.c: only without GICv4.1. */
void vgic_inject(struct vcpu *v, unsigned virq)
{
    panic("vCPU %u: interrupt %u, but this machine has no GICv4.1: -machine virt,gic-version=4.1",
          v->index, virq);
}

/* -- The guest -- */

static void on_virq(void)
{
    u32 intid = gic_ack();
    if (intid == INTID_SPURIOUS)
        return;
    handled = intid == GUEST_LPI;
    gic_eoi(intid);
}

static void guest(void)
{
    sleep_until(&handled);
    race_assert(handled, "the guest has had its message");
    race_end();
    guest_exit(0);
}

/* -- The hypervisor -- */

static void on_interrupt(void);

static void on_exit(struct exc_frame *frame, enum exc_vector vector)
{
    (void)frame, (void)vector;
    on_interrupt();
}

static void on_irq(struct exc_frame *frame, enum exc_vector vector)
{
    (void)frame, (void)vector;
    if (current_el() == 1)
        on_virq();
    else
        on_interrupt();
}

/* Nothing to run: until the vCPU may run again. */
static void idle_while_blocked(struct vcpu *v)
{
    while (load_acquire32(&v->state) == BLOCKED) {
        wfi();
        irq_unmask();
        irq_mask();
    }
}

/* Under the lock that the doorbell's handler takes. True: it sleeps. */
static bool block(struct vcpu *v)
{
    u64 daif = vcpu_lock(v);
    bool sleeps = !v->vgic.pending_last;
    if (sleeps)
        store_release32(&v->state, BLOCKED);
    vcpu_unlock(v, daif);
    return sleeps;
}

static void on_trap(struct exc_frame *frame, enum exc_vector vector);

/* @device is another CPU's. */
static void run_guest(smp_fn *device)
{
    static u64 me;

    me = my_affinity();
    smp_start(2);
    gic_setup(TICK, PRIO_DEFAULT, true);
    vpe_probe();
    vpe_cpu_init();
    for (unsigned i = 0; i < VCPU_COUNT; i++)
        vcpus[i].index = i;
    vpe_map_all();
    exc_set_handler(EXC_IRQ, on_irq);
    exc_set_handler(EXC_LOWER_IRQ, on_exit);
    exc_set_handler(EXC_LOWER_SYNC, on_trap);
    el2_guest_init();
    vpe_load(&vcpus[0]);
    race_begin();
    smp_run(1, device, &me);
    el2_enter(guest);
}

#endif
