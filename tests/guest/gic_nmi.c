/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * FEAT_GICv3_NMI: superpriority beats every priority, and its active bit is bit 63 of ICC_AP1R0_EL1
 * for any number of preemption levels (IHI 0069 4.8.5, 12.2.4). Runs with nmi=on and 5 to 8
 * priority bits; SCTLR_EL1.NMI is 0, so that ICC_IAR1_EL1 takes them too.
 */
#include "images/lib/smp.h"
#include "images/lib/test.h"
#include "tests/guest/gic_poll.h"

#define ICC_NMIAR1_EL1 S3_0_C12_C9_5
#define NMI            BIT(63)

static void superpriority(u32 intid, bool on)
{
    u64 reg = gic_reg(GICD_INMIR, intid, 1);
    u32 old = mmio_read32(reg), bit = BIT(intid % 32);
    mmio_write32(reg, on ? old | bit : old & ~bit);
    dsb(sy);
}

static void fresh(u32 intid, u8 priority, bool nmi)
{
    gic_forget(intid);
    gic_set_priority(intid, priority);
    superpriority(intid, nmi);
    gic_enable(intid);
}

static u64 ap1r0(void)
{
    isb();
    return read_sysreg(ICC_AP1R0_EL1);
}

static void test_registers(void)
{
    check(mmio_read32(BOARD_GICD + GICD_TYPER) & BIT(9), "GICD_TYPER.NMI is 1");
    static const u32 ids[] = {SGI, PPI, SPI};
    for (unsigned i = 0; i < ARRAY_SIZE(ids); i++) {
        superpriority(ids[i], true);
        bool set = mmio_read32(gic_reg(GICD_INMIR, ids[i], 1)) >> ids[i] % 32 & 1;
        superpriority(ids[i], false);
        bool clear = !(mmio_read32(gic_reg(GICD_INMIR, ids[i], 1)) >> ids[i] % 32 & 1);
        check(set && clear, "INMIR of INTID %u can be set and cleared", ids[i]);
    }
}

static void test_active_bit(void)
{
    fresh(SPI, 0xa0, true);
    gic_set_pending(SPI);
    check_equal(gic_ack(), SPI, "an NMI is acknowledged");
    check_equal(ap1r0() >> 63, 1, "its active bit is bit 63 of ICC_AP1R0_EL1");
    check_equal(ap1r0() << 1, 0, "... and no other");
    isb();
    check(read_sysreg(ICC_RPR_EL1) & NMI, "ICC_RPR_EL1.NMI says so");
    check_equal(read_sysreg(ICC_RPR_EL1) & 0xff, 0, "... with the highest priority");
    gic_eoi(SPI);
    check_equal(ap1r0(), 0, "EOIR1 clears the bit");
    check_equal(rpr(), 0xff, "... and the PE is idle");
    check_equal(gic_state(SPI), INACTIVE, "... and the interrupt inactive");
}

static void test_beats_zero(void)
{
    fresh(SPI, 0xa0, true);
    fresh(SPI2, 0, false);
    gic_set_pending(SPI);
    gic_set_pending(SPI2);
    check_equal(hppir1(), SPI, "an NMI is more urgent than priority 0");
    gic_clear_pending(SPI);
    check_equal(gic_ack(), SPI2, "priority 0 runs");
    gic_set_pending(SPI);
    check(irq_is_signalled() && gic_ack() == SPI, "an NMI preempts it");
    check_equal(ap1r0(), NMI | BIT(0), "both are active in ICC_AP1R0_EL1");
    gic_set_pending(SPI2);
    check(!irq_is_signalled(), "nothing preempts an NMI");
    gic_eoi(SPI);
    check_equal(ap1r0(), BIT(0), "EOIR1 ends the NMI first");
    gic_eoi(SPI2);
    gic_eoi(gic_ack());
    check_equal(ap1r0(), 0, "... then the others");
}

static void test_masks(void)
{
    fresh(SPI, 0xf0, true);
    set_pmr(0x20);
    gic_set_pending(SPI);
    check(irq_is_signalled(), "an NMI's own priority field does not count against PMR");
    superpriority(SPI, false);
    check(!irq_is_signalled(), "INMIR cleared while pending: it does");
    superpriority(SPI, true);
    check(irq_is_signalled(), "... and set: it does not");
    gic_eoi(gic_ack());
    set_pmr(0xff);
    gic_set_pending(SPI);
    gic_disable(SPI);
    check(!irq_is_signalled(), "an NMI can be disabled");
    gic_forget(SPI);
}

static void test_nmiar(void)
{
    fresh(SPI, 0xa0, true);
    fresh(SPI2, 0x40, false);
    gic_set_pending(SPI2);
    check_equal(read_sysreg(ICC_NMIAR1_EL1), INTID_SPURIOUS, "ICC_NMIAR1_EL1 takes no IRQ");
    gic_set_pending(SPI);
    check_equal(read_sysreg(ICC_NMIAR1_EL1), SPI, "... but an NMI");
    isb();
    check_equal(gic_state(SPI), ACTIVE, "... which is then active");
    gic_eoi(SPI);
    gic_eoi(gic_ack());
    gic_forget(SPI);
    gic_forget(SPI2);
}

int main(void)
{
    printf("INFO: %u priority bits\n", (unsigned)(read_sysreg(ICC_CTLR_EL1) >> 8 & 7) + 1);
    test_registers();
    test_active_bit();
    test_beats_zero();
    test_masks();
    test_nmiar();
    return test_result();
}
