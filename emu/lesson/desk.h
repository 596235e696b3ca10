/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A learner's desk: DIR/NN-name with the working copy of a lesson's source, what came of it, and
 * how many hints were shown; DIR/.lib with the library, compiled.
 */
#ifndef IRQLAB_EMU_LESSON_DESK_H
#define IRQLAB_EMU_LESSON_DESK_H

#include "emu/lesson/lesson_path.h"

#define DESK_DEFAULT "irqlab-lessons"

enum { DESK_PATH_BYTES = 4096 };

struct desk {
    const struct lesson_path *path;
    const struct lesson *lesson;
    char dir[DESK_PATH_BYTES], folder[DESK_PATH_BYTES], source[DESK_PATH_BYTES],
        image[DESK_PATH_BYTES], recording[DESK_PATH_BYTES], lib[DESK_PATH_BYTES];
};

enum desk_copy { DESK_BROKEN, DESK_MENDED };

/**
 * desk_find - which folder is meant when none is given: DESK_DEFAULT of the current folder, else
 * the nearest above it that is the learner's own (by its whole path), else DESK_DEFAULT, which is
 * to be made.
 */
void desk_find(char dir[DESK_PATH_BYTES]);

/** desk_open - names all of it, and makes nothing. @dir: as the learner gave it, or desk_find(). */
int desk_open(struct desk *d, const struct lesson_path *path, const struct lesson *l,
              const char *dir, struct error *err);

/** desk_make - makes the folders that are not there. Bad input: cannot be written to. */
int desk_make(const struct desk *d, struct error *err);

/** desk_need - bad input, and where the copy may be, if there is none. */
int desk_need(const struct desk *d, struct error *err);

/** desk_lay - the working copy. One that is there stays as it is, unless @anew. */
int desk_lay(const struct desk *d, enum desk_copy which, bool anew, struct error *err);

/**
 * desk_reset - the working copy as it was handed out. What the learner wrote is kept beside it, in
 * the file @kept; "": it was as handed out already, or there was none.
 */
int desk_reset(const struct desk *d, char kept[DESK_PATH_BYTES], struct error *err);

/** desk_print - the copy to @out. */
int desk_print(const struct desk *d, enum desk_copy which, FILE *out, struct error *err);

/** desk_hints - how many were shown. desk_set_hints - so many are. */
unsigned desk_hints(const struct desk *d);
int desk_set_hints(const struct desk *d, unsigned n, struct error *err);

/** desk_is_done - of a folder that need not be there. desk_set_done - @l was passed. */
bool desk_is_done(const char *dir, const struct lesson *l);
int desk_set_done(const struct desk *d, struct error *err);

#endif
