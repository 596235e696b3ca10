/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * timer-tick: a periodic interrupt from the virtual timer, waited for in WFI.
 *
 * Shows the way of a level-sensitive PPI: the comparator raises the line, the handler moves the
 * comparator (which lowers the line) before the library ends the interrupt, and WFI sleeps until
 * the next. Ticks are 10 ms of virtual time apart, without drift: each deadline is the last plus
 * a period.
 * Run:      irqlab run -kernel timer-tick.elf -semihosting -nographic
 * Expected: tick 1 .. tick 10, then "10 ticks in 100 ms" (a few ms more on a loaded host)
 */
#include "images/lib/gic.h"
#include "images/lib/print.h"
#include "images/lib/smp.h"
#include "images/lib/timer.h"

#define TICKS     10
#define PERIOD_MS 10

static volatile unsigned ticks;

static void on_tick(u32 intid, struct exc_frame *frame)
{
    (void)intid;
    (void)frame;
    ticks++;
    write_sysreg(read_sysreg(cntv_cval_el0) + ms_to_ticks(PERIOD_MS), cntv_cval_el0);
    isb();
}

/* IRQs are masked while `ticks` is tested: WFI wakes all the same, so no tick can slip between. */
static void wait_for_tick(unsigned n)
{
    while (ticks < n) {
        wfi();
        irq_unmask();
        irq_mask();
    }
}

int main(void)
{
    gic_on(INTID_CNTV, on_tick);
    gic_setup(INTID_CNTV, PRIO_DEFAULT, false);
    u64 start = counter_virtual();
    virtual_timer_arm(ms_to_ticks(PERIOD_MS));
    for (unsigned n = 1; n <= TICKS; n++) {
        wait_for_tick(n);
        printf("tick %u\n", n);
    }
    virtual_timer_stop();
    printf("%u ticks in %lu ms\n", ticks, (counter_virtual() - start) * 1000 / counter_hz());
    return ticks == TICKS ? 0 : 1;
}
