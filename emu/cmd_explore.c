/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `irqlab explore`: many runs of one guest test, each under another schedule. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "emu/commands.h"
#include "emu/explore/explorer.h"
#include "emu/explore/schedule_file.h"
#include "emu/explore/shrink.h"
#include "emu/machine.h"
#include "emu/values.h"

enum {
    LEARN_EVERY = 256, /* runs; in one, all accesses are looked at */
    DEFAULT_RUNS = 10000,
    DEFAULT_DEPTH = 3,
    DEFAULT_MAX_EVENTS = 100000,
};
#define DEFAULT_MAX_INSTRUCTIONS 100000000ull
#define DEFAULT_LOST             10000000ull

static const char *const help =
    "Usage: irqlab explore [OPTION]... [OPTION of irqlab run]...\n"
    "       irqlab explore --replay FILE [--times N]\n"
    "Runs a guest's test (it calls race_begin() and race_end(), images/lib/race.h) again and "
    "again, each\n"
    "time with another order of its vCPUs' accesses. Exit code: that of the first failure; 0: "
    "none.\n\n"
    "  --strategy NAME    round-robin, random (default), pct, pos, surw, delay, exhaust, "
    "dpor\n"
    "  --depth N          pct: the bug's depth; delay, exhaust: the bound (default 3)\n"
    "  --runs N           at most (default 10000)\n"
    "  --seed N           where chance starts (default 1)\n"
    "  --keep-going       do not stop at the first failure\n"
    "  --output FILE      the first failure's schedule (default: irqlab.schedule)\n"
    "  --no-shrink        write it as it was found, not the least that fails\n"
    "  --max-events N     a run with more makes no progress (default 100000)\n"
    "  --no-devices, --no-sysregs\n"
    "                     accesses to devices, to the GIC's registers are no events\n"
    "  --panic SYMBOL     a run that reaches it has failed\n"
    "  --invariant [end:]SYMBOL==N (or != <= >= < >)\n"
    "                     holds at every event, or at the end\n"
    "  --lost N           an interrupt not taken for N instructions is lost (default 10000000; 0: "
    "never)\n"
    "  --no-eoi-check     interrupts may be ended twice, out of order, or never\n"
    "  --replay FILE      run a schedule; --times N: so often (default 1), and compare\n";

struct explore_options {
    struct explorer_options explorer;
    struct strategy_parameters parameters;
    const struct strategy_kind *strategy;
    uint64_t runs, times;
    bool keep_going, no_shrink, help;
    const char *output, *replay;
    char *rest[SCHEDULE_MAX_OPTIONS]; /* for irqlab run; argv[0] too; not owned */
    int n_rest;
};

struct tally {
    uint64_t runs, failures, first_failure;
    uint64_t classes;
    uint64_t abandoned; /* of `runs`: they showed nothing new, and were cut short */
    bool exhausted;
    struct outcome first;
    struct shrinking shrinking;
    double seconds;
};

/* -- Options ----------------------------------------------------------------------------------- */

static int take_number(struct explore_options *o, const char *name, const char *text,
                       struct error *err)
{
    uint64_t depth = o->parameters.depth;
    struct {
        const char *name;
        uint64_t min, *to;
    } numbers[] = {
        {"--depth", 0, &depth},
        {"--runs", 1, &o->runs},
        {"--seed", 0, &o->parameters.seed},
        {"--max-events", 1, &o->explorer.max_events},
        {"--times", 1, &o->times},
        {"--lost", 0, &o->explorer.lost},
    };

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (!strcmp(name, numbers[i].name)) {
            int rc = value_u64(name, text, numbers[i].min, 1ull << 40, numbers[i].to, err);

            o->parameters.depth = (unsigned)depth;
            return rc;
        }
    }
    return -ENOENT;
}

static int take_text(struct explore_options *o, const char *name, const char *text,
                     struct error *err)
{
    if (!strcmp(name, "--strategy")) {
        o->strategy = strategy_find(text);
        return o->strategy
                   ? 0
                   : error_bad_input(err, "--strategy %s: there are %s", text, strategy_names());
    }
    if (!strcmp(name, "--output"))
        o->output = text;
    else if (!strcmp(name, "--replay"))
        o->replay = text;
    else if (!strcmp(name, "--panic"))
        o->explorer.panic = text;
    else if (!strcmp(name, "--invariant") && o->explorer.n_invariants < EXPLORER_MAX_INVARIANTS)
        o->explorer.invariants[o->explorer.n_invariants++] = text;
    else
        return -ENOENT;
    return 0;
}

