/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A recording: JSON lines, so that it can be read, compared and cut by ordinary tools.
 *
 *     {"irqlab": VERSION, "format": 1, "options": [ARGV...], "files": [{"path", "bytes",
 * "xxh3"}...]}
 *     {"at": INSTRUCTIONS, "ns": VIRTUAL_TIME, "source": N, "data": "HEX"}      (any number)
 *     {"end": {"instructions", "virtual_time_ns", "state_hash", "exit_code"}, "check": "XXH3"}
 *
 * `check` is the XXH3-64 of all bytes before the last line and of the end object, without spaces.
 * The writer works on FILE.partial and renames at the end. The reader refuses, with a reason, what
 * is truncated, altered or not ours.
 */
#ifndef IRQLAB_EMU_JOURNAL_H
#define IRQLAB_EMU_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "emu/error.h"

enum {
    JOURNAL_MAX_DATA = 4096,
    JOURNAL_SOURCE_TIME = 1000,
    JOURNAL_SOURCE_POWER_KEY = 1001,
    JOURNAL_SOURCE_RENEW_GIC = 1002,
    JOURNAL_SOURCE_QUIT = 1003, /* one byte, the exit code; then why, a text */
    JOURNAL_SOURCE_SET_TIME = 1004,
    JOURNAL_SOURCE_VMM = 1005,
};

/* Something that came in from outside. */
struct journal_event {
    uint64_t instructions, now_ns; /* when the guest could first see it */
    uint32_t source;               /* which device, or JOURNAL_SOURCE_* */
    size_t data_bytes;
    uint8_t data[JOURNAL_MAX_DATA];
};

struct journal_end {
    uint64_t instructions, virtual_time_ns, state_hash;
    int exit_code;
};

struct journal_writer;
struct journal_reader;

/** journal_create - @argv and the contents of @paths are what a replay needs again. */
int journal_create(const char *path, int argc, char *const *argv, const char *const *paths,
                   size_t n_paths, struct journal_writer **out, struct error *err);
int journal_append(struct journal_writer *w, const struct journal_event *event, struct error *err);
/** journal_finish - writes the end and renames; frees @w also on failure. */
int journal_finish(struct journal_writer *w, const struct journal_end *end, struct error *err);
/** journal_abandon - removes the partial file and frees. NULL is allowed. */
void journal_abandon(struct journal_writer *w);

/** journal_open - reads and checks all of it; the input files must still have the recorded hashes.
 */
int journal_open(const char *path, struct journal_reader **out, struct error *err);
/** journal_parse - likewise, from memory, and without looking at the input files. */
int journal_parse(const char *name, const char *text, size_t bytes, struct journal_reader **out,
                  struct error *err);
void journal_close(struct journal_reader *r);

/** journal_argv - the recorded options; owned by the reader, NULL-terminated. */
char **journal_argv(const struct journal_reader *r, int *argc);
const struct journal_end *journal_end_of(const struct journal_reader *r);
/** journal_peek - the next event, NULL at the end, valid until journal_next(), which goes behind
 * it. */
const struct journal_event *journal_peek(const struct journal_reader *r);
void journal_next(struct journal_reader *r);
/** journal_tell - how many events are behind. journal_seek - goes there; too large: the end. */
uint64_t journal_tell(const struct journal_reader *r);
void journal_seek(struct journal_reader *r, uint64_t position);

/*
 * A log: what came in while a machine ran, kept in memory, so that it comes again when the machine
 * goes over the same ground once more.
 *
 * journal_log_create - empty; NULL: out of memory. journal_close() frees it.
 * journal_log_append - @event happens here: what the log had behind this place is forgotten, and
 * the place is behind it. 0 or -ENOMEM. journal_log_cut - forgets it without a new event.
 * journal_log_appended - how many were, ever; *instructions: of the last event, 0: there is none.
 */
struct journal_reader *journal_log_create(void);
int journal_log_append(struct journal_reader *r, const struct journal_event *event,
                       struct error *err);
void journal_log_cut(struct journal_reader *r);
uint64_t journal_log_appended(const struct journal_reader *r, uint64_t *instructions);

#endif
