/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/races/detector.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "emu/races/detector_internal.h"

enum { DEFAULT_PAGES = 8192 };

/* -- Life -------------------------------------------------------------------------------------- */

/* Only what is touched takes memory, in big pages where the host has them. */
static struct word *make_room(size_t bytes)
{
    void *room = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (room == MAP_FAILED)
        return NULL;
    madvise(room, bytes, MADV_HUGEPAGE);
    return room;
}

static size_t room_bytes(const struct detector *d)
{
    return d->config.max_pages * WORDS * sizeof(struct word);
}

static bool allocate(struct detector *d)
{
    unsigned n = d->config.n_vcpus;

    d->pool = clock_pool_create(n);
    d->tracks = calloc(n, sizeof(*d->tracks));
    d->scratch = calloc(2 * (size_t)n, sizeof(*d->scratch));
    d->pages = calloc(d->config.ram_bytes / PAGE_BYTES, sizeof(struct word *));
    d->room = make_room(room_bytes(d));
    d->order = calloc(d->config.max_pages, sizeof(*d->order));
    d->sent = calloc(SENT_SLOTS, sizeof(*d->sent));
    d->windows = calloc(WINDOW_SLOTS, sizeof(*d->windows));
    for (unsigned i = 0; d->tracks && i < n; i++) {
        struct track *t = &d->tracks[i];

        t->clocks = calloc(2 * (size_t)n, sizeof(*t->clocks));
        t->seen = calloc(2 * (size_t)n, sizeof(*t->seen));
        if (!t->clocks || !t->seen)
            return false;
    }
    return d->pool && d->tracks && d->scratch && d->pages && d->room && d->order && d->sent &&
           d->windows;
}

struct detector *detector_create(const struct detector_config *config)
{
    struct detector *d = calloc(1, sizeof(*d));

    if (!d)
        return NULL;
    d->config = *config;
    if (!d->config.max_pages)
        d->config.max_pages = DEFAULT_PAGES;
    if (!allocate(d)) {
        detector_destroy(d);
        return NULL;
    }
    detector_reset(d);
    return d;
}

void detector_destroy(struct detector *d)
{
    if (!d)
        return;
    if (d->room)
        munmap(d->room, room_bytes(d));
    for (unsigned i = 0; d->tracks && i < d->config.n_vcpus; i++) {
        free(d->tracks[i].clocks);
        free(d->tracks[i].seen);
    }
    clock_pool_destroy(d->pool);
    free(d->tracks);
    free(d->scratch);
    free(d->pages);
    free(d->order);
    free(d->sent);
    free(d->windows);
    free(d);
}

void detector_reset(struct detector *d)
{
    size_t bytes = 2 * (size_t)d->config.n_vcpus * sizeof(uint32_t);

    detector_forget(d);
    clock_pool_clear(d->pool);
    memset(d->sent, 0, SENT_SLOTS * sizeof(*d->sent));
    d->n_sent = 0;
    memset(d->windows, 0, WINDOW_SLOTS * sizeof(*d->windows));
    for (unsigned i = 0; i < d->config.n_vcpus; i++) {
        struct track *t = &d->tracks[i];
        uint32_t *clocks = t->clocks, *seen = t->seen;

        *t = (struct track){.clocks = clocks, .seen = seen};
        memset(clocks, 0, bytes);
        memset(seen, 0, bytes);
        clocks[clock_of(i, CLOCK_STORES)] = clocks[clock_of(i, CLOCK_LOADS)] = 1;
        t->frames[0].intid = NO_INTID;
    }
}

/* -- Clocks ------------------------------------------------------------------------------------ */

void detector_publish(struct detector *d, unsigned vcpu)
{
    d->tracks[vcpu].clocks[clock_of(vcpu, CLOCK_STORES)]++;
    d->tracks[vcpu].clocks[clock_of(vcpu, CLOCK_LOADS)]++;
}

static void join(const struct detector *d, uint32_t *clocks, const uint32_t *more)
{
    for (unsigned i = 0; i < 2 * d->config.n_vcpus; i++)
        clocks[i] = more[i] > clocks[i] ? more[i] : clocks[i];
}

/* What later stores of @vcpu leave to their readers: all that it knows, but of its own accesses
 * only the kinds that the barrier orders. */
static void fence(struct detector *d, unsigned vcpu, const struct barrier *b)
{
    struct track *t = &d->tracks[vcpu];
    unsigned stores = clock_of(vcpu, CLOCK_STORES), loads = clock_of(vcpu, CLOCK_LOADS);
    const uint32_t *old = t->fenced ? clock_pool_get(d->pool, t->fenced) : NULL;
    size_t bytes = 2 * (size_t)d->config.n_vcpus * sizeof(*d->scratch);

    if (b->loads_before)
        memcpy(d->scratch, t->clocks, bytes);
    else if (old)
        memcpy(d->scratch, old, bytes);
    else
        memset(d->scratch, 0, bytes);
    d->scratch[stores] = b->stores_before ? t->clocks[stores] : old ? old[stores] : 0;
    d->scratch[loads] = b->loads_before ? t->clocks[loads] : old ? old[loads] : 0;
    clock_pool_drop(d->pool, t->fenced);
    t->fenced = clock_pool_add(d->pool, d->scratch, vcpu);
    t->clocks[stores] += b->stores_before;
    t->clocks[loads] += b->loads_before;
    t->fresh_fence = true;
    if (b->kind != BARRIER_DSB || !b->stores_before)
        return;
    clock_pool_drop(d->pool, t->dsb);
    t->dsb = t->fenced;
    clock_pool_hold(d->pool, t->dsb);
}

