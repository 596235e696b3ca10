/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Posting from other threads: what it means, and that nothing is lost; what other threads read.
 * tests/tsan runs this suite under TSan.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "tests/unit/test_gic_rig.h"
#include "tests/guest_memory.h"

enum { THREADS = 8, ROUNDS = 2000, PROP = 0, PEND = 0x10000 };

static uint8_t memory[0x60000];

static int mem_read(void *opaque, uint64_t address, void *buffer, size_t size)
{
    (void)opaque;
    return guest_memory_read(memory, sizeof(memory), address, buffer, size);
}

static int mem_write(void *opaque, uint64_t address, const void *buffer, size_t size)
{
    (void)opaque;
    return guest_memory_write(memory, sizeof(memory), address, buffer, size);
}

static struct rig *post_rig(void)
{
    struct gic_config config = rig_config();

    config.posting = true;
    config.lpi_id_bits = 16;
    config.memory_read = mem_read;
    config.memory_write = mem_write;
    memset(memory, 0, sizeof(memory));
    memset(memory + PROP, 0xa1, 0xe000);
    struct rig *r = rig_open(config);
    for (unsigned i = 0; i < RIG_VCPUS; i++) {
        rig_redist_set(r, i, true, 0x70, 8, PROP | 15);
        rig_redist_set(r, i, true, 0x78, 8, PEND + i * 0x10000);
        rig_redist_set(r, i, true, 0, 4, 1);
    }
    return r;
}

START_TEST(a_post_takes_effect_at_the_drain)
{
    struct rig *r = post_rig();

    rig_ready(r, 0, 40, 0xa0);
    ck_assert(gic_post_spi(r->gic, 40, true));
    ck_assert(!r->lines[0][GIC_LINE_IRQ]);
    gic_drain(r->gic, 0);
    ck_assert(r->lines[0][GIC_LINE_IRQ]);
    gic_post_spi(r->gic, 40, false);
    gic_drain(r->gic, 0);
    ck_assert(!r->lines[0][GIC_LINE_IRQ]);
    rig_destroy(r);
}
END_TEST

START_TEST(only_the_post_into_an_empty_inbox_asks_for_a_drain)
{
    struct rig *r = post_rig();

    ck_assert(gic_post_lpi(r->gic, 1, 8192));
    ck_assert(!gic_post_lpi(r->gic, 1, 8193));
    ck_assert(gic_post_lpi(r->gic, 2, 8192));
    ck_assert(gic_post_private(r->gic, 1, 3));
    ck_assert(!gic_post_private(r->gic, 1, 4));
    gic_drain(r->gic, 1);
    ck_assert(gic_post_lpi(r->gic, 1, 8192));
    rig_destroy(r);
}
END_TEST

START_TEST(a_pulse_between_drains_is_an_edge_and_no_level)
{
    struct rig *r = post_rig();

    rig_ready(r, 0, 40, 0xa0);
    rig_ready(r, 0, 41, 0xa0);
    rig_edge(r, 0, 41);
    for (uint32_t intid = 40; intid <= 41; intid++) {
        gic_post_spi(r->gic, intid, true);
        gic_post_spi(r->gic, intid, false);
    }
    gic_drain(r->gic, 0);
    ck_assert(!rig_bit_get(r, 0, ISPENDR, 40) && rig_bit_get(r, 0, ISPENDR, 41));
    rig_destroy(r);
}
END_TEST

START_TEST(posting_leaves_other_wires_alone)
{
    struct rig *r = post_rig();

    gic_set_spi(r->gic, 42, true);
    gic_post_spi(r->gic, 40, true);
    gic_drain(r->gic, 0);
    ck_assert(rig_bit_get(r, 0, ISPENDR, 42) && rig_bit_get(r, 0, ISPENDR, 40));
    rig_destroy(r);
}
END_TEST

START_TEST(posts_of_what_does_not_exist_are_ignored)
{
    struct rig *r = post_rig();
    struct rig *without = rig_open(rig_config());

    ck_assert(!gic_post_spi(r->gic, 31, true));
    ck_assert(!gic_post_spi(r->gic, 1021, true));
    ck_assert(!gic_post_spi(r->gic, 9000, true));
    ck_assert(!gic_post_lpi(r->gic, 0, 8191));
    ck_assert(!gic_post_lpi(r->gic, 0, 65536));
    ck_assert(!gic_post_lpi(r->gic, 99, 8192));
    ck_assert(!gic_post_private(r->gic, 0, 32));
    gic_post_spi(r->gic, 1000, true); /* in range, but not implemented here */
    gic_drain(r->gic, 0);
    gic_drain(r->gic, 99);
    ck_assert(!gic_post_spi(without->gic, 40, true));
    gic_drain(without->gic, 0);
    rig_destroy(without);
    rig_destroy(r);
}
END_TEST

