/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Histograms of interrupt latency as a drawing: a row for each interrupt, a column for each span.
 * All have one logarithmic axis of time, so that they can be compared at a glance.
 */
#include "emu/trace/latency.h"

#include <inttypes.h>
#include <stdio.h>

enum {
    MAX_ROWS = 256, /* of ROW_STEP pixels; the others are in the text */
    LEFT = 20,
    TOP = 90,
    PANEL_WIDTH = 320,
    PANEL_STEP = 350,
    PANEL_HEIGHT = 80,
    ROW_STEP = 170,
};

/* The axis: buckets that anything is in, a few at least. */
struct axis {
    unsigned first, last;
};

static struct axis find_axis(const struct trace *t)
{
    struct axis a = {HISTOGRAM_BUCKETS, 0};

    for (uint32_t i = 0; i < t->n_lanes; i++) {
        for (unsigned n = 0; t->lanes[i].latency && n < N_SPANS * HISTOGRAM_BUCKETS; n++) {
            const struct histogram *h = &t->lanes[i].latency->histograms[n / HISTOGRAM_BUCKETS];
            unsigned bucket = n % HISTOGRAM_BUCKETS;

            if (!h->buckets[bucket])
                continue;
            a.first = bucket < a.first ? bucket : a.first;
            a.last = bucket > a.last ? bucket : a.last;
        }
    }
    a.last = a.last < a.first + 16 ? a.first + 16 : a.last;
    return a;
}

/* Tenths of a pixel from the panel's left side to where a bucket begins, and to a time. */
static unsigned place_of(const struct axis *a, unsigned bucket)
{
    return (bucket - a->first) * PANEL_WIDTH * 10 / (a->last - a->first + 1);
}

static unsigned place_of_ns(const struct axis *a, uint64_t ns)
{
    unsigned bucket = trace_bucket_of(ns), here = place_of(a, bucket);
    uint64_t first = trace_bucket_first(bucket);
    uint64_t width = bucket + 1 < HISTOGRAM_BUCKETS ? trace_bucket_first(bucket + 1) - first : 1;

    return here + (unsigned)((double)(place_of(a, bucket + 1) - here) * (double)(ns - first) /
                             (double)width);
}

/* Three digits, as people write them; rounded up, since what is written is not exceeded. */
static const char *time_text(char *text, size_t size, uint64_t ns)
{
    static const char *const units[] = {"ns", "&#181;s", "ms", "s"};
    uint64_t scale = 1, least = 1; /* of the unit, and of what is shown */
    unsigned unit = 0;

    for (; unit < 3 && ns >= scale * 1000; unit++)
        scale *= 1000;
    while (least < scale && ns / least >= 1000)
        least *= 10;
    ns = (ns + least - 1) / least * least;
    if (ns % scale == 0)
        snprintf(text, size, "%" PRIu64 " %s", ns / scale, units[unit]);
    else
        snprintf(text, size, "%" PRIu64 ".%0*u %s", ns / scale, scale / least == 10 ? 1 : 2,
                 (unsigned)(ns % scale / least), units[unit]);
    return text;
}

static void draw_bars(struct trace_out *out, const struct axis *a, const struct histogram *h,
                      unsigned x, unsigned y)
{
    unsigned width = PANEL_WIDTH * 10 / (a->last - a->first + 1);
    uint32_t highest = 1;
    char from[48];

    for (unsigned i = a->first; i <= a->last; i++)
        highest = h->buckets[i] > highest ? h->buckets[i] : highest;
    for (unsigned i = a->first; i <= a->last; i++) {
        unsigned height = (unsigned)((uint64_t)h->buckets[i] * PANEL_HEIGHT / highest);
        unsigned at = x * 10 + place_of(a, i);

        if (!h->buckets[i])
            continue;
        height = height ? height : 1;
        trace_out_print(out,
                        "<rect x=\"%u.%u\" y=\"%u\" width=\"%u.%u\" height=\"%u\"><title>from %s "
                        "(%" PRIu64 " ns): %u times</title></rect>\n",
                        at / 10, at % 10, y + PANEL_HEIGHT - height, width / 10, width % 10, height,
                        time_text(from, sizeof(from), trace_bucket_first(i)), trace_bucket_first(i),
                        h->buckets[i]);
    }
}

/* A mark at each power of ten. */
static void draw_axis(struct trace_out *out, const struct axis *a, unsigned x, unsigned y)
{
    uint64_t end = a->last + 1 < HISTOGRAM_BUCKETS ? trace_bucket_first(a->last + 1) : UINT64_MAX;
    char text[48];

    trace_out_print(out, "<path d=\"M%u %uh%u\"/>\n", x, y + PANEL_HEIGHT, (unsigned)PANEL_WIDTH);
    for (uint64_t ns = 1; ns < end && ns < UINT64_MAX / 10; ns *= 10) {
        unsigned at;

        if (ns < trace_bucket_first(a->first))
            continue;
        at = x * 10 + place_of_ns(a, ns);
        trace_out_print(out,
                        "<path d=\"M%u.%u %uv5\"/><text class=\"tick\" x=\"%u.%u\" y=\"%u\">%s"
                        "</text>\n",
                        at / 10, at % 10, y + PANEL_HEIGHT, at / 10, at % 10, y + PANEL_HEIGHT + 16,
                        time_text(text, sizeof(text), ns));
    }
}

