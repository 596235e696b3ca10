/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The story as a picture: a lane for each vCPU, time going down. What a colour says, a word or a
 * shape says too; title and description are for who cannot see it.
 */
#include <inttypes.h>
#include <string.h>

#include "emu/explore/story.h"

enum {
    MARGIN = 24,
    CLOCK = 64, /* the column of instruction counts */
    HEAD = 118,
    LANE_HEAD = 34,
    ROW = 38,
    LINE = 14, /* the lifeline, from the lane's left side */
    TEXT = 34,
    GAP = 22, /* between lanes */
    LEGEND = 64,
    MIN_LANE = 240,
    CHAR_TENTHS = 75, /* of a pixel: a 12 px monospaced character */
    BADGE = 52,
    LEGEND_WIDTH = 740,
};

struct picture {
    const struct story *s;
    FILE *out;
    unsigned lane_of[STORY_LANES]; /* by vCPU */
    size_t x[STORY_LANES], width[STORY_LANES];
    size_t wide, high;
};

static const char *const style =
    "text{font:12px 'DejaVu Sans Mono',Menlo,Consolas,monospace;fill:#1b1f24}"
    ".h{font:bold 16px 'DejaVu Sans',Helvetica,Arial,sans-serif}"
    ".p{font:13px 'DejaVu Sans',Helvetica,Arial,sans-serif}"
    ".l{font:bold 13px 'DejaVu Sans',Helvetica,Arial,sans-serif}"
    ".w,.c{font-size:11px;fill:#57606a}.c{text-anchor:end}"
    ".life{stroke:#c4cad1;stroke-width:2}"
    ".run{stroke:#0a58ca;stroke-width:7;stroke-linecap:round}"
    ".dot{fill:#0a58ca;stroke:#fff;stroke-width:2}"
    ".hand{fill:#fff4d6;stroke:#9a6700;stroke-width:1.5}"
    ".handt{font:bold 11px 'DejaVu Sans',Helvetica,Arial,sans-serif;fill:#7d5300;text-anchor:end}"
    ".turn{fill:none;stroke:#8c959f;stroke-width:1.5;stroke-dasharray:4 4}"
    ".dev{fill:none;stroke:#8250df;stroke-width:2.5}"
    ".devt{fill:#6639ba;font-weight:bold}"
    ".dec{fill:#ffebe9;stroke:#cf222e;stroke-width:1.5}"
    ".decl{fill:none;stroke:#cf222e;stroke-width:2;stroke-dasharray:2 3}"
    ".badge{fill:#a40e26}"
    ".badget{font:bold 11px 'DejaVu Sans',Helvetica,Arial,sans-serif;fill:#fff;text-anchor:middle}";

static void put_text(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '<')
            fputs("&lt;", out);
        else if (*text == '>')
            fputs("&gt;", out);
        else if (*text == '&')
            fputs("&amp;", out);
        else
            fputc((unsigned char)*text < ' ' ? ' ' : *text, out);
    }
}

static void put_words(struct picture *p, const char *class, size_t x, size_t y, const char *text)
{
    fprintf(p->out, "<text class=\"%s\" x=\"%zu\" y=\"%zu\">", class, x, y);
    put_text(p->out, text);
    fputs("</text>\n", p->out);
}

/* -- Where things are -------------------------------------------------------------------------- */

static size_t row_y(size_t row)
{
    return HEAD + LANE_HEAD + row * ROW;
}

static size_t line_x(const struct picture *p, const struct story_step *step)
{
    return p->x[p->lane_of[step->vcpu]] + LINE;
}

static size_t pixels(size_t characters)
{
    return characters * CHAR_TENTHS / 10;
}

static size_t widest(size_t a, size_t b)
{
    return a > b ? a : b;
}

static void end_words(const struct story *s, char *text, size_t size)
{
    snprintf(text, size, "Exit code %d after %" PRIu64 " instructions%s%.150s",
             s->outcome.exit_code, s->outcome.instructions, *s->outcome.text ? ": " : "",
             s->outcome.text);
}

