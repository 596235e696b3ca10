/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * preempt: a handler is interrupted by a more urgent interrupt, not by an equal one.
 *
 * Shows the running priority at work. The handler of a low-priority SGI raises, in turn, an SPI of
 * equal priority and one of higher priority, with PSTATE.I clear. The equal one waits until the
 * handler has ended; the urgent one is taken at once, inside it (IHI 0069, "Preemption").
 * Run:      irqlab run -kernel preempt.elf -semihosting -nographic
 * Expected: SGI in, running priority 0xa0
 *             SPI 61 raised, priority 0xa0: waits
 *             SPI 60 raised, priority 0x40
 *               SPI 60 in, running priority 0x40
 *               SPI 60 out
 *           SGI out, running priority 0xa0
 *               SPI 61 in, running priority 0xa0
 *               SPI 61 out
 *           idle, running priority 0xff
 */
#include "images/lib/gic.h"
#include "images/lib/print.h"
#include "images/lib/smp.h"

#define SGI_SLOW   3
#define SPI_URGENT INTID_FREE_SPI
#define SPI_EQUAL  (INTID_FREE_SPI + 1)

static volatile unsigned order[3], taken;

static unsigned running_priority(void)
{
    return read_sysreg(ICC_RPR_EL1);
}

static void on_spi(u32 intid, struct exc_frame *frame)
{
    (void)frame;
    order[taken++] = intid;
    printf("    SPI %u in, running priority 0x%02x\n", intid, running_priority());
    printf("    SPI %u out\n", intid);
}

static void on_slow(u32 intid, struct exc_frame *frame)
{
    (void)frame;
    printf("SGI in, running priority 0x%02x\n", running_priority());
    irq_unmask();
    printf("  SPI %u raised, priority 0x%02x: waits\n", SPI_EQUAL, PRIO_DEFAULT);
    gic_set_pending(SPI_EQUAL);
    isb();
    printf("  SPI %u raised, priority 0x%02x\n", SPI_URGENT, PRIO_HIGH);
    gic_set_pending(SPI_URGENT);
    isb();
    irq_mask();
    order[taken++] = intid;
    printf("SGI out, running priority 0x%02x\n", running_priority());
}

int main(void)
{
    gic_on(SGI_SLOW, on_slow);
    gic_on(SPI_EQUAL, on_spi);
    gic_on(SPI_URGENT, on_spi);
    gic_setup(SGI_SLOW, PRIO_DEFAULT, true);
    gic_setup(SPI_EQUAL, PRIO_DEFAULT, true);
    gic_setup(SPI_URGENT, PRIO_HIGH, true);
    irq_unmask();
    gic_send_sgi(SGI_SLOW, my_affinity());
    while (taken < 3)
        __asm__ volatile("yield");
    irq_mask();
    printf("idle, running priority 0x%02x\n", running_priority());
    return order[0] == SPI_URGENT && order[1] == SGI_SLOW && order[2] == SPI_EQUAL ? 0 : 1;
}
