/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Source lines of a guest's instructions, from its image's DWARF (gcc -g), by elfutils' libdw. */
#ifndef IRQLAB_EMU_LOAD_LINES_H
#define IRQLAB_EMU_LOAD_LINES_H

#include <stdbool.h>
#include <stdint.h>

struct lines;

/**
 * lines_open - of the ELF at @path, as linked. NULL: it has none, or cannot be read; that is no
 * error, there are no lines then.
 */
struct lines *lines_open(const char *path);
/** lines_close - NULL is allowed. */
void lines_close(struct lines *l);

/**
 * lines_at - the line of the instruction at @pc; *@file is valid until lines_close(). Of inlined
 * code: where it is called in the function around it. False: not known. @l may be NULL.
 */
bool lines_at(struct lines *l, uint64_t pc, const char **file, unsigned *line);

#endif
