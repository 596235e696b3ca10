/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Effects that take time (IHI 0069 11.1, 12.9.4, 12.11.3, 12.11.34): while RWP reads 1, what was
 * disabled is still delivered; GICR_SYNCR.Busy; GICR_WAKER.ChildrenAsleep; GICD_CTLR.E1NWF.
 */

#include "tests/unit/test_gic_rig.h"
#include "tests/guest_memory.h"

#define GICD_CTLR  0x0
#define GICR_CTLR  0x0
#define GICR_WAKER 0x14
#define RWP        (1u << 31)
#define GICR_RWP   (1u << 3)
#define E1NWF      (1u << 7)
#define PROP       0x1000u
#define PEND       0x10000u

static uint8_t memory[0x40000];
static unsigned accesses;

static int mem_read(void *opaque, uint64_t address, void *buffer, size_t size)
{
    (void)opaque;
    accesses++;
    return guest_memory_read(memory, sizeof(memory), address, buffer, size);
}

static int mem_write(void *opaque, uint64_t address, const void *buffer, size_t size)
{
    (void)opaque;
    accesses++;
    return guest_memory_write(memory, sizeof(memory), address, buffer, size);
}

static struct gic_config lpi_config(void)
{
    struct gic_config config = rig_config();

    memset(memory, 0, sizeof(memory));
    config.lpi_id_bits = 14;
    config.direct_lpi = true;
    config.memory_read = mem_read;
    config.memory_write = mem_write;
    return config;
}

static struct rig *lpi_rig(struct gic_config config)
{
    struct rig *r = rig_open(config);

    rig_redist_set(r, 0, true, 0x70, 8, PROP | 13);
    rig_redist_set(r, 0, true, 0x78, 8, PEND);
    rig_redist_set(r, 0, true, GICR_CTLR, 4, 1);
    return r;
}

/* SPI 40, level-sensitive, wire up. */
static struct rig *spi_rig(struct gic_config config)
{
    struct rig *r = rig_open(config);

    rig_ready(r, 0, 40, 0xa0);
    gic_set_spi(r->gic, 40, true);
    return r;
}

static bool irq(const struct rig *r)
{
    return r->lines[0][GIC_LINE_IRQ];
}

/* -- RWP of the distributor -- */

START_TEST(an_interrupt_disabled_is_delivered_until_rwp_reads_0)
{
    struct rig *r = spi_rig(rig_config());

    r->next_choice = 2;
    rig_bit(r, 0, ICENABLER, 40);
    ck_assert(!rig_bit_get(r, 0, ISENABLER, 40) && !rig_bit_get(r, 0, ICENABLER, 40));
    ck_assert(irq(r));
    ck_assert_uint_eq(rig_dist(r, true, GICD_CTLR, 4) & RWP, RWP);
    ck_assert(irq(r));
    ck_assert_uint_eq(rig_dist(r, true, GICD_CTLR, 4) & RWP, RWP);
    ck_assert(!irq(r));
    ck_assert_uint_eq(rig_dist(r, true, GICD_CTLR, 4) & RWP, 0);
    rig_destroy(r);
}
END_TEST

START_TEST(an_interrupt_enabled_again_before_rwp_reads_0_stays_enabled)
{
    struct rig *r = spi_rig(rig_config());

    r->next_choice = 1;
    rig_bit(r, 0, ICENABLER, 40);
    rig_bit(r, 0, ISENABLER, 40);
    ck_assert_uint_eq(rig_dist(r, true, GICD_CTLR, 4) & RWP, RWP);
    ck_assert_uint_eq(rig_dist(r, true, GICD_CTLR, 4) & RWP, 0);
    ck_assert(irq(r) && rig_bit_get(r, 0, ISENABLER, 40));
    rig_destroy(r);
}
END_TEST

