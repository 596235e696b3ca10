/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A line for each event, for people and for grep. */
#include "emu/trace/internal.h"

#include <inttypes.h>

static void print_head(struct trace *t, const struct trace_event *e)
{
    fprintf(t->file, "%12" PRIu64 " %14" PRIu64 " ", e->instructions, e->now_ns);
    if (e->vcpu >= 0)
        fprintf(t->file, "v%-3d %-9s ", e->vcpu, trace_kind_names[e->kind]);
    else
        fprintf(t->file, "-    %-9s ", trace_kind_names[e->kind]);
}

static void print_gic(struct trace *t, const struct trace_event *e)
{
    uint64_t detail = e->gic.detail;

    if (e->gic.event == GIC_EVENT_LINE)
        fprintf(t->file, "line %s %s",
                detail / 2 < GIC_N_LINES ? trace_line_names[detail / 2] : "?",
                detail & 1 ? "up" : "down");
    else if (e->gic.event == GIC_EVENT_SGI_SENT)
        fprintf(t->file, "INTID %u SGI sent, ICC_SGI1R_EL1=0x%" PRIx64, e->gic.intid, detail);
    else if (e->gic.event == GIC_EVENT_GUEST_ERROR)
        fprintf(t->file, "meaningless access at offset 0x%" PRIx64, detail);
    else
        fprintf(t->file, "INTID %u %s, priority 0x%02" PRIx64, e->gic.intid,
                trace_gic_names[e->gic.event], detail);
}

static void print_exception(struct trace *t, const struct trace_event *e)
{
    const char *interrupt = trace_exception_name(e->exception.number);
    uint64_t syndrome = e->exception.syndrome;

    if (interrupt)
        fputs(interrupt, t->file);
    else
        fprintf(t->file, "EC 0x%02" PRIx64 " ISS 0x%07" PRIx64, syndrome >> 26,
                syndrome & 0x1ffffff);
}

static void print_place(struct trace *t, uint64_t pc)
{
    uint64_t offset;
    const char *name = trace_symbol(t, pc, &offset);

    fprintf(t->file, " pc 0x%" PRIx64, pc);
    if (name)
        fprintf(t->file, " %s+0x%" PRIx64, name, offset);
}

static void on_event(struct trace *t, const struct trace_event *e)
{
    print_head(t, e);
    switch (e->kind) {
    case TRACE_IRQ:
        print_gic(t, e);
        break;
    case TRACE_TIMER:
        fprintf(t->file, "%s output %s", trace_timer_names[e->timer.timer],
                e->timer.level ? "up" : "down");
        break;
    case TRACE_EXCEPTION:
        print_exception(t, e);
        break;
    case TRACE_VCPU:
        fputs(trace_state_names[e->state], t->file);
        break;
    case TRACE_PRIORITY:
        fprintf(t->file, "PMR 0x%02x, running 0x%02x, highest pending 0x%02x", e->priority.pmr,
                e->priority.running, e->priority.highest);
        break;
    default:
        fputs(e->text, t->file);
    }
    if (e->has_pc)
        print_place(t, e->pc);
    fputc('\n', t->file);
}

const struct trace_format trace_text = {.name = "text", .wants_pc = true, .event = on_event};
