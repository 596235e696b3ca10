/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/top/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emu/dev/keeper.h"
#include "emu/top/curses.h"

enum { ASIDE_BYTES = 16384 };

struct terminal {
    struct curses *curses; /* NULL: it does not show */
    struct keeper keeper;
    int out_fd, err_fd; /* stdout and stderr, while they are kept aside; -1 */
    int aside_fd;       /* where what goes there comes out */
    size_t aside_n;
    char aside[ASIDE_BYTES + 1], line[256];
};

/* -- What the program says meanwhile ----------------------------------------------------------- */

/* Keeps the last of it. */
static void keep_aside(struct terminal *t, const char *text, size_t n)
{
    if (n > ASIDE_BYTES) {
        text += n - ASIDE_BYTES;
        n = ASIDE_BYTES;
    }
    if (t->aside_n + n > ASIDE_BYTES) {
        size_t gone = t->aside_n + n - ASIDE_BYTES;

        memmove(t->aside, t->aside + gone, t->aside_n - gone);
        t->aside_n -= gone;
    }
    memcpy(t->aside + t->aside_n, text, n);
    t->aside_n += n;
    t->aside[t->aside_n] = 0;
}

static void read_aside(struct terminal *t)
{
    char text[4096];
    ssize_t n;

    fflush(stdout);
    while (t->aside_fd >= 0 && (n = read(t->aside_fd, text, sizeof(text))) > 0)
        keep_aside(t, text, (size_t)n);
}

const char *terminal_aside(struct terminal *t)
{
    size_t end, begin;

    read_aside(t);
    for (end = t->aside_n; end > 0 && t->aside[end - 1] == '\n'; end--)
        ;
    for (begin = end; begin > 0 && t->aside[begin - 1] != '\n'; begin--)
        ;
    snprintf(t->line, sizeof(t->line), "%.*s", (int)(end - begin), t->aside + begin);
    return t->line;
}

/* A pipe that is full drops what comes: nobody may wait for the reader, who is the same thread. */
static int divert(struct terminal *t, struct error *err)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK))
        return error_set(err, IRQLAB_EXIT_HOST, -errno, "no pipe: %s", strerror(errno));
    fflush(stdout);
    t->aside_fd = ends[0];
    t->out_fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    dup2(ends[1], STDOUT_FILENO);
    if (isatty(STDERR_FILENO)) {
        t->err_fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
        dup2(ends[1], STDERR_FILENO);
    }
    close(ends[1]);
    return 0;
}

static void give_back(int *kept, int fd)
{
    if (*kept < 0)
        return;
    dup2(*kept, fd);
    close(*kept);
    *kept = -1;
}

static void undivert(struct terminal *t)
{
    read_aside(t);
    give_back(&t->out_fd, STDOUT_FILENO);
    give_back(&t->err_fd, STDERR_FILENO);
    if (t->aside_fd >= 0)
        close(t->aside_fd);
    t->aside_fd = -1;
    clearerr(stdout);
    clearerr(stderr);
    fwrite(t->aside, 1, t->aside_n, stderr);
    t->aside_n = 0;
}

/* -- From the beginning to the end ------------------------------------------------------------- */

static int start_keeper(struct terminal *t, struct error *err)
{
    char farewell[256];
    size_t n = curses_farewell(farewell, sizeof(farewell));
    struct termios saved;
    int rc = tcgetattr(STDIN_FILENO, &saved) ? -errno : 0;

    rc = rc ? rc : keeper_start(&t->keeper, STDIN_FILENO, &saved, farewell, n);
    if (rc)
        return error_set(err, IRQLAB_EXIT_HOST, rc, "the terminal cannot be had: %s",
                         strerror(-rc));
    return 0;
}

int terminal_open(struct terminal **out, struct error *err)
{
    struct terminal *t;
    int rc;

    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return error_bad_input(err,
                               "standard %s is no terminal, and top draws on one; irqlab serve "
                               "shows the same in a browser, irqlab why prints an answer",
                               isatty(STDIN_FILENO) ? "output" : "input");
    if (curses_check(err))
        return -EINVAL;
    t = calloc(1, sizeof(*t));
    if (!t)
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory");
    t->keeper = KEEPER_NONE;
    t->out_fd = t->err_fd = t->aside_fd = -1;
    rc = start_keeper(t, err);
    rc = rc ? rc : divert(t, err);
    if (rc)
        terminal_close(t);
    else
        *out = t;
    return rc;
}

int terminal_show(struct terminal *t, struct error *err)
{
    return curses_open(STDIN_FILENO, t->out_fd, &t->curses, err);
}

void terminal_close(struct terminal *t)
{
    if (!t)
        return;
    curses_close(t->curses);
    if (t->out_fd >= 0)
        undivert(t);
    keeper_stop(&t->keeper, true);
    free(t);
}

/* -- While it shows ---------------------------------------------------------------------------- */

int terminal_key(struct terminal *t)
{
    return curses_key(t->curses);
}

void terminal_size(const struct terminal *t, int *rows, int *cols)
{
    curses_size(t->curses, rows, cols);
}

void terminal_paint(struct terminal *t, const struct screen *s)
{
    curses_paint(t->curses, s);
}
