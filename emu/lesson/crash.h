/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A lesson's program that met an exception which nobody handles. */
#ifndef IRQLAB_EMU_LESSON_CRASH_H
#define IRQLAB_EMU_LESSON_CRASH_H

#include <stdbool.h>

/**
 * crash_tell - if the library says so in @output: on stdout, where it was and what it did.
 * @image: for names and lines, by the compiler's addr2line; without that, by addresses alone.
 */
bool crash_tell(const char *output, const char *image);

#endif
