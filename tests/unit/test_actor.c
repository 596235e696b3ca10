/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Host actors: locks and who holds them, cycles, snapshots, damage. */
#include <string.h>

#include "emu/actor.h"
#include "emu/machine.h"
#include "emu/snapshot.h"
#include "emu/vmm.h"
#include "tests/unit/suite.h"

static struct machine *m;
static struct error err;

static int make(const char *actor)
{
    struct machine_config config = {
        .cpu_model = "cortex-a72",
        .n_vcpus = 3,
        .ram_bytes = 1 << 20,
        .quantum_instructions = 1000,
        .counter_hz = 62500000,
        .actor = actor,
    };
    int rc;

    gic_options_defaults(&config.gic);
    rc = machine_create(&config, &m, &err);
    if (rc)
        return rc;
    machine_start_at(m, 1, BOARD_RAM_BASE, 0);
    machine_power_on(m);
    actors_begin(m);
    return 0;
}

static void setup(void)
{
    m = NULL;
}

static void teardown(void)
{
    machine_destroy(m);
}

/* What is not ready is not stepped: the name of the step that was made. */
static const char *step(unsigned actor)
{
    const struct actor_step *next = actors_next_step(m, actor);

    if (!next || !actors_is_ready(m, actor))
        return "";
    actors_step(m, actor);
    return next->name;
}

START_TEST(scenario_that_is_not_known_is_refused_and_all_are_named)
{
    ck_assert_int_lt(make("cpuif:no-such"), 0);
    ck_assert_int_eq(err.exit_code, IRQLAB_EXIT_BAD_INPUT);
    ck_assert_ptr_nonnull(strstr(err.text, "cpuif:no-such"));
    for (unsigned i = 0; i < n_scenarios; i++)
        ck_assert_msg(strstr(err.text, scenarios[i]->variant), "%s", scenarios[i]->variant);
    ck_assert_int_lt(make("cpuif"), 0);
}
END_TEST

START_TEST(vcpu_inside_its_guest_holds_its_lock)
{
    ck_assert_int_eq(make("cpuif:trylock-all"), 0);
    vmm_forward(m, 1);
    ck_assert_str_eq(step(1), "resets vCPU 2");
    ck_assert_str_eq(step(1), "tries to lock vCPU 0");
    ck_assert_str_eq(actors_next_step(m, 1)->name, "answers CPU_ON");
    ck_assert_uint_eq(m->actors->owners[ACTOR_LOCK_VCPU(0)], 0);
}
END_TEST

START_TEST(vcpu_outside_leaves_its_lock_to_who_comes)
{
    ck_assert_int_eq(make("cpuif:trylock-all"), 0);
    vmm_forward(m, 0);
    vmm_forward(m, 1);
    step(1);
    ck_assert_str_eq(step(1), "tries to lock vCPU 0");
    ck_assert_uint_eq(m->actors->owners[ACTOR_LOCK_VCPU(0)], 2);
    ck_assert_str_eq(actors_next_step(m, 1)->name, "tries to lock vCPU 1");
    step(1);
    step(1);
    ck_assert_str_eq(step(1), "reads ICC_CTLR_EL1 of vCPU 2");
    for (unsigned i = 0; i < 3; i++)
        step(1);
    ck_assert_uint_eq(m->actors->owners[ACTOR_LOCK_VCPU(0)], 0);
}
END_TEST

START_TEST(entering_waits_for_the_lock_and_answers_the_call)
{
    ck_assert_int_eq(make("hotplug:inherit"), 0);
    vmm_forward(m, 0);
    vcpu_set_x(m->engine, 0, 2, BOARD_RAM_BASE);
    ck_assert_str_eq(step(0), "is told to plug in vCPU 1");
    m->actors->owners[ACTOR_LOCK_VCPU(0)] = 2;
    ck_assert(!actors_is_ready(m, 0));
    m->actors->owners[ACTOR_LOCK_VCPU(0)] = 0;
    ck_assert_str_eq(step(0), "enters the guest");
    ck_assert_uint_eq(m->vcpus[0].held, 0);
    ck_assert_uint_eq(vcpu_get_x(m->engine, 0, 0), 0);
}
END_TEST

static void go_to_the_cycle(void)
{
    vmm_forward(m, 0);
    ck_assert_str_eq(step(0), "makes a GIC");
    ck_assert_str_eq(step(1), "locks the configuration");
    ck_assert_str_eq(step(2), "locks vCPU 1");
    ck_assert_int_eq(m->stop, MACHINE_RUNNING);
}