START_TEST(a_group_disabled_is_delivered_until_rwp_reads_0)
{
    struct rig *r = spi_rig(rig_config());

    r->next_choice = 1;
    rig_dist_set(r, true, GICD_CTLR, 4, 1);
    ck_assert(irq(r));
    ck_assert_uint_eq(rig_dist(r, true, GICD_CTLR, 4) & 3, 1);
    ck_assert(!irq(r));
    rig_dist_set(r, true, GICD_CTLR, 4, 3); /* from 0 to 1 takes no time */
    ck_assert(irq(r));
    rig_destroy(r);
}
END_TEST

START_TEST(rwp_ends_by_acknowledges_for_those_who_never_read_it)
{
    struct rig *r = spi_rig(rig_config());

    r->next_choice = 2;
    rig_bit(r, 0, ICENABLER, 40);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR1_EL1"), 40);
    rig_set(r, 0, "ICC_EOIR1_EL1", 40);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR1_EL1"), 40);
    rig_set(r, 0, "ICC_EOIR1_EL1", 40);
    ck_assert(!irq(r));
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR1_EL1"), 1023);
    rig_destroy(r);
}
END_TEST

START_TEST(a_later_write_does_not_hasten_an_earlier_one)
{
    struct rig *r = spi_rig(rig_config());

    r->next_choice = 2;
    rig_bit(r, 0, ICENABLER, 40);
    r->next_choice = 0;
    rig_bit(r, 0, ICENABLER, 41);
    ck_assert(irq(r));
    rig_dist(r, true, GICD_CTLR, 4);
    rig_dist(r, true, GICD_CTLR, 4);
    ck_assert(!irq(r));
    rig_destroy(r);
}
END_TEST

/* -- RWP of a redistributor -- */

START_TEST(a_ppi_disabled_is_delivered_until_its_redistributors_rwp_reads_0)
{
    struct rig *r = rig_open(rig_config());

    rig_ready(r, 0, 27, 0xa0);
    gic_set_ppi(r->gic, 0, 27, true);
    r->next_choice = 1;
    rig_bit(r, 0, ICENABLER, 27);
    rig_dist(r, true, GICD_CTLR, 4);
    rig_redist(r, 1, true, GICR_CTLR, 4);
    ck_assert(irq(r));
    ck_assert_uint_eq(rig_redist(r, 0, true, GICR_CTLR, 4) & GICR_RWP, GICR_RWP);
    ck_assert(!irq(r));
    ck_assert_uint_eq(rig_redist(r, 0, true, GICR_CTLR, 4) & GICR_RWP, 0);
    rig_destroy(r);
}
END_TEST

START_TEST(lpis_disabled_are_delivered_until_rwp_reads_0_and_then_in_memory)
{
    memset(memory, 0, sizeof(memory));
    struct gic_config config = lpi_config();
    struct rig *r = lpi_rig(config);

    memory[PROP] = 0xa1;
    rig_redist_set(r, 0, true, 0x40, 8, 8192);
    rig_redist_set(r, 0, true, SGI_BASE + IGROUPR, 4, 0);
    ck_assert(irq(r));
    r->next_choice = 1;
    rig_redist_set(r, 0, true, GICR_CTLR, 4, 0);
    ck_assert(irq(r));
    ck_assert_uint_eq(memory[PEND + 1024], 0);
    ck_assert_uint_eq(rig_redist(r, 0, true, GICR_CTLR, 4) & (GICR_RWP | 1), GICR_RWP);
    ck_assert(!irq(r));
    ck_assert_uint_eq(memory[PEND + 1024], 1);
    rig_destroy(r);
}
END_TEST

START_TEST(tables_stay_frozen_until_rwp_reads_0)
{
    struct rig *r = lpi_rig(lpi_config());

    r->next_choice = 1;
    rig_redist_set(r, 0, true, GICR_CTLR, 4, 0);
    rig_redist_set(r, 0, true, 0x78, 8, 2 * PEND);
    ck_assert_uint_eq(rig_redist(r, 0, true, 0x78, 8), PEND);
    rig_redist(r, 0, true, GICR_CTLR, 4);
    rig_redist_set(r, 0, true, 0x78, 8, 2 * PEND);
    ck_assert_uint_eq(rig_redist(r, 0, true, 0x78, 8), 2 * PEND);
    rig_destroy(r);
}
END_TEST

