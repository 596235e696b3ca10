/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Posting from other threads: what it means, and that nothing is lost. Also worth a run under TSan.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>

#include "tests/unit/test_gic_rig.h"

enum { THREADS = 8, ROUNDS = 2000, PROP = 0, PEND = 0x10000 };

static uint8_t memory[0x60000];

static int mem_read(void *opaque, uint64_t address, void *buffer, size_t size)
{
    (void)opaque;
    if (address > sizeof(memory) || size > sizeof(memory) - address)
        return -EFAULT;
    memcpy(buffer, memory + address, size);
    return 0;
}

static int mem_write(void *opaque, uint64_t address, const void *buffer, size_t size)
{
    (void)opaque;
    if (address > sizeof(memory) || size > sizeof(memory) - address)
        return -EFAULT;
    memcpy(memory + address, buffer, size);
    return 0;
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

struct poster {
    struct gic *gic;
    unsigned index;
    _Atomic unsigned *running;
    _Atomic unsigned taken; /* how often the GIC's own thread saw this poster's LPI */
};

/* Posts one LPI, again and again, each time after the last was taken: a lost one ends in a
 * time-out. */
static void *post_and_wait(void *arg)
{
    struct poster *p = arg;

    for (unsigned i = 0; i < ROUNDS; i++) {
        gic_post_spi(p->gic, 64 + p->index, i & 1);
        gic_post_lpi(p->gic, 0, 8192 + p->index);
        while (p->taken == i)
            sched_yield();
        gic_published(p->gic, 0);
    }
    gic_post_spi(p->gic, 64 + p->index, true);
    --*p->running;
    return NULL;
}

/* All eight LPIs are in one word of the inbox. */
START_TEST(eight_threads_lose_nothing)
{
    static struct poster posters[THREADS];
    static _Atomic unsigned running;
    struct rig *r = post_rig();
    pthread_t threads[THREADS];
    bool more = true;

    running = THREADS;
    for (unsigned i = 0; i < THREADS; i++) {
        rig_ready(r, 1, 64 + i, 0xa0);
        posters[i] = (struct poster){.gic = r->gic, .index = i, .running = &running};
        ck_assert_int_eq(pthread_create(&threads[i], NULL, post_and_wait, &posters[i]), 0);
    }
    while (more) {
        more = running != 0;
        gic_drain(r->gic, 0);
        if (!r->lines[0][GIC_LINE_IRQ])
            sched_yield();
        for (uint64_t id; (id = rig_get(r, 0, "ICC_IAR1_EL1")) != 1023;) {
            rig_set(r, 0, "ICC_EOIR1_EL1", id);
            posters[id - 8192].taken++;
        }
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        ck_assert_uint_eq(posters[i].taken, ROUNDS);
        ck_assert(rig_bit_get(r, 1, ISPENDR, 64 + i));
    }
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
    return rig_run("gic posting", tc);
}
