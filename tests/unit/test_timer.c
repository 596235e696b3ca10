/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The counter, comparators and deadlines of libtimer: a test for each sentence of DDI 0487 D12.2.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/test_timer_rig.h"
#include "tests/unit/suite.h"

static struct timer_rig rig;

static void setup(void)
{
    timer_rig_open(&rig, 2, 62500000, 0);
}

static void teardown(void)
{
    timer_rig_close(&rig);
}

/* -- Conversions ------------------------------------------------------------------------------- */

START_TEST(a_tick_of_62_5_mhz_is_16_ns)
{
    ck_assert_uint_eq(timers_ns_to_ticks(rig.t, 15), 0);
    ck_assert_uint_eq(timers_ns_to_ticks(rig.t, 16), 1);
    ck_assert_uint_eq(timers_ticks_to_ns(rig.t, 1), 16);
    ck_assert_uint_eq(timers_ticks_to_ns(rig.t, UINT64_MAX), UINT64_MAX);
}
END_TEST

START_TEST(a_deadline_is_the_first_ns_at_which_the_count_is_reached)
{
    static const uint64_t frequencies[] = {1000000,  19200000,  24000000,
                                           33333333, 999999937, 1000000000};
    static const uint64_t ticks[] = {1, 2, 3, 7, 1000, 999983, 1ull << 33, (1ull << 40) + 17};

    for (size_t f = 0; f < sizeof(frequencies) / sizeof(frequencies[0]); f++) {
        struct timer_rig r;

        timer_rig_open(&r, 1, frequencies[f], 0);
        for (size_t i = 0; i < sizeof(ticks) / sizeof(ticks[0]); i++) {
            uint64_t ns = timers_ticks_to_ns(r.t, ticks[i]);

            ck_assert_uint_ge(timers_ns_to_ticks(r.t, ns), ticks[i]);
            ck_assert_uint_lt(timers_ns_to_ticks(r.t, ns - 1), ticks[i]);
        }
        timer_rig_close(&r);
    }
}
END_TEST

START_TEST(conversion_is_exact_after_five_hundred_years)
{
    struct timer_rig r;
    uint64_t ns = UINT64_MAX - 3;

    timer_rig_open(&r, 1, 1000000000, 0);
    ck_assert_uint_eq(timers_ns_to_ticks(r.t, ns), ns);
    ck_assert_uint_eq(timers_ticks_to_ns(r.t, ns), ns);
    timer_rig_close(&r);
    timer_rig_open(&r, 1, 24000000, 0);
    /* floor((2^64 - 4) * 3 / 125) */
    ck_assert_uint_eq(timers_ns_to_ticks(r.t, ns), 442721857769029238ull);
    timer_rig_close(&r);
}
END_TEST

START_TEST(impossible_configurations_are_refused_with_a_reason)
{
    static const struct {
        unsigned n_vcpus;
        uint64_t hz;
    } bad[] = {{0, 62500000}, {513, 62500000}, {~0u, 62500000}, {1, 999999}, {1, 1000000001}};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct timers_config config = {.n_vcpus = bad[i].n_vcpus, .frequency_hz = bad[i].hz};
        struct timers *t = NULL;
        const char *why = NULL;

        ck_assert_int_eq(timers_create(&config, &t, &why), -EINVAL);
        ck_assert_ptr_nonnull(why);
        ck_assert_ptr_null(t);
    }
}
END_TEST

/* -- CVAL -------------------------------------------------------------------------------------- */

START_TEST(the_output_rises_at_cval_and_not_a_ns_before)
{
    rig_write(&rig, 0, "CNTV_CVAL_EL0", 1000);
    rig_write(&rig, 0, "CNTV_CTL_EL0", 1);
    ck_assert_uint_eq(timers_next_deadline_ns(rig.t), 16000);
    rig_at(&rig, 15999);
    ck_assert(!rig.level[0][TIMER_EL1_VIRT]);
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTV_CTL_EL0"), 1);
    rig_at(&rig, 16000);
    ck_assert(rig.level[0][TIMER_EL1_VIRT]);
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTV_CTL_EL0"), 5);
    ck_assert_uint_ne(timers_next_deadline_ns(rig.t), 16000);
}
END_TEST

