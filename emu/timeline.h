/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A run that can be gone back over: snapshots in memory all along it, close together where it was
 * last, further apart the longer ago; and a log of what came in from outside, which comes again at
 * the same instructions. For debuggers: a step back is a restore and a short run.
 *
 *     timeline_open(m, 5000000, 100, &t, &err);
 *     timeline_go(t, UINT64_MAX, &err);                       // until it stops
 *     timeline_back(t, machine_instructions(m) - 1, &err);    // one instruction back
 *
 * Between instructions that count nothing (the clock jumps while everybody waits) a machine has
 * several states at one instruction count: timeline_back() comes to the first of them.
 *
 * New input while the machine is in its past makes another future: what the log and the snapshots
 * had behind this instruction is forgotten (timeline_forget() does it for other changes: a register
 * that a debugger has set).
 *
 * Units: instructions on all vCPUs together. Threads, errors: as emu/snapshot.h. Ownership: the
 * caller's; close it before the machine is destroyed. One at a time for a machine.
 */
#ifndef IRQLAB_EMU_TIMELINE_H
#define IRQLAB_EMU_TIMELINE_H

#include <stdint.h>

#include "emu/error.h"

struct machine;
struct timeline;

enum { TIMELINE_MAX_SNAPSHOTS = 4096 };

/**
 * timeline_open - from here on; the machine may be anywhere between two turns.
 * @interval: instructions between snapshots, 1000 at least; a run forward from one of them, at the
 * machine's speed, is what going back costs
 * @max_snapshots: 2 .. TIMELINE_MAX_SNAPSHOTS; when there are more, those that lie closest together
 * for their age go first
 */
int timeline_open(struct machine *m, uint64_t interval, unsigned max_snapshots,
                  struct timeline **out, struct error *err);
void timeline_close(struct timeline *t);

/** timeline_go - machine_go(), and takes snapshots on new ground; sched_stop() ends it early. */
int timeline_go(struct timeline *t, uint64_t until_instructions, struct error *err);

/**
 * timeline_back - the machine as it was when @instructions had retired, also when it has stopped
 * since. -EINVAL: before the beginning, or in the future.
 */
int timeline_back(struct timeline *t, uint64_t instructions, struct error *err);
/** timeline_visit - likewise, also forward again as far as the run has come. */
int timeline_visit(struct timeline *t, uint64_t instructions, struct error *err);

/** timeline_visit_ns - likewise, to where the virtual time is first @now_ns or later. */
int timeline_visit_ns(struct timeline *t, uint64_t now_ns, struct error *err);
/** timeline_reached - as far as the run has come. */
uint64_t timeline_reached(const struct timeline *t);

/**
 * timeline_changed - somebody has changed the machine in a way that no log repeats (a debugger has
 * set a register): what came later comes no more, and this is a place to go back to. Who goes back
 * beyond it and then forward again takes the change back.
 */
int timeline_changed(struct timeline *t, struct error *err);

/** timeline_begin - as far as one can go back. */
uint64_t timeline_begin(const struct timeline *t);
/** timeline_forget - somebody has changed the machine: what came later comes no more. */
void timeline_forget(struct timeline *t);

/** timeline_snapshots - how many there are; timeline_at - where the @n-th was taken, ascending. */
unsigned timeline_snapshots(const struct timeline *t);
uint64_t timeline_at(const struct timeline *t, unsigned n);

#endif
