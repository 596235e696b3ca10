/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/explore/results_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int failed(const char *what, const char *path, struct error *err)
{
    int rc = -errno;

    return error_set(err, IRQLAB_EXIT_HOST, rc, "--json %s: cannot %s: %s", path, what,
                     strerror(-rc));
}

/* -- Writing ----------------------------------------------------------------------------------- */

static int write_all(const struct results_file *f, const char *text, size_t size, struct error *err)
{
    while (size) {
        ssize_t n = write(f->fd, text, size);

        if (n < 0 && errno != EINTR)
            return failed("write", f->path, err);
        text += n > 0 ? n : 0;
        size -= n > 0 ? (size_t)n : 0;
    }
    return f->is_file && fsync(f->fd) ? failed("sync", f->path, err) : 0;
}

int results_file_add(struct results_file *f, const json_t *lines, struct error *err)
{
    char *text = NULL;
    size_t size = 0, i;
    FILE *out = f->fd < 0 ? NULL : open_memstream(&text, &size);
    const json_t *line;
    bool good = out != NULL;
    int rc;

    if (f->fd < 0)
        return 0;
    json_array_foreach(lines, i, line)
    {
        good = good && !json_dumpf(line, out, JSON_COMPACT | JSON_PRESERVE_ORDER) &&
               putc('\n', out) != EOF;
    }
    good = (!out || !fclose(out)) && good;
    rc = good ? write_all(f, text, size, err)
              : error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory for results");
    free(text);
    return rc;
}

/* -- Opening ----------------------------------------------------------------------------------- */

/* A lock of this process alone: its children have none. */
static int lock(const struct results_file *f, struct error *err)
{
    struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    if (!fcntl(f->fd, F_SETLK, &all))
        return 0;
    if (errno != EACCES && errno != EAGAIN)
        return failed("lock", f->path, err);
    return error_bad_input(err, "--json %s: another irqlab writes to it", f->path);
}

static int begin(struct results_file *f, const json_t *recipe, struct error *err)
{
    json_t *lines = json_pack("[O]", recipe);
    int rc = lines ? results_file_add(f, lines, err)
                   : error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory for results");

    json_decref(lines);
    return rc;
}

/* A first line that is not whole: whoever began it was stopped at once. */
static bool has_line(int fd)
{
    char block[4096];
    ssize_t n;
    off_t at = 0;

    while ((n = pread(fd, block, sizeof(block), at)) > 0) {
        if (memchr(block, '\n', (size_t)n))
            return true;
        at += n;
    }
    return false;
}

static bool begins_like_results(int fd)
{
    static const char start[] = "{\"kind\":\"recipe\"";
    char text[sizeof(start)] = "";
    ssize_t n = pread(fd, text, sizeof(start) - 1, 0);

    return n >= 0 && !memcmp(text, start, (size_t)n);
}

static int go_on(struct results_file *f, const json_t *recipe, struct results *known,
                 struct error *err)
{
    int rc;

    if (!has_line(f->fd) && begins_like_results(f->fd))
        return ftruncate(f->fd, 0) ? failed("truncate", f->path, err) : begin(f, recipe, err);
    rc = results_read_fd(f->path, f->fd, known, err); /* to close another would unlock */
    rc = rc ? rc : results_same_recipe(f->path, known->recipe, "this command", recipe, false, err);
    if (rc)
        return rc;
    return ftruncate(f->fd, (off_t)known->whole_bytes) ? failed("truncate", f->path, err) : 0;
}

int results_file_open(struct results_file *f, const char *path, bool resume, const json_t *recipe,
                      struct results *known, struct error *err)
{
    int rc;

    *known = (struct results){0};
    *f = (struct results_file){.path = path, .fd = -1};
    if (!path)
        return 0;
    f->is_file = strcmp(path, "-") != 0;
    if (!f->is_file) {
        f->fd = dup(STDOUT_FILENO);
        return f->fd < 0 ? failed("open", path, err) : begin(f, recipe, err);
    }
    f->fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | (resume ? 0 : O_EXCL), 0666);
    if (f->fd < 0 && errno == EEXIST)
        return error_bad_input(err, "--json %s: it exists; --resume goes on with it", path);
    if (f->fd < 0)
        return error_bad_input(err, "--json %s: %s", path, strerror(errno));
    rc = lock(f, err);
    rc = rc ? rc : resume ? go_on(f, recipe, known, err) : begin(f, recipe, err);
    if (rc) {
        results_clear(known);
        results_file_close(f);
    }
    return rc;
}

void results_file_close(struct results_file *f)
{
    if (f->fd >= 0)
        close(f->fd);
    f->fd = -1;
}
