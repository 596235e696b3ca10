/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The virtual CPU interface: list registers, ICV_* behind ICC_* encodings, maintenance (IHI
 * 0069 4.7).
 */
#include "tests/unit/test_gic_rig.h"

#define HCR_EN 1u

static const struct gic_pe_state el2 = {.el = 2, .el2_enabled = true};
static const struct gic_pe_state guest = {.el = 1, .el2_enabled = true, .hcr_el2 = 1 << 3 | 1 << 4};

static uint64_t lr(unsigned state, bool hw, unsigned group, uint8_t priority, uint32_t pintid,
                   uint32_t vintid)
{
    return (uint64_t)state << 62 | (uint64_t)hw << 61 | (uint64_t)group << 60 |
           (uint64_t)priority << 48 | (uint64_t)pintid << 32 | vintid;
}

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

/* VPMR 0xff, both groups on; the accessing PE is a guest. */
static struct rig *virt_rig(uint64_t hcr, uint64_t vmcr)
{
    struct rig *r = rig_open(rig_config());

    hyp_set(r, "ICH_VMCR_EL2", 0xffull << 24 | 3 | vmcr);
    hyp_set(r, "ICH_HCR_EL2", HCR_EN | hcr);
    return r;
}

START_TEST(a_list_register_raises_virq_and_goes_through_its_states)
{
    struct rig *r = virt_rig(0, 0);

    hyp_set(r, "ICH_LR0_EL2", lr(1, false, 1, 0xa0, 0, 27));
    ck_assert(r->lines[0][GIC_LINE_VIRQ] && !r->lines[0][GIC_LINE_VFIQ]);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_HPPIR1_EL1"), 27);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR0_EL1"), 1023);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR1_EL1"), 27);
    ck_assert(!r->lines[0][GIC_LINE_VIRQ]);
    ck_assert_uint_eq(hyp_get(r, "ICH_LR0_EL2") >> 62, 2);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_RPR_EL1"), 0xa0);
    rig_set(r, 0, "ICC_EOIR1_EL1", 27);
    ck_assert_uint_eq(hyp_get(r, "ICH_LR0_EL2") >> 62, 0);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_RPR_EL1"), 0xff);
    rig_destroy(r);
}
END_TEST

START_TEST(group_0_list_registers_raise_vfiq)
{
    struct rig *r = virt_rig(0, 0);

    hyp_set(r, "ICH_LR1_EL2", lr(1, false, 0, 0xa0, 0, 50));
    ck_assert(r->lines[0][GIC_LINE_VFIQ] && !r->lines[0][GIC_LINE_VIRQ]);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR0_EL1"), 50);
    rig_destroy(r);
}
END_TEST

START_TEST(a_hardware_list_register_deactivates_its_physical_interrupt)
{
    struct rig *r = virt_rig(0, 0);

    rig_bit(r, 0, ISACTIVER, 40);
    hyp_set(r, "ICH_LR0_EL2", lr(1, true, 1, 0xa0, 40, 60));
    rig_get(r, 0, "ICC_IAR1_EL1");
    rig_set(r, 0, "ICC_EOIR1_EL1", 60);
    ck_assert(!rig_bit_get(r, 0, ISACTIVER, 40));
    rig_destroy(r);
}
END_TEST

START_TEST(physical_numbers_from_1020_on_deactivate_nothing)
{
    struct rig *r = virt_rig(0, 0);

    hyp_set(r, "ICH_LR0_EL2", lr(2, true, 1, 0xa0, 1023, 60));
    hyp_set(r, "ICH_AP1R0_EL2", 1u << (0xa0 >> 3));
    rig_set(r, 0, "ICC_EOIR1_EL1", 60);
    ck_assert_uint_eq(hyp_get(r, "ICH_LR0_EL2") >> 62, 0);
    rig_destroy(r);
}
END_TEST

static unsigned eoicount(struct rig *r)
{
    return (unsigned)(hyp_get(r, "ICH_HCR_EL2") >> 27);
}

