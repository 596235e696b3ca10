/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An open-addressed table of places, at most half full, and another of their kinds. */
#include "emu/explore/places.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum { FIRST_CAPACITY = 64, NAME_BYTES = 140 };

struct table {
    const struct place **items; /* [capacity], a power of 2; NULL: free */
    size_t capacity, used;
};

struct places {
    struct table all, kinds;
    const struct place **order; /* [all.used] */
};

/* -- Comparing --------------------------------------------------------------------------------- */

/* What compilers make of a function has a dot and more behind its name. */
static size_t function_length(const char *name)
{
    const char *dot = *name ? strchr(name + 1, '.') : NULL;

    return dot ? (size_t)(dot - name) : strlen(name);
}

bool place_same_function(const struct place *a, const struct place *b)
{
    size_t n = function_length(a->function);

    return n == function_length(b->function) && !memcmp(a->function, b->function, n);
}

bool place_same_kind(const struct place *a, const struct place *b)
{
    return place_same_function(a, b) && !strcmp(a->what, b->what);
}

static bool same_file(const struct place *a, const struct place *b)
{
    return (!a->file && !b->file) || (a->file && b->file && !strcmp(a->file, b->file));
}

static bool same_place(const struct place *a, const struct place *b)
{
    return a->offset == b->offset && a->line == b->line && !strcmp(a->function, b->function) &&
           !strcmp(a->what, b->what) && same_file(a, b);
}

bool anchor_is(const struct anchor *a, const struct anchor *b)
{
    return a->place && b->place && a->nth == b->nth && a->after == b->after &&
           (a->place == b->place || place_same_kind(a->place, b->place));
}

/* -- Tables ------------------------------------------------------------------------------------ */

static uint64_t kind_hash(const struct place *p)
{
    return XXH3_64bits_withSeed(p->function, function_length(p->function),
                                XXH3_64bits(p->what, strlen(p->what)));
}

static uint64_t place_hash(const struct place *p)
{
    return kind_hash(p) ^ (p->offset + 1) * 0x9e3779b97f4a7c15;
}

static const struct place **find(const struct table *t, const struct place *like, uint64_t hash,
                                 bool (*same)(const struct place *a, const struct place *b))
{
    size_t at = (size_t)(hash >> 20) & (t->capacity - 1);

    while (t->items[at] && !same(t->items[at], like))
        at = (at + 1) & (t->capacity - 1);
    return &t->items[at];
}

/* Room for one more, at most half full. */
static bool make_room(struct table *t, uint64_t (*hash)(const struct place *p))
{
    struct table more = {.capacity = t->capacity ? 2 * t->capacity : FIRST_CAPACITY};

    if (2 * t->used < t->capacity)
        return true;
    more.items = calloc(more.capacity, sizeof(const struct place *));
    if (!more.items)
        return false;
    for (size_t i = 0; i < t->capacity; i++) {
        if (!t->items[i])
            continue;
        size_t at = (size_t)(hash(t->items[i]) >> 20) & (more.capacity - 1);

        while (more.items[at])
            at = (at + 1) & (more.capacity - 1);
        more.items[at] = t->items[i];
    }
    more.used = t->used;
    free(t->items);
    *t = more;
    return true;
}

/* -- Collections ------------------------------------------------------------------------------- */

struct places *places_create(void)
{
    return calloc(1, sizeof(struct places));
}

void places_destroy(struct places *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->all.used; i++)
        free((void *)p->order[i]);
    free(p->order);
    free(p->all.items);
    free(p->kinds.items);
    free(p);
}

/* Names come from images: a line of text must be able to hold them. */
static char *put_text(char *to, const char *text, const char *not_these)
{
    size_t i;

    for (i = 0; text[i] && i < NAME_BYTES; i++) {
        unsigned char c = (unsigned char)text[i];

        to[i] = c < ' ' || c == 0x7f || strchr(not_these, c) ? '_' : (char)c;
    }
    to[i] = 0;
    return to;
}

static const char *tail(const char *path)
{
    size_t n = strlen(path);

    return n > NAME_BYTES ? path + n - NAME_BYTES : path;
}

/* One block of memory with its texts behind it. */
static struct place *copy(const struct place *like)
{
    size_t function = strlen(like->function) + 1, what = strlen(like->what) + 1;
    size_t file = like->file ? strlen(like->file) + 1 : 0;
    struct place *p = malloc(sizeof(*p) + function + what + file);
    char *text = (char *)(p + 1);

    if (!p)
        return NULL;
    *p = *like;
    p->function = put_text(text, like->function, " #;()+");
    p->what = put_text(text + function, like->what, "#;()");
    if (file)
        p->file = put_text(text + function + what, tail(like->file), ";()");
    return p;
}

static bool keep(struct places *p, struct place *made)
{
    const struct place **kind, **order;

    if (!make_room(&p->all, place_hash) || !make_room(&p->kinds, kind_hash))
        return false;
    order = realloc(p->order, p->all.capacity * sizeof(const struct place *));
    if (!order)
        return false;
    p->order = order;
    kind = find(&p->kinds, made, kind_hash(made), place_same_kind);
    made->kind = *kind ? (*kind)->kind : (unsigned)p->kinds.used++;
    if (!*kind)
        *kind = made;
    *find(&p->all, made, place_hash(made), same_place) = made;
    p->order[p->all.used++] = made;
    return true;
}

const struct place *places_get(struct places *p, const struct place *like)
{
    const struct place *known;
    struct place *made;

    if (p->all.used) {
        known = *find(&p->all, like, place_hash(like), same_place);
        if (known)
            return known;
    }
    made = copy(like);
    if (!made)
        return NULL;
    known = p->all.used ? *find(&p->all, made, place_hash(made), same_place) : NULL;
    if (!known && keep(p, made))
        return made;
    free(made);
    return known;
}

size_t places_count(const struct places *p)
{
    return p->all.used;
}

unsigned places_kinds(const struct places *p)
{
    return (unsigned)p->kinds.used;
}

const struct place *places_at(const struct places *p, size_t i)
{
    return p->order[i];
}

/* -- Texts ------------------------------------------------------------------------------------- */

void place_text(const struct place *p, char *text, size_t size)
{
    int n = snprintf(text, size, "%s%s0x%" PRIx64, p->function, *p->function ? "+" : "", p->offset);

    if (p->file && n >= 0 && (size_t)n < size)
        snprintf(text + n, size - (size_t)n, " (%s:%u)", p->file, p->line);
}

void anchor_text(const struct anchor *a, char *text, size_t size)
{
    char place[PLACE_TEXT];

    place_text(a->place, place, sizeof(place));
    snprintf(text, size, "%s %s #%u at %s", a->after ? "after" : "before", a->place->what, a->nth,
             place);
}
