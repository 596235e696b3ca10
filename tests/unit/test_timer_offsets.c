/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Offsets of libtimer, the guest's and the machine's, and the event stream. */
#include <stdlib.h>

#include "tests/unit/test_timer_fixture.h"
#include "tests/unit/suite.h"

/* -- Offsets ----------------------------------------------------------------------------------- */

START_TEST(cntvoff_is_subtracted_where_the_guest_looks)
{
    rig.now_ns = 1600;
    write_as_el2("CNTHCTL_EL2", 0xc03, 0);
    write_as_el2("CNTVOFF_EL2", 30, 0);
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTVCT_EL0"), 70); /* EL2, E2H 0 */
    rig_as(&rig, 0, 2, HCR_E2H);
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTVCT_EL0"), 100);
    rig_as(&rig, 0, 1, HCR_E2H);
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTVCT_EL0"), 70);
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTPCT_EL0"), 100);
    rig_as(&rig, 0, 3, 0);
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTVCT_EL0"), 70);
    write_as_el2("CNTHCTL_EL2", 3, HOST);
    rig_as(&rig, 0, 0, HOST);
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTVCT_EL0"), 100);
}
END_TEST

START_TEST(only_cntv_is_compared_with_cntvoff)
{
    static const struct {
        const char *cval, *ctl;
        enum timer_id id;
        bool early;
    } rows[] = {
        {"CNTV_CVAL_EL02", "CNTV_CTL_EL02", TIMER_EL1_VIRT, true},
        {"CNTP_CVAL_EL02", "CNTP_CTL_EL02", TIMER_EL1_PHYS, false},
        {"CNTHP_CVAL_EL2", "CNTHP_CTL_EL2", TIMER_EL2_PHYS, false},
        {"CNTHV_CVAL_EL2", "CNTHV_CTL_EL2", TIMER_EL2_VIRT, false},
    };

    write_as_el2("CNTVOFF_EL2", (uint64_t)-50, HCR_E2H);
    for (size_t i = 0; i < 4; i++) {
        rig_write(&rig, 0, rows[i].cval, 100);
        rig_write(&rig, 0, rows[i].ctl, 1);
    }
    rig_at(&rig, 50 * 16);
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(rig.level[0][rows[i].id], rows[i].early);
    rig_at(&rig, 100 * 16);
    for (size_t i = 0; i < 4; i++)
        ck_assert(rig.level[0][rows[i].id]);
}
END_TEST

START_TEST(a_negative_cntvoff_fires_on_time)
{
    write_as_el2("CNTVOFF_EL2", (uint64_t) - (1ll << 40), 0);
    rig_as(&rig, 0, 1, 0);
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTVCT_EL0"), 1ull << 40);
    rig_write(&rig, 0, "CNTV_CVAL_EL0", (1ull << 40) + 10);
    rig_write(&rig, 0, "CNTV_CTL_EL0", 1);
    ck_assert_uint_eq(timers_next_deadline_ns(rig.t), 160);
    rig_at(&rig, 160);
    ck_assert(rig.level[0][TIMER_EL1_VIRT]);
}
END_TEST

START_TEST(a_cval_of_all_ones_with_an_offset_never_fires_early)
{
    rig.now_ns = 1600;
    write_as_el2("CNTVOFF_EL2", 50, 0);
    rig_as(&rig, 0, 1, 0);
    rig_write(&rig, 0, "CNTV_CVAL_EL0", UINT64_MAX);
    rig_write(&rig, 0, "CNTV_CTL_EL0", 1);
    ck_assert(!rig.level[0][TIMER_EL1_VIRT]);
    ck_assert_uint_eq(timers_next_deadline_ns(rig.t), UINT64_MAX);
}
END_TEST

