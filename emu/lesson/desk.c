/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/lesson/desk.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "emu/lesson/lesson_source.h"
#include "emu/whole_file.h"

__attribute__((format(printf, 3, 4))) static int name(char *where, struct error *err,
                                                      const char *format, ...)
{
    va_list args;
    int length;

    va_start(args, format);
    length = vsnprintf(where, DESK_PATH_BYTES, format, args);
    va_end(args);
    return length < DESK_PATH_BYTES ? 0 : error_bad_input(err, "--dir: the path is too long");
}

/* -- Where --------------------------------------------------------------------------------------
 */

/* Somebody else's, in a folder above that all may write to, is not meant. */
static bool is_own_folder(const char *path)
{
    struct stat info;

    return !stat(path, &info) && S_ISDIR(info.st_mode) && info.st_uid == geteuid();
}

void desk_find(char dir[DESK_PATH_BYTES])
{
    char here[PATH_MAX], *end;

    if (!is_own_folder(DESK_DEFAULT) && getcwd(here, sizeof(here))) {
        while ((end = strrchr(here, '/'))) {
            *end = '\0';
            if (snprintf(dir, DESK_PATH_BYTES, "%s/" DESK_DEFAULT, here) < DESK_PATH_BYTES &&
                is_own_folder(dir))
                return;
        }
    }
    strcpy(dir, DESK_DEFAULT);
}

int desk_open(struct desk *d, const struct lesson_path *path, const struct lesson *l,
              const char *dir, struct error *err)
{
    int rc;

    *d = (struct desk){.path = path, .lesson = l};
    rc = name(d->dir, err, "%s", dir);
    rc = rc ? rc : name(d->folder, err, "%s/%s", dir, l->name);
    rc = rc ? rc : name(d->source, err, "%s/%s/%s.c", dir, l->name, strchr(l->name, '-') + 1);
    rc = rc ? rc : name(d->image, err, "%s/%s/image.elf", dir, l->name);
    rc = rc ? rc : name(d->recording, err, "%s/%s/recording", dir, l->name);
    return rc ? rc : name(d->lib, err, "%s/.lib", dir);
}

/* The folder that @path is in, or would be in, by its whole path if there is one. */
static void parent(const char *path, char whole[PATH_MAX])
{
    char above[DESK_PATH_BYTES];
    char *slash;

    snprintf(above, sizeof(above), "%s", path);
    slash = strrchr(above, '/');
    if (slash)
        slash[slash == above] = '\0';
    if (!realpath(slash ? above : ".", whole))
        snprintf(whole, PATH_MAX, "%s", slash ? above : ".");
}

static int not_writable(const char *folder, int error, struct error *err)
{
    return error_bad_input(err,
                           "I cannot write in %s (%s). Work in a folder of your own: go there, or "
                           "name it with --dir DIR",
                           folder, strerror(error));
}

static int make_folder(const char *folder, struct error *err)
{
    char whole[PATH_MAX];
    int error;

    if (mkdir(folder, 0777) && errno != EEXIST) {
        error = errno;
        parent(folder, whole);
        return not_writable(whole, error, err);
    }
    if (!access(folder, W_OK | X_OK))
        return 0;
    error = errno;
    return not_writable(realpath(folder, whole) ? whole : folder, error, err);
}

int desk_make(const struct desk *d, struct error *err)
{
    int rc = make_folder(d->dir, err);

    rc = rc ? rc : make_folder(d->folder, err);
    return rc ? rc : make_folder(d->lib, err);
}

int desk_need(const struct desk *d, struct error *err)
{
    char whole[PATH_MAX];

    if (!access(d->source, F_OK))
        return 0;
    if (!access(d->folder, F_OK) && realpath(d->folder, whole))
        return error_bad_input(err,
                               "There is no %s in %s any more. To lay it there again: irqlab "
                               "lesson %u",
                               strrchr(d->source, '/') + 1, whole, d->lesson->number);
    if (!realpath(d->dir, whole))
        parent(d->dir, whole);
    return error_bad_input(err,
                           "There is no copy of lesson %u in %s. Yours may be in another folder: "
                           "go there, or name it with --dir DIR. To start here: irqlab lesson %u",
                           d->lesson->number, whole, d->lesson->number);
}

