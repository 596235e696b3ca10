/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Value change dump (IEEE 1364-2005 18), for GTKWave. Its head names all signals, and which there
 * are is known at the end: the changes are kept in a file of their own until then.
 *
 * What changes twice in one nanosecond is seen with its last value alone, as in any VCD.
 */
#include "emu/trace/internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    SIGNAL_STATE,
    SIGNAL_HANDLER, /* INTID whose priority runs; z: none */
    SIGNAL_GUEST,   /* likewise vINTID, of the virtual CPU interface */
    SIGNAL_PMR,
    SIGNAL_RUNNING,
    SIGNAL_HIGHEST,
    SIGNAL_LINES, /* GIC_N_LINES of them */
    SIGNAL_TIMERS = SIGNAL_LINES + GIC_N_LINES,
    N_VCPU_SIGNALS = SIGNAL_TIMERS + TIMER_COUNT,
    MAX_NESTED = 32,
};

struct signal {
    uint16_t vcpu; /* whose module; TRACE_SHARED: the GIC's */
    uint8_t bits;
    char name[24];
};

struct nest {
    uint32_t intids[MAX_NESTED];
    unsigned depth;
};

struct vcd_vcpu {
    uint32_t ids[N_VCPU_SIGNALS]; /* index + 1; 0: not seen yet */
    struct nest handlers, guests;
};

struct vcd {
    struct trace_out body;
    struct signal *signals;
    uint32_t n_signals, capacity;
    struct vcd_vcpu *vcpus;
    uint32_t *lanes; /* [TRACE_MAX_LANES]: id of `pending`; `active` is the next */
    bool has_time;
    uint64_t first_ns, now_ns;
};

static const char *const vcpu_signal_names[SIGNAL_LINES] = {
    "state", "handler_intid", "guest_vintid", "pmr", "running_priority", "highest_pending"};
static const uint8_t vcpu_signal_bits[SIGNAL_LINES] = {2, 24, 24, 8, 8, 8};

/* Base 94, of printable characters. */
static char *put_id(char *p, uint32_t id)
{
    do {
        *p++ = (char)('!' + id % 94);
        id /= 94;
    } while (id);
    return p;
}

static uint32_t add_signal(struct vcd *v, unsigned vcpu, unsigned bits, const char *name)
{
    if (v->n_signals == v->capacity) {
        uint32_t capacity = v->capacity ? v->capacity * 2 : 64;
        struct signal *signals = realloc(v->signals, capacity * sizeof(*signals));

        if (!signals)
            return 0;
        v->signals = signals;
        v->capacity = capacity;
    }
    v->signals[v->n_signals] = (struct signal){.vcpu = (uint16_t)vcpu, .bits = (uint8_t)bits};
    snprintf(v->signals[v->n_signals].name, sizeof(v->signals[0].name), "%s", name);
    return ++v->n_signals;
}

static uint32_t vcpu_signal(struct vcd *v, unsigned vcpu, unsigned which)
{
    uint32_t *id = &v->vcpus[vcpu].ids[which];

    if (*id)
        return *id;
    if (which < SIGNAL_LINES)
        *id = add_signal(v, vcpu, vcpu_signal_bits[which], vcpu_signal_names[which]);
    else if (which < SIGNAL_TIMERS)
        *id = add_signal(v, vcpu, 1, trace_line_names[which - SIGNAL_LINES]);
    else
        *id = add_signal(v, vcpu, 1, trace_timer_names[which - SIGNAL_TIMERS]);
    return *id;
}

static void pass_time(struct vcd *v, uint64_t now_ns)
{
    char *p = trace_out_room(&v->body);

    if (!v->has_time) {
        v->first_ns = now_ns;
    } else if (now_ns > v->now_ns) {
        *p++ = '#';
        p = put_uint(p, now_ns);
        *p++ = '\n';
        trace_out_done(&v->body, p);
    }
    v->has_time = true;
    v->now_ns = now_ns;
}

