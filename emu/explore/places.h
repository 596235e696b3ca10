/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Places in a guest's code that another build of it has, too: not an address, but a function and
 * what is done there. An anchor is one moment of a run at such a place.
 */
#ifndef IRQLAB_EMU_EXPLORE_PLACES_H
#define IRQLAB_EMU_EXPLORE_PLACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct place {
    const char *function; /* "": no symbol is there, and the offset is the address */
    uint64_t offset;
    const char *what; /* `writes counter`; see event_object() */
    const char *file; /* NULL: no source line is known */
    unsigned line;
    unsigned kind; /* 0, 1, ...: one number for the same function and `what` */
};

struct anchor {
    const struct place *place; /* NULL: none */
    unsigned nth; /* how many of the vCPU's events in this run were of its kind before */
    bool after;   /* behind this event, before the next is known */
};

struct places;

/** places_create - NULL: out of memory. places_destroy - and all places; NULL is allowed. */
struct places *places_create(void);
void places_destroy(struct places *p);

/**
 * places_get - the one place that is so, valid until places_destroy(); NULL: out of memory. Texts
 * are copied, long ones in part; bytes that would disturb a line of text are replaced by '_'. Of a
 * function's name what follows a dot (`.constprop.0`: the compiler's) makes no other kind.
 */
const struct place *places_get(struct places *p, const struct place *like);

/** places_count - places_kinds - how many. places_each - the @i-th in order of creation. */
size_t places_count(const struct places *p);
unsigned places_kinds(const struct places *p);
const struct place *places_at(const struct places *p, size_t i);

/** place_same_kind - also of places of two collections: the same is done in the same function. */
bool place_same_kind(const struct place *a, const struct place *b);
/** place_same_function - likewise, whatever is done. */
bool place_same_function(const struct place *a, const struct place *b);
/** anchor_is - whether both are the same moment of a run. False where one is none. */
bool anchor_is(const struct anchor *a, const struct anchor *b);

enum { PLACE_TEXT = 512 }; /* enough for all */

/** place_text - `add+0x14 (counter.c:16)`. anchor_text - `before writes counter #2 at add+0x14
 * (...)`. */
void place_text(const struct place *p, char *text, size_t size);
void anchor_text(const struct anchor *a, char *text, size_t size);

#endif
