/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Host actors: threads of a VMM, as cooperative tasks whose every step is known to the scheduler.
 *
 * An actor is a const table of steps, and a state of plain words: which step is next, and what it
 * remembers. A step says beforehand what it touches (its locks, variables of the VMM, parts of the
 * machine), and when it can be made; then it runs at once and to its end. So actors are scheduled
 * like vCPUs, an explorer can order their steps and the vCPUs' events in any way, and a snapshot
 * has them.
 *
 * Threads have one numbering: vCPUs 0 .. n_vcpus - 1, then actors. Actors begin where the guest
 * says that its test begins (images/lib/race.h: race_begin()), and end behind their last step.
 *
 * A guest calls the VMM by race_call_vmm(), or by an HVC or SMC that the filter forwards
 * (emu/vmm.h; before the test begins it is handled inside): its vCPU then is outside until an actor
 * lets it in again by a step of kind ACTOR_ENTER. While it is inside it holds its own lock
 * (ACTOR_LOCK_VCPU), as a thread in KVM_RUN holds its vCPU's mutex; one that is off, or paused,
 * does not.
 *
 * Threads of the host: the machine's alone. A cycle of actors that wait for each other's locks ends
 * the run with IRQLAB_EXIT_DEADLOCK.
 */
#ifndef IRQLAB_EMU_ACTOR_H
#define IRQLAB_EMU_ACTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "emu/error.h"

struct actor;
struct machine;
struct visitor;

enum {
    ACTORS_MAX = 4,
    ACTOR_WORDS = 8,
    ACTOR_SHARED = 12,
    ACTOR_MAX_VCPUS = 16,
    ACTOR_LOCKS = 4, /* the VMM's own: 0 .. 3 */
    ACTOR_ALL_LOCKS = ACTOR_LOCKS + ACTOR_MAX_VCPUS,
};

/* What a step touches, as masks; ACTOR_SHARED_WORD(n): the VMM's variable `shared[n]`. */
#define ACTOR_TIMERS         (1ull << 0) /* counters, offsets, timers */
#define ACTOR_GIC            (1ull << 1)
#define ACTOR_IDS            (1ull << 2) /* ID registers, and what else a setup has */
#define ACTOR_SHARED_WORD(n) (1ull << (3 + (n)))
#define ACTOR_LOCK_PLACE(n)  (1ull << (3 + ACTOR_SHARED + (n)))

_Static_assert(3 + ACTOR_SHARED + ACTOR_ALL_LOCKS <= 64, "a bit for each");

#define ACTOR_LOCK_VCPU(vcpu) (ACTOR_LOCKS + (vcpu))
/* Whether @vcpu is on, and inside: whoever has its lock can tell. */
#define ACTOR_VCPU(vcpu) ACTOR_LOCK_PLACE(ACTOR_LOCK_VCPU(vcpu))
#define ACTOR_ALL_VCPUS  (~0ull << (3 + ACTOR_SHARED + ACTOR_LOCKS))

enum actor_step_kind {
    ACTOR_DO,
    ACTOR_LOCK,     /* waits until `lock` is free */
    ACTOR_TRY_LOCK, /* if it is not: goes on at step `otherwise` */
    ACTOR_UNLOCK,
    ACTOR_ENTER, /* vCPU `lock - ACTOR_LOCKS` is outside, and goes on in its guest (or `run` starts
                    it); waits for its lock, which that vCPU then holds */
};

struct actor_step {
    const char *name; /* as a person reads it behind the actor's: "writes CNTVCT" */
    enum actor_step_kind kind;
    unsigned lock, otherwise;
    uint64_t reads, writes; /* beside the lock */
    /* Whether it can be made; NULL: yes. Looks at what `reads` says. */
    bool (*when)(const struct machine *m, const struct actor *a);
    /* Not before that; UINT64_MAX: never. NULL: at any time. */
    uint64_t (*not_before_ns)(const struct machine *m, const struct actor *a);
    /* May be NULL. May set a->next to go on elsewhere than behind it. */
    void (*run)(struct machine *m, struct actor *a);
};

struct actor_program {
    const char *name;
    const struct actor_step *steps;
    unsigned n_steps;
};

/* One way in which a VMM does it. */
struct scenario {
    const char *name, *variant, *help;
    bool is_sound;
    /* Before the first vCPU runs; NULL: nothing. */
    int (*prepare)(struct machine *m, struct error *err);
    const struct actor_program *programs[ACTORS_MAX];
    unsigned n_programs;
};

/** scenarios - emu/scenarios/table.c. */
extern const struct scenario *const scenarios[];
extern const unsigned n_scenarios;

struct actor {
    uint64_t next; /* a step; n_steps: it has ended */
    uint64_t words[ACTOR_WORDS];
};

struct actors {
    const struct scenario *scenario;
    bool stepping; /* now */
    /* The state: visited. */
    uint64_t begun, in_turn;          /* in_turn: the current thread goes on without being asked */
    uint64_t owners[ACTOR_ALL_LOCKS]; /* an actor's number + 1; 0: no actor has it */
    uint64_t shared[ACTOR_SHARED];
    struct actor list[ACTORS_MAX];
};

/** actors_create - for config.actor: NAME:VARIANT. NULL: no actors. Freed by machine_destroy(). */
int actors_create(struct machine *m, struct error *err);
void actors_reset(struct machine *m);
void actors_visit(struct machine *m, struct visitor *v);

/** actors_count - how many; 0 without a scenario. actors_begin - the guest's test begins. */
unsigned actors_count(const struct machine *m);
void actors_begin(struct machine *m);
/** actors_is_ready - whether @actor's next step can be made now. */
bool actors_is_ready(const struct machine *m, unsigned actor);
/** actors_step - makes it. Between turns of vCPUs. */
void actors_step(struct machine *m, unsigned actor);
/** actors_deadline_ns - when the next of those that wait for a time can go on; UINT64_MAX: none. */
uint64_t actors_deadline_ns(const struct machine *m);

/** actors_next_step - NULL: it has ended. actor_places - all that @step reads, and writes. */
const struct actor_step *actors_next_step(const struct machine *m, unsigned actor);
void actor_places(const struct actor_step *step, uint64_t *reads, uint64_t *writes);

/*
 * Where an actor stands, as an address that no guest has: bits 63:48 differ (DDI 0487 D8.2).
 * actors_describe - `name: step`; false: @pc is none of these.
 */
uint64_t actors_pc(const struct machine *m, unsigned actor);
bool actors_describe(const struct machine *m, uint64_t pc, const char **actor, const char **step);

/* -- For steps -- */

/** actor_outside - whether @vcpu has called the VMM, and waits. actor_argument - its x<n + 1>: of
 * race_call_vmm(), 0 is the function. */
bool actor_outside(const struct machine *m, unsigned vcpu);
uint64_t actor_argument(const struct machine *m, unsigned vcpu, unsigned n);
/** actor_answer - its call returns that in x0. Before it enters again. */
void actor_answer(struct machine *m, unsigned vcpu, uint64_t value);

#endif
