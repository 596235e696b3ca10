/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GICv4.1: the vPE configuration table, default doorbells, vSGIs (IHI 0069, GICv4.1 chapters;
 * checklist 31 and 32).
 */
#include "tests/unit/test_gic_v4_rig.h"

static struct v4 mapped(void)
{
    return v4_mapped(GIC_VERSION_4_1);
}

START_TEST(registers_say_what_there_is)
{
    struct v4 b = v4_bench(GIC_VERSION_4_1);
    uint64_t typer = rig_redist(b.r, 0, true, 8, 8), its = its_get(&b, 0, 8, 8);

    ck_assert_uint_eq(rig_redist(b.r, 0, true, 0xffe8, 4) >> 4, 4);
    ck_assert_uint_eq(typer & 0x87, 0x87);     /* RVPEID, Dirty, VLPIS, PLPIS */
    ck_assert_uint_eq(typer >> 24 & 7, 4);     /* VSGI; CommonLPIAff 0: all share one table */
    ck_assert_uint_eq(its >> 37 & 0x7f, 0x0d); /* VMAPP, VSGI, VMOVP; no SVPET, no nID */
    ck_assert_uint_eq(its_get(&b, 0, 0x18, 4), 0);
    ck_assert_uint_eq(rig_dist(b.r, true, 0xc, 4), 1 << 8);        /* nASSGIcap; VIL 0: 16 bits */
    ck_assert_uint_eq(hyp_get(&b, 0, "ICH_VTR_EL2") >> 18 & 7, 3); /* DVIM, nV4 0 */
    ck_assert_uint_eq(rig_redist(b.r, 0, true, VPROPBASER, 8) >> 59 & 7, 3); /* 32-byte entries */
    ck_assert_uint_eq(its_get(&b, 0, 0x110, 8) >> 48 & 0x1f, 31);
    rig_destroy(b.r);
}
END_TEST

START_TEST(vpeids_may_have_fewer_bits)
{
    struct gic_config config = rig_config();

    config.version = GIC_VERSION_4_1;
    config.vpe_id_bits = 4;
    struct v4 b = v4_with(
        config, (struct gic_its_config){.no_individual_doorbells = true, .shares_vpe_table = true});
    ck_assert_uint_eq(rig_dist(b.r, true, 0xc, 4) & 0xff, 0x83);
    ck_assert_uint_eq(its_get(&b, 0, 8, 8) >> 41 & 7, 5); /* nID, SVPET 1 */
    vmapp(&b, 1, 0);
    vmapp(&b, 17, 0);
    set_vpendbaser(&b, 0, VALID | 17);
    ck_assert_uint_eq(vpendbaser(&b, 0) & VALID, 0);
    set_vpendbaser(&b, 0, VALID | 1);
    ck_assert_uint_ne(vpendbaser(&b, 0) & VALID, 0);
    rig_destroy(b.r);
}
END_TEST

START_TEST(a_vpe_that_is_not_in_the_table_does_not_become_resident)
{
    struct v4 b = mapped();

    set_vpendbaser(&b, 0, VALID | 5);
    ck_assert_uint_eq(vpendbaser(&b, 0), 5);
    rig_redist_set(b.r, 0, true, VPROPBASER, 8, 0);
    set_vpendbaser(&b, 0, VALID | 1);
    ck_assert_uint_eq(vpendbaser(&b, 0) & VALID, 0);
    rig_destroy(b.r);
}
END_TEST

/* -- Doorbells -- */

START_TEST(the_default_doorbell_rings_once_if_it_was_asked_for)
{
    struct v4 b = mapped();

    msi(&b, 20); /* never was resident: nobody asked */
    ck_assert_uint_eq(hyp_take(&b, 0), SPURIOUS);
    schedule(&b, 0, 1);
    ck_assert_uint_eq(guest_take(&b, 0), 8195);
    ck_assert_uint_eq(deschedule(&b, 0, DOORBELL41) & LAST, 0);
    msi(&b, 20);
    ck_assert(vpt_bit(1, 8195));
    ck_assert_uint_eq(hyp_take(&b, 0), DOORBELL + 1);
    msi(&b, 21);
    ck_assert_uint_eq(hyp_take(&b, 0), SPURIOUS);
    rig_destroy(b.r);
}
END_TEST

START_TEST(pendinglast_after_a_request_for_a_doorbell_means_none_will_come)
{
    struct v4 b = mapped();

    schedule(&b, 0, 1);
    msi(&b, 20);
    ck_assert_uint_eq(deschedule(&b, 0, DOORBELL41) & LAST, LAST);
    msi(&b, 21);
    ck_assert_uint_eq(hyp_take(&b, 0), SPURIOUS);
    rig_destroy(b.r);
}
END_TEST

