/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Traps of WFI, WFE, WFIT and WFET to EL1 and EL2 (DDI 0487 D1.6, ESR_ELx for EC 0x01): taken by
 * those that would wait, and by no other. Entering a lower level is an exception return, so that
 * the first WFE there has its event.
 */
#include "images/lib/mmu.h"
#include "images/lib/timer.h"
#include "tests/guest/el2_guest.h"
#include "tests/guest/gic_poll.h"

BOOT_EL(2);

#define WFI      0xd503207fu
#define WFE      0xd503205fu
#define WFET(n)  (0xd5031000u | (n))
#define WFIT(n)  (0xd5031020u | (n))
#define MRS_X3   0xd53be043u /* mrs x3, cntvct_el0 */
#define ADD_X3   0x910fa063u /* add x3, x3, #1000  */
#define MRS_X4   0xd53be044u /* mrs x4, cntvct_el0 */
#define NTWI     BIT(16)
#define NTWE     BIT(18)
#define SCTLR    0x30d00800ull
#define GUEST_PC ((u64)el1_code)

enum { TI_WFI, TI_WFE, TI_WFIT, TI_WFET, RV = 4 };

static bool wfxt;

/* EC 0x01, IL, CV 1, COND 0b1110. */
static bool is_wfx(const struct guest *g, u32 iss, unsigned word)
{
    return g->esr == ((u64)EC_WFX << 26 | ESR_IL | BIT(24) | 0xe << 20 | iss) &&
           g->pc == GUEST_PC + 4 * word;
}

static struct guest run_words(const u32 *words, unsigned n, u64 spsr)
{
    struct guest g = el1_guest(words, n, spsr | SPSR_DAIF);
    g.x[5] = ~0ull;
    guest_run(&g);
    return g;
}
#define RUN(spsr, ...)                                                                             \
    run_words((const u32[]){__VA_ARGS__}, sizeof((const u32[]){__VA_ARGS__}) / 4, spsr)

static void test_el2(void)
{
    set_hcr(HCR_HOST | HCR_TWE);
    struct guest g = RUN(SPSR_EL1H, WFE, WFE);
    check(is_wfx(&g, TI_WFE, 1), "HCR_EL2.TWE: WFE traps with TI 1, with its event it does not");
    set_hcr(HCR_HOST | HCR_TWI);
    g = RUN(SPSR_EL1H, WFE, WFI);
    check(is_wfx(&g, TI_WFI, 1), "HCR_EL2.TWI: WFI traps with TI 0");
    set_hcr(HCR_HOST | HCR_TWI | HCR_TWE | HCR_VI);
    g = RUN(SPSR_EL1H, WFI, WFE, WFE);
    check(is_wfx(&g, TI_WFE, 2), "a masked virtual IRQ ends WFI, not WFE");
    set_hcr(HCR_HOST);
}

static void test_wfxt(void)
{
    set_hcr(HCR_HOST | HCR_TWI | HCR_TWE);
    struct guest g = RUN(SPSR_EL1H, WFIT(5));
    check(is_wfx(&g, TI_WFIT | RV | 5 << 5, 0), "WFIT X5 traps with TI 2, RV, RN 5");
    g = RUN(SPSR_EL1H, WFE, WFET(5));
    check(is_wfx(&g, TI_WFET | RV | 5 << 5, 1), "WFET X5 traps with TI 3, RV, RN 5");
    g = RUN(SPSR_EL1H, WFE, WFIT(31), WFET(31), WFIT(5));
    check(is_wfx(&g, TI_WFIT | RV | 5 << 5, 3), "... and not when its time is past");
    set_hcr(HCR_HOST);
    write_sysreg(SCTLR & ~(NTWI | NTWE), sctlr_el1);
    isb();
    g = RUN(SPSR_EL0T, WFE, WFET(5));
    check(is_hvc(&g, EL1_VECTOR + EXC_LOWER_SYNC) &&
              (read_sysreg(esr_el1) & 0x3ff) == (TI_WFET | RV | 5 << 5),
          "SCTLR_EL1.nTWE 0: WFET at EL0 is taken to EL1");
    write_sysreg(SCTLR, sctlr_el1);
    isb();
}

