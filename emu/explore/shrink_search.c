/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A schedule of which no deviation can go may still be a long way to what a short one does as well:
 * then schedules with few preemptions are gone through from the beginning, for one that fails so.
 */
#include <errno.h>
#include <stdlib.h>

#include "emu/explore/shrink_internal.h"

enum { SEARCH_RUNS = 20000, SEARCH_EVENTS = 2000000, SEARCH_DEPTH = 2 };

struct search {
    struct strategy_parameters parameters;
    void *state;
    uint64_t runs_left, events;
};

static unsigned pick(void *opaque, const struct point *point)
{
    struct search *s = opaque;

    return strategy_exhaust.pick(s->state, &s->parameters, point);
}

static uint32_t answer(void *opaque, const struct question *q)
{
    struct search *s = opaque;

    return strategy_exhaust.answer(s->state, &s->parameters, q);
}

/* 1: `taken` fails as it should, and is shorter than best. */
static int search_run(struct shrink_job *job, struct search *s)
{
    const struct explorer_picks picks = {
        .opaque = s, .pick = pick, .answer = answer, .asks_again = strategy_exhaust.asks_again};
    struct outcome outcome;
    int rc = explorer_run(job->x, &picks, &job->taken, &outcome, job->err);

    job->out->runs++;
    s->runs_left--;
    s->events += outcome.events;
    if (s->events > SEARCH_EVENTS)
        s->runs_left = 0;
    return rc ? rc : shrink_is_same(&outcome, job->failure) && job->taken.count < job->best->count;
}

static int search_subtree(struct shrink_job *job, struct search *s, uint64_t number)
{
    int rc = 0;

    strategy_exhaust.subtree(s->state, &s->parameters, number);
    for (uint64_t run = 0; !rc && s->runs_left; run++) {
        int go = strategy_exhaust.begin_run(s->state, &s->parameters, run);

        if (go <= 0)
            return go;
        rc = search_run(job, s);
    }
    return rc;
}

static int search(struct shrink_job *job, struct search *s)
{
    uint64_t n_subtrees;
    int rc = strategy_exhaust.begin_run(s->state, &s->parameters, 0);

    rc = rc < 0 ? rc : search_run(job, s);
    if (rc)
        return rc;
    n_subtrees = strategy_exhaust.subtrees(s->state, &s->parameters);
    rc = n_subtrees ? 0 : -ENOMEM;
    for (uint64_t n = 0; !rc && n < n_subtrees && s->runs_left; n++)
        rc = search_subtree(job, s, n);
    return rc;
}

int shrink_search(struct shrink_job *job)
{
    struct search s = {.parameters = {.depth = SEARCH_DEPTH},
                       .runs_left = SEARCH_RUNS,
                       .state = calloc(1, strategy_exhaust.state_bytes)};
    int rc = s.state ? search(job, &s) : -ENOMEM;

    if (s.state)
        strategy_exhaust.end(s.state);
    free(s.state);
    return rc > 0 ? shrink_adopt(job) : rc;
}
