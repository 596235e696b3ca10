/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GICv4.0: vPEs, residency, vLPIs, individual doorbells (IHI 0069, GICv4 chapters; checklist 31 and
 * 32). What GICv4.1 does likewise is asserted of both.
 */
#include "tests/unit/test_gic_v4_rig.h"

static const enum gic_version versions[] = {GIC_VERSION_4_0, GIC_VERSION_4_1};

START_TEST(registers_say_what_there_is)
{
    struct gic_config config = rig_config();
    struct v4 b = v4_bench(GIC_VERSION_4_0);

    ck_assert_uint_eq(rig_dist(b.r, true, 0xffe8, 4) >> 4, 4); /* PIDR2.ArchRev */
    ck_assert_uint_eq(rig_redist(b.r, 0, true, 0xffe8, 4) >> 4, 4);
    ck_assert_uint_eq(its_get(&b, 0, 0xffe8, 4) >> 4, 4);
    ck_assert_uint_eq(rig_redist(b.r, 0, true, 8, 8) & 0x87, 0x07); /* PLPIS, VLPIS, Dirty */
    ck_assert_uint_eq(rig_dist(b.r, true, 0xc, 4), 0);              /* TYPER2 */
    ck_assert_uint_eq(rig_dist(b.r, true, 0x4, 4) >> 18 & 1, 1);    /* TYPER.DVIS */
    ck_assert_uint_eq(its_get(&b, 0, 8, 8) & 0xf3, 0xf3); /* Physical, Virtual, 16-byte ITT entry */
    ck_assert_uint_eq(its_get(&b, 0, 8, 8) >> 37, 1);     /* VMOVP, nothing of GICv4.1 */
    ck_assert_uint_eq(its_get(&b, 0, 0x110, 8) >> 56 & 7, 2);
    ck_assert_uint_eq((hyp_get(&b, 0, "ICH_VTR_EL2") >> 18 & 7), 2); /* nV4 0, DVIM 0 */
    rig_destroy(b.r);

    struct rig *r = rig_create(config);
    ck_assert_uint_eq(rig_dist(r, true, 0xffe8, 4) >> 4, 3);
    ck_assert_uint_eq(rig_redist(r, 0, true, 8, 8) & 0x86, 0);
    rig_redist_set(r, 0, true, VPROPBASER, 8, ~0ull);
    ck_assert_uint_eq(rig_redist(r, 0, true, VPROPBASER, 8), 0);
    rig_redist_set(r, 0, true, VPENDBASER, 8, ~0ull);
    ck_assert_uint_eq(rig_redist(r, 0, true, VPENDBASER, 8), 0);
    rig_destroy(r);
}
END_TEST

START_TEST(gicv4_needs_lpis_and_el2)
{
    struct gic_config config = rig_config();
    const char *why;
    struct gic *g;

    config.version = GIC_VERSION_4_0;
    ck_assert_int_eq(gic_create(&config, &g, &why), -EINVAL);
    ck_assert_ptr_nonnull(strstr(why, "4.0"));
    config.lpi_id_bits = ID_BITS;
    config.memory_read = mem_read;
    config.memory_write = mem_write;
    config.has_el2 = false;
    ck_assert_int_eq(gic_create(&config, &g, &why), -EINVAL);
    config.has_el2 = true;
    ck_assert_int_eq(gic_create(&config, &g, &why), 0);
    gic_destroy(g);
    config.version = GIC_VERSION_4_1;
    config.vpe_id_bits = 17;
    ck_assert_int_eq(gic_create(&config, &g, &why), -EINVAL);
    ck_assert_ptr_nonnull(strstr(why, "vpe_id_bits"));
}
END_TEST

START_TEST(a_vlpi_of_a_resident_vpe_reaches_its_guest_and_rings_no_doorbell)
{
    struct v4 b = v4_mapped(versions[_i]);

    schedule(&b, 0, 1);
    ck_assert_uint_ne(vpendbaser(&b, 0) & VALID, 0);
    ck_assert_int_eq(msi(&b, 20), 0);
    ck_assert(b.r->lines[0][GIC_LINE_VIRQ] && !b.r->lines[0][GIC_LINE_IRQ]);
    ck_assert(!vpt_bit(1, 8195));
    ck_assert_uint_eq(rig_get(b.r, 0, "ICC_HPPIR1_EL1"), 8195);
    ck_assert_uint_eq(rig_get(b.r, 0, "ICC_IAR1_EL1"), 8195);
    ck_assert_uint_eq(rig_get(b.r, 0, "ICC_RPR_EL1"), 0xa0);
    ck_assert(!b.r->lines[0][GIC_LINE_VIRQ]);
    rig_set(b.r, 0, "ICC_EOIR1_EL1", 8195);
    ck_assert_uint_eq(rig_get(b.r, 0, "ICC_RPR_EL1"), 0xff);
    ck_assert_uint_eq(hyp_get(&b, 0, "ICH_HCR_EL2") >> 27, 0); /* an LPI's end is not counted */
    ck_assert_uint_eq(hyp_take(&b, 0), SPURIOUS);
    rig_destroy(b.r);
}
END_TEST

