/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What each vCPU sees at its CPU interface, asked from vCPU 0.
 */
#ifndef TESTS_GUEST_GIC_VIEWS_H
#define TESTS_GUEST_GIC_VIEWS_H

#include "images/lib/smp.h"
#include "images/lib/test.h"
#include "tests/guest/gic_poll.h"

/* In place of a vCPU's number. */
#define NOBODY  1000u
#define SEVERAL 1001u

/* @fn(@arg) on @cpu, this one or another; returns when it is done. NOBODY and SEVERAL do nothing.
 */
static inline void on_cpu(unsigned cpu, smp_fn *fn, void *arg)
{
    if (cpu >= smp_started())
        return;
    if (cpu == this_cpu()->index) {
        fn(arg);
        return;
    }
    smp_run(cpu, fn, arg);
    smp_wait(cpu);
}

static inline void view_signalled(void *arg)
{
    *(u32 *)arg = irq_is_signalled() ? hppir1() : INTID_SPURIOUS;
}

static inline void view_ack(void *arg)
{
    *(u32 *)arg = gic_ack();
}

static inline void view_end(void *arg)
{
    gic_eoi(*(u32 *)arg);
}

/* The INTID signalled at @cpu, or 1023. */
static inline u32 signalled_at(unsigned cpu)
{
    u32 intid = 0;
    on_cpu(cpu, view_signalled, &intid);
    return intid;
}

static inline u32 ack_at(unsigned cpu)
{
    u32 intid = 0;
    on_cpu(cpu, view_ack, &intid);
    return intid;
}

static inline void end_at(unsigned cpu, u32 intid)
{
    on_cpu(cpu, view_end, &intid);
}

/* Which vCPU @intid is signalled to. */
static inline unsigned who_has(u32 intid)
{
    unsigned who = NOBODY;
    for (unsigned i = 0; i < smp_started(); i++)
        if (signalled_at(i) == intid)
            who = who == NOBODY ? i : SEVERAL;
    return who;
}

#endif
