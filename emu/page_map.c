/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/page_map.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FANOUT_BITS = 6, FANOUT = 1 << FANOUT_BITS };

/* The first member of nodes and pages alike. */
struct counted {
    uint32_t refs;
};

struct page_node {
    struct counted counted;
    struct counted *child[FANOUT]; /* nodes; in the lowest level, pages */
};

struct page {
    struct counted counted;
    uint8_t bytes[PAGE_MAP_BYTES];
};

static struct page_node *to_node(struct counted *c)
{
    return (struct page_node *)c;
}

static unsigned slot_of(uint64_t index, unsigned level)
{
    return (index >> (FANOUT_BITS * level)) % FANOUT;
}

void page_map_init(struct page_map *map, uint64_t n_pages)
{
    map->root = NULL;
    map->levels = 1;
    while (map->levels < 64 / FANOUT_BITS && (n_pages - 1) >> (FANOUT_BITS * map->levels))
        map->levels++;
}

void page_map_share(struct page_map *to, const struct page_map *from)
{
    *to = *from;
    if (to->root)
        to->root->counted.refs++;
}

/* @level 0 is the lowest node's; pages are below it. At most a few levels deep. */
static void drop(struct counted *c, unsigned height)
{
    if (!c || --c->refs)
        return;
    for (unsigned i = 0; height && i < FANOUT; i++)
        drop(to_node(c)->child[i], height - 1);
    free(c);
}

void page_map_drop(struct page_map *map)
{
    if (map->root)
        drop(&map->root->counted, map->levels);
    map->root = NULL;
}

const uint8_t *page_map_get(const struct page_map *map, uint64_t index)
{
    struct counted *c = map->root ? &map->root->counted : NULL;

    for (unsigned level = map->levels; c && level-- > 0;)
        c = to_node(c)->child[slot_of(index, level)];
    return c ? ((struct page *)c)->bytes : NULL;
}

/* -- Changes ----------------------------------------------------------------------------------- */

/* A node for this map alone, in place of *@at, which others may share. NULL: out of memory. */
static struct page_node *own_node(struct counted **at)
{
    struct page_node *old = to_node(*at), *node;

    if (old && old->counted.refs == 1)
        return old;
    node = old ? malloc(sizeof(*node)) : calloc(1, sizeof(*node));
    if (!node)
        return NULL;
    if (old) {
        memcpy(node, old, sizeof(*node));
        for (unsigned i = 0; i < FANOUT; i++) {
            if (node->child[i])
                node->child[i]->refs++;
        }
        old->counted.refs--;
    }
    node->counted.refs = 1;
    *at = &node->counted;
    return node;
}

int page_map_put(struct page_map *map, uint64_t index, const uint8_t *bytes)
{
    struct counted *root = map->root ? &map->root->counted : NULL, **at = &root;
    struct page *page = malloc(sizeof(*page));

    if (!page)
        return -ENOMEM;
    for (unsigned level = map->levels; level-- > 0;) {
        struct page_node *node = own_node(at);

        map->root = to_node(root);
        if (!node) {
            free(page);
            return -ENOMEM;
        }
        at = &node->child[slot_of(index, level)];
    }
    drop(*at, 0);
    page->counted.refs = 1;
    memcpy(page->bytes, bytes, sizeof(page->bytes));
    *at = &page->counted;
    return 0;
}

/* -- Walks ------------------------------------------------------------------------------------- */

struct walk {
    void (*fn)(void *opaque, uint64_t index, const uint8_t *bytes);
    void *opaque;
};

/* @height 0: a page. What one side lacks is a subtree of zeros. */
static void diff(const struct walk *w, struct counted *a, struct counted *b, unsigned height,
                 uint64_t index)
{
    if (a == b)
        return;
    if (!height) {
        w->fn(w->opaque, index, b ? ((struct page *)b)->bytes : NULL);
        return;
    }
    for (unsigned i = 0; i < FANOUT; i++)
        diff(w, a ? to_node(a)->child[i] : NULL, b ? to_node(b)->child[i] : NULL, height - 1,
             index << FANOUT_BITS | i);
}

void page_map_diff(const struct page_map *a, const struct page_map *b,
                   void (*fn)(void *opaque, uint64_t index, const uint8_t *bytes), void *opaque)
{
    const struct walk w = {fn, opaque};

    diff(&w, a->root ? &a->root->counted : NULL, b->root ? &b->root->counted : NULL, b->levels, 0);
}

void page_map_walk(const struct page_map *map,
                   void (*fn)(void *opaque, uint64_t index, const uint8_t *bytes), void *opaque)
{
    const struct page_map empty = {.levels = map->levels};

    page_map_diff(&empty, map, fn, opaque);
}

static uint64_t own_bytes(const struct counted *c, unsigned height)
{
    uint64_t bytes = height ? sizeof(struct page_node) : sizeof(struct page);

    if (!c || c->refs > 1)
        return 0;
    for (unsigned i = 0; height && i < FANOUT; i++)
        bytes += own_bytes(((const struct page_node *)c)->child[i], height - 1);
    return bytes;
}

uint64_t page_map_own_bytes(const struct page_map *map)
{
    return map->root ? own_bytes(&map->root->counted, map->levels) : 0;
}
