/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files that shrink. */
#ifndef IRQLAB_EMU_EXPLORE_SHRINK_INTERNAL_H
#define IRQLAB_EMU_EXPLORE_SHRINK_INTERNAL_H

#include "emu/explore/shrink.h"

struct shrink_job {
    struct explorer *x;
    struct schedule *best; /* fails, and every deviation of it finds its place */
    struct schedule trial, taken;
    const struct outcome *failure;
    bool by_place; /* deviations are found by anchors: what is left out changes others' indices */
    struct shrinking *out;
    struct error *err;
};

/** shrink_is_same - whether two runs failed in the same way. */
bool shrink_is_same(const struct outcome *a, const struct outcome *b);
/** shrink_adopt - best becomes what was taken last. 0 or -ENOMEM. */
int shrink_adopt(struct shrink_job *job);

/* -- shrink_search.c -- */
/** shrink_search - best becomes one with fewer deviations, if a short search finds it. */
int shrink_search(struct shrink_job *job);

#endif
