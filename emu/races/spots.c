/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/races/spots.h"

#include <stdlib.h>
#include <string.h>

#include "emu/load/symbols.h"
#include "emu/machine.h"

enum {
    FIRST_SLOTS = 4096,
    MOST_SPOTS = 1 << 18,
    LAST = 4096, /* direct-mapped: the last places, by what makes them */
    MOST_FRAME_BYTES = 1 << 20,
};

struct key {
    uint64_t pc, fp, lr;
    uint32_t handler, vcpu;
};

struct entry {
    struct key key;
    struct spot place;
};

struct recent {
    struct key key;
    uint32_t number;
};

struct spots {
    struct machine *m;
    struct entry *entries; /* [1 .. n - 1] */
    uint32_t n, capacity;
    uint32_t *slots; /* [n_slots], a power of 2; 0: free */
    size_t n_slots;
    struct recent *recent;
};

struct spots *spots_create(struct machine *m)
{
    struct spots *p = calloc(1, sizeof(*p));

    if (!p)
        return NULL;
    p->m = m;
    p->n = 1;
    p->n_slots = FIRST_SLOTS;
    p->slots = calloc(p->n_slots, sizeof(*p->slots));
    p->recent = calloc(LAST, sizeof(*p->recent));
    if (p->slots && p->recent)
        return p;
    spots_destroy(p);
    return NULL;
}

void spots_destroy(struct spots *p)
{
    if (!p)
        return;
    free(p->entries);
    free(p->slots);
    free(p->recent);
    free(p);
}

const struct spot *spots_at(const struct spots *p, uint32_t number)
{
    return number && number < p->n ? &p->entries[number].place : NULL;
}

/* -- Stacks ------------------------------------------------------------------------------------ */

static bool read_pair(struct spots *p, unsigned vcpu, uint64_t va, uint64_t pair[2])
{
    uint64_t pa;

    /* Aligned to 16, it is in one page. */
    return !(va & 15) && !vcpu_translate(p->m->engine, vcpu, va, &pa) &&
           !machine_guest_read(p->m, pa, pair, 16);
}

static const char *function_at(const struct spots *p, uint64_t pc)
{
    uint64_t offset;

    return p->m->symbols ? symbols_at(p->m->symbols, pc, &offset) : NULL;
}

static void add_caller(struct spot *place, uint64_t pc)
{
    if (place->n_callers < SPOT_CALLERS)
        place->callers[place->n_callers++] = pc;
}

/*
 * Records of frames rise. A function that calls nobody has no record, and its caller is in x30; in
 * one that has, x30 is either the same as in the record, or points into the function itself.
 */
static void walk(struct spots *p, const struct key *k, struct spot *place)
{
    uint64_t fp = k->fp, pair[2];
    bool has = read_pair(p, k->vcpu, fp, pair);
    const char *here = function_at(p, k->pc), *link = function_at(p, k->lr);

    if (link && link != here && !(has && pair[1] == k->lr))
        add_caller(place, k->lr);
    while (has && pair[1] && place->n_callers < SPOT_CALLERS) {
        add_caller(place, pair[1]);
        if (pair[0] <= fp || pair[0] - fp > MOST_FRAME_BYTES)
            break;
        fp = pair[0];
        has = read_pair(p, k->vcpu, fp, pair);
    }
}

/* -- Numbers ----------------------------------------------------------------------------------- */

static size_t hash_of(const struct key *k)
{
    uint64_t hash = k->pc * 0x9e3779b97f4a7c15;

    hash = (hash ^ k->fp) * 0x9e3779b97f4a7c15;
    hash = (hash ^ k->lr) * 0x9e3779b97f4a7c15;
    hash = (hash ^ ((uint64_t)k->vcpu << 32 | k->handler)) * 0x9e3779b97f4a7c15;
    return (size_t)(hash >> 32);
}

static bool is_equal(const struct key *a, const struct key *b)
{
    return a->pc == b->pc && a->fp == b->fp && a->lr == b->lr && a->handler == b->handler &&
           a->vcpu == b->vcpu;
}

static uint32_t *slot_of(const struct spots *p, const struct key *k)
{
    size_t at = hash_of(k) & (p->n_slots - 1);

    while (p->slots[at] && !is_equal(&p->entries[p->slots[at]].key, k))
        at = (at + 1) & (p->n_slots - 1);
    return &p->slots[at];
}

static bool grow(struct spots *p)
{
    uint32_t capacity = p->capacity ? 2 * p->capacity : FIRST_SLOTS / 2;
    struct entry *entries = realloc(p->entries, capacity * sizeof(*entries));
    uint32_t *slots;

    if (!entries)
        return false;
    p->entries = entries;
    slots = calloc(2 * (size_t)capacity, sizeof(*slots));
    if (!slots)
        return false;
    free(p->slots);
    p->slots = slots;
    p->n_slots = 2 * (size_t)capacity;
    p->capacity = capacity;
    for (uint32_t i = 1; i < p->n; i++)
        *slot_of(p, &p->entries[i].key) = i;
    return true;
}

static uint32_t add(struct spots *p, const struct key *k)
{
    if (p->n == MOST_SPOTS || (p->n >= p->capacity && !grow(p)))
        return 0;
    p->entries[p->n] = (struct entry){.key = *k, .place = {.pc = k->pc, .handler = k->handler}};
    walk(p, k, &p->entries[p->n].place);
    *slot_of(p, k) = p->n;
    return p->n++;
}

uint32_t spots_number(struct spots *p, unsigned vcpu, uint64_t pc, uint32_t handler)
{
    const struct key k = {.pc = pc,
                          .fp = vcpu_get_x(p->m->engine, vcpu, 29),
                          .lr = vcpu_get_x(p->m->engine, vcpu, 30),
                          .handler = handler,
                          .vcpu = vcpu};
    struct recent *r = &p->recent[hash_of(&k) >> 12 & (LAST - 1)];

    if (r->number && is_equal(&r->key, &k))
        return r->number;
    r->key = k;
    r->number = *slot_of(p, &k);
    if (!r->number)
        r->number = add(p, &k);
    return r->number;
}
