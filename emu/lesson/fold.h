/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text for people, in lines that their terminal has room for. */
#ifndef IRQLAB_EMU_LESSON_FOLD_H
#define IRQLAB_EMU_LESSON_FOLD_H

#include <stdio.h>

/** fold_width - columns for text on @out: the terminal's, 20 to 92; not a terminal: 80. */
unsigned fold_width(FILE *out);

/**
 * fold_text - @text in lines of @width at most, broken between words; a word that is longer has a
 * line of its own. Lines are joined before; a blank line stays, and one that begins with a space
 * is code and stays as it is. @indent: columns in front of each line; @hang: of the second and
 * later ones of a paragraph, further in. Ends with a newline.
 */
void fold_text(FILE *out, unsigned width, unsigned indent, unsigned hang, const char *text);

/** fold_format - fold_text() of a short formatted text, as wide as @out is. */
void fold_format(FILE *out, unsigned indent, unsigned hang, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/** fold_table - each line by itself: its spaces stay, and what is too long goes on @hang further
 * in. */
void fold_table(FILE *out, unsigned width, unsigned hang, const char *text);

/**
 * fold_command - such that it can be pasted: long ones go on behind a backslash, words with spaces
 * are quoted. @words ends with NULL.
 */
void fold_command(FILE *out, unsigned width, unsigned indent, const char *const words[]);

#endif
