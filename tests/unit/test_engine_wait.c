/* SPDX-License-Identifier: GPL-2.0-or-later */
/* WFI, WFE, WFIT, WFET, SEV, SEVL and the event register (cpu/unicorn/wait.c, patch 0016). */
#include <stdio.h>

#include "tests/unit/test_engine_rig.h"

enum {
    SEV = 0xd503209f,
    SEVL = 0xd50320bf,
    CLREX = 0xd5033f5f,
    LDXR_X0_X2 = 0xc85f7c40,
    ERET = 0xd69f03e0,
    MSR_ELR_X6 = 0xd5184026,
    MSR_SPSR_X7 = 0xd5184007,
    SPSR_EL1H = 0x3c5,
};
#define WFET(n) (0xd5031000u | (n))
#define WFIT(n) (0xd5031020u | (n))

/* Runs @words, a WFI behind them, on a vCPU whose event register is clear; how it stops. */
static enum cpu_stop run_words(struct rig *r, unsigned vcpu, const uint32_t *words, size_t n)
{
    uint64_t executed;

    put(r, CODE, words, n);
    put(r, CODE + 4 * n, (const uint32_t[]){WFI}, 1);
    vcpu_set_pc(r->engine, vcpu, RAM_BASE + CODE);
    return run(r, vcpu, 100, &executed);
}
#define RUN(r, vcpu, ...)                                                                          \
    run_words(r, vcpu, (const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / 4)

static struct cpu_wait wait_of(struct rig *r, unsigned vcpu)
{
    struct cpu_wait wait;

    vcpu_get_wait(r->engine, vcpu, &wait);
    return wait;
}

START_TEST(wfe_waits_unless_its_event_register_is_set)
{
    struct rig r;

    rig_open(&r, 2);
    ck_assert_int_eq(RUN(&r, 0, WFE), CPU_STOP_WFE);
    ck_assert(wait_of(&r, 0).for_event && !wait_of(&r, 0).timed && !wait_of(&r, 0).monitored);
    ck_assert_int_eq(RUN(&r, 0, SEVL, WFE), CPU_STOP_WFI);
    ck_assert(!wait_of(&r, 0).for_event);
    ck_assert_int_eq(RUN(&r, 0, SEVL, SEVL, WFE, WFE), CPU_STOP_WFE);
    ck_assert_uint_eq(vcpu_get_pc(r.engine, 0), RAM_BASE + CODE + 16);
    rig_close(&r);
}
END_TEST

START_TEST(sev_sets_every_vcpus_event_register)
{
    struct rig r;

    rig_open(&r, 3);
    ck_assert_int_eq(RUN(&r, 1, WFE), CPU_STOP_WFE);
    ck_assert_int_eq(RUN(&r, 0, SEV, WFE), CPU_STOP_WFI);
    ck_assert_uint_eq(r.events, 1);
    ck_assert_uint_eq(r.event_at, 2); /* the WFE before, and the SEV */
    ck_assert(!vcpu_event_is_set(r.engine, 0));
    ck_assert(vcpu_event_is_set(r.engine, 1));
    ck_assert(vcpu_event_is_set(r.engine, 2));
    ck_assert_int_eq(RUN(&r, 2, WFE), CPU_STOP_WFI);
    /* The one that waited took the event with its wait. */
    ck_assert_int_eq(RUN(&r, 1, WFE), CPU_STOP_WFE);
    vcpu_reset(r.engine, 2);
    ck_assert(!vcpu_event_is_set(r.engine, 2));
    rig_close(&r);
}
END_TEST

START_TEST(an_exception_return_is_an_event)
{
    struct rig r;

    rig_open(&r, 1);
    vcpu_set_x(r.engine, 0, 6, RAM_BASE + CODE + 12);
    vcpu_set_x(r.engine, 0, 7, SPSR_EL1H);
    ck_assert_int_eq(RUN(&r, 0, MSR_ELR_X6, MSR_SPSR_X7, ERET, WFE, WFE), CPU_STOP_WFE);
    ck_assert_uint_eq(vcpu_get_pc(r.engine, 0), RAM_BASE + CODE + 20);
    rig_close(&r);
}
END_TEST

START_TEST(a_monitor_that_another_vcpu_may_have_cleared_is_an_event)
{
    struct rig r;
    uint64_t executed;

    rig_open(&r, 2);
    vcpu_set_x(r.engine, 0, 2, RAM_BASE + 0x100);
    ck_assert_int_eq(RUN(&r, 0, LDXR_X0_X2, WFE), CPU_STOP_WFE);
    ck_assert(wait_of(&r, 0).monitored);
    ck_assert_int_eq(RUN(&r, 0, LDXR_X0_X2, CLREX, WFE), CPU_STOP_WFE);
    ck_assert(!wait_of(&r, 0).monitored);
    /* LDXR; the other runs; WFE */
    PUT(&r, CODE, LDXR_X0_X2, WFE, WFE, WFI);
    vcpu_set_pc(r.engine, 0, RAM_BASE + CODE);
    ck_assert_int_eq(run(&r, 0, 1, &executed), CPU_STOP_BUDGET);
    vcpu_set_pc(r.engine, 1, RAM_BASE + CODE + 12);
    ck_assert_int_eq(run(&r, 1, 1, &executed), CPU_STOP_WFI);
    ck_assert_int_eq(run(&r, 0, 10, &executed), CPU_STOP_WFE);
    ck_assert_uint_eq(vcpu_get_pc(r.engine, 0), RAM_BASE + CODE + 12);
    rig_close(&r);
}
END_TEST

START_TEST(a_masked_interrupt_ends_wfi_alone)
{
    struct rig r;

    rig_open(&r, 1);
    vcpu_set_line(r.engine, 0, CPU_LINE_IRQ, true);
    ck_assert(vcpu_has_work(r.engine, 0) && !vcpu_takes_interrupt(r.engine, 0));
    ck_assert_int_eq(RUN(&r, 0, WFI, WFE), CPU_STOP_WFE);
    rig_close(&r);
}
END_TEST

START_TEST(wfit_and_wfet_tell_their_time)
{
    struct rig r;

    rig_open_model(&r, 1, "max");
    vcpu_set_x(r.engine, 0, 7, 1000);
    ck_assert_int_eq(RUN(&r, 0, WFIT(7)), CPU_STOP_WFI);
    ck_assert(!wait_of(&r, 0).for_event && wait_of(&r, 0).timed);
    ck_assert_uint_eq(wait_of(&r, 0).until, 1000);
    ck_assert_int_eq(RUN(&r, 0, WFET(7)), CPU_STOP_WFE);
    ck_assert(wait_of(&r, 0).for_event && wait_of(&r, 0).timed);
    ck_assert_uint_eq(wait_of(&r, 0).until, 1000);
    ck_assert_int_eq(RUN(&r, 0, WFET(31), WFIT(31), WFE), CPU_STOP_WFE);
    ck_assert(!wait_of(&r, 0).timed);
    r.now = 1000;
    ck_assert_int_eq(RUN(&r, 0, WFIT(7), WFET(7), WFE), CPU_STOP_WFE);
    ck_assert_uint_eq(vcpu_get_pc(r.engine, 0), RAM_BASE + CODE + 12);
    rig_close(&r);
}
END_TEST

/* All of op0 0, CRn 1, L 0: only op1 3, CRm 0, op2 0 and 1 are there, and only on max. */
START_TEST(nothing_else_near_them_is_decoded)
{
    static const char *const models[] = {"cortex-a53", "max"};

    for (unsigned m = 0; m < 2; m++) {
        struct rig r;

        rig_open_model(&r, 1, models[m]);
        set_vectors(&r, 0);
        for (uint32_t code = 0; code < 1u << 10; code++) { /* op1, CRm, op2 */
            uint32_t insn = 0xd5001005u | code >> 7 << 16 | (code & 0x7f) << 5;
            bool there = m == 1 && (insn == WFIT(5) || insn == WFET(5));

            RUN(&r, 0, insn);
            ck_assert_msg((vcpu_get_pc(r.engine, 0) == RAM_BASE + CODE + 8) == there, "%s: %08x",
                          models[m], insn);
        }
        rig_close(&r);
    }
}
END_TEST

struct piece {
    char name[24];
    uint8_t data[1 << 16];
    size_t size_bytes;
};

struct saved {
    struct piece *pieces;
    size_t n, at;
};

static void save_piece(void *opaque, const char *name, void *data, size_t size_bytes)
{
    struct saved *s = opaque;

    s->pieces = realloc(s->pieces, (s->n + 1) * sizeof(*s->pieces));
    ck_assert(s->pieces && size_bytes <= sizeof(s->pieces->data));
    memcpy(s->pieces[s->n].data, data, size_bytes);
    snprintf(s->pieces[s->n].name, sizeof(s->pieces->name), "%s", name);
    s->pieces[s->n++].size_bytes = size_bytes;
}

static void restore_piece(void *opaque, const char *name, void *data, size_t size_bytes)
{
    struct saved *s = opaque;

    ck_assert_uint_eq(s->pieces[s->at].size_bytes, size_bytes);
    ck_assert_str_eq(s->pieces[s->at].name, name);
    memcpy(data, s->pieces[s->at++].data, size_bytes);
}

START_TEST(the_event_register_and_the_wait_are_state)
{
    struct rig r;
    struct saved waiting = {0}, event = {0};

    rig_open_model(&r, 2, "max");
    vcpu_set_x(r.engine, 0, 7, 1000);
    ck_assert_int_eq(RUN(&r, 0, WFET(7)), CPU_STOP_WFE);
    vcpu_visit(r.engine, 0, save_piece, &waiting);
    ck_assert_int_eq(RUN(&r, 1, SEV), CPU_STOP_WFI);
    ck_assert_int_eq(RUN(&r, 0, NOP), CPU_STOP_WFI);
    ck_assert_int_eq(RUN(&r, 1, SEV), CPU_STOP_WFI);
    vcpu_visit(r.engine, 0, save_piece, &event);
    ck_assert(vcpu_event_is_set(r.engine, 0)); /* looking at it has no effect */
    vcpu_visit(r.engine, 0, restore_piece, &waiting);
    vcpu_after_restore(r.engine, 0);
    ck_assert(!vcpu_event_is_set(r.engine, 0));
    ck_assert(wait_of(&r, 0).for_event && wait_of(&r, 0).timed);
    ck_assert_uint_eq(wait_of(&r, 0).until, 1000);
    vcpu_visit(r.engine, 0, restore_piece, &event);
    vcpu_after_restore(r.engine, 0);
    ck_assert(vcpu_event_is_set(r.engine, 0));
    ck_assert(!wait_of(&r, 0).for_event);
    free(waiting.pieces);
    free(event.pieces);
    rig_close(&r);
}
END_TEST

static const TTest *const *const tests[] = {
    &wfe_waits_unless_its_event_register_is_set,
    &sev_sets_every_vcpus_event_register,
    &an_exception_return_is_an_event,
    &a_monitor_that_another_vcpu_may_have_cleared_is_an_event,
    &a_masked_interrupt_ends_wfi_alone,
    &wfit_and_wfet_tell_their_time,
    &nothing_else_near_them_is_decoded,
    &the_event_register_and_the_wait_are_state,
};

int main(void)
{
    return SUITE_RUN("engine-wait", NULL, NULL, tests);
}
