/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Schedules as files: text, a line for each thing, so that two can be compared by diff. First what
 * the run was made of (version, options, image, strategy), then its deviations from the plain
 * schedule, then the two events that decide, then how it ended:
 *
 *     irqlab schedule 2
 *     version 0.1.0
 *     option explore                      one line a word of the command line
 *     image 8d4c5a0b1f0e2d3c              XXH3 of -kernel's file
 *     strategy random depth=3 seed=1 run=17
 *     learned 3                           see explorer_learn_to()
 *     preempt v0 event 2.0 pc 0x40080054 to v1; before writes counter #0 at add+0x14 (counter.c:16)
 *     irq-delay v0 event 3.0 pc 0x400800d8 to 1; interrupt #0; after ...; until before ...
 *     first v1 event 2 pc 0x40080054 of deviation 1; before ...
 *     then v0 event 2 pc 0x40080054; before ...
 *     ends 102 after 412 instructions, state 0123456789abcdef: no addition is lost
 *
 * `event 2.0`: before the vCPU's third event, the first such question. Behind the semicolons is
 * what another build of the image has, too (places.h). '#' begins a line of comment.
 */
#ifndef IRQLAB_EMU_EXPLORE_SCHEDULE_FILE_H
#define IRQLAB_EMU_EXPLORE_SCHEDULE_FILE_H

#include <stdio.h>

#include "emu/error.h"
#include "emu/explore/explorer.h"
#include "emu/explore/shrink.h"

enum { SCHEDULE_MAX_OPTIONS = 128, SCHEDULE_MAX_LEARNED = 1024 };

struct schedule_file {
    char *options[SCHEDULE_MAX_OPTIONS]; /* the command line of the run, argv[0] too; owned */
    int n_options;
    char version[32];       /* of irqlab */
    uint64_t image_hash;    /* XXH3 of -kernel's file */
    char strategy[64];      /* how it was found */
    unsigned learned;       /* explorer_learn_to(): for what has events */
    struct outcome outcome; /* exit code, text, instructions, state_hash */
    struct schedule schedule;
    struct decider decider; /* of its events: vcpu, index, pc */
    struct places *places;  /* read: of all anchors; else they are the explorer's */
};

/** schedule_file_write - whole or not at all. schedule_file_print - the same to a stream. */
int schedule_file_write(const char *path, const struct schedule_file *f, struct error *err);
void schedule_file_print(FILE *out, const struct schedule_file *f);

/**
 * schedule_file_read - -EINVAL, and @err names file, line and reason. schedule_file_parse - from a
 * stream; @name: for @err. schedule_file_clear - frees what both made.
 */
int schedule_file_read(const char *path, struct schedule_file *f, struct error *err);
int schedule_file_parse(FILE *in, const char *name, struct schedule_file *f, struct error *err);
void schedule_file_clear(struct schedule_file *f);

/** schedule_picks_vcpu - whether a deviation's answer is a vCPU. */
bool schedule_picks_vcpu(enum choice choice);

/** schedule_image_hash - 0 and the hash of the file at @path. */
int schedule_image_hash(const char *path, uint64_t *hash, struct error *err);

#define SCHEDULE_FIRST_LINE "irqlab schedule 2"

#endif
