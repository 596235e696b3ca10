/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files that are there whole or not at all: what is written goes to FILE.partial, which becomes
 * FILE when it is complete and on the disk. At any moment FILE is the old one or the new one. What
 * is no regular file, as /dev/null or a pipe, is written to as it is.
 *
 * Threads: one object is one thread's; two writers of the same path disturb each other.
 */
#ifndef IRQLAB_EMU_WHOLE_FILE_H
#define IRQLAB_EMU_WHOLE_FILE_H

#include <stdio.h>

#include "emu/error.h"

struct whole_file {
    FILE *file; /* to write to */
    char *path, *partial;
};

/**
 * whole_file_open - creates @path.partial. @what: who says so in @err (`--record`). On failure @w
 * is zeroed: bad input if the file cannot be created, else -ENOMEM.
 */
int whole_file_open(struct whole_file *w, const char *path, const char *what, struct error *err);

/**
 * whole_file_finish - flushes, syncs, renames, syncs the folder (a rename is on the disk when its
 * folder is), and closes. -EIO: something failed, earlier writes too; the partial file is gone.
 */
int whole_file_finish(struct whole_file *w, const char *what, struct error *err);

/** whole_file_abandon - closes, and removes the partial file. Also of one that is zeroed. */
void whole_file_abandon(struct whole_file *w);

#endif