START_TEST(an_offset_that_makes_the_counter_wrap_drops_the_output_at_the_wrap)
{
    write_as_el2("CNTVOFF_EL2", 10, 0); /* the guest's counter starts at -10 */
    rig_as(&rig, 0, 1, 0);
    rig_write(&rig, 0, "CNTV_CVAL_EL0", 5);
    rig_write(&rig, 0, "CNTV_CTL_EL0", 1);
    ck_assert(rig.level[0][TIMER_EL1_VIRT]);
    rig_at(&rig, 10 * 16);
    ck_assert(!rig.level[0][TIMER_EL1_VIRT]);
    rig_at(&rig, 15 * 16);
    ck_assert(rig.level[0][TIMER_EL1_VIRT]);
}
END_TEST

START_TEST(a_changed_cntvoff_re_evaluates_an_armed_timer_at_once)
{
    rig.now_ns = 1600;
    rig_as(&rig, 0, 1, 0);
    rig_write(&rig, 0, "CNTV_CVAL_EL0", 200);
    rig_write(&rig, 0, "CNTV_CTL_EL0", 1);
    write_as_el2("CNTVOFF_EL2", (uint64_t)-100, 0);
    ck_assert(rig.level[0][TIMER_EL1_VIRT]);
    write_as_el2("CNTVOFF_EL2", 0, 0);
    ck_assert(!rig.level[0][TIMER_EL1_VIRT]);
    ck_assert_uint_eq(timers_next_deadline_ns(rig.t), 3200);
}
END_TEST

START_TEST(tval_of_el02_is_relative_to_the_guests_counter)
{
    rig.now_ns = 1600;
    write_as_el2("CNTVOFF_EL2", 30, HCR_E2H);
    rig_write(&rig, 0, "CNTV_TVAL_EL02", 5);
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTV_CVAL_EL02"), 75);
    rig_write(&rig, 0, "CNTHV_TVAL_EL2", 5);
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTHV_CVAL_EL2"), 105);
}
END_TEST

START_TEST(cntpoff_is_in_tval_at_el1_and_not_at_el2_or_el3)
{
    rig.now_ns = 1600;
    rig.pe.scr_el3 = SCR_ECVEN;
    write_as_el2("CNTPOFF_EL2", 40, HCR_E2H);
    write_as_el2("CNTHCTL_EL2", 1u << 12 | 0xc00, HCR_E2H);
    rig_write(&rig, 0, "CNTP_TVAL_EL02", 5);
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTP_CVAL_EL02"), 105);
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTP_TVAL_EL02"), 5);
    for (unsigned el = 1; el <= 3; el++) {
        rig_as(&rig, 0, el, 0);
        write_as_el2("CNTHCTL_EL2", 1u << 12 | 3, 0);
        rig_as(&rig, 0, el, 0);
        rig_write(&rig, 0, "CNTP_TVAL_EL0", 7);
        ck_assert_uint_eq(rig_read(&rig, 0, "CNTP_CVAL_EL0"), el == 1 ? 67 : 107);
        ck_assert_uint_eq(rig_read(&rig, 0, "CNTP_TVAL_EL0"), 7);
    }
}
END_TEST

/* CNTPOFF: ECV and ECVEn set, EL2 enabled, not E2H and TGE; never for reads at EL2 and EL3. */
START_TEST(cntpoff_applies_by_all_its_conditions)
{
    for (unsigned i = 0; i < 16; i++) {
        bool ecv = i & 1, ecven = i & 2, enabled = i & 4, host = i & 8;
        bool applies = ecv && ecven && enabled && !host;

        reopen(ALL);
        rig.now_ns = 1600;
        rig.pe.scr_el3 = SCR_ECVEN;
        write_as_el2("CNTPOFF_EL2", 40, 0);
        write_as_el2("CNTHCTL_EL2", (ecv ? 1u << 12 : 0) | 0xc03, 0);
        rig_write(&rig, 0, "CNTKCTL_EL1", 0x303);
        rig.pe.scr_el3 = ecven ? SCR_ECVEN : 0;
        rig.pe.el2_enabled = enabled;
        rig_as(&rig, 0, host ? 0 : 1, host ? HOST : 0);
        ck_assert_uint_eq(rig_read(&rig, 0, "CNTPCT_EL0"), applies ? 60 : 100);
        rig.pe.el2_enabled = true;
        rig_as(&rig, 0, 2, 0);
        ck_assert_uint_eq(rig_read(&rig, 0, "CNTPCT_EL0"), 100);
        rig_as(&rig, 0, 3, 0);
        ck_assert_uint_eq(rig_read(&rig, 0, "CNTPCT_EL0"), 100);
    }
}
END_TEST

