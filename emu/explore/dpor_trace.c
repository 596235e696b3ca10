/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happened in a run, what had to happen before what, and which pairs could be reversed. */
#include <stdlib.h>
#include <string.h>

#include "emu/explore/dpor.h"

/* -- Footprints -------------------------------------------------------------------------------- */

bool footprint_add(struct footprint *f, const struct event *e)
{
    for (size_t i = 0; i < f->count; i++) {
        const struct event *o = &f->items[i];

        if (o->kind == e->kind && o->is_write == e->is_write && o->object == e->object &&
            o->pa == e->pa && o->end == e->end && o->value == e->value)
            return true;
    }
    if (f->count == f->capacity) {
        size_t capacity = f->capacity ? 2 * f->capacity : 8;
        struct event *items = realloc(f->items, capacity * sizeof(*items));

        if (!items)
            return false;
        f->items = items;
        f->capacity = capacity;
    }
    f->items[f->count++] = *e;
    return true;
}

bool footprint_copy(struct footprint *to, const struct footprint *from)
{
    to->count = 0;
    for (size_t i = 0; i < from->count; i++) {
        if (!footprint_add(to, &from->items[i]))
            return false;
    }
    return true;
}

void footprint_clear(struct footprint *f)
{
    free(f->items);
    *f = (struct footprint){0};
}

bool footprint_touches(const struct footprint *f, const struct event *e)
{
    for (size_t i = 0; i < f->count; i++) {
        if (event_touches(&f->items[i], e))
            return true;
    }
    return false;
}

/* -- Happens before ---------------------------------------------------------------------------- */

static uint32_t *clock_of(struct dpor *s, unsigned vcpu)
{
    return s->clocks + (size_t)vcpu * s->n_vcpus;
}

static void join(struct dpor *s, uint32_t *to, const uint32_t *from)
{
    for (unsigned v = 0; v < s->n_vcpus; v++) {
        if (from[v] > to[v])
            to[v] = from[v];
    }
}

static size_t find(const struct dpor *s, unsigned vcpu, uint64_t index)
{
    size_t i = s->n_trace;

    while (i-- > 0) {
        if (s->trace[i].event.vcpu == vcpu && s->trace[i].event.index == index)
            return i;
    }
    return NONE;
}

/* Whether trace[@i] is before what @clock is of. */
static bool is_before(const struct dpor *s, size_t i, const uint32_t *clock)
{
    unsigned vcpu = s->trace[i].event.vcpu;

    return s->trace[i].clock[vcpu] <= clock[vcpu];
}

static struct happening *append(struct dpor *s, const struct event *e)
{
    struct happening *h;

    if (s->n_trace == s->trace_capacity) {
        size_t capacity = s->trace_capacity ? 2 * s->trace_capacity : 256;
        struct happening *trace = realloc(s->trace, capacity * sizeof(*trace));

        if (!trace)
            return NULL;
        memset(trace + s->trace_capacity, 0, (capacity - s->trace_capacity) * sizeof(*trace));
        s->trace = trace;
        s->trace_capacity = capacity;
    }
    h = &s->trace[s->n_trace];
    if (!h->clock)
        h->clock = calloc(s->n_vcpus, sizeof(*h->clock));
    if (!h->clock)
        return NULL;
    h->event = *e;
    h->node = NONE;
    s->n_trace++;
    return h;
}

void dpor_trace_clear(struct dpor *s)
{
    for (size_t i = 0; i < s->trace_capacity; i++)
        free(s->trace[i].clock);
    free(s->trace);
}

/* -- Reversals --------------------------------------------------------------------------------- */

/* Before trace[@at], @vcpu is to go on, or whoever leads to what @clock is of. */
static void try_before(struct dpor *s, size_t at, unsigned vcpu, const uint32_t *clock)
{
    struct node *n;

    if (s->trace[at].node == NONE)
        return; /* nobody else could go on */
    n = &s->path[s->trace[at].node];
    if (n->options >> vcpu & 1) {
        n->backtrack |= 1ull << vcpu;
        return;
    }
    for (size_t i = at + 1; i < s->n_trace; i++) {
        unsigned other = s->trace[i].event.vcpu;

        if (n->options >> other & 1 && is_before(s, i, clock)) {
            n->backtrack |= 1ull << other;
            return;
        }
    }
    n->backtrack |= n->options;
}

/* @clock is of what @e's vCPU did before. */
static void find_races(struct dpor *s, const struct event *e, const uint32_t *clock)
{
    for (size_t i = s->n_trace; i-- > 0;) {
        const struct event *o = &s->trace[i].event;

        if (o->vcpu != e->vcpu && event_touches(o, e) && !is_before(s, i, clock))
            try_before(s, i, e->vcpu, clock);
    }
}

/* Of the vCPU's own events before: was an interrupt possible before trace[@i], or right behind the
 * one before that? */
static bool was_unmasked(const struct dpor *s, size_t i)
{
    const struct event *e = &s->trace[i].event;

    if (!e->masked)
        return true;
    while (i-- > 0) {
        if (s->trace[i].event.vcpu == e->vcpu)
            return !s->trace[i].event.masked;
    }
    return true;
}

/*
 * @e is of a handler, and touches what its vCPU did before the interrupt: that could have come
 * first, had its cause been there.
 */
static void find_earlier_interrupts(struct dpor *s, const struct event *e)
{
    size_t taken = s->taken_at[e->vcpu], cause;
    const struct event *interrupt;

    if (taken == NONE)
        return;
    interrupt = &s->trace[taken].event;
    if (interrupt->cause_vcpu >= s->n_vcpus || interrupt->cause_vcpu == e->vcpu)
        return;
    cause = find(s, interrupt->cause_vcpu, interrupt->cause_index);
    for (size_t i = cause == NONE ? 0 : cause; i-- > 0;) {
        const struct event *o = &s->trace[i].event;

        if (o->vcpu == e->vcpu && event_touches(o, e) && was_unmasked(s, i) &&
            !is_before(s, i, s->trace[cause].clock))
            try_before(s, i, interrupt->cause_vcpu, s->trace[cause].clock);
    }
}

static void advance(struct dpor *s, const struct event *e, uint32_t *clock)
{
    for (size_t i = 0; i < s->n_trace; i++) {
        const struct event *o = &s->trace[i].event;

        if (o->vcpu != e->vcpu && event_touches(o, e))
            join(s, clock, s->trace[i].clock);
    }
    if (e->kind == EVENT_INTERRUPT && e->cause_vcpu < s->n_vcpus) {
        size_t cause = find(s, e->cause_vcpu, e->cause_index);

        if (cause != NONE)
            join(s, clock, s->trace[cause].clock);
    }
    clock[e->vcpu]++;
}

void dpor_note(struct dpor *s, const struct event *e)
{
    uint32_t *clock = clock_of(s, e->vcpu);
    struct happening *h;

    find_races(s, e, clock);
    if (e->in_handler)
        find_earlier_interrupts(s, e);
    advance(s, e, clock);
    h = append(s, e);
    if (!h) {
        s->out_of_memory = true;
        return;
    }
    memcpy(h->clock, clock, s->n_vcpus * sizeof(*clock));
    h->node = s->point;
}

void dpor_note_rest(struct dpor *s)
{
    for (unsigned v = 0; v < s->n_vcpus; v++) {
        if (s->stands >> v & 1)
            find_races(s, &s->next[v], clock_of(s, v));
    }
}
