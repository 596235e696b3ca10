/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A spot's number: of its stack, and the low half of its pc; the high half belongs to the stack. */
#include "emu/races/spots.h"

#include <stdlib.h>
#include <string.h>

#include "emu/load/symbols.h"
#include "emu/machine.h"

enum {
    FIRST_SLOTS = 4096,
    MOST_STACKS = 1 << 18,
    MOST_FRAME_BYTES = 1 << 20,
    RECENT = 1024, /* direct-mapped */
};

struct stack {
    struct spot_key key;
    uint64_t records[SPOT_CALLERS]; /* return addresses in the records of frames */
    unsigned n;
};

struct recent {
    struct spot_key key;
    uint32_t number;
};

struct spots {
    struct machine *m;
    struct stack *stacks; /* [1 .. n - 1] */
    uint32_t n, capacity;
    uint32_t *slots; /* [n_slots], a power of 2; 0: free */
    size_t n_slots;
    struct recent *recent; /* [RECENT] */
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
    p->recent = calloc(RECENT, sizeof(*p->recent));
    if (p->slots && p->recent)
        return p;
    spots_destroy(p);
    return NULL;
}

void spots_destroy(struct spots *p)
{
    if (!p)
        return;
    free(p->stacks);
    free(p->slots);
    free(p->recent);
    free(p);
}

/* -- Stacks ------------------------------------------------------------------------------------ */

static bool read_pair(struct spots *p, unsigned vcpu, uint64_t va, uint64_t pair[2])
{
    uint64_t pa;

    /* Aligned to 16, it is in one page. */
    return !(va & 15) && !vcpu_translate(p->m->engine, vcpu, va, &pa) &&
           !machine_guest_read(p->m, pa, pair, 16);
}

/* Records of frames rise. */
static void walk(struct spots *p, struct stack *s)
{
    uint64_t fp = s->key.fp, pair[2];

    while (s->n < SPOT_CALLERS && read_pair(p, s->key.vcpu, fp, pair) && pair[1]) {
        s->records[s->n++] = pair[1];
        if (pair[0] <= fp || pair[0] - fp > MOST_FRAME_BYTES)
            break;
        fp = pair[0];
    }
}

static const char *function_at(const struct spots *p, uint64_t pc)
{
    uint64_t offset;

    return p->m->symbols ? symbols_at(p->m->symbols, pc, &offset) : NULL;
}

/*
 * A function that calls nobody has no record, and its caller is in x30; in one that has, x30 is
 * either the same as in the record, or points into the function itself.
 */
static bool is_without_record(const struct spots *p, const struct stack *s, uint64_t pc)
{
    const char *here = function_at(p, pc), *link = function_at(p, s->key.lr);

    return link && link != here && !(s->n && s->records[0] == s->key.lr);
}

uint64_t spots_pc(const struct spots *p, uint64_t number)
{
    uint32_t stack = (uint32_t)(number >> 32);

    return stack && stack < p->n ? (uint64_t)p->stacks[stack].key.pc_high << 32 | (uint32_t)number
                                 : 0;
}

bool spots_at(const struct spots *p, uint64_t number, struct spot *out)
{
    uint32_t at = (uint32_t)(number >> 32);
    const struct stack *s;

    *out = (struct spot){.handler = ~0u};
    if (!at || at >= p->n)
        return false;
    s = &p->stacks[at];
    out->pc = spots_pc(p, number);
    out->handler = s->key.handler;
    if (is_without_record(p, s, out->pc))
        out->callers[out->n_callers++] = s->key.lr;
    for (unsigned i = 0; i < s->n && out->n_callers < SPOT_CALLERS; i++)
        out->callers[out->n_callers++] = s->records[i];
    return true;
}

/* -- Numbers ----------------------------------------------------------------------------------- */

static size_t hash_of(const struct spot_key *k)
{
    uint64_t hash = k->fp * 0x9e3779b97f4a7c15;

    hash = (hash ^ k->lr) * 0x9e3779b97f4a7c15;
    hash = (hash ^ ((uint64_t)k->vcpu << 32 | k->handler)) * 0x9e3779b97f4a7c15;
    return (size_t)((hash ^ k->pc_high) * 0x9e3779b97f4a7c15 >> 32);
}

static bool is_equal(const struct spot_key *a, const struct spot_key *b)
{
    return a->fp == b->fp && a->lr == b->lr && a->pc_high == b->pc_high &&
           a->handler == b->handler && a->vcpu == b->vcpu;
}

static uint32_t *slot_of(const struct spots *p, const struct spot_key *k)
{
    size_t at = hash_of(k) & (p->n_slots - 1);

    while (p->slots[at] && !is_equal(&p->stacks[p->slots[at]].key, k))
        at = (at + 1) & (p->n_slots - 1);
    return &p->slots[at];
}

static bool grow(struct spots *p)
{
    uint32_t capacity = p->capacity ? 2 * p->capacity : FIRST_SLOTS / 2;
    struct stack *stacks = realloc(p->stacks, capacity * sizeof(*stacks));
    uint32_t *slots;

    if (!stacks)
        return false;
    p->stacks = stacks;
    slots = calloc(2 * (size_t)capacity, sizeof(*slots));
    if (!slots)
        return false;
    free(p->slots);
    p->slots = slots;
    p->n_slots = 2 * (size_t)capacity;
    p->capacity = capacity;
    for (uint32_t i = 1; i < p->n; i++)
        *slot_of(p, &p->stacks[i].key) = i;
    return true;
}

static uint32_t add(struct spots *p, const struct spot_key *k)
{
    if (p->n == MOST_STACKS || (p->n >= p->capacity && !grow(p)))
        return 0;
    p->stacks[p->n] = (struct stack){.key = *k};
    walk(p, &p->stacks[p->n]);
    *slot_of(p, k) = p->n;
    return p->n++;
}

uint64_t spots_number(struct spots *p, const struct spot_key *k, uint32_t pc)
{
    struct recent *r =
        &p->recent[(k->fp / 16 * 31 + k->lr / 4 + k->vcpu * (RECENT / 4)) & (RECENT - 1)];

    if (!r->number || !is_equal(&r->key, k)) {
        r->key = *k;
        r->number = *slot_of(p, k);
        if (!r->number)
            r->number = add(p, k);
    }
    return r->number ? (uint64_t)r->number << 32 | pc : 0;
}
