/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Forward: until a step is done, a point is met, the debugger interrupts, or the run ends. */
#include <stdlib.h>
#include <string.h>

#include "emu/gdb/internal.h"
#include "emu/timeline.h"

enum { SIGNAL_INT = 2, SIGNAL_TRAP = 5 };

/* -- Hits -------------------------------------------------------------------------------------- */

static bool meets_on_the_way_back(struct gdb_stub *g, const struct gdb_hit *hit)
{
    bool told = hit->reason == GDB_AT_WATCH && hit->instructions + 1 == g->stops_back_at;

    if (!told)
        g->found = *hit;
    return true;
}

/* The instruction that it stopped at is executed when it goes on. */
static bool goes_on_from(const struct gdb_hit *stop, const struct gdb_hit *hit)
{
    return stop->reason == GDB_AT_WATCH && hit->reason == GDB_AT_WATCH && stop->vcpu == hit->vcpu &&
           stop->vcpu_instructions == hit->vcpu_instructions;
}

bool gdb_meets(struct gdb_stub *g, const struct gdb_hit *hit, bool can_stop)
{
    switch (g->mode) {
    case GDB_SEARCHES:
        return meets_on_the_way_back(g, hit);
    case GDB_ARRIVES:
        if (hit->reason != g->wanted.reason || hit->vcpu != g->wanted.vcpu ||
            hit->pc != g->wanted.pc)
            return true;
        break;
    case GDB_STOPS:
        if (goes_on_from(&g->stop, hit))
            return true;
        if (g->met) /* by an access that cannot be stopped: the block goes on to its end */
            return true;
        break;
    default:
        return true;
    }
    g->found = *hit;
    g->met = true;
    if (can_stop)
        return false;
    g->rewind = true;
    sched_stop(g->m);
    return true;
}

/* -- Hooks of the machine ---------------------------------------------------------------------- */

static bool step_is_done(const struct gdb_stub *g, unsigned vcpu)
{
    const struct gdb_step *s = &g->steps[vcpu];

    return vcpu_get_pc(g->m->engine, vcpu) - s->from >= s->to - s->from;
}

static void on_ran(void *opaque, unsigned vcpu, uint64_t executed, enum cpu_stop stop)
{
    struct gdb_stub *g = opaque;
    bool stepped = g->mode == GDB_STOPS && g->m->vcpus[vcpu].stepped && executed;

    if (executed)
        g->ran_until[vcpu] = machine_instructions(g->m);
    if (g->met && (stop == CPU_STOP_BREAK || stop == CPU_STOP_ACCESS)) {
        sched_stop(g->m);
    } else if (stepped && !g->met && step_is_done(g, vcpu)) {
        g->found = (struct gdb_hit){.vcpu = vcpu, .instructions = machine_instructions(g->m)};
        g->met = true;
        sched_stop(g->m);
    }
}

static bool on_stuck(void *opaque)
{
    struct gdb_stub *g = opaque;

    for (unsigned i = 0; i < g->m->config.n_vcpus; i++) {
        if (!g->m->vcpus[i].barred || g->m->vcpus[i].state != VCPU_READY)
            continue;
        g->stuck = true;
        sched_stop(g->m);
        return true;
    }
    return false;
}

static void on_outside(void *opaque)
{
    struct gdb_stub *g = opaque;

    if (g->options.receive)
        g->options.receive(g->options.opaque);
    gdb_look_at_input(g);
    if (g->interrupted || g->state != GDB_RUNS)
        sched_stop(g->m);
}

void gdb_hook(struct gdb_stub *g)
{
    g->hooks = (struct machine_debugger){
        .opaque = g, .ran = on_ran, .stuck = on_stuck, .outside = on_outside, .fd = g->options.fd};
    g->m->debugger = &g->hooks;
}

/* -- Stops ------------------------------------------------------------------------------------- */

static void put_reason(const struct gdb_stub *g, struct gdb_text *t)
{
    static const char *const watches[] = {
        [GDB_WATCH_WRITE] = "watch", [GDB_WATCH_READ] = "rwatch", [GDB_WATCH_ANY] = "awatch"};
    const struct gdb_hit *h = &g->stop;

    if (h->reason == GDB_AT_WATCH)
        gdb_put(t, "%s:%llx;", watches[h->kind], (unsigned long long)h->va);
    else if (h->reason == GDB_AT_BREAK && g->swbreak)
        gdb_put(t, "swbreak:;");
    else if (h->reason == GDB_AT_HW_BREAK && g->hwbreak)
        gdb_put(t, "hwbreak:;");
    else if (h->reason == GDB_AT_BEGIN || h->reason == GDB_AT_END)
        gdb_put(t, "replaylog:%s;", h->reason == GDB_AT_BEGIN ? "begin" : "end");
}

void gdb_report_stop(struct gdb_stub *g)
{
    struct gdb_text *t = calloc(1, sizeof(*t));

    if (!t)
        return;
    if (g->state == GDB_OVER) {
        gdb_put(t, "W%02x", (unsigned)g->m->exit_code & 0xff);
    } else {
        gdb_put(t, "T%02xthread:%x;", (unsigned)g->signal, g->stop.vcpu + 1);
        put_reason(g, t);
    }
    gdb_send(g, t);
    free(t);
}

void gdb_stop_here(struct gdb_stub *g, const struct gdb_hit *hit, int signal)
{
    g->stop = *hit;
    g->signal = signal;
    g->selected = g->resumed = hit->vcpu;
    g->interrupted = false;
    g->state = GDB_WAITS;
    gdb_report_stop(g);
}

/* -- Changes ----------------------------------------------------------------------------------- */

