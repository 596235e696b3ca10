/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `irqlab lesson`: a path of small programs with mistakes, to be mended by who learns. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "emu/commands.h"
#include "emu/lesson/check.h"
#include "emu/lesson/fold.h"
#include "emu/lesson/report.h"
#include "emu/lesson/tell.h"
#include "emu/lesson/words.h"

static const char help[] =
    "Usage: irqlab lesson                    all lessons, and which are done\n"
    "       irqlab lesson N                  what is to be done; lays out the source\n"
    "       irqlab lesson N --check          builds it, runs it, says what is still wrong\n"
    "       irqlab lesson N --top            builds it, runs it, and looks at the run (irqlab "
    "top)\n"
    "       irqlab lesson N --serve          the same in a browser (irqlab serve)\n"
    "       irqlab lesson N --hint           one hint more\n"
    "       irqlab lesson N --solution       the solution\n"
    "       irqlab lesson N --reset          start over; what you wrote is kept as FILE.old\n"
    "       irqlab lesson --words [WORD]     what the words mean: SGI, PPI, redistributor, ...\n"
    "       irqlab lesson N --verify         for authors: broken as told, and mended\n"
    "--dir DIR: where your sources are; else " DESK_DEFAULT " in the current folder, or in one\n"
    "above it.\n"
    "--lessons DIR: other lessons; else images/lessons of irqlab's tree.\n"
    "\n"
    "Exit code: 0; --check and --verify: 1 not passed yet; 120 bad input, or no compiler.\n";

enum action { TELL, CHECK, TOP, SERVE, HINT, SOLUTION, RESET, WORDS, VERIFY, HELP };

enum { OPT_DIR = 256, OPT_LESSONS };

static const struct option lesson_options[] = {
    {"check", no_argument, NULL, CHECK},
    {"top", no_argument, NULL, TOP},
    {"serve", no_argument, NULL, SERVE},
    {"hint", no_argument, NULL, HINT},
    {"solution", no_argument, NULL, SOLUTION},
    {"reset", no_argument, NULL, RESET},
    {"words", no_argument, NULL, WORDS},
    {"verify", no_argument, NULL, VERIFY},
    {"help", no_argument, NULL, HELP},
    {"dir", required_argument, NULL, OPT_DIR},
    {"lessons", required_argument, NULL, OPT_LESSONS},
    {NULL, 0, NULL, 0},
};

struct lesson_arguments {
    enum action action;
    const char *word;
    struct given given;
    char dir[DESK_PATH_BYTES];
    int exit_code;
};

static int take_option(struct lesson_arguments *a, int id, struct error *err)
{
    if (id == OPT_DIR) {
        if (strlen(optarg) >= DESK_PATH_BYTES)
            return error_bad_input(err, "--dir: the path is too long");
        a->given.dir = optarg;
    } else if (id == OPT_LESSONS) {
        a->given.lessons = optarg;
    } else if (a->action != TELL && a->action != (enum action)id) {
        return error_bad_input(err, "--%s and --%s do not go together",
                               lesson_options[a->action - 1].name, lesson_options[id - 1].name);
    } else {
        a->action = (enum action)id;
    }
    return 0;
}

static bool is_option(const char *word)
{
    for (size_t i = 0; lesson_options[i].name; i++) {
        if (!strcmp(word, lesson_options[i].name))
            return true;
    }
    return false;
}

static int take_words(struct lesson_arguments *a, char **words, int n, struct error *err)
{
    for (int i = 0; i < n; i++) {
        if (is_option(words[i]))
            return error_bad_input(err, "'%s': did you mean --%s?", words[i], words[i]);
    }
    if (n > 1)
        return error_bad_input(err, "'%s': one lesson at a time", words[1]);
    a->word = words[0];
    if (!a->word && a->action != TELL && a->action != WORDS)
        return error_bad_input(err, "which lesson? irqlab lesson lists them");
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
    return take_words(a, argv + optind, argc - optind, err);
}

/* -- Checking -----------------------------------------------------------------------------------
 */

static int say_passed(const struct lesson_arguments *a, const struct desk *d, struct error *err)
{
    const struct lesson_path *p = d->path;
    size_t next = (size_t)(d->lesson - p->lessons) + 1;

    printf("\nPASSED.\n");
    report_learned(d->lesson);
    if (next < p->n) {
        printf("Next: ");
        tell_command(&a->given, p->lessons[next].number, "");
    } else {
        printf("That was the last lesson. %s/images/races/README.md has more races.\n", p->root);
    }
    return desk_set_done(d, err);
}

