/* SPDX-License-Identifier: MIT */
/* What comes from outside a vCPU: counters and offsets, the PE's state; the event stream; views. */
#include "timer/internal.h"

/* -- Changes ----------------------------------------------------------------------------------- */

static uint64_t host_ticks(const struct timers *t)
{
    return timers_ns_to_ticks(t, t->config.now_ns(t->config.opaque));
}

void timer_move_counter(struct timers *t, uint64_t ticks)
{
    t->stopped_at = t->stopped ? ticks : 0;
    t->system_offset = host_ticks(t) - ticks;
    timer_evaluate_all(t);
}

/* A counter that was written reads on what it was written to, in whichever order they come. */
void timers_set_system_counter(struct timers *t, uint64_t ticks)
{
    uint64_t moved = ticks - timers_system_counter(t);

    if (t->counters_written & 1u << TIMERS_VIRTUAL)
        t->virtual_offset += moved;
    if (t->counters_written & 1u << TIMERS_PHYSICAL)
        t->physical_offset += moved;
    timer_move_counter(t, ticks);
}

void timer_stop_counter(struct timers *t, bool stop)
{
    uint64_t now;

    if (stop == t->stopped)
        return;
    now = timers_system_counter(t);
    t->stopped = stop;
    timer_move_counter(t, now);
}

void timers_set_offsets(struct timers *t, uint64_t virtual_ticks, uint64_t physical_ticks)
{
    t->virtual_offset = virtual_ticks;
    t->physical_offset = physical_ticks;
    t->offsets_fixed = 1;
    t->counters_written = 0;
    timer_evaluate_all(t);
}

uint64_t timers_read_counter(const struct timers *t, enum timers_counter counter)
{
    return timers_system_counter(t) -
           (counter == TIMERS_VIRTUAL ? t->virtual_offset : t->physical_offset);
}

bool timers_offsets_fixed(const struct timers *t)
{
    return t->offsets_fixed;
}

bool timers_write_counter(struct timers *t, enum timers_counter counter, uint64_t ticks)
{
    if (t->offsets_fixed)
        return false;
    *(counter == TIMERS_VIRTUAL ? &t->virtual_offset : &t->physical_offset) =
        timers_system_counter(t) - ticks;
    t->counters_written |= 1u << counter;
    timer_evaluate_all(t);
    return true;
}

void timers_set_vcpu_offset(struct timers *t, unsigned vcpu, enum timer_id timer, uint64_t ticks)
{
    t->vcpus[vcpu].offsets[timer] = ticks;
    timer_evaluate(t, vcpu, timer);
}

void timers_set_ctl(struct timers *t, unsigned vcpu, enum timer_id timer, uint32_t ctl)
{
    t->vcpus[vcpu].timers[timer].ctl = ctl & (CTL_ENABLE | CTL_IMASK);
    timer_evaluate(t, vcpu, timer);
}

void timers_set_cval(struct timers *t, unsigned vcpu, enum timer_id timer, uint64_t cval)
{
    t->vcpus[vcpu].timers[timer].cval = cval;
    timer_evaluate(t, vcpu, timer);
}

void timers_pe_changed(struct timers *t, unsigned vcpu, const struct timer_pe_state *pe)
{
    struct timer_vcpu *v = &t->vcpus[vcpu];
    uint64_t before = timer_offset(t, v, TIMER_EL1_PHYS);
    bool realm_or_root = t->config.has_rme && pe->realm_or_root;
    bool masks_change = v->realm_or_root != realm_or_root;

    v->hcr_el2 = pe->hcr_el2;
    v->scr_el3 = pe->scr_el3;
    v->el2_enabled = pe->el2_enabled;
    v->realm_or_root = realm_or_root;
    if (masks_change || timer_offset(t, v, TIMER_EL1_PHYS) != before)
        timer_evaluate(t, vcpu, TIMER_EL1_PHYS);
    if (masks_change)
        timer_evaluate(t, vcpu, TIMER_EL1_VIRT);
}

/* -- The event stream (D12.2.6) ----------------------------------------------------------------
 */

