/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/trace/out.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int trace_out_open(struct trace_out *o, int fd)
{
    *o = (struct trace_out){.fd = fd, .bytes = malloc(TRACE_OUT_BYTES)};
    return o->bytes ? 0 : -ENOMEM;
}

int trace_out_open_unnamed(struct trace_out *o)
{
    FILE *file = tmpfile();
    int fd = file ? fcntl(fileno(file), F_DUPFD_CLOEXEC, 0) : -1;

    if (file)
        fclose(file);
    if (fd < 0)
        return -ENOMEM;
    if (!trace_out_open(o, fd))
        return 0;
    close(fd);
    return -ENOMEM;
}

void trace_out_flush(struct trace_out *o)
{
    for (size_t done = 0; done < o->n && !o->failed;) {
        ssize_t n = write(o->fd, o->bytes + done, o->n - done);

        if (n > 0)
            done += (size_t)n;
        else if (n == 0 || errno != EINTR)
            o->failed = true;
    }
    o->n = 0;
}

bool trace_out_close(struct trace_out *o)
{
    if (!o->bytes)
        return true;
    trace_out_flush(o);
    if (close(o->fd))
        o->failed = true;
    free(o->bytes);
    o->bytes = NULL;
    return !o->failed;
}

void trace_out_copy(struct trace_out *o, struct trace_out *from)
{
    ssize_t n = 0;

    trace_out_flush(from);
    o->failed |= from->failed || lseek(from->fd, 0, SEEK_SET) < 0;
    while (!o->failed && (n = read(from->fd, trace_out_room(o), TRACE_ROOM)) > 0)
        o->n += (size_t)n;
    o->failed |= n < 0;
}

void trace_out_print(struct trace_out *o, const char *format, ...)
{
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(trace_out_room(o), TRACE_ROOM, format, args);
    va_end(args);
    if (n > 0)
        o->n += n < TRACE_ROOM ? (size_t)n : TRACE_ROOM - 1;
}

/* The digits of a number at the end of @room, which has 20 bytes; returns the first. */
static const char *digits_of(char *room, uint64_t value)
{
    static const char pairs[] = "00010203040506070809101112131415161718192021222324"
                                "25262728293031323334353637383940414243444546474849"
                                "50515253545556575859606162636465666768697071727374"
                                "75767778798081828384858687888990919293949596979899";
    char *p = room + 20;

    for (; value >= 100; value /= 100)
        p = memcpy(p - 2, pairs + value % 100 * 2, 2);
    if (value >= 10)
        return memcpy(p - 2, pairs + value * 2, 2);
    *--p = (char)('0' + value);
    return p;
}

char *put_uint(char *p, uint64_t value)
{
    char room[20];
    const char *first = digits_of(room, value);

    return put_bytes(p, first, (size_t)(room + 20 - first));
}

char *put_uint_wide(char *p, uint64_t value, unsigned width)
{
    char room[20];
    const char *first = digits_of(room, value);
    size_t n = (size_t)(room + 20 - first);

    for (; n < width; width--)
        *p++ = ' ';
    return put_bytes(p, first, n);
}

char *put_hex(char *p, uint64_t value, unsigned digits)
{
    unsigned needed = value ? (67 - (unsigned)__builtin_clzll(value)) / 4 : 1;

    digits = digits < needed ? needed : digits;
    for (unsigned i = digits; i--; value >>= 4)
        p[i] = "0123456789abcdef"[value & 0xf];
    return p + digits;
}
