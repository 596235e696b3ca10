/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The life of an LPI: pending or not, never active (IHI 0069 4.1.2, 5.1; ICC_EOIR1_EL1,
 * ICC_DIR_EL1).
 */
#include "tests/guest/lpi_poll.h"

static void test_life(void)
{
    lpi_send(0);
    check(irq_is_signalled() && hppir1() == LPI, "INT makes a mapped, enabled LPI pending");
    check_equal(gic_ack(), LPI, "IAR1 returns it");
    check_equal(rpr(), PRIO_DEFAULT, "its priority is the running priority");
    check(nothing_pends(), "acknowledged, it is not pending");
    gic_eoi(LPI);
    check_equal(rpr(), 0xff, "EOIR1 drops its priority");
    check(nothing_pends(), "... and nothing is left");
    check_equal(gic_ack(), INTID_SPURIOUS, "IAR1 then returns 1023");
}

static void test_no_active_state(void)
{
    lpi_send(0);
    gic_ack();
    lpi_send(0);
    check_equal(hppir1(), LPI, "an LPI being served can be the highest pending interrupt again");
    check_equal(gic_ack(), INTID_SPURIOUS, "... but its own priority does not preempt");
    gic_eoi(LPI);
    check(irq_is_signalled() && gic_ack() == LPI, "... and it is taken after EOIR1");
    gic_eoi(LPI);
}

static void test_coalesce(void)
{
    lpi_send(0);
    lpi_send(0);
    check_equal(gic_ack(), LPI, "two messages before the acknowledge");
    gic_eoi(LPI);
    check(nothing_pends(), "... are one interrupt");
}

static void test_split(void)
{
    gic_set_eoimode(true);
    lpi_send(0);
    gic_ack();
    gic_eoi(LPI);
    check_equal(rpr(), 0xff, "EOImode 1: EOIR1 drops the priority of an LPI");
    lpi_send(0);
    check(irq_is_signalled(), "EOImode 1: it can be taken again although there was no DIR");
    gic_dir(LPI);
    check(irq_is_signalled() && hppir1() == LPI, "DIR of an LPI changes nothing");
    check_equal(gic_ack(), LPI, "... it is acknowledged");
    gic_dir(LPI);
    check_equal(rpr(), PRIO_DEFAULT, "DIR of an LPI being served does not drop its priority");
    gic_eoi(LPI);
    gic_set_eoimode(false);
}

static void test_preempts(void)
{
    lpi_set(1, 0x40, true);
    gic_setup(SPI, PRIO_DEFAULT, true);
    gic_set_pending(SPI);
    gic_ack();
    lpi_send(0);
    check(!irq_is_signalled(), "an LPI does not preempt an SPI of its priority");
    lpi_send(1);
    check(irq_is_signalled() && gic_ack() == LPI + 1, "a more urgent LPI does");
    check_equal(rpr(), 0x40, "... with its priority as the running priority");
    gic_eoi(LPI + 1);
    check_equal(rpr(), PRIO_DEFAULT, "EOIR1 of the LPI goes back to the SPI's priority");
    check_equal(gic_state(SPI), ACTIVE, "... and the SPI is still active");
    gic_eoi(SPI);
    check_equal(gic_ack(), LPI, "the other LPI follows");
    gic_eoi(LPI);
    gic_forget(SPI);
    lpi_set(1, PRIO_DEFAULT, true);
}

static void test_wfi(void)
{
    lpi_send(2);
    wfi();
    check_equal(gic_ack(), LPI + 2, "a pending LPI ends WFI with PSTATE.I set");
    gic_eoi(LPI + 2);
}

static u32 taken;

static void count(u32 intid, struct exc_frame *frame)
{
    (void)frame;
    taken = intid;
}

static void test_vector(void)
{
    gic_on(LPI + 3, count);
    irq_unmask();
    lpi_send(3);
    irq_mask();
    check_equal(taken, LPI + 3, "an LPI is taken as an IRQ when PSTATE.I is clear");
}

int main(void)
{
    if (!lpi_start(4))
        return test_result();
    test_life();
    test_no_active_state();
    test_coalesce();
    test_split();
    test_preempts();
    test_wfi();
    test_vector();
    return test_result();
}
