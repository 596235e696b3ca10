/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "emu/machine.h"
#include "emu/timeline.h"
#include "tests/unit/suite.h"

#define CODE (BOARD_RAM_BASE + 0x1000)

enum { RAM_BYTES = 1 << 20, INTERVAL = 1000, MAX = 12, POINTS = 60, STEP = 777 };

static struct machine *m;
static struct timeline *t;
static struct error err;

/* Counts, stores the count over and over through RAM, and adds up the counter. */
static const uint32_t code[] = {
    0x910004a5, /* add x5, x5, #1 */
    0xd53be044, /* mrs x4, cntvct_el0 */
    0x8b0400c6, /* add x6, x6, x4 */
    0x92402ca7, /* and x7, x5, #0xfff */
    0x8b071047, /* add x7, x2, x7, lsl #4 */
    0xf90000e6, /* str x6, [x7] */
    0x17fffffa, /* b back */
};

static void setup(void)
{
    struct machine_config config = {
        .cpu_model = "cortex-a72",
        .n_vcpus = 2,
        .ram_bytes = RAM_BYTES,
        .quantum_instructions = 1000,
        .counter_hz = 62500000,
    };

    gic_options_defaults(&config.gic);
    ck_assert_msg(!machine_create(&config, &m, &err), "%s", err.text);
    machine_guest_write(m, CODE, code, sizeof(code));
    machine_start_at(m, 1, CODE, 0);
    machine_power_on(m);
    vcpu_set_x(m->engine, 0, 2, BOARD_RAM_BASE + 0x10000);
    machine_go(m, 50);
    ck_assert_msg(!timeline_open(m, INTERVAL, MAX, &t, &err), "%s", err.text);
}

static void teardown(void)
{
    timeline_close(t);
    machine_destroy(m);
}

/* As from outside: the system counter jumps. */
static void input(uint64_t ticks)
{
    json_t *arguments = json_pack("{s:I, s:s}", "ticks", (json_int_t)ticks, "counter", "system");

    ck_assert_msg(!set_time_counter(m, arguments, &err), "%s", err.text);
    json_decref(arguments);
}

static void go(uint64_t until)
{
    ck_assert_msg(!timeline_go(t, until, &err), "%s", err.text);
    ck_assert_uint_eq(machine_instructions(m), until);
}

static void back(uint64_t to)
{
    ck_assert_msg(!timeline_back(t, to, &err), "%s", err.text);
    ck_assert_uint_eq(machine_instructions(m), to);
}

static uint64_t at(unsigned point)
{
    return 50 + (uint64_t)(point + 1) * STEP;
}

/* The way forward, with input now and then; the hash at each point before its input. */
static void go_forward(uint64_t *hashes)
{
    for (unsigned i = 0; i < POINTS; i++) {
        go(at(i));
        hashes[i] = machine_state_hash(m);
        if (i % 10 == 4)
            input(1000000 * i);
    }
}

START_TEST(any_point_of_the_past_is_as_it_was)
{
    uint64_t hashes[POINTS];

    go_forward(hashes);
    for (unsigned i = 0; i < POINTS; i++) {
        unsigned point = POINTS - 1 - i; /* further and further back, and forward again */

        back(at(point));
        if (point % 10 != 4)
            ck_assert_uint_eq(machine_state_hash(m), hashes[point]);
        go(at(POINTS - 1));
        ck_assert_uint_eq(machine_state_hash(m), hashes[POINTS - 1]);
    }
}
END_TEST

START_TEST(steps_back_are_one_by_one)
{
    uint64_t hashes[40];

    go(5000);
    for (unsigned i = 0; i < 40; i++) {
        hashes[i] = machine_state_hash(m);
        go(5001 + i);
    }
    for (unsigned i = 40; i-- > 0;) {
        back(5000 + i);
        ck_assert_uint_eq(machine_state_hash(m), hashes[i]);
    }
}
END_TEST

START_TEST(snapshots_are_thinned_out_and_the_beginning_stays)
{
    go(200000);
    ck_assert_uint_eq(timeline_snapshots(t), MAX);
    ck_assert_uint_eq(timeline_begin(t), 50);
    ck_assert_uint_ge(timeline_at(t, MAX - 1), 200000 - INTERVAL);
    ck_assert_uint_ge(timeline_at(t, MAX - 2), 200000 - 4 * INTERVAL);
    for (unsigned i = 1; i < MAX; i++)
        ck_assert_uint_gt(timeline_at(t, i), timeline_at(t, i - 1));
    back(123456);
    back(50);
    ck_assert_int_eq(timeline_back(t, 49, &err), -EINVAL);
    ck_assert_int_eq(timeline_back(t, 51, &err), -EINVAL);
}
END_TEST