static void measure(struct picture *p)
{
    const struct story *s = p->s;
    char what[STORY_TEXT], where[STORY_TEXT], why[STORY_WHY] = "";
    size_t x = MARGIN + CLOCK;

    for (unsigned i = 0; i < s->n_vcpus; i++) {
        p->lane_of[s->vcpus[i]] = i;
        p->width[i] = MIN_LANE;
    }
    for (size_t i = 0; i < s->count; i++) {
        size_t *width = &p->width[p->lane_of[s->steps[i].vcpu]], n;

        story_what(s, &s->steps[i], what, sizeof(what));
        story_where(s, &s->steps[i], where, sizeof(where));
        n = TEXT + pixels(widest(strlen(what), strlen(where))) + BADGE + 16;
        *width = widest(*width, n);
    }
    for (unsigned i = 0; i < s->n_vcpus; i++) {
        p->x[i] = x;
        x += p->width[i] + GAP;
    }
    end_words(s, what, sizeof(what));
    story_why(s, why, sizeof(why));
    p->wide = widest(x - GAP, widest(strlen(what), strlen(why)) * 7 + MARGIN);
    p->wide = widest(p->wide, LEGEND_WIDTH) + MARGIN;
    p->high = row_y(s->count) + LEGEND;
}

/* -- Layers, from the back to the front -------------------------------------------------------- */

static void put_lanes(struct picture *p)
{
    for (unsigned i = 0; i < p->s->n_vcpus; i++) {
        char name[EVENT_THREAD];

        story_lane(p->s, p->s->vcpus[i], name, sizeof(name));
        put_words(p, "l", p->x[i], HEAD + 10, name);
        fprintf(p->out, "<path class=\"life\" d=\"M%zu %dV%zu\"/>\n", p->x[i] + LINE, HEAD + 20,
                row_y(p->s->count));
    }
    put_words(p, "w", MARGIN, HEAD + 10, "instr.");
}

/* From where an interrupt is taken to its handler's end, or the run's. */
static void put_handlers(struct picture *p)
{
    const struct story *s = p->s;

    for (size_t i = 0; i < s->count; i++) {
        unsigned vcpu = s->steps[i].vcpu, lane = p->lane_of[vcpu];
        size_t last = i, end = i;

        if (s->steps[i].kind != STORY_ENTER)
            continue;
        for (; last < s->count; last++) {
            if (s->steps[last].vcpu == vcpu && s->steps[last].in_handler)
                end = last;
            if (s->steps[last].vcpu == vcpu && s->steps[last].kind == STORY_LEAVE)
                break;
        }
        fprintf(p->out,
                "<rect class=\"hand\" x=\"%zu\" y=\"%zu\" width=\"%zu\" height=\"%zu\" rx=\"6\"/>\n"
                "<text class=\"handt\" x=\"%zu\" y=\"%zu\">handler</text>\n",
                p->x[lane], row_y(i) + 2, p->width[lane], (end - i + 1) * ROW - 4,
                p->x[lane] + p->width[lane] - 8, row_y(end) + ROW - 10);
    }
}

static void put_decider_boxes(struct picture *p)
{
    for (size_t i = 0; i < p->s->count; i++) {
        const struct story_step *step = &p->s->steps[i];
        unsigned lane = p->lane_of[step->vcpu];

        if (!step->mark)
            continue;
        fprintf(p->out,
                "<rect class=\"dec\" x=\"%zu\" y=\"%zu\" width=\"%zu\" height=\"%d\" rx=\"6\"/>\n",
                p->x[lane] + 2, row_y(i) + 3, p->width[lane] - 4, ROW - 6);
    }
}

static size_t next_shown(const struct story *s, size_t from)
{
    while (from < s->count && s->steps[from].kind == STORY_DEVIATION)
        from++;
    return from;
}

/* From one lane to another, between two rows, so that no text is crossed. */
static void put_arrow(struct picture *p, const char *class, const char *head, size_t from,
                      size_t to)
{
    size_t ya = row_y(from) + ROW / 2, yb = row_y(to) + ROW / 2;

    fprintf(p->out,
            "<path class=\"%s\" d=\"M%zu %zuV%zuH%zuV%zu\" stroke-linejoin=\"round\" "
            "marker-end=\"url(#%s)\"/>\n",
            class, line_x(p, &p->s->steps[from]), ya + 8, yb - ROW / 2, line_x(p, &p->s->steps[to]),
            yb - 8, head);
}

