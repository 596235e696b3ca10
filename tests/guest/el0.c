/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * EL0 under EL1: what reaches EL1 and with which syndrome (DDI 0487 D1).
 */
#include "images/lib/exc.h"
#include "images/lib/mmu.h"
#include "images/lib/smp.h"
#include "images/lib/test.h"
#include "images/lib/timer.h"
#include "tests/guest/gic_poll.h"
#include "tests/guest/code_insn.h"

#define CODE  (MMU_TEST_VA + 0x6000000)
#define DATA  (MMU_TEST_VA + 0x6001000)
#define STACK (MMU_TEST_VA + 0x6002000)

static u32 code[1024] __attribute__((aligned(4096)));
static u64 data[512] __attribute__((aligned(4096)));

#define SVC(n) (0xd4000001u | (n) << 5)

/* Runs the words at EL0 until the first exception. */
static enum exc_vector run(struct guest *g, const u32 *words, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        code[i] = words[i];
    code[n] = SVC(0xdead);
    sync_code(code, 4 * n + 4);
    g->pc = CODE;
    g->spsr = SPSR_EL0T;
    g->sp_el0 = STACK;
    return guest_run(g);
}

static struct guest run_one(u32 insn, u64 x0)
{
    struct guest g = {.x = {x0}};
    enum exc_vector vector = run(&g, &insn, 1);
    if (vector != EXC_LOWER_SYNC)
        g.esr = ~0ull;
    return g;
}

static bool finished(const struct guest *g)
{
    return g->esr == ((u64)EC_SVC << 26 | ESR_IL | 0xdead);
}

static void test_svc(void)
{
    struct guest g = run_one(SVC(0x42), 0);
    check_equal(g.esr, (u64)EC_SVC << 26 | ESR_IL | 0x42, "SVC at EL0: EC 0x15, immediate");
    check_equal(g.pc, CODE + 4, "SVC at EL0: ELR is the next instruction");
    check_equal(g.spsr & 0x1f, 0, "SVC at EL0: SPSR says EL0t");
    g = run_one(INSN_NOP, 0);
    check(finished(&g) && g.pc == CODE + 8, "EL0 runs code of its own pages");
    g = run_one(0, 0);
    check(g.esr == ESR_IL && g.pc == CODE, "UDF at EL0: EC 0, ELR at it");
}

static void test_memory(void)
{
    struct guest g = run_one(0xf9400001, DATA); /* ldr x1, [x0] */
    check(finished(&g) && g.x[1] == 0x1234, "EL0 reads its page");
    g = run_one(0xf9400001, (u64)data);
    check(ESR_EC(g.esr) == EC_DABT_LOWER && ESR_FSC(g.esr) >= FSC_PERMISSION + 1 &&
              ESR_FSC(g.esr) <= FSC_PERMISSION + 3 && g.far == (u64)data,
          "EL0 reads an EL1 page: EC 0x24, permission fault");
    g = run_one(0xf9000001, MMU_TEST_VA + 0x6008000); /* str x1, [x0] */
    check(ESR_EC(g.esr) == EC_DABT_LOWER && ESR_FSC(g.esr) == FSC_TRANSLATION + 3 &&
              (g.esr & ESR_WNR),
          "EL0 writes nowhere: EC 0x24, translation fault");
    g = run_one(0xd61f0000, (u64)data); /* br x0 */
    check(ESR_EC(g.esr) == EC_IABT_LOWER && g.far == (u64)data && g.pc == (u64)data,
          "EL0 jumps to an EL1 page: EC 0x20");
    g = run_one(0xd61f0000, DATA); /* UXN */
    check(ESR_EC(g.esr) == EC_IABT_LOWER && ESR_FSC(g.esr) == FSC_PERMISSION + 3,
          "EL0 jumps to a UXN page: permission fault");
    g = run_one(0xd61f0000, CODE + 2);
    check(ESR_EC(g.esr) == EC_PC_ALIGN && g.far == CODE + 2, "a misaligned PC at EL0: EC 0x22");
}

/* The ISS of a trapped MRS to x1: Op0 3 at 20, Op2 17, Op1 14, CRn 10, Rt 5, CRm 1, read. */
static u64 sysreg_iss(unsigned op1, unsigned crn, unsigned crm, unsigned op2)
{
    return 3u << 20 | op2 << 17 | op1 << 14 | crn << 10 | 1 << 5 | crm << 1 | 1;
}