START_TEST(a_vlpi_of_another_vpe_sets_its_bit_and_rings_one_doorbell)
{
    struct v4 b = v4_mapped(GIC_VERSION_4_0);

    schedule(&b, 1, 2);
    ck_assert_int_eq(msi(&b, 20), 0);
    ck_assert(vpt_bit(1, 8195) && !vpt_bit(2, 8195));
    ck_assert(!b.r->lines[0][GIC_LINE_VIRQ] && !b.r->lines[1][GIC_LINE_VIRQ]);
    ck_assert(b.r->lines[0][GIC_LINE_IRQ]);
    ck_assert_uint_eq(hyp_take(&b, 0), DOORBELL + 1);
    msi(&b, 20); /* is pending already */
    ck_assert_uint_eq(hyp_take(&b, 0), SPURIOUS);
    msi(&b, 21);
    ck_assert_uint_eq(hyp_take(&b, 0), DOORBELL + 1);
    schedule(&b, 0, 1);
    ck_assert_uint_eq(guest_take(&b, 0), 8195);
    ck_assert_uint_eq(guest_take(&b, 0), 9000);
    ck_assert_uint_eq(guest_take(&b, 0), SPURIOUS);
    rig_destroy(b.r);
}
END_TEST

START_TEST(intid_1023_is_no_doorbell)
{
    struct v4 b = v4_mapped(GIC_VERSION_4_0);

    vmapti(&b, 30, 1, 8300, SPURIOUS);
    msi(&b, 30);
    ck_assert(vpt_bit(1, 8300));
    ck_assert_uint_eq(hyp_take(&b, 0), SPURIOUS);
    rig_destroy(b.r);
}
END_TEST

START_TEST(what_was_not_taken_is_in_the_pending_table_afterwards)
{
    struct v4 b = v4_mapped(versions[_i]);

    schedule(&b, 0, 1);
    ck_assert_uint_eq(deschedule(&b, 0, 0) & (VALID | LAST), 0);
    schedule(&b, 0, 1);
    msi(&b, 20);
    msi(&b, 21);
    ck_assert_uint_eq(guest_take(&b, 0), 8195);
    ck_assert_uint_eq(deschedule(&b, 0, 0) & (VALID | LAST), LAST);
    ck_assert(!b.r->lines[0][GIC_LINE_VIRQ]);
    ck_assert(!vpt_bit(1, 8195) && vpt_bit(1, 9000));
    ck_assert_uint_eq(rig_get(b.r, 0, "ICC_IAR1_EL1"), SPURIOUS);
    schedule(&b, 0, 1);
    ck_assert(b.r->lines[0][GIC_LINE_VIRQ]);
    ck_assert_uint_eq(guest_take(&b, 0), 9000);
    ck_assert_uint_eq(deschedule(&b, 0, 0) & (VALID | LAST), 0);
    ck_assert(!vpt_bit(1, 9000));
    rig_destroy(b.r);
}
END_TEST

START_TEST(pendinglast_counts_enabled_interrupts_alone)
{
    struct v4 b = v4_mapped(versions[_i]);

    memory[VCONF + 0x10000 + 8195 - 8192] = 0xa0;
    schedule(&b, 0, 1);
    msi(&b, 20);
    ck_assert(!b.r->lines[0][GIC_LINE_VIRQ]);
    ck_assert_uint_eq(deschedule(&b, 0, 0) & LAST, 0);
    ck_assert(vpt_bit(1, 8195));
    rig_destroy(b.r);
}
END_TEST

START_TEST(fields_are_frozen_while_valid)
{
    struct v4 b = v4_mapped(versions[_i]);

    schedule(&b, 0, 1);
    uint64_t pend = vpendbaser(&b, 0), prop = rig_redist(b.r, 0, true, VPROPBASER, 8);
    set_vpendbaser(&b, 0, VALID | (b.v41 ? 2 : VPT + 0x20000));
    rig_redist_set(b.r, 0, true, VPROPBASER, 8, 0);
    ck_assert_uint_eq(vpendbaser(&b, 0), pend);
    ck_assert_uint_eq(rig_redist(b.r, 0, true, VPROPBASER, 8), prop);
    msi(&b, 20);
    ck_assert_uint_eq(guest_take(&b, 0), 8195);
    deschedule(&b, 0, 0);
    rig_redist_set(b.r, 0, true, VPROPBASER, 8, 0);
    ck_assert_uint_ne(rig_redist(b.r, 0, true, VPROPBASER, 8), prop);
    rig_destroy(b.r);
}
END_TEST

