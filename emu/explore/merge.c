/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/explore/merge.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/explore/recipe.h"

static int out_of_memory(struct error *err)
{
    return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory for results");
}

/* -- Batches ----------------------------------------------------------------------------------- */

struct origin {
    struct results_batch batch;
    size_t file;
};

static int by_number(const void *a, const void *b)
{
    const struct origin *x = a, *y = b;

    if (x->batch.number != y->batch.number)
        return x->batch.number > y->batch.number ? 1 : -1;
    return (x->file > y->file) - (x->file < y->file);
}

static struct origin *all_batches(const struct results files[], size_t n, size_t *count)
{
    struct origin *all;
    size_t sum = 0;

    for (size_t f = 0; f < n; f++)
        sum += files[f].n_batches;
    all = calloc(sum + 1, sizeof(*all));
    *count = 0;
    for (size_t f = 0; all && f < n; f++) {
        for (size_t i = 0; i < files[f].n_batches; i++)
            all[(*count)++] = (struct origin){files[f].batches[i], f};
    }
    if (*count)
        qsort(all, *count, sizeof(*all), by_number);
    return all;
}

static bool is_same(const struct results_batch *a, const struct results_batch *b)
{
    return json_equal(a->line, b->line) && (!a->failures) == (!b->failures) &&
           (!a->failures || json_equal(a->failures, b->failures));
}

static int join_batches(const char *const names[], const struct results files[], size_t n,
                        struct merged *m, struct error *err)
{
    size_t count;
    struct origin *all = all_batches(files, n, &count);
    int rc = 0;

    m->batches = calloc(count + 1, sizeof(*m->batches));
    if (!all || !m->batches)
        rc = out_of_memory(err);
    for (size_t i = 0; !rc && i < count; i++) {
        if (i && all[i].batch.number == all[i - 1].batch.number) {
            if (!is_same(&all[i].batch, &all[i - 1].batch))
                rc = error_bad_input(err,
                                     "%s and %s differ in batch %" PRIu64
                                     ": they are not of one program, or one of them is damaged",
                                     names[all[i - 1].file], names[all[i].file],
                                     all[i].batch.number);
            continue;
        }
        m->batches[m->n_batches++] = all[i].batch;
    }
    free(all);
    return rc;
}

/* -- Shards ------------------------------------------------------------------------------------ */

static int note_shard(const char *name, const struct results *r, struct merged *m,
                      struct error *err)
{
    struct merged_shard *s = &m->shards[results_number(r->recipe, "shard") - 1];

    s->present = true;
    if (!r->done)
        return 0;
    if (s->done && (results_number(s->done, "runs") != results_number(r->done, "runs") ||
                    results_number(s->done, "failed") != results_number(r->done, "failed")))
        return error_bad_input(err, "%s: another file of this shard has another end", name);
    s->done = r->done;
    return 0;
}

static void count_batches(struct merged *m)
{
    for (size_t i = 0; i < m->n_batches; i++) {
        struct merged_shard *s = &m->shards[m->batches[i].number % m->n_shards];

        s->runs += m->batches[i].runs;
        s->failed += m->batches[i].failed;
        s->abandoned += results_number(m->batches[i].line, "abandoned");
        s->n_batches++;
    }
}

/* Who is at its end knows best what counts. */
static void count_shards(struct merged *m)
{
    m->complete = m->exhausted = true;
    for (uint64_t i = 0; i < m->n_shards; i++) {
        struct merged_shard *s = &m->shards[i];

        if (s->done) {
            s->runs = results_number(s->done, "runs");
            s->failed = results_number(s->done, "failed");
            s->abandoned = results_number(s->done, "abandoned");
        }
        m->runs += s->runs;
        m->failed += s->failed;
        m->abandoned += s->abandoned;
        m->complete &= s->done != NULL;
        m->exhausted &= s->done && json_is_true(json_object_get(s->done, "exhausted"));
    }
}

static int join_shards(const char *const names[], const struct results files[], size_t n,
                       struct merged *m, struct error *err)
{
    int rc = 0;

    m->n_shards = results_number(m->recipe, "shards");
    m->shards = calloc(m->n_shards, sizeof(*m->shards));
    if (!m->shards)
        return out_of_memory(err);
    for (size_t i = 0; !rc && i < n; i++)
        rc = note_shard(names[i], &files[i], m, err);
    count_batches(m);
    count_shards(m);
    return rc;
}

/* -- Failures ---------------------------------------------------------------------------------- */

static struct merged_failure *add_failure(struct merged *m, const json_t *line)
{
    size_t n = m->n_failures;
    struct merged_failure *f;

    if ((n & (n - 1)) == 0) {
        f = realloc(m->failures, (n ? 2 * n : 1) * sizeof(*f));
        if (!f)
            return NULL;
        m->failures = f;
    }
    f = &m->failures[m->n_failures++];
    *f = (struct merged_failure){.exit_code = (int)results_number(line, "exit_code"),
                                 .texts = json_pack("[O]", json_object_get(line, "text")),
                                 .batch = results_number(line, "batch"),
                                 .at = results_number(line, "at"),
                                 .deciders = json_array(),
                                 .schedules = json_array()};
    return f;
}

/* Its place + 1 in `index`, by exit code and text; 0: it is new. */
static size_t find_failure(const json_t *index, const json_t *line, char **key)
{
    if (asprintf(key, "%" PRIu64 " %s", results_number(line, "exit_code"),
                 results_text(line, "text")) < 0)
        *key = NULL;
    return *key ? (size_t)json_integer_value(json_object_get(index, *key)) : 0;
}

