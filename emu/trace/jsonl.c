/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A JSON object on each line; names and numbers as in the text. */
#include "emu/trace/internal.h"

#include <inttypes.h>

/* Texts are the emulator's own and a guest's symbols: any byte may be in them. */
static void print_string(FILE *file, const char *key, const char *text)
{
    fprintf(file, ",\"%s\":\"", key);
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if (*p == '"' || *p == '\\')
            fprintf(file, "\\%c", *p);
        else if (*p < 0x20 || *p >= 0x7f)
            fprintf(file, "\\u%04x", *p);
        else
            fputc(*p, file);
    }
    fputc('"', file);
}

static void print_gic(FILE *file, const struct trace_event *e)
{
    uint64_t detail = e->gic.detail;

    print_string(file, "event", trace_gic_names[e->gic.event]);
    if (e->gic.event == GIC_EVENT_LINE) {
        print_string(file, "line", detail / 2 < GIC_N_LINES ? trace_line_names[detail / 2] : "?");
        fprintf(file, ",\"level\":%" PRIu64, detail & 1);
    } else if (e->gic.event == GIC_EVENT_GUEST_ERROR) {
        fprintf(file, ",\"offset\":%" PRIu64, detail);
    } else if (e->gic.event == GIC_EVENT_SGI_SENT) {
        fprintf(file, ",\"intid\":%u,\"value\":\"0x%" PRIx64 "\"", e->gic.intid, detail);
    } else {
        fprintf(file, ",\"intid\":%u,\"priority\":%" PRIu64, e->gic.intid, detail);
    }
}

static void print_exception(FILE *file, const struct trace_event *e)
{
    const char *interrupt = trace_exception_name(e->exception.number);

    print_string(file, "event", interrupt ? interrupt : "exception");
    if (!interrupt)
        fprintf(file, ",\"ec\":%" PRIu64 ",\"iss\":%" PRIu64, e->exception.syndrome >> 26,
                e->exception.syndrome & 0x1ffffff);
}

static void print_what(FILE *file, const struct trace_event *e)
{
    switch (e->kind) {
    case TRACE_IRQ:
        print_gic(file, e);
        break;
    case TRACE_TIMER:
        print_string(file, "timer", trace_timer_names[e->timer.timer]);
        fprintf(file, ",\"level\":%d", e->timer.level);
        break;
    case TRACE_EXCEPTION:
        print_exception(file, e);
        break;
    case TRACE_VCPU:
        print_string(file, "state", trace_state_names[e->state]);
        break;
    case TRACE_PRIORITY:
        fprintf(file, ",\"pmr\":%u,\"running\":%u,\"highest_pending\":%u", e->priority.pmr,
                e->priority.running, e->priority.highest);
        break;
    default:
        print_string(file, "text", e->text);
    }
}

static void on_event(struct trace *t, const struct trace_event *e)
{
    uint64_t offset;
    const char *name = e->has_pc ? trace_symbol(t, e->pc, &offset) : NULL;

    fprintf(t->file, "{\"instructions\":%" PRIu64 ",\"ns\":%" PRIu64, e->instructions, e->now_ns);
    if (e->vcpu >= 0)
        fprintf(t->file, ",\"vcpu\":%d", e->vcpu);
    print_string(t->file, "kind", trace_kind_names[e->kind]);
    print_what(t->file, e);
    if (e->has_pc)
        fprintf(t->file, ",\"pc\":\"0x%" PRIx64 "\"", e->pc);
    if (name) {
        print_string(t->file, "symbol", name);
        fprintf(t->file, ",\"offset\":%" PRIu64, offset);
    }
    fputs("}\n", t->file);
}

const struct trace_format trace_jsonl = {
    .name = "jsonl", .suffix = ".jsonl", .wants_pc = true, .event = on_event};
