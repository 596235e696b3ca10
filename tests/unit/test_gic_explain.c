/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gic_explain(): the first gate that fails is the reason; and state that leaves and comes back.
 */
#include "tests/unit/test_gic_rig.h"

static struct gic_verdict explain(struct rig *r, unsigned vcpu, uint32_t intid)
{
    struct gic_verdict verdict;

    gic_explain(r->gic, vcpu, intid, &r->pe[vcpu], &verdict);
    return verdict;
}

/* SPI 40 at vCPU 0, signalled; each test then closes one gate. */
static struct rig *delivered(void)
{
    struct gic_config config = rig_config();

    config.waker_gates = true;
    struct rig *r = rig_open(config);
    rig_ready(r, 0, 40, 0xa0);
    gic_set_spi(r->gic, 40, true);
    ck_assert(explain(r, 0, 40).signalled);
    return r;
}

static void expect_reason(struct rig *r, enum gic_gate_id gate, const char *reg)
{
    struct gic_verdict v = explain(r, 0, 40);

    ck_assert_msg(v.first_failed == gate, "failed at %s", gic_gate_name(v.first_failed));
    ck_assert(!v.signalled);
    ck_assert_str_eq(v.gates[gate].reg, reg);
    ck_assert(!r->lines[0][GIC_LINE_IRQ]);
    rig_destroy(r);
}

START_TEST(every_gate_passes_for_what_is_signalled)
{
    struct rig *r = delivered();
    struct gic_verdict v = explain(r, 0, 40);

    ck_assert_int_eq(v.first_failed, GIC_N_GATES);
    ck_assert_int_eq(v.line, GIC_LINE_IRQ);
    ck_assert_uint_eq(v.priority, 0xa0);
    for (unsigned i = 0; i < v.n_gates; i++) {
        ck_assert_int_ne(v.gates[i].result, GIC_GATE_FAIL);
        ck_assert_ptr_nonnull(v.gates[i].reg);
        ck_assert_ptr_nonnull(v.gates[i].advice);
        ck_assert_str_eq(v.gates[i].name, gic_gate_name(i));
    }
    rig_destroy(r);
}
END_TEST

START_TEST(an_intid_that_does_not_exist_is_named)
{
    struct rig *r = delivered();
    struct gic_verdict v = explain(r, 0, 500);

    ck_assert_int_eq(v.first_failed, GIC_GATE_IMPLEMENTED);
    ck_assert_uint_eq(v.gates[0].value, 8);
    ck_assert_uint_eq(v.gates[0].wanted, 15);
    for (unsigned i = 1; i < v.n_gates; i++)
        ck_assert_int_eq(v.gates[i].result, GIC_GATE_NOT_APPLICABLE);
    rig_destroy(r);
}
END_TEST

START_TEST(the_wrong_vcpu_fails_at_routing)
{
    struct rig *r = delivered();
    struct gic_verdict v = explain(r, 2, 40);

    ck_assert_int_eq(v.first_failed, GIC_GATE_ROUTED);
    ck_assert_uint_eq(v.gates[GIC_GATE_ROUTED].value, 0);
    ck_assert_uint_eq(v.gates[GIC_GATE_ROUTED].wanted, 0x100);
    ck_assert_uint_eq(v.gates[GIC_GATE_ROUTED].reg_n, 40);
    rig_destroy(r);
}
END_TEST

START_TEST(a_wire_that_fell_fails_at_pending)
{
    struct rig *r = delivered();

    gic_set_spi(r->gic, 40, false);
    expect_reason(r, GIC_GATE_PENDING, "GICD_ISPENDR<n>");
}
END_TEST

START_TEST(a_forgotten_end_of_interrupt_fails_at_active)
{
    struct rig *r = delivered();

    rig_get(r, 0, "ICC_IAR1_EL1");
    expect_reason(r, GIC_GATE_NOT_ACTIVE, "GICD_ISACTIVER<n>");
}
END_TEST

START_TEST(a_disabled_interrupt_fails_at_enable)
{
    struct rig *r = delivered();

    rig_bit(r, 0, ICENABLER, 40);
    expect_reason(r, GIC_GATE_ENABLED, "GICD_ISENABLER<n>");
}
END_TEST

START_TEST(a_group_closed_in_the_distributor_is_named)
{
    struct rig *r = delivered();

    rig_dist_set(r, true, 0, 4, 1);
    expect_reason(r, GIC_GATE_DIST_GROUP, "GICD_CTLR");
}
END_TEST

START_TEST(a_sleeping_redistributor_is_named)
{
    struct rig *r = delivered();

    rig_redist_set(r, 0, true, 0x14, 4, 2);
    expect_reason(r, GIC_GATE_AWAKE, "GICR_WAKER");
}
END_TEST

START_TEST(a_group_closed_at_the_cpu_is_named)
{
    struct rig *r = delivered();

    rig_set(r, 0, "ICC_IGRPEN1_EL1", 0);
    expect_reason(r, GIC_GATE_CPU_GROUP, "ICC_IGRPEN1_EL1");
}
END_TEST

