/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 18: the end of an interrupt that was never acknowledged.
 *
 * Two devices share a handler. It acknowledges once, serves every device that is pending and ends
 * each one. The first EOIR, of an interrupt that nobody acknowledged, drops the running priority of
 * the other; the second, for the one that is active, comes when no priority is left to drop, and is
 * ignored. That device is never heard again (IHI 0069, ICC_EOIR1_EL1).
 */
#include "images/lessons/lesson.h"

#define DISK    INTID_DEVICE
#define NETWORK (INTID_DEVICE + 1)

static volatile unsigned served[2];

static void on_irq(struct exc_frame *frame, enum exc_vector vector)
{
    (void)frame;
    (void)vector;
    u32 acknowledged = gic_ack();
    if (acknowledged == INTID_SPURIOUS)
        return;
    for (u32 intid = DISK; intid <= NETWORK; intid++) {
        if (intid != acknowledged && !gic_is_pending(intid))
            continue;
        served[intid - DISK]++;
        gic_clear_pending(intid);
#ifdef MENDED
        if (intid != acknowledged)
            continue;
#endif
        gic_eoi(intid);
    }
}

int main(void)
{
    exc_set_handler(EXC_IRQ, on_irq);
    gic_setup(DISK, PRIO_DEFAULT, true);
    gic_setup(NETWORK, PRIO_HIGH, true);
    gic_set_pending(DISK);
    gic_set_pending(NETWORK); /* both at once: this one is acknowledged */
    irq_unmask();
    wait_until(served[0] && served[1], PATIENCE_MS);
    gic_set_pending(NETWORK); /* and a packet more */
    wait_until(served[1] == 2, PATIENCE_MS);
    return lesson_end(served[1] == 2, "two packets", "the network is dead after one packet");
}
