/* SPDX-License-Identifier: MIT */
/*
 * Sets of LPIs: pending bits, cached configuration, and a tree by level (IHI 0069 5.1).
 *
 * Configuration bytes are read from guest memory when an LPI first becomes pending and kept until
 * an invalidation, as the architecture allows. They and the pending bits are state, in chunks of
 * 4096 LPIs that exist once used. The tree (level: chunk, word, bit) is derived. Empty leaves are
 * kept for the next time.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gic/lpiset.h"

#define CHUNK_WORDS  (LPI_CHUNK / 64)
#define CONFIG_VALID 2u /* bit 1 is RES1 in the table: here it marks a byte that is cached */

struct lpi_chunk {
    uint64_t pending[CHUNK_WORDS];
    uint8_t config[LPI_CHUNK];
};
_Static_assert(sizeof(struct lpi_chunk) == CHUNK_WORDS * 8 + LPI_CHUNK, "no padding in a chunk");

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

static unsigned all_chunks(const struct lpi_set *s)
{
    return s->chunks != NULL ? (1u << s->v->gic->config.lpi_id_bits) / LPI_CHUNK : 0;
}

/* -- Creation -- */

int lpi_set_create(struct lpi_set *s, struct gic_vcpu *v, bool is_virtual)
{
    s->v = v;
    s->is_virtual = is_virtual;
    s->levels = calloc(v->gic->n_levels, sizeof(struct lpi_level *));
    s->chunks = calloc((1u << v->gic->config.lpi_id_bits) / LPI_CHUNK, sizeof(struct lpi_chunk *));
    return s->levels == NULL || s->chunks == NULL ? -ENOMEM : 0;
}

static void free_chunks(struct lpi_set *s)
{
    for (unsigned c = 0; c < all_chunks(s); c++) {
        free(s->chunks[c]);
        s->chunks[c] = NULL;
    }
}

void lpi_set_destroy(struct lpi_set *s)
{
    for (unsigned i = 0; s->levels != NULL && i < s->v->gic->n_levels; i++) {
        struct lpi_level *level = s->levels[i];
        for (unsigned c = 0; level != NULL && c < all_chunks(s); c++)
            free(level->leaves[c]);
        free(level);
    }
    free_chunks(s);
    free(s->levels);
    free(s->chunks);
    s->levels = NULL;
    s->chunks = NULL;
}

/* -- Levels -- */

static struct lpi_leaf *leaf_for(struct lpi_set *s, unsigned level, unsigned chunk)
{
    struct lpi_level **slot = &s->levels[level];

    if (*slot == NULL)
        *slot = calloc(1, sizeof(**slot) + all_chunks(s) * sizeof(struct lpi_leaf *));
    if (*slot == NULL)
        return NULL;
    if ((*slot)->leaves[chunk] == NULL)
        (*slot)->leaves[chunk] = calloc(1, sizeof(struct lpi_leaf));
    return (*slot)->leaves[chunk];
}

/* Bits of one word of a chunk. Without host memory they stay pending, but cannot be delivered: the
 * trace is told. */
static void insert(struct lpi_set *s, unsigned chunk, unsigned word, uint64_t bits, unsigned level)
{
    struct lpi_leaf *leaf = leaf_for(s, level, chunk);

    if (leaf == NULL) {
        gic_event(s->v->gic, GIC_EVENT_GUEST_ERROR, s->v, chunk * LPI_CHUNK + word * 64, bits);
        return;
    }
    leaf->bits[word] |= bits;
    leaf->summary |= 1ull << word;
    s->levels[level]->chunks[chunk / 64] |= 1ull << (chunk % 64);
    s->levels[level]->summary |= 1ull << (chunk / 64);
    s->filled[level / 64] |= 1ull << (level % 64);
}

static void remove_from(struct lpi_set *s, uint32_t intid, unsigned level)
{
    unsigned chunk = intid / LPI_CHUNK, at = intid % LPI_CHUNK;
    struct lpi_level *set = s->levels[level];

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
    if (set->summary == 0)
        s->filled[level / 64] &= ~(1ull << (level % 64));
}

uint32_t lpi_set_first(const struct lpi_set *s, unsigned level)
{
    const struct lpi_level *set = s->levels[level];
    unsigned high = (unsigned)__builtin_ctzll(set->summary);
    unsigned chunk = high * 64 + (unsigned)__builtin_ctzll(set->chunks[high]);
    const struct lpi_leaf *leaf = set->leaves[chunk];
    unsigned word = (unsigned)__builtin_ctzll(leaf->summary);

    return chunk * LPI_CHUNK + word * 64 + (unsigned)__builtin_ctzll(leaf->bits[word]);
}