static void draw_mark(struct trace_out *out, const struct axis *a, const struct histogram *h,
                      unsigned percent, unsigned x, unsigned y)
{
    unsigned at = x * 10 + place_of_ns(a, trace_quantile(h, percent));

    trace_out_print(out, "<path class=\"mark%u\" d=\"M%u.%u %uv%u\"/>\n", percent, at / 10, at % 10,
                    y - 3, (unsigned)PANEL_HEIGHT + 3);
}

static void draw_panel(struct trace_out *out, const struct axis *a, const struct histogram *h,
                       unsigned span, unsigned row)
{
    unsigned x = LEFT + span * PANEL_STEP, y = TOP + row * ROW_STEP + 48;
    char half[48], most_of_them[48], most[48];

    if (!h->n)
        return;
    trace_out_print(out,
                    "<text x=\"%u\" y=\"%u\">%" PRIu64
                    " times, 50 %% &#8804; %s, 99 %% &#8804; %s, "
                    "at most %s</text>\n",
                    x, y - 10, h->n, time_text(half, sizeof(half), trace_quantile(h, 50)),
                    time_text(most_of_them, sizeof(most_of_them), trace_quantile(h, 99)),
                    time_text(most, sizeof(most), h->max_ns));
    draw_bars(out, a, h, x, y);
    draw_axis(out, a, x, y);
    draw_mark(out, a, h, 50, x, y);
    draw_mark(out, a, h, 99, x, y);
}

static unsigned count_rows(const struct trace *t)
{
    unsigned rows = 0;

    for (uint32_t i = 0; i < t->n_lanes && rows < MAX_ROWS; i++)
        rows += t->lanes[i].latency != NULL;
    return rows;
}

static void draw_lane(struct trace_out *out, const struct axis *a, const struct trace_lane *lane,
                      unsigned row)
{
    char name[48];

    trace_lane_name(lane, name, sizeof(name));
    trace_out_print(out, "<g><title>%s</title>\n<text class=\"name\" x=\"%u\" y=\"%u\">%s</text>\n",
                    name, (unsigned)LEFT, TOP + row * ROW_STEP + 20, name);
    for (unsigned span = 0; span < N_SPANS; span++)
        draw_panel(out, a, &lane->latency->histograms[span], span, row);
    trace_out_print(out, "</g>\n");
}

static void draw_head(struct trace_out *out, unsigned width, unsigned height)
{
    static const char *const spans[N_SPANS] = {"assert &#8594; taken (the exception)",
                                               "taken &#8594; EOI (the priority drop)",
                                               "assert &#8594; EOI"};

    trace_out_print(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" viewBox=\"0 0 %u %u\" "
        "width=\"%u\" height=\"%u\">\n"
        "<title>Interrupt latency in virtual time</title>\n"
        "<style>text{font:11px sans-serif;fill:#222}.name,.span{font-weight:bold;"
        "font-size:14px}.span{font-size:12px}.tick{text-anchor:middle;fill:#555}"
        "rect{fill:#2a6fb0;stroke:#fff;stroke-width:.5}path{stroke:#222;fill:none}"
        ".mark50,.mark99{stroke:#c0392b}.mark99{stroke-dasharray:3 2}"
        ".paper{fill:#fff}</style>\n"
        "<rect class=\"paper\" width=\"%u\" height=\"%u\"/>\n"
        "<text class=\"name\" x=\"%u\" y=\"28\">Interrupt latency in virtual time</text>"
        "\n<text x=\"%u\" y=\"48\">How often (bars, each row to its own highest) and how "
        "long (one logarithmic axis for all); red lines: half of all, and dashed 99 %% "
        "of all, were not longer.</text>\n",
        width, height, width, height, width, height, (unsigned)LEFT, (unsigned)LEFT);
    for (unsigned i = 0; i < N_SPANS; i++)
        trace_out_print(out, "<text class=\"span\" x=\"%u\" y=\"%u\">%s</text>\n",
                        LEFT + i * PANEL_STEP, (unsigned)TOP - 12, spans[i]);
}

void trace_latency_draw(struct trace *t)
{
    unsigned rows = count_rows(t), row = 0;
    struct axis a = find_axis(t);

    draw_head(&t->out, LEFT + N_SPANS * PANEL_STEP, TOP + rows * ROW_STEP + 10);
    for (uint32_t i = 0; i < t->n_lanes && row < rows; i++) {
        if (t->lanes[i].latency)
            draw_lane(&t->out, &a, &t->lanes[i], row++);
    }
    trace_out_print(&t->out, "</svg>\n");
}
