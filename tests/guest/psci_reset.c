/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SYSTEM_RESET starts the machine again: entry state, interrupt controller, timers and the other
 * vCPUs as at power-on. RAM that no loader writes keeps its contents (a warm reset), which is how
 * the second run knows that it is the second.
 */
#include "images/lib/atomic.h"
#include "images/lib/mmu.h"
#include "images/lib/psci.h"
#include "images/lib/test.h"
#include "images/lib/timer.h"
#include "tests/guest/gic_poll.h"

#define MAGIC 0x5265736574ull

/* RAM above the image and below the least -m. */
static u64 *const runs = (u64 *)0x47f00000;

static void idle_with_timer(void *arg)
{
    (void)arg;
    virtual_timer_arm(ms_to_ticks(1));
    for (;;)
        wfi();
}

static void first_run(void)
{
    runs[0] = MAGIC;
    runs[1] = 1;
    smp_start(2);
    smp_run(1, idle_with_timer, NULL);
    gic_setup(SPI, PRIO_HIGH, true);
    gic_set_pending(SPI);
    gic_ack();
    virtual_timer_arm(ms_to_ticks(1));
    printf("INFO: resetting\n");
    psci_call(PSCI_SYSTEM_RESET, 0, 0, 0);
    check(false, "SYSTEM_RESET does not return");
}

static void second_run(void)
{
    check(true, "after SYSTEM_RESET the image starts again");
    check_equal(psci_call(PSCI_AFFINITY_INFO, cpus[1].affinity, 0, 0), PSCI_AFF_OFF,
                "the other vCPU is off again");
    check_equal(read_sysreg(cntv_ctl_el0) & TIMER_ENABLE, 0, "the virtual timer is off");
    check_equal(rpr(), 0xff, "no interrupt priority is active");
    check_equal(gic_state(SPI), INACTIVE, "the SPI that was active is inactive");
    smp_start(2);
    check(cpus[1].online, "the other vCPU can be started again");
}

int main(void)
{
    if (runs[0] == MAGIC && runs[1] == 1) {
        runs[0] = 0;
        second_run();
    } else {
        first_run();
    }
    return test_result();
}
