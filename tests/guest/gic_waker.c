/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GICR_WAKER: a PE said to sleep gets no interrupts, and loses none (IHI 0069 11.1). Runs with
 * waker=on; qemu's WAKER holds nothing back.
 */
#include "tests/guest/gic_views.h"

static u32 waker(unsigned cpu)
{
    return mmio_read32(cpus[cpu].gicr + GICR_WAKER);
}

/* Returns how often ChildrenAsleep was still the old one. */
static unsigned put_to_sleep(unsigned cpu, bool asleep)
{
    unsigned reads = 0;
    mmio_write32(cpus[cpu].gicr + GICR_WAKER, asleep ? GICR_WAKER_SLEEP : 0);
    while (reads < 1000 && !!(waker(cpu) & GICR_WAKER_CHILD_ASLEEP) != asleep)
        reads++;
    return reads;
}

static void test_self(void)
{
    gic_setup(SPI, PRIO_DEFAULT, true);
    unsigned lag = put_to_sleep(0, true);
    printf("INFO: %u reads until ChildrenAsleep was 1\n", lag);
    check(lag < 1000 && waker(0) & GICR_WAKER_SLEEP, "ProcessorSleep 1: ChildrenAsleep becomes 1");
    gic_set_pending(SPI);
    gic_send_sgi(SGI, my_affinity());
    check(!irq_is_signalled(), "asleep: an SPI and an SGI are not signalled");
    check(gic_is_pending(SPI) && gic_is_pending(SGI), "... and stay pending");
    check(put_to_sleep(0, false) < 1000, "ProcessorSleep 0: ChildrenAsleep becomes 0");
    gic_enable(SGI);
    check(irq_is_signalled(), "awake: they are signalled");
    gic_set_priority(SPI, 0x40);
    check_equal(gic_ack(), SPI, "... and acknowledged");
    gic_eoi(SPI);
    gic_eoi(gic_ack());
}

static void test_other(void)
{
    put_to_sleep(1, true);
    gic_route(SPI, cpus[1].affinity);
    gic_set_pending(SPI);
    check_equal(who_has(SPI), NOBODY, "an SPI for a vCPU that sleeps is signalled to nobody");
    put_to_sleep(1, false);
    check_equal(who_has(SPI), 1, "... and to that vCPU when it is awake");
    ack_at(1);
    end_at(1, SPI);
    gic_forget(SPI);
}

int main(void)
{
    smp_start(2);
    gic_setup(SGI, PRIO_DEFAULT, true);
    gic_disable(SGI);
    test_self();
    test_other();
    return test_result();
}
