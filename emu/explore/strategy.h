/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Strategies: in which order vCPUs' events happen. A strategy is asked at each point of a run which
 * ready vCPU goes on; option 0 is what happens without exploration (the running vCPU goes on, or
 * the next in order where it cannot). All chance comes from the seed.
 */
#ifndef IRQLAB_EMU_EXPLORE_STRATEGY_H
#define IRQLAB_EMU_EXPLORE_STRATEGY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "emu/error.h"
#include "emu/explore/event.h"

enum { STRATEGY_MAX_VCPUS = 64 };

/* Where a run can go on in more than one way. */
struct point {
    uint64_t number; /* of this run's points, from 0 */
    bool preemption; /* option 0 stands before an event, and could go on */
    unsigned n;      /* options, at least 2 */
    unsigned vcpus[STRATEGY_MAX_VCPUS];
    const struct event *events[STRATEGY_MAX_VCPUS]; /* its next; NULL: not known yet */
};

struct strategy_parameters {
    uint64_t seed;
    unsigned depth;            /* pct: d; delay, exhaust: the bound */
    uint64_t n_events;         /* of a run, from the profile: k */
    unsigned n_vcpus;          /* that had events: n */
    const uint64_t *events_of; /* [n_vcpus of the machine], from the profile */
    unsigned machine_vcpus;
};

struct strategy_kind {
    const char *name, *help;
    size_t state_bytes;
    /* Before run @run (0, 1, ...). 1; 0: there is nothing left to try; -ENOMEM. */
    int (*begin_run)(void *state, const struct strategy_parameters *p, uint64_t run);
    unsigned (*pick)(void *state, const struct strategy_parameters *p, const struct point *point);
    /* @e happens now. May be NULL. */
    void (*happened)(void *state, const struct strategy_parameters *p, const struct event *e);
    void (*end)(void *state); /* may be NULL */
};

/** strategy_find - by `name`; NULL: none. strategy_names - for a message. */
const struct strategy_kind *strategy_find(const char *name);
const char *strategy_names(void);

/**
 * strategy_bound - a text of what @runs runs without a failure say; "" where nothing is guaranteed.
 */
void strategy_bound(const struct strategy_kind *k, const struct strategy_parameters *p,
                    uint64_t runs, char *text, size_t size);

/* -- For strategies -- */

/** random_next - splitmix64: any state will do. random_below - 0 .. n - 1. */
uint64_t random_next(uint64_t *state);
uint32_t random_below(uint64_t *state, uint32_t n);
/** run_seed - what run @run's chance starts from: independent of other runs. */
uint64_t run_seed(uint64_t seed, uint64_t run);

extern const struct strategy_kind strategy_round_robin, strategy_random, strategy_pct, strategy_pos,
    strategy_surw, strategy_delay, strategy_exhaust;

#endif
