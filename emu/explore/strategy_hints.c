/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hints: each run makes one pair of accesses that conflict come in the order that was not seen, or
 * as near to one another as can be ("Snowboard", SOSP 2021; for interrupts, "SDRacer", ISSTA 2017).
 *
 * A site is an access of one vCPU, by its thread or a handler, at one pc to one place. The first
 * run is the plain one; it and all others tell which sites there are. A hint is a pair of sites:
 * the vCPU that stands before the first is held there until the second has happened, and then goes
 * on at once. If the second is its own handler's, it is held until its interrupt is pending, which
 * is taken there, and not before. Pairs with the same two pcs are a cluster; each round tries one
 * hint of each cluster, rare ones first: with the first time that its site is reached in the first
 * round, with any and with random preemptions besides, up to depth - 1, in later ones.
 */
#include <string.h>

#include "emu/explore/strategy.h"

enum { MAX_SITES = 512, MAX_PAIRS = 8192, MAX_PUT_OFF = 1024, MAX_NOISE = 8 };

struct site {
    struct event event;
    uint32_t count; /* how often in all runs */
};

struct pair {
    uint16_t first, second, cluster;
    bool used;
};

struct cluster {
    uint64_t pc_first, pc_second;
    uint32_t weight;
};

/* How far this run is with its hint. */
enum phase { BEFORE, HELD, RETURN, DONE };

struct hints {
    uint64_t random;
    unsigned n_sites, n_paired, n_pairs, n_clusters;
    struct site sites[MAX_SITES];
    struct pair pairs[MAX_PAIRS];
    struct cluster clusters[MAX_PAIRS];
    uint16_t order[MAX_PAIRS]; /* of this round: clusters */
    unsigned round, n_order, next;
    /* This run. */
    enum phase phase;
    struct site *first, *second;
    bool by_interrupt;         /* the second is a handler of the first's vCPU */
    uint32_t occurrence, seen; /* the first is meant when it is reached so often before; it was */
    unsigned put_off;
    uint64_t noise[MAX_NOISE]; /* points at which anybody may go on */
    unsigned n_noise;
};

/* -- Sites and pairs --------------------------------------------------------------------------- */

static bool is_at(const struct event *e, const struct event *site)
{
    return e->vcpu == site->vcpu && e->pc == site->pc && e->in_handler == site->in_handler;
}

static void note_site(struct hints *s, const struct event *e)
{
    for (unsigned i = 0; i < s->n_sites; i++) {
        if (is_at(e, &s->sites[i].event) && e->pa == s->sites[i].event.pa) {
            s->sites[i].count++;
            return;
        }
    }
    if (s->n_sites < MAX_SITES)
        s->sites[s->n_sites++] = (struct site){.event = *e, .count = 1};
}

static uint16_t cluster_of(struct hints *s, const struct event *first, const struct event *second)
{
    unsigned i = 0;

    while (i < s->n_clusters &&
           (s->clusters[i].pc_first != first->pc || s->clusters[i].pc_second != second->pc))
        i++;
    if (i == s->n_clusters)
        s->clusters[s->n_clusters++] = (struct cluster){first->pc, second->pc, 0};
    return (uint16_t)i;
}

/* A handler cannot be held before its own access until its thread goes on. */
static void note_pair(struct hints *s, unsigned first, unsigned second)
{
    const struct event *a = &s->sites[first].event, *b = &s->sites[second].event;

    if (s->n_pairs == MAX_PAIRS || (a->vcpu == b->vcpu && (a->in_handler || !b->in_handler)))
        return;
    s->pairs[s->n_pairs++] =
        (struct pair){(uint16_t)first, (uint16_t)second, cluster_of(s, a, b), false};
}

static void note_pairs(struct hints *s)
{
    for (; s->n_paired < s->n_sites; s->n_paired++) {
        for (unsigned i = 0; i < s->n_paired; i++) {
            if (!event_touches(&s->sites[i].event, &s->sites[s->n_paired].event))
                continue;
            note_pair(s, i, s->n_paired);
            note_pair(s, s->n_paired, i);
        }
    }
}

static void weigh(struct hints *s)
{
    for (unsigned i = 0; i < s->n_clusters; i++)
        s->clusters[i].weight = 0;
    for (unsigned i = 0; i < s->n_pairs; i++)
        s->clusters[s->pairs[i].cluster].weight +=
            s->sites[s->pairs[i].first].count + s->sites[s->pairs[i].second].count;
}

/* Rare ones first; as they were found where they are as rare. */
static void start_round(struct hints *s)
{
    weigh(s);
    for (s->n_order = 0; s->n_order < s->n_clusters; s->n_order++) {
        unsigned at = s->n_order;

        for (; at && s->clusters[s->order[at - 1]].weight > s->clusters[s->n_order].weight; at--)
            s->order[at] = s->order[at - 1];
        s->order[at] = (uint16_t)s->n_order;
    }
    s->next = 0;
    s->round++;
}

/* -- A run's hint ------------------------------------------------------------------------------ */

/* Of the cluster, one that was not tried; when all were, from the first on again. */
static struct pair *choose_pair(struct hints *s, unsigned cluster)
{
    struct pair *first = NULL;

