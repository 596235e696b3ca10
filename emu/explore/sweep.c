/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What counts is decided in the order of batches, whenever they come: so the first failure, and
 * what a bound on runs leaves out, do not depend on --jobs. With --keep-going batches are written
 * when they come; else in order, since one that came early may not count in the end.
 */
#include "emu/explore/sweep.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "emu/explore/recipe.h"
#include "emu/explore/sweep_internal.h"

/* -- What counts ------------------------------------------------------------------------------- */

static const json_t *batch_of(const json_t *lines)
{
    return json_array_get(lines, json_array_size(lines) - 1);
}

static int write_lines(struct sweep *s, struct waiting *w, struct error *err)
{
    bool nothing =
        !results_number(batch_of(w->lines), "runs") && json_object_get(batch_of(w->lines), "ends");
    int rc = w->is_written || nothing ? 0 : results_file_add(&s->file, w->lines, err);

    w->is_written = true;
    return rc;
}

static void note_first(struct sweep *s, json_t *line)
{
    struct tally *t = s->t;

    s->first = json_incref(line);
    t->first.exit_code = (int)results_number(line, "exit_code");
    snprintf(t->first.text, sizeof(t->first.text), "%s", results_text(line, "text"));
    t->first_batch = results_number(line, "batch");
    t->first_run = results_number(line, "at");
    if (!s->o->strategy->subtrees)
        t->first_run = results_number(line, "run");
    else if (s->o->n_shards == 1)
        t->first_run += t->runs; /* of the subtrees before */
    else
        t->in_subtree = true;
}

static void count(struct sweep *s, const struct waiting *w)
{
    const json_t *batch = batch_of(w->lines);
    struct tally *t = s->t;

    if (json_array_size(w->lines) > 1 && !s->first)
        note_first(s, json_array_get(w->lines, 0));
    t->runs += results_number(batch, "runs");
    t->failures += results_number(batch, "failed");
    t->abandoned += results_number(batch, "abandoned");
    if (json_object_get(batch, "outcomes")) {
        t->outcomes = t->outcomes ? t->outcomes : json_object();
        observed_join(t->outcomes, json_object_get(batch, "outcomes"));
    }
    if (json_object_get(batch, "classes"))
        t->classes = results_number(batch, "classes");
    s->next += s->o->n_shards;
    t->exhausted =
        json_object_get(batch, "ends") || (s->o->strategy->subtrees && s->next >= s->batches.count);
    s->at_end = t->exhausted || (t->failures && !s->o->keep_going);
}

/* Whether a subtree has more runs than --runs leaves. */
static bool is_too_long(const struct sweep *s, const json_t *batch)
{
    uint64_t left = s->o->runs - s->t->runs, runs = results_number(batch, "runs");

    return s->o->strategy->subtrees &&
           (runs > left || (json_object_get(batch, "cut") && runs != left));
}

static int accept(struct sweep *s, struct waiting *w, struct error *err)
{
    int rc;

    if (is_too_long(s, batch_of(w->lines))) {
        s->at_end = true;
        s->cut = json_incref(w->lines);
        return 0;
    }
    rc = write_lines(s, w, err);
    if (!rc)
        count(s, w);
    if (json_object_get(batch_of(w->lines), "cut")) {
        s->at_end = true;
        s->t->exhausted = false;
    }
    return rc;
}

static struct waiting *find_place(struct sweep *s, uint64_t number, struct error *err)
{
    size_t at = s->n_waiting;

    if (s->n_waiting == s->capacity) {
        size_t capacity = s->capacity ? 2 * s->capacity : 64;
        struct waiting *waiting = realloc(s->waiting, capacity * sizeof(*waiting));

        if (!waiting) {
            error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory for results");
            return NULL;
        }
        s->waiting = waiting;
        s->capacity = capacity;
    }
    for (; at > s->head && s->waiting[at - 1].number > number; at--)
        s->waiting[at] = s->waiting[at - 1];
    s->n_waiting++;
    return &s->waiting[at];
}

static int accept_all(struct sweep *s, struct error *err)
{
    int rc = 0;

    while (!rc && !s->at_end && s->head < s->n_waiting && s->waiting[s->head].number == s->next) {
        struct waiting w = s->waiting[s->head++];

        rc = accept(s, &w, err);
        json_decref(w.lines);
    }
    if (s->head == s->n_waiting)
        s->head = s->n_waiting = 0;
    return rc ? rc : s->at_end;
}

int sweep_take(struct sweep *s, json_t *lines, bool is_written, struct error *err)
{
    struct waiting w = {results_number(batch_of(lines), "batch"), lines, is_written};
    struct waiting *place;
    int rc = s->o->keep_going ? write_lines(s, &w, err) : 0;

    place = rc ? NULL : find_place(s, w.number, err);
    if (!place) {
        json_decref(lines);
        return rc ? rc : -ENOMEM;
    }
    *place = w;
    return accept_all(s, err);
}

