/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Non-maskable interrupts at EL3 and with two security states (FEAT_NMI): what is the other
 * state's is an FIQ with superpriority (IHI 0069 4.6.2, 4.8.5), and SCR_EL3.HXEn keeps HCRX_EL2
 * from EL2 (DDI 0487, HCRX_EL2).
 */
#include "tests/guest/sel2_guest.h"
#include "tests/guest/nmi.h"

BOOT_EL(3);

#define SCR_HXEN        BIT(38)
#define ICC_IGRPEN1_EL3 s3_6_c12_c12_7

static unsigned fiqs;
static u64 isr;

static void on_fiq(struct exc_frame *frame, enum exc_vector vector)
{
    (void)frame, (void)vector;
    fiqs++;
    isr = read_sysreg(isr_el1);
    gic_clear_pending(SGI);
}

static void gic_setup_worlds(void)
{
    mmio_write32(BOARD_GICD + GICD_CTLR, GICD_CTLR_ARE | BIT(5) | GICD_CTLR_GRP1 | GICD_CTLR_GRP1S);
    gic_wait_rwp();
    write_sysreg(3, ICC_IGRPEN1_EL3);
    write_sysreg(0xff, ICC_PMR_EL1);
    gic_set_group(SGI, 1);
    gic_set_priority(SGI, 0xa0);
    superpriority(SGI, true);
    gic_enable(SGI);
}

static void test_fiq(void)
{
    exc_set_handler(EXC_FIQ, on_fiq);
    nmi_sctlr(0);
    gic_set_pending(SGI);
    isb();
    check_equal(fiqs, 0, "SCTLR_EL3.NMI 0: EL3's PSTATE.F masks superpriority");
    set_scr(SCR_FIQ);
    nmi_sctlr(SCTLR_NMI);
    check_equal(fiqs, 1, "SCTLR_EL3.NMI 1: a FIQ with superpriority interrupts EL3");
    check_equal(isr, BIT(6) | ISR_FS, "... ISR_EL1 has F and FS");
    ALLINT_SET();
    gic_set_pending(SGI);
    isb();
    check_equal(fiqs, 1, "ALLINT masks it");
    ALLINT_CLR();
    check_equal(fiqs, 2, "... until it is cleared");
    nmi_sctlr(0);
    set_scr(0);
}

static struct guest el1;

static void el2_runs_el1(void)
{
    static const u32 nops[4] = {0xd503201f, 0xd503201f, 0xd503201f, 0xd503201f};

    write_sysreg(0x30d00800 | SCTLR_NMI, sctlr_el1);
    isb();
    el1 = el1_guest(nops, 4, SPSR_EL1H | SPSR_DAIF);
    guest_run(&el1);
}

/* Secure EL1 under Secure EL2 without FMO: a Non-secure interrupt is its own FIQ. */
static void test_secure_el1(void)
{
    gic_set_pending(SGI);
    at_el2(SCR_EEL2, el2_runs_el1);
    check(is_hvc(&el1, EL1_VECTOR + EXC_FIQ),
          "Secure EL1 takes a Non-secure one as FIQ, F being 1");
    gic_clear_pending(SGI);
}

static void el2_writes_hcrx(void)
{
    write_sysreg(HCRX_TALLINT, HCRX_EL2);
}

static void test_hxen(void)
{
    struct guest g = at_el2(SCR_NS | SCR_HXEN, el2_writes_hcrx);
    check(came_back(&g), "SCR_EL3.HXEn 1: EL2 writes HCRX_EL2");
    check_equal(read_sysreg(HCRX_EL2), HCRX_TALLINT, "... which EL3 reads");
    static const u32 allint = 0xd501411f;
    g = el1_from_el3(SCR_NS, &allint, 1);
    check(came_back(&g), "HXEn 0: HCRX_EL2.TALLINT counts as 0");
    g = at_el2(SCR_NS, el2_writes_hcrx);
    check(ESR_EC(g.esr) == EC_SYSREG, "HXEn 0: EL2's access comes to EL3");
}

int main(void)
{
    sel2_setup();
    gic_setup_worlds();
    test_fiq();
    test_secure_el1();
    test_hxen();
    return test_result();
}
