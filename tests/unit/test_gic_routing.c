/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Routing: IROUTER, SGIs by affinity, redistributor regions, identification registers.
 */
#include "tests/unit/test_gic_rig.h"

START_TEST(irouter_to_an_absent_pe_keeps_the_interrupt_pending)
{
    struct rig *r = rig_open(rig_config());

    rig_ready(r, 0, 40, 0xa0);
    rig_dist_set(r, true, IROUTER + 40 * 8, 8, 0x77);
    gic_set_spi(r->gic, 40, true);
    for (unsigned i = 0; i < RIG_VCPUS; i++)
        ck_assert(!r->lines[i][GIC_LINE_IRQ]);
    ck_assert(rig_bit_get(r, 0, ISPENDR, 40));
    rig_dist_set(r, true, IROUTER + 40 * 8, 8, rig_mpidr[3]);
    ck_assert(r->lines[3][GIC_LINE_IRQ]);
    rig_destroy(r);
}
END_TEST

START_TEST(rerouting_moves_a_pending_interrupt_but_not_an_active_one)
{
    struct rig *r = rig_open(rig_config());

    rig_ready(r, 0, 40, 0xa0);
    gic_set_spi(r->gic, 40, true);
    ck_assert(r->lines[0][GIC_LINE_IRQ]);
    rig_dist_set(r, true, IROUTER + 40 * 8, 8, rig_mpidr[2]);
    ck_assert(!r->lines[0][GIC_LINE_IRQ] && r->lines[2][GIC_LINE_IRQ]);
    ck_assert_uint_eq(rig_get(r, 2, "ICC_IAR1_EL1"), 40);
    rig_dist_set(r, true, IROUTER + 40 * 8, 8, rig_mpidr[1]);
    ck_assert(!r->lines[1][GIC_LINE_IRQ]);
    ck_assert_uint_eq(rig_get(r, 2, "ICC_RPR_EL1"), 0xa0);
    rig_set(r, 2, "ICC_EOIR1_EL1", 40);
    ck_assert(r->lines[1][GIC_LINE_IRQ] && !r->lines[2][GIC_LINE_IRQ]);
    rig_destroy(r);
}
END_TEST

START_TEST(irouter_may_be_written_as_two_halves)
{
    struct rig *r = rig_open(rig_config());

    rig_ready(r, 0, 40, 0xa0);
    rig_dist_set(r, true, IROUTER + 40 * 8 + 4, 4, 0x02);
    rig_dist_set(r, true, IROUTER + 40 * 8, 4, 0x12);
    ck_assert_uint_eq(rig_dist(r, true, IROUTER + 40 * 8, 8), 0x0200000012);
    ck_assert_uint_eq(rig_dist(r, true, IROUTER + 40 * 8 + 4, 4), 2);
    gic_set_spi(r->gic, 40, true);
    ck_assert(r->lines[3][GIC_LINE_IRQ]);
    rig_destroy(r);
}
END_TEST

START_TEST(irouter_keeps_affinity_bits_only)
{
    struct rig *r = rig_open(rig_config());

    rig_dist_set(r, true, IROUTER + 40 * 8, 8, ~0ull);
    ck_assert_uint_eq(rig_dist(r, true, IROUTER + 40 * 8, 8), 0xff00ffffff);
    rig_destroy(r);
}
END_TEST

/* Makes SGI 5 of Group 1 ready everywhere and sends it. */
static struct rig *after_sgi1r(unsigned from, uint64_t value)
{
    struct rig *r = rig_open(rig_config());

    for (unsigned i = 0; i < RIG_VCPUS; i++)
        rig_ready(r, i, 5, 0xa0);
    rig_set(r, from, "ICC_SGI1R_EL1", value | 5ull << 24);
    return r;
}

static void expect_irqs(struct rig *r, unsigned mask)
{
    for (unsigned i = 0; i < RIG_VCPUS; i++)
        ck_assert_int_eq(r->lines[i][GIC_LINE_IRQ], (mask >> i) & 1);
    rig_destroy(r);
}

START_TEST(sgi_to_all_excludes_self)
{
    expect_irqs(after_sgi1r(2, 1ull << 40 | 0xffff), 0xb);
}
END_TEST

START_TEST(sgi_list_selects_by_aff0)
{
    expect_irqs(after_sgi1r(0, 0x3), 0x3);
    expect_irqs(after_sgi1r(0, 0x2), 0x2);
}
END_TEST

