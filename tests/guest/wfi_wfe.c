/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What ends WFI and WFE (DDI 0487 D1, "Wait for Interrupt", "Wait for Event").
 */
#include "images/lib/atomic.h"
#include "images/lib/psci.h"
#include "images/lib/test.h"
#include "images/lib/timer.h"
#include "tests/guest/gic_poll.h"

static u32 phase;
static u32 handled;

static void wait_phase(u32 value)
{
    while (load_acquire32(&phase) != value)
        __asm__ volatile("yield");
}

static void count_irq(u32 intid, struct exc_frame *frame)
{
    (void)intid;
    (void)frame;
    handled++;
}

static void sleep_masked(void *arg)
{
    u32 *intid = arg;
    gic_setup(SGI, PRIO_DEFAULT, true);
    store_release32(&phase, 1);
    wfi();
    *intid = gic_ack();
    gic_eoi(*intid);
    store_release32(&phase, 2);
}

static void test_masked_wake(void)
{
    u32 intid = 0;
    phase = 0;
    smp_run(1, sleep_masked, &intid);
    wait_phase(1);
    delay_ms(2);
    check_equal(load_acquire32(&phase), 1, "WFI waits while nothing is signalled");
    gic_send_sgi(SGI, cpus[1].affinity);
    check(wait_until(load_acquire32(&phase) == 2, 1000), "an SGI ends WFI with PSTATE.I set");
    smp_wait(1);
    check_equal(intid, SGI, "... and is still there to be acknowledged");
}

static void sleep_behind_pmr(void *arg)
{
    u32 *intid = arg;
    gic_setup(SGI, PRIO_DEFAULT, true);
    gic_setup(SGI + 1, PRIO_HIGH, true);
    set_pmr(0x80);
    store_release32(&phase, 1);
    wfi();
    *intid = gic_ack();
    store_release32(&phase, 2);
    gic_eoi(*intid);
    set_pmr(0xff);
    gic_clear_pending(SGI);
}

static void test_pmr_gates(void)
{
    u32 intid = 0;
    phase = 0;
    smp_run(1, sleep_behind_pmr, &intid);
    wait_phase(1);
    delay_ms(1);
    gic_send_sgi(SGI, cpus[1].affinity);
    delay_ms(2);
    check_equal(load_acquire32(&phase), 1, "an SGI that PMR masks does not end WFI");
    gic_send_sgi(SGI + 1, cpus[1].affinity);
    check(wait_until(load_acquire32(&phase) == 2, 1000), "one that PMR lets through does");
    smp_wait(1);
    check_equal(intid, SGI + 1, "... and is the one acknowledged");
}

static void test_pending_before(void)
{
    gic_setup(SGI, PRIO_DEFAULT, true);
    gic_set_pending(SGI);
    isb();
    wfi();
    check(irq_is_signalled(), "WFI returns at once when an interrupt is signalled already");
    handled = 0;
    gic_on(SGI, count_irq);
    irq_unmask();
    irq_mask();
    check_equal(handled, 1, "... which is taken when PSTATE.I is cleared");
}

static void test_unmasked(void)
{
    gic_on(INTID_CNTV, count_irq);
    gic_setup(INTID_CNTV, PRIO_DEFAULT, true); /* edge: one pulse, no handler needed for the line */
    handled = 0;
    virtual_timer_arm(ms_to_ticks(1));
    irq_unmask();
    while (!*(volatile u32 *)&handled)
        wfi();
    irq_mask();
    check_equal(handled, 1, "an interrupt that ends WFI with PSTATE.I clear is handled");
    virtual_timer_stop();
    gic_disable(INTID_CNTV);
}

static void test_event_register(void)
{
    sevl();
    wfe();
    check(true, "WFE returns at once after SEVL");
    sev();
    wfe();
    check(true, "WFE returns at once after this vCPU's own SEV");
    for (unsigned i = 0; i < 100; i++) {
        sev();
        sev();
        wfe();
    }
    check(true, "... as often as one likes");
}

static void sleep_for_event(void *arg)
{
    (void)arg;
    sevl();
    wfe(); /* the event register is clear now */
    store_release32(&phase, 1);
    while (load_acquire32(&phase) != 2)
        wfe();
    store_release32(&phase, 3);
}

