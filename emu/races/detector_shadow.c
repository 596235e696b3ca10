/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RAM's history, and what its words hand from a store to a load. */
#include <stdlib.h>
#include <string.h>

#include "emu/races/detector_internal.h"

static void forget_page(struct detector *d, uint32_t page)
{
    struct word *words = d->pages[page];

    for (unsigned i = 0; i < WORDS; i++) {
        clock_pool_drop(d->pool, words[i].left[0]);
        clock_pool_drop(d->pool, words[i].left[1]);
    }
    d->pages[page] = NULL;
}

void detector_forget(struct detector *d)
{
    for (size_t i = 0; i < d->n_pages; i++)
        forget_page(d, d->order[(d->first + i) % d->config.max_pages]);
    d->first = d->n_pages = 0;
}

/* The oldest makes room; who was at a cell of it is at none. */
static void forget_oldest(struct detector *d)
{
    forget_page(d, d->order[d->first]);
    d->first = (d->first + 1) % d->config.max_pages;
    d->n_pages--;
    for (unsigned i = 0; i < d->config.n_vcpus; i++) {
        d->tracks[i].last_load = NULL;
        d->tracks[i].n_undecided = 0;
    }
}

static struct word *new_page(struct detector *d, uint64_t page)
{
    size_t slot;

    if (d->n_pages == d->config.max_pages)
        forget_oldest(d);
    slot = (d->first + d->n_pages++) % d->config.max_pages;
    d->order[slot] = (uint32_t)page;
    d->pages[page] = d->room + slot * WORDS;
    if (slot < d->n_used)
        memset(d->pages[page], 0, WORDS * sizeof(struct word));
    else
        d->n_used = slot + 1;
    return d->pages[page];
}

struct word *detector_word(struct detector *d, uint64_t pa)
{
    uint64_t at = pa - d->config.ram_base, page = at / PAGE_BYTES;
    struct word *words = d->pages[page];

    if (!words)
        words = new_page(d, page);
    return &words[at % PAGE_BYTES / WORD_BYTES];
}

void detector_expect(const struct detector *d, uint64_t pa)
{
    uint64_t at = pa - d->config.ram_base;
    const struct word *words = d->pages[at / PAGE_BYTES];

    if (!words)
        return;
    words += at % PAGE_BYTES / WORD_BYTES;
    __builtin_prefetch(words);
    __builtin_prefetch((const char *)words + 64);
}

struct window *detector_window(const struct detector *d, uint64_t pa)
{
    return &d->windows[pa / WORD_BYTES * 0x9e3779b97f4a7c15 >> 40 & (WINDOW_SLOTS - 1)];
}

/* -- From a store to a load -------------------------------------------------------------------- */

/* Both, as one; the caller's reference. */
static uint32_t join_of(struct detector *d, const uint32_t *clocks, unsigned owner, uint32_t old)
{
    if (clock_pool_knows(d->pool, old, clocks))
        return clock_pool_add(d->pool, clocks, owner);
    memcpy(d->scratch, clocks, 2 * (size_t)d->config.n_vcpus * sizeof(*clocks));
    clock_pool_join(d->pool, old, d->scratch);
    return clock_pool_add(d->pool, d->scratch, CLOCKS_OF_MANY);
}

/* What a store that releases nothing leaves: what barriers ordered before it. */
static uint32_t leave_fenced(struct detector *d, const struct track *t, unsigned vcpu, uint32_t old)
{
    if (!old || old == t->fenced ||
        (t->fenced && clock_pool_knows(d->pool, old, clock_pool_get(d->pool, t->fenced)))) {
        clock_pool_hold(d->pool, t->fenced);
        return t->fenced;
    }
    if (!t->fenced) {
        clock_pool_hold(d->pool, old);
        return old;
    }
    return join_of(d, clock_pool_get(d->pool, t->fenced), vcpu, old);
}

/* Atomics hand on what was there (B2.3: they are between the release and who reads from them); a
 * store of less than the half leaves the rest, and with it what was left there. */
static bool keeps_old(const struct detector_access *a)
{
    return a->ordering.atomic || a->ordering.exclusive || a->size_bytes < 4;
}

void detector_leave(struct detector *d, struct word *w, unsigned halves,
                    const struct detector_access *a)
{
    struct track *t = &d->tracks[a->vcpu];

    for (unsigned i = 0; i < 2; i++) {
        uint32_t old = w->left[i], kept = keeps_old(a) ? old : 0;

        if (!(halves >> i & 1) || (!a->ordering.release && old == t->fenced))
            continue;
        if (a->ordering.release)
            w->left[i] = join_of(d, t->clocks, a->vcpu, kept);
        else
            w->left[i] = leave_fenced(d, t, a->vcpu, kept);
        clock_pool_drop(d->pool, old);
    }
}

void detector_learn(struct detector *d, const struct word *w, unsigned halves,
                    const struct detector_access *a)
{
    struct track *t = &d->tracks[a->vcpu];
    bool now = a->ordering.acquire || a->ordering.acquire_pc;
    uint32_t *clocks = now ? t->clocks : t->seen;

    for (unsigned i = 0; i < 2; i++) {
        if (halves >> i & 1 && !clock_pool_knows(d->pool, w->left[i], clocks))
            clock_pool_join(d->pool, w->left[i], clocks);
    }
}
