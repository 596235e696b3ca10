/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs by a schedule. Three ways to find the place of a deviation: exactly, one after the other
 * (the same image); by anchors, likewise (another build of it); or whichever fits, in any order
 * (a schedule that is being shrunk).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "emu/explore/explorer_internal.h"

static const struct deviation *next_deviation(const struct explorer *x)
{
    return x->schedule && x->followed < x->schedule->count ? &x->schedule->items[x->followed]
                                                           : NULL;
}

bool explorer_by_schedule(const struct explorer *x)
{
    if (!x->replay || !x->replay->goes_on)
        return x->schedule;
    return !x->diverged && next_deviation(x);
}

/* -- Whichever fits ---------------------------------------------------------------------------- */

static bool is_for(const struct deviation *d, const struct deviation *at)
{
    return d->choice == at->choice && d->vcpu == at->vcpu && d->index == at->index &&
           d->again == at->again;
}

/* The interrupt that waits is known by its number; so where it came in makes no difference. */
static bool is_same_moment(const struct deviation *d, const struct deviation *at)
{
    if (d->choice != at->choice || d->vcpu != at->vcpu)
        return false;
    if (d->choice == CHOICE_IRQ_DELAY)
        return d->interrupt == at->interrupt;
    return d->again == at->again && anchor_is(&d->at, &at->at);
}

static size_t place_of(const struct explorer *x, const struct deviation *d)
{
    uint64_t key = (uint64_t)d->vcpu << 12 ^ d->choice << 8;

    if (!x->by_place)
        key ^= d->index << 20 ^ d->again;
    else if (d->choice == CHOICE_IRQ_DELAY)
        key ^= d->interrupt;
    else if (d->at.place)
        key ^= (uint64_t)d->at.place->kind << 40 ^ (uint64_t)d->at.nth << 20 ^ d->again;
    return (size_t)(key * 0x9e3779b97f4a7c15 >> 20) & (x->n_places - 1);
}

static void put_place(struct explorer *x, size_t item)
{
    size_t at = place_of(x, &x->schedule->items[item]);

    while (x->places[at])
        at = (at + 1) & (x->n_places - 1);
    x->places[at] = item + 1;
}

static bool fits(const struct explorer *x, const struct deviation *d, const struct deviation *at)
{
    return x->by_place ? is_same_moment(d, at) : is_for(d, at) && (!d->pc || d->pc == at->pc);
}

static const struct deviation *find_place(const struct explorer *x, const struct deviation *at)
{
    size_t i = place_of(x, at);

    for (; x->places[i]; i = (i + 1) & (x->n_places - 1)) {
        const struct deviation *d = &x->schedule->items[x->places[i] - 1];

        if (fits(x, d, at))
            return d;
    }
    return NULL;
}

static int need_anchors(struct explorer *x, struct error *err)
{
    if (!x->anchors)
        x->anchors = anchors_create(x->m, x->image);
    return x->anchors ? 0 : error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory");
}

int explorer_follow(struct explorer *x, const struct explorer_follow *f, struct outcome *out,
                    struct error *err)
{
    const struct explorer_picks picks = {.opaque = f->opaque, .happened = f->happened};
    int rc = need_anchors(x, err);

    if (rc)
        return rc;
    for (x->n_places = 16; x->n_places < 2 * f->schedule->count;)
        x->n_places *= 2;
    x->places = calloc(x->n_places, sizeof(*x->places));
    if (!x->places)
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory for a schedule");
    x->schedule = f->schedule;
    x->lenient = true;
    x->by_place = f->by_place;
    x->anchoring = f->by_place || f->anchors;
    x->taken = f->taken;
    if (x->taken)
        x->taken->count = 0;
    x->picks = &picks;
    for (size_t i = 0; i < f->schedule->count; i++)
        put_place(x, i);
    rc = explorer_one_run(x, false, out, err);
    free(x->places);
    x->places = NULL;
    x->lenient = x->by_place = x->anchoring = false;
    x->picks = NULL;
    x->schedule = NULL;
    x->taken = NULL;
    return rc;
}

/* -- One after the other ----------------------------------------------------------------------- */

const struct deviation *explorer_follow_here(struct explorer *x, const struct deviation *at)
{
    const struct deviation *d;

    if (x->lenient)
        return find_place(x, at);
    d = next_deviation(x);
    if (!d || x->diverged)
        return NULL;
    if (x->by_place)
        return is_same_moment(d, at) ? d : NULL;
    if (!is_for(d, at))
        return NULL;
    if (d->pc == at->pc)
        return d;
    explorer_miss(x, "the instruction there is another");
    return NULL;
}

