/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Run after run of one guest test, as a strategy answers, until one fails or none is left. */
#ifndef IRQLAB_EMU_EXPLORE_SWEEP_H
#define IRQLAB_EMU_EXPLORE_SWEEP_H

#include "emu/explore/explore_options.h"
#include "emu/explore/shrink.h"

struct tally {
    uint64_t runs, failures, first_failure;
    uint64_t classes;
    uint64_t abandoned; /* of `runs`: they showed nothing new, and were cut short */
    bool exhausted;
    struct outcome first;
    struct shrinking shrinking;
    double seconds;
};

/**
 * sweep - fills @t (zeroed). The first failure is shrunk and written to @o's output. 0, or negative
 * errno: @err has text and exit code.
 */
int sweep(struct explorer *x, const struct explore_options *o, struct tally *t,
          const struct run_options *run_options, struct error *err);

/** sweep_report - on stdout, what a person wants to know of it. */
void sweep_report(struct explorer *x, const struct explore_options *o, const struct tally *t);

#endif
