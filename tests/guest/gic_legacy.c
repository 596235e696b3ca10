/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Legacy operation (IHI 0069 10): affinity routing off, as after reset, SPIs by GICD_ITARGETSR,
 * SGIs by GICD_SGIR, and the CPU interface in memory, GICC; then on to affinity routing, from which
 * there is no way back. Interrupts are taken as exceptions.
 */
#include "images/lib/atomic.h"
#include "images/lib/exc.h"
#include "images/lib/gic.h"
#include "images/lib/smp.h"
#include "images/lib/test.h"
#include "images/lib/timer.h"

BOOT_WITHOUT_GIC();

#define GICC       0x08010000ull
#define GICC_CTLR  (GICC + 0x0)
#define GICC_PMR   (GICC + 0x4)
#define GICC_IAR   (GICC + 0xc)
#define GICC_RPR   (GICC + 0x14)
#define GICC_AIAR  (GICC + 0x20)
#define GICC_AEOIR (GICC + 0x24)
#define GICC_IIDR  (GICC + 0xfc)
#define ITARGETSR  (BOARD_GICD + 0x800)
#define SGIR       (BOARD_GICD + 0xf00)
#define ARE        BIT(4)

enum { SGI = 5, SPI = 50, PPI_TIMER = 30 };

static u32 taken[CPU_MAX][4];
static u32 n_taken[CPU_MAX];

static void on_irq(struct exc_frame *frame, enum exc_vector vector)
{
    unsigned cpu = this_cpu()->index;
    u32 iar = mmio_read32(GICC_AIAR);
    (void)frame, (void)vector;
    if (iar == PPI_TIMER)
        write_sysreg(0, cntp_ctl_el0);
    if (n_taken[cpu] < 4)
        taken[cpu][n_taken[cpu]] = iar;
    mmio_write32(GICC_AEOIR, iar);
    dsb(sy);
    store_release32(&n_taken[cpu], n_taken[cpu] + 1);
    sev();
}

static void wait_for(unsigned cpu, u32 n)
{
    for (unsigned i = 0; i < 100000 && load_acquire32(&n_taken[cpu]) < n; i++)
        __asm__ volatile("yield");
}

/* Everything in Group 1; GICD_CTLR and GICC_CTLR enable it. */
static void cpu_on(void *arg)
{
    (void)arg;
    mmio_write32(BOARD_GICD + GICD_IGROUPR, ~0u);
    mmio_write32(BOARD_GICD + GICD_ISENABLER, BIT(SGI) | BIT(PPI_TIMER));
    mmio_write32(GICC_PMR, 0xff);
    mmio_write32(GICC_CTLR, 2);
    dsb(sy);
    irq_unmask();
}

static void test_registers(void)
{
    u32 ctlr = mmio_read32(BOARD_GICD + GICD_CTLR);
    check(!(ctlr & ARE), "affinity routing is off after reset");
    check((mmio_read32(BOARD_GICD + GICD_TYPER) >> 5 & 7) == boot.cpus - 1,
          "GICD_TYPER.CPUNumber says how many PEs there are");
    check((mmio_read32(GICC_IIDR) & 0xf0fff) == 0x3043b, "GICC_IIDR says GICv3 by Arm");
    check(mmio_read32(ITARGETSR) == 0x01010101, "the targets of an SGI are the reader");
    mmio_write32(this_cpu()->gicr + GICR_SGI + GICD_ISENABLER, BIT(20));
    check(!(mmio_read32(BOARD_GICD + GICD_ISENABLER) & BIT(20)),
          "GICR has no interrupts of its own without affinity routing");
}

static void test_ppi(void)
{
    n_taken[0] = 0;
    write_sysreg(0, cntp_tval_el0);
    write_sysreg(1, cntp_ctl_el0);
    isb();
    wait_for(0, 1);
    check(n_taken[0] == 1 && taken[0][0] == PPI_TIMER, "a PPI comes through GICC");
    check(mmio_read32(GICC_RPR) == 0xff, "its end drops the running priority");
}

static void test_sgi(void)
{
    for (unsigned cpu = 0; cpu < boot.cpus; cpu++)
        n_taken[cpu] = 0;
    mmio_write32(SGIR, 1u << 24 | SGI); /* all but the writer */
    dsb(sy);
    bool ok = true;
    for (unsigned cpu = 1; cpu < boot.cpus; cpu++) {
        wait_for(cpu, 1);
        ok &= n_taken[cpu] == 1 && taken[cpu][0] == SGI;
    }
    check(ok && n_taken[0] == 0, "GICD_SGIR reaches all others, from vCPU 0");
    irq_mask();
    for (unsigned from = 0; from < 2; from++)
        mmio_write8(BOARD_GICD + 0xf20 + SGI, 1u << (from + 1)); /* GICD_SPENDSGIR */
    dsb(sy);
    check(mmio_read8(BOARD_GICD + 0xf20 + SGI) == 6, "an SGI is pending from two senders");
    irq_unmask();
    wait_for(0, 2);
    check(n_taken[0] == 2 && taken[0][0] == (1u << 10 | SGI) && taken[0][1] == (2u << 10 | SGI),
          "and taken twice, with the sender's number");
}

static void test_spi(void)
{
    unsigned last = boot.cpus - 1;
    n_taken[last] = 0;
    mmio_write32(BOARD_GICD + GICD_IGROUPR + 4, ~0u);
    mmio_write8(ITARGETSR + SPI, (u8)(1u << last));
    mmio_write32(BOARD_GICD + GICD_ICFGR + SPI / 16 * 4, 2u << SPI % 16 * 2);
    mmio_write32(BOARD_GICD + GICD_ISENABLER + 4, BIT(SPI - 32));
    mmio_write32(BOARD_GICD + GICD_ISPENDR + 4, BIT(SPI - 32));
    dsb(sy);
    wait_for(last, 1);
    check(n_taken[last] == 1 && taken[last][0] == SPI, "an SPI goes to its target");
}

static void test_are(void)
{
    irq_mask();
    mmio_write32(BOARD_GICD + GICD_CTLR, ARE | 2);
    mmio_write32(BOARD_GICD + GICD_CTLR, 2);
    check(mmio_read32(BOARD_GICD + GICD_CTLR) & ARE, "once on, affinity routing stays on");
    check(mmio_read32(BOARD_GICD + GICD_ISENABLER) == 0 &&
              mmio_read32(this_cpu()->gicr + GICR_SGI + GICD_ISENABLER) ==
                  (BIT(SGI) | BIT(PPI_TIMER)),
          "SGIs and PPIs then are GICR's, as they were");
    write_sysreg(7, ICC_SRE_EL1);
    isb();
    check(mmio_read32(GICC_IIDR) == 0, "GICC is silent to who uses the system registers");
    check(read_sysreg(ICC_PMR_EL1) >= 0xf0, "which show the same CPU interface");
    gic_send_sgi(SGI, my_affinity());
    check(read_sysreg(ICC_IAR1_EL1) == SGI, "and take interrupts");
    write_sysreg(SGI, ICC_EOIR1_EL1);
}

int main(void)
{
    exc_set_handler(EXC_IRQ, on_irq);
    smp_start(0);
    test_registers();
    mmio_write32(BOARD_GICD + GICD_CTLR, 2);
    smp_run_all(cpu_on, NULL);
    test_ppi();
    test_sgi();
    test_spi();
    test_are();
    return test_result();
}
