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
    size_t deviation; /* the one that is a step later then */
    struct event first, second;
    struct anchor first_at, second_at; /* only in files */
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

/**
 * shrink_decided - @e happens in a run, at @at: fills @decider's anchors if it is one of the two.
 */
void shrink_decided(struct decider *decider, const struct event *e, const struct anchor *at);

/**
 * shrink_swap - a run by @s, but for @decider's deviation, which is a step later. @swapped: whether
 * its second event came before its first, or without it. @s stays as it is.
 */
int shrink_swap(struct explorer *x, struct schedule *s, const struct decider *decider,
                struct outcome *out, bool *swapped, struct error *err);

#endif