START_TEST(an_interrupt_ahead_is_named)
{
    struct rig *r = delivered();

    rig_ready(r, 0, 41, 0x80);
    gic_set_spi(r->gic, 41, true);
    struct gic_verdict v = explain(r, 0, 40);
    ck_assert_int_eq(v.first_failed, GIC_GATE_HIGHEST);
    ck_assert_uint_eq(v.gates[GIC_GATE_HIGHEST].value, 41);
    ck_assert_uint_eq(v.highest_intid, 41);
    rig_destroy(r);
}
END_TEST

START_TEST(a_priority_mask_is_named_with_both_values)
{
    struct rig *r = delivered();

    rig_set(r, 0, "ICC_PMR_EL1", 0x50);
    struct gic_verdict v = explain(r, 0, 40);
    ck_assert_uint_eq(v.gates[GIC_GATE_PRIORITY_MASK].value, 0x50);
    ck_assert_uint_eq(v.gates[GIC_GATE_PRIORITY_MASK].wanted, 0xa0);
    expect_reason(r, GIC_GATE_PRIORITY_MASK, "ICC_PMR_EL1");
}
END_TEST

START_TEST(a_running_interrupt_of_equal_priority_is_named)
{
    struct rig *r = rig_open(rig_config());

    rig_ready(r, 0, 41, 0xa0);
    gic_set_spi(r->gic, 41, true);
    rig_get(r, 0, "ICC_IAR1_EL1");
    rig_ready(r, 0, 40, 0xa0);
    gic_set_spi(r->gic, 40, true);
    expect_reason(r, GIC_GATE_RUNNING_PRIORITY, "ICC_RPR_EL1");
}
END_TEST

START_TEST(a_ppi_names_the_redistributor)
{
    struct rig *r = rig_open(rig_config());
    struct gic_verdict v = explain(r, 1, 27);

    ck_assert_int_eq(v.first_failed, GIC_GATE_PENDING);
    ck_assert_str_eq(v.gates[GIC_GATE_PENDING].reg, "GICR_ISPENDR<n>");
    ck_assert_int_eq(v.gates[GIC_GATE_ROUTED].result, GIC_GATE_NOT_APPLICABLE);
    rig_destroy(r);
}
END_TEST

/* -- Gates that name a cause -- */

START_TEST(an_interrupt_left_in_group_0_fails_at_its_group)
{
    struct rig *r = rig_open(rig_config());

    rig_set(r, 0, "ICC_IGRPEN0_EL1", 0);
    rig_redist_set(r, 0, true, SGI_BASE + IGROUPR, 4, 0);
    rig_bit(r, 0, ISENABLER, 27);
    gic_set_ppi(r->gic, 0, 27, true);
    struct gic_verdict v = explain(r, 0, 27);
    ck_assert_uint_eq(v.first_failed, GIC_GATE_GROUP);
    ck_assert_str_eq(v.gates[GIC_GATE_GROUP].reg, "GICR_IGROUPR<n>");
    ck_assert_uint_eq(v.gates[GIC_GATE_GROUP].value, 0);
    ck_assert_uint_eq(v.gates[GIC_GATE_GROUP].wanted, 1);
    rig_set(r, 0, "ICC_IGRPEN0_EL1", 1); /* where Group 0 is wanted, nothing is wrong with it */
    v = explain(r, 0, 27);
    ck_assert(v.signalled && v.line == GIC_LINE_FIQ);
    rig_destroy(r);
}
END_TEST

START_TEST(a_pe_kept_from_the_system_registers_is_named)
{
    struct gic_config config = rig_config();

    config.sre_writable = true;
    struct rig *r = rig_create(config);
    r->pe[0] = (struct gic_pe_state){.el = 2, .el2_enabled = true};
    rig_set(r, 0, "ICC_SRE_EL2", 1); /* SRE without Enable */
    rig_dist_set(r, true, 0, 4, 3);
    rig_redist_set(r, 0, true, 0x14, 4, 0);
    rig_ready(r, 0, 40, 0xa0);
    gic_set_spi(r->gic, 40, true);
    r->pe[0] = (struct gic_pe_state){.el = 1, .el2_enabled = true};
    struct gic_verdict v = explain(r, 0, 40);
    ck_assert_uint_eq(v.first_failed, GIC_GATE_SYSTEM_REGISTERS);
    ck_assert_uint_eq(v.gates[v.first_failed].reg_n, 2);
    ck_assert_str_eq(v.gates[v.first_failed].field, "Enable");
    r->pe[0].el = 2;
    rig_set(r, 0, "ICC_SRE_EL2", 9);
    r->pe[0].el = 1;
    v = explain(r, 0, 40);
    ck_assert_uint_eq(v.gates[GIC_GATE_SYSTEM_REGISTERS].reg_n, 1);
    ck_assert_str_eq(v.gates[GIC_GATE_SYSTEM_REGISTERS].field, "SRE");
    rig_set(r, 0, "ICC_SRE_EL1", 1);
    ck_assert_uint_eq(explain(r, 0, 40).first_failed, GIC_GATE_CPU_GROUP);
    rig_destroy(r);
}
END_TEST

