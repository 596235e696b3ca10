/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What runs show: values that a guest observes (race_observe(), images/lib/race.h). All that a run
 * showed, sorted, is its outcome: `0:r0=1 1:r0=0`. Outcomes are counted in a JSON object, by text.
 */
#ifndef IRQLAB_EMU_EXPLORE_OBSERVED_H
#define IRQLAB_EMU_EXPLORE_OBSERVED_H

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

enum {
    OBSERVED_PARTS = 16, /* of a run; more are ignored */
    OBSERVED_PART_BYTES = 64,
    OBSERVED_BYTES = OBSERVED_PARTS * OBSERVED_PART_BYTES
};

struct observed {
    char parts[OBSERVED_PARTS][OBSERVED_PART_BYTES];
    unsigned n_parts;
};

/** observed_add - a run shows @value of @what. observed_text - all that it showed. */
void observed_add(struct observed *o, const char *what, uint64_t value);
void observed_text(const struct observed *o, char text[OBSERVED_BYTES]);

/** observed_count - @n more runs had the outcome @text; nothing for an empty one. 0 or -1. */
int observed_count(json_t *outcomes, const char *text, json_int_t n);
/** observed_join - @to gets what @from (NULL: nothing) counts. 0 or -1. */
int observed_join(json_t *to, const json_t *from);
/** observed_print - a line for each, `outcome RUNS: TEXT`, by text. */
void observed_print(const json_t *outcomes, FILE *to);

#endif
