/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `irqlab merge`: what the shards of a sweep have found, together. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/commands.h"
#include "emu/explore/merge.h"
#include "emu/explore/recipe.h"
#include "emu/whole_file.h"

enum { MAX_SHOWN = 20, TEXT_BYTES = 256 };

static const char *const help =
    "Usage: irqlab merge [--json[=FILE]] [--output FILE] RESULTS...\n"
    "Joins what irqlab explore --json has written for the shards of one sweep: runs and bounds add "
    "up, each\n"
    "failure is shown once, what is missing is named. Exit code: that of the first failure; 110: "
    "none, but\n"
    "something is missing; 0: none.\n\n"
    "  --json[=FILE]      as lines of JSON (default: stdout)\n"
    "  --output FILE      the first failure's schedule, for explore --replay\n";

struct merge_options {
    const char *json, *output;
    const char **names; /* [n]; not owned */
    size_t n;
    bool help;
};

/* -- As text ----------------------------------------------------------------------------------- */

static void run_text(const struct merged *m, uint64_t batch, uint64_t at, char *text, size_t size)
{
    uint64_t run;

    if (merge_run_number(m, batch, at, &run))
        snprintf(text, size, "run %" PRIu64, run);
    else
        snprintf(text, size, "run %" PRIu64 " of subtree %" PRIu64, at, batch);
}

static void bound_text(const struct merged *m, char *text, size_t size)
{
    const struct strategy_kind *kind;
    struct strategy_parameters p;

    *text = 0;
    recipe_parameters(m->recipe, &kind, &p);
    if (m->failed)
        return;
    if (!m->exhausted)
        strategy_bound(kind, &p, m->runs, text, size);
    else if (kind == &strategy_exhaust)
        snprintf(text, size, "exhausted: no schedule with at most %u preemptions fails", p.depth);
    else
        snprintf(text, size, "exhausted: no schedule of the strategy fails");
}

static void print_unfinished(const struct merged *m, uint64_t shard)
{
    json_t *ranges = merge_missing(m, shard), *range;
    size_t i, n = json_array_size(ranges);

    printf("not at its end: shard %" PRIu64 "/%" PRIu64 " (explore --resume goes on)%s", shard + 1,
           m->n_shards, n ? "; without batches" : "");
    json_array_foreach(ranges, i, range)
    {
        if (i < MAX_SHOWN)
            printf("%s %lld-%lld", i ? "," : "",
                   (long long)json_integer_value(json_array_get(range, 0)),
                   (long long)json_integer_value(json_array_get(range, 1)));
    }
    printf("%s\n", n > MAX_SHOWN ? ", ..." : "");
    json_decref(ranges);
}

static void print_missing(const struct merged *m)
{
    for (uint64_t s = 0; s < m->n_shards; s++) {
        if (!m->shards[s].present)
            printf("missing: shard %" PRIu64 "/%" PRIu64 "\n", s + 1, m->n_shards);
        else if (!m->shards[s].done)
            print_unfinished(m, s);
    }
}

static void print_failure(const struct merged *m, const struct merged_failure *f)
{
    char run[80];
    json_t *item;
    size_t i;

    run_text(m, f->batch, f->at, run, sizeof(run));
    printf("exit code %d: %s\n  first: %s; in %" PRIu64 " batch%s\n", f->exit_code,
           json_string_value(json_array_get(f->texts, 0)), run, f->batches,
           f->batches == 1 ? "" : "es");
    json_array_foreach(f->texts, i, item)
    {
        if (i && i < MAX_SHOWN)
            printf("  also: %s\n", json_string_value(item));
    }
    json_array_foreach(f->deciders, i, item)
    {
        if (i < MAX_SHOWN)
            printf("  it fails because %s\n", json_string_value(item));
    }
}

