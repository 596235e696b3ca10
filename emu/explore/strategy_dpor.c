/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "emu/actor.h"
#include "emu/explore/dpor.h"

enum {
    MAX_ROUNDS = 64, /* so often in a row vCPUs without events go on before others */
    MAX_LOOPS = 4,   /* so often a loop may ask in vain for the interrupt that would end it */
};

/* -- The path ---------------------------------------------------------------------------------- */

static void node_clear(struct node *n, unsigned n_vcpus)
{
    for (unsigned v = 0; n->handlers && v < n_vcpus; v++)
        footprint_clear(&n->handlers[v]);
    free(n->handlers);
    free(n->events);
    *n = (struct node){0};
}

static struct node *push(struct dpor *s)
{
    struct node *n;

    if (s->length == s->capacity) {
        size_t capacity = s->capacity ? 2 * s->capacity : 64;
        struct node *path = realloc(s->path, capacity * sizeof(*path));

        if (!path)
            return NULL;
        s->path = path;
        s->capacity = capacity;
    }
    n = &s->path[s->length];
    *n = (struct node){
        .asleep = s->asleep, .take_asleep = s->take_asleep, .thread_asleep = s->thread_asleep};
    n->handlers = calloc(s->n_vcpus, sizeof(*n->handlers));
    n->events = calloc(2 * s->n_vcpus, sizeof(*n->events));
    if (!n->handlers || !n->events) {
        node_clear(n, s->n_vcpus);
        return NULL;
    }
    memcpy(n->events, s->asleep_events, 2 * s->n_vcpus * sizeof(*n->events));
    for (unsigned v = 0; v < s->n_vcpus; v++) {
        if (n->take_asleep >> v & 1)
            s->out_of_memory |= !footprint_copy(&n->handlers[v], &s->take_handlers[v]);
    }
    s->length++;
    return n;
}

/* What its handler did is what wakes who was not to take it: of the vCPU's node before, too. */
static void hand_up(struct dpor *s, size_t i)
{
    struct node *n = &s->path[i], *up = i ? &s->path[i - 1] : NULL;

    if (!up || up->takes || up->vcpu != n->vcpu)
        return;
    for (size_t e = 0; e < n->handlers[n->vcpu].count; e++)
        s->out_of_memory |= !footprint_add(&up->handlers[n->vcpu], &n->handlers[n->vcpu].items[e]);
}

/* The deepest node with something left to try. False: there is none. */
static bool back(struct dpor *s)
{
    for (size_t i = s->path ? s->fixed : 0; i-- > 0;) {
        struct node *n = &s->path[i];
        uint64_t left = n->backtrack & ~n->done & ~(n->asleep & (n->take_asleep | ~n->interrupted));

        if (n->is_free && n->vcpu + 1 < n->n) {
            n->vcpu++;
            s->fixed = i + 1;
            return true;
        }
        if (n->takes && !n->is_free && !n->went && !n->only) {
            n->went = true;
            s->fixed = i + 1;
            return true;
        }
        if (!n->takes && left) {
            n->vcpu = (unsigned)__builtin_ctzll(left);
            n->done |= 1ull << n->vcpu;
            s->fixed = i + 1;
            return true;
        }
        if (n->takes && !n->is_free)
            hand_up(s, i);
        node_clear(n, s->n_vcpus);
    }
    return false;
}

static bool create(struct dpor *s, const struct strategy_parameters *p)
{
    s->n_vcpus = p->machine_vcpus;
    s->clocks = calloc((size_t)4 * s->n_vcpus * s->n_vcpus, sizeof(*s->clocks));
    s->asleep_events = calloc(2 * s->n_vcpus, sizeof(*s->asleep_events));
    s->take_handlers = calloc(s->n_vcpus, sizeof(*s->take_handlers));
    s->next = calloc(s->n_vcpus, sizeof(*s->next));
    s->seen = calloc(s->n_vcpus, sizeof(*s->seen));
    s->taking = calloc(s->n_vcpus, sizeof(*s->taking));
    s->taken_at = calloc(s->n_vcpus, sizeof(*s->taken_at));
    s->put_off = calloc(s->n_vcpus, sizeof(*s->put_off));
    return s->clocks && s->next && s->seen && s->asleep_events && s->take_handlers && s->taking &&
           s->taken_at && s->put_off;
}

