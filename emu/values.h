/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Values of command-line options. Each function returns 0, or says in @err which @option is wrong,
 * and why (bad input, exit code 120).
 */
#ifndef IRQLAB_EMU_VALUES_H
#define IRQLAB_EMU_VALUES_H

#include <stdbool.h>
#include <stdint.h>

#include "emu/error.h"

int value_u64(const char *option, const char *text, uint64_t min, uint64_t max, uint64_t *value,
              struct error *err);
/** value_size - as QEMU's: a number of MiB, or with a suffix K, M, G. */
int value_size(const char *option, const char *text, uint64_t *bytes, struct error *err);
int value_on_off(const char *option, const char *text, bool *value, struct error *err);
/** value_string - replaces the owned string *where by a copy of @text. */
int value_string(char **where, const char *text, struct error *err);

/**
 * value_pairs - goes over `key=value,key,...`; a doubled comma stands for one, as in QEMU. The
 * callback gets value "" for a bare word; the first that does not return 0 ends it.
 */
typedef int value_pair_fn(void *to, const char *key, const char *value, struct error *err);
int value_pairs(const char *text, value_pair_fn *fn, void *to, struct error *err);

#endif
