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

#include "emu/chooser.h"
#include "emu/error.h"
#include "emu/explore/event.h"
#include "emu/random.h"

enum { STRATEGY_MAX_VCPUS = 64 };

/* Where a run can go on in more than one way. */
struct point {
    uint64_t number; /* of this run's points, from 0 */
    bool preemption; /* option 0 stands before an event, and could go on */
    unsigned n;      /* options, at least 2 */
    unsigned vcpus[STRATEGY_MAX_VCPUS];
    const struct event *events[STRATEGY_MAX_VCPUS]; /* its next; NULL: not known yet */
    bool interrupted[STRATEGY_MAX_VCPUS];           /* it would take an interrupt first */
};

/* What the machine may do in more than one way beside the order of vCPUs. */
struct question {
    enum choice choice;
    unsigned vcpu;
    uint32_t n;       /* options; 0 is the plain one */
    uint64_t *random; /* a state of chance for this run */
    uint64_t pc;      /* where the vCPU is */
    bool again;       /* CHOICE_IRQ_DELAY: it was put off before; only with asks_again */
    bool parked;      /* CHOICE_IRQ_DELAY: the vCPU stands before an event; else it runs */
};

struct strategy_parameters {
    uint64_t seed;
    unsigned depth;            /* pct: d; delay, exhaust: the bound */
    uint64_t n_events;         /* of a run, from the profile: k */
    unsigned n_vcpus;          /* that had events: n */
    const uint64_t *events_of; /* [machine_vcpus], from the profile */
    unsigned machine_vcpus;    /* and actors (emu/actor.h): they are scheduled alike */
};

struct strategy_kind {
    const char *name, *help;
    size_t state_bytes;
    bool asks_again; /* see struct explorer_picks */
    /* Before run @run (0, 1, ...). 1; 0: there is nothing left to try; -ENOMEM. */
    int (*begin_run)(void *state, const struct strategy_parameters *p, uint64_t run);
    unsigned (*pick)(void *state, const struct strategy_parameters *p, const struct point *point);
    /* Any other question: 0 .. question->n - 1. NULL: answer_by_chance(). */
    uint32_t (*answer)(void *state, const struct strategy_parameters *p, const struct question *q);
    /* @e happens now. May be NULL. */
    void (*happened)(void *state, const struct strategy_parameters *p, const struct event *e);
    void (*end)(void *state); /* may be NULL */
    /* Whether the rest of this run shows nothing new. May be NULL. */
    bool (*gives_up)(const void *state);
    /* How many classes of equivalent runs were complete, after the last. May be NULL. */
    uint64_t (*classes)(const void *state);
    /*
     * Which runs can be made apart from the others, by another process or on another machine. Most
     * strategies: any row of them, from a state of zeros. A tree: `subtrees` says how many there
     * are, once one run was made; `subtree` goes to one, and the next run is the first in it, run
     * 0. A sequence: none, as each run depends on all before it.
     */
    bool is_sequence;
    uint64_t (*subtrees)(void *state, const struct strategy_parameters *p); /* 0: -ENOMEM */
    void (*subtree)(void *state, const struct strategy_parameters *p, uint64_t number);
};

/** strategy_find - by `name`; NULL: none. strategy_names - for a message. */
const struct strategy_kind *strategy_find(const char *name);
const char *strategy_names(void);

/**
 * strategy_bound - a text of what @runs runs without a failure say; "" where nothing is guaranteed.
 */
void strategy_bound(const struct strategy_kind *k, const struct strategy_parameters *p,
                    uint64_t runs, char *text, size_t size);
/** strategy_bound_so_far - likewise, short: "; P(miss depth <= 2) <= 0.01". */
void strategy_bound_so_far(const struct strategy_kind *k, const struct strategy_parameters *p,
                           uint64_t runs, char *text, size_t size);
/** strategy_p_miss - at most so likely has a bug of @p's depth been missed; 1: nothing is known. */
double strategy_p_miss(const struct strategy_kind *k, const struct strategy_parameters *p,
                       uint64_t runs);

/* -- For strategies -- */

/** random_below - 0 .. n - 1 (random_next() is in emu/random.h). */
uint32_t random_below(uint64_t *state, uint32_t n);
/** answer_by_chance - the plain answer half the time; else small ones rather than big ones. */
uint32_t answer_by_chance(const struct question *q);
/** run_seed - what run @run's chance starts from: independent of other runs. */
uint64_t run_seed(uint64_t seed, uint64_t run);

extern const struct strategy_kind strategy_round_robin, strategy_random, strategy_pct, strategy_pos,
    strategy_surw, strategy_hints, strategy_delay, strategy_exhaust, strategy_dpor;

#endif
