/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/actor.h"
#include "emu/explore/explorer_internal.h"
#include "emu/explore/sharing.h"
#include "emu/explore/weak.h"
#include "emu/gdb/gdb.h"
#include "emu/races/races.h"
#include "emu/session.h"
#include "emu/snapshot.h"

enum { PROFILE_RUNS = 2 };

/* -- Schedules --------------------------------------------------------------------------------- */

int schedule_add(struct schedule *s, const struct deviation *d)
{
    if (s->count == s->capacity) {
        size_t capacity = s->capacity ? 2 * s->capacity : 16;
        struct deviation *items = realloc(s->items, capacity * sizeof(*items));

        if (!items)
            return -ENOMEM;
        s->items = items;
        s->capacity = capacity;
    }
    s->items[s->count++] = *d;
    return 0;
}

void schedule_clear(struct schedule *s)
{
    free(s->items);
    *s = (struct schedule){0};
}

/* -- Hooks ------------------------------------------------------------------------------------- */

static void on_mark(void *opaque, struct machine *m, unsigned vcpu, bool begins)
{
    struct explorer *x = opaque;

    (void)vcpu;
    if (begins ? x->begun : !x->begun)
        return;
    if (!begins)
        explorer_check_end(x);
    x->begun = true;
    x->ended = !begins && m->stop == MACHINE_RUNNING;
    m->until_instructions = machine_instructions(m);
}

static void on_observed(void *opaque, const char *what, uint64_t value)
{
    struct explorer *x = opaque;

    if (x->begun)
        observed_add(&x->observed, what, value);
}

static unsigned on_arrived(void *opaque)
{
    struct explorer *x = opaque;

    return ++x->arrived;
}

/* -- One run ----------------------------------------------------------------------------------- */

static void watch_word(void *opaque, uint64_t pa)
{
    struct explorer *x = opaque;

    engine_watch_page(x->m->engine, pa, true);
}

/* -EINVAL or -ENOMEM from the snapshot, in @err. */
static int start(struct explorer *x, struct error *err)
{
    struct machine *m = x->m;
    int rc = x->rewound ? 0 : snapshot_restore(m, x->begin, err);

    if (rc)
        return rc;
    x->rewound = false;
    memset(x->threads, 0, sched_threads(m) * sizeof(*x->threads));
    x->n_events = x->n_points = x->changes = x->spin_rounds = x->stxr_fails = 0;
    x->ended = x->diverged = x->abandoned = false;
    x->random = x->picks ? run_seed(x->picks->seed, 0) : 0;
    if (x->anchoring)
        anchors_start(x->anchors);
    x->hooks.until_instructions = UINT64_MAX;
    x->followed = 0;
    x->last = m->current;
    x->failed = 0;
    x->arrived = 0;
    x->observed.n_parts = 0;
    if (x->weak)
        weak_start(x->weak);
    m->chooser.policy = explorer_policy;
    m->chooser.opaque = x;
    m->config.max_instructions = snapshot_instructions(x->begin) + x->options.max_instructions;
    if (m->races)
        races_begin_run(m);
    return 0;
}

/* A race alone is a failure, too. */
static void conclude_races(struct machine *m, struct outcome *out)
{
    races_end_run(m);
    if (out->exit_code || out->abandoned || !races_in_run(m))
        return;
    out->exit_code = IRQLAB_EXIT_RACE;
    snprintf(out->text, sizeof(out->text), "%s", races_first(m));
}

int explorer_rewind(struct explorer *x, struct error *err)
{
    int rc = snapshot_restore(x->m, x->begin, err);

    x->rewound = !rc;
    return rc;
}

static void conclude(struct explorer *x, bool want_hash, struct outcome *out)
{
    struct machine *m = x->m;

    explorer_check_followed(x);
    *out = (struct outcome){
        .instructions = machine_instructions(m) - snapshot_instructions(x->begin),
        .events = x->n_events,
        .points = x->n_points,
        .state_hash = want_hash ? machine_state_hash(m) : 0,
        .abandoned = x->abandoned,
        .diverged = x->diverged,
        .missed = x->followed,
    };
    if (!x->ended && !x->abandoned) {
        out->exit_code = m->exit_code == IRQLAB_EXIT_LIMIT ? IRQLAB_EXIT_NO_PROGRESS : m->exit_code;
        snprintf(out->text, sizeof(out->text), "%.190s", m->stop_reason.text);
    }
    if (m->races)
        conclude_races(m, out);
}

