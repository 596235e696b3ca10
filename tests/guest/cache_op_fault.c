/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cache maintenance by address translates the address, and faults like a write with ESR.CM set
 * (DDI 0487 D8, "Cache maintenance instructions"; ESR_EL1). qemu 7.2 takes it for a NOP.
 */
#include "images/lib/exc.h"
#include "images/lib/mmu.h"
#include "images/lib/smp.h"
#include "images/lib/test.h"

#define UNMAPPED (MMU_TEST_VA + 0x1000040)

static bool is_cache_fault(const struct exc_info *info)
{
    return info->taken && ESR_EC(info->esr) == EC_DABT && info->far == UNMAPPED &&
           (info->esr & BIT(8)) && (info->esr & ESR_WNR);
}

int main(void)
{
    static u64 word;
    struct exc_info info = PROBE(__asm__ volatile("dc cvac, %0" : : "r"(&word) : "memory"));
    check(!info.taken, "DC CVAC of mapped memory works");
    info = PROBE(__asm__ volatile("dc cvac, %0" : : "r"(UNMAPPED) : "memory"));
    check(is_cache_fault(&info), "DC CVAC of nowhere: translation fault with CM and WnR");
    info = PROBE(__asm__ volatile("dc civac, %0" : : "r"(UNMAPPED) : "memory"));
    check(is_cache_fault(&info), "so with DC CIVAC");
    return test_result();
}
