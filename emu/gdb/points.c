/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Break- and watchpoints. Both are the engine's: guest memory and the guest's own DBG* registers
 * stay as they are, and there may be any number.
 *
 * GDB takes all away at each stop and sets them again when it goes on. A breakpoint that is not set
 * any more is therefore kept, and only not heeded: a new address drops all translated code.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "emu/gdb/internal.h"

enum { PAGE = 4096, WATCH_BYTES_MAX = 1 << 20 };

static bool is_break(const struct gdb_point *p)
{
    return p->kind == GDB_BREAK || p->kind == GDB_HW_BREAK;
}

/* -- Breakpoints ------------------------------------------------------------------------------- */

static int tell_engine_breaks(struct gdb_stub *g)
{
    uint64_t *addresses = malloc(GDB_MAX_POINTS * sizeof(*addresses));
    size_t n = 0;
    int rc;

    if (!addresses)
        return -ENOMEM;
    for (unsigned i = 0; i < g->points.n; i++) {
        if (is_break(&g->points.all[i]))
            addresses[n++] = g->points.all[i].va;
    }
    rc = engine_break_set(g->m->engine, addresses, n, gdb_on_break, g);
    free(addresses);
    return rc;
}

static void drop_unset(struct gdb_stub *g)
{
    struct gdb_points *p = &g->points;
    unsigned n = 0;

    for (unsigned i = 0; i < p->n; i++) {
        if (p->all[i].set)
            p->all[n++] = p->all[i];
    }
    p->n = n;
}

static struct gdb_point *add(struct gdb_stub *g, enum gdb_point_kind kind, uint64_t va)
{
    struct gdb_point *p;

    if (g->points.n == GDB_MAX_POINTS)
        drop_unset(g);
    if (g->points.n == GDB_MAX_POINTS)
        return NULL;
    p = &g->points.all[g->points.n++];
    *p = (struct gdb_point){.kind = kind, .set = true, .va = va};
    return p;
}

static int set_break(struct gdb_stub *g, enum gdb_point_kind kind, uint64_t va)
{
    if (!add(g, kind, va))
        return -ENOSPC;
    return tell_engine_breaks(g);
}

/* -- Watchpoints ------------------------------------------------------------------------------- */

/* Pages of what is watched, and devices when some of it is none's RAM. */
static void watch_pages(struct gdb_stub *g, bool on)
{
    bool devices = false;

    for (unsigned i = 0; i < g->points.n; i++) {
        const struct gdb_point *p = &g->points.all[i];

        if (!is_break(p) && engine_watch_page(g->m->engine, p->pa, on))
            devices |= on;
    }
    engine_watch_devices(g->m->engine, devices);
}

static int start_watching(struct gdb_stub *g)
{
    int rc = g->m->explorer ? -EBUSY : 0; /* accesses are the explorer's events */

    if (!rc && !g->points.watching)
        rc = engine_watch_start(g->m->engine, gdb_on_access, g);
    g->points.watching |= !rc;
    return rc;
}

/* The selected vCPU's view; where it has none, that of the first that has. */
static int translate(struct gdb_stub *g, uint64_t va, uint64_t *pa)
{
    int rc = gdb_translate(g, va, pa);

    for (unsigned i = 0; rc && i < g->m->config.n_vcpus; i++)
        rc = vcpu_translate(g->m->engine, i, va, pa);
    return rc;
}

/* One entry for each page. */
static int set_watch(struct gdb_stub *g, enum gdb_point_kind kind, uint64_t va, uint64_t length)
{
    int rc = length && length <= WATCH_BYTES_MAX ? start_watching(g) : -EINVAL;

    for (uint64_t at = va; !rc && at != va + length;) {
        uint64_t in_page = PAGE - at % PAGE, left = va + length - at, pa;
        struct gdb_point *p;

        rc = translate(g, at, &pa);
        p = rc ? NULL : add(g, kind, at);
        if (!rc && !p)
            rc = -ENOSPC;
        if (rc)
            break;
        p->length = in_page < left ? in_page : left;
        p->pa = pa;
        at += p->length;
    }
    if (rc)
        gdb_point_clear(g, kind, va, length);
    else
        watch_pages(g, true);
    return rc;
}

