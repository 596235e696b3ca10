/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The memory-mapped CPU interface, GICC (IHI 0069 10, 12.14).
 */
#include "tests/unit/test_gic_legacy_rig.h"

START_TEST(with_one_state_iar_is_for_group_0_and_aiar_for_group_1)
{
    struct rig *r = spi_for(1);

    ck_assert_uint_eq(cpu(r, 0, true, GICC_HPPIR), 1022);
    ck_assert_uint_eq(cpu(r, 0, true, GICC_IAR), 1022);
    ck_assert_uint_eq(cpu(r, 0, true, GICC_AHPPIR), 40);
    ck_assert_uint_eq(cpu(r, 0, true, GICC_AIAR), 40);
    ck_assert_uint_eq(cpu(r, 0, true, GICC_RPR), 0xa0);
    cpu_set(r, 0, true, GICC_EOIR, 40); /* of the other group: ignored */
    ck_assert_uint_eq(cpu(r, 0, true, GICC_RPR), 0xa0);
    cpu_set(r, 0, true, GICC_AEOIR, 40);
    ck_assert_uint_eq(cpu(r, 0, true, GICC_RPR), 0xff);
    gic_set_spi(r->gic, 40, false);
    dist_set(r, 0, true, IGROUPR + 4, 4, 0);
    gic_set_spi(r->gic, 40, true);
    ck_assert_uint_eq(cpu(r, 0, true, GICC_AIAR), 1023);
    ck_assert_uint_eq(cpu(r, 0, true, GICC_IAR), 40);
    rig_destroy(r);
}
END_TEST

START_TEST(group_0_is_irq_unless_fiqen_says_otherwise)
{
    struct rig *r = spi_for(1);

    dist_set(r, 0, true, IGROUPR + 4, 4, 0);
    ck_assert(r->lines[0][GIC_LINE_IRQ] && !r->lines[0][GIC_LINE_FIQ]);
    cpu_set(r, 0, true, GICC_CTLR, 3 | 1 << 3);
    ck_assert(!r->lines[0][GIC_LINE_IRQ] && r->lines[0][GIC_LINE_FIQ]);
    ck_assert_uint_eq(cpu(r, 0, true, GICC_CTLR), 3 | 1 << 3);
    rig_destroy(r);
}
END_TEST

START_TEST(with_eoimode_dir_deactivates)
{
    struct rig *r = spi_for(1);

    cpu_set(r, 0, true, GICC_CTLR, 3 | 1 << 9);
    ck_assert_uint_eq(cpu(r, 0, true, GICC_AIAR), 40);
    cpu_set(r, 0, true, GICC_AEOIR, 40);
    ck_assert_uint_eq(dist(r, 0, true, ISACTIVER + 4, 4), 1 << 8);
    ck_assert(!irq(r, 0));
    cpu_set(r, 0, true, GICC_DIR, 40);
    ck_assert_uint_eq(dist(r, 0, true, ISACTIVER + 4, 4), 0);
    ck_assert(irq(r, 0));
    rig_destroy(r);
}
END_TEST

/* Two states: SPI 40 is Group 1, SPI 41 Group 0; all open at vCPU 0. */
static struct rig *two_groups(void)
{
    struct rig *r = two_states();

    r->pe[0] = (struct gic_pe_state){.el = 1, .scr_el3 = 1};
    gic_pe_changed(r->gic, 0, &r->pe[0]);
    dist_set(r, 0, true, GICD_CTLR, 4, 3);
    dist_set(r, 0, true, IGROUPR + 4, 4, 1 << 8);
    dist_set(r, 0, true, ITARGETSR + 40, 4, 0x0101);
    dist_set(r, 0, true, IPRIORITYR + 40, 4, 0x40a0);
    dist_set(r, 0, true, ISENABLER + 4, 4, 3 << 8);
    cpu_set(r, 0, true, GICC_PMR, 0xff);
    cpu_set(r, 0, true, GICC_CTLR, 3 | 1 << 3);
    return r;
}

START_TEST(non_secure_software_sees_group_1_in_the_plain_registers)
{
    struct rig *r = two_groups();

    gic_set_spi(r->gic, 40, true);
    ck_assert_uint_eq(cpu(r, 0, false, GICC_HPPIR), 40);
    ck_assert_uint_eq(cpu(r, 0, false, GICC_AIAR), 1023);
    ck_assert_uint_eq(cpu(r, 0, true, GICC_IAR), 1022);
    ck_assert_uint_eq(cpu(r, 0, false, GICC_IAR), 40);
    ck_assert_uint_eq(cpu(r, 0, false, GICC_RPR), 0x40);
    ck_assert_uint_eq(cpu(r, 0, true, GICC_RPR), 0xa0);
    ck_assert_uint_eq(cpu(r, 0, true, GICC_NSAPR), 1 << 20);
    ck_assert_uint_eq(cpu(r, 0, false, GICC_APR), 1 << 4);
    gic_set_spi(r->gic, 41, true);
    ck_assert_uint_eq(cpu(r, 0, false, GICC_IAR), 1023);
    ck_assert(r->lines[0][GIC_LINE_FIQ]);
    ck_assert_uint_eq(cpu(r, 0, true, GICC_IAR), 41);
    cpu_set(r, 0, false, GICC_EOIR, 41); /* not its to end */
    ck_assert_uint_eq(cpu(r, 0, true, GICC_RPR), 0x40);
    cpu_set(r, 0, true, GICC_EOIR, 41);
    cpu_set(r, 0, false, GICC_EOIR, 40);
    ck_assert_uint_eq(cpu(r, 0, true, GICC_RPR), 0xff);
    rig_destroy(r);
}
END_TEST