static char *put_binary(char *p, uint32_t value, unsigned bits)
{
    *p++ = 'b';
    if (value == UINT32_MAX)
        *p++ = 'z';
    for (unsigned bit = bits; bit-- && value != UINT32_MAX;)
        *p++ = (char)('0' + (value >> bit & 1));
    *p++ = ' ';
    return p;
}

/* @value UINT32_MAX: none (z). */
static void change(struct vcd *v, uint32_t id, uint32_t value, uint64_t now_ns)
{
    unsigned bits = id ? v->signals[id - 1].bits : 0;
    char *p;

    if (!id)
        return;
    pass_time(v, now_ns);
    p = trace_out_room(&v->body);
    if (bits == 1)
        *p++ = value ? '1' : '0';
    else
        p = put_binary(p, value, bits);
    p = put_id(p, id - 1);
    *p++ = '\n';
    trace_out_done(&v->body, p);
}

static void change_vcpu(struct vcd *v, const struct trace_event *e, unsigned which, uint32_t value)
{
    change(v, vcpu_signal(v, (unsigned)e->vcpu, which), value, e->now_ns);
}

static void nest(struct vcd *v, const struct trace_event *e, bool deeper, bool is_virtual)
{
    struct vcd_vcpu *vcpu = &v->vcpus[e->vcpu];
    struct nest *n = is_virtual ? &vcpu->guests : &vcpu->handlers;

    if (deeper && n->depth < MAX_NESTED)
        n->intids[n->depth++] = e->gic.intid;
    else if (!deeper && n->depth)
        n->depth--;
    change_vcpu(v, e, is_virtual ? SIGNAL_GUEST : SIGNAL_HANDLER,
                n->depth ? n->intids[n->depth - 1] : UINT32_MAX);
}

static void change_gic(struct vcd *v, const struct trace_event *e)
{
    switch (e->gic.event) {
    case GIC_EVENT_LINE:
        if (e->gic.detail / 2 < GIC_N_LINES)
            change_vcpu(v, e, SIGNAL_LINES + (unsigned)(e->gic.detail / 2), e->gic.detail & 1);
        break;
    case GIC_EVENT_ACKNOWLEDGED:
    case GIC_EVENT_PRIORITY_DROP:
        nest(v, e, e->gic.event == GIC_EVENT_ACKNOWLEDGED, false);
        break;
    case GIC_EVENT_VIRTUAL_ACKNOWLEDGED:
    case GIC_EVENT_VIRTUAL_PRIORITY_DROP:
        nest(v, e, e->gic.event == GIC_EVENT_VIRTUAL_ACKNOWLEDGED, true);
        break;
    default:
        break; /* lanes show it */
    }
}

static void change_priorities(struct vcd *v, const struct trace_event *e)
{
    if (e->priority.new_pmr)
        change_vcpu(v, e, SIGNAL_PMR, e->priority.pmr);
    if (e->priority.new_running)
        change_vcpu(v, e, SIGNAL_RUNNING, e->priority.running);
    if (e->priority.new_highest)
        change_vcpu(v, e, SIGNAL_HIGHEST, e->priority.highest);
}

static void on_event(struct trace *t, const struct trace_event *e)
{
    struct vcd *v = t->state;

    if (e->kind == TRACE_VCPU) {
        change_vcpu(v, e, SIGNAL_STATE, e->state);
    } else if (e->kind == TRACE_TIMER) {
        change_vcpu(v, e, SIGNAL_TIMERS + e->timer.timer, e->timer.level);
    } else if (e->kind == TRACE_PRIORITY) {
        change_priorities(v, e);
    } else if (e->kind == TRACE_IRQ) {
        change_gic(v, e);
    }
}