START_TEST(pendinglast_written_as_1_asks_for_no_doorbell)
{
    struct v4 b = mapped();

    schedule(&b, 0, 1);
    ck_assert_uint_eq(deschedule(&b, 0, LAST | DOORBELL41) & (VALID | LAST), LAST);
    msi(&b, 20);
    ck_assert_uint_eq(hyp_take(&b, 0), SPURIOUS);
    schedule(&b, 0, 1);
    guest_take(&b, 0);
    deschedule(&b, 0, 0);
    msi(&b, 20);
    ck_assert_uint_eq(hyp_take(&b, 0), SPURIOUS);
    rig_destroy(b.r);
}
END_TEST

START_TEST(residency_takes_the_request_back)
{
    struct v4 b = mapped();

    schedule(&b, 0, 1);
    deschedule(&b, 0, DOORBELL41);
    schedule(&b, 0, 1);
    deschedule(&b, 0, 0);
    msi(&b, 20);
    ck_assert_uint_eq(hyp_take(&b, 0), SPURIOUS);
    rig_destroy(b.r);
}
END_TEST

START_TEST(a_disabled_vlpi_rings_when_inv_finds_it_enabled)
{
    struct v4 b = mapped();
    uint8_t *byte = &memory[VCONF + 0x10000 + 8195 - 8192];

    *byte = 0xa0;
    schedule(&b, 0, 1);
    deschedule(&b, 0, DOORBELL41);
    msi(&b, 20);
    ck_assert_uint_eq(hyp_take(&b, 0), SPURIOUS);
    *byte = 0xa1;
    by_event(&b, INV, 20);
    ck_assert_uint_eq(hyp_take(&b, 0), DOORBELL + 1);
    rig_destroy(b.r);
}
END_TEST

START_TEST(a_disabled_vlpi_rings_when_vinvall_or_invallr_finds_it_enabled)
{
    for (int by_register = 0; by_register < 2; by_register++) {
        struct v4 b = mapped();
        uint8_t *byte = &memory[VCONF + 0x10000 + 9000 - 8192];
        memory[VCONF + 0x10000 + 8195 - 8192] = *byte = 0xa0;
        schedule(&b, 0, 1);
        deschedule(&b, 0, DOORBELL41);
        msi(&b, 20);
        msi(&b, 21);
        command(&b, VINVALL, 1ull << 32, 0, 0);
        ck_assert_uint_eq(hyp_take(&b, 0), SPURIOUS);
        *byte = 0xa1;
        if (by_register)
            rig_redist_set(b.r, 0, true, 0xb0, 8, VALID | 1ull << 32);
        else
            command(&b, VINVALL, 1ull << 32, 0, 0);
        ck_assert_uint_eq(hyp_take(&b, 0), DOORBELL + 1);
        command(&b, VINVALL, 1ull << 32, 0, 0); /* it was asked for once */
        ck_assert_uint_eq(hyp_take(&b, 0), SPURIOUS);
        rig_destroy(b.r);
    }
}
END_TEST

START_TEST(individual_doorbells_ring_too_unless_nid_says_no)
{
    struct gic_config config = rig_config();

    config.version = GIC_VERSION_4_1;
    for (unsigned nid = 0; nid < 2; nid++) {
        struct v4 b = v4_with(config, (struct gic_its_config){.no_individual_doorbells = nid});
        vmapp(&b, 1, 0);
        vmapti(&b, 20, 1, 8195, DOORBELL + 50);
        msi(&b, 20);
        ck_assert_uint_eq(hyp_take(&b, 0), nid ? SPURIOUS : DOORBELL + 50);
        rig_destroy(b.r);
    }
}
END_TEST

START_TEST(invdb_makes_a_change_of_the_doorbells_configuration_count)
{
    struct v4 b = mapped();
    uint8_t *byte = &memory[PROP + DOORBELL + 1 - 8192];

    *byte = 0xa0;
    schedule(&b, 0, 1);
    deschedule(&b, 0, DOORBELL41);
    msi(&b, 20);
    ck_assert(!b.r->lines[0][GIC_LINE_IRQ]);
    *byte = 0xa1;
    ck_assert(!b.r->lines[0][GIC_LINE_IRQ]);
    command(&b, INVDB, 1ull << 32, 0, 0);
    ck_assert_uint_eq(hyp_take(&b, 0), DOORBELL + 1);
    rig_destroy(b.r);
}
END_TEST

