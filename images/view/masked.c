/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * masked: a timer that ticks every 1 ms, until the priority mask is lowered and it is not heard
 * any more. The vCPU spins on; somebody who raises the mask from outside is thanked.
 *
 * Run:      irqlab top -kernel view-masked.elf -s, and in GDB: set $ICC_PMR_EL1 = 0xff
 * Expected: INTID 27 blocked by priority-mask, then delivered again and again
 */
#include "images/lib/gic.h"
#include "images/lib/print.h"
#include "images/lib/timer.h"

enum { TICKS = 5, PERIOD_MS = 1, MASK = 0x80 }; /* PRIO_DEFAULT is less urgent than the mask */

static volatile unsigned ticks;

static void on_tick(u32 intid, struct exc_frame *frame)
{
    (void)intid, (void)frame;
    ticks++;
    write_sysreg(read_sysreg(cntv_cval_el0) + ms_to_ticks(PERIOD_MS), cntv_cval_el0);
    isb();
}

static void spin_until(unsigned n)
{
    while (ticks < n)
        __asm__ volatile("nop");
}

int main(void)
{
    gic_on(INTID_CNTV, on_tick);
    gic_setup(INTID_CNTV, PRIO_DEFAULT, false);
    virtual_timer_arm(ms_to_ticks(PERIOD_MS));
    irq_unmask();
    spin_until(TICKS);
    write_sysreg(MASK, ICC_PMR_EL1);
    printf("%u ticks; the mask is 0x%x now\n", ticks, MASK);
    spin_until(ticks + 2);
    printf("thank you\n");
    for (;;)
        __asm__ volatile("nop");
}
