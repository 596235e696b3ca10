/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/explore/sweep.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LEARN_EVERY = 256 }; /* runs; in one, all accesses are looked at */

struct driver {
    struct explorer *x;
    const struct strategy_kind *kind;
    void *state;
    const struct strategy_parameters *parameters;
};

static void look_at(struct driver *d)
{
    if (d->kind->gives_up && d->kind->gives_up(d->state))
        explorer_abandon(d->x);
}

static unsigned pick(void *opaque, const struct point *point)
{
    struct driver *d = opaque;

    unsigned option = d->kind->pick(d->state, d->parameters, point);

    look_at(d);
    return option;
}

static uint32_t answer(void *opaque, const struct question *q)
{
    struct driver *d = opaque;

    uint32_t answered =
        d->kind->answer ? d->kind->answer(d->state, d->parameters, q) : answer_by_chance(q);

    look_at(d);
    return answered;
}

static void happened(void *opaque, const struct event *e)
{
    struct driver *d = opaque;

    if (d->kind->happened)
        d->kind->happened(d->state, d->parameters, e);
    look_at(d);
}

static void show_progress(const struct tally *t, double seconds)
{
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r%" PRIu64 " runs, %" PRIu64 " failed, %.0f a second ", t->runs,
                t->failures, (double)t->runs / seconds);
}

static double seconds_since(const struct timespec *start)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

static int save_failure(struct explorer *x, const struct explore_options *o, struct tally *t,
                        struct schedule *taken, struct outcome *outcome,
                        const struct run_options *run_options, struct error *err)
{
    struct schedule_file f = {.n_options = o->n_rest};
    uint64_t run = t->runs;
    int rc = o->no_shrink ? 0 : shrink(x, taken, outcome, &f.shrinking, err);

    rc = rc ? rc : explorer_replay(x, taken, true, &f.outcome, err);
    f.schedule = *taken;

    if (!rc && (f.outcome.diverged || f.outcome.exit_code != outcome->exit_code))
        rc = error_set(err, IRQLAB_EXIT_DIVERGENCE, -EILSEQ,
                       "run %" PRIu64 " failed (%s), but its schedule does not (deviation %zu)",
                       run, outcome->text, f.outcome.missed);
    rc = rc ? rc : schedule_image_hash(run_options->kernel, &f.image_hash, err);
    memcpy(f.options, o->rest, sizeof(f.options));
    snprintf(f.strategy, sizeof(f.strategy), "%s depth=%u seed=%" PRIu64 " run=%" PRIu64,
             o->strategy->name, o->parameters.depth, o->parameters.seed, run);
    *outcome = f.outcome;
    t->shrinking = f.shrinking;
    return rc ? rc : schedule_file_write(o->output, &f, explorer_machine(x), err);
}

static int one_run(struct explorer *x, const struct explore_options *o, const struct driver *d,
                   struct schedule *taken, struct tally *t, const struct run_options *run_options,
                   struct error *err)
{
    const struct explorer_picks picks = {.opaque = (void *)d,
                                         .seed = run_seed(o->parameters.seed, t->runs),
                                         .pick = pick,
                                         .answer = answer,
                                         .happened = happened,
                                         .asks_again = d->kind->asks_again};
    struct outcome outcome;
    int rc = explorer_run(x, &picks, taken, &outcome, err);

    t->abandoned += outcome.abandoned;
    if (rc || !outcome.exit_code)
        return rc;
    if (!t->failures++) {
        t->first_failure = t->runs;
        rc = save_failure(x, o, t, taken, &outcome, run_options, err);
        t->first = outcome;
    }
    return rc;
}

static bool is_exhaustive(const struct strategy_kind *k)
{
    return k == &strategy_exhaust || k == &strategy_dpor;
}

int sweep(struct explorer *x, const struct explore_options *o, struct tally *t,
          const struct run_options *run_options, struct error *err)
{
    struct driver d = {x, o->strategy, calloc(1, o->strategy->state_bytes), &o->parameters};
    struct schedule taken = {0};
    struct timespec start;
    int rc = d.state ? 0 : error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory");

    clock_gettime(CLOCK_MONOTONIC, &start);
    for (; !rc && t->runs < o->runs && !(t->failures && !o->keep_going); t->runs++) {
        int go = d.kind->begin_run ? d.kind->begin_run(d.state, d.parameters, t->runs) : 1;

        if (go < 0)
            rc = error_set(err, IRQLAB_EXIT_HOST, go, "out of memory for the strategy");
        t->exhausted = go == 0;
        if (go <= 0)
            break;
        rc = one_run(x, o, &d, &taken, t, run_options, err);
        if (!rc && t->runs % LEARN_EVERY == LEARN_EVERY - 1 && !is_exhaustive(o->strategy))
            rc = explorer_learn(x, t->runs, err);
        if (t->runs % 1024 == 1023)
            show_progress(t, seconds_since(&start));
    }
    t->seconds = seconds_since(&start);
    if (d.state && d.kind->classes)
        t->classes = d.kind->classes(d.state);
    if (d.state && d.kind->end)
        d.kind->end(d.state);
    free(d.state);
    schedule_clear(&taken);
    return rc;
}
