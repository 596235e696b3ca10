/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside: races.c listens, races_report.c tells. */
#ifndef IRQLAB_EMU_RACES_RACES_INTERNAL_H
#define IRQLAB_EMU_RACES_RACES_INTERNAL_H

#include "cpu/cpu.h"
#include "emu/machine.h"
#include "emu/races/detector.h"
#include "emu/races/spots.h"
#include "emu/races/races.h"

enum { MAX_RACES = 1024, MAX_IGNORED = 64, SEEN = 4096 };

struct ignored {
    uint64_t from, to;
};

struct races {
    struct races_options options;
    struct detector *detector;
    struct spots *spots;
    struct cpu_observer observer;
    struct ignored ignored[MAX_IGNORED];
    unsigned n_ignored;
    struct race found[MAX_RACES]; /* places are of each pair's first */
    size_t n_found;
    uint64_t in_run;
    char first[160];
    uint64_t seen[SEEN]; /* pairs of places that were looked at; direct-mapped */
    uint64_t sgi_at;     /* the instruction that writes to ICC_SGI<n>R + 1 */
};

/** races_line - in one line, without addresses that another build would change. */
void races_line(const struct machine *m, const struct race *r, char *text, size_t size);

#endif
