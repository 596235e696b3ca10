/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A list of arguments that grows, for child_run(). */
#ifndef IRQLAB_EMU_LESSON_ARGUMENTS_H
#define IRQLAB_EMU_LESSON_ARGUMENTS_H

#include "emu/error.h"
#include "emu/lesson/lesson_file.h"

enum { MAX_ARGUMENTS = 160 };

/* Zeroed to begin with. What is added is copied. */
struct arguments {
    char *at[MAX_ARGUMENTS + 1];
    unsigned n;
    bool is_short; /* something could not be added */
};

void arguments_add(struct arguments *a, const char *text);
void arguments_format(struct arguments *a, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void arguments_words(struct arguments *a, const struct lesson_words *words);

/** arguments_file - the lines of @path that begin with '-'. */
int arguments_file(struct arguments *a, const char *path, struct error *err);

/** arguments_check - whether all of them are there. */
int arguments_check(const struct arguments *a, struct error *err);

void arguments_clear(struct arguments *a);

#endif
