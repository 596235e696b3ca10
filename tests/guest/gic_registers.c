/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GICv3 registers as EL1 sees them with one security state (GICD_CTLR.DS = 1): identification,
 * what is writable, what is reserved (IHI 0069, chapter 12).
 */
#include "images/lib/smp.h"
#include "images/lib/test.h"
#include "tests/guest/gic_poll.h"

static u32 gicd(u32 offset)
{
    return mmio_read32(BOARD_GICD + offset);
}

static u64 sgi_frame(void)
{
    return this_cpu()->gicr + GICR_SGI;
}

static void test_identification(void)
{
    u32 typer = gicd(GICD_TYPER);
    check_equal(gicd(GICD_PIDR2) >> 4 & 0xf, 3, "GICD_PIDR2.ArchRev says GICv3");
    check_equal(mmio_read32(this_cpu()->gicr + GICR_PIDR2) >> 4 & 0xf, 3,
                "GICR_PIDR2.ArchRev says GICv3");
    check((gicd(GICD_CTLR) & (GICD_CTLR_DS | GICD_CTLR_ARE)) == (GICD_CTLR_DS | GICD_CTLR_ARE),
          "GICD_CTLR has DS and ARE set");
    check(!(typer & BIT(10)), "GICD_TYPER.SecurityExtn is 0 with one security state");
    check(gic_nr_spis() >= 256 - 32, "GICD_TYPER.ITLinesNumber covers the board's 256 lines");
    check((typer >> 19 & 31) >= 9, "GICD_TYPER.IDbits allows INTID 1023");
    check(id_field(read_sysreg(id_aa64pfr0_el1), 24) >= 1,
          "ID_AA64PFR0_EL1.GIC says that the system registers are there");
    check(read_sysreg(ICC_SRE_EL1) & 1, "ICC_SRE_EL1.SRE is set");
}

static void test_redistributors(void)
{
    bool order = true, last = true;
    for (unsigned i = 0; i < boot.cpus; i++) {
        u64 typer = mmio_read64(cpus[i].gicr + GICR_TYPER);
        order &= (typer >> 8 & 0xffff) == i;
        last &= !!(typer & GICR_TYPER_LAST) == (i == boot.cpus - 1);
    }
    check(order, "GICR_TYPER.Processor_Number counts from 0");
    check(last, "GICR_TYPER.Last is set in the last redistributor and in no other");
    u64 typer = mmio_read64(cpus[0].gicr + GICR_TYPER);
    check_equal(typer >> 32, my_affinity(), "GICR_TYPER.Affinity_Value is MPIDR_EL1's");
    check_equal(mmio_read32(cpus[0].gicr + GICR_TYPER + 4), typer >> 32,
                "GICR_TYPER reads the same in 32-bit halves");
    mmio_write32(cpus[0].gicr + GICR_WAKER, GICR_WAKER_SLEEP);
    bool asleep = false;
    for (unsigned i = 0; i < 1000 && !asleep; i++)
        asleep = mmio_read32(cpus[0].gicr + GICR_WAKER) & GICR_WAKER_CHILD_ASLEEP;
    check(asleep, "GICR_WAKER.ChildrenAsleep follows ProcessorSleep to 1");
    mmio_write32(cpus[0].gicr + GICR_WAKER, 0);
    for (unsigned i = 0; i < 1000 && asleep; i++)
        asleep = mmio_read32(cpus[0].gicr + GICR_WAKER) & GICR_WAKER_CHILD_ASLEEP;
    check(!asleep, "... and back to 0");
}

static void test_set_clear_banks(void)
{
    u64 set = BOARD_GICD + GICD_ISENABLER + 8, clear = BOARD_GICD + GICD_ICENABLER + 8;
    mmio_write32(clear, ~0u);
    check_equal(mmio_read32(set), 0, "GICD_ICENABLER clears what is written as one");
    mmio_write32(set, 0x00f0);
    mmio_write32(set, 0x0f00);
    check_equal(mmio_read32(set), 0x0ff0, "GICD_ISENABLER: zeros change nothing");
    check_equal(mmio_read32(clear), 0x0ff0, "GICD_ICENABLER reads the same bits");
    mmio_write32(clear, 0x03c0);
    check_equal(mmio_read32(set), 0x0c30, "GICD_ICENABLER: zeros change nothing");
    mmio_write32(clear, ~0u);
}

static void test_reserved(void)
{
    mmio_write32(BOARD_GICD + GICD_ISENABLER, ~0u);
    check_equal(gicd(GICD_ISENABLER), 0,
                "GICD_ISENABLER0 is RES0 with affinity routing (the redistributor has it)");
    mmio_write32(BOARD_GICD + GICD_IPRIORITYR, 0x10101010);
    check_equal(gicd(GICD_IPRIORITYR), 0, "GICD_IPRIORITYR0 is RES0 with affinity routing");
    check_equal(gicd(0x0f30), 0, "a reserved distributor offset reads 0");
    check_equal(mmio_read32(this_cpu()->gicr + 0x0100), 0, "so does a redistributor's");
}

static void test_icfgr(void)
{
    u64 icfgr0 = sgi_frame() + GICD_ICFGR;
    u32 before = mmio_read32(icfgr0);
    mmio_write32(icfgr0, 0);
    check_equal(mmio_read32(icfgr0), 0xaaaaaaaa, "SGIs are edge-triggered for good: GICR_ICFGR0");
    check_equal(before, 0xaaaaaaaa, "... before the write too");
    u64 reg = gic_reg(GICD_ICFGR, 64, 2);
    mmio_write32(reg, ~0u);
    check_equal(mmio_read32(reg), 0xaaaaaaaa, "GICD_ICFGR: only the upper bit of a field exists");
    mmio_write32(reg, 0);
    check_equal(mmio_read32(reg), 0, "... and can be cleared again");
}