START_TEST(a_cval_in_the_past_fires_at_once)
{
    rig_at(&rig, 1000000);
    rig_write(&rig, 0, "CNTP_CVAL_EL0", 0);
    ck_assert(!rig.level[0][TIMER_EL1_PHYS]);
    rig_write(&rig, 0, "CNTP_CTL_EL0", 1);
    ck_assert(rig.level[0][TIMER_EL1_PHYS]);
}
END_TEST

START_TEST(a_later_cval_takes_the_output_down)
{
    rig_at(&rig, 1000000);
    rig_write(&rig, 0, "CNTP_CTL_EL0", 1);
    ck_assert(rig.level[0][TIMER_EL1_PHYS]);
    rig_write(&rig, 0, "CNTP_CVAL_EL0", 1000000);
    ck_assert(!rig.level[0][TIMER_EL1_PHYS]);
    ck_assert_uint_eq(timers_next_deadline_ns(rig.t), 16000000);
}
END_TEST

START_TEST(the_comparison_is_unsigned)
{
    /* -1 as a CVAL is the end of time, not the past. */
    rig_at(&rig, 1000000);
    rig_write(&rig, 0, "CNTV_CVAL_EL0", UINT64_MAX);
    rig_write(&rig, 0, "CNTV_CTL_EL0", 1);
    ck_assert(!rig.level[0][TIMER_EL1_VIRT]);
    ck_assert_uint_eq(timers_next_deadline_ns(rig.t), UINT64_MAX);
}
END_TEST

START_TEST(a_counter_that_wraps_takes_the_output_down_by_itself)
{
    timers_set_system_counter(rig.t, UINT64_MAX - 9);
    rig_write(&rig, 0, "CNTV_CVAL_EL0", UINT64_MAX - 4);
    rig_write(&rig, 0, "CNTV_CTL_EL0", 1);
    ck_assert_uint_eq(timers_next_deadline_ns(rig.t), 5 * 16);
    rig_at(&rig, 5 * 16);
    ck_assert(rig.level[0][TIMER_EL1_VIRT]);
    ck_assert_uint_eq(timers_next_deadline_ns(rig.t), 10 * 16);
    rig_at(&rig, 10 * 16);
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTVCT_EL0"), 0);
    ck_assert(!rig.level[0][TIMER_EL1_VIRT]);
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTV_CTL_EL0"), 1);
}
END_TEST

START_TEST(a_cval_of_zero_stays_met_over_the_wrap)
{
    timers_set_system_counter(rig.t, UINT64_MAX);
    rig_write(&rig, 0, "CNTV_CTL_EL0", 1);
    ck_assert(rig.level[0][TIMER_EL1_VIRT]);
    rig_at(&rig, 16);
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTVCT_EL0"), 0);
    ck_assert(rig.level[0][TIMER_EL1_VIRT]);
    ck_assert_uint_eq(rig.changes, 1);
}
END_TEST

/* -- TVAL -------------------------------------------------------------------------------------- */

START_TEST(tval_counts_from_now)
{
    rig_at(&rig, 1600);
    rig_write(&rig, 0, "CNTV_TVAL_EL0", 50);
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTV_CVAL_EL0"), 150);
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTV_TVAL_EL0"), 50);
    rig_at(&rig, 1600 + 20 * 16);
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTV_TVAL_EL0"), 30);
}
END_TEST

START_TEST(tval_goes_on_below_zero_after_it_expired)
{
    rig_write(&rig, 0, "CNTV_TVAL_EL0", 1);
    rig_write(&rig, 0, "CNTV_CTL_EL0", 1);
    rig_at(&rig, 16);
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTV_TVAL_EL0"), 0);
    rig_at(&rig, 32);
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTV_TVAL_EL0"), 0xffffffff);
}
END_TEST

START_TEST(tval_is_written_as_a_signed_32_bit_number)
{
    rig_at(&rig, 16 * 1000);
    rig_write(&rig, 0, "CNTV_TVAL_EL0", 0xffffffff);
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTV_CVAL_EL0"), 999);
    rig_write(&rig, 0, "CNTV_TVAL_EL0", 0xabcd00000000ull | 7); /* the upper half is not used */
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTV_CVAL_EL0"), 1007);
    rig_write(&rig, 0, "CNTV_TVAL_EL0", 0x80000000);
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTV_CVAL_EL0"), 1000 - (1ull << 31));
}
END_TEST