START_TEST(eoicount_counts_only_what_would_have_deactivated)
{
    struct rig *r = virt_rig(0, 1 << 9); /* VEOIM */

    hyp_set(r, "ICH_AP1R0_EL2", 1u << (0xa0 >> 3));
    rig_set(r, 0, "ICC_EOIR1_EL1", 60);
    ck_assert_uint_eq(eoicount(r), 0);
    rig_set(r, 0, "ICC_DIR_EL1", 60);
    ck_assert_uint_eq(eoicount(r), 1);
    hyp_set(r, "ICH_VMCR_EL2", 0xffull << 24 | 3);
    hyp_set(r, "ICH_AP1R0_EL2", 1u << (0xa0 >> 3));
    rig_set(r, 0, "ICC_EOIR1_EL1", 60);
    ck_assert_uint_eq(eoicount(r), 2);
    rig_set(r, 0, "ICC_EOIR1_EL1", 60); /* no active priority */
    ck_assert_uint_eq(eoicount(r), 2);
    rig_destroy(r);
}
END_TEST

START_TEST(a_virtual_lpi_has_no_active_state_and_is_not_counted)
{
    struct rig *r = virt_rig(0, 1 << 9);

    hyp_set(r, "ICH_LR0_EL2", lr(1, false, 1, 0xa0, 0, 8192));
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR1_EL1"), 8192);
    ck_assert_uint_eq(hyp_get(r, "ICH_LR0_EL2") >> 62, 0);
    rig_set(r, 0, "ICC_EOIR1_EL1", 8192);
    ck_assert_uint_eq(eoicount(r), 0);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_RPR_EL1"), 0xff);
    rig_destroy(r);
}
END_TEST

START_TEST(an_lpi_left_active_in_a_list_register_ends_at_eoir_even_with_eoimode_1)
{
    struct rig *r = virt_rig(0, 1 << 9);

    hyp_set(r, "ICH_LR0_EL2", lr(2, false, 1, 0xa0, 0, 8200));
    hyp_set(r, "ICH_AP1R0_EL2", 1u << (0xa0 >> 3));
    rig_set(r, 0, "ICC_EOIR1_EL1", 8200);
    ck_assert_uint_eq(hyp_get(r, "ICH_LR0_EL2") >> 62, 0);
    rig_destroy(r);
}
END_TEST

static void expect_misr(uint64_t hcr, uint64_t vmcr, uint64_t lr0, uint64_t lr1, uint64_t misr)
{
    struct rig *r = rig_open(rig_config());

    hyp_set(r, "ICH_LR0_EL2", lr0);
    hyp_set(r, "ICH_LR1_EL2", lr1);
    hyp_set(r, "ICH_VMCR_EL2", vmcr);
    hyp_set(r, "ICH_HCR_EL2", HCR_EN | hcr);
    ck_assert_uint_eq(hyp_get(r, "ICH_MISR_EL2"), misr);
    ck_assert_int_eq(r->lines[0][GIC_LINE_MAINTENANCE], misr != 0);
    ck_assert_int_eq(rig_bit_get(r, 0, ISPENDR, 25), misr != 0);
    hyp_set(r, "ICH_HCR_EL2", hcr);
    ck_assert(!r->lines[0][GIC_LINE_MAINTENANCE]);
    ck_assert(!rig_bit_get(r, 0, ISPENDR, 25));
    rig_destroy(r);
}

