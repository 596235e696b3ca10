/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stage 1 faults of the EL1&0 regime: every level's translation fault, permissions, execute-never,
 * the access flag (DDI 0487 D8).
 */
#include "images/lib/exc.h"
#include "images/lib/mmu.h"
#include "images/lib/smp.h"
#include "images/lib/test.h"
#include "tests/guest/code_insn.h"

static u64 page[512] __attribute__((aligned(4096)));
static u32 code[1024] __attribute__((aligned(4096)));

#define VA (MMU_TEST_VA + 0x5000000)

static void map(u64 va, const void *pa, u64 attrs)
{
    mmu_map(va, (u64)pa, attrs);
    mmu_flush_page(va);
}

static struct exc_info try_load(u64 va)
{
    return PROBE((void)*(volatile u64 *)va);
}

static struct exc_info try_store(u64 va)
{
    return PROBE(*(volatile u64 *)va = 1);
}

static bool is_fault(const struct exc_info *info, enum esr_ec ec, unsigned fsc, u64 far)
{
    bool ok =
        info->taken && ESR_EC(info->esr) == ec && ESR_FSC(info->esr) == fsc && info->far == far;
    if (!ok)
        printf("INFO: taken %u ESR 0x%lx FAR 0x%lx\n", info->taken, info->esr, info->far);
    return ok;
}

static void test_levels(void)
{
    static const u64 vas[] = {0x20000000000, MMU_TEST_VA + 0x1000000000, VA + 0x40000000,
                              VA + 0x1000};
    map(VA, page, MMU_NORMAL);
    *mmu_entry(mmu_root(), 0, vas[2], 2) = 0; /* the level 2 table exists, its entry is 0 */
    dsb(ish);
    isb();
    for (unsigned level = 0; level < 4; level++) {
        struct exc_info info = try_load(vas[level]);
        check(is_fault(&info, EC_DABT, FSC_TRANSLATION + level, vas[level]),
              "no entry at level %u: translation fault of that level", level);
    }
}

static void test_read_only(void)
{
    map(VA, page, MMU_NORMAL | PTE_RO);
    page[1] = 5;
    struct exc_info info = try_load(VA + 8);
    check(!info.taken, "a read-only page can be read");
    info = try_store(VA + 8);
    check(is_fault(&info, EC_DABT, FSC_PERMISSION + 3, VA + 8) && (info.esr & ESR_WNR),
          "a store to it: level 3 permission fault");
    check_equal(page[1], 5, "... and nothing is stored");
    u32 status;
    info = PROBE(__asm__ volatile("ldxr x9, [%1]\n stxr %w0, x9, [%1]"
                                  : "=&r"(status)
                                  : "r"(VA + 8)
                                  : "x9", "memory"));
    check(info.taken && (info.esr & ESR_WNR), "so with STXR");
    info = PROBE(__asm__ volatile("dc zva, %0" : : "r"(VA) : "memory"));
    check(info.taken && page[1] == 5, "so with DC ZVA");
    map(VA, page, MMU_NORMAL);
    info = try_store(VA + 8);
    check(!info.taken && page[1] == 1, "made writable again, the store works");
}

static void test_execute_never(void)
{
    write_function(code, 3);
    map(VA, code, MMU_NORMAL | PTE_PXN);
    struct exc_info info = PROBE(call_at(VA));
    check(is_fault(&info, EC_IABT, FSC_PERMISSION + 3, VA), "PXN: a fetch at EL1 faults");
    check_equal(info.elr, VA, "PXN: ELR is the target");
    map(VA, code, MMU_NORMAL | PTE_UXN);
    check_equal(call_at(VA), 3, "UXN does not hold at EL1");
    map(VA, code, MMU_NORMAL | PTE_EL0);
    info = PROBE(call_at(VA));
    check(is_fault(&info, EC_IABT, FSC_PERMISSION + 3, VA),
          "a page that EL0 may write is not executable at EL1");
    map(VA, code, MMU_NORMAL | PTE_EL0 | PTE_RO);
    check_equal(call_at(VA), 3, "a page that EL0 may only read is");
}