static void test_priority_bytes(void)
{
    u64 reg = BOARD_GICD + GICD_IPRIORITYR + 64;
    mmio_write32(reg, 0x10203040);
    mmio_write8(reg + 2, 0x80);
    check_equal(mmio_read32(reg), 0x10803040, "a byte written to GICD_IPRIORITYR is one priority");
    check_equal(mmio_read8(reg + 3), 0x10, "a byte can be read");
    u64 mine = sgi_frame() + GICD_IPRIORITYR;
    mmio_write32(mine + 4, 0x90a0b0c0);
    mmio_write8(mine + 5, 0x30);
    check_equal(mmio_read32(mine + 4), 0x90a030c0, "so in GICR_IPRIORITYR");
}

static void test_irouter(void)
{
    u64 reg = BOARD_GICD + GICD_IROUTER + 8 * SPI;
    mmio_write64(reg, 0);
    mmio_write32(reg, 0x00030201);
    mmio_write32(reg + 4, 0x04);
    check_equal(mmio_read64(reg), 0x0400030201, "GICD_IROUTER takes two 32-bit halves");
    mmio_write64(reg, 0x0500070605);
    check_equal(mmio_read32(reg), 0x00070605, "its lower half reads by itself");
    check_equal(mmio_read32(reg + 4), 0x05, "its upper half reads by itself");
    mmio_write64(reg, 0);
}

static void test_pmr(void)
{
    unsigned bits = (read_sysreg(ICC_CTLR_EL1) >> 8 & 7) + 1;
    u32 mask = 0xff & ~((1u << (8 - bits)) - 1);
    printf("INFO: %u priority bits\n", bits);
    check(bits >= 4, "at least 16 priorities are implemented");
    set_pmr(0xff);
    check_equal(read_sysreg(ICC_PMR_EL1), mask, "ICC_PMR_EL1: priority bits not there read 0");
    set_pmr(0x50);
    check_equal(read_sysreg(ICC_PMR_EL1), 0x50, "ICC_PMR_EL1 keeps a value");
    set_pmr(0xff);
    check_equal(rpr(), 0xff, "ICC_RPR_EL1 is 0xff when idle");
}

static u64 bpr1(u64 value)
{
    write_sysreg(value, ICC_BPR1_EL1);
    isb();
    return read_sysreg(ICC_BPR1_EL1);
}

static void test_bpr(void)
{
    u64 least = bpr1(0);
    check(least <= 4, "ICC_BPR1_EL1 clamps 0 to its minimum");
    printf("INFO: least binary point %lu\n", least);
    check_equal(bpr1(7), 7, "ICC_BPR1_EL1 takes 7");
    check_equal(bpr1(least), least, "ICC_BPR1_EL1 takes its minimum");
    if (least > 0)
        check_equal(bpr1(least - 1), least, "one less is clamped");
    write_sysreg(0, ICC_BPR0_EL1);
    isb();
    u64 least0 = read_sysreg(ICC_BPR0_EL1);
    check(least0 <= least, "ICC_BPR0_EL1's minimum is not above ICC_BPR1_EL1's");
    write_sysreg(5, ICC_BPR0_EL1);
    isb();
    check_equal(read_sysreg(ICC_BPR0_EL1), 5, "ICC_BPR0_EL1 keeps a value");
}

static void test_icc_ctlr(void)
{
    gic_set_eoimode(true);
    check(read_sysreg(ICC_CTLR_EL1) & BIT(1), "ICC_CTLR_EL1.EOImode can be set");
    gic_set_eoimode(false);
    check(!(read_sysreg(ICC_CTLR_EL1) & BIT(1)), "... and cleared");
    u64 before = read_sysreg(ICC_CTLR_EL1);
    write_sysreg(before ^ 0x700, ICC_CTLR_EL1);
    isb();
    check_equal(read_sysreg(ICC_CTLR_EL1), before, "ICC_CTLR_EL1.PRIbits is read-only");
    write_sysreg(1, ICC_IGRPEN0_EL1);
    isb();
    check_equal(read_sysreg(ICC_IGRPEN0_EL1), 1, "ICC_IGRPEN0_EL1 can be set with DS = 1");
    write_sysreg(0, ICC_IGRPEN0_EL1);
    isb();
}

static void test_groups(void)
{
    u64 reg = gic_reg(GICD_IGROUPR, 64, 1);
    mmio_write32(reg, 0x12345678);
    check_equal(mmio_read32(reg), 0x12345678, "GICD_IGROUPR is writable with DS = 1");
    mmio_write32(reg, ~0u);
    mmio_write32(BOARD_GICD + GICD_CTLR, GICD_CTLR_ARE | GICD_CTLR_GRP0);
    gic_wait_rwp();
    check_equal(gicd(GICD_CTLR) & 3, GICD_CTLR_GRP0, "GICD_CTLR's group enables are separate");
    mmio_write32(BOARD_GICD + GICD_CTLR, GICD_CTLR_ARE | GICD_CTLR_GRP1);
    gic_wait_rwp();
    check_equal(gicd(GICD_CTLR) & 3, GICD_CTLR_GRP1, "... both ways");
    check(gicd(GICD_CTLR) & GICD_CTLR_DS, "GICD_CTLR.DS cannot be cleared");
}

int main(void)
{
    test_identification();
    test_redistributors();
    test_set_clear_banks();
    test_reserved();
    test_icfgr();
    test_priority_bytes();
    test_irouter();
    test_pmr();
    test_bpr();
    test_icc_ctlr();
    test_groups();
    return test_result();
}
