/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/explore/explorer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/cpu.h"
#include "emu/explore/sharing.h"
#include "emu/machine.h"
#include "emu/session.h"
#include "emu/snapshot.h"

enum { PROFILE_RUNS = 2 };

struct thread {
    struct event next; /* it stands before this one */
    bool has_next;
    uint64_t n_events;  /* that happened in this run */
    unsigned points[2]; /* since then: CHOICE_PREEMPT, CHOICE_NEXT_VCPU */
    /* The last read of it that was the first of a loop, perhaps; see is_spinning(). */
    uint64_t spin_pc, spin_hash, spin_changes;
    bool spins;
};

struct explorer {
    struct explorer_options options;
    struct session *session;
    struct machine *m;
    struct snapshot *begin;
    struct sharing *sharing;
    struct thread *threads;
    uint64_t n_events, n_points;
    uint64_t changes; /* how many events were no mere reads */
    unsigned last;    /* the vCPU that had or stood before an event last */
    bool begun, ended, learning;
    int failed; /* out of memory in a callback */

    const struct explorer_picks *picks;
    const struct schedule *schedule; /* followed instead, if not NULL */
    size_t followed;
    bool diverged;
    struct schedule *taken;

    uint64_t profile_events, *profile_of; /* [n_vcpus] */
    unsigned profile_vcpus;
};

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

/* -- Events ------------------------------------------------------------------------------------ */

static uint64_t registers_hash(const struct machine *m, unsigned vcpu)
{
    uint64_t hash = vcpu_get_sp(m->engine, vcpu) ^ vcpu_get_pstate(m->engine, vcpu) << 32;

    for (unsigned i = 0; i < 31; i++)
        hash = (hash ^ vcpu_get_x(m->engine, vcpu, i)) * 0x9e3779b97f4a7c15;
    return hash;
}

/* Before a read at the same place, in the same state, with nothing changed since: it will spin on.
 */
static bool is_spinning(struct explorer *x, const struct event *e)
{
    struct thread *t = &x->threads[e->vcpu];
    uint64_t hash;
    bool same;

    if (event_changes(e))
        return false;
    hash = registers_hash(x->m, e->vcpu);
    same = t->spin_pc == e->pc && t->spin_hash == hash && t->spin_changes == x->changes;
    t->spin_pc = e->pc;
    t->spin_hash = hash;
    t->spin_changes = x->changes;
    return same;
}

static void happened(struct explorer *x, const struct event *e)
{
    struct thread *t = &x->threads[e->vcpu];

    t->has_next = false;
    t->n_events++;
    t->points[0] = t->points[1] = 0;
    x->changes += event_changes(e);
    if (x->picks && x->picks->happened)
        x->picks->happened(x->picks->opaque, e);
    if (++x->n_events > x->options.max_events)
        machine_shut_down(x->m, IRQLAB_EXIT_NO_PROGRESS, "no end after %llu events",
                          (unsigned long long)x->options.max_events);
}

/* Learning: a word is watched from the access on that made it shared. */
static bool is_event(struct explorer *x, const struct cpu_watched_access *a)
{
    if (a->reg)
        return !strncmp(a->reg->name, "IC", 2);
    if (a->pa < BOARD_RAM_BASE)
        return true;
    if (x->learning)
        sharing_note(x->sharing, a->vcpu, a->pa, a->size_bytes, a->is_write);
    return sharing_has(x->sharing, a->pa, a->size_bytes);
}

static bool on_access(void *opaque, const struct cpu_watched_access *a)
{
    struct explorer *x = opaque;
    struct thread *t = &x->threads[a->vcpu];

    if (!x->begun || !is_event(x, a))
        return true;
    x->last = a->vcpu;
    if (!a->is_first) {
        if (t->has_next && t->next.pc == a->pc)
            happened(x, &t->next);
        return true;
    }
    t->next = event_of(a, t->n_events);
    t->has_next = true;
    t->spins = is_spinning(x, &t->next);
    return false;
}

/* -- Points ------------------------------------------------------------------------------------ */

