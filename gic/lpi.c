/* SPDX-License-Identifier: MIT */
/*
 * LPIs: pending bits, cached configuration, sets by level (IHI 0069 5.1).
 *
 * A redistributor owns the pending state of its LPIs while GICR_CTLR.EnableLPIs is 1; it reads the
 * pending table when LPIs are enabled and writes it back when they are disabled. Configuration
 * bytes are read from guest memory when an LPI first becomes pending and kept until an
 * invalidation, as the architecture allows. Both are state, in chunks of 4096 LPIs that exist once
 * used.
 *
 * The sets (per vCPU and level: chunk, word, bit) are derived. Empty leaves are kept for the next
 * time. LPIs are always non-secure Group 1 and have no active state (IHI 0069 4.1.2).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gic/lpi.h"

#define CHUNK_LPIS   4096u
#define CHUNK_WORDS  (CHUNK_LPIS / 64)
#define CONFIG_VALID 2u /* bit 1 is RES1 in the table: here it marks a byte that is cached */

struct lpi_chunk {
    uint64_t pending[CHUNK_WORDS];
    uint8_t config[CHUNK_LPIS];
};
_Static_assert(sizeof(struct lpi_chunk) == CHUNK_WORDS * 8 + CHUNK_LPIS, "no padding in a chunk");

struct lpi_leaf {
    uint64_t summary;
    uint64_t bits[CHUNK_WORDS];
};

/* Up to 4096 chunks (24 bits of INTID). */
struct lpi_level {
    uint64_t summary;
    uint64_t chunks[64];
    struct lpi_leaf *leaves[];
};

static unsigned n_chunks(const struct gic *g)
{
    return (1u << g->config.lpi_id_bits) / CHUNK_LPIS;
}

/* -- Creation -- */

int gic_lpi_create(struct gic *g)
{
    if (g->config.lpi_id_bits == 0)
        return 0;
    for (unsigned i = 0; i < g->config.n_vcpus; i++) {
        struct gic_vcpu *v = &g->vcpus[i];
        v->lpi_chunks = calloc(n_chunks(g), sizeof(struct lpi_chunk *));
        v->pending.lpis = calloc(g->n_levels, sizeof(struct lpi_level *));
        if (v->lpi_chunks == NULL || v->pending.lpis == NULL)
            return -ENOMEM;
    }
    return 0;
}

static void free_chunks(struct gic_vcpu *v)
{
    for (unsigned i = 0; v->lpi_chunks != NULL && i < n_chunks(v->gic); i++) {
        free(v->lpi_chunks[i]);
        v->lpi_chunks[i] = NULL;
    }
}

static void free_levels(struct gic_vcpu *v)
{
    for (unsigned i = 0; v->pending.lpis != NULL && i < v->gic->n_levels; i++) {
        struct lpi_level *level = v->pending.lpis[i];
        for (unsigned n = 0; level != NULL && n < n_chunks(v->gic); n++)
            free(level->leaves[n]);
        free(level);
        v->pending.lpis[i] = NULL;
    }
}

void gic_lpi_destroy(struct gic *g)
{
    if (g->config.lpi_id_bits == 0 || g->vcpus == NULL)
        return;
    for (unsigned i = 0; i < g->config.n_vcpus; i++) {
        struct gic_vcpu *v = &g->vcpus[i];
        if (v->gic == NULL)
            continue;
        free_chunks(v);
        free_levels(v);
        free(v->lpi_chunks);
        free(v->pending.lpis);
    }
}

/* -- Sets by level -- */

static struct lpi_leaf *leaf_for(struct gic_vcpu *v, unsigned level, unsigned chunk)
{
    struct lpi_level **slot = &v->pending.lpis[level];

    if (*slot == NULL)
        *slot = calloc(1, sizeof(**slot) + n_chunks(v->gic) * sizeof(struct lpi_leaf *));
    if (*slot == NULL)
        return NULL;
    if ((*slot)->leaves[chunk] == NULL)
        (*slot)->leaves[chunk] = calloc(1, sizeof(struct lpi_leaf));
    return (*slot)->leaves[chunk];
}

