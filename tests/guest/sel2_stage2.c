/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stage 2 of the Secure EL1&0 regime (FEAT_SEL2; DDI 0487 D8, VSTCR_EL2, VTCR_EL2): an IPA is
 * Secure or Non-secure, each space has its own tables, and VSTCR_EL2.{SA,SW} and VTCR_EL2.{NSA,NSW}
 * say where they lead. The GIC shows which PA space an access reaches: GICD_CTLR looks different
 * from each.
 */
#include "images/lib/board.h"
#include "images/lib/gic.h"
#include "images/lib/mmu.h"
#include "tests/guest/sel2_guest.h"
#include "tests/guest/el2_stage2.h"

BOOT_EL(3);

#define VSTCR    (25 | 1 << 6 | BIT(31)) /* 39-bit IPA from level 1, 4 KiB */
#define VSTCR_SW BIT(29)
#define VSTCR_SA BIT(30)
#define VTCR_NSW BIT(29)
#define VTCR_NSA BIT(30)
#define HPFAR_NS BIT(63)

#define PTE_NS      BIT(5)
#define PTE_NSTABLE BIT(63)
#define LDR_W1      0xb9400001u /* ldr w1, [x0] */
#define GICD_IPA    (IPA + 0x10000)
#define HOLE        (IPA + 0x7000)
#define S2_DEVICE   (1ull << 2 | S2_READ | S2_WRITE | PTE_AF | S2_XN)

/* VAs of the guest with its stage 1 on: 1 GiB blocks of Secure and of Non-secure IPAs. */
#define SECURE_VA(ipa) (ipa)
#define NS_VA(ipa)     ((ipa) + 0x4000000000ull)
#define NSTABLE_VA     0x6000000000ull
#define HOLE_VA        0x7000000000ull

static u64 *secure, *other; /* stage 2 tables of the Secure and of the Non-secure IPA space */
static u64 *s1;             /* stage 1, 39-bit VAs from level 1 */
static u64 ctlr_s, ctlr_ns; /* GICD_CTLR as both worlds see it */

static struct guest el1_ldr(u32 insn, u64 va)
{
    return el1_one(insn, va);
}

static u64 hpfar(void)
{
    return read_sysreg(hpfar_el2);
}

static u64 hpfar_of(u64 ipa)
{
    return ipa >> 12 << 4;
}

static void stage1(bool on)
{
    write_sysreg(0x30d00800 | (on ? 1 : 0), sctlr_el1);
    isb();
    __asm__ volatile("tlbi vmalls12e1is\n dsb ish\n isb" ::: "memory");
}

static void controls(u64 vstcr, u64 vtcr)
{
    write_sysreg(VSTCR | vstcr, VSTCR_EL2);
    write_sysreg(VTCR | vtcr, vtcr_el2);
    isb();
    __asm__ volatile("tlbi vmalls12e1is\n dsb ish\n isb" ::: "memory");
}

static void make_stage1(void)
{
    s1 = mmu_new_table();
    s1[1] = 0x40000000 | MMU_NORMAL | PTE_VALID; /* the code: Secure IPAs */
    s1[IPA >> 30] = IPA | MMU_NORMAL | PTE_VALID;
    s1[NS_VA(IPA) >> 30] = IPA | MMU_NORMAL | PTE_NS | PTE_VALID;
    u64 *level2 = mmu_new_table();
    level2[0] = IPA | MMU_NORMAL | PTE_VALID; /* Secure by itself, but for the table's NSTable */
    s1[NSTABLE_VA >> 30] = (u64)level2 | PTE_NSTABLE | PTE_TABLE | PTE_VALID;
    s1[HOLE_VA >> 30] = HOLE | PTE_TABLE | PTE_VALID;
    s2_map(secure, (u64)s1, s1, S2_RW);
    s2_map(secure, (u64)level2, level2, S2_RW);
    s2_map(other, (u64)level2, level2, S2_RW);
    write_sysreg(0xff04, mair_el1);
    write_sysreg(25 | 1 << 8 | 1 << 10 | 3 << 12 | BIT(23) | 2ull << 32, tcr_el1);
    write_sysreg((u64)s1, ttbr0_el1);
}

