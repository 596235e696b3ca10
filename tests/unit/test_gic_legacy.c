/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Legacy operation (IHI 0069 10): GICD_CTLR.ARE_* = 0, GICD_ITARGETSR, GICD_SGIR.
 */
#include "tests/unit/test_gic_legacy_rig.h"

/* -- ARE -- */

START_TEST(affinity_routing_is_off_after_reset_and_once_on_stays_on)
{
    struct rig *r = legacy_rig();

    ck_assert_uint_eq(dist(r, 0, true, GICD_CTLR, 4), 0x43);
    dist_set(r, 0, true, GICD_CTLR, 4, 0x13);
    ck_assert_uint_eq(dist(r, 0, true, GICD_CTLR, 4), 0x53);
    dist_set(r, 0, true, GICD_CTLR, 4, 3);
    ck_assert_uint_eq(dist(r, 0, true, GICD_CTLR, 4), 0x53);
    rig_destroy(r);
}
END_TEST

START_TEST(are_ns_needs_are_s_and_is_bit_4_to_non_secure_software)
{
    struct rig *r = two_states();

    dist_set(r, 0, true, GICD_CTLR, 4, 1 << 5);
    ck_assert_uint_eq(dist(r, 0, true, GICD_CTLR, 4), 0);
    dist_set(r, 0, false, GICD_CTLR, 4, 1 << 4);
    ck_assert_uint_eq(dist(r, 0, true, GICD_CTLR, 4), 0);
    dist_set(r, 0, true, GICD_CTLR, 4, 1 << 4);
    ck_assert_uint_eq(dist(r, 0, false, GICD_CTLR, 4), 0);
    dist_set(r, 0, false, GICD_CTLR, 4, 1 << 4);
    ck_assert_uint_eq(dist(r, 0, false, GICD_CTLR, 4), 1 << 4);
    ck_assert_uint_eq(dist(r, 0, true, GICD_CTLR, 4), 3 << 4);
    rig_destroy(r);
}
END_TEST

START_TEST(the_non_secure_group_enable_is_bit_0_without_and_bit_1_with_affinity_routing)
{
    struct rig *r = two_states();

    dist_set(r, 0, false, GICD_CTLR, 4, 2);
    ck_assert_uint_eq(dist(r, 0, true, GICD_CTLR, 4), 0);
    dist_set(r, 0, false, GICD_CTLR, 4, 1);
    ck_assert_uint_eq(dist(r, 0, true, GICD_CTLR, 4), 2);
    dist_set(r, 0, true, GICD_CTLR, 4, 3 << 4 | 2);
    ck_assert_uint_eq(dist(r, 0, false, GICD_CTLR, 4), 1 << 4 | 2);
    rig_destroy(r);
}
END_TEST

START_TEST(registers_of_sgis_and_ppis_move_from_gicd_to_gicr_with_affinity_routing)
{
    struct rig *r = legacy_rig();

    dist_set(r, 0, true, ISENABLER, 4, 1 << 27);
    ck_assert_uint_eq(dist(r, 0, true, ISENABLER, 4), 1 << 27);
    ck_assert_uint_eq(rig_redist(r, 0, true, SGI_BASE + ISENABLER, 4), 0);
    rig_redist_set(r, 0, true, SGI_BASE + ISENABLER, 4, 1 << 28);
    dist_set(r, 0, true, GICD_CTLR, 4, 0x13);
    ck_assert_uint_eq(dist(r, 0, true, ISENABLER, 4), 0);
    ck_assert_uint_eq(rig_redist(r, 0, true, SGI_BASE + ISENABLER, 4), 1 << 27);
    rig_destroy(r);
}
END_TEST

