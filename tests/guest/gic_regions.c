/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Redistributors in two regions (IHI 0069 12.11.35, GICR_TYPER.Last): the board's first has room
 * for 123. Needs -smp 125.
 */
#include "images/lib/smp.h"
#include "images/lib/test.h"
#include "tests/guest/gic_poll.h"

static bool is_last(u64 gicr)
{
    return mmio_read64(gicr + GICR_TYPER) & GICR_TYPER_LAST;
}

static void look(void *arg)
{
    *(u32 *)arg = hppir1();
}

int main(void)
{
    unsigned n = boot.cpus, wrong = 0;
    if (!check(n > BOARD_GICR_COUNT, "there are more vCPUs than the first region has room for"))
        return test_result();
    for (unsigned i = 0; i < n; i++)
        wrong += is_last(cpus[i].gicr) != (i == BOARD_GICR_COUNT - 1 || i == n - 1);
    check_equal(wrong, 0, "GICR_TYPER.Last is set in the last redistributor of each region only");
    check_equal(cpus[BOARD_GICR_COUNT].gicr, BOARD_GICR_HIGH, "the next is in the second region");
    u64 typer = mmio_read64(BOARD_GICR_HIGH + GICR_TYPER);
    check_equal(typer >> 8 & 0xffff, BOARD_GICR_COUNT, "... and its Processor_Number goes on");
    smp_start(0);
    u32 seen = 0;
    gic_forget(SPI);
    gic_enable(SPI);
    gic_route(SPI, cpus[n - 1].affinity);
    gic_set_pending(SPI);
    smp_run(n - 1, look, &seen);
    smp_wait(n - 1);
    check_equal(seen, SPI, "an SPI reaches the last vCPU, of the second region");
    gic_clear_pending(SPI);
    mmio_write32(cpus[n - 1].gicr + GICR_SGI + GICD_ISENABLER, BIT(SGI));
    gic_send_sgi(SGI, cpus[n - 1].affinity);
    smp_run(n - 1, look, &seen);
    smp_wait(n - 1);
    check_equal(seen, SGI, "so does an SGI");
    return test_result();
}
