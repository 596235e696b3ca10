/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shared by the files of strategy dpor: each class of equivalent runs once.
 *
 * "Dynamic Partial-Order Reduction for Model Checking Software" (POPL 2005) with sleep sets
 * ("Partial-Order Methods for the Verification of Concurrent Systems", 1996). A vCPU is a process.
 * Where it could take an interrupt, to take it and to go on are two transitions of it. Its handler
 * then runs without it: the two commute if nothing that the vCPU does before it is taken touches
 * what the handler does (event_touches()). What a handler does is known once it has run.
 *
 * Where sleep sets would have to know too much about handlers, a run goes on though it may be
 * equivalent to an earlier one; then it is counted among those that showed nothing new.
 */
#ifndef IRQLAB_EMU_EXPLORE_DPOR_H
#define IRQLAB_EMU_EXPLORE_DPOR_H

#include "emu/explore/strategy.h"

struct footprint {
    struct event *items;
    size_t count, capacity;
};

/* Where a run could have gone on in another way. */
struct node {
    bool takes;   /* whether `vcpu` takes its interrupt; else: which vCPU goes on */
    bool only;    /* takes: to go on is known already */
    bool went;    /* takes: it was tried, too, to go on */
    bool is_free; /* takes, but it is another choice of the machine: `n` answers */
    unsigned vcpu, n;
    /* Masks of vCPUs. */
    uint64_t options, interrupted, backtrack, done;
    uint64_t asleep, take_asleep, thread_asleep; /* when it was reached */
    struct event *events; /* [2 * n_vcpus]: the next of options and of those asleep; of threads */
    struct footprint *handlers; /* [n_vcpus]: what wakes those that may not take one */
};

struct happening {
    struct event event;
    size_t node;     /* before it, of its vCPU; NONE: there was no choice */
    uint32_t *clock; /* [2 * n_vcpus]: how many of each's events were before or are this */
};

/* How often in a row an interrupt was put off, and how often since a power of two at one place. */
struct put_off {
    unsigned times, same;
    uint64_t pc;
};

struct dpor {
    unsigned n_vcpus;
    struct node *path;
    size_t length, capacity, fixed;
    size_t point; /* the node that chose who goes on now; NONE: none since its last event */

    struct happening *trace;
    size_t n_trace, trace_capacity;
    uint32_t *
        clocks; /* [2 * n_vcpus][2 * n_vcpus]: of the last event of each thread, and its handlers */

    /* Who sleeps before its next event; who before taking an interrupt; whose thread does, while
     * its handler runs. */
    uint64_t asleep, take_asleep, thread_asleep;
    uint64_t stands;    /* before next[]: at its end, a run's vCPUs stand before events, too */
    struct event *next; /* [n_vcpus] */
    struct event *asleep_events;     /* [2 * n_vcpus]: of vCPUs, then of threads */
    struct footprint *take_handlers; /* [n_vcpus] */
    size_t *taking;                  /* [n_vcpus]: its handler runs because of that node; or NONE */
    size_t *taken_at;                /* [n_vcpus]: where in the trace that began; or NONE */
    struct put_off *put_off;         /* [n_vcpus] */
    unsigned rounds;                 /* vCPUs went on that had no event, in a row */
    bool gives_up, out_of_memory;
    /* All events of each vCPU in all runs: what may come between. More of them: once more from the
     * beginning, if it mattered. */
    struct footprint *seen; /* [n_vcpus] */
    bool grew, mattered;
    /* vCPUs that took interrupts, in any run. With more than one, who must be tried at a node is
     * not computed: all are. */
    uint64_t interrupted;
    uint64_t *classes; /* [class_capacity], a power of 2: hashes of those seen; 0: free */
    size_t n_classes, class_capacity;
};

#define NONE ((size_t)-1)

/** footprint_add - @e, if it is none of those that are in it. footprint_copy, footprint_clear. */
bool footprint_add(struct footprint *f, const struct event *e);
bool footprint_copy(struct footprint *to, const struct footprint *from);
void footprint_clear(struct footprint *f);
bool footprints_touch(const struct footprint *a, const struct footprint *b);
bool footprint_touches(const struct footprint *f, const struct event *e);

/* -- dpor_trace.c -- */
/** dpor_note - @e comes next in the trace: where other orders are possible, they are to be tried.
 */
void dpor_note(struct dpor *s, const struct event *e);
/** dpor_note_rest - at a run's end: what those who stand before events would have done. */
void dpor_note_rest(struct dpor *s);
/** dpor_class - a hash of what the trace has in common with its equivalents; never 0. */
uint64_t dpor_class(const struct dpor *s);
/** dpor_is_new - whether no complete run was of @class yet. Remembers it. */
bool dpor_is_new(struct dpor *s, uint64_t class);
void dpor_trace_clear(struct dpor *s);

#endif
