/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench el2-timer-el02: n times a host with VHE programs the guest's timer by its EL02 names, CVAL
 * and CTL, as for each guest that it loads. For -cpu max. E2H changes the regime that main() runs
 * in: the loop touches no memory, with the MMU off.
 */
#include "images/bench/el2.h"
#include "images/lib/fdt.h"
#include "images/lib/mmu.h"

#define HCR_E2H BIT(34)

int main(void)
{
    u64 n = bootarg_u64("n", 1000), done = 0, cval = 1ull << 60;
    u64 hcr = read_sysreg(hcr_el2);

    mmu_disable();
    __asm__ volatile("msr hcr_el2, %2\n"
                     "isb\n"
                     "1: add %1, %1, #1\n"
                     "add %0, %0, #1\n"
                     "msr s3_5_c14_c3_2, %1\n" /* CNTV_CVAL_EL02 */
                     "msr s3_5_c14_c3_1, %4\n" /* CNTV_CTL_EL02 */
                     "cmp %0, %5\n"
                     "b.lo 1b\n"
                     "msr s3_5_c14_c3_1, xzr\n"
                     "msr hcr_el2, %3\n"
                     "isb\n"
                     : "+r"(done), "+r"(cval)
                     : "r"(hcr | HCR_E2H), "r"(hcr), "r"(1ull), "r"(n)
                     : "cc", "memory");
    mmu_enable();
    return el2_result(done, n);
}
