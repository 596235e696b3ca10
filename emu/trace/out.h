/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What formats write with: a buffer before a file, and functions that put text and numbers at a
 * place and return the next one. They are several times as fast as stdio, and need no locale.
 *
 *     char *p = trace_out_room(o);         // for at least TRACE_ROOM bytes
 *     p = put_uint(PUT(p, "INTID "), 27);
 *     trace_out_done(o, p);
 *
 * One thread at a time.
 */
#ifndef IRQLAB_EMU_TRACE_OUT_H
#define IRQLAB_EMU_TRACE_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
    TRACE_ROOM = 16 << 10, /* of one event */
    TRACE_OUT_BYTES = 1 << 18,
};

struct trace_out {
    int fd;
    bool failed; /* not all could be written */
    size_t n;
    char *bytes; /* [TRACE_OUT_BYTES] */
};

/** trace_out_open - @fd is closed by trace_out_close(). 0 or -ENOMEM. */
int trace_out_open(struct trace_out *o, int fd);
/** trace_out_open_unnamed - a file that only this knows of, and that can be read, too. */
int trace_out_open_unnamed(struct trace_out *o);
void trace_out_flush(struct trace_out *o);
/** trace_out_close - whether all was written; of one that was never open, too. */
bool trace_out_close(struct trace_out *o);
/** trace_out_copy - what a file of its own holds, from its beginning; flushed before. */
void trace_out_copy(struct trace_out *o, struct trace_out *from);
/** trace_out_print - for what is not written often. */
void trace_out_print(struct trace_out *o, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static inline char *trace_out_room(struct trace_out *o)
{
    if (o->n > TRACE_OUT_BYTES - TRACE_ROOM)
        trace_out_flush(o);
    return o->bytes + o->n;
}

static inline void trace_out_done(struct trace_out *o, const char *end)
{
    o->n = (size_t)(end - o->bytes);
}

static inline char *put_bytes(char *p, const void *bytes, size_t n)
{
    memcpy(p, bytes, n);
    return p + n;
}

/* Of a text whose length the compiler knows. */
#define PUT(p, literal) put_bytes(p, literal, sizeof(literal) - 1)

static inline char *put_text(char *p, const char *text)
{
    return put_bytes(p, text, strlen(text));
}

char *put_uint(char *p, uint64_t value);
/** put_uint_wide - with spaces before it, @width in all. */
char *put_uint_wide(char *p, uint64_t value, unsigned width);
/** put_hex - at least @digits of them. */
char *put_hex(char *p, uint64_t value, unsigned digits);

#endif