START_TEST(dirty_is_seen_for_as_many_reads_as_chosen)
{
    struct v4 b = v4_mapped(versions[_i]);

    b.r->next_choice = 2;
    schedule(&b, 0, 1);
    for (unsigned i = 0; i < 4; i++)
        ck_assert_uint_eq(vpendbaser(&b, 0) & DIRTY, i < 2 ? DIRTY : 0);
    set_vpendbaser(&b, 0, vpendbaser(&b, 0) & ~VALID);
    for (unsigned i = 0; i < 4; i++)
        ck_assert_uint_eq(vpendbaser(&b, 0) & DIRTY, i < 2 ? DIRTY : 0);
    rig_destroy(b.r);
}
END_TEST

START_TEST(idai_says_whether_the_coarse_map_counts)
{
    struct v4 b = v4_mapped(GIC_VERSION_4_0);

    memory[VPT + 0x10000 + 9000 / 8] |= 1u << 9000 % 8; /* the hypervisor's own doing */
    rig_redist_set(b.r, 0, true, VPROPBASER, 8, (VCONF + 0x10000) | (ID_BITS - 1));
    set_vpendbaser(&b, 0, VALID | IDAI | (VPT + 0x10000));
    ck_assert_uint_eq(rig_get(b.r, 0, "ICC_HPPIR1_EL1"), 9000);
    ck_assert_uint_eq(deschedule(&b, 0, 0) & (IDAI | LAST), LAST);
    ck_assert_uint_eq(memory[VPT + 0x10000], 1u << 9000 / 4096);
    memory[VPT + 0x10000 + 20000 / 8] |= 1u << 20000 % 8; /* behind the map's back */
    set_vpendbaser(&b, 0, VALID | (VPT + 0x10000));
    ck_assert_uint_eq(guest_take(&b, 0), 9000);
    ck_assert_uint_eq(guest_take(&b, 0), SPURIOUS);
    deschedule(&b, 0, 0);
    set_vpendbaser(&b, 0, VALID | IDAI | (VPT + 0x10000));
    ck_assert_uint_eq(guest_take(&b, 0), 20000);
    rig_destroy(b.r);
}
END_TEST

START_TEST(a_message_to_a_vpe_that_waits_marks_the_coarse_map)
{
    struct v4 b = v4_mapped(GIC_VERSION_4_0);

    schedule(&b, 0, 1);
    ck_assert_uint_eq(deschedule(&b, 0, 0) & IDAI, 0);
    vmapti(&b, 30, 1, 30000, SPURIOUS);
    msi(&b, 30);
    set_vpendbaser(&b, 0, VALID | (VPT + 0x10000));
    ck_assert_uint_eq(guest_take(&b, 0), 30000);
    rig_destroy(b.r);
}
END_TEST

START_TEST(vlpis_come_by_priority_among_list_registers)
{
    struct v4 b = v4_mapped(versions[_i]);
    uint64_t lr = 1ull << 62 | 1ull << 60 | 77;

    memory[VCONF + 0x10000 + 9000 - 8192] = 0x41;
    schedule(&b, 0, 1);
    hyp_set(&b, 0, "ICH_LR0_EL2", lr | 0x80ull << 48);
    hyp_set(&b, 0, "ICH_LR1_EL2", (lr + 1) | 0xa0ull << 48);
    msi(&b, 20); /* 0xa0: behind the list register of the same priority */
    msi(&b, 21); /* 0x40 */
    ck_assert_uint_eq(guest_take(&b, 0), 9000);
    ck_assert_uint_eq(guest_take(&b, 0), 77);
    ck_assert_uint_eq(guest_take(&b, 0), 78);
    ck_assert_uint_eq(guest_take(&b, 0), 8195);
    ck_assert_uint_eq(guest_take(&b, 0), SPURIOUS);
    rig_destroy(b.r);
}
END_TEST

START_TEST(vlpis_honour_the_guests_mask_groups_and_running_priority)
{
    struct v4 b = v4_mapped(versions[_i]);

    memory[VCONF + 0x10000 + 9000 - 8192] = 0x41;
    schedule(&b, 0, 1);
    msi(&b, 20);
    rig_set(b.r, 0, "ICC_PMR_EL1", 0xa0);
    ck_assert(!b.r->lines[0][GIC_LINE_VIRQ]);
    ck_assert_uint_eq(rig_get(b.r, 0, "ICC_IAR1_EL1"), SPURIOUS);
    ck_assert_uint_eq(rig_get(b.r, 0, "ICC_HPPIR1_EL1"), 8195);
    rig_set(b.r, 0, "ICC_PMR_EL1", 0xff);
    rig_set(b.r, 0, "ICC_IGRPEN1_EL1", 0);
    ck_assert(!b.r->lines[0][GIC_LINE_VIRQ]);
    ck_assert_uint_eq(rig_get(b.r, 0, "ICC_HPPIR1_EL1"), SPURIOUS);
    rig_set(b.r, 0, "ICC_IGRPEN1_EL1", 1);
    hyp_set(&b, 0, "ICH_HCR_EL2", 0);
    ck_assert(!b.r->lines[0][GIC_LINE_VIRQ]);
    hyp_set(&b, 0, "ICH_HCR_EL2", 1);
    ck_assert_uint_eq(rig_get(b.r, 0, "ICC_IAR1_EL1"), 8195);
    msi(&b, 20);
    ck_assert(!b.r->lines[0][GIC_LINE_VIRQ]); /* equal does not preempt */
    msi(&b, 21);
    ck_assert(b.r->lines[0][GIC_LINE_VIRQ]);
    ck_assert_uint_eq(guest_take(&b, 0), 9000);
    rig_set(b.r, 0, "ICC_EOIR1_EL1", 8195);
    ck_assert_uint_eq(guest_take(&b, 0), 8195);
    rig_destroy(b.r);
}
END_TEST

