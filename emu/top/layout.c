/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which pane has how many rows. On a small screen the less important ones are left out; what is
 * left over goes where there is most to see. Sizes follow from the screen and from the most that
 * was there so far, so that nothing jumps while interrupts come and go.
 */
#include "emu/top/top.h"

#include <string.h>

enum { ROOM_FOR_MESSAGE = 12 };

static int least(int a, int b)
{
    return a < b ? a : b;
}

static int most(int a, int b)
{
    return a > b ? a : b;
}

/* Takes up to @wanted rows for @p out of *left. */
static void grow(struct top *t, enum top_pane p, int wanted, int *left)
{
    int more = least(wanted - t->places[p].rows, *left);

    if (more <= 0)
        return;
    t->places[p].rows += more;
    *left -= more;
}

/* In this order they come onto the screen, each if its least fits. */
static void begin(struct top *t, int *left)
{
    static const struct {
        enum top_pane pane;
        int rows;
    } order[] = {{PANE_IRQS, 2},    {PANE_VCPUS, 2},  {PANE_DETAIL, 3},
                 {PANE_CONSOLE, 3}, {PANE_EVENTS, 3}, {PANE_TIMERS, 2}};

    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        if (order[i].pane == PANE_CONSOLE && !t->has_console)
            continue;
        if (*left >= order[i].rows)
            grow(t, order[i].pane, order[i].rows, left);
    }
}

static void share(struct top *t, int all, int *left)
{
    int vcpus = 1 + (int)t->lists[PANE_VCPUS].n, irqs = 1 + (int)t->most_irqs;
    int timers = 1 + (int)most(1, (int)t->most_timers);
    bool has_events = t->places[PANE_EVENTS].rows, has_timers = t->places[PANE_TIMERS].rows;

    grow(t, PANE_VCPUS, least(vcpus, 1 + most(2, all / 5)), left);
    grow(t, PANE_DETAIL, t->places[PANE_DETAIL].rows ? 5 : 0, left);
    grow(t, PANE_IRQS, least(most(irqs, 5), 1 + all / 3), left);
    if (has_timers)
        grow(t, PANE_TIMERS, least(timers, 1 + most(2, all / 10)), left);
    if (has_events)
        grow(t, PANE_EVENTS, all / 4, left);
    if (t->has_console)
        grow(t, PANE_CONSOLE, all / 4, left);
    grow(t, PANE_VCPUS, vcpus, left);
    grow(t, PANE_IRQS, irqs, left);
    if (has_timers)
        grow(t, PANE_TIMERS, timers, left);
    grow(t, has_events ? PANE_EVENTS : PANE_IRQS, all, left);
}

int top_body_rows(int screen_rows)
{
    return most(screen_rows - 2 - (screen_rows >= ROOM_FOR_MESSAGE), 0);
}

void top_lay_out(struct top *t)
{
    int all = top_body_rows(t->screen_rows), left = all, row = 1;

    memset(t->places, 0, sizeof(t->places));
    begin(t, &left);
    if (t->places[PANE_IRQS].rows)
        share(t, all, &left);
    for (enum top_pane p = 0; p < PANE_N; p++) {
        t->places[p].row = row;
        row += t->places[p].rows;
    }
}
