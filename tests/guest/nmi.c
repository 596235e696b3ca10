/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Non-maskable interrupts at EL1 (FEAT_NMI; DDI 0487 D1.3.6, SCTLR_EL1.NMI and SPINTMASK,
 * PSTATE.ALLINT), with a GIC that has superpriority (IHI 0069 4.8.5). PSTATE.I is 1 in all of it
 * unless a test says otherwise.
 */
#include "images/lib/smp.h"
#include "images/lib/test.h"
#include "images/lib/timer.h"
#include "tests/guest/nmi.h"

#define NMI_SGI   6
#define PLAIN_SGI 5

static struct {
    unsigned count;
    u64 allint, spsr;
    u32 iar1, nmiar1;
} seen;

/* ICC_IAR1_EL1 leaves what has superpriority to ICC_NMIAR1_EL1. */
static void on_irq(struct exc_frame *frame, enum exc_vector vector)
{
    (void)vector;
    seen.count++;
    seen.allint = read_sysreg(ALLINT);
    seen.spsr = frame->spsr;
    seen.iar1 = gic_ack();
    seen.nmiar1 = read_sysreg(ICC_NMIAR1_EL1);
    if (seen.iar1 < 16)
        gic_eoi(seen.iar1);
    if (seen.nmiar1 < 16)
        gic_eoi(seen.nmiar1);
}

/* How many interrupts @intid causes at once. */
static unsigned taken(u32 intid)
{
    seen.count = 0;
    gic_set_pending(intid);
    for (volatile int i = 0; i < 20; i++)
        ;
    return seen.count;
}

static void withdraw(u32 intid)
{
    gic_clear_pending(intid);
}

/* How many come with SP_EL0, which nothing is put on, and @bits written to ISPENDR. */
static unsigned poke_with_sp0(u32 intid, u64 bits)
{
    seen.count = 0;
    __asm__ volatile(
        "msr spsel, #0\n str %w0, [%1]\n dsb sy\n .rept 20\n nop\n .endr\n msr spsel, #1"
        :
        : "r"(bits), "r"(gic_reg(GICD_ISPENDR, intid, 1))
        : "memory");
    return seen.count;
}

static void test_registers(void)
{
    check_equal(id_field(read_sysreg(id_aa64pfr1_el1), 36), 1, "ID_AA64PFR1_EL1.NMI is 1");
    ALLINT_SET();
    check_equal(read_sysreg(ALLINT), PSTATE_ALLINT, "MSR ALLINT, #1; MRS shows bit 13");
    ALLINT_CLR();
    check_equal(read_sysreg(ALLINT), 0, "MSR ALLINT, #0");
    write_sysreg(~0ull, ALLINT);
    check_equal(read_sysreg(ALLINT), PSTATE_ALLINT, "MSR ALLINT, Xt writes bit 13 alone");
    write_sysreg(0, ALLINT);
    struct exc_info info = PROBE(__asm__ volatile("svc #0"));
    check(!(info.spsr & PSTATE_ALLINT), "SPSR_EL1.ALLINT was 0");
    ALLINT_SET();
    info = PROBE(__asm__ volatile("svc #0"));
    check(info.spsr & PSTATE_ALLINT, "SPSR_EL1.ALLINT was 1");
    check_equal(read_sysreg(ALLINT), PSTATE_ALLINT, "... and the exception return restores it");
    ALLINT_CLR();
}

static void test_off(void)
{
    nmi_sctlr(0);
    check_equal(taken(NMI_SGI), 0, "SCTLR_EL1.NMI 0: PSTATE.I masks superpriority");
    irq_unmask();
    check_equal(seen.count, 1, "... until it is cleared");
    irq_mask();
    check(seen.iar1 == NMI_SGI, "... and ICC_IAR1_EL1 has it");
    ALLINT_SET();
    irq_unmask();
    check_equal(taken(PLAIN_SGI), 1, "SCTLR_EL1.NMI 0: ALLINT masks nothing");
    irq_mask();
    ALLINT_CLR();
}

