/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Strategy dpor on small programs of reads, writes and SGIs: its complete runs are the classes of
 * equivalent runs, each once. All runs are enumerated beside it, and sorted into classes by the
 * order of each pair of events that touch one another.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "emu/explore/strategy.h"

enum { VCPUS = 3, OPS = 10, IDS = VCPUS * 2 * OPS, MAX_CLASSES = 200000, MAX_DEPTH = 64 };

enum op_kind { OP_NONE, OP_READ, OP_WRITE, OP_SGI };

struct op {
    enum op_kind kind;
    unsigned object; /* a variable, or the SGI's target */
    bool masked;     /* no interrupt before it */
};

struct program {
    unsigned n_vcpus;
    struct op threads[VCPUS][OPS], handlers[VCPUS][OPS];
};

struct state {
    const struct program *program;
    unsigned pc[VCPUS], handler_pc[VCPUS], current;
    bool pending[VCPUS], in_handler[VCPUS], handled[VCPUS], put_off[VCPUS];
    uint64_t n_events[VCPUS], cause_index[VCPUS];
    unsigned cause_vcpu[VCPUS];
    struct event events[IDS];
    unsigned order[IDS], n; /* ids, as they happened */
};

/* Whoever answers: the strategy, or the enumeration. */
struct answers {
    void *opaque;
    unsigned (*pick)(void *opaque, const struct point *point);
    uint32_t (*take)(void *opaque, unsigned vcpu, bool again);
    void (*happened)(void *opaque, const struct event *e);
    bool (*stop)(void *opaque);
};

static const struct op *next_op(const struct state *s, unsigned v)
{
    const struct op *ops = s->in_handler[v] ? s->program->handlers[v] : s->program->threads[v];
    unsigned pc = s->in_handler[v] ? s->handler_pc[v] : s->pc[v];

    return pc < OPS && ops[pc].kind ? &ops[pc] : NULL;
}

static bool may_interrupt(const struct state *s, unsigned v)
{
    const struct op *op = next_op(s, v);

    return s->pending[v] && !s->in_handler[v] && !(op && op->masked);
}

static bool is_ready(const struct state *s, unsigned v)
{
    return next_op(s, v) || may_interrupt(s, v);
}

static struct event event_for(const struct state *s, unsigned v)
{
    const struct op *op = next_op(s, v);
    struct event e = {.vcpu = v,
                      .index = s->n_events[v],
                      .in_handler = s->in_handler[v],
                      .masked = op->masked,
                      .is_write = op->kind != OP_READ,
                      .object = op->object * 8,
                      .pa = op->object * 8,
                      .end = op->object * 8 + 8};

    if (op->kind == OP_SGI) {
        e.kind = EVENT_SYSREG;
        e.reg = "ICC_SGI1R_EL1";
        e.part = GIC_PART_SGI;
        e.targets = 1ull << op->object;
    }
    return e;
}

static void take(struct state *s, unsigned v, const struct answers *a)
{
    struct event e = {.kind = EVENT_INTERRUPT,
                      .vcpu = v,
                      .index = s->n_events[v]++,
                      .cause_vcpu = s->cause_vcpu[v],
                      .cause_index = s->cause_index[v]};

    s->pending[v] = s->put_off[v] = false;
    s->in_handler[v] = true;
    a->happened(a->opaque, &e);
    if (!next_op(s, v)) {
        s->in_handler[v] = false;
        s->handled[v] = true;
    }
}

static void execute(struct state *s, unsigned v, const struct answers *a)
{
    const struct op *op = next_op(s, v);
    struct event e = event_for(s, v);
    unsigned id =
        (v * 2 + s->in_handler[v]) * OPS + (s->in_handler[v] ? s->handler_pc[v] : s->pc[v]);

    s->events[id] = e;
    s->order[s->n++] = id;
    s->n_events[v]++;
    a->happened(a->opaque, &e);
    if (op->kind == OP_SGI && !s->handled[op->object] && !s->in_handler[op->object] &&
        !s->pending[op->object]) {
        s->pending[op->object] = true;
        s->cause_vcpu[op->object] = v;
        s->cause_index[op->object] = e.index;
    }
    if (s->in_handler[v]) {
        s->handler_pc[v]++;
        if (!next_op(s, v)) {
            s->in_handler[v] = false;
            s->handled[v] = true;
        }
    } else {
        s->pc[v]++;
    }
}

