/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 22: two bits for each interrupt, and the upper one counts.
 *
 * One alarm, then no more: the clock's SPI is to be edge-triggered, so that its handler can leave
 * the clock as it is. In GICD_ICFGR<n> a field of two bits belongs to each interrupt; 2 is "edge",
 * and bit 0 is reserved. The driver writes 1: the interrupt stays level-sensitive and comes for
 * ever (IHI 0069, GICD_ICFGR<n>).
 */
#include "images/lessons/lesson.h"

#define ALARM    INTID_PL031
#define TOO_MANY 1000

/* The board's clock, a PL031. */
#define RTCDR   0x00
#define RTCMR   0x04
#define RTCIMSC 0x10

#ifdef MENDED
#define ICFGR_EDGE 2u
#else
#define ICFGR_EDGE 1u
#endif

static void set_edge(u32 spi)
{
    u64 reg = BOARD_GICD + GICD_ICFGR + spi / 16 * 4;
    mmio_write32(reg, mmio_read32(reg) | ICFGR_EDGE << (spi % 16 * 2));
}

/* The alarm is now: its line goes up, and nobody takes it down. */
static void alarm_now(void)
{
    mmio_write32(BOARD_PL031 + RTCIMSC, 1);
    mmio_write32(BOARD_PL031 + RTCMR, mmio_read32(BOARD_PL031 + RTCDR));
}

static void on_alarm(u32 intid, struct exc_frame *frame)
{
    count_interrupt(intid, frame);
    if (taken == TOO_MANY)
        guest_exit(lesson_end(false, "", "1000 interrupts for one alarm"));
}

int main(void)
{
    gic_on(ALARM, on_alarm);
    set_edge(ALARM);
    gic_enable(ALARM);
    alarm_now();
    irq_unmask();
    wait_until(taken, PATIENCE_MS);
    delay_ms(1);
    return lesson_end(taken == 1, "one alarm", "not one interrupt for one alarm");
}
