/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "emu/chooser.h"
#include "tests/unit/suite.h"

static uint32_t last_asked;

static uint32_t answer_seven(void *opaque, enum choice choice, unsigned vcpu, uint32_t n_options)
{
    (void)opaque, (void)choice, (void)vcpu;
    last_asked = n_options;
    return 7;
}

START_TEST(without_a_policy_the_answer_is_the_plain_one)
{
    struct chooser c = {0};

    ck_assert_uint_eq(choose(&c, CHOICE_TURN, 0, 1000), 0);
    ck_assert_uint_eq(c.asked[CHOICE_TURN], 1);
}
END_TEST

START_TEST(a_policy_answers_and_is_kept_within_the_options)
{
    struct chooser c = {.policy = answer_seven};

    ck_assert_uint_eq(choose(&c, CHOICE_NEXT_VCPU, 0, 10), 7);
    ck_assert_uint_eq(last_asked, 10);
    ck_assert_uint_eq(choose(&c, CHOICE_NEXT_VCPU, 0, 5), 2);
    ck_assert_uint_eq(choose(&c, CHOICE_NEXT_VCPU, 0, 1), 0);
}
END_TEST

START_TEST(the_same_seed_gives_the_same_answers)
{
    struct chooser a, b, other;

    chooser_init(&a, &(struct choices){.random = true, .seed = 5});
    chooser_init(&b, &(struct choices){.random = true, .seed = 5});
    chooser_init(&other, &(struct choices){.random = true, .seed = 6});
    unsigned differ = 0, small = 0;
    for (unsigned i = 0; i < 1000; i++) {
        uint32_t n = choose(&a, CHOICE_TURN, 0, 50000);

        ck_assert_uint_lt(n, 50000);
        ck_assert_uint_eq(choose(&b, CHOICE_TURN, 0, 50000), n);
        differ += choose(&other, CHOICE_TURN, 0, 50000) != n;
        small += n < 64;
    }
    ck_assert_uint_gt(differ, 900);
    ck_assert_uint_gt(small, 250);
}
END_TEST

START_TEST(chance_takes_each_of_few_options)
{
    struct error err = {0};
    struct choices choices = {0};
    struct chooser c;
    unsigned taken[4] = {0};

    ck_assert_int_eq(choices_parse(&choices, "random:0", &err), 0);
    ck_assert(choices.random);
    chooser_init(&c, &choices);
    for (unsigned i = 0; i < 4000; i++)
        taken[choose(&c, CHOICE_NEXT_VCPU, 0, 4)]++;
    for (unsigned i = 0; i < 4; i++)
        ck_assert_uint_gt(taken[i], 800);
}
END_TEST

START_TEST(every_choice_has_a_name)
{
    for (unsigned i = 0; i < N_CHOICES; i++)
        ck_assert_ptr_nonnull(choice_name((enum choice)i));
    ck_assert_ptr_null(choice_name(N_CHOICES));
}
END_TEST

static const TTest *const *const tests[] = {
    &without_a_policy_the_answer_is_the_plain_one,
    &a_policy_answers_and_is_kept_within_the_options,
    &the_same_seed_gives_the_same_answers,
    &chance_takes_each_of_few_options,
    &every_choice_has_a_name,
};

int main(void)
{
    return SUITE_RUN("chooser", NULL, NULL, tests);
}