START_TEST(virtual_priorities_are_not_shifted_with_two_security_states)
{
    struct gic_config config = rig_config();

    config.version = GIC_VERSION_4_0;
    config.has_el3 = config.two_security_states = true;
    config.lpi_id_bits = ID_BITS;
    config.memory_read = mem_read;
    config.memory_write = mem_write;
    struct gic_its_config its = {.vmovp_once = true};
    struct v4 b = {.r = rig_create(config)};
    memset(memory, 0, sizeof(memory));
    memset(memory + VCONF, 0x41, 0x20000);
    for (unsigned i = 0; i < N_ITSS; i++) {
        gic_its_create(b.r->gic, &its, &b.its[i], NULL);
        set_up_its(&b, i);
    }
    hyp_set(&b, 0, "ICH_VMCR_EL2", 0xffull << 24 | 3);
    hyp_set(&b, 0, "ICH_HCR_EL2", 1);
    vmapp(&b, 1, 0);
    vmapti(&b, 20, 1, 8195, SPURIOUS);
    schedule(&b, 0, 1);
    msi(&b, 20);
    ck_assert_uint_eq(rig_get(b.r, 0, "ICC_IAR1_EL1"), 8195);
    ck_assert_uint_eq(rig_get(b.r, 0, "ICC_RPR_EL1"), 0x40);
    rig_destroy(b.r);
}
END_TEST

/* -- Commands -- */

START_TEST(int_clear_and_discard_work_on_vlpis)
{
    struct v4 b = v4_mapped(versions[_i]);

    by_event(&b, INT, 20);
    ck_assert(vpt_bit(1, 8195));
    by_event(&b, CLEAR, 20);
    ck_assert(!vpt_bit(1, 8195));
    schedule(&b, 0, 1);
    by_event(&b, INT, 20);
    ck_assert(b.r->lines[0][GIC_LINE_VIRQ]);
    by_event(&b, CLEAR, 20);
    ck_assert(!b.r->lines[0][GIC_LINE_VIRQ]);
    by_event(&b, INT, 20);
    by_event(&b, DISCARD, 20);
    ck_assert(!b.r->lines[0][GIC_LINE_VIRQ]);
    ck_assert_int_eq(msi(&b, 20), -ENOENT);
    ck_assert_int_eq(msi(&b, 21), 0);
    rig_destroy(b.r);
}
END_TEST

START_TEST(a_changed_configuration_counts_after_inv_or_vinvall)
{
    struct v4 b = v4_mapped(versions[_i]);
    uint8_t *byte = &memory[VCONF + 0x10000 + 8195 - 8192];

    schedule(&b, 0, 1);
    msi(&b, 20);
    *byte = 0xa0;
    ck_assert(b.r->lines[0][GIC_LINE_VIRQ]);
    by_event(&b, INV, 20);
    ck_assert(!b.r->lines[0][GIC_LINE_VIRQ]);
    *byte = 0x41;
    ck_assert(!b.r->lines[0][GIC_LINE_VIRQ]);
    command(&b, VINVALL, 1ull << 32, 0, 0);
    ck_assert_uint_eq(rig_get(b.r, 0, "ICC_IAR1_EL1"), 8195);
    ck_assert_uint_eq(rig_get(b.r, 0, "ICC_RPR_EL1"), 0x40);
    rig_destroy(b.r);
}
END_TEST

START_TEST(vmapi_gives_the_event_its_own_number)
{
    struct v4 b = v4_mapped(versions[_i]);

    command(&b, 0x08 | 5ull << 32, 14, VALID | (ITT + 0x20000), 0); /* 15 bits of EventID */
    command(&b, VMAPI | 5ull << 32, 8204 | 1ull << 32, (uint64_t)SPURIOUS << 32, 0);
    schedule(&b, 0, 1);
    ck_assert_int_eq(gic_its_msi(b.its[0], 5, 8204), 0);
    ck_assert_uint_eq(guest_take(&b, 0), 8204);
    rig_destroy(b.r);
}
END_TEST