static void resume(struct state *s, unsigned v, const struct answers *a)
{
    s->current = v;
    if (may_interrupt(s, v) && !next_op(s, v)) {
        take(s, v, a); /* it waits for it */
        return;
    }
    if (may_interrupt(s, v)) {
        bool again = s->put_off[v];

        s->put_off[v] = true;
        if (!a->take(a->opaque, v, again)) {
            take(s, v, a);
            return;
        }
    }
    execute(s, v, a);
}

/* True: it came to its end. */
static bool run(struct state *s, const struct program *p, const struct answers *a)
{
    *s = (struct state){.program = p};
    for (;;) {
        struct point point = {.preemption = true};
        struct event events[VCPUS];
        unsigned option = 0;

        for (unsigned i = 0; i < p->n_vcpus; i++) {
            unsigned v = (s->current + i) % p->n_vcpus;

            if (!is_ready(s, v))
                continue;
            events[point.n] = next_op(s, v) ? event_for(s, v) : (struct event){.vcpu = v};
            point.interrupted[point.n] = may_interrupt(s, v);
            point.events[point.n] = &events[point.n];
            point.vcpus[point.n++] = v;
        }
        if (!point.n)
            return true;
        if (point.n > 1)
            option = a->pick(a->opaque, &point);
        if (a->stop(a->opaque))
            return false;
        resume(s, point.vcpus[option], a);
        if (a->stop(a->opaque))
            return false;
    }
}

/* -- Classes ----------------------------------------------------------------------------------- */

struct classes {
    uint64_t *keys;
    size_t count;
};

/* The order of all pairs that touch one another, and what happened at all. */
static uint64_t class_of(const struct state *s)
{
    uint64_t hash = 1469598103934665603ull;
    unsigned at[IDS];

    memset(at, 0xff, sizeof(at));
    for (unsigned i = 0; i < s->n; i++)
        at[s->order[i]] = i;
    for (unsigned a = 0; a < IDS; a++) {
        hash = (hash ^ (at[a] != ~0u)) * 1099511628211ull;
        for (unsigned b = 0; at[a] != ~0u && b < IDS; b++) {
            bool order = at[b] != ~0u && a / OPS != b / OPS &&
                         event_touches(&s->events[a], &s->events[b]) && at[a] < at[b];

            hash = (hash ^ order) * 1099511628211ull;
        }
    }
    return hash;
}

/* True: it was not among them. */
static bool add(struct classes *c, uint64_t key)
{
    for (size_t i = 0; i < c->count; i++) {
        if (c->keys[i] == key)
            return false;
    }
    ck_assert_uint_lt(c->count, MAX_CLASSES);
    c->keys[c->count++] = key;
    return true;
}

/* -- All runs ---------------------------------------------------------------------------------- */

struct all {
    unsigned path[MAX_DEPTH], n[MAX_DEPTH], length, fixed;
};

static unsigned decide(struct all *all, unsigned n)
{
    ck_assert_uint_lt(all->length, MAX_DEPTH);
    if (all->length >= all->fixed)
        all->path[all->length] = 0;
    all->n[all->length] = n;
    return all->path[all->length++];
}

static unsigned pick_any(void *opaque, const struct point *point)
{
    return decide(opaque, point->n);
}

static uint32_t take_any(void *opaque, unsigned vcpu, bool again)
{
    (void)vcpu, (void)again;
    return decide(opaque, 2);
}

static void ignore(void *opaque, const struct event *e)
{
    (void)opaque, (void)e;
}

static bool never(void *opaque)
{
    (void)opaque;
    return false;
}

static bool next_path(struct all *all)
{
    while (all->length && ++all->path[all->length - 1] == all->n[all->length - 1])
        all->length--;
    all->fixed = all->length;
    all->length = 0;
    return all->fixed != 0;
}

