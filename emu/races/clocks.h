/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Vector clocks, and those that are left at words for who reads them.
 *
 * A vCPU has two clocks: one counts for its stores, one for its loads, because DMB ST and DMB LD
 * order one kind alone. A clock moves when what was done so far is published.
 */
#ifndef IRQLAB_EMU_RACES_CLOCKS_H
#define IRQLAB_EMU_RACES_CLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Which of a vCPU's two. */
enum clock_kind { CLOCK_STORES, CLOCK_LOADS };

static inline unsigned clock_of(unsigned vcpu, enum clock_kind kind)
{
    return 2 * vcpu + kind;
}

/* Vector clocks that do not change any more; words refer to them by number. 0: none. */
struct clock_pool;

struct clock_pool *clock_pool_create(unsigned n_vcpus);
void clock_pool_destroy(struct clock_pool *p);
/** clock_pool_clear - all numbers are free again. */
void clock_pool_clear(struct clock_pool *p);

/**
 * clock_pool_add - a copy of @clocks ([2 * n_vcpus]) that vCPU @owner publishes; with one
 * reference, the caller's. CLOCKS_OF_MANY: it has more than what that vCPU knew. 0: out of memory.
 */
#define CLOCKS_OF_MANY UINT32_MAX
uint32_t clock_pool_add(struct clock_pool *p, const uint32_t *clocks, uint32_t owner);
const uint32_t *clock_pool_get(const struct clock_pool *p, uint32_t id);
/** clock_pool_hold, clock_pool_drop - a reference more, one less; of 0: nothing. */
void clock_pool_hold(struct clock_pool *p, uint32_t id);
void clock_pool_drop(struct clock_pool *p, uint32_t id);
/** clock_pool_knows - whether who has @clocks knows all of @id; true for 0. O(1) for one owner. */
bool clock_pool_knows(const struct clock_pool *p, uint32_t id, const uint32_t *clocks);
/** clock_pool_join - @clocks learns what is in @id. */
void clock_pool_join(const struct clock_pool *p, uint32_t id, uint32_t *clocks);
/** clock_pool_used - how many there are. */
size_t clock_pool_used(const struct clock_pool *p);

#endif