/* EL1 waits by its own virtual counter, whatever CNTVOFF_EL2 is. */
static void test_offset(u64 offset)
{
    write_sysreg(offset, cntvoff_el2);
    isb();
    struct guest g = RUN(SPSR_EL1H, WFE, MRS_X3, ADD_X3, WFIT(3), MRS_X4);
    u64 late = g.x[4] - g.x[3];
    check(el1_finished(&g) && late <= 2, "CNTVOFF_EL2 %lx: WFIT at EL1 goes by CNTVCT_EL0", offset);
    g = RUN(SPSR_EL1H, WFE, MRS_X3, ADD_X3, WFET(3), MRS_X4);
    late = g.x[4] - g.x[3];
    check(el1_finished(&g) && late <= 2, "... and WFET");
    u64 now = counter_virtual();
    __asm__ volatile("mov x0, %0\n\t.inst 0xd5031020" : : "r"(now + 1000) : "x0", "memory");
    late = counter_virtual() - (now + 1000);
    check(late <= 2, "... and at EL2 with E2H 0");
    write_sysreg(0, cntvoff_el2);
}

static void test_e2h_offset(void)
{
    write_sysreg(1ull << 50, cntvoff_el2);
    set_hcr(HCR_HOST | HCR_E2H);
    u64 now = counter_virtual(), late;
    __asm__ volatile("mov x0, %0\n\t.inst 0xd5031020" : : "r"(now + 1000) : "x0", "memory");
    late = counter_virtual() - (now + 1000);
    set_hcr(HCR_HOST);
    write_sysreg(0, cntvoff_el2);
    check(late <= 2, "with E2H 1 CNTVOFF_EL2 does not count at EL2");
}

static void test_el0(void)
{
    struct guest g = RUN(SPSR_EL0T, WFE, 0xd4000001u /* svc */);
    check(is_hvc(&g, EL1_VECTOR + EXC_LOWER_SYNC) && ESR_EC(read_sysreg(esr_el1)) == EC_SVC,
          "nTWE 0, event there: WFE at EL0 is not trapped");
    g = RUN(SPSR_EL0T, WFE, WFE);
    check(is_hvc(&g, EL1_VECTOR + EXC_LOWER_SYNC) && (read_sysreg(esr_el1) & 3) == TI_WFE,
          "SCTLR_EL1.nTWE 0: WFE at EL0 is taken to EL1");
    g = RUN(SPSR_EL0T, WFE, WFI);
    check(is_hvc(&g, EL1_VECTOR + EXC_LOWER_SYNC) && (read_sysreg(esr_el1) & 3) == TI_WFI,
          "SCTLR_EL1.nTWI 0: WFI at EL0 is taken to EL1");
    set_hcr(HCR_HOST | HCR_TGE);
    g = RUN(SPSR_EL0T, WFE, WFE);
    check(is_wfx(&g, TI_WFE, 1), "... with TGE to EL2");
    set_hcr(HCR_HOST);
}

/* In the EL2&0 regime it is SCTLR_EL2's bits. */
static void test_el0_of_host(void)
{
    u64 old = read_sysreg(sctlr_el2), sctlr = old & ~(NTWI | NTWE);
    struct guest g;
    write_sysreg(SCTLR | NTWI | NTWE, sctlr_el1);
    write_sysreg(sctlr, sctlr_el2);
    set_hcr(HCR_HOST | HCR_E2H | HCR_TGE | HCR_TWE | HCR_TWI);
    g = RUN(SPSR_EL0T, WFE, WFE);
    check(is_wfx(&g, TI_WFE, 1), "E2H and TGE: nTWE is SCTLR_EL2's, taken to EL2");
    g = RUN(SPSR_EL0T, WFE, WFI);
    check(is_wfx(&g, TI_WFI, 1), "... and nTWI");
    write_sysreg(sctlr | NTWI | NTWE, sctlr_el2);
    gic_setup(INTID_CNTHP, PRIO_DEFAULT, false);
    physical_timer_arm(ms_to_ticks(1)); /* CNTHP there; it ends the WFI */
    g = RUN(SPSR_EL0T, WFE, WFI, 0xd4000001u);
    check(ESR_EC(g.esr) == EC_SVC || g.pc == GUEST_PC + 8,
          "... nothing of HCR_EL2.{TWI,TWE} counts there");
    physical_timer_stop();
    gic_disable(INTID_CNTHP);
    set_hcr(HCR_HOST);
    write_sysreg(old, sctlr_el2);
    isb();
}

int main(void)
{
    mmu_disable(); /* E2H changes the regime that this runs in */
    el1_setup();
    wfxt = id_field(read_sysreg(s3_0_c0_c6_2), 0) == 2;
    test_el2();
    write_sysreg(SCTLR & ~(NTWI | NTWE), sctlr_el1);
    isb();
    test_el0();
    if (wfxt) {
        test_el0_of_host();
        write_sysreg(SCTLR, sctlr_el1);
        test_wfxt();
        test_offset(0);
        test_offset(1ull << 40);
        test_offset(-(1ull << 40));
        test_e2h_offset();
    }
    return test_result();
}
