/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two security states (IHI 0069 4.6): what non-secure software sees, where interrupts go.
 */
#include "tests/unit/test_gic_rig.h"

static const struct gic_pe_state el3 = {.el = 3, .secure = true};
static const struct gic_pe_state el3_ns = {.el = 3, .secure = true, .scr_el3 = 1};
static const struct gic_pe_state secure_el1 = {.el = 1, .secure = true};
static const struct gic_pe_state ns_el1 = {.el = 1, .scr_el3 = 1};
static const struct gic_pe_state ns_el1_fiq = {.el = 1, .scr_el3 = 1 | 4};

static void move_to(struct rig *r, unsigned vcpu, const struct gic_pe_state *pe)
{
    r->pe[vcpu] = *pe;
    gic_pe_changed(r->gic, vcpu, pe);
}

/* All groups enabled everywhere; the PEs are left at EL3 with SCR_EL3.NS 0. */
static struct rig *secure_rig(void)
{
    struct gic_config config = rig_config();

    config.has_el3 = true;
    config.two_security_states = true;
    struct rig *r = rig_create(config);
    rig_dist_set(r, true, 0, 4, 7);
    for (unsigned i = 0; i < RIG_VCPUS; i++) {
        move_to(r, i, &el3);
        rig_set(r, i, "ICC_PMR_EL1", 0xff);
        rig_set(r, i, "ICC_IGRPEN0_EL1", 1);
        rig_set(r, i, "ICC_IGRPEN1_EL3", 3);
    }
    return r;
}

enum { SPI_G0 = 40, SPI_G1S = 41, SPI_NS = 42 };

static struct rig *three_groups(void)
{
    struct rig *r = secure_rig();

    for (uint32_t intid = SPI_G0; intid <= SPI_NS; intid++) {
        rig_dist_set(r, true, IROUTER + intid * 8, 8, rig_mpidr[0]);
        rig_priority(r, 0, intid, 0xa0);
        rig_bit(r, 0, ISENABLER, intid);
    }
    rig_dist_set(r, true, IGROUPR + 4, 4, 1u << (SPI_NS - 32));
    rig_dist_set(r, true, IGRPMODR + 4, 4, 1u << (SPI_G1S - 32));
    return r;
}

static void expect_lines(struct rig *r, const struct gic_pe_state *pe, bool irq, bool fiq)
{
    move_to(r, 0, pe);
    ck_assert_int_eq(r->lines[0][GIC_LINE_IRQ], irq);
    ck_assert_int_eq(r->lines[0][GIC_LINE_FIQ], fiq);
}

START_TEST(line_depends_on_group_and_state_of_the_pe)
{
    struct rig *r = three_groups();

    gic_set_spi(r->gic, SPI_G0, true);
    expect_lines(r, &el3, false, true);
    expect_lines(r, &secure_el1, false, true);
    expect_lines(r, &ns_el1, false, true);
    gic_set_spi(r->gic, SPI_G0, false);
    gic_set_spi(r->gic, SPI_G1S, true);
    expect_lines(r, &el3, false, true);
    expect_lines(r, &secure_el1, true, false);
    expect_lines(r, &ns_el1, false, true);
    gic_set_spi(r->gic, SPI_G1S, false);
    gic_set_spi(r->gic, SPI_NS, true);
    expect_lines(r, &el3, false, true);
    expect_lines(r, &secure_el1, false, true);
    expect_lines(r, &ns_el1, true, false);
    rig_destroy(r);
}
END_TEST

START_TEST(el3_learns_from_iar0_whose_group_1_interrupt_waits)
{
    struct rig *r = three_groups();

    gic_set_spi(r->gic, SPI_G1S, true);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR0_EL1"), 1020);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_HPPIR0_EL1"), 1020);
    move_to(r, 0, &secure_el1);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR0_EL1"), 1023);
    move_to(r, 0, &el3);
    gic_set_spi(r->gic, SPI_G1S, false);
    gic_set_spi(r->gic, SPI_NS, true);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR0_EL1"), 1021);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_RPR_EL1"), 0xff);
    rig_destroy(r);
}
END_TEST

