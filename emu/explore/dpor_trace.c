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

bool footprints_touch(const struct footprint *a, const struct footprint *b)
{
    for (size_t i = 0; i < a->count; i++) {
        if (footprint_touches(b, &a->items[i]))
            return true;
    }
    return false;
}

/* -- Happens before ---------------------------------------------------------------------------- */

/* A vCPU's thread and its handlers are ordered by what they touch alone. */
static unsigned context_of(const struct event *e)
{
    return 2 * e->vcpu + (e->in_handler || e->kind == EVENT_INTERRUPT);
}

static uint32_t *clock_of(struct dpor *s, unsigned context)
{
    return s->clocks + (size_t)context * 2 * s->n_vcpus;
}

static void join(struct dpor *s, uint32_t *to, const uint32_t *from)
{
    for (unsigned c = 0; c < 2 * s->n_vcpus; c++) {
        if (from[c] > to[c])
            to[c] = from[c];
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
    unsigned context = context_of(&s->trace[i].event);

    return s->trace[i].clock[context] <= clock[context];
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
        h->clock = calloc(2 * s->n_vcpus, sizeof(*h->clock));
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

/* @clock is of what @e's context did before: what else @e comes after joins. */
static void advance(struct dpor *s, const struct event *e, uint32_t *clock)
{
    for (size_t i = 0; i < s->n_trace; i++) {
        const struct event *o = &s->trace[i].event;

        if (context_of(o) != context_of(e) && event_touches(o, e))
            join(s, clock, s->trace[i].clock);
    }
    if (e->kind == EVENT_INTERRUPT && e->cause_vcpu < s->n_vcpus) {
        size_t cause = find(s, e->cause_vcpu, e->cause_index);

        if (cause != NONE)
            join(s, clock, s->trace[cause].clock);
    }
    clock[context_of(e)]++;
}

/* -- Reversals --------------------------------------------------------------------------------- */

/* Whether @e's vCPU can go on at @n with what leads to @e: its handler holds up its thread. */
static bool leads_to(const struct node *n, const struct event *e)
{
    bool in_handler = n->events[e->vcpu].in_handler;

    if (!(n->options >> e->vcpu & 1))
        return false;
    return context_of(e) & 1 ? in_handler || n->interrupted >> e->vcpu & 1 : !in_handler;
}

/* Whether something that could also have come before trace[@at] leads to what @clock is of: it is
 * behind trace[@at], before trace[@end], but does not need trace[@at]. */
static bool is_led_to(const struct dpor *s, size_t at, size_t end, const uint32_t *clock)
{
    for (size_t i = at + 1; i < end; i++) {
        if (is_before(s, i, clock) && !is_before(s, at, s->trace[i].clock))
            return true;
    }
    return false;
}

/* Whether @e is of a handler that came behind something its thread did from trace[@at] on: to take
 * the interrupt before that may be another thing, whatever @e itself needs. */
static bool is_behind_thread(const struct dpor *s, size_t at, size_t end, const struct event *e)
{
    bool behind = false, last = false;

    if (!(context_of(e) & 1))
        return false;
    for (size_t i = at; i < end; i++) {
        const struct event *o = &s->trace[i].event;

        if (o->vcpu != e->vcpu)
            continue;
        if (o->kind == EVENT_INTERRUPT)
            last = behind;
        behind |= !(context_of(o) & 1);
    }
    return last || (e->kind == EVENT_INTERRUPT && behind);
}

/*
 * trace[@at] and @e could be reversed; @clock is of what is before @e. What is behind trace[@at]
 * and does not need it comes first then, and @e. Whoever can begin that is an initial; one of them
 * must be tried ("Optimal Dynamic Partial Order Reduction", POPL 2014: source sets).
 */
static uint64_t initials(const struct dpor *s, const struct node *n, size_t at,
                         const struct event *e, const uint32_t *clock)
{
    uint64_t found = 0, contexts_low = 0, contexts_high = 0;

    for (size_t i = at + 1; i < s->n_trace; i++) {
        unsigned context = context_of(&s->trace[i].event);
        uint64_t *seen = context < 64 ? &contexts_low : &contexts_high;

        if (*seen >> (context & 63) & 1 || is_before(s, at, s->trace[i].clock))
            continue;
        *seen |= 1ull << (context & 63);
        if (leads_to(n, &s->trace[i].event) && !is_led_to(s, at, i, s->trace[i].clock) &&
            !is_behind_thread(s, at, i, &s->trace[i].event))
            found |= 1ull << s->trace[i].event.vcpu;
    }
    if (leads_to(n, e) && !is_led_to(s, at, s->n_trace, clock) &&
        !is_behind_thread(s, at, s->n_trace, e))
        found |= 1ull << e->vcpu;
    return found;
}

static void try_before(struct dpor *s, size_t at, const struct event *e, const uint32_t *clock)
{
    uint64_t found;
    struct node *n;

    if (s->trace[at].node == NONE)
        return; /* nobody else could go on */
    n = &s->path[s->trace[at].node];
    found = initials(s, n, at, e, clock);
    if (!found)
        n->backtrack |= n->options;
    else if (!(found & n->backtrack))
        n->backtrack |= found >> e->vcpu & 1 ? 1ull << e->vcpu : found & -found;
}

/* @before is of what @e's context did before; @clock of all that is before @e. */
static void find_races(struct dpor *s, const struct event *e, const uint32_t *before,
                       const uint32_t *clock)
{
    for (size_t i = s->n_trace; i-- > 0;) {
        const struct event *o = &s->trace[i].event;

        if (o->vcpu != e->vcpu && event_touches(o, e) && !is_before(s, i, before))
            try_before(s, i, e, clock);
    }
}

/* The last event of @vcpu before trace[@i]; NONE. */
static size_t own_before(const struct dpor *s, unsigned vcpu, size_t i)
{
    while (i-- > 0) {
        if (s->trace[i].event.vcpu == vcpu)
            return i;
    }
    return NONE;
}

/*
 * Before which event the cause, trace[@cause], must come for the interrupt to be taken before
 * trace[@i] of the same vCPU: that one, or, if interrupts are masked there, the one before, since
 * they may have been unmasked in between. The other way about, it came and was masked all the time
 * until trace[@i]: then it came too late. NONE: it could have been taken before, which is tried.
 */
static size_t place_for(const struct dpor *s, size_t i, size_t cause)
{
    unsigned vcpu = s->trace[i].event.vcpu;

    if (i < cause)
        return s->trace[i].event.masked ? own_before(s, vcpu, i) : i;
    for (size_t at = cause + 1; at <= i; at++) {
        if (s->trace[at].event.vcpu == vcpu && !s->trace[at].event.masked)
            return NONE;
    }
    return own_before(s, vcpu, cause);
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
    for (size_t i = cause == NONE ? 0 : taken; i-- > 0;) {
        const struct event *o = &s->trace[i].event;
        size_t at = o->vcpu == e->vcpu && event_touches(o, e) ? place_for(s, i, cause) : NONE;

        if (at != NONE && !is_before(s, at, s->trace[cause].clock))
            try_before(s, at, &s->trace[cause].event, s->trace[cause].clock);
    }
}

/*
 * @e is of a thread, and touches what a handler of its vCPU did before: the thread could have gone
 * on first. If that was tried, or is to be, there may still be others to go on before @e.
 */
static void find_later_interrupts(struct dpor *s, const struct event *e, const uint32_t *clock)
{
    bool touches = false;

    for (size_t i = s->n_trace; i-- > 0;) {
        const struct event *o = &s->trace[i].event;

        if (o->vcpu != e->vcpu)
            continue;
        if (!(context_of(o) & 1))
            return; /* the thread went on in between */
        touches |= event_touches(o, e);
        if (o->kind == EVENT_INTERRUPT && touches)
            try_before(s, i, e, clock);
    }
}

void dpor_note(struct dpor *s, const struct event *e)
{
    uint32_t *clock = clock_of(s, context_of(e)), before[2 * STRATEGY_MAX_VCPUS];
    size_t known = s->seen[e->vcpu].count;
    struct happening *h;

    s->out_of_memory |= e->kind != EVENT_INTERRUPT && !footprint_add(&s->seen[e->vcpu], e);
    s->grew |= s->seen[e->vcpu].count != known;
    memcpy(before, clock, 2 * s->n_vcpus * sizeof(*clock));
    advance(s, e, clock);
    find_races(s, e, before, clock);
    if (e->in_handler)
        find_earlier_interrupts(s, e);
    else if (e->kind != EVENT_INTERRUPT)
        find_later_interrupts(s, e, clock);
    h = append(s, e);
    if (!h) {
        s->out_of_memory = true;
        return;
    }
    memcpy(h->clock, clock, 2 * s->n_vcpus * sizeof(*clock));
    h->node = s->point;
}

void dpor_note_rest(struct dpor *s)
{
    for (unsigned v = 0; v < s->n_vcpus; v++) {
        const uint32_t *before = clock_of(s, context_of(&s->next[v]));
        uint32_t clock[2 * STRATEGY_MAX_VCPUS];

        if (!(s->stands >> v & 1))
            continue;
        memcpy(clock, before, 2 * s->n_vcpus * sizeof(*clock));
        advance(s, &s->next[v], clock);
        find_races(s, &s->next[v], before, clock);
    }
}

/* -- Classes ----------------------------------------------------------------------------------- */

static uint64_t mix(uint64_t a, uint64_t b)
{
    uint64_t z = (a ^ b * 0x9e3779b97f4a7c15) + 0xbf58476d1ce4e5b9;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

/* A vCPU's thread and its handlers are two sequences. */
static void number(const struct dpor *s, uint64_t *ids)
{
    uint64_t seen[STRATEGY_MAX_VCPUS][2] = {{0}};

    for (size_t i = 0; i < s->n_trace; i++) {
        const struct event *e = &s->trace[i].event;

        ids[i] = mix(mix(e->vcpu * 2 + e->in_handler, seen[e->vcpu][e->in_handler]),
                     mix(e->pc, e->object));
        seen[e->vcpu][e->in_handler] += e->kind != EVENT_INTERRUPT;
    }
}

uint64_t dpor_class(const struct dpor *s)
{
    uint64_t *ids = malloc((s->n_trace + 1) * sizeof(*ids)), sum = 1;

    if (!ids)
        return 1;
    number(s, ids);
    for (size_t i = 0; i < s->n_trace; i++) {
        const struct event *e = &s->trace[i].event;
        uint64_t before = 0;

        if (e->kind == EVENT_INTERRUPT)
            continue;
        for (size_t j = 0; j < i; j++) {
            const struct event *o = &s->trace[j].event;

            if ((o->vcpu != e->vcpu || o->in_handler != e->in_handler) && event_touches(o, e))
                before += mix(ids[i], ids[j]);
        }
        sum += mix(ids[i], before);
    }
    free(ids);
    return sum ? sum : 1;
}

static bool put(uint64_t *classes, size_t capacity, uint64_t class)
{
    size_t at = (size_t) class & (capacity - 1);

    while (classes[at] && classes[at] != class)
        at = (at + 1) & (capacity - 1);
    if (classes[at])
        return false;
    classes[at] = class;
    return true;
}

static bool grow(struct dpor *s)
{
    size_t capacity = s->class_capacity ? 2 * s->class_capacity : 1024;
    uint64_t *classes = calloc(capacity, sizeof(*classes));

    if (!classes)
        return false;
    for (size_t i = 0; i < s->class_capacity; i++) {
        if (s->classes[i])
            put(classes, capacity, s->classes[i]);
    }
    free(s->classes);
    s->classes = classes;
    s->class_capacity = capacity;
    return true;
}

bool dpor_is_new(struct dpor *s, uint64_t class)
{
    bool is_new;

    if (2 * s->n_classes >= s->class_capacity && !grow(s)) {
        s->out_of_memory = true;
        return true;
    }
    is_new = put(s->classes, s->class_capacity, class);
    s->n_classes += is_new;
    return is_new;
}
