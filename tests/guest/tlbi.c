/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TLB maintenance (DDI 0487 D8): what this vCPU and the others must see after it, by data and by
 * instruction fetch. Old translations are put into every TLB first, by use.
 */
#include "images/lib/atomic.h"
#include "images/lib/exc.h"
#include "images/lib/mmu.h"
#include "images/lib/test.h"
#include "tests/guest/code_insn.h"

static u64 page_a[512] __attribute__((aligned(4096)));
static u64 page_b[512] __attribute__((aligned(4096)));
static u32 code_a[1024] __attribute__((aligned(4096)));
static u32 code_b[1024] __attribute__((aligned(4096)));
static struct barrier meet;
static u64 stale;

#define VA   (MMU_TEST_VA + 0x200000)
#define CODE (MMU_TEST_VA + 0x400000)

#define TLBI(op) __asm__ volatile("dsb ishst\n tlbi " op "\n dsb ish\n isb" ::: "memory")
#define TLBI_ARG(op, x)                                                                            \
    __asm__ volatile("dsb ishst\n tlbi " op ", %0\n dsb ish\n isb" : : "r"((u64)(x)) : "memory")
#define VA_ARG(va) ((va) >> 12 & 0xfffffffffffull)

enum method { VAAE1IS, VAALE1IS, VAE1IS, VALE1IS, VMALLE1IS, ASIDE1IS, METHODS };

static const char *const method_names[METHODS] = {"VAAE1IS", "VAALE1IS",  "VAE1IS",
                                                  "VALE1IS", "VMALLE1IS", "ASIDE1IS"};

/* ASID 0 throughout. */
static void invalidate(enum method method, u64 va)
{
    switch (method) {
    case VAAE1IS:
        TLBI_ARG("vaae1is", VA_ARG(va));
        break;
    case VAALE1IS:
        TLBI_ARG("vaale1is", VA_ARG(va));
        break;
    case VAE1IS:
        TLBI_ARG("vae1is", VA_ARG(va));
        break;
    case VALE1IS:
        TLBI_ARG("vale1is", VA_ARG(va));
        break;
    case VMALLE1IS:
        TLBI("vmalle1is");
        break;
    default:
        TLBI_ARG("aside1is", 0);
    }
}

static u64 load(u64 va)
{
    return *(volatile u64 *)va;
}

/* Break before make: the old entry is removed and invalidated before the new one is written. */
static void remap(enum method method, u64 va, u64 pa, u64 attrs)
{
    mmu_map(va, 0, 0);
    invalidate(method, va);
    mmu_map(va, pa, attrs);
    isb();
}

static void follow(void *arg)
{
    enum method method = *(enum method *)arg;
    unsigned parties = smp_started();
    bool first = this_cpu()->index == 0;
    for (unsigned i = 0; i < 20; i++) {
        bool b = i & 1;
        if (first) {
            u64 ng = method == ASIDE1IS ? PTE_NG : 0;
            remap(method, VA, b ? (u64)page_b : (u64)page_a, MMU_NORMAL | ng);
            remap(method, CODE, b ? (u64)code_b : (u64)code_a, MMU_NORMAL | ng);
        }
        barrier_wait(&meet, parties);
        isb();
        if (load(VA) != (b ? 0xb : 0xa) || call_at(CODE) != (b ? 0xb : 0xa))
            atomic_add(&stale, 1);
        barrier_wait(&meet, parties);
    }
}

static void test_broadcast(void)
{
    for (enum method m = 0; m < METHODS; m++) {
        stale = 0;
        smp_run_all(follow, &m);
        check_equal(stale, 0, "after TLBI %s all %u vCPUs read and execute the new page",
                    method_names[m], smp_started());
    }
}

static void fault_elsewhere(void *arg)
{
    struct exc_info *info = arg;
    *info = PROBE(load(VA));
}

static void read_elsewhere(void *arg)
{
    *(u64 *)arg = load(VA);
}

static void write_elsewhere(void *arg)
{
    struct exc_info *info = arg;
    *info = PROBE(*(volatile u64 *)VA = 1);
}

static void test_unmap(void)
{
    u64 seen = 0;
    struct exc_info info;
    remap(VMALLE1IS, VA, (u64)page_a, MMU_NORMAL);
    smp_run(1, read_elsewhere, &seen);
    smp_wait(1);
    check_equal(seen, 0xa, "the other vCPU reads the page while it is mapped");
    mmu_map(VA, 0, 0);
    TLBI_ARG("vaae1is", VA_ARG(VA));
    smp_run(1, fault_elsewhere, &info);
    smp_wait(1);
    check(info.taken && ESR_FSC(info.esr) == FSC_TRANSLATION + 3 && info.far == VA,
          "after unmap and TLBI VAAE1IS it takes a level 3 translation fault");
    info = PROBE(load(VA));
    check(info.taken && info.far == VA, "and so does the vCPU that unmapped");
}