static void empty_level(struct lpi_level *set)
{
    for (; set->summary != 0; set->summary &= set->summary - 1) {
        unsigned high = (unsigned)__builtin_ctzll(set->summary);
        for (; set->chunks[high] != 0; set->chunks[high] &= set->chunks[high] - 1) {
            unsigned chunk = high * 64 + (unsigned)__builtin_ctzll(set->chunks[high]);
            memset(set->leaves[chunk], 0, sizeof(*set->leaves[chunk]));
        }
    }
}

static void empty_levels(struct lpi_set *s)
{
    for (unsigned i = 0; i < GIC_LEVEL_WORDS; i++)
        for (; s->filled[i] != 0; s->filled[i] &= s->filled[i] - 1)
            empty_level(s->levels[i * 64 + (unsigned)__builtin_ctzll(s->filled[i])]);
}

/* -- Tables: GICR_PROPBASER and PENDBASER; those of the resident vPE -- */

static uint64_t config_table(const struct lpi_set *s)
{
    return s->is_virtual ? s->v->redist.vpe.config_table
                         : s->v->redist.propbaser & 0xffffffffff000ull;
}

static uint64_t pending_table(const struct lpi_set *s)
{
    return s->is_virtual ? s->v->redist.vpe.pending_table
                         : s->v->redist.pendbaser & 0xfffffffff0000ull;
}

/* IDbits and what the GIC has; below 14 bits there are no LPIs (IHI 0069 12.11.30). */
static uint32_t limit(const struct lpi_set *s)
{
    unsigned bits = s->is_virtual ? (unsigned)s->v->redist.vpe.id_bits
                                  : (unsigned)(s->v->redist.propbaser & 0x1f) + 1;

    if (bits > s->v->gic->config.lpi_id_bits)
        bits = s->v->gic->config.lpi_id_bits;
    return bits < 14 ? 0 : 1u << bits;
}

unsigned lpi_set_n_chunks(const struct lpi_set *s)
{
    return limit(s) / LPI_CHUNK;
}

/* -- Chunks -- */

static struct lpi_chunk *chunk_make(struct lpi_set *s, unsigned chunk)
{
    if (s->chunks[chunk] == NULL)
        s->chunks[chunk] = calloc(1, sizeof(struct lpi_chunk));
    return s->chunks[chunk];
}

bool lpi_set_valid(const struct lpi_set *s, uint32_t intid)
{
    return s->chunks != NULL && intid >= GIC_INTID_LPI && intid < limit(s);
}

static const struct lpi_chunk *chunk_of(const struct lpi_set *s, uint32_t intid)
{
    return lpi_set_valid(s, intid) ? s->chunks[intid / LPI_CHUNK] : NULL;
}

bool lpi_set_is_pending(const struct lpi_set *s, uint32_t intid)
{
    const struct lpi_chunk *chunk = chunk_of(s, intid);

    return chunk != NULL && ((chunk->pending[intid % LPI_CHUNK / 64] >> (intid % 64)) & 1);
}

uint8_t lpi_set_cached(const struct lpi_set *s, uint32_t intid)
{
    const struct lpi_chunk *chunk = chunk_of(s, intid);

    return chunk != NULL ? chunk->config[intid % LPI_CHUNK] : 0;
}

/*
 * Non-secure software writes the table: with two security states the priorities of physical LPIs
 * are the lower half. A guest's are its own.
 */
uint8_t lpi_set_priority(const struct lpi_set *s, uint8_t configuration)
{
    uint8_t priority = configuration & 0xfc;

    if (!s->is_virtual && !gic_ds(s->v->gic))
        priority = (uint8_t)(0x80 | priority >> 1);
    return priority & s->v->gic->priority_mask;
}

static unsigned level_of(const struct lpi_set *s, uint8_t config)
{
    return gic_level(s->v->gic, lpi_set_priority(s, config), false);
}

/* One byte per LPI: priority [7:2], enable [0] (IHI 0069 5.1.1). */
static uint8_t fetch_config(const struct lpi_set *s, uint32_t intid)
{
    const struct gic_config *c = &s->v->gic->config;
    uint8_t byte = 0;

    if (c->memory_read(c->opaque, config_table(s) + (intid - GIC_INTID_LPI), &byte, 1) != 0)
        byte = 0;
    return byte | CONFIG_VALID;
}