static bool take_flag(struct explore_options *o, const char *name)
{
    if (!strcmp(name, "--keep-going"))
        o->keep_going = true;
    else if (!strcmp(name, "--no-devices"))
        o->explorer.devices = false;
    else if (!strcmp(name, "--no-sysregs"))
        o->explorer.sysregs = false;
    else if (!strcmp(name, "--no-shrink"))
        o->no_shrink = true;
    else if (!strcmp(name, "--no-eoi-check"))
        o->explorer.eoi = false;
    else if (!strcmp(name, "--help") || !strcmp(name, "-h"))
        o->help = true;
    else
        return false;
    return true;
}

/* Ours are taken out, `--name value` or `--name=value`; the rest is for irqlab run. */
static int take_options(int argc, char **argv, struct explore_options *o, struct error *err)
{
    for (int i = 0; i < argc; i++) {
        char name[32];
        const char *equals = strchr(argv[i], '='), *value = equals ? equals + 1 : argv[i + 1];
        int rc = -ENOENT;

        snprintf(name, sizeof(name), "%.*s", equals ? (int)(equals - argv[i]) : 31, argv[i]);
        if (i && take_flag(o, name))
            continue;
        if (i && !strncmp(name, "--", 2) && value) {
            rc = take_number(o, name, value, err);
            rc = rc == -ENOENT ? take_text(o, name, value, err) : rc;
        }
        if (rc && rc != -ENOENT)
            return rc;
        if (!rc)
            i += !equals;
        else if (o->n_rest < SCHEDULE_MAX_OPTIONS)
            o->rest[o->n_rest++] = argv[i];
        else
            return error_bad_input(err, "more than %d options", SCHEDULE_MAX_OPTIONS);
    }
    return 0;
}

/* -- Sweeping ---------------------------------------------------------------------------------- */

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

