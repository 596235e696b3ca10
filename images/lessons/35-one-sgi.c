/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 35: an SGI that nobody has enabled.
 *
 * A core sends an interrupt to itself. It has a handler, it listens, its message arrives and is
 * pending; but each interrupt has a switch of its own, which is off after reset, for the ones that
 * software sends as well (IHI 0069, GICR_ISENABLER0).
 */
#include "images/lessons/lesson.h"

#define MESSAGE 1 /* the number of the interrupt */

/* The handler: the library calls it when interrupt MESSAGE comes. */
static void on_message(u32 intid, struct exc_frame *frame)
{
    count_interrupt(intid, frame); /* taken++ */
    printf("interrupt %u came\n", intid);
}

int main(void)
{
    gic_on(MESSAGE, on_message); /* who handles it */
#ifdef MENDED
    gic_enable(MESSAGE); /* let it through */
#endif
    irq_unmask();                         /* this core listens to interrupts */
    gic_send_sgi(MESSAGE, my_affinity()); /* send it, to myself */
    wait_until(taken, PATIENCE_MS);
    return lesson_end(taken, "my own message has reached me", "nothing came");
}
