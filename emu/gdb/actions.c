/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Threads by their numbers, and what each is to do (vCont). */
#include <stdlib.h>
#include <string.h>

#include "emu/gdb/internal.h"

/* "-1": all, "0": any, else a thread's number. False: no such. */
bool gdb_take_thread(const struct gdb_stub *g, const char **at, int *thread)
{
    uint64_t n;

    if (!strncmp(*at, "-1", 2)) {
        *at += 2;
        *thread = GDB_ALL_THREADS;
        return true;
    }
    if (!gdb_take_number(at, &n) || n > g->m->config.n_vcpus)
        return false;
    *thread = (int)n;
    return true;
}

void gdb_set_actions(struct gdb_stub *g, enum gdb_action action)
{
    for (unsigned i = 0; i < g->m->config.n_vcpus; i++)
        g->steps[i] = (struct gdb_step){.action = action};
}

/* One action of vCont: c, Cnn, s, Snn, rFROM,TO. Signals mean nothing to a machine. */
static bool take_action(const char **at, struct gdb_step *s)
{
    uint64_t ignored;
    char c = *(*at)++;

    *s = (struct gdb_step){.action = c == 'c' || c == 'C' ? GDB_CONTINUE : GDB_STEP};
    if (c == 'C' || c == 'S')
        return gdb_take_number(at, &ignored);
    if (c == 'r')
        return gdb_take_number(at, &s->from) && gdb_take_char(at, ',') &&
               gdb_take_number(at, &s->to) && s->to >= s->from;
    return c == 'c' || c == 's';
}

/* The first action that names a thread, or all, is its own. */
bool gdb_take_actions(struct gdb_stub *g, const char *at)
{
    bool *named = calloc(g->m->config.n_vcpus, sizeof(*named));
    bool good = named != NULL;

    gdb_set_actions(g, GDB_HOLD);
    do {
        struct gdb_step s = {.action = GDB_HOLD};
        int thread = GDB_ALL_THREADS;

        good = good && *at && take_action(&at, &s);
        if (good && gdb_take_char(&at, ':'))
            good = gdb_take_thread(g, &at, &thread);
        for (unsigned i = 0; good && i < g->m->config.n_vcpus; i++) {
            if (named[i] || (thread > 0 && i != (unsigned)thread - 1))
                continue;
            g->steps[i] = s;
            named[i] = true;
        }
    } while (good && gdb_take_char(&at, ';'));
    free(named);
    return good && !*at;
}
