/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counter offset and EL2's timers: CNTVOFF_EL2 for both signs, armed timers that it reaches at
 * once, CNTHP that it does not reach (DDI 0487, "The Generic Timer").
 */
#include "images/lib/timer.h"
#include "tests/guest/el2_guest.h"
#include "tests/guest/gic_poll.h"

BOOT_EL(2);

static const u32 read_both[] = {
    0xd5033fdf, /* isb                */
    0xd53be022, /* mrs x2, cntpct_el0 */
    0xd53be041, /* mrs x1, cntvct_el0 */
    0xd53be023, /* mrs x3, cntpct_el0 */
};

static void set_offset(u64 offset)
{
    write_sysreg(offset, cntvoff_el2);
    isb();
}

static void test_offset(u64 offset, const char *what)
{
    set_offset(offset);
    check_equal(read_sysreg(cntvoff_el2), offset, "CNTVOFF_EL2 keeps %s", what);
    struct guest g = el1_guest(read_both, 4, SPSR_EL1H | SPSR_DAIF);
    guest_run(&g);
    u64 low = g.x[2] - offset, high = g.x[3] - offset;
    check(g.x[1] - low <= high - low, "EL1: CNTVCT_EL0 is CNTPCT_EL0 minus %s", what);
    u64 p = counter_physical(), v = counter_virtual(), q = counter_physical();
    check(v - (p - offset) <= q - p, "EL2: so is CNTVCT_EL0 at EL2");
    set_offset(0);
}

static void arm_virtual(u64 cval)
{
    gic_setup(INTID_CNTV, PRIO_DEFAULT, false);
    write_sysreg(cval, cntv_cval_el0);
    write_sysreg(TIMER_ENABLE, cntv_ctl_el0);
    isb();
}

static void test_offset_timer(u64 offset, const char *what)
{
    set_offset(offset);
    u64 deadline = counter_physical() + ms_to_ticks(1);
    arm_virtual(deadline - offset);
    check(!irq_is_signalled(), "CNTV waits under %s", what);
    while (!irq_is_signalled())
        wfi();
    u64 now = counter_physical();
    check(now >= deadline && now - deadline < counter_hz(), "CNTV fires by CNTVCT under %s", what);
    virtual_timer_stop();
    set_offset(0);
}

static void test_offset_change(void)
{
    arm_virtual(counter_virtual() + 1000 * counter_hz());
    check(!irq_is_signalled(), "CNTV armed far ahead waits");
    set_offset(-2000 * counter_hz());
    check(wait_until(irq_is_signalled(), 100), "a CNTVOFF_EL2 that moves time past it fires it");
    check(read_sysreg(cntv_ctl_el0) & TIMER_ISTATUS, "... and ISTATUS says so");
    set_offset(0);
    check(wait_until(!irq_is_signalled(), 100), "moved back, the interrupt is withdrawn");
    check(!(read_sysreg(cntv_ctl_el0) & TIMER_ISTATUS), "... and ISTATUS too");
    virtual_timer_stop();
    gic_disable(INTID_CNTV);
}

static void test_tval(void)
{
    set_offset(-50 * counter_hz());
    write_sysreg(1000, cntv_tval_el0);
    isb();
    u64 cval = read_sysreg(cntv_cval_el0), now = counter_virtual();
    check(cval <= now + 1000 && cval + counter_hz() > now, "CNTV_TVAL_EL0 counts in CNTVCT's time");
    set_offset(0);
}

static void test_cnthp(void)
{
    gic_setup(INTID_CNTHP, PRIO_DEFAULT, false);
    set_offset(12345678);
    u64 deadline = counter_physical() + ms_to_ticks(1);
    write_sysreg(deadline, cnthp_cval_el2);
    write_sysreg(TIMER_ENABLE, cnthp_ctl_el2);
    isb();
    while (!irq_is_signalled())
        wfi();
    u64 now = counter_physical();
    check(now >= deadline && now - deadline < counter_hz(), "CNTHP fires by the physical counter");
    check_equal(gic_ack(), INTID_CNTHP, "CNTHP is INTID 26");
    check_equal(read_sysreg(cnthp_ctl_el2), TIMER_ENABLE | TIMER_ISTATUS, "CNTHP has ISTATUS");
    write_sysreg(0, cnthp_ctl_el2);
    isb();
    gic_eoi(INTID_CNTHP);
    check(!irq_is_signalled(), "CNTHP stopped, it is gone");
    set_offset(0);
    gic_disable(INTID_CNTHP);
}

/* EL1's physical timer while EL2 runs: its interrupt comes to EL2 with IMO. */
static void test_el1_timer_at_el2(void)
{
    static const u32 arm[] = {
        0xd53be021, /* mrs x1, cntpct_el0   */
        0x91400421, /* add x1, x1, #0x1000  */
        0xd51be241, /* msr cntp_cval_el0, x1 */
        0xd2800021, /* mov x1, #1           */
        0xd51be221, /* msr cntp_ctl_el0, x1 */
        0xd503207f, /* wfi                  */
    };
    gic_setup(INTID_CNTP, PRIO_DEFAULT, false);
    struct guest g = el1_guest(arm, 6, SPSR_EL1H | SPSR_DAIF);
    check_equal(guest_run(&g), EXC_LOWER_IRQ, "EL1's CNTP ends its WFI and comes to EL2");
    check_equal(gic_ack(), INTID_CNTP, "... as INTID 30");
    physical_timer_stop();
    gic_eoi(INTID_CNTP);
    gic_disable(INTID_CNTP);
}

int main(void)
{
    el1_setup();
    test_offset(1000000, "a positive offset");
    test_offset(-500 * counter_hz(), "a negative offset");
    test_offset_timer(1000000, "a positive offset");
    test_offset_timer(-500 * counter_hz(), "a negative offset");
    test_offset_change();
    test_tval();
    test_cnthp();
    test_el1_timer_at_el2();
    return test_result();
}
