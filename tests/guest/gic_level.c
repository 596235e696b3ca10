/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Level-sensitive interrupts: the line, and the latch that ISPENDR sets beside it
 * (IHI 0069, chapter 4 and GICD_ISPENDR<n>). SPI by the PL011's transmit interrupt, PPI by the
 * virtual timer.
 */
#include "images/lib/smp.h"
#include "images/lib/test.h"
#include "images/lib/timer.h"
#include "tests/guest/gic_poll.h"

#define UART INTID_PL011

static void fresh(bool edge)
{
    line_low();
    gic_forget(UART);
    gic_set_edge(UART, edge);
    gic_clear_pending(UART);
    gic_enable(UART);
}

static void test_line(void)
{
    fresh(false);
    check_equal(gic_state(UART), INACTIVE, "line low: not pending");
    line_high();
    check_equal(gic_state(UART), PENDING, "line high: ISPENDR reads pending");
    check(irq_is_signalled(), "line high: signalled");
    gic_clear_pending(UART);
    check_equal(gic_state(UART), PENDING, "ICPENDR does not clear a line that is high");
    line_low();
    check_equal(gic_state(UART), INACTIVE, "line low again: not pending");
    check(!irq_is_signalled(), "line low again: withdrawn");
}

static void test_latch(void)
{
    fresh(false);
    gic_set_pending(UART);
    check_equal(gic_state(UART), PENDING, "line low, ISPENDR: pending");
    gic_clear_pending(UART);
    check_equal(gic_state(UART), INACTIVE, "ICPENDR clears the latch");
    gic_set_pending(UART);
    line_high();
    line_low();
    check_equal(gic_state(UART), PENDING, "the latch outlives the line");
    line_high();
    gic_clear_pending(UART);
    check_equal(gic_state(UART), PENDING, "line high, ICPENDR: still pending by the line");
    line_low();
    check_equal(gic_state(UART), INACTIVE, "... and the latch is gone when the line falls");
    gic_set_pending(UART);
    u32 acked = gic_ack();
    check(acked == UART && gic_state(UART) == ACTIVE, "acknowledging clears the latch");
    gic_eoi(UART);
    check_equal(gic_state(UART), INACTIVE, "... so nothing is left after EOIR1");
}

static void test_ack_with_line_high(void)
{
    fresh(false);
    line_high();
    check_equal(gic_ack(), UART, "line high: acknowledged");
    check_equal(gic_state(UART), ACTIVE_PENDING, "line still high: active and pending");
    check_equal(hppir1(), INTID_SPURIOUS, "... but no candidate while active");
    gic_eoi(UART);
    check(irq_is_signalled() && gic_ack() == UART,
          "line still high after deactivation: signalled again");
    line_low();
    check_equal(gic_state(UART), ACTIVE, "line low in the handler: active only");
    gic_eoi(UART);
    check(!irq_is_signalled() && gic_state(UART) == INACTIVE, "... and done after EOIR1");
}

static void test_edge_line(void)
{
    fresh(true);
    line_high();
    check_equal(gic_state(UART), PENDING, "edge-triggered: a rising line pends");
    line_low();
    check_equal(gic_state(UART), PENDING, "edge-triggered: a falling line does not clear");
    line_high();
    check_equal(gic_ack(), UART, "edge-triggered: acknowledged");
    check_equal(gic_state(UART), ACTIVE, "edge-triggered: a line that stays high does not pend");
    gic_eoi(UART);
    check(!irq_is_signalled(), "edge-triggered: nor after EOIR1");
    gic_set_pending(UART);
    gic_clear_pending(UART);
    check_equal(gic_state(UART), INACTIVE, "edge-triggered: ICPENDR clears with the line high");
    line_low();
    line_high();
    check_equal(gic_state(UART), PENDING, "edge-triggered: the next rise pends again");
    gic_ack();
    line_low();
    line_high();
    check_equal(gic_state(UART), ACTIVE_PENDING, "edge-triggered: a rise while active pends");
    gic_eoi(UART);
    check_equal(gic_ack(), UART, "edge-triggered: ... and is taken after EOIR1");
    gic_eoi(UART);
    line_low();
}

static void test_disabled_level(void)
{
    fresh(false);
    gic_disable(UART);
    line_high();
    check_equal(gic_state(UART), PENDING, "a disabled level interrupt is pending by its line");
    line_low();
    gic_enable(UART);
    check(!irq_is_signalled(), "a line that fell before the enable is not remembered");
}

static void test_timer_ppi(void)
{
    gic_forget(INTID_CNTV);
    gic_set_edge(INTID_CNTV, false);
    gic_clear_pending(INTID_CNTV);
    gic_enable(INTID_CNTV);
    write_sysreg(0, cntv_cval_el0);
    write_sysreg(TIMER_ENABLE, cntv_ctl_el0);
    isb();
    check(wait_until(irq_is_signalled(), 100), "the timer's line raises its PPI");
    check_equal(gic_ack(), INTID_CNTV, "... and it is acknowledged");
    gic_eoi(INTID_CNTV);
    check(irq_is_signalled(), "with the line still high it is signalled again");
    write_sysreg(TIMER_ENABLE | TIMER_IMASK, cntv_ctl_el0);
    isb();
    dsb(sy);
    check(!gic_is_pending(INTID_CNTV) && !irq_is_signalled(), "CNTV_CTL.IMASK lowers the line");
    virtual_timer_stop();
    gic_disable(INTID_CNTV);
}

int main(void)
{
    printf("INFO: the characters before this raise the PL011's transmit interrupt\n");
    check(mmio_read32(UART_RIS) & UART_TX, "UARTRIS.TXRIS is set after characters were sent");
    test_line();
    test_latch();
    test_ack_with_line_high();
    test_edge_line();
    test_disabled_level();
    test_timer_ppi();
    return test_result();
}
