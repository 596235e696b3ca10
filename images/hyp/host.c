/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's interrupts, all taken at EL2: in the idle loop, or in a vCPU's thread, most often
 * right behind the guest's exit. And the host side of the machine: the devices that send what
 * guests ask for, from another CPU if there is one, and the watch on guests that sleep for too
 * long.
 */
#include "images/hyp/hyp.h"
#include "images/lib/its.h"
#include "images/lib/timer.h"

/* What @v asked for; NULL unless this CPU serves it. */
static u32 take_asked(struct vcpu *v)
{
    if ((v->cpu + 1) % smp_started() != this_cpu()->index)
        return 0;
    u64 daif = vcpu_lock(v);
    u32 asked = v->asked;
    v->asked = 0;
    vcpu_unlock(v, daif);
    return asked;
}

static void serve(struct vcpu *v)
{
    u32 asked = take_asked(v);
    if (asked & ASK_SPI)
        vgic_inject(v, GUEST_SPI);
    if (asked & ASK_MESSAGE)
        vpe_message(v);
}

/* No guest waits long for another, and the host answers within a tick. */
static void watch(struct vcpu *v, u64 now)
{
    u64 daif = vcpu_lock(v);
    u64 slept = v->state == BLOCKED && now > v->blocked_since ? now - v->blocked_since : 0;
    vcpu_unlock(v, daif);
    if (slept > ms_to_ticks(SLEEP_MS))
        panic("lost wake-up: vCPU %u of machine %u sleeps, pending 0x%lx 0x%lx, VMCR 0x%lx",
              v->index % GUEST_CPUS, v->vm->index, v->vgic.pending[0], v->vgic.pending[1],
              v->vgic.vmcr);
}

static void tick(struct hcpu *h, u64 now)
{
    u64 period = counter_hz() * TICK_US / 1000000;
    while (h->next_tick <= now)
        h->next_tick += period;
    h->need_resched = true;
    for (unsigned i = 0; i < VCPU_COUNT; i++) {
        serve(&vcpus[i]);
        if (h->cpu->index == 0)
            watch(&vcpus[i], now);
    }
}

static void on_timer(struct hcpu *h)
{
    u64 now = counter_physical();
    if (now >= h->next_tick)
        tick(h, now);
    sched_program();
}

/* Priorities are dropped at once. The guest's timer stays active until the guest ends it. */
static void take(struct hcpu *h, u32 intid)
{
    gic_eoi(intid);
    if (intid == INTID_CNTV && h->current) {
        vtimer_fired(h->current);
        return;
    }
    if (intid == INTID_CNTHP)
        on_timer(h);
    else if (intid >= INTID_LPI)
        vpe_doorbell(intid);
    if (intid < INTID_LPI)
        gic_dir(intid);
}

void host_irq(struct exc_frame *frame, enum exc_vector vector)
{
    (void)frame;
    (void)vector;
    struct hcpu *h = this_hcpu();
    for (u32 intid; (intid = gic_ack()) != INTID_SPURIOUS;)
        take(h, intid);
    if (h->need_resched && h->current)
        schedule();
}
