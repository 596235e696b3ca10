/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/lesson/desk.h"

#include <errno.h>
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

static int make_folder(const char *folder, struct error *err)
{
    if (!mkdir(folder, 0777) || errno == EEXIST)
        return 0;
    return error_bad_input(err, "--dir: cannot make %s: %s", folder, strerror(errno));
}

int desk_open(struct desk *d, const struct lesson_path *path, const struct lesson *l,
              const char *dir, struct error *err)
{
    int rc;

    *d = (struct desk){.path = path, .lesson = l};
    rc = name(d->folder, err, "%s/%s", dir, l->name);
    rc = rc ? rc : name(d->source, err, "%s/%s/%s.c", dir, l->name, strchr(l->name, '-') + 1);
    rc = rc ? rc : name(d->image, err, "%s/%s/image.elf", dir, l->name);
    rc = rc ? rc : name(d->recording, err, "%s/%s/recording", dir, l->name);
    rc = rc ? rc : name(d->lib, err, "%s/.lib", dir);
    rc = rc ? rc : make_folder(dir, err);
    rc = rc ? rc : make_folder(d->folder, err);
    return rc ? rc : make_folder(d->lib, err);
}

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