START_TEST(input_in_the_past_makes_another_future)
{
    uint64_t before, after;

    go(4000);
    input(5000000);
    go(9000);
    before = machine_state_hash(m);
    back(6000);
    input(7000000);
    go(9000);
    after = machine_state_hash(m);
    ck_assert_uint_ne(after, before);
    back(3000);
    go(9000);
    ck_assert_uint_eq(machine_state_hash(m), after);
}
END_TEST

START_TEST(what_was_forgotten_comes_no_more)
{
    uint64_t changed;

    go(4000);
    input(5000000);
    go(9000);
    back(3500);
    vcpu_set_x(m->engine, 0, 6, 12345);
    timeline_forget(t);
    ck_assert_uint_le(timeline_at(t, timeline_snapshots(t) - 1), 3500);
    go(9000);
    changed = machine_state_hash(m);
    go(12000);
    ck_assert_uint_ge(timeline_at(t, timeline_snapshots(t) - 1), 3500);
    ck_assert_uint_ne(changed, 0);
}
END_TEST

START_TEST(a_run_that_has_stopped_can_be_gone_back_over)
{
    uint64_t hash;

    go(3000);
    hash = machine_state_hash(m);
    go(4500);
    machine_shut_down(m, 3, "over");
    ck_assert_int_eq(timeline_go(t, 9000, &err), 0);
    ck_assert_uint_eq(machine_instructions(m), 4500);
    back(3000);
    ck_assert_uint_eq(machine_state_hash(m), hash);
    go(9000);
}
END_TEST

START_TEST(a_change_is_there_behind_it_and_taken_back_before_it)
{
    uint64_t without, with;

    go(9500);
    without = machine_state_hash(m);
    back(3500);
    vcpu_set_x(m->engine, 0, 6, 12345);
    ck_assert_msg(!timeline_changed(t, &err), "%s", err.text);
    go(9500);
    with = machine_state_hash(m);
    ck_assert_uint_ne(with, without);
    for (unsigned i = 0; i < 3; i++) { /* behind it: in the same future */
        back(3500 + 100 * i);
        go(9500);
        ck_assert_uint_eq(machine_state_hash(m), with);
    }
    back(3400);
    go(9500);
    ck_assert_uint_eq(machine_state_hash(m), without);
    back(4000);
    go(9500);
    ck_assert_uint_eq(machine_state_hash(m), without);
}
END_TEST

START_TEST(changes_are_kept_as_long_as_they_can_be)
{
    for (unsigned i = 0; i < 3 * MAX; i++) {
        go(1000 + 100 * i);
        vcpu_set_x(m->engine, 0, 6, i);
        ck_assert_msg(!timeline_changed(t, &err), "%s", err.text);
    }
    ck_assert_uint_le(timeline_snapshots(t), MAX);
    ck_assert_uint_gt(timeline_begin(t), 1000); /* the past does not reach as far any more */
    back(timeline_begin(t));
    ck_assert_uint_ge(vcpu_get_x(m->engine, 0, 6), 2 * MAX);
}
END_TEST

START_TEST(known_ground_can_be_visited_in_any_order)
{
    uint64_t hash;

    go(8765);
    hash = machine_state_hash(m);
    go(12000);
    back(777);
    ck_assert_msg(!timeline_visit(t, 8765, &err), "%s", err.text);
    ck_assert_uint_eq(machine_state_hash(m), hash);
    ck_assert_msg(!timeline_visit(t, 12000, &err), "%s", err.text);
    ck_assert_uint_eq(machine_instructions(m), 12000);
    ck_assert_int_eq(timeline_visit(t, 12001, &err), -EINVAL);
}
END_TEST

static const TTest *const *const tests[] = {
    &any_point_of_the_past_is_as_it_was,
    &steps_back_are_one_by_one,
    &snapshots_are_thinned_out_and_the_beginning_stays,
    &input_in_the_past_makes_another_future,
    &what_was_forgotten_comes_no_more,
    &a_run_that_has_stopped_can_be_gone_back_over,
    &a_change_is_there_behind_it_and_taken_back_before_it,
    &changes_are_kept_as_long_as_they_can_be,
    &known_ground_can_be_visited_in_any_order,
};

int main(void)
{
    return SUITE_RUN("timeline", setup, teardown, tests);
}
