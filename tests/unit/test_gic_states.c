/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupt states: pending, active, enabled; wires and latches (IHI 0069 4.1).
 */
#include "tests/unit/test_gic_rig.h"

START_TEST(active_and_pending_is_not_signalled_before_deactivation)
{
    struct rig *r = rig_open(rig_config());

    rig_ready(r, 0, 40, 0xa0);
    rig_edge(r, 0, 40);
    rig_bit(r, 0, ISPENDR, 40);
    ck_assert(r->lines[0][GIC_LINE_IRQ]);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR1_EL1"), 40);
    ck_assert(!r->lines[0][GIC_LINE_IRQ]);
    rig_bit(r, 0, ISPENDR, 40);
    ck_assert(rig_bit_get(r, 0, ISPENDR, 40));
    ck_assert(rig_bit_get(r, 0, ISACTIVER, 40));
    ck_assert_uint_eq(rig_get(r, 0, "ICC_HPPIR1_EL1"), 1023);
    rig_set(r, 0, "ICC_EOIR1_EL1", 40);
    ck_assert(r->lines[0][GIC_LINE_IRQ]);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR1_EL1"), 40);
    rig_destroy(r);
}
END_TEST

START_TEST(ispendr_reads_latch_or_level)
{
    struct rig *r = rig_open(rig_config());

    gic_set_spi(r->gic, 40, true);
    ck_assert(rig_bit_get(r, 0, ISPENDR, 40));
    gic_set_spi(r->gic, 40, false);
    ck_assert(!rig_bit_get(r, 0, ISPENDR, 40));
    rig_bit(r, 0, ISPENDR, 40);
    ck_assert(rig_bit_get(r, 0, ISPENDR, 40));
    ck_assert(rig_bit_get(r, 0, ICPENDR, 40));
    rig_destroy(r);
}
END_TEST

START_TEST(icpendr_clears_only_the_latch)
{
    struct rig *r = rig_open(rig_config());

    rig_bit(r, 0, ISPENDR, 40);
    gic_set_spi(r->gic, 40, true);
    rig_bit(r, 0, ICPENDR, 40);
    ck_assert(rig_bit_get(r, 0, ISPENDR, 40));
    gic_set_spi(r->gic, 40, false);
    ck_assert(!rig_bit_get(r, 0, ISPENDR, 40));
    rig_destroy(r);
}
END_TEST

START_TEST(a_latched_level_interrupt_outlives_its_wire)
{
    struct rig *r = rig_open(rig_config());

    rig_bit(r, 0, ISPENDR, 40);
    gic_set_spi(r->gic, 40, true);
    gic_set_spi(r->gic, 40, false);
    ck_assert(rig_bit_get(r, 0, ISPENDR, 40));
    rig_destroy(r);
}
END_TEST

START_TEST(acknowledging_a_level_with_the_wire_up_pends_again_after_deactivation)
{
    struct rig *r = rig_open(rig_config());

    rig_ready(r, 0, 40, 0xa0);
    gic_set_spi(r->gic, 40, true);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR1_EL1"), 40);
    ck_assert(rig_bit_get(r, 0, ISPENDR, 40));
    rig_set(r, 0, "ICC_EOIR1_EL1", 40);
    ck_assert(r->lines[0][GIC_LINE_IRQ]);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR1_EL1"), 40);
    gic_set_spi(r->gic, 40, false);
    rig_set(r, 0, "ICC_EOIR1_EL1", 40);
    ck_assert(!r->lines[0][GIC_LINE_IRQ]);
    rig_destroy(r);
}
END_TEST

START_TEST(acknowledging_a_level_clears_a_written_latch)
{
    struct rig *r = rig_open(rig_config());

    rig_ready(r, 0, 40, 0xa0);
    rig_bit(r, 0, ISPENDR, 40);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR1_EL1"), 40);
    ck_assert(!rig_bit_get(r, 0, ISPENDR, 40));
    rig_destroy(r);
}
END_TEST

START_TEST(an_edge_latches_once_however_long_the_wire_stays_up)
{
    struct rig *r = rig_open(rig_config());

    rig_ready(r, 0, 41, 0xa0);
    rig_edge(r, 0, 41);
    gic_set_spi(r->gic, 41, true);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR1_EL1"), 41);
    rig_set(r, 0, "ICC_EOIR1_EL1", 41);
    ck_assert(!r->lines[0][GIC_LINE_IRQ]);
    gic_set_spi(r->gic, 41, false);
    gic_set_spi(r->gic, 41, true);
    ck_assert(r->lines[0][GIC_LINE_IRQ]);
    rig_destroy(r);
}
END_TEST

START_TEST(an_edge_that_falls_again_stays_pending)
{
    struct rig *r = rig_open(rig_config());

    rig_ready(r, 0, 41, 0xa0);
    rig_edge(r, 0, 41);
    gic_set_spi(r->gic, 41, true);
    gic_set_spi(r->gic, 41, false);
    ck_assert(r->lines[0][GIC_LINE_IRQ]);
    rig_destroy(r);
}
END_TEST

START_TEST(pending_while_disabled_is_kept_and_fires_on_enable)
{
    struct rig *r = rig_open(rig_config());

    rig_ready(r, 0, 40, 0xa0);
    rig_edge(r, 0, 40);
    rig_bit(r, 0, ICENABLER, 40);
    gic_set_spi(r->gic, 40, true);
    gic_set_spi(r->gic, 40, false);
    ck_assert(rig_bit_get(r, 0, ISPENDR, 40));
    ck_assert(!r->lines[0][GIC_LINE_IRQ]);
    rig_bit(r, 0, ISENABLER, 40);
    ck_assert(r->lines[0][GIC_LINE_IRQ]);
    rig_destroy(r);
}
END_TEST

