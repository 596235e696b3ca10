/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What orders two accesses, and what only looks as if it did. TEST names one of the functions;
 * FLAWED leaves out what it is about.
 */
#include "images/lib/atomic.h"
#include "images/lib/gic.h"
#include "images/lib/smp.h"

#define CASE static __attribute__((unused, noinline))

enum { SGI = 3, SGI_SLOW = 4, SPI = INTID_FREE_SPI };

u64 data, lock, count;
u32 flag, handled;

/* -- A message from vCPU 1 to vCPU 0 -- */

static inline void plain_store(u32 *p, u32 value)
{
    *(volatile u32 *)p = value;
}

static inline u32 plain_load(u32 *p)
{
    return *(volatile u32 *)p;
}

CASE void produce_release(void *arg)
{
    (void)arg;
    data = 42;
#ifdef FLAWED
    plain_store(&flag, 1);
#else
    store_release32(&flag, 1);
#endif
}

CASE void consume_release(void)
{
    while (!load_acquire32(&flag))
        ;
    data++;
}

CASE void mp_release(void)
{
    smp_run(1, produce_release, NULL);
    consume_release();
}

CASE void produce_barrier(void *arg)
{
    (void)arg;
    data = 42;
    __asm__ volatile("dmb ishst" ::: "memory");
    plain_store(&flag, 1);
}

CASE void consume_barrier(void)
{
    while (!plain_load(&flag))
        ;
#ifndef FLAWED
    __asm__ volatile("dmb ishld" ::: "memory");
#endif
    data++;
}

CASE void mp_barrier(void)
{
    smp_run(1, produce_barrier, NULL);
    consume_barrier();
}

/* -- Locks -- */

CASE void add_llsc(void *arg)
{
    static struct spinlock l;

    (void)arg;
    for (unsigned i = 0; i < 10; i++) {
        spin_lock(&l);
        data++;
#ifdef FLAWED
        plain_store(&l.locked, 0);
#else
        spin_unlock(&l);
#endif
    }
}

CASE void lock_llsc(void)
{
    smp_run_all(add_llsc, NULL);
}

CASE void add_cas(void *arg)
{
    (void)arg;
    for (unsigned i = 0; i < 10; i++) {
        u64 expected;

        do {
            expected = 0;
#ifdef FLAWED
            __asm__ volatile(".arch_extension lse\n cas %0, %2, %1"
#else
            __asm__ volatile(".arch_extension lse\n casa %0, %2, %1"
#endif
                             : "+r"(expected), "+Q"(lock)
                             : "r"(1ull)
                             : "memory");
        } while (expected);
        data++;
        __asm__ volatile("stlr xzr, %0" : "=Q"(lock)::"memory");
    }
}

CASE void lock_cas(void)
{
    smp_run_all(add_cas, NULL);
}

/* -- Interrupts from vCPU 1 -- */

CASE void on_message(u32 intid, struct exc_frame *frame)
{
    (void)intid, (void)frame;
    data++;
    store_release32(&handled, 1);
}

static void wait_handled(void)
{
    while (!load_acquire32(&handled))
        ;
}

CASE void send_sgi(void *arg)
{
    data = 42;
#ifdef FLAWED
    __asm__ volatile("dmb ish" ::: "memory"); /* no access that it orders: MSR is none */
#else
    __asm__ volatile("dsb ishst" ::: "memory");
#endif
    write_sysreg(gic_sgi1r(SGI, *(u64 *)arg), ICC_SGI1R_EL1);
    isb();
}

CASE void sgi_dsb(void)
{
    static u64 target;

    target = my_affinity();
    gic_on(SGI, on_message);
    gic_setup(SGI, PRIO_DEFAULT, true);
    irq_unmask();
    smp_run(1, send_sgi, &target);
    wait_handled();
}

CASE void ring_doorbell(void *arg)
{
    (void)arg;
    data = 42;
#ifndef FLAWED
    __asm__ volatile("dmb oshst" ::: "memory");
#endif
    mmio_write32(BOARD_GICD + 0x200 + SPI / 32 * 4, 1u << (SPI & 31));
}

CASE void doorbell(void)
{
    gic_on(SPI, on_message);
    gic_setup(SPI, PRIO_DEFAULT, true);
    gic_route(SPI, my_affinity());
    irq_unmask();
    smp_run(1, ring_doorbell, NULL);
    wait_handled();
}

/* -- A vCPU and its handlers -- */

CASE void on_count(u32 intid, struct exc_frame *frame)
{
    (void)intid, (void)frame;
    count++;
    store_release32(&handled, 1);
}

static void interrupt_me_later(u32 intid)
{
    static u64 target;

    target = my_affinity();
    gic_on(intid, on_count);
    gic_setup(intid, PRIO_DEFAULT, true);
    irq_unmask();
    smp_run(1, send_sgi, &target);
}

CASE void pmr(void)
{
    interrupt_me_later(SGI);
#ifdef FLAWED
    write_sysreg(PRIO_DEFAULT + 8, ICC_PMR_EL1); /* masks what is less urgent alone */
#else
    write_sysreg(PRIO_DEFAULT, ICC_PMR_EL1);
#endif
    isb();
    count++;
    write_sysreg(0xff, ICC_PMR_EL1);
    isb();
    wait_handled();
}

CASE void masked(void)
{
    interrupt_me_later(SGI);
#ifndef FLAWED
    irq_mask();
#endif
    count++;
    irq_unmask();
    wait_handled();
}

CASE void on_slow(u32 intid, struct exc_frame *frame)
{
    (void)intid, (void)frame;
    irq_unmask();
    count++;
    irq_mask();
}

/* At any time: during the slow handler, too, if that may be. */
CASE void nested(void)
{
    static u64 target;

    target = my_affinity();
    gic_on(SGI_SLOW, on_slow);
    gic_on(SGI, on_count);
    gic_setup(SGI_SLOW, PRIO_DEFAULT, true);
#ifdef FLAWED
    gic_setup(SGI, PRIO_HIGH, true);
#else
    gic_setup(SGI, PRIO_DEFAULT, true);
#endif
    smp_run(1, send_sgi, &target);
    irq_unmask();
    gic_send_sgi(SGI_SLOW, target);
    wait_handled();
}

int main(void)
{
    smp_start(2);
    TEST();
    smp_wait(1);
    return 0;
}