START_TEST(sgi_compares_all_higher_affinities)
{
    expect_irqs(after_sgi1r(0, 1ull << 16 | 0x3), 0x4);
    expect_irqs(after_sgi1r(0, 1ull << 32 | 0x1), 0);
    expect_irqs(after_sgi1r(0, 1ull << 48 | 1ull << 44 | 0x4), 0);
}
END_TEST

START_TEST(sgi_range_selector_picks_the_block_of_16)
{
    expect_irqs(after_sgi1r(0, 2ull << 48 | 1ull << 44 | 1u << 2), 0x8);
    expect_irqs(after_sgi1r(0, 2ull << 48 | 1u << 2), 0);
}
END_TEST

START_TEST(sgi_to_absent_targets_is_ignored)
{
    expect_irqs(after_sgi1r(0, 0xfffc), 0);
}
END_TEST

START_TEST(sgi_of_the_wrong_group_is_dropped)
{
    struct rig *r = rig_open(rig_config());

    rig_ready(r, 1, 5, 0xa0);
    rig_set(r, 0, "ICC_SGI0R_EL1", 5ull << 24 | 2);
    ck_assert(!rig_bit_get(r, 1, ISPENDR, 5));
    rig_destroy(r);
}
END_TEST

/* IHI 0069 8.1.10: no alternative Group 1, and ICC_SGI1R_EL1 is good for both groups. */
START_TEST(with_one_security_state_sgi1r_reaches_group_0_and_asgi1r_nothing_else)
{
    struct rig *r = rig_open(rig_config());

    rig_set(r, 0, "ICC_SGI1R_EL1", 5ull << 24 | 2);
    ck_assert(rig_bit_get(r, 1, ISPENDR, 5));
    rig_set(r, 0, "ICC_ASGI1R_EL1", 6ull << 24 | 2);
    ck_assert(rig_bit_get(r, 1, ISPENDR, 6));
    rig_ready(r, 1, 7, 0xa0);
    rig_set(r, 0, "ICC_ASGI1R_EL1", 7ull << 24 | 2);
    ck_assert(!rig_bit_get(r, 1, ISPENDR, 7));
    rig_destroy(r);
}
END_TEST

START_TEST(an_sgi_is_pending_once_however_often_it_is_sent)
{
    struct rig *r = after_sgi1r(0, 2);

    rig_set(r, 0, "ICC_SGI1R_EL1", 5ull << 24 | 2);
    ck_assert_uint_eq(rig_get(r, 1, "ICC_IAR1_EL1"), 5);
    rig_set(r, 0, "ICC_SGI1R_EL1", 5ull << 24 | 2);
    rig_set(r, 1, "ICC_EOIR1_EL1", 5);
    ck_assert_uint_eq(rig_get(r, 1, "ICC_IAR1_EL1"), 5);
    rig_set(r, 1, "ICC_EOIR1_EL1", 5);
    ck_assert_uint_eq(rig_get(r, 1, "ICC_IAR1_EL1"), 1023);
    rig_destroy(r);
}
END_TEST

START_TEST(gicr_typer_says_who_is_last_in_its_region)
{
    struct rig *r = rig_create(rig_config());
    static const unsigned regions[] = {1, 3}, wrong[] = {2, 3};

    for (unsigned i = 0; i < RIG_VCPUS; i++)
        ck_assert_uint_eq((rig_redist(r, i, true, 8, 8) >> 4) & 1, i == 3);
    ck_assert_int_eq(gic_set_redist_regions(r->gic, regions, 2), 0);
    for (unsigned i = 0; i < RIG_VCPUS; i++)
        ck_assert_uint_eq((rig_redist(r, i, true, 8, 8) >> 4) & 1, i == 0 || i == 3);
    ck_assert_int_lt(gic_set_redist_regions(r->gic, wrong, 2), 0);
    ck_assert_int_lt(gic_set_redist_regions(r->gic, wrong, 1), 0);
    rig_destroy(r);
}
END_TEST

START_TEST(gicr_typer_holds_affinity_and_number)
{
    struct rig *r = rig_create(rig_config());

    ck_assert_uint_eq(rig_redist(r, 3, true, 8, 8) >> 32, 0x02000012);
    ck_assert_uint_eq(rig_redist(r, 3, true, 12, 4), 0x02000012);
    ck_assert_uint_eq((rig_redist(r, 3, true, 8, 4) >> 8) & 0xffff, 3);
    rig_destroy(r);
}
END_TEST

