/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 14: the lowest priority is no priority.
 *
 * A background device gets priority 0xfe, and the mask is wide open at 0xff. Where five bits of
 * priority are implemented both are 0xf8, and an interrupt has to be above the mask, not level
 * with it: this one can never be signalled (IHI 0069, ICC_PMR_EL1).
 */
#include "images/lessons/lesson.h"

#define DEVICE INTID_DEVICE

#ifdef MENDED
#define PRIO_BACKGROUND 0xf0
#else
#define PRIO_BACKGROUND 0xfe
#endif

int main(void)
{
    gic_on(DEVICE, count_interrupt);
    gic_setup(DEVICE, PRIO_BACKGROUND, true);
    write_sysreg(0xff, ICC_PMR_EL1);
    irq_unmask();
    gic_set_pending(DEVICE); /* stands for the device */
    wait_until(taken, PATIENCE_MS);
    return lesson_end(taken, "the device has been served", "the device's interrupt did not come");
}
