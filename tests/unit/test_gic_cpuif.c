/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The CPU interface with one security state: acknowledge, priorities, preemption, both EOI modes
 * (IHI 0069 4.1, 4.8, 12.2).
 */
#include "tests/unit/test_gic_rig.h"

START_TEST(hppir_ignores_mask_and_running_priority_but_honours_the_group_enable)
{
    struct rig *r = rig_open(rig_config());

    rig_ready(r, 0, 40, 0xa0);
    rig_ready(r, 0, 41, 0xa0);
    gic_set_spi(r->gic, 40, true);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR1_EL1"), 40);
    gic_set_spi(r->gic, 41, true);
    rig_set(r, 0, "ICC_PMR_EL1", 0);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_HPPIR1_EL1"), 41);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR1_EL1"), 1023);
    rig_set(r, 0, "ICC_IGRPEN1_EL1", 0);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_HPPIR1_EL1"), 1023);
    rig_destroy(r);
}
END_TEST

START_TEST(eoir_of_special_intids_is_ignored)
{
    struct rig *r = rig_open(rig_config());

    rig_ready(r, 0, 40, 0xa0);
    gic_set_spi(r->gic, 40, true);
    rig_get(r, 0, "ICC_IAR1_EL1");
    for (uint32_t intid = 1020; intid < 1024; intid++)
        rig_set(r, 0, "ICC_EOIR1_EL1", intid);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_RPR_EL1"), 0xa0);
    ck_assert(rig_bit_get(r, 0, ISACTIVER, 40));
    rig_destroy(r);
}
END_TEST

START_TEST(eoir_without_an_active_priority_has_no_effect)
{
    struct rig *r = rig_open(rig_config());

    rig_ready(r, 0, 40, 0xa0);
    rig_bit(r, 0, ISACTIVER, 40);
    rig_set(r, 0, "ICC_EOIR1_EL1", 40);
    ck_assert(rig_bit_get(r, 0, ISACTIVER, 40));
    rig_destroy(r);
}
END_TEST

START_TEST(eoir_must_match_the_highest_active_group)
{
    struct rig *r = rig_open(rig_config());

    rig_ready(r, 0, 40, 0xa0);
    gic_set_spi(r->gic, 40, true);
    rig_get(r, 0, "ICC_IAR1_EL1");
    rig_set(r, 0, "ICC_EOIR0_EL1", 40);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_RPR_EL1"), 0xa0);
    ck_assert(rig_bit_get(r, 0, ISACTIVER, 40));
    rig_set(r, 0, "ICC_EOIR1_EL1", 40);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_RPR_EL1"), 0xff);
    rig_destroy(r);
}
END_TEST

START_TEST(with_eoimode_1_dir_deactivates_in_any_order_and_spis_from_any_pe)
{
    struct rig *r = rig_open(rig_config());

    rig_set(r, 0, "ICC_CTLR_EL1", 2);
    rig_set(r, 3, "ICC_CTLR_EL1", 2);
    rig_ready(r, 0, 40, 0xa0);
    rig_ready(r, 0, 41, 0x80);
    gic_set_spi(r->gic, 40, true);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR1_EL1"), 40);
    gic_set_spi(r->gic, 41, true);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR1_EL1"), 41);
    rig_set(r, 0, "ICC_EOIR1_EL1", 41);
    rig_set(r, 0, "ICC_EOIR1_EL1", 40);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_RPR_EL1"), 0xff);
    ck_assert(rig_bit_get(r, 0, ISACTIVER, 40) && rig_bit_get(r, 0, ISACTIVER, 41));
    rig_set(r, 3, "ICC_DIR_EL1", 40);
    ck_assert(!rig_bit_get(r, 0, ISACTIVER, 40) && rig_bit_get(r, 0, ISACTIVER, 41));
    rig_set(r, 0, "ICC_DIR_EL1", 41);
    ck_assert(!rig_bit_get(r, 0, ISACTIVER, 41));
    rig_destroy(r);
}
END_TEST

