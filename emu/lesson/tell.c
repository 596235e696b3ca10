/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/lesson/tell.h"

#include <string.h>

#include "emu/lesson/fold.h"
#include "emu/lesson/words.h"

/* In front of a title in the list. The narrowest terminal has room for more. */
enum { INDENT = 2, BESIDE = 9 };

static void say(const char *text)
{
    fold_text(stdout, fold_width(stdout), INDENT, 0, text);
}

void tell_command(const struct given *g, unsigned number, const char *option)
{
    printf("irqlab lesson %u%s%s", number, *option ? " " : "", option);
    if (g->dir)
        printf(" --dir %s", g->dir);
    if (g->lessons)
        printf(" --lessons %s", g->lessons);
    putchar('\n');
}

/* -- The list ----------------------------------------------------------------------------------
 */

static const struct lesson *next_of(const char *dir, const struct lesson_path *p)
{
    for (size_t i = 0; i < p->n; i++) {
        if (!desk_is_done(dir, &p->lessons[i]))
            return &p->lessons[i];
    }
    return NULL;
}

void tell_list(const struct given *g, const char *dir, const struct lesson_path *p)
{
    const struct lesson *next = next_of(dir, p);
    unsigned done = 0, width = fold_width(stdout);

    fold_format(stdout, 0, 0,
                "Each lesson is a small program that fails because an interrupt goes astray. You "
                "mend it.\n\n");
    for (size_t i = 0; i < p->n; i++) {
        const struct lesson *l = &p->lessons[i];
        bool is_done = desk_is_done(dir, l);

        done += is_done;
        if (l->part)
            printf("%s%s\n", i ? "\n" : "", l->part);
        printf("%3u  [%c] ", l->number, is_done ? 'x' : l == next ? '>' : ' ');
        fold_text(stdout, width - BESIDE, 1, BESIDE, l->title);
    }
    printf("\n%u of %zu done.\n", done, p->n);
    if (next) {
        printf(done ? "Next:  " : "Start: ");
        tell_command(g, next->number, "");
    }
}

/* -- A lesson ----------------------------------------------------------------------------------
 */

static void tell_files(const struct desk *d)
{
    printf("\nWHAT TO DO\n  Your copy of the program:\n      %s\n", d->source);
    printf("  What it may call, and what that does:\n      %s/images/lib/gic.h\n", d->path->root);
}

static void tell_more(const struct given *g, const struct desk *d)
{
    unsigned n = d->lesson->number;

    putchar('\n');
    if (!d->lesson->is_explored) {
        printf("  See the run: ");
        tell_command(g, n, "--top");
        printf("               (or in a browser: --serve)\n");
    }
    printf("  Stuck?       ");
    tell_command(g, n, "--hint");
    printf("  A word?      irqlab lesson --words\n");
    printf("  Start over:  ");
    tell_command(g, n, "--reset");
}

static void tell_steps(const struct given *g, const struct desk *d, bool is_done)
{
    tell_files(d);
    printf("  Build it, run it, and see what happens:\n\n      ");
    tell_command(g, d->lesson->number, "--check");
    putchar('\n');
    if (is_done)
        say("You have passed this lesson. To see again how the program fails, start over: your "
            "copy is kept.");
    else if (d->lesson->is_explored)
        say("The program fails, and irqlab says in which order of accesses. Change your copy, and "
            "do the same again, until it says PASSED.");
    else
        say("The program fails, and irqlab says which gate on the interrupt's way is closed. "
            "Change your copy, and do the same again, until it says PASSED.");
    tell_more(g, d);
}

/* Whether a citation before @n is of the same manual. */
static bool is_told(const struct lesson_texts *cites, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        if (words_manual(cites->at[i]) == words_manual(cites->at[n]))
            return true;
    }
    return false;
}

static void tell_cites(const struct lesson_texts *cites)
{
    printf("\nWHERE IT IS WRITTEN (for later; it is not needed now)\n");
    for (unsigned i = 0; i < cites->n; i++)
        say(cites->at[i]);
    for (unsigned i = 0; i < cites->n; i++) {
        const char *cite = cites->at[i], *manual = words_manual(cite);

        if (manual && !is_told(cites, i))
            fold_format(stdout, INDENT, 2, "(%.*s: %s)", (int)strcspn(cite, ","), cite, manual);
    }
}

void tell_lesson(const struct given *g, const struct desk *d)
{
    const struct lesson *l = d->lesson;
    bool is_done = desk_is_done(d->dir, l);

    fold_format(stdout, 0, 2, "Lesson %u: %s%s", l->number, l->title, is_done ? "  (done)" : "");
    printf("\nGOAL\n");
    say(l->goal);
    printf("\nSTORY\n");
    say(l->story);
    tell_steps(g, d, is_done);
    if (l->cites.n)
        tell_cites(&l->cites);
}

/* -- Hints ------------------------------------------------------------------------------------- */

void tell_hint(const struct given *g, const struct desk *d)
{
    const struct lesson_texts *hints = &d->lesson->hints;
    unsigned shown = desk_hints(d);
    struct error ignored = {0};
    bool is_kept = true;

    if (shown < hints->n)
        is_kept = !desk_set_hints(d, ++shown, &ignored);
    else
        shown = hints->n;
    for (unsigned i = 0; i < shown; i++) {
        printf("Hint %u of %u\n", i + 1, hints->n);
        say(hints->at[i]);
    }
    if (!is_kept)
        fold_format(stdout, 0, 0, "(I cannot write in %s, so the next hint will be this one.)",
                    d->folder);
    if (shown == hints->n) {
        printf("That was the last one. The solution: ");
        tell_command(g, d->lesson->number, "--solution");
    }
}
