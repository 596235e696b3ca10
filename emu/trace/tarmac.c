/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines as in Arm's Tarmac: time, unit, core, then E (exception), SIGNAL, R (a register that was
 * read or written). There are no lines for instructions: --trace does not see each of them.
 */
#include "emu/trace/internal.h"

static char *put_signal(char *p, const char *name, bool level)
{
    p = put_text(PUT(p, "SIGNAL: SIGNAL="), name);
    return level ? PUT(p, " STATE=Y") : PUT(p, " STATE=N");
}

/* What the guest accessed when the event came, as a register's line. */
static char *put_register(char *p, const struct trace_event *e)
{
    switch (e->gic.event) {
    case GIC_EVENT_ACKNOWLEDGED:
    case GIC_EVENT_SPURIOUS:
        return put_hex(PUT(p, "R ICC_IAR "), e->gic.intid, 8);
    case GIC_EVENT_PRIORITY_DROP:
        return put_hex(PUT(p, "R ICC_EOIR "), e->gic.intid, 8);
    case GIC_EVENT_SGI_SENT:
        return put_hex(PUT(p, "R ICC_SGIR "), e->gic.detail, 16);
    case GIC_EVENT_VIRTUAL_ACKNOWLEDGED:
        return put_hex(PUT(p, "R ICV_IAR "), e->gic.intid, 8);
    case GIC_EVENT_VIRTUAL_PRIORITY_DROP:
        return put_hex(PUT(p, "R ICV_EOIR "), e->gic.intid, 8);
    case GIC_EVENT_VIRTUAL_PENDED:
    case GIC_EVENT_VIRTUAL_DEACTIVATED:
        p = put_uint(PUT(p, "INTERRUPT: VINTID="), e->gic.intid);
        break;
    default:
        p = put_uint(PUT(p, "INTERRUPT: INTID="), e->gic.intid);
    }
    switch (e->gic.event) {
    case GIC_EVENT_PENDED:
    case GIC_EVENT_VIRTUAL_PENDED:
        return PUT(p, " STATE=pending");
    case GIC_EVENT_DEACTIVATED:
    case GIC_EVENT_VIRTUAL_DEACTIVATED:
        return PUT(p, " STATE=deactivated");
    default:
        return PUT(p, " STATE=not-pending");
    }
}

static char *put_gic(char *p, const struct trace_event *e)
{
    uint64_t line = e->gic.detail / 2;

    if (e->gic.event == GIC_EVENT_LINE)
        return put_signal(p, line < GIC_N_LINES ? trace_line_names[line] : "?", e->gic.detail & 1);
    if (e->gic.event == GIC_EVENT_GUEST_ERROR)
        return put_hex(PUT(p, "TEXT: meaningless access to the GIC at offset 0x"), e->gic.detail,
                       1);
    return put_register(p, e);
}

static char *put_exception(const struct trace *t, char *p, const struct trace_event *e)
{
    uint64_t offset;
    const char *name = trace_symbol(t, e->pc, &offset);

    p = put_hex(PUT(p, "E "), e->pc, 16);
    *p++ = ' ';
    p = put_hex(p, (unsigned)e->exception.number, 8);
    if (!trace_exception_name(e->exception.number))
        p = put_hex(PUT(p, " CoreEvent_SYNC ESR="), e->exception.syndrome, 8);
    else
        p = put_text(PUT(p, " CoreEvent_"), e->exception.number == 5    ? "IRQ"
                                            : e->exception.number == 6  ? "FIQ"
                                            : e->exception.number == 14 ? "VIRQ"
                                                                        : "VFIQ");
    if (!name)
        return p;
    p = put_bytes(PUT(p, " ; "), name, strnlen(name, TRACE_NAME_BYTES));
    return put_hex(PUT(p, "+0x"), offset, 1);
}

static char *put_what(const struct trace *t, char *p, const struct trace_event *e)
{
    switch (e->kind) {
    case TRACE_IRQ:
        return put_gic(p, e);
    case TRACE_TIMER:
        return put_signal(p, trace_timer_names[e->timer.timer], e->timer.level);
    case TRACE_EXCEPTION:
        return put_exception(t, p, e);
    case TRACE_VCPU:
        return put_signal(p, "WAITING", e->state == VCPU_WAITING);
    case TRACE_PRIORITY:
        p = put_hex(PUT(p, "R ICC_PMR_EL1 "), e->priority.pmr, 8);
        return put_hex(PUT(p, " R ICC_RPR_EL1 "), e->priority.running, 8);
    default:
        return put_text(PUT(p, "TEXT: "), e->text);
    }
}

static void on_event(struct trace *t, const struct trace_event *e)
{
    char *p = put_uint(trace_out_room(&t->out), e->now_ns);

    p = put_uint(PUT(p, " ns cpu"), e->vcpu < 0 ? 0 : (unsigned)e->vcpu);
    *p++ = ' ';
    p = put_what(t, p, e);
    *p++ = '\n';
    trace_out_done(&t->out, p);
}

const struct trace_format trace_tarmac = {.name = "tarmac", .suffix = ".tarmac", .event = on_event};
