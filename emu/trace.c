/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/trace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "emu/trace/internal.h"

enum { FILE_BUFFER_BYTES = 1 << 18 };

/* What of a published word is of interest: priorities, and which there are (gic.h). */
static const uint32_t published_mask =
    0xffu << GIC_PUB_PRIORITY_SHIFT | 0xffu << GIC_PUB_PMR_SHIFT | 0xffu << GIC_PUB_RUNNING_SHIFT;

/* -- Opening and closing ----------------------------------------------------------------------- */

static void free_trace(struct trace *t)
{
    if (t->spec.format->clear)
        t->spec.format->clear(t);
    trace_lanes_clear(t);
    free(t->stale_vcpus);
    free(t->vcpus);
    free(t);
}

static int check_vcpus(const struct machine *m, const struct trace_spec *spec, struct error *err)
{
    for (unsigned i = 0; i < spec->vcpus.n; i++) {
        if (spec->vcpus.items[i].last >= m->config.n_vcpus)
            return error_bad_input(err, "--trace: there is no vCPU %u; the last is %u",
                                   spec->vcpus.items[i].last, m->config.n_vcpus - 1);
    }
    return 0;
}

static int open_file(struct trace *t, struct error *err)
{
    t->file = t->spec.file ? fopen(t->spec.file, "w") : stderr;
    if (!t->file)
        return error_bad_input(err, "--trace: cannot write %s: %s", t->spec.file, strerror(errno));
    if (t->spec.file)
        setvbuf(t->file, NULL, _IOFBF, FILE_BUFFER_BYTES);
    return 0;
}

static struct trace *create(struct machine *m, const struct trace_spec *spec, struct error *err)
{
    struct trace *t = calloc(1, sizeof(*t));

    if (t) {
        t->spec = *spec;
        t->spec.kinds |= spec->format->kinds;
        t->machine = m;
        t->vcpus = calloc(m->config.n_vcpus, sizeof(*t->vcpus));
        t->stale_vcpus = calloc(m->config.n_vcpus, sizeof(*t->stale_vcpus));
    }
    if (t && t->vcpus && t->stale_vcpus && (!spec->format->begin || !spec->format->begin(t)))
        return t;
    error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory");
    if (t)
        free_trace(t);
    return NULL;
}

int trace_open(struct machine *m, const char *spec, struct error *err)
{
    struct trace_spec parsed;
    struct trace *t;
    int rc = trace_parse(spec, &parsed, err);

    rc = rc ? rc : check_vcpus(m, &parsed, err);
    if (rc)
        return rc;
    t = create(m, &parsed, err);
    if (!t)
        return -ENOMEM;
    rc = open_file(t, err);
    if (rc) {
        free_trace(t);
        return rc;
    }
    m->trace = t;
    wires_watch(m);
    return 0;
}

int trace_listen(struct machine *m, const struct trace_format *format, void *state, uint32_t kinds,
                 struct error *err)
{
    struct trace *t = create(m, &(struct trace_spec){.kinds = kinds, .format = format}, err);

    if (!t)
        return -ENOMEM;
    t->state = state;
    m->trace = t;
    wires_watch(m);
    return 0;
}

int trace_close(struct machine *m, struct error *err)
{
    struct trace *t = m->trace;
    bool failed;

    if (!t)
        return 0;
    if (t->spec.format->end)
        t->spec.format->end(t, machine_now_ns(m));
    failed = t->file && ferror(t->file) != 0;
    if (t->file && t->file != stderr)
        failed |= fclose(t->file) != 0;
    m->trace = NULL;
    if (failed)
        error_set(err, IRQLAB_EXIT_HOST, -EIO, "--trace: could not write all of %s",
                  t->spec.file ? t->spec.file : "the trace");
    free_trace(t);
    return failed ? -EIO : 0;
}

/* -- Events ------------------------------------------------------------------------------------ */

/* What is gone over again was told before. */
static bool wants(const struct machine *m, enum trace_kind kind, int vcpu)
{
    const struct trace *t = m->trace;

    return t && !m->deaf && t->spec.kinds >> kind & 1 &&
           (vcpu < 0 || trace_in_ranges(&t->spec.vcpus, (uint32_t)vcpu));
}

static struct trace_event event_of(const struct machine *m, enum trace_kind kind, int vcpu)
{
    return (struct trace_event){.kind = kind,
                                .vcpu = vcpu,
                                .instructions = machine_instructions(m),
                                .now_ns = machine_now_ns(m)};
}

static void write_event(struct trace *t, const struct trace_event *e)
{
    if (t->spec.format->event)
        t->spec.format->event(t, e);
}

static void write_text(struct machine *m, enum trace_kind kind, int vcpu, const char *format,
                       va_list args)
{
    struct trace_event e = event_of(m, kind, vcpu);
    char text[TRACE_TEXT_BYTES];

    vsnprintf(text, sizeof(text), format, args);
    e.text = text;
    write_event(m->trace, &e);
}

void trace_line(struct machine *m, enum trace_kind kind, int vcpu, const char *format, ...)
{
    va_list args;

    if (!wants(m, kind, vcpu))
        return;
    va_start(args, format);
    write_text(m, kind, vcpu, format, args);
    va_end(args);
}

void trace_guest_error(struct machine *m, const char *who, const char *format, va_list args)
{
    int vcpu = m->current < m->config.n_vcpus ? (int)m->current : -1;
    char text[TRACE_TEXT_BYTES];

    if (!wants(m, TRACE_GUEST_ERROR, vcpu))
        return;
    vsnprintf(text, sizeof(text), format, args);
    trace_line(m, TRACE_GUEST_ERROR, vcpu, "%s: %s", who, text);
}