START_TEST(without_ces_lpis_stay_enabled)
{
    struct gic_config config = lpi_config();
    config.lpis_stay_enabled = true;
    struct rig *r = lpi_rig(config);

    ck_assert_uint_eq(rig_redist(r, 0, true, GICR_CTLR, 4) & 3, 1);
    rig_redist_set(r, 0, true, GICR_CTLR, 4, 0);
    ck_assert_uint_eq(rig_redist(r, 0, true, GICR_CTLR, 4) & 1, 1);
    rig_destroy(r);
    r = lpi_rig(lpi_config());
    ck_assert_uint_eq(rig_redist(r, 0, true, GICR_CTLR, 4) & 3, 3);
    rig_destroy(r);
}
END_TEST

/* -- The pending table's first KiB: lpi.c -- */

START_TEST(enabling_lpis_again_reads_what_was_pending_and_no_more)
{
    struct gic_config config = lpi_config();
    config.lpi_id_bits = 20; /* 254 chunks of 4096 LPIs */
    struct rig *r = rig_open(config);

    rig_redist_set(r, 0, true, 0x70, 8, PROP | 19);
    rig_redist_set(r, 0, true, 0x78, 8, PEND);
    rig_redist_set(r, 0, true, GICR_CTLR, 4, 1);
    rig_redist_set(r, 0, true, 0x40, 8, 20000);
    accesses = 0;
    rig_redist_set(r, 0, true, GICR_CTLR, 4, 0);
    ck_assert_uint_eq(memory[PEND + 20000 / 8], 1);
    rig_redist_set(r, 0, true, GICR_CTLR, 4, 1);
    ck_assert_uint_le(accesses, 10);
    rig_redist_set(r, 0, true, 0x48, 8, 20000);
    rig_redist_set(r, 0, true, GICR_CTLR, 4, 0);
    ck_assert_uint_eq(memory[PEND + 20000 / 8], 0);
    rig_destroy(r);
}
END_TEST

START_TEST(a_pending_table_of_another_gic_is_read_whole)
{
    struct rig *r = lpi_rig(lpi_config());

    memory[PROP + 100] = 0xa1;
    rig_redist_set(r, 0, true, GICR_CTLR, 4, 0);
    memset(memory + PEND, 0, 1024); /* no coarse map that this GIC made */
    memory[PEND + (8192 + 100) / 8] = 1 << 100 % 8;
    rig_redist_set(r, 0, true, GICR_CTLR, 4, 1);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR1_EL1"), 8192 + 100);
    rig_destroy(r);
}
END_TEST

/* As kvm-unit-tests does: bits by hand, then the register without PTZ. */
START_TEST(a_pending_table_that_software_gives_anew_is_read_whole)
{
    struct rig *r = lpi_rig(lpi_config());

    memory[PROP + 100] = 0xa1;
    rig_redist_set(r, 0, true, GICR_CTLR, 4, 0);
    memory[PEND + (8192 + 100) / 8] = 1 << 100 % 8;
    rig_redist_set(r, 0, true, 0x78, 8, PEND);
    rig_redist_set(r, 0, true, GICR_CTLR, 4, 1);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR1_EL1"), 8192 + 100);
    rig_destroy(r);
}
END_TEST

