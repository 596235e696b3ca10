/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `irqlab lesson`: a path of small programs with mistakes, to be mended by who learns. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "emu/commands.h"
#include "emu/lesson/check.h"

static const char help[] =
    "Usage: irqlab lesson                    all lessons, and which are done\n"
    "       irqlab lesson N                  what is to be done; lays out the source\n"
    "       irqlab lesson N --check          builds it, runs it, says what is still wrong\n"
    "       irqlab lesson N --top            builds it, runs it, and looks at the run (irqlab "
    "top)\n"
    "       irqlab lesson N --serve          the same in a browser (irqlab serve)\n"
    "       irqlab lesson N --hint           one hint more\n"
    "       irqlab lesson N --solution       the source, mended\n"
    "       irqlab lesson N --reset          the source as it was handed out\n"
    "       irqlab lesson N --verify         for authors: broken as told, and mended\n"
    "--dir DIR: where your sources are; else " DESK_DEFAULT " in the current folder.\n"
    "--lessons DIR: other lessons; else images/lessons of irqlab's tree.\n"
    "\n"
    "Exit code: 0; --check and --verify: 1 not passed yet; 120 bad input, or no compiler.\n";

enum action { TELL, CHECK, TOP, SERVE, HINT, SOLUTION, RESET, VERIFY, HELP };

enum { OPT_DIR = 256, OPT_LESSONS };

static const struct option lesson_options[] = {
    {"check", no_argument, NULL, CHECK},
    {"top", no_argument, NULL, TOP},
    {"serve", no_argument, NULL, SERVE},
    {"hint", no_argument, NULL, HINT},
    {"solution", no_argument, NULL, SOLUTION},
    {"reset", no_argument, NULL, RESET},
    {"verify", no_argument, NULL, VERIFY},
    {"help", no_argument, NULL, HELP},
    {"dir", required_argument, NULL, OPT_DIR},
    {"lessons", required_argument, NULL, OPT_LESSONS},
    {NULL, 0, NULL, 0},
};

struct lesson_arguments {
    enum action action;
    const char *word, *dir, *lessons;
    bool dir_is_given;
    int exit_code;
};

static int take_option(struct lesson_arguments *a, int id, struct error *err)
{
    if (id == OPT_DIR) {
        a->dir = optarg;
        a->dir_is_given = true;
    } else if (id == OPT_LESSONS) {
        a->lessons = optarg;
    } else if (a->action != TELL && a->action != (enum action)id) {
        return error_bad_input(err, "--%s and --%s do not go together",
                               lesson_options[a->action - 1].name, lesson_options[id - 1].name);
    } else {
        a->action = (enum action)id;
    }
    return 0;
}

static int parse(int argc, char **argv, struct lesson_arguments *a, struct error *err)
{
    int id, rc = 0;

    opterr = 0;
    optind = 0;
    while (!rc && (id = getopt_long(argc, argv, ":h", lesson_options, NULL)) != -1) {
        const char *word = argv[optind > 0 ? optind - 1 : 0];

        if (id == ':')
            rc = error_bad_input(err, "%s: needs a value; see irqlab lesson --help", word);
        else if (id == '?')
            rc = error_bad_input(err, "'%s' is not an option; see irqlab lesson --help", word);
        else
            rc = take_option(a, id == 'h' ? HELP : id, err);
    }
    if (rc || a->action == HELP)
        return rc;
    if (argc - optind > 1)
        return error_bad_input(err, "'%s': one lesson at a time", argv[optind + 1]);
    a->word = argv[optind];
    if (!a->word && a->action != TELL)
        return error_bad_input(err, "which lesson? irqlab lesson lists them");
    return 0;
}

/* -- Telling ------------------------------------------------------------------------------------
 */

static void print_indented(const char *text)
{
    printf("  ");
    for (; *text; text++) {
        putchar(*text);
        if (*text == '\n' && text[1] != '\n')
            printf("  ");
    }
    putchar('\n');
}

static void print_command(const struct lesson_arguments *a, unsigned number, const char *option)
{
    printf("irqlab lesson %u%s%s%s%s%s", number, *option ? " " : "", option,
           a->dir_is_given ? " --dir " : "", a->dir_is_given ? a->dir : "",
           a->lessons ? " --lessons " : "");
    printf("%s\n", a->lessons ? a->lessons : "");
}

static int list(const struct lesson_arguments *a, const struct lesson_path *p)
{
    const struct lesson *next = NULL;
    unsigned done = 0;

    for (size_t i = 0; i < p->n; i++) {
        const struct lesson *l = &p->lessons[i];
        bool is_done = desk_is_done(a->dir, l);

        done += is_done;
        next = next || is_done ? next : l;
        if (l->part)
            printf("%s%s\n", i ? "\n" : "", l->part);
        printf("%3u  [%c]  %s\n", l->number, is_done ? 'x' : ' ', l->title);
    }
    printf("\n%u of %zu done.", done, p->n);
    if (next) {
        printf(" Next: ");
        print_command(a, next->number, "");
    } else {
        putchar('\n');
    }
    return 0;
}

