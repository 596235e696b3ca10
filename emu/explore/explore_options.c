/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/explore/explore_options.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "emu/explore/results.h"
#include "emu/explore/weak.h"
#include "emu/values.h"

#define DEFAULT_RUNS             10000
#define DEFAULT_DEPTH            3
#define DEFAULT_MAX_EVENTS       100000
#define DEFAULT_MAX_INSTRUCTIONS 100000000ull
#define DEFAULT_LOST             10000000ull
#define DEFAULT_BATCH            64
#define MOST                     (1ull << 40)
#define MOST_JOBS                1024
#define MOST_BATCH               (1 << 20)

static const char *const help_text =
    "Usage: irqlab explore [OPTION]... [OPTION of irqlab run]...\n"
    "       irqlab explore --replay FILE [--times N] [--continue random:SEED] [OPTION of irqlab "
    "run]...\n"
    "       irqlab explore --shrink FILE | --swap FILE\n"
    "Runs a guest's test (it calls race_begin() and race_end(), images/lib/race.h) again and "
    "again, each\n"
    "time with another order of its vCPUs' accesses. Exit code: that of the first failure; 0: "
    "none.\n\n"
    "  --strategy NAME    round-robin, random (default), pct, pos, surw, hints, delay, exhaust, "
    "dpor\n"
    "  --depth N          pct: the bug's depth; delay, exhaust: the bound (default 3)\n"
    "  --runs N           at most (default 10000)\n"
    "  --seed N           where chance starts (default 1)\n"
    "  --keep-going       do not stop at the first failure\n"
    "  --output FILE      the first failure's schedule (default: irqlab.schedule)\n"
    "  --no-shrink        write it as it was found, not the least that fails\n"
    "  --max-events N     a run with more makes no progress (default 100000)\n"
    "  --stxr-fails N     so many store-exclusives of a run may fail for no reason (default 0)\n"
    "  --no-devices, --no-sysregs\n"
    "                     accesses to devices, to the GIC's registers are no events\n"
    "  --weak[=N]         memory is weak, as Arm's: accesses are put off N events at most "
    "(default 2)\n"
    "  --panic SYMBOL     a run that reaches it has failed\n"
    "  --invariant [end:]SYMBOL==N (or != <= >= < >)\n"
    "                     holds at every event, or at the end\n"
    "  --lost N           an interrupt not taken for N instructions is lost (default 10000000; 0: "
    "never)\n"
    "  --no-eoi-check     interrupts may be ended twice, out of order, or never\n"
    "  --jobs N           so many processes at a time (default 1); the result is the same\n"
    "  --shard I/N        the Ith of N shares of the runs; irqlab merge joins them\n"
    "  --json [FILE]      results as lines of JSON (default: stdout)\n"
    "  --resume           go on with what --json FILE has; a new one if there is none\n"
    "  --batch N          runs that are finished together (default 64)\n"
    "  --replay FILE      run a schedule; --times N: so often (default 1), and compare. With "
    "another\n"
    "                     image (-kernel), its deviations are found by function, access and "
    "count\n"
    "  --continue random:SEED\n"
    "                     behind the schedule, or from the first mismatch on, by chance\n"
    "  --shrink FILE      shrink a schedule, and write it to --output\n"
    "  --swap FILE        run a schedule with its deciding events the other way round\n";

enum option_kind {
    OPTION_NUMBER,
    OPTION_LEVEL, /* a number behind `=`, or WEAK_DEFAULT_BOUND without */
    OPTION_TEXT,
    OPTION_MAYBE_TEXT, /* "-" without a value: at the end, or before another option */
    OPTION_SET,
    OPTION_CLEAR,
    OPTION_OTHER
};

struct option_row {
    const char *name;
    enum option_kind kind;
    size_t at;         /* in struct explore_options: uint64_t, const char * or bool */
    uint64_t min, max; /* numbers */
    int (*take)(struct explore_options *o, const char *value, struct error *err);
};

static int take_strategy(struct explore_options *o, const char *value, struct error *err)
{
    o->strategy = strategy_find(value);
    return o->strategy
               ? 0
               : error_bad_input(err, "--strategy %s: there are %s", value, strategy_names());
}

static int take_invariant(struct explore_options *o, const char *value, struct error *err)
{
    if (o->explorer.n_invariants == EXPLORER_MAX_INVARIANTS)
        return error_bad_input(err, "--invariant %s: there are %d already, which is the most",
                               value, EXPLORER_MAX_INVARIANTS);
    o->explorer.invariants[o->explorer.n_invariants++] = value;
    return 0;
}

static int take_shard(struct explore_options *o, const char *value, struct error *err)
{
    int end = 0;

    if (sscanf(value, "%" SCNu64 "/%" SCNu64 "%n", &o->shard, &o->n_shards, &end) == 2 &&
        !value[end] && o->shard >= 1 && o->shard <= o->n_shards &&
        o->n_shards <= RESULTS_MAX_SHARDS)
        return 0;
    return error_bad_input(err,
                           "--shard %s: write I/N, the Ith of N shares: 1/4 to 4/4 for four (N is "
                           "%d at most)",
                           value, RESULTS_MAX_SHARDS);
}

