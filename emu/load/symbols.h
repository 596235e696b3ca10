/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest's symbols, for traces and the debugger. Read-only after loading; any thread. */
#ifndef IRQLAB_EMU_LOAD_SYMBOLS_H
#define IRQLAB_EMU_LOAD_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "emu/error.h"

struct symbol {
    uint64_t address, size_bytes;
    char *name;
};

struct symbols {
    struct symbol *items; /* by address */
    size_t count, capacity;
};

/** symbols_add - copies @name, with '?' for what is not printable ASCII. Returns 0 or -ENOMEM. Call
 * symbols_sort() after the last. */
int symbols_add(struct symbols *s, const char *name, uint64_t address, uint64_t size_bytes);
void symbols_sort(struct symbols *s);
void symbols_clear(struct symbols *s);

/**
 * symbols_read - adds those of @path, and sorts: an ELF, as linked, or text with lines ADDRESS TYPE
 * NAME (System.map, /proc/kallsyms).
 */
int symbols_read(struct symbols *s, const char *path, struct error *err);

/** symbols_at - name of the function around @pc and the distance from its start; NULL: none. */
const char *symbols_at(const struct symbols *s, uint64_t pc, uint64_t *offset);
bool symbols_find(const struct symbols *s, const char *name, uint64_t *address);

#endif
