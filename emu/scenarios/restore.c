/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * images/races/vmm-restore: a VMM restores a guest's time. One of its threads has the virtual
 * counter, as it was when the guest was saved, the other the offset that the guest is to have now.
 *
 * last-wins: a counter that is written sets the offset, as in KVM until 2023; so does an offset.
 * fixed: once an offset was set, a counter that is written sets none (timers_write_counter()).
 */
#include "emu/machine.h"
#include "emu/scenarios/scenarios.h"

enum { VCPU = 0 };
/* Ticks: the offset that is saved; how long ago the counter was read. */
#define OFFSET 1000000ull
#define AGO    5000000ull

enum { ASKED, DONE }; /* shared[] */

static bool is_called(const struct machine *m, const struct actor *a)
{
    (void)a;
    return actor_outside(m, VCPU);
}

static bool is_asked(const struct machine *m, const struct actor *a)
{
    (void)a;
    return m->actors->shared[ASKED];
}

static bool is_done(const struct machine *m, const struct actor *a)
{
    (void)a;
    return m->actors->shared[DONE] == 2;
}

static void ask(struct machine *m, struct actor *a)
{
    (void)a;
    m->actors->shared[ASKED] = 1;
}

static void answer(struct machine *m, struct actor *a)
{
    (void)a;
    actor_answer(m, VCPU, OFFSET);
}

static uint64_t saved_counter(const struct machine *m)
{
    return timers_system_counter(m->timers) - OFFSET - AGO;
}

static void write_counter_as_offset(struct machine *m, struct actor *a)
{
    (void)a;
    timers_set_offsets(m->timers, timers_system_counter(m->timers) - saved_counter(m), 0);
    waits_time_changed(m);
    m->actors->shared[DONE]++;
}

static void write_counter(struct machine *m, struct actor *a)
{
    (void)a;
    timers_write_counter(m->timers, TIMERS_VIRTUAL, saved_counter(m));
    waits_time_changed(m);
    m->actors->shared[DONE]++;
}

static void set_offset(struct machine *m, struct actor *a)
{
    (void)a;
    timers_set_offsets(m->timers, OFFSET, 0);
    waits_time_changed(m);
    m->actors->shared[DONE]++;
}

#define RESTORES                                                                                   \
    .reads = ACTOR_SHARED_WORD(ASKED), .writes = ACTOR_TIMERS | ACTOR_SHARED_WORD(DONE),           \
    .when = is_asked

static const struct actor_step vcpu_steps[] = {
    {.name = "asks for a restore",
     .reads = ACTOR_VCPU(VCPU),
     .writes = ACTOR_SHARED_WORD(ASKED),
     .when = is_called,
     .run = ask},
    {.name = "answers", .reads = ACTOR_SHARED_WORD(DONE), .when = is_done, .run = answer},
    {.name = "enters the guest", .kind = ACTOR_ENTER, .lock = ACTOR_LOCK_VCPU(VCPU)},
};
static const struct actor_step as_offset_steps[] = {
    {.name = "writes CNTVCT", RESTORES, .run = write_counter_as_offset},
};
static const struct actor_step counter_steps[] = {
    {.name = "writes CNTVCT", RESTORES, .run = write_counter},
};
static const struct actor_step offset_steps[] = {
    {.name = "sets the offset", RESTORES, .run = set_offset},
};

static const struct actor_program vcpu = ACTOR_PROGRAM("vcpu0", vcpu_steps),
                                  as_offset = ACTOR_PROGRAM("registers", as_offset_steps),
                                  counter = ACTOR_PROGRAM("registers", counter_steps),
                                  offset = ACTOR_PROGRAM("time", offset_steps);

const struct scenario restore_last = {
    .name = "restore",
    .variant = "last-wins",
    .programs = {&vcpu, &as_offset, &offset},
    .n_programs = 3,
};
const struct scenario restore_fixed = {
    .name = "restore",
    .variant = "fixed",
    .is_sound = true,
    .programs = {&vcpu, &counter, &offset},
    .n_programs = 3,
};
