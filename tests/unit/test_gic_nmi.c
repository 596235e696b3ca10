/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * FEAT_GICv3_NMI at the CPU interface, and the special INTIDs of acknowledge (IHI 0069 2.2.1,
 * 4.8.5, 12.2.9, 12.2.20, 12.2.25).
 */
#include "tests/unit/test_gic_rig.h"

#define RPR_NMI    (1ull << 63)
#define RPR_NMI_NS (1ull << 62)
#define AP1R_NMI   (1ull << 63)

enum { SPI_G0 = 40, SPI_G1S = 41, SPI_NS = 42 };

static const struct gic_pe_state el3 = {.el = 3, .secure = true};
static const struct gic_pe_state el3_ns = {.el = 3, .secure = true, .scr_el3 = 1};
static const struct gic_pe_state secure_el1 = {.el = 1, .secure = true};
static const struct gic_pe_state ns_el1 = {.el = 1, .scr_el3 = 1};

static void move_to(struct rig *r, const struct gic_pe_state *pe)
{
    r->pe[0] = *pe;
    gic_pe_changed(r->gic, 0, pe);
}

/* SPIs 40, 41 and 42 in Group 0, secure Group 1 and non-secure Group 1, all three non-maskable. */
static struct rig *three_nmis(void)
{
    struct gic_config config = rig_config();

    config.has_el3 = true;
    config.two_security_states = true;
    config.has_nmi = true;
    struct rig *r = rig_create(config);
    rig_dist_set(r, true, 0, 4, 7);
    move_to(r, &el3);
    rig_set(r, 0, "ICC_PMR_EL1", 0xff);
    rig_set(r, 0, "ICC_IGRPEN0_EL1", 1);
    rig_set(r, 0, "ICC_IGRPEN1_EL3", 3);
    for (uint32_t intid = SPI_G0; intid <= SPI_NS; intid++) {
        rig_dist_set(r, true, IROUTER + intid * 8, 8, rig_mpidr[0]);
        rig_priority(r, 0, intid, 0xa0);
        rig_bit(r, 0, ISENABLER, intid);
    }
    rig_dist_set(r, true, IGROUPR + 4, 4, 1u << (SPI_NS - 32));
    rig_dist_set(r, true, IGRPMODR + 4, 4, 1u << (SPI_G1S - 32));
    rig_dist_set(r, true, INMIR + 4, 4, 7u << (SPI_G0 - 32));
    return r;
}

static struct rig *one_nmi(void)
{
    struct gic_config config = rig_config();

    config.has_nmi = true;
    struct rig *r = rig_open(config);
    rig_ready(r, 0, 40, 0xa0);
    rig_dist_set(r, true, INMIR + 4, 4, 1u << 8);
    gic_set_spi(r->gic, 40, true);
    return r;
}

START_TEST(iar1_says_1022_for_superpriority_when_sctlr_nmi_is_set_and_leaves_it_pending)
{
    struct rig *r = one_nmi();

    r->pe[0].sctlr_nmi = true;
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR1_EL1"), 1022);
    ck_assert(rig_bit_get(r, 0, ISPENDR, 40) && !rig_bit_get(r, 0, ISACTIVER, 40));
    ck_assert_uint_eq(rig_get(r, 0, "ICC_RPR_EL1"), 0xff);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_NMIAR1_EL1"), 40);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_RPR_EL1"), RPR_NMI);
    rig_destroy(r);
}
END_TEST

START_TEST(iar1_takes_superpriority_when_sctlr_nmi_is_clear)
{
    struct rig *r = one_nmi();

    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR1_EL1"), 40);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_AP1R0_EL1"), AP1R_NMI);
    rig_destroy(r);
}
END_TEST

START_TEST(iar1_takes_what_is_ordinary_whatever_sctlr_nmi_says)
{
    struct rig *r = one_nmi();

    r->pe[0].sctlr_nmi = true;
    rig_ready(r, 0, 41, 0x80);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_NMIAR1_EL1"), 40);
    gic_set_spi(r->gic, 40, false);
    rig_set(r, 0, "ICC_EOIR1_EL1", 40);
    gic_set_spi(r->gic, 41, true);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_NMIAR1_EL1"), 1023);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR1_EL1"), 41);
    rig_destroy(r);
}
END_TEST