static int dpor_begin_run(void *state, const struct strategy_parameters *p, uint64_t run)
{
    struct dpor *s = state;

    if (!run && !create(s, p))
        return -ENOMEM;
    if (s->out_of_memory)
        return -ENOMEM;
    s->fixed = s->length;
    if (run)
        dpor_note_rest(s);
    if (run && !s->gives_up)
        dpor_is_new(s, dpor_class(s));
    s->stands = 0;
    if (run && !back(s)) {
        if (!s->grew || !s->mattered)
            return 0;
        s->grew = s->mattered = false;
        s->fixed = 0;
    }
    s->length = 0;
    s->n_trace = 0;
    s->asleep = s->take_asleep = s->thread_asleep = 0;
    s->rounds = 0;
    s->gives_up = false;
    s->point = NONE;
    memset(s->clocks, 0, (size_t)4 * s->n_vcpus * s->n_vcpus * sizeof(*s->clocks));
    memset(s->put_off, 0, s->n_vcpus * sizeof(*s->put_off));
    for (unsigned v = 0; v < s->n_vcpus; v++)
        s->taking[v] = s->taken_at[v] = NONE;
    return 1;
}

/* -- Who goes on ------------------------------------------------------------------------------- */

static unsigned option_of(const struct point *point, unsigned vcpu)
{
    unsigned i = 0;

    while (i < point->n && point->vcpus[i] != vcpu)
        i++;
    return i < point->n ? i : 0;
}

/* @vcpu's turn at @n: those that were tried before it sleep until something touches theirs. */
static void go_from(struct dpor *s, struct node *n)
{
    uint64_t before = n->done & ~(1ull << n->vcpu);

    s->asleep = n->asleep | before;
    s->take_asleep = n->take_asleep | (before & n->interrupted);
    memcpy(s->asleep_events, n->events, 2 * s->n_vcpus * sizeof(*n->events));
    s->thread_asleep = n->thread_asleep;
    for (unsigned v = 0; v < s->n_vcpus; v++) {
        if (s->take_asleep >> v & 1)
            s->out_of_memory |= !footprint_copy(&s->take_handlers[v], &n->handlers[v]);
    }
}

static bool tries_all(const struct dpor *s)
{
    return s->interrupted & (s->interrupted - 1);
}

static unsigned new_point(struct dpor *s, const struct point *point)
{
    struct node *n = push(s);
    uint64_t awake;

    if (!n) {
        s->out_of_memory = s->gives_up = true;
        return 0;
    }
    for (unsigned i = 0; i < point->n; i++) {
        if (!point->events[i])
            continue;
        n->options |= 1ull << point->vcpus[i];
        n->interrupted |= (uint64_t)point->interrupted[i] << point->vcpus[i];
        n->events[point->vcpus[i]] = *point->events[i];
    }
    awake = n->options & ~(n->asleep & (n->take_asleep | ~n->interrupted));
    if (!awake) {
        s->gives_up = true;
        return 0;
    }
    n->vcpu = awake >> point->vcpus[0] & 1 ? point->vcpus[0] : (unsigned)__builtin_ctzll(awake);
    n->done = 1ull << n->vcpu;
    n->backtrack = tries_all(s) ? n->options : n->done;
    return option_of(point, n->vcpu);
}

/* Who is behind its handler stands where it stood when it went to sleep. */
static void wake_threads(struct dpor *s, const struct point *point)
{
    for (unsigned i = 0; i < point->n; i++) {
        unsigned v = point->vcpus[i];
        uint64_t bit = 1ull << v;

        if (!(s->thread_asleep & bit) || !point->events[i] || point->events[i]->in_handler)
            continue;
        s->thread_asleep &= ~bit;
        s->asleep |= bit;
        s->asleep_events[v] = s->asleep_events[s->n_vcpus + v];
    }
}

static unsigned dpor_pick(void *state, const struct strategy_parameters *p,
                          const struct point *point)
{
    struct dpor *s = state;
    unsigned option;

    (void)p;
    for (unsigned i = 0; i < point->n; i++) {
        if (!point->events[i] && s->rounds++ < MAX_ROUNDS)
            return i; /* until it stands before an event, nobody can tell when it goes on */
    }
    for (unsigned i = 0; i < point->n; i++) {
        if (point->events[i]) {
            s->next[point->vcpus[i]] = *point->events[i];
            s->stands |= 1ull << point->vcpus[i];
        }
    }
    wake_threads(s, point);
    if (s->length < s->fixed)
        option = option_of(point, s->path[s->length++].vcpu);
    else
        option = new_point(s, point);
    s->point = s->length - 1;
    if (!s->gives_up)
        go_from(s, &s->path[s->point]);
    return option;
}