START_TEST(vmovi_takes_what_is_pending_along)
{
    struct v4 b = v4_mapped(GIC_VERSION_4_0);

    msi(&b, 20);
    hyp_take(&b, 0);
    command(&b, VMOVI | (uint64_t)DEVICE << 32, 20 | 2ull << 32, (uint64_t)(DOORBELL + 7) << 32 | 1,
            0);
    ck_assert(!vpt_bit(1, 8195) && vpt_bit(2, 8195));
    ck_assert_uint_eq(hyp_take(&b, 1), DOORBELL + 7);
    schedule(&b, 0, 1);
    schedule(&b, 1, 2);
    ck_assert_uint_eq(guest_take(&b, 1), 8195);
    command(&b, VMOVI | (uint64_t)DEVICE << 32, 20 | 1ull << 32, 0,
            0); /* D 0: the doorbell stays */
    deschedule(&b, 0, 0);
    msi(&b, 20);
    ck_assert_uint_eq(hyp_take(&b, 0), DOORBELL + 7);
    rig_destroy(b.r);
}
END_TEST

START_TEST(vmovp_sends_to_another_redistributor)
{
    struct v4 b = v4_mapped(versions[_i]);

    msi(&b, 20);
    hyp_take(&b, 0);
    command(&b, VMOVP, 1ull << 32, 3ull << 16, 0);
    schedule(&b, 3, 1);
    ck_assert_uint_eq(guest_take(&b, 3), 8195);
    msi(&b, 21);
    ck_assert_uint_eq(guest_take(&b, 3), 9000);
    deschedule(&b, 3, DOORBELL41);
    msi(&b, 21);
    ck_assert_uint_eq(hyp_take(&b, 0), SPURIOUS);
    ck_assert_uint_eq(hyp_take(&b, 3), DOORBELL + 1);
    rig_destroy(b.r);
}
END_TEST

static struct v4 two_itss(enum gic_version version, bool once)
{
    struct gic_config config = rig_config();

    config.version = version;
    struct v4 b = v4_with(config, (struct gic_its_config){.vmovp_once = once});
    for (unsigned i = 0; i < N_ITSS; i++) {
        vmapp_on(&b, i, 1, 0, i == 0);
        command_on(&b, i, VMAPTI | (uint64_t)DEVICE << 32, 20 | 1ull << 32,
                   (8195 + i) | (uint64_t)SPURIOUS << 32, 0);
    }
    return b;
}

static unsigned target_of(struct v4 *b, unsigned its)
{
    unsigned bytes = b->v41 ? 32 : 16;

    return get64(ITS_VPES + its * 0x10000 + bytes + 8) & 0xffff;
}

START_TEST(vmovp_on_one_its_moves_for_all_if_typer_says_so)
{
    struct v4 b = two_itss(versions[_i], true);

    ck_assert_uint_eq(its_get(&b, 0, 8, 8) >> 37 & 1, 1);
    its_set(&b, 1, 0, 4, 0xf1);
    ck_assert_uint_eq(its_get(&b, 1, 0, 4) & 0xf0, 0); /* ITS_Number is not needed */
    command_on(&b, 0, VMOVP, 1ull << 32, 3ull << 16, 0);
    ck_assert_uint_eq(target_of(&b, 0), 3);
    ck_assert_uint_eq(target_of(&b, 1), 3);
    schedule(&b, 3, 1);
    gic_its_msi(b.its[1], DEVICE, 20);
    ck_assert_uint_eq(guest_take(&b, 3), 8196);
    rig_destroy(b.r);
}
END_TEST

START_TEST(vmovp_waits_for_every_its_of_its_list)
{
    struct v4 b = two_itss(versions[_i], false);
    uint64_t vmovp = VMOVP | 77ull << 32;

    ck_assert_uint_eq(its_get(&b, 0, 8, 8) >> 37 & 1, 0);
    ck_assert_uint_eq(its_get(&b, 0, 0, 4) & 0xf0, 0x00);
    ck_assert_uint_eq(its_get(&b, 1, 0, 4) & 0xf0, 0x10);
    command_on(&b, 0, vmovp, 3 | 1ull << 32, 3ull << 16, 0);
    command_on(&b, 0, VMOVP | 78ull << 32, 1 | 1ull << 32, 2ull << 16, 0);
    ck_assert_uint_ne(its_get(&b, 0, 0x90, 8), b.cwriter[0]);
    ck_assert_uint_eq(its_get(&b, 0, 0, 4) >> 31, 0); /* not quiescent */
    ck_assert_uint_eq(target_of(&b, 0), 0);
    command_on(&b, 1, VMOVP | 76ull << 32, 2 | 1ull << 32, 1ull << 16, 0); /* for itself alone */
    ck_assert_uint_eq(target_of(&b, 1), 1);
    ck_assert_uint_ne(its_get(&b, 0, 0x90, 8), b.cwriter[0]);
    command_on(&b, 1, vmovp, 3 | 1ull << 32, 3ull << 16, 0);
    ck_assert_uint_eq(its_get(&b, 1, 0x90, 8), b.cwriter[1]);
    ck_assert_uint_eq(its_get(&b, 0, 0x90, 8), b.cwriter[0]);
    ck_assert_uint_eq(target_of(&b, 1), 3);
    ck_assert_uint_eq(target_of(&b, 0), 2); /* it went on to its next command */
    rig_destroy(b.r);
}
END_TEST

