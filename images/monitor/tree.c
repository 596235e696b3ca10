/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The normal world's device tree (Devicetree Specification 0.4, chapter 5): the machine's, token by
 * token, with PSCI by SMC for each CPU, and with the monitor's memory reserved.
 */
#include "images/lib/board.h"
#include "images/lib/fdt.h"
#include "images/lib/print.h"
#include "images/monitor/monitor.h"

enum { FDT_BEGIN_NODE = 1, FDT_END_NODE, FDT_PROP, FDT_NOP, FDT_END = 9 };
enum { HEADER_BYTES = 40, RESERVATIONS_BYTES = 16, ROOM_FOR_OURS = 4096 };

/* Names of properties that are added; ours come first among the strings of the new tree. */
static const char our_names[] = "compatible\0method\0enable-method\0reg\0ranges\0no-map\0"
                                "#address-cells\0#size-cells";

struct writer {
    u8 *base;
    u32 at; /* the next token's offset */
};

static u32 get(const void *p)
{
    return __builtin_bswap32(*(const u32 *)p);
}

static void put(struct writer *w, u32 value)
{
    *(u32 *)(w->base + w->at) = __builtin_bswap32(value);
    w->at += 4;
}

static void put_bytes(struct writer *w, const void *bytes, u32 length)
{
    for (u32 i = 0; i < length; i++)
        w->base[w->at++] = ((const u8 *)bytes)[i];
    while (w->at % 4)
        w->base[w->at++] = 0;
}

static u32 length_of(const char *s)
{
    u32 n = 0;
    while (s[n])
        n++;
    return n + 1;
}

static bool begins(const char *s, const char *with)
{
    while (*with)
        if (*s++ != *with++)
            return false;
    return true;
}

static u32 name_of(const char *name)
{
    for (u32 at = 0; at < sizeof(our_names); at += length_of(our_names + at))
        if (length_of(name) == length_of(our_names + at) && begins(our_names + at, name))
            return at;
    panic("monitor: %s is not among our names", name);
}

/* -- Ours -------------------------------------------------------------------------------------- */

static void put_node(struct writer *w, const char *name)
{
    put(w, FDT_BEGIN_NODE);
    put_bytes(w, name, length_of(name));
}

static void put_property(struct writer *w, const char *name, const void *value, u32 length)
{
    put(w, FDT_PROP);
    put(w, length);
    put(w, name_of(name));
    put_bytes(w, value, length);
}

static void put_text(struct writer *w, const char *name, const char *value)
{
    put_property(w, name, value, length_of(value));
}

static void put_cell(struct writer *w, const char *name, u32 value)
{
    u32 big = __builtin_bswap32(value);
    put_property(w, name, &big, 4);
}

static void put_psci(struct writer *w)
{
    static const char compatible[] = "arm,psci-1.0\0arm,psci-0.2";
    put_node(w, "psci");
    put_property(w, "compatible", compatible, sizeof(compatible));
    put_text(w, "method", "smc");
    put(w, FDT_END_NODE);
}

static void put_reserved_memory(struct writer *w)
{
    static const u64 range[] = {__builtin_bswap64(MONITOR_BASE), __builtin_bswap64(MONITOR_BYTES)};
    put_node(w, "reserved-memory");
    put_cell(w, "#address-cells", 2);
    put_cell(w, "#size-cells", 2);
    put_property(w, "ranges", NULL, 0);
    put_node(w, "monitor@5f000000");
    put_property(w, "reg", range, sizeof(range));
    put_property(w, "no-map", NULL, 0);
    put(w, FDT_END_NODE);
    put(w, FDT_END_NODE);
}

/* -- The machine's ----------------------------------------------------------------------------- */

struct reader {
    const u8 *structure;
    const char *strings;
    u32 depth;
    bool in_cpu;
    u32 skip; /* depth of a node that is left out; 0: none */
};

/* Copies the token at @r and returns the next one. */
static const u8 *copy_token(struct reader *r, const u8 *p, struct writer *w)
{
    struct writer nowhere = {w->base, w->at};
    u32 token = get(p), length;
    const char *name = (const char *)p + 4;
    switch (token) {
    case FDT_BEGIN_NODE:
        r->depth++;
        if (!r->skip && r->depth == 2 && begins(name, "psci"))
            r->skip = r->depth;
        r->in_cpu = begins(name, "cpu@");
        put_node(r->skip ? &nowhere : w, name);
        if (r->in_cpu)
            put_text(w, "enable-method", "psci");
        return p + 4 + ((length_of(name) + 3) & ~3u);
    case FDT_END_NODE:
        if (r->depth == 1) {
            put_psci(w);
            put_reserved_memory(w);
        }
        put(r->skip ? &nowhere : w, token);
        r->skip = r->skip == r->depth ? 0 : r->skip;
        r->depth--;
        r->in_cpu = false;
        return p + 4;
    case FDT_PROP:
        length = 12 + ((get(p + 4) + 3) & ~3u);
        if (!r->skip && !(r->in_cpu && begins(r->strings + get(p + 8), "enable-method"))) {
            put(w, token);
            put(w, get(p + 4));
            put(w, get(p + 8) + sizeof(our_names));
            put_bytes(w, p + 12, get(p + 4));
        }
        return p + length;
    default:
        return p + 4;
    }
}

static void put_header(struct writer *w, u32 strings, u32 strings_bytes, u32 boot_cpu)
{
    u32 total = w->at;
    w->at = 0;
    put(w, 0xd00dfeed);
    put(w, total);
    put(w, HEADER_BYTES + RESERVATIONS_BYTES); /* structure */
    put(w, strings);
    put(w, HEADER_BYTES); /* reserved memory: none here */
    put(w, 17);
    put(w, 16);
    put(w, boot_cpu);
    put(w, strings_bytes);
    put(w, strings - HEADER_BYTES - RESERVATIONS_BYTES);
}

void tree_make(const void *from)
{
    const u8 *base = from;
    struct writer w = {(u8 *)NORMAL_TREE, HEADER_BYTES};
    if (!from || get(base + 4) > NORMAL_TREE_BYTES - ROOM_FOR_OURS)
        panic("monitor: there is no device tree, or one too large");
    struct reader r = {.structure = base + get(base + 8),
                       .strings = (const char *)base + get(base + 12)};
    for (u32 i = 0; i < RESERVATIONS_BYTES; i += 4)
        put(&w, 0);
    const u8 *p = r.structure;
    while (get(p) != FDT_END)
        p = copy_token(&r, p, &w);
    put(&w, FDT_END);
    u32 strings = w.at;
    put_bytes(&w, our_names, sizeof(our_names));
    w.at = strings + sizeof(our_names);
    put_bytes(&w, r.strings, get(base + 32));
    put_header(&w, strings, w.at - strings, get(base + 28));
}
