/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 49: the guest has ended its interrupt, and the physical one is still active.
 *
 * A hypervisor takes the timer's interrupt, drops its priority, and leaves it active: it is to come
 * again when the guest is done. The guest ends the virtual interrupt; but the list register does
 * not say which physical one belongs to it, so that one stays active for ever (IHI 0069,
 * ICH_LR<n>_EL2.HW).
 */
#include "images/lessons/lesson.h"
#include "images/races/el2.h"

#define LR_HW        BIT(61)
#define LR_PINTID(n) ((u64)(n) << 32)
#define TICKS        3

BOOT_EL(2);

static void inject(u32 intid)
{
    u64 lr = LR_PENDING(intid);
#ifdef MENDED
    lr |= LR_HW | LR_PINTID(intid);
#endif
    write_sysreg(lr, ICH_LR0_EL2);
    isb();
}

/* The hypervisor: EOImode is 1, so the end of the handler drops the priority and no more. */
static void on_exit(struct exc_frame *frame, enum exc_vector vector)
{
    (void)frame;
    (void)vector;
    u32 intid = gic_ack();
    if (intid == INTID_SPURIOUS)
        return;
    gic_eoi(intid);
    inject(intid);
}

static void on_virtual(struct exc_frame *frame, enum exc_vector vector)
{
    (void)vector;
    u32 intid = gic_ack();
    if (intid == INTID_SPURIOUS)
        return;
    count_interrupt(intid, frame);
    virtual_timer_arm(ms_to_ticks(1));
    gic_eoi(intid);
}

static void guest(void)
{
    virtual_timer_arm(ms_to_ticks(1));
    irq_unmask();
    wait_until(taken >= TICKS, PATIENCE_MS);
    guest_exit(lesson_end(taken >= TICKS, "tick, tick, tick", "one tick, and never again"));
}

int main(void)
{
    exc_set_handler(EXC_LOWER_IRQ, on_exit);
    exc_set_handler(EXC_IRQ, on_virtual);
    gic_setup(INTID_CNTV, PRIO_DEFAULT, false);
    gic_set_eoimode(true);
    el2_guest_init();
    el2_enter(guest);
}