START_TEST(vmovp_with_db_changes_the_doorbell_and_takes_a_pending_one_along)
{
    struct v4 b = mapped();

    schedule(&b, 0, 1);
    deschedule(&b, 0, DOORBELL41);
    msi(&b, 20);
    ck_assert(b.r->lines[0][GIC_LINE_IRQ]);
    command(&b, VMOVP, 1ull << 32, VALID | 3ull << 16, DOORBELL + 60);
    ck_assert(!b.r->lines[0][GIC_LINE_IRQ]);
    ck_assert_uint_eq(hyp_take(&b, 3), DOORBELL + 60);
    schedule(&b, 3, 1);
    guest_take(&b, 3);
    command(&b, VMOVP, 1ull << 32, VALID | 0ull << 16, DOORBELL + 61); /* while it is resident */
    deschedule(&b, 3, DOORBELL41);
    msi(&b, 20);
    ck_assert_uint_eq(hyp_take(&b, 0), DOORBELL + 61);
    rig_destroy(b.r);
}
END_TEST

/* -- Residency -- */

START_TEST(a_vpe_may_be_resident_away_from_where_its_itss_send_to)
{
    struct v4 b = mapped();

    schedule(&b, 3, 1);
    msi(&b, 20);
    ck_assert_uint_eq(guest_take(&b, 3), 8195);
    deschedule(&b, 3, DOORBELL41);
    msi(&b, 20);
    ck_assert_uint_eq(hyp_take(&b, 0), DOORBELL + 1); /* doorbells are where VMAPP said */
    rig_destroy(b.r);
}
END_TEST

START_TEST(a_vpe_is_resident_in_one_place_only)
{
    struct v4 b = mapped();

    schedule(&b, 0, 1);
    msi(&b, 20);
    schedule(&b, 3, 1);
    ck_assert_uint_eq(vpendbaser(&b, 0) & VALID, 0);
    ck_assert(!b.r->lines[0][GIC_LINE_VIRQ] && b.r->lines[3][GIC_LINE_VIRQ]);
    ck_assert_uint_eq(guest_take(&b, 0), SPURIOUS);
    ck_assert_uint_eq(guest_take(&b, 3), 8195);
    rig_destroy(b.r);
}
END_TEST

START_TEST(vgrp1en_0_forwards_no_vlpis)
{
    struct v4 b = mapped();

    set_vpendbaser(&b, 0, VALID | GRP0EN | 1);
    msi(&b, 20);
    ck_assert(!b.r->lines[0][GIC_LINE_VIRQ]);
    ck_assert_uint_eq(deschedule(&b, 0, DOORBELL41) & LAST, 0);
    msi(&b, 21);
    ck_assert_uint_eq(hyp_take(&b, 0), SPURIOUS);
    schedule(&b, 0, 1);
    ck_assert_uint_eq(guest_take(&b, 0), 8195);
    rig_destroy(b.r);
}
END_TEST

START_TEST(dvim_hides_what_is_injected_directly)
{
    struct v4 b = mapped();

    schedule(&b, 0, 1);
    msi(&b, 20);
    hyp_set(&b, 0, "ICH_HCR_EL2", 1 | 1 << 15);
    ck_assert_uint_eq(hyp_get(&b, 0, "ICH_HCR_EL2"), 1 | 1 << 15);
    ck_assert(!b.r->lines[0][GIC_LINE_VIRQ]);
    ck_assert_uint_eq(rig_get(b.r, 0, "ICC_HPPIR1_EL1"), SPURIOUS);
    hyp_set(&b, 0, "ICH_LR0_EL2", 1ull << 62 | 1ull << 60 | 0x80ull << 48 | 77);
    ck_assert_uint_eq(guest_take(&b, 0), 77);
    hyp_set(&b, 0, "ICH_HCR_EL2", 1);
    ck_assert_uint_eq(guest_take(&b, 0), 8195);
    rig_destroy(b.r);
}
END_TEST

START_TEST(vmapp_with_ptz_vouches_for_the_table)
{
    struct v4 b = v4_bench(GIC_VERSION_4_1);

    memory[VPT + 0x10000 + 9000 / 8] |= 1u << 9000 % 8;
    vmapp(&b, 1, 0);
    schedule(&b, 0, 1);
    ck_assert_uint_eq(rig_get(b.r, 0, "ICC_HPPIR1_EL1"), 9000);
    command(&b, VMAPP | 1 << 8, 1ull << 32, 0, 0); /* resident as it is */
    ck_assert_uint_eq(vpendbaser(&b, 0) & VALID, 0);
    ck_assert(vpt_bit(1, 9000)); /* the hypervisor can see its state now */
    memset(memory + VPT + 0x10000, 0, 1024);
    command(&b, VMAPP | 3 << 8 | (VCONF + 0x10000), 1ull << 32 | SPURIOUS, VALID,
            (VPT + 0x10000) | 15);
    schedule(&b, 0, 1);
    ck_assert_uint_eq(rig_get(b.r, 0, "ICC_HPPIR1_EL1"), SPURIOUS);
    rig_destroy(b.r);
}
END_TEST