START_TEST(gicd_has_a_copy_of_them_for_each_pe)
{
    struct rig *r = legacy_rig();

    dist_set(r, 0, true, ISENABLER, 4, 1 << 27);
    dist_set(r, 1, true, ISENABLER, 4, 1 << 28);
    dist_set(r, 1, true, IPRIORITYR + 28, 1, 0x70);
    ck_assert_uint_eq(dist(r, 0, true, ISENABLER, 4), 1 << 27);
    ck_assert_uint_eq(dist(r, 1, true, ISENABLER, 4), 1 << 28);
    ck_assert_uint_eq(dist(r, 0, true, IPRIORITYR + 28, 1), 0);
    ck_assert_uint_eq(dist(r, 1, true, IPRIORITYR + 28, 1), 0x70);
    gic_set_ppi(r->gic, 1, 28, true);
    ck_assert_uint_eq(dist(r, 0, true, ISPENDR, 4), 0);
    ck_assert_uint_eq(dist(r, 1, true, ISPENDR, 4), 1 << 28);
    rig_destroy(r);
}
END_TEST

START_TEST(typer_says_how_many_pes_there_are)
{
    struct rig *r = legacy_rig();

    ck_assert_uint_eq(dist(r, 0, true, GICD_TYPER, 4) >> 5 & 7, RIG_VCPUS - 1);
    rig_destroy(r);
}
END_TEST

/* -- SPIs -- */

START_TEST(an_spi_goes_to_its_target)
{
    struct rig *r = spi_for(1 << 2);

    ck_assert(irq(r, 2) && !irq(r, 0));
    ck_assert_uint_eq(cpu(r, 2, true, GICC_AIAR), 40);
    rig_destroy(r);
}
END_TEST

START_TEST(an_spi_without_targets_waits)
{
    struct rig *r = spi_for(0);

    ck_assert(!irq(r, 0) && !irq(r, 1) && !irq(r, 2) && !irq(r, 3));
    dist_set(r, 0, true, ITARGETSR + 40, 1, 2);
    ck_assert(irq(r, 1));
    dist_set(r, 0, true, ITARGETSR + 40, 1, 1);
    ck_assert(irq(r, 0) && !irq(r, 1));
    rig_destroy(r);
}
END_TEST

START_TEST(one_of_several_targets_takes_it_as_the_chooser_says)
{
    struct rig *r = spi_for(0);

    r->next_choice = 1;
    dist_set(r, 0, true, ITARGETSR + 40, 1, 1 << 1 | 1 << 3);
    ck_assert(irq(r, 3) && !irq(r, 1) && !irq(r, 0));
    cpu_set(r, 3, true, GICC_CTLR, 0); /* not eligible any more */
    ck_assert(irq(r, 1) && !irq(r, 3));
    cpu_set(r, 1, true, GICC_CTLR, 0);
    ck_assert(!irq(r, 0) && !irq(r, 1) && !irq(r, 2) && !irq(r, 3));
    cpu_set(r, 3, true, GICC_CTLR, 3);
    ck_assert(irq(r, 3));
    rig_destroy(r);
}
END_TEST

START_TEST(targets_keep_bits_of_pes_that_exist_and_those_of_ppis_are_the_reader)
{
    struct rig *r = legacy_rig();

    dist_set(r, 0, true, ITARGETSR + 40, 4, 0xffffffff);
    ck_assert_uint_eq(dist(r, 0, true, ITARGETSR + 40, 4), 0x0f0f0f0f);
    ck_assert_uint_eq(dist(r, 2, true, ITARGETSR + 28, 4), 0x04040404);
    dist_set(r, 2, true, ITARGETSR + 28, 4, 0);
    ck_assert_uint_eq(dist(r, 2, true, ITARGETSR + 28, 4), 0x04040404);
    rig_destroy(r);
}
END_TEST

START_TEST(with_affinity_routing_irouter_counts_and_itargetsr_is_res0)
{
    struct rig *r = spi_for(1 << 2);

    dist_set(r, 0, true, IROUTER + 40 * 8, 8, rig_mpidr[1]);
    ck_assert_uint_eq(dist(r, 0, true, IROUTER + 40 * 8, 8), 0);
    dist_set(r, 0, true, GICD_CTLR, 4, 0x13);
    ck_assert(irq(r, 0) && !irq(r, 2));
    ck_assert_uint_eq(dist(r, 0, true, ITARGETSR + 40, 1), 0);
    dist_set(r, 0, true, IROUTER + 40 * 8, 8, rig_mpidr[1]);
    ck_assert(irq(r, 1) && !irq(r, 0));
    rig_destroy(r);
}
END_TEST

