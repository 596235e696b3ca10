/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the chooser asks: points of a strategy, other questions. */
#include <errno.h>
#include <stdio.h>

#include "emu/actor.h"
#include "emu/explore/explorer_internal.h"
#include "emu/explore/weak.h"
#include "emu/snapshot.h"

/* Whether nothing but others' events, or time, could make @t leave its loop. */
static bool is_stuck(const struct explorer *x, unsigned vcpu)
{
    const struct thread *t = &x->threads[vcpu];

    if (t->has_next && t->spins)
        return !explorer_may_interrupt(x, vcpu);
    return t->idle && !t->held && !t->released;
}

/*
 * All spin: time may pass until somebody's interrupt comes. If none can come, and nothing changes
 * though they go on for long, nothing ever will.
 */
void explorer_all_spin(struct explorer *x)
{
    struct machine *m = x->m;

    if (++x->spin_rounds < SPIN_ROUNDS || timers_next_deadline_ns(m->timers) != UINT64_MAX ||
        m->devices_deadline_ns != UINT64_MAX || actors_deadline_ns(m) != UINT64_MAX)
        return;
    machine_shut_down(m, IRQLAB_EXIT_DEADLOCK,
                      "every vCPU waits for another, or for an interrupt that nobody will send");
}

static void add_option(struct explorer *x, struct point *point, unsigned v, uint32_t answer,
                       uint32_t answers[])
{
    struct thread *t = &x->threads[v];
    bool is_vcpu = v < x->m->config.n_vcpus;

    if (!is_vcpu) {
        t->next = event_of_thread(x->m, v, t->n_events);
        t->has_next = true;
    }
    point->vcpus[point->n] = v;
    point->interrupted[point->n] = is_vcpu && vcpu_takes_interrupt(x->m->engine, v);
    point->events[point->n] = t->has_next ? &t->next : NULL;
    answers[point->n++] = answer;
}

/*
 * The ready vCPUs in the chooser's order, but those that are stuck. If all are, the next in order
 * goes on, and there is no choice: else one could keep the others from what ends their waiting.
 */
static void fill_point(struct explorer *x, enum choice choice, unsigned vcpu, struct point *point,
                       uint32_t answers[])
{
    struct machine *m = x->m;
    unsigned first = choice == CHOICE_PREEMPT ? vcpu : m->current, n = sched_threads(m);
    unsigned other = n, own = n;
    uint32_t answer = 0, answer_other = 0, answer_own = 0;

    *point = (struct point){.number = x->n_points, .preemption = choice == CHOICE_PREEMPT};
    for (unsigned i = 0; i < n && point->n < STRATEGY_MAX_VCPUS; i++) {
        unsigned v = (first + i) % n;

        if (!sched_is_ready(m, v))
            continue;
        if (!is_stuck(x, v)) {
            add_option(x, point, v, answer, answers);
        } else if (choice == CHOICE_PREEMPT && v == vcpu) {
            point->preemption = false; /* it must make room */
            own = v;
            answer_own = answer;
        } else if (other == n) {
            other = v;
            answer_other = answer;
        }
        answer++;
    }
    if (point->n)
        return;
    explorer_all_spin(x);
    add_option(x, point, other < n ? other : own, other < n ? answer_other : answer_own, answers);
}

static struct deviation here(struct explorer *x, enum choice choice, unsigned vcpu)
{
    struct thread *t = &x->threads[vcpu];
    unsigned n_vcpus = x->m->config.n_vcpus;
    uint64_t pc =
        vcpu < n_vcpus ? vcpu_get_pc(x->m->engine, vcpu) : actors_pc(x->m, vcpu - n_vcpus);
    struct deviation at = {
        .choice = choice,
        .vcpu = vcpu,
        .index = t->n_events,
        .pc = t->has_next ? t->next.pc : pc,
        .again = t->asked[choice]++,
        .interrupt = t->n_interrupts,
    };

