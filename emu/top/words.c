/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/top/top.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "emu/why.h"

const char *top_number(uint64_t n, char *to)
{
    char digits[24];
    int length = snprintf(digits, sizeof(digits), "%" PRIu64, n), k = 0;

    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            to[k++] = ',';
        to[k++] = digits[i];
    }
    to[k] = 0;
    return to;
}

const char *top_seconds(uint64_t ns, char *to)
{
    snprintf(to, TOP_WORD_BYTES, "%" PRIu64 ".%09" PRIu64, ns / 1000000000, ns % 1000000000);
    return to;
}

const char *top_duration(uint64_t ns, char *to)
{
    static const struct {
        uint64_t ns;
        const char *name;
    } units[] = {{1000000000, "s"}, {1000000, "ms"}, {1000, "us"}};

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (ns < units[i].ns)
            continue;
        snprintf(to, TOP_WORD_BYTES, "%" PRIu64 ".%03" PRIu64 " %s", ns / units[i].ns,
                 ns % units[i].ns / (units[i].ns / 1000), units[i].name);
        return to;
    }
    snprintf(to, TOP_WORD_BYTES, "%" PRIu64 " ns", ns);
    return to;
}

const char *top_pc(const struct top_data *d, uint64_t pc, char *to)
{
    uint64_t offset = 0;
    const char *name = d->symbol ? d->symbol(d->opaque, pc, &offset) : NULL;

    if (!name)
        snprintf(to, TOP_WORD_BYTES, "0x%" PRIx64, pc);
    else if (offset)
        snprintf(to, TOP_WORD_BYTES, "%.100s+0x%" PRIx64, name, offset);
    else
        snprintf(to, TOP_WORD_BYTES, "%.100s", name);
    return to;
}

const char *top_intid_kind(uint32_t intid, bool is_virtual, char *to)
{
    snprintf(to, TOP_WORD_BYTES, "%s%s", is_virtual ? "v" : "", why_kind(intid));
    return to;
}

const char *top_when(const struct top_data *d, const struct view_event *e, char *to)
{
    char ago[TOP_WORD_BYTES], pc[TOP_WORD_BYTES];
    uint64_t now_ns = d->frame->now_ns;

    top_duration(now_ns > e->now_ns ? now_ns - e->now_ns : 0, ago);
    snprintf(to, TOP_WORD_BYTES, "%.20s %.20s ago%s%.80s", e->kind, ago, e->has_pc ? " in " : "",
             e->has_pc ? top_pc(d, e->pc, pc) : "");
    return to;
}

const char *top_writer(const struct top_data *d, const struct writer *w, char *to)
{
    char ago[TOP_WORD_BYTES], pc[TOP_WORD_BYTES];
    uint64_t now_ns = d->frame->now_ns;

    top_duration(now_ns > w->now_ns ? now_ns - w->now_ns : 0, ago);
    if (!w->known)
        snprintf(to, TOP_WORD_BYTES, "nobody has written it: the value after reset");
    else if (w->by_machine)
        snprintf(to, TOP_WORD_BYTES, "its wire, %.20s ago", ago);
    else
        snprintf(to, TOP_WORD_BYTES, "%.60s on vCPU %u (%.24s = 0x%" PRIx64 "), %.20s ago",
                 top_pc(d, w->pc, pc), w->vcpu, w->reg, w->value, ago);
    return to;
}

const char *top_gate(const struct why_gate *g, char *to)
{
    char bit[12] = "";

    if (g->field_bit >= 0)
        snprintf(bit, sizeof(bit), "%d", g->field_bit);
    snprintf(to, TOP_WORD_BYTES,
             "%.47s%s%.30s%s is 0x%" PRIx64 ", wanted %.7s 0x%" PRIx64 " (%.31s)", g->reg,
             g->field[0] ? "." : "", g->field, bit, g->value, g->relation, g->wanted, g->section);
    return to;
}

/* Upper case: something is to be done. */
const char *top_verdict(enum view_verdict verdict)
{
    static const char *const names[] = {[VIEW_IDLE] = "idle",
                                        [VIEW_ACTIVE] = "ACTIVE",
                                        [VIEW_COMING] = "COMING",
                                        [VIEW_BLOCKED] = "BLOCKED"};

    return names[verdict];
}

enum style top_verdict_style(const struct view_irq *irq)
{
    static const enum style styles[] = {[VIEW_IDLE] = STYLE_PLAIN,
                                        [VIEW_ACTIVE] = STYLE_ACTIVE,
                                        [VIEW_COMING] = STYLE_COMING,
                                        [VIEW_BLOCKED] = STYLE_BLOCKED};

    if (irq->verdict == VIEW_IDLE && irq->deliveries)
        return STYLE_COMING; /* it came through */
    return styles[irq->verdict];
}

const char *top_group(enum gic_group group)
{
    static const char *const names[] = {[GIC_G0] = "0", [GIC_G1S] = "1S", [GIC_G1NS] = "1N"};

    return names[group];
}
