/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SCR_EL3.EA: an external abort of the normal world comes to EL3 first, which hands it down.
 */
#include "images/lib/board.h"
#include "images/lib/exc.h"
#include "images/lib/psci.h"
#include "images/lib/test.h"
#include "images/monitor/services.h"

static u64 handed_down(void)
{
    return (u64)psci_call(SERVICE_COUNT, COUNT_HANDED_DOWN, 0, 0);
}

int main(void)
{
    u64 before = handed_down();
    struct exc_info e = PROBE((void)mmio_read32(BOARD_HOLE + 4));
    check(e.taken && ESR_EC(e.esr) == EC_DABT && ESR_FSC(e.esr) == FSC_EXTERNAL,
          "a read of nothing is an external abort here");
    check_equal(e.far, BOARD_HOLE + 4, "... with its address");
    check_equal(handed_down(), before + 1, "... and EL3 saw it first");
    return test_result();
}