/* -- Eight threads -- */

struct shared;

struct poster {
    struct shared *all;
    unsigned index;
    _Atomic unsigned taken; /* how many of its interrupts the GIC's own thread took */
};

struct shared {
    struct gic *gic;
    struct poster posters[THREADS];
    _Atomic unsigned running;
    _Atomic uint32_t bells; /* a bit per vCPU: a post said that it needs a drain */
};

static unsigned target_of(unsigned index)
{
    return index % RIG_VCPUS;
}

/* Nobody drains unless a post asked for it: a bell too few, and the poster waits for ever. */
static void ring(struct shared *s, unsigned vcpu, bool needed)
{
    if (needed)
        s->bells |= 1u << vcpu;
}

/* One interrupt of the poster's own: an LPI, an SGI or a pulse on a wire. */
static void post_one(struct poster *p, unsigned kind)
{
    struct gic *gic = p->all->gic;
    unsigned vcpu = target_of(p->index);

    switch (kind % 3) {
    case 0:
        ring(p->all, vcpu, gic_post_lpi(gic, vcpu, 8192 + p->index));
        break;
    case 1:
        ring(p->all, vcpu, gic_post_private(gic, vcpu, p->index));
        break;
    default:
        ring(p->all, 0, gic_post_spi(gic, 64 + p->index, true));
        ring(p->all, 0, gic_post_spi(gic, 64 + p->index, false));
    }
}

/* Each time after the last was taken, so that none is merged with another. */
static void *post_and_wait(void *arg)
{
    struct poster *p = arg;

    for (unsigned i = 0; i < ROUNDS; i++) {
        post_one(p, p->index + i);
        while (p->taken == i)
            sched_yield();
    }
    --p->all->running;
    return NULL;
}

static unsigned poster_of(uint64_t intid)
{
    return (unsigned)(intid >= 8192 ? intid - 8192 : intid >= 64 ? intid - 64 : intid);
}

static void take_all(struct rig *r, struct shared *s, unsigned vcpu)
{
    for (uint64_t id; (id = rig_get(r, vcpu, "ICC_IAR1_EL1")) != 1023;) {
        rig_set(r, vcpu, "ICC_EOIR1_EL1", id);
        ck_assert_uint_lt(poster_of(id), THREADS);
        ck_assert_uint_eq(target_of(poster_of(id)), vcpu);
        s->posters[poster_of(id)].taken++;
    }
}

static void serve(struct rig *r, struct shared *s)
{
    uint32_t bells = s->bells;

    if (bells == 0) {
        sched_yield();
        return;
    }
    bells = atomic_exchange(&s->bells, 0);
    for (unsigned i = 0; i < RIG_VCPUS; i++)
        if ((bells >> i) & 1)
            gic_drain(r->gic, i);
    for (unsigned i = 0; i < RIG_VCPUS; i++)
        take_all(r, s, i);
}

static void ready(struct rig *r, unsigned index)
{
    rig_ready(r, target_of(index), index, 0xa0);
    rig_ready(r, target_of(index), 64 + index, 0xa0);
    rig_edge(r, target_of(index), 64 + index);
}

/* LPIs of four posters are in one word of an inbox, as are SGIs, and all wires. */
START_TEST(eight_threads_lose_nothing)
{
    static struct shared s;
    struct rig *r = post_rig();
    pthread_t threads[THREADS];

    s.gic = r->gic;
    s.running = THREADS;
    for (unsigned i = 0; i < THREADS; i++) {
        ready(r, i);
        s.posters[i].all = &s;
        s.posters[i].index = i;
    }
    for (unsigned i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, post_and_wait, &s.posters[i]), 0);
    while (s.running != 0)
        serve(r, &s);
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        ck_assert_uint_eq(s.posters[i].taken, ROUNDS);
    }
    rig_destroy(r);
}
END_TEST

/* -- Readers of the published word -- */

