/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Versions of RAM, or of a disk's overlay, that share what is the same: a map from page number to
 * the page's bytes, as a tree of nodes with counted references. To copy a map is to count its root
 * once more; a change then copies the nodes on its path. Two maps are compared in the time that
 * their difference takes.
 *
 * Counts are not atomic: all maps that share pages belong to one host thread.
 */
#ifndef IRQLAB_EMU_PAGE_MAP_H
#define IRQLAB_EMU_PAGE_MAP_H

#include <stdint.h>

enum { PAGE_MAP_BYTES = 4096 };

struct page_node;

/* All zero: an empty map of no size; a page that is not in it is all zeros. */
struct page_map {
    struct page_node *root;
    unsigned levels; /* of nodes; by the number of pages */
};

/** page_map_init - empty, for page numbers below @n_pages. */
void page_map_init(struct page_map *map, uint64_t n_pages);
/** page_map_share - @to becomes the same as @from; drop both. */
void page_map_share(struct page_map *to, const struct page_map *from);
void page_map_drop(struct page_map *map);

/** page_map_put - the page becomes a copy of @bytes. 0 or -ENOMEM, then the map is unchanged. */
int page_map_put(struct page_map *map, uint64_t index, const uint8_t *bytes);
/** page_map_get - the page's bytes, valid until the map changes; NULL: all zeros. */
const uint8_t *page_map_get(const struct page_map *map, uint64_t index);

/**
 * page_map_diff - calls @fn for each page that is not the same copy in @a and @b (its bytes may
 * still be the same), with those of @b, NULL: zeros. Maps of the same size.
 */
void page_map_diff(const struct page_map *a, const struct page_map *b,
                   void (*fn)(void *opaque, uint64_t index, const uint8_t *bytes), void *opaque);
/** page_map_walk - likewise for each page of @map. */
void page_map_walk(const struct page_map *map,
                   void (*fn)(void *opaque, uint64_t index, const uint8_t *bytes), void *opaque);

/** page_map_own_bytes - host memory that would be free if @map were dropped now. */
uint64_t page_map_own_bytes(const struct page_map *map);

#endif
