/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/explore/batch.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LEARN_EVERY = 256,   /* runs, at first: a sweep's first runs show most of what there is */
    LEARN_EVENLY = 16,   /* times; then each time that the number of runs has doubled */
    DEVIATION_ITEMS = 6, /* in JSON */
    MAX_FAILURES = 8,    /* of other texts in a batch; more are only counted */
};

/* -- A strategy answers ------------------------------------------------------------------------ */

static void look_at(struct batches *b)
{
    if (b->o->strategy->gives_up && b->o->strategy->gives_up(b->state))
        explorer_abandon(b->x);
}

static unsigned pick(void *opaque, const struct point *point)
{
    struct batches *b = opaque;
    unsigned option = b->o->strategy->pick(b->state, &b->o->parameters, point);

    look_at(b);
    return option;
}

static uint32_t answer(void *opaque, const struct question *q)
{
    struct batches *b = opaque;
    const struct strategy_kind *kind = b->o->strategy;
    uint32_t answered =
        kind->answer ? kind->answer(b->state, &b->o->parameters, q) : answer_by_chance(q);

    look_at(b);
    return answered;
}

static void happened(void *opaque, const struct event *e)
{
    struct batches *b = opaque;

    if (b->o->strategy->happened)
        b->o->strategy->happened(b->state, &b->o->parameters, e);
    look_at(b);
}

/* 0: the strategy has no run left; 1: it was made. */
static int one_run(struct batches *b, uint64_t run, struct schedule *taken, struct outcome *out,
                   struct error *err)
{
    const struct strategy_kind *kind = b->o->strategy;
    const struct explorer_picks picks = {.opaque = b,
                                         .seed = run_seed(b->o->parameters.seed, run),
                                         .pick = pick,
                                         .answer = answer,
                                         .happened = happened,
                                         .asks_again = kind->asks_again};
    int go = kind->begin_run ? kind->begin_run(b->state, &b->o->parameters, run) : 1;

    if (go < 0)
        return error_set(err, IRQLAB_EXIT_HOST, go, "out of memory for the strategy");
    return go ? (explorer_run(b->x, &picks, taken, out, err) ?: 1) : 0;
}

/* -- Open and close ---------------------------------------------------------------------------- */

static uint64_t row_count(const struct explore_options *o)
{
    return (o->runs + o->batch - 1) / o->batch;
}

/* After one run, which says what there is to divide. */
static int find_subtrees(struct batches *b, struct error *err)
{
    struct outcome outcome;
    int rc = one_run(b, 0, NULL, &outcome, err);

    if (rc < 0)
        return rc;
    b->count = b->o->strategy->subtrees(b->state, &b->o->parameters);
    return b->count ? 0 : error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory for subtrees");
}

int batches_open(struct batches *b, struct explorer *x, const struct explore_options *o,
                 struct error *err)
{
    *b = (struct batches){.x = x, .o = o, .count = row_count(o), .runs_left = o->runs};
    b->state = calloc(1, o->strategy->state_bytes);
    if (!b->state)
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory for the strategy");
    return o->strategy->subtrees ? find_subtrees(b, err) : 0;
}

void batches_close(struct batches *b)
{
    if (b->state && b->o->strategy->end)
        b->o->strategy->end(b->state);
    free(b->state);
    b->state = NULL;
}

unsigned batches_learned(const struct explore_options *o, uint64_t number)
{
    uint64_t every;

    if (o->strategy->is_sequence || o->strategy->subtrees)
        return 0;
    every = number * o->batch / LEARN_EVERY;
    if (every <= LEARN_EVENLY)
        return (unsigned)every;
    return LEARN_EVENLY + 63 - (unsigned)__builtin_clzll(every / LEARN_EVENLY);
}

/* -- One batch --------------------------------------------------------------------------------- */

struct progress {
    uint64_t number, made, failed, abandoned, events, instructions;
    bool ends, cut; /* the strategy has nothing left; more than could be made is left */
    json_t *lines, *outcomes;
};

static void begin(struct batches *b, uint64_t number)
{
    const struct strategy_kind *kind = b->o->strategy;

    if (kind->subtrees)
        kind->subtree(b->state, &b->o->parameters, number);
    else if (!kind->is_sequence)
        memset(b->state, 0, kind->state_bytes);
}

