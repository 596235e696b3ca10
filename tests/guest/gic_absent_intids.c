/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Register fields of INTIDs above what GICD_TYPER.ITLinesNumber announces are RES0, and they cannot
 * be pended (IHI 0069, GICD_TYPER).
 */
#include "images/lib/smp.h"
#include "images/lib/test.h"
#include "tests/guest/gic_poll.h"

int main(void)
{
    u32 beyond = 32 + gic_nr_spis();
    if (!check(beyond <= 960, "some INTIDs below 1020 are not implemented"))
        return test_result();
    gic_enable(beyond);
    check(!gic_is_enabled(beyond), "enable bits of INTIDs that do not exist are RES0");
    gic_set_pending(beyond);
    check(!irq_is_signalled() && hppir1() == INTID_SPURIOUS, "they cannot be signalled");
    return test_result();
}
