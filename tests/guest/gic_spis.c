/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many SPIs there are (IHI 0069 GICD_TYPER.ITLinesNumber), and that each of them works: runs
 * with the fewest, the default and the most.
 */
#include "tests/guest/gic_views.h"

static bool works(u32 intid)
{
    gic_forget(intid);
    gic_set_priority(intid, 0x50);
    gic_enable(intid);
    gic_set_pending(intid);
    bool ok = gic_state(intid) == PENDING && gic_ack() == intid && rpr() == 0x50;
    ok &= gic_state(intid) == ACTIVE;
    gic_eoi(intid);
    ok &= gic_state(intid) == INACTIVE;
    gic_forget(intid);
    return ok;
}

static void test_each(u32 end)
{
    u32 wrong = 0;
    for (u32 intid = 32; intid < end; intid++)
        if (intid != INTID_PL011 && !works(intid))
            wrong++;
    check_equal(wrong, 0, "each SPI from 32 to %u is pended, taken and ended", end - 1);
}

static void test_last(u32 last)
{
    gic_forget(last);
    gic_enable(last);
    gic_route(last, cpus[1].affinity);
    gic_set_pending(last);
    check_equal(who_has(last), 1, "the last SPI, %u, can be routed", last);
    gic_forget(last);
    for (u32 intid = 32; intid <= last; intid++) {
        gic_set_priority(intid, PRIO_DEFAULT);
        gic_enable(intid);
        gic_set_pending(intid);
    }
    u32 n = 0;
    while (gic_ack() != INTID_SPURIOUS)
        n++;
    check_equal(n, 1, "all pending with one priority: one is taken");
    gic_set_priority(last, 0x20);
    check_equal(gic_ack(), last, "... and a more urgent one preempts, the last");
}

/* INTIDs 1020 to 1023 are special: their fields do not exist even where the line of 32 does. */
static void test_beyond(void)
{
    u32 reg = 992 / 32 * 4, ones = 0xf0000000;
    mmio_write32(BOARD_GICD + GICD_ISENABLER + reg, ones);
    check_equal(mmio_read32(BOARD_GICD + GICD_ISENABLER + reg) & ones, 0,
                "INTIDs 1020 to 1023 have no enable bits");
    mmio_write32(BOARD_GICD + GICD_IROUTER + 8 * 1020, 1);
    check_equal(mmio_read64(BOARD_GICD + GICD_IROUTER + 8 * 1020), 0, "... and no route");
}

int main(void)
{
    smp_start(2);
    u32 end = 32 + gic_nr_spis();
    printf("INFO: SPIs 32 to %u\n", end - 1);
    test_each(end);
    test_beyond();
    test_last(end - 1);
    return test_result();
}