START_TEST(tval_reads_the_low_half_of_a_far_distance)
{
    rig_write(&rig, 0, "CNTV_CVAL_EL0", 0x1234567890ull);
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTV_TVAL_EL0"), 0x34567890);
}
END_TEST

START_TEST(a_negative_tval_near_power_on_means_far_future_by_the_unsigned_rule)
{
    rig_write(&rig, 0, "CNTV_TVAL_EL0", 0xffffffff);
    rig_write(&rig, 0, "CNTV_CTL_EL0", 1);
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTV_CVAL_EL0"), UINT64_MAX);
    ck_assert(!rig.level[0][TIMER_EL1_VIRT]);
}
END_TEST

/* -- CTL --------------------------------------------------------------------------------------- */

START_TEST(istatus_ignores_imask_and_the_output_does_not)
{
    rig_at(&rig, 1000);
    rig_write(&rig, 0, "CNTV_CTL_EL0", 3);
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTV_CTL_EL0"), 7);
    ck_assert(!rig.level[0][TIMER_EL1_VIRT]);
    rig_write(&rig, 0, "CNTV_CTL_EL0", 1);
    ck_assert(rig.level[0][TIMER_EL1_VIRT]);
    rig_write(&rig, 0, "CNTV_CTL_EL0", 3);
    ck_assert(!rig.level[0][TIMER_EL1_VIRT]);
}
END_TEST

START_TEST(a_masked_or_disabled_timer_sets_no_deadline)
{
    rig_write(&rig, 0, "CNTV_CVAL_EL0", 1000);
    ck_assert_uint_eq(timers_next_deadline_ns(rig.t), UINT64_MAX);
    rig_write(&rig, 0, "CNTV_CTL_EL0", 3);
    ck_assert_uint_eq(timers_next_deadline_ns(rig.t), UINT64_MAX);
    rig_write(&rig, 0, "CNTV_CTL_EL0", 1);
    ck_assert_uint_eq(timers_next_deadline_ns(rig.t), 16000);
    rig_write(&rig, 0, "CNTV_CTL_EL0", 0);
    ck_assert_uint_eq(timers_next_deadline_ns(rig.t), UINT64_MAX);
}
END_TEST

START_TEST(ctl_keeps_two_bits_and_istatus_is_read_only)
{
    rig_write(&rig, 0, "CNTV_CVAL_EL0", UINT64_MAX);
    rig_write(&rig, 0, "CNTV_CTL_EL0", UINT64_MAX);
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTV_CTL_EL0"), 3);
}
END_TEST

START_TEST(disabling_stops_the_output_but_not_the_counting)
{
    rig_write(&rig, 0, "CNTV_TVAL_EL0", 10);
    rig_write(&rig, 0, "CNTV_CTL_EL0", 1);
    rig_write(&rig, 0, "CNTV_CTL_EL0", 0);
    rig_at(&rig, 20 * 16);
    ck_assert(!rig.level[0][TIMER_EL1_VIRT]);
    rig_write(&rig, 0, "CNTV_CTL_EL0", 1);
    ck_assert(rig.level[0][TIMER_EL1_VIRT]);
}
END_TEST

/* -- Deadlines --------------------------------------------------------------------------------- */

START_TEST(the_earliest_of_all_vcpus_and_timers_is_next)
{
    rig_write(&rig, 0, "CNTP_CVAL_EL0", 300);
    rig_write(&rig, 0, "CNTP_CTL_EL0", 1);
    rig_write(&rig, 1, "CNTV_CVAL_EL0", 200);
    rig_write(&rig, 1, "CNTV_CTL_EL0", 1);
    rig_write(&rig, 1, "CNTP_CVAL_EL0", 400);
    rig_write(&rig, 1, "CNTP_CTL_EL0", 1);
    ck_assert_uint_eq(timers_next_deadline_ns(rig.t), 200 * 16);
    rig_at(&rig, 300 * 16);
    ck_assert(rig.level[1][TIMER_EL1_VIRT] && rig.level[0][TIMER_EL1_PHYS]);
    ck_assert(!rig.level[1][TIMER_EL1_PHYS]);
    ck_assert_uint_eq(timers_next_deadline_ns(rig.t), 400 * 16);
}
END_TEST