START_TEST(misr_is_a_level_of_each_condition)
{
    uint64_t pending = lr(1, false, 1, 0xa0, 0, 27);

    expect_misr(0, 0, 0, 0, 0);
    expect_misr(1 << 1, 0, 0, 0, 1 << 1);            /* U: none valid */
    expect_misr(1 << 1, 0, pending, 0, 1 << 1);      /* U: one */
    expect_misr(1 << 1, 0, pending, pending + 1, 0); /* two */
    expect_misr(1 << 2, 0, 0, 0, 0);                 /* LRENP needs EOIcount */
    expect_misr(1 << 2 | 1ull << 27, 0, 0, 0, 1 << 2);
    expect_misr(1 << 3, 0, 0, 0, 1 << 3); /* NP */
    expect_misr(1 << 3, 0, pending, 0, 0);
    expect_misr(1 << 4, 1, 0, 0, 1 << 4);
    expect_misr(1 << 5, 1, 0, 0, 0); /* VGrp0D goes by VENG0 */
    expect_misr(1 << 5, 2, 0, 0, 1 << 5);
    expect_misr(1 << 6, 2, 0, 0, 1 << 6);
    expect_misr(1 << 7, 2, 0, 0, 0);
    expect_misr(1 << 7, 1, 0, 0, 1 << 7);
    expect_misr(0, 0, 1ull << 41, 0, 1); /* EOI */
}
END_TEST

START_TEST(maintenance_stays_up_over_unrelated_changes)
{
    struct rig *r = virt_rig(1 << 3, 0);

    ck_assert(r->lines[0][GIC_LINE_MAINTENANCE]);
    unsigned before = r->line_changes;
    hyp_set(r, "ICH_VMCR_EL2", 3);
    hyp_set(r, "ICH_LR0_EL2", 0);
    rig_set(r, 0, "ICC_PMR_EL1", 0x80);
    ck_assert(r->lines[0][GIC_LINE_MAINTENANCE]);
    ck_assert_uint_eq(r->line_changes, before);
    rig_destroy(r);
}
END_TEST

START_TEST(elrsr_is_clear_while_an_eoi_is_reported)
{
    struct rig *r = virt_rig(0, 0);

    ck_assert_uint_eq(hyp_get(r, "ICH_ELRSR_EL2"), 0xf);
    hyp_set(r, "ICH_LR2_EL2", lr(1, false, 1, 0xa0, 1u << 9, 70));
    ck_assert_uint_eq(hyp_get(r, "ICH_ELRSR_EL2"), 0xb);
    rig_get(r, 0, "ICC_IAR1_EL1");
    rig_set(r, 0, "ICC_EOIR1_EL1", 70);
    ck_assert_uint_eq(hyp_get(r, "ICH_EISR_EL2"), 4);
    ck_assert_uint_eq(hyp_get(r, "ICH_ELRSR_EL2"), 0xb);
    ck_assert(r->lines[0][GIC_LINE_MAINTENANCE]);
    hyp_set(r, "ICH_LR2_EL2", 0);
    ck_assert_uint_eq(hyp_get(r, "ICH_ELRSR_EL2"), 0xf);
    rig_destroy(r);
}
END_TEST

START_TEST(vmcr_clamps_binary_points_and_vfiqen_is_rao)
{
    struct rig *r = rig_open(rig_config());

    hyp_set(r, "ICH_VMCR_EL2", 0);
    ck_assert_uint_eq(hyp_get(r, "ICH_VMCR_EL2"), 1u << 3 | 3u << 18 | 2u << 21);
    hyp_set(r, "ICH_VMCR_EL2", ~0ull);
    ck_assert_uint_eq(hyp_get(r, "ICH_VMCR_EL2"), 0xf8000000u | 7u << 21 | 7u << 18 | 0x21b);
    rig_destroy(r);
}
END_TEST

START_TEST(icv_priority_bits_come_from_ich_vtr)
{
    struct rig *r = virt_rig(0, 0);
    uint64_t vtr = hyp_get(r, "ICH_VTR_EL2");

    ck_assert_uint_eq((rig_get(r, 0, "ICC_CTLR_EL1") >> 8) & 7, vtr >> 29 & 7);
    ck_assert_uint_eq(vtr & 0x1f, 3);
    ck_assert_int_eq(gic_sysreg_check(r->gic, 0, rig_sysreg("ICH_LR4_EL2"), &el2, false),
                     GIC_ACCESS_UNDEF);
    rig_destroy(r);
}
END_TEST