static void clear_watch(struct gdb_stub *g, enum gdb_point_kind kind, uint64_t va, uint64_t length)
{
    if (!g->points.watching)
        return;
    watch_pages(g, false);
    for (unsigned i = 0; i < g->points.n; i++) {
        struct gdb_point *p = &g->points.all[i];

        if (p->kind == kind && p->va - va < length)
            p->set = false;
    }
    for (unsigned i = 0; i < g->points.n;) { /* those of breakpoints are kept */
        if (!is_break(&g->points.all[i]) && !g->points.all[i].set)
            g->points.all[i] = g->points.all[--g->points.n];
        else
            i++;
    }
    watch_pages(g, true);
}

/* -- Both -------------------------------------------------------------------------------------- */

static struct gdb_point *find(struct gdb_stub *g, enum gdb_point_kind kind, uint64_t va)
{
    for (unsigned i = 0; i < g->points.n; i++) {
        if (g->points.all[i].kind == kind && g->points.all[i].va == va)
            return &g->points.all[i];
    }
    return NULL;
}

int gdb_point_set(struct gdb_stub *g, enum gdb_point_kind kind, uint64_t va, uint64_t length)
{
    struct gdb_point *p = find(g, kind, va);

    if (p && is_break(p)) {
        p->set = true;
        return 0;
    }
    if (kind >= GDB_WATCH_WRITE)
        return set_watch(g, kind, va, length);
    return set_break(g, kind, va);
}

void gdb_point_clear(struct gdb_stub *g, enum gdb_point_kind kind, uint64_t va, uint64_t length)
{
    struct gdb_point *p = find(g, kind, va);

    if (kind >= GDB_WATCH_WRITE)
        clear_watch(g, kind, va, length);
    else if (p)
        p->set = false;
}

void gdb_points_clear_all(struct gdb_stub *g)
{
    if (g->points.watching)
        watch_pages(g, false);
    g->points.n = 0;
    tell_engine_breaks(g);
}

void gdb_points_stop(struct gdb_stub *g)
{
    engine_break_set(g->m->engine, NULL, 0, NULL, NULL);
    if (g->points.watching)
        engine_watch_stop(g->m->engine);
    g->points.watching = false;
    g->points.n = 0;
}

/* -- Hits -------------------------------------------------------------------------------------- */

/* Inside a run: of all vCPUs together, when @vcpu has retired @vcpu_instructions. */
static uint64_t of_all(const struct gdb_stub *g, unsigned vcpu, uint64_t vcpu_instructions_now)
{
    const struct cpu_engine *e = g->m->engine;

    return engine_instructions(e) - vcpu_instructions(e, vcpu) + vcpu_instructions_now;
}

bool gdb_on_break(void *opaque, unsigned vcpu, uint64_t pc, uint64_t vcpu_instructions)
{
    struct gdb_stub *g = opaque;
    struct gdb_hit hit = {.vcpu = vcpu, .pc = pc};

    for (unsigned i = 0; i < g->points.n; i++) {
        const struct gdb_point *p = &g->points.all[i];

        if (is_break(p) && p->set && p->va == pc)
            hit.reason = p->kind == GDB_BREAK ? GDB_AT_BREAK : GDB_AT_HW_BREAK;
    }
    if (!hit.reason)
        return true;
    hit.instructions = of_all(g, vcpu, vcpu_instructions);
    hit.vcpu_instructions = vcpu_instructions;
    return gdb_meets(g, &hit, true);
}

static bool matches(const struct gdb_point *p, const struct cpu_watched_access *a)
{
    if (is_break(p) || p->kind == (a->is_write ? GDB_WATCH_READ : GDB_WATCH_WRITE))
        return false;
    return a->pa < p->pa + p->length && p->pa < a->pa + a->size_bytes;
}

bool gdb_on_access(void *opaque, const struct cpu_watched_access *access)
{
    struct gdb_stub *g = opaque;

    for (unsigned i = 0; i < g->points.n; i++) {
        const struct gdb_point *p = &g->points.all[i];
        struct gdb_hit hit = {.reason = GDB_AT_WATCH, .vcpu = access->vcpu, .pc = access->pc};

        if (access->reg || !matches(p, access))
            continue;
        hit.kind = p->kind;
        hit.va = p->va + (access->pa > p->pa ? access->pa - p->pa : 0);
        hit.instructions = of_all(g, access->vcpu, access->vcpu_instructions);
        hit.vcpu_instructions = access->vcpu_instructions;
        return gdb_meets(g, &hit, access->is_first);
    }
    return true;
}
