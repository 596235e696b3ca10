/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Code that changes under one vCPU: by itself, through another mapping, next to data, across a
 * page's end. The maintenance is the architecture's (DDI 0487 B2): DC CVAU, IC IVAU, ISB.
 */
#include "images/lib/exc.h"
#include "images/lib/mmu.h"
#include "images/lib/test.h"
#include "tests/guest/code_insn.h"

#define ROUNDS 200

static u32 pages[64][1024] __attribute__((aligned(4096)));

static void test_other_page(void)
{
    bool ok = true;
    for (unsigned i = 0; i < ROUNDS; i++) {
        write_function(pages[0], i);
        ok &= call_at((u64)pages[0]) == i;
    }
    check(ok, "a function rewritten %u times returns its newest value", ROUNDS);
}

/* The store and the instruction it replaces are 8 instructions apart, in one page. */
static u64 patch_ahead(u32 insn)
{
    u64 result;
    __asm__ volatile(".balign 64\n"
                     "   adr  x9, 2f\n"
                     "   str  %w1, [x9]\n"
                     "   dc   cvau, x9\n"
                     "   dsb  ish\n"
                     "   ic   ivau, x9\n"
                     "   dsb  ish\n"
                     "   isb\n"
                     "   mov  w0, #0\n"
                     "2: mov  w0, #0xffff\n"
                     "   mov  %0, x0\n"
                     : "=r"(result)
                     : "r"(insn)
                     : "x0", "x9", "memory");
    return result;
}

static void test_same_page(void)
{
    bool ok = true;
    for (unsigned i = 1; i <= ROUNDS; i++)
        ok &= patch_ahead(insn_mov_w0(i)) == i;
    check(ok, "an instruction patched by the lines above it executes as patched, %u times", ROUNDS);
}

static void test_fresh_pages(void)
{
    bool ok = true;
    for (unsigned i = 0; i < ARRAY_SIZE(pages); i++) {
        write_function(pages[i] + 8 * i, 1000 + i);
        ok &= call_at((u64)(pages[i] + 8 * i)) == 1000 + i;
    }
    for (unsigned i = 0; i < ARRAY_SIZE(pages); i++)
        ok &= call_at((u64)(pages[i] + 8 * i)) == 1000 + i;
    check(ok, "%zu freshly written pages execute what was written", ARRAY_SIZE(pages));
}

static void test_alias(void)
{
    volatile u32 *alias = (u32 *)MMU_TEST_VA;
    bool ok = true;
    mmu_map(MMU_TEST_VA, (u64)pages[3], MMU_NORMAL);
    mmu_flush_page(MMU_TEST_VA);
    for (unsigned i = 0; i < ROUNDS; i++) {
        write_function(alias, i);
        ok &= call_at((u64)pages[3]) == i && call_at(MMU_TEST_VA) == i;
        write_function(pages[3], i + 5000);
        ok &= call_at(MMU_TEST_VA) == i + 5000u && call_at((u64)pages[3]) == i + 5000u;
    }
    check(ok, "code written through one mapping executes through the other, both ways");
}

/*
 * 0: ldr x1, [x9]; add x1, x1, #1; str x1, [x9]; subs x0, x0, #1; b.ne 0b; ret, with x9 pointing
 * into the very page and line the loop runs from.
 */
static void test_data_in_code_page(void)
{
    static const u32 loop[] = {
        0x10000209, /* adr  x9, . + 64 */
        0xf9400121, /* ldr  x1, [x9]   */
        0x91000421, /* add  x1, x1, #1 */
        0xf9000121, /* str  x1, [x9]   */
        0xf1000400, /* subs x0, x0, #1 */
        0x54ffff81, /* b.ne . - 16     */
        INSN_RET,
    };
    u32 *code = pages[5] + 512;
    for (unsigned i = 0; i < ARRAY_SIZE(loop); i++)
        code[i] = loop[i];
    sync_code(code, sizeof(loop));
    u64 *counter = (u64 *)(code + 16);
    *counter = 7;
    register u64 x0 __asm__("x0") = 20000;
    __asm__ volatile("blr %1" : "+r"(x0) : "r"(code) : "x1", "x9", "x30", "cc", "memory");
    check_equal(*counter, 20007, "20000 stores next to the running code all arrive");
    bool intact = true;
    for (unsigned i = 0; i < ARRAY_SIZE(loop); i++)
        intact &= code[i] == loop[i];
    check(intact, "stores next to the running code leave the code alone");
}

