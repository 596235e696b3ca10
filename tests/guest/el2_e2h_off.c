/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * With HCR_EL2.E2H = 0 the _EL12 and _EL02 names are UNDEFINED at EL2 (DDI 0487 D8; the accessor
 * pseudocode of each register). qemu 7.2 lets them through.
 */
#include "tests/guest/el2_guest.h"

BOOT_EL(2);

int main(void)
{
    struct exc_info info = PROBE((void)read_sysreg(s3_5_c4_c0_1));
    check(info.taken && info.esr == ESR_IL, "E2H = 0: ELR_EL12 is UNDEFINED");
    info = PROBE((void)read_sysreg(s3_5_c12_c0_0));
    check(info.taken && info.esr == ESR_IL, "E2H = 0: VBAR_EL12 is UNDEFINED");
    info = PROBE((void)read_sysreg(s3_5_c14_c3_1));
    check(info.taken && info.esr == ESR_IL, "E2H = 0: CNTV_CTL_EL02 is UNDEFINED");
    return test_result();
}
