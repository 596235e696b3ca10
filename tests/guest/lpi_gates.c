/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What stands between a pending LPI and the PE: EnableLPIs, group enables, its configuration byte,
 * masks (IHI 0069 5.1, GICR_CTLR, GICR_PROPBASER).
 */
#include "tests/guest/lpi_poll.h"

static u32 gicr_ctlr(void)
{
    return mmio_read32(this_cpu()->gicr + GICR_CTLR);
}

/* Before LPIs are enabled: the tables are there, event 0 is mapped. */
static void test_enable_lpis(void)
{
    lpi_send(0);
    check(nothing_pends(), "EnableLPIs 0: a message is not signalled");
    lpi_pending_table(0)[(LPI + 1) / 8] |= 1 << (LPI + 1) % 8;
    lpi_cpu_enable(true);
    check(gicr_ctlr() & GICR_CTLR_ENABLE_LPIS, "GICR_CTLR.EnableLPIs can be set");
    check_equal(hppir1(), LPI + 1, "EnableLPIs 1: what the pending table says is pending");
    check_equal(gic_ack(), LPI + 1, "... and is acknowledged");
    gic_eoi(LPI + 1);
    check(nothing_pends(), "the message that came before EnableLPIs was dropped");
    lpi_send(0);
    check_equal(gic_ack(), LPI, "one that comes after is not");
    gic_eoi(LPI);
}

static void test_disable_lpis(void)
{
    if (!(gicr_ctlr() & GICR_CTLR_CES)) {
        printf("INFO: GICR_CTLR.CES is 0: EnableLPIs cannot be cleared\n");
        return;
    }
    lpi_send(0);
    lpi_cpu_enable(false);
    check(nothing_pends(), "EnableLPIs cleared: a pending LPI is withdrawn");
    check(lpi_pending_table(0)[LPI / 8] & 1 << LPI % 8, "... and kept in the pending table");
    lpi_cpu_enable(true);
    check_equal(hppir1(), LPI, "EnableLPIs set again: it is pending again");
    gic_eoi(gic_ack());
}

static void test_group_enables(void)
{
    lpi_send(0);
    mmio_write32(BOARD_GICD + GICD_CTLR, GICD_CTLR_ARE);
    gic_wait_rwp();
    check(!irq_is_signalled(), "GICD_CTLR.EnableGrp1 0: an LPI is not signalled");
    check_equal(hppir1(), INTID_SPURIOUS, "... nor is it in HPPIR1");
    mmio_write32(BOARD_GICD + GICD_CTLR, GICD_CTLR_ARE | GICD_CTLR_GRP1);
    gic_wait_rwp();
    check(irq_is_signalled(), "GICD_CTLR.EnableGrp1 1: it is");
    write_sysreg(0, ICC_IGRPEN1_EL1);
    check(nothing_pends(), "ICC_IGRPEN1_EL1 0: an LPI is not signalled");
    write_sysreg(1, ICC_IGRPEN1_EL1);
    check(irq_is_signalled(), "ICC_IGRPEN1_EL1 1: it is");
    check_equal(read_sysreg(ICC_IAR0_EL1), INTID_SPURIOUS, "IAR0 does not return it: Group 1");
    gic_eoi(gic_ack());
}

static void test_masks(void)
{
    lpi_send(0);
    set_pmr(PRIO_DEFAULT);
    check(!irq_is_signalled(), "a PMR equal to its priority masks an LPI");
    check_equal(hppir1(), LPI, "... and HPPIR1 returns it all the same");
    check_equal(gic_ack(), INTID_SPURIOUS, "... and IAR1 does not");
    set_pmr(0xff);
    check_equal(gic_ack(), LPI, "a PMR above it lets it through");
    gic_eoi(LPI);
}

static void test_configuration(void)
{
    lpi_set(0, PRIO_DEFAULT, false);
    lpi_send(0);
    check(nothing_pends(), "an LPI that is not enabled is not signalled");
    lpi_set(0, PRIO_DEFAULT, true);
    check(irq_is_signalled() && hppir1() == LPI, "enabled, after INV, it is: it was kept pending");
    lpi_set(0, PRIO_DEFAULT, false);
    check(nothing_pends(), "disabled, after INV, it is withdrawn");
    lpi_set(0, PRIO_DEFAULT, true);
    lpi_send(1);
    check_equal(hppir1(), LPI, "two of one priority: one is the highest pending");
    lpi_set(1, 0x40, true);
    check_equal(hppir1(), LPI + 1, "a better priority counts after INV");
    lpi_configure(LPI, 0x20, true);
    lpi_configure(LPI + 1, 0x80, true);
    its_invall(0);
    its_sync(0);
    check_equal(gic_ack(), LPI, "INVALL takes in all changes: the other is the more urgent now");
    check_equal(rpr(), 0x20, "... with its new priority");
    gic_eoi(LPI);
    check_equal(gic_ack(), LPI + 1, "... then this one");
    check_equal(rpr(), 0x80, "... with its new priority");
    gic_eoi(LPI + 1);
    lpi_map(2);
}

static void test_order(void)
{
    static const u8 priorities[] = {0x90, 0x30, 0x60, 0xc0};
    static const u32 order[] = {1, 2, 0, 3};
    bool ok = true;
    for (u32 i = 0; i < 4; i++)
        lpi_set(i, priorities[i], true);
    for (u32 i = 0; i < 4; i++)
        lpi_send(i);
    for (u32 i = 0; i < 4; i++) {
        u32 id = gic_ack();
        ok &= id == LPI + order[i];
        gic_eoi(id);
    }
    check(ok && nothing_pends(), "LPIs are acknowledged by priority");
    lpi_map(4);
}

static void test_registers(void)
{
    u64 gicr = this_cpu()->gicr;
    u64 prop = mmio_read64(gicr + GICR_PROPBASER);
    check_equal(prop & 31, LPI_ID_BITS - 1, "GICR_PROPBASER keeps IDbits");
    check_equal(mmio_read32(gicr + GICR_PROPBASER), prop & 0xffffffff,
                "GICR_PROPBASER reads by 32-bit halves");
    check_equal(mmio_read64(gicr + GICR_PENDBASER) & 0xfffffffff0000ull, (u64)lpi_pending_table(0),
                "GICR_PENDBASER keeps the address");
    check(!(mmio_read64(gicr + GICR_PENDBASER) & GICR_PENDBASER_PTZ),
          "GICR_PENDBASER.PTZ is write-only");
    check(mmio_read64(gicr + GICR_TYPER) & 1, "GICR_TYPER.PLPIS is 1");
}

/* 14 bits in GICR_PROPBASER: INTIDs from 16384 on have no configuration. */
static void test_beyond_table(void)
{
    its_mapti(DEVICE, 8, LPI_END, 0);
    its_mapti(DEVICE, 9, LPI_END - 1, 0);
    lpi_configure(LPI_END - 1, PRIO_DEFAULT, true);
    its_inv(DEVICE, 9);
    lpi_send(8);
    check(nothing_pends(), "an LPI beyond GICR_PROPBASER.IDbits is not signalled");
    lpi_send(9);
    check_equal(gic_ack(), LPI_END - 1, "the last one within is");
    gic_eoi(LPI_END - 1);
}

int main(void)
{
    if (!check(its_present(), "there is an ITS"))
        return test_result();
    its_init();
    lpi_cpu_tables();
    its_mapc(0, 0);
    its_mapd(DEVICE, 5);
    lpi_map(4);
    test_enable_lpis();
    test_disable_lpis();
    test_group_enables();
    test_masks();
    test_configuration();
    test_order();
    test_registers();
    test_beyond_table();
    return test_result();
}