START_TEST(flips_of_tge_ecv_and_ecven_re_evaluate_the_armed_timer)
{
    rig.pe.scr_el3 = SCR_ECVEN;
    write_as_el2("CNTPOFF_EL2", (uint64_t)-100, HCR_E2H);
    write_as_el2("CNTP_CVAL_EL02", 50, HCR_E2H);
    write_as_el2("CNTP_CTL_EL02", 1, HCR_E2H);
    ck_assert(!rig.level[0][TIMER_EL1_PHYS]);
    write_as_el2("CNTHCTL_EL2", 1u << 12, HCR_E2H);
    ck_assert(rig.level[0][TIMER_EL1_PHYS]);
    rig_as(&rig, 0, 2, HOST);
    ck_assert(!rig.level[0][TIMER_EL1_PHYS]);
    ck_assert_uint_eq(timers_next_deadline_ns(rig.t), 50 * 16);
    rig_as(&rig, 0, 2, HCR_E2H);
    ck_assert(rig.level[0][TIMER_EL1_PHYS]);
    rig.pe.scr_el3 = 0;
    rig_as(&rig, 0, 2, HCR_E2H);
    ck_assert(!rig.level[0][TIMER_EL1_PHYS]);
    rig.pe.scr_el3 = SCR_ECVEN;
    rig_as(&rig, 0, 2, HCR_E2H);
    write_as_el2("CNTHCTL_EL2", 0, HCR_E2H);
    ck_assert(!rig.level[0][TIMER_EL1_PHYS]);
}
END_TEST

/* -- The machine's offsets (what a VMM sets from outside) ----------------------------------------
 */

START_TEST(the_system_counter_is_one_value_to_read_and_write)
{
    rig.now_ns = 1600;
    ck_assert_uint_eq(timers_system_counter(rig.t), 100);
    timers_set_system_counter(rig.t, 5000);
    ck_assert_uint_eq(timers_system_counter(rig.t), 5000);
    rig.now_ns += 160;
    ck_assert_uint_eq(timers_system_counter(rig.t), 5010);
    rig_as(&rig, 0, 1, 0);
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTPCT_EL0"), 5010);
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTVCT_EL0"), 5010);
}
END_TEST

START_TEST(counter_and_offsets_are_restored_in_either_order)
{
    for (unsigned counter_first = 0; counter_first < 2; counter_first++) {
        reopen(ALL);
        rig.now_ns = 1600;
        if (counter_first)
            timers_set_system_counter(rig.t, 5000);
        timers_set_offsets(rig.t, 300, 200);
        if (!counter_first)
            timers_set_system_counter(rig.t, 5000);
        rig_as(&rig, 0, 1, 0);
        ck_assert_uint_eq(rig_read(&rig, 0, "CNTPCT_EL0"), 4800);
        ck_assert_uint_eq(rig_read(&rig, 0, "CNTVCT_EL0"), 4700);
    }
}
END_TEST

/* -- A restore in any order: each of these once, in each of 40320 orders --------------------------
 */

enum { RESTORES = 8 };

static bool with_offsets;

static void restore_system(void)
{
    timers_set_system_counter(rig.t, 5000);
}

static void restore_cntvct(void)
{
    timers_write_counter(rig.t, TIMERS_VIRTUAL, 9000);
}

static void restore_cntpct(void)
{
    timers_write_counter(rig.t, TIMERS_PHYSICAL, 7000);
}

