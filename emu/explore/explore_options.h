/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of `irqlab explore`: a table of its own options; the rest is irqlab run's. */
#ifndef IRQLAB_EMU_EXPLORE_EXPLORE_OPTIONS_H
#define IRQLAB_EMU_EXPLORE_EXPLORE_OPTIONS_H

#include <jansson.h>
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
    const char *output;                 /* NULL: the default */
    const char *replay, *shrink, *swap; /* a schedule's file */
    bool goes_on;                       /* --continue, by chance from: */
    uint64_t continue_seed;
    /* Of the batches 0, 1, ... of `batch` runs (or subtrees), those that are `shard - 1` modulo
     * `n_shards`; by so many processes. */
    uint64_t jobs, batch, shard, n_shards;
    const char *json; /* the results' file; "-": stdout; NULL: none */
    bool resume;
    char *rest[SCHEDULE_MAX_OPTIONS]; /* for irqlab run; argv[0] too; not owned */
    int n_rest;
    /* What a run was made of: `rest`, and all that sets `explorer`. For a schedule's file. */
    char *recipe[SCHEDULE_MAX_OPTIONS];
    int n_recipe;
};

/** explore_options_default - what is used where the command line says nothing. */
struct explore_options explore_options_default(void);

/**
 * explore_options_parse - takes ours out of @argv, `--name value` or `--name=value`. Texts stay
 * @argv's. -EINVAL: @err says what is wrong.
 */
int explore_options_parse(int argc, char **argv, struct explore_options *o, struct error *err);

/** explore_options_output - where a schedule is written to. */
const char *explore_options_output(const struct explore_options *o);

/**
 * explore_options_checks - those that say what is an event and what a failure, by their names: for
 * a recipe. The caller's; NULL: out of memory, or not UTF-8.
 */
json_t *explore_options_checks(const struct explore_options *o);

/** explore_options_help - the text of --help. */
const char *explore_options_help(void);

#endif
