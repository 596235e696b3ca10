/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SGIs with one security state (IHI 0069 8.1.10, forwarding of SGIs with GICD_CTLR.DS = 1):
 * ICC_SGI1R_EL1 generates SGIs of either group, ICC_ASGI1R_EL1 and ICC_SGI0R_EL1 those of Group 0
 * alone, since there is no other Group 1. KVM's access_gic_sgi() reads the table the same way; qemu
 * drops a Group 0 SGI that was asked for by ICC_SGI1R_EL1.
 */
#include "images/lib/smp.h"
#include "images/lib/test.h"
#include "tests/guest/gic_poll.h"

enum { SGI_G0 = 3, SGI_G1 = 4 };

static bool pends(u32 intid)
{
    isb();
    bool pending = gic_is_pending(intid);
    gic_clear_pending(intid);
    return pending;
}

int main(void)
{
    gic_set_group(SGI_G0, 0);
    gic_set_group(SGI_G1, 1);
    write_sysreg(gic_sgi1r(SGI_G1, my_affinity()), ICC_SGI1R_EL1);
    check(pends(SGI_G1), "ICC_SGI1R_EL1 pends an SGI of Group 1");
    write_sysreg(gic_sgi1r(SGI_G0, my_affinity()), ICC_SGI1R_EL1);
    check(pends(SGI_G0), "ICC_SGI1R_EL1 pends an SGI of Group 0");
    write_sysreg(gic_sgi1r(SGI_G0, my_affinity()), S3_0_C12_C11_6);
    check(pends(SGI_G0), "ICC_ASGI1R_EL1 pends an SGI of Group 0");
    write_sysreg(gic_sgi1r(SGI_G1, my_affinity()), S3_0_C12_C11_6);
    check(!pends(SGI_G1), "ICC_ASGI1R_EL1 does not pend an SGI of Group 1");
    return test_result();
}
