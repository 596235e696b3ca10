/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * images/races/vmm-cpuif: the guest's CPU_ON leaves to the VMM, which resets vCPU 2 and reads its
 * ICC_CTLR_EL1 to know what it is now. vCPU 0 runs, or sleeps in its VMM.
 *
 * trylock-all: the register is read with all vCPUs' locks, by try-lock: EBUSY if one runs.
 * lock-target: with the lock of the vCPU that is read, which is off.
 * lock-free: with none (vmm_cpuif_read()).
 */
#include "emu/machine.h"
#include "emu/scenarios/scenarios.h"
#include "emu/vmm.h"

enum { SLEEPER = 0, CALLER = 1, TARGET = 2 };

#define PSCI_CPU_ON           0xc4000003u
#define PSCI_INTERNAL_FAILURE ((uint64_t)-6)

enum { ANSWERED };       /* shared[] */
enum { IS_READ, ENTRY }; /* words[] */

static int forward_cpu_on(struct machine *m, struct error *err)
{
    return vmm_set_smccc_filter(m, PSCI_CPU_ON, 1, VMM_SMCCC_FWD_TO_USER, err);
}

static bool sleeper_is_outside(const struct machine *m, const struct actor *a)
{
    (void)a;
    return actor_outside(m, SLEEPER);
}

static bool is_answered(const struct machine *m, const struct actor *a)
{
    (void)a;
    return m->actors->shared[ANSWERED];
}

static bool caller_is_outside(const struct machine *m, const struct actor *a)
{
    (void)a;
    return actor_outside(m, CALLER);
}

/* x1: the target's MPIDR; x2: where it enters. */
static void reset(struct machine *m, struct actor *a)
{
    struct error ignored;

    a->words[ENTRY] = actor_argument(m, CALLER, 1);
    vmm_reset_vcpu(m, TARGET, &ignored);
}

static void read_ctlr(struct machine *m, struct actor *a)
{
    uint64_t value, expected, attr = scenario_cpuif_attr(m, TARGET);

    a->words[IS_READ] = !vmm_cpuif_read(m, attr, &value, NULL) &&
                        !vmm_cpuif_reset_value(m, attr, &expected) && value == expected;
}

static void answer(struct machine *m, struct actor *a)
{
    actor_answer(m, CALLER, a->words[IS_READ] ? 0 : PSCI_INTERNAL_FAILURE);
    m->actors->shared[ANSWERED] = 1;
}

static void start(struct machine *m, struct actor *a)
{
    struct error ignored;

    if (a->words[IS_READ])
        vmm_start_vcpu(m, TARGET, a->words[ENTRY], 0, &ignored);
}

#define LOCKS(what, n, v)                                                                          \
    {                                                                                              \
        .name = what " vCPU " #v, .kind = n, .lock = ACTOR_LOCK_VCPU(v)                            \
    }
#define TRIES(v, next)                                                                             \
    {                                                                                              \
        .name = "tries to lock vCPU " #v, .kind = ACTOR_TRY_LOCK, .lock = ACTOR_LOCK_VCPU(v),      \
        .otherwise = (next)                                                                        \
    }
#define RESETS                                                                                     \
    {                                                                                              \
        .name = "resets vCPU 2", .reads = ACTOR_VCPU(CALLER),                                      \
        .writes = ACTOR_VCPU(TARGET) | ACTOR_GIC, .when = caller_is_outside, .run = reset          \
    }
#define READS                                                                                      \
    {                                                                                              \
        .name = "reads ICC_CTLR_EL1 of vCPU 2", .reads = ACTOR_GIC, .run = read_ctlr               \
    }
#define ANSWERS                                                                                    \
    {.name = "answers CPU_ON", .writes = ACTOR_SHARED_WORD(ANSWERED), .run = answer},              \
        {.name = "enters vCPU 2",                                                                  \
         .kind = ACTOR_ENTER,                                                                      \
         .lock = ACTOR_LOCK_VCPU(TARGET),                                                          \
         .run = start},                                                                            \
    {                                                                                              \
        .name = "enters vCPU 1", .kind = ACTOR_ENTER, .lock = ACTOR_LOCK_VCPU(CALLER)              \
    }

static const struct actor_step sleeper_steps[] = {
    {.name = "puts vCPU 0 to sleep", .reads = ACTOR_VCPU(SLEEPER), .when = sleeper_is_outside},
    {.name = "wakes vCPU 0", .reads = ACTOR_SHARED_WORD(ANSWERED), .when = is_answered},
    {.name = "enters vCPU 0", .kind = ACTOR_ENTER, .lock = ACTOR_LOCK_VCPU(SLEEPER)},
};

/* Numbers of steps, for `otherwise`: what was locked is unlocked. */
enum { UNLOCK_1 = 6, UNLOCK_0, ANSWER };

static const struct actor_step trylock_steps[] = {
    RESETS,
    TRIES(0, ANSWER),
    TRIES(1, UNLOCK_0),
    TRIES(2, UNLOCK_1),
    READS,
    LOCKS("unlocks", ACTOR_UNLOCK, 2),
    [UNLOCK_1] = LOCKS("unlocks", ACTOR_UNLOCK, 1),
    [UNLOCK_0] = LOCKS("unlocks", ACTOR_UNLOCK, 0),
    ANSWERS,
};
static const struct actor_step target_steps[] = {
    RESETS, LOCKS("locks", ACTOR_LOCK, 2), READS, LOCKS("unlocks", ACTOR_UNLOCK, 2), ANSWERS,
};
static const struct actor_step free_steps[] = {RESETS, READS, ANSWERS};

static const struct actor_program sleeper = ACTOR_PROGRAM("vcpu0", sleeper_steps),
                                  trylock = ACTOR_PROGRAM("vcpu1", trylock_steps),
                                  target = ACTOR_PROGRAM("vcpu1", target_steps),
                                  lock_free = ACTOR_PROGRAM("vcpu1", free_steps);

const struct scenario cpuif_trylock = {
    .name = "cpuif",
    .variant = "trylock-all",
    .prepare = forward_cpu_on,
    .programs = {&sleeper, &trylock},
    .n_programs = 2,
};
const struct scenario cpuif_target = {
    .name = "cpuif",
    .variant = "lock-target",
    .is_sound = true,
    .prepare = forward_cpu_on,
    .programs = {&sleeper, &target},
    .n_programs = 2,
};
const struct scenario cpuif_free = {
    .name = "cpuif",
    .variant = "lock-free",
    .is_sound = true,
    .prepare = forward_cpu_on,
    .programs = {&sleeper, &lock_free},
    .n_programs = 2,
};
