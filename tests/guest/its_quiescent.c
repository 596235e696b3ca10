/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GITS_CTLR.Quiescent follows Enabled after a while (IHI 0069 12.19): software that takes the
 * tables away must wait for it. Runs with --choose its-quiesce=3: three reads see 0; qemu's is
 * always 1.
 */
#include "tests/guest/lpi_poll.h"

static u32 gits_ctlr(void)
{
    return mmio_read32(BOARD_GITS + GITS_CTLR);
}

int main(void)
{
    if (!lpi_start(1))
        return test_result();
    lpi_send(0);
    check_equal(gic_ack(), LPI, "the ITS works");
    gic_eoi(LPI);
    mmio_write32(BOARD_GITS + GITS_CTLR, 0);
    u32 ctlr = gits_ctlr();
    check(!(ctlr & GITS_CTLR_ENABLED), "Enabled reads 0 at once");
    check(!(ctlr & GITS_CTLR_QUIESCENT), "... while Quiescent still reads 0");
    unsigned reads = 1;
    while (reads < 1000 && !(gits_ctlr() & GITS_CTLR_QUIESCENT))
        reads++;
    check_equal(reads, 3, "Quiescent reads 1 after as many reads as were chosen");
    check(gits_ctlr() & GITS_CTLR_QUIESCENT, "... and stays 1");
    its_enable(true);
    lpi_send(0);
    check_equal(gic_ack(), LPI, "enabled again, the ITS works as before");
    gic_eoi(LPI);
    return test_result();
}