static uint64_t runs_of(const struct batches *b, uint64_t number)
{
    uint64_t first = number * b->o->batch;

    if (b->o->strategy->subtrees)
        return b->runs_left;
    return b->o->runs - first < b->o->batch ? b->o->runs - first : b->o->batch;
}

static bool is_known(const json_t *lines, const struct outcome *o)
{
    const json_t *line;
    size_t i;

    json_array_foreach(lines, i, line)
    {
        if (json_integer_value(json_object_get(line, "exit_code")) == o->exit_code &&
            !strcmp(json_string_value(json_object_get(line, "text")), o->text))
            return true;
    }
    return false;
}

static json_t *hex(uint64_t value)
{
    return json_sprintf("%016" PRIx64, value);
}

/* Once more, by what it deviated in: that must give the same. */
static int note_failure(struct batches *b, struct progress *p, uint64_t run,
                        const struct schedule *taken, const struct outcome *first,
                        struct error *err)
{
    struct outcome again;
    json_t *line;
    int rc = explorer_replay(b->x, taken, true, &again, err);

    if (rc)
        return rc;
    if (again.diverged || again.exit_code != first->exit_code ||
        again.instructions != first->instructions)
        return error_set(err, IRQLAB_EXIT_DIVERGENCE, -EILSEQ,
                         "run %" PRIu64 " failed (%s), but its schedule does not (deviation %zu)",
                         run, first->text, again.missed);
    line =
        json_pack("{s:s, s:I, s:I, s:i, s:s, s:I, s:I, s:o, s:i, s:o}", "kind", "failure", "batch",
                  (json_int_t)p->number, "at", (json_int_t)p->made, "exit_code", first->exit_code,
                  "text", first->text, "instructions", (json_int_t)first->instructions, "events",
                  (json_int_t)first->events, "state", hex(again.state_hash), "learned",
                  (int)batches_learned(b->o, p->number), "schedule", batch_pack_schedule(taken));
    if (line && !b->o->strategy->subtrees)
        json_object_set_new(line, "run", json_integer((json_int_t)run));
    return json_array_append_new(p->lines, line)
               ? error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory for results")
               : 0;
}

static bool is_wanted(const struct batches *b, uint64_t number)
{
    return !b->last_wanted || number <= *b->last_wanted;
}

static int note_observed(const struct batches *b, struct progress *p, struct error *err)
{
    char text[OBSERVED_BYTES];

    explorer_observed(b->x, text);
    return observed_count(p->outcomes, text, 1)
               ? error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory for results")
               : 0;
}

/* 0: go on; 1: the batch ends here. */
static int next_run(struct batches *b, struct progress *p, struct schedule *taken,
                    struct error *err)
{
    uint64_t run = b->o->strategy->subtrees ? p->made : p->number * b->o->batch + p->made;
    struct outcome outcome;
    int rc = one_run(b, run, taken, &outcome, err);

    if (rc <= 0) {
        p->ends = rc == 0;
        return rc ? rc : 1;
    }
    p->abandoned += outcome.abandoned;
    p->events += outcome.events;
    p->instructions += outcome.instructions;
    rc = note_observed(b, p, err);
    if (!rc && outcome.exit_code) {
        p->failed++;
        if (json_array_size(p->lines) < MAX_FAILURES && !is_known(p->lines, &outcome))
            rc = note_failure(b, p, run, taken, &outcome, err);
    }
    p->made++;
    return rc ? rc : outcome.exit_code && !b->o->keep_going;
}

static json_t *batch_line(const struct batches *b, const struct progress *p)
{
    json_t *line = json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I}", "kind", "batch", "batch",
                             (json_int_t)p->number, "runs", (json_int_t)p->made, "failed",
                             (json_int_t)p->failed, "abandoned", (json_int_t)p->abandoned, "events",
                             (json_int_t)p->events, "instructions", (json_int_t)p->instructions);

    if (p->ends && !b->o->strategy->subtrees)
        json_object_set_new(line, "ends", json_true());
    if (json_object_size(p->outcomes))
        json_object_set(line, "outcomes", p->outcomes);
    if (p->cut)
        json_object_set_new(line, "cut", json_true());
    if (b->o->strategy->classes)
        json_object_set_new(line, "classes",
                            json_integer((json_int_t)b->o->strategy->classes(b->state)));
    return line;
}