static int take_continue(struct explore_options *o, const char *value, struct error *err)
{
    if (strncmp(value, "random:", 7))
        return error_bad_input(err, "--continue %s: not random:SEED", value);
    o->goes_on = true;
    return value_u64("--continue random:", value + 7, 0, UINT64_MAX, &o->continue_seed, err);
}

#define AT(field) offsetof(struct explore_options, field)
#define NUMBER(name, field, ...)                                                                   \
    {                                                                                              \
        name, OPTION_NUMBER, AT(field), __VA_ARGS__, NULL                                          \
    }
#define LEVEL(name, field, ...)                                                                    \
    {                                                                                              \
        name, OPTION_LEVEL, AT(field), __VA_ARGS__, NULL                                           \
    }
#define TEXT(name, field)                                                                          \
    {                                                                                              \
        name, OPTION_TEXT, AT(field), 0, 0, NULL                                                   \
    }
#define MAYBE_TEXT(name, field)                                                                    \
    {                                                                                              \
        name, OPTION_MAYBE_TEXT, AT(field), 0, 0, NULL                                             \
    }
#define SET(name, field)                                                                           \
    {                                                                                              \
        name, OPTION_SET, AT(field), 0, 0, NULL                                                    \
    }
#define CLEAR(name, field)                                                                         \
    {                                                                                              \
        name, OPTION_CLEAR, AT(field), 0, 0, NULL                                                  \
    }
#define OTHER(name, fn)                                                                            \
    {                                                                                              \
        name, OPTION_OTHER, 0, 0, 0, fn                                                            \
    }

static const struct option_row rows[] = {
    OTHER("--strategy", take_strategy),
    NUMBER("--depth", depth, 0, UINT32_MAX),
    NUMBER("--runs", runs, 1, MOST),
    NUMBER("--seed", parameters.seed, 0, MOST),
    SET("--keep-going", keep_going),
    TEXT("--output", output),
    SET("--no-shrink", no_shrink),
    NUMBER("--max-events", explorer.max_events, 1, MOST),
    NUMBER("--stxr-fails", explorer.stxr_fails, 0, MOST),
    CLEAR("--no-devices", explorer.devices),
    CLEAR("--no-sysregs", explorer.sysregs),
    LEVEL("--weak", explorer.weak, 1, WEAK_MAX_BOUND),
    TEXT("--panic", explorer.panic),
    OTHER("--invariant", take_invariant),
    NUMBER("--lost", explorer.lost, 0, MOST),
    CLEAR("--no-eoi-check", explorer.eoi),
    NUMBER("--jobs", jobs, 1, MOST_JOBS),
    NUMBER("--batch", batch, 1, MOST_BATCH),
    OTHER("--shard", take_shard),
    MAYBE_TEXT("--json", json),
    SET("--resume", resume),
    TEXT("--replay", replay),
    NUMBER("--times", times, 1, MOST),
    OTHER("--continue", take_continue),
    TEXT("--shrink", shrink),
    TEXT("--swap", swap),
    SET("--help", help),
    SET("-h", help),
};

static const struct option_row *find(const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (strlen(rows[i].name) == length && !memcmp(rows[i].name, name, length))
            return &rows[i];
    }
    return NULL;
}

static int take(const struct option_row *row, const char *value, struct explore_options *o,
                struct error *err)
{
    void *field = (char *)o + row->at;

    switch (row->kind) {
    case OPTION_NUMBER:
        return value_u64(row->name, value, row->min, row->max, field, err);
    case OPTION_LEVEL:
        return value ? value_u64(row->name, value, row->min, row->max, field, err)
                     : (*(uint64_t *)field = WEAK_DEFAULT_BOUND, 0);
    case OPTION_TEXT:
    case OPTION_MAYBE_TEXT:
        *(const char **)field = value;
        return 0;
    case OPTION_SET:
    case OPTION_CLEAR:
        *(bool *)field = row->kind == OPTION_SET;
        return 0;
    case OPTION_OTHER:
        return row->take(o, value, err);
    }
    return -EINVAL;
}

static bool has_value(const struct option_row *row)
{
    return row->kind != OPTION_SET && row->kind != OPTION_CLEAR && row->kind != OPTION_LEVEL;
}

/* What sets `explorer` is part of what a run is; strategies, outputs and the like are not. */
static bool is_recipe(const struct option_row *row)
{
    return row->kind == OPTION_OTHER ? row->take == take_invariant
                                     : row->at < sizeof(((struct explore_options *)0)->explorer);
}

