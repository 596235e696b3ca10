/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Framing: $CONTENTS#CHECKSUM, acknowledged by + or - until QStartNoAckMode (GDB's manual, "Remote
 * Protocol", "Overview" and "Packet Acknowledgment").
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/gdb/internal.h"

enum { INTERRUPT = 3, ESCAPE = '}', ESCAPE_XOR = 0x20, SAY_BYTES = GDB_PACKET_BYTES / 2 - 8 };

/* -- Text -------------------------------------------------------------------------------------- */

void gdb_put_bytes(struct gdb_text *t, const void *bytes, size_t n)
{
    if (n > sizeof(t->bytes) - t->n)
        n = sizeof(t->bytes) - t->n;
    memcpy(t->bytes + t->n, bytes, n);
    t->n += n;
}

void gdb_put(struct gdb_text *t, const char *format, ...)
{
    char piece[256];
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(piece, sizeof(piece), format, args);
    va_end(args);
    if (n > 0)
        gdb_put_bytes(t, piece, (size_t)n < sizeof(piece) ? (size_t)n : sizeof(piece) - 1);
}

void gdb_put_hex(struct gdb_text *t, const void *bytes, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *p = bytes;

    for (size_t i = 0; i < n; i++) {
        const char pair[2] = {digits[p[i] >> 4], digits[p[i] & 15]};

        gdb_put_bytes(t, pair, 2);
    }
}

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool gdb_take_number(const char **at, uint64_t *value)
{
    const char *start = *at;

    *value = 0;
    for (; digit(**at) >= 0; (*at)++) {
        if (*value >> 60)
            return false;
        *value = *value << 4 | (uint64_t)digit(**at);
    }
    return *at != start;
}

bool gdb_take_char(const char **at, char c)
{
    if (**at != c || !c)
        return false;
    (*at)++;
    return true;
}

bool gdb_take_hex(const char **at, void *bytes, size_t n)
{
    uint8_t *to = bytes;

    for (size_t i = 0; i < n; i++, *at += 2) {
        int high = digit((*at)[0]), low = high < 0 ? -1 : digit((*at)[1]);

        if (low < 0)
            return false;
        to[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

/* -- In ---------------------------------------------------------------------------------------- */

static void drop(struct gdb_input *in, size_t n)
{
    in->n -= n;
    memmove(in->bytes, in->bytes + n, in->n);
}

static enum gdb_taken take_packet(struct gdb_input *in, char *packet, size_t *n)
{
    char *hash = memchr(in->bytes, '#', in->n);
    size_t length = hash ? (size_t)(hash - in->bytes) - 1 : in->n - 1;
    uint8_t sum = 0, given;
    bool good;

    if (!hash && length > GDB_PACKET_BYTES) { /* its end comes later: keep its beginning alone */
        in->too_long = true;
        in->n = 1;
    }
    if (!hash || in->n - length - 1 < 3)
        return GDB_NOTHING;
    good = length <= GDB_PACKET_BYTES && !in->too_long;
    for (size_t i = 0; good && i < length; i++)
        sum = (uint8_t)(sum + (uint8_t)in->bytes[1 + i]);
    if (good) {
        const char digits[3] = {hash[1], hash[2], 0}, *at = digits;

        memcpy(packet, in->bytes + 1, length);
        packet[length] = '\0';
        *n = length;
        good = gdb_take_hex(&at, &given, 1) && given == sum;
    }
    in->too_long = false;
    drop(in, length + 4);
    return good ? GDB_PACKET : GDB_BAD_PACKET;
}

enum gdb_taken gdb_input_take(struct gdb_input *in, char *packet, size_t *n)
{
    while (in->n) {
        char first = in->bytes[0];

        if (first == '$')
            return take_packet(in, packet, n);
        drop(in, 1);
        if (first == INTERRUPT)
            return GDB_INTERRUPT;
        if (first == '-')
            return GDB_NACK;
        /* '+', and what is noise between packets */
    }
    return GDB_NOTHING;
}

size_t gdb_unescape(char *bytes, size_t n)
{
    size_t to = 0;

    for (size_t from = 0; from < n; from++) {
        if (bytes[from] == ESCAPE && from + 1 < n)
            bytes[to++] = (char)(bytes[++from] ^ ESCAPE_XOR);
        else
            bytes[to++] = bytes[from];
    }
    return to;
}

/* -- Out --------------------------------------------------------------------------------------- */

void gdb_send_again(struct gdb_stub *g)
{
    if (g->last.n)
        g->options.send(g->options.opaque, g->last.bytes, g->last.n);
}

/* Contents are escaped by whoever makes them, and leave room for the frame. */
void gdb_send(struct gdb_stub *g, const struct gdb_text *t)
{
    size_t n = t->n <= GDB_PACKET_BYTES - 4 ? t->n : GDB_PACKET_BYTES - 4;
    uint8_t sum = 0;

    for (size_t i = 0; i < n; i++)
        sum = (uint8_t)(sum + (uint8_t)t->bytes[i]);
    g->last.n = 0;
    gdb_put_bytes(&g->last, "$", 1);
    gdb_put_bytes(&g->last, t->bytes, n);
    gdb_put(&g->last, "#%02x", sum);
    gdb_send_again(g);
}

/* In pieces that fit into packets. */
void gdb_say_text(struct gdb_stub *g, const char *text)
{
    struct gdb_text *t = calloc(1, sizeof(*t));

    for (size_t left = strlen(text); t && left;) {
        size_t n = left < SAY_BYTES ? left : SAY_BYTES;

        t->n = 0;
        gdb_put(t, "O");
        gdb_put_hex(t, text, n);
        gdb_send(g, t);
        text += n;
        left -= n;
    }
    free(t);
}

void gdb_say(struct gdb_stub *g, const char *format, ...)
{
    char line[1280];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof(line) - 1, format, args);
    va_end(args);
    strcat(line, "\n");
    gdb_say_text(g, line);
}
