/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GICD_NSACR<n> and GICR_NSACR: what Non-secure software may do to a Secure interrupt
 * (IHI 0069 12.9.29), and who may see GICR_WAKER.
 */
#include "tests/guest/el3_guest.h"

BOOT_EL(3);

#define FAR_SPI 100 /* field 4 of GICD_NSACR6 */

static u64 nsacr(u32 intid)
{
    return BOARD_GICD + GICD_NSACR + intid / 16 * 4;
}

static void allow(u32 intid, u32 what)
{
    mmio_write32(nsacr(intid), what << intid % 16 * 2);
    dsb(sy);
}

static void test_fields(void)
{
    bool ok = true;
    for (u32 intid = 32; intid < 32 + 96; intid += 16)
        mmio_write32(nsacr(intid), 0xe4e4e4e4 + intid);
    for (u32 intid = 32; intid < 32 + 96; intid += 16)
        ok &= mmio_read32(nsacr(intid)) == 0xe4e4e4e4 + intid;
    check(ok, "each GICD_NSACR<n> keeps its own 16 fields");
    check_equal(ns_read32(nsacr(32)), 0, "Non-secure reads of GICD_NSACR are 0");
    ns_write32(nsacr(32), ~0u);
    check_equal(mmio_read32(nsacr(32)), 0xe4e4e4e4 + 32, "... and writes are ignored");
    for (u32 intid = 32; intid < 32 + 96; intid += 16)
        mmio_write32(nsacr(intid), 0);
}

static void test_pending(u32 intid)
{
    u32 bit = BIT(intid % 32);
    fresh(intid, G0, 0x40);
    gic_disable(intid);
    allow(intid, 0);
    ns_write32(gic_reg(GICD_ISPENDR, intid, 1), bit);
    check(!gic_is_pending(intid), "SPI %u, NSACR 0: Non-secure cannot pend a Group 0 interrupt",
          intid);
    allow(intid, 1);
    ns_write32(gic_reg(GICD_ISPENDR, intid, 1), bit);
    check(gic_is_pending(intid), "SPI %u, NSACR 1: it can", intid);
    ns_write32(gic_reg(GICD_ICPENDR, intid, 1), bit);
    check(gic_is_pending(intid), "SPI %u, NSACR 1: it cannot clear it", intid);
    allow(intid, 2);
    ns_write32(gic_reg(GICD_ICPENDR, intid, 1), bit);
    check(!gic_is_pending(intid), "SPI %u, NSACR 2: it can", intid);
    ns_write32(gic_reg(GICD_ISENABLER, intid, 1), bit);
    check(!gic_is_enabled(intid), "SPI %u, NSACR 2: it cannot enable it", intid);
    allow(intid, 0);
    gic_clear_pending(intid);
}

static void test_route(void)
{
    u64 router = BOARD_GICD + GICD_IROUTER + 8 * FAR_SPI;
    fresh(FAR_SPI, G0, 0x40);
    allow(FAR_SPI, 2);
    ns_write32(router, 0x30201);
    check_equal(mmio_read64(router), my_affinity(), "NSACR 2: Non-secure cannot route");
    allow(FAR_SPI, 3);
    ns_write32(router, 0x30201);
    check_equal(mmio_read64(router), 0x30201, "NSACR 3: it can");
    allow(FAR_SPI, 0);
    gic_route(FAR_SPI, my_affinity());
    gic_disable(FAR_SPI);
}

/* Non-secure SGIs to a Secure group go by GICR_NSACR. */
static void test_sgi(void)
{
    u64 nsacr0 = this_cpu()->gicr + GICR_SGI + GICD_NSACR;
    u64 sgi = gic_sgi1r(SGI, my_affinity());
    gic_disable(SGI);
    set_group(SGI, G0);
    mmio_write32(nsacr0, 0);
    ns_with(0, MSR_X1(0, 12, 11, 7), 0, sgi); /* ICC_SGI0R_EL1 */
    check(!gic_is_pending(SGI), "GICR_NSACR 0: a Non-secure SGI0R does not pend a Group 0 SGI");
    mmio_write32(nsacr0, 1u << SGI * 2);
    ns_with(0, MSR_X1(0, 12, 11, 7), 0, sgi);
    check(gic_is_pending(SGI), "GICR_NSACR 1: it does");
    gic_clear_pending(SGI);
    mmio_write32(nsacr0, 0);
}

static void test_waker(void)
{
    u64 waker = this_cpu()->gicr + GICR_WAKER;
    check_equal(ns_read32(waker), 0, "Non-secure reads of GICR_WAKER are 0");
    ns_write32(waker, GICR_WAKER_SLEEP);
    check_equal(mmio_read32(waker) & (GICR_WAKER_SLEEP | GICR_WAKER_CHILD_ASLEEP), 0,
                "Non-secure writes of GICR_WAKER are ignored");
}

int main(void)
{
    el3_setup();
    test_fields();
    test_pending(SPI);
    test_pending(FAR_SPI);
    test_route();
    test_sgi();
    test_waker();
    return test_result();
}
