/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of a sweep: what has come, and what counts of it. */
#ifndef IRQLAB_EMU_EXPLORE_SWEEP_INTERNAL_H
#define IRQLAB_EMU_EXPLORE_SWEEP_INTERNAL_H

#include <time.h>

#include "emu/explore/results_file.h"
#include "emu/explore/sweep.h"
#include "emu/explore/workers.h"

/* A batch that came before one that is below it. */
struct waiting {
    uint64_t number;
    json_t *lines; /* owned */
    bool is_written;
};

struct sweep {
    struct explorer *x;
    const struct explore_options *o;
    const struct run_options *run_options;
    struct tally *t;
    struct batches batches;
    struct results known; /* of an earlier process */
    struct results_file file;
    struct waiting *waiting; /* ascending, from `head` on */
    size_t head, n_waiting, capacity;
    uint64_t next; /* batch that is to count */
    bool at_end;   /* no batch behind those that count does */
    json_t *cut;   /* a subtree that has more runs than are left; owned */
    json_t *first; /* the first failure's line; owned */
    struct timespec start;
    double show_at; /* seconds */
    bool shown;
};

/** sweep_take - the lines of a batch (taken over). 1: nothing more is wanted. */
int sweep_take(struct sweep *s, json_t *lines, bool is_written, struct error *err);

/** sweep_keep_first - shrinks the first failure and writes its schedule. */
int sweep_keep_first(struct sweep *s, struct error *err);

/** sweep_done - the results' last line is written. */
int sweep_done(struct sweep *s, struct error *err);
/** sweep_was_done - the tally from that line. */
int sweep_was_done(struct sweep *s, struct error *err);

/** sweep_progress - on a terminal, from the third second on; sweep_progress_end - a new line. */
void sweep_progress(struct sweep *s);
void sweep_progress_end(struct sweep *s);
double sweep_seconds(const struct sweep *s);

#endif
