/* SPDX-License-Identifier: MIT */
/*
 * A set of LPIs: pending bits and cached configuration (state), sorted by level (derived). Each
 * redistributor has one of its physical LPIs (lpi.c) and, with GICv4, one of the virtual LPIs of
 * the vPE that is resident there (vlpi.c). Where the tables are and how far they reach is in the
 * redistributor's registers.
 */
#ifndef GIC_LPISET_H
#define GIC_LPISET_H

#include "gic/internal.h"

#define LPI_CHUNK     4096u /* LPIs that come and go together */
#define LPI_MAP_BYTES 512u  /* coarse map of a pending table: a bit per chunk, 24 bits of INTID */

typedef void lpi_visit_fn(void *opaque, const char *name, void *data, size_t size_bytes);

/** lpi_set_create - room for chunks and levels. 0 or -ENOMEM; lpi_set_destroy() in any case. */
int lpi_set_create(struct lpi_set *s, struct gic_vcpu *v, bool is_virtual);
void lpi_set_destroy(struct lpi_set *s);

/** lpi_set_drop - nothing pending, nothing cached. Costs by the chunks in use, not by LPIs. */
void lpi_set_drop(struct lpi_set *s);
/** lpi_set_rebuild - the levels anew from the pending bits; none if not @live. */
void lpi_set_rebuild(struct lpi_set *s, bool live);
/** lpi_set_visit - which chunks there are, then each. A restore makes and drops chunks. */
void lpi_set_visit(struct lpi_set *s, const char *present, const char *name, lpi_visit_fn *fn,
                   void *opaque);

/** lpi_set_valid - whether the tables have room for @intid. */
bool lpi_set_valid(const struct lpi_set *s, uint32_t intid);
bool lpi_set_is_pending(const struct lpi_set *s, uint32_t intid);
/** lpi_set_change - true if the pending bit was the other way round. O(1). */
bool lpi_set_change(struct lpi_set *s, uint32_t intid, bool pending);
/** lpi_set_cached - the configuration byte if it is cached (then bit 1 is set), or 0. */
uint8_t lpi_set_cached(const struct lpi_set *s, uint32_t intid);
/** lpi_set_in_memory - the byte that a fetch would cache now. No effects. */
uint8_t lpi_set_in_memory(const struct lpi_set *s, uint32_t intid);
uint8_t lpi_set_priority(const struct lpi_set *s, uint8_t configuration);
/** lpi_set_invalidate - fetches anew what is pending, forgets what is not. */
void lpi_set_invalidate(struct lpi_set *s, uint32_t intid);
void lpi_set_invalidate_all(struct lpi_set *s);
/** lpi_set_next_pending - the first pending LPI from @intid on, or 0. */
uint32_t lpi_set_next_pending(const struct lpi_set *s, uint32_t intid);
/** lpi_set_first - the lowest LPI of a level that is in s->filled. O(1). */
uint32_t lpi_set_first(const struct lpi_set *s, unsigned level);

/* -- The pending table in guest memory, by chunks; lpi_set_rebuild() after loading -- */
unsigned lpi_set_n_chunks(const struct lpi_set *s); /* that the tables have room for */
void lpi_set_load(struct lpi_set *s, unsigned chunk);
/** lpi_set_store - 0 or -EFAULT. lpi_set_any - whether anything in the chunk is pending. */
int lpi_set_store(const struct lpi_set *s, unsigned chunk);
bool lpi_set_any(const struct lpi_set *s, unsigned chunk);

#endif
