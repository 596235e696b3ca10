/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory-mapped timers of libtimer, its offsets from outside, masks of FEAT_RME. */
#include <errno.h>
#include <stdlib.h>

#include "tests/unit/test_timer_fixture.h"
#include "timer/frames.h"
#include "tests/unit/suite.h"

static bool lines[8][2];

static void on_frame(void *opaque, unsigned frame, bool is_virtual, bool level)
{
    (void)opaque;
    ck_assert_int_ne(lines[frame][is_virtual], level);
    lines[frame][is_virtual] = level;
}

static void open_with(unsigned n_vcpus, bool el3)
{
    const char *why;
    struct timers_config config = {
        .n_vcpus = n_vcpus,
        .frequency_hz = 62500000,
        .has_el2 = true,
        .has_el3 = el3,
        .has_vhe = true,
        .has_ecv = true,
        .has_rme = true,
        .n_frames = 3,
        .frames_virtual = 3,
        .frames_el0 = 1,
        .opaque = &rig,
        .now_ns = rig_now,
        .set_line = rig_set_line,
        .set_frame_line = on_frame,
        .deadline_changed = rig_deadline_changed,
    };

    timers_destroy(rig.t);
    memset(&rig, 0, sizeof(rig));
    memset(lines, 0, sizeof(lines));
    rig.pe.el2_enabled = true;
    ck_assert_int_eq(timers_create(&config, &rig.t, &why), 0);
}

static void start(void)
{
    rig.t = NULL;
    open_with(2, true);
}

static uint64_t get(enum timers_frame_kind kind, unsigned n, bool secure, uint64_t at,
                    unsigned bytes)
{
    uint64_t value = 1;

    ck_assert_int_eq(timers_frame_read(rig.t, kind, n, secure, at, bytes, &value), 0);
    return value;
}

static void put(enum timers_frame_kind kind, unsigned n, bool secure, uint64_t at, unsigned bytes,
                uint64_t value)
{
    ck_assert_int_eq(timers_frame_write(rig.t, kind, n, secure, at, bytes, value), 0);
}

static void open_frame(unsigned n)
{
    put(TIMERS_CNTCTLBASE, 0, true, 0x40 + 4 * n, 4, 0x3f);
}

/* -- Frames ------------------------------------------------------------------------------------ */

START_TEST(a_size_that_is_not_4_or_8_is_refused)
{
    uint64_t value;

    ck_assert_int_eq(timers_frame_read(rig.t, TIMERS_CNTBASE, 0, true, 0, 2, &value), -EFAULT);
    ck_assert_int_eq(timers_frame_read(rig.t, TIMERS_CNTBASE, 0, true, 4, 8, &value), -EFAULT);
    ck_assert_int_eq(timers_frame_read(rig.t, TIMERS_CNTBASE, 3, true, 0, 4, &value), -EFAULT);
    ck_assert_int_eq(timers_frame_read(rig.t, TIMERS_CNTEL0BASE, 1, true, 0, 4, &value), -EFAULT);
    ck_assert_int_eq(timers_frame_write(rig.t, TIMERS_CNTBASE, 0, true, 4096, 4, 0), -EFAULT);
}
END_TEST

START_TEST(a_frame_fires_by_the_physical_counter_and_its_own_offset)
{
    open_frame(1);
    put(TIMERS_CNTCTLBASE, 0, true, 0x88, 8, 50);
    put(TIMERS_CNTBASE, 1, true, 0x20, 8, 100);
    put(TIMERS_CNTBASE, 1, true, 0x30, 8, 100);
    put(TIMERS_CNTBASE, 1, true, 0x2c, 4, 1);
    put(TIMERS_CNTBASE, 1, true, 0x3c, 4, 1);
    rig_at(&rig, 100 * 16);
    ck_assert(lines[1][0] && !lines[1][1]);
    rig_at(&rig, 150 * 16);
    ck_assert(lines[1][1]);
    put(TIMERS_CNTCTLBASE, 0, true, 0x88, 4, 51);
    ck_assert(!lines[1][1]);
    ck_assert_uint_eq(timers_next_deadline_ns(rig.t), 151 * 16);
}
END_TEST

