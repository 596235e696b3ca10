/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 22: two bits for each interrupt, and the upper one counts.
 *
 * One alarm, then no more: the timer's PPI is to be edge-triggered, so that its handler can leave
 * the timer as it is. In GICR_ICFGR1 a field of two bits belongs to each interrupt; 2 is "edge",
 * and bit 0 is reserved. The driver writes 1: the interrupt stays level-sensitive and comes for
 * ever (IHI 0069, GICR_ICFGR1).
 */
#include "images/lessons/lesson.h"

#define TOO_MANY 1000

#ifdef MENDED
#define ICFGR_EDGE 2u
#else
#define ICFGR_EDGE 1u
#endif

static void set_edge(u32 ppi)
{
    u64 reg = this_cpu()->gicr + GICR_SGI + GICD_ICFGR + 4;
    mmio_write32(reg, mmio_read32(reg) | ICFGR_EDGE << (ppi % 16 * 2));
}

static void on_alarm(u32 intid, struct exc_frame *frame)
{
    count_interrupt(intid, frame);
    if (taken == TOO_MANY)
        guest_exit(lesson_end(false, "", "1000 interrupts for one alarm"));
}

int main(void)
{
    gic_on(INTID_CNTV, on_alarm);
    gic_setup(INTID_CNTV, PRIO_DEFAULT, false);
    gic_disable(INTID_CNTV);
    set_edge(INTID_CNTV);
    gic_enable(INTID_CNTV);
    virtual_timer_arm(ms_to_ticks(1));
    irq_unmask();
    wait_until(taken, PATIENCE_MS);
    delay_ms(1);
    return lesson_end(taken == 1, "one alarm", "not one interrupt for one alarm");
}
