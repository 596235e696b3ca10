/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Backward: from one snapshot after the other, the latest first, the machine goes over the same
 * ground again, up to where it was, and the last thing that was looked for is where it goes back
 * to.
 *
 * What GDB expects is symmetric: a watchpoint is told of before the access is made, so on the way
 * back before it is undone, which is behind the instruction.
 */
#include <string.h>

#include "emu/gdb/internal.h"
#include "emu/timeline.h"

enum { SIGNAL_INT = 2, SIGNAL_TRAP = 5 };

static void forget_runs(struct gdb_stub *g)
{
    memset(g->ran_until, 0, g->m->config.n_vcpus * sizeof(*g->ran_until));
}

int gdb_go_back(struct gdb_stub *g, uint64_t instructions)
{
    struct error err;
    int rc;

    g->mode = GDB_PASSES;
    forget_runs(g);
    rc = timeline_visit(g->timeline, instructions, &err);
    if (rc)
        gdb_say(g, "irqlab: %s", err.text);
    return rc;
}

/* -- Searching --------------------------------------------------------------------------------- */

struct search {
    bool for_step; /* of `vcpu`, whose count is `count` now; else for a point */
    unsigned vcpu;
    uint64_t count;
};

static bool look_through(struct gdb_stub *g, const struct search *s, uint64_t from, uint64_t to)
{
    if (gdb_go_back(g, from))
        return false;
    if (s->for_step && vcpu_instructions(g->m->engine, s->vcpu) == s->count)
        return false;
    g->found.reason = GDB_NO_REASON;
    g->mode = s->for_step ? GDB_PASSES : GDB_SEARCHES;
    machine_go_over(g->m, to, 0);
    g->mode = GDB_PASSES;
    return s->for_step ? g->ran_until[s->vcpu] != 0 : g->found.reason != GDB_NO_REASON;
}

/* From the latest snapshot before @end to the first. */
static bool search(struct gdb_stub *g, const struct search *s, uint64_t end)
{
    uint64_t begin = timeline_begin(g->timeline);

    while (end > begin && !g->interrupted) {
        unsigned i = timeline_snapshots(g->timeline);
        uint64_t from;

        while (timeline_at(g->timeline, --i) >= end)
            ;
        from = timeline_at(g->timeline, i);
        if (look_through(g, s, from, end))
            return !g->interrupted;
        end = from;
    }
    return false;
}

/* -- Arriving ---------------------------------------------------------------------------------- */

/* At @hit's breakpoint, not at another state of the same instruction count (an exception may have
 * been taken in between). */
static void arrive(struct gdb_stub *g, const struct gdb_hit *hit)
{
    if (gdb_go_back(g, hit->instructions))
        return;
    g->wanted = *hit;
    g->met = false;
    g->mode = GDB_ARRIVES;
    machine_go_over(g->m, hit->instructions + 1, 0);
    g->mode = GDB_PASSES;
    if (!g->met) /* it is where it has been before: cannot be */
        gdb_go_back(g, hit->instructions);
}

static void stop_at_begin(struct gdb_stub *g, unsigned vcpu)
{
    struct gdb_hit hit = {.reason = GDB_AT_BEGIN, .vcpu = vcpu};

    gdb_go_back(g, timeline_begin(g->timeline));
    gdb_stop_here(g, &hit, SIGNAL_TRAP);
}

/* Ctrl-C while searching: back to where it began. */
static void give_up(struct gdb_stub *g, uint64_t here, unsigned vcpu)
{
    struct gdb_hit hit = {.vcpu = vcpu};

    gdb_go_back(g, here);
    gdb_stop_here(g, &hit, SIGNAL_INT);
}

/* -- Commands ---------------------------------------------------------------------------------- */

void gdb_back_step(struct gdb_stub *g, unsigned vcpu)
{
    struct search s = {
        .for_step = true, .vcpu = vcpu, .count = vcpu_instructions(g->m->engine, vcpu)};
    struct gdb_hit hit = {.vcpu = vcpu};
    uint64_t here = machine_instructions(g->m), ran = g->ran_until[vcpu];

    g->state = GDB_RUNS;
    g->interrupted = false;
    g->stops_back_at = 0;
    if ((ran && ran > timeline_begin(g->timeline)) || search(g, &s, here)) {
        hit.instructions = (ran ? ran : g->ran_until[vcpu]) - 1;
        gdb_go_back(g, hit.instructions);
        gdb_stop_here(g, &hit, SIGNAL_TRAP);
    } else if (g->interrupted) {
        give_up(g, here, vcpu);
    } else {
        stop_at_begin(g, vcpu);
    }
}

void gdb_back_continue(struct gdb_stub *g)
{
    struct search s = {.for_step = false};
    uint64_t here = machine_instructions(g->m);
    unsigned vcpu = g->stop.vcpu;
    struct gdb_hit hit;

    g->state = GDB_RUNS;
    g->interrupted = false;
    if (search(g, &s, here)) {
        hit = g->found;
        g->stops_back_at = 0;
        if (hit.reason == GDB_AT_WATCH) {
            g->stops_back_at = hit.instructions + 1;
            gdb_go_back(g, g->stops_back_at);
        } else {
            arrive(g, &hit);
        }
        gdb_stop_here(g, &hit, SIGNAL_TRAP);
    } else if (g->interrupted) {
        give_up(g, here, vcpu);
    } else {
        stop_at_begin(g, vcpu);
    }
}
