/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emu/branch.h"
#include "emu/machine.h"
#include "emu/snapshot.h"
#include "tests/unit/suite.h"

enum {
    MOV_X3_7 = 0xd28000e3,
    MOV_X3_9 = 0xd2800123,
    STR_W4_X1 = 0xb9000024,
    IC_IALLU = 0xd508751f,
    ADD_X5_1 = 0x910004a5,
    BRANCH_SELF = 0x14000000,
    RAM_BYTES = 1 << 20,
    PAGE = 4096,
    PAGES = RAM_BYTES / PAGE,
};

#define CODE  (BOARD_RAM_BASE + 0x1000)
#define CODE2 (BOARD_RAM_BASE + 0x2000)

static struct machine *m;
static struct error err;

static struct machine *make(uint64_t ram_bytes)
{
    struct machine_config config = {
        .cpu_model = "cortex-a72",
        .n_vcpus = 2,
        .ram_bytes = ram_bytes,
        .quantum_instructions = 1000,
        .counter_hz = 62500000,
    };
    struct machine *made;

    gic_options_defaults(&config.gic);
    ck_assert_msg(!machine_create(&config, &made, &err), "%s", err.text);
    machine_start_at(made, 1, CODE, 0);
    machine_power_on(made);
    return made;
}

static void setup(void)
{
    m = make(RAM_BYTES);
}

static void teardown(void)
{
    machine_destroy(m);
}

