/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One SPI through its life, a stage every 10 ms, for irqlab why:
 *
 *   10 ms pending, but IRQs are masked     30 ms PMR closed, too
 *   20 ms disabled                         40 ms all opened: taken, ended
 *   50 ms taken again, and not ended       with `forever` on the command line: no end
 *
 * The instructions that close a gate have names of their own: what is reported as the last writer
 * must be exactly them.
 */
#include "images/lib/fdt.h"
#include "images/lib/gic.h"
#include "images/lib/print.h"
#include "images/lib/timer.h"

#define INTID 100 /* no device drives it */

static void wait_for_ms(u64 ms)
{
    while (counter_virtual() < ms_to_ticks(ms))
        __asm__ volatile("yield");
}

static __attribute__((noinline)) void disable(void)
{
    __asm__ volatile(".globl culprit_store\n"
                     ".type culprit_store, %%function\n"
                     "culprit_store: str %w0, [%1]\n"
                     :
                     : "r"(1u << INTID % 32), "r"(BOARD_GICD + GICD_ICENABLER + INTID / 32 * 4)
                     : "memory");
}

static __attribute__((noinline)) void close_mask(void)
{
    __asm__ volatile(".globl culprit_msr\n"
                     ".type culprit_msr, %%function\n"
                     "culprit_msr: msr s3_0_c4_c6_0, %0\n"
                     :
                     : "r"((u64)0x10)
                     : "memory");
}

static void take(bool end)
{
    gic_set_pending(INTID);
    u32 intid = gic_ack();
    if (end)
        gic_eoi(intid);
    printf("taken %u\n", intid);
}

int main(void)
{
    gic_setup(INTID, PRIO_DEFAULT, true);
    wait_for_ms(10);
    gic_set_pending(INTID);
    wait_for_ms(20);
    disable();
    wait_for_ms(30);
    close_mask();
    wait_for_ms(40);
    write_sysreg(0xff, s3_0_c4_c6_0);
    gic_enable(INTID);
    take(true);
    wait_for_ms(50);
    take(false);
    while (bootarg_u64("forever", 0))
        __asm__ volatile("yield");
    return 0;
}
