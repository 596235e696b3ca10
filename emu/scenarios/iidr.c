/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * images/races/vmm-iidr: one thread of a VMM sets the revision in GICD_IIDR, which it may until the
 * GIC is initialised; another initialises it, and runs vCPU 1.
 *
 * unlocked: looks whether it is initialised, and writes if not.
 * inverted: with the locks of the configuration and the vCPU; the other takes them in the other
 * order.
 * sealed: a setup that is open or sealed, in one word (vmm_setup_set(), vmm_seal()).
 */
#include "emu/machine.h"
#include "emu/scenarios/scenarios.h"
#include "emu/vmm.h"

enum { BOOT_VCPU = 0, VCPU = 1, REVISION = 2 };
enum { CONFIG_LOCK };

enum { OPENED, SETUP, ENTRY }; /* shared[]; SETUP stands for the setup */
enum { IS_OPEN };              /* words[] */

static bool is_called(const struct machine *m, const struct actor *a)
{
    (void)a;
    return actor_outside(m, BOOT_VCPU);
}

static bool is_opened(const struct machine *m, const struct actor *a)
{
    (void)a;
    return m->actors->shared[OPENED];
}

/* The guest that made the call has run on this machine already: its story begins anew. */
static void open(struct machine *m, struct actor *a)
{
    (void)a;
    scenario_open(m);
    m->actors->shared[ENTRY] = actor_argument(m, BOOT_VCPU, 1);
    m->actors->shared[OPENED] = 1;
    actor_answer(m, BOOT_VCPU, 0);
}

static void look(struct machine *m, struct actor *a)
{
    a->words[IS_OPEN] = !vmm_setup_is_sealed(vmm_setup_of(m));
}

static void write(struct machine *m, struct actor *a)
{
    if (a->words[IS_OPEN])
        gic_set_revision(m->gic, REVISION);
}

static void set(struct machine *m, struct actor *a)
{
    struct error refused;

    (void)a;
    vmm_setup_set(vmm_setup_of(m), VMM_KEY_GICD_REVISION, REVISION, &refused);
}

static void seal(struct machine *m, struct actor *a)
{
    (void)a;
    scenario_seal(m);
}

static void start(struct machine *m, struct actor *a)
{
    struct error ignored;

    (void)a;
    vmm_start_vcpu(m, VCPU, m->actors->shared[ENTRY], 0, &ignored);
}

#define SETUP_PLACE ACTOR_SHARED_WORD(SETUP)
#define LOOKS                                                                                      \
    {                                                                                              \
        .name = "looks whether the GIC is initialised",                                            \
        .reads = ACTOR_SHARED_WORD(OPENED) | SETUP_PLACE, .when = is_opened, .run = look           \
    }
#define WRITES                                                                                     \
    {                                                                                              \
        .name = "writes GICD_IIDR", .writes = ACTOR_GIC, .run = write                              \
    }
#define SEALS                                                                                      \
    {                                                                                              \
        .name = "initialises the GIC", .reads = ACTOR_SHARED_WORD(OPENED),                         \
        .writes = SETUP_PLACE | ACTOR_GIC, .when = is_opened, .run = seal                          \
    }
#define ENTERS                                                                                     \
    {                                                                                              \
        .name = "enters vCPU 1", .reads = ACTOR_SHARED_WORD(ENTRY), .kind = ACTOR_ENTER,           \
        .lock = ACTOR_LOCK_VCPU(VCPU), .run = start                                                \
    }
#define LOCK(what, step, n)                                                                        \
    {                                                                                              \
        .name = what, .kind = (step), .lock = (n), .reads = ACTOR_SHARED_WORD(OPENED),             \
        .when = is_opened                                                                          \
    }

static const struct actor_step vcpu_steps[] = {
    {.name = "makes a GIC",
     .reads = ACTOR_VCPU(BOOT_VCPU),
     .writes = ACTOR_SHARED_WORD(OPENED) | ACTOR_SHARED_WORD(ENTRY) | SETUP_PLACE,
     .when = is_called,
     .run = open},
    {.name = "enters vCPU 0", .kind = ACTOR_ENTER, .lock = ACTOR_LOCK_VCPU(BOOT_VCPU)},
};
static const struct actor_step unlocked_steps[] = {LOOKS, WRITES};
static const struct actor_step inverted_steps[] = {
    LOCK("locks the configuration", ACTOR_LOCK, CONFIG_LOCK),
    LOOKS,
    LOCK("locks vCPU 1", ACTOR_LOCK, ACTOR_LOCK_VCPU(VCPU)),
    WRITES,
    LOCK("unlocks vCPU 1", ACTOR_UNLOCK, ACTOR_LOCK_VCPU(VCPU)),
    LOCK("unlocks the configuration", ACTOR_UNLOCK, CONFIG_LOCK),
};
static const struct actor_step sealed_steps[] = {
    {.name = "sets the revision",
     .reads = ACTOR_SHARED_WORD(OPENED),
     .writes = SETUP_PLACE,
     .when = is_opened,
     .run = set},
};
static const struct actor_step init_steps[] = {SEALS, ENTERS};
static const struct actor_step init_locked_steps[] = {
    LOCK("locks vCPU 1", ACTOR_LOCK, ACTOR_LOCK_VCPU(VCPU)),
    LOCK("locks the configuration", ACTOR_LOCK, CONFIG_LOCK),
    SEALS,
    LOCK("unlocks the configuration", ACTOR_UNLOCK, CONFIG_LOCK),
    LOCK("unlocks vCPU 1", ACTOR_UNLOCK, ACTOR_LOCK_VCPU(VCPU)),
    ENTERS,
};

static const struct actor_program vcpu = ACTOR_PROGRAM("vcpu0", vcpu_steps),
                                  unlocked = ACTOR_PROGRAM("config", unlocked_steps),
                                  inverted = ACTOR_PROGRAM("config", inverted_steps),
                                  sealed = ACTOR_PROGRAM("config", sealed_steps),
                                  init = ACTOR_PROGRAM("init", init_steps),
                                  init_locked = ACTOR_PROGRAM("init", init_locked_steps);

const struct scenario iidr_unlocked = {
    .name = "iidr",
    .variant = "unlocked",
    .programs = {&vcpu, &unlocked, &init},
    .n_programs = 3,
};
const struct scenario iidr_inverted = {
    .name = "iidr",
    .variant = "inverted",
    .programs = {&vcpu, &inverted, &init_locked},
    .n_programs = 3,
};
const struct scenario iidr_sealed = {
    .name = "iidr",
    .variant = "sealed",
    .is_sound = true,
    .programs = {&vcpu, &sealed, &init},
    .n_programs = 3,
};