START_TEST(group_0_has_no_superpriority)
{
    struct rig *r = three_nmis();

    r->pe[0].sctlr_nmi = true;
    rig_set(r, 0, "ICC_PMR_EL1", 0x80);
    gic_set_spi(r->gic, SPI_G0, true);
    ck_assert(!r->lines[0][GIC_LINE_FIQ]);
    rig_set(r, 0, "ICC_PMR_EL1", 0xff);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_NMIAR1_EL1"), 1023);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR0_EL1"), SPI_G0);
    rig_destroy(r);
}
END_TEST

START_TEST(nmiar1_gives_each_state_its_own_and_el3_both)
{
    struct rig *r = three_nmis();

    gic_set_spi(r->gic, SPI_NS, true);
    move_to(r, &secure_el1);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_NMIAR1_EL1"), 1023);
    move_to(r, &ns_el1);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_NMIAR1_EL1"), SPI_NS);
    gic_set_spi(r->gic, SPI_G1S, true);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_NMIAR1_EL1"), 1023);
    move_to(r, &el3);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_NMIAR1_EL1"), SPI_G1S);
    rig_destroy(r);
}
END_TEST

START_TEST(rpr_names_superpriority_by_security_state)
{
    struct rig *r = three_nmis();

    gic_set_spi(r->gic, SPI_NS, true);
    move_to(r, &ns_el1);
    rig_get(r, 0, "ICC_NMIAR1_EL1");
    ck_assert_uint_eq(rig_get(r, 0, "ICC_RPR_EL1") & RPR_NMI, RPR_NMI);
    move_to(r, &secure_el1);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_RPR_EL1"), RPR_NMI_NS | 0x80);
    gic_set_spi(r->gic, SPI_G1S, true);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_NMIAR1_EL1"), SPI_G1S);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_RPR_EL1"), RPR_NMI | RPR_NMI_NS);
    move_to(r, &el3_ns);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_AP1R0_EL1"), AP1R_NMI);
    rig_destroy(r);
}
END_TEST

START_TEST(a_secure_mask_below_0x80_holds_non_secure_superpriority_back)
{
    struct rig *r = three_nmis();

    gic_set_spi(r->gic, SPI_NS, true);
    rig_set(r, 0, "ICC_PMR_EL1", 0x78);
    move_to(r, &ns_el1);
    ck_assert(!r->lines[0][GIC_LINE_IRQ]);
    move_to(r, &el3);
    rig_set(r, 0, "ICC_PMR_EL1", 0x80);
    move_to(r, &ns_el1);
    ck_assert(r->lines[0][GIC_LINE_IRQ]);
    rig_destroy(r);
}
END_TEST

/* -- What the PE is told -- */

static bool line(const struct rig *r, enum gic_line which)
{
    return r->lines[0][which];
}

START_TEST(superpriority_is_signalled_with_the_line_of_its_interrupt)
{
    struct rig *r = one_nmi();

    ck_assert(line(r, GIC_LINE_IRQ) && line(r, GIC_LINE_NMI));
    rig_get(r, 0, "ICC_NMIAR1_EL1");
    ck_assert(!line(r, GIC_LINE_IRQ) && !line(r, GIC_LINE_NMI));
    rig_destroy(r);
}
END_TEST

START_TEST(superpriority_that_takes_over_a_line_is_signalled_at_once)
{
    struct rig *r = one_nmi();

    gic_set_spi(r->gic, 40, false);
    rig_ready(r, 0, 41, 0x40);
    gic_set_spi(r->gic, 41, true);
    ck_assert(line(r, GIC_LINE_IRQ) && !line(r, GIC_LINE_NMI));
    gic_set_spi(r->gic, 40, true);
    ck_assert(line(r, GIC_LINE_IRQ) && line(r, GIC_LINE_NMI));
    gic_set_spi(r->gic, 40, false);
    ck_assert(line(r, GIC_LINE_IRQ) && !line(r, GIC_LINE_NMI));
    rig_destroy(r);
}
END_TEST

START_TEST(superpriority_of_the_other_state_goes_with_an_fiq)
{
    struct rig *r = three_nmis();

    gic_set_spi(r->gic, SPI_NS, true);
    ck_assert(line(r, GIC_LINE_FIQ) && !line(r, GIC_LINE_IRQ) && line(r, GIC_LINE_NMI));
    move_to(r, &ns_el1);
    ck_assert(!line(r, GIC_LINE_FIQ) && line(r, GIC_LINE_IRQ) && line(r, GIC_LINE_NMI));
    rig_destroy(r);
}
END_TEST

/* -- ICC_CTLR_EL3.RM -- */

