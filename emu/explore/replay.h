/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `irqlab explore` does with a schedule's file. */
#ifndef IRQLAB_EMU_EXPLORE_REPLAY_H
#define IRQLAB_EMU_EXPLORE_REPLAY_H

#include "emu/explore/explore_options.h"
#include "emu/explore/schedule_file.h"

/* A schedule's file, and the machine that it is for. */
struct replay {
    const char *path;
    struct schedule_file file;
    struct explore_options options; /* the file's, and behind them the command line's */
    struct run_options run_options;
    const char *image;
    struct explorer *x;
    bool other_image;
};

/**
 * replay_open - reads @path; @more: options of the command line that come behind the file's. On
 * failure everything is freed. replay_close - frees.
 */
int replay_open(struct replay *r, const char *path, const struct explore_options *more,
                struct error *err);
void replay_close(struct replay *r);

/**
 * replay_command - --replay, --shrink or --swap, as @o says; prints. Returns the exit code.
 */
int replay_command(const struct explore_options *o, struct error *err);

#endif
