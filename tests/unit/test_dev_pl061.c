/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/dev/pl061.h"
#include "tests/unit/suite.h"
#include "tests/unit/fake_host.h"

enum { ALL = 0x3FC, DIR = 0x400, IS = 0x404, IBE = 0x408, IEV = 0x40C, IE = 0x410 };
enum { RIS = 0x414, MIS = 0x418, IC = 0x41C, KEY = 1 << PL061_POWER_KEY_INPUT };

static struct fake_host *f;

static void setup(void)
{
    f = malloc(sizeof(*f));
    fake_host_init(f);
    f->dev = pl061_create(&f->host);
    ck_assert_ptr_nonnull(f->dev);
}

static void teardown(void)
{
    f->dev->ops->destroy(f->dev);
    fake_host_free(f);
    free(f);
}

START_TEST(data_accesses_touch_only_the_masked_outputs)
{
    fake_wr(f, DIR, 0x0F);
    fake_wr(f, ALL, 0xFF);
    ck_assert_uint_eq(fake_rd(f, ALL), 0x0F);
    fake_wr(f, 0x04 << 2, 0);
    ck_assert_uint_eq(fake_rd(f, ALL), 0x0B);
    ck_assert_uint_eq(fake_rd(f, 0x09 << 2), 0x09);
    ck_assert_uint_eq(fake_rd(f, 0), 0);
}
END_TEST

START_TEST(the_power_key_gives_both_edges_100_ms_apart)
{
    fake_wr(f, IBE, KEY);
    fake_wr(f, IE, KEY);
    f->dev->ops->power_key(f->dev);
    ck_assert(f->irq[0]);
    ck_assert_uint_eq(fake_rd(f, ALL), KEY);
    fake_wr(f, IC, KEY);
    ck_assert(!f->irq[0]);
    fake_advance(f, PL061_KEY_HELD_NS - 1);
    ck_assert(!f->irq[0]);
    fake_advance(f, 1);
    ck_assert(f->irq[0]);
    ck_assert_uint_eq(fake_rd(f, ALL), 0);
}
END_TEST

START_TEST(a_single_edge_is_chosen_by_iev)
{
    fake_wr(f, IE, KEY);
    f->dev->ops->power_key(f->dev);
    ck_assert(!f->irq[0]);
    fake_advance(f, PL061_KEY_HELD_NS);
    ck_assert(f->irq[0]);
    fake_wr(f, IC, KEY);
    fake_wr(f, IEV, KEY);
    f->dev->ops->power_key(f->dev);
    ck_assert(f->irq[0]);
}
END_TEST

START_TEST(a_level_interrupt_follows_the_input_and_ignores_ic)
{
    fake_wr(f, IS, KEY);
    fake_wr(f, IEV, KEY);
    fake_wr(f, IE, KEY);
    ck_assert(!f->irq[0]);
    f->dev->ops->power_key(f->dev);
    fake_wr(f, IC, KEY);
    ck_assert(f->irq[0]);
    ck_assert_uint_eq(fake_rd(f, MIS), KEY);
    fake_advance(f, PL061_KEY_HELD_NS);
    ck_assert(!f->irq[0]);
    ck_assert_uint_eq(fake_rd(f, RIS), 0);
}
END_TEST

START_TEST(state_survives_save_and_restore)
{
    struct fake_state saved;
    fake_wr(f, IBE, KEY);
    f->dev->ops->power_key(f->dev);
    fake_save(f->dev, &saved);
    f->dev->ops->reset(f->dev);
    ck_assert_uint_eq(fake_rd(f, ALL), 0);
    fake_restore(f->dev, &saved);
    ck_assert(fake_same_state(f->dev, &saved));
    ck_assert_uint_eq(f->deadline_ns, PL061_KEY_HELD_NS);
    ck_assert_uint_eq(fake_rd(f, 0xFE0), 0x61);
    free(saved.data);
}
END_TEST

static const TTest *const *const tests[] = {
    &data_accesses_touch_only_the_masked_outputs,
    &the_power_key_gives_both_edges_100_ms_apart,
    &a_single_edge_is_chosen_by_iev,
    &a_level_interrupt_follows_the_input_and_ignores_ic,
    &state_survives_save_and_restore,
};

int main(void)
{
    return SUITE_RUN("pl061", setup, teardown, tests);
}