START_TEST(cntnsar_opens_a_frame_to_the_non_secure_side)
{
    open_frame(0);
    ck_assert_uint_eq(get(TIMERS_CNTCTLBASE, 0, false, 0x40, 4), 0);
    put(TIMERS_CNTBASE, 0, false, 0x20, 8, 7);
    put(TIMERS_CNTCTLBASE, 0, false, 4, 4, 1); /* not by itself */
    ck_assert_uint_eq(get(TIMERS_CNTBASE, 0, true, 0x20, 8), 0);
    put(TIMERS_CNTCTLBASE, 0, true, 4, 4, 0xff);
    ck_assert_uint_eq(get(TIMERS_CNTCTLBASE, 0, true, 4, 4), 7);
    ck_assert_uint_eq(get(TIMERS_CNTCTLBASE, 0, false, 4, 4), 0);
    ck_assert_uint_eq(get(TIMERS_CNTCTLBASE, 0, false, 0x40, 4), 0x3f);
    put(TIMERS_CNTBASE, 0, false, 0x20, 8, 7);
    ck_assert_uint_eq(get(TIMERS_CNTBASE, 0, true, 0x20, 8), 7);
    put(TIMERS_CNTCTLBASE, 0, false, 0, 4, 1);
    ck_assert_uint_eq(get(TIMERS_CNTCTLBASE, 0, false, 0, 4), 62500000);
    ck_assert_uint_eq(get(TIMERS_CNTCONTROLBASE, 0, false, 0, 4), 0);
}
END_TEST

/* Each bit of CNTACR<n> and CNTEL0ACR alone: what it opens reads its value, the rest 0. */
START_TEST(each_access_bit_opens_its_registers_alone)
{
    static const struct {
        uint32_t at, acr, el0acr;
    } rows[] = {{0x00, 1, 1},    {0x08, 2, 2},    {0x10, 4, 1},    {0x10, 4, 2},
                {0x20, 32, 512}, {0x28, 32, 512}, {0x30, 16, 256}, {0x38, 16, 256}};

    rig.now_ns = 1600;
    open_frame(0);
    for (unsigned i = 0; i < 2; i++)
        put(TIMERS_CNTBASE, 0, true, 0x20 + 16 * i, 8, 1000);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        put(TIMERS_CNTCTLBASE, 0, true, 0x40, 4, rows[i].acr);
        put(TIMERS_CNTBASE, 0, true, 0x14, 4, rows[i].el0acr);
        ck_assert_uint_ne(get(TIMERS_CNTBASE, 0, true, rows[i].at, 4), 0);
        ck_assert_uint_ne(get(TIMERS_CNTEL0BASE, 0, true, rows[i].at, 4), 0);
        put(TIMERS_CNTBASE, 0, true, 0x14, 4,
            0x303 & ~rows[i].el0acr & (rows[i].at == 0x10 ? 0x300 : ~0u));
        ck_assert_uint_eq(get(TIMERS_CNTEL0BASE, 0, true, rows[i].at, 4), 0);
        put(TIMERS_CNTCTLBASE, 0, true, 0x40, 4, 0x3f & ~rows[i].acr);
        ck_assert_uint_eq(get(TIMERS_CNTBASE, 0, true, rows[i].at, 4), 0);
    }
}
END_TEST

START_TEST(a_stopped_counter_stands_and_goes_on_from_where_it_was)
{
    rig.now_ns = 1600;
    rig_as(&rig, 0, 1, 0);
    rig_write(&rig, 0, "CNTV_CVAL_EL0", 200);
    rig_write(&rig, 0, "CNTV_CTL_EL0", 1);
    put(TIMERS_CNTCONTROLBASE, 0, true, 0, 4, 0);
    ck_assert_uint_eq(timers_next_deadline_ns(rig.t), UINT64_MAX);
    rig.now_ns = 16000;
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTVCT_EL0"), 100);
    put(TIMERS_CNTCONTROLBASE, 0, true, 8, 8, 150);
    ck_assert_uint_eq(get(TIMERS_CNTREADBASE, 0, false, 0, 8), 150);
    put(TIMERS_CNTCONTROLBASE, 0, true, 0, 4, 1);
    ck_assert_uint_eq(timers_next_deadline_ns(rig.t), 16000 + 50 * 16);
    rig_at(&rig, 16000 + 50 * 16);
    ck_assert(rig.level[0][TIMER_EL1_VIRT]);
}
END_TEST