/* Without host memory the LPI stays pending, but cannot be delivered: the trace is told. */
static void insert(struct gic_vcpu *v, uint32_t intid, unsigned level)
{
    unsigned chunk = intid / CHUNK_LPIS, at = intid % CHUNK_LPIS;
    struct lpi_leaf *leaf = leaf_for(v, level, chunk);

    if (leaf == NULL) {
        gic_event(v->gic, GIC_EVENT_GUEST_ERROR, v, intid, 0);
        return;
    }
    leaf->bits[at / 64] |= 1ull << (at % 64);
    leaf->summary |= 1ull << (at / 64);
    v->pending.lpis[level]->chunks[chunk / 64] |= 1ull << (chunk % 64);
    v->pending.lpis[level]->summary |= 1ull << (chunk / 64);
    gic_pending_level_mark(v, GIC_G1NS, level);
}

static void remove_from(struct gic_vcpu *v, uint32_t intid, unsigned level)
{
    unsigned chunk = intid / CHUNK_LPIS, at = intid % CHUNK_LPIS;
    struct lpi_level *set = v->pending.lpis[level];

    if (set == NULL || set->leaves[chunk] == NULL)
        return;
    struct lpi_leaf *leaf = set->leaves[chunk];
    leaf->bits[at / 64] &= ~(1ull << (at % 64));
    if (leaf->bits[at / 64] == 0)
        leaf->summary &= ~(1ull << (at / 64));
    if (leaf->summary == 0)
        set->chunks[chunk / 64] &= ~(1ull << (chunk % 64));
    if (set->chunks[chunk / 64] == 0)
        set->summary &= ~(1ull << (chunk / 64));
    gic_pending_level_check(v, GIC_G1NS, level);
}

bool gic_lpi_level_empty(const struct gic_vcpu *v, unsigned level)
{
    return v->pending.lpis == NULL || v->pending.lpis[level] == NULL ||
           v->pending.lpis[level]->summary == 0;
}

uint32_t gic_lpi_first(const struct gic_vcpu *v, unsigned level)
{
    const struct lpi_level *set = v->pending.lpis[level];
    unsigned high = (unsigned)__builtin_ctzll(set->summary);
    unsigned chunk = high * 64 + (unsigned)__builtin_ctzll(set->chunks[high]);
    const struct lpi_leaf *leaf = set->leaves[chunk];
    unsigned word = (unsigned)__builtin_ctzll(leaf->summary);

    return chunk * CHUNK_LPIS + word * 64 + (unsigned)__builtin_ctzll(leaf->bits[word]);
}

/* -- Chunks -- */

static const struct lpi_chunk *chunk_of(const struct gic_vcpu *v, uint32_t intid)
{
    return v->lpi_chunks[intid / CHUNK_LPIS];
}

static struct lpi_chunk *chunk_make(struct gic_vcpu *v, unsigned chunk)
{
    if (v->lpi_chunks[chunk] == NULL)
        v->lpi_chunks[chunk] = calloc(1, sizeof(struct lpi_chunk));
    return v->lpi_chunks[chunk];
}

/* GICR_PROPBASER.IDbits and what the GIC has; below 14 bits there are no LPIs (IHI 0069 12.11.30).
 */
static uint32_t limit(const struct gic_vcpu *v)
{
    unsigned bits = (unsigned)(v->redist.propbaser & 0x1f) + 1;

    if (bits > v->gic->config.lpi_id_bits)
        bits = v->gic->config.lpi_id_bits;
    return bits < 14 ? 0 : 1u << bits;
}

bool gic_lpi_valid(const struct gic_vcpu *v, uint32_t intid)
{
    return v->gic->config.lpi_id_bits != 0 && intid >= GIC_INTID_LPI && intid < limit(v);
}

bool gic_lpi_is_pending(const struct gic_vcpu *v, uint32_t intid)
{
    const struct lpi_chunk *chunk = gic_lpi_valid(v, intid) ? chunk_of(v, intid) : NULL;

    return chunk != NULL && ((chunk->pending[intid % CHUNK_LPIS / 64] >> (intid % 64)) & 1);
}

