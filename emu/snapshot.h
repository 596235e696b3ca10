/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Snapshots: a machine as it was between two turns of its vCPUs, in memory or in a file.
 *
 * What is in one: everything of machine_visit() (vCPUs, clock, GIC, ITS, timers, devices with their
 * disks' overlays, schedule: the walk that the state hash takes), RAM, and the run's position
 * (machine_visit_position(), which event of a replayed recording comes next). A machine that was
 * restored goes on exactly as the one that the snapshot was taken of: same instructions, same
 * times, same hash.
 *
 * What is not: what a person or a program outside has said but the machine has not yet taken in
 * (unread console input, pending control requests), the policy of a chooser other than
 * `random:SEED`, host files that the guest writes to, and who wrote what (emu/history.h: its
 * entries stay as they are; those later than the restored instruction count are of a future that
 * may not come).
 *
 * When: between turns. That is before and after machine_go(), in a control command, and in a
 * chooser's policy when it is asked for CHOICE_NEXT_VCPU or, with one vCPU ready, CHOICE_TURN: the
 * restored machine asks that question again. Not in callbacks of the GIC or of devices: there
 * snapshot_take() and snapshot_restore() fail with -EBUSY (engine_is_running()).
 *
 *     snapshot_take(m, &s, &err);             // at a choice
 *     for (each option) {
 *         machine_go(m, until);               // try one branch
 *         snapshot_restore(m, s, &err);       // and back
 *     }
 *     snapshot_drop(s);
 *
 * In memory: any number of them, in any relation. They share pages that are the same, so each
 * costs the pages written since the one taken or restored last, and about 20 KiB for the rest
 * (more with many vCPUs). The first one of a machine copies all of RAM that is not zeros, and
 * starts the engine's log of written pages. Restoring costs the pages that differ (about 0.15 us
 * each) and the rest of the state (tens of us). Any may be dropped at any time, in any order.
 *
 * Units: instructions are counted on all vCPUs together; times are ns of virtual time.
 * Ownership: a snapshot is the caller's, and may outlive the machine. It fits every machine of the
 * same configuration (made from the same options), also in another state, or new.
 * Threads: the machine's thread only; snapshots that share pages, that is all of one machine and
 * all machines that were restored from them, belong to one thread.
 * Errors: 0 or a negative errno, and @err has the text and the exit code: -EBUSY, -ENOMEM, -EINVAL
 * (does not fit the machine, which is then unchanged unless noted).
 */
#ifndef IRQLAB_EMU_SNAPSHOT_H
#define IRQLAB_EMU_SNAPSHOT_H

#include <stdbool.h>
#include <stdint.h>

#include "emu/error.h"

struct machine;
struct snapshot;

/* -- In memory --------------------------------------------------------------------------------- */

int snapshot_take(struct machine *m, struct snapshot **out, struct error *err);

/**
 * snapshot_restore - @m becomes what @s was taken of, also when @m has stopped: it can run on
 * (machine_go()). Translated code whose bytes stay the same is kept. A recording that is being
 * written refuses (-EBUSY): it cannot be taken back.
 */
int snapshot_restore(struct machine *m, struct snapshot *s, struct error *err);

/** snapshot_drop - NULL is allowed. */
void snapshot_drop(struct snapshot *s);

/** snapshot_instructions, snapshot_now_ns - where it was taken. */
uint64_t snapshot_instructions(const struct snapshot *s);
uint64_t snapshot_now_ns(const struct snapshot *s);
/** snapshot_own_bytes - host memory that dropping @s would free. Walks what is its own. */
uint64_t snapshot_own_bytes(const struct snapshot *s);

/**
 * snapshots_stop - the machine forgets its snapshots (which stay the callers'): the log of written
 * pages ends. The next take or restore is a first one again. machine_destroy() does it.
 */
void snapshots_stop(struct machine *m);

#endif
