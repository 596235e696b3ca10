/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The end of an interrupt: both EOI modes, DIR from anywhere, groups 0 and 1 nested
 * (IHI 0069, ICC_EOIR1_EL1 and ICC_DIR_EL1).
 */
#include "images/lib/smp.h"
#include "images/lib/test.h"
#include "tests/guest/gic_poll.h"

static void fresh(u32 intid, u8 priority, unsigned group)
{
    gic_forget(intid);
    gic_set_priority(intid, priority);
    gic_set_group(intid, group);
    gic_enable(intid);
}

static void test_split(u32 id)
{
    fresh(id, 0xa0, 1);
    gic_set_eoimode(true);
    gic_set_pending(id);
    gic_ack();
    gic_eoi(id);
    check_equal(rpr(), 0xff, "INTID %u, EOImode 1: EOIR1 drops the priority", id);
    check_equal(gic_state(id), ACTIVE, "INTID %u, EOImode 1: ... and leaves it active", id);
    gic_set_pending(id);
    check(!irq_is_signalled(), "INTID %u: pending again, it waits for DIR", id);
    gic_dir(id);
    check_equal(gic_state(id), PENDING, "INTID %u: DIR deactivates", id);
    check(irq_is_signalled(), "INTID %u: ... and it is signalled again", id);
    gic_set_eoimode(false);
    gic_forget(id);
}

static void test_any_order(void)
{
    fresh(SPI, 0xa0, 1);
    fresh(SPI2, 0xa0, 1);
    fresh(SPI3, 0xa0, 1);
    gic_set_eoimode(true);
    u32 acked[3];
    gic_set_pending(SPI);
    gic_set_pending(SPI2);
    gic_set_pending(SPI3);
    for (unsigned i = 0; i < 3; i++) {
        acked[i] = gic_ack();
        gic_eoi(acked[i]);
    }
    check(acked[0] != acked[1] && acked[1] != acked[2] && acked[0] != acked[2] &&
              acked[0] + acked[1] + acked[2] == SPI + SPI2 + SPI3,
          "EOImode 1: three of equal priority are acknowledged before any DIR");
    gic_dir(acked[1]);
    check(gic_state(acked[0]) == ACTIVE && gic_state(acked[1]) == INACTIVE &&
              gic_state(acked[2]) == ACTIVE,
          "DIR deactivates its INTID only");
    gic_dir(acked[2]);
    gic_dir(acked[0]);
    check(gic_state(acked[0]) == INACTIVE && gic_state(acked[2]) == INACTIVE,
          "DIR works in any order");
    gic_set_eoimode(false);
}

static void dir_elsewhere(void *arg)
{
    gic_set_eoimode(true);
    gic_dir(*(u32 *)arg);
    gic_set_eoimode(false);
}

static void test_dir_elsewhere(void)
{
    u32 spi = SPI, sgi = SGI;
    gic_set_eoimode(true);
    fresh(SPI, 0xa0, 1);
    gic_set_pending(SPI);
    gic_eoi(gic_ack());
    smp_run(1, dir_elsewhere, &spi);
    smp_wait(1);
    check_equal(gic_state(SPI), INACTIVE, "DIR of an SPI works from another vCPU");
    fresh(SGI, 0xa0, 1);
    gic_set_pending(SGI);
    gic_eoi(gic_ack());
    smp_run(1, dir_elsewhere, &sgi);
    smp_wait(1);
    check_equal(gic_state(SGI), ACTIVE, "DIR of an SGI on another vCPU is not this vCPU's");
    gic_dir(SGI);
    check_equal(gic_state(SGI), INACTIVE, "... which needs its own");
    gic_set_eoimode(false);
}

static void test_group0(void)
{
    fresh(SPI, 0xa0, 0);
    gic_set_pending(SPI);
    check(fiq_is_signalled() && !irq_is_signalled(), "Group 0 is signalled as FIQ");
    check_equal(hppir0(), SPI, "HPPIR0 shows it");
    check_equal(hppir1(), INTID_SPURIOUS, "HPPIR1 does not");
    check_equal(gic_ack(), INTID_SPURIOUS, "IAR1 does not acknowledge it");
    check_equal(gic_state(SPI), PENDING, "... and leaves it pending");
    check_equal(read_sysreg(ICC_IAR0_EL1), SPI, "IAR0 acknowledges it");
    isb();
    check_equal(gic_state(SPI), ACTIVE, "... and makes it active");
    write_sysreg(SPI, ICC_EOIR0_EL1);
    isb();
    check_equal(gic_state(SPI), INACTIVE, "EOIR0 ends it");
    check_equal(rpr(), 0xff, "... and drops the priority");
}

/* Group 1 at 0xa0 interrupted by Group 0 at 0x40. */
static void test_groups_nested(void)
{
    fresh(SPI, 0xa0, 1);
    fresh(SPI2, 0x40, 0);
    gic_set_pending(SPI);
    gic_ack();
    gic_set_pending(SPI2);
    u32 inner = read_sysreg(ICC_IAR0_EL1);
    isb();
    check(inner == SPI2 && rpr() == 0x40, "Group 0 preempts Group 1");
    gic_eoi(SPI);
    check_equal(rpr(), 0x40, "EOIR1 drops nothing while Group 0 has the highest active priority");
    write_sysreg(SPI2, ICC_EOIR0_EL1);
    isb();
    check_equal(rpr(), 0xa0, "EOIR0 drops Group 0's");
    gic_eoi(SPI);
    check_equal(rpr(), 0xff, "EOIR1 then drops Group 1's");
    check(gic_state(SPI) == INACTIVE && gic_state(SPI2) == INACTIVE, "both are inactive");
}

int main(void)
{
    smp_start(2);
    mmio_write32(BOARD_GICD + GICD_CTLR, GICD_CTLR_ARE | GICD_CTLR_GRP1 | GICD_CTLR_GRP0);
    gic_wait_rwp();
    write_sysreg(1, ICC_IGRPEN0_EL1);
    isb();
    test_split(SGI);
    test_split(PPI);
    test_split(SPI);
    test_any_order();
    test_dir_elsewhere();
    test_group0();
    test_groups_nested();
    return test_result();
}
