/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A lesson's text file (NN-name.lesson): a word at the start of a line is a key, what is indented
 * belongs to the line before, `#` at the start of a line is a comment. images/lessons/README.md
 * lists the keys. What can be said to irqlab's commands is limited to options that configure the
 * machine and the search: a lesson cannot name a file to write.
 *
 * Threads: one object is one thread's.
 */
#ifndef IRQLAB_EMU_LESSON_LESSON_FILE_H
#define IRQLAB_EMU_LESSON_LESSON_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "emu/error.h"

enum {
    LESSON_MAX_TEXTS = 12, /* of one kind: hints, citations, ... */
    LESSON_MAX_WORDS = 12, /* of an option line */
    LESSON_MAX_FILE_BYTES = 65536,
    LESSON_MAX_VCPUS = 64,
};

struct lesson_texts {
    char *at[LESSON_MAX_TEXTS];
    unsigned n;
};

struct lesson_words {
    char *at[LESSON_MAX_WORDS + 1]; /* NULL at the end, for an argument list */
    unsigned n;
};

/* Owned strings; NULL: not given. */
struct lesson {
    unsigned number; /* of the file's name; 0: the text came from elsewhere */
    char *name;      /* NN-name */
    char *part;      /* of the path, which begins here */
    char *title, *goal, *story;
    char *source, *with;    /* below the folder images/, without .. */
    char *macro;            /* whose parts differ between broken and mended */
    bool mended_with_macro; /* else the broken one has it */
    char *machine, *cpu;    /* -machine virt,MACHINE; -cpu */
    unsigned smp;           /* 1 to LESSON_MAX_VCPUS */
    struct lesson_words irqlab;
    bool is_explored;
    struct lesson_words explore;
    uint64_t until_insns;
    struct lesson_words ask; /* why INTID VCPU and the like; n 0: nothing is asked */
    char *gate;              /* the first that is closed as handed out */
    bool never_arrives;      /* what is asked about, when it is done too */
    char *learned;           /* told when it is done */
    struct lesson_texts expect, check, hints, cites;
};

/**
 * lesson_file_parse - reads @in, which the caller closes. @path: for errors, which are
 * PATH:LINE: what is wrong, and what to try; bad input, or -ENOMEM. On failure @l is cleared.
 */
int lesson_file_parse(FILE *in, const char *path, struct lesson *l, struct error *err);

/** lesson_file_print - such that it reads as the same again. */
void lesson_file_print(FILE *out, const struct lesson *l);

/** lesson_clear - frees what it owns; of a zeroed one too. */
void lesson_clear(struct lesson *l);

#endif
