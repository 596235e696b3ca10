/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Branches: a machine goes on in a child process, from the state that it is in, and reports what
 * came of it by JSON lines; the parent's machine stays as it is. For subtrees that are explored in
 * parallel. A branch costs a fork() and the pages that either side writes afterwards.
 *
 *     branch_start(m, work, opaque, &b, &err);       // in the child: work(opaque, m, out)
 *     while ((line = branch_next(b, &err)))          // in the parent: one object a line
 *         ...;
 *     branch_finish(b, &exit_code, &err);
 *
 * What a child is: a copy of the whole process with its machine, snapshots in memory included (they
 * can be restored there). It writes to no console, trace, recording or summary, and no control
 * client reaches it; standard output and error are still the parent's. It ends by _exit() with what
 * @work returns.
 *
 * When: between turns of vCPUs, as for snapshots. Not while other threads of this process run
 * (snapshot_write() and snapshot_load() have none left when they return).
 * Errors: a negative errno, and @err. Threads: one host thread; any number of branches at a time.
 */
#ifndef IRQLAB_EMU_BRANCH_H
#define IRQLAB_EMU_BRANCH_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "emu/error.h"

struct machine;
struct branch;

enum { BRANCH_MAX_LINE = 1 << 26 };

/** branch_work - in the child. @out: the pipe; branch_report() writes to it. 0 .. 127. */
typedef int branch_work(void *opaque, struct machine *m, FILE *out);

int branch_start(struct machine *m, branch_work *work, void *opaque, struct branch **out,
                 struct error *err);

/** branch_report - one object, as a line; @object is stolen. 0, or -EIO when nobody reads. */
int branch_report(FILE *out, json_t *object);

/**
 * branch_next - waits for the next object, which is then the caller's. NULL: there are no more; or
 * the child wrote what is none, and @err->text is not empty.
 */
json_t *branch_next(struct branch *b, struct error *err);
/**
 * branch_fd - for poll(): readable when something came, or the end did. Several objects may come at
 * once: then branch_has_next() says that branch_next() will not wait.
 */
int branch_fd(const struct branch *b);
bool branch_has_next(const struct branch *b);

/**
 * branch_finish - waits for the child's end, and frees @b. What it has not read is lost; to stop a
 * child that still works use branch_stop(), which kills it. *exit_code: what @work returned, or 128
 * + the signal that ended the child.
 */
int branch_finish(struct branch *b, int *exit_code, struct error *err);
void branch_stop(struct branch *b);

#endif
