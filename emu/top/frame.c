/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first line, the last ones, and all panes between. */
#include "emu/top/top.h"

#include <stdio.h>
#include <string.h>

/* -- The first line ---------------------------------------------------------------------------- */

static const char *state_name(const struct view_frame *f)
{
    static const char *const names[] = {[VIEW_RUNS] = "RUNS",
                                        [VIEW_PAUSED] = "PAUSED",
                                        [VIEW_DEBUGGED] = "GDB",
                                        [VIEW_OVER] = "OVER"};

    return names[f->state];
}

static unsigned count_of(const struct view_frame *f, enum view_verdict verdict)
{
    unsigned n = 0;

    for (unsigned i = 0; i < f->n_irqs; i++)
        n += f->irqs[i].verdict == verdict;
    return n;
}

static int draw_count(const struct view_frame *f, enum view_verdict verdict, enum style style,
                      struct screen *s, int col)
{
    unsigned n = count_of(f, verdict);

    col = screen_put(s, 0, col, n ? style : STYLE_STATUS, "%s %u", top_verdict(verdict), n);
    return screen_put(s, 0, col, STYLE_STATUS, " ");
}

void top_draw_status(const struct top_data *d, const struct top *t, struct screen *s)
{
    const struct view_frame *f = d->frame;
    char number[TOP_WORD_BYTES], at[TOP_WORD_BYTES];
    int col;

    (void)t;
    screen_fill(s, 0, 0, STYLE_STATUS);
    col = screen_put(s, 0, 0, STYLE_STATUS, "irqlab ");
    col = screen_put(s, 0, col, f->state == VIEW_RUNS ? STYLE_STATUS : STYLE_FOCUS, " %s ",
                     state_name(f));
    col = screen_put(s, 0, col, STYLE_STATUS, " ");
    col = draw_count(f, VIEW_BLOCKED, STYLE_BLOCKED, s, col);
    col = draw_count(f, VIEW_COMING, STYLE_COMING, s, col);
    col = draw_count(f, VIEW_ACTIVE, STYLE_ACTIVE, s, col);
    screen_put(s, 0, col, STYLE_STATUS, " %s insns  %s s", top_number(f->instructions, number),
               top_seconds(f->now_ns, at));
}

/* -- The last lines ---------------------------------------------------------------------------- */

/* What a person should know if nothing has just been said. */
static bool is_at_begin(const struct view_frame *f)
{
    return f->state == VIEW_PAUSED && f->instructions == f->begin;
}

static void standing_message(const struct top_data *d, const struct top *t, char *to, size_t room)
{
    const struct view_frame *f = d->frame;
    char back[TOP_WORD_BYTES];

    if (t->filter.text[0])
        snprintf(to, room, "filter '%s': %u of %u interrupts (/ and an empty line: all)",
                 t->filter.text, t->lists[PANE_IRQS].n, f->n_irqs);
    else if (f->instructions < f->reached)
        snprintf(to, room, "in the past: %s instructions before the newest",
                 top_number(f->reached - f->instructions, back));
    else if (f->state == VIEW_DEBUGGED)
        snprintf(to, room, "a debugger is attached: it says what runs");
    else if (d->aside[0])
        snprintf(to, room, "%.120s", d->aside);
    else if (is_at_begin(f))
        snprintf(to, room, "press space to run it, n for its first event, ? for words");
    else if (f->idle)
        snprintf(to, room, "every vCPU waits, and nothing is left that could wake one");
    else
        *to = 0;
}

static void draw_message(const struct top_data *d, const struct top *t, struct screen *s)
{
    char standing[160];
    const char *text = t->message[0] ? t->message : d->frame->message;

    standing_message(d, t, standing, sizeof(standing));
    if (*text)
        screen_put(s, s->rows - 2, 1, STYLE_NOTE, "%s", text);
    else
        screen_put(s, s->rows - 2, 1, is_at_begin(d->frame) ? STYLE_NOTE : STYLE_FAINT, "%s",
                   standing);
}

static void draw_prompt(const struct top *t, struct screen *s)
{
    const char *question = t->prompt == PROMPT_GO
                               ? "go to (12,345 or +100 insns, 1.5ms, -20us): "
                               : "show (27, 32-63, v0, spi, blocked; empty: all): ";
    int col = screen_put(s, s->rows - 1, 0, STYLE_KEY, "%s", question);

    screen_put(s, s->rows - 1, col, STYLE_PLAIN, "%s_", t->input);
}

