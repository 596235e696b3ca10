/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is kept of events: a ring of the last ones in the order in which they came. A machine that
 * has gone back has some that are still to come; they stay until it runs on and others take their
 * place.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/view/internal.h"

/* -- The ring ---------------------------------------------------------------------------------- */

const struct view_raw *view_ring_at(const struct view *v, uint64_t place)
{
    return &v->ring.raws[place % VIEW_MAX_EVENTS];
}

/* Events are in ascending order of instructions: the first place that has so many, or more. */
static uint64_t place_of(const struct view *v, uint64_t instructions)
{
    uint64_t low = v->ring.begin, high = v->ring.end;

    while (low < high) {
        uint64_t middle = low + (high - low) / 2;

        if (view_ring_at(v, middle)->event.instructions < instructions)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Time may jump while no instruction retires. */
static bool has_come(const struct view *v, uint64_t place)
{
    const struct view_raw *raw = view_ring_at(v, place);
    uint64_t now = machine_instructions(v->m), at = raw->event.instructions + raw->inside;

    return at < now || (at == now && raw->event.now_ns <= machine_now_ns(v->m));
}

uint64_t view_ring_now(const struct view *v)
{
    uint64_t low = v->ring.begin, high = v->ring.end;

    while (low < high) {
        uint64_t middle = low + (high - low) / 2;

        if (has_come(v, middle))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_same(const struct view_raw *a, const struct view_raw *b)
{
    const struct trace_event *x = &a->event, *y = &b->event;

    return x->kind == y->kind && x->vcpu == y->vcpu && x->now_ns == y->now_ns &&
           x->instructions == y->instructions && x->has_pc == y->has_pc && x->pc == y->pc &&
           !memcmp(&x->gic, &y->gic, sizeof(x->gic)) && !strcmp(a->text, b->text);
}

/*
 * Over ground that was covered before, all comes again that is there. Where a snapshot lies between
 * two events of one instruction, some of them do not.
 */
static bool is_known(struct view *v, const struct view_raw *raw)
{
    struct view_ring *r = &v->ring;
    uint64_t place = place_of(v, raw->event.instructions);

    while (r->head < place && view_ring_at(v, r->head)->event.instructions == r->arrived)
        r->head++; /* it had come already */
    if (place > r->head)
        return false; /* one did not come that should have */
    for (; place < r->end; place++) {
        const struct view_raw *known = view_ring_at(v, place);

        if (known->event.instructions != raw->event.instructions)
            return false;
        if (!is_same(known, raw))
            continue;
        r->head = place + 1 > r->head ? place + 1 : r->head;
        return true;
    }
    return false;
}

static void drop_future(struct view_ring *r)
{
    r->end = r->head;
    if (r->mapped > r->end)
        r->mapped = UINT64_MAX; /* `lasts` has some that have not happened */
}

static void append(struct view *v, struct view_raw *raw)
{
    struct view_ring *r = &v->ring;
    uint64_t at = raw->event.instructions;

    if (r->head > r->begin && view_ring_at(v, r->head - 1)->event.instructions > at)
        r->head = place_of(v, at); /* a debugger has gone back */
    if (r->head > r->begin && view_ring_at(v, r->head - 1)->event.instructions < at &&
        r->head == r->end) {
        /* new ground: the usual case */
    } else if (is_known(v, raw)) {
        return;
    }
    drop_future(r);
    raw->seq = ++r->seq;
    r->raws[r->end++ % VIEW_MAX_EVENTS] = *raw;
    r->head = r->end;
    if (r->end - r->begin > VIEW_MAX_EVENTS)
        r->begin++;
}

/* -- Going back -------------------------------------------------------------------------------- */

static uint32_t published(const struct view_raw *raw)
{
    return (uint32_t)raw->event.priority.pmr << GIC_PUB_PMR_SHIFT |
           (uint32_t)raw->event.priority.running << GIC_PUB_RUNNING_SHIFT |
           (uint32_t)raw->event.priority.highest << GIC_PUB_PRIORITY_SHIFT;
}

/* What was told last of each vCPU is in the ring, or too long ago: then it is what is now. */
static void tell_trace(struct view *v, uint64_t now)
{
    struct tracer *t = v->m->trace;
    uint64_t place = now, missing = 2ull * v->m->config.n_vcpus;

    trace_forget(t);
    for (; missing && place > v->ring.begin; place--) {
        const struct view_raw *raw = view_ring_at(v, place - 1);

        if (raw->event.kind == TRACE_VCPU)
            missing -= trace_told_state(t, (unsigned)raw->event.vcpu, raw->event.state);
        else if (raw->event.kind == TRACE_PRIORITY)
            missing -= trace_told_priorities(t, (unsigned)raw->event.vcpu, published(raw));
    }
    trace_remember(t);
}

void view_ring_gone(struct view *v)
{
    v->ring.head = view_ring_now(v);
    v->ring.arrived = machine_instructions(v->m);
    tell_trace(v, v->ring.head);
}

/* -- Hearing of them --------------------------------------------------------------------------- */

static void note_lpi(struct view_ring *r, uint32_t intid)
{
    for (unsigned i = 0; i < r->n_lpis; i++) {
        if (r->lpis[i] == intid)
            return;
    }
    if (r->n_lpis < VIEW_MAX_LPIS)
        r->lpis[r->n_lpis++] = intid;
}

static void note_vcpu(const struct view *v, struct view_raw *raw)
{
    unsigned vcpu = (unsigned)raw->event.vcpu;
    uint64_t published;

    if (raw->event.vcpu < 0)
        return;
    published = gic_published(v->m->gic, vcpu);
    raw->daif = (uint8_t)(vcpu_get_pstate(v->m->engine, vcpu) >> 6 & 0xf);
    raw->pmr = (uint8_t)(published >> GIC_PUB_PMR_SHIFT);
    raw->running = (uint8_t)(published >> GIC_PUB_RUNNING_SHIFT);
    raw->highest = (uint8_t)(published >> GIC_PUB_PRIORITY_SHIFT);
}

static bool has_text(enum trace_kind kind)
{
    return kind == TRACE_PSCI || kind == TRACE_LOAD || kind == TRACE_GUEST_ERROR ||
           kind == TRACE_INPUT;
}

bool view_is_step(const struct view_raw *raw)
{
    return raw->event.kind == TRACE_IRQ || raw->event.kind == TRACE_TIMER ||
           raw->event.kind == TRACE_EXCEPTION;
}

static void on_event(struct trace *t, const struct trace_event *e)
{
    struct view *v = t->state;
    struct view_raw raw = {.event = *e};

    if (has_text(e->kind)) {
        snprintf(raw.text, sizeof(raw.text), "%s", e->text);
        raw.event.text = NULL;
    }
    if (e->kind == TRACE_EXCEPTION && trace_exception_name(e->exception.number))
        raw.event.exception.syndrome = 0;    /* an interrupt has none, but what was left there */
    raw.inside = e->kind == TRACE_EXCEPTION; /* taken when the next instruction is to run */
    note_vcpu(v, &raw);
    if (e->kind == TRACE_IRQ && e->gic.intid >= 8192)
        note_lpi(&v->ring, e->gic.intid);
    append(v, &raw);
    if (v->to_event && !v->met && view_is_step(&raw)) {
        v->met = true;
        v->met_raw = raw;
        sched_stop(t->machine);
    }
}

static const struct trace_format listener = {
    .name = "view", .wants_pc = true, .event = on_event, .kinds = (1u << TRACE_N_KINDS) - 1};

int view_ring_start(struct view *v, struct error *err)
{
    struct view_ring *r = &v->ring;

    if (v->m->trace)
        return error_bad_input(err,
                               "--trace does not go with irqlab %s, which hears of events "
                               "itself; use irqlab run or irqlab replay",
                               v->options.command);
    r->raws = calloc(VIEW_MAX_EVENTS, sizeof(*r->raws));
    r->lasts = calloc(VIEW_MAX_LASTS, sizeof(*r->lasts));
    if (!r->raws || !r->lasts)
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory for events");
    return trace_listen(v->m, &listener, v, listener.kinds, err);
}

void view_ring_clear(struct view *v)
{
    free(v->ring.raws);
    free(v->ring.lasts);
}

/* -- The last of each interrupt ---------------------------------------------------------------- */

/* vINTIDs and INTIDs are not the same: one may be both. */
enum { VIRTUAL = 1u << 31 };

static struct view_last *slot_of(const struct view_ring *r, int vcpu, uint32_t intid)
{
    uint32_t i = (intid * 0x9e3779b1u ^ (uint32_t)(vcpu + 1) * 0x85ebca6bu) % VIEW_MAX_LASTS;

    while (r->lasts[i].used && (r->lasts[i].vcpu != vcpu || r->lasts[i].intid != intid))
        i = (i + 1) % VIEW_MAX_LASTS;
    return &r->lasts[i];
}

static bool is_of_interrupt(const struct trace_event *e)
{
    return e->kind == TRACE_IRQ && e->gic.event < GIC_EVENT_LINE &&
           e->gic.event != GIC_EVENT_SPURIOUS;
}

static bool is_virtual(const struct trace_event *e)
{
    return e->kind == TRACE_IRQ && e->gic.event >= GIC_EVENT_VIRTUAL_PENDED;
}

static void map(struct view_ring *r, const struct view_raw *raw)
{
    const struct trace_event *e = &raw->event;
    uint32_t intid = e->gic.intid | (is_virtual(e) ? VIRTUAL : 0);
    int vcpu = is_virtual(e) || trace_is_private(e->gic.intid) ? e->vcpu : VIEW_NO_VCPU;
    struct view_last *last;

    if (!is_of_interrupt(e) && !is_virtual(e))
        return;
    last = slot_of(r, vcpu, intid);
    if (!last->used && r->n_lasts >= VIEW_MAX_LASTS / 4 * 3)
        return;
    r->n_lasts += !last->used;
    *last = (struct view_last){.used = true, .vcpu = vcpu, .intid = intid, .raw = *raw};
}

void view_ring_map(struct view *v)
{
    struct view_ring *r = &v->ring;
    uint64_t now = view_ring_now(v), from = r->mapped;

    if (from > now) {
        memset(r->lasts, 0, VIEW_MAX_LASTS * sizeof(*r->lasts));
        r->n_lasts = 0;
    }
    if (from > now || from < r->begin)
        from = r->begin;
    for (; from < now; from++)
        map(r, view_ring_at(v, from));
    r->mapped = now;
}

const struct view_raw *view_ring_last(const struct view *v, int vcpu, uint32_t intid,
                                      bool is_virtual)
{
    const struct view_last *last = slot_of(&v->ring, vcpu, intid | (is_virtual ? VIRTUAL : 0));

    return last->used ? &last->raw : NULL;
}

/* -- For people -------------------------------------------------------------------------------- */

static const char *gic_text(const struct trace_event *e, char *to, size_t room)
{
    uint64_t detail = e->gic.detail;

    if (e->gic.event == GIC_EVENT_LINE)
        snprintf(to, room, "%s %s", detail / 2 < GIC_N_LINES ? trace_line_names[detail / 2] : "?",
                 detail & 1 ? "up" : "down");
    else if (e->gic.event == GIC_EVENT_GUEST_ERROR)
        snprintf(to, room, "offset 0x%" PRIx64, detail);
    else if (e->gic.event == GIC_EVENT_SGI_SENT)
        snprintf(to, room, "ICC_SGI*R = 0x%" PRIx64, detail);
    else if (e->gic.event >= GIC_EVENT_VIRTUAL_PENDED)
        snprintf(to, room, "vINTID %u, priority 0x%02" PRIx64, e->gic.intid, detail);
    else if (e->gic.event != GIC_EVENT_SPURIOUS && e->gic.event != GIC_EVENT_DEACTIVATED)
        snprintf(to, room, "priority 0x%02" PRIx64, detail);
    return trace_gic_names[e->gic.event];
}

static void exception_text(const struct trace_event *e, char *to, size_t room)
{
    const char *interrupt = trace_exception_name(e->exception.number);
    uint64_t syndrome = e->exception.syndrome;

    if (interrupt)
        snprintf(to, room, "%s", interrupt);
    else
        snprintf(to, room, "EC 0x%02x ISS 0x%07x", (unsigned)(syndrome >> 26 & 0x3f),
                 (unsigned)(syndrome & 0x1ffffff));
}

static void say_what(const struct view_raw *raw, struct view_event *to)
{
    const struct trace_event *e = &raw->event;

    switch (e->kind) {
    case TRACE_IRQ:
        to->intid = is_of_interrupt(e) ? e->gic.intid : VIEW_NO_INTID;
        to->kind = gic_text(e, to->text, sizeof(to->text));
        break;
    case TRACE_TIMER:
        to->intid = wires_intid_of(e->timer.timer);
        snprintf(to->text, sizeof(to->text), "%s output %s", trace_timer_names[e->timer.timer],
                 e->timer.level ? "up" : "down");
        break;
    case TRACE_EXCEPTION:
        exception_text(e, to->text, sizeof(to->text));
        break;
    case TRACE_VCPU:
        snprintf(to->text, sizeof(to->text), "%s", trace_state_names[e->state]);
        break;
    case TRACE_PRIORITY:
        snprintf(to->text, sizeof(to->text), "PMR 0x%02x, running 0x%02x, highest 0x%02x",
                 e->priority.pmr, e->priority.running, e->priority.highest);
        break;
    default:
        snprintf(to->text, sizeof(to->text), "%s", raw->text);
    }
}

void view_raw_event(const struct view_raw *raw, struct view_event *to)
{
    const struct trace_event *e = &raw->event;

    memset(to, 0, sizeof(*to)); /* frames are compared by their bytes */
    to->seq = raw->seq;
    to->instructions = e->instructions;
    to->now_ns = e->now_ns;
    to->vcpu = e->vcpu < 0 ? VIEW_NO_VCPU : e->vcpu;
    to->kind = trace_kind_names[e->kind];
    to->intid = VIEW_NO_INTID;
    to->has_pc = e->has_pc;
    to->pc = e->pc;
    to->daif = raw->daif;
    to->pmr = raw->pmr;
    to->running = raw->running;
    to->highest = raw->highest;
    say_what(raw, to);
}

size_t view_events(struct view *v, uint64_t since, struct view_event *to, size_t max)
{
    uint64_t now = view_ring_now(v), from = now;
    size_t n = 0;

    while (from > v->ring.begin && now - from < max && view_ring_at(v, from - 1)->seq > since)
        from--;
    for (; from < now; from++)
        view_raw_event(view_ring_at(v, from), &to[n++]);
    return n;
}

size_t view_future(struct view *v, struct view_event *to, size_t max)
{
    size_t n = 0;

    for (uint64_t place = view_ring_now(v); place < v->ring.end && n < max; place++)
        view_raw_event(view_ring_at(v, place), &to[n++]);
    return n;
}
