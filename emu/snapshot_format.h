/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the writer and the reader of snapshot files share: emu/snapshot.h has the layout. */
#ifndef IRQLAB_EMU_SNAPSHOT_FORMAT_H
#define IRQLAB_EMU_SNAPSHOT_FORMAT_H

#include <endian.h>
#include <stdint.h>

#include "emu/snapshot.h"
#include "emu/page_map.h"

enum {
    CHUNK_PAGES = 64,
    CHUNK_BYTES = CHUNK_PAGES * PAGE_MAP_BYTES,
    META_MAX_BYTES = 1 << 20,
    SNAPSHOT_MAX_THREADS = 16,
};
#define STATE_MAX_BYTES (1ull << 32)

#define SNAPSHOT_MAGIC "irqlab\x1aS"

struct file_head {
    char magic[8];
    uint32_t format, head_bytes;
    uint64_t file_bytes;
    uint64_t meta_bytes, state_bytes;
    uint64_t state_raw_bytes; /* before it was compressed */
    uint64_t n_chunks;
    uint64_t sum; /* of this head with a sum of 0, meta, state and index */
};
_Static_assert(sizeof(struct file_head) == 64, "on disk: no padding");

/* In the order of pages; chunks follow each other without gaps. */
struct file_chunk {
    uint64_t first_page; /* a multiple of CHUNK_PAGES */
    uint64_t present;    /* a bit for each page */
    uint64_t bytes;      /* compressed */
    uint64_t sum;        /* of the compressed bytes */
};
_Static_assert(sizeof(struct file_chunk) == 32, "on disk: no padding");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "structs are written as they are");

static inline uint64_t chunk_raw_bytes(const struct file_chunk *c)
{
    return (uint64_t)__builtin_popcountll(c->present) * PAGE_MAP_BYTES;
}

/** snapshot_sum - of head, meta, compressed state and index, as they follow each other. */
uint64_t snapshot_sum(const struct file_head *head, const void *meta, const void *state,
                      const void *index);

/**
 * snapshot_workers - calls @work in several threads, and in this one; returns when all have. It
 * should take what is next to do from a counter of @opaque's.
 */
void snapshot_workers(void (*work)(void *opaque), void *opaque);

#endif
