/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GICv4 saved and restored by device attributes: resident vPEs, vLPIs, doorbells, vSGIs.
 */
#include "gic/attr.h"
#include "tests/unit/test_gic_v4_rig.h"

/* The same bench with another GIC, from the list alone; its memory is the same. */
static struct v4 move(struct v4 *b, struct gic_its_config its)
{
    static struct gic_attr_value list[20000];
    struct gic_config config = rig_config();
    struct v4 to = *b;

    config.version = b->v41 ? GIC_VERSION_4_1 : GIC_VERSION_4_0;
    config.lpi_id_bits = ID_BITS;
    config.memory_read = mem_read;
    config.memory_write = mem_write;
    to.r = rig_create(config);
    memcpy(to.r->pe, b->r->pe, sizeof(to.r->pe));
    for (unsigned i = 0; i < N_ITSS; i++)
        rig_expect_eq(gic_its_create(to.r->gic, &its, &to.its[i], NULL), 0);
    long n = gic_attr_save(b->r->gic, list, 20000);
    ck_assert_int_gt(n, 0);
    rig_expect_eq(gic_attr_restore(to.r->gic, list, (size_t)n), 0);
    for (unsigned i = 0; i < RIG_VCPUS; i++) {
        struct gic_resident was, is;
        gic_resident(b->r->gic, i, &was);
        gic_resident(to.r->gic, i, &is);
        ck_assert_mem_eq(&was, &is, sizeof(was));
        ck_assert_mem_eq(b->r->lines[i], to.r->lines[i], sizeof(to.r->lines[i]));
        rig_expect_eq(vpendbaser(&to, i), vpendbaser(b, i));
    }
    rig_destroy(b->r);
    return to;
}

static struct gic_its_config plain(void)
{
    return (struct gic_its_config){.vmovp_once = true};
}

static enum gic_version version_of(int i)
{
    return i == 0 ? GIC_VERSION_4_0 : GIC_VERSION_4_1;
}

START_TEST(a_resident_vpe_stays_with_what_it_has_pending)
{
    struct v4 b = v4_mapped(version_of(_i));

    schedule(&b, 0, 1);
    msi(&b, 20);
    msi(&b, 21);
    ck_assert(b.r->lines[0][GIC_LINE_VIRQ]);
    b = move(&b, plain());
    ck_assert(b.r->lines[0][GIC_LINE_VIRQ]);
    ck_assert_uint_eq(guest_take(&b, 0), 8195);
    b = move(&b, plain());
    ck_assert_uint_eq(guest_take(&b, 0), 9000);
    ck_assert_uint_eq(guest_take(&b, 0), SPURIOUS);
    msi(&b, 21);
    ck_assert_uint_eq(guest_take(&b, 0), 9000);
    ck_assert_uint_eq(deschedule(&b, 0, 0) & (VALID | LAST), 0);
    rig_destroy(b.r);
}
END_TEST

START_TEST(one_that_is_not_resident_is_found_in_its_table)
{
    struct v4 b = v4_mapped(version_of(_i));

    msi(&b, 20);
    b = move(&b, plain());
    ck_assert(vpt_bit(1, 8195));
    schedule(&b, 0, 1);
    ck_assert_uint_eq(guest_take(&b, 0), 8195);
    rig_destroy(b.r);
}
END_TEST

START_TEST(an_individual_doorbell_rings_on_the_new_gic)
{
    struct v4 b = v4_mapped(GIC_VERSION_4_0);

    schedule(&b, 0, 1);
    deschedule(&b, 0, 0);
    b = move(&b, plain());
    msi(&b, 20);
    ck_assert_uint_eq(hyp_take(&b, 0), DOORBELL + 1);
    rig_destroy(b.r);
}
END_TEST

START_TEST(a_request_for_the_default_doorbell_is_kept)
{
    struct v4 b = v4_mapped(GIC_VERSION_4_1);

    schedule(&b, 0, 1);
    deschedule(&b, 0, DOORBELL41);
    b = move(&b, plain());
    msi(&b, 20);
    ck_assert_uint_eq(hyp_take(&b, 0), DOORBELL + 1);
    b = move(&b, plain());
    msi(&b, 21);
    ck_assert_uint_eq(hyp_take(&b, 0), SPURIOUS); /* it has rung */
    rig_destroy(b.r);
}
END_TEST

