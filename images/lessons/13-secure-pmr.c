/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 13: the secure side's priority mask hides every Non-secure interrupt.
 *
 * Non-secure priorities are the lower half, 0x80 to 0xff. Firmware at EL3 leaves ICC_PMR_EL1 at
 * 0x70 after a critical section of its own, and enters the kernel. The kernel opens its mask, as
 * it always does; but while the mask is in the secure half, a Non-secure write to it is ignored
 * (IHI 0069, ICC_PMR_EL1).
 */
#include "images/lessons/lesson.h"

#define SCR_NS    BIT(0)
#define SCR_FIQ   BIT(2) /* Group 0 is EL3's: the other side sees its half of the priorities */
#define SCR_RES1  (3 << 4)
#define SCR_RW    BIT(10)
#define ARE_NS    BIT(5)
#define PMR_ABOVE 0x70

BOOT_EL(3);

static void firmware(void)
{
    mmio_write32(BOARD_GICD + GICD_CTLR, GICD_CTLR_ARE | ARE_NS | GICD_CTLR_GRP1);
    gic_wait_rwp();
    write_sysreg(PMR_ABOVE, ICC_PMR_EL1);
    /* ... what must not be interrupted ... */
#ifdef MENDED
    write_sysreg(PRIO_IDLE, ICC_PMR_EL1);
#endif
    write_sysreg(SCR_NS | SCR_FIQ | SCR_RES1 | SCR_RW, scr_el3);
    isb();
    drop_to_el1();
}

static int kernel(void)
{
    gic_on(INTID_CNTV, count_tick);
    gic_cpu_init();
    gic_setup(INTID_CNTV, PRIO_DEFAULT, false);
    virtual_timer_arm(ms_to_ticks(1));
    irq_unmask();
    wait_until(taken, PATIENCE_MS);
    return lesson_end(taken, "tick", "the timer's interrupt did not come");
}

int main(void)
{
    firmware();
    return kernel();
}