START_TEST(identification_says_gicv3_and_what_is_configured)
{
    struct rig *r = rig_create(rig_config());
    uint64_t typer = rig_dist(r, true, 4, 4);

    ck_assert_uint_eq(rig_dist(r, true, 0xffe8, 4) >> 4 & 0xf, 3);
    ck_assert_uint_eq(rig_redist(r, 0, true, 0xffe8, 4) >> 4 & 0xf, 3);
    ck_assert_uint_eq(rig_dist(r, true, 0xfff0, 4), 0x0d);
    ck_assert_uint_eq(typer & 0x1f, 8);    /* 288 INTIDs */
    ck_assert_uint_eq(typer >> 10 & 1, 0); /* one security state */
    ck_assert_uint_eq(typer >> 17 & 1, 0); /* no LPIs */
    ck_assert_uint_eq(typer >> 24 & 7, 7); /* A3V, No1N, RSS */
    ck_assert_uint_eq(rig_dist(r, true, 0xc, 4), 0);
    rig_destroy(r);
}
END_TEST

START_TEST(odd_sizes_and_reserved_offsets_read_as_zero_and_are_noted)
{
    struct rig *r = rig_open(rig_config());

    ck_assert_uint_eq(rig_dist(r, true, 0x4, 1), 0);
    ck_assert_uint_eq(rig_dist(r, true, 0x4, 8), 0);
    ck_assert_uint_eq(rig_dist(r, true, 0x5000, 4), 0);
    ck_assert_uint_eq(rig_dist(r, true, 0x10, 4), 1);
    rig_dist_set(r, true, 0x4, 4, 1);
    rig_dist_set(r, true, 0x5000, 4, 1);
    ck_assert_uint_eq(rig_dist(r, true, 0x10, 4), 1 | 2 | 8);
    rig_dist_set(r, true, 0x10, 4, 3);
    ck_assert_uint_eq(rig_dist(r, true, 0x10, 4), 8);
    ck_assert_uint_eq(rig_dist(r, true, 0xfffffff0, 4), 0);
    rig_destroy(r);
}
END_TEST

START_TEST(rwp_is_pending_for_as_long_as_the_chooser_says)
{
    struct rig *r = rig_open(rig_config());

    r->next_choice = 2;
    rig_dist_set(r, true, 0, 4, 3);
    ck_assert_uint_eq(rig_dist(r, true, 0, 4) >> 31, 1);
    ck_assert_uint_eq(rig_dist(r, true, 0, 4) >> 31, 1);
    ck_assert_uint_eq(rig_dist(r, true, 0, 4) >> 31, 0);
    rig_redist_set(r, 1, true, SGI_BASE + ICENABLER, 4, 1);
    ck_assert_uint_eq(rig_redist(r, 1, true, 0, 4) >> 3 & 1, 1);
    ck_assert_uint_eq(rig_redist(r, 1, true, 0, 4) >> 3 & 1, 1);
    ck_assert_uint_eq(rig_redist(r, 1, true, 0, 4) >> 3 & 1, 0);
    rig_destroy(r);
}
END_TEST

START_TEST(a_sleeping_processor_is_woken_not_interrupted)
{
    struct gic_config config = rig_config();
    config.waker_gates = true;
    struct rig *r = rig_open(config);

    rig_redist_set(r, 0, true, 0x14, 4, 2);
    ck_assert_uint_eq(rig_redist(r, 0, true, 0x14, 4), 6);
    rig_ready(r, 0, 40, 0xa0);
    gic_set_spi(r->gic, 40, true);
    ck_assert(!r->lines[0][GIC_LINE_IRQ] && r->lines[0][GIC_LINE_WAKE]);
    rig_redist_set(r, 0, true, 0x14, 4, 0);
    ck_assert(r->lines[0][GIC_LINE_IRQ] && !r->lines[0][GIC_LINE_WAKE]);
    rig_destroy(r);
}
END_TEST

START_TEST(without_waker_gating_sleep_bits_hold_nothing_back)
{
    struct rig *r = rig_open(rig_config());

    rig_redist_set(r, 0, true, 0x14, 4, 2);
    rig_ready(r, 0, 40, 0xa0);
    gic_set_spi(r->gic, 40, true);
    ck_assert(r->lines[0][GIC_LINE_IRQ]);
    rig_destroy(r);
}
END_TEST

