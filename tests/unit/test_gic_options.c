/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a GIC may have: 1-of-N, message-based SPIs, extended SPIs and PPIs, non-maskable interrupts.
 */
#include "tests/unit/test_gic_rig.h"

/* -- 1-of-N -- */

#define IRM (1ull << 31)

static struct rig *any_rig(void)
{
    struct gic_config config = rig_config();

    config.has_one_of_n = true;
    struct rig *r = rig_open(config);
    rig_ready(r, 0, 40, 0xa0);
    rig_ready(r, 0, 41, 0xa0);
    rig_dist_set(r, true, IROUTER + 40 * 8, 8, IRM);
    rig_dist_set(r, true, IROUTER + 41 * 8, 8, IRM);
    return r;
}

static int who_is_interrupted(const struct rig *r)
{
    int who = -1;

    for (int i = 0; i < RIG_VCPUS; i++) {
        if (!r->lines[i][GIC_LINE_IRQ])
            continue;
        ck_assert_int_eq(who, -1);
        who = i;
    }
    return who;
}

START_TEST(one_of_n_goes_to_the_one_that_is_chosen)
{
    for (unsigned choice = 0; choice < RIG_VCPUS; choice++) {
        struct rig *r = any_rig();
        r->next_choice = choice;
        gic_set_spi(r->gic, 40, true);
        ck_assert_int_eq(who_is_interrupted(r), (int)choice);
        ck_assert_uint_eq(rig_get(r, choice, "ICC_IAR1_EL1"), 40);
        ck_assert_int_eq(who_is_interrupted(r), -1);
        r->next_choice = choice + 1;
        rig_set(r, choice, "ICC_EOIR1_EL1", 40);
        ck_assert_int_eq(who_is_interrupted(r), (int)(choice + 1) % RIG_VCPUS);
        rig_destroy(r);
    }
}
END_TEST

START_TEST(one_of_n_skips_disabled_groups_and_dpg)
{
    struct rig *r = any_rig();

    rig_set(r, 0, "ICC_IGRPEN1_EL1", 0);
    rig_redist_set(r, 1, true, 0, 4, 1u << 25);
    ck_assert_uint_eq(rig_redist(r, 1, true, 0, 4), 1u << 25);
    gic_set_spi(r->gic, 40, true);
    ck_assert_int_eq(who_is_interrupted(r), 2);
    rig_destroy(r);
}
END_TEST

START_TEST(one_of_n_moves_when_its_target_becomes_ineligible)
{
    struct rig *r = any_rig();

    gic_set_spi(r->gic, 40, true);
    ck_assert_int_eq(who_is_interrupted(r), 0);
    rig_set(r, 0, "ICC_IGRPEN1_EL1", 0);
    ck_assert_int_eq(who_is_interrupted(r), 1);
    rig_redist_set(r, 1, true, 0, 4, 1u << 25);
    ck_assert_int_eq(who_is_interrupted(r), 2);
    rig_destroy(r);
}
END_TEST

START_TEST(one_of_n_waits_while_nobody_is_eligible)
{
    struct rig *r = any_rig();

    for (unsigned i = 0; i < RIG_VCPUS; i++)
        rig_set(r, i, "ICC_IGRPEN1_EL1", 0);
    gic_set_spi(r->gic, 40, true);
    gic_set_spi(r->gic, 41, true);
    ck_assert_int_eq(who_is_interrupted(r), -1);
    rig_set(r, 2, "ICC_IGRPEN1_EL1", 1);
    ck_assert_int_eq(who_is_interrupted(r), 2);
    ck_assert_uint_eq(rig_get(r, 2, "ICC_IAR1_EL1"), 40);
    rig_set(r, 2, "ICC_EOIR1_EL1", 40);
    gic_set_spi(r->gic, 40, false);
    ck_assert_uint_eq(rig_get(r, 2, "ICC_HPPIR1_EL1"), 41);
    rig_destroy(r);
}
END_TEST

START_TEST(pmhe_makes_the_priority_mask_a_hint)
{
    struct rig *r = any_rig();

    for (unsigned i = 0; i < RIG_VCPUS; i++)
        rig_set(r, i, "ICC_CTLR_EL1", 1u << 6);
    rig_set(r, 0, "ICC_PMR_EL1", 0x50);
    rig_set(r, 1, "ICC_PMR_EL1", 0x50);
    gic_set_spi(r->gic, 40, true);
    ck_assert_int_eq(who_is_interrupted(r), 2);
    rig_destroy(r);
}
END_TEST

