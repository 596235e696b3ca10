/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/explore/anchors.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/cpu.h"
#include "emu/actor.h"
#include "emu/load/lines.h"
#include "emu/load/symbols.h"
#include "emu/machine.h"

enum { KNOWN = 1024 };

/* What an event's place depends on, and the place; NULL: free. */
struct known {
    uint64_t pc, pa;
    const char *reg;
    unsigned vcpu, redist, kind;
    uint64_t object;
    bool is_write;
    const struct place *place;
};

struct anchors {
    struct machine *m;
    struct lines *lines; /* NULL: none */
    struct places *places;
    unsigned *counts; /* [kinds][sched_threads()] */
    unsigned kinds;
    struct anchor *last; /* [sched_threads()]: each one's last event */
    struct known *known; /* [KNOWN]: a cache, by hash */
};

struct anchors *anchors_create(struct machine *m, const char *image)
{
    struct anchors *a = calloc(1, sizeof(*a));

    if (!a)
        return NULL;
    a->m = m;
    a->lines = image ? lines_open(image) : NULL;
    a->places = places_create();
    a->last = calloc(sched_threads(m), sizeof(*a->last));
    a->known = calloc(KNOWN, sizeof(*a->known));
    if (a->places && a->last && a->known)
        return a;
    anchors_destroy(a);
    return NULL;
}

void anchors_destroy(struct anchors *a)
{
    if (!a)
        return;
    lines_close(a->lines);
    places_destroy(a->places);
    free(a->counts);
    free(a->last);
    free(a->known);
    free(a);
}

void anchors_start(struct anchors *a)
{
    unsigned n = sched_threads(a->m);

    memset(a->last, 0, n * sizeof(*a->last));
    if (a->kinds)
        memset(a->counts, 0, (size_t)a->kinds * n * sizeof(*a->counts));
}

static const struct place *place_of(struct anchors *a, uint64_t pc, const char *what)
{
    struct place p = {.function = "", .offset = pc, .what = what};
    uint64_t offset;
    const char *name = a->m->symbols ? symbols_at(a->m->symbols, pc, &offset) : NULL, *step;

    if (actors_describe(a->m, pc, &name, &step))
        offset = 0;
    if (name) {
        p.function = name;
        p.offset = offset;
    }
    if (!lines_at(a->lines, pc, &p.file, &p.line))
        p.file = NULL;
    return places_get(a->places, &p);
}

/* Addresses without a name are others in another build. */
static const struct place *new_place(struct anchors *a, const struct event *e)
{
    char what[128];

    event_object(a->m, e, what, sizeof(what));
    if (e->kind == EVENT_RAM && strstr(what, " 0x"))
        snprintf(what, sizeof(what), "%s memory", e->is_write ? "writes" : "reads");
    return place_of(a, e->pc, what);
}

static bool is_known(const struct known *k, const struct known *key)
{
    return k->place && k->pc == key->pc && k->pa == key->pa && k->reg == key->reg &&
           k->vcpu == key->vcpu && k->redist == key->redist && k->kind == key->kind &&
           k->object == key->object && k->is_write == key->is_write;
}

static const struct place *place_of_event(struct anchors *a, const struct event *e)
{
    struct known key = {.pc = e->pc,
                        .pa = e->pa,
                        .reg = e->reg,
                        .vcpu = e->vcpu,
                        .redist = e->redist,
                        .kind = e->kind,
                        .object = e->object,
                        .is_write = e->is_write};
    uint64_t hash =
        (e->pc ^ e->pa << 7 ^ (uint64_t)e->vcpu << 50 ^ e->is_write) * 0x9e3779b97f4a7c15;
    struct known *k = &a->known[hash >> 54];

    if (is_known(k, &key))
        return k->place;
    *k = key;
    k->place = new_place(a, e);
    return k->place;
}

unsigned anchors_count(const struct anchors *a, unsigned vcpu, const struct place *p)
{
    return p->kind < a->kinds ? a->counts[p->kind * sched_threads(a->m) + vcpu] : 0;
}

struct anchor anchors_next(struct anchors *a, const struct event *e)
{
    const struct place *p = place_of_event(a, e);

    return (struct anchor){.place = p, .nth = p ? anchors_count(a, e->vcpu, p) : 0};
}

struct anchor anchors_last(struct anchors *a, unsigned vcpu)
{
    struct anchor last = a->last[vcpu];

    if (!last.place)
        last.place = places_get(a->places, &(struct place){.function = "", .what = "begin"});
    last.after = true;
    return last;
}

struct anchor anchors_here(struct anchors *a, unsigned vcpu, const char *what)
{
    unsigned n_vcpus = a->m->config.n_vcpus;
    uint64_t pc =
        vcpu < n_vcpus ? vcpu_get_pc(a->m->engine, vcpu) : actors_pc(a->m, vcpu - n_vcpus);

    return (struct anchor){.place = place_of(a, pc, what)};
}

static bool make_room(struct anchors *a)
{
    unsigned kinds = places_kinds(a->places), n = sched_threads(a->m);
    unsigned *more;

    if (kinds <= a->kinds)
        return true;
    kinds += kinds / 2;
    more = realloc(a->counts, (size_t)kinds * n * sizeof(*more));
    if (!more)
        return false;
    memset(more + (size_t)a->kinds * n, 0, (size_t)(kinds - a->kinds) * n * sizeof(*more));
    a->counts = more;
    a->kinds = kinds;
    return true;
}

int anchors_happened(struct anchors *a, const struct event *e)
{
    const struct place *p = place_of_event(a, e);

    if (!p || !make_room(a))
        return -ENOMEM;
    a->last[e->vcpu] =
        (struct anchor){.place = p, .nth = a->counts[p->kind * sched_threads(a->m) + e->vcpu]++};
    return 0;
}

/* 0: has nothing to do with @wanted. */
static unsigned likeness(const struct place *p, const struct place *wanted)
{
    bool function = place_same_function(p, wanted), what = !strcmp(p->what, wanted->what);

    return function && what ? 3 : what ? 2 : function ? 1 : 0;
}

static uint64_t distance(const struct place *p, const struct place *wanted)
{
    return p->offset > wanted->offset ? p->offset - wanted->offset : wanted->offset - p->offset;
}

const struct place *anchors_nearest(const struct anchors *a, unsigned vcpu,
                                    const struct place *wanted)
{
    const struct place *best = NULL;
    unsigned most = 0;

    for (size_t i = 0; i < places_count(a->places); i++) {
        const struct place *p = places_at(a->places, i);
        unsigned like = anchors_count(a, vcpu, p) ? likeness(p, wanted) : 0;

        if (like > most || (like && like == most && distance(p, wanted) < distance(best, wanted))) {
            most = like;
            best = p;
        }
    }
    return best;
}
