/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Routing and masking of interrupts where EL2 is the highest level: see routing.h. */
#define TOP 2
#include "tests/guest/routing.h"

BOOT_EL(2);

/* One security state: Group 1 is IRQ, Group 0 is FIQ. */
static void pend(enum source source, bool secure)
{
    (void)secure;
    gic_forget(SPI);
    gic_forget(SPI2);
    gic_set_group(SPI2, 0);
    if (source == PIRQ)
        gic_set_pending(SPI);
    if (source == PFIQ)
        gic_set_pending(SPI2);
    if (source <= PFIQ)
        gic_enable(source == PIRQ ? SPI : SPI2);
}

/* VSE: what ISR_EL1 shows, the syndrome, and that it is taken once. */
static void test_vserror(void)
{
    static const u32 read_isr = MRS_X1(0, 12, 1, 0);
    set_hcr(HCR_HOST | HCR_VSE);
    struct guest g = el1_one(read_isr, 0);
    check(el1_finished(&g) && (g.x[1] & BIT(8)), "HCR_EL2.VSE: ISR_EL1.A shows it when masked");
    g = el1_guest(&read_isr, 1, SPSR_EL1H);
    guest_run(&g);
    check(is_hvc(&g, EL1_VECTOR + EXC_SERROR) && ESR_EC(read_sysreg(esr_el1)) == 0x2f,
          "EL1 takes it with EC 0x2f");
    check(!(read_sysreg(hcr_el2) & HCR_VSE), "... which clears HCR_EL2.VSE");
    static const u32 wait[] = {0xd503207f}; /* wfi */
    set_hcr(HCR_HOST | HCR_VSE);
    g = el1_guest(wait, 1, SPSR_EL1H | SPSR_DAIF);
    guest_run(&g);
    check(el1_finished(&g), "a masked one ends EL1's WFI");
    set_hcr(HCR_HOST);
}

int main(void)
{
    bool vhe = read_sysreg(id_aa64mmfr1_el1) >> 8 & 0xf;
    routing_setup();
    mmio_write32(BOARD_GICD + GICD_CTLR, GICD_CTLR_ARE | GICD_CTLR_GRP1 | GICD_CTLR_GRP0);
    write_sysreg(1, ICC_IGRPEN0_EL1);
    gic_setup(SPI, PRIO_DEFAULT, true);
    gic_setup(SPI2, PRIO_DEFAULT, true);
    gic_set_group(SPI2, 0);
    for (enum source source = 0; source < SOURCES; source++)
        try_all(source, vhe, false);
    gic_forget(SPI);
    gic_forget(SPI2);
    test_vserror();
    return test_result();
}
