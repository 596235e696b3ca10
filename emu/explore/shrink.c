/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/explore/shrink_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    MOVES_MAX = 64,
    PAIRS_MAX = 16,
    FEW = 3, /* deviations that a person can follow: with more, it is worth a search for others */
};

struct events {
    struct event *items;
    size_t count, capacity;
    bool out_of_memory;
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

bool shrink_is_same(const struct outcome *a, const struct outcome *b)
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

/* A run by @job->trial; `taken` is what it followed. */
static int try_one(struct shrink_job *job, struct events *events, struct outcome *outcome)
{
    struct explorer_follow f = {
        .schedule = &job->trial,
        .by_place = job->by_place,
        .anchors = true,
        .taken = &job->taken,
        .happened = events ? note : NULL,
        .opaque = events,
    };
    int rc = explorer_follow(job->x, &f, outcome, job->err);

    job->out->runs++;
    if (events && events->out_of_memory)
        rc = error_set(job->err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory for events");
    return rc;
}

/* 1: it fails the same way; 0: it does not. */
static int try(struct shrink_job *job, struct events *events)
{
    struct outcome outcome;
    int rc = try_one(job, events, &outcome);

    return rc ? rc : shrink_is_same(&outcome, job->failure);
}

int shrink_adopt(struct shrink_job *job)
{
    return copy(job->best, &job->taken);
}

/* -- Leaving out ------------------------------------------------------------------------------- */

/* 1: a run by the trial fails, too, with fewer deviations; best is that now. */
static int try_fewer(struct shrink_job *job)
{
    int rc = try(job, NULL);

    if (rc <= 0 || job->taken.count >= job->best->count)
        return rc < 0 ? rc : 0;
    rc = shrink_adopt(job);
    return rc ? rc : 1;
}

/* Likewise, without [@at, @at + @n). */
static int leave_out(struct shrink_job *job, size_t at, size_t n)
{
    job->trial.count = 0;
    for (size_t i = 0; i < job->best->count; i++) {
        if ((i < at || i >= at + n) && schedule_add(&job->trial, &job->best->items[i]))
            return -ENOMEM;
    }
    return try_fewer(job);
}

static int leave_out_two(struct shrink_job *job, size_t one, size_t other)
{
    job->trial.count = 0;
    for (size_t i = 0; i < job->best->count; i++) {
        if (i != one && i != other && schedule_add(&job->trial, &job->best->items[i]))
            return -ENOMEM;
    }
    return try_fewer(job);
}

/* All chunks of @n once. 1: some could go. */
static int pass(struct shrink_job *job, size_t n)
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
static int minimize(struct shrink_job *job)
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

/* There and back again: neither can go alone, but both can. */
static int minimize_by_pairs(struct shrink_job *job)
{
    for (size_t one = 0; one + 1 < job->best->count && job->best->count <= PAIRS_MAX; one++) {
        for (size_t other = one + 1; other < job->best->count; other++) {
            int rc = leave_out_two(job, one, other);

            rc = rc > 0 ? minimize(job) : rc;
            if (rc < 0)
                return rc;
        }
    }
    return 0;
}

/* -- Moving ------------------------------------------------------------------------------------ */

static bool picks_vcpu(const struct deviation *d)
{
    return d->choice == CHOICE_PREEMPT || d->choice == CHOICE_NEXT_VCPU;
}

/* trial: as best, but @item one event later. */
static int move(struct shrink_job *job, size_t item)
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
static int move_late(struct shrink_job *job, size_t item)
{
    for (unsigned i = 0; i < MOVES_MAX; i++) {
        int rc = move(job, item);

        rc = rc ? rc : try(job, NULL);
        if (rc <= 0)
            return rc;
        if (job->taken.count != job->best->count)
            return 0;
        rc = shrink_adopt(job);
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
            *out = (struct decider){.known = true, .first = *e, .second = fails->items[second]};
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
static int find_decider(struct shrink_job *job)
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
        job->out->decider.deviation = i;
        rc = move(job, i);
        rc = rc ? rc : try(job, NULL);
        if (rc > 0)
            job->out->decider.known = false; /* one step later it still fails */
        rc = rc < 0 ? rc : 1;
    }
    free(fails.items);
    return rc < 0 ? rc : 0;
}

static bool is_event(const struct event *e, const struct event *which)
{
    return e->vcpu == which->vcpu && e->index == which->index;
}

void shrink_decided(struct decider *decider, const struct event *e, const struct anchor *at)
{
    if (!decider->known)
        return;
    if (is_event(e, &decider->first))
        decider->first_at = *at;
    if (is_event(e, &decider->second))
        decider->second_at = *at;
}

/* Interrupts are counted wherever they are taken. */
static bool is_alike(const struct event *e, const struct event *which)
{
    bool interrupt = e->kind == EVENT_INTERRUPT;

    return e->vcpu == which->vcpu && interrupt == (which->kind == EVENT_INTERRUPT) &&
           (interrupt || e->pc == which->pc);
}

static const struct event *find_event(const struct events *events, const struct event *which)
{
    size_t i = find(events, which->vcpu, which->index);

    return i < events->count ? &events->items[i] : NULL;
}

/* How many like @which were before it, in @events, which it is one of. */
static long count_before(const struct events *events, const struct event *which)
{
    long n = 0;

    for (const struct event *e = events->items; e != which; e++)
        n += is_alike(e, which);
    return n;
}

/* The one that has @n like it before it; the end: there is none. */
static size_t find_again(const struct events *events, const struct event *which, long n)
{
    size_t i = 0;

    for (; i < events->count; i++) {
        if (is_alike(&events->items[i], which) && n-- == 0)
            break;
    }
    return i;
}

/* Both have other indices in @other: they are found by what they are like, and by count. */
static bool is_swapped(const struct events *fails, const struct events *other,
                       const struct decider *d)
{
    const struct event *first = find_event(fails, &d->first);
    const struct event *second = find_event(fails, &d->second);

    return first && second &&
           find_again(other, second, count_before(fails, second)) <
               find_again(other, first, count_before(fails, first));
}

static int try_swapped(struct shrink_job *job, const struct decider *d, struct outcome *out,
                       bool *swapped)
{
    struct events fails = {0}, other = {0};
    int rc = copy(&job->trial, job->best);

    rc = rc ? rc : try_one(job, &fails, out);
    if (!rc)
        rc = move(job, d->deviation);
    rc = rc ? rc : try_one(job, &other, out);
    *swapped = !rc && is_swapped(&fails, &other, d);
    free(fails.items);
    free(other.items);
    return rc;
}

int shrink_swap(struct explorer *x, struct schedule *s, const struct decider *decider,
                struct outcome *out, bool *swapped, struct error *err)
{
    struct shrinking counts = {0};
    struct shrink_job job = {.x = x, .best = s, .failure = out, .out = &counts, .err = err};
    int rc = try_swapped(&job, decider, out, swapped);

    if (rc == -ENOMEM)
        error_set(err, IRQLAB_EXIT_HOST, rc, "out of memory for a schedule");
    schedule_clear(&job.trial);
    schedule_clear(&job.taken);
    return rc;
}

int shrink(struct explorer *x, struct schedule *s, const struct outcome *failure,
           struct shrinking *out, struct error *err)
{
    struct shrink_job job = {.x = x, .best = s, .failure = failure, .out = out, .err = err};
    int rc;

    *out = (struct shrinking){.from = s->count};
    rc = copy(&job.trial, s);
    rc = rc ? rc : try(&job, NULL);
    if (!rc)
        rc = error_set(err, IRQLAB_EXIT_DIVERGENCE, -EILSEQ, "the schedule does not fail again");
    if (rc > 0)
        rc = shrink_adopt(&job);
    job.by_place = true;
    rc = rc ? rc : minimize(&job);
    rc = rc ? rc : minimize_by_pairs(&job);
    job.by_place = false;
    rc = rc ? rc : minimize(&job);
    if (!rc && s->count > FEW)
        rc = shrink_search(&job);
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
