/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GICv4.1: the vPE configuration table, default doorbells, vSGIs (IHI 0069, GICv4.1 chapters;
 * checklist 31 and 32).
 */
#include "gic/attr.h"
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

/* -- vSGIs -- */

static void send(struct v4 *b, unsigned vpe, unsigned n)
{
    its_set(b, 0, 0x20020, 8, (uint64_t)vpe << 32 | n);
}

static uint64_t pending_sgis(struct v4 *b, unsigned vcpu, unsigned vpe)
{
    rig_redist_set(b->r, vcpu, true, VSGIR, 4, vpe);
    return rig_redist(b->r, vcpu, true, VSGIPENDR, 4);
}

START_TEST(a_vsgi_reaches_a_resident_vpe_by_group_and_priority)
{
    struct v4 b = mapped();

    vsgi(&b, 1, 3, true, 1, 0x80);
    vsgi(&b, 1, 5, true, 1, 0x40);
    vsgi(&b, 1, 6, true, 0, 0x20);
    vsgi(&b, 1, 7, false, 1, 0x10);
    schedule(&b, 0, 1);
    msi(&b, 20);
    send(&b, 1, 3);
    ck_assert(b.r->lines[0][GIC_LINE_VIRQ]);
    send(&b, 1, 5);
    send(&b, 1, 7);
    ck_assert_uint_eq(rig_get(b.r, 0, "ICC_IAR1_EL1"), 5);
    ck_assert_uint_eq(rig_get(b.r, 0, "ICC_RPR_EL1"), 0x40);
    rig_set(b.r, 0, "ICC_EOIR1_EL1", 5);
    send(&b, 1, 6);
    ck_assert(b.r->lines[0][GIC_LINE_VFIQ] && !b.r->lines[0][GIC_LINE_VIRQ]);
    ck_assert_uint_eq(rig_get(b.r, 0, "ICC_IAR1_EL1"), SPURIOUS);
    ck_assert_uint_eq(rig_get(b.r, 0, "ICC_IAR0_EL1"), 6);
    rig_set(b.r, 0, "ICC_EOIR0_EL1", 6);
    ck_assert_uint_eq(guest_take(&b, 0), 3);
    ck_assert_uint_eq(guest_take(&b, 0), 8195);
    ck_assert_uint_eq(guest_take(&b, 0), SPURIOUS);
    ck_assert_uint_eq(pending_sgis(&b, 0, 1), 1 << 7);
    vsgi(&b, 1, 7, true, 1, 0x10);
    ck_assert_uint_eq(guest_take(&b, 0), 7);
    rig_destroy(b.r);
}
END_TEST

START_TEST(the_end_of_a_vsgi_is_counted_unless_vsgieoicount_says_no)
{
    struct v4 b = mapped();

    vsgi(&b, 1, 3, true, 1, 0x80);
    schedule(&b, 0, 1);
    send(&b, 1, 3);
    ck_assert_uint_eq(guest_take(&b, 0), 3);
    ck_assert_uint_eq(hyp_get(&b, 0, "ICH_HCR_EL2") >> 27, 1);
    hyp_set(&b, 0, "ICH_HCR_EL2", 1 | 1 << 8);
    send(&b, 1, 3);
    ck_assert_uint_eq(guest_take(&b, 0), 3);
    ck_assert_uint_eq(hyp_get(&b, 0, "ICH_HCR_EL2") >> 27, 0);
    rig_destroy(b.r);
}
END_TEST

START_TEST(a_vsgi_to_a_vpe_that_is_not_resident_waits_and_rings)
{
    struct v4 b = mapped();

    vsgi(&b, 1, 3, true, 1, 0x80);
    vsgi(&b, 1, 4, false, 1, 0x80);
    schedule(&b, 0, 1);
    deschedule(&b, 0, DOORBELL41);
    send(&b, 1, 4);
    ck_assert_uint_eq(hyp_take(&b, 0), SPURIOUS);
    send(&b, 1, 3);
    ck_assert_uint_eq(hyp_take(&b, 0), DOORBELL + 1);
    ck_assert_uint_eq(pending_sgis(&b, 0, 1), 1 << 3 | 1 << 4);
    ck_assert_uint_eq(pending_sgis(&b, 2, 1), 1 << 3 | 1 << 4);
    ck_assert_uint_eq(pending_sgis(&b, 0, 2), 0);
    schedule(&b, 0, 1);
    ck_assert_uint_eq(pending_sgis(&b, 0, 1), 1 << 3 | 1 << 4);
    ck_assert_uint_eq(guest_take(&b, 0), 3);
    ck_assert_uint_eq(pending_sgis(&b, 0, 1), 1 << 4);
    deschedule(&b, 0, DOORBELL41);
    vsgi(&b, 1, 4, true, 1, 0x80); /* enabled now, and it waited */
    ck_assert_uint_eq(hyp_take(&b, 0), DOORBELL + 1);
    rig_destroy(b.r);
}
END_TEST

