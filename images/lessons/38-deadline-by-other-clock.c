/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 38: a deadline by one clock, a timer on another.
 *
 * A hypervisor lets its guest's virtual time begin at 0 (CNTVOFF_EL2). The guest reads the physical
 * counter, adds a millisecond, and gives that to the virtual timer, which compares it with virtual
 * time: the tick is late by the offset (DDI 0487, CNTVOFF_EL2, CNTV_CVAL_EL0).
 */
#include "images/lessons/lesson.h"

#define HCR_RW       BIT(31)
#define BOTH_ALLOWED 3 /* CNTHCTL_EL2.EL1PCTEN, EL1PCEN */
#define UP_MS        30
#define WAIT_MS      10

BOOT_EL(2);

static void hypervisor(void)
{
    delay_ms(UP_MS); /* it has been up for a while */
    write_sysreg(HCR_RW, hcr_el2);
    write_sysreg(BOTH_ALLOWED, cnthctl_el2);
    write_sysreg(counter_physical(), cntvoff_el2);
    drop_to_el1();
}

static void arm_tick(u64 ticks)
{
#ifdef MENDED
    u64 now = counter_virtual();
#else
    u64 now = counter_physical();
#endif
    write_sysreg(now + ticks, cntv_cval_el0);
    write_sysreg(TIMER_ENABLE, cntv_ctl_el0);
    isb();
}

static int guest(void)
{
    arm_tick(ms_to_ticks(1));
    irq_unmask();
    wait_until(taken, WAIT_MS);
    return lesson_end(taken, "tick", "10 ms have gone, and the tick of 1 ms did not come");
}

int main(void)
{
    gic_on(INTID_CNTV, count_tick);
    gic_setup(INTID_CNTV, PRIO_DEFAULT, false);
    hypervisor();
    return guest();
}
