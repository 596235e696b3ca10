/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Strategy hints on two vCPUs with a few accesses each, and an interrupt of the first. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "emu/explore/strategy.h"
#include "tests/unit/suite.h"

enum { VCPUS = 2, OPS = 6, MAX_EVENTS = 64, X = 0, Y = 8, DOORBELL = 16 };

struct op {
    char kind; /* 'r'ead, 'w'rite, 's'end an interrupt to vCPU 0; 0: the end */
    uint64_t object;
};

struct world {
    struct op threads[VCPUS][OPS], handler[OPS];
    unsigned pc[VCPUS], handler_pc, current;
    bool pending, in_handler, put_off;
    struct event events[MAX_EVENTS];
    unsigned n;
};

struct rig {
    struct world start, now;
    void *state;
    struct strategy_parameters parameters;
    uint64_t random;
};

static const struct op *next_op(struct world *w, unsigned v)
{
    struct op *op = w->in_handler && !v ? &w->handler[w->handler_pc] : &w->threads[v][w->pc[v]];

    return op->kind ? op : NULL;
}

/* A handler's accesses have other pcs than its thread's. */
static struct event event_of_op(struct world *w, unsigned v)
{
    const struct op *op = next_op(w, v);
    bool handler = w->in_handler && !v;

    return (struct event){.vcpu = v,
                          .in_handler = handler,
                          .is_write = op->kind != 'r',
                          .pc = 0x100 * (v + 1) + (handler ? 0x1000 + w->handler_pc : w->pc[v]),
                          .object = op->object,
                          .pa = op->object,
                          .end = op->object + 8};
}

static void happen(struct rig *r, struct event e)
{
    ck_assert_uint_lt(r->now.n, MAX_EVENTS);
    r->now.events[r->now.n++] = e;
    strategy_hints.happened(r->state, &r->parameters, &e);
}

static void take(struct rig *r)
{
    r->now.pending = r->now.put_off = false;
    r->now.in_handler = true;
    r->now.handler_pc = 0;
    happen(r, (struct event){.kind = EVENT_INTERRUPT, .vcpu = 0});
}

static void execute(struct rig *r, unsigned v)
{
    struct world *w = &r->now;
    bool handler = w->in_handler && !v;

    w->pending |= next_op(w, v)->kind == 's';
    happen(r, event_of_op(w, v));
    if (handler)
        w->in_handler = w->handler[++w->handler_pc].kind;
    else
        w->pc[v]++;
}

static void resume(struct rig *r, unsigned v)
{
    struct world *w = &r->now;
    struct question q = {
        .choice = CHOICE_IRQ_DELAY, .vcpu = v, .n = 2, .parked = true, .random = &r->random};

    w->current = v;
    if (v || !w->pending || w->in_handler) {
        execute(r, v);
        return;
    }
    q.again = w->put_off;
    q.pc = next_op(w, 0) ? event_of_op(w, 0).pc : 0;
    if (!next_op(w, 0) || !strategy_hints.answer(r->state, &r->parameters, &q)) {
        take(r);
        return;
    }
    w->put_off = true;
    execute(r, 0);
}

static void run(struct rig *r, uint64_t number)
{
    struct world *w = &r->now;

    *w = r->start;
    r->random = number;
    ck_assert_int_eq(strategy_hints.begin_run(r->state, &r->parameters, number), 1);
    for (;;) {
        struct point point = {.preemption = true};
        struct event events[VCPUS];
        unsigned option = 0;

        for (unsigned i = 0; i < VCPUS; i++) {
            unsigned v = (w->current + i) % VCPUS;
            bool interrupted = !v && w->pending && !w->in_handler;

            if (!next_op(w, v) && !interrupted)
                continue;
            events[point.n] = next_op(w, v) ? event_of_op(w, v) : (struct event){.vcpu = v};
            point.events[point.n] = &events[point.n];
            point.interrupted[point.n] = interrupted && !w->put_off;
            point.vcpus[point.n++] = v;
        }
        if (!point.n)
            return;
        if (point.n > 1)
            option = strategy_hints.pick(r->state, &r->parameters, &point);
        ck_assert_uint_lt(option, point.n);
        resume(r, point.vcpus[option]);
    }
}

static struct rig new_rig(struct world start)
{
    return (struct rig){
        .start = start,
        .state = calloc(1, strategy_hints.state_bytes),
        .parameters = {.seed = 1, .depth = 1, .n_events = 8, .machine_vcpus = VCPUS}};
}