START_TEST(peeking_at_an_interrupt_shows_its_registers)
{
    struct rig *r = delivered();
    struct gic_irq_state s;

    gic_irq_peek(r->gic, 0, 40, &s);
    ck_assert(s.exists && s.shared && s.enabled && s.pending && !s.active && s.level && !s.edge);
    ck_assert_uint_eq(s.group, GIC_G1NS);
    ck_assert_uint_eq(s.priority, 0xa0);
    rig_get(r, 0, "ICC_IAR1_EL1");
    gic_irq_peek(r->gic, 0, 40, &s);
    ck_assert(s.active && s.pending); /* its wire is still up */
    gic_irq_peek(r->gic, 1, 27, &s);
    ck_assert(s.exists && !s.shared && !s.pending);
    gic_irq_peek(r->gic, 0, 500, &s);
    ck_assert(!s.exists);
    gic_irq_peek(r->gic, RIG_VCPUS, 27, &s);
    ck_assert(!s.exists);
    rig_destroy(r);
}
END_TEST

/* -- State that leaves and comes back -- */

struct blob {
    uint8_t *at, bytes[1 << 17];
};

static void save(void *opaque, const char *name, void *data, size_t size_bytes)
{
    struct blob *b = opaque;

    (void)name;
    memcpy(b->at, data, size_bytes);
    b->at += size_bytes;
}

static void load(void *opaque, const char *name, void *data, size_t size_bytes)
{
    struct blob *b = opaque;

    (void)name;
    memcpy(data, b->at, size_bytes);
    b->at += size_bytes;
}

static void garbage(void *opaque, const char *name, void *data, size_t size_bytes)
{
    (void)opaque, (void)name;
    memset(data, 0xff, size_bytes);
}

START_TEST(after_restore_every_spi_is_seen_by_its_irouter_target)
{
    static struct blob blob;
    struct rig *r = rig_open(rig_config());
    struct rig *other = rig_create(rig_config());

    rig_ready(r, 1, 40, 0xa0);
    gic_set_spi(r->gic, 40, true);
    blob.at = blob.bytes;
    gic_visit(r->gic, save, &blob);
    blob.at = blob.bytes;
    gic_visit(other->gic, load, &blob);
    gic_after_restore(other->gic);
    ck_assert(!other->lines[0][GIC_LINE_IRQ] && other->lines[1][GIC_LINE_IRQ]);
    ck_assert_uint_eq(rig_get(other, 0, "ICC_HPPIR1_EL1"), 1023);
    ck_assert_uint_eq(rig_get(other, 1, "ICC_IAR1_EL1"), 40);
    rig_destroy(other);
    rig_destroy(r);
}
END_TEST

START_TEST(a_restore_of_nonsense_leaves_a_gic_that_works)
{
    struct rig *r = rig_open(rig_config());

    gic_visit(r->gic, garbage, NULL);
    gic_after_restore(r->gic);
    for (unsigned i = 0; i < RIG_VCPUS; i++) {
        r->pe[i] = (struct gic_pe_state){.el = 1};
        for (unsigned n = 0; n < 300; n++)
            rig_set(r, i, "ICC_EOIR1_EL1", rig_get(r, i, "ICC_IAR1_EL1"));
        rig_get(r, i, "ICC_RPR_EL1");
    }
    rig_destroy(r);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("explain");

    tcase_add_test(tc, every_gate_passes_for_what_is_signalled);
    tcase_add_test(tc, an_intid_that_does_not_exist_is_named);
    tcase_add_test(tc, the_wrong_vcpu_fails_at_routing);
    tcase_add_test(tc, a_wire_that_fell_fails_at_pending);
    tcase_add_test(tc, a_forgotten_end_of_interrupt_fails_at_active);
    tcase_add_test(tc, a_disabled_interrupt_fails_at_enable);
    tcase_add_test(tc, a_group_closed_in_the_distributor_is_named);
    tcase_add_test(tc, a_sleeping_redistributor_is_named);
    tcase_add_test(tc, a_group_closed_at_the_cpu_is_named);
    tcase_add_test(tc, an_interrupt_ahead_is_named);
    tcase_add_test(tc, a_priority_mask_is_named_with_both_values);
    tcase_add_test(tc, a_running_interrupt_of_equal_priority_is_named);
    tcase_add_test(tc, a_ppi_names_the_redistributor);
    tcase_add_test(tc, after_restore_every_spi_is_seen_by_its_irouter_target);
    tcase_add_test(tc, a_restore_of_nonsense_leaves_a_gic_that_works);
    tcase_add_test(tc, an_interrupt_left_in_group_0_fails_at_its_group);
    tcase_add_test(tc, a_pe_kept_from_the_system_registers_is_named);
    tcase_add_test(tc, peeking_at_an_interrupt_shows_its_registers);
    return suite_run_case("gic explain", tc);
}
