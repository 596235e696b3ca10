/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A program that is run to its end, its output kept. */
#ifndef IRQLAB_EMU_LESSON_CHILD_H
#define IRQLAB_EMU_LESSON_CHILD_H

#include <stdbool.h>
#include <stddef.h>

#include "emu/error.h"

struct child {
    const char *folder; /* where it runs; NULL: here */
    bool is_shown;      /* what it says goes to stdout too, as it comes */
    char *output;       /* stdout and stderr, at most 1 MiB; owned by the caller */
    size_t output_bytes;
    int exit_code; /* 128 + signal if one ended it */
};

/**
 * child_run - @argv[0] is looked up in PATH; stdin is empty. Waits for the end. -ENOENT: there is
 * no such program (bad input); other failures are the host's.
 */
int child_run(struct child *c, char *const argv[], struct error *err);

void child_clear(struct child *c);

#endif
