/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who is signalled: priority mask, group enables, running priority, preemption by group priority
 * (IHI 0069, "Interrupt prioritization").
 */
#include "images/lib/smp.h"
#include "images/lib/test.h"
#include "tests/guest/gic_poll.h"

static void fresh(u32 intid, u8 priority)
{
    gic_forget(intid);
    gic_set_priority(intid, priority);
    gic_enable(intid);
}

static unsigned priority_bits(void)
{
    return (read_sysreg(ICC_CTLR_EL1) >> 8 & 7) + 1;
}

static void test_pmr(void)
{
    u32 step = 1u << (8 - priority_bits());
    fresh(SPI, 0x80);
    gic_set_pending(SPI);
    set_pmr(0x80);
    check(!irq_is_signalled(), "a priority equal to PMR is masked");
    check_equal(gic_ack(), INTID_SPURIOUS, "... and not acknowledged");
    check_equal(hppir1(), SPI, "HPPIR1 ignores PMR");
    set_pmr(0x80 + step);
    check(irq_is_signalled(), "a priority more urgent than PMR is signalled");
    set_pmr(0);
    check(!irq_is_signalled(), "PMR 0 masks everything");
    set_pmr(0xff);
    gic_clear_pending(SPI);
    fresh(SPI, 0x100 - step);
    gic_set_pending(SPI);
    check(!irq_is_signalled(), "the lowest priority is never signalled");
    gic_forget(SPI);
}

static void test_group_enables(void)
{
    fresh(SPI, 0x80);
    gic_set_pending(SPI);
    write_sysreg(0, ICC_IGRPEN1_EL1);
    isb();
    check(!irq_is_signalled(), "ICC_IGRPEN1 off: not signalled");
    check_equal(hppir1(), INTID_SPURIOUS, "ICC_IGRPEN1 off: HPPIR1 returns 1023");
    write_sysreg(1, ICC_IGRPEN1_EL1);
    isb();
    check(irq_is_signalled(), "ICC_IGRPEN1 on again: signalled");
    mmio_write32(BOARD_GICD + GICD_CTLR, GICD_CTLR_ARE);
    gic_wait_rwp();
    check(!irq_is_signalled(), "GICD_CTLR.EnableGrp1 off: not signalled");
    check_equal(hppir1(), INTID_SPURIOUS, "GICD_CTLR.EnableGrp1 off: HPPIR1 returns 1023");
    mmio_write32(BOARD_GICD + GICD_CTLR, GICD_CTLR_ARE | GICD_CTLR_GRP1);
    gic_wait_rwp();
    check(irq_is_signalled() && gic_is_pending(SPI), "GICD_CTLR.EnableGrp1 on: signalled, kept");
    gic_forget(SPI);
}

static void test_order(void)
{
    static const u32 ids[] = {SPI, SGI, PPI, SPI2, 3};
    static const u8 priorities[] = {0x90, 0x30, 0x60, 0x20, 0xc0};
    static const u32 order[] = {SPI2, SGI, PPI, SPI, 3};
    bool ok = true;
    for (unsigned i = 0; i < ARRAY_SIZE(ids); i++) {
        fresh(ids[i], priorities[i]);
        gic_set_pending(ids[i]);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(order); i++) {
        u32 id = gic_ack();
        ok &= id == order[i];
        gic_eoi(id);
    }
    check(ok, "SGI, PPI and SPI are acknowledged by priority, whatever their INTID");
    fresh(SPI, 0x90);
    fresh(SPI2, 0x80);
    gic_set_pending(SPI);
    gic_set_pending(SPI2);
    ok = hppir1() == SPI2;
    gic_set_priority(SPI, 0x40);
    check(ok && hppir1() == SPI, "a priority changed while pending counts at once");
    gic_forget(SPI);
    gic_forget(SPI2);
}

static void test_nesting(void)
{
    fresh(SPI, 0xa0);
    fresh(SPI2, 0xa0);
    fresh(SPI3, 0x40);
    gic_set_pending(SPI);
    gic_ack();
    gic_set_pending(SPI2);
    check(!irq_is_signalled(), "an equal priority does not preempt");
    check_equal(hppir1(), SPI2, "HPPIR1 ignores the running priority");
    check_equal(gic_ack(), INTID_SPURIOUS, "... but IAR1 does not");
    gic_set_pending(SPI3);
    check(irq_is_signalled(), "a more urgent one preempts");
    check_equal(gic_ack(), SPI3, "... and is acknowledged inside");
    check_equal(rpr(), 0x40, "the running priority is the inner one's");
    gic_eoi(SPI3);
    check_equal(rpr(), 0xa0, "... and the outer one's after EOIR1");
    gic_eoi(SPI);
    check_equal(rpr(), 0xff, "... and idle after both");
    check_equal(gic_ack(), SPI2, "the equal one follows then");
    gic_eoi(SPI2);
}

/* Where binary point 6 cuts depends on which minimum ICC_BPR1_EL1 has; the test finds the cut by
 * the running priority, which is the group priority. */
static void test_group_priority(void)
{
    write_sysreg(6, ICC_BPR1_EL1);
    isb();
    fresh(SPI, 0xe8);
    gic_set_pending(SPI);
    gic_ack();
    u32 group = rpr();
    check(group == 0xc0 || group == 0x80, "ICC_RPR_EL1 shows the group priority only");
    printf("INFO: binary point 6 cuts 0xe8 to 0x%x\n", group);
    fresh(SPI2, group);
    gic_set_pending(SPI2);
    check(!irq_is_signalled(), "a better subpriority does not preempt");
    gic_set_priority(SPI2, group - 8);
    check(irq_is_signalled(), "a better group priority does");
    gic_set_priority(SPI2, group);
    gic_eoi(SPI);
    check_equal(rpr(), 0xff, "EOIR1 finds the active group priority");
    gic_set_pending(SPI);
    check_equal(gic_ack(), SPI2, "subpriority decides which pending one comes first");
    gic_eoi(SPI2);
    gic_forget(SPI);
    write_sysreg(0, ICC_BPR1_EL1);
    isb();
}

/* 0 is in the first ICC_AP1R<n>_EL1 whatever their number; the others are gic_apr.c's. */
static void test_active_priorities(void)
{
    fresh(SPI, 0);
    check_equal(read_sysreg(ICC_AP1R0_EL1), 0, "ICC_AP1R0_EL1 is 0 when idle");
    gic_set_pending(SPI);
    gic_ack();
    u64 apr = read_sysreg(ICC_AP1R0_EL1);
    check(apr && !(apr & (apr - 1)), "one active priority, one bit in ICC_AP1R0_EL1");
    write_sysreg(0, ICC_AP1R0_EL1);
    check_equal(rpr(), 0xff, "clearing ICC_AP1R0_EL1 drops the running priority");
    write_sysreg(apr, ICC_AP1R0_EL1);
    check_equal(rpr(), 0, "writing it back restores the running priority");
    gic_eoi(SPI);
    check_equal(read_sysreg(ICC_AP1R0_EL1), 0, "EOIR1 clears the bit");
}

int main(void)
{
    test_pmr();
    test_group_enables();
    test_order();
    test_nesting();
    test_group_priority();
    test_active_priorities();
    return test_result();
}
