/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A device, a pipe: there is nothing to be whole, and it must not be replaced by a file. */
static bool is_special(const char *path)
{
    struct stat info;

    return !stat(path, &info) && !S_ISREG(info.st_mode);
}

int whole_file_open(struct whole_file *w, const char *path, const char *what, struct error *err)
{
    bool special = is_special(path);
    int rc;

    *w = (struct whole_file){.path = strdup(path)};
    if (!w->path || (!special && asprintf(&w->partial, "%s.partial", path) < 0)) {
        w->partial = NULL;
        whole_file_abandon(w);
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory");
    }
    w->file = fopen(special ? path : w->partial, "wbe");
    if (w->file)
        return 0;
    rc = error_bad_input(err, "%s: cannot write %s: %s", what, special ? path : w->partial,
                         strerror(errno));
    whole_file_abandon(w);
    return rc;
}

static bool sync_folder(const char *path)
{
    char *copy = strdup(path);
    int fd = copy ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    bool good = fd >= 0 && !fsync(fd);

    if (fd >= 0)
        close(fd);
    free(copy);
    return good;
}

int whole_file_finish(struct whole_file *w, const char *what, struct error *err)
{
    bool good = !ferror(w->file) && !fflush(w->file) && (!w->partial || !fsync(fileno(w->file)));
    int rc = 0;

    good &= !fclose(w->file);
    w->file = NULL;
    if (w->partial)
        good = good && !rename(w->partial, w->path) && sync_folder(w->path);
    if (!good) {
        rc = error_set(err, IRQLAB_EXIT_HOST, -EIO, "%s: cannot write %s: %s", what, w->path,
                       strerror(errno));
        if (w->partial)
            unlink(w->partial);
    }
    free(w->partial);
    w->partial = NULL;
    whole_file_abandon(w);
    return rc;
}

void whole_file_abandon(struct whole_file *w)
{
    if (w->file)
        fclose(w->file);
    if (w->file && w->partial)
        unlink(w->partial);
    free(w->partial);
    free(w->path);
    *w = (struct whole_file){0};
}
