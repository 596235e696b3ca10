/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 12: the level above keeps the system registers to itself.
 *
 * A boot loader at EL2 turns on its own system-register interface (ICC_SRE_EL2.SRE) and forgets to
 * let EL1 do the same (ICC_SRE_EL2.Enable). The kernel's write of ICC_SRE_EL1 traps to EL2; there
 * it is skipped as unknown, and the kernel's next ICC access is an exception (IHI 0069,
 * ICC_SRE_EL2).
 */
#include "images/lessons/lesson.h"

#define HCR_RW     BIT(31)
#define SRE_SRE    BIT(0)
#define SRE_ENABLE BIT(3)

BOOT_EL(2);
BOOT_WITHOUT_GIC();

static void on_trap(struct exc_frame *frame, enum exc_vector vector)
{
    (void)vector;
    printf("EL2: trap of a system register, skipped: ESR 0x%lx\n", frame->esr);
    frame->elr += 4;
}

static void boot_loader(void)
{
    exc_set_handler(EXC_LOWER_SYNC, on_trap);
#ifdef MENDED
    write_sysreg(SRE_SRE | SRE_ENABLE, ICC_SRE_EL2);
#else
    write_sysreg(SRE_SRE, ICC_SRE_EL2);
#endif
    write_sysreg(HCR_RW, hcr_el2);
    drop_to_el1();
}

static void timer_init(void)
{
    gic_init();
    gic_wake();
    gic_set_group(INTID_CNTV, 1);
    gic_set_priority(INTID_CNTV, PRIO_DEFAULT);
    gic_enable(INTID_CNTV);
    virtual_timer_arm(0);
}

static int kernel(void)
{
    gic_on(INTID_CNTV, count_tick);
    timer_init();
    write_sysreg(SRE_SRE, ICC_SRE_EL1);
    isb();
    write_sysreg(PRIO_IDLE, ICC_PMR_EL1);
    write_sysreg(1, ICC_IGRPEN1_EL1);
    irq_unmask();
    wait_until(taken, PATIENCE_MS);
    return lesson_end(taken, "tick", "the timer's interrupt did not come");
}

int main(void)
{
    boot_loader();
    return kernel();
}
