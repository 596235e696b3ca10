/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 52: the ITS is off.
 *
 * Tables may only change while the ITS is off, so the driver turns it off, changes one, and goes
 * on. An ITS that is off carries out no commands and takes no messages (IHI 0069, GITS_CTLR).
 */
#include "images/lessons/lesson.h"
#include "images/lib/its.h"

#define DEVICE 7
#define EVENT  0

/* Memory attributes of the device table. */
static void change_table(void)
{
    u64 reg = BOARD_GITS + its_baser(GITS_BASER_DEVICE);

    its_enable(false);
    mmio_write64(reg, mmio_read64(reg) & ~(7ull << 53));
#ifdef MENDED
    its_enable(true);
#endif
}

/* The command INT stands for the device. */
static void device_speaks(void)
{
    its_queue_put((struct its_command){{ITS_INT | (u64)DEVICE << 32, EVENT, 0, 0}});
    its_queue_announce();
}

int main(void)
{
    its_init();
    lpi_cpu_init();
    gic_on(INTID_LPI, count_interrupt);
    lpi_configure(INTID_LPI, PRIO_DEFAULT, true);
    its_mapd(DEVICE, 2);
    its_mapti(DEVICE, EVENT, INTID_LPI, 0);
    change_table();
    irq_unmask();
    device_speaks();
    wait_until(taken, PATIENCE_MS);
    return lesson_end(taken, "the device's message came", "the device's message did not come");
}