/* -- Making batches ---------------------------------------------------------------------------- */

static bool is_known(void *opaque, uint64_t number)
{
    const struct sweep *s = opaque;

    return !s->o->strategy->is_sequence && results_find(&s->known, number);
}

/* A sequence is made again from its beginning: what is known of it must come again. */
static int heard(void *opaque, json_t *lines, struct error *err)
{
    struct sweep *s = opaque;
    const struct results_batch *known =
        results_find(&s->known, results_number(batch_of(lines), "batch"));

    s->t->made += results_number(batch_of(lines), "runs");
    if (!known || json_equal(known->line, batch_of(lines)))
        return sweep_take(s, lines, known != NULL, err);
    error_set(err, IRQLAB_EXIT_DIVERGENCE, -EILSEQ,
              "--resume: batch %" PRIu64 " came out otherwise than %s says", known->number,
              s->o->json);
    json_decref(lines);
    return -EILSEQ;
}

static void tick(void *opaque)
{
    sweep_progress(opaque);
}

/* 1: they are all. */
static int take_known(struct sweep *s, struct error *err)
{
    int rc = 0;

    for (size_t i = 0; rc >= 0 && i < s->known.n_batches && !s->o->strategy->is_sequence; i++) {
        const struct results_batch *b = &s->known.batches[i];
        json_t *lines = b->failures ? json_copy(b->failures) : json_array();

        json_array_append(lines, b->line);
        rc = sweep_take(s, lines, true, err);
    }
    return rc;
}

static int make_batches(struct sweep *s, struct error *err)
{
    const struct explore_options *o = s->o;
    const struct workers w = {.batches = &s->batches,
                              .first = o->shard - 1,
                              .step = o->n_shards,
                              .end = s->batches.count,
                              .jobs = (unsigned)o->jobs,
                              .opaque = s,
                              .is_known = is_known,
                              .heard = heard,
                              .tick = tick};
    int rc = take_known(s, err);

    rc = rc ? rc : workers_run(&w, err);
    return rc < 0 ? rc : 0;
}

static int heard_cut(void *opaque, json_t *lines, struct error *err)
{
    struct sweep *s = opaque;
    struct waiting w = {.lines = lines, .is_written = s->o->keep_going};
    int rc = write_lines(s, &w, err);

    if (!rc)
        count(s, &w);
    s->t->exhausted = false;
    json_decref(lines);
    return rc ? rc : 1;
}

/* The subtree that was cut or was too long, with as many runs as are left. */
static int finish_cut(struct sweep *s, struct error *err)
{
    uint64_t number = s->cut ? results_number(batch_of(s->cut), "batch") : 0;
    const struct workers w = {.batches = &s->batches,
                              .first = number,
                              .step = 1,
                              .end = number + 1,
                              .jobs = 1,
                              .opaque = s,
                              .heard = heard_cut};

    s->batches.runs_left = s->o->runs - s->t->runs;
    return s->cut && s->batches.runs_left ? workers_run(&w, err) : 0;
}

/* -- The whole --------------------------------------------------------------------------------- */

static int run(struct sweep *s, struct error *err)
{
    int rc;

    if (s->known.done)
        return sweep_was_done(s, err);
    rc = make_batches(s, err);
    rc = rc ? rc : finish_cut(s, err);
    sweep_progress_end(s);
    s->t->seconds = sweep_seconds(s);
    rc = rc || !s->first ? rc : sweep_keep_first(s, err);
    return rc ? rc : sweep_done(s, err);
}

static void clear(struct sweep *s)
{
    for (size_t i = s->head; i < s->n_waiting; i++)
        json_decref(s->waiting[i].lines);
    free(s->waiting);
    json_decref(s->cut);
    json_decref(s->first);
    results_file_close(&s->file);
    results_clear(&s->known);
    batches_close(&s->batches);
}

int sweep(struct explorer *x, const struct explore_options *o, struct tally *t,
          const struct run_options *run_options, struct error *err)
{
    struct sweep s = {.x = x,
                      .o = o,
                      .t = t,
                      .run_options = run_options,
                      .file = {.fd = -1},
                      .next = o->shard - 1};
    json_t *recipe = NULL;
    int rc = batches_open(&s.batches, x, o, err);

    clock_gettime(CLOCK_MONOTONIC, &s.start);
    if (!rc) {
        recipe = recipe_make(&s.batches, run_options, err);
        rc = recipe ? results_file_open(&s.file, o->json, o->resume, recipe, &s.known, err)
                    : -EINVAL;
    }
    rc = rc ? rc : run(&s, err);
    json_decref(recipe);
    clear(&s);
    return rc;
}
