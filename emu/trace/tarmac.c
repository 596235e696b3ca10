/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines as in Arm's Tarmac: time, unit, core, then E (exception), SIGNAL, R (a register that was
 * read or written). There are no lines for instructions: --trace does not see each of them.
 */
#include "emu/trace/internal.h"

#include <inttypes.h>

/* What the guest accessed when the event came, as a register's line. */
static void print_register(FILE *file, const struct trace_event *e)
{
    switch (e->gic.event) {
    case GIC_EVENT_ACKNOWLEDGED:
    case GIC_EVENT_SPURIOUS:
        fprintf(file, "R ICC_IAR %08x", e->gic.intid);
        break;
    case GIC_EVENT_PRIORITY_DROP:
        fprintf(file, "R ICC_EOIR %08x", e->gic.intid);
        break;
    case GIC_EVENT_SGI_SENT:
        fprintf(file, "R ICC_SGIR %016" PRIx64, e->gic.detail);
        break;
    default:
        fprintf(file, "INTERRUPT: INTID=%u STATE=%s", e->gic.intid,
                e->gic.event == GIC_EVENT_PENDED        ? "pending"
                : e->gic.event == GIC_EVENT_DEACTIVATED ? "deactivated"
                                                        : "not-pending");
    }
}

static void print_gic(FILE *file, const struct trace_event *e)
{
    uint64_t line = e->gic.detail / 2;

    if (e->gic.event == GIC_EVENT_LINE)
        fprintf(file, "SIGNAL: SIGNAL=%s STATE=%s",
                line < GIC_N_LINES ? trace_line_names[line] : "?", e->gic.detail & 1 ? "Y" : "N");
    else if (e->gic.event == GIC_EVENT_GUEST_ERROR)
        fprintf(file, "TEXT: meaningless access to the GIC at offset 0x%" PRIx64, e->gic.detail);
    else
        print_register(file, e);
}

static void print_exception(struct trace *t, const struct trace_event *e)
{
    const char *interrupt = trace_exception_name(e->exception.number);
    uint64_t offset;
    const char *name = trace_symbol(t, e->pc, &offset);

    fprintf(t->file, "E %016" PRIx64 " %08x CoreEvent_", e->pc, (unsigned)e->exception.number);
    if (interrupt)
        fputs(e->exception.number == 5    ? "IRQ"
              : e->exception.number == 6  ? "FIQ"
              : e->exception.number == 14 ? "VIRQ"
                                          : "VFIQ",
              t->file);
    else
        fprintf(t->file, "SYNC ESR=%08" PRIx64, e->exception.syndrome);
    if (name)
        fprintf(t->file, " ; %s+0x%" PRIx64, name, offset);
}

static void on_event(struct trace *t, const struct trace_event *e)
{
    fprintf(t->file, "%" PRIu64 " ns cpu%d ", e->now_ns, e->vcpu < 0 ? 0 : e->vcpu);
    switch (e->kind) {
    case TRACE_IRQ:
        print_gic(t->file, e);
        break;
    case TRACE_TIMER:
        fprintf(t->file, "SIGNAL: SIGNAL=%s STATE=%s", trace_timer_names[e->timer.timer],
                e->timer.level ? "Y" : "N");
        break;
    case TRACE_EXCEPTION:
        print_exception(t, e);
        break;
    case TRACE_VCPU:
        fprintf(t->file, "SIGNAL: SIGNAL=WAITING STATE=%s", e->state == VCPU_WAITING ? "Y" : "N");
        break;
    case TRACE_PRIORITY:
        fprintf(t->file, "R ICC_PMR_EL1 %08x R ICC_RPR_EL1 %08x", e->priority.pmr,
                e->priority.running);
        break;
    default:
        fprintf(t->file, "TEXT: %s", e->text);
    }
    fputc('\n', t->file);
}

const struct trace_format trace_tarmac = {.name = "tarmac", .suffix = ".tarmac", .event = on_event};
