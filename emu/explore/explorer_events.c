/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which accesses are events, and which vCPUs only spin. */
#include <string.h>

#include "emu/board.h"
#include "emu/explore/explorer_internal.h"
#include "emu/explore/sharing.h"
#include "emu/explore/weak.h"

enum { CONTEXTS_A_VCPU = 2, STACK_BYTES = 4096 };

static uint64_t registers_hash(const struct machine *m, unsigned vcpu)
{
    uint64_t hash = vcpu_get_sp(m->engine, vcpu) ^ vcpu_get_pstate(m->engine, vcpu) << 32;

    for (unsigned i = 0; i < 31; i++)
        hash = (hash ^ vcpu_get_x(m->engine, vcpu, i)) * 0x9e3779b97f4a7c15;
    return hash;
}

/*
 * Before a read at the same place, in the same state, with nothing changed of what was read since:
 * it will spin on. What it reads in the loop is kept at the front of `reads`.
 */
static bool is_spinning(struct explorer *x, const struct event *e)
{
    struct thread *t = &x->threads[e->vcpu];
    uint64_t hash;

    if (event_changes(e)) {
        t->n_reads = 0;
        return false;
    }
    hash = registers_hash(x->m, e->vcpu);
    for (unsigned i = 0; i < t->n_reads; i++) {
        if (t->reads[i].pc == e->pc && t->reads[i].hash == hash) {
            t->n_reads -= i;
            memmove(t->reads, t->reads + i, t->n_reads * sizeof(*t->reads));
            return true;
        }
    }
    if (t->n_reads == SPIN_READS)
        memmove(t->reads, t->reads + 1, --t->n_reads * sizeof(*t->reads));
    t->reads[t->n_reads++] = (struct spin_read){.pc = e->pc, .hash = hash, .event = *e};
    return false;
}

static void end_spinning(struct explorer *x, const struct event *e)
{
    x->spin_rounds = 0;
    x->changes++;
    for (unsigned v = 0; v < x->m->config.n_vcpus; v++) {
        struct thread *t = &x->threads[v];

        t->idle = false;
        for (unsigned i = 0; i < t->n_reads; i++) {
            if (v == e->vcpu || event_touches(&t->reads[i].event, e)) {
                t->n_reads = 0;
                t->spins = t->came_round = false;
                t->round_pc = 0;
            }
        }
    }
}

void explorer_happened(struct explorer *x, const struct event *e)
{
    struct thread *t = &x->threads[e->vcpu];

    if (x->replay || x->anchoring)
        explorer_note_event(x, e);
    explorer_check(x, e);
    t->has_next = false;
    t->n_events++;
    memset(t->asked, 0, sizeof(t->asked));
    if (event_changes(e))
        end_spinning(x, e);
    t->changes_seen = x->changes;
    if (x->picks && x->picks->happened)
        x->picks->happened(x->picks->opaque, e);
    if (++x->n_events > x->options.max_events)
        machine_shut_down(x->m, IRQLAB_EXIT_NO_PROGRESS, "no end after %llu events",
                          (unsigned long long)x->options.max_events);
}

/*
 * What a handler keeps below the interrupted code's stack pointer is of no use to that code: when
 * it puts something there itself, it is another thing.
 */
static unsigned context_of(const struct explorer *x, const struct cpu_watched_access *a)
{
    const struct thread *t = &x->threads[a->vcpu];
    bool own = in_handler(t) && t->interrupted_sp - a->va - 1 >= STACK_BYTES;

    return a->vcpu * CONTEXTS_A_VCPU + own;
}

/* Learning: a word is watched from the access on that made it shared. */
static bool is_event(struct explorer *x, const struct cpu_watched_access *a)
{
    if (a->reg)
        return !strncmp(a->reg->name, "IC", 2) ||
               (x->m->actors && event_is_of_timers(a->reg->name));
    if (a->pa - BOARD_RAM_BASE >= x->m->config.ram_bytes)
        return true;
    if (x->learning)
        sharing_note(x->sharing, context_of(x, a), a->pa, a->size_bytes, a->is_write);
    return sharing_has(x->sharing, a->pa, a->size_bytes);
}

static void note_round(struct thread *t, uint64_t pc)
{
    if (!t->spins || !t->released)
        return;
    t->came_round |= t->round_pc == pc;
    t->round_pc = t->round_pc ? t->round_pc : pc;
}

/* Nobody is asked who goes on, then. */
static bool is_alone(const struct machine *m, unsigned vcpu)
{
    for (unsigned i = 0; i < sched_threads(m); i++) {
        if (i != vcpu && sched_is_ready(m, i))
            return false;
    }
    return true;
}

void explorer_table(void *opaque, uint64_t pa, size_t size_bytes, bool is_write)
{
    struct explorer *x = opaque;

    if (x->learning && x->begun && !x->ended)
        sharing_note_gic(x->sharing, pa, size_bytes, is_write);
}

void explorer_stands(void *opaque, unsigned thread)
{
    struct explorer *x = opaque;
    struct thread *t = &x->threads[thread];

    if (!x->begun)
        return;
    x->last = thread;
    t->next = event_of_thread(x->m, thread, t->n_events);
    t->has_next = true;
    t->idle = t->spins = false;
    if (thread < x->m->config.n_vcpus)
        explorer_parked(x, thread);
}

void explorer_acts(void *opaque, unsigned thread)
{
    struct explorer *x = opaque;

    if (!x->begun || x->ended)
        return;
    explorer_stands(x, thread);
    explorer_happened(x, &x->threads[thread].next);
}

/* A store-exclusive that fails is no event: it stores nothing. */
static bool is_to_fail(struct explorer *x, const struct event *e)
{
    if (x->stxr_fails >= x->options.stxr_fails || !event_is_store_exclusive(x->m, e) ||
        !choose(&x->m->chooser, CHOICE_STORE_EXCLUSIVE, e->vcpu, 2))
        return false;
    x->stxr_fails++;
    vcpu_clear_monitor(x->m->engine, e->vcpu);
    return true;
}

void explorer_before(struct explorer *x, unsigned vcpu)
{
    struct thread *t = &x->threads[vcpu];

    x->last = vcpu;
    t->has_next = true;
    t->next.index = t->n_events;
    t->idle = false;
    t->spins = is_spinning(x, &t->next);
    explorer_parked(x, vcpu);
    note_round(t, t->next.pc);
    if (t->spins && !explorer_may_interrupt(x, vcpu) && is_alone(x->m, vcpu))
        explorer_all_spin(x);
}

bool explorer_on_access(void *opaque, const struct cpu_watched_access *a)
{
    struct explorer *x = opaque;
    struct thread *t = &x->threads[a->vcpu];
    bool counts = x->begun && is_event(x, a);

    if (x->weak && x->begun)
        weak_note(x->weak, a, counts);
    if (!counts)
        return true;
    x->last = a->vcpu;
    if (!a->is_first) {
        if (t->has_next && t->next.pc == a->pc)
            explorer_happened(x, &t->next);
        return true;
    }
    t->next = event_of(x->m, a, t->n_events);
    if (t->next.kind == EVENT_RAM && sharing_of_gic(x->sharing, a->pa, a->size_bytes))
        event_is_of_gic(&t->next);
    t->next.in_handler = in_handler(t);
    t->next.weak = x->weak != NULL;
    t->has_next = true;
    t->idle = false;
    if (is_to_fail(x, &t->next)) {
        t->has_next = false;
        return false;
    }
    if (!x->weak)
        explorer_before(x, a->vcpu);
    else
        weak_arrived(x->weak, a->vcpu);
    return false;
}