START_TEST(with_eoimode_1_a_missing_dir_keeps_the_interrupt_away)
{
    struct rig *r = rig_open(rig_config());

    rig_set(r, 0, "ICC_CTLR_EL1", 2);
    rig_ready(r, 0, 27, 0xa0);
    gic_set_ppi(r->gic, 0, 27, true);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR1_EL1"), 27);
    rig_set(r, 0, "ICC_EOIR1_EL1", 27);
    ck_assert(!r->lines[0][GIC_LINE_IRQ]);
    rig_set(r, 0, "ICC_DIR_EL1", 27);
    ck_assert(r->lines[0][GIC_LINE_IRQ]);
    rig_destroy(r);
}
END_TEST

START_TEST(dir_is_ignored_while_eoimode_is_0)
{
    struct rig *r = rig_open(rig_config());

    rig_ready(r, 0, 40, 0xa0);
    rig_bit(r, 0, ISACTIVER, 40);
    rig_set(r, 0, "ICC_DIR_EL1", 40);
    ck_assert(rig_bit_get(r, 0, ISACTIVER, 40));
    rig_destroy(r);
}
END_TEST

START_TEST(lpi_numbers_in_eoir_drop_and_touch_no_spi_and_dir_ignores_them)
{
    struct rig *r = rig_open(rig_config());

    rig_ready(r, 0, 40, 0xa0);
    gic_set_spi(r->gic, 40, true);
    rig_get(r, 0, "ICC_IAR1_EL1");
    rig_set(r, 0, "ICC_EOIR1_EL1", 8192 + 40);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_RPR_EL1"), 0xff);
    ck_assert(rig_bit_get(r, 0, ISACTIVER, 40));
    rig_set(r, 0, "ICC_CTLR_EL1", 2);
    rig_set(r, 0, "ICC_DIR_EL1", 13280);
    ck_assert(rig_bit_get(r, 0, ISACTIVER, 40));
    rig_destroy(r);
}
END_TEST

START_TEST(pmr_low_bits_are_raz)
{
    for (unsigned bits = 4; bits <= 8; bits++) {
        struct gic_config config = rig_config();
        config.priority_bits = bits;
        struct rig *r = rig_open(config);
        rig_set(r, 0, "ICC_PMR_EL1", 0xfff);
        ck_assert_uint_eq(rig_get(r, 0, "ICC_PMR_EL1"), (0xff00 >> bits) & 0xff);
        ck_assert_uint_eq((rig_get(r, 0, "ICC_CTLR_EL1") >> 8) & 7, bits - 1);
        rig_destroy(r);
    }
}
END_TEST

START_TEST(pmr_lets_only_strictly_higher_priorities_pass)
{
    struct rig *r = rig_open(rig_config());

    rig_ready(r, 0, 40, 0xa0);
    gic_set_spi(r->gic, 40, true);
    rig_set(r, 0, "ICC_PMR_EL1", 0xa0);
    ck_assert(!r->lines[0][GIC_LINE_IRQ]);
    rig_set(r, 0, "ICC_PMR_EL1", 0xa8);
    ck_assert(r->lines[0][GIC_LINE_IRQ]);
    rig_destroy(r);
}
END_TEST

START_TEST(priority_bytes_keep_implemented_bits_only)
{
    struct rig *r = rig_open(rig_config());

    rig_dist_set(r, true, IPRIORITYR + 40, 4, 0x01ff7faf);
    ck_assert_uint_eq(rig_dist(r, true, IPRIORITYR + 40, 4), 0x00f878a8);
    rig_dist_set(r, true, IPRIORITYR + 41, 1, 0x57);
    ck_assert_uint_eq(rig_dist(r, true, IPRIORITYR + 40, 4), 0x00f850a8);
    ck_assert_uint_eq(rig_dist(r, true, IPRIORITYR + 41, 1), 0x50);
    rig_destroy(r);
}
END_TEST