static void print_text(const struct merged *m)
{
    char bound[TEXT_BYTES];
    size_t shown = 0;

    bound_text(m, bound, sizeof(bound));
    printf("%s: %" PRIu64 " runs, %" PRIu64 " failed, in %zu batches of %" PRIu64 "\n",
           results_text(m->recipe, "strategy"), m->runs, m->failed, m->n_batches,
           results_number(m->recipe, "batches"));
    if (*bound)
        printf("%s\n", bound);
    for (size_t i = 0; i < m->n_failures; i++) {
        if (!m->failures[i].is_joined && shown++ < MAX_SHOWN)
            print_failure(m, &m->failures[i]);
    }
    if (shown > MAX_SHOWN)
        printf("and %zu other failures: --json has them all\n", shown - MAX_SHOWN);
    print_missing(m);
}

/* -- As JSON ----------------------------------------------------------------------------------- */

static json_t *missing_json(const struct merged *m)
{
    json_t *array = json_array();

    for (uint64_t s = 0; s < m->n_shards; s++) {
        const struct merged_shard *shard = &m->shards[s];

        if (!shard->done)
            json_array_append_new(array, json_pack("{s:I, s:b, s:o*}", "shard", (json_int_t)(s + 1),
                                                   "present", shard->present, "batches",
                                                   shard->present ? merge_missing(m, s) : NULL));
    }
    return array;
}

static json_t *recipe_json(const struct merged *m)
{
    json_t *recipe = json_copy((json_t *)m->recipe);

    json_object_del(recipe, "kind");
    json_object_del(recipe, "shard");
    json_object_del(recipe, "shards");
    json_object_del(recipe, "kernel");
    return recipe;
}

static json_t *merged_json(const struct merged *m)
{
    const struct strategy_kind *kind;
    struct strategy_parameters p;
    char bound[TEXT_BYTES];
    json_t *line = json_pack("{s:s, s:I, s:I, s:I, s:b, s:b, s:o, s:o}", "kind", "merged", "runs",
                             (json_int_t)m->runs, "failed", (json_int_t)m->failed, "abandoned",
                             (json_int_t)m->abandoned, "complete", m->complete, "exhausted",
                             m->exhausted, "missing", missing_json(m), "recipe", recipe_json(m));

    bound_text(m, bound, sizeof(bound));
    recipe_parameters(m->recipe, &kind, &p);
    if (*bound)
        json_object_set_new(line, "bound", json_string(bound));
    if (strategy_p_miss(kind, &p, m->runs) < 1)
        json_object_set_new(line, "p_miss", json_real(strategy_p_miss(kind, &p, m->runs)));
    return line;
}

static json_t *failure_json(const struct merged *m, const struct merged_failure *f)
{
    json_t *line = json_pack("{s:s, s:i, s:O, s:I, s:I, s:I, s:O, s:O}", "kind", "merged-failure",
                             "exit_code", f->exit_code, "texts", f->texts, "batches",
                             (json_int_t)f->batches, "batch", (json_int_t)f->batch, "at",
                             (json_int_t)f->at, "deciders", f->deciders, "schedules", f->schedules);
    uint64_t run;

    if (merge_run_number(m, f->batch, f->at, &run))
        json_object_set_new(line, "run", json_integer((json_int_t)run));
    return line;
}

static bool put_line(FILE *out, json_t *line)
{
    bool good = line && !json_dumpf(line, out, JSON_COMPACT | JSON_PRESERVE_ORDER) &&
                putc('\n', out) != EOF;

    json_decref(line);
    return good;
}

static bool put_all(FILE *out, const struct merged *m)
{
    bool good = put_line(out, merged_json(m));

    for (size_t i = 0; good && i < m->n_failures; i++) {
        if (!m->failures[i].is_joined)
            good = put_line(out, failure_json(m, &m->failures[i]));
    }
    return good;
}

