/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lessons of a folder, in the order of their numbers. */
#ifndef IRQLAB_EMU_LESSON_LESSON_PATH_H
#define IRQLAB_EMU_LESSON_LESSON_PATH_H

#include "emu/lesson/lesson_file.h"

struct lesson_path {
    char *root;   /* the folder above images/: what #include names begin from */
    char *folder; /* ROOT/images/lessons, or as given */
    struct lesson *lessons;
    size_t n;
};

/**
 * lesson_path_read - all NN-*.lesson of @folder; NULL: of images/lessons in a folder above this
 * program, of its share/irqlab, or of the tree that it was built from. @folder lies in a tree's
 * images/. Two of one number, or none at all: bad input. On failure @p is cleared.
 */
int lesson_path_read(struct lesson_path *p, const char *folder, struct error *err);

/** lesson_path_find - by number ("7") or name ("07-name", "name"); NULL with @err set: none. */
const struct lesson *lesson_path_find(const struct lesson_path *p, const char *word,
                                      struct error *err);

void lesson_path_clear(struct lesson_path *p);

#endif
