/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A terminal as `irqlab top` needs it, by ncurses: keys in, a screen of cells out. While it is
 * open, what the program writes to stdout and stderr is kept aside, and comes after it.
 *
 * The terminal is restored at terminal_close(); when the program dies of a signal, by a child
 * (emu/dev/keeper.h). ncurses has one terminal per process, so there is one of these.
 */
#ifndef IRQLAB_EMU_TOP_TERMINAL_H
#define IRQLAB_EMU_TOP_TERMINAL_H

#include <stdbool.h>

#include "emu/error.h"
#include "emu/top/screen.h"

struct terminal;

/**
 * terminal_open - whether stdin and stdout are a terminal that can be drawn on (else exit code
 * 120); nothing is seen yet. Early: see emu/dev/keeper.h.
 */
int terminal_open(struct terminal **out, struct error *err);
/** terminal_show - takes the terminal over, until terminal_close(). */
int terminal_show(struct terminal *t, struct error *err);
/** terminal_close - NULL is allowed. */
void terminal_close(struct terminal *t);

/** terminal_key - a character, enum top_special, or -1: none waits. Other keys are dropped. */
int terminal_key(struct terminal *t);
/** terminal_size - now. */
void terminal_size(const struct terminal *t, int *rows, int *cols);
void terminal_paint(struct terminal *t, const struct screen *s);
/** terminal_aside - the last whole line that was kept aside; "". Valid until the next call. */
const char *terminal_aside(struct terminal *t);

#endif
