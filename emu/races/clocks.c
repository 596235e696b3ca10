/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/races/clocks.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 64 };

struct head {
    uint32_t references;
    uint32_t owner; /* free: the next free one */
};

struct clock_pool {
    unsigned width; /* of a vector clock */
    struct head *heads;
    uint32_t *clocks;
    uint32_t capacity, n, free; /* numbers 1 .. n - 1 were given out once; `free` is a list */
    size_t used;
};

struct clock_pool *clock_pool_create(unsigned n_vcpus)
{
    struct clock_pool *p = calloc(1, sizeof(*p));

    if (!p)
        return NULL;
    p->width = 2 * n_vcpus;
    p->n = 1;
    return p;
}

void clock_pool_destroy(struct clock_pool *p)
{
    if (!p)
        return;
    free(p->heads);
    free(p->clocks);
    free(p);
}

void clock_pool_clear(struct clock_pool *p)
{
    p->n = 1;
    p->free = 0;
    p->used = 0;
}

static bool grow(struct clock_pool *p)
{
    uint32_t capacity = p->capacity ? 2 * p->capacity : FIRST_CAPACITY;
    struct head *heads = realloc(p->heads, capacity * sizeof(*heads));
    uint32_t *clocks;

    if (!heads)
        return false;
    p->heads = heads;
    clocks = realloc(p->clocks, (size_t)capacity * p->width * sizeof(*clocks));
    if (!clocks)
        return false;
    p->clocks = clocks;
    p->capacity = capacity;
    return true;
}

const uint32_t *clock_pool_get(const struct clock_pool *p, uint32_t id)
{
    return p->clocks + (size_t)id * p->width;
}

uint32_t clock_pool_add(struct clock_pool *p, const uint32_t *clocks, uint32_t owner)
{
    uint32_t id = p->free;

    if (id) {
        p->free = p->heads[id].owner;
    } else {
        if (p->n >= p->capacity && !grow(p))
            return 0;
        id = p->n++;
    }
    p->heads[id] = (struct head){.references = 1, .owner = owner};
    memcpy(p->clocks + (size_t)id * p->width, clocks, p->width * sizeof(*clocks));
    p->used++;
    return id;
}

void clock_pool_hold(struct clock_pool *p, uint32_t id)
{
    if (id)
        p->heads[id].references++;
}

void clock_pool_drop(struct clock_pool *p, uint32_t id)
{
    if (!id || --p->heads[id].references)
        return;
    p->heads[id].owner = p->free;
    p->free = id;
    p->used--;
}

static bool knows_each(const struct clock_pool *p, const uint32_t *of, const uint32_t *clocks)
{
    for (unsigned i = 0; i < p->width; i++) {
        if (of[i] > clocks[i])
            return false;
    }
    return true;
}

/* A vCPU's clocks move with all that it publishes: who knows them knows all that was published
 * before, too. */
bool clock_pool_knows(const struct clock_pool *p, uint32_t id, const uint32_t *clocks)
{
    const uint32_t *of;
    unsigned stores, loads;

    if (!id)
        return true;
    of = clock_pool_get(p, id);
    if (p->heads[id].owner == CLOCKS_OF_MANY)
        return knows_each(p, of, clocks);
    stores = clock_of(p->heads[id].owner, CLOCK_STORES);
    loads = clock_of(p->heads[id].owner, CLOCK_LOADS);
    return of[stores] <= clocks[stores] && of[loads] <= clocks[loads];
}

void clock_pool_join(const struct clock_pool *p, uint32_t id, uint32_t *clocks)
{
    const uint32_t *of;

    if (!id)
        return;
    of = clock_pool_get(p, id);
    for (unsigned i = 0; i < p->width; i++)
        clocks[i] = of[i] > clocks[i] ? of[i] : clocks[i];
}

size_t clock_pool_used(const struct clock_pool *p)
{
    return p->used;
}
