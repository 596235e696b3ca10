/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Schedules as files: text, a line for each thing, so that two can be compared by diff. First what
 * the run was made of (options, image, strategy), then its deviations from the plain schedule.
 */
#ifndef IRQLAB_EMU_EXPLORE_SCHEDULE_FILE_H
#define IRQLAB_EMU_EXPLORE_SCHEDULE_FILE_H

#include "emu/error.h"
#include "emu/explore/explorer.h"
#include "emu/explore/shrink.h"

enum { SCHEDULE_MAX_OPTIONS = 128, SCHEDULE_MAX_LEARNED = 1024 };

struct schedule_file {
    char *options[SCHEDULE_MAX_OPTIONS]; /* the command line of the run, argv[0] too; owned */
    int n_options;
    uint64_t image_hash; /* XXH3 of -kernel's file */
    char strategy[64];   /* how it was found */
    unsigned learned;    /* explorer_learn_to(): for what has events */
    struct outcome outcome;
    struct schedule schedule;
    struct shrinking shrinking; /* not read back */
};

/** schedule_file_write - whole or not at all. @m: for symbols in comments. */
int schedule_file_write(const char *path, const struct schedule_file *f, const struct machine *m,
                        struct error *err);

/** schedule_file_read - -EINVAL, and @err names the line that is wrong. */
int schedule_file_read(const char *path, struct schedule_file *f, struct error *err);
void schedule_file_clear(struct schedule_file *f);

/** schedule_picks_vcpu - whether a deviation's answer is a vCPU. */
bool schedule_picks_vcpu(enum choice choice);

/** schedule_image_hash - 0 and the hash of the file at @path. */
int schedule_image_hash(const char *path, uint64_t *hash, struct error *err);

#endif