uint8_t lpi_set_in_memory(const struct lpi_set *s, uint32_t intid)
{
    return lpi_set_valid(s, intid) ? fetch_config(s, intid) : 0;
}

/* Into its level if its configuration enables it. */
static void place(struct lpi_set *s, struct lpi_chunk *chunk, uint32_t intid)
{
    uint8_t *config = &chunk->config[intid % LPI_CHUNK];

    if (*config == 0)
        *config = fetch_config(s, intid);
    if (*config & 1)
        insert(s, intid / LPI_CHUNK, intid % LPI_CHUNK / 64, 1ull << (intid % 64),
               level_of(s, *config));
}

static void unplace(struct lpi_set *s, const struct lpi_chunk *chunk, uint32_t intid)
{
    uint8_t config = chunk->config[intid % LPI_CHUNK];

    if (config & 1)
        remove_from(s, intid, level_of(s, config));
}

uint32_t lpi_set_next_pending(const struct lpi_set *s, uint32_t intid)
{
    for (unsigned c = intid / LPI_CHUNK; c < all_chunks(s); c++) {
        const struct lpi_chunk *chunk = s->chunks[c];
        unsigned first = c == intid / LPI_CHUNK ? intid % LPI_CHUNK : 0;
        for (unsigned w = first / 64; chunk != NULL && w < CHUNK_WORDS; w++) {
            uint64_t bits = chunk->pending[w];
            if (w == first / 64)
                bits &= ~0ull << (first % 64);
            if (bits != 0)
                return c * LPI_CHUNK + w * 64 + (unsigned)__builtin_ctzll(bits);
        }
    }
    return 0;
}

/* -- Operations -- */

bool lpi_set_change(struct lpi_set *s, uint32_t intid, bool pending)
{
    if (!lpi_set_valid(s, intid) || lpi_set_is_pending(s, intid) == pending)
        return false;
    struct lpi_chunk *chunk = chunk_make(s, intid / LPI_CHUNK);
    if (chunk == NULL) {
        gic_event(s->v->gic, GIC_EVENT_GUEST_ERROR, s->v, intid, 0);
        return false;
    }
    chunk->pending[intid % LPI_CHUNK / 64] ^= 1ull << (intid % 64);
    if (pending)
        place(s, chunk, intid);
    else
        unplace(s, chunk, intid);
    return true;
}

void lpi_set_invalidate(struct lpi_set *s, uint32_t intid)
{
    struct lpi_chunk *chunk = lpi_set_valid(s, intid) ? s->chunks[intid / LPI_CHUNK] : NULL;

    if (chunk == NULL)
        return;
    bool pending = lpi_set_is_pending(s, intid);
    if (pending)
        unplace(s, chunk, intid);
    chunk->config[intid % LPI_CHUNK] = 0;
    if (pending)
        place(s, chunk, intid);
}

/* Of 64 LPIs: what is pending is fetched and placed anew, the rest when it next pends. */
static void invalidate_word(struct lpi_set *s, unsigned c, unsigned w)
{
    struct lpi_chunk *chunk = s->chunks[c];
    uint8_t *config = &chunk->config[w * 64];

    for (uint64_t bits = chunk->pending[w]; bits != 0; bits &= bits - 1)
        unplace(s, chunk, c * LPI_CHUNK + w * 64 + (unsigned)__builtin_ctzll(bits));
    memset(config, 0, 64);
    for (uint64_t bits = chunk->pending[w]; bits != 0; bits &= bits - 1)
        place(s, chunk, c * LPI_CHUNK + w * 64 + (unsigned)__builtin_ctzll(bits));
}

/* Costs by the chunks in use and by what is pending. */
void lpi_set_invalidate_all(struct lpi_set *s)
{
    for (unsigned c = GIC_INTID_LPI / LPI_CHUNK; c < lpi_set_n_chunks(s); c++)
        for (unsigned w = 0; s->chunks[c] != NULL && w < CHUNK_WORDS; w++)
            invalidate_word(s, c, w);
}

void lpi_set_drop(struct lpi_set *s)
{
    if (s->chunks == NULL)
        return;
    empty_levels(s);
    free_chunks(s);
}

