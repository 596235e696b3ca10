/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Batches: the runs of a sweep in portions that need nothing of each other, so that any process can
 * make any of them, in any order, and the results are the same. Batch b of size n is the runs b*n
 * .. b*n + n - 1; of a strategy that has subtrees, the subtree b; of one that is a sequence, the
 * next runs. What the explorer has learned when a batch begins is a matter of the batch's number.
 *
 * Results are JSON objects as results.h describes them. Threads: those of the explorer.
 */
#ifndef IRQLAB_EMU_EXPLORE_BATCH_H
#define IRQLAB_EMU_EXPLORE_BATCH_H

#include <jansson.h>

#include "emu/explore/explore_options.h"
#include "emu/explore/explorer.h"

struct batches {
    struct explorer *x;
    const struct explore_options *o;
    void *state;        /* the strategy's */
    uint64_t count;     /* there are so many; the last of them can be empty */
    uint64_t runs_left; /* in a subtree; counted down */
    /* No batch above this one is wanted any more; another process may lower it. NULL: all are. */
    const _Atomic uint64_t *last_wanted;
};

/** batches_open - the strategy's state, after one run if it has subtrees. */
int batches_open(struct batches *b, struct explorer *x, const struct explore_options *o,
                 struct error *err);
void batches_close(struct batches *b);

/** batches_learned - how many learning runs come before batch @number. */
unsigned batches_learned(const struct explore_options *o, uint64_t number);

/**
 * batch_run - *@lines: an array, of failures and last of the batch itself. NULL, with 0: it is not
 * wanted any more. Not --keep-going: it ends at the first failure.
 */
int batch_run(struct batches *b, uint64_t number, json_t **lines, struct error *err);

/** batch_pack_schedule, batch_unpack_schedule - an array of deviations. -EINVAL, -ENOMEM. */
json_t *batch_pack_schedule(const struct schedule *s);
int batch_unpack_schedule(const json_t *array, struct schedule *s);

#endif
