/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The end of an LPI deactivates nothing: LPIs have no active state (IHI 0069 4.1.2, ICC_EOIR1_EL1),
 * so that no state of an SPI may change. qemu 7.2 clears a bit beyond its array of active bits:
 * with LPI 13280 that is bit 0 of GICD_IROUTER32.
 */
#include "tests/guest/lpi_poll.h"

#define FIRST 13280u
#define COUNT 64u
#define ROUTE 0xff00ffffffull /* every bit of GICD_IROUTER that can be set but IRM */

static u32 words(u32 from, u32 to)
{
    u32 sum = 0;
    for (u32 offset = from; offset < to; offset += 4)
        sum = sum * 31 + mmio_read32(BOARD_GICD + offset);
    return sum;
}

static bool routes_are(u64 want)
{
    bool ok = true;
    for (u32 intid = 32; intid < 32 + gic_nr_spis(); intid++)
        ok &= mmio_read64(BOARD_GICD + GICD_IROUTER + 8 * intid) == want;
    return ok;
}

static bool end_each(void)
{
    bool ok = true;
    for (u32 i = 0; i < COUNT; i++) {
        its_int(DEVICE + 1, i);
        ok &= gic_ack() == FIRST + i;
        gic_eoi(FIRST + i);
    }
    return ok;
}

int main(void)
{
    if (!lpi_start(0))
        return test_result();
    its_mapd(DEVICE + 1, 6);
    for (u32 i = 0; i < COUNT; i++) {
        lpi_configure(FIRST + i, PRIO_DEFAULT, true);
        its_mapti(DEVICE + 1, i, FIRST + i, 0);
    }
    its_invall(0);
    its_sync(0);
    for (u32 intid = 32; intid < 32 + gic_nr_spis(); intid++)
        gic_route(intid, ROUTE);
    mmio_write32(BOARD_GICD + GICD_ISACTIVER + 8, ~0u);
    check(routes_are(ROUTE), "GICD_IROUTER keeps any affinity");
    u32 before = words(GICD_IGROUPR, GICD_NSACR);
    check(end_each(), "%u LPIs are acknowledged and ended", COUNT);
    check(routes_are(ROUTE), "EOIR1 of an LPI leaves GICD_IROUTER alone");
    check_equal(words(GICD_IGROUPR, GICD_NSACR), before,
                "EOIR1 of an LPI leaves the other registers of SPIs alone");
    mmio_write32(BOARD_GICD + GICD_ICACTIVER + 8, ~0u);
    return test_result();
}