/* The other interface, or one timer's own offset. */
static void restore_offsets(void)
{
    if (with_offsets)
        timers_set_offsets(rig.t, 300, (uint64_t)-200);
    else
        timers_set_vcpu_offset(rig.t, 0, TIMER_EL1_VIRT, 17);
}

static void restore_cntvoff(void)
{
    write_as_el2("CNTVOFF_EL2", (uint64_t)-30, 0);
}

static void restore_cntpoff(void)
{
    write_as_el2("CNTPOFF_EL2", 40, 0);
}

static void restore_cnthctl(void)
{
    write_as_el2("CNTHCTL_EL2", 1u << 12 | 3, 0);
}

static void restore_timers(void)
{
    rig_as(&rig, 0, 2, 0);
    rig_write(&rig, 0, "CNTV_CVAL_EL0", with_offsets ? 4731 : 9014);
    rig_write(&rig, 0, "CNTV_CTL_EL0", 1);
    rig_write(&rig, 0, "CNTP_CVAL_EL0", with_offsets ? 5160 : 6960);
    rig_write(&rig, 0, "CNTP_CTL_EL0", 1);
}

/* What a guest at EL1 sees afterwards: CNTV is one tick early, CNTP is due. */
static void expect_restored(void)
{
    rig_as(&rig, 0, 1, 0);
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTVCT_EL0"), with_offsets ? 4730 : 9013);
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTPCT_EL0"), with_offsets ? 5160 : 6960);
    ck_assert(!rig.level[0][TIMER_EL1_VIRT] && rig.level[0][TIMER_EL1_PHYS]);
    ck_assert_uint_eq(timers_next_deadline_ns(rig.t), 1600 + 16);
}

static void restore_in_order(const unsigned *order)
{
    static void (*const restores[RESTORES])(void) = {
        restore_system,  restore_cntvct,  restore_cntpct,  restore_offsets,
        restore_cntvoff, restore_cntpoff, restore_cnthctl, restore_timers};

    reopen(RIG_EL2 | RIG_VHE | RIG_ECV);
    rig.now_ns = 1600;
    for (unsigned i = 0; i < RESTORES; i++)
        restores[order[i]]();
    expect_restored();
}

/* Heap's algorithm. */
static void permute(unsigned *order, unsigned n)
{
    if (n == 1)
        restore_in_order(order);
    for (unsigned i = 0; n > 1 && i < n; i++) {
        unsigned j = n % 2 ? 0 : i, swap;
        permute(order, n - 1);
        swap = order[j];
        order[j] = order[n - 1];
        order[n - 1] = swap;
    }
}

START_TEST(counters_offsets_and_timers_are_restored_in_any_order)
{
    unsigned order[RESTORES];

    for (unsigned i = 0; i < 2 * RESTORES; i++) {
        order[i % RESTORES] = i % RESTORES;
        with_offsets = i >= RESTORES;
        if (i % RESTORES == RESTORES - 1)
            permute(order, RESTORES);
    }
}
END_TEST

START_TEST(the_machines_and_the_guests_virtual_offsets_add_up)
{
    rig.now_ns = 16000;
    timers_set_offsets(rig.t, 100, 0);
    write_as_el2("CNTVOFF_EL2", 30, 0);
    rig_as(&rig, 0, 1, 0);
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTVCT_EL0"), 870);
}
END_TEST

START_TEST(moved_offsets_and_counters_re_evaluate_armed_timers)
{
    rig_as(&rig, 0, 1, 0);
    rig_write(&rig, 0, "CNTV_CVAL_EL0", 100);
    rig_write(&rig, 0, "CNTV_CTL_EL0", 1);
    rig_write(&rig, 0, "CNTP_CVAL_EL0", 100);
    rig_write(&rig, 0, "CNTP_CTL_EL0", 1);
    timers_set_offsets(rig.t, (uint64_t)-100, 0);
    ck_assert(rig.level[0][TIMER_EL1_VIRT] && !rig.level[0][TIMER_EL1_PHYS]);
    timers_set_offsets(rig.t, 0, (uint64_t)-100);
    ck_assert(!rig.level[0][TIMER_EL1_VIRT] && rig.level[0][TIMER_EL1_PHYS]);
    timers_set_offsets(rig.t, 0, 0);
    ck_assert(!rig.level[0][TIMER_EL1_PHYS]);
    timers_set_system_counter(rig.t, 100);
    ck_assert(rig.level[0][TIMER_EL1_VIRT] && rig.level[0][TIMER_EL1_PHYS]);
}
END_TEST

