/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of `irqlab explore`: a table of its own options; the rest is irqlab run's. */
#ifndef IRQLAB_EMU_EXPLORE_EXPLORE_OPTIONS_H
#define IRQLAB_EMU_EXPLORE_EXPLORE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "emu/error.h"
#include "emu/explore/explorer.h"
#include "emu/explore/schedule_file.h"
#include "emu/explore/strategy.h"

struct explore_options {
    struct explorer_options explorer;
    struct strategy_parameters parameters;
    const struct strategy_kind *strategy;
    uint64_t depth, runs, times;
    bool keep_going, no_shrink, help;
    const char *output, *replay;
    /* Of the batches 0, 1, ... of `batch` runs (or subtrees), those that are `shard - 1` modulo
     * `n_shards`; by so many processes. */
    uint64_t jobs, batch, shard, n_shards;
    const char *json; /* the results' file; "-": stdout; NULL: none */
    bool resume;
    char *rest[SCHEDULE_MAX_OPTIONS]; /* for irqlab run; argv[0] too; not owned */
    int n_rest;
};

/** explore_options_default - what is used where the command line says nothing. */
struct explore_options explore_options_default(void);

/**
 * explore_options_parse - takes ours out of @argv, `--name value` or `--name=value`. Texts stay
 * @argv's. -EINVAL: @err says what is wrong.
 */
int explore_options_parse(int argc, char **argv, struct explore_options *o, struct error *err);

/** explore_options_help - the text of --help. */
const char *explore_options_help(void);

#endif