/* Every register, from each level, with each way of routing: as check says, and no value else. */
START_TEST(check_and_access_in_one_allow_what_the_check_allows)
{
    static const uint64_t hcrs[] = {0, 1u << 3, 1u << 4, 3u << 3};
    struct rig *r = virt_rig(0, 0);
    size_t n;
    const struct gic_sysreg *table = gic_sysregs(&n);

    for (size_t i = 0; i < 4 * n * 4; i++) {
        const struct gic_sysreg *reg = &table[i / 16];
        struct gic_pe_state pe = {.el = i % 4, .el2_enabled = true, .hcr_el2 = hcrs[i / 4 % 4]};
        uint64_t value = 0x5a5a, got;
        enum gic_access read = gic_sysreg_check(r->gic, 0, reg, &pe, false);
        enum gic_access write = gic_sysreg_check(r->gic, 0, reg, &pe, true);

        got = read == GIC_ACCESS_OK ? gic_sysreg_read(r->gic, 0, reg, &pe) : value;
        ck_assert_int_eq(gic_sysreg_try_read(r->gic, 0, reg, &pe, &value), read);
        ck_assert_uint_eq(value, got);
        ck_assert_int_eq(gic_sysreg_try_write(r->gic, 0, reg, &pe, got), write);
    }
    rig_destroy(r);
}
END_TEST

START_TEST(virtual_intids_up_to_1019_are_valid_whatever_the_spi_count)
{
    struct rig *r = virt_rig(0, 0);

    hyp_set(r, "ICH_LR0_EL2", lr(1, false, 1, 0xa0, 0, 1019));
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR1_EL1"), 1019);
    rig_set(r, 0, "ICC_EOIR1_EL1", 1019);
    ck_assert_uint_eq(hyp_get(r, "ICH_LR0_EL2") >> 62, 0);
    rig_destroy(r);
}
END_TEST

START_TEST(virtual_eoi_of_another_priority_drops_but_does_not_deactivate)
{
    struct rig *r = virt_rig(0, 0);

    hyp_set(r, "ICH_LR0_EL2", lr(1, false, 1, 0xa0, 0, 60));
    hyp_set(r, "ICH_LR1_EL2", lr(1, false, 1, 0x80, 0, 61));
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR1_EL1"), 61);
    hyp_set(r, "ICH_LR0_EL2", lr(1, false, 1, 0x40, 0, 60));
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR1_EL1"), 60);
    rig_set(r, 0, "ICC_EOIR1_EL1", 61);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_RPR_EL1"), 0x80);
    ck_assert_uint_eq(hyp_get(r, "ICH_LR1_EL2") >> 62, 2);
    rig_destroy(r);
}
END_TEST

START_TEST(physical_registers_are_reached_without_imo_and_fmo)
{
    struct rig *r = virt_rig(0, 0);

    rig_set(r, 0, "ICC_PMR_EL1", 0x50);
    ck_assert_uint_eq(hyp_get(r, "ICC_PMR_EL1"), 0xf8);
    ck_assert_uint_eq(hyp_get(r, "ICH_VMCR_EL2") >> 24, 0x50);
    r->pe[0].hcr_el2 = 0;
    ck_assert_uint_eq(rig_get(r, 0, "ICC_PMR_EL1"), 0xf8);
    r->pe[0].hcr_el2 = 1 << 4; /* IMO: Group 1 and common registers alone */
    ck_assert_uint_eq(rig_get(r, 0, "ICC_PMR_EL1"), 0x50);
    rig_set(r, 0, "ICC_BPR0_EL1", 5);
    ck_assert_uint_eq(hyp_get(r, "ICC_BPR0_EL1"), 5);
    rig_destroy(r);
}
END_TEST