/* The first KiB of the smaller table says nothing of the larger one. */
START_TEST(a_pending_table_that_propbaser_made_larger_is_read_whole)
{
    struct gic_config config = lpi_config();

    config.lpi_id_bits = 15;
    struct rig *r = lpi_rig(config);
    memory[PROP + 20000 - 8192] = 0xa1;
    rig_redist_set(r, 0, true, GICR_CTLR, 4, 0);
    memory[PEND + 20000 / 8] = 1 << 20000 % 8;
    rig_redist_set(r, 0, true, 0x70, 8, PROP | 14);
    rig_redist_set(r, 0, true, GICR_CTLR, 4, 1);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR1_EL1"), 20000);
    rig_destroy(r);
}
END_TEST

START_TEST(there_is_no_coarse_map_while_lpis_are_enabled)
{
    static const uint8_t zeroes[8];
    struct rig *r = lpi_rig(lpi_config());

    rig_redist_set(r, 0, true, GICR_CTLR, 4, 0);
    ck_assert_mem_ne(memory + PEND, zeroes, sizeof(zeroes));
    rig_redist_set(r, 0, true, GICR_CTLR, 4, 1);
    ck_assert_mem_eq(memory + PEND, zeroes, sizeof(zeroes));
    rig_destroy(r);
}
END_TEST

START_TEST(dpg_takes_effect_when_rwp_reads_0)
{
    struct gic_config config = rig_config();
    config.has_one_of_n = true;
    struct rig *r = rig_open(config);

    r->next_choice = 1;
    rig_redist_set(r, 0, true, GICR_CTLR, 4, 1u << 25);
    ck_assert_uint_eq(rig_redist(r, 1, true, GICR_CTLR, 4) >> 25 & 1, 0);
    r->next_choice = 0;
    rig_ready(r, 0, 40, 0xa0);
    rig_dist_set(r, true, IROUTER + 40 * 8, 8, 1ull << 31);
    gic_set_spi(r->gic, 40, true);
    ck_assert(irq(r));
    ck_assert_uint_eq(rig_redist(r, 0, true, GICR_CTLR, 4) >> 25 & 1, 1);
    ck_assert(!irq(r) && r->lines[1][GIC_LINE_IRQ]);
    rig_destroy(r);
}
END_TEST

START_TEST(what_lags_survives_save_and_restore)
{
    struct rig *r = spi_rig(rig_config());

    r->next_choice = 2;
    rig_bit(r, 0, ICENABLER, 40);
    gic_after_restore(r->gic);
    ck_assert(irq(r) && !rig_bit_get(r, 0, ISENABLER, 40));
    rig_dist(r, true, GICD_CTLR, 4);
    rig_dist(r, true, GICD_CTLR, 4);
    ck_assert(!irq(r));
    rig_destroy(r);
}
END_TEST

/* -- GICR_SYNCR -- */

START_TEST(an_invalidation_counts_when_syncr_is_no_longer_busy)
{
    struct rig *r = lpi_rig(lpi_config());

    memory[PROP] = 0xa0;
    rig_redist_set(r, 0, true, 0x40, 8, 8192);
    ck_assert(!irq(r));
    memory[PROP] = 0xa1;
    r->next_choice = 2;
    rig_redist_set(r, 0, true, 0xa0, 8, 8192);
    ck_assert(!irq(r));
    ck_assert_uint_eq(rig_redist(r, 0, true, 0xc0, 4), 1);
    ck_assert(!irq(r));
    ck_assert_uint_eq(rig_redist(r, 0, true, 0xc0, 4), 1);
    ck_assert_uint_eq(rig_redist(r, 0, true, 0xc0, 4), 0);
    ck_assert(irq(r));
    rig_destroy(r);
}
END_TEST

START_TEST(invalidations_that_overlap_all_count)
{
    struct rig *r = lpi_rig(lpi_config());

    memory[PROP] = memory[PROP + 1] = 0xa0;
    rig_redist_set(r, 0, true, 0x40, 8, 8192);
    rig_redist_set(r, 0, true, 0x40, 8, 8193);
    memory[PROP] = memory[PROP + 1] = 0xa1;
    r->next_choice = 1;
    rig_redist_set(r, 0, true, 0xa0, 8, 8192);
    rig_redist_set(r, 0, true, 0xa0, 8, 8193);
    ck_assert_uint_eq(rig_redist(r, 0, true, 0xc0, 4), 1);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR1_EL1"), 8192);
    rig_set(r, 0, "ICC_EOIR1_EL1", 8192);
    ck_assert_uint_eq(rig_get(r, 0, "ICC_IAR1_EL1"), 8193);
    rig_destroy(r);
}
END_TEST