static void on_lane(struct trace *t, const struct trace_lane *lane, const struct trace_lane *was,
                    uint64_t now_ns)
{
    struct vcd *v = t->state;
    uint32_t *id = &v->lanes[lane - t->lanes];
    char name[24];

    if (!*id) {
        snprintf(name, sizeof(name), "intid_%u_pending", lane->intid);
        *id = add_signal(v, lane->vcpu, 1, name);
        snprintf(name, sizeof(name), "intid_%u_active", lane->intid);
        if (!*id || !add_signal(v, lane->vcpu, 1, name)) {
            *id = 0;
            return;
        }
    }
    if (lane->pending != was->pending)
        change(v, *id, lane->pending, now_ns);
    if (lane->active != was->active)
        change(v, *id + 1, lane->active, now_ns);
}

static int begin(struct trace *t)
{
    struct vcd *v = calloc(1, sizeof(*v));

    t->state = v;
    if (!v)
        return -ENOMEM;
    v->vcpus = calloc(t->n_vcpus, sizeof(*v->vcpus));
    v->lanes = calloc(TRACE_MAX_LANES, sizeof(*v->lanes));
    return v->vcpus && v->lanes ? trace_out_open_unnamed(&v->body) : -ENOMEM;
}

static const char *range_of(unsigned bits)
{
    return bits == 2 ? " [1:0]" : bits == 8 ? " [7:0]" : bits == 24 ? " [23:0]" : "";
}

static void print_module(struct trace *t, unsigned vcpu, const char *name)
{
    const struct vcd *v = t->state;

    trace_out_print(&t->out, "$scope module %s $end\n", name);
    for (uint32_t i = 0; i < v->n_signals; i++) {
        const struct signal *s = &v->signals[i];
        char id[8];

        if (s->vcpu != vcpu)
            continue;
        *put_id(id, i) = '\0';
        trace_out_print(&t->out, "$var wire %u %s %s%s $end\n", s->bits, id, s->name,
                        range_of(s->bits));
    }
    trace_out_print(&t->out, "$upscope $end\n");
}

/* What is before the first change: wires are low, what has a value is not known yet. */
static void print_first_values(struct trace *t)
{
    const struct vcd *v = t->state;

    trace_out_print(&t->out, "#%llu\n$dumpvars\n", (unsigned long long)v->first_ns);
    for (uint32_t i = 0; i < v->n_signals; i++) {
        char id[8];

        *put_id(id, i) = '\0';
        trace_out_print(&t->out, "%s%s\n", v->signals[i].bits == 1 ? "0" : "bx ", id);
    }
    trace_out_print(&t->out, "$end\n");
}

static void end(struct trace *t, uint64_t now_ns)
{
    struct vcd *v = t->state;
    char name[16];

    pass_time(v, now_ns);
    trace_out_print(&t->out,
                    "$date virtual time $end\n$version irqlab $end\n" /* vcd2fst: else the host's */
                    "$comment state: 0 off, 1 runs, 2 waits, 3 leaves to its VMM $end\n"
                    "$timescale 1 ns $end\n$scope module irqlab $end\n");
    for (unsigned i = 0; i < t->n_vcpus; i++) {
        snprintf(name, sizeof(name), "vcpu%u", i);
        print_module(t, i, name);
    }
    print_module(t, TRACE_SHARED, "gic");
    trace_out_print(&t->out, "$upscope $end\n$enddefinitions $end\n");
    print_first_values(t);
    trace_out_copy(&t->out, &v->body);
}

static void clear(struct trace *t)
{
    struct vcd *v = t->state;

    if (!v)
        return;
    trace_out_close(&v->body);
    free(v->signals);
    free(v->vcpus);
    free(v->lanes);
    free(v);
}

#define VCD_FORMAT .begin = begin, .event = on_event, .lane = on_lane, .end = end, .clear = clear

const struct trace_format trace_vcd = {.name = "vcd", .suffix = ".vcd", VCD_FORMAT};
const struct trace_format trace_fst = {.name = "fst",
                                       .suffix = ".fst",
                                       .open_file = trace_fst_open,
                                       .close_file = trace_fst_close,
                                       VCD_FORMAT};
