/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The field's words, each in a sentence or two. */
#ifndef IRQLAB_EMU_LESSON_WORDS_H
#define IRQLAB_EMU_LESSON_WORDS_H

#include <stdio.h>

#include "emu/error.h"

/** words_print - those that are called @word, by any case of letters; NULL: all. Bad input: none.
 */
int words_print(const char *word, FILE *out, struct error *err);

/** words_manual - what @cite ("IHI 0069, ...") is part of; NULL: not known. */
const char *words_manual(const char *cite);

#endif
