/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Strategies with a bound on what differs from the plain schedule: few are enough for nearly all
 * known races.
 *
 * delay: up to `depth` times a run, at points drawn beforehand, the vCPU whose turn it would be is
 * passed over ("Delay-Bounded Scheduling", POPL 2011).
 * exhaust: all schedules with no preemption (of a vCPU, or by putting off an interrupt), then with
 * one, up to `depth`; depth first. Where the running vCPU cannot go on, each other is tried
 * ("Iterative Context Bounding", PLDI 2007). Subtrees: for each bound the plain run, then what
 * comes behind each first answer that differs from it, in the order in which the whole tree has
 * them.
 */
#include "emu/explore/strategy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* -- delay -- */

enum { MAX_DELAYS = 16 };

struct delay {
    uint64_t random;
    uint64_t at[MAX_DELAYS];
    unsigned n;
};

static int delay_begin_run(void *state, const struct strategy_parameters *p, uint64_t run)
{
    struct delay *s = state;
    uint32_t k = p->n_events && p->n_events < UINT32_MAX ? (uint32_t)p->n_events : 1;

    *s = (struct delay){.random = run_seed(p->seed, run),
                        .n = p->depth < MAX_DELAYS ? p->depth : MAX_DELAYS};
    for (unsigned i = 0; i < s->n; i++)
        s->at[i] = random_below(&s->random, k);
    return 1;
}

static unsigned delay_pick(void *state, const struct strategy_parameters *p,
                           const struct point *point)
{
    const struct delay *s = state;
    unsigned delays = 0;

    (void)p;
    for (unsigned i = 0; i < s->n; i++)
        delays += s->at[i] == point->number;
    return delays % point->n;
}

const struct strategy_kind strategy_delay = {
    .name = "delay",
    .help = "depth times a run, at random points, the vCPU whose turn it is is passed over",
    .state_bytes = sizeof(struct delay),
    .begin_run = delay_begin_run,
    .pick = delay_pick,
};

/* -- exhaust -- */

struct decision {
    uint16_t taken, n;
    bool preemption;
};

/* What is behind the first answer that is not the plain run's: `to`, at `at`. */
struct subtree {
    uint16_t to;
    bool preemption;
    size_t at;
};

struct exhaust {
    struct decision *path; /* the run's answers; those from `fixed` on are the plain ones */
    size_t length, capacity, fixed;
    size_t root;    /* answers of the subtree's root: they stay */
    unsigned bound; /* preemptions, now */
    bool out_of_memory;
    struct decision *plain;    /* the plain run's */
    struct subtree *subtrees;  /* in the order of the whole tree */
    size_t n_subtrees, n_free; /* free: those that are no preemptions */
    bool deviates;             /* the subtree is none of the plain run alone */
};

static unsigned preemptions(const struct exhaust *s, size_t length)
{
    unsigned sum = 0;

    for (size_t i = 0; i < length; i++)
        sum += s->path[i].preemption && s->path[i].taken;
    return sum;
}

/* The next path: the deepest answer that can still be another within the bound. */
static bool advance(struct exhaust *s, unsigned bound)
{
    while (s->length > s->root) {
        struct decision *d = &s->path[s->length - 1];
        bool within = !d->preemption || d->taken || preemptions(s, s->length - 1) < bound;

        if (within && d->taken + 1u < d->n) {
            d->taken++;
            s->fixed = s->length;
            return true;
        }
        s->length--;
    }
    return false;
}

static int exhaust_begin_run(void *state, const struct strategy_parameters *p, uint64_t run)
{
    struct exhaust *s = state;

    (void)p;
    if (run && (!s->deviates || !advance(s, s->bound)))
        return 0;
    s->length = 0;
    return s->out_of_memory ? -ENOMEM : 1;
}

static uint32_t decide(struct exhaust *s, uint32_t n, bool preemption)
{
    if (s->length < s->fixed)
        return s->path[s->length++].taken;
    if (s->length == s->capacity) {
        size_t capacity = s->capacity ? s->capacity * 2 : 256;
        struct decision *path = realloc(s->path, capacity * sizeof(*path));

        if (!path) {
            s->out_of_memory = true;
            return 0;
        }
        s->path = path;
        s->capacity = capacity;
    }
    s->path[s->length++] = (struct decision){.n = (uint16_t)n, .preemption = preemption};
    return 0;
}

static unsigned exhaust_pick(void *state, const struct strategy_parameters *p,
                             const struct point *point)
{
    (void)p;
    return decide(state, point->n, point->preemption);
}

/* To put an interrupt off is like a preemption; to put it off further is free. */
static uint32_t exhaust_answer(void *state, const struct strategy_parameters *p,
                               const struct question *q)
{
    (void)p;
    return decide(state, q->choice == CHOICE_IRQ_DELAY ? 2 : q->n, !q->again);
}

/* 0: out of memory. */
static uint64_t exhaust_subtrees(void *state, const struct strategy_parameters *p)
{
    struct exhaust *s = state;
    size_t most = 1;

    for (size_t i = 0; i < s->length; i++)
        most += s->path[i].n - 1u;
    s->plain = calloc(s->length + 1, sizeof(*s->plain));
    s->subtrees = calloc(most, sizeof(*s->subtrees));
    if (!s->plain || !s->subtrees || s->out_of_memory)
        return 0;
    for (size_t at = s->length; at-- > 0;) {
        s->plain[at] = s->path[at];
        for (unsigned to = 1; to < s->path[at].n; to++) {
            s->subtrees[s->n_subtrees++] =
                (struct subtree){(uint16_t)to, s->path[at].preemption, at};
            s->n_free += !s->path[at].preemption;
        }
    }
    return 1 + s->n_free + (uint64_t)p->depth * (1 + s->n_subtrees);
}

/* The subtree @number of those at bound 0: they begin with no preemption. */
static const struct subtree *find_free(const struct exhaust *s, uint64_t number)
{
    const struct subtree *t = s->subtrees;

    for (; t->preemption || number; t++)
        number -= !t->preemption;
    return t;
}

/* For each bound, the plain run and the subtrees behind it. */
static void exhaust_subtree(void *state, const struct strategy_parameters *p, uint64_t number)
{
    struct exhaust *s = state;
    uint64_t behind = number - (1 + s->n_free), each = 1 + s->n_subtrees;
    bool first = number < 1 + s->n_free;
    uint64_t at = first ? number : behind % each;
    const struct subtree *t;

    (void)p;
    s->bound = first ? 0 : (unsigned)(behind / each) + 1;
    s->deviates = at != 0;
    s->root = s->fixed = 0;
    if (!at)
        return;
    t = first ? find_free(s, at - 1) : &s->subtrees[at - 1];
    s->root = s->fixed = t->at + 1;
    memcpy(s->path, s->plain, s->root * sizeof(*s->path));
    s->path[t->at].taken = t->to;
}

static void exhaust_end(void *state)
{
    struct exhaust *s = state;

    free(s->path);
    free(s->plain);
    free(s->subtrees);
}

const struct strategy_kind strategy_exhaust = {
    .name = "exhaust",
    .help = "all schedules with at most depth preemptions",
    .state_bytes = sizeof(struct exhaust),
    .begin_run = exhaust_begin_run,
    .asks_again = true,
    .pick = exhaust_pick,
    .answer = exhaust_answer,
    .end = exhaust_end,
    .subtrees = exhaust_subtrees,
    .subtree = exhaust_subtree,
};
