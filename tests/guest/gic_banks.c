/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Registers in which others have been wrong: both banks of a state read the same, another vCPU's
 * redistributor is that vCPU's, writes of what is read-only are ignored at any size, the CPU
 * interface's registers have no more bits than they say (IHI 0069, chapter 12).
 */
#include "images/lib/smp.h"
#include "images/lib/test.h"
#include "tests/guest/gic_poll.h"

static void test_both_banks(u32 intid)
{
    u32 bit = BIT(intid % 32);
    gic_forget(intid);
    check(!(mmio_read32(gic_reg(GICD_ICPENDR, intid, 1)) & bit), "INTID %u: ICPENDR reads 0",
          intid);
    gic_set_pending(intid);
    check(mmio_read32(gic_reg(GICD_ICPENDR, intid, 1)) & bit,
          "INTID %u pending: ICPENDR reads 1 as ISPENDR does", intid);
    gic_clear_pending(intid);
    gic_set_active(intid);
    check(mmio_read32(gic_reg(GICD_ICACTIVER, intid, 1)) & bit,
          "INTID %u active: ICACTIVER reads 1 as ISACTIVER does", intid);
    gic_clear_active(intid);
    gic_enable(intid);
    check(mmio_read32(gic_reg(GICD_ICENABLER, intid, 1)) & bit,
          "INTID %u enabled: ICENABLER reads 1 as ISENABLER does", intid);
    gic_forget(intid);
}

static void look(void *arg)
{
    *(u32 *)arg = hppir1();
}

static void test_other_redistributor(void)
{
    u64 other = cpus[1].gicr + GICR_SGI;
    u32 seen = 0;
    gic_forget(PPI);
    mmio_write32(other + GICD_IGROUPR, ~0u);
    mmio_write8(other + GICD_IPRIORITYR + PPI, 0x40);
    mmio_write32(other + GICD_ISENABLER, BIT(PPI));
    mmio_write32(other + GICD_ISPENDR, BIT(PPI));
    dsb(sy);
    check(gic_state(PPI) == INACTIVE && !gic_is_enabled(PPI) && hppir1() == INTID_SPURIOUS,
          "a PPI pended in another vCPU's redistributor is not this vCPU's");
    smp_run(1, look, &seen);
    smp_wait(1);
    check_equal(seen, PPI, "... but that one's");
    mmio_write32(other + GICD_ICPENDR, BIT(PPI));
    mmio_write32(other + GICD_ICENABLER, BIT(PPI));
    dsb(sy);
}

static void test_read_only(void)
{
    u64 typer = cpus[0].gicr + GICR_TYPER, before = mmio_read64(typer);
    mmio_write64(typer, ~before);
    check_equal(mmio_read64(typer), before, "a 64-bit write of GICR_TYPER is ignored");
    mmio_write32(typer + 4, ~0u);
    check_equal(mmio_read64(typer), before, "so is one of its upper half");
    u32 gicd = mmio_read32(BOARD_GICD + GICD_TYPER);
    mmio_write32(BOARD_GICD + GICD_TYPER, ~gicd);
    check_equal(mmio_read32(BOARD_GICD + GICD_TYPER), gicd, "a write of GICD_TYPER is ignored");
    u32 iidr = mmio_read32(BOARD_GICD + GICD_IIDR);
    mmio_write32(BOARD_GICD + GICD_IIDR, ~iidr);
    check_equal(mmio_read32(BOARD_GICD + GICD_IIDR), iidr, "a write of GICD_IIDR is ignored");
    u64 router = BOARD_GICD + GICD_IROUTER + 8 * 8;
    mmio_write64(router, 1);
    check_equal(mmio_read64(router), 0, "GICD_IROUTER<n> below 32 are RES0");
}

static void test_pmr_width(void)
{
    set_pmr(0x10);
    write_sysreg(0xffffff00 | 0x50, ICC_PMR_EL1);
    check_equal(read_sysreg(ICC_PMR_EL1), 0x50, "ICC_PMR_EL1 has 8 bits");
    set_pmr(0xff);
}

/* ICC_CTLR_EL1.EOImode is bit 1; GICC_CTLR of a GICv2 had it in bit 9. */
static void test_eoimode_bit(void)
{
    u64 before = read_sysreg(ICC_CTLR_EL1);
    write_sysreg(before | BIT(9), ICC_CTLR_EL1);
    isb();
    gic_forget(SPI);
    gic_enable(SPI);
    gic_set_pending(SPI);
    gic_eoi(gic_ack());
    check_equal(gic_state(SPI), INACTIVE, "bit 9 of ICC_CTLR_EL1 is not EOImode");
    write_sysreg(before, ICC_CTLR_EL1);
    isb();
    gic_forget(SPI);
}

/* edk2 ends, at start, every INTID there may be. */
static void test_end_of_nothing(void)
{
    bool idle = true;
    gic_set_active(SPI2);
    for (u32 intid = 0; intid < 1024; intid++) {
        gic_eoi(intid);
        idle &= rpr() == 0xff;
    }
    check(idle, "EOIR1 of each INTID without an acknowledge leaves the PE idle");
    check_equal(gic_state(SPI2), ACTIVE, "... and deactivates nothing");
    gic_forget(SPI2);
    gic_enable(SPI2);
    gic_set_pending(SPI2);
    check_equal(gic_ack(), SPI2, "... and interrupts are taken as before");
    gic_eoi(SPI2);
    gic_forget(SPI2);
}

int main(void)
{
    smp_start(2);
    test_both_banks(SGI);
    test_both_banks(PPI);
    test_both_banks(SPI);
    test_other_redistributor();
    test_read_only();
    test_pmr_width();
    test_eoimode_bit();
    test_end_of_nothing();
    return test_result();
}