int explorer_one_run(struct explorer *x, bool want_hash, struct outcome *out, struct error *err)
{
    int rc = start(x, err);

    if (rc)
        return rc;
    if (x->replay && x->replay->debugger)
        rc = gdb_server_go(x->replay->debugger, x->m, true, err);
    else
        machine_go(x->m, UINT64_MAX);
    if (rc)
        return rc;
    if (x->failed)
        return error_set(err, IRQLAB_EXIT_HOST, x->failed, "out of memory for a schedule");
    conclude(x, want_hash, out);
    return 0;
}

int explorer_run(struct explorer *x, const struct explorer_picks *picks, struct schedule *taken,
                 struct outcome *out, struct error *err)
{
    int rc;

    x->picks = picks;
    x->schedule = NULL;
    x->taken = taken;
    if (taken)
        taken->count = 0;
    rc = explorer_one_run(x, false, out, err);
    x->picks = NULL;
    x->taken = NULL;
    return rc;
}

unsigned explorer_pick_by_chance(void *opaque, const struct point *point)
{
    return random_below(opaque, point->n);
}

uint32_t explorer_answer_by_chance(void *opaque, const struct question *q)
{
    (void)opaque;
    return answer_by_chance(q);
}

static int learn(struct explorer *x, uint64_t seed, struct error *err)
{
    const struct explorer_picks picks = {.opaque = &seed,
                                         .seed = seed,
                                         .pick = explorer_pick_by_chance,
                                         .answer = explorer_answer_by_chance};
    size_t known = sharing_count(x->sharing);
    struct outcome outcome;
    int rc;

    engine_watch_all(x->m->engine, true);
    x->learning = true;
    rc = explorer_run(x, &picks, NULL, &outcome, err);
    x->learning = false;
    engine_watch_all(x->m->engine, x->weak != NULL);
    if (!rc && sharing_count(x->sharing) != known)
        sharing_each(x->sharing, watch_word, x);
    return rc;
}

int explorer_learn_to(struct explorer *x, unsigned runs, struct error *err)
{
    int rc = 0;

    for (; !rc && x->learned < runs; x->learned++)
        rc = learn(x, PROFILE_RUNS + (uint64_t)x->learned, err);
    return rc;
}

/* -- Opening ----------------------------------------------------------------------------------- */

static int go_to_begin(struct explorer *x, const struct run_options *run_options, struct error *err)
{
    struct machine *m = x->m;

    m->marked = on_mark;
    m->marked_opaque = x;
    machine_go(m, UINT64_MAX);
    if (!x->begun)
        return error_bad_input(err,
                               "%s ended (exit code %d) before it said where its test begins; call "
                               "race_begin() there (images/lib/race.h)",
                               run_options->kernel ? run_options->kernel : "the guest",
                               m->exit_code);
    m->config.quantum_instructions = QUANTUM; /* turns end at events; this is for who has none */
    if (explorer_set_panic(x, err) || explorer_set_invariants(x, err))
        return -EINVAL;
    return snapshot_take(m, &x->begin, err);
}

/* A run as it would be without exploration, after two by chance: how much there is to explore. */
static int profile(struct explorer *x, struct error *err)
{
    struct outcome outcome;
    int rc = 0;

    for (unsigned i = 0; i < PROFILE_RUNS && !rc; i++)
        rc = learn(x, i, err);
    rc = rc ? rc : explorer_run(x, NULL, NULL, &outcome, err);
    if (rc)
        return rc;
    x->profile_events = outcome.events;
    for (unsigned i = 0; i < sched_threads(x->m); i++) {
        x->profile_of[i] = x->threads[i].n_events;
        x->profile_vcpus += x->threads[i].n_events != 0;
    }
    return 0;
}

static enum machine_step before_step(void *opaque, unsigned vcpu)
{
    return weak_before(((struct explorer *)opaque)->weak, vcpu);
}