static void test_code_then_data_then_code(void)
{
    u32 *code = pages[6];
    bool ok = true;
    for (unsigned i = 0; i < ROUNDS; i++) {
        write_function(code, i);
        ok &= call_at((u64)code) == i;
        for (unsigned j = 2; j < 1024; j++)
            code[j] = i * j;
        ok &= call_at((u64)code) == i;
        ok &= code[1023] == i * 1023;
    }
    check(ok, "a page that is code and data in turn is right as both");
}

/* An 8-byte store at 4 bytes before the page's end changes the first instruction of the next. */
static void test_store_across_pages(void)
{
    u8 *boundary = (u8 *)pages[9];
    write_function(pages[9], 1);
    bool ok = call_at((u64)pages[9]) == 1;
    u64 both = (u64)insn_mov_w0(42) << 32 | 0x12345678;
    __asm__ volatile("str %0, [%1]" : : "r"(both), "r"(boundary - 4) : "memory");
    sync_code(boundary, 8);
    ok &= call_at((u64)pages[9]) == 42;
    check(ok, "a store that straddles into a code page changes the code there");
    check_equal(pages[8][1023], 0x12345678, "its first half lands in the page before");
}

/* The MOV is the last word of one page, the rest is in the next. */
static void test_function_across_pages(void)
{
    u32 *last = &pages[10][1023];
    bool ok = true;
    last[0] = insn_mov_w0(1);
    last[1] = INSN_NOP;
    last[2] = INSN_RET;
    sync_code(last, 12);
    ok &= call_at((u64)last) == 1;
    for (unsigned i = 0; i < ROUNDS; i++) {
        last[1] = insn_mov_w0(i);
        sync_code(last + 1, 4);
        ok &= call_at((u64)last) == i;
    }
    check(ok, "code that runs across a page's end follows a patch in the second page");
}

static void test_dc_zva(void)
{
    u64 dczid = read_sysreg(dczid_el0);
    check(!(dczid & BIT(4)), "DC ZVA is permitted (DCZID_EL0.DZP)");
    write_function(pages[12], 9);
    call_at((u64)pages[12]);
    __asm__ volatile("dc zva, %0" : : "r"(pages[12]) : "memory");
    sync_code(pages[12], 8);
    check_equal(pages[12][0], 0, "DC ZVA zeroes code");
    struct exc_info info = PROBE(call_at((u64)pages[12]););
    check(info.taken && ESR_EC(info.esr) == EC_UNKNOWN && info.elr == (u64)pages[12],
          "code zeroed by DC ZVA is undefined instructions");
}

static void test_remap(void)
{
    u64 va = MMU_TEST_VA + 0x10000;
    bool ok = true;
    write_function(pages[20], 20);
    write_function(pages[21], 21);
    for (unsigned i = 0; i < ROUNDS; i++) {
        mmu_map(va, 0, 0);
        mmu_flush_page(va);
        mmu_map(va, (u64)pages[20 + (i & 1)], MMU_NORMAL);
        isb();
        ok &= call_at(va) == 20 + (i & 1);
    }
    check(ok, "a page mapped to other code executes the other code, %u times", ROUNDS);
}

static void test_mmu_off(void)
{
    bool ok = true;
    mmu_disable();
    for (unsigned i = 0; i < ROUNDS; i++) {
        write_function(pages[30], i);
        pages[30][100] = i;
        ok &= call_at((u64)pages[30]) == i && pages[30][100] == i;
    }
    mmu_enable();
    check(ok, "with the MMU off, rewritten code and data beside it are right");
}

int main(void)
{
    test_other_page();
    test_same_page();
    test_fresh_pages();
    test_alias();
    test_data_in_code_page();
    test_code_then_data_then_code();
    test_store_across_pages();
    test_function_across_pages();
    test_dc_zva();
    test_remap();
    test_mmu_off();
    return test_result();
}
