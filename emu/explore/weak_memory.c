/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The order of stores in memory, and what was there before each. */
#include <string.h>

#include "emu/explore/weak_internal.h"

uint8_t *weak_ram(const struct weak *w, uint64_t pa, uint64_t size_bytes)
{
    const struct machine *m = w->x->m;
    uint64_t offset = pa - BOARD_RAM_BASE;

    if (offset >= m->config.ram_bytes || size_bytes > m->config.ram_bytes - offset)
        return NULL;
    return m->ram + offset;
}

static struct weak_old *old_at(const struct weak *w, uint64_t time)
{
    return &w->history[time & (WEAK_HISTORY - 1)];
}

/* The oldest time whose store can be taken back. */
static uint64_t first_time(const struct weak *w)
{
    return 1 + (w->now > WEAK_HISTORY ? weak_max(w->now - WEAK_HISTORY, w->since) : w->since);
}

static bool touches(const struct weak_old *o, uint64_t pa, uint64_t size_bytes)
{
    return weak_overlap(o->pa, o->size_bytes, pa, size_bytes);
}

uint64_t weak_stored(struct weak *w, uint64_t pa, uint64_t size_bytes, const uint8_t *old)
{
    struct weak_old *o = old_at(w, ++w->now);

    if (size_bytes > WEAK_BYTES) { /* DC ZVA */
        w->since = w->now;
        return w->now;
    }
    *o = (struct weak_old){.time = w->now, .pa = pa, .size_bytes = size_bytes};
    memcpy(o->bytes, old, size_bytes);
    return w->now;
}

unsigned weak_older(const struct weak *w, uint64_t pa, uint64_t size_bytes, uint64_t floor,
                    unsigned limit)
{
    unsigned n = 0;

    for (uint64_t t = w->now; t > floor && t >= first_time(w) && n < limit; t--)
        n += touches(old_at(w, t), pa, size_bytes);
    return n;
}

uint64_t weak_as_of(const struct weak *w, uint64_t pa, uint64_t size_bytes, unsigned n)
{
    uint64_t t = w->now;

    for (; t >= first_time(w); t--) {
        if (touches(old_at(w, t), pa, size_bytes) && --n == 0)
            break;
    }
    return t - 1;
}

/* Where [@from_pa, + @from_bytes) and [@to_pa, + @to_bytes) meet, @to gets @from. */
static void overlay(uint8_t *to, uint64_t to_pa, uint64_t to_bytes, const uint8_t *from,
                    uint64_t from_pa, uint64_t from_bytes)
{
    uint64_t first = weak_max(to_pa, from_pa);
    uint64_t to_end = to_pa + to_bytes, from_end = from_pa + from_bytes;
    uint64_t end = to_end < from_end ? to_end : from_end;

    if (first < end)
        memcpy(to + (first - to_pa), from + (first - from_pa), end - first);
}

/* The vCPU's own stores that are put off, oldest first, of those before @n_items. */
static void forward(struct weak_vcpu *v, const struct weak_access *a, uint8_t *bytes,
                    unsigned n_items)
{
    for (unsigned i = 0; i < n_items; i++) {
        const struct weak_item *item = &v->items[i];
        const struct weak_access *s = &item->access;

        if (!s->stores || !weak_overlap(s->pa, s->size_bytes, a->pa, a->size_bytes))
            continue;
        overlay(bytes, a->pa, a->size_bytes, item->bytes, s->pa, s->size_bytes);
        v->forwarded = true;
        v->forwarded_view = weak_max(v->forwarded_view, item->view);
        if (s->pa <= a->pa && s->pa + s->size_bytes >= a->pa + a->size_bytes)
            v->message = 0;
    }
}

void weak_patch(struct weak *w, struct weak_vcpu *v, const struct weak_access *a, uint64_t as_of)
{
    uint8_t bytes[WEAK_BYTES], *ram = weak_ram(w, a->pa, a->size_bytes);
    uint64_t t = w->now;

    v->message = v->forwarded_view = 0;
    v->forwarded = v->patched = false;
    if (!ram || a->size_bytes > WEAK_BYTES)
        return;
    memcpy(bytes, ram, a->size_bytes);
    for (; t > as_of && t >= first_time(w); t--)
        overlay(bytes, a->pa, a->size_bytes, old_at(w, t)->bytes, old_at(w, t)->pa,
                old_at(w, t)->size_bytes);
    while (t >= first_time(w) && !touches(old_at(w, t), a->pa, a->size_bytes))
        t--;
    v->message = t >= first_time(w) ? t : 0;
    if (as_of == UINT64_MAX)
        forward(v, a, bytes, v->redoing ? (unsigned)v->doing : v->n_items);
    if (!memcmp(ram, bytes, a->size_bytes))
        return;
    memcpy(v->unpatched, ram, a->size_bytes);
    memcpy(ram, bytes, a->size_bytes);
    v->patched = true;
    v->patched_pa = a->pa;
    v->patched_bytes = a->size_bytes;
}

void weak_unpatch(struct weak *w, struct weak_vcpu *v)
{
    if (v->patched)
        memcpy(weak_ram(w, v->patched_pa, v->patched_bytes), v->unpatched, v->patched_bytes);
    v->patched = false;
}

void weak_drain(struct weak *w, unsigned vcpu, int i)
{
    struct weak_vcpu *v = &w->vcpus[vcpu];
    struct weak_item *item = &v->items[i];
    const struct weak_access *a = &item->access;
    uint8_t *ram = weak_ram(w, a->pa, a->size_bytes);
    uint64_t time = weak_stored(w, a->pa, a->size_bytes, ram);

    memcpy(ram, item->bytes, a->size_bytes);
    engine_ram_written(w->x->m->engine, a->pa, a->size_bytes);
    engine_watch_stored(w->x->m->engine, vcpu, a->pa);
    weak_wrote(v, a, time, item->view);
    if (a->epochs.full != v->epochs.full)
        v->reads = weak_max(v->reads, time);
}