static void refuses(struct gic_config config, const char *word)
{
    struct gic *gic;
    const char *why = "";

    ck_assert_int_lt(gic_create(&config, &gic, &why), 0);
    ck_assert_ptr_null(gic);
    ck_assert_msg(strstr(why, word) != NULL, "%s", why);
}

START_TEST(impossible_configurations_are_refused_with_their_field)
{
    static const uint64_t twice[RIG_VCPUS] = {0, 1, 2, 1};
    struct gic_config c;

    c = rig_config(), c.n_vcpus = 0, refuses(c, "n_vcpus");
    c = rig_config(), c.n_vcpus = 513, refuses(c, "n_vcpus");
    c = rig_config(), c.n_spis = 100, refuses(c, "n_spis");
    c = rig_config(), c.n_spis = 0, refuses(c, "n_spis");
    c = rig_config(), c.n_espis = 33, refuses(c, "n_espis");
    c = rig_config(), c.n_eppis = 96, refuses(c, "n_eppis");
    c = rig_config(), c.priority_bits = 3, refuses(c, "priority_bits");
    c = rig_config(), c.list_registers = 17, refuses(c, "list_registers");
    c = rig_config(), c.two_security_states = true, refuses(c, "has_el3");
    c = rig_config(), c.mpidr = twice, refuses(c, "affinity");
}
END_TEST

START_TEST(five_hundred_vcpus_find_each_other)
{
    static uint64_t mpidr[512];
    struct gic_config config = rig_config();
    struct gic *gic;

    for (unsigned i = 0; i < 512; i++)
        mpidr[i] = (i / 256 << 16) | (i / 16 % 16 << 8) | i % 16;
    config.n_vcpus = 512;
    config.mpidr = mpidr;
    config.set_line = NULL;
    ck_assert_int_eq(gic_create(&config, &gic, NULL), 0);
    struct gic_pe_state pe = {.el = 1};
    for (unsigned i = 0; i < 512; i++) {
        uint64_t target =
            (mpidr[i] >> 16 & 0xff) << 32 | (mpidr[i] & 0xff00) << 8 | 1u << (mpidr[i] & 0xff);
        uint64_t pending;
        gic_redist_write(gic, i, 0, true, SGI_BASE + IGROUPR, 4, 1 << 3);
        gic_sysreg_write(gic, 511 - i, rig_sysreg("ICC_SGI1R_EL1"), &pe, target | 3ull << 24);
        gic_redist_read(gic, i, 0, true, SGI_BASE + ISPENDR, 4, &pending);
        ck_assert_uint_eq(pending, 1 << 3);
    }
    gic_destroy(gic);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("routing");

    tcase_add_test(tc, irouter_to_an_absent_pe_keeps_the_interrupt_pending);
    tcase_add_test(tc, rerouting_moves_a_pending_interrupt_but_not_an_active_one);
    tcase_add_test(tc, irouter_may_be_written_as_two_halves);
    tcase_add_test(tc, irouter_keeps_affinity_bits_only);
    tcase_add_test(tc, sgi_to_all_excludes_self);
    tcase_add_test(tc, sgi_list_selects_by_aff0);
    tcase_add_test(tc, sgi_compares_all_higher_affinities);
    tcase_add_test(tc, sgi_range_selector_picks_the_block_of_16);
    tcase_add_test(tc, sgi_to_absent_targets_is_ignored);
    tcase_add_test(tc, sgi_of_the_wrong_group_is_dropped);
    tcase_add_test(tc, with_one_security_state_sgi1r_reaches_group_0_and_asgi1r_nothing_else);
    tcase_add_test(tc, an_sgi_is_pending_once_however_often_it_is_sent);
    tcase_add_test(tc, gicr_typer_says_who_is_last_in_its_region);
    tcase_add_test(tc, gicr_typer_holds_affinity_and_number);
    tcase_add_test(tc, identification_says_gicv3_and_what_is_configured);
    tcase_add_test(tc, odd_sizes_and_reserved_offsets_read_as_zero_and_are_noted);
    tcase_add_test(tc, rwp_is_pending_for_as_long_as_the_chooser_says);
    tcase_add_test(tc, a_sleeping_processor_is_woken_not_interrupted);
    tcase_add_test(tc, without_waker_gating_sleep_bits_hold_nothing_back);
    tcase_add_test(tc, impossible_configurations_are_refused_with_their_field);
    tcase_add_test(tc, five_hundred_vcpus_find_each_other);
    return suite_run_case("gic routing", tc);
}
