/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a schedule that fails to its file: shrunk, replayed, and with all that the file says of it.
 */
#ifndef IRQLAB_EMU_EXPLORE_SCHEDULE_SAVE_H
#define IRQLAB_EMU_EXPLORE_SCHEDULE_SAVE_H

#include "emu/explore/explore_options.h"
#include "emu/explore/shrink.h"

struct schedule_save {
    const struct explore_options *options; /* for recipe, output and no_shrink */
    const struct run_options *run_options;
    const char *strategy; /* how it was found */
    unsigned learned;     /* explorer_learn_to() */
};

/**
 * schedule_save - @s, which ends like @failure, gets shorter and is written; @failure becomes what
 * its replay ended like. @shrinking: says how. Negative errno and @err; -EILSEQ: it does not fail
 * again.
 */
int schedule_save(struct explorer *x, const struct schedule_save *save, struct schedule *s,
                  struct outcome *failure, struct shrinking *shrinking, struct error *err);

#endif
