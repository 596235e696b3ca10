/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * images/races/vmm-shadow: a VMM is asked for ICC_CTLR_EL1 of vCPU 0, which runs and writes it.
 *
 * shadow: a copy answers, which is taken when vCPU 0 leaves its guest.
 * published: the register itself (vmm_cpuif_read()).
 */
#include "emu/machine.h"
#include "emu/scenarios/scenarios.h"
#include "emu/vmm.h"

enum { WRITER = 0, ASKER = 1 };

enum { SHADOW }; /* shared[]; 0: as reset, EOImode 0 */

static bool writer_is_outside(const struct machine *m, const struct actor *a)
{
    (void)a;
    return actor_outside(m, WRITER);
}

static bool asker_is_outside(const struct machine *m, const struct actor *a)
{
    (void)a;
    return actor_outside(m, ASKER);
}

static uint64_t read_ctlr(struct machine *m)
{
    uint64_t value = 0;

    vmm_cpuif_read(m, scenario_cpuif_attr(m, WRITER), &value, NULL);
    return value;
}

static void save(struct machine *m, struct actor *a)
{
    (void)a;
    m->actors->shared[SHADOW] = read_ctlr(m);
}

static void answer_shadow(struct machine *m, struct actor *a)
{
    (void)a;
    actor_answer(m, ASKER, m->actors->shared[SHADOW]);
}

static void answer_itself(struct machine *m, struct actor *a)
{
    (void)a;
    actor_answer(m, ASKER, read_ctlr(m));
}

#define ENTERS(v)                                                                                  \
    {                                                                                              \
        .name = "enters the guest", .kind = ACTOR_ENTER, .lock = ACTOR_LOCK_VCPU(v)                \
    }

static const struct actor_step writer_steps[] = {
    {.name = "saves ICC_CTLR_EL1",
     .reads = ACTOR_VCPU(WRITER) | ACTOR_GIC,
     .writes = ACTOR_SHARED_WORD(SHADOW),
     .when = writer_is_outside,
     .run = save},
    ENTERS(WRITER),
};
static const struct actor_step shadow_steps[] = {
    {.name = "reads its copy",
     .reads = ACTOR_VCPU(ASKER) | ACTOR_SHARED_WORD(SHADOW),
     .when = asker_is_outside,
     .run = answer_shadow},
    ENTERS(ASKER),
};
static const struct actor_step published_steps[] = {
    {.name = "reads ICC_CTLR_EL1 of vCPU 0",
     .reads = ACTOR_VCPU(ASKER) | ACTOR_GIC,
     .when = asker_is_outside,
     .run = answer_itself},
    ENTERS(ASKER),
};

static const struct actor_program writer = ACTOR_PROGRAM("vcpu0", writer_steps),
                                  from_shadow = ACTOR_PROGRAM("vcpu1", shadow_steps),
                                  from_itself = ACTOR_PROGRAM("vcpu1", published_steps);

const struct scenario shadow_stale = {
    .name = "shadow",
    .variant = "shadow",
    .programs = {&writer, &from_shadow},
    .n_programs = 2,
};
const struct scenario shadow_published = {
    .name = "shadow",
    .variant = "published",
    .is_sound = true,
    .programs = {&writer, &from_itself},
    .n_programs = 2,
};
