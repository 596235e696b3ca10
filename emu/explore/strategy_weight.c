/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * surw: "Selectively Uniform Concurrency Testing" (ASPLOS 2025). A vCPU is drawn by how many events
 * it has left, so that each order of the interesting ones is about as likely as another, instead of
 * those near the start; the interesting ones of a run are the events of one object, drawn for each
 * run from the events of the run before.
 */
#include "emu/explore/strategy.h"

#include <string.h>

enum { OBJECTS = 64 };

struct surw {
    uint64_t random;
    uint64_t object;                   /* what is interesting in this run */
    uint64_t left[STRATEGY_MAX_VCPUS]; /* interesting events that are expected to come */
    unsigned intended;                 /* the vCPU whose interesting event is to be next */
    bool has_intended;
    uint64_t objects[OBJECTS]; /* of the run before: some of its objects */
    uint32_t counts[OBJECTS][STRATEGY_MAX_VCPUS];
    unsigned n_objects;
};

static void draw_intended(struct surw *s, unsigned n_vcpus)
{
    uint64_t sum = 0, at;

    for (unsigned i = 0; i < n_vcpus; i++)
        sum += s->left[i];
    s->has_intended = sum != 0;
    if (!sum)
        return;
    at = random_next(&s->random) % sum;
    for (s->intended = 0; at >= s->left[s->intended]; s->intended++)
        at -= s->left[s->intended];
}

static unsigned vcpus_of(const struct strategy_parameters *p)
{
    return p->machine_vcpus < STRATEGY_MAX_VCPUS ? p->machine_vcpus : STRATEGY_MAX_VCPUS;
}

static int surw_begin_run(void *state, const struct strategy_parameters *p, uint64_t run)
{
    struct surw *s = state;

    s->random = run_seed(p->seed, run);
    memset(s->left, 0, sizeof(s->left));
    if (s->n_objects) {
        unsigned chosen = random_below(&s->random, s->n_objects);

        s->object = s->objects[chosen];
        for (unsigned i = 0; i < vcpus_of(p); i++)
            s->left[i] = s->counts[chosen][i];
    }
    s->n_objects = 0;
    memset(s->counts, 0, sizeof(s->counts));
    draw_intended(s, vcpus_of(p));
    return 1;
}

static bool is_interesting(const struct surw *s, const struct event *e)
{
    return e && e->object == s->object;
}

/* Whoever is not before an interesting event, or is the intended one, may go: any of these. */
static unsigned surw_pick(void *state, const struct strategy_parameters *p,
                          const struct point *point)
{
    struct surw *s = state;
    unsigned allowed[STRATEGY_MAX_VCPUS], n = 0;

    (void)p;
    for (unsigned i = 0; i < point->n; i++) {
        if (!s->has_intended || !is_interesting(s, point->events[i]) ||
            point->vcpus[i] == s->intended)
            allowed[n++] = i;
    }
    return n ? allowed[random_below(&s->random, n)] : random_below(&s->random, point->n);
}

static void count(struct surw *s, const struct event *e)
{
    unsigned i = 0;

    while (i < s->n_objects && s->objects[i] != e->object)
        i++;
    if (i == OBJECTS)
        return;
    if (i == s->n_objects)
        s->objects[s->n_objects++] = e->object;
    s->counts[i][e->vcpu]++;
}

static void surw_happened(void *state, const struct strategy_parameters *p, const struct event *e)
{
    struct surw *s = state;

    if (e->vcpu >= STRATEGY_MAX_VCPUS)
        return;
    count(s, e);
    if (!is_interesting(s, e))
        return;
    if (s->left[e->vcpu])
        s->left[e->vcpu]--;
    draw_intended(s, vcpus_of(p));
}

const struct strategy_kind strategy_surw = {
    .name = "surw",
    .help = "vCPUs drawn by how many events of one object they have left",
    .state_bytes = sizeof(struct surw),
    .begin_run = surw_begin_run,
    .pick = surw_pick,
    .happened = surw_happened,
};