static int sweep(struct explorer *x, const struct explore_options *o, struct tally *t,
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

static void report_shrinking(struct explorer *x, const struct shrinking *s)
{
    char first[192], second[192];

    if (!s->runs)
        return;
    printf("shrunk from %zu deviations to %zu in %" PRIu64 " runs\n", s->from, s->to, s->runs);
    if (!s->decider.known)
        return;
    event_describe(explorer_machine(x), &s->decider.first, first, sizeof(first));
    event_describe(explorer_machine(x), &s->decider.second, second, sizeof(second));
    printf("it fails because vCPU %u (%s) comes before vCPU %u (%s)\n", s->decider.first.vcpu,
           first, s->decider.second.vcpu, second);
}

static void report(struct explorer *x, const struct explore_options *o, const struct tally *t)
{
    char bound[160];

    printf("%s: %" PRIu64 " runs, %" PRIu64
           " failed, %.0f runs a second; %zu shared words, %" PRIu64
           " events on %u vCPUs in a plain run\n",
           o->strategy->name, t->runs, t->failures, (double)t->runs / t->seconds,
           explorer_shared_words(x), o->parameters.n_events, o->parameters.n_vcpus);
    if (t->failures) {
        printf("run %" PRIu64 " failed with exit code %d: %s\nschedule: %s\n", t->first_failure,
               t->first.exit_code, t->first.text, o->output);
        report_shrinking(x, &t->shrinking);
        return;
    }
    strategy_bound(o->strategy, &o->parameters, t->runs, bound, sizeof(bound));
    if (t->exhausted && o->strategy == &strategy_dpor)
        printf("exhausted: no order of events fails; %" PRIu64 " classes, %" PRIu64
               " runs that showed nothing new\n",
               t->classes, t->runs - t->classes);
    else if (t->exhausted && o->strategy == &strategy_exhaust)
        printf("exhausted: no schedule with at most %u preemptions fails\n", o->parameters.depth);
    else if (*bound)
        printf("%s\n", bound);
}

/* -- The two uses ------------------------------------------------------------------------------ */

static int explore(struct explore_options *o, const struct run_options *run_options,
                   struct error *err)
{
    struct tally t = {0};
    struct explorer *x;
    int rc = explorer_open(run_options, &o->explorer, &x, err);

    if (rc)
        return (int)err->exit_code;
    explorer_profile(x, &o->parameters);
    rc = sweep(x, o, &t, run_options, err);
    if (!rc)
        report(x, o, &t);
    explorer_close(x);
    return rc ? (int)err->exit_code : t.first.exit_code;
}

static int compare(const struct schedule_file *f, const struct outcome *now, uint64_t time,
                   struct error *err)
{
    if (now->diverged)
        return error_set(err, IRQLAB_EXIT_DIVERGENCE, -EILSEQ,
                         "deviation %zu of the schedule found no place of its own (replay %" PRIu64
                         "): was the image changed?",
                         now->missed + 1, time);
    if (now->exit_code == f->outcome.exit_code && now->state_hash == f->outcome.state_hash &&
        now->instructions == f->outcome.instructions)
        return 0;
    return error_set(err, IRQLAB_EXIT_DIVERGENCE, -EILSEQ,
                     "replay %" PRIu64 " ended with %d after %" PRIu64
                     " instructions, state %016" PRIx64 "; the schedule says %d, %" PRIu64
                     ", %016" PRIx64,
                     time, now->exit_code, now->instructions, now->state_hash, f->outcome.exit_code,
                     f->outcome.instructions, f->outcome.state_hash);
}

static int replay(const struct explore_options *o, const struct schedule_file *f,
                  const struct run_options *run_options, struct error *err)
{
    struct outcome outcome = {0};
    struct explorer *x;
    uint64_t hash;
    int rc = schedule_image_hash(run_options->kernel, &hash, err);

    if (!rc && hash != f->image_hash)
        fprintf(stderr, "irqlab explore: %s is not the file that %s was made with\n",
                run_options->kernel, o->replay);
    rc = rc ? rc : explorer_open(run_options, &o->explorer, &x, err);
    if (rc)
        return (int)err->exit_code;
    for (uint64_t i = 1; !rc && i <= o->times; i++) {
        rc = explorer_replay(x, &f->schedule, true, &outcome, err);
        rc = rc ? rc : compare(f, &outcome, i, err);
    }
    if (!rc)
        printf("%s: %" PRIu64 " times the same: exit code %d after %" PRIu64 " instructions: %s\n",
               o->replay, o->times, outcome.exit_code, outcome.instructions, outcome.text);
    explorer_close(x);
    return rc ? (int)err->exit_code : outcome.exit_code;
}

static int run_command(struct explore_options *o, struct error *err)
{
    struct schedule_file f = {0};
    struct run_options run_options;
    bool run_help;
    int code;

    if (o->replay) {
        if (schedule_file_read(o->replay, &f, err))
            return (int)err->exit_code;
        memcpy(o->rest, f.options, sizeof(f.options));
        o->n_rest = f.n_options;
    }
    if (options_parse(o->n_rest, o->rest, &run_options, &run_help, err))
        code = (int)err->exit_code;
    else if (!run_options.kernel)
        code = (int)(error_bad_input(err, "-kernel is missing: which guest?"), err->exit_code);
    else
        code = o->replay ? replay(o, &f, &run_options, err) : explore(o, &run_options, err);
    options_free(&run_options);
    schedule_file_clear(&f);
    return code;
}

int cmd_explore(int argc, char **argv)
{
    struct explore_options o = {
        .explorer = {.max_events = DEFAULT_MAX_EVENTS,
                     .max_instructions = DEFAULT_MAX_INSTRUCTIONS,
                     .devices = true,
                     .sysregs = true,
                     .lost = DEFAULT_LOST,
                     .eoi = true},
        .parameters = {.seed = 1, .depth = DEFAULT_DEPTH},
        .strategy = &strategy_random,
        .runs = DEFAULT_RUNS,
        .times = 1,
        .output = "irqlab.schedule",
    };
    struct error err = {0};
    int code = take_options(argc, argv, &o, &err) ? (int)err.exit_code : IRQLAB_EXIT_OK;

    if (!code && o.help)
        fputs(help, stdout);
    else if (!code)
        code = run_command(&o, &err);
    if (err.text[0])
        fprintf(stderr, "irqlab explore: %s\n", err.text);
    return code;
}
