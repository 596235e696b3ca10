/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/explore/shrink.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { MOVES_MAX = 64 };

struct events {
    struct event *items;
    size_t count, capacity;
    bool out_of_memory;
};

struct job {
    struct explorer *x;
    struct schedule *best; /* fails, and every deviation of it finds its place */
    struct schedule trial, taken;
    const struct outcome *failure;
    struct shrinking *out;
    struct error *err;
};

static int copy(struct schedule *to, const struct schedule *from)
{
    to->count = 0;
    for (size_t i = 0; i < from->count; i++) {
        if (schedule_add(to, &from->items[i]))
            return -ENOMEM;
    }
    return 0;
}

static bool is_same(const struct outcome *a, const struct outcome *b)
{
    return a->exit_code == b->exit_code &&
           (a->exit_code != IRQLAB_EXIT_GUEST_ASSERT || !strcmp(a->text, b->text));
}

static void note(void *opaque, const struct event *e)
{
    struct events *list = opaque;

    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : 256;
        struct event *items = realloc(list->items, capacity * sizeof(*items));

        list->out_of_memory |= !items;
        if (!items)
            return;
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = *e;
}

/* 1: a run by @job->trial fails the same way, and `taken` is what it followed; 0: it does not. */
static int try(struct job *job, struct events *events)
{
    struct explorer_follow f = {
        .schedule = &job->trial,
        .taken = &job->taken,
        .happened = events ? note : NULL,
        .opaque = events,
    };
    struct outcome outcome;
    int rc = explorer_follow(job->x, &f, &outcome, job->err);

    job->out->runs++;
    if (events && events->out_of_memory)
        rc = error_set(job->err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory for events");
    return rc ? rc : is_same(&outcome, job->failure);
}

static int adopt(struct job *job)
{
    return copy(job->best, &job->taken);
}

/* -- Leaving out ------------------------------------------------------------------------------- */

/* 1: without [@at, @at + @n) it fails, too, and best has become shorter. */
static int leave_out(struct job *job, size_t at, size_t n)
{
    int rc;

    job->trial.count = 0;
    for (size_t i = 0; i < job->best->count; i++) {
        if ((i < at || i >= at + n) && schedule_add(&job->trial, &job->best->items[i]))
            return -ENOMEM;
    }
    rc = try(job, NULL);
    if (rc <= 0 || job->taken.count >= job->best->count)
        return rc < 0 ? rc : 0;
    rc = adopt(job);
    return rc ? rc : 1;
}

/* All chunks of @n once. 1: some could go. */
static int pass(struct job *job, size_t n)
{
    int some = 0;

    for (size_t at = 0; at < job->best->count;) {
        int rc = leave_out(job, at, n);

        if (rc < 0)
            return rc;
        some |= rc;
        at += rc ? 0 : n;
    }
    return some;
}

/* Delta debugging (Zeller and Hildebrandt, TSE 2002): the last pass proves that none can go. */
static int minimize(struct job *job)
{
    size_t n = job->best->count / 2;
    int rc;

    for (; n > 1; n /= 2) {
        rc = pass(job, n);
        if (rc < 0)
            return rc;
    }
    do
        rc = pass(job, 1);
    while (rc > 0);
    return rc;
}

/* -- Moving ------------------------------------------------------------------------------------ */

static bool picks_vcpu(const struct deviation *d)
{
    return d->choice == CHOICE_PREEMPT || d->choice == CHOICE_NEXT_VCPU;
}

/* trial: as best, but @item one event later. */
static int move(struct job *job, size_t item)
{
    struct deviation *d;
    int rc = copy(&job->trial, job->best);

    if (rc)
        return rc;
    d = &job->trial.items[item];
    if (picks_vcpu(d)) {
        d->index++;
        d->again = 0;
        d->pc = 0;
    } else {
        d->to++;
    }
    return 0;
}

static bool can_move(const struct deviation *d)
{
    return d->choice == CHOICE_PREEMPT || d->choice == CHOICE_IRQ_DELAY;
}

/* As late as it fails: what comes next is what must not come first. */
static int move_late(struct job *job, size_t item)
{
    for (unsigned i = 0; i < MOVES_MAX; i++) {
        int rc = move(job, item);

        rc = rc ? rc : try(job, NULL);
        if (rc <= 0)
            return rc;
        if (job->taken.count != job->best->count)
            return 0;
        rc = adopt(job);
        if (rc)
            return rc;
    }
    return 0;
}

static size_t find(const struct events *list, unsigned vcpu, uint64_t index)
{
    size_t i = 0;

    while (i < list->count && (list->items[i].vcpu != vcpu || list->items[i].index != index))
        i++;
    return i;
}

/* A preemption: the event before which it was, and the last one before that which touches it: of
 * another vCPU, or of a handler that came in between. */
static bool decided_by_preemption(const struct events *fails, const struct deviation *d,
                                  struct decider *out)
{
    size_t second = find(fails, d->vcpu, d->index), first;

    while (second < fails->count &&
           (fails->items[second].vcpu != d->vcpu || fails->items[second].pc != d->pc ||
            fails->items[second].kind == EVENT_INTERRUPT))
        second++;
    if (second == fails->count)
        return false;
    for (first = second; first-- > 0;) {
        const struct event *e = &fails->items[first];

        if (e->vcpu == d->vcpu && e->index < d->index)
            return false; /* from here on, both runs are the same */
        if (event_touches(e, &fails->items[second])) {
            *out = (struct decider){true, *e, fails->items[second]};
            return true;
        }
    }
    return false;
}

/* An interrupt: it is taken, and then comes the event that must be before it. */
static bool decided_by_interrupt(const struct events *fails, const struct deviation *d,
                                 struct decider *out)
{
    size_t i = find(fails, d->vcpu, d->index);

    while (i < fails->count &&
           (fails->items[i].kind != EVENT_INTERRUPT || fails->items[i].vcpu != d->vcpu))
        i++;
    out->first = fails->items[i < fails->count ? i : 0];
    for (; i < fails->count; i++) {
        const struct event *e = &fails->items[i];

        if (e->vcpu == d->vcpu && e->kind != EVENT_INTERRUPT && !e->in_handler) {
            out->second = *e;
            return out->known = true;
        }
    }
    return false;
}

/* Of the last deviation that decides by its place. */
static int find_decider(struct job *job)
{
    struct events fails = {0};
    int rc = copy(&job->trial, job->best);

    rc = rc ? rc : try(job, &fails);
    for (size_t i = job->best->count; rc > 0 && i-- > 0 && !job->out->decider.known;) {
        const struct deviation *d = &job->best->items[i];

        if (d->choice == CHOICE_PREEMPT)
            decided_by_preemption(&fails, d, &job->out->decider);
        else if (d->choice == CHOICE_IRQ_DELAY)
            decided_by_interrupt(&fails, d, &job->out->decider);
        if (!job->out->decider.known)
            continue;
        rc = move(job, i);
        rc = rc ? rc : try(job, NULL);
        if (rc > 0)
            job->out->decider.known = false; /* one step later it still fails */
        rc = rc < 0 ? rc : 1;
    }
    free(fails.items);
    return rc < 0 ? rc : 0;
}

int shrink(struct explorer *x, struct schedule *s, const struct outcome *failure,
           struct shrinking *out, struct error *err)
{
    struct job job = {.x = x, .best = s, .failure = failure, .out = out, .err = err};
    int rc;

    *out = (struct shrinking){.from = s->count};
    rc = copy(&job.trial, s);
    rc = rc ? rc : try(&job, NULL);
    if (!rc)
        rc = error_set(err, IRQLAB_EXIT_DIVERGENCE, -EILSEQ, "the schedule does not fail again");
    if (rc > 0)
        rc = adopt(&job);
    rc = rc ? rc : minimize(&job);
    for (size_t i = 0; !rc && i < s->count; i++)
        rc = can_move(&s->items[i]) ? move_late(&job, i) : 0;
    rc = rc ? rc : minimize(&job);
    rc = rc ? rc : find_decider(&job);
    out->to = s->count;
    schedule_clear(&job.trial);
    schedule_clear(&job.taken);
    return rc;
}
