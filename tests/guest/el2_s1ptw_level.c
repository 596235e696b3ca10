/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A stage 2 fault on a stage 1 table walk reports the level of the stage 2 lookup that failed
 * (DDI 0487, ESR_EL2.DFSC; the fault record is stage 2's). qemu 7.2 reports the stage 1 level.
 */
#include "tests/guest/el2_stage2.h"

BOOT_EL(2);

int main(void)
{
    el1_setup();
    stage2_setup();
    struct guest g = run_with_missing_table();
    check_equal(ESR_FSC(g.esr), FSC_TRANSLATION + 3,
                "the hole is at level 3 of stage 2, and so is the fault");
    set_hcr(HCR_HOST);
    return test_result();
}
