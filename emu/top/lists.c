/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Timers with what is left until they fire; events, newest last; what the guest has said. */
#include "emu/top/top.h"

#include <string.h>

enum { CTL_ENABLE = 1, CTL_IMASK = 2, CTL_ISTATUS = 4 };

/* -- Timers ------------------------------------------------------------------------------------ */

static const struct view_timer *timer_of(const struct top_data *d, unsigned item)
{
    return &d->frame->timers[item];
}

static unsigned count_timers(const struct top_data *d)
{
    return d->frame->n_timers;
}

static bool timer_matches(const struct top_filter *f, const struct top_data *d, unsigned item)
{
    const struct view_timer *t = timer_of(d, item);

    return top_filter_intid(f, t->intid) && top_filter_vcpu(f, (int)t->vcpu);
}

static uint64_t timer_key(const struct top_data *d, unsigned item)
{
    const struct view_timer *t = timer_of(d, item);

    return (uint64_t)t->vcpu << 8 | (uint64_t)t->timer;
}

static struct top_subject timer_subject(const struct top_data *d, unsigned item)
{
    const struct view_timer *t = timer_of(d, item);

    return (struct top_subject){.is = true, .intid = t->intid, .vcpu = t->vcpu};
}

static void draw_timers_head(const struct top_data *d, struct screen *s, int row, enum style style)
{
    (void)d;
    screen_put(s, row, 0, style, " CPU TIMER  INTID LINE FIRES");
}

static const char *timer_name(enum timer_id timer)
{
    static const char *const names[TIMER_COUNT] = {
        [TIMER_EL1_PHYS] = "CNTP",      [TIMER_EL1_VIRT] = "CNTV",
        [TIMER_EL2_PHYS] = "CNTHP",     [TIMER_EL2_VIRT] = "CNTHV",
        [TIMER_SEC_EL1_PHYS] = "CNTPS", [TIMER_SEC_EL2_PHYS] = "CNTHPS",
        [TIMER_SEC_EL2_VIRT] = "CNTHVS"};

    return names[timer];
}

static int draw_deadline(const struct top_data *d, const struct view_timer *t, struct screen *s,
                         int row, int col)
{
    char left[TOP_WORD_BYTES], at[TOP_WORD_BYTES];
    uint64_t now_ns = d->frame->now_ns;

    if (t->ctl & CTL_ISTATUS)
        return screen_put(s, row, col, STYLE_PLAIN, "condition met (ISTATUS 1)");
    if (t->deadline_ns == UINT64_MAX)
        return screen_put(s, row, col, STYLE_NOTE, "never: its counter does not get there");
    if (t->deadline_ns <= now_ns)
        return screen_put(s, row, col, STYLE_PLAIN, "now");
    return screen_put(s, row, col, STYLE_PLAIN, "in %s, at %s s",
                      top_duration(t->deadline_ns - now_ns, left), top_seconds(t->deadline_ns, at));
}

static void draw_timer(const struct top_data *d, struct screen *s, int row, unsigned item)
{
    const struct view_timer *t = timer_of(d, item);
    int col;

    screen_put(s, row, 1, STYLE_PLAIN, "%3u %-6s %5u %-4s", t->vcpu, timer_name(t->timer), t->intid,
               t->level ? "up" : "-");
    col = draw_deadline(d, t, s, row, 23);
    if (t->ctl & CTL_IMASK)
        screen_put(s, row, col, STYLE_BLOCKED, ", masked by IMASK");
}

const struct top_kind top_timers = {.name = "timers that are enabled",
                                    .count = count_timers,
                                    .matches = timer_matches,
                                    .key = timer_key,
                                    .subject = timer_subject,
                                    .draw_head = draw_timers_head,
                                    .draw = draw_timer};

/* -- Events ------------------------------------------------------------------------------------ */

const struct view_event *top_event(const struct top_data *d, unsigned item, bool *is_future)
{
    *is_future = item >= d->n_events;
    return *is_future ? &d->future[item - d->n_events] : &d->events[item];
}

static const struct view_event *event_of(const struct top_data *d, unsigned item)
{
    bool is_future;

    return top_event(d, item, &is_future);
}

static unsigned count_events(const struct top_data *d)
{
    return (unsigned)(d->n_events + d->n_future);
}

