/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of the explorer: the state of a run. */
#ifndef IRQLAB_EMU_EXPLORE_EXPLORER_INTERNAL_H
#define IRQLAB_EMU_EXPLORE_EXPLORER_INTERNAL_H

#include "cpu/cpu.h"
#include "emu/explore/anchors.h"
#include "emu/explore/explorer.h"
#include "emu/machine.h"

enum {
    SPIN_READS = 8,     /* a loop has as many reads at most */
    IRQ_DELAYS = 1025,  /* options: 0 .. 1024 events */
    MAX_OPTIONS = 8,    /* of another choice */
    HOLD_LIMIT = 20000, /* instructions without events in which an interrupt is held back */
    QUANTUM = 100000,
    SPIN_ROUNDS = 2000, /* all vCPUs spin so often: nothing can end that */
    MAX_ACKNOWLEDGED = 32,
};

struct invariant {
    const char *text;
    uint64_t address, value;
    unsigned size_bytes, relation;
    bool at_end;
};

struct spin_read {
    uint64_t pc, hash;
    struct event event;
};

struct thread {
    struct event next; /* it stands before this one */
    bool has_next;
    uint64_t n_events;         /* that happened in this run */
    unsigned asked[N_CHOICES]; /* since then */
    /* Reads since it changed anything; with spins, from a loop that comes back to its beginning. */
    struct spin_read reads[SPIN_READS];
    unsigned n_reads;
    bool spins;
    bool idle; /* it has said so (YIELD), and nothing changed since its last event */
    uint64_t changes_seen;
    /* Interrupts: lines that are held back, until which event; released: taken when next possible.
     */
    unsigned held;
    bool came_round;       /* since it was released, at `round_pc` of the loop in which it spins */
    uint64_t round_pc;     /* 0: none yet */
    bool released, forced; /* forced: it only waits for it, so nobody is asked again */
    uint64_t release_at;
    unsigned cause_vcpu; /* struct event: of the lines that are up */
    uint64_t cause_index;
    size_t delayed_by;              /* its deviation's place + 1; 0: none */
    const struct anchor *waits_for; /* by_place: held until then; NULL: until release_at */
    unsigned n_interrupts;          /* taken */
    /* Exceptions that it is in; a bit for each: an interrupt's handler. */
    unsigned depth;
    uint64_t handlers, interrupted_sp;
    /* For failures. */
    unsigned lines_up;
    uint64_t line_since;
    uint32_t acknowledged[MAX_ACKNOWLEDGED];
    unsigned n_acknowledged;
};

struct explorer {
    struct explorer_options options;
    struct session *session;
    struct machine *m;
    struct snapshot *begin;
    struct sharing *sharing;
    struct thread *threads;
    struct observed observed;
    unsigned arrived;  /* race_arrive(): so often */
    struct weak *weak; /* NULL: memory is sequentially consistent */
    struct cpu_interrupt_hooks interrupt_hooks;
    struct machine_explorer hooks;
    uint64_t n_events, n_points, random;
    uint64_t stxr_fails; /* of this run, until now */
    uint64_t changes;    /* events that changed anything */
    unsigned spin_rounds;
    unsigned last; /* the vCPU that had or stood before an event last */
    bool begun, ended, learning, abandoned;
    bool rewound;     /* it is at `begin` */
    unsigned learned; /* runs */
    int failed;       /* out of memory in a callback */

    const struct explorer_picks *picks;
    const struct schedule *schedule; /* followed instead, if not NULL */
    size_t followed;
    bool diverged;
    bool lenient;   /* deviations are looked for in any order, by `places` */
    bool by_place;  /* they are found by anchors, not by indices */
    bool anchoring; /* anchors are kept of what happens */
    size_t *places; /* [n_places], a power of 2: of the schedule + 1, by where they are for */
    size_t n_places;
    struct schedule *taken;
    const struct explorer_replay *replay; /* NULL: another kind of run */
    const char *image;                    /* its file; may have source lines */
    struct anchors *anchors;              /* made for the first replay that needs it */
    char mismatch[1536];

    struct invariant invariants[EXPLORER_MAX_INVARIANTS];
    uint64_t panic_at;

    uint64_t profile_events, *profile_of; /* [sched_threads()] */
    unsigned profile_vcpus;
};

static inline bool in_handler(const struct thread *t)
{
    return t->depth && t->depth <= 64 && t->handlers >> (t->depth - 1) & 1;
}

