/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "images/lib/psci.h"
#include "images/lib/smp.h"

/* SMC Calling Convention (DEN 0028): x0..x17 may be changed by the callee. */
#define SMCCC_CALL(instruction)                                                                    \
    __asm__ volatile(instruction                                                                   \
                     : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)                                      \
                     :                                                                             \
                     : "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14",      \
                       "x15", "x16", "x17", "memory")

s64 psci_call(u32 function, u64 a1, u64 a2, u64 a3)
{
    register u64 x0 __asm__("x0") = function;
    register u64 x1 __asm__("x1") = a1;
    register u64 x2 __asm__("x2") = a2;
    register u64 x3 __asm__("x3") = a3;
    if (boot.psci_smc)
        SMCCC_CALL("smc #0");
    else
        SMCCC_CALL("hvc #0");
    return (s32)x0;
}