START_TEST(non_secure_software_has_its_half_of_priorities_and_its_bits_of_ctlr)
{
    struct rig *r = two_groups();

    ck_assert_uint_eq(cpu(r, 0, false, GICC_CTLR), 1);
    cpu_set(r, 0, false, GICC_CTLR, 1 | 1 << 9);
    ck_assert_uint_eq(cpu(r, 0, true, GICC_CTLR), 3 | 1 << 3 | 1 << 10);
    cpu_set(r, 0, false, GICC_PMR, 0x80);
    ck_assert_uint_eq(cpu(r, 0, true, GICC_PMR), 0xc0);
    cpu_set(r, 0, true, GICC_PMR, 0x40);
    cpu_set(r, 0, false, GICC_PMR, 0xff);
    ck_assert_uint_eq(cpu(r, 0, true, GICC_PMR), 0x40);
    ck_assert_uint_eq(cpu(r, 0, false, GICC_PMR), 0);
    rig_destroy(r);
}
END_TEST

START_TEST(cbpr_makes_group_1_use_bpr_and_abpr_is_non_secure_bpr)
{
    struct rig *r = two_groups();

    cpu_set(r, 0, false, GICC_BPR, 5);
    ck_assert_uint_eq(cpu(r, 0, true, GICC_ABPR), 5);
    ck_assert_uint_eq(cpu(r, 0, false, GICC_ABPR), 0);
    cpu_set(r, 0, true, GICC_BPR, 0);
    ck_assert_uint_eq(cpu(r, 0, true, GICC_BPR), 2);
    cpu_set(r, 0, true, GICC_CTLR, 3 | 1 << 4);
    ck_assert_uint_eq(cpu(r, 0, false, GICC_BPR), 3);
    cpu_set(r, 0, false, GICC_BPR, 7);
    ck_assert_uint_eq(cpu(r, 0, true, GICC_ABPR), 5);
    rig_destroy(r);
}
END_TEST

START_TEST(who_uses_the_system_registers_finds_gicc_silent)
{
    struct rig *r = spi_for(1);

    r->pe[0] = (struct gic_pe_state){.el = 2};
    ck_assert_int_eq(rig_check(r, 0, "ICC_IAR1_EL1", false), GIC_ACCESS_TRAP_EL2);
    rig_set(r, 0, "ICC_SRE_EL2", 0xf);
    ck_assert_uint_eq(cpu(r, 0, true, GICC_PMR), 0);
    cpu_set(r, 0, true, GICC_PMR, 0);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_PMR_EL1"), 0xf8);
    ck_assert_uint_eq(cpu(r, 0, true, GICC_AIAR), 0);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR1_EL1"), 40);
    rig_destroy(r);
}
END_TEST

START_TEST(sre_of_a_lower_level_is_razwi_until_the_higher_one_is_on)
{
    struct rig *r = legacy_rig();

    r->pe[0] = (struct gic_pe_state){.el = 2, .el2_enabled = true};
    rig_set(r, 0, "ICC_SRE_EL1", 7);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_SRE_EL1"), 6);
    rig_set(r, 0, "ICC_SRE_EL2", 0xf);
    rig_set(r, 0, "ICC_SRE_EL1", 7);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_SRE_EL1"), 7);
    rig_destroy(r);
}
END_TEST

START_TEST(gicc_notes_bad_accesses)
{
    struct rig *r = legacy_rig();

    cpu(r, 0, true, 0x30);
    cpu_set(r, 0, true, 0x34, 1);
    cpu(r, 0, true, GICC_EOIR);
    cpu_set(r, 0, true, GICC_IAR, 1);
    ck_assert_uint_eq(cpu(r, 0, true, GICC_STATUSR), 0xf);
    ck_assert_uint_eq(cpu(r, 1, true, GICC_STATUSR), 0);
    cpu_set(r, 0, true, GICC_STATUSR, 0x5);
    ck_assert_uint_eq(cpu(r, 0, true, GICC_STATUSR), 0xa);
    ck_assert_uint_eq(cpu(r, 0, true, GICC_IIDR) & 0xf0fff, 0x3043b);
    rig_destroy(r);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("gicc");

    tcase_add_test(tc, with_one_state_iar_is_for_group_0_and_aiar_for_group_1);
    tcase_add_test(tc, group_0_is_irq_unless_fiqen_says_otherwise);
    tcase_add_test(tc, with_eoimode_dir_deactivates);
    tcase_add_test(tc, non_secure_software_sees_group_1_in_the_plain_registers);
    tcase_add_test(tc, non_secure_software_has_its_half_of_priorities_and_its_bits_of_ctlr);
    tcase_add_test(tc, cbpr_makes_group_1_use_bpr_and_abpr_is_non_secure_bpr);
    tcase_add_test(tc, who_uses_the_system_registers_finds_gicc_silent);
    tcase_add_test(tc, sre_of_a_lower_level_is_razwi_until_the_higher_one_is_on);
    tcase_add_test(tc, gicc_notes_bad_accesses);
    return suite_run_case("gic memory-mapped CPU interface", tc);
}
