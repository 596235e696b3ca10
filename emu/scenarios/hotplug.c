/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * images/races/vmm-hotplug: a VMM creates vCPU 1 while vCPU 0 runs.
 *
 * resync: as KVM until 2023: a vCPU that is created starts its virtual counter at 0, and takes all
 * others along, so that they agree.
 * inherit: the machine has one offset; who comes later finds it.
 */
#include "emu/machine.h"
#include "emu/scenarios/scenarios.h"
#include "emu/vmm.h"

enum { BOOT_VCPU = 0, NEW_VCPU = 1 };

enum { ENTRY }; /* shared[]: where the new one starts */

static bool is_called(const struct machine *m, const struct actor *a)
{
    (void)a;
    return actor_outside(m, BOOT_VCPU);
}

static bool is_asked(const struct machine *m, const struct actor *a)
{
    (void)a;
    return m->actors->shared[ENTRY];
}

static void ask(struct machine *m, struct actor *a)
{
    (void)a;
    m->actors->shared[ENTRY] = actor_argument(m, BOOT_VCPU, 1);
    actor_answer(m, BOOT_VCPU, 0);
}

static void resync(struct machine *m, struct actor *a)
{
    uint64_t now = timers_system_counter(m->timers);

    (void)a;
    timers_set_offsets(m->timers, now, 0);
    waits_time_changed(m);
}

static void reset(struct machine *m, struct actor *a)
{
    struct error ignored;

    (void)a;
    vmm_reset_vcpu(m, NEW_VCPU, &ignored);
}

static void start(struct machine *m, struct actor *a)
{
    struct error ignored;

    (void)a;
    vmm_start_vcpu(m, NEW_VCPU, m->actors->shared[ENTRY], 0, &ignored);
}

#define CREATES                                                                                    \
    {                                                                                              \
        .name = "resets vCPU 1", .reads = ACTOR_SHARED_WORD(ENTRY),                                \
        .writes = ACTOR_VCPU(NEW_VCPU), .when = is_asked, .run = reset                             \
    }
#define ENTERS                                                                                     \
    {                                                                                              \
        .name = "enters vCPU 1", .kind = ACTOR_ENTER, .lock = ACTOR_LOCK_VCPU(NEW_VCPU),           \
        .run = start                                                                               \
    }

static const struct actor_step vcpu_steps[] = {
    {.name = "is told to plug in vCPU 1",
     .reads = ACTOR_VCPU(BOOT_VCPU),
     .writes = ACTOR_SHARED_WORD(ENTRY),
     .when = is_called,
     .run = ask},
    {.name = "enters the guest", .kind = ACTOR_ENTER, .lock = ACTOR_LOCK_VCPU(BOOT_VCPU)},
};
static const struct actor_step resync_steps[] = {
    CREATES, {.name = "sets all offsets to now", .writes = ACTOR_TIMERS, .run = resync}, ENTERS};
static const struct actor_step inherit_steps[] = {CREATES, ENTERS};

static const struct actor_program vcpu = ACTOR_PROGRAM("vcpu0", vcpu_steps),
                                  with_resync = ACTOR_PROGRAM("hotplug", resync_steps),
                                  plain = ACTOR_PROGRAM("hotplug", inherit_steps);

const struct scenario hotplug_resync = {
    .name = "hotplug",
    .variant = "resync",
    .programs = {&vcpu, &with_resync},
    .n_programs = 2,
};
const struct scenario hotplug_inherit = {
    .name = "hotplug",
    .variant = "inherit",
    .is_sound = true,
    .programs = {&vcpu, &plain},
    .n_programs = 2,
};