uint8_t gic_lpi_cached(const struct gic_vcpu *v, uint32_t intid)
{
    const struct lpi_chunk *chunk = gic_lpi_valid(v, intid) ? chunk_of(v, intid) : NULL;

    return chunk != NULL ? chunk->config[intid % CHUNK_LPIS] : 0;
}

/* Non-secure software writes the table: with two security states its priorities are the lower half.
 */
uint8_t gic_lpi_priority(const struct gic *g, uint8_t configuration)
{
    uint8_t priority = configuration & 0xfc;

    if (!gic_ds(g))
        priority = (uint8_t)(0x80 | priority >> 1);
    return priority & g->priority_mask;
}

/* One byte per LPI from GICR_PROPBASER on: priority [7:2], enable [0] (IHI 0069 5.1.1). */
static uint8_t fetch_config(const struct gic_vcpu *v, uint32_t intid)
{
    uint64_t base = v->redist.propbaser & 0xffffffffff000ull;
    uint8_t byte = 0;

    if (v->gic->config.memory_read(v->gic->config.opaque, base + (intid - GIC_INTID_LPI), &byte,
                                   1) != 0)
        byte = 0;
    return byte | CONFIG_VALID;
}

uint8_t gic_lpi_in_memory(const struct gic_vcpu *v, uint32_t intid)
{
    return gic_lpi_valid(v, intid) ? fetch_config(v, intid) : 0;
}

static uint8_t config_of(struct gic_vcpu *v, struct lpi_chunk *chunk, uint32_t intid)
{
    uint8_t *byte = &chunk->config[intid % CHUNK_LPIS];

    if (*byte == 0)
        *byte = fetch_config(v, intid);
    return *byte;
}

static unsigned level_of(const struct gic *g, uint8_t config)
{
    return gic_level(g, gic_lpi_priority(g, config), false);
}

/* Into its set if its configuration enables it. */
static void place(struct gic_vcpu *v, struct lpi_chunk *chunk, uint32_t intid)
{
    uint8_t config = config_of(v, chunk, intid);

    if (config & 1)
        insert(v, intid, level_of(v->gic, config));
}

static void unplace(struct gic_vcpu *v, struct lpi_chunk *chunk, uint32_t intid)
{
    uint8_t config = chunk->config[intid % CHUNK_LPIS];

    if (config & 1)
        remove_from(v, intid, level_of(v->gic, config));
}

uint32_t gic_lpi_next_pending(const struct gic_vcpu *v, uint32_t intid)
{
    for (unsigned c = intid / CHUNK_LPIS; v->lpi_chunks != NULL && c < n_chunks(v->gic); c++) {
        const struct lpi_chunk *chunk = v->lpi_chunks[c];
        unsigned first = c == intid / CHUNK_LPIS ? intid % CHUNK_LPIS : 0;
        for (unsigned w = first / 64; chunk != NULL && w < CHUNK_WORDS; w++) {
            uint64_t bits = chunk->pending[w];
            if (w == first / 64)
                bits &= ~0ull << (first % 64);
            if (bits != 0)
                return c * CHUNK_LPIS + w * 64 + (unsigned)__builtin_ctzll(bits);
        }
    }
    return 0;
}

/* -- Operations -- */

static bool enabled(const struct gic_vcpu *v)
{
    return (v->redist.ctlr & GICR_CTLR_ENABLE_LPIS) != 0;
}

/* Sets or clears the bit and fixes the set. True if anything changed. */
static bool change_pending(struct gic_vcpu *v, uint32_t intid, bool pending)
{
    if (!enabled(v) || !gic_lpi_valid(v, intid) || gic_lpi_is_pending(v, intid) == pending)
        return false;
    struct lpi_chunk *chunk = chunk_make(v, intid / CHUNK_LPIS);
    if (chunk == NULL) {
        gic_event(v->gic, GIC_EVENT_GUEST_ERROR, v, intid, 0);
        return false;
    }
    chunk->pending[intid % CHUNK_LPIS / 64] ^= 1ull << (intid % 64);
    if (pending)
        place(v, chunk, intid);
    else
        unplace(v, chunk, intid);
    return true;
}