START_TEST(bpr_clamps_to_its_minimum_and_bpr1_is_one_above)
{
    struct rig *r = rig_open(rig_config());

    ck_assert_uint_eq(rig_get(r, 0, "ICC_BPR0_EL1"), 2);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_BPR1_EL1"), 3);
    rig_set(r, 0, "ICC_BPR0_EL1", 0);
    rig_set(r, 0, "ICC_BPR1_EL1", 0);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_BPR0_EL1"), 2);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_BPR1_EL1"), 3);
    rig_set(r, 0, "ICC_BPR1_EL1", 7);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_BPR1_EL1"), 7);
    rig_destroy(r);
}
END_TEST

START_TEST(cbpr_shows_bpr0_plus_one_saturated_and_ignores_writes)
{
    struct rig *r = rig_open(rig_config());

    rig_set(r, 0, "ICC_BPR1_EL1", 5);
    rig_set(r, 0, "ICC_CTLR_EL1", 1);
    rig_set(r, 0, "ICC_BPR0_EL1", 4);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_BPR1_EL1"), 5);
    rig_set(r, 0, "ICC_BPR0_EL1", 7);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_BPR1_EL1"), 7);
    rig_set(r, 0, "ICC_BPR1_EL1", 3);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_BPR1_EL1"), 7);
    rig_set(r, 0, "ICC_CTLR_EL1", 0);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_BPR1_EL1"), 5);
    rig_destroy(r);
}
END_TEST

START_TEST(equal_group_priority_does_not_preempt)
{
    struct rig *r = rig_open(rig_config());

    rig_ready(r, 0, 40, 0xa0);
    rig_ready(r, 0, 41, 0xa0);
    rig_ready(r, 0, 42, 0x98);
    gic_set_spi(r->gic, 41, true);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR1_EL1"), 41);
    gic_set_spi(r->gic, 40, true);
    ck_assert(!r->lines[0][GIC_LINE_IRQ]);
    gic_set_spi(r->gic, 42, true);
    ck_assert(r->lines[0][GIC_LINE_IRQ]);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR1_EL1"), 42);
    rig_destroy(r);
}
END_TEST

START_TEST(preemption_looks_at_the_group_priority_only)
{
    struct rig *r = rig_open(rig_config());

    rig_set(r, 0, "ICC_BPR1_EL1", 7); /* bit 7 alone is group priority */
    rig_ready(r, 0, 40, 0xa0);
    rig_ready(r, 0, 41, 0x80);
    rig_ready(r, 0, 42, 0x78);
    gic_set_spi(r->gic, 40, true);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR1_EL1"), 40);
    gic_set_spi(r->gic, 41, true);
    ck_assert(!r->lines[0][GIC_LINE_IRQ]);
    gic_set_spi(r->gic, 42, true);
    ck_assert(r->lines[0][GIC_LINE_IRQ]);
    rig_destroy(r);
}
END_TEST

START_TEST(active_priorities_record_the_group_priority)
{
    struct rig *r = rig_open(rig_config());

    rig_set(r, 0, "ICC_BPR1_EL1", 6); /* bits 7:6 */
    rig_ready(r, 0, 40, 0xb8);
    gic_set_spi(r->gic, 40, true);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR1_EL1"), 40);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_AP1R0_EL1"), 1u << (0x80 >> 3));
    ck_assert_uint_eq(rig_get(r, 0, "ICC_RPR_EL1"), 0x80);
    rig_destroy(r);
}
END_TEST

START_TEST(nested_interrupts_unwind_in_order)
{
    struct rig *r = rig_open(rig_config());
    static const uint8_t priority[] = {0xc0, 0x90, 0x40, 0x08};

    for (unsigned i = 0; i < 4; i++) {
        rig_ready(r, 0, 50 + i, priority[i]);
        gic_set_spi(r->gic, 50 + i, true);
        ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR1_EL1"), 50 + i);
        gic_set_spi(r->gic, 50 + i, false);
    }
    for (unsigned i = 4; i-- > 0;) {
        ck_assert_uint_eq(rig_get(r, 0, "ICC_RPR_EL1"), priority[i]);
        rig_set(r, 0, "ICC_EOIR1_EL1", 50 + i);
    }
    ck_assert_uint_eq(rig_get(r, 0, "ICC_RPR_EL1"), 0xff);
    rig_destroy(r);
}
END_TEST

