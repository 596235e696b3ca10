/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Errors that a person reads, and the program's exit codes.
 *
 * A function that can fail takes a `struct error *` last, fills it and returns a negative errno.
 * The text names the file or option, says what is wrong, and what to try next; it has no final
 * newline. Nothing is printed before main() does it. Not thread-safe per object.
 */
#ifndef IRQLAB_EMU_ERROR_H
#define IRQLAB_EMU_ERROR_H

enum irqlab_exit {
    IRQLAB_EXIT_OK = 0,
    /* 1..99: the guest's own exit code. */
    IRQLAB_EXIT_GUEST_MAX = 99,
    IRQLAB_EXIT_LOCKUP = 100,         /* no vCPU can ever run again */
    IRQLAB_EXIT_LOST_INTERRUPT = 101, /* deliverable, never delivered */
    IRQLAB_EXIT_GUEST_ASSERT = 102,   /* the guest reported a failed assertion or panicked */
    IRQLAB_EXIT_DIVERGENCE = 103,     /* a replay did not follow its recording */
    IRQLAB_EXIT_GUEST_WILD = 104,     /* the guest has no way forward */
    IRQLAB_EXIT_NO_PROGRESS = 105,    /* a test ran far longer than it should: live-lock */
    IRQLAB_EXIT_DEADLOCK = 106,       /* every vCPU spins or waits, with nothing to come */
    IRQLAB_EXIT_EOI = 107,            /* an interrupt was ended twice, out of order, or never */
    IRQLAB_EXIT_INVARIANT = 108,      /* what --invariant says does not hold */
    IRQLAB_EXIT_RACE = 109,           /* --races: accesses that nothing orders */
    IRQLAB_EXIT_LIMIT = 110,          /* a limit given by the user was reached */
    IRQLAB_EXIT_STRICT = 111,         /* --strict=error: the first warning */
    IRQLAB_EXIT_BAD_INPUT = 120,      /* an option or a file is wrong */
    IRQLAB_EXIT_HOST = 121,           /* out of memory, disk full, ... */
    IRQLAB_EXIT_INTERNAL = 125,       /* a bug in irqlab */
};

struct error {
    enum irqlab_exit exit_code;
    char text[1024];
};

/**
 * error_set - describe a failure; an earlier description is replaced.
 * @err: may be NULL (the caller does not want the text)
 * Returns @negative_errno, so that a function can `return error_set(...)`.
 */
int error_set(struct error *err, enum irqlab_exit code, int negative_errno, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/** error_bad_input - error_set() with IRQLAB_EXIT_BAD_INPUT and -EINVAL. */
int error_bad_input(struct error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