START_TEST(nsacr_3_lends_the_targets_of_a_secure_spi)
{
    struct rig *r = two_states();

    dist_set(r, 0, true, ITARGETSR + 40, 1, 1);
    ck_assert_uint_eq(dist(r, 0, false, ITARGETSR + 40, 1), 0);
    dist_set(r, 0, false, ITARGETSR + 40, 1, 2);
    ck_assert_uint_eq(dist(r, 0, true, ITARGETSR + 40, 1), 1);
    dist_set(r, 0, true, NSACR + 40 / 16 * 4, 4, 3u << 40 % 16 * 2);
    ck_assert_uint_eq(dist(r, 0, false, ITARGETSR + 40, 1), 1);
    dist_set(r, 0, false, ITARGETSR + 40, 1, 2);
    ck_assert_uint_eq(dist(r, 0, true, ITARGETSR + 40, 1), 2);
    rig_destroy(r);
}
END_TEST

/* -- SGIs -- */

START_TEST(an_sgi_tells_who_sent_it_and_each_sender_is_heard)
{
    struct rig *r = legacy_rig();

    dist_set(r, 0, true, ISENABLER, 4, 0xffff);
    dist_set(r, 3, true, SGIR, 4, 1 << 16 | 5);
    dist_set(r, 1, true, SGIR, 4, 1 << 16 | 5);
    ck_assert_uint_eq(dist(r, 0, true, SPENDSGIR + 5, 1), 1 << 3 | 1 << 1);
    ck_assert(r->lines[0][GIC_LINE_IRQ]);
    ck_assert_uint_eq(cpu(r, 0, true, GICC_HPPIR), 1 << 10 | 5);
    ck_assert_uint_eq(cpu(r, 0, true, GICC_IAR), 1 << 10 | 5);
    ck_assert_uint_eq(cpu(r, 0, true, GICC_IAR), 1023);
    cpu_set(r, 0, true, GICC_EOIR, 1 << 10 | 5);
    ck_assert_uint_eq(cpu(r, 0, true, GICC_IAR), 3 << 10 | 5);
    cpu_set(r, 0, true, GICC_EOIR, 3 << 10 | 5);
    ck_assert(!r->lines[0][GIC_LINE_IRQ]);
    rig_destroy(r);
}
END_TEST

START_TEST(sgir_filters_choose_list_others_or_self)
{
    struct rig *r = legacy_rig();

    dist_set(r, 1, true, SGIR, 4, 0 << 24 | 0xf9 << 16 | 5);
    dist_set(r, 1, true, SGIR, 4, 1 << 24 | 6);
    dist_set(r, 1, true, SGIR, 4, 2 << 24 | 7);
    dist_set(r, 1, true, SGIR, 4, 3 << 24 | 8);
    ck_assert_uint_eq(dist(r, 0, true, ISPENDR, 4), 1 << 5 | 1 << 6);
    ck_assert_uint_eq(dist(r, 1, true, ISPENDR, 4), 1 << 7);
    ck_assert_uint_eq(dist(r, 2, true, ISPENDR, 4), 1 << 6);
    ck_assert_uint_eq(dist(r, 3, true, ISPENDR, 4), 1 << 5 | 1 << 6);
    rig_destroy(r);
}
END_TEST