static void put_words(uint64_t address, const uint32_t *words, size_t n)
{
    ck_assert_int_eq(machine_guest_write(m, address, words, n * sizeof(*words)), 0);
}
#define PUT(address, ...)                                                                          \
    put_words(address, (const uint32_t[]){__VA_ARGS__},                                            \
              sizeof((uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

static struct snapshot *take(void)
{
    struct snapshot *s;

    ck_assert_msg(!snapshot_take(m, &s, &err), "%s", err.text);
    return s;
}

static void restore(struct snapshot *s)
{
    ck_assert_msg(!snapshot_restore(m, s, &err), "%s", err.text);
}

static void go(uint64_t instructions)
{
    machine_go(m, machine_instructions(m) + instructions);
}

START_TEST(a_restored_machine_is_as_it_was_and_goes_on_alike)
{
    struct snapshot *s;
    uint64_t hash, later;

    PUT(CODE, ADD_X5_1, 0x17ffffff);
    go(101);
    s = take();
    hash = machine_state_hash(m);
    ck_assert_uint_eq(snapshot_instructions(s), 101);
    ck_assert_uint_eq(snapshot_now_ns(s), machine_now_ns(m));
    go(1000);
    later = machine_state_hash(m);
    ck_assert_uint_ne(later, hash);
    restore(s);
    ck_assert_uint_eq(machine_state_hash(m), hash);
    ck_assert_uint_eq(machine_instructions(m), 101);
    go(1000);
    ck_assert_uint_eq(machine_state_hash(m), later);
    snapshot_drop(s);
}
END_TEST

START_TEST(a_stopped_machine_goes_on_after_a_restore)
{
    struct snapshot *s;

    PUT(CODE, ADD_X5_1, 0x17ffffff);
    s = take();
    machine_shut_down(m, 7, "the end");
    go(10);
    ck_assert_uint_eq(machine_instructions(m), 0);
    restore(s);
    go(10);
    ck_assert_uint_eq(machine_instructions(m), 10);
    ck_assert_int_eq(m->exit_code, 0);
    snapshot_drop(s);
}
END_TEST

/* The translation of what was written later must not run. */
START_TEST(code_that_the_host_changed_is_as_before)
{
    struct snapshot *s;

    PUT(CODE, MOV_X3_7, BRANCH_SELF);
    s = take();
    for (int round = 0; round < 3; round++) {
        PUT(CODE, MOV_X3_9);
        go(5);
        ck_assert_uint_eq(vcpu_get_x(m->engine, 0, 3), 9);
        restore(s);
        go(5);
        ck_assert_uint_eq(vcpu_get_x(m->engine, 0, 3), 7);
        restore(s);
    }
    snapshot_drop(s);
}
END_TEST

/* w4 is an instruction, stored to where x1 points: right behind, on the page that runs. */
START_TEST(code_that_the_guest_changed_is_as_before)
{
    struct snapshot *s;

    PUT(CODE, STR_W4_X1, IC_IALLU, 0xd5033fdf /* isb */, MOV_X3_7, BRANCH_SELF);
    s = take();
    for (int round = 0; round < 3; round++) {
        vcpu_set_x(m->engine, 0, 1, CODE + 12);
        vcpu_set_x(m->engine, 0, 4, MOV_X3_9);
        go(10);
        ck_assert_uint_eq(vcpu_get_x(m->engine, 0, 3), 9);
        restore(s);
        vcpu_set_x(m->engine, 0, 1, CODE2);
        go(10);
        ck_assert_uint_eq(vcpu_get_x(m->engine, 0, 3), 7);
        restore(s);
    }
    snapshot_drop(s);
}
END_TEST

/* -- Many -------------------------------------------------------------------------------------- */

enum { SNAPSHOTS = 6, STEPS = 600 };

static uint64_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

struct kept {
    struct snapshot *s;
    uint8_t *ram;
    uint64_t instructions;
};

static void keep(struct kept *k)
{
    snapshot_drop(k->s);
    k->s = take();
    k->ram = realloc(k->ram, RAM_BYTES);
    memcpy(k->ram, m->ram, RAM_BYTES);
    k->instructions = machine_instructions(m);
}

static void check_kept(const struct kept *k)
{
    restore(k->s);
    ck_assert_int_eq(memcmp(m->ram, k->ram, RAM_BYTES), 0);
    ck_assert_uint_eq(machine_instructions(m), k->instructions);
}

static void scribble(uint64_t *random)
{
    for (uint64_t n = next_random(random) % 6; n; n--) {
        uint64_t page = 4 + next_random(random) % (PAGES - 4);
        uint64_t value = next_random(random) % 3; /* zeros too */
        uint8_t bytes[PAGE];

        memset(bytes, (int)value, sizeof(bytes));
        machine_guest_write(m, BOARD_RAM_BASE + page * PAGE, bytes, sizeof(bytes));
    }
}

/* str x5, [x6]; x5 counts: guest's own stores between the host's. */
START_TEST(snapshots_in_any_relation_are_each_whole)
{
    struct kept kept[SNAPSHOTS] = {{0}};
    uint64_t random = 5;

    PUT(CODE, ADD_X5_1, 0xf90000c5, 0x17fffffe);
    for (unsigned i = 0; i < SNAPSHOTS; i++)
        keep(&kept[i]);
    for (unsigned step = 0; step < STEPS; step++) {
        struct kept *k = &kept[next_random(&random) % SNAPSHOTS];

        vcpu_set_x(m->engine, 0, 6,
                   BOARD_RAM_BASE + PAGE * (4 + next_random(&random) % (PAGES - 4)));
        go(next_random(&random) % 50);
        scribble(&random);
        if (next_random(&random) % 3 == 0)
            keep(k);
        else
            check_kept(k);
        if (step % 100 == 99)
            snapshots_stop(m); /* the next one is a first one again */
    }
    for (unsigned i = 0; i < SNAPSHOTS; i++) {
        check_kept(&kept[i]);
        snapshot_drop(kept[i].s);
        free(kept[i].ram);
    }
}
END_TEST

START_TEST(a_snapshot_outlives_its_machine_and_fits_another)
{
    struct snapshot *s;
    uint64_t hash;

    PUT(CODE, ADD_X5_1, 0x17ffffff);
    go(77);
    s = take();
    hash = machine_state_hash(m);
    machine_destroy(m);
    m = make(RAM_BYTES);
    PUT(CODE2, 1, 2, 3);
    restore(s);
    ck_assert_uint_eq(machine_state_hash(m), hash);
    machine_destroy(m);
    m = make(2 * RAM_BYTES);
    ck_assert_int_eq(snapshot_restore(m, s, &err), -EINVAL);
    ck_assert_ptr_nonnull(strstr(err.text, "another configuration"));
    snapshot_drop(s);
}
END_TEST

START_TEST(a_snapshot_costs_what_was_written_since)
{
    struct snapshot *first, *second;

    for (unsigned i = 4; i < 104; i++)
        PUT(BOARD_RAM_BASE + i * PAGE, i);
    first = take();
    PUT(BOARD_RAM_BASE + 50 * PAGE, 1);
    second = take();
    ck_assert_uint_ge(snapshot_own_bytes(second), PAGE);
    ck_assert_uint_lt(snapshot_own_bytes(second), 20 * PAGE);
    snapshot_drop(first);
    ck_assert_uint_lt(snapshot_own_bytes(second), 20 * PAGE);
    snapshot_drop(second);
}
END_TEST

/* -- Where they may not be taken --------------------------------------------------------------- */

static int rc_inside;

static int read_inside(void *opaque, unsigned vcpu, bool secure, uint64_t offset, unsigned size,
                       uint64_t *value)
{
    struct snapshot *s;

    (void)opaque, (void)vcpu, (void)secure, (void)offset, (void)size;
    *value = 0;
    rc_inside = snapshot_take(m, &s, &err);
    return 0;
}

START_TEST(none_is_taken_inside_an_instruction)
{
    const struct cpu_mmio window = {.read = read_inside};

    engine_map_mmio(m->engine, 0x20000000, PAGE, &window);
    vcpu_set_x(m->engine, 0, 0, 0x20000000);
    PUT(CODE, 0xf9400000 /* ldr x0, [x0] */, BRANCH_SELF);
    go(5);
    ck_assert_int_eq(rc_inside, -EBUSY);
}
END_TEST

START_TEST(a_guest_that_writes_to_a_file_is_refused)
{
    const struct snapshot_recipe recipe = {.unsaved = "disk.img"};
    struct snapshot *s;

    m->recipe = &recipe;
    ck_assert_int_eq(snapshot_take(m, &s, &err), -EINVAL);
    ck_assert_ptr_nonnull(strstr(err.text, "disk.img"));
    ck_assert_int_eq(snapshot_write(m, "/nonexistent/file", &err), -EINVAL);
    ck_assert_ptr_nonnull(strstr(err.text, "disk.img"));
}
END_TEST

/* -- Files ------------------------------------------------------------------------------------- */

static uint8_t *write_file(size_t *size)
{
    static const char *const argv[] = {"-semihosting"};
    static const struct snapshot_recipe recipe = {.argc = 1, .argv = argv};
    char path[] = "/tmp/test-snapshot-XXXXXX";
    int fd = mkstemp(path);
    uint8_t *bytes = malloc(1 << 20);
    FILE *file;

    ck_assert_int_ge(fd, 0);
    close(fd);
    m->recipe = &recipe;
    ck_assert_msg(!snapshot_write(m, path, &err), "%s", err.text);
    file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    *size = fread(bytes, 1, 1 << 20, file);
    fclose(file);
    unlink(path);
    return bytes;
}

static int load(const uint8_t *bytes, size_t size, struct machine *into)
{
    struct snapshot_file *f;
    int rc = snapshot_parse("file", bytes, size, &f, &err);

    if (rc)
        return rc;
    rc = into ? snapshot_load(f, into, &err) : snapshot_check(f, &err);
    snapshot_close(f);
    return rc;
}

START_TEST(a_file_makes_the_same_machine)
{
    struct machine *other = make(RAM_BYTES);
    uint8_t *bytes;
    size_t size;

    PUT(CODE, ADD_X5_1, 0x17ffffff);
    for (unsigned i = 64; i < 128; i++) /* a whole chunk */
        PUT(BOARD_RAM_BASE + i * PAGE, i);
    go(99);
    bytes = write_file(&size);
    ck_assert_msg(!load(bytes, size, other), "%s", err.text);
    ck_assert_uint_eq(machine_state_hash(other), machine_state_hash(m));
    go(1000);
    machine_go(other, 1099);
    ck_assert_uint_eq(machine_state_hash(other), machine_state_hash(m));
    ck_assert_int_eq(load(bytes, size, other), -EBUSY);
    machine_destroy(other);
    free(bytes);
}
END_TEST

START_TEST(a_file_with_any_byte_altered_or_missing_is_refused)
{
    uint8_t *bytes;
    size_t size;

    PUT(CODE, ADD_X5_1, 0x17ffffff);
    bytes = write_file(&size);
    ck_assert_int_eq(load(bytes, size, NULL), 0);
    for (size_t i = 0; i < size; i++) {
        ck_assert_int_ne(load(bytes, i, NULL), 0);
        ck_assert_int_eq(err.exit_code, IRQLAB_EXIT_BAD_INPUT);
        bytes[i] ^= 1 << i % 8;
        ck_assert_msg(load(bytes, size, NULL), "byte %zu", i);
        ck_assert_int_eq(err.exit_code, IRQLAB_EXIT_BAD_INPUT);
        bytes[i] ^= 1 << i % 8;
    }
    ck_assert_int_eq(load(bytes, size, NULL), 0);
    free(bytes);
}
END_TEST

/* -- Branches ---------------------------------------------------------------------------------- */

static int count_up(void *opaque, struct machine *branch, FILE *out)
{
    const uint64_t *steps = opaque;

    for (uint64_t i = 0; i < *steps; i++) {
        machine_go(branch, machine_instructions(branch) + 2);
        branch_report(out, json_pack("{s:I}", "x5", (json_int_t)vcpu_get_x(branch->engine, 0, 5)));
    }
    return (int)*steps;
}

START_TEST(branches_go_on_side_by_side_and_report)
{
    struct branch *branches[4];
    uint64_t before, steps;

    PUT(CODE, ADD_X5_1, 0x17ffffff);
    go(20);
    before = machine_state_hash(m);
    for (unsigned i = 0; i < 4; i++) {
        steps = i * 500;
        ck_assert_int_eq(branch_start(m, count_up, &steps, &branches[i], &err), 0);
    }
    for (unsigned i = 4; i-- > 0;) {
        json_t *report;
        uint64_t n = 0;
        int code;

        while ((report = branch_next(branches[i], &err))) {
            n++;
            ck_assert_int_eq(json_integer_value(json_object_get(report, "x5")), 10 + (int)n);
            json_decref(report);
        }
        ck_assert_str_eq(err.text, "");
        ck_assert_uint_eq(n, i * 500);
        ck_assert_int_eq(branch_finish(branches[i], &code, &err), 0);
        ck_assert_int_eq(code, (int)(i * 500) & 0x7f);
    }
    ck_assert_uint_eq(machine_state_hash(m), before);
}
END_TEST

static int go_back_there(void *opaque, struct machine *branch, FILE *out)
{
    machine_go(branch, machine_instructions(branch) + 1000);
    if (snapshot_restore(branch, opaque, &err))
        return 1;
    branch_report(out, json_pack("{s:I}", "hash", (json_int_t)machine_state_hash(branch)));
    return 0;
}

START_TEST(a_branch_has_the_snapshots_of_its_parent)
{
    struct branch *b;
    struct snapshot *s;
    json_t *report;
    int code;

    PUT(CODE, ADD_X5_1, 0x17ffffff);
    go(20);
    s = take();
    ck_assert_int_eq(branch_start(m, go_back_there, s, &b, &err), 0);
    report = branch_next(b, &err);
    ck_assert_int_eq(json_integer_value(json_object_get(report, "hash")),
                     (json_int_t)machine_state_hash(m));
    json_decref(report);
    ck_assert_int_eq(branch_finish(b, &code, &err), 0);
    ck_assert_int_eq(code, 0);
    snapshot_drop(s);
}
END_TEST

static int never_ends(void *opaque, struct machine *branch, FILE *out)
{
    (void)opaque, (void)out;
    machine_go(branch, UINT64_MAX);
    return 0;
}

START_TEST(a_branch_can_be_stopped)
{
    struct branch *b;

    PUT(CODE, BRANCH_SELF);
    ck_assert_int_eq(branch_start(m, never_ends, NULL, &b, &err), 0);
    branch_stop(b);
}
END_TEST

static const TTest *const *const tests[] = {
    &a_restored_machine_is_as_it_was_and_goes_on_alike,
    &a_stopped_machine_goes_on_after_a_restore,
    &code_that_the_host_changed_is_as_before,
    &code_that_the_guest_changed_is_as_before,
    &snapshots_in_any_relation_are_each_whole,
    &a_snapshot_outlives_its_machine_and_fits_another,
    &a_snapshot_costs_what_was_written_since,
    &none_is_taken_inside_an_instruction,
    &a_guest_that_writes_to_a_file_is_refused,
    &a_file_makes_the_same_machine,
    &a_file_with_any_byte_altered_or_missing_is_refused,
    &branches_go_on_side_by_side_and_report,
    &a_branch_has_the_snapshots_of_its_parent,
    &a_branch_can_be_stopped,
};

int main(void)
{
    return SUITE_RUN("snapshot", setup, teardown, tests);
}