START_TEST(a_choice_survives_save_and_restore)
{
    struct rig *r = any_rig();

    r->next_choice = 3;
    gic_set_spi(r->gic, 40, true);
    r->next_choice = 1;
    gic_after_restore(r->gic);
    ck_assert_int_eq(who_is_interrupted(r), 3);
    rig_destroy(r);
}
END_TEST

START_TEST(without_one_of_n_the_routing_mode_is_res0)
{
    struct rig *r = rig_open(rig_config());

    rig_dist_set(r, true, IROUTER + 40 * 8, 8, IRM | 1);
    ck_assert_uint_eq(rig_dist(r, true, IROUTER + 40 * 8, 8), 1);
    ck_assert_uint_eq(rig_dist(r, true, 4, 4) >> 25 & 1, 1);
    rig_destroy(r);
}
END_TEST

/* -- Message-based SPIs -- */

#define SETSPI_NSR 0x40
#define CLRSPI_NSR 0x48

static struct rig *message_rig(void)
{
    struct gic_config config = rig_config();

    config.has_mbis = true;
    struct rig *r = rig_open(config);
    rig_ready(r, 0, 40, 0xa0);
    return r;
}

START_TEST(an_edge_message_is_pending_until_taken)
{
    struct rig *r = message_rig();

    rig_edge(r, 0, 40);
    rig_dist_set(r, true, SETSPI_NSR, 4, 40);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR1_EL1"), 40);
    rig_set(r, 0, "ICC_EOIR1_EL1", 40);
    ck_assert(!r->lines[0][GIC_LINE_IRQ]);
    rig_dist_set(r, true, SETSPI_NSR, 2, 40);
    ck_assert(r->lines[0][GIC_LINE_IRQ]);
    rig_dist_set(r, true, CLRSPI_NSR, 4, 40);
    ck_assert(!r->lines[0][GIC_LINE_IRQ]);
    rig_destroy(r);
}
END_TEST

START_TEST(a_level_message_stays_until_it_is_cleared)
{
    struct rig *r = message_rig();

    rig_dist_set(r, true, SETSPI_NSR, 4, 40);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR1_EL1"), 40);
    rig_set(r, 0, "ICC_EOIR1_EL1", 40);
    ck_assert(r->lines[0][GIC_LINE_IRQ]);
    rig_dist_set(r, true, CLRSPI_NSR, 4, 40);
    ck_assert(!r->lines[0][GIC_LINE_IRQ]);
    rig_destroy(r);
}
END_TEST

START_TEST(what_a_message_raised_falls_with_a_reset_and_a_wire_does_not)
{
    struct gic_config config = rig_config();
    config.has_mbis = true;
    struct rig *r = rig_open(config);

    gic_set_spi(r->gic, 41, true);
    rig_dist_set(r, true, 0x40, 4, 40);
    rig_dist_set(r, true, 0x40, 4, 41);
    ck_assert(rig_bit_get(r, 0, ISPENDR, 40) && rig_bit_get(r, 0, ISPENDR, 41));
    gic_reset(r->gic);
    ck_assert(!rig_bit_get(r, 0, ISPENDR, 40) && rig_bit_get(r, 0, ISPENDR, 41));
    rig_destroy(r);
}
END_TEST

START_TEST(messages_to_what_is_no_spi_are_ignored)
{
    static const uint32_t intids[] = {0, 15, 27, 31, 288, 1020, 1023, 4096, 0x1fff};
    struct rig *r = message_rig();

    for (unsigned i = 0; i < sizeof(intids) / sizeof(intids[0]); i++)
        rig_dist_set(r, true, SETSPI_NSR, 4, intids[i]);
    ck_assert_uint_eq(rig_redist(r, 0, true, SGI_BASE + ISPENDR, 4), 0);
    ck_assert_uint_eq(rig_dist(r, true, 4, 4) >> 16 & 1, 1);
    rig_destroy(r);
}
END_TEST

START_TEST(without_mbis_messages_are_ignored)
{
    struct rig *r = rig_open(rig_config());

    rig_ready(r, 0, 40, 0xa0);
    rig_dist_set(r, true, SETSPI_NSR, 4, 40);
    ck_assert(!r->lines[0][GIC_LINE_IRQ]);
    rig_destroy(r);
}
END_TEST

