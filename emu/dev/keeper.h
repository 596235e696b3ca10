/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Gives a terminal back as it was, also when the program dies of a signal (even SIGKILL): a small
 * child process waits for that, which needs no signal handler and no global state. Start it early:
 * the child shares the memory that exists then.
 */
#ifndef IRQLAB_EMU_DEV_KEEPER_H
#define IRQLAB_EMU_DEV_KEEPER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <termios.h>

#define KEEPER_NONE ((struct keeper){.pid = -1, .fd = -1})

struct keeper {
    pid_t pid; /* -1: none */
    int fd;    /* the pipe that the child waits on */
};

/**
 * keeper_start - when the program is gone without keeper_stop(), @farewell (at most 256 bytes) is
 * written to @tty_fd, and its settings are @saved's again. 0 or a negative errno, and @k is then
 * KEEPER_NONE.
 */
int keeper_start(struct keeper *k, int tty_fd, const struct termios *saved, const char *farewell,
                 size_t farewell_bytes);

/** keeper_stop - the child ends; unless @restored, it restores first. KEEPER_NONE is allowed. */
void keeper_stop(struct keeper *k, bool restored);

#endif
