/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What tests/gdb debugs: four vCPUs that count, one that spoils another's word, an interrupt that
 * PMR holds back, and a vCPU that spins for ever when a debugger asks for it.
 */
#include "images/lib/atomic.h"
#include "images/lib/gic.h"
#include "images/lib/print.h"
#include "images/lib/smp.h"
#include "images/lib/timer.h"

#define ROUNDS   20000
#define SPOILER  3
#define SPOIL_AT 12345

volatile u64 counts[4];
volatile u64 word, pair[2];
volatile u64 atomic;
volatile u64 spin_forever; /* for the debugger to set */
volatile u64 taken;

#define LANDMARK __attribute__((noinline, noclone))

LANDMARK void set_word(u64 value)
{
    word = value;
}

LANDMARK void spoil(void)
{
    word = 0xbad;
}

LANDMARK void store_pair(u64 a, u64 b)
{
    asm volatile("stp %0, %1, [%2]" : : "r"(a), "r"(b), "r"(pair) : "memory");
}

LANDMARK void add_atomically(void)
{
    __atomic_fetch_add(&atomic, 1, __ATOMIC_SEQ_CST);
}

static void count(void *arg)
{
    unsigned me = this_cpu()->index;

    (void)arg;
    for (u64 i = 1; i <= ROUNDS; i++) {
        counts[me] = i;
        if (me == 0 && i % 1000 == 0)
            set_word(i);
        if (me == SPOILER && i == SPOIL_AT)
            spoil();
        if (i % 5000 == 0)
            add_atomically();
    }
}

static void on_timer(u32 intid, struct exc_frame *frame)
{
    (void)intid, (void)frame;
    taken++;
    write_sysreg(0, cntv_ctl_el0);
    isb();
}

/* The timer's interrupt is pending here, and PMR is too low for it. */
LANDMARK void masked(void)
{
    asm volatile("" : : : "memory");
}

LANDMARK void counted(void)
{
    asm volatile("" : : : "memory");
}

LANDMARK void over(void)
{
    asm volatile("" : : : "memory");
}

static void hold_back(void)
{
    gic_on(INTID_CNTV, on_timer);
    gic_setup(INTID_CNTV, PRIO_DEFAULT, false);
    write_sysreg(PRIO_HIGH, icc_pmr_el1);
    isb();
    virtual_timer_arm(100);
    while (!gic_is_pending(INTID_CNTV))
        ;
    masked();
    write_sysreg(PRIO_IDLE, icc_pmr_el1);
    isb();
    irq_unmask();
    while (!taken)
        ;
    irq_mask();
}

int main(void)
{
    smp_start(0);
    smp_run_all(count, NULL);
    counted();
    store_pair(1, 2);
    hold_back();
    while (spin_forever)
        ;
    printf("word %lu, atomic %lu\n", word, atomic);
    over();
    return counts[0] == ROUNDS && taken == 1 ? 0 : 1;
}