    if (x->anchoring)
        explorer_anchor_here(x, &at);
    return at;
}

static unsigned find_option(const struct point *point, unsigned vcpu)
{
    unsigned i = 0;

    while (i < point->n && point->vcpus[i] != vcpu)
        i++;
    return i;
}

static unsigned follow_point(struct explorer *x, const struct deviation *at,
                             const struct point *point)
{
    const struct deviation *d = explorer_follow_here(x, at);
    unsigned option = d ? find_option(point, d->to) : 0;

    if (option == point->n) {
        explorer_no_option(x, d);
        return 0;
    }
    x->followed += d != NULL;
    return option;
}

static void took(struct explorer *x, struct deviation *at, unsigned answer)
{
    at->to = answer;
    if (x->taken && schedule_add(x->taken, at))
        x->failed = -ENOMEM;
}

static unsigned answer_point(struct explorer *x, enum choice choice, const struct point *point)
{
    struct deviation at = here(x, choice, x->last);
    unsigned option = 0;

    if (point->n > 1) {
        x->n_points++;
        if (explorer_by_schedule(x))
            option = follow_point(x, &at, point);
        else if (x->picks)
            option = x->picks->pick(x->picks->opaque, point) % point->n;
    }
    if (option)
        took(x, &at, point->vcpus[option]);
    return option;
}

/* A delay that is asked about again is one deviation, which gets longer. */
static bool lengthened(struct explorer *x, unsigned vcpu, uint32_t more)
{
    struct thread *t = &x->threads[vcpu];
    bool known = t->released && t->delayed_by && x->taken;

    if (known) {
        struct deviation *d = &x->taken->items[t->delayed_by - 1];

        d->to = (unsigned)(t->n_events - d->index) + more;
    } else if (x->taken) {
        t->delayed_by = x->taken->count + 1; /* where it will be */
    }
    return known;
}

static uint32_t answer_question(struct explorer *x, enum choice choice, unsigned vcpu, uint32_t n)
{
    struct question q = {.choice = choice,
                         .vcpu = vcpu,
                         .n = choice == CHOICE_IRQ_DELAY || n < MAX_OPTIONS ? n : MAX_OPTIONS,
                         .random = &x->random,
                         .pc = vcpu_get_pc(x->m->engine, vcpu),
                         .again = x->threads[vcpu].released,
                         .parked = x->threads[vcpu].has_next};
    struct deviation at = here(x, choice, vcpu);
    uint32_t answer = 0;

    if (explorer_by_schedule(x)) {
        const struct deviation *d = explorer_follow_here(x, &at);

        answer = d ? d->to : 0;
        x->followed += d != NULL;
        if (d && x->by_place && choice == CHOICE_IRQ_DELAY)
            x->threads[vcpu].waits_for = d->until.place ? &d->until : NULL;
    } else if (x->picks && x->picks->answer) {
        answer = x->picks->answer(x->picks->opaque, &q) % q.n;
    }
    if (answer && !(choice == CHOICE_IRQ_DELAY && lengthened(x, vcpu, answer)))
        took(x, &at, answer);
    return answer;
}

uint32_t explorer_policy(void *opaque, enum choice choice, unsigned vcpu, uint32_t n_options)
{
    struct explorer *x = opaque;
    uint32_t answers[STRATEGY_MAX_VCPUS], fixed = x->m->chooser.fixed[choice];
    struct point point;

    if (x->abandoned || x->ended)
        return 0;
    if (choice == CHOICE_PREEMPT && x->weak && weak_goes_on(x->weak, vcpu))
        return 0;
    if (choice == CHOICE_PREEMPT || choice == CHOICE_NEXT_VCPU) {
        fill_point(x, choice, vcpu, &point, answers);
        return answers[answer_point(x, choice, &point)];
    }
    if (choice == CHOICE_TURN || fixed)
        return fixed;
    return answer_question(x, choice, vcpu, n_options);
}
