/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Register Write Pending (IHI 0069 GICD_CTLR.RWP, GICR_CTLR.RWP): software that disables must wait.
 * Runs with --choose rwp=3: three reads see it set; qemu never sets it.
 */
#include "tests/guest/lpi_poll.h"

static unsigned gicd_rwp(void)
{
    unsigned reads = 0;
    while (mmio_read32(BOARD_GICD + GICD_CTLR) & GICD_CTLR_RWP)
        reads++;
    return reads;
}

static unsigned gicr_rwp(void)
{
    unsigned reads = 0;
    while (mmio_read32(this_cpu()->gicr + GICR_CTLR) & GICR_CTLR_LPI_RWP)
        reads++;
    return reads;
}

static void test_distributor(void)
{
    check_equal(gicd_rwp(), 0, "GICD_CTLR.RWP is 0 when nothing was written");
    mmio_write32(gic_reg(GICD_ICENABLER, SPI, 1), BIT(SPI % 32));
    check(gicd_rwp() > 0, "GICD_CTLR.RWP is 1 for a while after GICD_ICENABLER");
    check_equal(gicd_rwp(), 0, "... and then 0 for good");
    mmio_write32(BOARD_GICD + GICD_CTLR, GICD_CTLR_ARE);
    check(gicd_rwp() > 0, "GICD_CTLR.RWP is 1 for a while after a group enable is cleared");
    mmio_write32(BOARD_GICD + GICD_CTLR, GICD_CTLR_ARE | GICD_CTLR_GRP1);
    gicd_rwp();
    mmio_write32(gic_reg(GICD_ISENABLER, SPI, 1), BIT(SPI % 32));
    check_equal(gicd_rwp(), 0, "GICD_ISENABLER does not set it");
}

static void test_redistributor(void)
{
    check_equal(gicr_rwp(), 0, "GICR_CTLR.RWP is 0 when nothing was written");
    mmio_write32(gic_reg(GICD_ICENABLER, PPI, 1), BIT(PPI));
    check(gicr_rwp() > 0, "GICR_CTLR.RWP is 1 for a while after GICR_ICENABLER0");
    check_equal(gicr_rwp(), 0, "... and then 0 for good");
    check_equal(gicd_rwp(), 0, "... and GICD_CTLR.RWP is 0");
    mmio_write32(this_cpu()->gicr + GICR_CTLR, 0);
    check(gicr_rwp() > 0, "GICR_CTLR.RWP is 1 for a while after EnableLPIs is cleared");
    check(!(mmio_read32(this_cpu()->gicr + GICR_CTLR) & GICR_CTLR_ENABLE_LPIS), "... and it is");
}

/* IHI 0069 12.9.4: until RWP reads 0, what was disabled may be delivered; with --choose it is. */
static void test_effect(void)
{
    gic_setup(SPI, PRIO_DEFAULT, true);
    gic_set_pending(SPI);
    check(irq_is_signalled(), "an SPI that is enabled and pending is signalled");
    mmio_write32(gic_reg(GICD_ICENABLER, SPI, 1), BIT(SPI % 32));
    check(!gic_is_enabled(SPI) && irq_is_signalled(),
          "disabled, it reads so at once, and is signalled while RWP is 1");
    gicd_rwp();
    check(!irq_is_signalled(), "... and not once RWP reads 0");
    gic_clear_pending(SPI);
}

int main(void)
{
    if (!lpi_start(1))
        return test_result();
    test_distributor();
    test_effect();
    test_redistributor();
    return test_result();
}
