/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/top/look.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emu/load/symbols.h"
#include "emu/top/terminal.h"
#include "emu/top/top.h"

struct look {
    struct terminal *terminal;
    struct screen screen;
    struct top top;
    struct view_event events[TOP_EVENTS], future[TOP_FUTURE];
    char console[TOP_CONSOLE_BYTES];
    char *why; /* of `subject`, at frame `why_frame` */
    struct top_subject subject;
    uint64_t why_frame;
    struct why_answer answer; /* of the selected interrupt */
    uint64_t painted;         /* the frame that is on the screen */
    bool failed;              /* out of memory */
};

/* -- What there is to see ---------------------------------------------------------------------- */

static const char *symbol(void *opaque, uint64_t pc, uint64_t *offset)
{
    const struct machine *m = opaque;

    return m->symbols ? symbols_at(m->symbols, pc, offset) : NULL;
}

static bool is_same(const struct top_subject *a, const struct top_subject *b)
{
    return a->is == b->is && a->intid == b->intid && a->vcpu == b->vcpu &&
           a->is_virtual == b->is_virtual;
}

/* Asked again for each frame, as long as it is looked at. */
static const char *ask_why(struct look *l, struct view *v, uint64_t frame)
{
    const struct top_subject *subject = &l->top.why;
    struct error err = {0};

    if (l->top.overlay != OVERLAY_WHY)
        return NULL;
    if (l->why && l->why_frame == frame && is_same(&l->subject, subject))
        return l->why;
    free(l->why);
    l->why = view_why_text(v, subject->intid, subject->vcpu, subject->is_virtual, &err);
    if (!l->why)
        l->why = strdup(err.text);
    l->why_frame = frame;
    l->subject = *subject;
    return l->why;
}

/* The gate that holds the selected interrupt, with who closed it: as of the last arrangement. */
static const struct why_gate *ask_closed(struct look *l, struct view *v, const struct top_data *d)
{
    const struct view_irq *irq = top_selected_irq(&l->top, d);
    struct why_question q;

    if (!irq || irq->verdict != VIEW_BLOCKED)
        return NULL;
    q = (struct why_question){.form = irq->is_virtual ? WHY_VIRTUAL : WHY_PHYSICAL,
                              .intid = irq->intid,
                              .vcpu = irq->vcpu >= 0     ? (unsigned)irq->vcpu
                                      : irq->target >= 0 ? (unsigned)irq->target
                                                         : 0};
    why_ask(view_machine(v), &q, &l->answer);
    return l->answer.first_failed < l->answer.n_gates ? &l->answer.gates[l->answer.first_failed]
                                                      : NULL;
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
    d->why = ask_why(l, v, frame->n);
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
    d->closed = ask_closed(l, v, d);
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
    free(l->why);
    free(l);
    return rc;
}
