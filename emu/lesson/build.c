/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/lesson/build.h"

#include <errno.h>
#include <glob.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "emu/lesson/arguments.h"
#include "emu/lesson/child.h"
#include "emu/whole_file.h"

static int compile(const char *folder, struct arguments *a, bool *is_good, struct error *err)
{
    struct child c = {.folder = folder, .is_shown = true};
    int rc = arguments_check(a, err);

    rc = rc ? rc : child_run(&c, a->at, err);
    if (rc == -ENOENT && err)
        rc = error_bad_input(err, "The compiler " LESSON_COMPILER " is missing; install the "
                                  "package gcc-aarch64-linux-gnu");
    *is_good = !rc && !c.exit_code;
    child_clear(&c);
    return rc;
}

static int add_common(const struct desk *d, struct arguments *a, struct error *err)
{
    char path[DESK_PATH_BYTES];

    arguments_add(a, LESSON_COMPILER);
    snprintf(path, sizeof(path), "%s/images/guest.flags", d->path->root);
    if (arguments_file(a, path, err))
        return -EINVAL;
    arguments_format(a, "-I%s", d->path->root);
    arguments_format(a, "-ffile-prefix-map=%s/=", d->path->root);
    return 0;
}

/* -- The library ------------------------------------------------------------------------------- */

static int find(glob_t *found, const char *where, const char *below, struct error *err)
{
    char pattern[DESK_PATH_BYTES + 32];

    snprintf(pattern, sizeof(pattern), "%s%s", where, below);
    if (!glob(pattern, GLOB_BRACE, NULL, found))
        return 0;
    return error_bad_input(err,
                           "%s: nothing is there; lessons need the folder images/ of irqlab's "
                           "tree",
                           pattern);
}

static bool is_older(const struct stat *a, const char *than)
{
    struct stat b;

    return stat(than, &b) || a->st_mtim.tv_sec < b.st_mtim.tv_sec ||
           (a->st_mtim.tv_sec == b.st_mtim.tv_sec && a->st_mtim.tv_nsec <= b.st_mtim.tv_nsec);
}

/* For this tree, and later than everything that it is made of. */
static bool is_fresh(const struct desk *d, const char *stamp)
{
    char root[DESK_PATH_BYTES] = "";
    struct stat made;
    bool fresh = !stat(stamp, &made);
    glob_t found = {0};
    FILE *in = fresh ? fopen(stamp, "r") : NULL;

    fresh = in && fgets(root, sizeof(root), in) && !strcmp(root, d->path->root);
    if (in)
        fclose(in);
    fresh = fresh && !find(&found, d->path->root, "/images/{guest.flags,lib/*.[chS]}", NULL);
    for (size_t i = 0; fresh && i < found.gl_pathc; i++)
        fresh = !is_older(&made, found.gl_pathv[i]);
    globfree(&found);
    return fresh;
}

static int write_stamp(const struct desk *d, const char *stamp, struct error *err)
{
    struct whole_file out;
    int rc = whole_file_open(&out, stamp, "--dir", err);

    if (rc)
        return rc;
    fputs(d->path->root, out.file);
    return whole_file_finish(&out, "--dir", err);
}

static int build_library(const struct desk *d, bool *is_good, struct error *err)
{
    struct arguments a = {0};
    char stamp[DESK_PATH_BYTES + 16];
    glob_t found = {0};
    int rc;

    snprintf(stamp, sizeof(stamp), "%s/stamp", d->lib);
    *is_good = true;
    if (is_fresh(d, stamp))
        return 0;
    unlink(stamp);
    rc = add_common(d, &a, err);
    rc = rc ? rc : find(&found, d->path->root, "/images/lib/*.[cS]", err);
    arguments_add(&a, "-c");
    for (size_t i = 0; !rc && i < found.gl_pathc; i++)
        arguments_add(&a, found.gl_pathv[i]);
    rc = rc ? rc : compile(d->lib, &a, is_good, err);
    if (!rc && *is_good)
        rc = write_stamp(d, stamp, err);
    globfree(&found);
    arguments_clear(&a);
    return rc;
}

/* -- The image --------------------------------------------------------------------------------- */

/* A warning helps a learner; it does not stop one. A misspelt call would not link, without a word
 * about what may be meant. */
static int build_image(const struct desk *d, bool *is_good, struct error *err)
{
    struct arguments a = {0};
    char path[DESK_PATH_BYTES];
    glob_t found = {0};
    int rc = add_common(d, &a, err);

    snprintf(path, sizeof(path), "%s/images/lessons/lesson.flags", d->path->root);
    rc = rc ? rc : arguments_file(&a, path, err);
    rc = rc ? rc : find(&found, d->lib, "/*.o", err);
    arguments_add(&a, "-Wno-error");
    arguments_add(&a, "-Werror=implicit-function-declaration");
    arguments_format(&a, "-Wl,-T,%s/images/lib/link.ld,--build-id=none", d->path->root);
    arguments_add(&a, "-o");
    arguments_add(&a, d->image);
    arguments_add(&a, d->source);
    if (d->lesson->with)
        arguments_format(&a, "%s/images/%s", d->path->root, d->lesson->with);
    for (size_t i = 0; !rc && i < found.gl_pathc; i++)
        arguments_add(&a, found.gl_pathv[i]);
    rc = rc ? rc : compile(NULL, &a, is_good, err);
    globfree(&found);
    arguments_clear(&a);
    return rc;
}

int lesson_build(const struct desk *d, bool *is_good, struct error *err)
{
    int rc = build_library(d, is_good, err);

    return rc || !*is_good ? rc : build_image(d, is_good, err);
}
