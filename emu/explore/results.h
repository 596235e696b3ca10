/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Results of sweeps, as lines of JSON: what is written by `explore --json`, continued by --resume,
 * and joined by `irqlab merge`. Each line is an object with a `kind`:
 *
 *   recipe    first: everything that the results depend on, and the shard
 *   failure   a failing run of a batch; the first of each exit code and text in it
 *   batch     behind its failures: the batch is finished
 *   done      last: the sweep is at its end; the first failure, shrunk
 *
 * A batch with its failures is written at once. Who is killed loses no batch that is in the file;
 * what is behind the last whole batch (a line without an end, failures without their batch) is
 * ignored. Order of batches means nothing. Files come from anywhere: all is checked.
 *
 * Errors: -EINVAL and @err, which names file and line. Threads: none of its own.
 */
#ifndef IRQLAB_EMU_EXPLORE_RESULTS_H
#define IRQLAB_EMU_EXPLORE_RESULTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "emu/error.h"

#define RESULTS_FORMAT      1
#define RESULTS_MAX_SHARDS  (1 << 20)
#define RESULTS_MAX_BATCHES (1ull << 56)

struct results_batch {
    uint64_t number, runs, failed;
    json_t *line;     /* owned */
    json_t *failures; /* array, owned; NULL: none */
};

struct results {
    json_t *recipe, *done;         /* done: NULL when the sweep is not at its end */
    struct results_batch *batches; /* ascending, each once */
    size_t n_batches, capacity;
    size_t whole_bytes; /* of the file: up to the last line that counts */
};

/** results_parse - @name: for messages. results_read, results_read_fd - a whole file, from its
 * beginning. Then results_clear(). */
int results_parse(const char *name, const char *text, size_t size, struct results *r,
                  struct error *err);
int results_read_fd(const char *name, int fd, struct results *r, struct error *err);
int results_read(const char *path, struct results *r, struct error *err);
void results_clear(struct results *r);

/** results_find - the batch @number, or NULL. */
const struct results_batch *results_find(const struct results *r, uint64_t number);

/** results_number - the member @key of a line that was checked; 0 where it is absent. */
uint64_t results_number(const json_t *line, const char *key);
const char *results_text(const json_t *line, const char *key);

/**
 * results_same_recipe - 0; or -EINVAL, and @err says what differs. @any_shard: the shard may.
 */
int results_same_recipe(const char *name_a, const json_t *a, const char *name_b, const json_t *b,
                        bool any_shard, struct error *err);

#endif
