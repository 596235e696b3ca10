/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first line of a file of results: all that they depend on. */
#ifndef IRQLAB_EMU_EXPLORE_RECIPE_H
#define IRQLAB_EMU_EXPLORE_RECIPE_H

#include "emu/explore/batch.h"

/** recipe_make - the caller's. NULL: @err (a file cannot be read, or out of memory). */
json_t *recipe_make(const struct batches *b, const struct run_options *run, struct error *err);

/** recipe_parameters - of a recipe that was read; 0, or -EINVAL: there is no such strategy. */
int recipe_parameters(const json_t *recipe, const struct strategy_kind **kind,
                      struct strategy_parameters *p);

#endif
