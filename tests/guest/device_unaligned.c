/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An unaligned access to Device memory takes an alignment fault whatever SCTLR_EL1.A says
 * (DDI 0487 B2, "Alignment"). qemu 7.2 lets it through.
 */
#include "images/lib/board.h"
#include "images/lib/exc.h"
#include "images/lib/gic.h"
#include "images/lib/smp.h"
#include "images/lib/test.h"

int main(void)
{
    u64 addr = BOARD_GICD + GICD_TYPER + 1;
    struct exc_info info = PROBE((void)mmio_read32(addr));
    check(info.taken && ESR_EC(info.esr) == EC_DABT && ESR_FSC(info.esr) == FSC_ALIGNMENT &&
              info.far == addr,
          "an unaligned load from a device takes an alignment fault");
    info = PROBE(mmio_write32(addr, 0));
    check(info.taken && ESR_FSC(info.esr) == FSC_ALIGNMENT, "so does an unaligned store");
    return test_result();
}