static void draw_keys(const struct top_data *d, const struct top *t, struct screen *s)
{
    enum view_state state = d->frame->state;
    bool is_over = state == VIEW_OVER;
    const struct {
        const char *key, *what;
    } keys[] = {
        {"?", "help"}, /* these two on the smallest screens too */
        {"q", t->overlay ? "close" : "quit"},
        {is_over ? "N" : "space", is_over              ? "back"
                                  : state == VIEW_RUNS ? "pause"
                                                       : "run"},
        {"s/S", "step"},
        {"n/N", "event"},
        {"w", "why"},
        {"/", "show"},
        {"g", "go"},
        {"tab", "pane"},
    };
    int col = 0;

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (i && col + (int)(strlen(keys[i].key) + 1 + strlen(keys[i].what)) > s->cols)
            break;
        col = screen_put(s, s->rows - 1, col, STYLE_KEY, "%s", keys[i].key);
        col = screen_put(s, s->rows - 1, col, STYLE_PLAIN, " %s  ", keys[i].what);
    }
    if (t->has_count)
        screen_put(s, s->rows - 1, col, STYLE_NOTE, "%llu", (unsigned long long)t->count);
}

void top_draw_bottom(const struct top_data *d, const struct top *t, struct screen *s)
{
    if (s->rows >= 3) { /* on a small screen, over the last row of a pane */
        bool has_line = 1 + top_body_rows(s->rows) <= s->rows - 2;

        if (has_line || t->message[0] || d->frame->message[0]) {
            screen_fill(s, s->rows - 2, 0, STYLE_PLAIN);
            draw_message(d, t, s);
        }
    }
    screen_fill(s, s->rows - 1, 0, STYLE_PLAIN);
    if (t->prompt)
        draw_prompt(t, s);
    else
        draw_keys(d, t, s);
}

/* -- Panes ------------------------------------------------------------------------------------- */

static void draw_head(const struct top *t, const struct top_data *d, enum top_pane p,
                      struct screen *s)
{
    const struct top_list *l = &t->lists[p];
    const struct top_place *place = &t->places[p];
    enum style style = p == t->focus ? STYLE_FOCUS : STYLE_TITLE;
    unsigned height = (unsigned)place->rows - 1;
    char part[64];

    screen_fill(s, place->row, 0, style);
    top_kind(p)->draw_head(d, s, place->row, style);
    if (l->n <= height)
        return;
    snprintf(part, sizeof(part), " %u-%u of %u ", l->first + 1, l->first + height, l->n);
    screen_put(s, place->row, s->cols - (int)sizeof(" 1000-1000 of 1000 ") + 1, style, "%19s",
               part);
}

static void draw_list(const struct top *t, const struct top_data *d, enum top_pane p,
                      struct screen *s)
{
    const struct top_list *l = &t->lists[p];
    const struct top_place *place = &t->places[p];

    if (!l->n && place->rows > 1)
        screen_put(s, place->row + 1, 1, STYLE_FAINT, "no %s%s", top_kind(p)->name,
                   t->filter.text[0] ? " of this filter" : "");
    for (int i = 0; i < place->rows - 1; i++) {
        unsigned at = l->first + (unsigned)i;
        int row = place->row + 1 + i;

        if (at >= l->n)
            break;
        top_kind(p)->draw(d, s, row, l->items[at]);
        if (at == l->cursor && (p == t->focus || p == PANE_IRQS))
            screen_put(s, row, 0, STYLE_PLAIN, ">");
        if (at == l->cursor && p == t->focus)
            screen_select(s, row);
    }
}

static void draw_pane(const struct top *t, const struct top_data *d, enum top_pane p,
                      struct screen *s)
{
    const struct top_place *place = &t->places[p];

    if (!place->rows)
        return;
    if (p == PANE_DETAIL)
        top_draw_detail(d, s, place->row, place->rows, top_selected_irq(t, d));
    else if (p == PANE_CONSOLE)
        top_draw_console(d, s, place->row, place->rows);
    else {
        draw_head(t, d, p, s);
        draw_list(t, d, p, s);
    }
}

void top_draw(const struct top *t, const struct top_data *d, struct screen *s)
{
    screen_clear(s);
    if (t->overlay) {
        top_draw_overlay(d, t, s);
    } else {
        for (enum top_pane p = 0; p < PANE_N; p++)
            draw_pane(t, d, p, s);
    }
    top_draw_status(d, t, s);
    if (s->rows > 1)
        top_draw_bottom(d, t, s);
}