START_TEST(an_its_is_in_lists_under_the_number_that_software_gave)
{
    struct v4 b = two_itss(GIC_VERSION_4_0, false);

    its_set(&b, 1, 0, 4, 0x91);
    ck_assert_uint_eq(its_get(&b, 1, 0, 4) & 0xf1, 0x91);
    command_on(&b, 0, VMOVP, (1 | 1 << 9) | 1ull << 32, 3ull << 16, 0);
    ck_assert_uint_eq(target_of(&b, 0), 0);
    command_on(&b, 1, VMOVP, (1 | 1 << 9) | 1ull << 32, 3ull << 16, 0);
    ck_assert_uint_eq(target_of(&b, 0), 3);
    ck_assert_uint_eq(target_of(&b, 1), 3);
    rig_destroy(b.r);
}
END_TEST

/* A command with an error stops the queue: where is it afterwards? */
static bool stalls(struct v4 *b, uint64_t d0, uint64_t d1, uint64_t d2, uint64_t d3)
{
    command(b, d0, d1, d2, d3);
    bool stalled = its_get(b, 0, 0x90, 8) & 1;
    if (stalled) { /* a SYNC instead, and on */
        uint64_t sync[4] = {0x05};
        memcpy(memory + QUEUE + (its_get(b, 0, 0x90, 8) & 0xfffe0), sync, sizeof(sync));
        its_set(b, 0, 0x88, 8, b->cwriter[0] | 1);
    }
    ck_assert_uint_eq(its_get(b, 0, 0x90, 8), b->cwriter[0]);
    return stalled;
}

START_TEST(commands_with_errors_are_refused)
{
    struct gic_config config = rig_config();
    uint64_t device = (uint64_t)DEVICE << 32, spurious = (uint64_t)SPURIOUS << 32;
    uint64_t vpt = VPT + 0x10000;

    config.version = versions[_i];
    struct v4 b = v4_with(config, (struct gic_its_config){.stall_on_error = true});
    b.v41 = config.version == GIC_VERSION_4_1;
    uint64_t alloc = b.v41 ? 1 << 8 : 0;
    vmapp(&b, 1, 0);
    ck_assert(!stalls(&b, VSYNC, 1ull << 32, 0, 0));
    ck_assert(stalls(&b, VSYNC, 2ull << 32, 0, 0)); /* not mapped */
    ck_assert(stalls(&b, VINVALL, 2ull << 32, 0, 0));
    ck_assert(
        stalls(&b, VMAPP | alloc, 2ull << 32 | SPURIOUS, VALID | 4 << 16, vpt | 15)); /* RDbase */
    ck_assert(stalls(&b, VMAPP | alloc, 2ull << 32 | SPURIOUS, VALID, vpt | 12));     /* VPT_size */
    ck_assert(stalls(&b, VMAPP | alloc, 2ull << 32 | SPURIOUS, VALID, vpt | 16));
    ck_assert(stalls(&b, VMAPP | alloc, 0xffffull << 32 | SPURIOUS, VALID, vpt | 15)); /* vPEID */
    ck_assert(!stalls(&b, VMAPTI | device, 20 | 1ull << 32, 8195 | spurious, 0));
    ck_assert(!stalls(&b, VMAPTI | device, 21 | 3ull << 32, 8195 | spurious, 0)); /* mapped later */
    ck_assert(stalls(&b, VMAPTI | 9ull << 32, 20 | 1ull << 32, 8195 | spurious, 0));
    ck_assert(stalls(&b, VMAPTI | device, 4096 | 1ull << 32, 8195 | spurious, 0)); /* EventID */
    ck_assert(stalls(&b, VMAPTI | device, 20 | 0xffffull << 32, 8195 | spurious, 0));
    ck_assert(stalls(&b, VMAPTI | device, 20 | 1ull << 32, 8191 | spurious, 0)); /* vINTID */
    ck_assert(stalls(&b, VMAPTI | device, 20 | 1ull << 32, 65536 | spurious, 0));
    ck_assert(stalls(&b, VMAPTI | device, 20 | 1ull << 32, 8195 | 1022ull << 32, 0)); /* doorbell */
    ck_assert(stalls(&b, VMOVP, 1ull << 32, 4ull << 16, 0));
    ck_assert(stalls(&b, VMOVP, 2ull << 32, 3ull << 16, 0));
    ck_assert(stalls(&b, VMOVI | device, 20 | 2ull << 32, 0, 0));
    ck_assert(stalls(&b, MOVI | device, 20, 3, 0)); /* a virtual one */
    command(&b, 0x0a | device, 40 | 8300ull << 32, 3, 0);
    ck_assert(stalls(&b, VMOVI | device, 40 | 1ull << 32, 0, 0)); /* a physical one */
    ck_assert(stalls(&b, INT | device, 21, 0, 0));                /* its vPE is not mapped */
    ck_assert(!b.v41 == stalls(&b, VSGI, 1ull << 32, 0, 0));
    ck_assert(!b.v41 == stalls(&b, INVDB, 1ull << 32, 0, 0));
    ck_assert(stalls(&b, 0x2f, 0, 0, 0));
    rig_destroy(b.r);
}
END_TEST

