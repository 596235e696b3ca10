/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which moments of a recording are worth a frame, and how to get there. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "emu/load/symbols.h"
#include "emu/report/report.h"

enum { QUIET_MS = 2000, TELL_MS = 200, PARTS = 64 };

/* -- Going there ------------------------------------------------------------------------------- */

int report_open(const struct report_options *o, struct view **v, struct error *err)
{
    const struct view_options options = {
        .command = "report", .recording = o->recording, .paused = true};
    int rc = view_open(&options, NULL, 0, NULL, v, err);

    if (!rc && o->symbols)
        rc = symbols_read(view_machine(*v)->symbols, o->symbols, err);
    if (rc && *v) {
        view_close(*v);
        *v = NULL;
    }
    return rc;
}

static uint64_t host_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void tell(struct report_progress *p, uint64_t instructions)
{
    uint64_t now = host_ms();

    if (!p->from_ms)
        p->from_ms = now;
    if (now - p->from_ms < QUIET_MS || now - p->shown_ms < TELL_MS || !p->end ||
        !isatty(STDERR_FILENO))
        return;
    p->shown_ms = now;
    p->shown = true;
    fprintf(stderr, "\rirqlab report: %s, %u %% ", p->what,
            (unsigned)((double)instructions / (double)p->end * 100));
}

void report_progress_end(struct report_progress *p)
{
    if (p->shown)
        fputs("\r\033[K", stderr);
}

/* In parts, so that there is something to tell. */
int report_moment(struct view *v, uint64_t instructions, struct report_progress *p,
                  struct error *err)
{
    uint64_t here = machine_instructions(view_machine(v)), step = p->end / PARTS + 1;
    int rc = 0;

    while (!rc && here + step < instructions && view_machine(v)->stop == MACHINE_RUNNING) {
        here += step;
        rc = view_moment(v, here, err);
        tell(p, here);
    }
    rc = rc ? rc : view_moment(v, instructions, err);
    tell(p, instructions);
    return rc;
}

/* -- Candidates: around events ----------------------------------------------------------------- */

