/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The EL1 physical and virtual timers (DDI 0487, "The Generic Timer"): counters, both views of the
 * comparator, control and status, the interrupt.
 */
#include "images/lib/atomic.h"
#include "images/lib/test.h"
#include "images/lib/timer.h"
#include "tests/guest/gic_poll.h"

struct timer {
    const char *name;
    u32 intid;
    u64 (*count)(void);
    u64 (*get_ctl)(void);
    void (*set_ctl)(u64);
    u64 (*get_cval)(void);
    void (*set_cval)(u64);
    u64 (*get_tval)(void);
    void (*set_tval)(u64);
};

#define ACCESSORS(reg)                                                                             \
    static u64 get_##reg(void)                                                                     \
    {                                                                                              \
        isb();                                                                                     \
        return read_sysreg(reg##_el0);                                                             \
    }                                                                                              \
    static void set_##reg(u64 value)                                                               \
    {                                                                                              \
        write_sysreg(value, reg##_el0);                                                            \
        isb();                                                                                     \
    }

ACCESSORS(cntp_ctl)
ACCESSORS(cntp_cval)
ACCESSORS(cntp_tval)
ACCESSORS(cntv_ctl)
ACCESSORS(cntv_cval)
ACCESSORS(cntv_tval)

static const struct timer timers[] = {
    {"CNTP", INTID_CNTP, counter_physical, get_cntp_ctl, set_cntp_ctl, get_cntp_cval, set_cntp_cval,
     get_cntp_tval, set_cntp_tval},
    {"CNTV", INTID_CNTV, counter_virtual, get_cntv_ctl, set_cntv_ctl, get_cntv_cval, set_cntv_cval,
     get_cntv_tval, set_cntv_tval},
};

static void test_counters(void)
{
    u64 hz = counter_hz();
    bool up = true;
    check(hz >= 1000000 && hz <= 1000000000, "CNTFRQ_EL0 is between 1 MHz and 1 GHz");
    u64 last = counter_virtual();
    for (unsigned i = 0; i < 1000; i++) {
        u64 now = counter_virtual();
        up &= now >= last;
        last = now;
    }
    check(up, "CNTVCT_EL0 never goes back");
    check(wait_until(counter_virtual() > last, 100), "CNTVCT_EL0 goes on");
    u64 p = counter_physical(), v = counter_virtual(), q = counter_physical();
    check(p <= v && v <= q, "with CNTVOFF_EL2 = 0 both counters are one");
}

static void test_views(const struct timer *t)
{
    t->set_ctl(0);
    u64 before = t->count();
    t->set_tval(1000000);
    u64 after = t->count(), cval = t->get_cval();
    check(cval >= before + 1000000 && cval <= after + 1000000,
          "%s: a TVAL written is CVAL minus the counter", t->name);
    u64 tval = t->get_tval();
    u64 now = t->count();
    check(tval <= 1000000 && tval >= (u32)(cval - now), "%s: TVAL counts down", t->name);
    before = t->count();
    t->set_tval((u32)-1000);
    after = t->count();
    cval = t->get_cval();
    check(cval >= before - 1000 && cval <= after - 1000, "%s: a negative TVAL is sign-extended",
          t->name);
    t->set_cval(t->count() - 500);
    s32 signed_tval = t->get_tval();
    check(signed_tval <= -500, "%s: TVAL reads negative after its time", t->name);
    check_equal(t->get_tval() >> 32, 0, "%s: TVAL reads as 32 bits", t->name);
    t->set_cval(0x123456789abcdef0);
    check_equal(t->get_cval(), 0x123456789abcdef0, "%s: CVAL keeps 64 bits", t->name);
}

static void test_status(const struct timer *t)
{
    t->set_cval(~0ull);
    t->set_ctl(TIMER_ENABLE);
    check_equal(t->get_ctl(), TIMER_ENABLE, "%s: CVAL at the end of time does not fire", t->name);
    t->set_cval(t->count() - 1);
    check_equal(t->get_ctl(), TIMER_ENABLE | TIMER_ISTATUS, "%s: CVAL in the past sets ISTATUS",
                t->name);
    t->set_ctl(TIMER_ENABLE | TIMER_IMASK);
    check_equal(t->get_ctl(), TIMER_ENABLE | TIMER_IMASK | TIMER_ISTATUS,
                "%s: ISTATUS ignores IMASK", t->name);
    t->set_ctl(TIMER_ENABLE | TIMER_IMASK | BIT(5));
    check_equal(t->get_ctl() & ~7ull, 0, "%s: reserved bits of CTL are RES0", t->name);
    t->set_cval(~0ull);
    check_equal(t->get_ctl() & TIMER_ISTATUS, 0, "%s: ISTATUS falls when CVAL moves ahead",
                t->name);
    t->set_cval(0);
    check(t->get_ctl() & TIMER_ISTATUS, "%s: CVAL 0 has always passed", t->name);
    t->set_ctl(0);
}

static void test_line(const struct timer *t)
{
    gic_forget(t->intid);
    gic_set_edge(t->intid, false);
    gic_enable(t->intid);
    t->set_cval(t->count() - 1);
    t->set_ctl(TIMER_ENABLE);
    check(wait_until(irq_is_signalled(), 100), "%s: CVAL in the past interrupts", t->name);
    check_equal(hppir1(), t->intid, "%s: ... with INTID %u", t->name, t->intid);
    t->set_ctl(TIMER_ENABLE | TIMER_IMASK);
    check(wait_until(!irq_is_signalled(), 100), "%s: IMASK withdraws it", t->name);
    t->set_ctl(TIMER_ENABLE);
    t->set_cval(t->count() + 100 * counter_hz());
    check(wait_until(!irq_is_signalled(), 100), "%s: so does a later CVAL", t->name);
    t->set_tval((u32)-1);
    check(wait_until(irq_is_signalled(), 100), "%s: TVAL -1 interrupts", t->name);
    t->set_ctl(0);
    check(wait_until(!irq_is_signalled(), 100), "%s: ENABLE = 0 withdraws it", t->name);
}

static void test_fires(const struct timer *t)
{
    bool early = false, right = true;
    u64 latest = 0;
    for (unsigned i = 0; i < 20; i++) {
        u64 deadline = t->count() + ms_to_ticks(1) / 4 * (i % 4 + 1);
        t->set_cval(deadline);
        t->set_ctl(TIMER_ENABLE);
        while (!irq_is_signalled())
            wfi();
        u64 now = t->count();
        early |= now < deadline;
        latest = now - deadline > latest ? now - deadline : latest;
        u32 id = gic_ack();
        right &= id == t->intid;
        t->set_ctl(TIMER_ENABLE | TIMER_IMASK);
        gic_eoi(id);
    }
    t->set_ctl(0);
    check(!early, "%s: never fires early, in 20 times", t->name);
    check(right, "%s: IAR1 returns INTID %u each time", t->name, t->intid);
    check(latest < counter_hz(), "%s: fires within a second of its time", t->name);
}

static void test_rearm(const struct timer *t)
{
    u64 start = t->count();
    t->set_cval(start + 1000 * counter_hz());
    t->set_ctl(TIMER_ENABLE);
    t->set_cval(start + ms_to_ticks(2));
    check(wait_until(irq_is_signalled(), 1000), "%s: a deadline brought forward is kept", t->name);
    check(t->count() >= start + ms_to_ticks(2), "%s: ... and not early", t->name);
    t->set_cval(t->count() + ms_to_ticks(2));
    t->set_cval(t->count() + 1000 * counter_hz());
    delay_ms(4);
    check(!irq_is_signalled(), "%s: a deadline put off does not fire at its old time", t->name);
    t->set_ctl(0);
    gic_disable(t->intid);
}

static void test_both(void)
{
    for (unsigned i = 0; i < 2; i++) {
        gic_forget(timers[i].intid);
        gic_set_edge(timers[i].intid, false);
        gic_enable(timers[i].intid);
    }
    virtual_timer_arm(ms_to_ticks(4));
    physical_timer_arm(ms_to_ticks(2));
    check(wait_until(irq_is_signalled(), 1000) && hppir1() == INTID_CNTP,
          "of both timers the earlier deadline comes first");
    physical_timer_stop();
    check(wait_until(irq_is_signalled(), 1000) && hppir1() == INTID_CNTV, "... then the later");
    virtual_timer_stop();
}

/*
 * The event stream wakes WFE (D12.2.6), so that a loop of WFE ends a period behind its time at
 * most. The period is 2^14 ticks: bit 13 of CNTVCT_EL0 rises.
 */
static void test_event_stream(void)
{
    u64 before = read_sysreg(cntkctl_el1), latest = 0;
    write_sysreg(before | BIT(2) | 13 << 4, cntkctl_el1);
    for (unsigned i = 0; i < 3; i++) {
        u64 end = counter_virtual() + ms_to_ticks(50);
        while (counter_virtual() < end)
            __asm__ volatile("wfe");
        u64 late = counter_virtual() - end;
        latest = late > latest ? late : latest;
    }
    write_sysreg(before, cntkctl_el1);
    isb();
    check(latest <= 1 << 14, "the event stream ends each WFE within a period");
}

static u64 own_order[2];

static void own_timer(void *arg)
{
    u64 me = this_cpu()->index;
    (void)arg;
    gic_forget(INTID_CNTV);
    gic_set_edge(INTID_CNTV, false);
    gic_enable(INTID_CNTV);
    u64 deadline = counter_virtual() + ms_to_ticks(me ? 2 : 5);
    write_sysreg(deadline, cntv_cval_el0);
    write_sysreg(TIMER_ENABLE, cntv_ctl_el0);
    isb();
    while (!irq_is_signalled())
        wfi();
    own_order[me] = counter_virtual() >= deadline;
    virtual_timer_stop();
}

int main(void)
{
    test_counters();
    for (unsigned i = 0; i < ARRAY_SIZE(timers); i++) {
        test_views(&timers[i]);
        test_status(&timers[i]);
        test_line(&timers[i]);
        test_fires(&timers[i]);
        test_rearm(&timers[i]);
    }
    test_both();
    test_event_stream();
    smp_start(2);
    smp_run_all(own_timer, NULL);
    check(own_order[0] && own_order[1], "each vCPU has timers of its own");
    return test_result();
}