START_TEST(vsgi_with_clear_touches_the_pending_bit_alone)
{
    struct v4 b = mapped();

    vsgi(&b, 1, 3, true, 1, 0x80);
    for (unsigned resident = 0; resident < 2; resident++) {
        if (resident)
            schedule(&b, 0, 1);
        send(&b, 1, 3);
        command(&b, VSGI | 1 << 9 | 3ull << 32, 1ull << 32, 0, 0);
        ck_assert_uint_eq(pending_sgis(&b, 0, 1), 0);
        ck_assert(!b.r->lines[0][GIC_LINE_VIRQ]);
    }
    send(&b, 1, 3);
    ck_assert_uint_eq(guest_take(&b, 0), 3);
    rig_destroy(b.r);
}
END_TEST

START_TEST(vsgipendr_is_busy_for_as_many_reads_as_chosen)
{
    struct v4 b = mapped();

    send(&b, 1, 3);
    b.r->next_choice = 3;
    rig_redist_set(b.r, 0, true, VSGIR, 4, 1);
    for (unsigned i = 0; i < 3; i++)
        ck_assert_uint_eq(rig_redist(b.r, 0, true, VSGIPENDR, 4), 1u << 31);
    ck_assert_uint_eq(rig_redist(b.r, 0, true, VSGIPENDR, 4), 1 << 3);
    ck_assert_uint_eq(rig_redist(b.r, 0, true, VSGIR, 4), 0); /* write-only */
    rig_destroy(b.r);
}
END_TEST

START_TEST(vsgipendr_is_as_busy_after_a_device_attribute_was_read)
{
    struct v4 b = mapped();
    uint64_t value;

    send(&b, 1, 4);
    b.r->next_choice = 1;
    rig_redist_set(b.r, 0, true, VSGIR, 4, 1);
    rig_expect_eq(gic_attr_get(b.r->gic, GIC_ATTR_REDIST_REGS, VSGIPENDR, &value), 0);
    ck_assert_uint_eq(value, 1 << 4);
    ck_assert_uint_eq(rig_redist(b.r, 0, true, VSGIPENDR, 4), 1u << 31);
    ck_assert_uint_eq(rig_redist(b.r, 0, true, VSGIPENDR, 4), 1 << 4);
    rig_destroy(b.r);
}
END_TEST

START_TEST(vsgis_end_with_their_vpe)
{
    struct v4 b = mapped();

    vsgi(&b, 1, 3, true, 1, 0x80);
    send(&b, 1, 3);
    command(&b, VMAPP | 1 << 8, 1ull << 32, 0, 0);
    ck_assert_uint_eq(pending_sgis(&b, 0, 1), 0);
    vmapp(&b, 1, 0);
    schedule(&b, 0, 1);
    send(&b, 1, 3);
    ck_assert_uint_eq(guest_take(&b, 0), SPURIOUS); /* not enabled */
    rig_destroy(b.r);
}
END_TEST

START_TEST(gits_sgir_does_nothing_before_gicv4_1_or_while_disabled)
{
    struct v4 b = v4_mapped(GIC_VERSION_4_0);

    schedule(&b, 0, 1);
    send(&b, 1, 3);
    ck_assert(!b.r->lines[0][GIC_LINE_VIRQ]);
    rig_destroy(b.r);
    b = mapped();
    its_set(&b, 0, 0, 4, 0);
    send(&b, 1, 3);
    its_set(&b, 0, 0, 4, 1);
    ck_assert_uint_eq(pending_sgis(&b, 0, 1), 0);
    rig_destroy(b.r);
}
END_TEST

/* -- Physical SGIs without an active state -- */

