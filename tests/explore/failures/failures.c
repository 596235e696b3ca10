/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest that fails in one way or another (-append kind=N, in the order of `kinds`): each has an
 * exit code of its own. Where it says so, some schedules come through.
 */
#include "images/lib/atomic.h"
#include "images/lib/fdt.h"
#include "images/lib/gic.h"
#include "images/lib/print.h"
#include "images/lib/psci.h"
#include "images/lib/race.h"
#include "images/lib/smp.h"

enum { SGI = 3, LOW = 4 };

volatile u64 left = 50, right = 50; /* --invariant end:left==50 */
volatile unsigned ready;            /* --invariant ready<=1 */

static volatile unsigned handled;

/* -- Assertions: in some schedules vCPU 1 comes first -- */

static void set_ready(void *arg)
{
    (void)arg;
    ready = ready + 1;
}

static void assert_semihosting(void)
{
    smp_run(1, set_ready, NULL);
    race_assert(!ready, "said by semihosting");
    smp_wait(1);
}

static void assert_call(void)
{
    smp_run(1, set_ready, NULL);
    if (ready)
        psci_call(RACE_CALLS + 0x102, (u64) "said by a call", 0, 0);
    smp_wait(1);
}

__attribute__((noinline)) void oops(void)
{
    __asm__ volatile("");
}

static void reach_panic(void)
{
    smp_run(1, set_ready, NULL);
    if (ready)
        oops();
    smp_wait(1);
}

/* -- No end -- */

static void live_lock(void)
{
    smp_run(1, set_ready, NULL);
    if (ready)
        for (;;)
            handled = handled + 1;
    smp_wait(1);
}

/* -- Interrupts -- */

static void on_sgi(u32 intid, struct exc_frame *frame)
{
    (void)intid, (void)frame;
    handled = 1;
}

static void send(void *arg)
{
    gic_send_sgi(SGI, *(u64 *)arg);
}

/* Nobody unmasks it. */
static void masked(void)
{
    static u64 me;
    me = my_affinity();
    gic_on(SGI, on_sgi);
    gic_setup(SGI, PRIO_DEFAULT, true);
    irq_mask();
    smp_run(1, send, &me);
    smp_wait(1);
    for (unsigned i = 0; i < 3000; i++)
        __asm__ volatile("");
    smp_run(1, set_ready, NULL);
    smp_wait(1);
}

static void end_twice(void)
{
    gic_setup(SGI, PRIO_DEFAULT, true);
    gic_send_sgi(SGI, my_affinity());
    gic_eoi(gic_ack());
    gic_eoi(SGI);
}

static void end_never(void)
{
    gic_setup(SGI, PRIO_DEFAULT, true);
    gic_send_sgi(SGI, my_affinity());
    gic_ack();
}

static void end_in_wrong_order(void)
{
    gic_setup(LOW, PRIO_DEFAULT, true);
    gic_setup(SGI, PRIO_HIGH, true);
    gic_send_sgi(LOW, my_affinity());
    gic_ack();
    gic_send_sgi(SGI, my_affinity());
    gic_ack();
    gic_eoi(LOW);
    gic_eoi(SGI);
}

/* -- Invariants -- */

static void add_right(void *arg)
{
    (void)arg;
    right = right + 1;
}

static void keep_left(void)
{
    smp_run(1, add_right, NULL);
    left = 100 - right;
    smp_wait(1);
}

static void ready_twice(void)
{
    smp_run(1, set_ready, NULL);
    set_ready(NULL);
    smp_wait(1);
}

/* Everybody waits. */
static void lock_up(void)
{
    irq_mask();
    wfi();
}

static void (*const kinds[])(void) = {
    assert_semihosting, assert_call,        reach_panic, live_lock,   masked,  end_twice,
    end_never,          end_in_wrong_order, keep_left,   ready_twice, lock_up,
};

int main(void)
{
    u64 kind = bootarg_u64("kind", 0);

    if (kind >= ARRAY_SIZE(kinds))
        panic("-append kind=%lu: there are %lu", kind, ARRAY_SIZE(kinds));
    smp_start(2);
    race_begin();
    kinds[kind]();
    race_end();
    return 0;
}