/* -- Extended ranges -- */

static struct rig *extended_rig(void)
{
    struct gic_config config = rig_config();

    config.n_spis = 988;
    config.n_espis = 1024;
    config.n_eppis = 64;
    return rig_open(config);
}

START_TEST(extended_spis_have_their_own_registers)
{
    struct rig *r = extended_rig();
    uint32_t n = 1000, word = n / 32 * 4, bit = 1u << n % 32;

    ck_assert_uint_eq(rig_dist(r, true, 4, 4) >> 8 & 1, 1);
    ck_assert_uint_eq(rig_dist(r, true, 4, 4) >> 27, 31);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_CTLR_EL1") >> 19 & 1, 1);
    rig_dist_set(r, true, 0x1000 + word, 4, bit);
    rig_dist_set(r, true, 0x1200 + word, 4, bit);
    rig_dist_set(r, true, 0x2000 + n, 1, 0x90);
    rig_dist_set(r, true, 0x8000 + n * 8, 8, rig_mpidr[3]);
    gic_set_spi(r->gic, 4096 + n, true);
    ck_assert_uint_eq(rig_dist(r, true, 0x1600 + word, 4), bit);
    ck_assert(r->lines[3][GIC_LINE_IRQ]);
    ck_assert_uint_eq(rig_get(r, 3, "ICC_IAR1_EL1"), 4096 + n);
    ck_assert_uint_eq(rig_get(r, 3, "ICC_RPR_EL1"), 0x90);
    ck_assert_uint_eq(rig_dist(r, true, 0x1a00 + word, 4), bit);
    gic_set_spi(r->gic, 4096 + n, false);
    rig_set(r, 3, "ICC_EOIR1_EL1", 4096 + n);
    ck_assert_uint_eq(rig_dist(r, true, 0x1a00 + word, 4), 0);
    rig_destroy(r);
}
END_TEST

START_TEST(extended_ppis_are_private)
{
    struct rig *r = extended_rig();

    ck_assert_uint_eq(rig_redist(r, 1, true, 8, 8) >> 27 & 0x1f, 2);
    rig_redist_set(r, 1, true, SGI_BASE + IGROUPR + 8, 4, 1u << 31);
    rig_redist_set(r, 1, true, SGI_BASE + ISENABLER + 8, 4, 1u << 31);
    rig_redist_set(r, 1, true, SGI_BASE + IPRIORITYR + 32 + 63, 1, 0x60);
    gic_set_ppi(r->gic, 0, 1119, true);
    gic_set_ppi(r->gic, 1, 1119, true);
    ck_assert(!r->lines[0][GIC_LINE_IRQ] && r->lines[1][GIC_LINE_IRQ]);
    ck_assert_uint_eq(rig_get(r, 1, "ICC_IAR1_EL1"), 1119);
    ck_assert_uint_eq(rig_redist(r, 1, true, SGI_BASE + ISACTIVER + 8, 4), 1u << 31);
    rig_set(r, 1, "ICC_EOIR1_EL1", 1119);
    ck_assert(r->lines[1][GIC_LINE_IRQ]);
    rig_destroy(r);
}
END_TEST

START_TEST(spis_go_up_to_1019)
{
    struct rig *r = extended_rig();

    ck_assert_uint_eq(rig_dist(r, true, 4, 4) & 0x1f, 31);
    rig_ready(r, 2, 1019, 0x80);
    gic_set_spi(r->gic, 1019, true);
    ck_assert_uint_eq(rig_get(r, 2, "ICC_IAR1_EL1"), 1019);
    rig_dist_set(r, true, ISENABLER + 31 * 4, 4, ~0u);
    ck_assert_uint_eq(rig_dist(r, true, ISENABLER + 31 * 4, 4), 0x0fffffff);
    rig_destroy(r);
}
END_TEST

/* -- Non-maskable interrupts -- */

static struct rig *nmi_rig(unsigned priority_bits)
{
    struct gic_config config = rig_config();

    config.has_nmi = true;
    config.priority_bits = priority_bits;
    struct rig *r = rig_open(config);
    rig_ready(r, 0, 40, 0xc0);
    rig_dist_set(r, true, INMIR + 4, 4, 1u << 8);
    return r;
}