static bool is_priority(const struct view_event *e)
{
    return !strcmp(e->kind, "priority");
}

/* Priorities change with every acknowledge; that a mask was moved is what one looks for. */
static bool moves_mask(const struct top_data *d, unsigned item)
{
    const struct view_event *e = event_of(d, item);

    for (unsigned i = item; i > 0; i--) {
        const struct view_event *before = event_of(d, i - 1);

        if (before->vcpu == e->vcpu)
            return before->pmr != e->pmr;
    }
    return false;
}

static bool event_matches(const struct top_filter *f, const struct top_data *d, unsigned item)
{
    const struct view_event *e = event_of(d, item);
    bool of_intid = e->intid != VIEW_NO_INTID;

    return (of_intid ? top_filter_intid(f, e->intid) : f->last == UINT32_MAX) &&
           top_filter_vcpu(f, e->vcpu) && (!is_priority(e) || moves_mask(d, item));
}

static uint64_t event_key(const struct top_data *d, unsigned item)
{
    return event_of(d, item)->seq;
}

static struct top_subject event_subject(const struct top_data *d, unsigned item)
{
    const struct view_event *e = event_of(d, item);

    return (struct top_subject){.is = e->intid != VIEW_NO_INTID,
                                .intid = e->intid,
                                .vcpu = e->vcpu >= 0 ? (unsigned)e->vcpu : 0};
}

static void draw_events_head(const struct top_data *d, struct screen *s, int row, enum style style)
{
    (void)d;
    screen_put(s, row, 0, style, "  INSTRUCTIONS           TIME CPU INTID EVENT          ");
}

static void draw_event(const struct top_data *d, struct screen *s, int row, unsigned item)
{
    char number[TOP_WORD_BYTES], at[TOP_WORD_BYTES], pc[TOP_WORD_BYTES];
    bool is_future;
    const struct view_event *e = top_event(d, item, &is_future);
    enum style style = is_future ? STYLE_FAINT : STYLE_PLAIN;
    int col;

    screen_put(s, row, 1, style, "%13s %14s", top_number(e->instructions, number),
               top_seconds(e->now_ns, at));
    if (e->vcpu >= 0)
        screen_put(s, row, 30, style, "%3d", e->vcpu);
    if (e->intid != VIEW_NO_INTID)
        screen_put(s, row, 34, style, "%5u", e->intid);
    col = screen_put(s, row, 40, style, "%s%s", is_future ? "(to come) " : "", e->kind);
    if (is_priority(e))
        col = screen_put(s, row, col, STYLE_NOTE, " mask is 0x%02x now", e->pmr);
    else if (e->text[0])
        col = screen_put(s, row, col, style, ", %s", e->text);
    if (e->has_pc)
        screen_put(s, row, col, STYLE_FAINT, "  %s", top_pc(d, e->pc, pc));
}

const struct top_kind top_events = {.name = "events",
                                    .count = count_events,
                                    .matches = event_matches,
                                    .key = event_key,
                                    .subject = event_subject,
                                    .draw_head = draw_events_head,
                                    .draw = draw_event};

/* -- The console ------------------------------------------------------------------------------- */

/* Where the last @lines lines of what the guest said begin. */
static size_t tail(const struct top_data *d, int lines)
{
    size_t at = d->console_bytes;

    if (at && d->console[at - 1] == '\n')
        at--;
    while (at > 0 && (d->console[at - 1] != '\n' || --lines > 0))
        at--;
    return at;
}

void top_draw_console(const struct top_data *d, struct screen *s, int row, int rows)
{
    size_t at = tail(d, rows - 1), end;

    screen_fill(s, row, 0, STYLE_TITLE);
    screen_put(s, row++, 1, STYLE_TITLE, "the guest's console");
    for (int i = 1; i < rows && at < d->console_bytes; i++, row++) {
        const char *newline = memchr(d->console + at, '\n', d->console_bytes - at);

        end = newline ? (size_t)(newline - d->console) : d->console_bytes;
        if (end > at && d->console[end - 1] == '\r')
            screen_bytes(s, row, 1, STYLE_PLAIN, d->console + at, (int)(end - at - 1));
        else
            screen_bytes(s, row, 1, STYLE_PLAIN, d->console + at, (int)(end - at));
        at = end + 1;
    }
}