static int keep(char *list[], int *n, char *argument, struct error *err)
{
    if (*n == SCHEDULE_MAX_OPTIONS)
        return error_bad_input(err, "more than %d options", SCHEDULE_MAX_OPTIONS);
    list[(*n)++] = argument;
    return 0;
}

/* @row: NULL: irqlab run's. @words: 1 or 2. */
static int keep_words(struct explore_options *o, const struct option_row *row, char **argv,
                      int words, struct error *err)
{
    int rc = row ? 0 : keep(o->rest, &o->n_rest, argv[0], err);

    for (int i = 0; !rc && i < words && (!row || is_recipe(row)); i++)
        rc = keep(o->recipe, &o->n_recipe, argv[i], err);
    return rc;
}

/* Of a sequence, each run depends on those before it. */
static int check_together(const struct explore_options *o, struct error *err)
{
    if (o->strategy->is_sequence && o->jobs > 1)
        return error_bad_input(err,
                               "--jobs %" PRIu64 ": the runs of --strategy %s depend on those "
                               "before them; --strategy exhaust can be divided",
                               o->jobs, o->strategy->name);
    if (o->strategy->is_sequence && o->n_shards > 1)
        return error_bad_input(err,
                               "--shard: the runs of --strategy %s depend on those before them; "
                               "--strategy exhaust can be divided",
                               o->strategy->name);
    if (o->resume && (!o->json || !strcmp(o->json, "-")))
        return error_bad_input(err, "--resume: what? Give the file of results with --json FILE");
    return 0;
}

static bool is_value(const char *argument)
{
    return argument && (argument[0] != '-' || !argument[1]);
}

int explore_options_parse(int argc, char **argv, struct explore_options *o, struct error *err)
{
    for (int i = 0; i < argc; i++) {
        const char *equals = strchr(argv[i], '=');
        size_t length = equals ? (size_t)(equals - argv[i]) : strlen(argv[i]);
        const struct option_row *row = i ? find(argv[i], length) : NULL;
        const char *value = equals ? equals + 1 : argv[i + 1];
        bool without = row && row->kind == OPTION_MAYBE_TEXT && !equals && !is_value(value);
        int rc, words;

        if (!row)
            rc = 0;
        else if (has_value(row) && !value && !without)
            rc = error_bad_input(err, "%s: a value is missing", row->name);
        else if (row->kind == OPTION_LEVEL)
            rc = take(row, equals ? value : NULL, o, err);
        else if (!has_value(row) && equals)
            rc = error_bad_input(err, "%s: takes no value", row->name);
        else
            rc = take(row, without ? "-" : value, o, err);
        words = row && has_value(row) && !equals && !without ? 2 : 1;
        rc = rc ? rc : keep_words(o, row, argv + i, words, err);
        if (rc)
            return rc;
        i += words - 1;
    }
    o->parameters.depth = (unsigned)o->depth;
    return check_together(o, err);
}

static json_t *value_of(const struct option_row *row, const struct explore_options *o)
{
    const void *field = (const char *)o + row->at;

    switch (row->kind) {
    case OPTION_NUMBER:
    case OPTION_LEVEL:
        return json_integer((json_int_t) * (const uint64_t *)field);
    case OPTION_TEXT:
        return *(const char *const *)field ? json_string(*(const char *const *)field) : json_null();
    default:
        return json_boolean(*(const bool *)field == (row->kind == OPTION_SET));
    }
}

json_t *explore_options_checks(const struct explore_options *o)
{
    json_t *checks = json_object(), *invariants = json_array();
    bool good = checks && invariants;

    for (size_t i = 0; good && i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].kind != OPTION_OTHER && rows[i].at - AT(explorer) < sizeof(o->explorer))
            good = !json_object_set_new(checks, rows[i].name, value_of(&rows[i], o));
    }
    for (unsigned i = 0; good && i < o->explorer.n_invariants; i++)
        good = !json_array_append_new(invariants, json_string(o->explorer.invariants[i]));
    if (good && !json_object_set_new(checks, "--invariant", invariants))
        return checks;
    json_decref(checks);
    return NULL;
}

struct explore_options explore_options_default(void)
{
    return (struct explore_options){
        .explorer = {.max_events = DEFAULT_MAX_EVENTS,
                     .max_instructions = DEFAULT_MAX_INSTRUCTIONS,
                     .devices = true,
                     .sysregs = true,
                     .lost = DEFAULT_LOST,
                     .eoi = true},
        .parameters = {.seed = 1},
        .strategy = &strategy_random,
        .depth = DEFAULT_DEPTH,
        .runs = DEFAULT_RUNS,
        .times = 1,
        .jobs = 1,
        .batch = DEFAULT_BATCH,
        .shard = 1,
        .n_shards = 1,
    };
}

const char *explore_options_output(const struct explore_options *o)
{
    return o->output ? o->output : "irqlab.schedule";
}

const char *explore_options_help(void)
{
    return help_text;
}
