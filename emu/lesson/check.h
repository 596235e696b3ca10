/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a lesson's working copy does: built, run, and asked why. */
#ifndef IRQLAB_EMU_LESSON_CHECK_H
#define IRQLAB_EMU_LESSON_CHECK_H

#include <jansson.h>

#include "emu/lesson/arguments.h"
#include "emu/lesson/desk.h"

struct check {
    bool is_built;
    int exit_code;    /* of irqlab run or irqlab explore */
    char *output;     /* what it said; owned */
    json_t *answer;   /* to what was asked then; NULL: not asked, or of no gates; owned */
    const char *gate; /* the first that is closed, by the answer; NULL: none */
};

/** check_run - shows on stdout what it does. Whatever the source does is no failure of this. */
int check_run(const struct desk *d, struct check *c, struct error *err);

/**
 * check_is_passed - exit code 0, all that `check` wants was said (@missing: what was not), and the
 * interrupt that is asked about was delivered, unless the lesson says that it never is.
 */
bool check_is_passed(const struct check *c, const struct lesson *l, const char **missing);

/** check_is_told - all that @wanted wants was said. @missing: the first that was not. */
bool check_is_told(const struct check *c, const struct lesson_texts *wanted, const char **missing);

/** check_question - the words of the `irqlab why` that shows everything; for arguments_clear(). */
void check_question(const struct desk *d, struct arguments *a);

/** check_ask - shows that command and what it answers. */
int check_ask(const struct desk *d, struct error *err);

/** check_is_as_handed_out - it fails as the lesson tells: texts and gate. @missing: what is not. */
bool check_is_as_handed_out(const struct check *c, const struct lesson *l, const char **missing);

/**
 * check_look - builds and runs it once, then becomes `irqlab @command --recording` of that run
 * (top, serve). Returns 0 only if the compiler found errors; a lesson that is explored: bad input.
 */
int check_look(const struct desk *d, const char *command, struct error *err);

void check_clear(struct check *c);

#endif
