/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the machine goes, and how it comes back. */
#include <inttypes.h>
#include <stdio.h>

#include "emu/snapshot.h"
#include "emu/view/internal.h"

enum { SNAPSHOTS = 400 };
#define SNAPSHOT_INTERVAL 5000000ull

/* -- The past ---------------------------------------------------------------------------------- */

/* A recording that is being written cannot be taken back, nor what a guest has written to a disk.
 */
int view_open_timeline(struct view *v, struct error *err)
{
    if (v->m->record || (v->m->recipe && v->m->recipe->unsaved))
        return 0;
    return timeline_open(v->m, SNAPSHOT_INTERVAL, SNAPSHOTS, &v->timeline, err);
}

uint64_t view_begin(const struct view *v)
{
    return v->timeline ? timeline_begin(v->timeline) : machine_instructions(v->m);
}

uint64_t view_reached(const struct view *v)
{
    return v->timeline ? timeline_reached(v->timeline) : machine_instructions(v->m);
}

static bool can_go_back(struct view *v)
{
    if (!v->timeline && v->m->record)
        view_say(v, "there is no way back while the run is recorded");
    else if (!v->timeline)
        view_say(v, "there is no way back while the guest may write to %s; add snapshot=on",
                 v->m->recipe->unsaved);
    return v->timeline != NULL;
}

static void arrive(struct view *v)
{
    v->m->deaf = true;
    if (v->m->stop == MACHINE_RUNNING)
        sched_settle(v->m);
    v->m->deaf = false;
    view_ring_gone(v);
    v->state = VIEW_PAUSED;
    view_changed(v);
}

static void visit(struct view *v, uint64_t instructions)
{
    struct error err = {0};

    if (instructions > view_reached(v) ? timeline_go(v->timeline, instructions, &err)
                                       : timeline_visit(v->timeline, instructions, &err))
        view_say(v, "%s", err.text);
    arrive(v);
}

/* To where @raw has come: a jump of time may lead there, without an instruction. */
static void visit_event(struct view *v, const struct view_raw *raw)
{
    uint64_t at = raw->event.instructions + raw->inside;

    visit(v, at);
    if (machine_now_ns(v->m) < raw->event.now_ns) {
        machine_go_over(v->m, at + 1, raw->event.now_ns);
        arrive(v);
    }
}

/* -- Forward ----------------------------------------------------------------------------------- */

void view_stop_here(struct view *v)
{
    v->state = VIEW_PAUSED;
    v->stop_at = UINT64_MAX;
    v->m->until_ns = 0;
    v->to_event = v->met = false;
    if (v->m->stop == MACHINE_RUNNING)
        sched_settle(v->m);
    view_changed(v);
}

int view_slice(struct view *v, struct error *err)
{
    uint64_t until_ns = v->m->until_ns;
    int rc = 0;

    if (v->timeline)
        rc = timeline_go(v->timeline, v->stop_at, err);
    else
        machine_go(v->m, v->stop_at);
    if (v->met && v->timeline)
        visit_event(v, &v->met_raw); /* it was in the middle of a block */
    if (v->met || machine_instructions(v->m) >= v->stop_at ||
        (until_ns && machine_now_ns(v->m) >= until_ns))
        view_stop_here(v);
    return rc;
}

/* Runs until there, or until another command comes. */
static void run_to(struct view *v, uint64_t instructions)
{
    v->stop_at = instructions;
    v->state = VIEW_RUNS;
}

static void run(struct view *v, uint64_t ignored)
{
    (void)ignored;
    run_to(v, UINT64_MAX);
}

static void pause_here(struct view *v, uint64_t ignored)
{
    (void)ignored;
    view_stop_here(v);
}

static void go(struct view *v, uint64_t instructions)
{
    if (instructions > view_reached(v))
        run_to(v, instructions);
    else if (can_go_back(v))
        visit(v, instructions < view_begin(v) ? view_begin(v) : instructions);
}

