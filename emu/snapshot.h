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

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
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

/* -- In a file ----------------------------------------------------------------------------------
 *
 * Little-endian, in this order: a head of fixed size; `meta`, a JSON object that says what the file
 * is of (recipe: the options of irqlab run, the names, sizes and hashes of all images); the state
 * but RAM, zstd; an index of chunks; the chunks, each of up to 64 pages of RAM that are not zeros,
 * zstd. XXH3-64 covers every byte: one sum for head, meta, state and index, one for each chunk.
 *
 * The writer works on FILE.partial, fsync()s and renames: at any moment FILE is the old one or the
 * new one, whole. The reader refuses, with a reason and exit code 120, what is truncated, altered,
 * of another version of the format, or not ours. What has right sums is still not trusted: any
 * bytes make a state that the machine can be in, or are refused.
 *
 * Images that were loaded into RAM (-kernel, -initrd, -dtb, -device loader) are needed again only
 * if the guest resets; disks and firmware, which are read on, must be as they were. A machine with
 * a disk whose file the guest writes to cannot be saved: use snapshot=on.
 */

enum { SNAPSHOT_FORMAT = 1, SNAPSHOT_MAX_FILES = 64 };

/* What a run was made of. All strings are the owner's, and outlive the machine. */
struct snapshot_recipe {
    int argc;
    const char *const *argv;               /* options, without a program's name */
    const char *files[SNAPSHOT_MAX_FILES]; /* images named in them */
    unsigned n_files;
    const char *unsaved; /* a disk whose file the guest writes to; NULL: none */
};

/**
 * snapshot_write - @m to the file @path, by several threads. @m->recipe must be set (sessions do).
 * Takes no snapshot in memory, and does not start the log of written pages.
 */
int snapshot_write(struct machine *m, const char *path, struct error *err);

struct snapshot_file;

/** snapshot_open - reads and checks head, meta, state and index; not the chunks, nor the images. */
int snapshot_open(const char *path, struct snapshot_file **out, struct error *err);
/** snapshot_parse - likewise, of @size bytes in memory, which must stay until snapshot_close(). */
int snapshot_parse(const char *name, const uint8_t *bytes, size_t size, struct snapshot_file **out,
                   struct error *err);
void snapshot_close(struct snapshot_file *f);

/** snapshot_meta - owned by @f. snapshot_argv - the recipe's options; NULL-terminated, owned by @f.
 */
const json_t *snapshot_meta(const struct snapshot_file *f);
char **snapshot_argv(const struct snapshot_file *f, int *argc);
/** snapshot_check_file - whether the image @path is the one that was used: 0, or why not. */
int snapshot_check_file(const struct snapshot_file *f, const char *path, struct error *err);

/** snapshot_check - reads all chunks, and says what is wrong with the first that is. */
int snapshot_check(const struct snapshot_file *f, struct error *err);
/**
 * snapshot_load - @m, made from the same recipe and never run, becomes what was saved, by several
 * threads; go on with machine_go(). On failure @m can only be destroyed.
 */
int snapshot_load(const struct snapshot_file *f, struct machine *m, struct error *err);

#endif
