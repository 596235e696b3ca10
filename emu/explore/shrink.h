/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a schedule that fails to one that a person can read: no deviation can be left out (that was
 * tried for each), each is as late as it can be, and the one pair of events is known whose order
 * decides between passing and failing.
 */
#ifndef IRQLAB_EMU_EXPLORE_SHRINK_H
#define IRQLAB_EMU_EXPLORE_SHRINK_H

#include "emu/explore/explorer.h"

/* In the failing run @first comes before @second; one step later it comes behind, and all is well.
 */
struct decider {
    bool known;
    struct event first, second;
};

struct shrinking {
    size_t from, to; /* deviations */
    uint64_t runs;
    struct decider decider;
};

/**
 * shrink - @s, whose run ends like @failure (exit code, and text of an assertion), gets shorter.
 * -EILSEQ: it does not fail like that.
 */
int shrink(struct explorer *x, struct schedule *s, const struct outcome *failure,
           struct shrinking *out, struct error *err);

#endif