/* -- The copy ----------------------------------------------------------------------------------
 */

int desk_print(const struct desk *d, enum desk_copy which, FILE *out, struct error *err)
{
    const struct lesson *l = d->lesson;
    char path[DESK_PATH_BYTES], head[256];
    int rc = name(path, err, "%s/images/%s", d->path->root, l->source);
    FILE *in;

    if (rc)
        return rc;
    in = fopen(path, "r");
    if (!in)
        return error_bad_input(err, "%s: %s; the lesson %s names it as its source", path,
                               strerror(errno), l->name);
    snprintf(head, sizeof(head), "Lesson %u: %.150s. irqlab lesson %u tells what to do.", l->number,
             l->title, l->number);
    rc = lesson_source_copy(in, out, path, l->macro, (which == DESK_MENDED) == l->mended_with_macro,
                            head, err);
    fclose(in);
    return rc;
}

int desk_lay(const struct desk *d, enum desk_copy which, bool anew, struct error *err)
{
    struct whole_file out;
    int rc;

    if (!anew && !access(d->source, F_OK))
        return 0;
    rc = whole_file_open(&out, d->source, "--dir", err);
    if (rc)
        return rc;
    rc = desk_print(d, which, out.file, err);
    if (!rc)
        return whole_file_finish(&out, "--dir", err);
    whole_file_abandon(&out);
    return rc;
}

static bool is_as_handed_out(const struct desk *d)
{
    FILE *mine = fopen(d->source, "r"), *given = tmpfile();
    int a = 0, b = mine && given && !desk_print(d, DESK_BROKEN, given, NULL) ? 0 : 1;

    if (!b)
        rewind(given);
    while (a == b && a != EOF) {
        a = getc(mine);
        b = getc(given);
    }
    if (mine)
        fclose(mine);
    if (given)
        fclose(given);
    return a == b;
}

/* FILE.old, or FILE.old.2, ...: the first that is not there. */
static int keep_old(const struct desk *d, char kept[DESK_PATH_BYTES], struct error *err)
{
    int rc = name(kept, err, "%s.old", d->source);

    for (unsigned i = 2; !rc && !access(kept, F_OK); i++)
        rc = name(kept, err, "%s.old.%u", d->source, i);
    if (!rc && rename(d->source, kept))
        rc = error_bad_input(err, "I cannot keep %s as %s: %s", d->source, kept, strerror(errno));
    return rc;
}

int desk_reset(const struct desk *d, char kept[DESK_PATH_BYTES], struct error *err)
{
    int rc = 0;

    *kept = '\0';
    if (!access(d->source, F_OK) && !is_as_handed_out(d))
        rc = keep_old(d, kept, err);
    return rc ? rc : desk_lay(d, DESK_BROKEN, true, err);
}

/* -- What is remembered: a number in a file ---------------------------------------------------- */

static unsigned remembered(const char *folder, const char *what)
{
    char path[DESK_PATH_BYTES + 16];
    unsigned n = 0;
    FILE *in;

    snprintf(path, sizeof(path), "%s/.%s", folder, what);
    in = fopen(path, "r");
    if (!in)
        return 0;
    if (fscanf(in, "%3u", &n) != 1)
        n = 0;
    fclose(in);
    return n;
}

static int remember(const struct desk *d, const char *what, unsigned n, struct error *err)
{
    char path[DESK_PATH_BYTES + 16];
    struct whole_file out;
    int rc;

    snprintf(path, sizeof(path), "%s/.%s", d->folder, what);
    rc = whole_file_open(&out, path, "--dir", err);
    if (rc)
        return rc;
    fprintf(out.file, "%u\n", n);
    return whole_file_finish(&out, "--dir", err);
}

unsigned desk_hints(const struct desk *d)
{
    return remembered(d->folder, "hints");
}

int desk_set_hints(const struct desk *d, unsigned n, struct error *err)
{
    return remember(d, "hints", n, err);
}

bool desk_is_done(const char *dir, const struct lesson *l)
{
    char folder[DESK_PATH_BYTES];

    snprintf(folder, sizeof(folder), "%s/%s", dir, l->name);
    return remembered(folder, "done") != 0;
}

int desk_set_done(const struct desk *d, struct error *err)
{
    return remember(d, "done", 1, err);
}