START_TEST(superpriority_beats_every_priority_and_the_mask)
{
    struct rig *r = nmi_rig(5);

    ck_assert_uint_eq(rig_dist(r, true, 4, 4) >> 9 & 1, 1);
    rig_ready(r, 0, 33, 0);
    gic_set_spi(r->gic, 33, true);
    gic_set_spi(r->gic, 40, true);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_HPPIR1_EL1"), 40);
    rig_set(r, 0, "ICC_PMR_EL1", 0);
    ck_assert(r->lines[0][GIC_LINE_IRQ]);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_NMIAR1_EL1"), 40);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_RPR_EL1"), 1ull << 63);
    rig_destroy(r);
}
END_TEST

START_TEST(nmi_preempts_what_runs_at_priority_zero_once)
{
    struct rig *r = nmi_rig(5);

    rig_ready(r, 0, 33, 0);
    gic_set_spi(r->gic, 33, true);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR1_EL1"), 33);
    gic_set_spi(r->gic, 40, true);
    ck_assert(r->lines[0][GIC_LINE_IRQ]);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR1_EL1"), 40);
    gic_set_spi(r->gic, 40, false);
    rig_set(r, 0, "ICC_EOIR1_EL1", 40);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_RPR_EL1"), 0);
    gic_set_spi(r->gic, 33, false);
    rig_set(r, 0, "ICC_EOIR1_EL1", 33);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_RPR_EL1"), 0xff);
    rig_destroy(r);
}
END_TEST

START_TEST(the_nmi_bit_is_in_ap1r0_for_any_preemption_width)
{
    for (unsigned bits = 4; bits <= 8; bits++) {
        struct rig *r = nmi_rig(bits);
        gic_set_spi(r->gic, 40, true);
        ck_assert_uint_eq(rig_get(r, 0, "ICC_NMIAR1_EL1"), 40);
        ck_assert_uint_eq(rig_get(r, 0, "ICC_AP1R0_EL1"), 1ull << 63);
        rig_destroy(r);
    }
}
END_TEST

START_TEST(nmiar1_takes_nothing_ordinary)
{
    struct rig *r = nmi_rig(5);

    rig_ready(r, 0, 33, 0);
    gic_set_spi(r->gic, 33, true);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_NMIAR1_EL1"), 1023);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR1_EL1"), 33);
    rig_destroy(r);
}
END_TEST

START_TEST(without_nmi_inmir_is_res0_and_nmiar1_undefined)
{
    struct rig *r = rig_open(rig_config());

    rig_dist_set(r, true, INMIR + 4, 4, ~0u);
    ck_assert_uint_eq(rig_dist(r, true, INMIR + 4, 4), 0);
    ck_assert_int_eq(rig_check(r, 0, "ICC_NMIAR1_EL1", false), GIC_ACCESS_UNDEF);
    rig_destroy(r);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("options");

    tcase_add_test(tc, one_of_n_goes_to_the_one_that_is_chosen);
    tcase_add_test(tc, one_of_n_skips_disabled_groups_and_dpg);
    tcase_add_test(tc, one_of_n_moves_when_its_target_becomes_ineligible);
    tcase_add_test(tc, one_of_n_waits_while_nobody_is_eligible);
    tcase_add_test(tc, pmhe_makes_the_priority_mask_a_hint);
    tcase_add_test(tc, a_choice_survives_save_and_restore);
    tcase_add_test(tc, without_one_of_n_the_routing_mode_is_res0);
    tcase_add_test(tc, an_edge_message_is_pending_until_taken);
    tcase_add_test(tc, a_level_message_stays_until_it_is_cleared);
    tcase_add_test(tc, what_a_message_raised_falls_with_a_reset_and_a_wire_does_not);
    tcase_add_test(tc, messages_to_what_is_no_spi_are_ignored);
    tcase_add_test(tc, without_mbis_messages_are_ignored);
    tcase_add_test(tc, extended_spis_have_their_own_registers);
    tcase_add_test(tc, extended_ppis_are_private);
    tcase_add_test(tc, spis_go_up_to_1019);
    tcase_add_test(tc, superpriority_beats_every_priority_and_the_mask);
    tcase_add_test(tc, nmi_preempts_what_runs_at_priority_zero_once);
    tcase_add_test(tc, the_nmi_bit_is_in_ap1r0_for_any_preemption_width);
    tcase_add_test(tc, nmiar1_takes_nothing_ordinary);
    tcase_add_test(tc, without_nmi_inmir_is_res0_and_nmiar1_undefined);
    return suite_run_case("gic options", tc);
}
