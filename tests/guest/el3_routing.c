/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Routing and masking of interrupts below EL3, in both security states: see routing.h. */
#define TOP 3
#include "tests/guest/routing.h"

BOOT_EL(3);

/* Group 0 is FIQ; Group 1 is IRQ to its own security state. */
static void pend(enum source source, bool secure)
{
    u64 mod = gic_reg(GICD_IGRPMODR, SPI, 1);

    gic_forget(SPI);
    gic_forget(SPI2);
    gic_set_group(SPI2, 0);
    gic_set_group(SPI, !secure);
    mmio_write32(mod, secure ? BIT(SPI % 32) : 0);
    if (source == PIRQ)
        gic_set_pending(SPI);
    if (source == PFIQ)
        gic_set_pending(SPI2);
    if (source <= PFIQ)
        gic_enable(source == PIRQ ? SPI : SPI2);
}

static void open_gic(void)
{
    mmio_write32(BOARD_GICD + GICD_CTLR,
                 GICD_CTLR_ARE | BIT(5) | GICD_CTLR_GRP0 | GICD_CTLR_GRP1 | GICD_CTLR_GRP1S);
    gic_wait_rwp();
    write_sysreg(1, ICC_IGRPEN0_EL1);
    write_sysreg(3, ICC_IGRPEN1_EL3);
    write_sysreg(0xff, ICC_PMR_EL1);
    gic_setup(SPI, PRIO_DEFAULT, true);
    gic_setup(SPI2, PRIO_DEFAULT, true);
    gic_set_group(SPI2, 0);
    gic_set_priority(SPI, 0x80);
    gic_set_priority(SPI2, 0x80);
}

int main(void)
{
    bool vhe = read_sysreg(id_aa64mmfr1_el1) >> 8 & 0xf;
    routing_setup();
    write_sysreg(SCR_RW | SCR_NS, scr_el3);
    isb();
    write_sysreg((u64)el2_table, vbar_el2);
    write_sysreg(0x30c50830, sctlr_el2);
    open_gic();
    for (unsigned secure = 0; secure < 2; secure++)
        for (enum source source = 0; source < SOURCES; source++)
            try_all(source, vhe, secure);
    return test_result();
}
