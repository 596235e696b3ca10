/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Extended PPIs and SPIs (IHI 0069 2.2, GICD_TYPER.ESPI, GICR_TYPER.PPInum): which there are, their
 * registers, routes and priorities among the others. Runs with espis=64,eppis=64; their life is
 * gic_pending.c's.
 */
#include "tests/guest/gic_views.h"

#define ESPI      (INTID_ESPI + 40)
#define ESPI_LAST (INTID_ESPI + 63)
#define EPPI      (INTID_EPPI + 5)
#define EPPI_LAST (INTID_EPPI + 63)

static void test_identification(void)
{
    u32 typer = mmio_read32(BOARD_GICD + GICD_TYPER);
    check(typer & BIT(8), "GICD_TYPER.ESPI is 1");
    check_equal(typer >> 27, 1, "GICD_TYPER.ESPI_range says 64");
    check((typer >> 19 & 31) >= 12, "GICD_TYPER.IDbits has room for INTID 5119");
    check_equal(mmio_read64(this_cpu()->gicr + GICR_TYPER) >> 27 & 31, 2,
                "GICR_TYPER.PPInum says 64 more PPIs");
    check(read_sysreg(ICC_CTLR_EL1) & BIT(19), "ICC_CTLR_EL1.ExtRange is 1");
}

static bool works(u32 intid)
{
    gic_forget(intid);
    gic_enable(intid);
    gic_set_pending(intid);
    bool ok = gic_ack() == intid && gic_state(intid) == ACTIVE;
    gic_eoi(intid);
    ok &= gic_state(intid) == INACTIVE;
    gic_forget(intid);
    return ok;
}

static void test_bounds(void)
{
    check(works(INTID_EPPI) && works(EPPI_LAST), "the first and last extended PPI work");
    check(works(INTID_ESPI) && works(ESPI_LAST), "the first and last extended SPI work");
    gic_enable(ESPI_LAST + 1);
    gic_set_pending(ESPI_LAST + 1);
    check(!gic_is_enabled(ESPI_LAST + 1) && !irq_is_signalled(), "one beyond is RES0");
}

static void test_private(void)
{
    gic_forget(EPPI);
    gic_enable(EPPI);
    gic_set_pending(EPPI);
    check_equal(who_has(EPPI), 0, "an extended PPI is this vCPU's alone");
    mmio_write32(cpus[1].gicr + GICR_SGI + GICD_IGROUPR + 4, ~0u);
    mmio_write32(cpus[1].gicr + GICR_SGI + GICD_ISENABLER + 4, BIT(6));
    mmio_write32(cpus[1].gicr + GICR_SGI + GICD_ISPENDR + 4, BIT(6));
    check_equal(who_has(EPPI + 1), 1, "so is another vCPU's");
    mmio_write32(cpus[1].gicr + GICR_SGI + GICD_ICPENDR + 4, BIT(6));
    gic_forget(EPPI);
}

static void test_routes(void)
{
    gic_forget(ESPI);
    gic_enable(ESPI);
    gic_route(ESPI, cpus[1].affinity);
    gic_set_pending(ESPI);
    check_equal(who_has(ESPI), 1, "GICD_IROUTER<n>E routes an extended SPI");
    gic_route(ESPI, cpus[0].affinity);
    check_equal(who_has(ESPI), 0, "... and moves it while pending");
    gic_forget(ESPI);
}

static void test_priorities(void)
{
    static const u32 ids[] = {SPI, ESPI, EPPI, SGI};
    static const u8 priorities[] = {0x90, 0x40, 0x60, 0xc0};
    static const u32 order[] = {ESPI, EPPI, SPI, SGI};
    bool ok = true;
    for (unsigned i = 0; i < ARRAY_SIZE(ids); i++) {
        gic_forget(ids[i]);
        gic_set_priority(ids[i], priorities[i]);
        gic_enable(ids[i]);
        gic_set_pending(ids[i]);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(order); i++) {
        u32 id = gic_ack();
        ok &= id == order[i];
        gic_eoi(id);
    }
    check(ok, "they are acknowledged by priority among the others");
    for (unsigned i = 0; i < ARRAY_SIZE(ids); i++)
        gic_forget(ids[i]);
}

static void test_split(u32 intid, const char *what)
{
    gic_forget(intid);
    gic_enable(intid);
    gic_set_eoimode(true);
    gic_set_pending(intid);
    gic_eoi(gic_ack());
    bool still = gic_state(intid) == ACTIVE;
    gic_dir(intid);
    check(still && gic_state(intid) == INACTIVE, "EOImode 1: DIR deactivates an extended %s", what);
    gic_set_eoimode(false);
    gic_forget(intid);
}

static void test_icfgr(void)
{
    gic_set_edge(ESPI, true);
    gic_set_edge(ESPI + 1, false);
    u32 reg = mmio_read32(gic_reg(GICD_ICFGR, ESPI, 2));
    check_equal(reg >> ESPI % 16 * 2 & 15, 2, "GICD_ICFGR<n>E has a field for each");
    gic_set_group(ESPI, 0);
    gic_set_pending(ESPI);
    gic_enable(ESPI);
    check(hppir1() == INTID_SPURIOUS && !irq_is_signalled(), "GICD_IGROUPR<n>E counts");
    gic_forget(ESPI);
}

int main(void)
{
    smp_start(2);
    test_identification();
    test_bounds();
    test_private();
    test_routes();
    test_priorities();
    test_split(ESPI, "SPI");
    test_split(EPPI, "PPI");
    test_icfgr();
    return test_result();
}
