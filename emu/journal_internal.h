/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the writer and the reader of recordings share. */
#ifndef IRQLAB_EMU_JOURNAL_INTERNAL_H
#define IRQLAB_EMU_JOURNAL_INTERNAL_H

#include <jansson.h>
#include <stdint.h>
#include <xxhash.h>

#include "emu/journal.h"

enum { JOURNAL_FORMAT = 1 };
#define JOURNAL_JSON_FLAGS (JSON_COMPACT | JSON_PRESERVE_ORDER)

/* XXH3-64 and length of a file. On failure errno says why. */
int journal_hash_file(const char *path, uint64_t *hash, uint64_t *bytes, struct error *err);

/*
 * The check is over all lines before the last, and over the end object itself: a recording with any
 * byte altered is told from one that a replay does not follow.
 */
uint64_t journal_check(XXH3_state_t *before, const json_t *end);

#endif
