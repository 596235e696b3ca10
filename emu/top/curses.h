/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All that `irqlab top` asks of ncurses; for emu/top/terminal.c. */
#ifndef IRQLAB_EMU_TOP_CURSES_H
#define IRQLAB_EMU_TOP_CURSES_H

#include <stddef.h>

#include "emu/error.h"
#include "emu/top/screen.h"

struct curses;

/** curses_check - whether $TERM is known, and can be drawn on. */
int curses_check(struct error *err);
/** curses_farewell - what leaves the terminal as it was before curses_open(): how many bytes. */
size_t curses_farewell(char *to, size_t room);

int curses_open(int in_fd, int out_fd, struct curses **out, struct error *err);
/** curses_close - the terminal is as before. NULL is allowed. */
void curses_close(struct curses *c);

/* As those of emu/top/terminal.h. */
int curses_key(struct curses *c);
void curses_size(const struct curses *c, int *rows, int *cols);
void curses_paint(struct curses *c, const struct screen *s);

#endif
