/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ITS commands of GICv4 (IHI 0069 5.3): on vLPIs, on vPEs, VMOVP over several ITSs, errors.
 * What both versions do is asserted of both.
 */
#include "tests/unit/test_gic_v4_rig.h"

static const enum gic_version versions[] = {GIC_VERSION_4_0, GIC_VERSION_4_1};

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

int main(void)
{
    TCase *tc = tcase_create("v4 commands");

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
    return suite_run_case("gic_v4_commands", tc);
}
