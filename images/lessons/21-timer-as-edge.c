/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 21: a timer's output taken for an edge.
 *
 * The device tree says that the timer is edge-triggered, and the kernel configures it so. All is
 * well until a tick is late: when the handler sets a deadline that has gone by already, the timer's
 * output stays up, there is no further edge, and time stands still (DDI 0487, CNTV_CTL_EL0;
 * IHI 0069, GICR_ICFGR1).
 */
#include "images/lessons/lesson.h"

#define PERIOD_MS 2
#define TICKS     8

#ifdef MENDED
#define EDGE false
#else
#define EDGE true
#endif

static void on_tick(u32 intid, struct exc_frame *frame)
{
    count_interrupt(intid, frame);
    write_sysreg(read_sysreg(cntv_cval_el0) + ms_to_ticks(PERIOD_MS), cntv_cval_el0);
    isb();
}

int main(void)
{
    gic_on(INTID_CNTV, on_tick);
    gic_setup(INTID_CNTV, PRIO_DEFAULT, EDGE);
    virtual_timer_arm(ms_to_ticks(PERIOD_MS));
    delay_ms(5 * PERIOD_MS); /* a long critical section */
    irq_unmask();
    wait_until(taken >= TICKS, PATIENCE_MS);
    return lesson_end(taken >= TICKS, "time goes on", "time stands still");
}