/* -- GICR_WAKER -- */

static struct gic_config sleepy_config(void)
{
    struct gic_config config = rig_config();

    config.waker_gates = true;
    config.has_one_of_n = true;
    return config;
}

START_TEST(interrupts_are_held_back_from_when_children_are_asleep_until_they_are_not)
{
    struct rig *r = spi_rig(sleepy_config());

    r->next_choice = 1;
    rig_redist_set(r, 0, true, GICR_WAKER, 4, 2);
    ck_assert(irq(r) && !r->lines[0][GIC_LINE_WAKE]);
    for (unsigned i = 0; i < 10; i++) /* who looks from outside does not read */
        ck_assert(gic_asleep(r->gic, 0));
    ck_assert_uint_eq(rig_redist(r, 0, true, GICR_WAKER, 4), 2);
    ck_assert(!irq(r) && r->lines[0][GIC_LINE_WAKE]);
    ck_assert_uint_eq(rig_redist(r, 0, true, GICR_WAKER, 4), 6);
    rig_redist_set(r, 0, true, GICR_WAKER, 4, 0);
    ck_assert(!irq(r) && !r->lines[0][GIC_LINE_WAKE]);
    for (unsigned i = 0; i < 10; i++)
        ck_assert(!gic_asleep(r->gic, 0));
    ck_assert_uint_eq(rig_redist(r, 0, true, GICR_WAKER, 4), 4);
    ck_assert(irq(r));
    ck_assert_uint_eq(rig_redist(r, 0, true, GICR_WAKER, 4), 0);
    rig_destroy(r);
}
END_TEST

/* -- GICD_CTLR.E1NWF -- */

/* SPI 40 for anybody; all but vCPU 2 with DPG1NS, and vCPU 2 asleep. */
static struct rig *only_a_sleeper(void)
{
    struct rig *r = rig_open(sleepy_config());

    for (unsigned i = 0; i < RIG_VCPUS; i++)
        rig_redist_set(r, i, true, GICR_CTLR, 4, i == 2 ? 0 : 1u << 25);
    rig_set(r, 2, "ICC_IGRPEN1_EL1", 0); /* as software does before it sleeps */
    rig_redist_set(r, 2, true, GICR_WAKER, 4, 2);
    rig_ready(r, 0, 40, 0xa0);
    rig_dist_set(r, true, IROUTER + 40 * 8, 8, 1ull << 31);
    return r;
}

START_TEST(without_e1nwf_a_one_of_n_interrupt_wakes_nobody)
{
    struct rig *r = only_a_sleeper();

    gic_set_spi(r->gic, 40, true);
    ck_assert(!r->lines[2][GIC_LINE_WAKE]);
    rig_dist_set(r, true, GICD_CTLR, 4, 3 | E1NWF);
    ck_assert(r->lines[2][GIC_LINE_WAKE]);
    rig_dist_set(r, true, GICD_CTLR, 4, 3);
    ck_assert(!r->lines[2][GIC_LINE_WAKE]);
    rig_destroy(r);
}
END_TEST

