/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 28: the first redistributor is not mine.
 *
 * Firmware takes the first redistributor in memory for its own, which was right on the machine
 * where it was written. Here it runs on another core than the first: it enables the timer's
 * interrupt for a neighbour. Which frame is whose is in GICR_TYPER.Affinity_Value (IHI 0069,
 * GICR_TYPER).
 */
#include "images/lessons/lesson.h"

#define WE 1 /* the core on which this firmware runs */

static u64 my_redistributor(void)
{
#ifdef MENDED
    return gic_find_redist(my_affinity());
#else
    return BOARD_GICR;
#endif
}

static void timer_init(void)
{
    mmio_write32(my_redistributor() + GICR_SGI + GICD_ISENABLER, BIT(INTID_CNTV));
    virtual_timer_arm(ms_to_ticks(1));
}

static void firmware(void *arg)
{
    timer_init();
    listen(arg);
}

int main(void)
{
    gic_on(INTID_CNTV, count_tick);
    smp_start(WE + 1);
    smp_run(WE, firmware, NULL);
    smp_wait(WE);
    return lesson_end(taken, "tick", "the timer's interrupt did not come");
}