/* Whether there would be more, if there were time for it. */
static bool is_cut(const struct batches *b, const struct progress *p, uint64_t most)
{
    const struct strategy_kind *kind = b->o->strategy;

    return kind->subtrees && !p->ends && p->made == most &&
           kind->begin_run(b->state, &b->o->parameters, p->made) > 0;
}

int batch_run(struct batches *b, uint64_t number, json_t **lines, struct error *err)
{
    struct progress p = {.number = number, .lines = json_array(), .outcomes = json_object()};
    json_t *line = NULL;
    uint64_t most = runs_of(b, number);
    struct schedule taken = {0};
    int rc = explorer_learn_to(b->x, batches_learned(b->o, number), err);

    *lines = NULL;
    begin(b, number);
    while (!rc && p.made < most && is_wanted(b, number))
        rc = next_run(b, &p, &taken, err);
    schedule_clear(&taken);
    if (rc >= 0) {
        p.cut = !rc && is_cut(b, &p, most);
        line = batch_line(b, &p);
    }
    json_decref(p.outcomes);
    if (rc < 0 || !is_wanted(b, number)) {
        json_decref(p.lines);
        json_decref(line);
        return rc < 0 ? rc : 0;
    }
    b->runs_left -= b->o->strategy->subtrees ? p.made : 0;
    if (json_array_append_new(p.lines, line)) {
        json_decref(p.lines);
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory for results");
    }
    *lines = p.lines;
    return 0;
}

/* -- Schedules --------------------------------------------------------------------------------- */

json_t *batch_pack_schedule(const struct schedule *s)
{
    json_t *array = json_array();

    for (size_t i = 0; array && i < s->count; i++) {
        const struct deviation *d = &s->items[i];

        json_array_append_new(
            array, json_pack("[s, I, I, I, o, I]", choice_name(d->choice), (json_int_t)d->vcpu,
                             (json_int_t)d->index, (json_int_t)d->again,
                             json_sprintf("0x%" PRIx64, d->pc), (json_int_t)d->to));
    }
    return array;
}

static bool is_number(const json_t *item, uint64_t most)
{
    return json_is_integer(item) && json_integer_value(item) >= 0 &&
           (uint64_t)json_integer_value(item) <= most;
}

static int unpack(const json_t *item, struct schedule *s)
{
    const char *choice = json_string_value(json_array_get(item, 0)),
               *pc = json_string_value(json_array_get(item, 4));
    struct deviation d = {0};
    int end = 0;

    if (!choice || !pc || json_array_size(item) != DEVIATION_ITEMS ||
        !is_number(json_array_get(item, 1), UINT32_MAX) ||
        !is_number(json_array_get(item, 2), INT64_MAX) ||
        !is_number(json_array_get(item, 3), UINT32_MAX) ||
        !is_number(json_array_get(item, 5), UINT32_MAX) ||
        sscanf(pc, "0x%16" SCNx64 "%n", &d.pc, &end) != 1 || pc[end])
        return -EINVAL;
    while (d.choice < N_CHOICES && strcmp(choice, choice_name(d.choice)))
        d.choice++;
    if (d.choice == N_CHOICES)
        return -EINVAL;
    d.vcpu = (unsigned)json_integer_value(json_array_get(item, 1));
    d.index = (uint64_t)json_integer_value(json_array_get(item, 2));
    d.again = (unsigned)json_integer_value(json_array_get(item, 3));
    d.to = (unsigned)json_integer_value(json_array_get(item, 5));
    return schedule_add(s, &d);
}

int batch_unpack_schedule(const json_t *array, struct schedule *s)
{
    const json_t *item;
    size_t i;
    int rc = json_is_array(array) ? 0 : -EINVAL;

    s->count = 0;
    json_array_foreach(array, i, item)
    {
        rc = rc ? rc : unpack(item, s);
    }
    return rc;
}