static void make_stage2(void)
{
    secure = mmu_new_table();
    other = mmu_new_table();
    s2_map(secure, (u64)el1_code, el1_code, S2_RW);
    s2_map(secure, (u64)el1_table & ~0xfffull, (void *)((u64)el1_table & ~0xfffull), S2_RW);
    s2_map(secure, IPA, page_a, S2_RW);
    s2_map(other, IPA, page_b, S2_RW);
    s2_map(secure, GICD_IPA, (void *)BOARD_GICD, S2_DEVICE);
    s2_map(other, GICD_IPA, (void *)BOARD_GICD, S2_DEVICE);
    page_a[0] = 0xaaaa;
    page_b[0] = 0xbbbb;
    write_sysreg((u64)secure, VSTTBR_EL2);
    write_sysreg((u64)other | 1ull << 48, vttbr_el2);
    make_stage1();
    dsb(ish);
}

static void test_tables(void)
{
    stage1(false);
    check_equal(el1_ldr(LDR_X1, IPA).x[1], 0xaaaa, "stage 1 off: Secure IPAs, VSTTBR_EL2's tables");
    struct guest g = el1_ldr(LDR_X1, HOLE);
    check(ESR_EC(g.esr) == EC_DABT_LOWER && ESR_FSC(g.esr) == FSC_TRANSLATION + 3,
          "a hole in them faults to Secure EL2");
    check_equal(hpfar(), hpfar_of(HOLE), "... with HPFAR_EL2.NS 0");
    stage1(true);
    check_equal(el1_ldr(LDR_X1, SECURE_VA(IPA)).x[1], 0xaaaa, "stage 1 with NS 0: likewise");
    check_equal(el1_ldr(LDR_X1, NS_VA(IPA)).x[1], 0xbbbb,
                "NS 1: a Non-secure IPA, VTTBR_EL2's tables");
    check_equal(el1_ldr(LDR_X1, NSTABLE_VA).x[1], 0xbbbb, "NSTable 1 makes it Non-secure too");
    g = el1_ldr(LDR_X1, NS_VA(HOLE));
    check(ESR_FSC(g.esr) == FSC_TRANSLATION + 3, "a hole in those faults to Secure EL2");
    check_equal(hpfar(), HPFAR_NS | hpfar_of(HOLE), "... with HPFAR_EL2.NS 1");
}

static void test_walks(void)
{
    struct guest g = el1_ldr(LDR_X1, HOLE_VA);
    check((g.esr & ESR_S1PTW) && ESR_FSC(g.esr) == FSC_TRANSLATION + 3,
          "a stage 1 table in a hole faults to Secure EL2 as a walk");
    check_equal(hpfar(), hpfar_of(HOLE), "... with HPFAR_EL2.NS 0");
    s1[HOLE_VA >> 30] |= PTE_NSTABLE;
    u64 *level2 = (u64 *)(s1[NSTABLE_VA >> 30] & PTE_ADDR);
    level2[1] = HOLE | PTE_TABLE | PTE_VALID;
    stage1(true);
    g = el1_ldr(LDR_X1, NSTABLE_VA + 0x200000);
    check((g.esr & ESR_S1PTW) && ESR_FSC(g.esr) == FSC_TRANSLATION + 3,
          "likewise a table below NSTable");
    check_equal(hpfar(), HPFAR_NS | hpfar_of(HOLE), "... with HPFAR_EL2.NS 1");
}

/* Which GICD_CTLR EL1 sees at @va. */
static const char *world(u64 va)
{
    u64 seen = el1_ldr(LDR_W1, va).x[1];
    return seen == ctlr_s ? "secure" : seen == ctlr_ns ? "non-secure" : "nothing";
}

