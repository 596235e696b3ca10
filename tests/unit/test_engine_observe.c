/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Barriers that are reported and stopped; who observes hears of everything, once, when it is done.
 */
#include "tests/unit/test_engine_rig.h"

enum {
    DATA = 0x55000,
    DMB_ISH = 0xd5033bbf,
    DSB_SY = 0xd5033f9f,
    ISB = 0xd5033fdf,
    LDAR_X0_X1 = 0xc8dffc20,
    ERET = 0xd69f03e0,
    SVC_0 = 0xd4000001,
    VECTOR_SYNC = VECTORS + 0x200,
};

struct seen {
    char kind; /* R, W, B barrier, I IRQ, F FIQ, E another exception, T return */
    unsigned vcpu;
    uint32_t insn;
    uint64_t pc, pa, value;
    bool masked;
};

struct observed {
    struct rig r;
    struct cpu_observer observer;
    struct seen seen[32];
    unsigned n;
    struct cpu_watched_access asked[8];
    unsigned n_asked;
    bool stop;
};

static void note(struct observed *o, struct seen s)
{
    if (o->n < 32)
        o->seen[o->n] = s;
    o->n++;
}

static void on_access(void *opaque, const struct cpu_observed *a)
{
    note(opaque, (struct seen){a->is_write ? 'W' : 'R', a->vcpu, a->insn, a->pc, a->pa, a->value,
                               a->irq_masked});
}

static void on_barrier(void *opaque, unsigned vcpu, uint32_t insn)
{
    note(opaque, (struct seen){.kind = 'B', .vcpu = vcpu, .insn = insn});
}

static void on_entered(void *opaque, unsigned vcpu, enum cpu_entry entry)
{
    note(opaque, (struct seen){.kind = "EIF"[entry], .vcpu = vcpu});
}

static void on_returned(void *opaque, unsigned vcpu)
{
    note(opaque, (struct seen){.kind = 'T', .vcpu = vcpu});
}

static bool ask(void *opaque, const struct cpu_watched_access *access)
{
    struct observed *o = opaque;

    if (o->n_asked < 8)
        o->asked[o->n_asked] = *access;
    o->n_asked++;
    return !o->stop;
}

static void observed_open(struct observed *o, cpu_watch_fn *watch)
{
    *o = (struct observed){0};
    rig_open(&o->r, 2);
    o->observer = (struct cpu_observer){o, on_access, on_barrier, on_entered, on_returned};
    ck_assert_int_eq(engine_watch_start(o->r.engine, watch, o), 0);
    engine_watch_all(o->r.engine, true);
    for (unsigned i = 0; i < 2; i++) {
        vcpu_set_x(o->r.engine, i, 1, RAM_BASE + DATA);
        vcpu_set_x(o->r.engine, i, 2, RAM_BASE + DATA);
    }
}

static void observed_close(struct observed *o)
{
    engine_observe(o->r.engine, NULL);
    engine_watch_stop(o->r.engine);
    rig_close(&o->r);
}

static void expect_kinds(const struct observed *o, const char *kinds)
{
    char text[33] = "";

    for (unsigned i = 0; i < o->n && i < 32; i++)
        text[i] = o->seen[i].kind;
    ck_assert_str_eq(text, kinds);
}

START_TEST(barriers_are_reported_before_they_are_executed)
{
    struct observed o;
    uint64_t executed;

    observed_open(&o, ask);
    o.stop = true;
    PUT(&o.r, CODE, ADD_X0_1, DMB_ISH, ADD_X0_1, WFI);
    run(&o.r, 0, 100, &executed);
    ck_assert_uint_eq(executed, 4);
    ck_assert_uint_eq(o.n_asked, 0); /* nobody asked for barriers yet */
    engine_watch_barriers(o.r.engine, true);
    vcpu_set_pc(o.r.engine, 0, RAM_BASE + CODE);
    ck_assert_int_eq(run(&o.r, 0, 100, &executed), CPU_STOP_ACCESS);
    ck_assert_uint_eq(executed, 1);
    ck_assert_uint_eq(o.n_asked, 1);
    ck_assert(o.asked[0].is_first && o.asked[0].pc == RAM_BASE + CODE + 4);
    ck_assert_uint_eq(o.asked[0].barrier, DMB_ISH);
    ck_assert_uint_eq(vcpu_get_pc(o.r.engine, 0), RAM_BASE + CODE + 4);
    ck_assert_int_eq(run(&o.r, 0, 100, &executed), CPU_STOP_WFI);
    ck_assert_uint_eq(executed, 3);
    ck_assert(o.n_asked == 2 && !o.asked[1].is_first);
    engine_watch_barriers(o.r.engine, false);
    vcpu_set_pc(o.r.engine, 0, RAM_BASE + CODE);
    ck_assert_int_eq(run(&o.r, 0, 100, &executed), CPU_STOP_WFI);
    ck_assert_uint_eq(o.n_asked, 2);
    observed_close(&o);
}
END_TEST