static void enumerate(const struct program *p, struct classes *c)
{
    struct all all = {0};
    const struct answers a = {&all, pick_any, take_any, ignore, never};
    struct state s;

    do {
        run(&s, p, &a);
        add(c, class_of(&s));
    } while (next_path(&all));
}

/* -- The strategy ------------------------------------------------------------------------------ */

struct driver {
    void *state;
    struct strategy_parameters parameters;
};

static unsigned pick(void *opaque, const struct point *point)
{
    struct driver *d = opaque;

    return strategy_dpor.pick(d->state, &d->parameters, point);
}

static uint32_t answer(void *opaque, unsigned vcpu, bool again)
{
    struct driver *d = opaque;
    struct question q = {
        .choice = CHOICE_IRQ_DELAY, .vcpu = vcpu, .n = 2, .again = again, .parked = true};

    return strategy_dpor.answer(d->state, &d->parameters, &q);
}

static void happened(void *opaque, const struct event *e)
{
    struct driver *d = opaque;

    strategy_dpor.happened(d->state, &d->parameters, e);
}

static bool gives_up(void *opaque)
{
    return strategy_dpor.gives_up(((struct driver *)opaque)->state);
}

/* Returns how many complete runs were of a class that had been seen. */
static unsigned explore(const struct program *p, struct classes *c)
{
    struct driver d = {calloc(1, strategy_dpor.state_bytes), {.machine_vcpus = p->n_vcpus}};
    const struct answers a = {&d, pick, answer, happened, gives_up};
    unsigned twice = 0;
    struct state s;

    for (uint64_t n = 0; strategy_dpor.begin_run(d.state, &d.parameters, n) > 0; n++) {
        ck_assert_uint_lt(n, MAX_CLASSES);
        if (run(&s, p, &a))
            twice += !add(c, class_of(&s));
    }
    ck_assert_uint_eq(strategy_dpor.classes(d.state), c->count);
    strategy_dpor.end(d.state);
    free(d.state);
    return twice;
}

static size_t compare(const struct program *p, unsigned *twice)
{
    struct classes all = {calloc(MAX_CLASSES, sizeof(uint64_t)), 0}, found = all;
    size_t classes;

    found.keys = calloc(MAX_CLASSES, sizeof(uint64_t));
    enumerate(p, &all);
    *twice = explore(p, &found);
    for (size_t i = 0; i < found.count; i++)
        ck_assert_msg(!add(&all, found.keys[i]), "a class that does not exist");
    classes = all.count;
    ck_assert_msg(found.count == classes, "%zu of %zu classes", found.count, classes);
    free(all.keys);
    free(found.keys);
    return classes;
}

/* -- Tests ------------------------------------------------------------------------------------- */

#define R(x)                                                                                       \
    {                                                                                              \
        OP_READ, x, false                                                                          \
    }
#define W(x)                                                                                       \
    {                                                                                              \
        OP_WRITE, x, false                                                                         \
    }
#define S(x)                                                                                       \
    {                                                                                              \
        OP_SGI, x, false                                                                           \
    }
#define M(x)                                                                                       \
    {                                                                                              \
        OP_WRITE, x, true                                                                          \
    }

static const struct {
    const char *what;
    size_t classes;
    struct program program;
} by_hand[] = {
    {"two writes of one word: 2 orders", 2, {2, {{W(0)}, {W(0)}}, {{{0}}}}},
    {"two words: nothing to order", 1, {2, {{W(0)}, {W(1)}}, {{{0}}}}},
    {"two reads commute", 1, {2, {{R(0)}, {R(0)}}, {{{0}}}}},
    {"two times read and write: 6 orders, of which two twice by the reads",
     4,
     {2, {{R(0), W(0)}, {R(0), W(0)}}, {{{0}}}}},
    {"an SGI whose handler touches nothing: one", 1, {2, {{R(0), R(1)}, {S(0)}}, {{W(2)}}}},
    {"its handler writes what is read first: before or behind",
     2,
     {2, {{R(0), R(1)}, {S(0)}}, {{W(0)}}}},
    {"its handler writes what is read twice: 3 places", 3, {2, {{R(0), R(0)}, {S(0)}}, {{W(0)}}}},
    {"masked meanwhile: before both, or behind", 2, {2, {{R(0), M(0)}, {S(0)}}, {{W(0)}}}},
    {"sent by itself: only behind that", 2, {1, {{R(0), S(0), R(0)}}, {{W(0)}}}},
    {"the sender writes it, too: 3 orders of two writes around a read each",
     6,
     {2, {{R(0)}, {S(0), W(0)}}, {{W(0)}}}},
};