/* The ready vCPUs in the chooser's order, and which of them are worth a try. */
static void fill_point(struct explorer *x, enum choice choice, unsigned vcpu, struct point *point,
                       uint32_t answers[])
{
    struct machine *m = x->m;
    unsigned first = choice == CHOICE_PREEMPT ? vcpu : m->current, n = m->config.n_vcpus;
    bool all = false;

    *point = (struct point){.number = x->n_points, .preemption = choice == CHOICE_PREEMPT};
    for (;;) {
        uint32_t answer = 0;

        for (unsigned i = 0; i < n && point->n < STRATEGY_MAX_VCPUS; i++) {
            unsigned v = (first + i) % n;
            struct thread *t = &x->threads[v];

            if (m->vcpus[v].state != VCPU_READY)
                continue;
            if (all || !(t->has_next && t->spins && t->spin_changes == x->changes)) {
                point->vcpus[point->n] = v;
                point->events[point->n] = t->has_next ? &t->next : NULL;
                answers[point->n++] = answer;
            } else if (v == vcpu) {
                point->preemption = false; /* it must make room */
            }
            answer++;
        }
        if (point->n)
            return;
        all = true;
    }
}

static unsigned find_option(const struct point *point, unsigned vcpu)
{
    unsigned i = 0;

    while (i < point->n && point->vcpus[i] != vcpu)
        i++;
    return i;
}

/* The schedule's next deviation, if it is for here. */
static unsigned follow(struct explorer *x, const struct deviation *here, const struct point *point)
{
    const struct deviation *d = &x->schedule->items[x->followed];
    unsigned option;

    if (x->followed == x->schedule->count || d->choice != here->choice || d->vcpu != here->vcpu ||
        d->index != here->index || d->again != here->again)
        return 0;
    option = find_option(point, d->to);
    if (option == point->n || d->pc != here->pc)
        x->diverged = true;
    else
        x->followed++;
    return option % point->n;
}

static unsigned answer_point(struct explorer *x, enum choice choice, const struct point *point)
{
    struct thread *t = &x->threads[x->last];
    struct deviation here = {
        .choice = choice,
        .vcpu = x->last,
        .index = t->n_events,
        .pc = t->has_next ? t->next.pc : vcpu_get_pc(x->m->engine, x->last),
        .again = t->points[choice == CHOICE_NEXT_VCPU]++,
    };
    unsigned option = 0;

    if (point->n > 1) {
        x->n_points++;
        if (x->schedule)
            option = follow(x, &here, point);
        else if (x->picks)
            option = x->picks->pick(x->picks->opaque, point) % point->n;
    }
    here.to = point->vcpus[option];
    if (option && x->taken && schedule_add(x->taken, &here))
        x->failed = -ENOMEM;
    return option;
}

static uint32_t policy(void *opaque, enum choice choice, unsigned vcpu, uint32_t n_options)
{
    struct explorer *x = opaque;
    uint32_t answers[STRATEGY_MAX_VCPUS];
    struct point point;
    unsigned option;

    (void)n_options;
    if (choice != CHOICE_PREEMPT && choice != CHOICE_NEXT_VCPU)
        return x->m->chooser.fixed[choice];
    fill_point(x, choice, vcpu, &point, answers);
    option = answer_point(x, choice, &point);
    return answers[option];
}

static void on_mark(void *opaque, struct machine *m, unsigned vcpu, bool begins)
{
    struct explorer *x = opaque;

    (void)vcpu;
    if (begins ? x->begun : !x->begun)
        return;
    x->begun = true;
    x->ended = !begins;
    m->until_instructions = machine_instructions(m);
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
    int rc = snapshot_restore(m, x->begin, err);

    if (rc)
        return rc;
    memset(x->threads, 0, m->config.n_vcpus * sizeof(*x->threads));
    x->n_events = x->n_points = x->changes = 0;
    x->ended = x->diverged = false;
    x->followed = 0;
    x->last = m->current;
    x->failed = 0;
    m->chooser.policy = policy;
    m->chooser.opaque = x;
    m->config.max_instructions = snapshot_instructions(x->begin) + x->options.max_instructions;
    return 0;
}

static void conclude(struct explorer *x, bool want_hash, struct outcome *out)
{
    struct machine *m = x->m;

    *out = (struct outcome){
        .instructions = machine_instructions(m) - snapshot_instructions(x->begin),
        .events = x->n_events,
        .points = x->n_points,
        .state_hash = want_hash ? machine_state_hash(m) : 0,
        .diverged = x->schedule && (x->diverged || x->followed < x->schedule->count),
        .missed = x->followed,
    };
    if (x->ended)
        return;
    out->exit_code = m->exit_code == IRQLAB_EXIT_LIMIT ? IRQLAB_EXIT_NO_PROGRESS : m->exit_code;
    snprintf(out->text, sizeof(out->text), "%.190s", m->stop_reason.text);
}

