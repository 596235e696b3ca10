/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/timeline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "emu/history.h"
#include "emu/journal.h"
#include "emu/machine.h"
#include "emu/snapshot.h"

enum { INTERVAL_MIN = 1000, NEAR_FRACTION = 64 };

struct timeline {
    struct machine *m;
    uint64_t interval;
    uint64_t appended; /* to the log of inputs, as far as the snapshots know */
    uint64_t reached;  /* known ground ends here */
    unsigned n, max;
    struct point {
        struct snapshot *snapshot;
        bool changed; /* somebody changed the machine right before: it is the only way here */
    } points[];       /* in ascending order */
};

uint64_t timeline_at(const struct timeline *t, unsigned n)
{
    return snapshot_instructions(t->points[n].snapshot);
}

unsigned timeline_snapshots(const struct timeline *t)
{
    return t->n;
}

uint64_t timeline_begin(const struct timeline *t)
{
    return timeline_at(t, 0);
}

static void drop(struct timeline *t, unsigned n)
{
    snapshot_drop(t->points[n].snapshot);
    t->n--;
    memmove(&t->points[n], &t->points[n + 1], (t->n - n) * sizeof(t->points[0]));
}

/*
 * The one that is missed least: the gap that it would leave, by how long ago it was. So gaps grow
 * with the distance. The first is the beginning, and the last is where the run is. Those behind a
 * change stay, as no run from an earlier one comes there; with nothing else left, the past does not
 * reach as far any more.
 */
static void thin_out(struct timeline *t)
{
    uint64_t now = timeline_at(t, t->n - 1);
    double least = 0;
    unsigned missed_least = 0;

    for (unsigned i = 1; i + 1 < t->n; i++) {
        if (t->points[i].changed)
            continue;
        double gap = (double)(timeline_at(t, i + 1) - timeline_at(t, i - 1));
        double loss = gap / (double)(now - timeline_at(t, i) + t->interval);

        if (!missed_least || loss < least) {
            least = loss;
            missed_least = i;
        }
    }
    drop(t, missed_least);
}

static int take(struct timeline *t, struct error *err)
{
    struct point p = {.snapshot = NULL};
    int rc = snapshot_take(t->m, &p.snapshot, err);
    unsigned i = t->n;

    if (rc)
        return rc;
    while (i > 0 && timeline_at(t, i - 1) > machine_instructions(t->m))
        i--;
    memmove(&t->points[i + 1], &t->points[i], (t->n - i) * sizeof(p));
    t->points[i] = p;
    t->n++;
    if (t->n > t->max)
        thin_out(t);
    return 0;
}

static void drop_behind(struct timeline *t, uint64_t instructions)
{
    while (t->n > 1 && timeline_at(t, t->n - 1) > instructions)
        drop(t, t->n - 1);
    t->reached = machine_instructions(t->m);
}

/* One at this very instruction is of before the change. */
void timeline_forget(struct timeline *t)
{
    drop_behind(t, machine_instructions(t->m) - 1);
    journal_log_cut(t->m->inputs);
}

int timeline_changed(struct timeline *t, struct error *err)
{
    int rc;

    timeline_forget(t);
    rc = take(t, err);
    if (!rc)
        t->points[t->n - 1].changed = true;
    return rc;
}

/* A change lies ahead: it is not made again. */
static bool change_ahead(const struct timeline *t)
{
    uint64_t now = machine_instructions(t->m);

    for (unsigned i = t->n; i-- > 0 && timeline_at(t, i) > now;) {
        if (t->points[i].changed)
            return true;
    }
    return false;
}

/* What came in since the snapshots were taken makes another future. */
static void notice_input(struct timeline *t)
{
    uint64_t last_input, appended = journal_log_appended(t->m->inputs, &last_input);

    if (appended != t->appended)
        drop_behind(t, last_input);
    t->appended = appended;
}

int timeline_open(struct machine *m, uint64_t interval, unsigned max_snapshots,
                  struct timeline **out, struct error *err)
{
    struct timeline *t;
    int rc;

