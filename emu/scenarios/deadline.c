/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * images/races/vmm-deadline: a guest asks its VMM to wake it when CNTVCT is at a value; meanwhile
 * another thread of the VMM changes the guest's offset.
 *
 * armed-once: the deadline is computed, in the host's time, when the guest goes to sleep.
 * re-evaluated: it is what it is when it is looked at.
 */
#include "emu/machine.h"
#include "emu/scenarios/scenarios.h"

enum { VCPU = 0 };
#define OFFSET 10000ull /* ticks: half of how long the guest sleeps */

enum { TARGET, DEADLINE_NS }; /* words[] of the thread that sleeps */

static bool is_called(const struct machine *m, const struct actor *a)
{
    (void)a;
    return actor_outside(m, VCPU);
}

static void arm(struct machine *m, struct actor *a)
{
    a->words[TARGET] = actor_argument(m, VCPU, 1);
    a->words[DEADLINE_NS] = wires_reached_ns(m, VCPU, a->words[TARGET]);
}

static uint64_t armed_ns(const struct machine *m, const struct actor *a)
{
    (void)m;
    return a->words[DEADLINE_NS];
}

static uint64_t reached_ns(const struct machine *m, const struct actor *a)
{
    return wires_reached_ns(m, VCPU, a->words[TARGET]);
}

static void wake(struct machine *m, struct actor *a)
{
    (void)a;
    actor_answer(m, VCPU, 0);
}

static void set_offset(struct machine *m, struct actor *a)
{
    (void)a;
    timers_set_offsets(m->timers, OFFSET, OFFSET);
    waits_time_changed(m);
}

#define ARMS                                                                                       \
    {                                                                                              \
        .name = "arms a timer", .reads = ACTOR_VCPU(VCPU) | ACTOR_TIMERS, .when = is_called,       \
        .run = arm                                                                                 \
    }
#define ENTERS                                                                                     \
    {                                                                                              \
        .name = "enters the guest", .kind = ACTOR_ENTER, .lock = ACTOR_LOCK_VCPU(VCPU)             \
    }

static const struct actor_step once_steps[] = {
    ARMS, {.name = "wakes", .reads = ACTOR_TIMERS, .not_before_ns = armed_ns, .run = wake}, ENTERS};
static const struct actor_step again_steps[] = {
    ARMS,
    {.name = "wakes", .reads = ACTOR_TIMERS, .not_before_ns = reached_ns, .run = wake},
    ENTERS};
static const struct actor_step offset_steps[] = {
    {.name = "sets the offset", .writes = ACTOR_TIMERS, .run = set_offset},
};

static const struct actor_program once = ACTOR_PROGRAM("vcpu0", once_steps),
                                  again = ACTOR_PROGRAM("vcpu0", again_steps),
                                  offset = ACTOR_PROGRAM("time", offset_steps);

const struct scenario deadline_once = {
    .name = "deadline",
    .variant = "armed-once",
    .programs = {&offset, &once},
    .n_programs = 2,
};
const struct scenario deadline_again = {
    .name = "deadline",
    .variant = "re-evaluated",
    .is_sound = true,
    .programs = {&offset, &again},
    .n_programs = 2,
};
