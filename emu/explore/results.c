/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/explore/results.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_EXIT_CODE = 255 };

/* -- What lines have --------------------------------------------------------------------------- */

struct member {
    const char *key;
    json_type type;
    bool optional;
};

#define NUMBER(key)                                                                                \
    {                                                                                              \
        key, JSON_INTEGER, false                                                                   \
    }
#define TEXT(key)                                                                                  \
    {                                                                                              \
        key, JSON_STRING, false                                                                    \
    }

static const struct member recipe_members[] = {
    NUMBER("format"),
    TEXT("version"),
    TEXT("image"),
    {"options", JSON_ARRAY, false},
    TEXT("strategy"),
    NUMBER("depth"),
    NUMBER("seed"),
    NUMBER("runs"),
    NUMBER("batch"),
    NUMBER("shard"),
    NUMBER("shards"),
    NUMBER("batches"),
    NUMBER("vcpus"),
    NUMBER("events"),
    {NULL, JSON_NULL, false},
};
static const struct member batch_members[] = {
    NUMBER("batch"),
    NUMBER("runs"),
    NUMBER("failed"),
    NUMBER("abandoned"),
    NUMBER("events"),
    NUMBER("instructions"),
    {"classes", JSON_INTEGER, true},
    {"outcomes", JSON_OBJECT, true},
    {NULL, JSON_NULL, false},
};
static const struct member failure_members[] = {
    NUMBER("batch"),
    NUMBER("at"),
    {"run", JSON_INTEGER, true},
    NUMBER("exit_code"),
    TEXT("text"),
    NUMBER("instructions"),
    TEXT("state"),
    NUMBER("learned"),
    {"schedule", JSON_ARRAY, false},
    {NULL, JSON_NULL, false},
};
static const struct member done_members[] = {
    NUMBER("runs"),           NUMBER("failed"), NUMBER("abandoned"), {"first", JSON_OBJECT, true},
    {NULL, JSON_NULL, false},
};
static const struct member first_members[] = {
    NUMBER("batch"),
    NUMBER("at"),
    NUMBER("exit_code"),
    TEXT("text"),
    NUMBER("found"),
    {"schedule", JSON_ARRAY, false},
    TEXT("file"),
    {"decider", JSON_STRING, true},
    {NULL, JSON_NULL, false},
};

/* The member that is missing, or not what it should be; NULL: all are well. */
static const char *wrong_member(const json_t *line, const struct member *members)
{
    for (const struct member *m = members; m->key; m++) {
        const json_t *value = json_object_get(line, m->key);

        if (!value ? !m->optional : json_typeof(value) != m->type)
            return m->key;
        if (json_is_integer(value) && json_integer_value(value) < 0)
            return m->key;
    }
    return NULL;
}

uint64_t results_number(const json_t *line, const char *key)
{
    return (uint64_t)json_integer_value(json_object_get(line, key));
}

const char *results_text(const json_t *line, const char *key)
{
    const char *text = json_string_value(json_object_get(line, key));

    return text ? text : "";
}

/* -- Reading ----------------------------------------------------------------------------------- */

struct reader {
    const char *name;
    unsigned line;
    struct results *r;
    json_t *failures; /* of a batch whose line is yet to come; or NULL */
    struct error *err;
};

static int refuse(const struct reader *in, const char *what, const char *which)
{
    return error_bad_input(in->err, "%s, line %u: %s%s; is it from 'irqlab explore --json'?",
                           in->name, in->line, what, which);
}

static int take_recipe(struct reader *in, json_t *line)
{
    uint64_t shard = results_number(line, "shard"), shards = results_number(line, "shards");

    if (results_number(line, "format") != RESULTS_FORMAT)
        return error_bad_input(
            in->err, "%s: results of format %" PRIu64 "; this irqlab (%s) reads %d", in->name,
            results_number(line, "format"), IRQLAB_VERSION, RESULTS_FORMAT);
    if (!shard || shard > shards || shards > RESULTS_MAX_SHARDS || !results_number(line, "batch") ||
        results_number(line, "batches") > RESULTS_MAX_BATCHES)
        return refuse(in, "no such shard: ", "shard, shards or batch is wrong");
    in->r->recipe = json_incref(line);
    return 0;
}