static int write_json(const char *path, const struct merged *m, struct error *err)
{
    struct whole_file out;
    int rc;

    if (!strcmp(path, "-"))
        return put_all(stdout, m) && !fflush(stdout)
                   ? 0
                   : error_set(err, IRQLAB_EXIT_HOST, -EIO, "--json: cannot write");
    rc = whole_file_open(&out, path, "--json", err);
    if (rc)
        return rc;
    if (put_all(out.file, m))
        return whole_file_finish(&out, "--json", err);
    whole_file_abandon(&out);
    return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory for %s", path);
}

/* -- The command ------------------------------------------------------------------------------- */

static int write_schedule(const char *path, const struct merged *m, struct error *err)
{
    struct whole_file out;
    int rc;

    if (!m->n_failures)
        return error_bad_input(err, "--output %s: nothing failed", path);
    if (!m->first)
        return error_bad_input(err,
                               "--output %s: the shard of the first failure is not at its end; "
                               "explore --resume goes on with it",
                               path);
    rc = whole_file_open(&out, path, "--output", err);
    if (rc)
        return rc;
    fputs(results_text(m->first, "file"), out.file);
    return whole_file_finish(&out, "--output", err);
}

static int show(const struct merge_options *o, const struct merged *m, struct error *err)
{
    int rc = 0;

    if (o->json)
        rc = write_json(o->json, m, err);
    if (!rc && (!o->json || strcmp(o->json, "-")))
        print_text(m);
    if (!rc && o->output)
        rc = write_schedule(o->output, m, err);
    return rc;
}

static int merge(const struct merge_options *o, struct error *err)
{
    struct results *files = calloc(o->n, sizeof(*files));
    struct merged m = {0};
    int code = IRQLAB_EXIT_OK, rc = 0;

    if (!files)
        return (int)(error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory"), err->exit_code);
    for (size_t i = 0; !rc && i < o->n; i++)
        rc = results_read(o->names[i], &files[i], err);
    rc = rc ? rc : merge_results(o->names, files, o->n, &m, err);
    rc = rc ? rc : show(o, &m, err);
    if (rc)
        code = (int)err->exit_code;
    else if (m.n_failures)
        code = m.failures[0].exit_code;
    else if (!m.complete)
        code = IRQLAB_EXIT_LIMIT;
    merge_clear(&m);
    for (size_t i = 0; i < o->n; i++)
        results_clear(&files[i]);
    free(files);
    return code;
}

/* A word behind --json is a file of results: only --json=FILE names where to. */
static int parse(int argc, char **argv, struct merge_options *o, struct error *err)
{
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
            o->help = true;
        else if (!strcmp(argv[i], "--json"))
            o->json = "-";
        else if (!strncmp(argv[i], "--json=", 7))
            o->json = argv[i] + 7;
        else if (!strncmp(argv[i], "--output=", 9))
            o->output = argv[i] + 9;
        else if (!strcmp(argv[i], "--output") && i + 1 < argc)
            o->output = argv[++i];
        else if (argv[i][0] == '-')
            return error_bad_input(err,
                                   "'%s' is not an option of merge, or lacks a value; try "
                                   "irqlab merge --help",
                                   argv[i]);
        else
            o->names[o->n++] = argv[i];
    }
    if (!o->help && !o->n)
        return error_bad_input(err, "which files? Give those of irqlab explore --json");
    return 0;
}

int cmd_merge(int argc, char **argv)
{
    struct merge_options o = {.names = calloc((size_t)argc, sizeof(*o.names))};
    struct error err = {0};
    int code = IRQLAB_EXIT_OK;

    if (!o.names)
        code = (int)(error_set(&err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory"), err.exit_code);
    else if (parse(argc, argv, &o, &err))
        code = (int)err.exit_code;
    else if (o.help)
        fputs(help, stdout);
    else
        code = merge(&o, &err);
    if (err.text[0])
        fprintf(stderr, "irqlab merge: %s\n", err.text);
    free(o.names);
    return code;
}