/* GITS_SGIR is in a frame of its own. */
static void send_vsgi(struct v4 *b, unsigned vpe, unsigned n)
{
    its_set(b, 0, 0x20020, 8, (uint64_t)vpe << 32 | n);
}

START_TEST(vsgis_keep_configuration_and_pending_state)
{
    struct v4 b = v4_mapped(GIC_VERSION_4_1);

    vsgi(&b, 1, 3, true, 1, 0x40);
    vsgi(&b, 1, 5, true, 1, 0x20);
    schedule(&b, 0, 1);
    send_vsgi(&b, 1, 3);
    send_vsgi(&b, 1, 5);
    b = move(&b, plain());
    ck_assert_uint_eq(guest_take(&b, 0), 5); /* of higher priority */
    deschedule(&b, 0, 0);
    b = move(&b, plain());
    schedule(&b, 0, 1);
    ck_assert_uint_eq(guest_take(&b, 0), 3);
    ck_assert_uint_eq(guest_take(&b, 0), SPURIOUS);
    send_vsgi(&b, 1, 5);
    ck_assert_uint_eq(guest_take(&b, 0), 5); /* still enabled */
    rig_destroy(b.r);
}
END_TEST

/* ITS 1 has been given number 5; ITS 0 waits for it at a VMOVP. */
START_TEST(an_its_that_waits_for_another_at_vmovp_waits_on)
{
    struct gic_config config = rig_config();
    struct gic_its_config its = {.vmovp_once = false};

    config.version = version_of(_i);
    struct v4 b = v4_with(config, its);
    its_set(&b, 1, 0, 4, 0x51);
    for (unsigned i = 0; i < N_ITSS; i++)
        vmapp_on(&b, i, 1, 0, i == 0);
    command_on(&b, 0, VMOVP | 77ull << 32, 1 | 1 << 5 | 1ull << 32, 3ull << 16, 0);
    ck_assert_uint_ne(its_get(&b, 0, 0x90, 8), b.cwriter[0]);
    b = move(&b, its);
    ck_assert_uint_eq(its_get(&b, 1, 0, 4) & 0xf1, 0x51);
    ck_assert_uint_ne(its_get(&b, 0, 0x90, 8), b.cwriter[0]);
    command_on(&b, 1, VMOVP | 77ull << 32, 1 | 1 << 5 | 1ull << 32, 3ull << 16, 0);
    ck_assert_uint_eq(its_get(&b, 0, 0x90, 8), b.cwriter[0]);
    ck_assert_uint_eq(its_get(&b, 1, 0x90, 8), b.cwriter[1]);
    schedule(&b, 3, 1);
    ck_assert_uint_ne(vpendbaser(&b, 3) & VALID, 0);
    rig_destroy(b.r);
}
END_TEST

START_TEST(the_form_of_the_tables_says_that_it_is_not_kvms)
{
    struct v4 b = v4_mapped(version_of(_i));

    rig_expect_eq(its_get(&b, 0, 4, 4) >> 12 & 0xf, 1);
    rig_expect_eq(gic_its_attr_set(b.its[0], GIC_ATTR_ITS_REGS, 4, 0x4b00043b), -EINVAL);
    rig_destroy(b.r);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("v4 save");

    tcase_add_loop_test(tc, a_resident_vpe_stays_with_what_it_has_pending, 0, 2);
    tcase_add_loop_test(tc, one_that_is_not_resident_is_found_in_its_table, 0, 2);
    tcase_add_test(tc, an_individual_doorbell_rings_on_the_new_gic);
    tcase_add_test(tc, a_request_for_the_default_doorbell_is_kept);
    tcase_add_test(tc, vsgis_keep_configuration_and_pending_state);
    tcase_add_loop_test(tc, an_its_that_waits_for_another_at_vmovp_waits_on, 0, 2);
    tcase_add_loop_test(tc, the_form_of_the_tables_says_that_it_is_not_kvms, 0, 2);
    return suite_run_case("GICv4 saved", tc);
}
