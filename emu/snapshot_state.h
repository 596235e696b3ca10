/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * State but RAM as one row of bytes: each piece of the walk with its size and a mark of its name,
 * so that bytes of another walk are told.
 */
#ifndef IRQLAB_EMU_SNAPSHOT_STATE_H
#define IRQLAB_EMU_SNAPSHOT_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "emu/page_map.h"

struct machine;

struct state_bytes {
    uint8_t *data; /* malloc()ed */
    size_t size, capacity;
    bool shares; /* overlays of disks are shared with the machine, else they are among the bytes */
    struct page_map *maps;
    unsigned n_maps;
};

/** state_save - replaces what @s holds. 0 or -ENOMEM. */
int state_save(struct machine *m, struct state_bytes *s);
/**
 * state_load - 0; or -EINVAL: the bytes are of another walk. The machine is then in some state that
 * it can be in, but in no particular one.
 */
int state_load(struct machine *m, const struct state_bytes *s);
void state_free(struct state_bytes *s);
/** state_own_bytes - host memory that state_free() would free. */
size_t state_own_bytes(const struct state_bytes *s);

#endif