/* -- The event stream -------------------------------------------------------------------------- */

START_TEST(the_event_stream_is_off_after_reset)
{
    ck_assert_uint_eq(timers_next_event_ns(rig.t, 0), UINT64_MAX);
}
END_TEST

START_TEST(an_event_comes_when_the_chosen_bit_rises)
{
    rig_as(&rig, 0, 1, 0);
    rig_write(&rig, 0, "CNTKCTL_EL1", 1 << 2 | 4 << 4); /* bit 4 rises at 16, 48, 80, ... */
    ck_assert_uint_eq(timers_next_event_ns(rig.t, 0), 16 * 16);
    rig.now_ns = 16 * 16 - 1;
    ck_assert_uint_eq(timers_next_event_ns(rig.t, 0), 16 * 16);
    rig.now_ns = 16 * 16;
    ck_assert_uint_eq(timers_next_event_ns(rig.t, 0), 48 * 16);
}
END_TEST

START_TEST(evntdir_chooses_the_falling_edge)
{
    rig_as(&rig, 0, 1, 0);
    rig_write(&rig, 0, "CNTKCTL_EL1", 1 << 2 | 1 << 3 | 4 << 4);
    ck_assert_uint_eq(timers_next_event_ns(rig.t, 0), 32 * 16);
    rig.now_ns = 32 * 16;
    ck_assert_uint_eq(timers_next_event_ns(rig.t, 0), 64 * 16);
}
END_TEST

START_TEST(evntis_shifts_the_bit_by_eight)
{
    rig_as(&rig, 0, 1, 0);
    rig_write(&rig, 0, "CNTKCTL_EL1", 1 << 17 | 1 << 2 | 4 << 4);
    ck_assert_uint_eq(timers_next_event_ns(rig.t, 0), 4096 * 16);
}
END_TEST

START_TEST(the_stream_of_cntkctl_follows_the_virtual_counter)
{
    write_as_el2("CNTVOFF_EL2", (uint64_t)-10, 0);
    rig_as(&rig, 0, 1, 0);
    rig_write(&rig, 0, "CNTKCTL_EL1", 1 << 2 | 4 << 4);
    ck_assert_uint_eq(timers_next_event_ns(rig.t, 0), 6 * 16);
    write_as_el2("CNTHCTL_EL2", 1 << 2 | 2 << 4, 0); /* the physical counter, bit 2 */
    ck_assert_uint_eq(timers_next_event_ns(rig.t, 0), 4 * 16);
}
END_TEST

START_TEST(cntkctl_makes_no_events_while_el2_is_the_host)
{
    rig_as(&rig, 0, 1, 0);
    rig_write(&rig, 0, "CNTKCTL_EL1", 1 << 2 | 4 << 4);
    rig_as(&rig, 0, 2, HOST);
    ck_assert_uint_eq(timers_next_event_ns(rig.t, 0), UINT64_MAX);
    rig_as(&rig, 0, 1, HCR_E2H);
    ck_assert_uint_eq(timers_next_event_ns(rig.t, 0), 16 * 16);
}
END_TEST

