/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The interrupts that reach EL3, all as FIQ. ICC_HPPIR0_EL1 says at EL3 what it is (IHI 0069,
 * "Special INTIDs"): a Group 0 interrupt's INTID, or for whom else it is. What is not EL3's own it
 * does not acknowledge: the world that owns it does.
 */
#include "images/lib/board.h"
#include "images/lib/print.h"
#include "images/lib/timer.h"
#include "images/monitor/monitor.h"

#define INTID_SECURE_GROUP1 1020 /* the highest pending is of Secure Group 1 */
#define INTID_NORMAL_GROUP1 1021 /* ... of Non-secure Group 1 */

#define CNTPS_CTL   s3_7_c14_c2_1
#define CNTPS_CVAL  s3_7_c14_c2_2
#define CNTHPS_CTL  s3_4_c14_c5_1
#define CNTHPS_CVAL s3_4_c14_c5_2

/* -- The secure timer -------------------------------------------------------------------------- */

/* With a Secure EL2 the secure world's timer is that one's, as CNTPS is EL3's alone then (DDI 0487,
 * CNTPS_CTL_EL1). */
static u64 get_deadline(bool of_el2)
{
    return of_el2 ? read_sysreg(CNTHPS_CVAL) : read_sysreg(CNTPS_CVAL);
}

static void set_deadline(bool of_el2, u64 deadline)
{
    if (of_el2)
        write_sysreg(deadline, CNTHPS_CVAL);
    else
        write_sysreg(deadline, CNTPS_CVAL);
    isb();
}

static void control(bool of_el2, u64 ctl)
{
    if (of_el2)
        write_sysreg(ctl, CNTHPS_CTL);
    else
        write_sysreg(ctl, CNTPS_CTL);
    isb();
}

void tick_next(struct pe *pe, enum count count)
{
    bool of_el2 = secure_el2 && count == COUNT_TICKS_SECURE_EL1;
    u64 deadline = get_deadline(of_el2), late = counter_physical() - deadline;
    pe->counts[count]++;
    if (late > pe->counts[COUNT_TICK_LATE])
        pe->counts[COUNT_TICK_LATE] = late;
    set_deadline(of_el2, deadline + pe->tick);
}

void tick_set(struct pe *pe, u64 period, enum tick_group group)
{
    bool of_el2 = secure_el2 && group == TICK_SECURE_GROUP1;
    control(false, 0);
    if (secure_el2)
        control(true, 0);
    pe->tick = period;
    if (!period)
        return;
    for (enum count c = COUNT_TICKS_SECURE_EL1; c <= COUNT_TICK_LATE; c++)
        pe->counts[c] = 0;
    if (group == TICK_GROUP0)
        monitor_gic_give(pe, INTID_CNTPS, OWNED_BY_EL3, 0x10);
    else
        monitor_gic_give(pe, of_el2 ? INTID_CNTHPS : INTID_CNTPS, OWNED_BY_SECURE_EL1, 0x30);
    pe->tick_start = counter_physical();
    set_deadline(of_el2, pe->tick_start + period);
    control(of_el2, TIMER_ENABLE);
}

/* -- Group 0 ----------------------------------------------------------------------------------- */

static void group0_handle(struct pe *pe, u32 intid)
{
    if (intid == INTID_CNTPS && !FLAW_GROUP) {
        tick_next(pe, COUNT_TICKS_EL3);
    } else if (intid < 16) {
        pe->counts[COUNT_GROUP0_SGIS]++;
        pe->counts[COUNT_GROUP0_IN_SECURE] += pe->current == SECURE;
    } else {
        write_sysreg((u64)&cpus[pe->index], tpidr_el1);
        panic("monitor: nobody at EL3 handles Group 0 interrupt %u", intid);
    }
}

static void group0_take(struct pe *pe)
{
    u32 intid = read_sysreg(ICC_IAR0_EL1);
    if (intid >= 1020)
        return; /* it has gone away */
    group0_handle(pe, intid);
    if (FLAW_EOI)
        write_sysreg(intid, ICC_EOIR1_EL1);
    else
        write_sysreg(intid, ICC_EOIR0_EL1);
    isb();
}

/* -- Secure Group 1, while the normal world runs ----------------------------------------------- */

/* Secure EL1 may be in the midst of a call, and Secure EL2 in that of an exception: they wait
 * beneath. */
static struct context *secure_interrupt(struct pe *pe)
{
    struct context *c = &pe->world[SECURE];
    pe->interrupted = c->r;
    pe->interrupted_el2[0] = c->el2.elr_el2;
    pe->interrupted_el2[1] = c->el2.spsr_el2;
    c->r.elr = (u64)secure_interrupt_entry;
    c->r.spsr = SPSR_DAIF | SPSR_EL1H;
    c->pmr = PMR_NOT_NORMAL;
    return world_switch(pe, SECURE);
}

struct context *fiq_take(struct pe *pe, struct context *context)
{
    u32 intid = read_sysreg(ICC_HPPIR0_EL1);
    if (intid == INTID_SECURE_GROUP1 && pe->current == NORMAL)
        return secure_interrupt(pe);
    if (intid == INTID_NORMAL_GROUP1 && pe->current == SECURE)
        return secure_preempt(pe);
    if (intid < INTID_SECURE_GROUP1)
        group0_take(pe);
    return context;
}
