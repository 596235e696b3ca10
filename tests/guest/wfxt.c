/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * WFIT and WFET (FEAT_WFxT; DDI 0487 C6.2, D1.6): they also end when CNTVCT_EL0 has reached the
 * register's value. Where ID_AA64ISAR2_EL1 says that they are absent they are UNDEFINED.
 */
#include "images/lib/atomic.h"
#include "images/lib/gic.h"
#include "images/lib/smp.h"
#include "images/lib/test.h"
#include "images/lib/timer.h"

#define ID_AA64ISAR2 s3_0_c0_c6_2

static inline void wfet(u64 until)
{
    register u64 x0 __asm__("x0") = until;
    __asm__ volatile(".inst 0xd5031000" : : "r"(x0) : "memory");
}

static inline void wfit(u64 until)
{
    register u64 x0 __asm__("x0") = until;
    __asm__ volatile(".inst 0xd5031020" : : "r"(x0) : "memory");
}

static void clear_event(void)
{
    sevl();
    wfe();
}

static u32 phase;

#define UNDEFINED(word)                                                                            \
    ({                                                                                             \
        struct exc_info info_ = PROBE(__asm__ volatile(".inst " #word));                           \
        info_.taken &&info_.esr == ESR_IL;                                                         \
    })

static void test_absent(void)
{
    check(UNDEFINED(0xd5031000), "without FEAT_WFxT WFET is UNDEFINED");
    check(UNDEFINED(0xd5031020), "... and WFIT");
}

static void test_encodings(void)
{
    check(UNDEFINED(0xd5031040), "op2 2 beside them is UNDEFINED");
    check(UNDEFINED(0xd5031100), "CRm 1 beside them is UNDEFINED");
    check(UNDEFINED(0xd5021000), "op1 2 beside them is UNDEFINED");
}

static void test_past(void)
{
    u64 start = counter_virtual();
    clear_event();
    wfit(0);
    wfit(start);
    wfet(0);
    wfet(start);
    __asm__ volatile(".inst 0xd503103f\n\t.inst 0xd503101f"); /* WFIT XZR, WFET XZR */
    check(counter_virtual() - start < ms_to_ticks(1), "a time that is past ends them at once");
}

static void test_exact(void)
{
    u64 late = 0;
    bool early = false;
    for (unsigned i = 0; i < 40; i++) {
        u64 until = counter_virtual() + 100 + 997 * i;
        clear_event();
        if (i % 2)
            wfit(until);
        else
            wfet(until);
        u64 now = counter_virtual();
        early |= now < until;
        late = now > until && now - until > late ? now - until : late;
    }
    check(!early, "they wait until CNTVCT_EL0 has the value");
    check(late <= 2, "... and no longer (%lu ticks)", late);
}

static void test_interrupts(void)
{
    gic_setup(INTID_CNTV, PRIO_DEFAULT, false);
    u64 start = counter_virtual();
    virtual_timer_arm(ms_to_ticks(1));
    wfit(~0ull);
    check(irq_is_signalled() && counter_virtual() - start < ms_to_ticks(2),
          "an interrupt ends WFIT, masked or not, the end of time being far");
    start = counter_virtual();
    wfit(start + ms_to_ticks(10));
    check(counter_virtual() - start < ms_to_ticks(1), "... at once, when it is there already");
    clear_event();
    wfet(start + ms_to_ticks(3));
    check(counter_virtual() >= start + ms_to_ticks(3), "a masked one does not end WFET");
    virtual_timer_stop();
    gic_disable(INTID_CNTV);
}

static void send_later(void *arg)
{
    (void)arg;
    delay_ms(2);
    sev();
    store_release32(&phase, 1);
}

static void test_events(void)
{
    phase = 0;
    smp_run(1, send_later, NULL);
    clear_event();
    u64 start = counter_virtual();
    wfet(start + ms_to_ticks(100));
    u64 took = counter_virtual() - start;
    check(took >= ms_to_ticks(1) && took < ms_to_ticks(4), "SEV ends WFET before its time");
    start = counter_virtual();
    sevl();
    wfet(start + ms_to_ticks(100));
    check(counter_virtual() - start < ms_to_ticks(1), "so does the event register");
    smp_wait(1);
    phase = 0;
    start = counter_virtual();
    smp_run(1, send_later, NULL);
    wfit(start + ms_to_ticks(5));
    check(counter_virtual() - start >= ms_to_ticks(5), "SEV does not end WFIT");
    smp_wait(1);
}

static void sleep_until(void *arg)
{
    u64 *times = arg;
    clear_event();
    wfit(times[0]);
    times[1] = counter_virtual();
}

static void test_two(void)
{
    u64 other[2] = {counter_virtual() + ms_to_ticks(2), 0}, mine = other[0] + ms_to_ticks(2);
    smp_run(1, sleep_until, other);
    wfit(mine);
    u64 now = counter_virtual();
    smp_wait(1);
    check(other[1] >= other[0] && other[1] - other[0] <= 2, "two wait: the first one's time");
    check(now >= mine && now - mine <= 2, "... and the second one's");
}

int main(void)
{
    smp_start(2);
    unsigned wfxt = id_field(read_sysreg(ID_AA64ISAR2), 0);
    if (!wfxt) {
        test_absent();
        return test_result();
    }
    check_equal(wfxt, 2, "ID_AA64ISAR2_EL1.WFxT is 2");
    test_encodings();
    test_past();
    test_exact();
    test_interrupts();
    test_events();
    test_two();
    return test_result();
}
