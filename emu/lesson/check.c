/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/lesson/check.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emu/lesson/answer.h"
#include "emu/lesson/build.h"
#include "emu/lesson/child.h"
#include "emu/lesson/fold.h"

/* This program once more. */
static void add_self(struct arguments *a, const char *command)
{
    char program[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);

    program[length < 0 ? 0 : length] = '\0';
    arguments_add(a, *program ? program : "irqlab");
    arguments_add(a, command);
}

static void add_machine(struct arguments *a, const struct lesson *l)
{
    const char *more = l->machine ? l->machine : "";

    arguments_add(a, "-machine");
    arguments_format(a, "virt%s%s%s", strstr(more, "gic-version=") ? "" : ",gic-version=3",
                     *more ? "," : "", more);
    arguments_add(a, "-cpu");
    arguments_add(a, l->cpu ? l->cpu : "cortex-a72");
    arguments_add(a, "-smp");
    arguments_format(a, "%u", l->smp);
    arguments_add(a, "-semihosting");
    arguments_words(a, &l->irqlab);
}

/* As a person would type it. */
static void show(const struct arguments *a)
{
    const char *words[MAX_ARGUMENTS + 4] = {"$", "irqlab"};

    for (unsigned i = 1; i < a->n; i++)
        words[i + 1] = a->at[i];
    putchar('\n');
    fold_command(stdout, fold_width(stdout), 0, words);
    fflush(stdout);
}

static int run(const struct arguments *a, struct child *child, struct error *err)
{
    int rc = arguments_check(a, err);

    if (child->is_shown)
        show(a);
    return rc ? rc : child_run(child, a->at, err);
}

/* -- Run, or explore --------------------------------------------------------------------------- */

static int run_image(const struct desk *d, struct check *c, struct error *err)
{
    const struct lesson *l = d->lesson;
    struct arguments a = {0};
    struct child child = {.is_shown = true};
    int rc;

    add_self(&a, l->is_explored ? "explore" : "run");
    add_machine(&a, l);
    if (l->is_explored) {
        arguments_words(&a, &l->explore);
        arguments_add(&a, "--output");
        arguments_format(&a, "%s/schedule", d->folder);
    } else {
        arguments_add(&a, "-nographic");
        arguments_add(&a, "--max-insns");
        arguments_format(&a, "%lu", (unsigned long)l->until_insns);
        arguments_add(&a, "--record");
        arguments_add(&a, d->recording);
    }
    arguments_add(&a, "-kernel");
    arguments_add(&a, d->image);
    rc = run(&a, &child, err);
    c->exit_code = child.exit_code;
    c->output = child.output;
    arguments_clear(&a);
    return rc;
}

/* -- Why --------------------------------------------------------------------------------------- */

/* The program's last function of its own: behind it, the library masks what there is. */
#define END_OF_PROGRAM "guest_exit"

void check_question(const struct desk *d, struct arguments *a)
{
    const struct lesson_words *ask = &d->lesson->ask;

    add_self(a, ask->at[0]);
    for (unsigned i = 1; i < ask->n; i++)
        arguments_add(a, ask->at[i]);
    arguments_add(a, "--recording");
    arguments_add(a, d->recording);
    arguments_add(a, "--before");
    arguments_add(a, END_OF_PROGRAM);
}

/* For us: what it says is a table, or why there is none. */
static int ask_gates(const struct desk *d, struct check *c, struct error *err)
{
    struct arguments a = {0};
    struct child child = {0};
    int rc;

    check_question(d, &a);
    arguments_add(&a, "--json");
    rc = run(&a, &child, err);
    c->answer = rc ? NULL : json_loads(child.output, JSON_REJECT_DUPLICATES, NULL);
    if (!rc && !c->answer)
        rc = error_bad_input(err, "irqlab %s: %.600s", d->lesson->ask.at[0], child.output);
    if (c->answer && !answer_is_of_gates(c->answer)) {
        json_decref(c->answer);
        c->answer = NULL;
    }
    c->gate = json_string_value(json_object_get(answer_closed(c->answer), "gate"));
    child_clear(&child);
    arguments_clear(&a);
    return rc;
}

enum { HANG = 24, NARROW_HANG = 4, NARROW = 70 };

int check_ask(const struct desk *d, struct error *err)
{
    unsigned width = fold_width(stdout);
    struct arguments a = {0};
    struct child child = {0};
    int rc;

    check_question(d, &a);
    show(&a);
    rc = run(&a, &child, err);
    if (!rc)
        fold_table(stdout, width, width < NARROW ? NARROW_HANG : HANG, child.output);
    child_clear(&child);
    arguments_clear(&a);
    return rc;
}

/* -- All of it --------------------------------------------------------------------------------- */

bool check_is_told(const struct check *c, const struct lesson_texts *wanted, const char **missing)
{
    for (unsigned i = 0; i < wanted->n; i++) {
        *missing = wanted->at[i];
        if (!strstr(c->output, wanted->at[i]))
            return false;
    }
    *missing = NULL;
    return true;
}

bool check_is_passed(const struct check *c, const struct lesson *l, const char **missing)
{
    *missing = NULL;
    if (!c->is_built || c->exit_code || !check_is_told(c, &l->check, missing))
        return false;
    if (!c->answer || l->never_arrives || answer_delivered(c->answer))
        return true;
    *missing = "the interrupt was never delivered (a lesson may say 'arrives no')";
    return false;
}

bool check_is_as_handed_out(const struct check *c, const struct lesson *l, const char **missing)
{
    *missing = c->is_built ? "an exit code that is not 0" : "a source that compiles";
    if (!c->is_built || !c->exit_code || !check_is_told(c, &l->expect, missing))
        return false;
    *missing = l->gate;
    return !l->gate || (c->gate && !strcmp(c->gate, l->gate));
}

int check_run(const struct desk *d, struct check *c, struct error *err)
{
    int rc;

    *c = (struct check){0};
    rc = lesson_build(d, &c->is_built, err);
    if (rc || !c->is_built)
        return rc;
    rc = run_image(d, c, err);
    if (!rc && !d->lesson->is_explored)
        rc = ask_gates(d, c, err);
    return rc;
}

/* This process goes on as another command. */
static int become(const struct desk *d, const char *command, struct error *err)
{
    struct arguments a = {0};
    int rc;

    add_self(&a, command);
    arguments_add(&a, "--recording");
    arguments_add(&a, d->recording);
    rc = arguments_check(&a, err);
    if (!rc) {
        show(&a);
        execvp(a.at[0], a.at);
        rc = error_set(err, IRQLAB_EXIT_HOST, -errno, "%s: %s", a.at[0], strerror(errno));
    }
    arguments_clear(&a);
    return rc;
}

int check_look(const struct desk *d, const char *command, struct error *err)
{
    struct check c = {0};
    int rc;

    if (d->lesson->is_explored)
        return error_bad_input(err,
                               "--%s shows one run, and this lesson is about many: after --check, "
                               "irqlab show %s/schedule tells the one that failed",
                               command, d->folder);
    rc = lesson_build(d, &c.is_built, err);
    if (!rc && c.is_built) {
        rc = run_image(d, &c, err);
        rc = rc ? rc : become(d, command, err);
    }
    check_clear(&c);
    return rc;
}

void check_clear(struct check *c)
{
    free(c->output);
    json_decref(c->answer);
    *c = (struct check){0};
}
