/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest's virtual timer (DDI 0487, "The Generic Timer"). While its vCPU is loaded it is in
 * hardware: the physical PPI is acknowledged here and stays active until the guest ends the virtual
 * interrupt (a list register with HW = 1). While it is blocked, CNTHP keeps its deadline.
 */
#include "images/hyp/hyp.h"
#include "images/lib/timer.h"

/* Enabled and not masked, and its interrupt is not yet on its way to the guest. */
static bool armed(const struct vcpu *v)
{
    return (v->timer.ctl & (TIMER_ENABLE | TIMER_IMASK)) == TIMER_ENABLE &&
           !vgic_has(v, GUEST_TIMER);
}

/* The PPI is active at the GIC just while the guest has the interrupt: so it does not come again.
 */
void vtimer_load(struct vcpu *v)
{
    u64 daif = vcpu_lock(v);
    if (vgic_has(v, GUEST_TIMER))
        gic_set_active(INTID_CNTV);
    else
        gic_clear_active(INTID_CNTV);
    vcpu_unlock(v, daif);
    write_sysreg(v->vm->voff, cntvoff_el2);
    write_sysreg(v->timer.cval, cntv_cval_el0);
    isb();
    write_sysreg(v->timer.ctl, cntv_ctl_el0);
    isb();
}

void vtimer_put(struct vcpu *v)
{
    v->timer.ctl = read_sysreg(cntv_ctl_el0) & (TIMER_ENABLE | TIMER_IMASK);
    v->timer.cval = read_sysreg(cntv_cval_el0);
    write_sysreg(0, cntv_ctl_el0);
    isb();
    gic_clear_active(INTID_CNTV);
}

void vtimer_fired(struct vcpu *v)
{
    vgic_inject(v, GUEST_TIMER);
}

/* A deadline in physical time: counts are modulo 2^64, and no guest of ours waits for ever. */
static u64 deadline(const struct vcpu *v)
{
    return v->timer.cval + v->vm->voff;
}

u64 vtimer_background(unsigned cpu, u64 now)
{
    u64 next = ~0ull;
    for (unsigned i = 0; i < VCPU_COUNT; i++) {
        struct vcpu *v = &vcpus[i];
        if (v->cpu != cpu || load_acquire32(&v->state) != BLOCKED)
            continue;
        if (!armed(v))
            continue;
        if (deadline(v) <= now)
            vgic_inject(v, GUEST_TIMER);
        else if (deadline(v) < next)
            next = deadline(v);
    }
    return next;
}
