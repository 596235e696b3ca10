/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 59: the queue stands still at a bad command.
 *
 * An ITS may stop at a command that is in error until software has replaced it
 * (GITS_CREADR.Stalled). A driver discards an event that was never mapped, to be on the safe side,
 * and looks at nothing: what comes behind is never carried out (IHI 0069 5.3, GITS_CREADR).
 */
#include "images/lessons/lesson.h"
#include "images/lib/its.h"

#define DEVICE 7
#define EVENT  0
#define OTHER  1

/* In the queue, announced, and not waited for. @word: its second doubleword. */
static void command(enum its_opcode opcode, u64 word)
{
    its_queue_put((struct its_command){{opcode | (u64)DEVICE << 32, word, 0, 0}});
    its_queue_announce();
}

/* Nothing is mapped for it, and so it shall be. */
static void tidy_up(void)
{
#ifndef MENDED
    command(ITS_DISCARD, OTHER);
#endif
}

int main(void)
{
    its_init();
    lpi_cpu_init();
    gic_on(INTID_LPI, count_interrupt);
    lpi_configure(INTID_LPI, PRIO_DEFAULT, true);
    its_mapd(DEVICE, 2);
    tidy_up();
    command(ITS_MAPTI, EVENT | (u64)INTID_LPI << 32);
    irq_unmask();
    command(ITS_INT, EVENT); /* stands for the device */
    wait_until(taken, PATIENCE_MS);
    return lesson_end(taken, "the device's message came", "the device's message did not come");
}
