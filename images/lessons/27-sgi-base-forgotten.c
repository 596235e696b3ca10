/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 27: a redistributor has two frames.
 *
 * The registers of SGIs and PPIs are in the second one, 64 KiB behind the first (SGI_base). A
 * driver writes the timer's enable bit at the right offset of the wrong frame, where nothing is:
 * hardware ignores it without a sound, and so does qemu (IHI 0069, GICR_ISENABLER0).
 */
#include "images/lessons/lesson.h"

#ifdef MENDED
#define SGI_BASE 0x10000
#else
#define SGI_BASE 0
#endif

static void timer_init(void)
{
    gic_set_priority(INTID_CNTV, PRIO_DEFAULT);
    mmio_write32(this_cpu()->gicr + SGI_BASE + GICD_ISENABLER, BIT(INTID_CNTV));
    virtual_timer_arm(ms_to_ticks(1));
}

int main(void)
{
    gic_on(INTID_CNTV, count_tick);
    timer_init();
    irq_unmask();
    wait_until(taken, PATIENCE_MS);
    return lesson_end(taken, "tick", "the timer's interrupt did not come");
}