static void test_sev(void)
{
    phase = 0;
    smp_run(1, sleep_for_event, NULL);
    wait_phase(1);
    delay_ms(1);
    store_release32(&phase, 2);
    sev();
    check(wait_until(load_acquire32(&phase) == 3, 1000), "SEV ends another vCPU's WFE");
    smp_wait(1);
}

/* The waiter's monitor is open on the word; the store that clears it is the event. */
static void sleep_on_monitor(void *arg)
{
    u32 *word = arg, value;
    sevl();
    wfe();
    store_release32(&phase, 1);
    for (;;) {
        __asm__ volatile("ldaxr %w0, %1" : "=r"(value) : "Q"(*word) : "memory");
        if (value)
            break;
        wfe();
    }
    store_release32(&phase, 2);
}

static u32 monitored __attribute__((aligned(64)));

static void test_monitor_event(void)
{
    phase = 0;
    smp_run(1, sleep_on_monitor, &monitored);
    wait_phase(1);
    delay_ms(1);
    __asm__ volatile("str %w1, %0" : "=Q"(monitored) : "r"(1) : "memory");
    check(wait_until(load_acquire32(&phase) == 2, 1000),
          "a store to a word under LDAXR ends another vCPU's WFE without SEV");
    smp_wait(1);
}

/* The store comes between the load and the WFE: the cleared monitor has set the event register. */
static void store_in_between(void *arg)
{
    u32 *word = arg;
    while (load_acquire32(&phase) != 1)
        ;
    __asm__ volatile("str %w1, %0" : "=Q"(*word) : "r"(1) : "memory");
    store_release32(&phase, 2);
}

static void test_monitor_before_wfe(void)
{
    u32 value;
    phase = monitored = 0;
    smp_run(1, store_in_between, &monitored);
    sevl();
    wfe();
    __asm__ volatile("ldaxr %w0, %1" : "=r"(value) : "Q"(monitored) : "memory");
    store_release32(&phase, 1);
    while (load_acquire32(&phase) != 2)
        ;
    wfe();
    check(value == 0 && monitored == 1, "a store between LDAXR and WFE is not missed");
    smp_wait(1);
}

static void test_interrupt_ends_wfe(void)
{
    gic_setup(INTID_CNTV, PRIO_DEFAULT, true);
    gic_on(INTID_CNTV, count_irq);
    sevl();
    wfe();
    handled = 0;
    virtual_timer_arm(ms_to_ticks(1));
    irq_unmask();
    while (!*(volatile u32 *)&handled)
        wfe();
    irq_mask();
    check_equal(handled, 1, "an interrupt that is not masked ends WFE");
    virtual_timer_stop();
    gic_disable(INTID_CNTV);
}

/* CNTKCTL_EL1: EVNTEN, EVNTI = 7: an event each time bit 7 of the virtual counter rises. */
static void test_event_stream(void)
{
    u64 old = read_sysreg(cntkctl_el1);
    write_sysreg((old & ~0xfcull) | BIT(2) | 7 << 4, cntkctl_el1);
    isb();
    for (unsigned i = 0; i < 50; i++)
        wfe();
    check(true, "the timer's event stream ends WFE, 50 times");
    write_sysreg(old, cntkctl_el1);
    isb();
}

static void test_cpu_suspend(void)
{
    gic_setup(INTID_CNTV, PRIO_DEFAULT, false);
    virtual_timer_arm(ms_to_ticks(1));
    s64 status = psci_call(PSCI_CPU_SUSPEND, 0, 0, 0);
    check_equal(status, PSCI_SUCCESS, "PSCI CPU_SUSPEND to standby returns SUCCESS");
    check(wait_until(irq_is_signalled(), 1000), "... and the interrupt that ended it is there");
    virtual_timer_stop();
    gic_disable(INTID_CNTV);
}

int main(void)
{
    smp_start(2);
    test_masked_wake();
    test_pmr_gates();
    test_pending_before();
    test_unmasked();
    test_event_register();
    test_sev();
    test_monitor_event();
    test_monitor_before_wfe();
    test_interrupt_ends_wfe();
    test_event_stream();
    test_cpu_suspend();
    return test_result();
}