START_TEST(one_vpe_mapped_by_two_itss_lives_until_the_last_frees_it)
{
    struct gic_config config = rig_config();

    config.version = GIC_VERSION_4_1;
    for (unsigned shared = 0; shared < 2; shared++) {
        struct v4 b = v4_with(config, (struct gic_its_config){.shares_vpe_table = shared});
        for (unsigned i = 0; i < N_ITSS && shared; i++) {
            its_set(&b, i, 0, 4, 0);
            its_set(&b, i, 0x110, 8, VALID | RD_VPES | 0x0f);
            its_set(&b, i, 0, 4, 1);
        }
        vmapp_on(&b, 0, 1, 0, true);
        vmapp_on(&b, 1, 1, 0, false);
        vmapti(&b, 20, 1, 8195, SPURIOUS);
        command_on(&b, 1, VMAPTI | (uint64_t)DEVICE << 32, 20 | 1ull << 32,
                   8196 | (uint64_t)SPURIOUS << 32, 0);
        command_on(&b, 0, VMAPP, 1ull << 32, 0, 0); /* V 0, ALLOC 0 */
        ck_assert_int_eq(gic_its_msi(b.its[0], DEVICE, 20), -ENOENT);
        ck_assert_int_eq(gic_its_msi(b.its[1], DEVICE, 20), 0);
        schedule(&b, 0, 1);
        ck_assert_uint_eq(guest_take(&b, 0), 8196);
        deschedule(&b, 0, 0);
        command_on(&b, 1, VMAPP | 1 << 8, 1ull << 32, 0, 0);
        set_vpendbaser(&b, 0, VALID | 1);
        ck_assert_uint_eq(vpendbaser(&b, 0) & VALID, 0);
        rig_destroy(b.r);
    }
}
END_TEST

START_TEST(invlpir_and_invallr_name_a_vpe)
{
    struct v4 b = mapped();
    uint8_t *byte = &memory[VCONF + 0x10000 + 8195 - 8192];

    schedule(&b, 0, 1);
    msi(&b, 20);
    *byte = 0xa0;
    rig_redist_set(b.r, 0, true, 0xa0, 8, VALID | 2ull << 32 | 8195); /* another vPE's */
    ck_assert(b.r->lines[0][GIC_LINE_VIRQ]);
    rig_redist_set(b.r, 0, true, 0xa0, 8, VALID | 1ull << 32 | 8195);
    ck_assert(!b.r->lines[0][GIC_LINE_VIRQ]);
    *byte = 0xa1;
    rig_redist_set(b.r, 0, true, 0xb0, 8, VALID | 1ull << 32);
    ck_assert(b.r->lines[0][GIC_LINE_VIRQ]);
    rig_destroy(b.r);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("v41");

    tcase_add_test(tc, registers_say_what_there_is);
    tcase_add_test(tc, vpeids_may_have_fewer_bits);
    tcase_add_test(tc, a_vpe_that_is_not_in_the_table_does_not_become_resident);
    tcase_add_test(tc, the_default_doorbell_rings_once_if_it_was_asked_for);
    tcase_add_test(tc, pendinglast_after_a_request_for_a_doorbell_means_none_will_come);
    tcase_add_test(tc, pendinglast_written_as_1_asks_for_no_doorbell);
    tcase_add_test(tc, residency_takes_the_request_back);
    tcase_add_test(tc, a_disabled_vlpi_rings_when_inv_finds_it_enabled);
    tcase_add_test(tc, a_disabled_vlpi_rings_when_vinvall_or_invallr_finds_it_enabled);
    tcase_add_test(tc, individual_doorbells_ring_too_unless_nid_says_no);
    tcase_add_test(tc, invdb_makes_a_change_of_the_doorbells_configuration_count);
    tcase_add_test(tc, vmovp_with_db_changes_the_doorbell_and_takes_a_pending_one_along);
    tcase_add_test(tc, a_vpe_may_be_resident_away_from_where_its_itss_send_to);
    tcase_add_test(tc, a_vpe_is_resident_in_one_place_only);
    tcase_add_test(tc, vgrp1en_0_forwards_no_vlpis);
    tcase_add_test(tc, dvim_hides_what_is_injected_directly);
    tcase_add_test(tc, vmapp_with_ptz_vouches_for_the_table);
    tcase_add_test(tc, one_vpe_mapped_by_two_itss_lives_until_the_last_frees_it);
    tcase_add_test(tc, invlpir_and_invallr_name_a_vpe);
    return suite_run_case("gic_v41", tc);
}
