/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 34: pending, enabled, the highest of all, and the core sleeps on.
 *
 * A core goes to sleep in WFI with its priority mask still as a critical section had it. The timer
 * fires; ICC_HPPIR1_EL1 says 30, since that register does not look at the mask. But what the mask
 * hides is not signalled, and does not end a WFI (IHI 0069, ICC_HPPIR1_EL1, ICC_PMR_EL1; DDI 0487,
 * "Wait for Interrupt"). The other core sees it sleep.
 */
#include "images/lessons/lesson.h"

#define SLEEPER       1
#define PMR_URGENT    0x50
#define pending_now() gic_is_pending(INTID_CNTP)

static void on_timer(u32 intid, struct exc_frame *frame)
{
    count_interrupt(intid, frame);
    physical_timer_stop();
}

static void critical_section(void)
{
    write_sysreg(PMR_URGENT, ICC_PMR_EL1);
    isb();
    /* ... what only urgent interrupts may interrupt ... */
#ifdef MENDED
    write_sysreg(PRIO_IDLE, ICC_PMR_EL1);
    isb();
#endif
}

static void sleep(void *arg)
{
    (void)arg;
    gic_setup(INTID_CNTP, PRIO_DEFAULT, false);
    critical_section();
    physical_timer_arm(0);
    wait_until(pending_now(), PATIENCE_MS);
    printf("INTID 30 pending: %u, HPPIR: %u\n", pending_now(),
           (unsigned)read_sysreg(ICC_HPPIR1_EL1));
    while (!taken) {
        wfi();
        irq_unmask();
        irq_mask();
    }
}

int main(void)
{
    gic_on(INTID_CNTP, on_timer);
    smp_start(2);
    smp_run(SLEEPER, sleep, NULL);
    wait_until(taken, 2 * PATIENCE_MS);
    return lesson_end(taken, "vCPU 1 woke up", "vCPU 1 is still in WFI");
}
