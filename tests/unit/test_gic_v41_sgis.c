/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SGIs of GICv4.1: virtual ones that reach a guest directly, physical ones without active state.
 */
#include "gic/attr.h"
#include "tests/unit/test_gic_v4_rig.h"

static struct v4 mapped(void)
{
    return v4_mapped(GIC_VERSION_4_1);
}

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

START_TEST(half_a_write_of_gits_sgir_sends_nothing)
{
    struct v4 b = mapped();

    vmapp(&b, 0, 2);
    its_set(&b, 0, 0x20020, 4, 5);
    its_set(&b, 0, 0x20024, 4, 1);
    ck_assert_uint_eq(pending_sgis(&b, 0, 0), 0);
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
    TCase *tc = tcase_create("v41 SGIs");

    tcase_add_test(tc, a_vsgi_reaches_a_resident_vpe_by_group_and_priority);
    tcase_add_test(tc, the_end_of_a_vsgi_is_counted_unless_vsgieoicount_says_no);
    tcase_add_test(tc, a_vsgi_to_a_vpe_that_is_not_resident_waits_and_rings);
    tcase_add_test(tc, vsgi_with_clear_touches_the_pending_bit_alone);
    tcase_add_test(tc, vsgipendr_is_busy_for_as_many_reads_as_chosen);
    tcase_add_test(tc, vsgipendr_is_as_busy_after_a_device_attribute_was_read);
    tcase_add_test(tc, vsgis_end_with_their_vpe);
    tcase_add_test(tc, gits_sgir_does_nothing_before_gicv4_1_or_while_disabled);
    tcase_add_test(tc, half_a_write_of_gits_sgir_sends_nothing);
    tcase_add_test(tc, nassgireq_changes_while_no_group_is_enabled_and_takes_the_active_state_away);
    tcase_add_test(tc, nassgireq_is_for_one_security_state);
    tcase_add_test(tc, nassgireq_comes_back_by_device_attributes_together_with_ds);
    return suite_run_case("gic_v41_sgis", tc);
}
