/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long interrupts take: from where one becomes pending to the exception (taken), and from there
 * to the priority drop (EOI), for each interrupt. A vCPU that acknowledges without a new exception,
 * in a handler's loop or by polling, takes the interrupt there. One whose handler returns while its
 * line is still high becomes pending anew at that instant.
 */
#include "emu/trace/latency.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { MAX_NESTED = 32 };

struct nested {
    uint32_t intid;
    uint64_t taken_ns;
};

struct latency_vcpu {
    bool taken; /* an exception, and nothing was acknowledged yet */
    uint64_t taken_ns;
    struct nested nested[MAX_NESTED];
    unsigned depth;
};

struct latencies {
    struct latency_vcpu *vcpus;
};

const char *const trace_span_names[N_SPANS] = {"assert to taken", "taken to EOI", "assert to EOI"};

/* 4 buckets in each power of two; the first four hold one value each. */
unsigned trace_bucket_of(uint64_t ns)
{
    unsigned top;

    if (ns < 4)
        return (unsigned)ns;
    top = 63 - (unsigned)__builtin_clzll(ns);
    return (top - 1) * 4 + (unsigned)(ns >> (top - 2) & 3);
}

uint64_t trace_bucket_first(unsigned bucket)
{
    return bucket < 4 ? bucket : (uint64_t)(4 + bucket % 4) << (bucket / 4 - 1);
}

uint64_t trace_quantile(const struct histogram *h, unsigned percent)
{
    uint64_t wanted = (h->n * percent + 99) / 100, seen = 0;
    unsigned bucket = 0;

    while (bucket < HISTOGRAM_BUCKETS && (seen += h->buckets[bucket]) < wanted)
        bucket++;
    if (bucket + 1 >= HISTOGRAM_BUCKETS || trace_bucket_first(bucket + 1) - 1 > h->max_ns)
        return h->max_ns;
    return trace_bucket_first(bucket + 1) - 1;
}

static void add(struct histogram *h, uint64_t ns)
{
    if (!h->n || ns < h->min_ns)
        h->min_ns = ns;
    if (ns > h->max_ns)
        h->max_ns = ns;
    h->n++;
    h->sum_ns += ns;
    h->buckets[trace_bucket_of(ns)]++;
}

static struct trace_latency *latency_of(struct trace_lane *lane)
{
    if (!lane->latency)
        lane->latency = calloc(1, sizeof(*lane->latency));
    return lane->latency;
}

static void on_acknowledge(struct trace *t, const struct trace_event *e)
{
    struct latencies *l = t->state;
    struct latency_vcpu *v = &l->vcpus[e->vcpu];
    struct trace_lane *lane = trace_lane_of(t, (unsigned)e->vcpu, e->gic.intid);
    struct trace_latency *latency = lane ? latency_of(lane) : NULL;
    uint64_t taken_ns = v->taken ? v->taken_ns : e->now_ns;

    v->taken = false;
    if (!latency)
        return;
    latency->spans = lane->asserted;
    if (lane->asserted) {
        /* It came while the exception of another one was on its way to the acknowledge. */
        if (taken_ns < lane->asserted_ns)
            taken_ns = e->now_ns;
        latency->asserted_ns = lane->asserted_ns;
        add(&latency->histograms[SPAN_TAKEN], taken_ns - lane->asserted_ns);
        lane->asserted = false;
    }
    if (v->depth < MAX_NESTED)
        v->nested[v->depth++] = (struct nested){e->gic.intid, taken_ns};
}

static void on_drop(struct trace *t, const struct trace_event *e)
{
    struct latencies *l = t->state;
    struct latency_vcpu *v = &l->vcpus[e->vcpu];
    struct trace_lane *lane = trace_lane_of(t, (unsigned)e->vcpu, e->gic.intid);
    const struct nested *n;

    if (!v->depth)
        return;
    n = &v->nested[--v->depth];
    if (n->intid != e->gic.intid || !lane || !lane->latency)
        return;
    add(&lane->latency->histograms[SPAN_HANDLED], e->now_ns - n->taken_ns);
    if (lane->latency->spans)
        add(&lane->latency->histograms[SPAN_ALL], e->now_ns - lane->latency->asserted_ns);
}

static void on_event(struct trace *t, const struct trace_event *e)
{
    struct latencies *l = t->state;

    if (e->kind == TRACE_EXCEPTION && (e->exception.number == 5 || e->exception.number == 6)) {
        l->vcpus[e->vcpu].taken = true;
        l->vcpus[e->vcpu].taken_ns = e->now_ns;
    } else if (e->kind == TRACE_IRQ && e->gic.event == GIC_EVENT_ACKNOWLEDGED) {
        on_acknowledge(t, e);
    } else if (e->kind == TRACE_IRQ && e->gic.event == GIC_EVENT_PRIORITY_DROP) {
        on_drop(t, e);
    } else if (e->kind == TRACE_IRQ && e->gic.event == GIC_EVENT_SPURIOUS) {
        l->vcpus[e->vcpu].taken = false;
    }
}

