/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Races of a machine's guest: the detector (detector.h says what a race is) is told what its vCPUs
 * do, and what is found is kept, each pair of places once. With and without, a run is the same.
 *
 * READ_ONCE() and WRITE_ONCE() leave no trace in code: what is marked by them alone is reported;
 * leave it out by name (ignore).
 *
 * All on the machine's thread.
 */
#ifndef IRQLAB_EMU_RACES_RACES_H
#define IRQLAB_EMU_RACES_RACES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "emu/error.h"
#include "gic/gic.h"

struct machine;
struct races;

struct races_options {
    bool from_begin; /* what comes before race_begin() (images/lib/race.h) is left out */
    bool explored;   /* somebody else watches RAM already: what he watches is what is seen */
    /* Functions and variables whose accesses are left out, `a,b,...`; NULL: none. Stays the
     * caller's. */
    const char *ignore;
};

/** races_start - from now on; between turns. -ENOMEM, or -EINVAL: `ignore` names nothing. */
int races_start(struct machine *m, const struct races_options *options, struct error *err);
/** races_stop - NULL m->races is allowed. */
void races_stop(struct machine *m);

/** races_begin_run - a run begins from the state the machine is in: nothing has happened yet. */
void races_begin_run(struct machine *m);
/** races_reset - everything was reset: likewise, but what was found stays. NULL m->races is
 * allowed.
 */
void races_reset(struct machine *m);
/** races_end_run - it has ended. races_in_run - how many races it had that are kept or were known.
 */
void races_end_run(struct machine *m);
uint64_t races_in_run(const struct machine *m);
/** races_first - the first of this run, in one line; for equal races, equal. "": none. */
const char *races_first(const struct machine *m);

/** races_count - how many different ones there were. */
size_t races_count(const struct machine *m);
/** races_print - all that are known. races_json - likewise; the caller's; NULL: out of memory. */
void races_print(const struct machine *m, FILE *to);
json_t *races_json(const struct machine *m);

/* -- The machine tells; m->races is not NULL -- */
void races_gic_event(struct machine *m, enum gic_event event, unsigned vcpu, uint32_t intid,
                     uint64_t detail);
/** races_deadline - a timer was programmed. races_cpu_on - @starter lets @target begin. */
void races_deadline(struct machine *m);
void races_cpu_on(struct machine *m, unsigned starter, unsigned target);
/** races_mark - race_begin(). */
void races_mark(struct machine *m);

#endif