void explorer_no_option(struct explorer *x, const struct deviation *d)
{
    char found[96];

    if (x->lenient)
        return;
    snprintf(found, sizeof(found), "it came there, but vCPU %u could not go on", d->to);
    explorer_miss(x, found);
}

/* @e happens, and was not asked about as @d wants. */
static bool has_passed(struct explorer *x, const struct deviation *d, const struct event *e)
{
    struct anchor at;

    if (d->vcpu != e->vcpu)
        return false;
    if (!x->by_place)
        return x->threads[e->vcpu].n_events >= d->index;
    if (d->choice == CHOICE_IRQ_DELAY)
        return e->kind == EVENT_INTERRUPT && x->threads[e->vcpu].n_interrupts > d->interrupt;
    at = d->at.after ? anchors_last(x->anchors, e->vcpu) : anchors_next(x->anchors, e);
    return anchor_is(&d->at, &at);
}

void explorer_note_event(struct explorer *x, const struct event *e)
{
    const struct explorer_replay *r = x->replay;
    const struct deviation *d = x->diverged || x->lenient ? NULL : next_deviation(x);

    if (r && r->happened) {
        struct anchor at = anchors_next(x->anchors, e);

        r->happened(r->opaque, e, &at);
    }
    if (d && has_passed(x, d, e))
        explorer_miss(x, "it came there, but nothing else could go on");
    if (x->anchoring && anchors_happened(x->anchors, e))
        x->failed = -ENOMEM;
}

void explorer_anchor_here(struct explorer *x, struct deviation *at)
{
    const struct thread *t = &x->threads[at->vcpu];

    at->at = t->has_next ? anchors_next(x->anchors, &t->next) : anchors_last(x->anchors, at->vcpu);
}

void explorer_check_followed(struct explorer *x)
{
    if (x->lenient || x->diverged || x->abandoned || !next_deviation(x))
        return;
    explorer_miss(x, "the run ended before");
}

/* -- Interrupts that are held ------------------------------------------------------------------ */

bool explorer_held_for_long_enough(struct explorer *x, unsigned vcpu)
{
    const struct thread *t = &x->threads[vcpu];
    struct anchor at = anchors_next(x->anchors, &t->next);

    return anchor_is(&at, t->waits_for);
}

void explorer_released(struct explorer *x, unsigned vcpu, const char *how)
{
    struct thread *t = &x->threads[vcpu];
    struct anchor at;

    at = how ? anchors_here(x->anchors, vcpu, how) : anchors_next(x->anchors, &t->next);
    if (x->taken && t->delayed_by) {
        struct deviation *d = &x->taken->items[t->delayed_by - 1];

        d->until = at;
        if (t->waits_for)
            d->to = t->n_events > d->index ? (unsigned)(t->n_events - d->index) : 1;
    }
    if (t->waits_for && !anchor_is(&at, t->waits_for) && !x->diverged && !x->lenient) {
        x->followed--; /* it was this one */
        explorer_miss(x, "it could not be held for so long");
    }
    t->waits_for = NULL;
}

/* -- Replays ----------------------------------------------------------------------------------- */

int explorer_replay_with(struct explorer *x, const struct explorer_replay *r, struct outcome *out,
                         struct error *err)
{
    uint64_t chance = r->seed;
    const struct explorer_picks picks = {.opaque = &chance,
                                         .seed = r->seed,
                                         .pick = explorer_pick_by_chance,
                                         .answer = explorer_answer_by_chance};
    int rc = need_anchors(x, err);

    if (rc)
        return rc;
    x->replay = r;
    x->by_place = r->by_place;
    x->anchoring = r->by_place || r->taken || r->happened;
    x->schedule = r->schedule;
    x->picks = r->goes_on ? &picks : NULL;
    x->taken = r->taken;
    if (x->taken)
        x->taken->count = 0;
    rc = explorer_one_run(x, r->want_hash, out, err);
    x->taken = NULL;
    x->picks = NULL;
    x->schedule = NULL;
    x->by_place = x->anchoring = false;
    x->replay = NULL;
    return rc;
}

int explorer_replay(struct explorer *x, const struct schedule *schedule, bool want_hash,
                    struct outcome *out, struct error *err)
{
    const struct explorer_replay r = {.schedule = schedule, .want_hash = want_hash};

    return explorer_replay_with(x, &r, out, err);
}
