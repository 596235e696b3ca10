/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a sweep's results go while it runs: a file that is locked, to which each batch is appended
 * at once and synced; or stdout. Threads: none of its own.
 */
#ifndef IRQLAB_EMU_EXPLORE_RESULTS_FILE_H
#define IRQLAB_EMU_EXPLORE_RESULTS_FILE_H

#include "emu/explore/results.h"

struct results_file {
    const char *path; /* the caller's */
    int fd;           /* -1: none */
    bool is_file;
};

/**
 * results_file_open - @path: "-" is stdout, NULL nothing. A new file begins with @recipe. One that
 * exists is refused; with @resume it must be of that recipe, goes to @known, and loses what is
 * behind its last whole batch. @known: for results_clear().
 */
int results_file_open(struct results_file *f, const char *path, bool resume, const json_t *recipe,
                      struct results *known, struct error *err);
void results_file_close(struct results_file *f);

/** results_file_add - the objects of the array @lines, by one write(); then fsync(). */
int results_file_add(struct results_file *f, const json_t *lines, struct error *err);

#endif