START_TEST(ich_hcr_traps_the_guest)
{
    static const struct {
        unsigned bit;
        const char *reg;
        bool write;
    } cases[] = {
        {10, "ICC_PMR_EL1", false},  {10, "ICC_SGI1R_EL1", true}, {10, "ICC_DIR_EL1", true},
        {11, "ICC_IAR0_EL1", false}, {12, "ICC_IAR1_EL1", false}, {14, "ICC_DIR_EL1", true},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rig *r = virt_rig(0, 0);
        if (strcmp(cases[i].reg, "ICC_SGI1R_EL1") != 0)
            ck_assert_int_eq(rig_check(r, 0, cases[i].reg, cases[i].write), GIC_ACCESS_OK);
        hyp_set(r, "ICH_HCR_EL2", 1u << cases[i].bit);
        ck_assert_int_eq(rig_check(r, 0, cases[i].reg, cases[i].write), GIC_ACCESS_TRAP_EL2);
        rig_destroy(r);
    }
}
END_TEST

/* -- The gates between a list register and the guest -- */

static struct gic_verdict explain_virtual(struct rig *r, uint32_t vintid)
{
    struct gic_verdict v;

    gic_explain_virtual(r->gic, 0, vintid, &v);
    return v;
}

static void expect_virtual_gate(struct rig *r, uint32_t vintid, enum gic_virtual_gate_id gate,
                                const char *reg, uint64_t value)
{
    struct gic_verdict v = explain_virtual(r, vintid);

    ck_assert_msg(v.first_failed == gate, "failed at %u, not %u", v.first_failed, gate);
    ck_assert_str_eq(v.gates[gate].reg, reg);
    ck_assert_uint_eq(v.gates[gate].value, value);
    ck_assert(!v.signalled);
}

START_TEST(every_virtual_gate_that_is_closed_is_named)
{
    struct rig *r = virt_rig(0, 0);

    expect_virtual_gate(r, 27, GIC_VGATE_LISTED, "ICH_LR<n>_EL2", 0);
    hyp_set(r, "ICH_LR1_EL2", lr(1, false, 1, 0xa0, 0, 27));
    ck_assert(explain_virtual(r, 27).signalled);
    ck_assert_uint_eq(explain_virtual(r, 27).gates[GIC_VGATE_LISTED].reg_n, 1);
    hyp_set(r, "ICH_HCR_EL2", 0);
    expect_virtual_gate(r, 27, GIC_VGATE_INTERFACE, "ICH_HCR_EL2", 0);
    hyp_set(r, "ICH_HCR_EL2", HCR_EN);
    rig_set(r, 0, "ICC_IGRPEN1_EL1", 0);
    expect_virtual_gate(r, 27, GIC_VGATE_GROUP, "ICH_VMCR_EL2", 0);
    rig_set(r, 0, "ICC_IGRPEN1_EL1", 1);
    rig_set(r, 0, "ICC_PMR_EL1", 0x50);
    expect_virtual_gate(r, 27, GIC_VGATE_PRIORITY_MASK, "ICH_VMCR_EL2", 0x50);
    rig_set(r, 0, "ICC_PMR_EL1", 0xff);
    hyp_set(r, "ICH_LR0_EL2", lr(1, false, 1, 0x80, 0, 30));
    expect_virtual_gate(r, 27, GIC_VGATE_HIGHEST, "ICV_HPPIR1_EL1", 30);
    rig_get(r, 0, "ICC_IAR1_EL1");
    expect_virtual_gate(r, 27, GIC_VGATE_RUNNING_PRIORITY, "ICV_RPR_EL1", 0x80);
    expect_virtual_gate(r, 30, GIC_VGATE_PENDING, "ICH_LR<n>_EL2", 2);
    rig_destroy(r);
}
END_TEST

/* xorshift64*: the same numbers on every machine. */
static uint64_t dice_next(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545f4914f6cdd1dull;
}