static void test_sysregs(void)
{
    struct guest g = run_one(0xd5381001, 0); /* mrs x1, sctlr_el1 */
    check(g.esr == ESR_IL, "EL0 reads SCTLR_EL1: UNDEFINED");
    g = run_one(0xd538cc01, 0); /* mrs x1, icc_iar1_el1 */
    check(g.esr == ESR_IL, "EL0 reads ICC_IAR1_EL1: UNDEFINED");
    write_sysreg(0, cntkctl_el1);
    isb();
    g = run_one(0xd53be041, 0); /* mrs x1, cntvct_el0 */
    check(ESR_EC(g.esr) == EC_SYSREG && ESR_ISS(g.esr) == sysreg_iss(3, 14, 0, 2) && g.pc == CODE,
          "EL0 reads CNTVCT_EL0 with EL0VCTEN = 0: EC 0x18 with its encoding");
    g = run_one(0xd53be321, 0); /* mrs x1, cntv_ctl_el0 */
    check(ESR_EC(g.esr) == EC_SYSREG && ESR_ISS(g.esr) == sysreg_iss(3, 14, 3, 1),
          "EL0 reads CNTV_CTL_EL0 with EL0VTEN = 0: EC 0x18");
    write_sysreg(BIT(1) | BIT(0) | BIT(8) | BIT(9), cntkctl_el1);
    isb();
    g = run_one(0xd53be041, 0);
    check(finished(&g) && g.x[1] && g.x[1] <= counter_virtual(), "... with EL0VCTEN = 1 it works");
    g = run_one(0xd53be321, 0);
    check(finished(&g), "... and CNTV_CTL_EL0 with EL0VTEN = 1");
    g = run_one(0xd53b4221, 0); /* mrs x1, daif */
    check(ESR_EC(g.esr) == EC_SYSREG, "EL0 reads DAIF with UMA = 0: EC 0x18");
    g = run_one(0xd53b0021, 0); /* mrs x1, ctr_el0 */
    check(ESR_EC(g.esr) == EC_SYSREG, "EL0 reads CTR_EL0 with UCT = 0: EC 0x18");
    g = run_one(0xd50b7b20, DATA); /* dc cvau, x0 */
    check(ESR_EC(g.esr) == EC_SYSREG, "EL0 cleans a cache line with UCI = 0: EC 0x18");
    g = run_one(0xd50b7420, DATA); /* dc zva, x0 */
    check(ESR_EC(g.esr) == EC_SYSREG, "EL0 zeroes a block with DZE = 0: EC 0x18");
}

static void test_wfi(void)
{
    u64 sctlr = read_sysreg(sctlr_el1);
    write_sysreg(sctlr & ~(BIT(16) | BIT(18)), sctlr_el1);
    isb();
    struct guest g = run_one(0xd503207f, 0);
    check(ESR_EC(g.esr) == EC_WFX && (g.esr & 1) == 0 && g.pc == CODE,
          "WFI at EL0 with nTWI = 0: EC 0x01, ELR at it");
    g = run_one(0xd503205f, 0); /* may complete when the event register is set */
    check(ESR_EC(g.esr) == EC_WFX ? (g.esr & 1) == 1 : finished(&g),
          "WFE at EL0 with nTWE = 0: EC 0x01 with TI = 1, or done");
    write_sysreg(sctlr, sctlr_el1);
    isb();
}

static void test_fp(void)
{
    u64 cpacr = read_sysreg(cpacr_el1);
    write_sysreg(1 << 20, cpacr_el1); /* FPEN: trap EL0 */
    isb();
    struct guest g = run_one(0x1e604000, 0); /* fmov d0, d0 */
    check(ESR_EC(g.esr) == EC_FP && g.pc == CODE, "FP at EL0 with FPEN = 1: EC 0x07");
    write_sysreg(cpacr, cpacr_el1);
    isb();
    g = run_one(0x1e604000, 0);
    check(finished(&g), "FP at EL0 with FPEN = 3 works");
}

/* b . at EL0, until the timer. */
static void test_interrupt(void)
{
    struct guest g = {0};
    static const u32 loop = 0x14000000;
    gic_setup(INTID_CNTV, PRIO_DEFAULT, false);
    virtual_timer_arm(ms_to_ticks(1));
    enum exc_vector vector = run(&g, &loop, 1);
    check_equal(vector, EXC_LOWER_IRQ, "an interrupt ends an endless loop at EL0");
    check_equal(g.pc, CODE, "ELR is in the loop");
    check_equal(gic_ack(), INTID_CNTV, "it is the timer's");
    virtual_timer_stop();
    gic_eoi(INTID_CNTV);
    gic_disable(INTID_CNTV);
}

int main(void)
{
    mmu_map(CODE, (u64)code, MMU_NORMAL | PTE_EL0 | PTE_RO);
    mmu_map(DATA, (u64)data, MMU_NORMAL | PTE_EL0 | PTE_UXN | PTE_PXN);
    mmu_map(STACK - 4096, (u64)data, MMU_NORMAL | PTE_EL0 | PTE_UXN | PTE_PXN);
    mmu_flush_all();
    data[0] = 0x1234;
    test_svc();
    test_memory();
    test_sysregs();
    test_wfi();
    test_fp();
    test_interrupt();
    return test_result();
}
