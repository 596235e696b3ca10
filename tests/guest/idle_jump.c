/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When every vCPU waits, time goes on: 10 seconds of virtual time in WFI pass without a busy wait.
 * (In irqlab the clock jumps; the test's time-out in CTest would not allow for an hour.)
 */
#include "images/lib/atomic.h"
#include "images/lib/test.h"
#include "images/lib/timer.h"
#include "tests/guest/gic_poll.h"

static u64 woken_after[CPU_MAX];

/* vCPU n sleeps (n + 1) seconds more than the base. */
static void sleep_long(void *arg)
{
    u64 ms = *(u64 *)arg + 1000 * this_cpu()->index;
    u64 start = counter_virtual();
    gic_setup(INTID_CNTV, PRIO_DEFAULT, false);
    virtual_timer_arm(ms_to_ticks(ms));
    while (!irq_is_signalled())
        wfi();
    woken_after[this_cpu()->index] = (counter_virtual() - start) * 1000 / counter_hz();
    virtual_timer_stop();
    gic_disable(INTID_CNTV);
}

int main(void)
{
    u64 ms = 10000;
    sleep_long(&ms);
    check(woken_after[0] >= ms && woken_after[0] < ms + 100,
          "a timer 10 s ahead ends WFI after 10 s of virtual time, not earlier (%lu ms)",
          woken_after[0]);
    smp_start(0);
    smp_run_all(sleep_long, &ms);
    for (unsigned i = 0; i < smp_started(); i++)
        check(woken_after[i] >= ms + 1000 * i && woken_after[i] < ms + 1000 * i + 100,
              "with all vCPUs asleep, vCPU %u wakes at its own deadline (%lu ms)", i,
              woken_after[i]);
    return test_result();
}
