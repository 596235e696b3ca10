/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of lessons, a lesson's task, and hints: on stdout, as wide as that is. */
#ifndef IRQLAB_EMU_LESSON_TELL_H
#define IRQLAB_EMU_LESSON_TELL_H

#include "emu/lesson/desk.h"

/* As the learner typed it, so that commands that are told do the same; NULL: not given. */
struct given {
    const char *dir, *lessons;
};

/** tell_command - "irqlab lesson 7 --check", and the options that were given. */
void tell_command(const struct given *g, unsigned number, const char *option);

/** tell_list - all lessons; those are done that are so in the folder @dir. */
void tell_list(const struct given *g, const char *dir, const struct lesson_path *p);

void tell_lesson(const struct given *g, const struct desk *d);

/** tell_hint - one more than before. Where that cannot be remembered, it is said. */
void tell_hint(const struct given *g, const struct desk *d);

#endif