static void test_superpriority(void)
{
    nmi_sctlr(SCTLR_NMI);
    check_equal(taken(PLAIN_SGI), 0, "SCTLR_EL1.NMI 1: PSTATE.I masks what has no superpriority");
    check(irq_is_signalled() && !(read_sysreg(isr_el1) & ISR_IS), "... ISR_EL1.I 1, IS 0");
    withdraw(PLAIN_SGI);
    check_equal(taken(NMI_SGI), 1, "... and not what has");
    check_equal(seen.allint, PSTATE_ALLINT, "the exception sets ALLINT");
    check(!(seen.spsr & PSTATE_ALLINT) && (seen.spsr & BIT(7)), "... which was 0, and I was 1");
    check_equal(seen.iar1, INTID_NMI, "ICC_IAR1_EL1 says 1022");
    check_equal(seen.nmiar1, NMI_SGI, "ICC_NMIAR1_EL1 takes it");
    ALLINT_SET();
    check_equal(taken(NMI_SGI), 0, "ALLINT masks it");
    check((read_sysreg(isr_el1) & (ISR_IS | BIT(7))) == (ISR_IS | BIT(7)), "... ISR_EL1.IS is 1");
    ALLINT_CLR();
    check_equal(seen.count, 1, "MSR ALLINT, #0: it is taken at once");
    ALLINT_SET();
    taken(NMI_SGI);
    write_sysreg(0, ALLINT);
    check_equal(seen.count, 1, "... by MSR ALLINT, Xt too");
    ALLINT_SET();
    irq_unmask();
    check_equal(taken(PLAIN_SGI), 0, "ALLINT masks what has no superpriority, with I 0");
    ALLINT_CLR();
    check_equal(seen.count, 1, "... until it is cleared");
    irq_mask();
}

/* A plain interrupt is signalled and masked; one with superpriority comes on top. */
static void test_upgrade(void)
{
    taken(PLAIN_SGI);
    check_equal(taken(NMI_SGI), 1, "superpriority is taken while a plain one waits");
    check_equal(seen.nmiar1, NMI_SGI, "... before it");
    check(irq_is_signalled() && !(read_sysreg(isr_el1) & ISR_IS), "the plain one still waits");
    withdraw(PLAIN_SGI);
    ALLINT_SET();
    taken(NMI_SGI);
    nmi_sctlr(0);
    ALLINT_CLR();
    check_equal(seen.count, 0, "masked by I again when NMI is cleared");
    nmi_sctlr(SCTLR_NMI);
    check_equal(seen.count, 1, "... and taken when it is set");
}

static void test_sp(void)
{
    nmi_sctlr(SCTLR_NMI | SCTLR_SPINTMASK);
    check_equal(taken(NMI_SGI), 0, "SPINTMASK 1: SP 1 masks superpriority");
    withdraw(NMI_SGI);
    check_equal(poke_with_sp0(NMI_SGI, BIT(NMI_SGI)), 1, "SP 0: it is taken");
    check_equal(seen.allint, 0, "... and the exception leaves ALLINT 0");
    taken(NMI_SGI);
    check_equal(poke_with_sp0(NMI_SGI, 0), 1, "MSR SPSel, #0 lets one through that waited");
    ALLINT_SET();
    check_equal(poke_with_sp0(NMI_SGI, BIT(NMI_SGI)), 0, "... but not with ALLINT 1");
    withdraw(NMI_SGI);
    ALLINT_CLR();
    irq_unmask();
    check_equal(taken(PLAIN_SGI), 0, "SP 1 masks a plain one, with I 0");
    irq_mask();
    withdraw(PLAIN_SGI);
    nmi_sctlr(SCTLR_NMI);
}

static void test_wfi(void)
{
    virtual_timer_arm(ms_to_ticks(1));
    gic_setup(27, PRIO_DEFAULT, false);
    superpriority(27, true);
    ALLINT_SET();
    while (!irq_is_signalled())
        wfi();
    check(read_sysreg(isr_el1) & ISR_IS, "WFI ends with a masked timer of superpriority");
    check_equal(gic_ack(), INTID_NMI, "ICC_IAR1_EL1 says 1022");
    check_equal(read_sysreg(ICC_NMIAR1_EL1), 27, "ICC_NMIAR1_EL1 has INTID 27");
    virtual_timer_stop();
    gic_eoi(27);
    superpriority(27, false);
    gic_disable(27);
    ALLINT_CLR();
}

int main(void)
{
    exc_set_handler(EXC_IRQ, on_irq);
    exc_set_handler(EXC_SP0_IRQ, on_irq);
    irq_mask();
    gic_setup(PLAIN_SGI, 0x40, true);
    gic_setup(NMI_SGI, PRIO_DEFAULT, true);
    superpriority(NMI_SGI, true);
    test_registers();
    test_off();
    test_superpriority();
    test_upgrade();
    test_sp();
    test_wfi();
    return test_result();
}
