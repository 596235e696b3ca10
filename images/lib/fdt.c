/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "images/lib/fdt.h"
#include "images/lib/smp.h"

enum { FDT_BEGIN_NODE = 1, FDT_END_NODE, FDT_PROP, FDT_NOP };

static u32 be32(const void *p)
{
    const u8 *b = p;
    return (u32)b[0] << 24 | b[1] << 16 | b[2] << 8 | b[3];
}

static bool same(const char *a, const char *b)
{
    for (; *a && *a == *b; a++, b++)
        ;
    return *a == *b;
}

/* A node's name matches with or without its unit address ("memory@40000000"). */
static bool node_is(const char *node, const char *name)
{
    for (; *name && *node == *name; node++, name++)
        ;
    return !*name && (!*node || *node == '@');
}

static unsigned padded_length(const char *s)
{
    unsigned n = 0;
    while (s[n])
        n++;
    return (n + 4) & ~3u;
}

bool fdt_is_valid(const void *fdt)
{
    return fdt && be32(fdt) == 0xd00dfeed && be32((const u8 *)fdt + 20) >= 16;
}

const char *fdt_string(const void *fdt, const char *node, const char *name)
{
    if (!fdt_is_valid(fdt))
        return NULL;
    const u8 *base = fdt;
    const u8 *p = base + be32(base + 8);
    const char *strings = (const char *)base + be32(base + 12);
    bool inside = false;
    for (;;) {
        u32 token = be32(p);
        p += 4;
        if (token == FDT_BEGIN_NODE) {
            inside = node_is((const char *)p, node);
            p += padded_length((const char *)p);
        } else if (token == FDT_END_NODE) {
            inside = false;
        } else if (token == FDT_PROP) {
            if (inside && same(strings + be32(p + 4), name))
                return (const char *)p + 8;
            p += 8 + ((be32(p) + 3) & ~3u);
        } else if (token != FDT_NOP) {
            return NULL;
        }
    }
}

static unsigned digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

static u64 parse_u64(const char *p)
{
    unsigned base = 10;
    u64 value = 0;
    if (p[0] == '0' && p[1] == 'x') {
        base = 16;
        p += 2;
    }
    for (; digit_of(*p) < base; p++)
        value = value * base + digit_of(*p);
    return value;
}

u64 bootarg_u64(const char *key, u64 fallback)
{
    const char *args = fdt_string(boot.fdt, "chosen", "bootargs");
    for (const char *p = args; p && *p; p++) {
        const char *k = key;
        for (; *k && *p == *k; p++, k++)
            ;
        if (!*k && *p == '=')
            return parse_u64(p + 1);
        while (*p && *p != ' ')
            p++;
        if (!*p)
            break;
    }
    return fallback;
}