/* Where the @n-th access of vCPU @v to @object comes in the run; by its thread or its handler. */
static unsigned at(const struct world *w, unsigned v, bool handler, uint64_t object, unsigned n)
{
    for (unsigned i = 0; i < w->n; i++) {
        const struct event *e = &w->events[i];

        if (e->kind == EVENT_RAM && e->vcpu == v && e->in_handler == handler &&
            e->object == object && !n--)
            return i;
    }
    return MAX_EVENTS;
}

START_TEST(each_addition_comes_between_the_others_load_and_store)
{
    struct rig r = new_rig((struct world){
        .threads = {{{'r', Y}, {'r', X}, {'w', X}}, {{'r', X}, {'w', X}, {'w', DOORBELL}}}});
    bool first = false, second = false;

    for (uint64_t n = 0; n < 8; n++) {
        run(&r, n);
        first |= at(&r.now, 0, false, X, 0) < at(&r.now, 1, false, X, 0) &&
                 at(&r.now, 1, false, X, 1) < at(&r.now, 0, false, X, 1);
        second |= at(&r.now, 1, false, X, 0) < at(&r.now, 0, false, X, 1) &&
                  at(&r.now, 0, false, X, 1) < at(&r.now, 1, false, X, 1);
    }
    ck_assert(first && second);
    free(r.state);
}
END_TEST

START_TEST(the_first_run_is_the_plain_one)
{
    struct rig r = new_rig((struct world){.threads = {{{'r', X}, {'w', X}}, {{'r', X}, {'w', X}}}});

    run(&r, 0);
    ck_assert_uint_eq(r.now.n, 4);
    ck_assert_uint_eq(r.now.events[1].vcpu, 0);
    ck_assert_uint_eq(r.now.events[2].vcpu, 1);
    free(r.state);
}
END_TEST

/* The plain run has the interrupt behind all of the thread. */
START_TEST(an_interrupt_comes_right_before_what_its_handler_touches)
{
    struct rig r =
        new_rig((struct world){.threads = {{{'r', Y}, {'r', X}, {'w', X}}, {{'s', DOORBELL}}},
                               .handler = {{'r', X}, {'w', X}}});
    bool between = false, before = false;

    for (uint64_t n = 0; n < 8; n++) {
        run(&r, n);
        between |= at(&r.now, 0, false, X, 0) < at(&r.now, 0, true, X, 0) &&
                   at(&r.now, 0, true, X, 1) < at(&r.now, 0, false, X, 1);
        before |= at(&r.now, 0, false, Y, 0) < at(&r.now, 0, true, X, 0) &&
                  at(&r.now, 0, true, X, 1) < at(&r.now, 0, false, X, 0);
    }
    ck_assert(between && before);
    free(r.state);
}
END_TEST

/* The interrupt is pending from the beginning: it is put off until its place. */
START_TEST(an_interrupt_is_put_off_until_its_place)
{
    struct rig r = new_rig((struct world){.threads = {{{'r', Y}, {'r', X}, {'w', X}}, {{'r', Y}}},
                                          .handler = {{'w', X}},
                                          .pending = true});
    bool between = false;

    for (uint64_t n = 0; n < 8; n++) {
        run(&r, n);
        between |= at(&r.now, 0, false, X, 0) < at(&r.now, 0, true, X, 0) &&
                   at(&r.now, 0, true, X, 0) < at(&r.now, 0, false, X, 1);
    }
    ck_assert(between);
    free(r.state);
}
END_TEST

START_TEST(the_same_seed_has_the_same_runs)
{
    struct world start = {.threads = {{{'r', X}, {'w', X}, {'w', Y}}, {{'r', X}, {'w', X}}},
                          .handler = {{'w', X}},
                          .pending = true};
    struct rig a = new_rig(start), b = new_rig(start);

    a.parameters.depth = b.parameters.depth = 3;
    for (uint64_t n = 0; n < 100; n++) {
        run(&a, n);
        run(&b, n);
        ck_assert_uint_eq(a.now.n, b.now.n);
        for (unsigned i = 0; i < a.now.n; i++) {
            ck_assert_uint_eq(a.now.events[i].vcpu, b.now.events[i].vcpu);
            ck_assert_uint_eq(a.now.events[i].pc, b.now.events[i].pc);
        }
    }
    free(a.state);
    free(b.state);
}
END_TEST

int main(void)
{
    static const TTest *const *const tests[] = {
        &the_first_run_is_the_plain_one,
        &each_addition_comes_between_the_others_load_and_store,
        &an_interrupt_comes_right_before_what_its_handler_touches,
        &an_interrupt_is_put_off_until_its_place,
        &the_same_seed_has_the_same_runs,
    };

    return SUITE_RUN("hints", NULL, NULL, tests);
}