    for (unsigned i = 0; i < s->n_pairs; i++) {
        struct pair *p = &s->pairs[i];

        if (p->cluster != cluster)
            continue;
        if (!p->used)
            return p;
        first = first ? first : p;
    }
    for (unsigned i = 0; i < s->n_pairs; i++) {
        if (s->pairs[i].cluster == cluster)
            s->pairs[i].used = false;
    }
    return first;
}

static void draw_noise(struct hints *s, const struct strategy_parameters *p)
{
    uint32_t k = p->n_events && p->n_events < UINT32_MAX ? (uint32_t)p->n_events : 1;
    unsigned most = p->depth ? p->depth - 1 : 0;

    s->n_noise = s->round - 1 < most ? s->round - 1 : most;
    s->n_noise = s->n_noise < MAX_NOISE ? s->n_noise : MAX_NOISE;
    for (unsigned i = 0; i < s->n_noise; i++)
        s->noise[i] = random_below(&s->random, k);
}

static int hints_begin_run(void *state, const struct strategy_parameters *p, uint64_t run)
{
    struct hints *s = state;
    struct pair *pair;

    s->random = run_seed(p->seed, run);
    s->phase = DONE;
    s->seen = s->put_off = s->n_noise = 0;
    if (!run)
        return 1;
    note_pairs(s);
    if (s->next == s->n_order)
        start_round(s);
    draw_noise(s, p);
    if (!s->n_order)
        return 1; /* nothing conflicts */
    pair = choose_pair(s, s->order[s->next++]);
    pair->used = true;
    s->first = &s->sites[pair->first];
    s->second = &s->sites[pair->second];
    s->by_interrupt = s->first->event.vcpu == s->second->event.vcpu;
    s->occurrence =
        s->round > 1 ? random_below(&s->random, 1 + s->first->count / (uint32_t)run) : 0;
    s->phase = BEFORE;
    return 1;
}

static unsigned option_of(const struct point *point, unsigned vcpu)
{
    unsigned i = 0;

    while (i < point->n && point->vcpus[i] != vcpu)
        i++;
    return i;
}

static bool is_noise(const struct hints *s, const struct point *point)
{
    for (unsigned i = 0; i < s->n_noise; i++) {
        if (s->noise[i] == point->number)
            return true;
    }
    return false;
}

/* Somebody else, or the one that leads to the second access if it can go on. */
static unsigned pick_other(const struct hints *s, const struct point *point, unsigned held)
{
    unsigned other = option_of(point, s->second->event.vcpu);

    if (!s->by_interrupt && other < point->n)
        return other;
    return held ? 0 : 1;
}

static unsigned hints_pick(void *state, const struct strategy_parameters *p,
                           const struct point *point)
{
    struct hints *s = state;
    unsigned held = s->phase == DONE ? point->n : option_of(point, s->first->event.vcpu);

    (void)p;
    if (s->phase == BEFORE && held < point->n && point->events[held] && s->seen == s->occurrence &&
        is_at(point->events[held], &s->first->event))
        s->phase = HELD;
    if (s->phase == HELD && s->by_interrupt && held < point->n && point->interrupted[held])
        s->phase = RETURN;
    if (s->phase == RETURN && held < point->n)
        return held;
    if (s->phase == HELD)
        return pick_other(s, point, held);
    return is_noise(s, point) ? random_below(&s->random, point->n) : 0;
}

/* An interrupt that is meant for the held vCPU's place is not taken before. */
static uint32_t hints_answer(void *state, const struct strategy_parameters *p,
                             const struct question *q)
{
    struct hints *s = state;

    (void)p;
    if (q->choice != CHOICE_IRQ_DELAY)
        return s->round > 1 ? answer_by_chance(q) : 0;
    if (s->phase == DONE || !s->by_interrupt || q->vcpu != s->first->event.vcpu)
        return s->n_noise && !q->again && !random_below(&s->random, 8) ? answer_by_chance(q) : 0;
    if (s->phase != BEFORE || ++s->put_off > MAX_PUT_OFF ||
        (q->parked && q->pc == s->first->event.pc && s->seen == s->occurrence))
        return 0;
    return 1;
}

static void hints_happened(void *state, const struct strategy_parameters *p, const struct event *e)
{
    struct hints *s = state;
    bool interrupt = e->kind == EVENT_INTERRUPT;

    (void)p;
    if (!interrupt)
        note_site(s, e);
    if (s->phase == DONE)
        return;
    if (s->phase == HELD && !interrupt && is_at(e, &s->second->event))
        s->phase = RETURN;
    else if (e->vcpu == s->first->event.vcpu && (s->phase == RETURN || s->phase == HELD))
        s->phase = DONE;
    if (!interrupt && is_at(e, &s->first->event))
        s->seen++;
}

const struct strategy_kind strategy_hints = {
    .name = "hints",
    .help = "each run forces one pair of conflicting accesses to the other order, rare ones first",
    .state_bytes = sizeof(struct hints),
    .asks_again = true,
    .is_sequence = true,
    .begin_run = hints_begin_run,
    .pick = hints_pick,
    .answer = hints_answer,
    .happened = hints_happened,
};
