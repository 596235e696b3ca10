/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is in each pane: what matches the filter, with the same one selected wherever it moves to.
 */
#include "emu/top/top.h"

#include <errno.h>
#include <stdlib.h>

const struct top_kind *top_kind(enum top_pane pane)
{
    static const struct top_kind *const kinds[PANE_N] = {[PANE_VCPUS] = &top_vcpus,
                                                         [PANE_IRQS] = &top_irqs,
                                                         [PANE_TIMERS] = &top_timers,
                                                         [PANE_EVENTS] = &top_events};

    return kinds[pane];
}

void top_init(struct top *t)
{
    *t = (struct top){.focus = PANE_IRQS};
    top_filter_parse(&t->filter, "");
    t->lists[PANE_IRQS].follows = true;
    t->lists[PANE_EVENTS].follows = true;
}

void top_free(struct top *t)
{
    for (int p = 0; p < PANE_N; p++)
        free(t->lists[p].items);
    *t = (struct top){0};
}

/* -- Filtering --------------------------------------------------------------------------------- */

static int reserve(struct top_list *l, unsigned n)
{
    unsigned *items;

    if (n <= l->capacity)
        return 0;
    items = realloc(l->items, n * sizeof(*items));
    if (!items)
        return -ENOMEM;
    l->items = items;
    l->capacity = n;
    return 0;
}

static int filter(struct top_list *l, const struct top_kind *kind, const struct top_filter *f,
                  const struct top_data *d)
{
    unsigned n = kind->count(d);
    int rc = reserve(l, n);

    l->n = 0;
    for (unsigned i = 0; !rc && i < n; i++) {
        if (kind->matches(f, d, i))
            l->items[l->n++] = i;
    }
    return rc;
}

/* -- The selected row -------------------------------------------------------------------------- */

/* The newest event that is not in the future. */
static unsigned newest(const struct top_list *l, const struct top_data *d)
{
    unsigned n = l->n;

    while (n > 1 && l->items[n - 1] >= d->n_events)
        n--;
    return n ? n - 1 : 0;
}

static void find_cursor(struct top_list *l, enum top_pane pane, const struct top_data *d)
{
    const struct top_kind *kind = top_kind(pane);

    if (l->follows) {
        l->cursor = pane == PANE_EVENTS ? newest(l, d) : 0;
        return;
    }
    for (unsigned i = 0; i < l->n; i++) {
        if (kind->key(d, l->items[i]) == l->key) {
            l->cursor = i;
            return;
        }
    }
    if (l->cursor >= l->n) /* gone: whoever has its place now */
        l->cursor = l->n ? l->n - 1 : 0;
}

static void note_key(struct top_list *l, enum top_pane pane, const struct top_data *d)
{
    if (l->n)
        l->key = top_kind(pane)->key(d, l->items[l->cursor]);
}

/* The cursor is in the pane, and no row is empty that could be filled. */
static void scroll(struct top_list *l, unsigned height)
{
    if (l->cursor < l->first)
        l->first = l->cursor;
    if (height && l->cursor >= l->first + height)
        l->first = l->cursor - height + 1;
    if (l->n <= height)
        l->first = 0;
    else if (l->first > l->n - height)
        l->first = l->n - height;
}

/* What is to come is seen below the newest event, but a third of the pane at most. */
static void leave_room_for_future(struct top_list *l, unsigned height)
{
    unsigned behind = l->n - l->cursor - 1, most = height / 3,
             below = behind < most ? behind : most;

    if (l->n && l->follows && l->cursor + 1 + below > height)
        l->first = l->cursor + 1 + below - height;
}

int top_arrange(struct top *t, const struct top_data *d, const struct screen *s)
{
    t->screen_rows = s->rows;
    for (enum top_pane p = 0; p < PANE_N; p++) {
        if (!top_kind(p))
            continue;
        if (filter(&t->lists[p], top_kind(p), &t->filter, d))
            return -ENOMEM;
        find_cursor(&t->lists[p], p, d);
        note_key(&t->lists[p], p, d);
    }
    if (t->lists[PANE_IRQS].n > t->most_irqs)
        t->most_irqs = t->lists[PANE_IRQS].n;
    if (t->lists[PANE_TIMERS].n > t->most_timers)
        t->most_timers = t->lists[PANE_TIMERS].n;
    top_lay_out(t);
    for (enum top_pane p = 0; p < PANE_N; p++) {
        if (!top_kind(p) || t->places[p].rows <= 1)
            continue;
        if (p == PANE_EVENTS)
            leave_room_for_future(&t->lists[p], (unsigned)t->places[p].rows - 1);
        scroll(&t->lists[p], (unsigned)t->places[p].rows - 1);
    }
    top_arrange_overlay(t, d, s);
    return 0;
}

void top_move(struct top *t, const struct top_data *d, long by)
{
    struct top_list *l = &t->lists[t->focus];
    long to = (long)l->cursor + by;

    if (!l->n)
        return;
    l->follows = false;
    l->cursor = to < 0 ? 0 : to >= (long)l->n ? l->n - 1 : (unsigned)to;
    note_key(l, t->focus, d);
}

struct top_subject top_selected(const struct top *t, const struct top_data *d)
{
    const struct top_list *l = &t->lists[t->focus];

    if (!l->n)
        return (struct top_subject){0};
    return top_kind(t->focus)->subject(d, l->items[l->cursor]);
}

const struct view_irq *top_selected_irq(const struct top *t, const struct top_data *d)
{
    const struct top_list *l = &t->lists[PANE_IRQS];

    return l->n ? &d->frame->irqs[l->items[l->cursor]] : NULL;
}