static void after_step(void *opaque, unsigned vcpu, uint64_t executed)
{
    weak_after(((struct explorer *)opaque)->weak, vcpu, executed);
}

static int watch(struct explorer *x, struct error *err)
{
    struct cpu_engine *engine = x->m->engine;

    if (engine_watch_start(engine, explorer_on_access, x))
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory for the explorer");
    x->interrupt_hooks = (struct cpu_interrupt_hooks){
        .opaque = x,
        .takes = explorer_takes,
        .entered = explorer_entered,
        .returned = explorer_returned,
    };
    x->hooks = (struct machine_explorer){
        .opaque = x,
        .waits = explorer_waits,
        .line = explorer_line,
        .gic_event = explorer_gic_event,
        .halted = explorer_halted,
        .stands = explorer_stands,
        .table = explorer_table,
        .acts = explorer_acts,
        .observed = on_observed,
        .arrived = on_arrived,
        .until_instructions = UINT64_MAX,
        .due = explorer_due,
    };
    if (x->options.weak) {
        x->weak = weak_create(x, (unsigned)x->options.weak);
        if (!x->weak)
            return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory for the explorer");
        x->hooks.before = before_step;
        x->hooks.after = after_step;
        engine_watch_all(engine, true);
    }
    engine_hook_interrupts(engine, &x->interrupt_hooks);
    engine_watch_exclusives(engine, true);
    x->m->explorer = &x->hooks;
    engine_watch_devices(engine, x->options.devices);
    engine_watch_sysregs(engine, x->options.sysregs);
    return 0;
}

int explorer_open(const struct run_options *run_options, const struct explorer_options *options,
                  struct explorer **out, struct error *err)
{
    struct explorer *x = calloc(1, sizeof(*x));
    int rc;

    if (run_options->smp > STRATEGY_MAX_VCPUS) {
        free(x);
        return error_bad_input(err, "-smp %u: the explorer takes %d vCPUs at most",
                               run_options->smp, STRATEGY_MAX_VCPUS);
    }
    if (x) {
        x->options = *options;
        x->image = run_options->kernel;
        x->sharing = sharing_create();
        x->threads = calloc(run_options->smp + ACTORS_MAX, sizeof(*x->threads));
        x->profile_of = calloc(run_options->smp + ACTORS_MAX, sizeof(*x->profile_of));
    }
    if (!x || !x->sharing || !x->threads || !x->profile_of) {
        explorer_close(x);
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory for the explorer");
    }
    rc = session_open(run_options, true, &x->session, err);
    x->m = rc ? NULL : session_machine(x->session);
    rc = rc ? rc : go_to_begin(x, run_options, err);
    rc = rc ? rc : watch(x, err);
    rc = rc ? rc : session_races(x->session, true, err);
    rc = rc ? rc : profile(x, err);
    if (rc)
        explorer_close(x);
    else
        *out = x;
    return rc;
}

void explorer_close(struct explorer *x)
{
    if (!x)
        return;
    if (x->m) {
        engine_hook_interrupts(x->m->engine, NULL);
        engine_watch_stop(x->m->engine);
        x->m->explorer = NULL;
    }
    weak_destroy(x->weak);
    snapshot_drop(x->begin);
    anchors_destroy(x->anchors);
    session_close(x->session);
    sharing_destroy(x->sharing);
    free(x->threads);
    free(x->profile_of);
    free(x);
}

void explorer_observed(const struct explorer *x, char text[OBSERVED_BYTES])
{
    if (x->ended)
        observed_text(&x->observed, text);
    else
        *text = 0;
}

void explorer_abandon(struct explorer *x)
{
    x->abandoned = true;
    machine_shut_down(x->m, IRQLAB_EXIT_OK, "shows nothing new");
}

struct machine *explorer_machine(struct explorer *x)
{
    return x->m;
}

void explorer_profile(const struct explorer *x, struct strategy_parameters *p)
{
    p->n_events = x->profile_events;
    p->n_vcpus = x->profile_vcpus;
    p->events_of = x->profile_of;
    p->machine_vcpus = sched_threads(x->m);
}

size_t explorer_shared_words(const struct explorer *x)
{
    return sharing_count(x->sharing);
}
