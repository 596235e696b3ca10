/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LPIs by the redistributor's own registers: GICR_SETLPIR and GICR_CLRLPIR, and GICR_INVLPIR,
 * GICR_INVALLR and GICR_SYNCR in place of ITS commands (IHI 0069 12.11).
 */
#include "tests/guest/lpi_poll.h"

static void lpir(u32 offset, u64 intid)
{
    u64 gicr = this_cpu()->gicr;
    mmio_write64(gicr + offset, intid);
    while (mmio_read32(gicr + GICR_SYNCR) & 1)
        ;
    dsb(sy);
}

static void test_set_clear(void)
{
    lpir(GICR_SETLPIR, LPI);
    check(irq_is_signalled() && hppir1() == LPI, "GICR_SETLPIR makes an LPI pending");
    lpir(GICR_CLRLPIR, LPI);
    check(nothing_pends(), "GICR_CLRLPIR takes the pending state away");
    lpir(GICR_SETLPIR, LPI);
    lpir(GICR_SETLPIR, LPI);
    check_equal(gic_ack(), LPI, "set twice, it is acknowledged");
    gic_eoi(LPI);
    check(nothing_pends(), "... once");
    mmio_write32(this_cpu()->gicr + GICR_SETLPIR, LPI + 1);
    check_equal(gic_ack(), LPI + 1, "GICR_SETLPIR takes 32-bit writes");
    gic_eoi(LPI + 1);
}

static void test_invalidate(void)
{
    lpi_configure(LPI, PRIO_DEFAULT, false);
    lpir(GICR_INVLPIR, LPI);
    lpir(GICR_SETLPIR, LPI);
    check(nothing_pends(), "disabled, after GICR_INVLPIR, an LPI is not signalled");
    lpi_configure(LPI, 0x40, true);
    lpir(GICR_INVLPIR, LPI);
    check(irq_is_signalled() && hppir1() == LPI, "enabled, after GICR_INVLPIR, it is");
    lpir(GICR_SETLPIR, LPI + 1);
    lpi_configure(LPI, 0x80, true);
    lpi_configure(LPI + 1, 0x20, true);
    lpir(GICR_INVALLR, 0);
    check_equal(gic_ack(), LPI + 1, "GICR_INVALLR takes in all changes");
    gic_eoi(LPI + 1);
    check_equal(gic_ack(), LPI, "... of every LPI");
    check_equal(rpr(), 0x80, "... and its new priority");
    gic_eoi(LPI);
}

static void test_bounds(void)
{
    static const u64 wrong[] = {0, SGI, SPI, 1023, LPI - 1, LPI_END, ~0ull};
    for (unsigned i = 0; i < ARRAY_SIZE(wrong); i++) {
        lpir(GICR_SETLPIR, wrong[i]);
        lpir(GICR_CLRLPIR, wrong[i]);
        lpir(GICR_INVLPIR, wrong[i]);
        lpir(GICR_SETLPIR, wrong[i]);
    }
    check(nothing_pends() && !gic_is_pending(SPI), "INTIDs that are no LPI are ignored");
    lpi_configure(LPI_END - 1, PRIO_DEFAULT, true);
    lpir(GICR_SETLPIR, LPI_END - 1);
    check_equal(gic_ack(), LPI_END - 1, "the last LPI of the tables can be set");
    gic_eoi(LPI_END - 1);
}

static void test_disabled(void)
{
    lpi_cpu_enable(false);
    lpir(GICR_SETLPIR, LPI);
    check(nothing_pends(), "EnableLPIs 0: GICR_SETLPIR does nothing");
    lpi_cpu_enable(true);
    check(nothing_pends(), "... nor later");
}

int main(void)
{
    if (!check(its_present(), "there are LPIs"))
        return test_result();
    check(mmio_read64(this_cpu()->gicr + GICR_TYPER) & BIT(3), "GICR_TYPER.DirectLPI is 1");
    check(mmio_read32(this_cpu()->gicr + GICR_CTLR) & BIT(2), "GICR_CTLR.IR is 1");
    its_init();
    lpi_cpu_tables();
    lpi_cpu_enable(true);
    lpi_configure(LPI, PRIO_DEFAULT, true);
    lpi_configure(LPI + 1, PRIO_DEFAULT, true);
    test_set_clear();
    test_invalidate();
    test_bounds();
    test_disabled();
    return test_result();
}
