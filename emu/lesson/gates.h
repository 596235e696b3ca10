/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The gates of `irqlab why` in words for who meets them for the first time. */
#ifndef IRQLAB_EMU_LESSON_GATES_H
#define IRQLAB_EMU_LESSON_GATES_H

#include <stdbool.h>

/** gates_question - what the gate asks, to be answered by yes or no; NULL: no such gate. */
const char *gates_question(const char *gate);

/** gates_follows - if @cause is closed, @gate is too, and opens with it, or can be judged then. */
bool gates_follows(const char *gate, const char *cause);

#endif
