/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a key does: to what is shown, or to the machine. */
#include "emu/top/top.h"

#include <stdio.h>
#include <string.h>

#define MAX_COUNT 1000000000000ull /* instructions in one step */

static void command(struct top_action *a, enum view_command command, uint64_t argument)
{
    *a = (struct top_action){.is = true, .command = command, .argument = argument};
}

/* -- The machine ------------------------------------------------------------------------------- */

static bool machine_key(const struct top *t, const struct top_data *d, int key,
                        struct top_action *a)
{
    uint64_t n = t->count ? t->count : 1;

    switch (key) {
    case ' ':
        command(a, d->frame->state == VIEW_RUNS ? VIEW_PAUSE : VIEW_RUN, 0);
        return true;
    case 's':
        command(a, VIEW_STEP, n);
        return true;
    case 'S':
    case 'b':
        command(a, VIEW_BACK, n);
        return true;
    case 'n':
        command(a, VIEW_STEP_EVENT, 0);
        return true;
    case 'N':
        command(a, VIEW_BACK_EVENT, 0);
        return true;
    }
    return false;
}

/* -- Moving ------------------------------------------------------------------------------------ */

static long page(const struct top *t)
{
    int rows = t->overlay ? top_body_rows(t->screen_rows) - 1 : t->places[t->focus].rows - 1;

    return rows > 1 ? rows : 1;
}

/* How far a key moves; 0: it moves nothing. */
static long distance(const struct top *t, int key)
{
    switch (key) {
    case TOP_KEY_UP:
    case 'k':
        return -1;
    case TOP_KEY_DOWN:
    case 'j':
        return 1;
    case TOP_KEY_PAGE_UP:
        return -page(t);
    case TOP_KEY_PAGE_DOWN:
        return page(t);
    case TOP_KEY_HOME:
        return -INT32_MAX;
    case TOP_KEY_END:
        return INT32_MAX;
    default:
        return 0;
    }
}

static void scroll_overlay(struct top *t, long by)
{
    long to = (long)t->overlay_first + by;

    t->overlay_first = to < 0 ? 0 : to > INT32_MAX ? INT32_MAX : (unsigned)to;
}

static void move(struct top *t, const struct top_data *d, int key, long by)
{
    if (t->overlay) {
        scroll_overlay(t, by);
        return;
    }
    top_move(t, d, by);
    /* The first interrupt, and the newest event, are what is looked at unless one says otherwise */
    if ((key == TOP_KEY_HOME && t->focus == PANE_IRQS) ||
        (key == TOP_KEY_END && t->focus == PANE_EVENTS))
        t->lists[t->focus].follows = true;
}

static void next_pane(struct top *t, int by)
{
    int p = t->focus;

    do
        p = (p + by + PANE_N) % PANE_N;
    while (p != (int)t->focus && (!top_kind((enum top_pane)p) || !t->places[p].rows));
    t->focus = (enum top_pane)p;
}

/* -- What lies over the panes ------------------------------------------------------------------ */

static void open_overlay(struct top *t, enum top_overlay overlay)
{
    t->overlay = t->overlay == overlay ? OVERLAY_NONE : overlay;
    t->overlay_first = 0;
    t->overlay_fresh = overlay == OVERLAY_WHY;
}

/* "27w": of any INTID, at the vCPU that is selected in its pane. */
static struct top_subject typed_subject(const struct top *t)
{
    const struct top_list *l = &t->lists[PANE_VCPUS];

    return (struct top_subject){.is = t->count <= UINT32_MAX,
                                .intid = (uint32_t)t->count,
                                .vcpu = l->n ? l->items[l->cursor] : 0};
}

static void open_why(struct top *t, const struct top_data *d)
{
    struct top_subject subject = t->has_count ? typed_subject(t) : top_selected(t, d);

    if (t->overlay != OVERLAY_WHY && !subject.is) {
        snprintf(t->message, sizeof(t->message),
                 "why what? select a row with an INTID (arrows, tab), or type the INTID: 27w");
        return;
    }
    if (t->overlay != OVERLAY_WHY)
        t->why = subject;
    open_overlay(t, OVERLAY_WHY);
}