static void check_worlds(const char *what, bool secure_ipa, bool ns_ipa)
{
    const char *a = world(SECURE_VA(GICD_IPA)), *b = world(NS_VA(GICD_IPA));
    check(a[0] == (secure_ipa ? 's' : 'n') && a[2] == (secure_ipa ? 'c' : 'n'),
          "%s: a Secure IPA is %s (%s)", what, secure_ipa ? "Secure" : "Non-secure", a);
    check(b[0] == (ns_ipa ? 's' : 'n') && b[2] == (ns_ipa ? 'c' : 'n'),
          "%s: a Non-secure IPA is %s (%s)", what, ns_ipa ? "Secure" : "Non-secure", b);
}

static void test_spaces(void)
{
    controls(0, VTCR_NSA);
    check_worlds("NSA", true, false);
    controls(0, 0);
    check_worlds("all 0", true, true);
    controls(0, VTCR_NSW);
    check_worlds("NSW", true, false);
    controls(VSTCR_SA, 0);
    check_worlds("SA", false, false);
    controls(VSTCR_SW, 0);
    check_worlds("SW", false, false);
    controls(0, VTCR_NSA);
}

static u64 at_s12(u64 va)
{
    __asm__ volatile("at s12e1r, %0\n isb" : : "r"(va));
    return read_sysreg(par_el1);
}

static u64 at_s1(u64 va)
{
    __asm__ volatile("at s1e1r, %0\n isb" : : "r"(va));
    return read_sysreg(par_el1);
}

#define PAR_PA(par) ((par)&PTE_ADDR)
#define PAR_NS      BIT(9)

static void test_at(void)
{
    u64 par = at_s12(SECURE_VA(IPA));
    check(PAR_PA(par) == (u64)page_a && !(par & PAR_NS), "AT S12E1R of a Secure IPA");
    par = at_s12(NS_VA(IPA));
    check(PAR_PA(par) == (u64)page_b && (par & PAR_NS), "AT S12E1R of a Non-secure IPA, NSA 1");
    par = at_s1(NS_VA(IPA));
    check(PAR_PA(par) == IPA && (par & PAR_NS), "AT S1E1R gives a Non-secure IPA");
    par = at_s1(SECURE_VA(IPA));
    check(PAR_PA(par) == IPA && !(par & PAR_NS), "... and a Secure one");
}

/* FEAT_TTST: 18 bits of VA are a walk of one level, 3, for a granule of 4 KiB. */
static void test_small_tables(void)
{
    static u64 level3[64] __attribute__((aligned(4096)));

    level3[5] = (u64)page_b | MMU_NORMAL | PTE_TABLE | PTE_VALID;
    dsb(ish);
    stage1(true);
    set_hcr(HCR_HOST);
    write_sysreg(46 | 1 << 8 | 1 << 10 | 3 << 12 | BIT(23) | 2ull << 32, tcr_el1);
    write_sysreg((u64)level3, ttbr0_el1);
    isb();
    u64 par = at_s1(0x5000);
    check(!(par & 1) && PAR_PA(par) == (u64)page_b, "T0SZ 46: a table of level 3 alone");
}

static void secure_el2(void)
{
    make_stage2();
    controls(0, VTCR_NSA);
    __asm__ volatile("tlbi alle1is\n dsb ish\n isb" ::: "memory");
    set_hcr(HCR_HOST | HCR_VM);
    test_tables();
    test_walks();
    test_spaces();
    test_at();
    test_small_tables();
    set_hcr(HCR_RW);
}

static void non_secure_el2(void)
{
    ctlr_ns = mmio_read32(BOARD_GICD + GICD_CTLR);
}

int main(void)
{
    sel2_setup();
    ctlr_s = mmio_read32(BOARD_GICD + GICD_CTLR);
    at_el2(SCR_NS | SCR_EEL2, non_secure_el2);
    check(ctlr_s != ctlr_ns, "GICD_CTLR tells the worlds apart");
    at_el2(SCR_EEL2, secure_el2);
    return test_result();
}
