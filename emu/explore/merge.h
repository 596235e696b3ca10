/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Results of the shards of one sweep, joined: what was run, which failures there are (each once),
 * what is missing. Files of the same shard are joined too. Threads: none.
 */
#ifndef IRQLAB_EMU_EXPLORE_MERGE_H
#define IRQLAB_EMU_EXPLORE_MERGE_H

#include "emu/explore/results.h"

/* Failing runs that are one failure: of the same exit code and text, or shrunk to one schedule. */
struct merged_failure {
    int exit_code;
    json_t *texts;      /* array; the first run's first */
    uint64_t batches;   /* it is in so many of them */
    uint64_t batch, at; /* its first run */
    json_t *deciders;   /* array: each pair of events that is known to decide */
    json_t *schedules;  /* array: each schedule that it was shrunk to */
    bool is_joined;     /* to another: not to be shown */
};

struct merged_shard {
    bool present;
    const json_t *done; /* NULL: it is not at its end */
    uint64_t runs, failed, abandoned, n_batches;
};

struct merged {
    const json_t *recipe;          /* of the first file */
    struct results_batch *batches; /* ascending, each once; lines are the files' */
    size_t n_batches;
    struct merged_shard *shards;
    uint64_t n_shards;
    uint64_t runs, failed, abandoned;
    bool complete, exhausted;
    struct merged_failure *failures; /* by their first runs */
    size_t n_failures;
    const json_t *first; /* the first failure as its shard shrunk it, or NULL */
};

/**
 * merge_results - @files stay the caller's, and are used by @m. -EINVAL: they do not fit together;
 * @err names the two. Then merge_clear().
 */
int merge_results(const char *const names[], const struct results files[], size_t n,
                  struct merged *m, struct error *err);
void merge_clear(struct merged *m);

/** merge_run_number - of the run @at of @batch. False: not known, as batches below are missing. */
bool merge_run_number(const struct merged *m, uint64_t batch, uint64_t at, uint64_t *run);

/** merge_missing - the batches of @shard that nobody has made: an array of [first, last]. */
json_t *merge_missing(const struct merged *m, uint64_t shard);

#endif