static void make_vcpu_stale(struct trace *t, unsigned vcpu)
{
    if (!t->vcpus[vcpu].stale)
        t->stale_vcpus[t->n_stale_vcpus++] = vcpu;
    t->vcpus[vcpu].stale = true;
}

/* Lines and misuse are of no interrupt. */
static bool wants_gic(const struct trace *t, enum gic_event event, uint32_t intid)
{
    if (!trace_gic_names[event])
        return false;
    if (event == GIC_EVENT_LINE || event == GIC_EVENT_GUEST_ERROR || event == GIC_EVENT_SPURIOUS)
        return t->spec.intids.n == 0;
    return trace_wants_intid(t, intid);
}

void trace_gic(struct machine *m, enum gic_event event, unsigned vcpu, uint32_t intid,
               uint64_t detail)
{
    struct trace *t = m->trace;
    struct trace_event e;

    if (m->deaf)
        return;
    make_vcpu_stale(t, vcpu);
    if (!wants(m, TRACE_IRQ, (int)vcpu) || !wants_gic(t, event, intid))
        return;
    e = event_of(m, TRACE_IRQ, (int)vcpu);
    e.gic.event = event;
    e.gic.intid = intid;
    e.gic.detail = detail;
    if (t->spec.format->wants_pc && m->current < m->config.n_vcpus) {
        e.has_pc = true;
        e.pc = vcpu_get_pc(m->engine, m->current);
    }
    if (t->spec.format->lane)
        trace_lanes_event(t, &e);
    write_event(t, &e);
}

void trace_timer(struct machine *m, unsigned vcpu, enum timer_id timer, bool level)
{
    struct trace_event e;

    if (!wants(m, TRACE_TIMER, (int)vcpu) || !trace_wants_intid(m->trace, wires_intid_of(timer)))
        return;
    e = event_of(m, TRACE_TIMER, (int)vcpu);
    e.timer.timer = timer;
    e.timer.level = level;
    write_event(m->trace, &e);
}

void trace_exception(struct machine *m, unsigned vcpu, int number, uint64_t syndrome, uint64_t pc)
{
    struct trace_event e;

    if (!wants(m, TRACE_EXCEPTION, (int)vcpu))
        return;
    e = event_of(m, TRACE_EXCEPTION, (int)vcpu);
    e.exception.number = number;
    e.exception.syndrome = syndrome;
    e.has_pc = true;
    e.pc = pc;
    write_event(m->trace, &e);
}

/* -- What vCPUs are like ----------------------------------------------------------------------- */

static void write_state(struct trace *t, unsigned vcpu)
{
    struct machine *m = t->machine;
    struct trace_event e;

    t->vcpus[vcpu].state = m->vcpus[vcpu].state;
    if (!wants(m, TRACE_VCPU, (int)vcpu))
        return;
    e = event_of(m, TRACE_VCPU, (int)vcpu);
    e.state = m->vcpus[vcpu].state;
    write_event(t, &e);
}

static void write_priorities(struct trace *t, unsigned vcpu, bool first)
{
    struct machine *m = t->machine;
    uint32_t was = t->vcpus[vcpu].priorities;
    uint32_t now = (uint32_t)gic_published(m->gic, vcpu) & published_mask;
    struct trace_event e;

    t->vcpus[vcpu].priorities = now;
    if ((now == was && !first) || !wants(m, TRACE_PRIORITY, (int)vcpu))
        return;
    e = event_of(m, TRACE_PRIORITY, (int)vcpu);
    e.priority.pmr = (uint8_t)(now >> GIC_PUB_PMR_SHIFT);
    e.priority.running = (uint8_t)(now >> GIC_PUB_RUNNING_SHIFT);
    e.priority.highest = (uint8_t)(now >> GIC_PUB_PRIORITY_SHIFT);
    e.priority.new_pmr = first || (uint8_t)((now ^ was) >> GIC_PUB_PMR_SHIFT);
    e.priority.new_running = first || (uint8_t)((now ^ was) >> GIC_PUB_RUNNING_SHIFT);
    e.priority.new_highest = first || (uint8_t)((now ^ was) >> GIC_PUB_PRIORITY_SHIFT);
    write_event(t, &e);
}

/* How the vCPUs are when the trace begins. */
static void start(struct trace *t)
{
    t->started = true;
    for (unsigned i = 0; i < t->machine->config.n_vcpus; i++) {
        write_state(t, i);
        write_priorities(t, i, true);
    }
}

void trace_vcpu(struct machine *m, unsigned vcpu)
{
    struct trace *t = m->trace;

    if (m->deaf)
        return;
    if (!t->started)
        start(t);
    else if (t->vcpus[vcpu].state != m->vcpus[vcpu].state)
        write_state(t, vcpu);
}

void trace_settle(struct machine *m, unsigned vcpu)
{
    struct trace *t = m->trace;

    if (!t || m->deaf)
        return;
    if (!t->started)
        start(t);
    write_priorities(t, vcpu, false);
    for (unsigned i = 0; i < t->n_stale_vcpus; i++) {
        t->vcpus[t->stale_vcpus[i]].stale = false;
        write_priorities(t, t->stale_vcpus[i], false);
    }
    t->n_stale_vcpus = 0;
    if (t->n_stale)
        trace_lanes_settle(t, machine_now_ns(m));
}

void trace_turn(struct machine *m, unsigned vcpu)
{
    trace_vcpu(m, vcpu);
    trace_settle(m, vcpu);
}