static void tell_steps(const struct lesson_arguments *a, const struct desk *d)
{
    unsigned n = d->lesson->number;

    printf("\nWHAT TO DO\n  Your copy of the program:  %s\n", d->source);
    printf("  What it may call:          %s/images/lib/gic.h, and README.md there\n",
           d->path->root);
    printf("  Build it, run it, and see what happens:\n\n      ");
    print_command(a, n, "--check");
    printf("\n  The program fails, and irqlab says %s.\n"
           "  Change your copy, and do the same again, until it says PASSED.\n\n",
           d->lesson->is_explored ? "in which order of accesses"
                                  : "which gate on the interrupt's way is closed");
    if (!d->lesson->is_explored) {
        printf("  See the run: ");
        print_command(a, n, "--top");
        printf("               or, in a browser, --serve\n");
    }
    printf("  Stuck?       ");
    print_command(a, n, "--hint");
    printf("  Begin anew:  ");
    print_command(a, n, "--reset");
}

static void tell(const struct lesson_arguments *a, const struct desk *d)
{
    const struct lesson *l = d->lesson;

    printf("Lesson %u: %s%s\n\nGOAL\n", l->number, l->title,
           desk_is_done(a->dir, l) ? "  (done)" : "");
    print_indented(l->goal);
    printf("\nSTORY\n");
    print_indented(l->story);
    tell_steps(a, d);
    if (l->cites.n)
        printf("\nWHERE IT IS WRITTEN (for later; it is not needed now)\n");
    for (unsigned i = 0; i < l->cites.n; i++)
        print_indented(l->cites.at[i]);
}

static int give_hint(const struct lesson_arguments *a, const struct desk *d, struct error *err)
{
    const struct lesson_texts *hints = &d->lesson->hints;
    unsigned shown = desk_hints(d);
    int rc = 0;

    if (shown < hints->n)
        rc = desk_set_hints(d, ++shown, err);
    else
        shown = hints->n;
    for (unsigned i = 0; !rc && i < shown; i++) {
        printf("Hint %u of %u\n", i + 1, hints->n);
        print_indented(hints->at[i]);
    }
    if (!rc && shown == hints->n) {
        printf("That was the last one. The source, mended: ");
        print_command(a, d->lesson->number, "--solution");
    }
    return rc;
}

/* -- Checking -----------------------------------------------------------------------------------
 */

/* What the answer has behind @word at the start of a line, a part a line: two spaces divide them.
 */
static void print_parts(const char *answer, const char *word)
{
    size_t length = strlen(word);
    const char *at = answer;

    while (at && (strncmp(at, word, length) || at[length] != ' '))
        at = (at = strchr(at, '\n')) ? at + 1 : NULL;
    if (!at)
        return;
    for (at += length; *at && *at != '\n';) {
        const char *end = at + strspn(at, " ");
        size_t part = 0;

        while (end[part] && end[part] != '\n' && memcmp(end + part, "  ", 2) != 0)
            part++;
        if (part && strncmp(end, "FAIL", 4) != 0)
            printf("    %.*s\n", (int)part, end);
        at = end + part;
    }
}

/* The answer is long: what matters of it once more. */
static void say_gate(const struct check *c)
{
    printf("The first closed gate is '%s':\n", c->gate);
    print_parts(c->answer, c->gate);
    printf("What opens it:\n");
    print_parts(c->answer, "mend:");
}

static const char *meaning(int exit_code)
{
    switch (exit_code) {
    case IRQLAB_EXIT_LOCKUP:
        return ": everybody waits, and nothing will come";
    case IRQLAB_EXIT_LIMIT:
        return ": it ran on and on";
    default:
        return "";
    }
}

static void say_not_yet(const struct lesson_arguments *a, const struct desk *d,
                        const struct check *c, const char *missing)
{
    printf("\nNOT YET: ");
    if (!c->is_built)
        printf("the compiler found errors.\n");
    else if (c->exit_code)
        printf("the program ended with %d%s.\n", c->exit_code, meaning(c->exit_code));
    else
        printf("the program did not say: %s\n", missing);
    if (c->gate)
        say_gate(c);
    if (c->is_built && c->exit_code && d->lesson->is_explored)
        printf("The failing order, step by step: irqlab show %s/schedule\n", d->folder);
    printf("Change %s and try again, or: ", d->source);
    print_command(a, d->lesson->number, "--hint");
}