/* Whole chunks at once: one read for all configuration that is missing, if that can be read. */
static void fetch_missing(const struct lpi_set *s, struct lpi_chunk *chunk, unsigned c)
{
    const struct gic_config *config = &s->v->gic->config;
    uint64_t address = config_table(s) + (uint64_t)c * LPI_CHUNK - GIC_INTID_LPI;
    uint8_t bytes[LPI_CHUNK];

    if (config->memory_read(config->opaque, address, bytes, sizeof(bytes)) != 0)
        return;
    for (unsigned w = 0; w < CHUNK_WORDS; w++)
        for (uint64_t left = chunk->pending[w]; left != 0; left &= left - 1) {
            unsigned at = w * 64 + (unsigned)__builtin_ctzll(left);
            if (chunk->config[at] == 0)
                chunk->config[at] = bytes[at] | CONFIG_VALID;
        }
}

/* Neighbours mostly have the same configuration: a run of them is one insertion. */
static void place_word(struct lpi_set *s, struct lpi_chunk *chunk, unsigned c, unsigned w)
{
    for (uint64_t left = chunk->pending[w]; left != 0;) {
        unsigned at = (unsigned)__builtin_ctzll(left);
        uint8_t config = chunk->config[w * 64 + at];
        uint64_t run = 0;
        if (config == 0) {
            place(s, chunk, c * LPI_CHUNK + w * 64 + at);
            left &= left - 1;
            continue;
        }
        for (; at < 64 && chunk->config[w * 64 + at] == config; at++)
            run |= left & 1ull << at;
        left &= ~run;
        if (config & 1)
            insert(s, c, w, run, level_of(s, config));
    }
}

void lpi_set_rebuild(struct lpi_set *s, bool live)
{
    if (s->chunks == NULL)
        return;
    empty_levels(s);
    for (unsigned c = GIC_INTID_LPI / LPI_CHUNK; c < lpi_set_n_chunks(s) && live; c++) {
        struct lpi_chunk *chunk = s->chunks[c];
        if (chunk == NULL)
            continue;
        fetch_missing(s, chunk, c);
        for (unsigned w = 0; w < CHUNK_WORDS; w++)
            place_word(s, chunk, c, w);
    }
}

/* -- Guest memory: one bit per INTID (IHI 0069 5.1.2) -- */

static uint64_t chunk_address(const struct lpi_set *s, unsigned chunk)
{
    return pending_table(s) + (uint64_t)chunk * (LPI_CHUNK / 8);
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

void lpi_set_load(struct lpi_set *s, unsigned c)
{
    const struct gic_config *config = &s->v->gic->config;
    uint64_t words[CHUNK_WORDS];

    if (config->memory_read(config->opaque, chunk_address(s, c), words, sizeof(words)) != 0 ||
        all_zero(words))
        return;
    struct lpi_chunk *chunk = chunk_make(s, c);
    for (unsigned i = 0; chunk != NULL && i < CHUNK_WORDS; i++)
        chunk->pending[i] = swap_word(words[i]);
}

int lpi_set_store(const struct lpi_set *s, unsigned c)
{
    const struct gic_config *config = &s->v->gic->config;
    uint64_t address = chunk_address(s, c);
    uint64_t words[CHUNK_WORDS] = {0};

    for (unsigned i = 0; s->chunks[c] != NULL && i < CHUNK_WORDS; i++)
        words[i] = swap_word(s->chunks[c]->pending[i]);
    if (config->memory_write(config->opaque, address, words, sizeof(words)) == 0)
        return 0;
    gic_event(s->v->gic, GIC_EVENT_GUEST_ERROR, s->v, c * LPI_CHUNK, address);
    return -EFAULT;
}

bool lpi_set_any(const struct lpi_set *s, unsigned c)
{
    return s->chunks[c] != NULL && !all_zero(s->chunks[c]->pending);
}

void lpi_set_visit(struct lpi_set *s, const char *present_name, const char *name, lpi_visit_fn *fn,
                   void *opaque)
{
    for (unsigned c = 0; c < all_chunks(s); c++) {
        uint8_t present = s->chunks[c] != NULL;
        fn(opaque, present_name, &present, sizeof(present));
        if (present && chunk_make(s, c) != NULL) {
            fn(opaque, name, s->chunks[c], sizeof(struct lpi_chunk));
        } else {
            free(s->chunks[c]);
            s->chunks[c] = NULL;
        }
    }
}