START_TEST(each_state_acknowledges_its_own_group_1)
{
    struct rig *r = three_groups();

    gic_set_spi(r->gic, SPI_NS, true);
    move_to(r, 0, &secure_el1);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR1_EL1"), 1023);
    move_to(r, 0, &ns_el1);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR1_EL1"), SPI_NS);
    rig_set(r, 0, "ICC_EOIR1_EL1", SPI_NS);
    gic_set_spi(r->gic, SPI_NS, false);
    gic_set_spi(r->gic, SPI_G1S, true);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR1_EL1"), 1023);
    move_to(r, 0, &secure_el1);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR1_EL1"), SPI_G1S);
    rig_destroy(r);
}
END_TEST

START_TEST(el3_completes_either_group_1)
{
    struct rig *r = three_groups();

    gic_set_spi(r->gic, SPI_NS, true);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR1_EL1"), SPI_NS);
    gic_set_spi(r->gic, SPI_NS, false);
    rig_set(r, 0, "ICC_EOIR1_EL1", SPI_NS);
    ck_assert(!rig_bit_get(r, 0, ISACTIVER, SPI_NS));
    gic_set_spi(r->gic, SPI_G1S, true);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR1_EL1"), SPI_G1S);
    rig_set(r, 0, "ICC_EOIR1_EL1", SPI_G1S);
    ck_assert(!rig_bit_get(r, 0, ISACTIVER, SPI_G1S));
    rig_destroy(r);
}
END_TEST

START_TEST(non_secure_software_cannot_end_a_secure_interrupt)
{
    struct rig *r = three_groups();

    gic_set_spi(r->gic, SPI_G1S, true);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR1_EL1"), SPI_G1S);
    move_to(r, 0, &ns_el1);
    rig_set(r, 0, "ICC_EOIR1_EL1", SPI_G1S);
    rig_set(r, 0, "ICC_CTLR_EL1", 2);
    rig_set(r, 0, "ICC_DIR_EL1", SPI_G1S);
    ck_assert(rig_bit_get(r, 0, ISACTIVER, SPI_G1S));
    rig_destroy(r);
}
END_TEST

START_TEST(dir_at_el1_asks_imo_for_group_1)
{
    struct rig *r = three_groups();

    gic_set_spi(r->gic, SPI_NS, true);
    move_to(r, 0, &ns_el1);
    rig_set(r, 0, "ICC_CTLR_EL1", 2);
    rig_bit(r, 0, ISACTIVER, SPI_NS);
    /* FMO redirects DIR to the virtual interface; IMO alone does as well: neither reaches SPI 42.
     */
    r->pe[0].el2_enabled = true;
    r->pe[0].hcr_el2 = 1 << 3;
    rig_set(r, 0, "ICC_DIR_EL1", SPI_NS);
    ck_assert(rig_bit_get(r, 0, ISACTIVER, SPI_NS));
    r->pe[0].hcr_el2 = 0;
    r->pe[0].scr_el3 = 1 | 2; /* IRQ to EL3 */
    rig_set(r, 0, "ICC_DIR_EL1", SPI_NS);
    ck_assert(rig_bit_get(r, 0, ISACTIVER, SPI_NS));
    r->pe[0].scr_el3 = 1 | 4; /* FIQ to EL3: does not concern Group 1 */
    rig_set(r, 0, "ICC_DIR_EL1", SPI_NS);
    ck_assert(!rig_bit_get(r, 0, ISACTIVER, SPI_NS));
    rig_destroy(r);
}
END_TEST