static int ascending(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static void sort_once(struct report_moments *m)
{
    size_t n = 0;

    qsort(m->at, m->n, sizeof(*m->at), ascending);
    for (size_t i = 0; i < m->n; i++) {
        if (!n || m->at[n - 1] != m->at[i])
            m->at[n++] = m->at[i];
    }
    m->n = n;
}

/* Evenly, the first and the last among them. */
static void thin(struct report_moments *m, size_t most)
{
    if (m->n <= most)
        return;
    for (size_t i = 0; i < most; i++)
        m->at[i] = m->at[most > 1 ? i * (m->n - 1) / (most - 1) : 0];
    m->n = most;
}

/* Before an event and after it: what an instruction does is done when it has retired. */
static int candidates(const struct view_event *events, size_t n_events, uint64_t begin,
                      uint64_t end, size_t most, struct report_moments *to, struct error *err)
{
    to->at = malloc((2 * n_events + 2) * sizeof(*to->at));
    if (!to->at)
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory for moments");
    to->n = 0;
    to->at[to->n++] = begin;
    for (size_t i = 0; i < n_events; i++) {
        to->at[to->n++] = events[i].instructions;
        to->at[to->n++] = events[i].instructions + 1 < end ? events[i].instructions + 1 : end;
    }
    to->at[to->n++] = end;
    sort_once(to);
    thin(to, most);
    return 0;
}

/* -- The first time through: events ------------------------------------------------------------ */

static int all_events(struct view *v, struct view_event **events, size_t *n, struct error *err)
{
    *events = malloc(VIEW_MAX_EVENTS * sizeof(**events));
    if (!*events)
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory for events");
    *n = view_events(v, 0, *events, VIEW_MAX_EVENTS);
    return 0;
}

static uint64_t length_of(struct view *v)
{
    const struct view_frame *f = view_frame(v);

    return f && f->end ? f->end : 1;
}

/* A frame asks about each interrupt: many of these, fewer frames. */
static size_t affordable(struct view *v)
{
    const struct view_frame *f = view_frame(v);
    size_t n = REPORT_MAX_ASKED / (f && f->n_irqs ? f->n_irqs : 1);

    return n < REPORT_MIN_CANDIDATES   ? REPORT_MIN_CANDIDATES
           : n > REPORT_MAX_CANDIDATES ? REPORT_MAX_CANDIDATES
                                       : n;
}

static int first_time(const struct report_options *o, struct view_event **events, size_t *n,
                      struct report_moments *to, struct error *err)
{
    struct report_progress p = {.what = "events"};
    struct view *v = NULL;
    uint64_t begin;
    int rc = report_open(o, &v, err);

    if (rc)
        return rc;
    begin = machine_instructions(view_machine(v));
    p.end = length_of(v);
    rc = report_moment(v, p.end, &p, err);
    report_progress_end(&p);
    rc = rc ? rc : all_events(v, events, n, err);
    rc = rc ? rc
            : candidates(*events, *n, begin, machine_instructions(view_machine(v)), affordable(v),
                         to, err);
    rc = rc ? rc : view_check_end(v, err);
    view_close(v);
    return rc;
}

/* -- The second time: what is blocked or coming ------------------------------------------------ */

static uint64_t mix(uint64_t hash, uint64_t value)
{
    return (hash ^ value) * 0x100000001b3ull; /* FNV-1a, by words */
}

static uint64_t mix_text(uint64_t hash, const char *text)
{
    while (*text)
        hash = mix(hash, (unsigned char)*text++);
    return hash;
}

static uint64_t verdicts_hash(const struct view_frame *f)
{
    uint64_t hash = 0xcbf29ce484222325ull;

    for (unsigned i = 0; i < f->n_irqs; i++) {
        const struct view_irq *irq = &f->irqs[i];

        if (irq->verdict != VIEW_BLOCKED && irq->verdict != VIEW_COMING)
            continue;
        hash = mix(hash, irq->intid | (uint64_t)irq->is_virtual << 32);
        hash = mix(hash, (uint64_t)(irq->vcpu + 1) << 8 | irq->verdict);
        hash = mix_text(hash, irq->gate);
    }
    return hash;
}

/* What is left of @m are the moments whose verdicts differ from the one before. */
static int changes(struct view *v, struct report_moments *m, struct error *err)
{
    struct report_progress p = {.what = "moments", .end = length_of(v)};
    uint64_t before = 0;
    size_t n = 0;
    int rc = 0;

    for (size_t i = 0; !rc && i < m->n; i++) {
        const struct view_frame *f;
        uint64_t hash;

        rc = report_moment(v, m->at[i], &p, err);
        f = rc ? NULL : view_frame(v);
        if (!rc && !f)
            rc = error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory for a frame");
        hash = f ? verdicts_hash(f) : before;
        if (!rc && (!n || hash != before))
            m->at[n++] = m->at[i];
        before = hash;
    }
    report_progress_end(&p);
    m->n = n;
    return rc;
}

static int second_time(const struct report_options *o, struct report_moments *m, struct error *err)
{
    struct view *v = NULL;
    int rc = report_open(o, &v, err);

    if (rc)
        return rc;
    rc = changes(v, m, err);
    view_close(v);
    return rc;
}

/* -- Choosing ---------------------------------------------------------------------------------- */

static int add_all(struct report_moments *to, const struct report_moments *more, struct error *err)
{
    uint64_t *at = realloc(to->at, (to->n + more->n) * sizeof(*at));

    if (!at)
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory for moments");
    memcpy(at + to->n, more->at, more->n * sizeof(*at));
    to->at = at;
    to->n += more->n;
    sort_once(to);
    return 0;
}

/* Three quarters for what changes; what is left goes to the rest, evenly. */
static int join(struct report_moments *all, struct report_moments *changed, unsigned most,
                struct error *err)
{
    thin(changed, most - most / 4);
    thin(all, most > changed->n ? most - changed->n : 1);
    return add_all(changed, all, err);
}

int report_choose(const struct report_options *o, struct report_moments *to,
                  struct view_event **events, size_t *n_events, struct error *err)
{
    struct report_moments all = {0};
    int rc;

    *to = (struct report_moments){0};
    *events = NULL;
    rc = first_time(o, events, n_events, &all, err);
    if (!rc) {
        rc = add_all(to, &all, err);
        rc = rc ? rc : second_time(o, to, err);
        rc = rc ? rc : join(&all, to, o->n_frames, err);
    }
    free(all.at);
    return rc;
}
