/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 5: a Group 0 interrupt is acknowledged as if it were in Group 1.
 *
 * The timer is in Group 0 and so arrives as an FIQ. The FIQ vector leads to the handler of IRQs,
 * which asks ICC_IAR1_EL1 and gets 1023: that register sees Group 1 only. Nothing is acknowledged,
 * the line stays up, the FIQ is taken again at once, for ever (IHI 0069, ICC_IAR0_EL1).
 */
#include "images/lessons/lesson.h"

#define TOO_MANY 1000

static unsigned spurious;

static void on_fiq(struct exc_frame *frame, enum exc_vector vector)
{
#ifdef MENDED
    u32 intid = vector == EXC_FIQ ? read_sysreg(ICC_IAR0_EL1) : read_sysreg(ICC_IAR1_EL1);
#else
    u32 intid = read_sysreg(ICC_IAR1_EL1);
#endif
    if (intid == INTID_SPURIOUS) {
        if (++spurious == TOO_MANY)
            guest_exit(lesson_end(false, "", "1000 FIQs, each of them INTID 1023"));
        return;
    }
    count_tick(intid, frame);
    write_sysreg(intid, ICC_EOIR0_EL1);
    (void)vector;
}

static void group_0_init(void)
{
    u32 ctlr = mmio_read32(BOARD_GICD + GICD_CTLR);
    mmio_write32(BOARD_GICD + GICD_CTLR, ctlr | GICD_CTLR_GRP0);
    gic_wait_rwp();
    gic_set_group(INTID_CNTV, 0);
    gic_enable(INTID_CNTV);
    write_sysreg(1, ICC_IGRPEN0_EL1);
    isb();
}

int main(void)
{
    exc_set_handler(EXC_FIQ, on_fiq);
    group_0_init();
    virtual_timer_arm(ms_to_ticks(1));
    __asm__ volatile("msr daifclr, #3" ::: "memory"); /* I and F */
    wait_until(taken, PATIENCE_MS);
    return lesson_end(taken, "tick", "the timer's interrupt did not come");
}
