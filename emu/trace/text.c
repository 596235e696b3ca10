/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A line for each event, for people and for grep. */
#include "emu/trace/internal.h"

static char *put_padded(char *p, const char *text, unsigned width)
{
    char *end = put_text(p, text);

    while (end < p + width)
        *end++ = ' ';
    return end;
}

/* Several events come at one time. */
static char *put_head(struct trace *t, char *p, const struct trace_event *e)
{
    char *end;

    if (!t->head.n || t->head.instructions != e->instructions || t->head.now_ns != e->now_ns) {
        end = put_uint_wide(t->head.text, e->instructions, 12);
        *end++ = ' ';
        end = put_uint_wide(end, e->now_ns, 14);
        *end++ = ' ';
        t->head.n = (size_t)(end - t->head.text);
        t->head.instructions = e->instructions;
        t->head.now_ns = e->now_ns;
    }
    p = put_bytes(p, t->head.text, t->head.n);
    end = p;
    if (e->vcpu >= 0) {
        *end++ = 'v';
        end = put_uint(end, (unsigned)e->vcpu);
    } else {
        *end++ = '-';
    }
    while (end < p + 4)
        *end++ = ' ';
    *end++ = ' ';
    end = put_padded(end, trace_kind_names[e->kind], 9);
    *end++ = ' ';
    return end;
}

static char *put_gic(char *p, const struct trace_event *e)
{
    uint64_t detail = e->gic.detail;

    if (e->gic.event == GIC_EVENT_LINE) {
        p = put_text(PUT(p, "line "),
                     detail / 2 < GIC_N_LINES ? trace_line_names[detail / 2] : "?");
        return detail & 1 ? PUT(p, " up") : PUT(p, " down");
    }
    if (e->gic.event == GIC_EVENT_GUEST_ERROR)
        return put_hex(PUT(p, "meaningless access at offset 0x"), detail, 1);
    p = put_uint(PUT(p, "INTID "), e->gic.intid);
    if (e->gic.event == GIC_EVENT_SGI_SENT)
        return put_hex(PUT(p, " SGI sent, ICC_SGI1R_EL1=0x"), detail, 1);
    *p++ = ' ';
    p = put_text(p, trace_gic_names[e->gic.event]);
    return put_hex(PUT(p, ", priority 0x"), detail, 2);
}

static char *put_exception(char *p, const struct trace_event *e)
{
    const char *interrupt = trace_exception_name(e->exception.number);
    uint64_t syndrome = e->exception.syndrome;

    if (interrupt)
        return put_text(p, interrupt);
    p = put_hex(PUT(p, "EC 0x"), syndrome >> 26, 2);
    return put_hex(PUT(p, " ISS 0x"), syndrome & 0x1ffffff, 7);
}

static char *put_priority(char *p, const struct trace_event *e)
{
    p = put_hex(PUT(p, "PMR 0x"), e->priority.pmr, 2);
    p = put_hex(PUT(p, ", running 0x"), e->priority.running, 2);
    return put_hex(PUT(p, ", highest pending 0x"), e->priority.highest, 2);
}

static char *put_what(char *p, const struct trace_event *e)
{
    switch (e->kind) {
    case TRACE_IRQ:
        return put_gic(p, e);
    case TRACE_TIMER:
        p = put_text(p, trace_timer_names[e->timer.timer]);
        return e->timer.level ? PUT(p, " output up") : PUT(p, " output down");
    case TRACE_EXCEPTION:
        return put_exception(p, e);
    case TRACE_VCPU:
        return put_text(p, trace_state_names[e->state]);
    case TRACE_PRIORITY:
        return put_priority(p, e);
    default:
        return put_text(p, e->text);
    }
}

static char *write_place(const struct trace *t, char *p, uint64_t pc)
{
    uint64_t offset;
    const char *name = trace_symbol(t, pc, &offset);

    p = put_hex(PUT(p, " pc 0x"), pc, 1);
    if (!name)
        return p;
    *p++ = ' ';
    p = put_bytes(p, name, strnlen(name, TRACE_NAME_BYTES));
    return put_hex(PUT(p, "+0x"), offset, 1);
}

static void on_event(struct trace *t, const struct trace_event *e)
{
    char *p = put_what(put_head(t, trace_out_room(&t->out), e), e);

    if (e->has_pc)
        p = trace_put_place(t, p, e->pc, write_place);
    *p++ = '\n';
    trace_out_done(&t->out, p);
}

const struct trace_format trace_text = {.name = "text", .wants_pc = true, .event = on_event};
