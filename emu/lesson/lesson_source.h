/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The source that a learner sees: one of the two that a lesson's file holds, without the other. */
#ifndef IRQLAB_EMU_LESSON_LESSON_SOURCE_H
#define IRQLAB_EMU_LESSON_LESSON_SOURCE_H

#include <stdbool.h>
#include <stdio.h>

#include "emu/error.h"

/**
 * lesson_source_copy - @in to @out as the preprocessor would leave it for #ifdef, #ifndef, #else
 * and #endif of @macro, everything else as it is. The comment at the head, which tells the answer,
 * becomes @head. @path: for errors (an #endif too many or missing: bad input).
 */
int lesson_source_copy(FILE *in, FILE *out, const char *path, const char *macro, bool is_defined,
                       const char *head, struct error *err);

#endif
