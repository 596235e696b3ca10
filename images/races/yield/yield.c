/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A directed yield looks at a vCPU that sleeps; see README.md. FLAWED: at two things apart. */
#include "images/races/el2.h"

BOOT_EL(2);

enum state { RUNNABLE, BLOCKED };
enum owner { HARDWARE, SHADOW };

/* The vCPU that may sleep. `vmcr` is what its guest's interface has while `owner` is SHADOW. */
static struct {
    struct spinlock lock;
    u32 state, owner;
    u64 vmcr;
    bool pending; /* its CPU's */
} target;

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

static void guest(void)
{
    sleep_until(&handled);
    smp_wait(1);
    race_assert(handled, "the guest has had its interrupt");
    race_end();
    guest_exit(0);
}

/* -- The hypervisor, on the vCPU's CPU -- */

static void set_state(enum state state, enum owner owner)
{
    spin_lock(&target.lock);
    target.vmcr = read_sysreg(ICH_VMCR_EL2);
    store_release32(&target.owner, owner);
    store_release32(&target.state, state);
    spin_unlock(&target.lock);
}

static void flush(void)
{
    if (target.pending)
        write_sysreg(LR_PENDING(VIRQ), ICH_LR0_EL2);
    target.pending = false;
    isb();
}

/* KICK is the device's. */
static void take(void)
{
    target.pending |= el2_take() == KICK;
}

static void on_trap(struct exc_frame *frame, enum exc_vector vector)
{
    (void)vector;
    el2_skip_wfi(frame);
    if (read_sysreg(ICH_LR0_EL2) & BIT(62))
        return;
    set_state(BLOCKED, SHADOW);
    while (!target.pending) {
        wfi();
        irq_unmask();
        irq_mask();
    }
    set_state(RUNNABLE, HARDWARE);
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

/* -- Another CPU: its vCPU spins, and would rather give its turn to one that can use it -- */

static bool would_wake(u64 vmcr)
{
    race_assert(load_acquire32(&target.owner) == SHADOW,
                "VMCR is read from its copy while the guest does not run");
    return VIRQ_PRIORITY < VMCR_PMR(vmcr);
}

static bool worth_yielding_to(void)
{
#ifdef FLAWED
    return load_acquire32(&target.state) == BLOCKED && would_wake(target.vmcr);
#else
    spin_lock(&target.lock);
    bool worth = target.state == BLOCKED && would_wake(target.vmcr);
    spin_unlock(&target.lock);
    return worth;
#endif
}

static void spinner(void *arg)
{
    gic_send_sgi(KICK, *(const u64 *)arg);
    worth_yielding_to();
}

int main(void)
{
    static u64 me;

    me = my_affinity();
    smp_start(2);
    gic_setup(KICK, PRIO_DEFAULT, true);
    exc_set_handler(EXC_IRQ, on_irq);
    exc_set_handler(EXC_LOWER_IRQ, on_exit);
    exc_set_handler(EXC_LOWER_SYNC, on_trap);
    el2_guest_init();
    race_begin();
    smp_run(1, spinner, &me);
    el2_enter(guest);
}