void detector_barrier(struct detector *d, unsigned vcpu, const struct barrier *b)
{
    struct track *t = &d->tracks[vcpu];

    if (b->kind == BARRIER_NONE || (b->kind != BARRIER_ISB && b->domain == DOMAIN_NSH))
        return;
    if (b->loads_before || b->kind == BARRIER_ISB) {
        detector_settle(d, t, true);
        join(d, t->clocks, t->seen);
    }
    if (b->kind != BARRIER_ISB)
        fence(d, vcpu, b);
}

void detector_started(struct detector *d, unsigned starter, unsigned target)
{
    struct track *t = &d->tracks[target];

    join(d, t->clocks, d->tracks[starter].clocks);
    detector_publish(d, starter);
    t->depth = 0;
}

/* -- Exceptions -------------------------------------------------------------------------------- */

void detector_entered(struct detector *d, unsigned vcpu, enum cpu_entry entry, uint64_t sp)
{
    struct track *t = &d->tracks[vcpu];
    struct frame *outer = frame_of(t);

    if (++t->depth >= FRAMES)
        return;
    t->frames[t->depth] = (struct frame){
        .serial = ++t->serials,
        .is_handler = entry != CPU_ENTRY_EXCEPTION,
        .is_fiq = entry == CPU_ENTRY_FIQ,
        .intid = NO_INTID,
        .cause = UINT32_MAX,
        .sender = (uint32_t)DETECTOR_NO_SENDER,
        .sp = sp,
    };
    if (entry == CPU_ENTRY_EXCEPTION) { /* code goes on in another place */
        t->frames[t->depth] = *outer;
        t->frames[t->depth].serial = outer->serial;
    }
}

void detector_returned(struct detector *d, unsigned vcpu)
{
    struct track *t = &d->tracks[vcpu];

    if (t->depth)
        t->depth--;
}

uint32_t detector_handler(const struct detector *d, unsigned vcpu)
{
    const struct frame *f = frame_of(&d->tracks[vcpu]);

    return f->is_handler ? f->intid : ~0u;
}

/* -- Interrupts -------------------------------------------------------------------------------- */

/* Private ones (SGIs, PPIs, extended PPIs) are their vCPU's; others may be taken by any. */
static uint64_t key_of(unsigned vcpu, uint32_t intid)
{
    bool is_private = intid < 32 || (intid >= 1056 && intid < 1120);

    return ((uint64_t)(is_private ? vcpu + 2 : 1) << 32) | intid;
}

/* NULL: there is none; with @make: there are too many. */
static struct sent *find_sent(struct detector *d, uint64_t key, bool make)
{
    size_t at = (size_t)(key * 0x9e3779b97f4a7c15 >> 40) & (SENT_SLOTS - 1);

    while (d->sent[at].key && d->sent[at].key != key)
        at = (at + 1) & (SENT_SLOTS - 1);
    if (d->sent[at].key)
        return &d->sent[at];
    if (!make || d->n_sent >= SENT_SLOTS / 2)
        return NULL;
    d->n_sent++;
    d->sent[at] = (struct sent){.key = key, .sender = (uint32_t)DETECTOR_NO_SENDER};
    return &d->sent[at];
}

/* @id, which may be pending already, gets what @more has. */
static void merge(struct detector *d, uint32_t *id, const uint32_t *more)
{
    uint32_t old = *id;

    memcpy(d->scratch, more, 2 * (size_t)d->config.n_vcpus * sizeof(*more));
    clock_pool_join(d->pool, old, d->scratch);
    *id = clock_pool_add(d->pool, d->scratch, CLOCKS_OF_MANY);
    clock_pool_drop(d->pool, old);
}

void detector_sent(struct detector *d, unsigned sender, unsigned target, uint32_t intid,
                   bool by_register)
{
    struct sent *s = find_sent(d, key_of(target, intid), true);
    struct track *t;
    uint32_t ordered;

    if (!s || sender == (unsigned)DETECTOR_NO_SENDER)
        return;
    t = &d->tracks[sender];
    ordered = by_register ? t->dsb : t->fenced;
    if (ordered)
        merge(d, &s->released, clock_pool_get(d->pool, ordered));
    merge(d, &s->known, t->clocks);
    s->sender = by_register ? sender : (uint32_t)DETECTOR_NO_SENDER;
    s->sender_epoch = t->clocks[clock_of(sender, CLOCK_STORES)];
    detector_publish(d, sender);
}

void detector_acknowledged(struct detector *d, unsigned vcpu, uint32_t intid, unsigned priority)
{
    struct sent *s = find_sent(d, key_of(vcpu, intid), false);
    struct track *t = &d->tracks[vcpu];
    struct frame *f = frame_of(t);

    f->intid = intid;
    f->priority = priority;
    f->cause = intid < 32 ? t->armed : 0;
    f->sender = (uint32_t)DETECTOR_NO_SENDER;
    if (!s || !s->known)
        return;
    f->cause = clock_pool_get(d->pool, s->known)[clock_of(vcpu, CLOCK_STORES)];
    f->sender = s->sender;
    f->sender_epoch = s->sender_epoch;
    clock_pool_join(d->pool, s->released, t->clocks);
    clock_pool_drop(d->pool, s->released);
    clock_pool_drop(d->pool, s->known);
    s->released = s->known = 0;
}

void detector_armed(struct detector *d, unsigned vcpu)
{
    struct track *t = &d->tracks[vcpu];

    t->armed = t->clocks[clock_of(vcpu, CLOCK_STORES)]++;
}

void detector_finish(struct detector *d)
{
    for (unsigned i = 0; i < d->config.n_vcpus; i++)
        detector_settle(d, &d->tracks[i], true);
}

size_t detector_pages(const struct detector *d)
{
    return d->n_pages;
}