START_TEST(gicv3_has_no_virtual_commands)
{
    struct gic_config config = rig_config();
    struct v4 b = v4_with(config, (struct gic_its_config){.stall_on_error = true});

    ck_assert(stalls(&b, VMAPP, 1ull << 32, VALID, VPT | 15));
    ck_assert(stalls(&b, VSYNC, 1ull << 32, 0, 0));
    rig_destroy(b.r);
}
END_TEST

START_TEST(an_unmapped_vpe_gets_nothing)
{
    struct v4 b = v4_mapped(versions[_i]);

    command(&b, VMAPP | 1 << 8, 1ull << 32, 0, 0); /* V 0, ALLOC 1 */
    ck_assert_int_eq(msi(&b, 20), -ENOENT);
    ck_assert(!vpt_bit(1, 8195));
    ck_assert_uint_eq(hyp_take(&b, 0), SPURIOUS);
    rig_destroy(b.r);
}
END_TEST

START_TEST(a_two_level_vpe_table_works_and_a_missing_page_is_unmapped)
{
    struct v4 b = v4_mapped(GIC_VERSION_4_0);
    uint64_t page = ITS_VPES + 0x1000;

    its_set(&b, 0, 0, 4, 0);
    its_set(&b, 0, 0x110, 8, VALID | 1ull << 62 | ITS_VPES); /* 4 KiB pages, one of them */
    its_set(&b, 0, 0, 4, 1);
    memset(memory + ITS_VPES, 0, 0x10000);
    page |= VALID;
    memcpy(memory + ITS_VPES + 8, &page, 8); /* vPEs 256 .. 511 */
    vmapp(&b, 1, 0);
    ck_assert_int_eq(msi(&b, 20), -ENOENT);
    command(&b, VMAPP, 300ull << 32, VALID, (VPT + 0x10000) | 15);
    command(&b, VMAPTI | (uint64_t)DEVICE << 32, 20 | 300ull << 32, 8195 | (uint64_t)SPURIOUS << 32,
            0);
    ck_assert_int_eq(msi(&b, 20), 0);
    ck_assert(vpt_bit(1, 8195));
    rig_destroy(b.r);
}
END_TEST

/* -- Cost, state -- */

/* One event, mapped to one vLPI after another; each is taken in a step that looks at none but it.
 */
START_TEST(fifty_seven_thousand_pending_vlpis_come_in_order)
{
    const uint32_t end = 1u << ID_BITS;
    struct v4 b = v4_mapped(versions[_i]);

    schedule(&b, 0, 1);
    for (uint32_t vintid = 8192; vintid < end; vintid++) {
        vmapti(&b, 30, 1, vintid, SPURIOUS);
        rig_expect_eq(msi(&b, 30), 0);
    }
    for (uint32_t vintid = 8192; vintid < 30000; vintid++)
        rig_expect_eq(guest_take(&b, 0), vintid);
    ck_assert_uint_ne(deschedule(&b, 0, 0) & LAST, 0);
    ck_assert(!vpt_bit(1, 29999) && vpt_bit(1, 30000) && vpt_bit(1, end - 1));
    schedule(&b, 0, 1);
    for (uint32_t vintid = 30000; vintid < end; vintid++)
        rig_expect_eq(guest_take(&b, 0), vintid);
    ck_assert_uint_eq(guest_take(&b, 0), SPURIOUS);
    rig_destroy(b.r);
}
END_TEST

static void collect(void *opaque, const char *name, void *data, size_t size)
{
    uint8_t **at = opaque;

    (void)name;
    memcpy(*at, data, size);
    *at += size;
}

static void put_back(void *opaque, const char *name, void *data, size_t size)
{
    uint8_t **at = opaque;

    (void)name;
    memcpy(data, *at, size);
    *at += size;
}

START_TEST(a_restored_gic_has_the_same_vpe_resident)
{
    static uint8_t state[1 << 20];
    struct v4 b = v4_mapped(versions[_i]), c;
    uint8_t *at = state;

    schedule(&b, 0, 1);
    msi(&b, 20);
    msi(&b, 22);
    gic_visit(b.r->gic, collect, &at);
    static uint8_t copy[MEM_BYTES];
    memcpy(copy, memory, sizeof(copy));
    c = v4_bench(versions[_i]);
    memcpy(memory, copy, sizeof(copy));
    at = state;
    gic_visit(c.r->gic, put_back, &at);
    gic_after_restore(c.r->gic);
    for (unsigned i = 0; i < N_ITSS; i++)
        c.cwriter[i] = b.cwriter[i];
    ck_assert(c.r->lines[0][GIC_LINE_VIRQ]);
    ck_assert_uint_eq(vpendbaser(&c, 0), vpendbaser(&b, 0));
    msi(&c, 21);
    ck_assert_uint_eq(guest_take(&c, 0), 8195);
    ck_assert_uint_eq(guest_take(&c, 0), 9000);
    schedule(&c, 1, 2);
    ck_assert_uint_eq(guest_take(&c, 1), 8195);
    rig_destroy(b.r);
    rig_destroy(c.r);
}
END_TEST

