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
    tcase_add_loop_test(tc, fifty_seven_thousand_pending_vlpis_come_in_order, 0, 2);
    tcase_add_loop_test(tc, a_restored_gic_has_the_same_vpe_resident, 0, 2);
    tcase_add_loop_test(tc, a_reset_ends_residency, 0, 2);
    tcase_add_loop_test(tc, what_is_resident_can_be_asked_for, 0, 2);
    return suite_run_case("gic_v4", tc);
}
