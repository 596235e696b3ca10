/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine's side: events as they happen, with what only the machine knows of that moment. Files
 * are written by another thread (emu/trace/queue.c), which sees nothing but the events.
 */
#include "emu/trace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "emu/trace/internal.h"

struct vcpu_seen {
    enum vcpu_state state;
    uint32_t priorities; /* as published */
    bool stale;
    bool has_state, has_priorities; /* trace_forget() */
};

/* An interrupt to look at again when the GIC is done, at the vCPU that it was last reported for. */
struct stale_lane {
    uint32_t intid;
    unsigned vcpu;
};

enum { STALE_LANES_COMPARED = 16 };

struct tracer {
    struct machine *machine;
    struct trace *files[TRACE_MAX], *listeners[TRACE_MAX]; /* these hear at once */
    unsigned n_files, n_listeners;
    struct trace_queue *queue; /* of the files; NULL: not yet, or there can be none */
    bool started;             /* vcpus holds what they were, and there is a queue if there can be */
    struct trace_event event; /* without a queue, the one that is being made */
    uint32_t kinds;           /* that anyone wants */
    bool wants_pc, wants_lanes, is_filtered;
    struct vcpu_seen *vcpus;
    unsigned n_stale_vcpus, *stale_vcpus; /* [n_vcpus] */
    struct stale_lane *stale;
    size_t n_stale, stale_capacity;
};

/* What of a published word is of interest: priorities, and which there are (gic.h). */
static const uint32_t published_mask =
    0xffu << GIC_PUB_PRIORITY_SHIFT | 0xffu << GIC_PUB_PMR_SHIFT | 0xffu << GIC_PUB_RUNNING_SHIFT;

/* -- Opening and closing ----------------------------------------------------------------------- */

static void free_tracer(struct tracer *r)
{
    trace_queue_stop(r->queue, r->machine->symbols);
    for (unsigned i = 0; i < r->n_files; i++)
        trace_free(r->files[i]);
    for (unsigned i = 0; i < r->n_listeners; i++)
        trace_free(r->listeners[i]);
    free(r->stale);
    free(r->stale_vcpus);
    free(r->vcpus);
    free(r);
}

static struct tracer *create(struct machine *m)
{
    struct tracer *r = calloc(1, sizeof(*r));

    if (!r)
        return NULL;
    r->machine = m;
    r->vcpus = calloc(m->config.n_vcpus, sizeof(*r->vcpus));
    r->stale_vcpus = calloc(m->config.n_vcpus, sizeof(*r->stale_vcpus));
    if (r->vcpus && r->stale_vcpus)
        return r;
    free_tracer(r);
    return NULL;
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

/* One more, which belongs to the machine then; if that fails, to nobody. */
static int add(struct machine *m, struct trace *t, bool listens, struct error *err)
{
    struct tracer *r = m->trace ? m->trace : create(m);

    if (!r || r->n_files + r->n_listeners == TRACE_MAX) {
        trace_free(t);
        return r ? error_bad_input(err, "--trace: there are more than %d", (int)TRACE_MAX)
                 : error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory");
    }
    if (listens)
        r->listeners[r->n_listeners++] = t;
    else
        r->files[r->n_files++] = t;
    r->kinds |= t->spec.kinds;
    r->wants_pc |= t->spec.format->wants_pc;
    r->wants_lanes |= t->spec.format->lane != NULL;
    r->is_filtered |= t->spec.intids.n || t->spec.vcpus.n;
    if (!m->trace) {
        m->trace = r;
        wires_watch(m);
    }
    return 0;
}

static int check_file(const struct machine *m, const struct trace_spec *spec, struct error *err)
{
    const char *other;

    for (unsigned i = 0; m->trace && spec->file && i < m->trace->n_files; i++) {
        other = m->trace->files[i]->spec.file;
        if (!strcmp(other, spec->file))
            return error_bad_input(err, "--trace: %s is given twice; use two files", other);
    }
    return 0;
}

int trace_open(struct machine *m, const char *spec, struct error *err)
{
    struct trace_spec parsed;
    struct trace *t;
    int rc = trace_parse(spec, &parsed, err);

    rc = rc ? rc : check_vcpus(m, &parsed, err);
    rc = rc ? rc : check_file(m, &parsed, err);
    if (rc)
        return rc;
    t = trace_create(m, &parsed);
    if (!t)
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory");
    rc = trace_open_file(t, err);
    if (!rc)
        return add(m, t, t->is_live, err);
    trace_free(t);
    return rc;
}

int trace_listen(struct machine *m, const struct trace_format *format, void *state, uint32_t kinds,
                 struct error *err)
{
    struct trace *t = trace_create(m, &(struct trace_spec){.kinds = kinds, .format = format});