static void test_access_flag(void)
{
    map(VA, page, MMU_NORMAL & ~PTE_AF);
    struct exc_info info = try_load(VA);
    check(is_fault(&info, EC_DABT, FSC_ACCESS_FLAG + 3, VA), "AF = 0: access flag fault");
    map(VA, page, MMU_NORMAL);
    info = try_load(VA);
    check(!info.taken, "AF = 1: none");
}

/* A block's and a table's permissions. */
static void test_hierarchy(void)
{
    u64 va = MMU_TEST_VA + 0x80000000;
    u64 *level2 = mmu_entry(mmu_root(), 0, va, 2);
    mmu_map(va, (u64)page, MMU_NORMAL);
    *level2 |= BIT(62); /* APTable[1]: no writes below */
    mmu_flush_all();
    struct exc_info info = try_store(va);
    check(is_fault(&info, EC_DABT, FSC_PERMISSION + 3, va),
          "APTable makes what is below read-only");
    *level2 = (*level2 & ~BIT(62)) | BIT(59); /* PXNTable */
    mmu_flush_all();
    info = PROBE(call_at(va));
    check(is_fault(&info, EC_IABT, FSC_PERMISSION + 3, va), "PXNTable makes it not executable");
    *level2 = 0x40000000 | MMU_NORMAL | PTE_RO | PTE_VALID;
    mmu_flush_all();
    info = try_store(va + 0x1234 * 8);
    check(is_fault(&info, EC_DABT, FSC_PERMISSION + 2, va + 0x1234 * 8),
          "a read-only 2 MiB block: level 2 permission fault");
    *level2 = 0;
    mmu_flush_all();
}

/* LDTR and STTR are checked as EL0's (PSTATE.UAO = 0). */
static void test_unprivileged(void)
{
    map(VA, page, MMU_NORMAL);
    struct exc_info info = PROBE(__asm__ volatile("ldtr x9, [%0]" : : "r"(VA) : "x9", "memory"));
    check(is_fault(&info, EC_DABT, FSC_PERMISSION + 3, VA), "LDTR of an EL1 page faults");
    map(VA, page, MMU_NORMAL | PTE_EL0);
    info = PROBE(__asm__ volatile("ldtr x9, [%0]" : : "r"(VA) : "x9", "memory"));
    check(!info.taken, "LDTR of an EL0 page works");
    map(VA, page, MMU_NORMAL | PTE_EL0 | PTE_RO);
    info = PROBE(__asm__ volatile("sttr x9, [%0]" : : "r"(VA) : "x9", "memory"));
    check(info.taken && (info.esr & ESR_WNR), "STTR of a read-only EL0 page faults");
}

/* Bytes 0x1000000 apart in TTBR1: the upper half works like the lower. */
static void test_ttbr1(void)
{
    u64 *root = mmu_new_table();
    u64 va = 0xffff000000000000;
    u64 tcr = read_sysreg(tcr_el1);
    page[3] = 0x77;
    *mmu_entry(root, 0, va, 3) = (u64)page | MMU_NORMAL | PTE_TABLE | PTE_VALID;
    write_sysreg((u64)root, ttbr1_el1);
    /* T1SZ 16, TG1 4 KiB, EPD1 off */
    write_sysreg((tcr & ~BIT(23)) | 16ull << 16 | 1 << 24 | 1 << 26 | 3 << 28 | 2ull << 30,
                 tcr_el1);
    isb();
    mmu_flush_all();
    check_equal(*(volatile u64 *)(va + 24), 0x77, "TTBR1_EL1 translates the upper half");
    struct exc_info info = try_load(va + 0x1000);
    check(is_fault(&info, EC_DABT, FSC_TRANSLATION + 3, va + 0x1000), "... and faults there");
    write_sysreg(tcr, tcr_el1);
    isb();
    mmu_flush_all();
    info = try_load(va + 24);
    check(is_fault(&info, EC_DABT, FSC_TRANSLATION + 0, va + 24), "EPD1 closes it again");
}

int main(void)
{
    test_levels();
    test_read_only();
    test_execute_never();
    test_access_flag();
    test_hierarchy();
    test_unprivileged();
    test_ttbr1();
    return test_result();
}