struct reading {
    struct gic *gic;
    _Atomic unsigned begun, done; /* steps of the writer: PMR goes through pmr_of(step) */
    _Atomic uint64_t seen;        /* the latest publication that any reader knows of */
    _Atomic unsigned running;
    _Atomic unsigned torn, stale, backwards;
};

#ifdef GIC_PARANOID /* each step also walks all gates of all interrupts */
enum { READS = 20000, STEPS = 2000 };
#else
enum { READS = 20000, STEPS = 200000 };
#endif

static uint8_t pmr_of(unsigned step)
{
    return (uint8_t)(8 + step % 31 * 8);
}

/* Publications are numbered, in 23 bits. */
static uint64_t publication(uint64_t word)
{
    return word >> GIC_PUB_SEQUENCE_SHIFT;
}

static bool is_before(uint64_t a, uint64_t b)
{
    return ((a - b) & 0x7fffff) > 0x3fffff;
}

/* A word says itself whether the IRQ line is up. */
static bool is_consistent(uint64_t word)
{
    uint8_t priority = (uint8_t)(word >> GIC_PUB_PRIORITY_SHIFT);
    uint8_t running = (uint8_t)(word >> GIC_PUB_RUNNING_SHIFT);
    bool pending = (word >> GIC_PUB_GROUP_SHIFT & 3) != 3;
    bool up = pending && priority < gic_published_pmr(word) && priority < running;

    return up == gic_published_runnable(word);
}

/* Whether a step between two, both included, set this PMR. */
static bool was_current(uint64_t word, unsigned first, unsigned last)
{
    for (unsigned step = first; step <= last && step <= first + 31; step++)
        if (gic_published_pmr(word) == pmr_of(step))
            return true;
    return false;
}

static void read_word(struct reading *p)
{
    unsigned first = p->done;
    uint64_t floor = p->seen;
    uint64_t word = gic_published(p->gic, 0);
    unsigned last = p->begun;

    p->torn += !is_consistent(word);
    p->stale += !was_current(word, first, last);
    p->backwards += is_before(publication(word), floor); /* what another reader has seen */
    while (is_before(floor, publication(word)) &&
           !atomic_compare_exchange_weak(&p->seen, &floor, publication(word)))
        ;
}

static void *read_words(void *arg)
{
    struct reading *p = arg;

    for (unsigned i = 0; i < READS || p->done < STEPS; i++)
        read_word(p);
    --p->running;
    return NULL;
}

static void write_step(struct rig *r, struct reading *p, unsigned step)
{
    p->begun = step;
    rig_set(r, 0, "ICC_PMR_EL1", pmr_of(step));
    p->done = step;
    if (step % 3 == 0)
        rig_set(r, 0, "ICC_SGI1R_EL1", (uint64_t)(step % 8) << 24 | 1);
    if (step % 5 == 0) {
        uint64_t id = rig_get(r, 0, "ICC_IAR1_EL1");
        if (id != 1023)
            rig_set(r, 0, "ICC_EOIR1_EL1", id);
    }
}

START_TEST(what_eight_threads_read_was_current_and_whole)
{
    static struct reading p;
    struct rig *r = post_rig();
    pthread_t threads[THREADS];

    p.gic = r->gic;
    p.running = THREADS;
    for (unsigned i = 0; i < THREADS; i++)
        rig_ready(r, 0, i, (uint8_t)(i * 32));
    rig_set(r, 0, "ICC_PMR_EL1", pmr_of(0));
    p.seen = publication(gic_published(r->gic, 0));
    for (unsigned i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, read_words, &p), 0);
    for (unsigned step = 1; p.running != 0; step++)
        write_step(r, &p, step);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    ck_assert_uint_eq(p.torn, 0);
    ck_assert_uint_eq(p.stale, 0);
    ck_assert_uint_eq(p.backwards, 0);
    rig_destroy(r);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("post");

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, a_post_takes_effect_at_the_drain);
    tcase_add_test(tc, only_the_post_into_an_empty_inbox_asks_for_a_drain);
    tcase_add_test(tc, a_pulse_between_drains_is_an_edge_and_no_level);
    tcase_add_test(tc, posting_leaves_other_wires_alone);
    tcase_add_test(tc, posts_of_what_does_not_exist_are_ignored);
    tcase_add_test(tc, eight_threads_lose_nothing);
    tcase_add_test(tc, what_eight_threads_read_was_current_and_whole);
    return suite_run_case("gic posting", tc);
}