/* lanes.c notes when an interrupt is asserted; an end that leaves it pending does it again. */
static void on_lane(struct trace *t, const struct trace_lane *lane, const struct trace_lane *was,
                    uint64_t now_ns)
{
    struct trace_lane *own = &t->lanes[lane - t->lanes];

    if (was->active && !lane->active && lane->pending && !own->asserted) {
        own->asserted = true;
        own->asserted_ns = now_ns;
    }
}

static int begin(struct trace *t)
{
    struct latencies *l = calloc(1, sizeof(*l));

    t->state = l;
    if (!l)
        return -ENOMEM;
    l->vcpus = calloc(t->n_vcpus, sizeof(*l->vcpus));
    return l->vcpus ? 0 : -ENOMEM;
}

static void clear(struct trace *t)
{
    struct latencies *l = t->state;

    if (l)
        free(l->vcpus);
    free(l);
}

/* -- Text -------------------------------------------------------------------------------------- */

void trace_lane_name(const struct trace_lane *lane, char *text, size_t size)
{
    if (lane->vcpu == TRACE_SHARED)
        snprintf(text, size, "%s %u", trace_intid_kind(lane->intid), lane->intid);
    else
        snprintf(text, size, "%s %u of vCPU %u", trace_intid_kind(lane->intid), lane->intid,
                 lane->vcpu);
}

static void print_histogram(struct trace_out *out, const struct histogram *h)
{
    uint32_t highest = 0;

    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
        highest = h->buckets[i] > highest ? h->buckets[i] : highest;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
        unsigned width = (unsigned)((uint64_t)h->buckets[i] * 50 / highest);

        if (!h->buckets[i])
            continue;
        trace_out_print(out, "    %12" PRIu64 " ns %10u ", trace_bucket_first(i), h->buckets[i]);
        for (unsigned n = 0; n < (width ? width : 1); n++)
            trace_out_print(out, "#");
        trace_out_print(out, "\n");
    }
}

static void print_lane(struct trace_out *out, const struct trace_lane *lane)
{
    char name[48];

    trace_lane_name(lane, name, sizeof(name));
    trace_out_print(out, "%s\n", name);
    for (unsigned i = 0; i < N_SPANS; i++) {
        const struct histogram *h = &lane->latency->histograms[i];

        if (!h->n)
            continue;
        trace_out_print(
            out,
            "  %s: %" PRIu64 " times, ns: least %" PRIu64 ", mean %" PRIu64 ", half <= %" PRIu64
            ", 90 %% <= %" PRIu64 ", 99 %% <= %" PRIu64 ", most %" PRIu64 "\n",
            trace_span_names[i], h->n, h->min_ns, h->sum_ns / h->n, trace_quantile(h, 50),
            trace_quantile(h, 90), trace_quantile(h, 99), h->max_ns);
        print_histogram(out, h);
    }
}

static int compare_lanes(const void *a, const void *b)
{
    const struct trace_lane *left = a, *right = b;

    if (left->intid != right->intid)
        return left->intid < right->intid ? -1 : 1;
    return left->vcpu < right->vcpu ? -1 : left->vcpu > right->vcpu;
}

/* The map is of no use after it. */
static void sort_lanes(struct trace *t)
{
    if (t->n_lanes)
        qsort(t->lanes, t->n_lanes, sizeof(*t->lanes), compare_lanes);
}

static void end_text(struct trace *t, uint64_t now_ns)
{
    (void)now_ns;
    sort_lanes(t);
    trace_out_print(&t->out, "Interrupt latency in virtual time. A line of a histogram: from how "
                             "many ns on, how often.\n");
    for (uint32_t i = 0; i < t->n_lanes; i++) {
        if (t->lanes[i].latency)
            print_lane(&t->out, &t->lanes[i]);
    }
}

static void end_svg(struct trace *t, uint64_t now_ns)
{
    (void)now_ns;
    sort_lanes(t);
    trace_latency_draw(t);
}

#define LATENCY_FORMAT(format_name, format_suffix, format_end)                                     \
    {                                                                                              \
        .name = format_name, .suffix = format_suffix,                                              \
        .kinds = 1u << TRACE_IRQ | 1u << TRACE_EXCEPTION, .begin = begin, .event = on_event,       \
        .lane = on_lane, .end = format_end, .clear = clear                                         \
    }

const struct trace_format trace_latency_text = LATENCY_FORMAT("latency", ".latency", end_text);
const struct trace_format trace_latency_svg = LATENCY_FORMAT("latency-svg", ".svg", end_svg);
