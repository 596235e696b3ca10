/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A VMM restores this guest's time; see README.md. */
#include "images/lib/race.h"
#include "images/lib/smp.h"
#include "images/lib/timer.h"

int main(void)
{
    race_begin();
    u64 offset = race_call_vmm(1, 0, 0);
    u64 before = counter_physical(), virtual = counter_virtual(), after = counter_physical();
    race_assert(virtual - (before - offset) <= after - before,
                "CNTVCT is CNTPCT and the offset that was set");
    race_end();
    return 0;
}
