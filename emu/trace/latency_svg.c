/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Histograms of interrupt latency as a drawing: a row for each interrupt, a panel for each span. */
#include "emu/trace/latency.h"

#include <inttypes.h>

enum {
    MAX_ROWS = 256, /* of 160 pixels; the others are in the text */
    LEFT = 20,
    TOP = 60,
    PANEL_WIDTH = 300,
    PANEL_STEP = 330,
    PANEL_HEIGHT = 80,
    ROW_STEP = 160,
};

static void find_ends(const struct histogram *h, unsigned *first, unsigned *last, uint32_t *highest)
{
    *first = HISTOGRAM_BUCKETS;
    *highest = *last = 0;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
        if (!h->buckets[i])
            continue;
        *first = i < *first ? i : *first;
        *last = i;
        *highest = h->buckets[i] > *highest ? h->buckets[i] : *highest;
    }
}

static void draw_bars(struct trace_out *out, const struct histogram *h, unsigned x, unsigned y)
{
    unsigned first, last, width;
    uint32_t highest;

    find_ends(h, &first, &last, &highest);
    width = PANEL_WIDTH / (last - first + 1);
    width = width > 30 ? 30 : width ? width : 1;
    for (unsigned i = first; i <= last; i++) {
        unsigned height = (unsigned)((uint64_t)h->buckets[i] * PANEL_HEIGHT / highest);

        if (!h->buckets[i])
            continue;
        height = height ? height : 1;
        trace_out_print(out,
                        "<rect x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\"><title>from %" PRIu64
                        " ns: %u times</title></rect>\n",
                        x + (i - first) * width, y + PANEL_HEIGHT - height,
                        width > 2 ? width - 1 : width, height, trace_bucket_first(i),
                        h->buckets[i]);
    }
    trace_out_print(out, "<path d=\"M%u %uh%u\"/>\n", x, y + PANEL_HEIGHT, (unsigned)PANEL_WIDTH);
    trace_out_print(out, "<text x=\"%u\" y=\"%u\">%" PRIu64 " to %" PRIu64 " ns</text>\n", x,
                    y + PANEL_HEIGHT + 15, h->min_ns, h->max_ns);
}

static void draw_panel(struct trace_out *out, const struct histogram *h, unsigned span,
                       unsigned row)
{
    unsigned x = LEFT + span * PANEL_STEP, y = TOP + row * ROW_STEP + 40;

    if (!h->n)
        return;
    trace_out_print(out,
                    "<text x=\"%u\" y=\"%u\">%s: %" PRIu64 ", half &#8804; %" PRIu64
                    ", 99 %% &#8804; %" PRIu64 " ns</text>\n",
                    x, y - 8, trace_span_names[span], h->n, trace_quantile(h, 50),
                    trace_quantile(h, 99));
    draw_bars(out, h, x, y);
}

static unsigned count_rows(const struct trace *t)
{
    unsigned rows = 0;

    for (uint32_t i = 0; i < t->n_lanes && rows < MAX_ROWS; i++)
        rows += t->lanes[i].latency != NULL;
    return rows;
}

static void draw_lane(struct trace_out *out, const struct trace_lane *lane, unsigned row)
{
    char name[48];

    trace_lane_name(lane, name, sizeof(name));
    trace_out_print(out, "<g><title>%s</title>\n<text class=\"name\" x=\"%u\" y=\"%u\">%s</text>\n",
                    name, (unsigned)LEFT, TOP + row * ROW_STEP + 15, name);
    for (unsigned span = 0; span < N_SPANS; span++)
        draw_panel(out, &lane->latency->histograms[span], span, row);
    trace_out_print(out, "</g>\n");
}

void trace_latency_draw(struct trace *t)
{
    unsigned rows = count_rows(t), row = 0, width = LEFT + N_SPANS * PANEL_STEP;
    unsigned height = TOP + rows * ROW_STEP;

    trace_out_print(
        &t->out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" viewBox=\"0 0 %u %u\" "
        "width=\"%u\" height=\"%u\">\n"
        "<title>Interrupt latency in virtual time</title>\n"
        "<style>text{font:11px sans-serif;fill:#222}.name{font-weight:bold;font-size:14px}"
        "rect{fill:#2a6fb0}path{stroke:#222}.paper{fill:#fff}</style>\n"
        "<rect class=\"paper\" width=\"%u\" height=\"%u\"/>\n"
        "<text class=\"name\" x=\"%u\" y=\"30\">Interrupt latency in virtual time</text>\n",
        width, height, width, height, width, height, (unsigned)LEFT);
    for (uint32_t i = 0; i < t->n_lanes && row < rows; i++) {
        if (t->lanes[i].latency)
            draw_lane(&t->out, &t->lanes[i], row++);
    }
    trace_out_print(&t->out, "</svg>\n");
}