START_TEST(a_reset_ends_residency)
{
    struct v4 b = v4_mapped(versions[_i]);

    schedule(&b, 0, 1);
    msi(&b, 20);
    gic_reset(b.r->gic);
    ck_assert(!b.r->lines[0][GIC_LINE_VIRQ]);
    ck_assert_uint_eq(vpendbaser(&b, 0), 0);
    rig_destroy(b.r);
}
END_TEST

START_TEST(what_is_resident_can_be_asked_for)
{
    struct v4 b = v4_mapped(versions[_i]);
    struct gic_resident seen;
    uint8_t byte;

    gic_resident(b.r->gic, 0, &seen);
    ck_assert(!seen.valid && seen.highest == SPURIOUS);
    schedule(&b, 0, 1);
    msi(&b, 21);
    gic_resident(b.r->gic, 0, &seen);
    ck_assert(seen.valid && seen.highest == 9000 && seen.priority == 0xa0 && seen.group == 1);
    ck_assert_uint_eq(seen.pending_table, VPT + 0x10000);
    ck_assert_uint_eq(seen.config_table, VCONF + 0x10000);
    ck_assert_uint_eq(seen.id_bits, ID_BITS);
    ck_assert_uint_eq(seen.vpe_id, b.v41 ? 1 : 0);
    ck_assert(gic_resident_vlpi(b.r->gic, 0, 9000, &byte) && (byte & 1));
    ck_assert(!gic_resident_vlpi(b.r->gic, 0, 8195, &byte));
    ck_assert(!gic_resident_vlpi(b.r->gic, 1, 9000, &byte));
    ck_assert(!gic_resident_vlpi(b.r->gic, 99, 9000, &byte));
    rig_destroy(b.r);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("v4");

    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, registers_say_what_there_is);
    tcase_add_test(tc, gicv4_needs_lpis_and_el2);
    tcase_add_loop_test(tc, a_vlpi_of_a_resident_vpe_reaches_its_guest_and_rings_no_doorbell, 0, 2);
    tcase_add_test(tc, a_vlpi_of_another_vpe_sets_its_bit_and_rings_one_doorbell);
    tcase_add_test(tc, intid_1023_is_no_doorbell);
    tcase_add_loop_test(tc, what_was_not_taken_is_in_the_pending_table_afterwards, 0, 2);
    tcase_add_loop_test(tc, pendinglast_counts_enabled_interrupts_alone, 0, 2);
    tcase_add_loop_test(tc, fields_are_frozen_while_valid, 0, 2);
    tcase_add_loop_test(tc, dirty_is_seen_for_as_many_reads_as_chosen, 0, 2);
    tcase_add_test(tc, idai_says_whether_the_coarse_map_counts);
    tcase_add_test(tc, a_message_to_a_vpe_that_waits_marks_the_coarse_map);
    tcase_add_loop_test(tc, vlpis_come_by_priority_among_list_registers, 0, 2);
    tcase_add_loop_test(tc, vlpis_honour_the_guests_mask_groups_and_running_priority, 0, 2);
    tcase_add_test(tc, virtual_priorities_are_not_shifted_with_two_security_states);
    tcase_add_loop_test(tc, int_clear_and_discard_work_on_vlpis, 0, 2);
    tcase_add_loop_test(tc, a_changed_configuration_counts_after_inv_or_vinvall, 0, 2);
    tcase_add_loop_test(tc, vmapi_gives_the_event_its_own_number, 0, 2);
    tcase_add_test(tc, vmovi_takes_what_is_pending_along);
    tcase_add_loop_test(tc, vmovp_sends_to_another_redistributor, 0, 2);
    tcase_add_loop_test(tc, vmovp_on_one_its_moves_for_all_if_typer_says_so, 0, 2);
    tcase_add_loop_test(tc, vmovp_waits_for_every_its_of_its_list, 0, 2);
    tcase_add_test(tc, an_its_is_in_lists_under_the_number_that_software_gave);
    tcase_add_loop_test(tc, commands_with_errors_are_refused, 0, 2);
    tcase_add_test(tc, gicv3_has_no_virtual_commands);
    tcase_add_loop_test(tc, an_unmapped_vpe_gets_nothing, 0, 2);
    tcase_add_test(tc, a_two_level_vpe_table_works_and_a_missing_page_is_unmapped);
    tcase_add_loop_test(tc, fifty_seven_thousand_pending_vlpis_come_in_order, 0, 2);
    tcase_add_loop_test(tc, a_restored_gic_has_the_same_vpe_resident, 0, 2);
    tcase_add_loop_test(tc, a_reset_ends_residency, 0, 2);
    tcase_add_loop_test(tc, what_is_resident_can_be_asked_for, 0, 2);
    return rig_run("gic_v4", tc);
}
