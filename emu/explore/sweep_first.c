/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The end of a sweep: its first failure, shrunk, and the last line of its results. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/explore/schedule_save.h"
#include "emu/explore/sweep_internal.h"
#include "emu/whole_file.h"

/* -- The first failure ------------------------------------------------------------------------- */

static void describe_decider(struct sweep *s, const struct decider *d)
{
    const struct machine *m = explorer_machine(s->x);
    char first[192], second[192], one[EVENT_THREAD], other[EVENT_THREAD];

    if (!d->known)
        return;
    event_describe(m, &d->first, first, sizeof(first));
    event_describe(m, &d->second, second, sizeof(second));
    event_thread(m, d->first.vcpu, one, sizeof(one));
    event_thread(m, d->second.vcpu, other, sizeof(other));
    snprintf(s->t->decider, sizeof(s->t->decider), "%s (%s) comes before %s (%s)", one, first,
             other, second);
}

static void name_run(const struct sweep *s, char *text, size_t size)
{
    const struct explore_options *o = s->o;
    char subtree[32] = "";

    if (s->t->in_subtree)
        snprintf(subtree, sizeof(subtree), " subtree=%" PRIu64, s->t->first_batch);
    snprintf(text, size, "%s depth=%" PRIu64 " seed=%" PRIu64 "%s run=%" PRIu64, o->strategy->name,
             o->depth, o->parameters.seed, subtree, s->t->first_run);
}

int sweep_keep_first(struct sweep *s, struct error *err)
{
    char strategy[64];
    const struct schedule_save save = {s->o, s->run_options, strategy,
                                       (unsigned)results_number(s->first, "learned")};
    struct shrinking shrinking = {0};
    struct schedule schedule = {0};
    struct tally *t = s->t;
    int rc = batch_unpack_schedule(json_object_get(s->first, "schedule"), &schedule);

    if (rc)
        rc = error_bad_input(err, "run %" PRIu64 ": not a schedule", t->first_run);
    name_run(s, strategy, sizeof(strategy));
    rc = rc ? rc : schedule_save(s->x, &save, &schedule, &t->first, &shrinking, err);
    if (!rc) {
        t->found = shrinking.from;
        t->shrunk = shrinking.to;
        describe_decider(s, &shrinking.decider);
        json_object_set_new(s->first, "found", json_integer((json_int_t)t->found));
        json_object_set_new(s->first, "schedule", batch_pack_schedule(&schedule));
    }
    schedule_clear(&schedule);
    return rc;
}

/* -- The last line ----------------------------------------------------------------------------- */

static json_t *text_of(const char *path)
{
    FILE *in = fopen(path, "r");
    char *text = NULL;
    size_t room = 0;
    ssize_t n = in ? getdelim(&text, &room, '\0', in) : -1;
    json_t *string = n >= 0 ? json_stringn(text, (size_t)n) : NULL;

    free(text);
    if (in)
        fclose(in);
    return string ? string : json_string("");
}

static json_t *first_of(const struct sweep *s)
{
    json_t *first = json_copy(s->first);

    json_object_del(first, "kind");
    json_object_set_new(first, "exit_code", json_integer(s->t->first.exit_code));
    json_object_set_new(first, "text", json_string(s->t->first.text));
    json_object_set_new(first, "run", json_integer((json_int_t)s->t->first_run));
    json_object_set_new(first, "file", text_of(explore_options_output(s->o)));
    if (s->t->decider[0])
        json_object_set_new(first, "decider", json_string(s->t->decider));
    return first;
}

int sweep_done(struct sweep *s, struct error *err)
{
    const struct tally *t = s->t;
    json_t *line = json_pack("{s:s, s:I, s:I, s:I, s:b}", "kind", "done", "runs",
                             (json_int_t)t->runs, "failed", (json_int_t)t->failures, "abandoned",
                             (json_int_t)t->abandoned, "exhausted", t->exhausted);
    json_t *lines;
    int rc;

    if (t->classes)
        json_object_set_new(line, "classes", json_integer((json_int_t)t->classes));
    if (s->first)
        json_object_set_new(line, "first", first_of(s));
    lines = json_pack("[o]", line);
    rc = lines ? results_file_add(&s->file, lines, err)
               : error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory for results");
    json_decref(lines);
    return rc;
}

/* -- A sweep that was at its end before -------------------------------------------------------- */

static int write_again(const char *path, const json_t *first, struct error *err)
{
    struct whole_file out;
    int rc = whole_file_open(&out, path, "schedule", err);

    if (rc)
        return rc;
    fputs(results_text(first, "file"), out.file);
    return whole_file_finish(&out, "schedule", err);
}

int sweep_was_done(struct sweep *s, struct error *err)
{
    const json_t *done = s->known.done, *first = json_object_get(done, "first");
    struct tally *t = s->t;

    t->runs = results_number(done, "runs");
    t->failures = results_number(done, "failed");
    t->abandoned = results_number(done, "abandoned");
    t->classes = results_number(done, "classes");
    t->exhausted = json_is_true(json_object_get(done, "exhausted"));
    if (!first)
        return 0;
    t->first.exit_code = (int)results_number(first, "exit_code");
    snprintf(t->first.text, sizeof(t->first.text), "%s", results_text(first, "text"));
    snprintf(t->decider, sizeof(t->decider), "%s", results_text(first, "decider"));
    t->first_run = results_number(first, "run");
    t->first_batch = results_number(first, "batch");
    t->in_subtree = s->o->strategy->subtrees && s->o->n_shards > 1;
    t->found = results_number(first, "found");
    t->shrunk = json_array_size(json_object_get(first, "schedule"));
    return write_again(explore_options_output(s->o), first, err);
}