void gic_lpi_set_pending(struct gic_vcpu *v, uint32_t intid, bool pending)
{
    if (!change_pending(v, intid, pending))
        return;
    gic_event(v->gic, pending ? GIC_EVENT_PENDED : GIC_EVENT_UNPENDED, v, intid,
              gic_lpi_priority(v->gic, gic_lpi_cached(v, intid)));
    gic_vcpu_update(v);
}

void gic_lpi_acknowledge(struct gic_vcpu *v, uint32_t intid)
{
    if (change_pending(v, intid, false))
        gic_vcpu_update(v);
}

static void invalidate(struct gic_vcpu *v, uint32_t intid)
{
    struct lpi_chunk *chunk = v->lpi_chunks[intid / CHUNK_LPIS];

    if (chunk == NULL)
        return;
    bool pending = gic_lpi_is_pending(v, intid);
    if (pending)
        unplace(v, chunk, intid);
    chunk->config[intid % CHUNK_LPIS] = 0;
    if (pending)
        place(v, chunk, intid);
}

void gic_lpi_invalidate(struct gic_vcpu *v, uint32_t intid)
{
    if (!enabled(v) || !gic_lpi_valid(v, intid))
        return;
    invalidate(v, intid);
    gic_vcpu_update(v);
}

/* Those that are pending are placed anew; all others are fetched when they next pend. */
void gic_lpi_invalidate_all(struct gic_vcpu *v)
{
    if (!enabled(v))
        return;
    for (uint32_t i = gic_lpi_next_pending(v, GIC_INTID_LPI); i != 0;
         i = gic_lpi_next_pending(v, i + 1))
        invalidate(v, i);
    for (unsigned c = 0; c < n_chunks(v->gic); c++) {
        struct lpi_chunk *chunk = v->lpi_chunks[c];
        for (unsigned at = 0; chunk != NULL && at < CHUNK_LPIS; at++)
            if (!((chunk->pending[at / 64] >> (at % 64)) & 1))
                chunk->config[at] = 0;
    }
    gic_vcpu_update(v);
}

void gic_lpi_move_all(struct gic_vcpu *from, struct gic_vcpu *to)
{
    if (from == to || !enabled(from) || !enabled(to))
        return;
    for (uint32_t i = gic_lpi_next_pending(from, GIC_INTID_LPI); i != 0;
         i = gic_lpi_next_pending(from, i + 1)) {
        change_pending(from, i, false);
        change_pending(to, i, true);
    }
    gic_vcpu_update(from);
    gic_vcpu_update(to);
}

/* -- Guest memory: GICR_PENDBASER, one bit per INTID (IHI 0069 5.1.2) -- */

static uint64_t pending_address(const struct gic_vcpu *v, unsigned chunk)
{
    return (v->redist.pendbaser & 0xfffffffff0000ull) + (uint64_t)chunk * (CHUNK_LPIS / 8);
}

static bool all_zero(const uint64_t *words)
{
    uint64_t any = 0;

    for (unsigned i = 0; i < CHUNK_WORDS; i++)
        any |= words[i];
    return any == 0;
}

/* Bit n of byte m is INTID 8m + n: little-endian words, whatever the host is. */
static uint64_t swap_word(uint64_t word)
{
    uint8_t bytes[8];
    uint64_t out = 0;

    memcpy(bytes, &word, sizeof(bytes));
    for (unsigned i = 0; i < 8; i++)
        out |= (uint64_t)bytes[i] << (i * 8);
    return out;
}

static void load_chunk(struct gic_vcpu *v, unsigned c)
{
    uint64_t words[CHUNK_WORDS];

    if (v->gic->config.memory_read(v->gic->config.opaque, pending_address(v, c), words,
                                   sizeof(words)) != 0 ||
        all_zero(words))
        return;
    struct lpi_chunk *chunk = chunk_make(v, c);
    for (unsigned i = 0; chunk != NULL && i < CHUNK_WORDS; i++)
        chunk->pending[i] = swap_word(words[i]);
}

