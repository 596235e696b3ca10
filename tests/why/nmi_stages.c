/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One SPI with superpriority that is not let through, for irqlab why (-cpu max -gic nmi=on), a
 * stage every 10 ms; PSTATE.I is 1 from the start.
 *
 *   10 ms pending, PSTATE.ALLINT is 1          30 ms SCTLR_EL1.NMI is 0: PSTATE.I counts
 *   20 ms ALLINT is 0, SPINTMASK and SP mask   40 ms taken
 */
#include "images/lib/gic.h"
#include "images/lib/timer.h"
#include "tests/guest/nmi.h"

#define INTID 100 /* no device drives it */

static void wait_for_ms(u64 ms)
{
    while (counter_virtual() < ms_to_ticks(ms))
        __asm__ volatile("yield");
}

int main(void)
{
    irq_mask();
    gic_setup(INTID, PRIO_DEFAULT, true);
    superpriority(INTID, true);
    ALLINT_SET();
    nmi_sctlr(SCTLR_NMI);
    gic_set_pending(INTID);
    wait_for_ms(20);
    nmi_sctlr(SCTLR_NMI | SCTLR_SPINTMASK);
    ALLINT_CLR();
    wait_for_ms(30);
    nmi_sctlr(0);
    wait_for_ms(40);
    gic_eoi(gic_ack());
    return 0;
}
