/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An open-addressed table of 8-byte words; at most half full. */
#include "emu/explore/sharing.h"

#include <stdlib.h>

enum { FIRST_CAPACITY = 4096, WORD_BYTES = 8 };

#define GIC_CONTEXT (UINT32_MAX - 1)

struct word {
    uint64_t pa;  /* of the word, or 0: free (RAM does not begin there) */
    uint32_t one; /* its first user: a context + 1 */
    bool many, written, shared, of_gic;
};

struct sharing {
    struct word *words;
    size_t capacity, used, n_shared;
};

struct sharing *sharing_create(void)
{
    struct sharing *s = calloc(1, sizeof(*s));

    if (!s)
        return NULL;
    s->capacity = FIRST_CAPACITY;
    s->words = calloc(s->capacity, sizeof(*s->words));
    if (s->words)
        return s;
    free(s);
    return NULL;
}

void sharing_destroy(struct sharing *s)
{
    if (!s)
        return;
    free(s->words);
    free(s);
}

static struct word *find(const struct sharing *s, uint64_t pa)
{
    size_t at = (size_t)(pa / WORD_BYTES * 0x9e3779b97f4a7c15 >> 20) & (s->capacity - 1);

    while (s->words[at].pa && s->words[at].pa != pa)
        at = (at + 1) & (s->capacity - 1);
    return &s->words[at];
}

static bool grow(struct sharing *s)
{
    struct sharing bigger = {.capacity = s->capacity * 2, .used = s->used};

    bigger.words = calloc(bigger.capacity, sizeof(*bigger.words));
    if (!bigger.words)
        return false;
    for (size_t i = 0; i < s->capacity; i++) {
        if (s->words[i].pa)
            *find(&bigger, s->words[i].pa) = s->words[i];
    }
    free(s->words);
    s->words = bigger.words;
    s->capacity = bigger.capacity;
    return true;
}

static bool note_word(struct sharing *s, unsigned context, uint64_t pa, bool is_write)
{
    struct word *w = find(s, pa);

    if (!w->pa) {
        if (2 * s->used >= s->capacity) {
            if (!grow(s))
                return false;
            w = find(s, pa);
        }
        *w = (struct word){.pa = pa, .one = context + 1};
        s->used++;
    }
    w->many |= w->one != context + 1;
    w->written |= is_write;
    if (w->shared || !w->many || !w->written)
        return false;
    w->shared = true;
    s->n_shared++;
    return true;
}

bool sharing_note(struct sharing *s, unsigned context, uint64_t pa, unsigned size_bytes,
                  bool is_write)
{
    bool news = false;

    for (uint64_t word = pa & ~(uint64_t)(WORD_BYTES - 1); word < pa + size_bytes;
         word += WORD_BYTES)
        news |= note_word(s, context, word, is_write);
    return news;
}

bool sharing_note_gic(struct sharing *s, uint64_t pa, size_t size_bytes, bool is_write)
{
    bool news = false;

    for (uint64_t word = pa & ~(uint64_t)(WORD_BYTES - 1); word < pa + size_bytes;
         word += WORD_BYTES) {
        struct word *w;

        news |= note_word(s, GIC_CONTEXT, word, is_write);
        w = find(s, word);
        w->of_gic = w->pa != 0; /* not there: out of memory */
    }
    return news;
}

bool sharing_of_gic(const struct sharing *s, uint64_t pa, unsigned size_bytes)
{
    for (uint64_t word = pa & ~(uint64_t)(WORD_BYTES - 1); word < pa + size_bytes;
         word += WORD_BYTES) {
        if (find(s, word)->of_gic)
            return true;
    }
    return false;
}

bool sharing_has(const struct sharing *s, uint64_t pa, unsigned size_bytes)
{
    for (uint64_t word = pa & ~(uint64_t)(WORD_BYTES - 1); word < pa + size_bytes;
         word += WORD_BYTES) {
        const struct word *w = find(s, word);

        if (w->pa && w->shared)
            return true;
    }
    return false;
}

size_t sharing_count(const struct sharing *s)
{
    return s->n_shared;
}

static int by_address(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

void sharing_each(const struct sharing *s, void (*fn)(void *opaque, uint64_t pa), void *opaque)
{
    uint64_t *sorted = malloc((s->n_shared + 1) * sizeof(*sorted));
    size_t n = 0;

    for (size_t i = 0; sorted && i < s->capacity; i++) {
        if (s->words[i].pa && s->words[i].shared)
            sorted[n++] = s->words[i].pa;
    }
    if (n)
        qsort(sorted, n, sizeof(*sorted), by_address);
    for (size_t i = 0; i < n; i++)
        fn(opaque, sorted[i]);
    free(sorted);
}