/* -- Interrupts, and the machine's other choices ----------------------------------------------- */

/* True: in a loop that only the interrupt could end, perhaps. */
static bool put_off(struct dpor *s, const struct question *q)
{
    struct put_off *p = &s->put_off[q->vcpu];

    if (!(p->times & (p->times - 1)))
        *p = (struct put_off){.times = p->times, .pc = q->pc};
    p->times++;
    p->same += p->pc == q->pc;
    return p->same > MAX_LOOPS;
}

/* 0: it is taken. */
static uint32_t decide_taking(struct dpor *s, struct node *n, const struct question *q)
{
    if (!n->went) {
        s->taking[q->vcpu] = (size_t)(n - s->path);
        return 0;
    }
    put_off(s, q);
    s->take_asleep |= 1ull << q->vcpu;
    s->out_of_memory |= !footprint_copy(&s->take_handlers[q->vcpu], &n->handlers[q->vcpu]);
    return 1;
}

static uint32_t dpor_answer(void *state, const struct strategy_parameters *p,
                            const struct question *q)
{
    struct dpor *s = state;
    uint64_t bit = 1ull << q->vcpu;
    bool takes = q->choice == CHOICE_IRQ_DELAY;
    struct node *n;

    (void)p;
    if (takes && s->take_asleep & bit) {
        s->gives_up |= s->asleep & bit || put_off(s, q);
        return 1; /* that was tried before */
    }
    if (s->length < s->fixed) {
        n = &s->path[s->length++];
        return n->is_free ? n->vcpu : decide_taking(s, n, q);
    }
    n = push(s);
    if (!n) {
        s->out_of_memory = s->gives_up = true;
        return 0;
    }
    n->takes = true;
    n->is_free = !takes;
    n->n = q->n;
    n->vcpu = takes ? q->vcpu : 0;
    /* To go on was tried before, or is no more to be: no PE puts an interrupt off for ever. */
    n->only = takes && (s->asleep & bit || s->put_off[q->vcpu].same > MAX_LOOPS);
    if (!takes)
        return 0;
    s->taking[q->vcpu] = s->length - 1;
    return 0;
}

/* -- What happens ------------------------------------------------------------------------------ */

/* Whether @e can raise or lower a line of @vcpu. */
static bool reaches_lines(const struct event *e, unsigned vcpu)
{
    if (e->kind == EVENT_VMM)
        return e->writes & (ACTOR_TIMERS | ACTOR_GIC | ACTOR_ALL_VCPUS);
    if (e->kind != EVENT_DEVICE && e->kind != EVENT_SYSREG)
        return false;
    if (!event_changes(e))
        return false;
    switch (e->part) {
    case GIC_PART_SGI:
        return e->targets >> vcpu & 1;
    case GIC_PART_REDIST:
        return e->redist == vcpu;
    case GIC_PART_UNKNOWN:
    case GIC_PART_DISTRIBUTOR:
        return true;
    default:
        return e->vcpu == vcpu;
    }
}

/*
 * @e is of a vCPU that could have taken an interrupt before it, which was tried: whether to take it
 * now can be another thing. It is if the handler touches @e; or if something of others can come
 * behind @e and before the handler is at its end: with the handler first, that is not possible.
 */
static bool keeps_apart(struct dpor *s, const struct event *e)
{
    const struct footprint *handler = &s->take_handlers[e->vcpu];
    bool behind = e->kind != EVENT_RAM && event_changes(e), before = false;

    if (footprint_touches(handler, e))
        return true;
    for (unsigned v = 0; v < s->n_vcpus; v++) {
        if (v == e->vcpu)
            continue;
        behind |= footprint_touches(&s->seen[v], e);
        before |= footprints_touch(&s->seen[v], handler);
    }
    s->mattered |= !behind || !before;
    return behind && before;
}

