/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The event register (DDI 0487 D1.6.1): what sets it lets one WFE go on at once, and without it a
 * WFE waits. That any WFE may end without an event is allowed; here none does.
 */
#include "images/lib/atomic.h"
#include "images/lib/gic.h"
#include "images/lib/smp.h"
#include "images/lib/test.h"
#include "images/lib/timer.h"

static u32 phase;
static u32 handled;

static void on_timer(u32 intid, struct exc_frame *frame)
{
    (void)intid, (void)frame;
    handled++;
    virtual_timer_stop();
}

/* Whether a WFE waits: the timer's interrupt, 1 ms ahead, then ends it. */
static bool waits(void)
{
    u64 start = counter_virtual();
    handled = 0;
    virtual_timer_arm(ms_to_ticks(1));
    irq_unmask();
    wfe();
    irq_mask();
    u64 took = counter_virtual() - start;
    virtual_timer_stop();
    return *(volatile u32 *)&handled == 1 && took >= ms_to_ticks(1) && took < ms_to_ticks(2);
}

static void clear_event(void)
{
    sevl();
    wfe();
}

static void test_local(void)
{
    clear_event();
    check(waits(), "without an event WFE waits for an interrupt");
    check(!waits(), "the handler's return was an event");
    clear_event();
    sevl();
    check(!waits(), "SEVL is an event");
    check(waits(), "... for one WFE");
    clear_event();
    sev();
    sev();
    check(!waits(), "SEV is an event for the vCPU that executes it");
    check(waits(), "... and two are one");
    clear_event();
    PROBE(__asm__ volatile("brk #1"));
    check(!waits(), "an exception return is an event");
    clear_event();
    virtual_timer_arm(ms_to_ticks(0));
    irq_unmask();
    irq_mask();
    check(!waits(), "... an interrupt's, too");
}

static void send_later(void *arg)
{
    delay_ms(*(u32 *)arg);
    sev();
    store_release32(&phase, 1);
}

static void test_masked_interrupt(void)
{
    u32 ms = 3;
    clear_event();
    smp_run(1, send_later, &ms);
    clear_event(); /* smp_run() sends one */
    u64 start = counter_virtual();
    virtual_timer_arm(ms_to_ticks(1));
    wfe();
    u64 took = counter_virtual() - start;
    check(irq_is_signalled(), "the timer's interrupt is signalled");
    check(took >= ms_to_ticks(2), "a masked interrupt does not end WFE, the later SEV does");
    virtual_timer_stop();
    smp_wait(1);
}

static void test_sev_before(void)
{
    u32 ms = 1;
    phase = 0;
    smp_run(1, send_later, &ms);
    clear_event();
    while (!load_acquire32(&phase))
        ;
    check(!waits(), "a SEV from before is kept");
    smp_wait(1);
    clear_event();
    check(waits(), "... until a WFE takes it");
}

/* CNTKCTL_EL1: an event each time bit 9 of the virtual counter rises, every 1024 ticks. */
static void test_stream(void)
{
    u64 old = read_sysreg(cntkctl_el1);
    u64 period = 1024, latest = 0, start;
    write_sysreg((old & ~0xfcull) | BIT(2) | 9 << 4, cntkctl_el1);
    isb();
    clear_event();
    for (unsigned i = 0; i < 20; i++) {
        wfe();
        u64 phase_ticks = (counter_virtual() - period / 2) % period;
        latest = phase_ticks > latest ? phase_ticks : latest;
    }
    check(latest < period / 8, "each WFE ends where the stream has its event (%lu ticks late)",
          latest);
    clear_event();
    start = counter_virtual();
    while (counter_virtual() - start < period)
        ;
    write_sysreg(old, cntkctl_el1);
    isb();
    write_sysreg((old & ~0xfcull) | BIT(2) | 15 << 4, cntkctl_el1);
    isb();
    clear_event();
    write_sysreg(old, cntkctl_el1);
    isb();
    check(waits(), "with the stream off WFE waits");
    write_sysreg((old & ~0xfcull) | BIT(2) | 9 << 4, cntkctl_el1);
    isb();
    clear_event();
    start = counter_virtual();
    while (counter_virtual() - start < 2 * period)
        ;
    start = counter_virtual();
    wfe();
    check(counter_virtual() - start < period / 8, "an event of the stream from before is kept");
    write_sysreg(old, cntkctl_el1);
    isb();
}

int main(void)
{
    smp_start(2);
    gic_on(INTID_CNTV, on_timer);
    gic_setup(INTID_CNTV, PRIO_DEFAULT, false);
    test_local();
    test_masked_interrupt();
    test_sev_before();
    test_stream();
    return test_result();
}
