/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Message-based SPIs: GICD_SETSPI_NSR and GICD_CLRSPI_NSR (IHI 0069 12.9.2, 12.9.35).
 */
#include "tests/guest/gic_views.h"

static void message(u32 offset, u32 intid)
{
    mmio_write32(BOARD_GICD + offset, intid);
    dsb(sy);
}

static void test_edge(void)
{
    gic_setup(SPI, PRIO_DEFAULT, true);
    message(GICD_SETSPI_NSR, SPI);
    check(gic_state(SPI) == PENDING && irq_is_signalled(), "GICD_SETSPI_NSR makes an SPI pending");
    check_equal(gic_ack(), SPI, "it is acknowledged");
    check_equal(gic_state(SPI), ACTIVE, "edge-triggered: it is then active only");
    message(GICD_SETSPI_NSR, SPI);
    check_equal(gic_state(SPI), ACTIVE_PENDING, "a message while active pends it again");
    gic_eoi(SPI);
    check_equal(gic_ack(), SPI, "... and it is taken again");
    gic_eoi(SPI);
    message(GICD_SETSPI_NSR, SPI);
    message(GICD_CLRSPI_NSR, SPI);
    check_equal(gic_state(SPI), INACTIVE, "GICD_CLRSPI_NSR takes the pending state away");
    check(!irq_is_signalled(), "... and the signal");
}

static void test_level(void)
{
    gic_forget(SPI);
    gic_setup(SPI, PRIO_DEFAULT, false);
    message(GICD_SETSPI_NSR, SPI);
    check_equal(gic_state(SPI), PENDING, "level-sensitive: GICD_SETSPI_NSR pends too");
    message(GICD_CLRSPI_NSR, SPI);
    check_equal(gic_state(SPI), INACTIVE, "level-sensitive: GICD_CLRSPI_NSR clears");
    gic_forget(SPI);
}

static void test_bounds(void)
{
    static const u32 wrong[] = {0, SGI, PPI, 31, 1019, 1020, 1023, 1024, 0x1fff, 0xffffffff};
    for (unsigned i = 0; i < ARRAY_SIZE(wrong); i++)
        message(GICD_SETSPI_NSR, wrong[i]);
    check(!irq_is_signalled() && !gic_is_pending(SGI) && !gic_is_pending(PPI),
          "messages for INTIDs that are no SPI are ignored");
    u32 last = 32 + gic_nr_spis() - 1;
    gic_setup(last, PRIO_DEFAULT, true);
    message(GICD_SETSPI_NSR, last);
    check_equal(gic_ack(), last, "the last SPI takes messages");
    gic_eoi(last);
    gic_forget(last);
}

static void test_disabled_and_routed(void)
{
    gic_forget(SPI);
    message(GICD_SETSPI_NSR, SPI);
    check(gic_is_pending(SPI) && !irq_is_signalled(), "a message for a disabled SPI is kept");
    gic_route(SPI, cpus[1].affinity);
    gic_enable(SPI);
    check_equal(who_has(SPI), 1, "enabled, it goes where GICD_IROUTER says");
    message(GICD_CLRSPI_NSR, SPI);
    check_equal(who_has(SPI), NOBODY, "... and is withdrawn from there");
    gic_forget(SPI);
}

int main(void)
{
    smp_start(2);
    check(mmio_read32(BOARD_GICD + GICD_TYPER) & BIT(16), "GICD_TYPER.MBIS is 1");
    check_equal(mmio_read32(BOARD_GICD + GICD_SETSPI_NSR), 0, "GICD_SETSPI_NSR is write-only");
    test_edge();
    test_level();
    test_bounds();
    test_disabled_and_routed();
    return test_result();
}