/* An event's row: to its moment. Any other: why. */
static void enter(struct top *t, const struct top_data *d, struct top_action *a)
{
    const struct top_list *l = &t->lists[PANE_EVENTS];
    bool is_future;

    if (t->overlay)
        t->overlay = OVERLAY_NONE;
    else if (t->focus != PANE_EVENTS)
        open_why(t, d);
    else if (l->n)
        command(a, VIEW_GO, top_event(d, l->items[l->cursor], &is_future)->instructions);
}

static void quit(struct top *t, struct top_action *a)
{
    if (t->overlay)
        t->overlay = OVERLAY_NONE;
    else
        command(a, VIEW_QUIT, 0);
}

/* -- Prompts ----------------------------------------------------------------------------------- */

static void ask(struct top *t, enum top_prompt prompt)
{
    t->prompt = prompt;
    t->overlay = OVERLAY_NONE;
    snprintf(t->input, sizeof(t->input), "%s", prompt == PROMPT_FILTER ? t->filter.text : "");
}

static void answer(struct top *t, const struct top_data *d, struct top_action *a)
{
    bool good = t->prompt == PROMPT_FILTER ? top_filter_parse(&t->filter, t->input)
                                           : !t->input[0] || top_go_parse(d->frame, t->input, a);

    if (good)
        t->prompt = PROMPT_NONE;
    else if (t->prompt == PROMPT_FILTER)
        snprintf(t->message, sizeof(t->message),
                 "filter by INTID 27 or 32-63, vCPU v0, kind spi, or state blocked; empty: all");
    else
        snprintf(t->message, sizeof(t->message),
                 "go to 12,345 (instructions), 1.5ms, or from here +100, -100, +20us");
}

static void prompt_key(struct top *t, const struct top_data *d, int key, struct top_action *a)
{
    size_t n = strlen(t->input);

    if (key == TOP_KEY_ENTER) {
        answer(t, d, a);
    } else if (key == TOP_KEY_ESCAPE) {
        t->prompt = PROMPT_NONE;
    } else if (key == TOP_KEY_ERASE) {
        t->input[n ? n - 1 : 0] = 0;
    } else if (key >= ' ' && key <= '~' && n + 1 < sizeof(t->input)) {
        t->input[n] = (char)key;
        t->input[n + 1] = 0;
    }
}

/* -- All of them ------------------------------------------------------------------------------- */

static void view_key(struct top *t, const struct top_data *d, int key, struct top_action *a)
{
    switch (key) {
    case 'w':
        open_why(t, d);
        break;
    case '?':
    case 'h':
        open_overlay(t, OVERLAY_HELP);
        break;
    case 'c':
        t->has_console = !t->has_console;
        break;
    case 'g':
        ask(t, PROMPT_GO);
        break;
    case '/':
        ask(t, PROMPT_FILTER);
        break;
    case '\t':
        next_pane(t, 1);
        break;
    case TOP_KEY_BACK_TAB:
        next_pane(t, -1);
        break;
    case TOP_KEY_ENTER:
        enter(t, d, a);
        break;
    case TOP_KEY_ESCAPE:
        t->overlay = OVERLAY_NONE;
        break;
    case 'q':
        quit(t, a);
        break;
    }
}

/* Digits before a key; whether it was one. */
static bool count_key(struct top *t, int key)
{
    if (key < '0' || key > '9')
        return false;
    if (t->count <= MAX_COUNT / 10)
        t->count = t->count * 10 + (unsigned)(key - '0');
    t->has_count = true;
    return true;
}

void top_key(struct top *t, const struct top_data *d, int key, struct top_action *a)
{
    long by;

    *a = (struct top_action){0};
    t->message[0] = 0;
    if (t->prompt) {
        prompt_key(t, d, key, a);
        return;
    }
    if (count_key(t, key))
        return;
    if (!machine_key(t, d, key, a)) {
        by = distance(t, key);
        if (by)
            move(t, d, key, by);
        else
            view_key(t, d, key, a);
    }
    t->count = 0;
    t->has_count = false;
}