/* A random thing that a hypervisor or its guest does. vINTIDs 16..19 in four list registers. */
static void act(struct rig *r, uint64_t dice)
{
    static const char *const lrs[] = {"ICH_LR0_EL2", "ICH_LR1_EL2", "ICH_LR2_EL2", "ICH_LR3_EL2"};
    bool group1 = dice >> 8 & 1;

    switch (dice & 7) {
    case 0:
    case 1: /* a vINTID is in one list register at most (IHI 0069 4.7) */
        hyp_set(r, lrs[dice >> 16 & 3],
                lr(dice >> 24 & 3, false, group1, dice >> 32 & 0xf8, 0, 16 + (dice >> 16 & 3)));
        break;
    case 2:
        rig_get(r, 0, group1 ? "ICC_IAR1_EL1" : "ICC_IAR0_EL1");
        break;
    case 3:
    case 4:
        rig_set(r, 0, group1 ? "ICC_EOIR1_EL1" : "ICC_EOIR0_EL1", 16 + (dice >> 16 & 3));
        break;
    case 5:
        rig_set(r, 0, "ICC_PMR_EL1", dice >> 16 & 0xff);
        break;
    case 6:
        rig_set(r, 0, group1 ? "ICC_IGRPEN1_EL1" : "ICC_IGRPEN0_EL1", (dice >> 16 & 7) != 0);
        break;
    default:
        hyp_set(r, "ICH_HCR_EL2", (dice >> 16 & 7) != 0);
    }
}

START_TEST(what_is_explained_is_what_raises_virq_and_vfiq)
{
    struct rig *r = virt_rig(0, 0);
    unsigned n_signalled = 0;
    uint64_t seed = 11;

    for (unsigned i = 0; i < 20000; i++) {
        bool irq = false, fiq = false;

        act(r, dice_next(&seed));
        for (uint32_t vintid = 16; vintid < 20; vintid++) {
            struct gic_verdict v = explain_virtual(r, vintid);
            irq |= v.signalled && v.line == GIC_LINE_VIRQ;
            fiq |= v.signalled && v.line == GIC_LINE_VFIQ;
        }
        rig_expect_eq(irq, r->lines[0][GIC_LINE_VIRQ]);
        rig_expect_eq(fiq, r->lines[0][GIC_LINE_VFIQ]);
        n_signalled += irq || fiq;
    }
    ck_assert_uint_gt(n_signalled, 1000);
    ck_assert_uint_lt(n_signalled, 19000);
    rig_destroy(r);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("virt");

    tcase_add_test(tc, a_list_register_raises_virq_and_goes_through_its_states);
    tcase_add_test(tc, group_0_list_registers_raise_vfiq);
    tcase_add_test(tc, a_hardware_list_register_deactivates_its_physical_interrupt);
    tcase_add_test(tc, physical_numbers_from_1020_on_deactivate_nothing);
    tcase_add_test(tc, eoicount_counts_only_what_would_have_deactivated);
    tcase_add_test(tc, a_virtual_lpi_has_no_active_state_and_is_not_counted);
    tcase_add_test(tc, an_lpi_left_active_in_a_list_register_ends_at_eoir_even_with_eoimode_1);
    tcase_add_test(tc, misr_is_a_level_of_each_condition);
    tcase_add_test(tc, maintenance_stays_up_over_unrelated_changes);
    tcase_add_test(tc, elrsr_is_clear_while_an_eoi_is_reported);
    tcase_add_test(tc, vmcr_clamps_binary_points_and_vfiqen_is_rao);
    tcase_add_test(tc, icv_priority_bits_come_from_ich_vtr);
    tcase_add_test(tc, check_and_access_in_one_allow_what_the_check_allows);
    tcase_add_test(tc, virtual_intids_up_to_1019_are_valid_whatever_the_spi_count);
    tcase_add_test(tc, virtual_eoi_of_another_priority_drops_but_does_not_deactivate);
    tcase_add_test(tc, physical_registers_are_reached_without_imo_and_fmo);
    tcase_add_test(tc, ich_hcr_traps_the_guest);
    tcase_add_test(tc, every_virtual_gate_that_is_closed_is_named);
    tcase_add_test(tc, what_is_explained_is_what_raises_virq_and_vfiq);
    return suite_run_case("gic virtual interface", tc);
}
