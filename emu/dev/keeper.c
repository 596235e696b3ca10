/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/dev/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FAREWELL_BYTES = 256 };

struct charge {
    int tty_fd, pipe_fd;
    struct termios saved;
    size_t farewell_bytes;
    char farewell[FAREWELL_BYTES];
};

/*
 * The child: waits until the pipe from the program ends. A byte before that says that the program
 * has restored the terminal itself. It leaves the session, so that job control cannot stop it.
 */
static void __attribute__((noreturn)) keep(const struct charge *c)
{
    char byte;
    ssize_t n;

    setsid();
    do
        n = read(c->pipe_fd, &byte, 1);
    while (n < 0 && errno == EINTR);
    if (n == 0) {
        (void)!write(c->tty_fd, c->farewell, c->farewell_bytes);
        tcsetattr(c->tty_fd, TCSANOW, &c->saved);
    }
    _exit(0);
}

/* Closes everything in the child but two descriptors: nobody's pipe may stay open because of it. */
static void close_others(int keep_a, int keep_b)
{
    unsigned low = (unsigned)(keep_a < keep_b ? keep_a : keep_b);
    unsigned high = (unsigned)(keep_a < keep_b ? keep_b : keep_a);

    if (low > 0)
        close_range(0, low - 1, 0);
    if (high > low + 1)
        close_range(low + 1, high - 1, 0);
    close_range(high + 1, ~0u, 0);
}

int keeper_start(struct keeper *k, int tty_fd, const struct termios *saved, const char *farewell,
                 size_t farewell_bytes)
{
    struct charge c = {.tty_fd = tty_fd, .saved = *saved};
    int ends[2], rc = 0;

    *k = KEEPER_NONE;
    c.farewell_bytes = farewell_bytes < FAREWELL_BYTES ? farewell_bytes : FAREWELL_BYTES;
    memcpy(c.farewell, farewell, c.farewell_bytes);
    if (pipe2(ends, O_CLOEXEC))
        return -errno;
    k->pid = fork();
    if (k->pid == 0) {
        close_others(tty_fd, ends[0]);
        c.pipe_fd = ends[0];
        keep(&c);
    }
    if (k->pid < 0)
        rc = -errno;
    close(ends[0]);
    if (rc)
        close(ends[1]);
    else
        k->fd = ends[1];
    return rc;
}

void keeper_stop(struct keeper *k, bool restored)
{
    if (k->pid < 0)
        return;
    if (restored)
        (void)!write(k->fd, "", 1);
    close(k->fd);
    waitpid(k->pid, NULL, 0);
    *k = KEEPER_NONE;
}
