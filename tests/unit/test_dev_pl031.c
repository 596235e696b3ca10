/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/dev/pl031.h"
#include "tests/unit/suite.h"
#include "tests/unit/fake_host.h"

enum { DR = 0, MR = 4, LR = 8, CR = 0xC, IMSC = 0x10, RIS = 0x14, MIS = 0x18, ICR = 0x1C };
#define SECOND UINT64_C(1000000000)

static struct fake_host *f;

static void setup(void)
{
    f = malloc(sizeof(*f));
    fake_host_init(f);
    f->dev = pl031_create(&f->host);
    ck_assert_ptr_nonnull(f->dev);
}

static void teardown(void)
{
    f->dev->ops->destroy(f->dev);
    fake_host_free(f);
    free(f);
}

START_TEST(the_clock_is_the_base_plus_virtual_seconds)
{
    ck_assert_uint_eq(fake_rd(f, DR), 1000000000);
    fake_advance(f, 5 * SECOND - 1);
    ck_assert_uint_eq(fake_rd(f, DR), 1000000004);
    fake_advance(f, 1);
    ck_assert_uint_eq(fake_rd(f, DR), 1000000005);
    ck_assert_uint_eq(fake_rd(f, CR), 1);
    ck_assert_uint_eq(fake_rd(f, 0xFE0), 0x31);
}
END_TEST

START_TEST(a_loaded_time_goes_on_from_there_and_survives_reset)
{
    fake_advance(f, 3 * SECOND);
    fake_wr(f, LR, 77);
    ck_assert_uint_eq(fake_rd(f, DR), 77);
    fake_advance(f, 2 * SECOND);
    ck_assert_uint_eq(fake_rd(f, DR), 79);
    ck_assert_uint_eq(fake_rd(f, LR), 77);
    f->dev->ops->reset(f->dev);
    ck_assert_uint_eq(fake_rd(f, DR), 79);
}
END_TEST

START_TEST(a_match_interrupts_at_its_second_and_clears_by_icr)
{
    fake_wr(f, MR, 1000000010);
    fake_wr(f, IMSC, 1);
    ck_assert_uint_eq(f->deadline_ns, 10 * SECOND);
    fake_advance(f, 10 * SECOND - 1);
    ck_assert(!f->irq[0]);
    fake_advance(f, 1);
    ck_assert(f->irq[0]);
    ck_assert_uint_eq(fake_rd(f, MIS), 1);
    fake_wr(f, ICR, 1);
    ck_assert(!f->irq[0]);
    ck_assert_uint_eq(fake_rd(f, RIS), 0);
}
END_TEST

START_TEST(a_masked_match_holds_no_deadline_but_shows_in_ris)
{
    fake_wr(f, MR, 1000000010);
    ck_assert_uint_eq(f->deadline_ns, UINT64_MAX);
    fake_advance(f, 11 * SECOND);
    ck_assert_uint_eq(fake_rd(f, RIS), 1);
    ck_assert(!f->irq[0]);
    fake_wr(f, IMSC, 1);
    ck_assert(f->irq[0]);
}
END_TEST

START_TEST(a_match_value_equal_to_now_matches_at_once)
{
    fake_wr(f, IMSC, 1);
    fake_wr(f, MR, 1000000000);
    ck_assert(f->irq[0]);
    fake_wr(f, ICR, 1);
    ck_assert(!f->irq[0]);
    ck_assert_uint_gt(f->deadline_ns, 4000000000 * SECOND);
}
END_TEST

START_TEST(loading_the_time_moves_the_match)
{
    fake_wr(f, MR, 100);
    fake_wr(f, IMSC, 1);
    fake_wr(f, LR, 98);
    ck_assert_uint_eq(f->deadline_ns, 2 * SECOND);
    fake_advance(f, 2 * SECOND);
    ck_assert(f->irq[0]);
}
END_TEST

START_TEST(state_survives_save_and_restore)
{
    struct fake_state saved;
    fake_wr(f, MR, 1000000009);
    fake_wr(f, IMSC, 1);
    fake_save(f->dev, &saved);
    f->dev->ops->reset(f->dev);
    ck_assert_uint_eq(f->deadline_ns, UINT64_MAX);
    fake_restore(f->dev, &saved);
    ck_assert(fake_same_state(f->dev, &saved));
    ck_assert_uint_eq(f->deadline_ns, 9 * SECOND);
    free(saved.data);
}
END_TEST

static const TTest *const *const tests[] = {
    &the_clock_is_the_base_plus_virtual_seconds,
    &a_loaded_time_goes_on_from_there_and_survives_reset,
    &a_match_interrupts_at_its_second_and_clears_by_icr,
    &a_masked_match_holds_no_deadline_but_shows_in_ris,
    &a_match_value_equal_to_now_matches_at_once,
    &loading_the_time_moves_the_match,
    &state_survives_save_and_restore,
};

int main(void)
{
    return SUITE_RUN("pl031", setup, teardown, tests);
}