START_TEST(with_e1nwf_a_sleeper_is_woken_and_takes_it)
{
    struct rig *r = only_a_sleeper();

    rig_dist_set(r, true, GICD_CTLR, 4, 3 | E1NWF);
    ck_assert_uint_eq(rig_dist(r, true, GICD_CTLR, 4) & E1NWF, E1NWF);
    gic_set_spi(r->gic, 40, true);
    ck_assert(r->lines[2][GIC_LINE_WAKE]);
    rig_redist_set(r, 2, true, GICR_WAKER, 4, 0);
    rig_set(r, 2, "ICC_IGRPEN1_EL1", 1);
    ck_assert(!r->lines[2][GIC_LINE_WAKE] && r->lines[2][GIC_LINE_IRQ]);
    ck_assert_uint_eq(rig_get(r, 2, "ICC_IAR1_EL1"), 40);
    rig_destroy(r);
}
END_TEST

START_TEST(those_awake_come_before_sleepers_unless_the_chooser_says_so)
{
    struct rig *r = only_a_sleeper();

    rig_redist_set(r, 3, true, GICR_CTLR, 4, 0);
    rig_dist_set(r, true, GICD_CTLR, 4, 3 | E1NWF);
    gic_set_spi(r->gic, 40, true);
    ck_assert(r->lines[3][GIC_LINE_IRQ] && !r->lines[2][GIC_LINE_WAKE]);
    gic_set_spi(r->gic, 40, false);
    r->next_choice = 1;
    gic_set_spi(r->gic, 40, true);
    ck_assert(!r->lines[3][GIC_LINE_IRQ] && r->lines[2][GIC_LINE_WAKE]);
    rig_destroy(r);
}
END_TEST

START_TEST(without_one_of_n_e1nwf_is_res0)
{
    struct rig *r = rig_open(rig_config());

    rig_dist_set(r, true, GICD_CTLR, 4, 3 | E1NWF);
    ck_assert_uint_eq(rig_dist(r, true, GICD_CTLR, 4) & E1NWF, 0);
    rig_destroy(r);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("time");

    tcase_add_test(tc, an_interrupt_disabled_is_delivered_until_rwp_reads_0);
    tcase_add_test(tc, an_interrupt_enabled_again_before_rwp_reads_0_stays_enabled);
    tcase_add_test(tc, a_group_disabled_is_delivered_until_rwp_reads_0);
    tcase_add_test(tc, rwp_ends_by_acknowledges_for_those_who_never_read_it);
    tcase_add_test(tc, a_later_write_does_not_hasten_an_earlier_one);
    tcase_add_test(tc, a_ppi_disabled_is_delivered_until_its_redistributors_rwp_reads_0);
    tcase_add_test(tc, lpis_disabled_are_delivered_until_rwp_reads_0_and_then_in_memory);
    tcase_add_test(tc, tables_stay_frozen_until_rwp_reads_0);
    tcase_add_test(tc, without_ces_lpis_stay_enabled);
    tcase_add_test(tc, enabling_lpis_again_reads_what_was_pending_and_no_more);
    tcase_add_test(tc, a_pending_table_of_another_gic_is_read_whole);
    tcase_add_test(tc, a_pending_table_that_software_gives_anew_is_read_whole);
    tcase_add_test(tc, a_pending_table_that_propbaser_made_larger_is_read_whole);
    tcase_add_test(tc, there_is_no_coarse_map_while_lpis_are_enabled);
    tcase_add_test(tc, dpg_takes_effect_when_rwp_reads_0);
    tcase_add_test(tc, what_lags_survives_save_and_restore);
    tcase_add_test(tc, an_invalidation_counts_when_syncr_is_no_longer_busy);
    tcase_add_test(tc, invalidations_that_overlap_all_count);
    tcase_add_test(tc, interrupts_are_held_back_from_when_children_are_asleep_until_they_are_not);
    tcase_add_test(tc, without_e1nwf_a_one_of_n_interrupt_wakes_nobody);
    tcase_add_test(tc, with_e1nwf_a_sleeper_is_woken_and_takes_it);
    tcase_add_test(tc, those_awake_come_before_sleepers_unless_the_chooser_says_so);
    tcase_add_test(tc, without_one_of_n_e1nwf_is_res0);
    return suite_run_case("gic time", tc);
}