bool gdb_may_change(const struct gdb_stub *g)
{
    return !g->m->record;
}

static void say_failed(struct gdb_stub *g, const struct error *err)
{
    gdb_say(g, "irqlab: %s", err->text);
}

void gdb_changed(struct gdb_stub *g)
{
    struct error err;

    g->stops_back_at = 0;
    if (g->timeline && timeline_changed(g->timeline, &err))
        say_failed(g, &err);
}

/* vCPUs that had their turn did not get it: no going over the same ground again shows that. */
static void begin_history_anew(struct gdb_stub *g)
{
    struct error err;

    gdb_say(g, "irqlab: vCPUs whose turn it was were held: this is another run now, and its "
               "history begins here");
    if (!g->timeline)
        return;
    timeline_close(g->timeline);
    g->timeline = NULL;
    memset(g->ran_until, 0, g->m->config.n_vcpus * sizeof(*g->ran_until));
    if (gdb_open_timeline(g, &err))
        say_failed(g, &err);
}

/* -- Going on ---------------------------------------------------------------------------------- */

/* Whether what is asked for is what happens anyway: a step of the one that is next. */
static bool is_next_alone(const struct gdb_stub *g)
{
    unsigned next = sched_next(g->m);

    return next < g->m->config.n_vcpus && g->steps[next].action == GDB_STEP;
}

/* Whom to tell of: GDB knows no stop of a thread that it has not let go on. */
static unsigned who_went_on(const struct gdb_stub *g)
{
    unsigned vcpu = gdb_current(g->m);

    for (unsigned i = 0; i < g->m->config.n_vcpus && g->steps[vcpu].action == GDB_HOLD; i++)
        vcpu = i;
    return vcpu;
}

void gdb_resume(struct gdb_stub *g)
{
    unsigned n_vcpus = g->m->config.n_vcpus;
    bool holds = false, next = is_next_alone(g);

    for (unsigned i = 0; i < n_vcpus; i++)
        holds |= g->steps[i].action == GDB_HOLD;
    g->deviates = holds && !next;
    for (unsigned i = 0; holds && i < n_vcpus; i++) {
        g->steps[i].to = g->steps[i].from; /* one at a time, and the others are looked at again */
        if (next && g->steps[i].action == GDB_HOLD)
            g->steps[i].action = GDB_CONTINUE;
    }
    g->state = GDB_RUNS;
    g->stops_back_at = 0;
    g->interrupted = false;
    if (g->m->stop != MACHINE_RUNNING) {
        g->state = GDB_OVER; /* it was told before that the run is at its end */
        gdb_report_stop(g);
    } else if (g->deviates && !gdb_may_change(g)) {
        gdb_say(g, "irqlab: vCPUs cannot be held while the run is recorded");
        gdb_stop_here(g, &(struct gdb_hit){.vcpu = who_went_on(g)}, SIGNAL_TRAP);
    }
}

static void set_marks(struct gdb_stub *g, bool on)
{
    for (unsigned i = 0; i < g->m->config.n_vcpus; i++) {
        g->m->vcpus[i].barred = on && g->steps[i].action == GDB_HOLD;
        g->m->vcpus[i].stepped = on && g->steps[i].action == GDB_STEP;
    }
}

static int run_slice(struct gdb_stub *g, struct error *err)
{
    int rc = 0;

    g->mode = GDB_STOPS;
    set_marks(g, true);
    if (g->timeline && !g->deviates)
        rc = timeline_go(g->timeline, g->run_until, err);
    else
        machine_go(g->m, g->run_until);
    set_marks(g, false);
    g->mode = GDB_PASSES;
    return rc;
}

static void tell_end(struct gdb_stub *g)
{
    struct gdb_hit hit = {.reason = GDB_AT_END, .vcpu = who_went_on(g)};

    if (!g->timeline) {
        g->state = GDB_OVER;
        gdb_report_stop(g);
        return;
    }
    gdb_say(g,
            "irqlab: the run is over, exit code %d%s%s. One can go back from here; going on "
            "ends it.",
            g->m->exit_code, g->m->stop_reason.text[0] ? ": " : "", g->m->stop_reason.text);
    gdb_stop_here(g, &hit, SIGNAL_TRAP);
}

static void tell_hit(struct gdb_stub *g)
{
    struct gdb_hit hit = g->found;

    if (g->rewind && g->timeline && !g->deviates)
        gdb_go_back(g, hit.instructions); /* to before the instruction, as if it had been stopped */
    gdb_stop_here(g, &hit, SIGNAL_TRAP);
}

void gdb_go_on(struct gdb_stub *g)
{
    struct gdb_hit here = {.reason = GDB_NO_REASON};
    struct error err;
    int rc;
    bool stops;

    g->met = g->rewind = g->stuck = false;
    gdb_look_at_input(g);
    rc = g->interrupted ? 0 : run_slice(g, &err);
    stops = rc || g->met || g->stuck || g->interrupted || g->m->stop != MACHINE_RUNNING;

    if (g->state != GDB_RUNS)
        return;
    here.vcpu = who_went_on(g);
    if (stops && g->deviates)
        begin_history_anew(g);
    if (rc)
        say_failed(g, &err);
    if (g->stuck)
        gdb_say(g, "irqlab: the vCPUs that may run wait for the others, which are held; `set "
                   "scheduler-locking off'");
    if (g->met)
        tell_hit(g);
    else if (g->m->stop != MACHINE_RUNNING)
        tell_end(g);
    else if (stops)
        gdb_stop_here(g, &here, g->interrupted ? SIGNAL_INT : SIGNAL_TRAP);
}
