/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Strategies by priorities: who has the highest goes on.
 *
 * pct: "A Randomized Scheduler with Probabilistic Guarantees of Finding Bugs" (ASPLOS 2010).
 * pos: "Partial Order Aware Concurrency Sampling" (CAV 2018): a priority for each event, drawn
 * again for what conflicts with the one that happens.
 */
#include "emu/explore/strategy.h"

static unsigned highest(const uint64_t priorities[], const struct point *point)
{
    unsigned best = 0;

    for (unsigned i = 1; i < point->n; i++) {
        if (priorities[point->vcpus[i]] > priorities[point->vcpus[best]])
            best = i;
    }
    return best;
}

/* -- pct: d - 1 times a run, at events drawn beforehand, the running vCPU falls to the bottom -- */

enum { PCT_MAX_DEPTH = 16 };

struct pct {
    uint64_t random, happened;
    uint64_t priorities[STRATEGY_MAX_VCPUS];
    uint64_t changes[PCT_MAX_DEPTH];
};

static unsigned pct_changes(const struct strategy_parameters *p)
{
    return p->depth > PCT_MAX_DEPTH ? PCT_MAX_DEPTH : p->depth ? p->depth - 1 : 0;
}

static int pct_begin_run(void *state, const struct strategy_parameters *p, uint64_t run)
{
    struct pct *s = state;
    uint32_t k = p->n_events && p->n_events < UINT32_MAX ? (uint32_t)p->n_events : 1;

    *s = (struct pct){.random = run_seed(p->seed, run)};
    for (unsigned i = 0; i < STRATEGY_MAX_VCPUS; i++)
        s->priorities[i] = random_next(&s->random) | 1ull << 63;
    for (unsigned i = 0; i < pct_changes(p); i++)
        s->changes[i] = random_below(&s->random, k);
    return 1;
}

static void pct_happened(void *state, const struct strategy_parameters *p, const struct event *e)
{
    struct pct *s = state;

    for (unsigned i = 0; i < pct_changes(p); i++) {
        if (s->changes[i] == s->happened)
            s->priorities[e->vcpu] = i;
    }
    s->happened++;
}

static unsigned pct_pick(void *state, const struct strategy_parameters *p,
                         const struct point *point)
{
    (void)p;
    return highest(((struct pct *)state)->priorities, point);
}

const struct strategy_kind strategy_pct = {
    .name = "pct",
    .help = "random priorities of vCPUs, changed at depth - 1 random events",
    .state_bytes = sizeof(struct pct),
    .begin_run = pct_begin_run,
    .pick = pct_pick,
    .happened = pct_happened,
};

/* -- pos -- */

struct pos {
    uint64_t random;
    uint64_t priorities[STRATEGY_MAX_VCPUS];
    struct event next[STRATEGY_MAX_VCPUS]; /* whose priority it is */
    bool drawn[STRATEGY_MAX_VCPUS];
};

static int pos_begin_run(void *state, const struct strategy_parameters *p, uint64_t run)
{
    *(struct pos *)state = (struct pos){.random = run_seed(p->seed, run)};
    return 1;
}

static unsigned pos_pick(void *state, const struct strategy_parameters *p,
                         const struct point *point)
{
    struct pos *s = state;

    (void)p;
    for (unsigned i = 0; i < point->n; i++) {
        unsigned vcpu = point->vcpus[i];
        const struct event *e = point->events[i];

        if (!s->drawn[vcpu] || (e && e->index != s->next[vcpu].index))
            s->priorities[vcpu] = random_next(&s->random);
        s->drawn[vcpu] = e != NULL;
        if (e)
            s->next[vcpu] = *e;
    }
    return highest(s->priorities, point);
}

static void pos_happened(void *state, const struct strategy_parameters *p, const struct event *e)
{
    struct pos *s = state;

    (void)p;
    s->drawn[e->vcpu] = false;
    for (unsigned i = 0; i < STRATEGY_MAX_VCPUS; i++) {
        if (s->drawn[i] && event_conflicts(&s->next[i], e))
            s->drawn[i] = false;
    }
}

const struct strategy_kind strategy_pos = {
    .name = "pos",
    .help = "random priorities of events, drawn again for those that conflict with what happened",
    .state_bytes = sizeof(struct pos),
    .begin_run = pos_begin_run,
    .pick = pos_pick,
    .happened = pos_happened,
};
