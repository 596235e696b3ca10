/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Histograms of interrupt latency: latency.c counts, latency_svg.c draws. */
#ifndef IRQLAB_EMU_TRACE_LATENCY_H
#define IRQLAB_EMU_TRACE_LATENCY_H

#include "emu/trace/internal.h"

enum { HISTOGRAM_BUCKETS = 252 };

struct histogram {
    uint64_t n, sum_ns, min_ns, max_ns;
    uint32_t buckets[HISTOGRAM_BUCKETS];
};

enum trace_span { SPAN_TAKEN, SPAN_HANDLED, SPAN_ALL, N_SPANS };

/* Of one lane. */
struct trace_latency {
    struct histogram histograms[N_SPANS];
    bool spans; /* what is being handled was asserted_ns */
    uint64_t asserted_ns;
};

extern const char *const trace_span_names[N_SPANS];

/** trace_bucket_first - the least ns of a bucket, 0 .. HISTOGRAM_BUCKETS - 1. */
uint64_t trace_bucket_first(unsigned bucket);
/** trace_bucket_of - where @ns is counted. */
unsigned trace_bucket_of(uint64_t ns);
/** trace_quantile - what @percent of all are not above, to a bucket's width. h->n is not 0. */
uint64_t trace_quantile(const struct histogram *h, unsigned percent);
/** trace_lane_name - "PPI 27 of vCPU 0". */
void trace_lane_name(const struct trace_lane *lane, char *text, size_t size);
/** trace_latency_draw - an SVG of all lanes that have latencies, to t->file. */
void trace_latency_draw(struct trace *t);

#endif