static struct rig *rm_rig(bool sre_writable)
{
    struct gic_config config = rig_config();

    config.has_el3 = true;
    config.two_security_states = true;
    config.sre_writable = sre_writable;
    struct rig *r = rig_create(config);
    rig_dist_set(r, true, 0, 4, 7);
    move_to(r, &el3);
    rig_set(r, 0, "ICC_SRE_EL3", 0xf);
    rig_set(r, 0, "ICC_PMR_EL1", 0xff);
    rig_set(r, 0, "ICC_IGRPEN0_EL1", 1);
    rig_set(r, 0, "ICC_IGRPEN1_EL3", 3);
    for (uint32_t intid = SPI_G0; intid <= SPI_NS; intid += 2) {
        rig_dist_set(r, true, IROUTER + intid * 8, 8, rig_mpidr[0]);
        rig_priority(r, 0, intid, 0xa0);
        rig_bit(r, 0, ISENABLER, intid);
    }
    rig_dist_set(r, true, IGROUPR + 4, 4, 1u << (SPI_NS - 32));
    rig_set(r, 0, "ICC_CTLR_EL3", 1 << 5);
    return r;
}

START_TEST(with_rm_el3_is_told_1020_and_1021_and_takes_nothing)
{
    struct rig *r = rm_rig(true);

    ck_assert_uint_eq(rig_get(r, 0, "ICC_CTLR_EL3") & 1 << 5, 1 << 5);
    gic_set_spi(r->gic, SPI_G0, true);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_HPPIR0_EL1"), 1020);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR0_EL1"), 1020);
    gic_set_spi(r->gic, SPI_G0, false);
    gic_set_spi(r->gic, SPI_NS, true);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_HPPIR1_EL1"), 1021);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR1_EL1"), 1021);
    rig_set(r, 0, "ICC_CTLR_EL3", 0);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR1_EL1"), SPI_NS);
    rig_destroy(r);
}
END_TEST

START_TEST(rm_is_res0_where_sre_is_fixed)
{
    struct rig *r = rm_rig(false);

    ck_assert_uint_eq(rig_get(r, 0, "ICC_CTLR_EL3") & 1 << 5, 0);
    gic_set_spi(r->gic, SPI_G0, true);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR0_EL1"), SPI_G0);
    rig_destroy(r);
}
END_TEST

/* -- Virtual: ICH_LR<n>_EL2.NMI -- */

static const struct gic_pe_state el2 = {.el = 2, .el2_enabled = true};
static const struct gic_pe_state guest = {.el = 1, .el2_enabled = true, .hcr_el2 = 1 << 3 | 1 << 4};

static void hyp_set(struct rig *r, const char *name, uint64_t value)
{
    r->pe[0] = el2;
    rig_set(r, 0, name, value);
    r->pe[0] = guest;
}

static uint64_t hyp_get(struct rig *r, const char *name)
{
    r->pe[0] = el2;
    uint64_t value = rig_get(r, 0, name);
    r->pe[0] = guest;
    return value;
}

/* Pending, Group 1, priority 0xa0. */
static uint64_t lr(bool nmi, uint32_t vintid)
{
    return 1ull << 62 | 1ull << 60 | (uint64_t)nmi << 59 | 0xa0ull << 48 | vintid;
}

static struct rig *virtual_nmi(bool has_nmi)
{
    struct gic_config config = rig_config();

    config.has_nmi = has_nmi;
    struct rig *r = rig_open(config);
    hyp_set(r, "ICH_VMCR_EL2", 0xffull << 24 | 3);
    hyp_set(r, "ICH_HCR_EL2", 1);
    hyp_set(r, "ICH_LR0_EL2", lr(false, 50));
    hyp_set(r, "ICH_LR1_EL2", lr(true, 51));
    return r;
}

START_TEST(a_virtual_nmi_beats_priorities_and_the_virtual_mask)
{
    struct rig *r = virtual_nmi(true);

    rig_set(r, 0, "ICC_PMR_EL1", 0);
    ck_assert(r->lines[0][GIC_LINE_VIRQ]);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_HPPIR1_EL1"), 51);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_NMIAR1_EL1"), 51);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_RPR_EL1"), RPR_NMI);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_AP1R0_EL1"), AP1R_NMI);
    ck_assert_uint_eq(hyp_get(r, "ICH_AP1R0_EL2"), AP1R_NMI);
    rig_set(r, 0, "ICC_EOIR1_EL1", 51);
    ck_assert_uint_eq(hyp_get(r, "ICH_LR1_EL2") >> 62, 0);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_RPR_EL1"), 0xff);
    rig_destroy(r);
}
END_TEST