static int say_passed(const struct lesson_arguments *a, const struct desk *d, struct error *err)
{
    const struct lesson_path *p = d->path;
    size_t next = (size_t)(d->lesson - p->lessons) + 1;

    printf("\nPASSED. ");
    if (next < p->n) {
        printf("Next: ");
        print_command(a, p->lessons[next].number, "");
    } else {
        printf("That was the last lesson. %s/images/races/README.md has more races.\n", p->root);
    }
    return desk_set_done(d, err);
}

static int check_it(struct lesson_arguments *a, const struct desk *d, struct error *err)
{
    const char *missing;
    struct check c;
    int rc = desk_lay(d, DESK_BROKEN, false, err);

    rc = rc ? rc : check_run(d, &c, err);
    if (rc)
        return rc;
    if (check_is_passed(&c, d->lesson, &missing)) {
        rc = say_passed(a, d, err);
    } else {
        say_not_yet(a, d, &c, missing);
        a->exit_code = 1;
    }
    check_clear(&c);
    return rc;
}

static int verify_copy(struct lesson_arguments *a, const struct desk *d, enum desk_copy which,
                       struct error *err)
{
    const char *missing;
    struct check c;
    bool is_good;
    int rc = desk_lay(d, which, true, err);

    rc = rc ? rc : check_run(d, &c, err);
    if (rc)
        return rc;
    is_good = which == DESK_BROKEN ? check_is_as_handed_out(&c, d->lesson, &missing)
                                   : check_is_passed(&c, d->lesson, &missing);
    printf("\nVERIFY: the %s one %s%s%s\n", which == DESK_BROKEN ? "broken" : "mended",
           is_good ? "is as told" : "is not as told: exit code, or ",
           is_good ? "" : (missing ? missing : "what it says"),
           c.gate && !is_good ? " (another gate is closed)" : "");
    if (!is_good)
        a->exit_code = 1;
    check_clear(&c);
    return 0;
}

/* Away from the learner's copy. */
static int verify(struct lesson_arguments *a, const struct lesson_path *p, const struct lesson *l,
                  struct error *err)
{
    char dir[DESK_PATH_BYTES];
    struct desk d;
    int rc;

    snprintf(dir, sizeof(dir), "%s-verified", a->dir);
    rc = desk_open(&d, p, l, dir, err);
    rc = rc ? rc : verify_copy(a, &d, DESK_BROKEN, err);
    return rc ? rc : verify_copy(a, &d, DESK_MENDED, err);
}

/* -- The command --------------------------------------------------------------------------------
 */

static int look(struct lesson_arguments *a, const struct desk *d, struct error *err)
{
    int rc = desk_lay(d, DESK_BROKEN, false, err);

    rc = rc ? rc : check_look(d, a->action == TOP ? "top" : "serve", err);
    if (!rc) {
        printf("\nNothing to look at: the compiler found errors.\n");
        a->exit_code = 1;
    }
    return rc;
}

static int at_desk(struct lesson_arguments *a, const struct desk *d, struct error *err)
{
    int rc;

    switch (a->action) {
    case CHECK:
        return check_it(a, d, err);
    case TOP:
    case SERVE:
        return look(a, d, err);
    case HINT:
        return give_hint(a, d, err);
    case SOLUTION:
        return desk_print(d, DESK_MENDED, stdout, err);
    default:
        rc = desk_lay(d, DESK_BROKEN, a->action == RESET, err);
        if (!rc && a->action == RESET)
            printf("%s is as it was handed out.\n", d->source);
        else if (!rc)
            tell(a, d);
        return rc;
    }
}

static int do_lesson(struct lesson_arguments *a, const struct lesson_path *p, struct error *err)
{
    const struct lesson *l = lesson_path_find(p, a->word, err);
    struct desk d;
    int rc;

    if (!l)
        return -1;
    if (a->action == VERIFY)
        return verify(a, p, l, err);
    rc = desk_open(&d, p, l, a->dir, err);
    return rc ? rc : at_desk(a, &d, err);
}

int cmd_lesson(int argc, char **argv)
{
    struct lesson_arguments a = {.dir = DESK_DEFAULT};
    struct lesson_path p = {0};
    struct error err = {0};
    int rc = parse(argc, argv, &a, &err);

    if (!rc && a.action == HELP) {
        fputs(help, stdout);
        return IRQLAB_EXIT_OK;
    }
    rc = rc ? rc : lesson_path_read(&p, a.lessons, &err);
    if (!rc)
        rc = a.word ? do_lesson(&a, &p, &err) : list(&a, &p);
    if (rc) {
        fflush(stdout);
        fprintf(stderr, "irqlab lesson: %s\n", err.text);
    }
    lesson_path_clear(&p);
    return rc ? (int)err.exit_code : a.exit_code;
}