START_TEST(a_reset_lets_outputs_of_frames_fall)
{
    open_frame(0);
    put(TIMERS_CNTBASE, 0, true, 0x2c, 4, 1);
    ck_assert(lines[0][0]);
    timers_reset(rig.t);
    ck_assert(!lines[0][0]);
    ck_assert_uint_eq(get(TIMERS_CNTCTLBASE, 0, true, 0x40, 4), 0);
}
END_TEST

/* -- Offsets from outside ---------------------------------------------------------------------- */

START_TEST(a_written_counter_sets_its_offset_until_offsets_were_set)
{
    rig.now_ns = 1600;
    rig_as(&rig, 0, 1, 0);
    ck_assert(timers_write_counter(rig.t, TIMERS_VIRTUAL, 5000));
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTVCT_EL0"), 5000);
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTPCT_EL0"), 100);
    ck_assert_uint_eq(timers_read_counter(rig.t, TIMERS_VIRTUAL), 5000);
    timers_set_offsets(rig.t, 10, 20);
    ck_assert(!timers_write_counter(rig.t, TIMERS_VIRTUAL, 5000));
    ck_assert(!timers_write_counter(rig.t, TIMERS_PHYSICAL, 5000));
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTVCT_EL0"), 90);
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTPCT_EL0"), 80);
}
END_TEST

/* A counter and CNTVOFF_EL2, in either order, as fcvm's restore had it wrong. */
START_TEST(a_counter_is_restored_before_or_after_cntvoff)
{
    for (unsigned first = 0; first < 2; first++) {
        open_with(2, true);
        rig.now_ns = 1600;
        if (first)
            timers_write_counter(rig.t, TIMERS_VIRTUAL, 5000);
        write_as_el2("CNTVOFF_EL2", 30, 0);
        if (!first)
            timers_write_counter(rig.t, TIMERS_VIRTUAL, 5000);
        rig_as(&rig, 0, 1, 0);
        ck_assert_uint_eq(rig_read(&rig, 0, "CNTVCT_EL0"), 4970);
    }
}
END_TEST

START_TEST(a_vcpus_own_offset_is_no_other_vcpus_and_stays_through_its_reset)
{
    rig.now_ns = 1600;
    rig_as(&rig, 0, 1, 0);
    rig_as(&rig, 1, 1, 0);
    for (unsigned i = 0; i < 2; i++) {
        rig_write(&rig, i, "CNTV_CVAL_EL0", 200);
        rig_write(&rig, i, "CNTV_CTL_EL0", 1);
    }
    timers_set_vcpu_offset(rig.t, 0, TIMER_EL1_VIRT, (uint64_t)-100);
    ck_assert(rig.level[0][TIMER_EL1_VIRT] && !rig.level[1][TIMER_EL1_VIRT]);
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTVCT_EL0"), 200);
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTPCT_EL0"), 100);
    timers_reset_vcpu(rig.t, 0);
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTVCT_EL0"), 200);
    ck_assert_uint_eq(rig_read(&rig, 1, "CNTVCT_EL0"), 100);
    ck_assert_uint_eq(timers_next_deadline_ns(rig.t), 200 * 16);
}
END_TEST

START_TEST(the_tree_adds_up)
{
    struct timers_tree tree;

    rig.now_ns = 16000;
    timers_set_system_counter(rig.t, 5000);
    timers_set_offsets(rig.t, 10, 20);
    timers_set_vcpu_offset(rig.t, 0, TIMER_EL1_PHYS, 3);
    rig.pe.scr_el3 = SCR_ECVEN;
    write_as_el2("CNTVOFF_EL2", 100, 0);
    write_as_el2("CNTPOFF_EL2", 200, 0);
    timers_get_tree(rig.t, 0, &tree);
    ck_assert_uint_eq(tree.host_ticks - tree.system_offset, 5000);
    ck_assert_uint_eq(tree.cntvct, 4890);
    ck_assert_uint_eq(tree.cntpct, 4977);
    ck_assert_str_eq(tree.cntpoff_idle, "CNTHCTL_EL2.ECV is 0");
    write_as_el2("CNTHCTL_EL2", 1 << 12, 0);
    timers_get_tree(rig.t, 0, &tree);
    ck_assert_ptr_null(tree.cntpoff_idle);
    ck_assert_uint_eq(tree.cntpct, 4777);
}
END_TEST