/* What is not pending is written too: the table may hold what was pending once. */
static int store_chunk(struct gic_vcpu *v, unsigned c)
{
    uint64_t address = pending_address(v, c);
    uint64_t words[CHUNK_WORDS] = {0};

    for (unsigned i = 0; v->lpi_chunks[c] != NULL && i < CHUNK_WORDS; i++)
        words[i] = swap_word(v->lpi_chunks[c]->pending[i]);
    if (v->gic->config.memory_write(v->gic->config.opaque, address, words, sizeof(words)) == 0)
        return 0;
    gic_event(v->gic, GIC_EVENT_GUEST_ERROR, v, c * CHUNK_LPIS, address);
    return -EFAULT;
}

/* The table's first KiB, of INTIDs that are no LPIs, is left alone. */
static int store_all(struct gic_vcpu *v)
{
    int err = 0;

    for (unsigned c = GIC_INTID_LPI / CHUNK_LPIS; c < limit(v) / CHUNK_LPIS; c++)
        if (store_chunk(v, c) != 0)
            err = -EFAULT;
    return err;
}

int gic_lpi_save(struct gic_vcpu *v)
{
    return v->lpi_chunks != NULL && enabled(v) ? store_all(v) : 0;
}

/* GICR_PENDBASER.PTZ: software vouches that the table is zero. */
#define PENDBASER_PTZ (1ull << 62)

void gic_lpi_enable(struct gic_vcpu *v, bool enable)
{
    unsigned end = limit(v) / CHUNK_LPIS;

    if (enable) {
        v->redist.ctlr |= GICR_CTLR_ENABLE_LPIS;
        for (unsigned c = GIC_INTID_LPI / CHUNK_LPIS; c < end; c++)
            if (!(v->redist.pendbaser & PENDBASER_PTZ))
                load_chunk(v, c);
        v->redist.pendbaser &= ~PENDBASER_PTZ; /* it speaks of this time alone */
    } else {
        store_all(v);
        free_chunks(v);
        v->redist.ctlr &= ~GICR_CTLR_ENABLE_LPIS;
    }
    gic_lpi_rebuild(v);
    gic_vcpu_update(v);
}

void gic_lpi_reset(struct gic_vcpu *v)
{
    free_chunks(v);
}

void gic_lpi_rebuild(struct gic_vcpu *v)
{
    if (v->lpi_chunks == NULL)
        return;
    for (unsigned i = 0; i < v->gic->n_levels; i++) {
        struct lpi_level *level = v->pending.lpis[i];
        if (level == NULL)
            continue;
        for (unsigned c = 0; c < n_chunks(v->gic); c++)
            if (level->leaves[c] != NULL)
                memset(level->leaves[c], 0, sizeof(*level->leaves[c]));
        level->summary = 0;
        memset(level->chunks, 0, sizeof(level->chunks));
        gic_pending_level_check(v, GIC_G1NS, i);
    }
    for (uint32_t i = gic_lpi_next_pending(v, GIC_INTID_LPI); i != 0 && enabled(v);
         i = gic_lpi_next_pending(v, i + 1))
        if (gic_lpi_valid(v, i))
            place(v, v->lpi_chunks[i / CHUNK_LPIS], i);
}

/* First which chunks there are, then each. A restore makes and drops chunks in between. */
void gic_lpi_visit(struct gic_vcpu *v,
                   void (*fn)(void *opaque, const char *name, void *data, size_t size_bytes),
                   void *opaque)
{
    for (unsigned c = 0; v->lpi_chunks != NULL && c < n_chunks(v->gic); c++) {
        uint8_t present = v->lpi_chunks[c] != NULL;
        fn(opaque, "gic.lpi.present", &present, sizeof(present));
        if (present && chunk_make(v, c) != NULL) {
            fn(opaque, "gic.lpi", v->lpi_chunks[c], sizeof(struct lpi_chunk));
        } else {
            free(v->lpi_chunks[c]);
            v->lpi_chunks[c] = NULL;
        }
    }
}
