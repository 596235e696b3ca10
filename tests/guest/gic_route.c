/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GICD_IROUTER: where an SPI goes, and what a change moves (IHI 0069, GICD_IROUTER<n>). With -smp
 * 17 and up the last vCPU is in another cluster.
 */
#include "images/lib/smp.h"
#include "images/lib/test.h"
#include "images/lib/timer.h"
#include "tests/guest/gic_poll.h"

struct view {
    u32 hppir;
    u32 ack;
    bool signalled;
};

static void look(void *arg)
{
    struct view *view = arg;
    view->hppir = hppir1();
    view->signalled = irq_is_signalled();
}

static void take(void *arg)
{
    struct view *view = arg;
    view->ack = gic_ack();
}

static void end(void *arg)
{
    gic_eoi(*(u32 *)arg);
}

static struct view on(unsigned cpu, smp_fn *fn)
{
    struct view view = {0};
    if (cpu == 0) {
        fn(&view);
    } else {
        smp_run(cpu, fn, &view);
        smp_wait(cpu);
    }
    return view;
}

static bool seen_only_by(unsigned cpu, u32 intid)
{
    bool ok = true;
    for (unsigned i = 0; i < smp_started(); i++) {
        struct view view = on(i, look);
        ok &= view.hppir == (i == cpu ? intid : INTID_SPURIOUS);
        ok &= view.signalled == (i == cpu);
    }
    return ok;
}

static void test_each(void)
{
    bool ok = true;
    gic_forget(SPI);
    gic_enable(SPI);
    for (unsigned i = 0; i < smp_started(); i++) {
        gic_route(SPI, cpus[i].affinity);
        gic_set_pending(SPI);
        ok &= seen_only_by(i, SPI);
        gic_clear_pending(SPI);
    }
    check(ok, "an SPI is seen by the vCPU in GICD_IROUTER and by no other, for each of %u",
          smp_started());
}

static void test_move_pending(unsigned last)
{
    gic_route(SPI, cpus[0].affinity);
    gic_set_pending(SPI);
    bool before = seen_only_by(0, SPI);
    gic_route(SPI, cpus[last].affinity);
    check(before && seen_only_by(last, SPI), "a new route moves a pending SPI");
    mmio_write32(BOARD_GICD + GICD_IROUTER + 8 * SPI, 0);
    dsb(sy);
    check(seen_only_by(0, SPI), "so does a new lower half");
    mmio_write32(BOARD_GICD + GICD_IROUTER + 8 * SPI + 4, 1);
    dsb(sy);
    check(seen_only_by(CPU_MAX, SPI) && gic_is_pending(SPI),
          "routed to an Aff3 that does not exist, it stays pending and goes nowhere");
    gic_route(SPI, 0x00ffff00);
    check(seen_only_by(CPU_MAX, SPI) && gic_is_pending(SPI), "so with Aff1 and Aff2");
    gic_route(SPI, cpus[last].affinity);
    check(seen_only_by(last, SPI), "routed back, it is delivered");
}

static void test_active_stays(unsigned last)
{
    u32 spi = SPI;
    check_equal(on(last, take).ack, SPI, "vCPU %u acknowledges it", last);
    gic_route(SPI, cpus[0].affinity);
    check(gic_state(SPI) == ACTIVE && on(0, look).hppir == INTID_SPURIOUS,
          "a new route does not move an active SPI");
    gic_set_pending(SPI);
    check(on(0, look).hppir == INTID_SPURIOUS, "pending again, it waits while active elsewhere");
    smp_run(last, end, &spi);
    smp_wait(last);
    check(seen_only_by(0, SPI), "deactivated there, it is signalled where the route says");
    check_equal(on(0, take).ack, SPI, "... and acknowledged there");
    gic_eoi(SPI);
    check_equal(gic_state(SPI), INACTIVE, "... and ended there");
}

int main(void)
{
    smp_start(0);
    unsigned last = smp_started() - 1;
    printf("INFO: %u vCPUs, last affinity 0x%lx\n", last + 1, cpus[last].affinity);
    test_each();
    test_move_pending(last);
    test_active_stays(last);
    return test_result();
}
