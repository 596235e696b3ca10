/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What ends WFI, WFE, WFIT and WFET besides interrupts (DDI 0487 D1.6): SEV of any vCPU, the event
 * streams of the timers, and the time that WFIT and WFET are given. Each vCPU that waits knows when
 * time alone would end its wait; the earliest of those is a deadline like those of the timers, so
 * that it ends at the exact instruction.
 *
 * The event register itself is the engine's (cpu/unicorn/wait.c), but for the event streams:
 * whether one has sent something is asked when it matters, so that they cost nothing while nobody
 * waits.
 */
#include "emu/machine.h"
#include "emu/trace.h"

static uint64_t earlier(uint64_t a_ns, uint64_t b_ns)
{
    return a_ns < b_ns ? a_ns : b_ns;
}

uint64_t waits_next_ns(const struct machine *m, unsigned vcpu)
{
    const struct cpu_wait *wait = &m->vcpus[vcpu].wait;
    uint64_t next_ns = UINT64_MAX, now_ns = clock_now_ns(m);

    if (wait->for_event)
        next_ns = timers_next_event_ns(m->timers, vcpu);
    if (wait->timed)
        next_ns = earlier(next_ns, wires_reached_ns(m, vcpu, wait->until));
    return next_ns > now_ns ? next_ns : now_ns;
}

static void find_earliest(struct machine *m)
{
    m->wake_ns = UINT64_MAX;
    for (unsigned i = 0; i < m->config.n_vcpus; i++) {
        if (m->vcpus[i].state == VCPU_WAITING)
            m->wake_ns = earlier(m->wake_ns, m->vcpus[i].wake_ns);
    }
}

void waits_reset(struct machine *m)
{
    m->wake_ns = UINT64_MAX;
    m->event_waiters = 0;
}

/* The engine has what each vCPU waits for. */
void waits_restored(struct machine *m)
{
    m->event_waiters = 0;
    for (unsigned i = 0; i < m->config.n_vcpus; i++) {
        struct vcpu *v = &m->vcpus[i];

        vcpu_get_wait(m->engine, i, &v->wait);
        m->event_waiters += v->state == VCPU_WAITING && v->wait.for_event;
    }
    waits_time_changed(m);
}

bool waits_over(struct machine *m, unsigned vcpu, const struct cpu_wait *wait)
{
    struct vcpu *v = &m->vcpus[vcpu];
    uint64_t now_ns = clock_now_ns(m);
    bool over = wait->for_event && timers_event_since(m->timers, vcpu, v->event_ns);

    if (wait->for_event)
        v->event_ns = now_ns;
    return over || (wait->timed && wires_reached_ns(m, vcpu, wait->until) <= now_ns);
}

void waits_begin(struct machine *m, unsigned vcpu, const struct cpu_wait *wait)
{
    struct vcpu *v = &m->vcpus[vcpu];

    v->state = VCPU_WAITING;
    v->polls = 0;
    v->wait = *wait;
    m->event_waiters += wait->for_event;
    v->wake_ns = waits_next_ns(m, vcpu);
    m->wake_ns = earlier(m->wake_ns, v->wake_ns);
    if (m->trace)
        trace_vcpu(m, vcpu);
}

void waits_end(struct machine *m, unsigned vcpu)
{
    struct vcpu *v = &m->vcpus[vcpu];

    v->state = VCPU_READY;
    if (v->wait.for_event) {
        v->event_ns = clock_now_ns(m);
        m->event_waiters--;
    }
    if (v->wake_ns != UINT64_MAX)
        find_earliest(m);
    if (m->trace)
        trace_vcpu(m, vcpu);
}

void waits_fire(struct machine *m, uint64_t now_ns)
{
    for (unsigned i = 0; m->wake_ns <= now_ns && i < m->config.n_vcpus; i++) {
        if (m->vcpus[i].state == VCPU_WAITING && m->vcpus[i].wake_ns <= now_ns)
            sched_wake(m, i);
    }
}

void waits_event_sent(struct machine *m)
{
    for (unsigned i = 0; m->event_waiters && i < m->config.n_vcpus; i++) {
        if (m->vcpus[i].state == VCPU_WAITING && m->vcpus[i].wait.for_event)
            sched_wake(m, i);
    }
}

void waits_time_changed(struct machine *m)
{
    for (unsigned i = 0; i < m->config.n_vcpus; i++) {
        if (m->vcpus[i].state == VCPU_WAITING)
            m->vcpus[i].wake_ns = waits_next_ns(m, i);
    }
    find_earliest(m);
}
