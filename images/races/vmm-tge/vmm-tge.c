/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A hypervisor leaves host mode while its VMM watches a guest's timer; see README.md. */
#include "images/lib/gic.h"
#include "images/lib/mmu.h"
#include "images/lib/race.h"
#include "images/lib/smp.h"
#include "images/lib/timer.h"

BOOT_EL(2);

enum { INTID = 64, TICKS = 20000, OFFSET = 10000 };

#define HCR_TGE      BIT(27)
#define HCR_E2H      BIT(34)
#define ECV          BIT(12)
#define CNTPOFF_EL2  s3_4_c14_c0_6
#define CNTP_CTL_02  s3_5_c14_c2_1
#define CNTP_CVAL_02 s3_5_c14_c2_2

static bool is_pending(void)
{
    return mmio_read32(BOARD_GICD + GICD_ISPENDR + INTID / 32 * 4) >> INTID % 32 & 1;
}

int main(void)
{
    u64 hcr = read_sysreg(hcr_el2);
    mmu_disable(); /* E2H changes the regime that this runs in */
    delay_ms(1);   /* no counter wraps */
    write_sysreg(hcr | HCR_E2H | HCR_TGE, hcr_el2);
    isb();
    write_sysreg(read_sysreg(cnthctl_el2) | ECV, cnthctl_el2);
    write_sysreg(OFFSET, CNTPOFF_EL2);
    isb();
    gic_setup(INTID, 0x80, false);
    race_begin();
    write_sysreg(counter_physical() + TICKS, CNTP_CVAL_02);
    write_sysreg(TIMER_ENABLE, CNTP_CTL_02); /* its PPI is disabled in the GIC */
    isb();
    race_call_vmm(1, INTID, 0);
    write_sysreg(hcr | HCR_E2H, hcr_el2);
    isb();
    while (!is_pending())
        wfi(); /* interrupts are masked */
    race_assert(read_sysreg(CNTP_CTL_02) & TIMER_ISTATUS, "the SPI came when the timer was due");
    race_end();
    return 0;
}
