/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/timeline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "emu/journal.h"
#include "emu/machine.h"
#include "emu/snapshot.h"

enum { INTERVAL_MIN = 1000 };

struct timeline {
    struct machine *m;
    uint64_t interval;
    unsigned n, max;
    struct snapshot *snapshots[]; /* in ascending order */
};

uint64_t timeline_at(const struct timeline *t, unsigned n)
{
    return snapshot_instructions(t->snapshots[n]);
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
    snapshot_drop(t->snapshots[n]);
    t->n--;
    memmove(&t->snapshots[n], &t->snapshots[n + 1], (t->n - n) * sizeof(void *));
}

/*
 * The one that is missed least: the gap that it would leave, by how long ago it was. So gaps grow
 * with the distance. The first is the beginning, and the last is where the run is.
 */
static void thin_out(struct timeline *t)
{
    uint64_t now = timeline_at(t, t->n - 1);
    double least = 0;
    unsigned missed_least = 1;

    for (unsigned i = 1; i + 1 < t->n; i++) {
        double gap = (double)(timeline_at(t, i + 1) - timeline_at(t, i - 1));
        double loss = gap / (double)(now - timeline_at(t, i) + t->interval);

        if (i == 1 || loss < least) {
            least = loss;
            missed_least = i;
        }
    }
    drop(t, missed_least);
}

static int take(struct timeline *t, struct error *err)
{
    int rc = snapshot_take(t->m, &t->snapshots[t->n], err);

    if (rc)
        return rc;
    t->n++;
    if (t->n > t->max)
        thin_out(t);
    return 0;
}

static void drop_behind(struct timeline *t, uint64_t instructions)
{
    while (t->n > 1 && timeline_at(t, t->n - 1) > instructions)
        drop(t, t->n - 1);
}

/* One at this very instruction is of before the change. */
void timeline_forget(struct timeline *t)
{
    drop_behind(t, machine_instructions(t->m) - 1);
    journal_log_cut(t->m->inputs);
}

int timeline_open(struct machine *m, uint64_t interval, unsigned max_snapshots,
                  struct timeline **out, struct error *err)
{
    struct timeline *t;
    int rc;

    if (interval < INTERVAL_MIN || max_snapshots < 2 || max_snapshots > TIMELINE_MAX_SNAPSHOTS)
        return error_bad_input(err, "a timeline needs 1000 instructions between snapshots, and 2 "
                                    "to 4096 of them");
    t = calloc(1, sizeof(*t) + (max_snapshots + 1) * sizeof(void *));
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

    while (!rc && m->stop == MACHINE_RUNNING && machine_instructions(m) < until_instructions) {
        uint64_t next = next_snapshot(t), last_input;
        uint64_t appended = journal_log_appended(m->inputs, &last_input);

        machine_go(m, next < until_instructions ? next : until_instructions);
        if (journal_log_appended(m->inputs, &last_input) != appended)
            drop_behind(t, last_input); /* it makes another future */
        if (machine_instructions(m) >= timeline_at(t, t->n - 1) + t->interval)
            rc = take(t, err);
    }
    return rc;
}

int timeline_back(struct timeline *t, uint64_t instructions, struct error *err)
{
    unsigned i = t->n - 1;
    int rc;

    if (instructions < timeline_begin(t) || instructions > machine_instructions(t->m))
        return error_bad_input(err, "%llu instructions are not in this run's past",
                               (unsigned long long)instructions);
    while (timeline_at(t, i) > instructions)
        i--;
    rc = snapshot_restore(t->m, t->snapshots[i], err);
    if (rc)
        return rc;
    t->m->deaf = true;
    machine_go(t->m, instructions);
    t->m->deaf = false;
    return 0;
}