START_TEST(the_embedder_hears_of_earlier_deadlines_only)
{
    rig_write(&rig, 0, "CNTP_CVAL_EL0", 300);
    rig_write(&rig, 0, "CNTP_CTL_EL0", 1);
    ck_assert_uint_eq(rig.deadline_calls, 1);
    rig_write(&rig, 0, "CNTP_CVAL_EL0", 200);
    ck_assert_uint_eq(rig.deadline_calls, 2);
    rig_write(&rig, 0, "CNTP_CVAL_EL0", 500);
    ck_assert_uint_eq(rig.deadline_calls, 2);
}
END_TEST

START_TEST(advancing_ahead_of_the_clock_neither_fires_nor_hangs)
{
    rig_write(&rig, 0, "CNTP_CVAL_EL0", 300);
    rig_write(&rig, 0, "CNTP_CTL_EL0", 1);
    timers_advance(rig.t, UINT64_MAX);
    ck_assert(!rig.level[0][TIMER_EL1_PHYS]);
}
END_TEST

/* A model without a heap, of each vCPU's CNTP and CNTV. */
struct plain {
    uint64_t cval[17][2];
    bool on[17][2];
};

/* The earliest deadline by a search over all timers, or UINT64_MAX; checks the levels on the way.
 */
static uint64_t search(const struct timer_rig *r, const struct plain *p, bool *levels_agree)
{
    uint64_t earliest = UINT64_MAX;

    for (unsigned i = 0; i < 2 * 17; i++) {
        uint64_t at = p->cval[i / 2][i % 2];
        bool on = p->on[i / 2][i % 2];

        *levels_agree &=
            r->level[i / 2][i % 2 ? TIMER_EL1_VIRT : TIMER_EL1_PHYS] == (on && at <= r->now_ns);
        if (on && at > r->now_ns && at < earliest)
            earliest = at;
    }
    return earliest;
}

/* In random order timers are armed, moved and stopped. */
START_TEST(the_heap_agrees_with_a_search_over_all_timers)
{
    static struct plain p;
    struct timer_rig r;
    uint64_t seed = 12345;
    bool agree = true;

    timer_rig_open(&r, 17, 1000000000, 0);
    for (unsigned step = 0; step < 5000; step++) {
        uint64_t want, random = rig_random(&seed);
        unsigned vcpu = random % 17, which = random >> 8 & 1;

        p.cval[vcpu][which] = r.now_ns + (random >> 16) % 5000;
        p.on[vcpu][which] = (random >> 9 & 3) != 0;
        rig_write(&r, vcpu, which ? "CNTV_CVAL_EL0" : "CNTP_CVAL_EL0", p.cval[vcpu][which]);
        rig_write(&r, vcpu, which ? "CNTV_CTL_EL0" : "CNTP_CTL_EL0", p.on[vcpu][which]);
        rig_at(&r, r.now_ns + (random >> 40) % 40);
        want = search(&r, &p, &agree);
        ck_assert(agree);
        if (want != UINT64_MAX)
            ck_assert_uint_eq(timers_next_deadline_ns(r.t), want);
        else /* only the wrap, 584 years away, is left */
            ck_assert_uint_gt(timers_next_deadline_ns(r.t), 1ull << 62);
    }
    timer_rig_close(&r);
}
END_TEST

/* -- Reset, save and restore ------------------------------------------------------------------- */

START_TEST(resetting_a_vcpu_stops_its_timers_and_no_others)
{
    rig_at(&rig, 1000);
    rig_write(&rig, 0, "CNTV_CTL_EL0", 1);
    rig_write(&rig, 1, "CNTV_CTL_EL0", 1);
    rig_write(&rig, 0, "CNTKCTL_EL1", 3);
    timers_reset_vcpu(rig.t, 0);
    ck_assert(!rig.level[0][TIMER_EL1_VIRT]);
    ck_assert(rig.level[1][TIMER_EL1_VIRT]);
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTKCTL_EL1"), 0);
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTV_CTL_EL0"), 0);
}
END_TEST