START_TEST(non_secure_pmr_is_a_view_of_the_lower_half)
{
    struct rig *r = secure_rig();

    move_to(r, 0, &ns_el1_fiq);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_PMR_EL1"), 0xf0);
    rig_set(r, 0, "ICC_PMR_EL1", 0x7f);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_PMR_EL1"), 0x70);
    move_to(r, 0, &el3);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_PMR_EL1"), 0xb8);
    rig_set(r, 0, "ICC_PMR_EL1", 0x40);
    move_to(r, 0, &ns_el1_fiq);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_PMR_EL1"), 0);
    rig_set(r, 0, "ICC_PMR_EL1", 0xff);
    move_to(r, 0, &el3);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_PMR_EL1"), 0x40);
    rig_destroy(r);
}
END_TEST

START_TEST(non_secure_rpr_hides_secure_priorities_and_stays_0xff_when_idle)
{
    struct rig *r = three_groups();

    move_to(r, 0, &ns_el1_fiq);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_RPR_EL1"), 0xff);
    move_to(r, 0, &el3);
    gic_set_spi(r->gic, SPI_NS, true);
    rig_get(r, 0, "ICC_IAR1_EL1");
    move_to(r, 0, &ns_el1_fiq);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_RPR_EL1"), 0x40);
    move_to(r, 0, &el3);
    rig_priority(r, 0, SPI_G0, 0x20);
    gic_set_spi(r->gic, SPI_G0, true);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR0_EL1"), SPI_G0);
    move_to(r, 0, &ns_el1_fiq);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_RPR_EL1"), 0);
    rig_destroy(r);
}
END_TEST

START_TEST(non_secure_priorities_are_shifted_and_secure_ones_hidden)
{
    struct rig *r = three_groups();

    ck_assert_uint_eq(rig_dist(r, false, IPRIORITYR + SPI_G0, 4), 0x400000);
    rig_dist_set(r, false, IPRIORITYR + SPI_G0, 4, 0x00101010);
    ck_assert_uint_eq(rig_dist(r, true, IPRIORITYR + SPI_G0, 4), 0x0088a0a0);
    rig_destroy(r);
}
END_TEST

START_TEST(secure_interrupts_read_as_zero_to_non_secure_software)
{
    struct rig *r = three_groups();
    uint32_t mine = 1u << (SPI_NS - 32);

    gic_set_spi(r->gic, SPI_G0, true);
    gic_set_spi(r->gic, SPI_NS, true);
    ck_assert_uint_eq(rig_dist(r, false, ISENABLER + 4, 4), mine);
    ck_assert_uint_eq(rig_dist(r, false, ISPENDR + 4, 4), mine);
    ck_assert_uint_eq(rig_dist(r, false, IGROUPR + 4, 4), 0);
    rig_dist_set(r, false, ICENABLER + 4, 4, ~0u);
    ck_assert_uint_eq(rig_dist(r, true, ISENABLER + 4, 4), 3u << (SPI_G0 - 32));
    rig_dist_set(r, false, IROUTER + SPI_G0 * 8, 8, rig_mpidr[1]);
    ck_assert_uint_eq(rig_dist(r, true, IROUTER + SPI_G0 * 8, 8), rig_mpidr[0]);
    ck_assert_uint_eq(rig_redist(r, 0, false, 0x14, 4), 0);
    rig_destroy(r);
}
END_TEST

START_TEST(nsacr_lends_a_secure_interrupt_step_by_step)
{
    struct rig *r = three_groups();
    uint32_t bit = 1u << (SPI_G0 - 32);
    uint32_t nsacr = NSACR + SPI_G0 / 16 * 4;

    rig_dist_set(r, false, ISPENDR + 4, 4, bit);
    ck_assert(!rig_bit_get(r, 0, ISPENDR, SPI_G0));
    rig_dist_set(r, true, nsacr, 4, 1u << SPI_G0 % 16 * 2);
    ck_assert_uint_eq(rig_dist(r, false, nsacr, 4), 0);
    rig_dist_set(r, false, ISPENDR + 4, 4, bit);
    ck_assert(rig_bit_get(r, 0, ISPENDR, SPI_G0));
    rig_dist_set(r, false, ICPENDR + 4, 4, bit);
    ck_assert(rig_bit_get(r, 0, ISPENDR, SPI_G0));
    rig_dist_set(r, true, nsacr, 4, 2u << SPI_G0 % 16 * 2);
    rig_dist_set(r, false, ICPENDR + 4, 4, bit);
    ck_assert(!rig_bit_get(r, 0, ISPENDR, SPI_G0));
    rig_dist_set(r, true, nsacr, 4, 3u << SPI_G0 % 16 * 2);
    rig_dist_set(r, false, IROUTER + SPI_G0 * 8, 8, rig_mpidr[1]);
    ck_assert_uint_eq(rig_dist(r, true, IROUTER + SPI_G0 * 8, 8), rig_mpidr[1]);
    rig_destroy(r);
}
END_TEST