/* Which vCPU runs, and who takes over from whom: dashed where it is so without a deviation. */
static void put_turns(struct picture *p)
{
    const struct story *s = p->s;

    for (size_t i = 0; i + 1 < s->count; i++) {
        const struct story_step *a = &s->steps[i], *b = &s->steps[i + 1];

        if (a->kind == STORY_SKIPPED || b->kind == STORY_SKIPPED || a->kind == STORY_DEVIATION)
            continue;
        if (a->vcpu == b->vcpu)
            fprintf(p->out, "<path class=\"run\" d=\"M%zu %zuv%d\"/>\n", line_x(p, a),
                    row_y(i) + ROW / 2, ROW);
        else if (b->kind != STORY_DEVIATION)
            put_arrow(p, "turn", "t", i, i + 1);
    }
}

static void put_deviations(struct picture *p)
{
    const struct story *s = p->s;

    for (size_t i = 0; i < s->count; i++) {
        size_t next = next_shown(s, i);

        if (s->steps[i].kind != STORY_DEVIATION)
            continue;
        if (next < s->count && s->steps[next].kind != STORY_SKIPPED &&
            s->steps[next].vcpu != s->steps[i].vcpu)
            put_arrow(p, "dev", "d", i, next);
        fprintf(p->out,
                "<path class=\"dev\" d=\"M%zu %zul8 8l-8 8l-8 -8z\" style=\"fill:#fff\"/>\n",
                line_x(p, &s->steps[i]), row_y(i) + ROW / 2 - 8);
    }
}

static void put_decider_line(struct picture *p)
{
    const struct story *s = p->s;
    size_t first = s->count, then = s->count;

    for (size_t i = 0; i < s->count; i++) {
        if (s->steps[i].mark == STORY_FIRST)
            first = i;
        if (s->steps[i].mark == STORY_THEN)
            then = i;
    }
    if (first == s->count || then == s->count)
        return;
    fprintf(p->out, "<path class=\"decl\" d=\"M%zu %zuL%zu %zu\"/>\n", line_x(p, &s->steps[first]),
            row_y(first) + ROW / 2, line_x(p, &s->steps[then]), row_y(then) + ROW / 2);
}

static void put_badge(struct picture *p, size_t row, const struct story_step *step)
{
    unsigned lane = p->lane_of[step->vcpu];
    size_t x = p->x[lane] + p->width[lane] - BADGE - 6;

    fprintf(p->out,
            "<rect class=\"badge\" x=\"%zu\" y=\"%zu\" width=\"%d\" height=\"16\" rx=\"8\"/>\n"
            "<text class=\"badget\" x=\"%zu\" y=\"%zu\">%s</text>\n",
            x, row_y(row) + 6, BADGE, x + BADGE / 2, row_y(row) + 18,
            step->mark == STORY_FIRST ? "FIRST" : "THEN");
}

static void put_step(struct picture *p, size_t row)
{
    const struct story_step *step = &p->s->steps[row];
    char what[STORY_TEXT], where[STORY_TEXT], who[EVENT_THREAD], clock[32];
    size_t y = row_y(row), x = line_x(p, step);

    story_what(p->s, step, what, sizeof(what));
    story_where(p->s, step, where, sizeof(where));
    story_lane(p->s, step->vcpu, who, sizeof(who));
    fputs("<g><title>", p->out);
    put_text(p->out, who);
    fprintf(p->out, ", after %" PRIu64 " instructions: ", step->instructions);
    put_text(p->out, what);
    fprintf(p->out, "%s", *where ? ", at " : "");
    put_text(p->out, where);
    fputs("</title>\n", p->out);
    if (step->kind != STORY_DEVIATION && step->kind != STORY_SKIPPED)
        fprintf(p->out, "<circle class=\"dot\" cx=\"%zu\" cy=\"%zu\" r=\"6\"/>\n", x, y + ROW / 2);
    snprintf(clock, sizeof(clock), "%" PRIu64, step->instructions);
    put_words(p, "c", MARGIN + CLOCK - 16, y + ROW / 2 + 4, clock);
    put_words(p, step->kind == STORY_DEVIATION ? "devt" : "t", x - LINE + TEXT,
              y + (*where ? 17 : 23), what);
    if (*where)
        put_words(p, "w", x - LINE + TEXT, y + 31, where);
    if (step->mark)
        put_badge(p, row, step);
    fputs("</g>\n", p->out);
}