START_TEST(complete_runs_are_the_classes_enumerated_by_hand)
{
    unsigned twice;

    ck_assert_msg(compare(&by_hand[_i].program, &twice) == by_hand[_i].classes, "%s",
                  by_hand[_i].what);
    ck_assert_msg(twice == 0, "%s: %u runs for nothing", by_hand[_i].what, twice);
}
END_TEST

/*
 * Two vCPUs and their two handlers, ten accesses each. By hand: the first vCPU writes word 0 twice,
 * which the second reads three times: 5! / (2! 3!) orders. Each handler writes a word that its
 * thread reads three times: it comes before the first, behind the last, or between, 4 places each,
 * since the other vCPU may send its SGI before anything else. The handlers write one word: 2
 * orders. What is left are words of one thread or handler alone. No choice of one forbids one of
 * another.
 */
START_TEST(two_vcpus_and_two_handlers_with_ten_accesses_each_have_320_classes)
{
    static const struct program p = {
        2,
        {{S(1), W(0), W(0), R(1), R(1), R(1), R(4), R(4), R(4), R(4)},
         {S(0), R(0), R(0), R(0), R(2), R(2), R(2), R(5), R(5), R(5)}},
        {{W(1), W(3), R(6), R(6), R(6), R(6), R(6), R(6), R(6), R(6)},
         {W(2), W(3), R(7), R(7), R(7), R(7), R(7), R(7), R(7), R(7)}},
    };
    struct classes found = {calloc(MAX_CLASSES, sizeof(uint64_t)), 0};

    explore(&p, &found);
    ck_assert_uint_eq(found.count, 10 * 4 * 4 * 2);
    free(found.keys);
}
END_TEST

static void fill(struct op ops[], unsigned n, unsigned n_vcpus, unsigned *seed, bool handler)
{
    for (unsigned i = 0; i < n; i++) {
        unsigned kind = rand_r(seed) % 7;

        ops[i].kind = kind < 3 ? OP_READ : kind < 6 || handler ? OP_WRITE : OP_SGI;
        ops[i].object = rand_r(seed) % (ops[i].kind == OP_SGI ? n_vcpus : 2);
    }
}

static bool has_interrupts(const struct program *p)
{
    for (unsigned v = 0; v < p->n_vcpus; v++) {
        for (unsigned i = 0; i < OPS; i++) {
            if (p->threads[v][i].kind == OP_SGI)
                return true;
        }
    }
    return false;
}

/* Each class at least once; without interrupts, exactly once. */
START_TEST(every_class_of_random_programs_is_found)
{
    unsigned twice;

    for (unsigned seed = 1; seed <= 1000; seed++) {
        struct program p = {.n_vcpus = 2 + seed % 2};
        unsigned chance = seed;

        for (unsigned v = 0; v < p.n_vcpus; v++) {
            fill(p.threads[v], 1 + rand_r(&chance) % (p.n_vcpus == 2 ? 4 : 2), p.n_vcpus, &chance,
                 false);
            fill(p.handlers[v], rand_r(&chance) % 3, p.n_vcpus, &chance, true);
        }
        compare(&p, &twice);
        ck_assert_msg(twice == 0 || has_interrupts(&p), "%u runs for nothing", twice);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("dpor");
    TCase *tc = tcase_create("dpor");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(tc, 240);
    tcase_add_loop_test(tc, complete_runs_are_the_classes_enumerated_by_hand, 0,
                        sizeof(by_hand) / sizeof(by_hand[0]));
    tcase_add_test(tc, two_vcpus_and_two_handlers_with_ten_accesses_each_have_320_classes);
    tcase_add_test(tc, every_class_of_random_programs_is_found);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
