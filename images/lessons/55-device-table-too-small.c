/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 55: a DeviceID beyond the device table.
 *
 * The library gives the ITS a device table of 64 KiB, with 8 bytes for each DeviceID. This device
 * sits on bus 64, so its DeviceID is 0x4000, and the table ends at 0x1fff (IHI 0069,
 * GITS_BASER<n>).
 */
#include "images/lessons/lesson.h"
#include "images/lib/its.h"

#define DEVICE 0x4000
#define EVENT  0

static u8 large_table[4 * ITS_TABLE_BYTES] __attribute__((aligned(0x10000)));

/* The device table: so many pages of 64 KiB. Their contents are the ITS's: zeroed here, by .bss. */
static void give_device_table(unsigned pages)
{
    its_enable(false);
    mmio_write64(BOARD_GITS + its_baser(GITS_BASER_DEVICE), GITS_BASER_VALID | (u64)large_table |
                                                                1ull << 10 | 7ull << 59 |
                                                                GITS_BASER_PAGE_64K | (pages - 1));
    its_enable(true);
}

#ifdef MENDED
#define PAGES 4
#else
#define PAGES 1
#endif

int main(void)
{
    its_init();
    lpi_cpu_init();
    gic_on(INTID_LPI, count_interrupt);
    lpi_configure(INTID_LPI, PRIO_DEFAULT, true);
    give_device_table(PAGES);
    its_mapc(0, 0);
    its_mapd(DEVICE, 2);
    its_mapti(DEVICE, EVENT, INTID_LPI, 0);
    irq_unmask();
    its_int(DEVICE, EVENT); /* the command INT: stands for the device */
    wait_until(taken, PATIENCE_MS);
    return lesson_end(taken, "the device's message came", "the device's message did not come");
}