    if (!t)
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory");
    t->state = state;
    return add(m, t, true, err);
}

int trace_close(struct machine *m, struct error *err)
{
    struct tracer *r = m->trace;
    uint64_t now_ns = r ? machine_now_ns(m) : 0;
    int rc = 0;

    if (!r)
        return 0;
    trace_queue_stop(r->queue, m->symbols);
    r->queue = NULL;
    for (unsigned i = 0; i < r->n_files; i++)
        rc = trace_finish(r->files[i], now_ns, rc ? &(struct error){0} : err) ? -EIO : rc;
    for (unsigned i = 0; i < r->n_listeners; i++)
        rc = trace_finish(r->listeners[i], now_ns, rc ? &(struct error){0} : err) ? -EIO : rc;
    m->trace = NULL;
    free_tracer(r);
    return rc;
}

/* -- Events ------------------------------------------------------------------------------------ */

/* What is gone over again was told before. */
static bool wants(const struct machine *m, unsigned kind)
{
    return m->trace && !m->deaf && m->trace->kinds >> kind & 1;
}

static struct trace_event *begin_event(struct tracer *r, unsigned kind, int vcpu)
{
    struct trace_event *e = r->queue ? trace_queue_slot(r->queue) : &r->event;

    memset(e, 0, sizeof(*e)); /* who compares events compares all of them */
    e->instructions = machine_instructions(r->machine);
    e->now_ns = machine_now_ns(r->machine);
    e->kind = (uint8_t)kind;
    e->vcpu = (int16_t)vcpu;
    return e;
}

static bool is_wanted(const struct tracer *r, const struct trace_event *e)
{
    bool wanted = !r->is_filtered;

    for (unsigned i = 0; i < r->n_files && !wanted; i++)
        wanted = trace_wants(r->files[i], e);
    for (unsigned i = 0; i < r->n_listeners && !wanted; i++)
        wanted = trace_wants(r->listeners[i], e);
    return wanted;
}

static void tell(struct trace *t, const struct trace_event *e)
{
    trace_set_symbols(t, t->machine->symbols);
    trace_consume(t, e);
}

/* @e is what begin_event() gave. */
static void end_event(struct tracer *r, const struct trace_event *e)
{
    for (unsigned i = 0; i < r->n_listeners; i++)
        tell(r->listeners[i], e);
    if (r->queue) {
        trace_queue_push(r->queue, r->machine->symbols);
        return;
    }
    for (unsigned i = 0; i < r->n_files; i++)
        tell(r->files[i], e);
}

void trace_line(struct machine *m, enum trace_kind kind, int vcpu, const char *format, ...)
{
    char text[TRACE_TEXT_BYTES];
    const char *kept = text;
    struct trace_event *e;
    va_list args;

    if (!wants(m, kind))
        return;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (m->trace->queue)
        kept = trace_queue_text(m->trace->queue, text, m->symbols);
    e = begin_event(m->trace, kind, vcpu);
    e->text = kept;
    if (is_wanted(m->trace, e))
        end_event(m->trace, e);
}

void trace_guest_error(struct machine *m, const char *who, const char *format, va_list args)
{
    int vcpu = m->current < m->config.n_vcpus ? (int)m->current : -1;
    char text[TRACE_TEXT_BYTES];

    if (!wants(m, TRACE_GUEST_ERROR))
        return;
    vsnprintf(text, sizeof(text), format, args);
    trace_line(m, TRACE_GUEST_ERROR, vcpu, "%s: %s", who, text);
}

static void make_vcpu_stale(struct tracer *r, unsigned vcpu)
{
    if (!r->vcpus[vcpu].stale)
        r->stale_vcpus[r->n_stale_vcpus++] = vcpu;
    r->vcpus[vcpu].stale = true;
}

/* To look twice does no harm: only the last few are compared. Without memory it is not looked at.
 */
static void make_lane_stale(struct tracer *r, unsigned vcpu, uint32_t intid)
{
    size_t first = r->n_stale > STALE_LANES_COMPARED ? r->n_stale - STALE_LANES_COMPARED : 0;

    for (size_t i = first; i < r->n_stale; i++) {
        if (r->stale[i].intid == intid && (r->stale[i].vcpu == vcpu || !trace_is_private(intid))) {
            r->stale[i].vcpu = vcpu;
            return;
        }
    }
    if (r->n_stale == r->stale_capacity) {
        size_t capacity = r->stale_capacity ? r->stale_capacity * 2 : 64;
        struct stale_lane *stale = realloc(r->stale, capacity * sizeof(*stale));

        if (!stale)
            return;
        r->stale = stale;
        r->stale_capacity = capacity;
    }
    r->stale[r->n_stale++] = (struct stale_lane){intid, vcpu};
}

/* Who makes a shared interrupt pending need not be who gets it. */
static void make_target_stale(struct tracer *r, uint32_t intid)
{
    struct gic_irq_state s;
    unsigned target;

    gic_irq_peek(r->machine->gic, 0, intid, &s);
    target = machine_vcpu_of(r->machine, s.irouter);
    if (s.shared && target < r->machine->config.n_vcpus)
        make_vcpu_stale(r, target);
}

/* While a vCPU waits, or is off, its pc is of no instruction that does anything. */
static bool executes(const struct machine *m)
{
    return m->current < m->config.n_vcpus && m->vcpus[m->current].state == VCPU_READY;
}

/* Of a shared interrupt the GIC does not say by whom; an LPI's is where it is pending. */
static unsigned by_whom(const struct machine *m, enum gic_event event, unsigned vcpu,
                        uint32_t intid)
{
    bool is_told = trace_is_private(intid) || intid >= 8192 ||
                   (event != GIC_EVENT_PENDED && event != GIC_EVENT_UNPENDED &&
                    event != GIC_EVENT_DEACTIVATED);

    return is_told || !engine_is_running(m->engine) ? vcpu : m->current;
}

void trace_gic(struct machine *m, enum gic_event event, unsigned vcpu, uint32_t intid,
               uint64_t detail)
{
    struct tracer *r = m->trace;
    struct trace_event *e;

    if (m->deaf)
        return;
    make_vcpu_stale(r, vcpu);
    if ((event == GIC_EVENT_PENDED || event == GIC_EVENT_UNPENDED) && !trace_is_private(intid))
        make_target_stale(r, intid);
    if (!wants(m, TRACE_IRQ))
        return;
    e = begin_event(r, TRACE_IRQ, (int)by_whom(m, event, vcpu, intid));
    e->gic.event = event;
    e->gic.intid = intid;
    e->gic.detail = detail;
    if (!is_wanted(r, e))
        return;
    if (r->wants_pc && executes(m)) {
        e->has_pc = true;
        e->pc = vcpu_get_pc(m->engine, m->current);
    }
    if (r->wants_lanes && trace_is_of_lane(event))
        make_lane_stale(r, vcpu, intid);
    end_event(r, e);
}

void trace_timer(struct machine *m, unsigned vcpu, enum timer_id timer, bool level)
{
    struct trace_event *e;

    if (!wants(m, TRACE_TIMER))
        return;
    e = begin_event(m->trace, TRACE_TIMER, (int)vcpu);
    e->timer.timer = timer;
    e->timer.level = level;
    if (is_wanted(m->trace, e))
        end_event(m->trace, e);
}

void trace_exception(struct machine *m, unsigned vcpu, int number, uint64_t syndrome, uint64_t pc)
{
    struct trace_event *e;

    if (!wants(m, TRACE_EXCEPTION))
        return;
    e = begin_event(m->trace, TRACE_EXCEPTION, (int)vcpu);
    e->exception.number = number;
    e->exception.syndrome = syndrome;
    e->has_pc = true;
    e->pc = pc;
    if (is_wanted(m->trace, e))
        end_event(m->trace, e);
}

/* -- What vCPUs are like ----------------------------------------------------------------------- */

static void tell_state(struct tracer *r, unsigned vcpu)
{
    struct machine *m = r->machine;
    struct trace_event *e;

    r->vcpus[vcpu].state = m->vcpus[vcpu].state;
    if (!wants(m, TRACE_VCPU))
        return;
    e = begin_event(r, TRACE_VCPU, (int)vcpu);
    e->state = m->vcpus[vcpu].state;
    if (is_wanted(r, e))
        end_event(r, e);
}

static void tell_priorities(struct tracer *r, unsigned vcpu, bool first)
{
    struct machine *m = r->machine;
    uint32_t was = r->vcpus[vcpu].priorities;
    uint32_t now = (uint32_t)gic_published(m->gic, vcpu) & published_mask;
    struct trace_event *e;

    r->vcpus[vcpu].priorities = now;
    if ((now == was && !first) || !wants(m, TRACE_PRIORITY))
        return;
    e = begin_event(r, TRACE_PRIORITY, (int)vcpu);
    e->priority.pmr = (uint8_t)(now >> GIC_PUB_PMR_SHIFT);
    e->priority.running = (uint8_t)(now >> GIC_PUB_RUNNING_SHIFT);
    e->priority.highest = (uint8_t)(now >> GIC_PUB_PRIORITY_SHIFT);
    e->priority.new_pmr = first || (uint8_t)((now ^ was) >> GIC_PUB_PMR_SHIFT);
    e->priority.new_running = first || (uint8_t)((now ^ was) >> GIC_PUB_RUNNING_SHIFT);
    e->priority.new_highest = first || (uint8_t)((now ^ was) >> GIC_PUB_PRIORITY_SHIFT);
    if (is_wanted(r, e))
        end_event(r, e);
}

static void tell_lane(struct tracer *r, const struct stale_lane *lane)
{
    struct trace_event *e = begin_event(r, TRACE_LANE, (int)lane->vcpu);
    struct gic_irq_state state;

    gic_irq_peek(r->machine->gic, lane->vcpu, lane->intid, &state);
    e->lane.intid = lane->intid;
    e->lane.pending = state.pending;
    e->lane.active = state.active;
    end_event(r, e);
}

/* How the vCPUs are when the trace begins: all files are open, and all symbols known. */
static void start(struct tracer *r)
{
    r->started = true;
    if (r->n_files && !r->queue)
        r->queue = trace_queue_start(r->files, r->n_files);
    for (unsigned i = 0; i < r->machine->config.n_vcpus; i++) {
        tell_state(r, i);
        tell_priorities(r, i, true);
    }
}

void trace_vcpu(struct machine *m, unsigned vcpu)
{
    struct tracer *r = m->trace;

    if (m->deaf)
        return;
    if (!r->started)
        start(r);
    else if (r->vcpus[vcpu].state != m->vcpus[vcpu].state)
        tell_state(r, vcpu);
}

void trace_settle(struct machine *m, unsigned vcpu)
{
    struct tracer *r = m->trace;

    if (!r || m->deaf)
        return;
    if (!r->started)
        start(r);
    tell_priorities(r, vcpu, false);
    for (unsigned i = 0; i < r->n_stale_vcpus; i++) {
        r->vcpus[r->stale_vcpus[i]].stale = false;
        tell_priorities(r, r->stale_vcpus[i], false);
    }
    r->n_stale_vcpus = 0;
    for (size_t i = 0; i < r->n_stale; i++)
        tell_lane(r, &r->stale[i]);
    r->n_stale = 0;
}

/* -- Going back -------------------------------------------------------------------------------- */

void trace_forget(struct tracer *r)
{
    memset(r->vcpus, 0, r->machine->config.n_vcpus * sizeof(*r->vcpus));
    r->n_stale_vcpus = 0;
    r->n_stale = 0;
}

bool trace_told_state(struct tracer *r, unsigned vcpu, enum vcpu_state state)
{
    struct vcpu_seen *seen = &r->vcpus[vcpu];

    if (seen->has_state)
        return false;
    seen->state = state;
    return seen->has_state = true;
}

bool trace_told_priorities(struct tracer *r, unsigned vcpu, uint32_t priorities)
{
    struct vcpu_seen *seen = &r->vcpus[vcpu];

    if (seen->has_priorities)
        return false;
    seen->priorities = priorities;
    return seen->has_priorities = true;
}

void trace_remember(struct tracer *r)
{
    bool any = false;

    for (unsigned i = 0; i < r->machine->config.n_vcpus; i++) {
        struct vcpu_seen *seen = &r->vcpus[i];
        uint32_t now = (uint32_t)gic_published(r->machine->gic, i) & published_mask;

        any |= seen->has_state;
        if (!seen->has_state)
            seen->state = r->machine->vcpus[i].state;
        if (!seen->has_priorities)
            seen->priorities = now;
        if (seen->priorities != now)
            make_vcpu_stale(r, i);
    }
    r->started &= any; /* not at the very beginning */
}

void trace_turn(struct machine *m, unsigned vcpu)
{
    trace_vcpu(m, vcpu);
    trace_settle(m, vcpu);
}