static void test_write_protect(void)
{
    struct exc_info info;
    remap(VAAE1IS, VA, (u64)page_a, MMU_NORMAL);
    page_a[0] = 0xa;
    smp_run(1, write_elsewhere, &info);
    smp_wait(1);
    check(!info.taken && page_a[0] == 1, "the other vCPU writes a writable page");
    mmu_map(VA, (u64)page_a, MMU_NORMAL | PTE_RO);
    TLBI_ARG("vale1is", VA_ARG(VA));
    smp_run(1, write_elsewhere, &info);
    smp_wait(1);
    check(info.taken && ESR_FSC(info.esr) == FSC_PERMISSION + 3 && (info.esr & ESR_WNR),
          "after write protection and TLBI VALE1IS it takes a permission fault");
    page_a[0] = 0xa;
}

/* A 2 MiB block: invalidation by any address in it removes all of it. */
static void test_block(void)
{
    u64 va = MMU_TEST_VA + 0x40000000, far_end = va + 0x1ff000;
    u64 block = 0x40000000 | MMU_NORMAL | PTE_VALID;
    u64 *entry = mmu_entry(mmu_root(), 0, va, 2);
    *entry = block;
    dsb(ish);
    isb();
    u64 seen = load(far_end);
    check_equal(seen, load(0x401ff000), "a 2 MiB block maps its last page");
    *entry = 0;
    TLBI_ARG("vaae1is", VA_ARG(va));
    struct exc_info info = PROBE(load(far_end));
    check(info.taken && ESR_FSC(info.esr) == FSC_TRANSLATION + 2,
          "TLBI by its first page removes a block's last page");
}

/* The walk: replacing a level 3 table needs a TLBI that is not last-level-only. */
static void test_table(void)
{
    u64 va = MMU_TEST_VA + 0x600000;
    mmu_map(va, (u64)page_a, MMU_NORMAL);
    isb();
    bool ok = load(va) == 0xa;
    u64 *entry = mmu_entry(mmu_root(), 0, va, 2);
    u64 *table = mmu_new_table();
    table[0] = (u64)page_b | MMU_NORMAL | PTE_TABLE | PTE_VALID;
    *entry = 0;
    TLBI_ARG("vaae1is", VA_ARG(va));
    *entry = (u64)table | PTE_TABLE | PTE_VALID;
    dsb(ish);
    isb();
    check(ok && load(va) == 0xb, "a new level 3 table is walked after TLBI VAAE1IS");
}

static void set_asid(u64 asid)
{
    write_sysreg((u64)mmu_root() | asid << 48, ttbr0_el1);
    isb();
}

/* nG entries belong to the ASID they were loaded under. */
static void test_asid(void)
{
    u64 va = MMU_TEST_VA + 0x800000;
    u64 *other = mmu_new_table();
    for (unsigned i = 0; i < 512; i++)
        other[i] = mmu_root()[i];
    other[va >> 39] = 0;
    *mmu_entry(other, 0, va, 3) = (u64)page_b | MMU_NORMAL | PTE_NG | PTE_TABLE | PTE_VALID;
    mmu_map(va, (u64)page_a, MMU_NORMAL | PTE_NG);
    set_asid(1);
    bool ok = load(va) == 0xa;
    write_sysreg((u64)other | 2ull << 48, ttbr0_el1);
    isb();
    ok &= load(va) == 0xb;
    set_asid(1);
    ok &= load(va) == 0xa;
    check(ok, "two ASIDs keep their own translation of one address without TLBI");
    mmu_map(va, 0, 0);
    TLBI_ARG("aside1is", 1ull << 48);
    struct exc_info info = PROBE(load(va));
    check(info.taken, "TLBI ASIDE1IS removes an ASID's translations");
    write_sysreg((u64)other | 2ull << 48, ttbr0_el1);
    isb();
    check_equal(load(va), 0xb, "... and the other ASID's mapping still works");
    set_asid(0);
    TLBI("vmalle1is");
}

int main(void)
{
    page_a[0] = 0xa;
    page_b[0] = 0xb;
    write_function(code_a, 0xa);
    write_function(code_b, 0xb);
    smp_start(0);
    test_broadcast();
    test_unmap();
    test_write_protect();
    test_block();
    test_table();
    test_asid();
    return test_result();
}
