/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 41: an interrupt that this GIC does not have.
 *
 * The network's interrupt has another number on each board, and the driver was built for the wrong
 * one. All registers of that number are written, and none of them is there: GICD_TYPER says how
 * many SPIs there are, and what is written beyond is ignored (IHI 0069 2.2, GICD_TYPER).
 */
#include "images/lessons/lesson.h"

enum board { LARGE_BOARD, SMALL_BOARD };

static const u32 network[] = {
    [LARGE_BOARD] = 32 + 400, /* its GIC has 480 shared interrupts */
    [SMALL_BOARD] = 32 + 68,  /* its GIC has 256 */
};

#ifdef MENDED
#define THIS_BOARD SMALL_BOARD
#else
#define THIS_BOARD LARGE_BOARD
#endif

int main(void)
{
    u32 intid = network[THIS_BOARD];

    gic_on(intid, count_interrupt);
    gic_setup(intid, PRIO_DEFAULT, true);
    irq_unmask();
    gic_set_pending(INTID_DEVICE); /* stands for the network, as it is wired here */
    wait_until(taken, PATIENCE_MS);
    return lesson_end(taken, "the network is up", "the network's interrupt did not come");
}
