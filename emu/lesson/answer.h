/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `irqlab why --json` says, for a person who meets it for the first time. */
#ifndef IRQLAB_EMU_LESSON_ANSWER_H
#define IRQLAB_EMU_LESSON_ANSWER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/** answer_closed - the gate that is closed first; NULL: none, or no gate is what it is. */
const json_t *answer_closed(const json_t *answer);

/** answer_delivered - how often it was acknowledged by the vCPU that was asked about. */
unsigned long long answer_delivered(const json_t *answer);

/** answer_is_of_gates - not of why-time. */
bool answer_is_of_gates(const json_t *answer);

/** answer_subject - "Interrupt 27", "virtual interrupt 40", ...; into @text. */
void answer_subject(const json_t *answer, char *text, size_t room);

/** answer_print_gates - a line each, those that are on its way alone; and what follows from what.
 */
void answer_print_gates(const json_t *answer, FILE *out);

/**
 * answer_print_closed - the first closed gate: what it asks, its register, who wrote that, and what
 * opens it. @source: the learner's, to tell what is the library's.
 */
void answer_print_closed(const json_t *answer, const char *source, FILE *out);

#endif