START_TEST(disabling_security_is_one_way_and_clears_the_secure_group_1_enable)
{
    struct rig *r = secure_rig();

    ck_assert_uint_eq(rig_dist(r, true, 0, 4), 0x37);
    ck_assert_uint_eq(rig_dist(r, false, 0, 4), 0x12);
    ck_assert_uint_eq(rig_dist(r, true, 4, 4) >> 10 & 1, 1);
    rig_dist_set(r, false, 0, 4, 0x40 | 2);
    ck_assert_uint_eq(rig_dist(r, true, 0, 4), 0x37);
    rig_dist_set(r, true, 0, 4, 0x40 | 7);
    ck_assert_uint_eq(rig_dist(r, true, 0, 4), 0x53);
    rig_dist_set(r, true, 0, 4, 3);
    ck_assert_uint_eq(rig_dist(r, true, 0, 4), 0x53);
    ck_assert_uint_eq(rig_dist(r, true, 4, 4) >> 10 & 1, 0);
    rig_destroy(r);
}
END_TEST

START_TEST(disabling_security_turns_secure_group_1_into_group_0)
{
    struct rig *r = three_groups();

    move_to(r, 0, &secure_el1);
    gic_set_spi(r->gic, SPI_G1S, true);
    ck_assert(r->lines[0][GIC_LINE_IRQ]);
    rig_dist_set(r, true, 0, 4, 0x47);
    ck_assert(!r->lines[0][GIC_LINE_IRQ] && r->lines[0][GIC_LINE_FIQ]);
    rig_destroy(r);
}
END_TEST

START_TEST(icc_ctlr_el3_aliases_both_banks_both_ways)
{
    struct rig *r = secure_rig();

    move_to(r, 0, &secure_el1);
    rig_set(r, 0, "ICC_CTLR_EL1", 2);
    move_to(r, 0, &el3);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_CTLR_EL3") & 0x1f, 1 << 3);
    rig_set(r, 0, "ICC_CTLR_EL3", 1 << 1 | 1 << 4);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_CTLR_EL1") & 3, 0);
    move_to(r, 0, &el3_ns);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_CTLR_EL1") & 3, 3);
    move_to(r, 0, &ns_el1);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_CTLR_EL1") & 3, 3);
    rig_set(r, 0, "ICC_CTLR_EL1", 0); /* CBPR is EL3's */
    ck_assert_uint_eq(rig_get(r, 0, "ICC_CTLR_EL1") & 3, 1);
    rig_destroy(r);
}
END_TEST

START_TEST(igrpen1_el3_shows_both_banks)
{
    struct rig *r = secure_rig();

    rig_set(r, 0, "ICC_IGRPEN1_EL3", 1);
    move_to(r, 0, &secure_el1);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IGRPEN1_EL1"), 0);
    rig_set(r, 0, "ICC_IGRPEN1_EL1", 1);
    move_to(r, 0, &ns_el1);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IGRPEN1_EL1"), 1);
    rig_set(r, 0, "ICC_IGRPEN1_EL1", 0);
    move_to(r, 0, &el3);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IGRPEN1_EL3"), 2);
    rig_destroy(r);
}
END_TEST

