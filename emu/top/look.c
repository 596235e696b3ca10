/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/top/look.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emu/load/symbols.h"
#include "emu/top/reasons.h"
#include "emu/top/terminal.h"
#include "emu/top/top.h"

struct look {
    struct terminal *terminal;
    struct screen screen;
    struct top top;
    struct view_event events[TOP_EVENTS], future[TOP_FUTURE];
    char console[TOP_CONSOLE_BYTES];
    struct reasons reasons;
    uint64_t painted; /* the frame that is on the screen */
    bool failed;      /* out of memory */
};

/* -- What there is to see ---------------------------------------------------------------------- */

static const char *symbol(void *opaque, uint64_t pc, uint64_t *offset)
{
    const struct machine *m = opaque;

    return m->symbols ? symbols_at(m->symbols, pc, offset) : NULL;
}

/* False: out of memory. */
static bool gather(struct look *l, struct view *v, struct top_data *d)
{
    const struct view_frame *frame = view_frame(v);

    if (!frame)
        return false;
    *d = (struct top_data){.frame = frame,
                           .events = l->events,
                           .future = l->future,
                           .console = l->console,
                           .aside = terminal_aside(l->terminal),
                           .symbol = symbol,
                           .opaque = view_machine(v)};
    d->n_events = view_events(v, 0, l->events, TOP_EVENTS);
    d->n_future = view_future(v, l->future, TOP_FUTURE);
    d->console_bytes = view_console(v, l->console, sizeof(l->console));
    if (l->top.overlay == OVERLAY_WHY)
        d->why = reasons_text(&l->reasons, v, &l->top.why, frame->n);
    return true;
}

/* -- Looking ----------------------------------------------------------------------------------- */

/* Whether the screen has another size now. */
static bool fit(struct look *l)
{
    int rows, cols;

    terminal_size(l->terminal, &rows, &cols);
    if (rows == l->screen.rows && cols == l->screen.cols)
        return false;
    l->failed |= screen_resize(&l->screen, rows, cols) != 0;
    return true;
}

static void paint(struct look *l, struct view *v, struct top_data *d)
{
    l->failed |= top_arrange(&l->top, d, &l->screen) != 0;
    if (l->failed)
        return;
    d->closed = reasons_gate(&l->reasons, v, top_selected_irq(&l->top, d));
    top_draw(&l->top, d, &l->screen);
    terminal_paint(l->terminal, &l->screen);
    l->painted = d->frame->n;
}

/* The keys that wait, up to one that commands: the machine carries out one at a time. */
static bool take_keys(struct look *l, struct view *v, const struct top_data *d)
{
    struct top_action action = {0};
    bool any = false;
    int key;

    while (!action.is && (key = terminal_key(l->terminal)) >= 0) {
        any = true;
        top_key(&l->top, d, key, &action);
    }
    if (action.is)
        view_command(v, action.command, action.argument);
    return any;
}

static void look(void *opaque, struct view *v)
{
    struct look *l = opaque;
    bool resized = fit(l), typed = false;
    struct top_data d;

    l->failed |= !gather(l, v, &d);
    if (!l->failed && take_keys(l, v, &d)) {
        typed = true;
        resized |= fit(l);
        l->failed |= !gather(l, v, &d); /* a key may ask for more to see */
    }
    if (!l->failed && (resized || typed || d.frame->n != l->painted))
        paint(l, v, &d);
    if (l->failed)
        view_command(v, VIEW_QUIT, 0);
}

/* -- All of it --------------------------------------------------------------------------------- */

static int show(struct look *l, struct view *v, struct error *err)
{
    int rc = terminal_show(l->terminal, err);

    rc = rc ? rc : view_run(v, err);
    if (!rc && l->failed)
        rc = error_set(err, IRQLAB_EXIT_HOST, -1, "out of memory");
    return rc;
}

int top_run(const struct view_options *o, int argc, char **argv, struct error *err)
{
    struct look *l = calloc(1, sizeof(*l));
    struct view_ui ui = {.opaque = l, .look = look, .fd = STDIN_FILENO};
    struct view *v = NULL;
    int rc;

    if (!l)
        return error_set(err, IRQLAB_EXIT_HOST, -1, "out of memory");
    top_init(&l->top);
    rc = terminal_open(&l->terminal, err);
    rc = rc ? rc : view_open(o, &ui, argc, argv, &v, err);
    rc = rc ? rc : show(l, v, err);
    terminal_close(l->terminal);
    view_close(v);
    screen_free(&l->screen);
    top_free(&l->top);
    reasons_clear(&l->reasons);
    free(l);
    return rc;
}