START_TEST(nassgireq_changes_while_no_group_is_enabled_and_takes_the_active_state_away)
{
    struct v4 b = v4_bench(GIC_VERSION_4_1);

    rig_dist_set(b.r, true, 0, 4, 3 | 1 << 8);
    ck_assert_uint_eq(rig_dist(b.r, true, 0, 4) >> 8 & 1, 0);
    rig_dist_set(b.r, true, 0, 4, 0);
    rig_dist_set(b.r, true, 0, 4, 3 | 1 << 8);
    ck_assert_uint_eq(rig_dist(b.r, true, 0, 4) >> 8 & 1, 1);
    rig_dist_set(b.r, true, 0, 4, 3);
    ck_assert_uint_eq(rig_dist(b.r, true, 0, 4) >> 8 & 1, 1);
    rig_ready(b.r, 0, 5, 0x80);
    rig_ready(b.r, 0, 20, 0x80);
    rig_bit(b.r, 0, ISPENDR, 5);
    ck_assert_uint_eq(hyp_get(&b, 0, "ICC_IAR1_EL1"), 5);
    ck_assert(!rig_bit_get(b.r, 0, ISACTIVER, 5));
    rig_bit(b.r, 0, ISACTIVER, 5);
    ck_assert(!rig_bit_get(b.r, 0, ISACTIVER, 5));
    rig_bit(b.r, 0, ISPENDR, 5); /* not held back by an active state, but by its priority */
    ck_assert(!b.r->lines[0][GIC_LINE_IRQ]);
    hyp_set(&b, 0, "ICC_EOIR1_EL1", 5);
    ck_assert_uint_eq(hyp_take(&b, 0), 5);
    rig_bit(b.r, 0, ISPENDR, 20);
    ck_assert_uint_eq(hyp_get(&b, 0, "ICC_IAR1_EL1"), 20);
    ck_assert(rig_bit_get(b.r, 0, ISACTIVER, 20));
    rig_destroy(b.r);
}
END_TEST

START_TEST(nassgireq_is_for_one_security_state)
{
    struct gic_config config = rig_config();

    config.version = GIC_VERSION_4_1;
    config.lpi_id_bits = ID_BITS;
    config.memory_read = mem_read;
    config.memory_write = mem_write;
    config.has_el3 = config.two_security_states = true;
    struct rig *r = rig_create(config);
    rig_dist_set(r, true, 0, 4, 1 << 8);
    ck_assert_uint_eq(rig_dist(r, true, 0, 4) & 1 << 8, 0);
    ck_assert_uint_eq(rig_dist(r, true, 0xc, 4) & 1 << 8, 0);
    rig_dist_set(r, true, 0, 4, 1 << 6); /* DS */
    rig_dist_set(r, true, 0, 4, 1 << 8);
    ck_assert_uint_ne(rig_dist(r, true, 0, 4) & 1 << 8, 0);
    ck_assert_uint_ne(rig_dist(r, true, 0xc, 4) & 1 << 8, 0);
    rig_destroy(r);
}
END_TEST

START_TEST(nassgireq_comes_back_by_device_attributes_together_with_ds)
{
    struct gic_config config = rig_config();
    uint64_t ctlr, again;

    config.version = GIC_VERSION_4_1;
    config.lpi_id_bits = ID_BITS;
    config.memory_read = mem_read;
    config.memory_write = mem_write;
    config.has_el3 = config.two_security_states = true;
    struct rig *r = rig_create(config), *other = rig_create(config);
    rig_dist_set(r, true, 0, 4, 1 << 6);
    rig_dist_set(r, true, 0, 4, 1 << 8);
    rig_dist_set(r, true, 0, 4, 1 << 8 | 3);
    rig_expect_eq(gic_attr_get(r->gic, GIC_ATTR_DIST_REGS, 0, &ctlr), 0);
    rig_expect_eq(gic_attr_set(other->gic, GIC_ATTR_DIST_REGS, 0, 1 << 8), 0);
    ck_assert_uint_eq(rig_dist(other, true, 0, 4) & 1 << 8, 0); /* not without DS */
    rig_expect_eq(gic_attr_set(other->gic, GIC_ATTR_DIST_REGS, 0, ctlr), 0);
    rig_expect_eq(gic_attr_get(other->gic, GIC_ATTR_DIST_REGS, 0, &again), 0);
    ck_assert_uint_eq(again, ctlr);
    ck_assert_uint_ne(again & 1 << 8, 0);
    rig_destroy(other);
    rig_destroy(r);
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
    tcase_add_test(tc, a_vsgi_reaches_a_resident_vpe_by_group_and_priority);
    tcase_add_test(tc, the_end_of_a_vsgi_is_counted_unless_vsgieoicount_says_no);
    tcase_add_test(tc, a_vsgi_to_a_vpe_that_is_not_resident_waits_and_rings);
    tcase_add_test(tc, vsgi_with_clear_touches_the_pending_bit_alone);
    tcase_add_test(tc, vsgipendr_is_busy_for_as_many_reads_as_chosen);
    tcase_add_test(tc, vsgipendr_is_as_busy_after_a_device_attribute_was_read);
    tcase_add_test(tc, vsgis_end_with_their_vpe);
    tcase_add_test(tc, gits_sgir_does_nothing_before_gicv4_1_or_while_disabled);
    tcase_add_test(tc, nassgireq_changes_while_no_group_is_enabled_and_takes_the_active_state_away);
    tcase_add_test(tc, nassgireq_is_for_one_security_state);
    tcase_add_test(tc, nassgireq_comes_back_by_device_attributes_together_with_ds);
    return rig_run("gic_v41", tc);
}