START_TEST(an_event_from_before_is_remembered_by_its_time)
{
    rig_as(&rig, 0, 1, 0);
    rig.now_ns = 60 * 16;
    ck_assert(!timers_event_since(rig.t, 0, 0));
    rig_write(&rig, 0, "CNTKCTL_EL1", 1 << 2 | 4 << 4); /* at 16, 48, 80, ... */
    ck_assert(timers_event_since(rig.t, 0, 0));
    ck_assert(timers_event_since(rig.t, 0, 48 * 16 - 1));
    ck_assert(!timers_event_since(rig.t, 0, 48 * 16)); /* behind, not at */
    ck_assert(!timers_event_since(rig.t, 0, 60 * 16));
    rig.now_ns = 80 * 16 - 1;
    ck_assert(!timers_event_since(rig.t, 0, 60 * 16));
    rig.now_ns = 80 * 16;
    ck_assert(timers_event_since(rig.t, 0, 60 * 16));
}
END_TEST

/* WFIT at EL1 with CNTVOFF_EL2, at EL2 with and without E2H, in the host's EL0. */
START_TEST(a_count_is_reached_as_cntvct_shows_it)
{
    write_as_el2("CNTVOFF_EL2", 1000, 0);
    rig.now_ns = 1100 * 16;
    rig_as(&rig, 0, 1, 0);
    ck_assert_uint_eq(timers_reached_ns(rig.t, 0, &rig.pe, 101), 1101 * 16);
    ck_assert_uint_le(timers_reached_ns(rig.t, 0, &rig.pe, 100), rig.now_ns);
    ck_assert_uint_eq(timers_reached_ns(rig.t, 0, &rig.pe, UINT64_MAX), UINT64_MAX);
    rig_as(&rig, 0, 2, 0);
    ck_assert_uint_eq(timers_reached_ns(rig.t, 0, &rig.pe, 101), 1101 * 16);
    rig_as(&rig, 0, 2, HCR_E2H);
    ck_assert_uint_eq(timers_reached_ns(rig.t, 0, &rig.pe, 1101), 1101 * 16);
    rig_as(&rig, 0, 0, HOST);
    ck_assert_uint_eq(timers_reached_ns(rig.t, 0, &rig.pe, 1101), 1101 * 16);
    /* Behind the counter's start it is a huge number: the comparison is unsigned. */
    write_as_el2("CNTVOFF_EL2", 5000, 0);
    rig_as(&rig, 0, 1, 0);
    ck_assert_uint_le(timers_reached_ns(rig.t, 0, &rig.pe, 101), rig.now_ns);
}
END_TEST

static const TTest *const *const tests[] = {
    &cntvoff_is_subtracted_where_the_guest_looks,
    &only_cntv_is_compared_with_cntvoff,
    &a_negative_cntvoff_fires_on_time,
    &a_cval_of_all_ones_with_an_offset_never_fires_early,
    &an_offset_that_makes_the_counter_wrap_drops_the_output_at_the_wrap,
    &a_changed_cntvoff_re_evaluates_an_armed_timer_at_once,
    &tval_of_el02_is_relative_to_the_guests_counter,
    &cntpoff_is_in_tval_at_el1_and_not_at_el2_or_el3,
    &cntpoff_applies_by_all_its_conditions,
    &flips_of_tge_ecv_and_ecven_re_evaluate_the_armed_timer,
    &the_system_counter_is_one_value_to_read_and_write,
    &counter_and_offsets_are_restored_in_either_order,
    &counters_offsets_and_timers_are_restored_in_any_order,
    &the_machines_and_the_guests_virtual_offsets_add_up,
    &moved_offsets_and_counters_re_evaluate_armed_timers,
    &the_event_stream_is_off_after_reset,
    &an_event_comes_when_the_chosen_bit_rises,
    &evntdir_chooses_the_falling_edge,
    &evntis_shifts_the_bit_by_eight,
    &the_stream_of_cntkctl_follows_the_virtual_counter,
    &cntkctl_makes_no_events_while_el2_is_the_host,
    &an_event_from_before_is_remembered_by_its_time,
    &a_count_is_reached_as_cntvct_shows_it,
};

int main(void)
{
    return SUITE_RUN("timer offsets", setup, teardown, tests);
}
