/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `--snapshot-at` and `--snapshot-on`: files that are written on the way. Writing changes nothing
 * that a guest can see.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/machine.h"
#include "emu/options.h"
#include "emu/snapshot.h"
#include "emu/trace.h"

struct point {
    const struct snapshot_option *option;
    bool done, seen;
    size_t matched; /* bytes of the text that the console has shown last */
};

struct snapshot_points {
    unsigned n;
    struct point points[OPTIONS_MAX_SNAPSHOTS];
};

int points_start(struct machine *m, const struct snapshot_option *options, unsigned n,
                 struct error *err)
{
    if (!n)
        return 0;
    m->points = calloc(1, sizeof(*m->points));
    if (!m->points)
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory");
    m->points->n = n;
    for (unsigned i = 0; i < n; i++) {
        struct point *p = &m->points->points[i];

        p->option = &options[i];
        p->done = !options[i].text && options[i].instructions < machine_instructions(m);
    }
    return 0;
}

uint64_t points_next_instructions(const struct machine *m)
{
    uint64_t next = UINT64_MAX;

    for (unsigned i = 0; m->points && i < m->points->n; i++) {
        const struct point *p = &m->points->points[i];

        if (!p->done && !p->option->text && p->option->instructions < next)
            next = p->option->instructions;
    }
    return next;
}

static bool is_due(const struct machine *m, const struct point *p)
{
    if (p->done)
        return false;
    return p->option->text ? p->seen : p->option->instructions <= machine_instructions(m);
}

void points_due(struct machine *m)
{
    for (unsigned i = 0; m->points && i < m->points->n; i++) {
        struct point *p = &m->points->points[i];
        struct error err;

        if (!is_due(m, p))
            continue;
        p->done = true;
        if (snapshot_write(m, p->option->file, &err)) {
            machine_shut_down(m, (int)err.exit_code, "%s", err.text);
            return;
        }
        trace_line(m, TRACE_LOAD, -1, "snapshot %s written", p->option->file);
    }
}

/* One more byte: how much of the text the output ends with now. */
static size_t follow(const char *text, size_t matched, char byte)
{
    while (text[matched] != byte) {
        size_t shorter = matched;

        if (!matched)
            return 0;
        do /* the longest start of the text that what was matched ends with */
            shorter--;
        while (memcmp(text, text + matched - shorter, shorter) != 0);
        matched = shorter;
    }
    return matched + 1;
}

void points_output(struct machine *m, const uint8_t *bytes, size_t size_bytes)
{
    for (unsigned i = 0; m->points && i < m->points->n; i++) {
        struct point *p = &m->points->points[i];
        const char *text = p->option->text;

        for (size_t k = 0; text && !p->seen && k < size_bytes; k++) {
            p->matched = follow(text, p->matched, (char)bytes[k]);
            p->seen = !text[p->matched];
        }
        if (p->seen && !p->done)
            engine_request_exit(m->engine);
    }
}

void points_finish(struct machine *m)
{
    for (unsigned i = 0; m->points && i < m->points->n; i++) {
        const struct point *p = &m->points->points[i];

        if (!p->done)
            fprintf(stderr, "irqlab: the run ended before snapshot %s could be taken\n",
                    p->option->file);
    }
    free(m->points);
    m->points = NULL;
}