static bool sgi_arrives(const char *reg, const struct gic_pe_state *from, unsigned group,
                        unsigned nsacr)
{
    struct rig *r = secure_rig();

    rig_redist_set(r, 1, true, SGI_BASE + IGROUPR, 4, group == GIC_G1NS ? 1 << 5 : 0);
    rig_redist_set(r, 1, true, SGI_BASE + IGRPMODR, 4, group == GIC_G1S ? 1 << 5 : 0);
    rig_redist_set(r, 1, true, SGI_BASE + NSACR, 4, nsacr << 10);
    move_to(r, 0, from);
    rig_set(r, 0, reg, 5ull << 24 | 2);
    bool arrived = rig_bit_get(r, 1, ISPENDR, 5);
    rig_destroy(r);
    return arrived;
}

START_TEST(sgis_reach_targets_by_group_security_and_nsacr)
{
    static const struct {
        const char *reg;
        bool secure;
        uint8_t group, nsacr;
        bool arrives;
    } cases[] = {
        {"ICC_SGI1R_EL1", true, GIC_G1S, 0, true},   {"ICC_SGI1R_EL1", true, GIC_G1NS, 0, false},
        {"ICC_SGI1R_EL1", true, GIC_G0, 0, true},    {"ICC_ASGI1R_EL1", true, GIC_G1NS, 0, true},
        {"ICC_ASGI1R_EL1", true, GIC_G1S, 0, false}, {"ICC_SGI0R_EL1", true, GIC_G0, 0, true},
        {"ICC_SGI0R_EL1", true, GIC_G1S, 0, false},  {"ICC_SGI1R_EL1", false, GIC_G1NS, 0, true},
        {"ICC_SGI1R_EL1", false, GIC_G1S, 3, false}, {"ICC_ASGI1R_EL1", false, GIC_G1S, 1, false},
        {"ICC_ASGI1R_EL1", false, GIC_G1S, 2, true}, {"ICC_ASGI1R_EL1", false, GIC_G0, 1, true},
        {"ICC_SGI0R_EL1", false, GIC_G0, 0, false},  {"ICC_SGI0R_EL1", false, GIC_G0, 1, true},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        ck_assert_msg(sgi_arrives(cases[i].reg, cases[i].secure ? &secure_el1 : &ns_el1,
                                  cases[i].group, cases[i].nsacr) == cases[i].arrives,
                      "case %zu", i);
}
END_TEST

START_TEST(traps_go_where_scr_and_hcr_say)
{
    struct rig *r = secure_rig();
    struct gic_pe_state guest = {.el = 1, .el2_enabled = true, .scr_el3 = 1};

    r->pe[0] = guest;
    r->pe[0].scr_el3 = 1 | 4;
    ck_assert_int_eq(rig_check(r, 0, "ICC_IAR0_EL1", false), GIC_ACCESS_TRAP_EL3);
    ck_assert_int_eq(rig_check(r, 0, "ICC_IAR1_EL1", false), GIC_ACCESS_OK);
    ck_assert_int_eq(rig_check(r, 0, "ICC_PMR_EL1", false), GIC_ACCESS_OK);
    r->pe[0].scr_el3 = 1 | 2 | 4;
    ck_assert_int_eq(rig_check(r, 0, "ICC_PMR_EL1", false), GIC_ACCESS_TRAP_EL3);
    ck_assert_int_eq(rig_check(r, 0, "ICC_SGI1R_EL1", true), GIC_ACCESS_TRAP_EL3);
    r->pe[0] = guest;
    r->pe[0].hcr_el2 = 1 << 4;
    ck_assert_int_eq(rig_check(r, 0, "ICC_SGI1R_EL1", true), GIC_ACCESS_TRAP_EL2);
    ck_assert_int_eq(rig_check(r, 0, "ICC_IAR1_EL1", true), GIC_ACCESS_UNDEF);
    ck_assert_int_eq(rig_check(r, 0, "ICC_EOIR1_EL1", false), GIC_ACCESS_UNDEF);
    ck_assert_int_eq(rig_check(r, 0, "ICH_HCR_EL2", false), GIC_ACCESS_UNDEF);
    ck_assert_int_eq(rig_check(r, 0, "ICC_CTLR_EL3", false), GIC_ACCESS_UNDEF);
    r->pe[0].el = 0;
    ck_assert_int_eq(rig_check(r, 0, "ICC_IAR1_EL1", false), GIC_ACCESS_UNDEF);
    rig_destroy(r);
}
END_TEST

START_TEST(sre_writable_starts_off_and_each_level_lets_the_next_in)
{
    struct gic_config config = rig_config();
    config.has_el3 = true;
    config.sre_writable = true;
    struct rig *r = rig_create(config);

    r->pe[0] = (struct gic_pe_state){.el = 1, .el2_enabled = true, .scr_el3 = 1};
    ck_assert_int_eq(rig_check(r, 0, "ICC_SRE_EL1", true), GIC_ACCESS_TRAP_EL2);
    r->pe[0].el = 2;
    ck_assert_int_eq(rig_check(r, 0, "ICC_SRE_EL2", true), GIC_ACCESS_TRAP_EL3);
    ck_assert_int_eq(rig_check(r, 0, "ICC_PMR_EL1", true), GIC_ACCESS_TRAP_EL2);
    r->pe[0].el = 3;
    ck_assert_int_eq(rig_check(r, 0, "ICC_PMR_EL1", true), GIC_ACCESS_TRAP_EL3);
    rig_set(r, 0, "ICC_SRE_EL3", 0xf);
    r->pe[0].el = 2;
    rig_set(r, 0, "ICC_SRE_EL2", 0xf);
    rig_set(r, 0, "ICC_PMR_EL1", 0xff);
    r->pe[0].el = 1;
    ck_assert_int_eq(rig_check(r, 0, "ICC_PMR_EL1", true), GIC_ACCESS_TRAP_EL1);
    rig_set(r, 0, "ICC_SRE_EL1", 7);
    rig_set(r, 0, "ICC_PMR_EL1", 0xf0);
    rig_destroy(r);
}
END_TEST

START_TEST(by_default_sre_is_always_on)
{
    struct rig *r = rig_create(rig_config());

    ck_assert_uint_eq(rig_get(r, 0, "ICC_SRE_EL1"), 7);
    rig_set(r, 0, "ICC_SRE_EL1", 0);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_SRE_EL1"), 7);
    rig_destroy(r);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("security");

    tcase_add_test(tc, line_depends_on_group_and_state_of_the_pe);
    tcase_add_test(tc, el3_learns_from_iar0_whose_group_1_interrupt_waits);
    tcase_add_test(tc, each_state_acknowledges_its_own_group_1);
    tcase_add_test(tc, el3_completes_either_group_1);
    tcase_add_test(tc, non_secure_software_cannot_end_a_secure_interrupt);
    tcase_add_test(tc, dir_at_el1_asks_imo_for_group_1);
    tcase_add_test(tc, non_secure_pmr_is_a_view_of_the_lower_half);
    tcase_add_test(tc, non_secure_rpr_hides_secure_priorities_and_stays_0xff_when_idle);
    tcase_add_test(tc, non_secure_priorities_are_shifted_and_secure_ones_hidden);
    tcase_add_test(tc, secure_interrupts_read_as_zero_to_non_secure_software);
    tcase_add_test(tc, nsacr_lends_a_secure_interrupt_step_by_step);
    tcase_add_test(tc, disabling_security_is_one_way_and_clears_the_secure_group_1_enable);
    tcase_add_test(tc, disabling_security_turns_secure_group_1_into_group_0);
    tcase_add_test(tc, icc_ctlr_el3_aliases_both_banks_both_ways);
    tcase_add_test(tc, igrpen1_el3_shows_both_banks);
    tcase_add_test(tc, sgis_reach_targets_by_group_security_and_nsacr);
    tcase_add_test(tc, traps_go_where_scr_and_hcr_say);
    tcase_add_test(tc, sre_writable_starts_off_and_each_level_lets_the_next_in);
    tcase_add_test(tc, by_default_sre_is_always_on);
    return suite_run_case("gic security", tc);
}
