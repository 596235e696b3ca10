/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * WFI, WFE, WFIT, WFET, SEV: the Event Register of each PE, and what a vCPU waits for (DDI 0487
 * D1.6).
 *
 * The Event Register is set by SEVL and exception returns (generated code does that, patch 0016),
 * by the clearing of the global monitor, and by SEV of any PE. A SEV only counts: each vCPU
 * compares with how many it has seen, so that it costs the same with 512 of them.
 */
#include "engine.h"

enum { KIND_EVENT = 1, KIND_TIMED = 2 }; /* ESR_ELx.ISS.TI: WFI 0, WFE 1, WFIT 2, WFET 3 */

bool vcpu_event_is_set(const struct cpu_engine *e, unsigned vcpu)
{
    return env_of(e, vcpu)->event_register || e->vcpus[vcpu].sevs_seen != e->sevs;
}

static bool take_event(struct cpu_engine *e, unsigned vcpu)
{
    bool set = vcpu_event_is_set(e, vcpu);

    env_of(e, vcpu)->event_register = 0;
    e->vcpus[vcpu].sevs_seen = e->sevs;
    return set;
}

void send_event(struct uc_struct *uc)
{
    struct cpu_engine *e = engine_of(uc);

    e->sevs++;
    if (e->config.event_sent)
        e->config.event_sent(e->config.opaque);
}

bool vcpu_takes_interrupt(const struct cpu_engine *e, unsigned vcpu)
{
    return arm_cpu_takes_interrupt(state_of(e, vcpu));
}

void vcpu_get_wait(const struct cpu_engine *e, unsigned vcpu, struct cpu_wait *out)
{
    *out = e->vcpus[vcpu].wait;
}

bool wait_is_over(struct uc_struct *uc, CPUState *cs, unsigned kind, uint64_t timeout)
{
    struct cpu_engine *e = engine_of(uc);
    unsigned vcpu = cs->cpu_index;
    struct cpu_wait wait = {
        .for_event = kind & KIND_EVENT,
        .timed = kind & KIND_TIMED,
        .monitored = (kind & KIND_EVENT) && env_of(e, vcpu)->exclusive_addr != (uint64_t)-1,
        .until = kind & KIND_TIMED ? timeout : 0,
    };
    bool over = wait.for_event ? take_event(e, vcpu) || arm_cpu_takes_interrupt(cs)
                               : vcpu_has_work(e, vcpu);

    if (e->config.wait && e->config.wait(e->config.opaque, vcpu, &wait))
        over = true;
    if (!over)
        e->vcpus[vcpu].wait = wait;
    return over;
}

void end_wait(struct cpu_engine *e, unsigned vcpu)
{
    CPUARMState *env = env_of(e, vcpu);

    /*
     * Another vCPU ran: it may have stored to what this one has marked. The engine compares values,
     * which misses a store of the same one; clearing the monitor is always allowed (B2.9.5), and is
     * an event. Watched stores do so themselves (watch.c).
     */
    if (!e->watch_exclusives && e->current != vcpu && env->exclusive_addr != (uint64_t)-1) {
        env->exclusive_addr = (uint64_t)-1;
        env->event_register = 1;
    }
    if (e->vcpus[vcpu].wait.for_event)
        take_event(e, vcpu);
    e->vcpus[vcpu].wait = (struct cpu_wait){0};
}

void reset_wait(struct cpu_engine *e, unsigned vcpu)
{
    /* The Event Register's value after a reset is UNKNOWN: here 0. */
    take_event(e, vcpu);
    e->vcpus[vcpu].wait = (struct cpu_wait){0};
}

void visit_wait(struct cpu_engine *e, unsigned vcpu,
                void (*fn)(void *opaque, const char *name, void *data, size_t size_bytes),
                void *opaque)
{
    struct cpu_wait *wait = &e->vcpus[vcpu].wait;
    uint32_t event = vcpu_event_is_set(e, vcpu);
    uint32_t flags = wait->for_event | wait->timed << 1 | wait->monitored << 2;

    fn(opaque, "event_register", &event, sizeof(event));
    fn(opaque, "wait", &flags, sizeof(flags));
    fn(opaque, "wait_until", &wait->until, sizeof(wait->until));
    take_event(e, vcpu);
    env_of(e, vcpu)->event_register = event & 1;
    wait->for_event = flags & 1;
    wait->timed = flags >> 1 & 1;
    wait->monitored = flags >> 2 & 1;
}
