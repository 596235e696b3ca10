/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

static void fill(struct error *err, enum irqlab_exit code, const char *format, va_list args)
{
    if (!err)
        return;
    err->exit_code = code;
    vsnprintf(err->text, sizeof(err->text), format, args);
}

int error_set(struct error *err, enum irqlab_exit code, int negative_errno, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fill(err, code, format, args);
    va_end(args);
    return negative_errno;
}

int error_bad_input(struct error *err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fill(err, IRQLAB_EXIT_BAD_INPUT, format, args);
    va_end(args);
    return -EINVAL;
}
