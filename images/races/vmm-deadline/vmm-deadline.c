/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sleeps in its VMM until CNTVCT is at a value; see README.md. */
#include "images/lib/race.h"
#include "images/lib/smp.h"
#include "images/lib/timer.h"

enum { TICKS = 20000 };

int main(void)
{
    delay_ms(1); /* no counter wraps */
    race_begin();
    u64 until = counter_virtual() + TICKS;
    write_sysreg(until, cntv_cval_el0);
    write_sysreg(TIMER_ENABLE | TIMER_IMASK, cntv_ctl_el0);
    isb();
    race_call_vmm(1, until, 0);
    race_assert(counter_virtual() >= until, "it slept until then");
    race_assert(read_sysreg(cntv_ctl_el0) & TIMER_ISTATUS, "the timer says so, too");
    race_end();
    return 0;
}