static bool is_of_shard(const struct results *r, uint64_t batch)
{
    return batch % results_number(r->recipe, "shards") == results_number(r->recipe, "shard") - 1 &&
           batch < results_number(r->recipe, "batches");
}

static int take_failure(struct reader *in, json_t *line)
{
    uint64_t exit_code = results_number(line, "exit_code");

    if (!exit_code || exit_code > MAX_EXIT_CODE)
        return refuse(in, "a failure", " with no such exit code");
    if (!is_of_shard(in->r, results_number(line, "batch")))
        return refuse(in, "a failure", " of a batch that is not of this shard");
    if (in->failures &&
        results_number(json_array_get(in->failures, 0), "batch") != results_number(line, "batch"))
        return refuse(in, "a failure", " in the midst of another batch's");
    if (!in->failures)
        in->failures = json_array();
    json_array_append(in->failures, line);
    return 0;
}

static int take_batch(struct reader *in, json_t *line)
{
    struct results *r = in->r;
    uint64_t number = results_number(line, "batch");

    if (!is_of_shard(r, number))
        return refuse(in, "a batch", " that is not of this shard");
    if (in->failures && results_number(json_array_get(in->failures, 0), "batch") != number)
        return refuse(in, "a batch", " behind another batch's failures");
    if (!in->failures != !results_number(line, "failed") ||
        json_array_size(in->failures) > results_number(line, "failed"))
        return refuse(in, "a batch", " whose failures are others than it says");
    if (r->n_batches == r->capacity) {
        size_t capacity = r->capacity ? 2 * r->capacity : 64;
        struct results_batch *batches = realloc(r->batches, capacity * sizeof(*batches));

        if (!batches)
            return error_set(in->err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory for %s", in->name);
        r->batches = batches;
        r->capacity = capacity;
    }
    r->batches[r->n_batches++] = (struct results_batch){.number = number,
                                                        .runs = results_number(line, "runs"),
                                                        .failed = results_number(line, "failed"),
                                                        .line = json_incref(line),
                                                        .failures = in->failures};
    in->failures = NULL;
    return 0;
}

static int take_done(struct reader *in, json_t *line)
{
    const json_t *first = json_object_get(line, "first");
    const char *wrong = first ? wrong_member(first, first_members) : NULL;

    if (wrong)
        return refuse(in, "a wrong or missing member: first.", wrong);
    if (in->failures)
        return refuse(in, "an end", " behind failures of no batch");
    in->r->done = json_incref(line);
    return 0;
}

static const struct kind {
    const char *name;
    const struct member *members;
    int (*take)(struct reader *in, json_t *line);
} kinds[] = {
    {"recipe", recipe_members, take_recipe},
    {"failure", failure_members, take_failure},
    {"batch", batch_members, take_batch},
    {"done", done_members, take_done},
};

static int take_object(struct reader *in, json_t *line)
{
    const char *name = results_text(line, "kind"), *wrong;
    const struct kind *k = kinds;

    while (k < kinds + 4 && strcmp(k->name, name))
        k++;
    if (k == kinds + 4)
        return refuse(in, "not a line of results", "");
    if ((k->take == take_recipe) != !in->r->recipe)
        return refuse(in, "the recipe is the first line, and only that", "");
    if (in->r->done)
        return refuse(in, "something behind the end", "");
    wrong = wrong_member(line, k->members);
    return wrong ? refuse(in, "a wrong or missing member: ", wrong) : k->take(in, line);
}

static int take_line(struct reader *in, const char *text, size_t size)
{
    json_t *line = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
    int rc = line ? take_object(in, line) : refuse(in, "not a line of JSON", "");

    json_decref(line);
    return rc;
}

static int by_number(const void *a, const void *b)
{
    const struct results_batch *x = a, *y = b;

    return (x->number > y->number) - (x->number < y->number);
}

static int sort(const char *name, struct results *r, struct error *err)
{
    if (r->n_batches)
        qsort(r->batches, r->n_batches, sizeof(*r->batches), by_number);
    for (size_t i = 1; i < r->n_batches; i++) {
        if (r->batches[i].number == r->batches[i - 1].number)
            return error_bad_input(err, "%s has batch %" PRIu64 " twice", name,
                                   r->batches[i].number);
    }
    return 0;
}

int results_parse(const char *name, const char *text, size_t size, struct results *r,
                  struct error *err)
{
    struct reader in = {.name = name, .r = r, .err = err};
    const char *at = text, *end;
    int rc = 0;

    *r = (struct results){0};
    while (!rc && (end = size ? memchr(at, '\n', size - (size_t)(at - text)) : NULL)) {
        in.line++;
        rc = take_line(&in, at, (size_t)(end - at));
        at = end + 1;
        if (!rc && !in.failures)
            r->whole_bytes = (size_t)(at - text);
    }
    json_decref(in.failures);
    if (!rc && !r->recipe)
        rc = error_bad_input(err, "%s has no results: its first line is not whole", name);
    rc = rc ? rc : sort(name, r, err);
    if (rc)
        results_clear(r);
    return rc;
}

/* All of it, from its beginning; NULL: errno says why. */
static char *read_file(int fd, size_t *size)
{
    char *text = NULL, block[65536];
    FILE *copy = open_memstream(&text, size);
    ssize_t n = copy ? 1 : -1;
    bool good;

    for (off_t at = 0; n > 0; at += n) {
        n = pread(fd, block, sizeof(block), at);
        if (n > 0)
            fwrite(block, 1, (size_t)n, copy);
    }
    good = n == 0 && !ferror(copy);
    good = (!copy || !fclose(copy)) && good;
    if (good)
        return text;
    free(text);
    return NULL;
}

int results_read_fd(const char *name, int fd, struct results *r, struct error *err)
{
    size_t size;
    char *text = fd < 0 ? NULL : read_file(fd, &size);
    int rc;

    *r = (struct results){0};
    if (!text)
        return error_bad_input(err, "cannot read %s: %s", name, strerror(errno));
    rc = results_parse(name, text, size, r, err);
    free(text);
    return rc;
}

int results_read(const char *path, struct results *r, struct error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC), rc = results_read_fd(path, fd, r, err);

    if (fd >= 0)
        close(fd);
    return rc;
}

