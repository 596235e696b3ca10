/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Run after run of one guest test, as a strategy answers, until one fails or none is left. */
#ifndef IRQLAB_EMU_EXPLORE_SWEEP_H
#define IRQLAB_EMU_EXPLORE_SWEEP_H

#include "emu/explore/explore_options.h"
#include "emu/explore/shrink.h"

struct tally {
    uint64_t runs, failures;
    uint64_t classes;
    uint64_t abandoned; /* of `runs`: they showed nothing new, and were cut short */
    bool exhausted;
    struct outcome first; /* failure: exit_code 0 if there is none */
    uint64_t first_run;   /* that is it; with `in_subtree`, of the subtree `first_batch` */
    uint64_t first_batch;
    bool in_subtree;
    size_t found, shrunk; /* its deviations, before and after shrinking */
    char decider[512];    /* the two events that decide; "": not known */
    uint64_t made;        /* runs of this process and its children */
    double seconds;
    json_t *outcomes; /* observed.h; NULL: none; the caller's to give back */
};

/**
 * sweep - fills @t (zeroed). The first failure (of the lowest number, whatever was found earlier)
 * is shrunk and written to @o's output. 0, or negative errno: @err has text and exit code.
 */
int sweep(struct explorer *x, const struct explore_options *o, struct tally *t,
          const struct run_options *run_options, struct error *err);

/** sweep_report - what a person wants to know of it: to stdout, or stderr if JSON goes there. */
void sweep_report(struct explorer *x, const struct explore_options *o, const struct tally *t);

#endif