/* When the chosen bit of @count next goes the chosen way; ticks from now, UINT64_MAX: off. */
static uint64_t ticks_to_event(uint64_t control, uint64_t count)
{
    unsigned bit = (control >> 4) & 0xf;
    uint64_t period, phase;

    if (!(control & KCTL_EVNTEN))
        return UINT64_MAX;
    if (control & KCTL_EVNTIS) /* FEAT_ECV: bits 8 to 23 instead of 0 to 15 */
        bit += 8;
    /* 0 -> 1 (EVNTDIR 0) in the middle of its period, 1 -> 0 (EVNTDIR 1) at its end. */
    period = 2ull << bit;
    phase = control & KCTL_EVNTDIR ? 0 : period / 2;
    return (phase - count - 1) % period + 1;
}

/* Likewise of both streams of @v, when the system counter reads @system. */
static uint64_t ticks_to_next(const struct timers *t, const struct timer_vcpu *v, uint64_t system)
{
    uint64_t left = UINT64_MAX, physical = UINT64_MAX;

    if (t->stopped)
        return UINT64_MAX;
    /* CNTKCTL_EL1 has no effect while HCR_EL2.{E2H,TGE} are both 1 (its description, D19.12). */
    if (!timer_host_mode(t, v))
        left = ticks_to_event(v->cntkctl, system - timer_offset(t, v, TIMER_EL1_VIRT));
    if (t->config.has_el2)
        physical = ticks_to_event(v->cnthctl, system - timer_offset(t, v, TIMER_EL2_PHYS));
    return physical < left ? physical : left;
}

uint64_t timers_next_event_ns(const struct timers *t, unsigned vcpu)
{
    uint64_t system = timers_system_counter(t);
    uint64_t left = ticks_to_next(t, &t->vcpus[vcpu], system);

    return left == UINT64_MAX ? left : timers_ticks_to_ns(t, system + t->system_offset + left);
}

bool timers_event_since(const struct timers *t, unsigned vcpu, uint64_t since_ns)
{
    uint64_t since = timers_ns_to_ticks(t, since_ns), now = host_ticks(t);
    uint64_t left = ticks_to_next(t, &t->vcpus[vcpu], since - t->system_offset);

    return left != UINT64_MAX && now - since >= left;
}

/* -- Views ------------------------------------------------------------------------------------- */

bool timers_present(const struct timers *t, enum timer_id timer)
{
    const struct timers_config *c = &t->config;

    switch (timer) {
    case TIMER_EL2_PHYS:
        return c->has_el2;
    case TIMER_EL2_VIRT:
        return c->has_el2 && c->has_vhe;
    case TIMER_SEC_EL1_PHYS:
        return c->has_el3;
    case TIMER_SEC_EL2_PHYS:
    case TIMER_SEC_EL2_VIRT:
        return c->has_sel2;
    default:
        return true;
    }
}

static void view_timer(const struct timers *t, const struct timer_vcpu *v, enum timer_id id,
                       struct timers_tree_timer *out)
{
    const struct one_timer *one = &v->timers[id];
    uint64_t offset = timer_offset(t, v, id);

    *out = (struct timers_tree_timer){
        .present = timers_present(t, id),
        .level = one->level,
        .masked_by_el2 = timer_masked_by_el2(t, v, id),
        .ctl = timer_read_ctl(t, one, offset),
        .vcpu_offset = v->offsets[id],
        .offset = offset,
        .cval = one->cval,
        .count = timers_system_counter(t) - offset,
        .deadline_ns = one->deadline_ns,
    };
}

void timers_get_tree(const struct timers *t, unsigned vcpu, struct timers_tree *out)
{
    const struct timer_vcpu *v = &t->vcpus[vcpu];

    *out = (struct timers_tree){
        .now_ns = t->config.now_ns(t->config.opaque),
        .host_ticks = host_ticks(t),
        .system_offset = t->system_offset,
        .system_counter = timers_system_counter(t),
        .virtual_offset = t->virtual_offset,
        .physical_offset = t->physical_offset,
        .offsets_fixed = t->offsets_fixed,
        .stopped = t->stopped,
        .cntvoff = v->cntvoff,
        .cntpoff = v->cntpoff,
        .cntpoff_idle = timer_cntpoff_idle(t, v),
        .next_event_ns = timers_next_event_ns(t, vcpu),
    };
    for (unsigned i = 0; i < TIMER_COUNT; i++)
        view_timer(t, v, (enum timer_id)i, &out->timers[i]);
    out->cntvct = out->timers[TIMER_EL1_VIRT].count;
    out->cntpct = out->timers[TIMER_EL1_PHYS].count;
}
