/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 31: two cores change one register.
 *
 * Each core gives its own device a priority. Four interrupts share a word of GICD_IPRIORITYR, and
 * the driver reads the word, changes a byte and writes it back. When both do so at once, one of
 * them writes the other's old byte: that device keeps the lowest priority and is never heard. There
 * is an access that touches no neighbour: a byte (IHI 0069, GICD_IPRIORITYR<n>).
 */
#include "images/lessons/lesson.h"
#include "images/lib/atomic.h"

#define THIS     INTID_DEVICE
#define OTHER    (INTID_DEVICE + 1)
#define ROUNDS   2000
#define PRIO_OFF 0xf8 /* nobody listens to it */

static struct barrier together;

static void set_priority(u32 intid, u8 priority)
{
    u64 reg = BOARD_GICD + GICD_IPRIORITYR + intid;
#ifdef MENDED
    mmio_write8(reg, priority);
#else
    unsigned shift = 8 * (reg & 3);
    u32 word = mmio_read32(reg & ~3ull);
    mmio_write32(reg & ~3ull, (word & ~(0xffu << shift)) | (u32)priority << shift);
#endif
}

/* Both cores: as drivers do when devices come and go, until a priority is lost. */
static void devices_come(void *arg)
{
    u32 mine = *(u32 *)arg;
    for (unsigned round = 0; round < ROUNDS; round++) {
        if (mine == THIS)
            mmio_write32(BOARD_GICD + GICD_IPRIORITYR + THIS, PRIO_OFF * 0x01010101u);
        barrier_wait(&together, 2);
        set_priority(mine, PRIO_DEFAULT);
        barrier_wait(&together, 2);
        bool lost = gic_get_priority(OTHER) != PRIO_DEFAULT;
        barrier_wait(&together, 2);
        if (lost)
            return;
    }
}

int main(void)
{
    u32 devices[] = {THIS, OTHER};
    gic_on(OTHER, count_interrupt);
    gic_setup(OTHER, PRIO_DEFAULT, true);
    smp_start(2);
    smp_run(1, devices_come, &devices[1]);
    devices_come(&devices[0]);
    smp_wait(1);
    irq_unmask();
    gic_set_pending(OTHER); /* stands for the device */
    wait_until(taken, PATIENCE_MS);
    return lesson_end(taken, "both devices are heard",
                      "the other core's device is not heard: its priority was lost");
}