START_TEST(creating_or_resetting_a_vcpu_moves_no_counter)
{
    rig_at(&rig, 160000);
    timers_set_system_counter(rig.t, 77);
    timers_reset_vcpu(rig.t, 1);
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTVCT_EL0"), 77);
    ck_assert_uint_eq(rig_read(&rig, 1, "CNTVCT_EL0"), 77);
    timers_reset(rig.t);
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTVCT_EL0"), 77);
}
END_TEST

struct blob {
    unsigned char bytes[4096];
    size_t at;
};

static void save_piece(void *opaque, const char *name, void *data, size_t size_bytes)
{
    struct blob *b = opaque;

    ck_assert_ptr_nonnull(name);
    ck_assert_uint_le(b->at + size_bytes, sizeof(b->bytes));
    memcpy(b->bytes + b->at, data, size_bytes);
    b->at += size_bytes;
}

static void load_piece(void *opaque, const char *name, void *data, size_t size_bytes)
{
    struct blob *b = opaque;

    (void)name;
    memcpy(data, b->bytes + b->at, size_bytes);
    b->at += size_bytes;
}

START_TEST(a_restored_machine_fires_when_the_saved_one_would_have)
{
    static struct blob b;
    struct timer_rig other;

    b.at = 0;
    rig_at(&rig, 160);
    timers_set_system_counter(rig.t, 1000000);
    rig_write(&rig, 1, "CNTV_TVAL_EL0", 90);
    rig_write(&rig, 1, "CNTV_CTL_EL0", 1);
    timers_visit(rig.t, save_piece, &b);

    timer_rig_open(&other, 2, 62500000, 0);
    rig_at(&other, 160);
    b.at = 0;
    timers_visit(other.t, load_piece, &b);
    timers_after_restore(other.t);
    ck_assert_uint_eq(timers_next_deadline_ns(other.t), 100 * 16);
    rig_at(&other, 100 * 16);
    ck_assert(other.level[1][TIMER_EL1_VIRT]);
    ck_assert_uint_eq(rig_read(&other, 1, "CNTVCT_EL0"), 1000090);
    timer_rig_close(&other);
}
END_TEST

static const TTest *const *const tests[] = {
    &a_tick_of_62_5_mhz_is_16_ns,
    &a_deadline_is_the_first_ns_at_which_the_count_is_reached,
    &conversion_is_exact_after_five_hundred_years,
    &impossible_configurations_are_refused_with_a_reason,
    &the_output_rises_at_cval_and_not_a_ns_before,
    &a_cval_in_the_past_fires_at_once,
    &a_later_cval_takes_the_output_down,
    &the_comparison_is_unsigned,
    &a_counter_that_wraps_takes_the_output_down_by_itself,
    &a_cval_of_zero_stays_met_over_the_wrap,
    &tval_counts_from_now,
    &tval_goes_on_below_zero_after_it_expired,
    &tval_is_written_as_a_signed_32_bit_number,
    &tval_reads_the_low_half_of_a_far_distance,
    &a_negative_tval_near_power_on_means_far_future_by_the_unsigned_rule,
    &istatus_ignores_imask_and_the_output_does_not,
    &a_masked_or_disabled_timer_sets_no_deadline,
    &ctl_keeps_two_bits_and_istatus_is_read_only,
    &disabling_stops_the_output_but_not_the_counting,
    &the_earliest_of_all_vcpus_and_timers_is_next,
    &the_embedder_hears_of_earlier_deadlines_only,
    &advancing_ahead_of_the_clock_neither_fires_nor_hangs,
    &the_heap_agrees_with_a_search_over_all_timers,
    &resetting_a_vcpu_stops_its_timers_and_no_others,
    &creating_or_resetting_a_vcpu_moves_no_counter,
    &a_restored_machine_fires_when_the_saved_one_would_have,
};

int main(void)
{
    return SUITE_RUN("timer", setup, teardown, tests);
}