START_TEST(sources_are_set_and_cleared_one_by_one_and_ispendr0_is_read_only_for_sgis)
{
    struct rig *r = legacy_rig();

    dist_set(r, 0, true, SPENDSGIR + 4, 4, 0x0300);
    ck_assert_uint_eq(dist(r, 0, true, CPENDSGIR + 4, 4), 0x0300);
    ck_assert_uint_eq(dist(r, 0, true, ISPENDR, 4), 1 << 5);
    dist_set(r, 0, true, ICPENDR, 4, 1 << 5);
    dist_set(r, 0, true, ISPENDR, 4, 1 << 6);
    ck_assert_uint_eq(dist(r, 0, true, ISPENDR, 4), 1 << 5);
    dist_set(r, 0, true, CPENDSGIR + 4, 4, 0x0100);
    ck_assert_uint_eq(dist(r, 0, true, ISPENDR, 4), 1 << 5);
    dist_set(r, 0, true, CPENDSGIR + 4, 4, 0x0200);
    ck_assert_uint_eq(dist(r, 0, true, ISPENDR, 4), 0);
    rig_destroy(r);
}
END_TEST

START_TEST(secure_sgis_go_by_nsatt_and_non_secure_ones_to_group_1)
{
    struct rig *r = two_states();

    dist_set(r, 1, true, IGROUPR, 4, 1 << 6); /* SGI 6 of vCPU 1 is Group 1 */
    dist_set(r, 0, true, SGIR, 4, 2 << 16 | 5);
    dist_set(r, 0, true, SGIR, 4, 2 << 16 | 6);
    ck_assert_uint_eq(dist(r, 1, true, ISPENDR, 4), 1 << 5);
    dist_set(r, 0, true, SGIR, 4, 2 << 16 | 1 << 15 | 6);
    dist_set(r, 0, true, SGIR, 4, 2 << 16 | 1 << 15 | 7);
    ck_assert_uint_eq(dist(r, 1, true, ISPENDR, 4), 1 << 5 | 1 << 6);
    dist_set(r, 0, false, SGIR, 4, 2 << 16 | 8);
    ck_assert_uint_eq(dist(r, 1, true, ISPENDR, 4), 1 << 5 | 1 << 6);
    dist_set(r, 1, true, NSACR, 4, 1 << 16);
    dist_set(r, 0, false, SGIR, 4, 2 << 16 | 8);
    ck_assert_uint_eq(dist(r, 1, true, ISPENDR, 4), 1 << 5 | 1 << 6 | 1 << 8);
    ck_assert_uint_eq(dist(r, 1, false, ISPENDR, 4), 1 << 6);
    rig_destroy(r);
}
END_TEST

START_TEST(sources_survive_save_and_restore)
{
    struct rig *r = legacy_rig();

    dist_set(r, 0, true, ISENABLER, 4, 0xffff);
    dist_set(r, 3, true, SGIR, 4, 1 << 16 | 5);
    gic_after_restore(r->gic);
    ck_assert_uint_eq(cpu(r, 0, true, GICC_IAR), 3 << 10 | 5);
    rig_destroy(r);
}
END_TEST

START_TEST(without_legacy_there_is_no_gicc_and_are_is_rao)
{
    struct rig *r = rig_open(rig_config());

    ck_assert_uint_eq(cpu(r, 0, true, GICC_IIDR), 0);
    dist_set(r, 0, true, ITARGETSR + 40, 1, 1);
    ck_assert_uint_eq(dist(r, 0, true, ITARGETSR + 40, 1), 0);
    ck_assert_uint_eq(dist(r, 0, true, GICD_CTLR, 4) & 0x10, 0x10);
    rig_destroy(r);
}
END_TEST

START_TEST(legacy_operation_is_for_eight_pes)
{
    static uint64_t mpidr[9];
    struct gic_config config = rig_config();
    struct gic *gic;
    const char *why = "";

    for (unsigned i = 0; i < 9; i++)
        mpidr[i] = i;
    config.legacy = true;
    config.n_vcpus = 9;
    config.mpidr = mpidr;
    ck_assert_int_lt(gic_create(&config, &gic, &why), 0);
    ck_assert_msg(strstr(why, "legacy") != NULL, "%s", why);
}
END_TEST