/* -- Traps and masks --------------------------------------------------------------------------- */

START_TEST(cntpoff_traps_to_el3_without_ecven)
{
    rig_as(&rig, 0, 2, 0);
    ck_assert_int_eq(rig_check(&rig, "CNTPOFF_EL2", true), TIMER_ACCESS_TRAP_EL3);
    rig_as(&rig, 0, 3, 0);
    ck_assert_int_eq(rig_check(&rig, "CNTPOFF_EL2", true), TIMER_ACCESS_OK);
    rig.pe.scr_el3 = SCR_ECVEN;
    rig_as(&rig, 0, 2, 0);
    ck_assert_int_eq(rig_check(&rig, "CNTPOFF_EL2", true), TIMER_ACCESS_OK);
}
END_TEST

/* Both masks change in one write: each timer follows (Q6). */
START_TEST(both_masks_of_rme_count_at_once_in_realm_and_root_state_alone)
{
    const uint64_t both = 3ull << 18;

    rig_as(&rig, 0, 1, 0);
    write_as_el2("CNTHCTL_EL2", 3, 0);
    rig_as(&rig, 0, 1, 0);
    rig_write(&rig, 0, "CNTP_CTL_EL0", 1);
    rig_write(&rig, 0, "CNTV_CTL_EL0", 1);
    write_as_el2("CNTHCTL_EL2", 3 | both, 0);
    ck_assert(rig.level[0][TIMER_EL1_PHYS] && rig.level[0][TIMER_EL1_VIRT]);
    rig.pe.realm_or_root = true;
    rig_as(&rig, 0, 1, 0);
    ck_assert(!rig.level[0][TIMER_EL1_PHYS] && !rig.level[0][TIMER_EL1_VIRT]);
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTV_CTL_EL0"), 5); /* IMASK reads as it was written */
    write_as_el2("CNTHCTL_EL2", 3, 0);
    ck_assert(rig.level[0][TIMER_EL1_PHYS] && rig.level[0][TIMER_EL1_VIRT]);
    write_as_el2("CNTHCTL_EL2", 3 | both, 0);
    ck_assert(!rig.level[0][TIMER_EL1_PHYS] && !rig.level[0][TIMER_EL1_VIRT]);
}
END_TEST

START_TEST(each_pe_has_a_cntfrq_of_its_own)
{
    rig_as(&rig, 0, 3, 0);
    rig_write(&rig, 0, "CNTFRQ_EL0", 1000000);
    ck_assert_uint_eq(rig_read(&rig, 1, "CNTFRQ_EL0"), 62500000);
}
END_TEST

static const TTest *const *const tests[] = {
    &a_size_that_is_not_4_or_8_is_refused,
    &a_frame_fires_by_the_physical_counter_and_its_own_offset,
    &cntnsar_opens_a_frame_to_the_non_secure_side,
    &each_access_bit_opens_its_registers_alone,
    &a_stopped_counter_stands_and_goes_on_from_where_it_was,
    &a_reset_lets_outputs_of_frames_fall,
    &a_written_counter_sets_its_offset_until_offsets_were_set,
    &a_counter_is_restored_before_or_after_cntvoff,
    &a_vcpus_own_offset_is_no_other_vcpus_and_stays_through_its_reset,
    &the_tree_adds_up,
    &cntpoff_traps_to_el3_without_ecven,
    &both_masks_of_rme_count_at_once_in_realm_and_root_state_alone,
    &each_pe_has_a_cntfrq_of_its_own,
};

int main(void)
{
    return SUITE_RUN("timer frames", start, teardown, tests);
}
