/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When interrupts are taken. The engine asks when a PE would take one: it may be held back until
 * its vCPU stands before its n-th next event (CHOICE_IRQ_DELAY), or waits.
 */
#include "emu/actor.h"
#include "emu/explore/explorer_internal.h"
#include "emu/explore/weak.h"

static const enum gic_line gic_lines[] = {
    [CPU_LINE_IRQ] = GIC_LINE_IRQ,
    [CPU_LINE_FIQ] = GIC_LINE_FIQ,
    [CPU_LINE_VIRQ] = GIC_LINE_VIRQ,
    [CPU_LINE_VFIQ] = GIC_LINE_VFIQ,
};

void explorer_raise(struct explorer *x, unsigned vcpu, unsigned lines)
{
    for (unsigned line = 0; line <= CPU_LINE_VFIQ; line++) {
        if (lines >> line & 1)
            vcpu_set_line(x->m->engine, vcpu, (enum cpu_line)line,
                          gic_line_level(x->m->gic, vcpu, gic_lines[line]));
    }
}

/* @how: NULL: it stands before an event. */
static void release(struct explorer *x, unsigned vcpu, const char *how)
{
    struct thread *t = &x->threads[vcpu];

    if (x->anchoring)
        explorer_released(x, vcpu, how);
    explorer_raise(x, vcpu, t->held);
    t->held = 0;
    t->released = true;
    t->round_pc = 0;
    t->came_round = false;
    x->hooks.until_instructions = UINT64_MAX;
    for (unsigned v = 0; v < x->m->config.n_vcpus; v++) {
        if (x->threads[v].held)
            x->hooks.until_instructions = engine_instructions(x->m->engine) + HOLD_LIMIT;
    }
}

static void enter(struct thread *t, bool handler, uint64_t sp)
{
    if (t->depth++ >= 64)
        return;
    t->handlers &= (1ull << (t->depth - 1)) - 1;
    t->handlers |= (uint64_t)handler << (t->depth - 1);
    if (handler)
        t->interrupted_sp = sp;
}

static void take(struct explorer *x, unsigned vcpu, enum cpu_line line)
{
    struct thread *t = &x->threads[vcpu];
    struct event e = {
        .kind = EVENT_INTERRUPT,
        .in_handler = in_handler(t),
        .vcpu = vcpu,
        .index = t->n_events,
        .pc = vcpu_get_pc(x->m->engine, vcpu),
        .object = line,
        .retired = vcpu_instructions(x->m->engine, vcpu),
        .cause_vcpu = t->cause_vcpu,
        .cause_index = t->cause_index,
    };

    t->released = t->forced = false;
    t->delayed_by = 0;
    t->spins = t->idle = false;
    t->n_reads = 0;
    t->n_interrupts++;
    enter(t, true, vcpu_handler_sp(x->m->engine, vcpu));
    if (x->weak)
        weak_exception(x->weak, vcpu, true);
    x->last = vcpu;
    explorer_happened(x, &e);
}

/* A schedule, and most strategies, say for how long at once. */
static bool is_to_be_asked(const struct explorer *x, const struct thread *t)
{
    if (t->forced)
        return false;
    return !t->released || (x->picks && x->picks->asks_again);
}

bool explorer_takes(void *opaque, unsigned vcpu, enum cpu_line line)
{
    struct explorer *x = opaque;
    struct thread *t = &x->threads[vcpu];
    uint32_t delay = 0;

    if (!x->begun || x->ended)
        return true;
    if (x->weak && weak_holds(x->weak, vcpu, line))
        return false;
    if (is_to_be_asked(x, t))
        delay = choose(&x->m->chooser, CHOICE_IRQ_DELAY, vcpu, IRQ_DELAYS);
    if (!delay) {
        take(x, vcpu, line);
        return true;
    }
    t->held |= 1u << line;
    t->released = false;
    t->release_at = t->n_events + delay;
    x->hooks.until_instructions = engine_instructions(x->m->engine) + HOLD_LIMIT;
    return false;
}

bool explorer_may_interrupt(const struct explorer *x, unsigned vcpu)
{
    const struct thread *t = &x->threads[vcpu];

    /* In the rest of its loop it may unmask; not if it comes round and has not. */
    return t->held || (t->released && (!t->came_round || vcpu_takes_interrupt(x->m->engine, vcpu)));
}

void explorer_parked(struct explorer *x, unsigned vcpu)
{
    struct thread *t = &x->threads[vcpu];

    if (!t->held)
        return;
    t->forced |= t->spins;
    if (t->spins ||
        (t->waits_for ? explorer_held_for_long_enough(x, vcpu) : t->n_events >= t->release_at))
        release(x, vcpu, NULL);
}

bool explorer_waits(void *opaque, unsigned vcpu, bool hint)
{
    struct explorer *x = opaque;

    struct thread *t = &x->threads[vcpu];

    t->idle = hint && !t->held && t->changes_seen == x->changes;
    if (!t->held)
        return false;
    t->forced = true;
    release(x, vcpu, "waits");
    return true;
}

/* Nobody had an event for long: a loop without any waits for its interrupt, perhaps. */
void explorer_due(void *opaque)
{
    struct explorer *x = opaque;

    x->hooks.until_instructions = UINT64_MAX;
    for (unsigned v = 0; v < x->m->config.n_vcpus; v++) {
        if (x->threads[v].held)
            release(x, v, "runs on");
    }
}

void explorer_entered(void *opaque, unsigned vcpu)
{
    struct explorer *x = opaque;

    if (x->weak && x->begun)
        weak_exception(x->weak, vcpu, false);
    enter(&x->threads[vcpu], false, 0);
}

void explorer_returned(void *opaque, unsigned vcpu)
{
    struct explorer *x = opaque;
    struct thread *t = &x->threads[vcpu];

    if (t->depth)
        t->depth--;
}

/* Inside a vCPU's run, or an actor's step, a line goes up by its last event. */
static void note_cause(const struct explorer *x, struct thread *t)
{
    const struct thread *by = &x->threads[x->m->current];
    bool acts = engine_is_running(x->m->engine) || (x->m->actors && x->m->actors->stepping);

    t->cause_vcpu = acts && by->n_events ? x->m->current : UINT32_MAX;
    t->cause_index = by->n_events - 1;
}

void explorer_line(void *opaque, unsigned vcpu, enum gic_line line, bool level)
{
    struct explorer *x = opaque;
    struct thread *t = &x->threads[vcpu];

    for (unsigned i = 0; i <= CPU_LINE_VFIQ; i++) {
        if (gic_lines[i] != line)
            continue;
        if (level) {
            t->idle = t->spins = false;
            t->n_reads = 0;
            note_cause(x, t);
        }
        if (level && !t->lines_up)
            t->line_since = machine_instructions(x->m);
        t->lines_up = level ? t->lines_up | 1u << i : t->lines_up & ~(1u << i);
        if (!level)
            t->held &= ~(1u << i);
        if (!t->lines_up) {
            t->released = t->forced = false;
            t->delayed_by = 0;
        }
    }
}
