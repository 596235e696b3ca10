/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/trace.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "emu/load/symbols.h"

struct trace {
    uint32_t kinds;
    FILE *file;
};

static const char *const kind_names[] = {
#define X(id, name, help) name,
    TRACE_KINDS(X)
#undef X
};

static int parse_kinds(const char *spec, size_t length, uint32_t *kinds, struct error *err)
{
    for (const char *p = spec, *end = spec + length; p < end;) {
        size_t n = strcspn(p, ",:");
        unsigned k = 0;

        if (n > (size_t)(end - p))
            n = (size_t)(end - p);
        while (k < TRACE_N_KINDS && (strlen(kind_names[k]) != n || strncmp(kind_names[k], p, n)))
            k++;
        if (n == 3 && !strncmp(p, "all", 3))
            *kinds = (1u << TRACE_N_KINDS) - 1;
        else if (k < TRACE_N_KINDS)
            *kinds |= 1u << k;
        else
            return error_bad_input(err,
                                   "--trace: '%.*s' is not a kind of event; use irq, timer, "
                                   "exception, psci, load, guest_error, input or all",
                                   (int)n, p);
        p += n + 1;
    }
    return 0;
}

int trace_open(const char *spec, struct trace **out, struct error *err)
{
    const char *colon = strchr(spec, ':');
    size_t length = colon ? (size_t)(colon - spec) : strlen(spec);
    struct trace *t = calloc(1, sizeof(*t));
    int rc;

    if (!t)
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory");
    rc = length ? parse_kinds(spec, length, &t->kinds, err)
                : error_bad_input(err, "--trace: no kind of event given; try --trace=irq");
    if (!rc) {
        t->file = colon ? fopen(colon + 1, "w") : stderr;
        if (!t->file)
            rc = error_bad_input(err, "--trace: cannot write %s: %s", colon + 1, strerror(errno));
    }
    if (rc) {
        free(t);
        return rc;
    }
    *out = t;
    return 0;
}

void trace_close(struct trace *t)
{
    if (!t)
        return;
    if (t->file != stderr)
        fclose(t->file);
    free(t);
}

bool trace_wants(const struct trace *t, enum trace_kind kind)
{
    return t && (t->kinds & (1u << kind));
}

static void print_place(struct machine *m, unsigned vcpu, uint64_t pc)
{
    const char *name;
    uint64_t offset;

    fprintf(m->trace->file, " pc 0x%" PRIx64, pc);
    name = m->symbols ? symbols_at(m->symbols, pc, &offset) : NULL;
    if (name)
        fprintf(m->trace->file, " %s+0x%" PRIx64, name, offset);
    (void)vcpu;
}

/* What is gone over again was told before. */
static bool wants(const struct machine *m, enum trace_kind kind)
{
    return !m->deaf && trace_wants(m->trace, kind);
}

static void print_head(struct machine *m, enum trace_kind kind, int vcpu)
{
    fprintf(m->trace->file, "%12" PRIu64 " %14" PRIu64 " ", machine_instructions(m),
            machine_now_ns(m));
    if (vcpu >= 0)
        fprintf(m->trace->file, "v%-3d %-9s ", vcpu, kind_names[kind]);
    else
        fprintf(m->trace->file, "-    %-9s ", kind_names[kind]);
}

void trace_line(struct machine *m, enum trace_kind kind, int vcpu, const char *format, ...)
{
    va_list args;

    if (!wants(m, kind))
        return;
    print_head(m, kind, vcpu);
    va_start(args, format);
    vfprintf(m->trace->file, format, args);
    va_end(args);
    fputc('\n', m->trace->file);
}

void trace_gic(struct machine *m, enum gic_event event, unsigned vcpu, uint32_t intid,
               uint64_t detail)
{
    static const char *const names[GIC_N_EVENTS] = {
        [GIC_EVENT_PENDED] = "pended",
        [GIC_EVENT_UNPENDED] = "no longer pending",
        [GIC_EVENT_ACKNOWLEDGED] = "acknowledged",
        [GIC_EVENT_SPURIOUS] = "spurious",
        [GIC_EVENT_PRIORITY_DROP] = "priority drop",
        [GIC_EVENT_DEACTIVATED] = "deactivated",
        [GIC_EVENT_SGI_SENT] = "SGI sent",
        [GIC_EVENT_LINE] = "line",
        [GIC_EVENT_GUEST_ERROR] = "meaningless access",
    };
    static const char *const lines[] = {"IRQ",         "FIQ",  "VIRQ", "VFIQ",
                                        "maintenance", "wake", "NMI",  "VNMI"};

    if (!wants(m, TRACE_IRQ) || !names[event])
        return;
    print_head(m, TRACE_IRQ, (int)vcpu);
    if (event == GIC_EVENT_LINE)
        fprintf(m->trace->file, "line %s %s", detail / 2 < GIC_N_LINES ? lines[detail / 2] : "?",
                detail & 1 ? "up" : "down");
    else if (event == GIC_EVENT_SGI_SENT)
        fprintf(m->trace->file, "INTID %u SGI sent, ICC_SGI1R_EL1=0x%" PRIx64, intid, detail);
    else if (event == GIC_EVENT_GUEST_ERROR)
        fprintf(m->trace->file, "meaningless access at offset 0x%" PRIx64, detail);
    else
        fprintf(m->trace->file, "INTID %u %s, priority 0x%02" PRIx64, intid, names[event], detail);
    if (m->current < m->config.n_vcpus)
        print_place(m, m->current, vcpu_get_pc(m->engine, m->current));
    fputc('\n', m->trace->file);
}

void trace_timer(struct machine *m, unsigned vcpu, enum timer_id timer, bool level)
{
    static const char *const names[TIMER_COUNT] = {
        [TIMER_EL1_PHYS] = "CNTP",       [TIMER_EL1_VIRT] = "CNTV",
        [TIMER_EL2_PHYS] = "CNTHP",      [TIMER_EL2_VIRT] = "CNTHV",
        [TIMER_SEC_EL1_PHYS] = "CNTPS",  [TIMER_SEC_EL2_PHYS] = "CNTHPS",
        [TIMER_SEC_EL2_VIRT] = "CNTHVS",
    };

    trace_line(m, TRACE_TIMER, (int)vcpu, "%s output %s", names[timer], level ? "up" : "down");
}

void trace_exception(struct machine *m, unsigned vcpu, int number, uint64_t syndrome, uint64_t pc)
{
    if (!wants(m, TRACE_EXCEPTION))
        return;
    print_head(m, TRACE_EXCEPTION, (int)vcpu);
    /* 5 and 6 are the engine's numbers for IRQ and FIQ, 14 and 15 for their virtual forms. */
    if (number == 5 || number == 14)
        fputs(number == 5 ? "IRQ" : "virtual IRQ", m->trace->file);
    else if (number == 6 || number == 15)
        fputs(number == 6 ? "FIQ" : "virtual FIQ", m->trace->file);
    else
        fprintf(m->trace->file, "EC 0x%02" PRIx64 " ISS 0x%07" PRIx64, syndrome >> 26,
                syndrome & 0x1ffffff);
    print_place(m, vcpu, pc);
    fputc('\n', m->trace->file);
}

void trace_guest_error(struct machine *m, const char *who, const char *format, va_list args)
{
    if (!wants(m, TRACE_GUEST_ERROR))
        return;
    print_head(m, TRACE_GUEST_ERROR, m->current < m->config.n_vcpus ? (int)m->current : -1);
    fprintf(m->trace->file, "%s: ", who);
    vfprintf(m->trace->file, format, args);
    fputc('\n', m->trace->file);
}
