/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The memory-mapped generic timer (DDI 0487 I2): what CNTCTLBase says and gates, a frame's two
 * timers and their interrupts, its EL0 view, the counter's own frames.
 */
#include "images/lib/timer.h"
#include "tests/guest/gic_poll.h"
#include "images/lib/test.h"

#define CTL      0x0b000000ull
#define CONTROL  0x0b010000ull
#define READBASE 0x0b020000ull
#define BASE0    0x0b030000ull
#define EL0BASE0 0x0b040000ull
#define BASE1    0x0b050000ull
#define INTID_P0 42
#define INTID_V0 43
#define INTID_P1 44

enum { CNTTIDR = 8, CNTACR = 0x40, CNTVOFF = 0x80 };
enum { PCT = 0, VCT = 8, FRQ = 0x10, EL0ACR = 0x14, VOFF = 0x18 };
enum { P_CVAL = 0x20, P_TVAL = 0x28, P_CTL = 0x2c, V_CVAL = 0x30, V_TVAL = 0x38, V_CTL = 0x3c };

static void open_frames(void)
{
    check_equal(mmio_read32(CTL + CNTTIDR), 0x17,
                "CNTTIDR: frame 0 with a virtual timer and an EL0 view, frame 1 without");
    check_equal(mmio_read32(BASE0 + P_CTL), 0, "CNTACR 0: a frame reads as 0");
    mmio_write64(BASE0 + P_CVAL, 5);
    mmio_write32(CTL + CNTACR, ~0u);
    mmio_write32(CTL + CNTACR + 4, ~0u);
    check_equal(mmio_read32(CTL + CNTACR), 0x3f, "CNTACR0 has six bits");
    check_equal(mmio_read64(BASE0 + P_CVAL), 0, "what was written before is ignored");
    check_equal(mmio_read32(CTL + CNTACR + 8), 0, "CNTACR2 of a frame that is not there is RAZ");
    check_equal(mmio_read32(BASE0 + FRQ), counter_hz(), "CNTFRQ is CNTFRQ_EL0");
}

static void test_counters(void)
{
    u64 low = counter_physical(), mmio = mmio_read64(BASE0 + PCT), high = counter_physical();
    check(low <= mmio && mmio <= high, "CNTPCT is the system counter");
    low = counter_physical(), mmio = mmio_read64(READBASE), high = counter_physical();
    check(low <= mmio && mmio <= high, "so is CNTReadBase's CNTCV");
    mmio_write64(CTL + CNTVOFF, 1ull << 40);
    check_equal(mmio_read64(BASE0 + VOFF), 1ull << 40, "CNTVOFF of the frame is CNTVOFF0");
    low = counter_physical(), mmio = mmio_read64(BASE0 + VCT) + (1ull << 40);
    high = counter_physical();
    check(low <= mmio && mmio <= high, "CNTVCT is CNTVOFF behind");
    mmio_write32(CTL + CNTVOFF + 4, 0);
    check_equal(mmio_read64(BASE0 + VOFF), 0, "halves can be written");
    mmio_write64(CTL + CNTVOFF + 8, 7);
    check_equal(mmio_read64(CTL + CNTVOFF + 8), 0, "frame 1 has no virtual timer, no CNTVOFF1");
    mmio_write64(BASE1 + V_CVAL, 7);
    check_equal(mmio_read64(BASE1 + V_CVAL), 0, "... and no CNTV_CVAL");
}

static void test_timer(u64 base, u32 intid, u64 cval, const char *name)
{
    u64 tval = cval + 8, ctl = cval + 12;
    gic_setup(intid, PRIO_DEFAULT, false);
    u64 deadline = counter_physical() + ms_to_ticks(1);
    mmio_write64(base + cval, deadline);
    mmio_write32(base + ctl, TIMER_ENABLE);
    check(!irq_is_signalled(), "%s waits", name);
    while (!irq_is_signalled())
        wfi();
    u64 now = counter_physical();
    check(now >= deadline && now < deadline + ms_to_ticks(1), "%s fires in time", name);
    check_equal(hppir1(), intid, "... as INTID %u", intid);
    check_equal(mmio_read32(base + ctl), TIMER_ENABLE | TIMER_ISTATUS, "... and has ISTATUS");
    check((s32)mmio_read32(base + tval) < 0, "TVAL goes on below 0");
    mmio_write32(base + ctl, TIMER_ENABLE | TIMER_IMASK);
    check(wait_until(!irq_is_signalled(), 10), "IMASK withdraws it");
    mmio_write32(base + ctl, TIMER_ENABLE);
    mmio_write32(base + tval, ms_to_ticks(1));
    check(wait_until(!irq_is_signalled(), 10) && wait_until(irq_is_signalled(), 10),
          "TVAL sets the next time");
    mmio_write32(base + ctl, 0);
    check(wait_until(!irq_is_signalled(), 10), "ENABLE 0 stops it");
    gic_disable(intid);
}

static void test_el0_view(void)
{
    mmio_write32(BASE0 + EL0ACR, 0);
    mmio_write64(BASE0 + P_CVAL, 77);
    check_equal(mmio_read64(EL0BASE0 + P_CVAL), 0, "CNTEL0ACR 0: nothing is in the EL0 view");
    mmio_write32(BASE0 + EL0ACR, ~0u);
    check_equal(mmio_read32(BASE0 + EL0ACR), 0x303, "CNTEL0ACR has four bits");
    check_equal(mmio_read64(EL0BASE0 + P_CVAL), 77, "... with them the timer is");
    check_equal(mmio_read32(EL0BASE0 + EL0ACR), 0, "CNTEL0ACR itself is not");
    check_equal(mmio_read64(EL0BASE0 + VOFF), 0, "nor is CNTVOFF");
}

/* CNTControlBase: the counter can be stopped and set, and timers follow at once. */
static void test_control(void)
{
    check_equal(mmio_read32(CONTROL), 1, "CNTCR: the counter runs");
    check_equal(mmio_read32(CONTROL + 0x20), counter_hz(), "CNTFID0 is its frequency");
    mmio_write32(CONTROL, 0);
    u64 stopped = counter_physical();
    for (unsigned i = 0; i < 10000; i++)
        __asm__ volatile("nop");
    check_equal(counter_physical(), stopped, "CNTCR.EN 0 stops CNTPCT_EL0");
    gic_setup(INTID_CNTP, PRIO_DEFAULT, false);
    write_sysreg(stopped + (1ull << 32), cntp_cval_el0);
    write_sysreg(TIMER_ENABLE, cntp_ctl_el0);
    isb();
    check(!irq_is_signalled(), "CNTP armed far ahead waits");
    mmio_write64(CONTROL + 8, stopped + (1ull << 33));
    isb();
    check_equal(counter_physical(), stopped + (1ull << 33), "CNTCV sets the counter");
    check(irq_is_signalled(), "which fires CNTP at once");
    mmio_write32(CONTROL, 1);
    check(wait_until(counter_physical() > stopped + (1ull << 33), 10), "CNTCR.EN 1: it goes on");
    physical_timer_stop();
    gic_disable(INTID_CNTP);
}

int main(void)
{
    open_frames();
    test_counters();
    test_timer(BASE0, INTID_P0, P_CVAL, "CNTP of frame 0");
    test_timer(BASE0, INTID_V0, V_CVAL, "CNTV of frame 0");
    test_timer(BASE1, INTID_P1, P_CVAL, "CNTP of frame 1");
    test_el0_view();
    test_control();
    return test_result();
}
