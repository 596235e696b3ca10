/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a console's bytes go to and come from on the host. No part of the machine's state: the
 * machine calls chardev_poll() at points of its own choice, stamps what comes with virtual time and
 * journals it.
 *
 * A terminal is put into raw mode with Ctrl-A as the escape key: Ctrl-A x quits, Ctrl-A p presses
 * the power key, Ctrl-A h shows help, Ctrl-A Ctrl-A sends Ctrl-A. Its settings come back at
 * chardev_close(), and also when the program dies of a signal (even SIGKILL): a small child process
 * waits for that, which needs no signal handler and no global state. Open a terminal early: the
 * child shares the memory that exists then.
 *
 * Output is buffered up to a line; chardev_poll(), chardev_flush() and chardev_close() write it.
 */
#ifndef IRQLAB_EMU_DEV_CHARDEV_H
#define IRQLAB_EMU_DEV_CHARDEV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "emu/error.h"

struct chardev;

/* What a person asked for with the escape key. */
enum chardev_event { CHARDEV_NO_EVENT, CHARDEV_QUIT, CHARDEV_POWER_KEY };

/**
 * chardev_open - opens "stdio", "file:PATH" (output only), "unix:PATH" (listens, one client at
 * a time; output without a client is dropped), "null" or "none" (neither input nor output).
 * On failure fills *err and returns a negative errno.
 */
int chardev_open(const char *spec, struct chardev **out, struct error *err);

/** chardev_from_fds - as "stdio", on given descriptors, which are not closed at the end. */
int chardev_from_fds(int in_fd, int out_fd, struct chardev **out, struct error *err);

/**
 * chardev_poll - takes up to @room bytes of input that are there now; never blocks.
 * Returns how many. With @room 0 it still accepts a client, and writes buffered output.
 */
size_t chardev_poll(struct chardev *c, uint8_t *buffer, size_t room);

/** chardev_take_event - the oldest event that chardev_poll() met, which is then forgotten. */
enum chardev_event chardev_take_event(struct chardev *c);

/** chardev_fd - a descriptor to wait on with poll(2) until chardev_poll() has work; -1: never. */
int chardev_fd(const struct chardev *c);

/** chardev_is_terminal - whether a person sits there (raw mode is on). */
bool chardev_is_terminal(const struct chardev *c);

/** chardev_write - all bytes, in order; waits for a slow reader. Failures are dropped. */
void chardev_write(struct chardev *c, const uint8_t *bytes, size_t size_bytes);
void chardev_flush(struct chardev *c);

/** chardev_close - flushes, restores the terminal, frees; NULL is allowed. */
void chardev_close(struct chardev *c);

#endif