/* -- explorer_events.c -- */
bool explorer_on_access(void *opaque, const struct cpu_watched_access *a);
/** explorer_before - @vcpu stands before its `next`. */
void explorer_before(struct explorer *x, unsigned vcpu);
/** explorer_happened - @e happens now. */
void explorer_happened(struct explorer *x, const struct event *e);

/* explorer_stands - @thread stands before a step of its own, or a call of its VMM. explorer_acts -
 * that happens now. */
void explorer_stands(void *opaque, unsigned thread);
void explorer_acts(void *opaque, unsigned thread);
/** explorer_table - the GIC touches RAM, inside the event that happens. */
void explorer_table(void *opaque, uint64_t pa, size_t size_bytes, bool is_write);

/* -- explorer_points.c -- */
uint32_t explorer_policy(void *opaque, enum choice choice, unsigned vcpu, uint32_t n_options);

/* -- explorer_follow.c -- */
/** explorer_by_schedule - whether the schedule answers now. */
bool explorer_by_schedule(const struct explorer *x);
/** explorer_follow_here - the schedule's deviation that is for @at; NULL: the plain answer. */
const struct deviation *explorer_follow_here(struct explorer *x, const struct deviation *at);
/** explorer_no_option - what @d says cannot be done at its place. */
void explorer_no_option(struct explorer *x, const struct deviation *d);
/** explorer_note_event - @e happens, and does not count yet; in replays, or when `anchoring`. */
void explorer_note_event(struct explorer *x, const struct event *e);
/** explorer_anchor_here - fills @at's anchors, in a run that has such. */
void explorer_anchor_here(struct explorer *x, struct deviation *at);
/** explorer_released - an interrupt of @vcpu is held no more; @how: NULL, it stands before an
 * event.
 */
void explorer_released(struct explorer *x, unsigned vcpu, const char *how);
/** explorer_held_for_long_enough - by_place: @vcpu stands where its interrupt was waited for. */
bool explorer_held_for_long_enough(struct explorer *x, unsigned vcpu);
/** explorer_check_followed - the run is over. */
void explorer_check_followed(struct explorer *x);

/* -- explorer_mismatch.c -- */
/** explorer_miss - the schedule's next deviation finds no place; @found: a sentence. */
void explorer_miss(struct explorer *x, const char *found);

/* -- explorer.c -- */
int explorer_one_run(struct explorer *x, bool want_hash, struct outcome *out, struct error *err);
/* Of struct explorer_picks: chance. @opaque: its state, a uint64_t. */
unsigned explorer_pick_by_chance(void *opaque, const struct point *point);
uint32_t explorer_answer_by_chance(void *opaque, const struct question *q);

/* -- explorer_interrupts.c -- */
bool explorer_takes(void *opaque, unsigned vcpu, enum cpu_line line);
void explorer_entered(void *opaque, unsigned vcpu);
void explorer_returned(void *opaque, unsigned vcpu);
bool explorer_waits(void *opaque, unsigned vcpu, bool hint);
void explorer_line(void *opaque, unsigned vcpu, enum gic_line line, bool level);
void explorer_due(void *opaque);
/** explorer_may_interrupt - whether an interrupt that was held back could be taken now. */
bool explorer_may_interrupt(const struct explorer *x, unsigned vcpu);
/** explorer_raise - @lines (a bit each) of @vcpu's that the engine took for low are as the GIC has
 * them. */
void explorer_raise(struct explorer *x, unsigned vcpu, unsigned lines);
/** explorer_parked - @vcpu stands before an event: what was held until then is no more.
 */
void explorer_parked(struct explorer *x, unsigned vcpu);

/* -- explorer_failures.c -- */
int explorer_set_panic(struct explorer *x, struct error *err);
int explorer_set_invariants(struct explorer *x, struct error *err);
bool explorer_halted(void *opaque, unsigned vcpu, uint64_t pc);
void explorer_gic_event(void *opaque, enum gic_event event, unsigned vcpu, uint32_t intid);
/** explorer_check - before @e happens; explorer_check_end - the guest says that it has passed. */
void explorer_check(struct explorer *x, const struct event *e);
void explorer_check_end(struct explorer *x);
/** explorer_all_spin - no vCPU can go on but by spinning. */
void explorer_all_spin(struct explorer *x);

#endif
