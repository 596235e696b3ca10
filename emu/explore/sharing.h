/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which words of RAM several contexts (a vCPU's threads, its handlers) use, and one of them writes:
 * only accesses to these are events.
 * Learned from runs in which all accesses are reported; what is known only grows.
 */
#ifndef IRQLAB_EMU_EXPLORE_SHARING_H
#define IRQLAB_EMU_EXPLORE_SHARING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sharing;

/** sharing_create - NULL: out of memory. sharing_destroy - NULL is allowed. */
struct sharing *sharing_create(void);
void sharing_destroy(struct sharing *s);

/**
 * sharing_note - @context reads or writes [@pa, @pa + @size_bytes). True: a word that was not known
 * to be shared is from now on. Out of memory: false, and the word is not noted.
 */
bool sharing_note(struct sharing *s, unsigned context, uint64_t pa, unsigned size_bytes,
                  bool is_write);

/** sharing_has - whether any word of [@pa, @pa + @size_bytes) is shared. */
bool sharing_has(const struct sharing *s, uint64_t pa, unsigned size_bytes);

/**
 * sharing_note_gic - likewise, the GIC: its tables. sharing_of_gic - whether it did so with any
 * word of [@pa, @pa + @size_bytes).
 */
bool sharing_note_gic(struct sharing *s, uint64_t pa, size_t size_bytes, bool is_write);
bool sharing_of_gic(const struct sharing *s, uint64_t pa, unsigned size_bytes);

/** sharing_count - how many words are; sharing_each - each of their addresses, ascending. */
size_t sharing_count(const struct sharing *s);
void sharing_each(const struct sharing *s, void (*fn)(void *opaque, uint64_t pa), void *opaque);

#endif