START_TEST(among_equals_the_lowest_intid_wins)
{
    struct rig *r = rig_open(rig_config());
    static const uint32_t intids[] = {200, 64, 63, 32, 27, 3};

    for (unsigned i = 0; i < 6; i++) {
        rig_ready(r, 0, intids[i], 0xa0);
        rig_bit(r, 0, ISPENDR, intids[i]);
        ck_assert_uint_eq(rig_get(r, 0, "ICC_HPPIR1_EL1"), intids[i]);
    }
    rig_destroy(r);
}
END_TEST

START_TEST(group_0_is_fiq_and_group_1_is_irq_with_one_security_state)
{
    struct rig *r = rig_open(rig_config());

    rig_ready(r, 0, 40, 0xa0);
    rig_bit(r, 0, ISENABLER, 41);
    rig_priority(r, 0, 41, 0x80);
    gic_set_spi(r->gic, 40, true);
    ck_assert(r->lines[0][GIC_LINE_IRQ] && !r->lines[0][GIC_LINE_FIQ]);
    gic_set_spi(r->gic, 41, true);
    ck_assert(!r->lines[0][GIC_LINE_IRQ] && r->lines[0][GIC_LINE_FIQ]);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR1_EL1"), 1023);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR0_EL1"), 41);
    rig_destroy(r);
}
END_TEST

START_TEST(group_disabled_in_the_distributor_is_not_signalled)
{
    struct rig *r = rig_open(rig_config());

    rig_ready(r, 0, 40, 0xa0);
    gic_set_spi(r->gic, 40, true);
    rig_dist_set(r, true, 0, 4, 1);
    ck_assert(!r->lines[0][GIC_LINE_IRQ]);
    ck_assert_uint_eq(rig_dist(r, true, 0, 4), 0x51);
    rig_dist_set(r, true, 0, 4, 2);
    ck_assert(r->lines[0][GIC_LINE_IRQ]);
    rig_destroy(r);
}
END_TEST

START_TEST(as_many_active_priority_registers_as_preemption_levels)
{
    static const unsigned count[] = {[4] = 1, [5] = 1, [6] = 2, [7] = 4, [8] = 4};
    static const char *const names[] = {"ICC_AP1R0_EL1", "ICC_AP1R1_EL1", "ICC_AP1R2_EL1",
                                        "ICC_AP1R3_EL1"};

    for (unsigned bits = 4; bits <= 8; bits++) {
        struct gic_config config = rig_config();
        config.priority_bits = bits;
        struct rig *r = rig_open(config);
        for (unsigned n = 0; n < 4; n++)
            ck_assert_int_eq(rig_check(r, 0, names[n], false),
                             n < count[bits] ? GIC_ACCESS_OK : GIC_ACCESS_UNDEF);
        rig_destroy(r);
    }
}
END_TEST

START_TEST(every_priority_of_eight_bits_acknowledges_and_ends)
{
    struct gic_config config = rig_config();
    config.priority_bits = 8;
    struct rig *r = rig_open(config);

    rig_ready(r, 0, 40, 0);
    rig_edge(r, 0, 40);
    for (unsigned priority = 0; priority < 0xff; priority++) {
        rig_priority(r, 0, 40, (uint8_t)priority);
        rig_bit(r, 0, ISPENDR, 40);
        ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR1_EL1"), 40);
        ck_assert_uint_eq(rig_get(r, 0, "ICC_RPR_EL1"), priority & 0xfe);
        rig_set(r, 0, "ICC_EOIR1_EL1", 40);
    }
    rig_priority(r, 0, 40, 0xff);
    rig_bit(r, 0, ISPENDR, 40);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR1_EL1"), 1023);
    rig_destroy(r);
}
END_TEST