START_TEST(virtual_superpriority_is_signalled_with_virq)
{
    struct rig *r = virtual_nmi(true);

    ck_assert(line(r, GIC_LINE_VIRQ) && line(r, GIC_LINE_VNMI));
    hyp_set(r, "ICH_LR1_EL2", 0);
    ck_assert(line(r, GIC_LINE_VIRQ) && !line(r, GIC_LINE_VNMI));
    hyp_set(r, "ICH_LR1_EL2", lr(true, 51));
    hyp_set(r, "ICH_HCR_EL2", 0);
    ck_assert(!line(r, GIC_LINE_VIRQ) && !line(r, GIC_LINE_VNMI));
    rig_destroy(r);
}
END_TEST

START_TEST(virtual_iar1_says_1022_when_sctlr_nmi_is_set)
{
    struct rig *r = virtual_nmi(true);

    r->pe[0].sctlr_nmi = true;
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR1_EL1"), 1022);
    ck_assert_uint_eq(hyp_get(r, "ICH_LR1_EL2") >> 62, 1);
    r->pe[0].sctlr_nmi = false;
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR1_EL1"), 51);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_NMIAR1_EL1"), 1023);
    rig_destroy(r);
}
END_TEST

START_TEST(a_virtual_nmi_preempts_priority_0_once)
{
    struct rig *r = virtual_nmi(true);

    hyp_set(r, "ICH_LR1_EL2", 0);
    hyp_set(r, "ICH_LR0_EL2", lr(false, 50) & ~(0xffull << 48));
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR1_EL1"), 50);
    hyp_set(r, "ICH_LR1_EL2", lr(true, 51));
    hyp_set(r, "ICH_LR2_EL2", lr(true, 52));
    ck_assert_uint_eq(rig_get(r, 0, "ICC_NMIAR1_EL1"), 51);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_NMIAR1_EL1"), 1023);
    rig_set(r, 0, "ICC_EOIR1_EL1", 51);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_RPR_EL1"), 0);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_NMIAR1_EL1"), 52);
    rig_destroy(r);
}
END_TEST

START_TEST(without_nmi_the_bit_in_a_list_register_is_res0)
{
    struct rig *r = virtual_nmi(false);

    ck_assert_uint_eq(hyp_get(r, "ICH_LR1_EL2"), lr(false, 51));
    hyp_set(r, "ICH_AP1R0_EL2", AP1R_NMI);
    ck_assert_uint_eq(hyp_get(r, "ICH_AP1R0_EL2"), 0);
    rig_destroy(r);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("nmi");

    tcase_add_test(tc,
                   iar1_says_1022_for_superpriority_when_sctlr_nmi_is_set_and_leaves_it_pending);
    tcase_add_test(tc, iar1_takes_superpriority_when_sctlr_nmi_is_clear);
    tcase_add_test(tc, iar1_takes_what_is_ordinary_whatever_sctlr_nmi_says);
    tcase_add_test(tc, group_0_has_no_superpriority);
    tcase_add_test(tc, nmiar1_gives_each_state_its_own_and_el3_both);
    tcase_add_test(tc, rpr_names_superpriority_by_security_state);
    tcase_add_test(tc, a_secure_mask_below_0x80_holds_non_secure_superpriority_back);
    tcase_add_test(tc, superpriority_is_signalled_with_the_line_of_its_interrupt);
    tcase_add_test(tc, superpriority_that_takes_over_a_line_is_signalled_at_once);
    tcase_add_test(tc, superpriority_of_the_other_state_goes_with_an_fiq);
    tcase_add_test(tc, virtual_superpriority_is_signalled_with_virq);
    tcase_add_test(tc, with_rm_el3_is_told_1020_and_1021_and_takes_nothing);
    tcase_add_test(tc, rm_is_res0_where_sre_is_fixed);
    tcase_add_test(tc, a_virtual_nmi_beats_priorities_and_the_virtual_mask);
    tcase_add_test(tc, virtual_iar1_says_1022_when_sctlr_nmi_is_set);
    tcase_add_test(tc, a_virtual_nmi_preempts_priority_0_once);
    tcase_add_test(tc, without_nmi_the_bit_in_a_list_register_is_res0);
    return suite_run_case("gic nmi", tc);
}