    if (interval < INTERVAL_MIN || max_snapshots < 2 || max_snapshots > TIMELINE_MAX_SNAPSHOTS)
        return error_bad_input(err, "a timeline needs 1000 instructions between snapshots, and 2 "
                                    "to 4096 of them");
    t = calloc(1, sizeof(*t) + (max_snapshots + 1) * sizeof(t->points[0]));
    if (t)
        m->inputs = m->inputs ? m->inputs : journal_log_create();
    if (!t || !m->inputs) {
        free(t);
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory for a timeline");
    }
    t->m = m;
    t->interval = interval;
    t->max = max_snapshots;
    rc = take(t, err);
    if (rc) {
        timeline_close(t);
        return rc;
    }
    *out = t;
    return 0;
}

void timeline_close(struct timeline *t)
{
    if (!t)
        return;
    while (t->n)
        drop(t, t->n - 1);
    journal_close(t->m->inputs);
    t->m->inputs = NULL;
    free(t);
}

static uint64_t next_snapshot(const struct timeline *t)
{
    uint64_t now = machine_instructions(t->m), last = timeline_at(t, t->n - 1);

    return now < last ? last : last + t->interval;
}

int timeline_go(struct timeline *t, uint64_t until_instructions, struct error *err)
{
    struct machine *m = t->m;
    int rc = 0;

    if (change_ahead(t))
        timeline_forget(t);
    notice_input(t);
    while (!rc && m->stop == MACHINE_RUNNING && machine_instructions(m) < until_instructions) {
        uint64_t next = next_snapshot(t);

        machine_go(m, next < until_instructions ? next : until_instructions);
        notice_input(t);
        if (machine_instructions(m) >= timeline_at(t, t->n - 1) + t->interval)
            rc = take(t, err);
        if (!m->until_instructions) /* sched_stop() */
            break;
        if (m->until_ns && machine_now_ns(m) >= m->until_ns)
            break;
    }
    return rc;
}

/*
 * Who goes back to a place often goes back a little further next: a snapshot shortly before it
 * makes that short.
 */
static int run_to(struct timeline *t, uint64_t from, uint64_t instructions, struct error *err)
{
    uint64_t near = t->interval / NEAR_FRACTION;
    int rc = 0;

    if (near >= INTERVAL_MIN && instructions - from > 2 * near) {
        machine_go_over(t->m, instructions - near, 0);
        rc = take(t, err);
    }
    machine_go_over(t->m, instructions, 0);
    return rc;
}

uint64_t timeline_reached(const struct timeline *t)
{
    uint64_t now = machine_instructions(t->m);

    return now > t->reached ? now : t->reached;
}

static int restore(struct timeline *t, unsigned i, struct error *err)
{
    int rc = snapshot_restore(t->m, t->points[i].snapshot, err);

    if (!rc)
        history_forget(t->m, timeline_at(t, i));
    return rc;
}

int timeline_visit(struct timeline *t, uint64_t instructions, struct error *err)
{
    unsigned i = t->n - 1;
    int rc;

    t->reached = timeline_reached(t);
    if (instructions < timeline_begin(t) || instructions > t->reached)
        return error_bad_input(err, "%llu instructions are not in this run's past",
                               (unsigned long long)instructions);
    while (timeline_at(t, i) > instructions)
        i--;
    rc = restore(t, i, err);
    return rc ? rc : run_to(t, timeline_at(t, i), instructions, err);
}

int timeline_visit_ns(struct timeline *t, uint64_t now_ns, struct error *err)
{
    unsigned i = t->n - 1;
    int rc;

    t->reached = timeline_reached(t);
    while (i > 0 && snapshot_now_ns(t->points[i].snapshot) >= now_ns)
        i--;
    rc = restore(t, i, err);
    if (rc || snapshot_now_ns(t->points[i].snapshot) >= now_ns)
        return rc;
    machine_go_over(t->m, t->reached, now_ns);
    return 0;
}

int timeline_back(struct timeline *t, uint64_t instructions, struct error *err)
{
    if (instructions > machine_instructions(t->m))
        return error_bad_input(err, "%llu instructions are in this run's future",
                               (unsigned long long)instructions);
    return timeline_visit(t, instructions, err);
}