/* -- Around it --------------------------------------------------------------------------------- */

static void put_head(struct picture *p)
{
    const struct story *s = p->s;
    char end[STORY_TEXT + 64], why[STORY_WHY] = "";

    end_words(s, end, sizeof(end));
    story_why(s, why, sizeof(why));
    fprintf(p->out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%zu\" height=\"%zu\" "
            "viewBox=\"0 0 %zu %zu\" role=\"img\" aria-labelledby=\"title desc\">\n"
            "<title id=\"title\">",
            p->wide, p->high, p->wide, p->high);
    put_text(p->out, s->replay->image);
    fprintf(p->out, ": a run with %zu deviation%s</title>\n<desc id=\"desc\">", s->taken.count,
            s->taken.count == 1 ? "" : "s");
    put_text(p->out, why);
    fputc(' ', p->out);
    put_text(p->out, end);
    fprintf(p->out, ". Time goes down; there are %u lanes.</desc>\n<style>%s</style>\n", s->n_vcpus,
            style);
    fprintf(p->out,
            "<defs><marker id=\"d\" viewBox=\"0 0 8 8\" refX=\"6\" refY=\"4\" markerWidth=\"5\" "
            "markerHeight=\"5\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" fill=\"#8250df\"/>"
            "</marker><marker id=\"t\" viewBox=\"0 0 8 8\" refX=\"6\" refY=\"4\" markerWidth=\"6\" "
            "markerHeight=\"6\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" fill=\"#8c959f\"/>"
            "</marker></defs>\n<rect width=\"%zu\" height=\"%zu\" fill=\"#fff\"/>\n",
            p->wide, p->high);
    put_words(p, "h", MARGIN, 32, s->replay->image);
    put_words(p, "p", MARGIN, 54, end);
    put_words(p, "p", MARGIN, 74, why);
}

static void put_legend(struct picture *p)
{
    size_t y = p->high - 30, x = MARGIN;

    fprintf(p->out,
            "<path class=\"run\" d=\"M%zu %zuh24\"/><circle class=\"dot\" cx=\"%zu\" cy=\"%zu\" "
            "r=\"6\"/>\n",
            x, y, x + 12, y);
    put_words(p, "p", x + 34, y + 4, "runs, event");
    fprintf(p->out, "<path class=\"turn\" d=\"M%zu %zuh24\" marker-end=\"url(#t)\"/>\n", x + 130,
            y);
    put_words(p, "p", x + 164, y + 4, "waits, or ends its turn");
    fprintf(p->out, "<path class=\"dev\" d=\"M%zu %zuh24\" marker-end=\"url(#d)\"/>\n", x + 330, y);
    put_words(p, "p", x + 364, y + 4, "deviation");
    fprintf(p->out,
            "<rect class=\"hand\" x=\"%zu\" y=\"%zu\" width=\"24\" height=\"16\" rx=\"4\"/>\n",
            x + 450, y - 8);
    put_words(p, "p", x + 484, y + 4, "handler");
    fprintf(p->out,
            "<rect class=\"dec\" x=\"%zu\" y=\"%zu\" width=\"24\" height=\"16\" rx=\"4\"/>\n",
            x + 556, y - 8);
    put_words(p, "p", x + 590, y + 4, "these two decide");
}

void story_svg(const struct story *s, FILE *out)
{
    struct picture p = {.s = s, .out = out};

    measure(&p);
    put_head(&p);
    put_handlers(&p);
    put_decider_boxes(&p);
    put_lanes(&p);
    put_turns(&p);
    put_decider_line(&p);
    put_deviations(&p);
    for (size_t i = 0; i < s->count; i++)
        put_step(&p, i);
    put_legend(&p);
    fputs("</svg>\n", out);
}
