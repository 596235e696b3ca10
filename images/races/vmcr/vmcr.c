/* SPDX-License-Identifier: GPL-2.0-or-later */
/* WFI judged by a copy of VMCR; see README.md. FLAWED: by the one of the last preemption. */
#include "images/races/el2.h"

BOOT_EL(2);

static unsigned pending; /* the virtual interrupt: for the guest, not yet in a list register */
static u64 shadow = VMCR_OPEN;
static volatile unsigned handled; /* the guest's */

/* -- The guest -- */

static void on_virq(void)
{
    u32 intid = gic_ack();
    if (intid == INTID_SPURIOUS)
        return;
    handled = intid == VIRQ;
    gic_eoi(intid);
}

/* It closes its priority mask for a moment, then opens it, and waits for its interrupt. */
static void guest(void)
{
    write_sysreg(0, ICC_PMR_EL1);
    write_sysreg(0xff, ICC_PMR_EL1);
    sleep_until(&handled);
    race_assert(handled, "the guest has had its interrupt");
    race_end();
    guest_exit(0);
}

/* -- The hypervisor -- */

static void flush(void)
{
    if (__atomic_exchange_n(&pending, 0, __ATOMIC_ACQUIRE))
        write_sysreg(LR_PENDING(VIRQ), ICH_LR0_EL2);
    isb();
}

/* What the guest has not taken yet is pending once more. */
static void fold(void)
{
    if (!(read_sysreg(ICH_LR0_EL2) & BIT(62)))
        return;
    write_sysreg(0, ICH_LR0_EL2);
    __atomic_store_n(&pending, 1, __ATOMIC_RELAXED);
}

/* TICK: another thread has its turn, and this one is put and loaded. */
static void take(void)
{
    if (el2_take() == TICK)
        shadow = read_sysreg(ICH_VMCR_EL2);
}

static bool may_wake(void)
{
    return __atomic_load_n(&pending, __ATOMIC_RELAXED) && VIRQ_PRIORITY < VMCR_PMR(shadow);
}

static void on_trap(struct exc_frame *frame, enum exc_vector vector)
{
    (void)vector;
    el2_skip_wfi(frame);
    fold();
#ifndef FLAWED
    shadow = read_sysreg(ICH_VMCR_EL2);
#endif
    while (!may_wake()) {
        wfi();
        irq_unmask();
        irq_mask();
    }
    flush();
}

static void on_exit(struct exc_frame *frame, enum exc_vector vector)
{
    (void)frame, (void)vector;
    take();
    flush();
}

static void on_irq(struct exc_frame *frame, enum exc_vector vector)
{
    (void)frame, (void)vector;
    if (current_el() == 1)
        on_virq();
    else
        take();
}

/* Another CPU: the tick of the first one's scheduler, then a device. */
static void device(void *arg)
{
    u64 to = *(const u64 *)arg;
    gic_send_sgi(TICK, to);
    __atomic_store_n(&pending, 1, __ATOMIC_RELEASE);
    gic_send_sgi(KICK, to);
}

int main(void)
{
    static u64 me;

    me = my_affinity();
    smp_start(2);
    gic_setup(TICK, PRIO_DEFAULT, true);
    gic_setup(KICK, PRIO_DEFAULT, true);
    exc_set_handler(EXC_IRQ, on_irq);
    exc_set_handler(EXC_LOWER_IRQ, on_exit);
    exc_set_handler(EXC_LOWER_SYNC, on_trap);
    el2_guest_init();
    race_begin();
    smp_run(1, device, &me);
    el2_enter(guest);
}
