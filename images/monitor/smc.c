/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Calls of both worlds, and the secure world's turns. */
#include "images/lib/gic.h"
#include "images/monitor/monitor.h"

/* -- The secure world's turns ------------------------------------------------------------------ */

static struct context *secure_begin(struct pe *pe, const u64 *x, u8 pmr)
{
    struct context *c = &pe->world[SECURE];
    for (unsigned i = 0; i < 4; i++)
        c->r.x[i] = x[i];
    c->pmr = pmr;
    pe->secure = SECURE_CALLED;
    return world_switch(pe, SECURE);
}

static struct context *secure_resume(struct pe *pe)
{
    pe->world[SECURE].pmr = PMR_ALL;
    pe->secure = SECURE_CALLED;
    return world_switch(pe, SECURE);
}

struct context *secure_preempt(struct pe *pe)
{
    pe->counts[COUNT_PREEMPTIONS]++;
    pe->secure = SECURE_PREEMPTED;
    pe->world[NORMAL].r.x[0] = (u64)SERVICE_PREEMPTED;
    return world_switch(pe, NORMAL);
}

static struct context *secure_done(struct pe *pe, u64 result)
{
    pe->secure = SECURE_IDLE;
    pe->world[NORMAL].r.x[0] = result;
    return world_switch(pe, NORMAL);
}

static struct context *secure_interrupts_done(struct pe *pe)
{
    struct context *next = world_switch(pe, NORMAL), *c = &pe->world[SECURE];
    c->r = pe->interrupted;
    c->el2.elr_el2 = pe->interrupted_el2[0];
    c->el2.spsr_el2 = pe->interrupted_el2[1];
    return next;
}

static struct context *secure_fiq(struct pe *pe, struct context *context)
{
    struct context *next = fiq_take(pe, context);
    pe->counts[COUNT_YIELDS] += next != context;
    return next;
}

static struct context *from_secure(struct pe *pe, struct context *c)
{
    switch ((u32)c->r.x[0]) {
    case SECURE_READY:
        pe->secure = SECURE_IDLE;
        return world_switch(pe, NORMAL);
    case SECURE_DONE:
        return secure_done(pe, c->r.x[1]);
    case SECURE_INTERRUPTS_DONE:
        return secure_interrupts_done(pe);
    case SECURE_FIQ:
        return secure_fiq(pe, c);
    case SECURE_END_INTERRUPT: /* SCR_EL3.NS is 0: EOIR1 is that of Secure Group 1 */
        write_sysreg(c->r.x[1], ICC_EOIR1_EL1);
        isb();
        return c;
    default:
        c->r.x[0] = (u64)SERVICE_UNKNOWN;
        return c;
    }
}

/* -- The normal world's calls ------------------------------------------------------------------ */

/* What EL3 does itself. */
static s64 serve(struct pe *pe, const u64 *x)
{
    switch ((u32)x[0]) {
    case SERVICE_ROUTE:
        world_route(x[1] ? PREEMPT_BY_SECURE_EL1 : PREEMPT_BY_EL3);
        return SERVICE_OK;
    case SERVICE_TICK:
        tick_set(pe, x[1], x[2] ? TICK_SECURE_GROUP1 : TICK_GROUP0);
        return SERVICE_OK;
    case SERVICE_COUNT:
        return x[1] < COUNTS ? (s64)pe->counts[x[1]] : SERVICE_UNKNOWN;
    case SERVICE_PERMIT_SGI:
        if (x[1] < SGI_SECURE || x[1] > SGI_EL3)
            return SERVICE_UNKNOWN;
        monitor_gic_permit(pe, x[1], x[2]);
        return SERVICE_OK;
    case SERVICE_GIVE_SPI:
        if (x[1] < 32 || x[1] >= 32 + gic_nr_spis())
            return SERVICE_UNKNOWN;
        monitor_gic_give_spi(x[1], x[2], x[3]);
        return SERVICE_OK;
    default:
        return SERVICE_UNKNOWN;
    }
}

static struct context *from_normal(struct pe *pe, struct context *c)
{
    u32 function = c->r.x[0];
    bool work = function == SERVICE_WORK || function == SERVICE_WORK_FAST;
    if (work || function == SERVICE_SEND_SGI || function == SERVICE_EL3_ENDS) {
        if (pe->secure == SECURE_IDLE)
            return secure_begin(pe, c->r.x, function == SERVICE_WORK ? PMR_ALL : PMR_NOT_NORMAL);
        c->r.x[0] = (u64)SERVICE_BUSY;
    } else if (function == SERVICE_RESUME && pe->secure == SECURE_PREEMPTED) {
        return secure_resume(pe);
    } else if (psci_is_call(function)) {
        c->r.x[0] = (u64)psci_answer(pe, c->r.x);
    } else {
        c->r.x[0] = (u64)serve(pe, c->r.x);
    }
    return c;
}

struct context *smc_take(struct pe *pe, struct context *context)
{
    return pe->current == SECURE ? from_secure(pe, context) : from_normal(pe, context);
}