static int note_failure(struct merged *m, json_t *index, const json_t *line)
{
    char *key;
    size_t at = find_failure(index, line, &key);
    int rc = key ? 0 : -ENOMEM;

    if (!rc && !at) {
        rc = add_failure(m, line) ? 0 : -ENOMEM;
        at = m->n_failures;
        json_object_set_new(index, key, json_integer((json_int_t)at));
    }
    if (!rc)
        m->failures[at - 1].batches++;
    free(key);
    return rc;
}

static bool has(const json_t *array, const json_t *item)
{
    json_t *other;
    size_t i;

    json_array_foreach(array, i, other)
    {
        if (json_equal(other, item))
            return true;
    }
    return false;
}

static void add_once(json_t *array, json_t *item)
{
    if (item && !has(array, item))
        json_array_append(array, item);
}

/* The later one becomes a part of the earlier: they were shrunk to the same. */
static void join_two(struct merged_failure *a, struct merged_failure *b)
{
    json_t *item;
    size_t i;

    json_array_foreach(b->texts, i, item) add_once(a->texts, item);
    json_array_foreach(b->deciders, i, item) add_once(a->deciders, item);
    json_array_foreach(b->schedules, i, item) add_once(a->schedules, item);
    a->batches += b->batches;
    b->is_joined = true;
}

static void join_by_schedule(struct merged *m, size_t at, const json_t *schedule)
{
    for (size_t i = 0; i < m->n_failures; i++) {
        size_t first = i < at ? i : at, second = i < at ? at : i;

        if (i != at && !m->failures[i].is_joined && !m->failures[at].is_joined &&
            m->failures[i].exit_code == m->failures[at].exit_code &&
            has(m->failures[i].schedules, schedule))
            join_two(&m->failures[first], &m->failures[second]);
    }
}

/* What a shard knows of its first failure. */
static int note_first(struct merged *m, const json_t *index, const json_t *first)
{
    char *key;
    size_t at = find_failure(index, first, &key);
    struct merged_failure *f = at ? &m->failures[at - 1] : NULL;
    int rc = key ? 0 : -ENOMEM;

    free(key);
    if (!f)
        return rc;
    add_once(f->deciders, json_object_get(first, "decider"));
    add_once(f->schedules, json_object_get(first, "schedule"));
    join_by_schedule(m, at - 1, json_object_get(first, "schedule"));
    if (m->failures[0].batch == results_number(first, "batch") &&
        m->failures[0].at == results_number(first, "at"))
        m->first = first;
    return 0;
}

static int join_failures(struct merged *m, struct error *err)
{
    json_t *index = json_object(), *line;
    int rc = index ? 0 : -ENOMEM;
    size_t i;

    for (size_t b = 0; !rc && b < m->n_batches; b++) {
        json_array_foreach(m->batches[b].failures, i, line) rc =
            rc ? rc : note_failure(m, index, line);
    }
    for (uint64_t s = 0; !rc && s < m->n_shards; s++) {
        const json_t *first = json_object_get(m->shards[s].done, "first");

        rc = first ? note_first(m, index, first) : 0;
    }
    json_decref(index);
    return rc ? out_of_memory(err) : 0;
}

/* -- The whole --------------------------------------------------------------------------------- */

int merge_results(const char *const names[], const struct results files[], size_t n,
                  struct merged *m, struct error *err)
{
    struct strategy_parameters p;
    const struct strategy_kind *kind;
    int rc = 0;

    *m = (struct merged){.recipe = files[0].recipe};
    if (recipe_parameters(m->recipe, &kind, &p))
        return error_bad_input(err, "%s: this irqlab knows no strategy '%s'", names[0],
                               results_text(m->recipe, "strategy"));
    for (size_t i = 1; !rc && i < n; i++)
        rc = results_same_recipe(names[0], m->recipe, names[i], files[i].recipe, true, err);
    rc = rc ? rc : join_batches(names, files, n, m, err);
    rc = rc ? rc : join_shards(names, files, n, m, err);
    rc = rc ? rc : join_failures(m, err);
    if (rc)
        merge_clear(m);
    return rc;
}

void merge_clear(struct merged *m)
{
    for (size_t i = 0; i < m->n_failures; i++) {
        json_decref(m->failures[i].texts);
        json_decref(m->failures[i].deciders);
        json_decref(m->failures[i].schedules);
    }
    free(m->failures);
    free(m->batches);
    free(m->shards);
    *m = (struct merged){0};
}

bool merge_run_number(const struct merged *m, uint64_t batch, uint64_t at, uint64_t *run)
{
    const struct strategy_kind *kind = strategy_find(results_text(m->recipe, "strategy"));

    *run = batch * results_number(m->recipe, "batch") + at;
    if (!kind->subtrees)
        return true;
    *run = at;
    for (size_t i = 0; i < m->n_batches && m->batches[i].number < batch; i++) {
        if (m->batches[i].number != i)
            return false;
        *run += m->batches[i].runs;
    }
    return batch == 0 || (batch <= m->n_batches && m->batches[batch - 1].number == batch - 1);
}

static void add_range(json_t *ranges, uint64_t first, uint64_t last)
{
    json_array_append_new(ranges, json_pack("[I, I]", (json_int_t)first, (json_int_t)last));
}

json_t *merge_missing(const struct merged *m, uint64_t shard)
{
    uint64_t count = results_number(m->recipe, "batches"), step = m->n_shards, next = shard;
    json_t *ranges = json_array();

    for (size_t i = 0; i < m->n_batches; i++) {
        uint64_t number = m->batches[i].number;

        if (number % step != shard)
            continue;
        if (number > next)
            add_range(ranges, next, number - step);
        next = number + step;
    }
    if (next < count)
        add_range(ranges, next, next + (count - 1 - next) / step * step);
    return ranges;
}
