/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Non-maskable interrupts of a guest and of its hypervisor (FEAT_NMI; DDI 0487 D1.3.6, HCRX_EL2):
 * list registers with superpriority (IHI 0069 12.4.6), HCRX_EL2.{VINMI,VFNMI,TALLINT}, and
 * SCTLR_EL2.NMI.
 */
#include "tests/guest/el2_lr.h"
#include "tests/guest/nmi.h"

BOOT_EL(2);

#define LR_NMI      BIT(59)
#define EL1_SCTLR   0x30d00800
#define MRS_NMIAR1  MRS_X1(0, 12, 9, 5)
#define MSR_ALLINT  MSR_X1(0, 4, 3, 0)
#define MRS_ALLINT  MRS_X1(0, 4, 3, 0)
#define ALLINT_1    0xd501411fu
#define ALLINT_0    0xd501401fu
#define WITH_ALLINT (SPSR_EL1H | SPSR_DAIF | PSTATE_ALLINT)
#define MASKED      (SPSR_EL1H | SPSR_DAIF)

static const u32 nops[4] = {0xd503201f, 0xd503201f, 0xd503201f, 0xd503201f};

static void el1_sctlr(u64 bits)
{
    write_sysreg(EL1_SCTLR | bits, sctlr_el1);
    isb();
}

/* What ends a few NOPs at EL1. */
static struct guest el1_idles(u64 spsr)
{
    struct guest g = el1_guest(nops, 4, spsr);

    guest_run(&g);
    return g;
}

static bool took(u64 spsr, unsigned vector)
{
    struct guest g = el1_idles(spsr);

    return is_hvc(&g, EL1_VECTOR + vector);
}

static bool nothing_came(u64 spsr)
{
    struct guest g = el1_idles(spsr);

    return el1_finished(&g);
}

static void test_list_register(void)
{
    open_vgic();
    set_lr0(LR_PENDING | LR_GROUP1 | LR_NMI | LR_PRIO(0x80) | VIRQ);
    el1_sctlr(0);
    check(nothing_came(MASKED), "SCTLR_EL1.NMI 0: PSTATE.I masks a list register with NMI");
    el1_sctlr(SCTLR_NMI);
    check(took(MASKED, EXC_IRQ), "SCTLR_EL1.NMI 1: it is taken in spite of it");
    check(took(SPSR_EL0T | SPSR_DAIF, EXC_LOWER_IRQ), "... at EL0 too");
    check(nothing_came(WITH_ALLINT), "ALLINT masks it");
    struct guest g = el1_guest((u32[]){MRS_IAR1, MRS_NMIAR1 + 1}, 2, WITH_ALLINT);
    guest_run(&g);
    check_equal(g.x[1], INTID_NMI, "EL1's ICC_IAR1_EL1 says 1022");
    check_equal(g.x[2], VIRQ, "EL1's ICC_NMIAR1_EL1 takes it");
    set_lr0(LR_PENDING | LR_GROUP1 | LR_PRIO(0x80) | VIRQ);
    nothing_runs();
    check(nothing_came(MASKED), "without NMI in the list register PSTATE.I masks it");
    set_lr0(0);
    write_sysreg(0, ICH_HCR_EL2);
    isb();
}

static void test_hcrx(void)
{
    write_sysreg(~0ull, HCRX_EL2);
    check_equal(read_sysreg(HCRX_EL2), HCRX_TALLINT | HCRX_VINMI | HCRX_VFNMI,
                "HCRX_EL2 has TALLINT, VINMI and VFNMI");
    el1_sctlr(SCTLR_NMI);
    set_hcr(HCR_HOST | HCR_VI);
    write_sysreg(HCRX_VFNMI, HCRX_EL2);
    check(nothing_came(MASKED), "HCR_EL2.VI without HCRX_EL2.VINMI is masked by I");
    write_sysreg(HCRX_VINMI, HCRX_EL2);
    check(took(MASKED, EXC_IRQ), "with VINMI it is not");
    check(nothing_came(WITH_ALLINT), "... but by ALLINT");
    struct guest g = el1_guest((u32[]){MRS_ISR}, 1, WITH_ALLINT);
    guest_run(&g);
    check_equal(g.x[1], BIT(7) | ISR_IS, "EL1's ISR_EL1 has I and IS");
    set_hcr(HCR_HOST | HCR_VF);
    check(nothing_came(MASKED), "HCR_EL2.VF without VFNMI is masked by F");
    write_sysreg(HCRX_VFNMI, HCRX_EL2);
    check(took(MASKED, EXC_FIQ), "with VFNMI it is not");
    set_hcr(HCR_HOST);
}

static void test_trap(void)
{
    write_sysreg(0, HCRX_EL2);
    struct guest g = el1_guest((u32[]){ALLINT_1, MRS_ALLINT}, 2, MASKED);
    guest_run(&g);
    check(el1_finished(&g) && g.x[1] == PSTATE_ALLINT && (g.spsr & PSTATE_ALLINT),
          "EL1 sets its ALLINT; the hypervisor sees it in SPSR_EL2");
    write_sysreg(HCRX_TALLINT, HCRX_EL2);
    g = el1_one(MSR_ALLINT, 0);
    check(is_sysreg_trap(&g, MSR_ALLINT), "TALLINT traps MSR ALLINT, Xt");
    g = el1_one(ALLINT_1, 0);
    check(ESR_EC(g.esr) == EC_SYSREG && ESR_ISS(g.esr) == sysreg_iss(ALLINT_1) &&
              g.pc == (u64)el1_code,
          "... and MSR ALLINT, #1");
    g = el1_one(ALLINT_0, 0);
    check(el1_finished(&g), "... not MSR ALLINT, #0");
    g = el1_one(MRS_ALLINT, 0);
    check(el1_finished(&g), "... nor MRS");
    write_sysreg(0, HCRX_EL2);
}

static unsigned interrupts;
static u64 allint_inside;

static void on_irq(struct exc_frame *frame, enum exc_vector vector)
{
    (void)frame, (void)vector;
    interrupts++;
    allint_inside = read_sysreg(ALLINT);
    gic_ack();
    gic_eoi(read_sysreg(ICC_NMIAR1_EL1));
}

static void test_el2(void)
{
    gic_setup(6, PRIO_DEFAULT, true);
    superpriority(6, true);
    irq_mask();
    exc_set_handler(EXC_IRQ, on_irq);
    ALLINT_CLR(); /* the last exit from EL1 has left it 1 */
    nmi_sctlr(SCTLR_NMI);
    gic_set_pending(6);
    isb();
    check_equal(interrupts, 1, "SCTLR_EL2.NMI 1: superpriority interrupts EL2 with I 1");
    check_equal(allint_inside, PSTATE_ALLINT, "... with ALLINT 1 then");
    ALLINT_SET();
    gic_set_pending(6);
    isb();
    check_equal(interrupts, 1, "ALLINT masks it at EL2");
    struct guest g = el1_guest(nops, 4, WITH_ALLINT);
    check_equal(guest_run(&g), EXC_LOWER_IRQ, "EL1's ALLINT does not mask what is EL2's");
    ALLINT_CLR();
    check_equal(interrupts, 2, "... which EL2 takes with ALLINT 0");
    nmi_sctlr(0);
}

int main(void)
{
    el1_setup();
    test_list_register();
    test_hcrx();
    test_trap();
    test_el2();
    return test_result();
}
