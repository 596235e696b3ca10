/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state hash: XXH3-64 over everything that a guest could ever see: the walk that snapshots take
 * (emu/state.c). Pages of zeros count as untouched, so that the hash does not depend on which pages
 * the host has backed.
 */
#include "emu/machine.h"

#include <string.h>
#include <xxhash.h>

enum { PAGE = 4096 };

struct hasher {
    struct visitor visitor; /* first: add_piece() gets a pointer to it */
    XXH3_state_t *state;
};

static void add(struct hasher *h, const void *data, size_t size_bytes)
{
    XXH3_64bits_update(h->state, data, size_bytes);
}

static void add_piece(struct visitor *v, const char *name, void *data, size_t size_bytes)
{
    struct hasher *h = (struct hasher *)v;

    add(h, name, strlen(name));
    add(h, data, size_bytes);
}

static void add_page(void *opaque, uint64_t index, const uint8_t *bytes)
{
    add(opaque, &index, sizeof(index));
    add(opaque, bytes, PAGE);
}

uint64_t machine_state_hash(struct machine *m)
{
    struct hasher h = {.visitor = {.bytes = add_piece}, .state = XXH3_createState()};
    uint64_t hash;

    if (!h.state)
        return 0;
    XXH3_64bits_reset(h.state);
    machine_visit_ram(m, add_page, &h);
    machine_visit(m, &h.visitor);
    hash = XXH3_64bits_digest(h.state);
    XXH3_freeState(h.state);
    return hash;
}