START_TEST(reset_of_one_vcpu_resets_its_cpu_interface_and_nothing_else)
{
    struct rig *r = rig_open(rig_config());
    uint64_t reset = rig_get(r, 1, "ICC_CTLR_EL1");

    rig_set(r, 1, "ICC_CTLR_EL1", 3);
    rig_ready(r, 1, 27, 0xa0);
    gic_set_ppi(r->gic, 1, 27, true);
    ck_assert(r->lines[1][GIC_LINE_IRQ]);
    gic_reset_vcpu(r->gic, 1);
    ck_assert(!r->lines[1][GIC_LINE_IRQ]);
    ck_assert_uint_eq(rig_get(r, 1, "ICC_CTLR_EL1"), reset);
    ck_assert_uint_eq(rig_get(r, 1, "ICC_PMR_EL1"), 0);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_PMR_EL1"), 0xf8);
    ck_assert(rig_bit_get(r, 1, ISPENDR, 27) && rig_bit_get(r, 1, ISENABLER, 27));
    rig_destroy(r);
}
END_TEST

START_TEST(the_published_word_follows_the_cpu_interface)
{
    struct rig *r = rig_open(rig_config());
    uint64_t before = gic_published(r->gic, 0);

    ck_assert_uint_eq(gic_published_pmr(before), 0xf8);
    ck_assert(!gic_published_runnable(before));
    rig_ready(r, 0, 40, 0xa0);
    gic_set_spi(r->gic, 40, true);
    uint64_t after = gic_published(r->gic, 0);
    ck_assert(gic_published_runnable(after));
    ck_assert_uint_eq(after & 0xff, 0xa0);
    ck_assert_uint_eq((after >> GIC_PUB_GROUP_SHIFT) & 3, GIC_G1NS);
    ck_assert_uint_ne(before >> GIC_PUB_SEQUENCE_SHIFT, after >> GIC_PUB_SEQUENCE_SHIFT);
    rig_get(r, 0, "ICC_IAR1_EL1");
    after = gic_published(r->gic, 0);
    ck_assert_uint_eq((after >> GIC_PUB_RUNNING_SHIFT) & 0xff, 0xa0);
    ck_assert(!gic_published_runnable(after));
    rig_destroy(r);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("cpuif");

    tcase_add_test(tc, hppir_ignores_mask_and_running_priority_but_honours_the_group_enable);
    tcase_add_test(tc, eoir_of_special_intids_is_ignored);
    tcase_add_test(tc, eoir_without_an_active_priority_has_no_effect);
    tcase_add_test(tc, eoir_must_match_the_highest_active_group);
    tcase_add_test(tc, with_eoimode_1_dir_deactivates_in_any_order_and_spis_from_any_pe);
    tcase_add_test(tc, with_eoimode_1_a_missing_dir_keeps_the_interrupt_away);
    tcase_add_test(tc, dir_is_ignored_while_eoimode_is_0);
    tcase_add_test(tc, lpi_numbers_in_eoir_drop_and_touch_no_spi_and_dir_ignores_them);
    tcase_add_test(tc, pmr_low_bits_are_raz);
    tcase_add_test(tc, pmr_lets_only_strictly_higher_priorities_pass);
    tcase_add_test(tc, priority_bytes_keep_implemented_bits_only);
    tcase_add_test(tc, bpr_clamps_to_its_minimum_and_bpr1_is_one_above);
    tcase_add_test(tc, cbpr_shows_bpr0_plus_one_saturated_and_ignores_writes);
    tcase_add_test(tc, equal_group_priority_does_not_preempt);
    tcase_add_test(tc, preemption_looks_at_the_group_priority_only);
    tcase_add_test(tc, active_priorities_record_the_group_priority);
    tcase_add_test(tc, nested_interrupts_unwind_in_order);
    tcase_add_test(tc, among_equals_the_lowest_intid_wins);
    tcase_add_test(tc, group_0_is_fiq_and_group_1_is_irq_with_one_security_state);
    tcase_add_test(tc, group_disabled_in_the_distributor_is_not_signalled);
    tcase_add_test(tc, as_many_active_priority_registers_as_preemption_levels);
    tcase_add_test(tc, every_priority_of_eight_bits_acknowledges_and_ends);
    tcase_add_test(tc, reset_of_one_vcpu_resets_its_cpu_interface_and_nothing_else);
    tcase_add_test(tc, the_published_word_follows_the_cpu_interface);
    return suite_run_case("gic cpu interface", tc);
}