START_TEST(lpis_and_extended_ranges_need_affinity_routing)
{
    struct gic_config config = rig_config();

    config.legacy = true;
    config.n_espis = 32;
    config.n_eppis = 32;
    struct rig *r = rig_create(config);
    dist_set(r, 0, true, 0x1200, 4, ~0u);
    rig_redist_set(r, 0, true, SGI_BASE + ISENABLER + 4, 4, ~0u);
    ck_assert_uint_eq(dist(r, 0, true, 0x1200, 4), 0);
    ck_assert_uint_eq(rig_redist(r, 0, true, SGI_BASE + ISENABLER + 4, 4), 0);
    dist_set(r, 0, true, GICD_CTLR, 4, 1 << 4);
    dist_set(r, 0, true, 0x1200, 4, ~0u);
    rig_redist_set(r, 0, true, SGI_BASE + ISENABLER + 4, 4, ~0u);
    ck_assert_uint_eq(dist(r, 0, true, 0x1200, 4), ~0u);
    ck_assert_uint_eq(rig_redist(r, 0, true, SGI_BASE + ISENABLER + 4, 4), ~0u);
    rig_destroy(r);
}
END_TEST

START_TEST(an_explanation_names_itargetsr)
{
    struct rig *r = spi_for(1 << 2);
    struct gic_verdict verdict;

    gic_explain(r->gic, 0, 40, &r->pe[0], &verdict);
    ck_assert_int_eq(verdict.first_failed, GIC_GATE_ROUTED);
    ck_assert_str_eq(verdict.gates[GIC_GATE_ROUTED].reg, "GICD_ITARGETSR<n>");
    ck_assert_uint_eq(verdict.gates[GIC_GATE_ROUTED].value, 1 << 2);
    ck_assert_uint_eq(verdict.gates[GIC_GATE_ROUTED].wanted, 1);
    gic_explain(r->gic, 2, 40, &r->pe[2], &verdict);
    ck_assert(verdict.signalled);
    rig_destroy(r);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("legacy");

    tcase_add_test(tc, affinity_routing_is_off_after_reset_and_once_on_stays_on);
    tcase_add_test(tc, are_ns_needs_are_s_and_is_bit_4_to_non_secure_software);
    tcase_add_test(tc,
                   the_non_secure_group_enable_is_bit_0_without_and_bit_1_with_affinity_routing);
    tcase_add_test(tc, registers_of_sgis_and_ppis_move_from_gicd_to_gicr_with_affinity_routing);
    tcase_add_test(tc, gicd_has_a_copy_of_them_for_each_pe);
    tcase_add_test(tc, typer_says_how_many_pes_there_are);
    tcase_add_test(tc, an_spi_goes_to_its_target);
    tcase_add_test(tc, an_spi_without_targets_waits);
    tcase_add_test(tc, one_of_several_targets_takes_it_as_the_chooser_says);
    tcase_add_test(tc, targets_keep_bits_of_pes_that_exist_and_those_of_ppis_are_the_reader);
    tcase_add_test(tc, with_affinity_routing_irouter_counts_and_itargetsr_is_res0);
    tcase_add_test(tc, nsacr_3_lends_the_targets_of_a_secure_spi);
    tcase_add_test(tc, an_sgi_tells_who_sent_it_and_each_sender_is_heard);
    tcase_add_test(tc, sgir_filters_choose_list_others_or_self);
    tcase_add_test(tc, sources_are_set_and_cleared_one_by_one_and_ispendr0_is_read_only_for_sgis);
    tcase_add_test(tc, secure_sgis_go_by_nsatt_and_non_secure_ones_to_group_1);
    tcase_add_test(tc, sources_survive_save_and_restore);
    tcase_add_test(tc, without_legacy_there_is_no_gicc_and_are_is_rao);
    tcase_add_test(tc, legacy_operation_is_for_eight_pes);
    tcase_add_test(tc, lpis_and_extended_ranges_need_affinity_routing);
    tcase_add_test(tc, an_explanation_names_itargetsr);
    return suite_run_case("gic legacy", tc);
}