START_TEST(cycle_of_locks_ends_the_run_and_is_named)
{
    ck_assert_int_eq(make("iidr:inverted"), 0);
    go_to_the_cycle();
    step(1); /* comes to its second lock */
    ck_assert_int_eq(m->stop, MACHINE_SHUTDOWN);
    ck_assert_int_eq(m->exit_code, IRQLAB_EXIT_DEADLOCK);
    ck_assert_ptr_nonnull(strstr(m->stop_reason.text, "config locks vCPU 1"));
    ck_assert_ptr_nonnull(strstr(m->stop_reason.text, "init locks the configuration"));
}
END_TEST

START_TEST(waiting_without_a_cycle_is_no_deadlock)
{
    ck_assert_int_eq(make("iidr:inverted"), 0);
    vmm_forward(m, 0);
    step(0);
    step(1);
    step(1);
    ck_assert_str_eq(step(1), "locks vCPU 1");
    ck_assert(!actors_is_ready(m, 2));
    ck_assert_str_eq(step(1), "writes GICD_IIDR");
    ck_assert_str_eq(step(1), "unlocks vCPU 1");
    ck_assert(actors_is_ready(m, 2));
    ck_assert_int_eq(m->stop, MACHINE_RUNNING);
}
END_TEST

START_TEST(snapshot_brings_actors_and_their_locks_back)
{
    struct snapshot *s;

    ck_assert_int_eq(make("iidr:inverted"), 0);
    go_to_the_cycle();
    ck_assert_int_eq(snapshot_take(m, &s, &err), 0);
    step(1);
    ck_assert_int_eq(m->stop, MACHINE_SHUTDOWN);
    ck_assert_int_eq(snapshot_restore(m, s, &err), 0);
    ck_assert_int_eq(m->stop, MACHINE_RUNNING);
    ck_assert_uint_eq(m->actors->owners[ACTOR_LOCK_VCPU(1)], 3);
    ck_assert_str_eq(actors_next_step(m, 1)->name, "looks whether the GIC is initialised");
    snapshot_drop(s);
}
END_TEST

static void damage(struct visitor *v, const char *name, void *data, size_t size_bytes)
{
    (void)v, (void)name;
    memset(data, 0xff, size_bytes);
}

START_TEST(any_bytes_make_actors_that_can_go_on)
{
    struct visitor v = {.bytes = damage, .restoring = true};

    for (unsigned s = 0; s < n_scenarios; s++) {
        char name[64];

        snprintf(name, sizeof(name), "%s:%s", scenarios[s]->name, scenarios[s]->variant);
        ck_assert_int_eq(make(name), 0);
        actors_visit(m, &v);
        for (unsigned i = 0; i < actors_count(m); i++) {
            ck_assert_uint_le(m->actors->list[i].next, scenarios[s]->programs[i]->n_steps);
            ck_assert_str_eq(step(i), "");
        }
        for (unsigned i = 0; i < ACTOR_ALL_LOCKS; i++)
            ck_assert_uint_le(m->actors->owners[i], actors_count(m));
        machine_destroy(m);
        m = NULL;
    }
}
END_TEST

START_TEST(every_step_says_what_it_does)
{
    for (unsigned s = 0; s < n_scenarios; s++) {
        for (unsigned i = 0; i < scenarios[s]->n_programs; i++) {
            const struct actor_program *p = scenarios[s]->programs[i];

            for (unsigned n = 0; n < p->n_steps; n++) {
                const struct actor_step *step = &p->steps[n];
                uint64_t reads, writes;

                ck_assert_msg(step->name && *step->name, "%s %u", p->name, n);
                ck_assert_uint_lt(step->lock, ACTOR_ALL_LOCKS);
                ck_assert_uint_le(step->otherwise, p->n_steps);
                actor_places(step, &reads, &writes);
                ck_assert_msg(!step->when || reads, "%s: %s", p->name, step->name);
                ck_assert_msg(step->kind == ACTOR_DO || writes, "%s: %s", p->name, step->name);
            }
        }
    }
}
END_TEST

static const TTest *const *const tests[] = {
    &scenario_that_is_not_known_is_refused_and_all_are_named,
    &vcpu_inside_its_guest_holds_its_lock,
    &vcpu_outside_leaves_its_lock_to_who_comes,
    &entering_waits_for_the_lock_and_answers_the_call,
    &cycle_of_locks_ends_the_run_and_is_named,
    &waiting_without_a_cycle_is_no_deadlock,
    &snapshot_brings_actors_and_their_locks_back,
    &any_bytes_make_actors_that_can_go_on,
    &every_step_says_what_it_does,
};

int main(void)
{
    return suite_run("actor", setup, teardown, tests, sizeof(tests) / sizeof(tests[0]));
}
