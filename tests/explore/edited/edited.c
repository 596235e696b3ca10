/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A scenario of images/races after an edit that has nothing to do with its race: a trace, as one
 * adds it to find a bug. Code and data are elsewhere, lines are others, and each vCPU has more
 * events, before and behind those that matter. SCENARIO: its source.
 */
#include "images/lib/atomic.h"
#include "images/lib/race.h"
#include "images/lib/smp.h"

enum { TRACE = 16 };

static volatile u64 trace[TRACE];
static volatile unsigned traced;
static smp_fn *volatile traced_fn;

static __attribute__((noinline)) void note(u64 what)
{
    trace[__atomic_fetch_add(&traced, 1, __ATOMIC_RELAXED) % TRACE] = what;
}

static void traced_call(void *arg)
{
    note(this_cpu()->index);
    traced_fn(arg);
    note(~(u64)this_cpu()->index);
}

static inline void traced_run(unsigned cpu, smp_fn *fn, void *arg)
{
    traced_fn = fn;
    note(cpu);
    smp_run(cpu, traced_call, arg);
}

static inline void traced_run_all(smp_fn *fn, void *arg)
{
    traced_fn = fn;
    note(0);
    smp_run_all(traced_call, arg);
}

/* The compiler leaves out what is not used. */
static inline void uses(void)
{
    (void)traced_run;
    (void)traced_run_all;
}

#define smp_run     traced_run
#define smp_run_all traced_run_all
#include SCENARIO
