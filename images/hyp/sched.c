/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One CPU's vCPUs in turn, by a tick of the EL2 physical timer.
 */
#include "images/hyp/hyp.h"
#include "images/lib/timer.h"

static struct vcpu *runnable(struct hcpu *h, struct vcpu *v)
{
    return v && v->cpu == h->cpu->index && load_acquire32(&v->state) == RUNNABLE ? v : NULL;
}

/* Whom a yield favours, else the next in order behind the last. */
static struct vcpu *pick(struct hcpu *h)
{
    struct vcpu *v = runnable(h, h->favoured);
    h->favoured = NULL;
    for (unsigned i = 1; !v && i <= VCPU_COUNT; i++)
        v = runnable(h, &vcpus[(h->last + i) % VCPU_COUNT]);
    return v;
}

/* CNTHP is compared with the physical count, which no offset changes. */
void sched_program(void)
{
    struct hcpu *h = this_hcpu();
    u64 first = vtimer_background(h->cpu->index, counter_physical());
    write_sysreg(first < h->next_tick ? first : h->next_tick, cnthp_cval_el2);
    write_sysreg(TIMER_ENABLE, cnthp_ctl_el2);
    isb();
}

void schedule(void)
{
    struct hcpu *h = this_hcpu();
    struct vcpu *from = h->current, *to = pick(h);
    h->need_resched = false;
    if (from == to)
        return;
    if (from)
        vcpu_put(from);
    h->current = to;
    if (to)
        h->last = to->index;
    sched_program();
    cpu_switch(from ? &from->context : &h->idle, to ? &to->context : &h->idle);
    if (from)
        vcpu_load(from); /* it is current again */
}

void sched_idle(void)
{
    struct hcpu *h = this_hcpu();
    for (;;) {
        irq_mask();
        schedule();
        if (!h->need_resched)
            wfi();
        irq_unmask();
    }
}

void sched_wake(struct vcpu *v)
{
    if (v->state != BLOCKED)
        return;
    store_release32(&v->state, RUNNABLE);
    if (v->cpu == this_cpu()->index)
        this_hcpu()->need_resched = true;
}

/* Another CPU looks again at what its vCPU has pending; on this one that is done anyway. */
void sched_kick(const struct vcpu *v)
{
    if (v->cpu == this_cpu()->index)
        return;
    dsb(ishst);
    gic_send_sgi(INTID_KICK, cpus[v->cpu].affinity);
}

/*
 * A vCPU whose VMCR hardware has runs already; only of one that is out is the shadow right, and
 * under its lock it stays out. Apart from each other the two looks are of different times.
 */
static bool worth_yielding_to(struct vcpu *v)
{
#if FLAW_YIELD
    if (load_acquire32(&v->state) != BLOCKED)
        return load_acquire32(&v->state) == RUNNABLE;
    bool wakes = vgic_may_wake(v);
    if (load_acquire32(&v->vgic.owner) == OWNER_HARDWARE)
        panic("vCPU %u's VMCR was read from its shadow while its guest runs", v->index);
    return wakes;
#else
    u64 daif = vcpu_lock(v);
    bool worth = v->vgic.owner == OWNER_SHADOW &&
                 (v->state == RUNNABLE || (v->state == BLOCKED && vgic_may_wake(v)));
    vcpu_unlock(v, daif);
    return worth;
#endif
}

void sched_yield_to(struct vcpu *from)
{
    for (unsigned n = 0; n < GUEST_CPUS; n++) {
        struct vcpu *v = &vcpus[from->vm->index * GUEST_CPUS + n];
        if (v != from && worth_yielding_to(v))
            this_hcpu()->favoured = v;
    }
    u64 daif = irq_mask();
    schedule();
    irq_restore(daif);
}

void sched_cpu_init(struct hcpu *h)
{
    u64 period = counter_hz() * TICK_US / 1000000;
    h->cpu = this_cpu();
    /* Not all at once. */
    h->next_tick = counter_physical() + period + period * h->cpu->index / VCPU_COUNT;
    write_sysreg((u64)h, tpidr_el2);
    gic_setup(INTID_CNTHP, PRIO_DEFAULT, false);
    gic_setup(INTID_CNTV, PRIO_DEFAULT, false);
    gic_setup(INTID_KICK, PRIO_DEFAULT, true);
    gic_set_eoimode(true);
    sched_program();
}