static void wake(struct dpor *s, const struct event *e)
{
    for (unsigned v = 0; v < s->n_vcpus; v++) {
        uint64_t bit = 1ull << v;

        if (s->asleep & bit && event_conflicts(&s->asleep_events[v], e))
            s->asleep &= ~bit;
        if (s->thread_asleep & bit && event_touches(&s->asleep_events[s->n_vcpus + v], e))
            s->thread_asleep &= ~bit;
        if (!(s->take_asleep & bit))
            continue;
        if (v == e->vcpu ? keeps_apart(s, e) : reaches_lines(e, v))
            s->take_asleep &= ~bit;
    }
}

/* What it does next is its handler's: its thread sleeps on meanwhile. */
static void fall_behind(struct dpor *s, const struct event *e)
{
    uint64_t bit = 1ull << e->vcpu;

    if (s->asleep & bit && !e->in_handler) {
        s->thread_asleep |= bit;
        s->asleep_events[s->n_vcpus + e->vcpu] = s->asleep_events[e->vcpu];
    }
    s->asleep &= ~bit;
}

/* @e may take back another's interrupt, which could have been taken before. */
static void try_interrupts(struct dpor *s, const struct event *e)
{
    struct node *n = s->point == NONE ? NULL : &s->path[s->point];

    if (!n || e->part == GIC_PART_SGI || !event_changes(e))
        return;
    for (unsigned v = 0; v < s->n_vcpus; v++) {
        uint64_t bit = 1ull << v;

        if (v != e->vcpu && n->options & n->interrupted & bit && reaches_lines(e, v))
            n->backtrack |= bit;
    }
}

static void dpor_happened(void *state, const struct strategy_parameters *p, const struct event *e)
{
    struct dpor *s = state;
    uint64_t bit = 1ull << e->vcpu;
    bool taken = e->kind == EVENT_INTERRUPT;

    (void)p;
    if (s->gives_up)
        return;
    s->rounds = 0;
    s->stands &= ~bit;
    if ((taken ? s->take_asleep : s->asleep) & bit ||
        (!taken && !e->in_handler && s->thread_asleep & bit)) {
        s->gives_up = true;
        return;
    }
    if (!taken && !e->in_handler)
        s->taking[e->vcpu] = s->taken_at[e->vcpu] = NONE;
    if (!taken && s->taking[e->vcpu] != NONE)
        s->out_of_memory |= !footprint_add(&s->path[s->taking[e->vcpu]].handlers[e->vcpu], e);
    if (taken) {
        s->put_off[e->vcpu] = (struct put_off){0};
        s->grew |= !(s->interrupted & bit);
        s->interrupted |= bit;
        s->mattered |= tries_all(s);
        fall_behind(s, e);
        s->taken_at[e->vcpu] = s->n_trace;
    }
    try_interrupts(s, e);
    dpor_note(s, e);
    wake(s, e);
    if (!taken)
        s->point = NONE;
}

static bool dpor_gives_up(const void *state)
{
    return ((const struct dpor *)state)->gives_up;
}

static uint64_t dpor_classes(const void *state)
{
    return ((const struct dpor *)state)->n_classes;
}

static void dpor_end(void *state)
{
    struct dpor *s = state;

    for (size_t i = 0; i < s->capacity && i < (s->fixed > s->length ? s->fixed : s->length); i++)
        node_clear(&s->path[i], s->n_vcpus);
    for (unsigned v = 0; s->take_handlers && s->seen && v < s->n_vcpus; v++) {
        footprint_clear(&s->take_handlers[v]);
        footprint_clear(&s->seen[v]);
    }
    dpor_trace_clear(s);
    free(s->path);
    free(s->classes);
    free(s->clocks);
    free(s->next);
    free(s->seen);
    free(s->asleep_events);
    free(s->take_handlers);
    free(s->taking);
    free(s->taken_at);
    free(s->put_off);
}

const struct strategy_kind strategy_dpor = {
    .name = "dpor",
    .help = "each class of runs that differ in the order of events that conflict, once",
    .state_bytes = sizeof(struct dpor),
    .asks_again = true,
    .is_sequence = true,
    .begin_run = dpor_begin_run,
    .pick = dpor_pick,
    .answer = dpor_answer,
    .happened = dpor_happened,
    .gives_up = dpor_gives_up,
    .classes = dpor_classes,
    .end = dpor_end,
};
