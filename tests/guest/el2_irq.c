/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupts with EL2: where HCR_EL2.IMO sends physical ones, and virtual ones by HCR_EL2.VI and VF
 * (DDI 0487 D1, "Asynchronous exception routing").
 */
#include "images/lib/timer.h"
#include "tests/guest/el2_guest.h"
#include "tests/guest/gic_poll.h"

BOOT_EL(2);

static const u32 forever = 0x14000000; /* b . */
static const u32 read_isr = MRS_X1(0, 12, 1, 0);

static unsigned taken_at_el2;

static void count_irq(u32 intid, struct exc_frame *frame)
{
    (void)intid;
    (void)frame;
    taken_at_el2++;
}

static void test_imo(void)
{
    gic_setup(SPI, PRIO_DEFAULT, true);
    gic_set_pending(SPI);
    struct guest g = el1_guest(&forever, 1, SPSR_EL1H | SPSR_DAIF);
    check_equal(guest_run(&g), EXC_LOWER_IRQ,
                "IMO = 1: a physical IRQ leaves EL1 for EL2, whatever EL1's PSTATE.I");
    check_equal(g.pc, (u64)el1_code, "... with ELR_EL2 in the loop");
    g = el1_one(read_isr, 0);
    check(g.esr == ~0ull, "... before a single instruction of EL1");
    gic_on(SPI, count_irq);
    taken_at_el2 = 0;
    irq_unmask();
    isb();
    irq_mask();
    check_equal(taken_at_el2, 1, "IMO = 1: at EL2 it is taken when PSTATE.I is clear");
}

static void test_no_imo(void)
{
    gic_set_pending(SPI);
    set_hcr(HCR_RW);
    taken_at_el2 = 0;
    irq_unmask();
    isb();
    irq_mask();
    check_equal(taken_at_el2, 0, "IMO = 0: at EL2 a physical IRQ is not taken");
    struct guest g = el1_one(read_isr, 0);
    check(el1_finished(&g) && (g.x[1] & BIT(7)), "IMO = 0: EL1 sees it in ISR_EL1 and masks it");
    g = el1_guest(&forever, 1, SPSR_EL1H | (SPSR_DAIF & ~BIT(7)));
    guest_run(&g);
    check(is_hvc(&g, EL1_VECTOR + EXC_IRQ), "IMO = 0: with PSTATE.I clear EL1 takes it");
    check_equal(read_sysreg(elr_el1), (u64)el1_code, "... with ELR_EL1 in the loop");
    static const u32 ack[] = {MRS_X1(0, 12, 12, 0), MSR_X1(0, 12, 12, 1)}; /* IAR1, EOIR1 */
    g = el1_guest(ack, 2, SPSR_EL1H | SPSR_DAIF);
    guest_run(&g);
    check_equal(g.x[1], SPI, "IMO = 0: EL1 acknowledges it at the physical interface");
    set_hcr(HCR_HOST);
    check_equal(gic_state(SPI), INACTIVE, "... and ends it");
}

static void test_virtual_irq(void)
{
    set_hcr(HCR_HOST | HCR_VI);
    struct guest g = el1_guest(&forever, 1, SPSR_EL1H | (SPSR_DAIF & ~BIT(7)));
    guest_run(&g);
    check(is_hvc(&g, EL1_VECTOR + EXC_IRQ), "HCR_EL2.VI: EL1 takes a virtual IRQ");
    g = el1_one(read_isr, 0);
    check(el1_finished(&g) && (g.x[1] & BIT(7)), "HCR_EL2.VI: ISR_EL1 shows it when masked");
    taken_at_el2 = 0;
    irq_unmask();
    isb();
    irq_mask();
    check_equal(taken_at_el2, 0, "HCR_EL2.VI: EL2 does not take it");
    set_hcr(HCR_HOST | HCR_VF);
    g = el1_guest(&forever, 1, SPSR_EL1H | (SPSR_DAIF & ~BIT(6)));
    guest_run(&g);
    check(is_hvc(&g, EL1_VECTOR + EXC_FIQ), "HCR_EL2.VF: EL1 takes a virtual FIQ");
    set_hcr(HCR_RW | HCR_VI);
    g = el1_one(read_isr, 0);
    check(!(g.x[1] & BIT(7)), "HCR_EL2.VI with IMO = 0 does nothing");
    set_hcr(HCR_HOST);
    g = el1_one(read_isr, 0);
    check(!(g.x[1] & BIT(7)), "VI cleared, it is gone");
}

static void test_wfi(void)
{
    static const u32 words[] = {0xd503207f, read_isr}; /* wfi; mrs x1, isr_el1 */
    set_hcr(HCR_HOST | HCR_VI);
    struct guest g = el1_guest(words, 2, SPSR_EL1H | SPSR_DAIF);
    guest_run(&g);
    check(el1_finished(&g) && (g.x[1] & BIT(7)), "a masked virtual IRQ ends EL1's WFI");
    set_hcr(HCR_HOST);
    gic_setup(INTID_CNTHP, PRIO_DEFAULT, false);
    write_sysreg(counter_physical() + ms_to_ticks(1), cnthp_cval_el2);
    write_sysreg(TIMER_ENABLE, cnthp_ctl_el2);
    isb();
    g = el1_guest(words, 1, SPSR_EL1H | SPSR_DAIF);
    check_equal(guest_run(&g), EXC_LOWER_IRQ, "EL2's own timer ends EL1's WFI and comes to EL2");
    check_equal(gic_ack(), INTID_CNTHP, "... as INTID 26");
    write_sysreg(0, cnthp_ctl_el2);
    isb();
    gic_eoi(INTID_CNTHP);
    gic_disable(INTID_CNTHP);
}

static void test_group0(void)
{
    mmio_write32(BOARD_GICD + GICD_CTLR, GICD_CTLR_ARE | GICD_CTLR_GRP1 | GICD_CTLR_GRP0);
    write_sysreg(1, ICC_IGRPEN0_EL1);
    gic_forget(SPI2);
    gic_set_group(SPI2, 0);
    gic_enable(SPI2);
    gic_set_pending(SPI2);
    struct guest g = el1_guest(&forever, 1, SPSR_EL1H | SPSR_DAIF);
    check_equal(guest_run(&g), EXC_LOWER_FIQ, "FMO = 1: Group 0 comes to EL2 as FIQ");
    check_equal(read_sysreg(ICC_IAR0_EL1), SPI2, "... and IAR0 returns it");
    write_sysreg(SPI2, ICC_EOIR0_EL1);
    isb();
    gic_forget(SPI2);
}

int main(void)
{
    el1_setup();
    test_imo();
    test_no_imo();
    test_virtual_irq();
    test_wfi();
    test_group0();
    return test_result();
}