void results_clear(struct results *r)
{
    for (size_t i = 0; i < r->n_batches; i++) {
        json_decref(r->batches[i].line);
        json_decref(r->batches[i].failures);
    }
    free(r->batches);
    json_decref(r->recipe);
    json_decref(r->done);
    *r = (struct results){0};
}

const struct results_batch *results_find(const struct results *r, uint64_t number)
{
    const struct results_batch key = {.number = number};

    return r->n_batches ? bsearch(&key, r->batches, r->n_batches, sizeof(*r->batches), by_number)
                        : NULL;
}

/* -- Recipes ----------------------------------------------------------------------------------- */

static bool may_differ(const char *key, bool any_shard)
{
    return !strcmp(key, "kernel") || (any_shard && !strcmp(key, "shard"));
}

static void show(const json_t *value, char *text, size_t size)
{
    char *dumped = value ? json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;

    snprintf(text, size, "%s", dumped ? dumped : "absent");
    free(dumped);
}

/* Whether all of @a's members are so in @b. */
static const char *difference(const json_t *a, const json_t *b, bool any_shard)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)a, key, value)
    {
        if (!may_differ(key, any_shard) && !json_equal(value, json_object_get(b, key)))
            return key;
    }
    return NULL;
}

int results_same_recipe(const char *name_a, const json_t *a, const char *name_b, const json_t *b,
                        bool any_shard, struct error *err)
{
    const char *key = difference(a, b, any_shard);
    char in_a[256], in_b[256];

    key = key ? key : difference(b, a, any_shard);
    if (!key)
        return 0;
    show(json_object_get(a, key), in_a, sizeof(in_a));
    show(json_object_get(b, key), in_b, sizeof(in_b));
    return error_bad_input(err,
                           "%s and %s are not of one recipe: '%s' is %s in the first, %s in "
                           "the second",
                           name_a, name_b, key, in_a, in_b);
}
