/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/lesson/report.h"

#include <inttypes.h>
#include <string.h>

#include "emu/lesson/answer.h"
#include "emu/lesson/crash.h"
#include "emu/lesson/fold.h"
#include "emu/lesson/gates.h"

static void say(const char *text)
{
    fold_format(stdout, 0, 0, "NOT YET: %s", text);
}

static void say_limit(uint64_t insns)
{
    bool is_round = !(insns % 1000000);

    fold_format(stdout, 0, 0,
                "NOT YET: the program did not end within %" PRIu64 "%s instructions: look for a "
                "loop that never ends.",
                is_round ? insns / 1000000 : insns, is_round ? " million" : "");
}

/* Everything is said and done, and what it says is not so. */
static void say_made_up(const struct check *c)
{
    char subject[64];

    answer_subject(c->answer, subject, sizeof(subject));
    fold_format(stdout, 0, 0,
                "NOT YET: the program says that all is well, but %s was never delivered. The "
                "handler has to run because the interrupt comes.",
                subject);
}

static void say_what(const struct desk *d, const struct check *c)
{
    const char *missing;

    if (!c->is_built)
        say("the compiler found errors. Begin with the first one.");
    else if (c->exit_code && crash_tell(c->output, d->image))
        return;
    else if (c->exit_code == IRQLAB_EXIT_LIMIT)
        say_limit(d->lesson->until_insns);
    else if (c->exit_code == IRQLAB_EXIT_LOCKUP)
        say("the program stands still: every core waits, and nothing will come.");
    else if (c->exit_code)
        fold_format(stdout, 0, 0, "NOT YET: the program ended with %d.", c->exit_code);
    else if (!check_is_told(c, &d->lesson->check, &missing))
        fold_format(stdout, 0, 0, "NOT YET: the program did not say: %s", missing);
    else
        say_made_up(c);
}

/* -- Gates -------------------------------------------------------------------------------------
 */

/* The first part of the path is for who has seen no register yet. */
static bool is_early(const struct desk *d)
{
    for (const struct lesson *l = d->lesson; l > d->path->lessons; l--) {
        if (l->part)
            return false;
    }
    return d->lesson->gate;
}

static void say_all_gates(const struct desk *d)
{
    const char *words[MAX_ARGUMENTS + 2] = {"irqlab"};
    struct arguments a = {0};

    check_question(d, &a);
    for (unsigned i = 1; i < a.n; i++)
        words[i] = a.at[i];
    printf("All gates, with registers, as the program ends:\n");
    fold_command(stdout, fold_width(stdout), 4, words);
    arguments_clear(&a);
}

static void say_gates(const struct desk *d, const struct check *c)
{
    char subject[64];

    answer_subject(c->answer, subject, sizeof(subject));
    printf("\nThe gates of %s, in their order:\n", subject);
    answer_print_gates(c->answer, stdout);
    putchar('\n');
    answer_print_closed(c->answer, d->source, stdout);
    say_all_gates(d);
}

static int say_everything(const struct desk *d, const struct check *c, struct error *err)
{
    int rc = check_ask(d, err);

    if (rc || !c->answer || !d->lesson->gate)
        return rc;
    putchar('\n');
    answer_print_closed(c->answer, d->source, stdout);
    return 0;
}

/* A gate that is closed behind an interrupt that came tells nothing. */
static void say_delivered(const struct check *c)
{
    unsigned long long times = answer_delivered(c->answer);
    char subject[64];

    answer_subject(c->answer, subject, sizeof(subject));
    *subject = *subject == 'i' ? 'I' : *subject == 'v' ? 'V' : 'E';
    if (times == 1)
        fold_format(stdout, 0, 0, "%s did arrive: the mistake is behind that.", subject);
    else
        fold_format(stdout, 0, 0, "%s did arrive, %llu times: the mistake is behind that.", subject,
                    times);
}

/* The failure that the lesson is about: what is closed is what it is. */
static bool is_the_lessons(const struct desk *d, const struct check *c)
{
    const char *missing;

    return c->exit_code && check_is_told(c, &d->lesson->expect, &missing);
}

static bool is_a_crash(const struct check *c)
{
    return c->exit_code && strstr(c->output, "unexpected exception, vector");
}

static int say_answer(const struct desk *d, const struct check *c, struct error *err)
{
    if (!c->is_built || d->lesson->is_explored || is_a_crash(c))
        return 0;
    if (c->answer && answer_delivered(c->answer) && !is_the_lessons(d, c))
        say_delivered(c);
    else if (!is_early(d))
        return say_everything(d, c, err);
    else if (c->gate)
        say_gates(d, c);
    return 0;
}

int report_not_yet(const struct desk *d, const struct check *c, struct error *err)
{
    putchar('\n');
    say_what(d, c);
    if (c->is_built && c->exit_code && d->lesson->is_explored)
        printf("The failing order, step by step: irqlab show %s/schedule\n", d->folder);
    return say_answer(d, c, err);
}

/* -- Passed ------------------------------------------------------------------------------------ */

void report_learned(const struct lesson *l)
{
    const char *question = l->gate ? gates_question(l->gate) : NULL, *sentence;

    sentence = l->learned ? l->learned : question ? question : "";
    if (l->gate)
        fold_format(stdout, 0, 2, "What you opened: %s. %s", l->gate, sentence);
    else
        fold_format(stdout, 0, 2, "%s", sentence);
}
