/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Processes that make a sweep's batches: children of this one by fork(), who take the next batch
 * whenever they are free and report what came of it. Which child makes which batch is a matter of
 * time; what comes of a batch is not. Threads: none.
 */
#ifndef IRQLAB_EMU_EXPLORE_WORKERS_H
#define IRQLAB_EMU_EXPLORE_WORKERS_H

#include "emu/explore/batch.h"

struct workers {
    struct batches *batches;
    uint64_t first, step, end; /* batches first, first + step, ... below end */
    unsigned jobs;
    void *opaque;
    /* In a child: whether the batch is known, and not to be made. NULL: none is. */
    bool (*is_known)(void *opaque, uint64_t number);
    /* In this process: a batch's lines (the callee's). 1: this is all; negative errno: give up. */
    int (*heard)(void *opaque, json_t *lines, struct error *err);
    void (*tick)(void *opaque); /* now and then */
};

/**
 * workers_run - until all batches are made, or `heard` has had enough; no child is left. Without
 * --keep-going, or where a strategy has nothing left, none begins a batch behind that one.
 */
int workers_run(const struct workers *w, struct error *err);

#endif
