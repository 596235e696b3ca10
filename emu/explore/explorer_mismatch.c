/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is said of a deviation that finds no point of its own. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "emu/explore/explorer_internal.h"
#include "emu/explore/schedule_file.h"

static void add(struct explorer *x, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct explorer *x, const char *format, ...)
{
    size_t used = strlen(x->mismatch);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(x->mismatch + used, sizeof(x->mismatch) - used, format, arguments);
    va_end(arguments);
}

static void add_expected(struct explorer *x, const struct deviation *d)
{
    char at[PLACE_TEXT] = "", until[PLACE_TEXT] = "nobody knows what";

    if (d->at.place)
        anchor_text(&d->at, at, sizeof(at));
    if (d->until.place)
        anchor_text(&d->until, until, sizeof(until));
    add(x, "\n  expected: vCPU %u at its event %" PRIu64 ", pc 0x%" PRIx64 ", ", d->vcpu, d->index,
        d->pc);
    if (d->choice == CHOICE_IRQ_DELAY)
        add(x, "where interrupt #%u waits till %s", d->interrupt, until);
    else
        add(x, "%s, where %s is %s%u", at, choice_name(d->choice),
            schedule_picks_vcpu(d->choice) ? "vCPU " : "", d->to);
}

/* Where the vCPU is now. */
static void add_found(struct explorer *x, const struct deviation *d, const char *found)
{
    const struct thread *t = &x->threads[d->vcpu];
    char text[PLACE_TEXT];

    add(x, "\n  found:    %s; vCPU %u has had %" PRIu64 " events", found, d->vcpu, t->n_events);
    if (t->has_next) {
        event_describe(x->m, &t->next, text, sizeof(text));
        add(x, ", and stands before %s", text);
    }
}

static const struct anchor *wanted(const struct deviation *d)
{
    return d->choice == CHOICE_IRQ_DELAY ? &d->until : &d->at;
}

static void add_nearest(struct explorer *x, const struct deviation *d)
{
    const struct anchor *a = wanted(d);
    const struct place *p;
    unsigned times;
    char text[PLACE_TEXT];

    if (!a->place)
        return;
    p = anchors_nearest(x->anchors, d->vcpu, a->place);
    if (!p) {
        add(x, "\n  nearest:  nothing: vCPU %u never %s, and never was in %s", d->vcpu,
            a->place->what, *a->place->function ? a->place->function : "a function with a name");
        return;
    }
    place_text(p, text, sizeof(text));
    times = anchors_count(x->anchors, d->vcpu, p);
    add(x, "\n  nearest:  %s at %s, %u time%s so far", p->what, text, times, times == 1 ? "" : "s");
}

void explorer_miss(struct explorer *x, const char *found)
{
    const struct deviation *d;

    x->diverged = true;
    if (!x->schedule || x->followed >= x->schedule->count)
        return;
    d = &x->schedule->items[x->followed];
    x->mismatch[0] = 0;
    add(x, "deviation %zu of %zu finds no place of its own", x->followed + 1, x->schedule->count);
    add_expected(x, d);
    add_found(x, d, found);
    if (x->by_place)
        add_nearest(x, d);
    if (x->m->stop == MACHINE_RUNNING && !x->ended && !(x->replay && x->replay->goes_on))
        machine_shut_down(x->m, IRQLAB_EXIT_DIVERGENCE, "deviation %zu finds no place of its own",
                          x->followed + 1);
}

const char *explorer_mismatch(const struct explorer *x)
{
    return x->mismatch;
}