START_TEST(an_observer_hears_of_accesses_and_barriers_in_order)
{
    struct observed o;
    uint64_t executed;

    observed_open(&o, NULL);
    ck_assert_int_eq(engine_observe(o.r.engine, &o.observer), 0);
    vcpu_set_x(o.r.engine, 0, 0, 0x77);
    PUT(&o.r, CODE, STR_X1_X2, DMB_ISH, LDAR_X0_X1, DSB_SY, ISB, WFI);
    for (unsigned round = 1; round <= 2; round++) { /* translated, and what is known by then */
        vcpu_set_pc(o.r.engine, 0, RAM_BASE + CODE);
        ck_assert_int_eq(run(&o.r, 0, 100, &executed), CPU_STOP_WFI);
        ck_assert_uint_eq(executed, 6);
    }
    expect_kinds(&o, "WBRBBWBRBB");
    for (unsigned i = 0; i < 10; i += 5) {
        ck_assert_uint_eq(o.seen[i].value, RAM_BASE + DATA);
        ck_assert_uint_eq(o.seen[i].insn, STR_X1_X2);
        ck_assert_uint_eq(o.seen[i].pc, RAM_BASE + CODE);
        ck_assert_uint_eq(o.seen[i].pa, RAM_BASE + DATA);
        ck_assert_uint_eq(o.seen[i + 1].insn, DMB_ISH);
        ck_assert_uint_eq(o.seen[i + 2].insn, LDAR_X0_X1);
        ck_assert_uint_eq(o.seen[i + 2].pc, RAM_BASE + CODE + 8);
        ck_assert_uint_eq(o.seen[i + 3].insn, DSB_SY);
        ck_assert_uint_eq(o.seen[i + 4].insn, ISB);
    }
    observed_close(&o);
}
END_TEST

START_TEST(an_observer_hears_of_what_was_stopped_when_it_is_made)
{
    struct observed o;
    uint64_t executed;

    observed_open(&o, ask);
    engine_watch_barriers(o.r.engine, true);
    engine_observe(o.r.engine, &o.observer);
    o.stop = true;
    PUT(&o.r, CODE, STR_X1_X2, DMB_ISH, WFI);
    ck_assert_int_eq(run(&o.r, 0, 100, &executed), CPU_STOP_ACCESS);
    expect_kinds(&o, "");
    ck_assert_int_eq(run(&o.r, 0, 100, &executed), CPU_STOP_ACCESS);
    expect_kinds(&o, "W");
    ck_assert_int_eq(run(&o.r, 0, 100, &executed), CPU_STOP_WFI);
    expect_kinds(&o, "WB");
    observed_close(&o);
}
END_TEST

START_TEST(an_observer_hears_of_exceptions_returns_and_masks)
{
    struct observed o;
    uint64_t executed;

    observed_open(&o, NULL);
    set_vectors(&o.r, 0);
    engine_observe(o.r.engine, &o.observer);
    PUT(&o.r, VECTOR_SYNC, LDR_X1_X2, ERET);
    PUT(&o.r, VECTOR_SYNC + 0x80, LDR_X1_X2, BRANCH_BACK(0));
    PUT(&o.r, CODE, SVC_0, MSR_DAIFCLR_2, STR_X1_X2, WFI, NOP, NOP);
    vcpu_set_x(o.r.engine, 0, 1, 5);
    ck_assert_int_eq(run(&o.r, 0, 100, &executed), CPU_STOP_WFI);
    expect_kinds(&o, "ERTW");
    ck_assert(o.seen[1].masked && !o.seen[3].masked);
    vcpu_set_line(o.r.engine, 0, CPU_LINE_IRQ, true);
    ck_assert_int_eq(run(&o.r, 0, 100, &executed), CPU_STOP_BUDGET);
    expect_kinds(&o, "ERTWIR");
    observed_close(&o);
}
END_TEST

static const TTest *const *const tests[] = {
    &barriers_are_reported_before_they_are_executed,
    &an_observer_hears_of_accesses_and_barriers_in_order,
    &an_observer_hears_of_what_was_stopped_when_it_is_made,
    &an_observer_hears_of_exceptions_returns_and_masks,
};

int main(void)
{
    return SUITE_RUN("engine-observe", NULL, NULL, tests);
}
