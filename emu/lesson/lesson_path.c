/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/lesson/lesson_path.h"

#include <ctype.h>
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SUFFIX ".lesson"

static int no_memory(struct error *err)
{
    return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory");
}

/* -- Where --------------------------------------------------------------------------------------
 */

static bool has_lessons(const char *folder)
{
    char pattern[PATH_MAX + 32];
    glob_t found;
    bool some;

    snprintf(pattern, sizeof(pattern), "%s/[0-9]*" SUFFIX, folder);
    some = !glob(pattern, 0, NULL, &found);
    globfree(&found);
    return some;
}

/* A folder above this program, or share/irqlab there. */
static bool beside_program(char folder[PATH_MAX])
{
    static const char *const below[] = {"", "/share/irqlab"};
    char program[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);
    char *slash;

    if (length < 0)
        return false;
    program[length] = '\0';
    while ((slash = strrchr(program, '/'))) {
        *slash = '\0';
        for (size_t i = 0; i < sizeof(below) / sizeof(below[0]); i++) {
            if (snprintf(folder, PATH_MAX, "%s%s/images/lessons", program, below[i]) < PATH_MAX &&
                has_lessons(folder))
                return true;
        }
    }
    return false;
}

static int find_folder(struct lesson_path *p, const char *given, struct error *err)
{
    char found[PATH_MAX], *root;

    if (given && !has_lessons(given))
        return error_bad_input(err, "--lessons %s: there is no lesson (NN-name" SUFFIX ") in it",
                               given);
    if (!given && !beside_program(found)) {
        if (!has_lessons(IRQLAB_SOURCE_DIR "/images/lessons"))
            return error_bad_input(err, "no lessons beside this program; give the source tree's "
                                        "with --lessons TREE/images/lessons");
        strcpy(found, IRQLAB_SOURCE_DIR "/images/lessons");
    }
    p->folder = realpath(given ? given : found, NULL);
    root = p->folder ? strdup(p->folder) : NULL;
    p->root = root;
    if (!root)
        return no_memory(err);
    for (unsigned i = 0; i < 2 && strrchr(root, '/'); i++)
        *strrchr(root, '/') = '\0';
    return 0;
}

/* -- All of them --------------------------------------------------------------------------------
 */

static int name_it(struct lesson *l, const char *path, struct error *err)
{
    const char *base = strrchr(path, '/') + 1;
    unsigned long number = strtoul(base, NULL, 10);

    if (!number || number > 999 || base[strspn(base, "0123456789")] != '-')
        return error_bad_input(err, "%s: a lesson's file is called NN-name" SUFFIX, path);
    l->number = (unsigned)number;
    l->name = strndup(base, strlen(base) - strlen(SUFFIX));
    return l->name ? 0 : no_memory(err);
}

static int read_one(struct lesson_path *p, const char *path, struct error *err)
{
    struct lesson *l = &p->lessons[p->n];
    FILE *in = fopen(path, "r");
    int rc;

    if (!in)
        return error_bad_input(err, "%s: %s", path, strerror(errno));
    rc = lesson_file_parse(in, path, l, err);
    fclose(in);
    if (rc)
        return rc;
    p->n++;
    return name_it(l, path, err);
}

static int by_number(const void *a, const void *b)
{
    const struct lesson *first = a, *second = b;

    return first->number < second->number ? -1 : first->number > second->number;
}

static int in_order(struct lesson_path *p, struct error *err)
{
    qsort(p->lessons, p->n, sizeof(*p->lessons), by_number);
    for (size_t i = 1; i < p->n; i++) {
        if (p->lessons[i].number == p->lessons[i - 1].number)
            return error_bad_input(err, "%s: lessons %s and %s have one number; rename one",
                                   p->folder, p->lessons[i - 1].name, p->lessons[i].name);
    }
    return 0;
}

int lesson_path_read(struct lesson_path *p, const char *folder, struct error *err)
{
    char pattern[PATH_MAX + 32];
    glob_t found = {0};
    int rc;

    *p = (struct lesson_path){0};
    rc = find_folder(p, folder, err);
    if (!rc) {
        snprintf(pattern, sizeof(pattern), "%s/[0-9]*" SUFFIX, p->folder);
        if (glob(pattern, 0, NULL, &found))
            rc = error_bad_input(err, "%s: cannot be read", p->folder);
    }
    if (!rc) {
        p->lessons = calloc(found.gl_pathc, sizeof(*p->lessons));
        rc = p->lessons ? 0 : no_memory(err);
    }
    for (size_t i = 0; !rc && i < found.gl_pathc; i++)
        rc = read_one(p, found.gl_pathv[i], err);
    globfree(&found);
    rc = rc ? rc : in_order(p, err);
    if (rc)
        lesson_path_clear(p);
    return rc;
}

static bool is_called(const struct lesson *l, const char *word)
{
    char *end;
    unsigned long number = isdigit((unsigned char)*word) ? strtoul(word, &end, 10) : 0;

    return (number && !*end && number == l->number) || !strcmp(word, l->name) ||
           !strcmp(word, strchr(l->name, '-') + 1);
}

const struct lesson *lesson_path_find(const struct lesson_path *p, const char *word,
                                      struct error *err)
{
    for (size_t i = 0; i < p->n; i++) {
        if (is_called(&p->lessons[i], word))
            return &p->lessons[i];
    }
    error_bad_input(err, "there is no lesson '%.60s'; irqlab lesson lists all %zu", word, p->n);
    return NULL;
}

void lesson_path_clear(struct lesson_path *p)
{
    for (size_t i = 0; i < p->n; i++)
        lesson_clear(&p->lessons[i]);
    free(p->lessons);
    free(p->folder);
    free(p->root);
    *p = (struct lesson_path){0};
}
