/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A JSON object on each line; names and numbers as in the text. */
#include "emu/trace/internal.h"

/* Texts are the emulator's own and a guest's symbols: any byte may be in them. */
static char *put_escaped(char *p, const char *text, size_t n)
{
    for (const unsigned char *c = (const unsigned char *)text; n-- && *c; c++) {
        if (*c == '"' || *c == '\\') {
            *p++ = '\\';
            *p++ = (char)*c;
        } else if (*c < 0x20 || *c >= 0x7f) {
            p = put_hex(PUT(p, "\\u"), *c, 4);
        } else {
            *p++ = (char)*c;
        }
    }
    return p;
}

/* @p after `"key":"`, of a text that needs no escapes. */
static char *put_name(char *p, const char *text)
{
    p = put_text(p, text);
    *p++ = '"';
    return p;
}

static char *put_gic(char *p, const struct trace_event *e)
{
    uint64_t detail = e->gic.detail;

    p = put_name(PUT(p, ",\"event\":\""), trace_gic_names[e->gic.event]);
    if (e->gic.event == GIC_EVENT_LINE) {
        p = put_name(PUT(p, ",\"line\":\""),
                     detail / 2 < GIC_N_LINES ? trace_line_names[detail / 2] : "?");
        return detail & 1 ? PUT(p, ",\"level\":1") : PUT(p, ",\"level\":0");
    }
    if (e->gic.event == GIC_EVENT_GUEST_ERROR)
        return put_uint(PUT(p, ",\"offset\":"), detail);
    p = put_uint(PUT(p, ",\"intid\":"), e->gic.intid);
    if (e->gic.event == GIC_EVENT_SGI_SENT) {
        p = put_hex(PUT(p, ",\"value\":\"0x"), detail, 1);
        *p++ = '"';
        return p;
    }
    return put_uint(PUT(p, ",\"priority\":"), detail);
}

static char *put_exception(char *p, const struct trace_event *e)
{
    const char *interrupt = trace_exception_name(e->exception.number);

    p = put_name(PUT(p, ",\"event\":\""), interrupt ? interrupt : "exception");
    if (interrupt)
        return p;
    p = put_uint(PUT(p, ",\"ec\":"), e->exception.syndrome >> 26);
    return put_uint(PUT(p, ",\"iss\":"), e->exception.syndrome & 0x1ffffff);
}

static char *put_priority(char *p, const struct trace_event *e)
{
    p = put_uint(PUT(p, ",\"pmr\":"), e->priority.pmr);
    p = put_uint(PUT(p, ",\"running\":"), e->priority.running);
    return put_uint(PUT(p, ",\"highest_pending\":"), e->priority.highest);
}

static char *put_what(char *p, const struct trace_event *e)
{
    switch (e->kind) {
    case TRACE_IRQ:
        return put_gic(p, e);
    case TRACE_TIMER:
        p = put_name(PUT(p, ",\"timer\":\""), trace_timer_names[e->timer.timer]);
        return e->timer.level ? PUT(p, ",\"level\":1") : PUT(p, ",\"level\":0");
    case TRACE_EXCEPTION:
        return put_exception(p, e);
    case TRACE_VCPU:
        return put_name(PUT(p, ",\"state\":\""), trace_state_names[e->state]);
    case TRACE_PRIORITY:
        return put_priority(p, e);
    default:
        p = put_escaped(PUT(p, ",\"text\":\""), e->text, TRACE_TEXT_BYTES);
        *p++ = '"';
        return p;
    }
}

static char *write_place(const struct trace *t, char *p, uint64_t pc)
{
    uint64_t offset;
    const char *name = trace_symbol(t, pc, &offset);

    p = put_hex(PUT(p, ",\"pc\":\"0x"), pc, 1);
    *p++ = '"';
    if (!name)
        return p;
    p = put_escaped(PUT(p, ",\"symbol\":\""), name, TRACE_NAME_BYTES);
    return put_uint(PUT(p, "\",\"offset\":"), offset);
}

/* Several events come at one time. */
static char *put_head(struct trace *t, char *p, const struct trace_event *e)
{
    char *end;

    if (!t->head.n || t->head.instructions != e->instructions || t->head.now_ns != e->now_ns) {
        end = put_uint(PUT(t->head.text, "{\"instructions\":"), e->instructions);
        end = put_uint(PUT(end, ",\"ns\":"), e->now_ns);
        t->head.n = (size_t)(end - t->head.text);
        t->head.instructions = e->instructions;
        t->head.now_ns = e->now_ns;
    }
    p = put_bytes(p, t->head.text, t->head.n);
    if (e->vcpu >= 0)
        p = put_uint(PUT(p, ",\"vcpu\":"), (unsigned)e->vcpu);
    return put_name(PUT(p, ",\"kind\":\""), trace_kind_names[e->kind]);
}

static void on_event(struct trace *t, const struct trace_event *e)
{
    char *p = put_what(put_head(t, trace_out_room(&t->out), e), e);

    if (e->has_pc)
        p = trace_put_place(t, p, e->pc, write_place);
    trace_out_done(&t->out, PUT(p, "}\n"));
}

const struct trace_format trace_jsonl = {
    .name = "jsonl", .suffix = ".jsonl", .wants_pc = true, .event = on_event};