static int check_it(struct lesson_arguments *a, const struct desk *d, struct error *err)
{
    const char *missing;
    struct check c = {0};
    int rc = check_run(d, &c, err);

    if (rc) {
        check_clear(&c);
        return rc;
    }
    if (check_is_passed(&c, d->lesson, &missing)) {
        rc = say_passed(a, d, err);
    } else {
        rc = report_not_yet(d, &c, err);
        printf("Change your copy, and check again:\n    %s\nStuck? ", d->source);
        tell_command(&a->given, d->lesson->number, "--hint");
        a->exit_code = 1;
    }
    check_clear(&c);
    return rc;
}

static int verify_copy(struct lesson_arguments *a, const struct desk *d, enum desk_copy which,
                       struct error *err)
{
    const char *missing;
    struct check c = {0};
    bool is_good;
    int rc = desk_lay(d, which, true, err);

    rc = rc ? rc : check_run(d, &c, err);
    if (rc) {
        check_clear(&c);
        return rc;
    }
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
    char dir[DESK_PATH_BYTES + 16];
    struct desk d;
    int rc;

    snprintf(dir, sizeof(dir), "%s-verified", a->dir);
    rc = desk_open(&d, p, l, dir, err);
    rc = rc ? rc : desk_make(&d, err);
    rc = rc ? rc : verify_copy(a, &d, DESK_BROKEN, err);
    return rc ? rc : verify_copy(a, &d, DESK_MENDED, err);
}

/* -- The command --------------------------------------------------------------------------------
 */

static int look(struct lesson_arguments *a, const struct desk *d, struct error *err)
{
    int rc = check_look(d, a->action == TOP ? "top" : "serve", err);

    if (!rc) {
        printf("\nNothing to look at: the compiler found errors.\n");
        a->exit_code = 1;
    }
    return rc;
}

static int reset(const struct desk *d, struct error *err)
{
    char kept[DESK_PATH_BYTES];
    int rc = desk_reset(d, kept, err);

    if (rc)
        return rc;
    printf("%s is as it was handed out.\n", d->source);
    if (*kept)
        printf("What you wrote is in %s.\n", kept);
    return 0;
}

static int begin(struct lesson_arguments *a, const struct desk *d, struct error *err)
{
    int rc = desk_make(d, err);

    rc = rc ? rc : desk_lay(d, DESK_BROKEN, false, err);
    if (!rc)
        tell_lesson(&a->given, d);
    return rc;
}

/* What needs a copy does not lay one: the learner's may be in another folder. */
static int at_desk(struct lesson_arguments *a, const struct desk *d, struct error *err)
{
    int rc;

    if (a->action == SOLUTION)
        return desk_print(d, DESK_MENDED, stdout, err);
    if (a->action == TELL)
        return begin(a, d, err);
    rc = a->action == RESET && !access(d->folder, F_OK) ? 0 : desk_need(d, err);
    if (rc)
        return rc;
    if (a->action == HINT) {
        tell_hint(&a->given, d);
        return 0;
    }
    rc = desk_make(d, err);
    if (rc)
        return rc;
    return a->action == RESET   ? reset(d, err)
           : a->action == CHECK ? check_it(a, d, err)
                                : look(a, d, err);
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

static void complain(const struct error *err)
{
    char text[sizeof(err->text) + 20];

    snprintf(text, sizeof(text), "irqlab lesson: %s", err->text);
    fflush(stdout);
    if (isatty(STDERR_FILENO))
        fold_text(stderr, fold_width(stderr), 0, 2, text);
    else
        fprintf(stderr, "%s\n", text);
}

static int do_it(struct lesson_arguments *a, const struct lesson_path *p, struct error *err)
{
    if (a->word)
        return do_lesson(a, p, err);
    tell_list(&a->given, a->dir, p);
    return 0;
}

int cmd_lesson(int argc, char **argv)
{
    struct lesson_arguments a = {0};
    struct lesson_path p = {0};
    struct error err = {0};
    int rc = parse(argc, argv, &a, &err);

    if (!rc && a.action == HELP) {
        fputs(help, stdout);
        return IRQLAB_EXIT_OK;
    }
    if (!rc && a.action == WORDS) {
        rc = words_print(a.word, stdout, &err);
    } else if (!rc) {
        if (a.given.dir)
            snprintf(a.dir, sizeof(a.dir), "%s", a.given.dir);
        else
            desk_find(a.dir);
        rc = lesson_path_read(&p, a.given.lessons, &err);
        rc = rc ? rc : do_it(&a, &p, &err);
    }
    if (rc)
        complain(&err);
    lesson_path_clear(&p);
    return rc ? (int)err.exit_code : a.exit_code;
}