START_TEST(eoi_of_an_interrupt_disabled_while_active_still_deactivates)
{
    struct rig *r = rig_open(rig_config());

    rig_ready(r, 0, 40, 0xa0);
    gic_set_spi(r->gic, 40, true);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR1_EL1"), 40);
    rig_bit(r, 0, ICENABLER, 40);
    rig_set(r, 0, "ICC_EOIR1_EL1", 40);
    ck_assert(!rig_bit_get(r, 0, ISACTIVER, 40));
    ck_assert_uint_eq(rig_get(r, 0, "ICC_RPR_EL1"), 0xff);
    rig_destroy(r);
}
END_TEST

START_TEST(sgi_configuration_is_edge_and_read_only)
{
    struct rig *r = rig_open(rig_config());

    ck_assert_uint_eq(rig_redist(r, 1, true, SGI_BASE + ICFGR, 4), 0xaaaaaaaa);
    rig_redist_set(r, 1, true, SGI_BASE + ICFGR, 4, 0);
    ck_assert_uint_eq(rig_redist(r, 1, true, SGI_BASE + ICFGR, 4), 0xaaaaaaaa);
    rig_redist_set(r, 1, true, SGI_BASE + ICFGR + 4, 4, ~0u);
    ck_assert_uint_eq(rig_redist(r, 1, true, SGI_BASE + ICFGR + 4, 4), 0xaaaaaaaa);
    rig_destroy(r);
}
END_TEST

START_TEST(a_ppi_belongs_to_one_vcpu)
{
    struct rig *r = rig_open(rig_config());

    rig_ready(r, 0, 27, 0xa0);
    rig_ready(r, 2, 27, 0xa0);
    gic_set_ppi(r->gic, 2, 27, true);
    ck_assert(!r->lines[0][GIC_LINE_IRQ]);
    ck_assert(r->lines[2][GIC_LINE_IRQ]);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR1_EL1"), 1023);
    ck_assert_uint_eq(rig_get(r, 2, "ICC_IAR1_EL1"), 27);
    rig_destroy(r);
}
END_TEST

START_TEST(isactiver_alone_blocks_and_icactiver_frees)
{
    struct rig *r = rig_open(rig_config());

    rig_ready(r, 0, 40, 0xa0);
    rig_bit(r, 0, ISACTIVER, 40);
    gic_set_spi(r->gic, 40, true);
    ck_assert(!r->lines[0][GIC_LINE_IRQ]);
    rig_bit(r, 0, ICACTIVER, 40);
    ck_assert(r->lines[0][GIC_LINE_IRQ]);
    rig_destroy(r);
}
END_TEST

START_TEST(wires_keep_their_level_over_a_reset)
{
    struct rig *r = rig_open(rig_config());

    rig_ready(r, 0, 40, 0xa0);
    gic_set_spi(r->gic, 40, true);
    ck_assert(r->lines[0][GIC_LINE_IRQ]);
    gic_reset(r->gic);
    ck_assert(!r->lines[0][GIC_LINE_IRQ]);
    ck_assert(rig_bit_get(r, 0, ISPENDR, 40));
    ck_assert(!rig_bit_get(r, 0, ISENABLER, 40));
    rig_destroy(r);
}
END_TEST

START_TEST(absent_interrupts_read_as_zero_and_ignore_writes)
{
    struct rig *r = rig_open(rig_config());

    rig_dist_set(r, true, ISENABLER + 288 / 32 * 4, 4, ~0u);
    ck_assert_uint_eq(rig_dist(r, true, ISENABLER + 288 / 32 * 4, 4), 0);
    gic_set_spi(r->gic, 288, true);
    gic_set_spi(r->gic, 31, true);
    gic_set_spi(r->gic, 1023, true);
    gic_set_ppi(r->gic, 0, 15, true);
    gic_set_ppi(r->gic, 0, 32, true);
    gic_set_ppi(r->gic, 99, 20, true);
    ck_assert_uint_eq(rig_dist(r, true, ISPENDR + 288 / 32 * 4, 4), 0);
    ck_assert_uint_eq(rig_redist(r, 0, true, SGI_BASE + ISPENDR, 4), 0);
    rig_destroy(r);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("states");

    tcase_add_test(tc, active_and_pending_is_not_signalled_before_deactivation);
    tcase_add_test(tc, ispendr_reads_latch_or_level);
    tcase_add_test(tc, icpendr_clears_only_the_latch);
    tcase_add_test(tc, a_latched_level_interrupt_outlives_its_wire);
    tcase_add_test(tc, acknowledging_a_level_with_the_wire_up_pends_again_after_deactivation);
    tcase_add_test(tc, acknowledging_a_level_clears_a_written_latch);
    tcase_add_test(tc, an_edge_latches_once_however_long_the_wire_stays_up);
    tcase_add_test(tc, an_edge_that_falls_again_stays_pending);
    tcase_add_test(tc, pending_while_disabled_is_kept_and_fires_on_enable);
    tcase_add_test(tc, eoi_of_an_interrupt_disabled_while_active_still_deactivates);
    tcase_add_test(tc, sgi_configuration_is_edge_and_read_only);
    tcase_add_test(tc, a_ppi_belongs_to_one_vcpu);
    tcase_add_test(tc, isactiver_alone_blocks_and_icactiver_frees);
    tcase_add_test(tc, wires_keep_their_level_over_a_reset);
    tcase_add_test(tc, absent_interrupts_read_as_zero_and_ignore_writes);
    return suite_run_case("gic states", tc);
}