static int run(struct explorer *x, bool want_hash, struct outcome *out, struct error *err)
{
    int rc = start(x, err);

    if (rc)
        return rc;
    machine_go(x->m, UINT64_MAX);
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
    rc = run(x, false, out, err);
    x->picks = NULL;
    x->taken = NULL;
    return rc;
}

int explorer_replay(struct explorer *x, const struct schedule *schedule, bool want_hash,
                    struct outcome *out, struct error *err)
{
    int rc;

    x->schedule = schedule;
    rc = run(x, want_hash, out, err);
    x->schedule = NULL;
    return rc;
}

static unsigned pick_by_chance(void *opaque, const struct point *point)
{
    return random_below(opaque, point->n);
}

int explorer_learn(struct explorer *x, uint64_t seed, struct error *err)
{
    const struct explorer_picks picks = {.opaque = &seed, .pick = pick_by_chance};
    size_t known = sharing_count(x->sharing);
    struct outcome outcome;
    int rc;

    engine_watch_all(x->m->engine, true);
    x->learning = true;
    rc = explorer_run(x, &picks, NULL, &outcome, err);
    x->learning = false;
    engine_watch_all(x->m->engine, false);
    if (!rc && sharing_count(x->sharing) != known)
        sharing_each(x->sharing, watch_word, x);
    return rc;
}

/* -- Opening ----------------------------------------------------------------------------------- */

static int go_to_begin(struct explorer *x, const struct run_options *run_options, struct error *err)
{
    struct machine *m = x->m;

    m->marked = on_mark;
    m->marked_opaque = x;
    machine_power_on(m);
    machine_go(m, UINT64_MAX);
    if (!x->begun)
        return error_bad_input(err,
                               "%s ended (exit code %d) before it said where its test begins; call "
                               "race_begin() there (images/lib/race.h)",
                               run_options->kernel ? run_options->kernel : "the guest",
                               m->exit_code);
    m->config.quantum_instructions = 1ull << 40; /* turns end at events, not by the clock */
    return snapshot_take(m, &x->begin, err);
}

/* A run as it would be without exploration, after two by chance: how much there is to explore. */
static int profile(struct explorer *x, struct error *err)
{
    struct outcome outcome;
    int rc = 0;

    for (unsigned i = 0; i < PROFILE_RUNS && !rc; i++)
        rc = explorer_learn(x, i, err);
    rc = rc ? rc : explorer_run(x, NULL, NULL, &outcome, err);
    if (rc)
        return rc;
    x->profile_events = outcome.events;
    for (unsigned i = 0; i < x->m->config.n_vcpus; i++) {
        x->profile_of[i] = x->threads[i].n_events;
        x->profile_vcpus += x->threads[i].n_events != 0;
    }
    return 0;
}

static int watch(struct explorer *x, struct error *err)
{
    struct cpu_engine *engine = x->m->engine;

    if (engine_watch_start(engine, on_access, x))
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory for the explorer");
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
        x->sharing = sharing_create();
        x->threads = calloc(run_options->smp, sizeof(*x->threads));
        x->profile_of = calloc(run_options->smp, sizeof(*x->profile_of));
    }
    if (!x || !x->sharing || !x->threads || !x->profile_of) {
        explorer_close(x);
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory for the explorer");
    }
    rc = session_open(run_options, true, &x->session, err);
    x->m = rc ? NULL : session_machine(x->session);
    rc = rc ? rc : go_to_begin(x, run_options, err);
    rc = rc ? rc : watch(x, err);
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
    if (x->m)
        engine_watch_stop(x->m->engine);
    snapshot_drop(x->begin);
    session_close(x->session);
    sharing_destroy(x->sharing);
    free(x->threads);
    free(x->profile_of);
    free(x);
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
    p->machine_vcpus = x->m->config.n_vcpus;
}

size_t explorer_shared_words(const struct explorer *x)
{
    return sharing_count(x->sharing);
}
