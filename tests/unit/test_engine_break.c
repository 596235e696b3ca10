/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Breakpoints and registers for debuggers (cpu/cpu.h, "For debuggers"). */
#include "tests/unit/test_engine_rig.h"

struct breaks {
    struct rig r;
    bool stop;
    unsigned n, last_vcpu;
    uint64_t last_pc, last_count;
};

static bool on_break(void *opaque, unsigned vcpu, uint64_t pc, uint64_t vcpu_instructions)
{
    struct breaks *b = opaque;

    b->n++;
    b->last_vcpu = vcpu;
    b->last_pc = pc;
    b->last_count = vcpu_instructions;
    return !b->stop;
}

/* Four instructions and a way back; a break at the third. */
static void open_loop(struct breaks *b)
{
    const uint64_t at = RAM_BASE + CODE + 8;

    memset(b, 0, sizeof(*b));
    rig_open(&b->r, 2);
    PUT(&b->r, CODE, ADD_X0_1, ADD_X3_1, ADD_X5_1, ADD_X0_1, BRANCH_BACK(4));
    b->stop = true;
    ck_assert_int_eq(engine_break_set(b->r.engine, &at, 1, on_break, b), 0);
}

START_TEST(a_vcpu_stops_before_the_instruction_and_then_goes_on)
{
    struct breaks b;
    uint64_t executed;

    open_loop(&b);
    ck_assert_int_eq(run(&b.r, 0, 100, &executed), CPU_STOP_BREAK);
    ck_assert_uint_eq(executed, 2);
    ck_assert_uint_eq(vcpu_get_pc(b.r.engine, 0), RAM_BASE + CODE + 8);
    ck_assert_uint_eq(vcpu_get_x(b.r.engine, 0, 3), 1);
    ck_assert_uint_eq(vcpu_get_x(b.r.engine, 0, 5), 0);
    ck_assert_uint_eq(b.last_count, 2);
    ck_assert_int_eq(run(&b.r, 0, 100, &executed), CPU_STOP_BREAK);
    ck_assert_uint_eq(executed, 5);
    ck_assert_uint_eq(b.n, 2);
    ck_assert_int_eq(run(&b.r, 1, 100, &executed), CPU_STOP_BREAK);
    ck_assert_uint_eq(executed, 2);
    ck_assert_uint_eq(b.last_vcpu, 1);
    rig_close(&b.r);
}
END_TEST

START_TEST(a_break_that_does_not_stop_changes_no_count)
{
    struct breaks b;
    uint64_t executed;

    open_loop(&b);
    b.stop = false;
    ck_assert_int_eq(run(&b.r, 0, 1003, &executed), CPU_STOP_BUDGET);
    ck_assert_uint_eq(executed, 1003);
    ck_assert_uint_eq(vcpu_instructions(b.r.engine, 0), 1003);
    ck_assert_uint_eq(b.n, 201);
    ck_assert_uint_eq(b.last_count, 1002);
    ck_assert_uint_eq(vcpu_get_pc(b.r.engine, 0), RAM_BASE + CODE + 12);
    rig_close(&b.r);
}
END_TEST

START_TEST(a_break_that_was_passed_or_taken_away_does_not_stop)
{
    struct breaks b;
    uint64_t executed;

    open_loop(&b);
    ck_assert_int_eq(run(&b.r, 0, 2, &executed), CPU_STOP_BUDGET);
    engine_break_pass(b.r.engine, 0);
    ck_assert_int_eq(run(&b.r, 0, 100, &executed), CPU_STOP_BREAK);
    ck_assert_uint_eq(executed, 5);
    engine_break_set(b.r.engine, NULL, 0, NULL, NULL);
    ck_assert_int_eq(run(&b.r, 0, 100, &executed), CPU_STOP_BUDGET);
    rig_close(&b.r);
}
END_TEST

START_TEST(guest_memory_shows_no_break)
{
    struct breaks b;
    uint32_t word;

    open_loop(&b);
    ck_assert_int_eq(engine_peek(b.r.engine, RAM_BASE + CODE + 8, &word, 4), 0);
    ck_assert_uint_eq(word, ADD_X5_1);
    ck_assert_int_eq(engine_peek(b.r.engine, RAM_BASE + RAM_BYTES - 2, &word, 4), -EFAULT);
    ck_assert_int_eq(engine_peek(b.r.engine, DEVICE_BASE, &word, 4), -EFAULT);
    rig_close(&b.r);
}
END_TEST

static const struct cpu_sysreg_name *find(const struct cpu_sysreg_name *names, size_t n,
                                          const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (!strcmp(names[i].name, name))
            return &names[i];
    }
    ck_abort_msg("%s is not listed", name);
    return NULL;
}

START_TEST(system_registers_are_listed_read_and_written_as_themselves)
{
    static struct cpu_sysreg_name names[1000];
    struct breaks b;
    uint64_t value;
    size_t n;

    open_loop(&b);
    n = engine_sysreg_names(b.r.engine, names, 1000);
    ck_assert(n > 50 && n < 1000);
    ck_assert_int_eq(vcpu_sysreg_set(b.r.engine, 1, find(names, n, "VBAR_EL1"), 0x40001000), 0);
    vcpu_sysreg_get(b.r.engine, 1, find(names, n, "VBAR_EL1"), &value);
    ck_assert_uint_eq(value, 0x40001000);
    vcpu_sysreg_get(b.r.engine, 0, find(names, n, "VBAR_EL1"), &value);
    ck_assert_uint_eq(value, 0);
    vcpu_sysreg_get(b.r.engine, 1, find(names, n, "MPIDR_EL1"), &value);
    ck_assert_uint_eq(value & 0xff, 1);
    ck_assert_int_eq(vcpu_sysreg_set(b.r.engine, 1, find(names, n, "MPIDR_EL1"), 5), -EPERM);
    find(names, n, "DBGBVR3_EL1");
    for (size_t i = 0; i < n; i++)
        ck_assert_str_ne(names[i].name, "CNTVCT_EL0"); /* the machine's own */
    rig_close(&b.r);
}
END_TEST

static const TTest *const *const tests[] = {
    &a_vcpu_stops_before_the_instruction_and_then_goes_on,
    &a_break_that_does_not_stop_changes_no_count,
    &a_break_that_was_passed_or_taken_away_does_not_stop,
    &guest_memory_shows_no_break,
    &system_registers_are_listed_read_and_written_as_themselves,
};

int main(void)
{
    return SUITE_RUN("engine-break", NULL, NULL, tests);
}