static void step(struct view *v, uint64_t n)
{
    uint64_t now = machine_instructions(v->m);

    n = n ? n : 1;
    if (n > UINT64_MAX / 2 - now)
        view_say(v, "that is further than any run goes");
    else
        go(v, now + n);
}

static void back(struct view *v, uint64_t n)
{
    uint64_t now = machine_instructions(v->m), begin = view_begin(v);

    n = n ? n : 1;
    if (can_go_back(v))
        visit(v, n < now - begin ? now - n : begin);
}

static void go_ns(struct view *v, uint64_t now_ns)
{
    struct error err = {0};
    uint64_t reached = view_reached(v);

    if (!can_go_back(v))
        return;
    if (timeline_visit_ns(v->timeline, now_ns, &err))
        view_say(v, "%s", err.text);
    arrive(v);
    if (machine_now_ns(v->m) >= now_ns || machine_instructions(v->m) < reached)
        return;
    v->m->until_ns = now_ns;
    run_to(v, UINT64_MAX);
}

/* -- From event to event ----------------------------------------------------------------------- */

static void step_event(struct view *v, uint64_t ignored)
{
    (void)ignored;
    for (uint64_t place = view_ring_now(v); v->timeline && place < v->ring.end; place++) {
        if (!view_is_step(view_ring_at(v, place)))
            continue;
        visit_event(v, view_ring_at(v, place));
        return;
    }
    v->to_event = true;
    v->met = false;
    run_to(v, UINT64_MAX);
}

/* Where @raw has not come yet; what time brings at the very instruction is there already. */
static void visit_before(struct view *v, const struct view_raw *raw)
{
    uint64_t at = raw->event.instructions;

    visit(v, at);
    if (!raw->inside && machine_now_ns(v->m) >= raw->event.now_ns)
        visit(v, at - 1);
}

static void back_event(struct view *v, uint64_t ignored)
{
    (void)ignored;
    if (!can_go_back(v))
        return;
    for (uint64_t place = view_ring_now(v); place > v->ring.begin; place--) {
        const struct view_raw *raw = view_ring_at(v, place - 1);

        if (!view_is_step(raw) || raw->event.instructions <= view_begin(v))
            continue;
        visit_before(v, raw);
        return;
    }
    view_say(v, "no earlier event is known; back goes by instructions");
}

/* -- Commands ---------------------------------------------------------------------------------- */

static void quit(struct view *v, uint64_t ignored)
{
    (void)ignored;
    v->quit = true;
}

void view_carry_out(struct view *v)
{
    static void (*const commands[VIEW_N_COMMANDS])(struct view * v, uint64_t argument) = {
        [VIEW_RUN] = run,   [VIEW_PAUSE] = pause_here,      [VIEW_STEP] = step,
        [VIEW_BACK] = back, [VIEW_STEP_EVENT] = step_event, [VIEW_BACK_EVENT] = back_event,
        [VIEW_GO] = go,     [VIEW_GO_NS] = go_ns,           [VIEW_QUIT] = quit,
    };
    bool forward =
        v->command == VIEW_RUN || v->command == VIEW_STEP || v->command == VIEW_STEP_EVENT;

    v->has_command = false;
    view_stop_here(v);
    if (v->m->stop != MACHINE_RUNNING && forward) {
        v->state = VIEW_OVER;
        view_say(v, "the run is over, exit code %d; one can go back", v->m->exit_code);
        return;
    }
    view_say(v, "%s", "");
    commands[v->command](v, v->argument);
}

int view_moment(struct view *v, uint64_t instructions, struct error *err)
{
    int rc = 0;

    view_stop_here(v);
    if (instructions <= view_reached(v)) {
        rc = timeline_visit(v->timeline, instructions, err);
        arrive(v);
        return rc;
    }
    while (!rc && v->m->stop == MACHINE_RUNNING && machine_instructions(v->m) < instructions)
        rc = timeline_go(v->timeline, instructions, err);
    return rc;
}
