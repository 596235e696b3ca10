/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guests' work, at EL1 with stage 1 off. It checks itself: every interrupt is awaited with WFI
 * and with nothing else armed that could wake a vCPU, so that a lost wake-up is seen.
 */
#include "images/hyp/guest.h"

void guest_main(struct guest_cpu *me);
void guest_irq(struct guest_cpu *me);

#define hvc(call, a0, a1)                                                                          \
    do {                                                                                           \
        register u64 x0_ __asm__("x0") = (a0);                                                     \
        register u64 x1_ __asm__("x1") = (a1);                                                     \
        __asm__ volatile("hvc %2" : "+r"(x0_), "+r"(x1_) : "i"(call) : "memory");                  \
    } while (0)

static void must(bool ok, u64 which, u64 seen)
{
    if (!ok)
        hvc(CALL_FAIL, which, seen);
}

static u64 count(struct guest_cpu *me)
{
    isb();
    u64 now = read_sysreg(cntvct_el0);
    must(now >= me->last_count, 1, now); /* time never goes back */
    me->last_count = now;
    return now;
}

static volatile u64 *seen_by_irq(u64 *counter)
{
    return counter;
}

/* The usual loop: WFI wakes with PSTATE.I masked, so nothing is missed between look and sleep. */
static void wait_for(u64 *counter, u64 want)
{
    irq_mask();
    while (*seen_by_irq(counter) < want) {
        wfi();
        irq_unmask();
        irq_mask();
    }
    irq_unmask();
}

/* -- Interrupts -- */

static void on_timer(struct guest_cpu *me)
{
    must(count(me) >= me->cval, 2, me->last_count); /* never early */
    write_sysreg(0, cntv_ctl_el0);
    isb();
    me->ticks++;
}

/* The burst comes by priority, the most urgent first, each once. */
static void on_burst(struct guest_cpu *me, u64 intid)
{
    must(intid == GUEST_BURST + GUEST_BURST_SIZE - 1 - me->burst, 3, intid);
    me->burst++;
}

static void dispatch(struct guest_cpu *me, u64 intid)
{
    if (intid == GUEST_TIMER)
        on_timer(me);
    else if (intid == GUEST_SGI)
        me->sgis++;
    else if (intid == GUEST_SPI)
        me->spis++;
    else if (intid == GUEST_LPI)
        me->messages++;
    else if (intid >= GUEST_BURST && intid < GUEST_BURST + GUEST_BURST_SIZE)
        on_burst(me, intid);
    else
        must(false, 4, intid);
}

void guest_irq(struct guest_cpu *me)
{
    u64 intid = read_sysreg(ICC_IAR1_EL1);
    if (intid == 1023) /* taken back, e.g. masked by now */
        return;
    dispatch(me, intid);
    write_sysreg(intid, ICC_EOIR1_EL1);
    isb();
}

/* -- Work -- */

static void work(unsigned loops)
{
    for (unsigned i = 0; i < loops; i++)
        __asm__ volatile("" ::: "memory");
}

static void nap(struct guest_cpu *me, u64 ticks)
{
    u64 want = me->ticks + 1;
    me->cval = count(me) + ticks;
    write_sysreg(me->cval, cntv_cval_el0);
    write_sysreg(1, cntv_ctl_el0);
    isb();
    wait_for(&me->ticks, want);
}

/* With the priority mask closed it asks for an interrupt and works, so that it is preempted with
 * nothing let through; then it opens the mask and waits. */
static void masked_spi(struct guest_cpu *me, u64 round)
{
    write_sysreg(0, ICC_PMR_EL1);
    hvc(CALL_ASK, ASK_SPI, 0);
    work(2000 + 9000 * (round % 3));
    must(me->spis == round, 5, me->spis);
    write_sysreg(0xff, ICC_PMR_EL1);
    isb();
    wait_for(&me->spis, round + 1);
}

static void message(struct guest_cpu *me, u64 round)
{
    hvc(CALL_ASK, ASK_MESSAGE, 0);
    work(1000 * (round % 4));
    wait_for(&me->messages, round + 1);
}

static void send_sgi(u64 target)
{
    dsb(ishst);
    write_sysreg((u64)GUEST_SGI << 24 | 1ull << target, ICC_SGI1R_EL1);
    isb();
}

static void ping_pong(struct guest_cpu *me, u64 round)
{
    if (me->index == 0)
        send_sgi(1);
    wait_for(&me->sgis, round + 1);
    if (me->index == 1)
        send_sgi(0);
}

static void burst(struct guest_cpu *me)
{
    me->burst = 0;
    hvc(CALL_BURST, 0, 0);
    wait_for(&me->burst, GUEST_BURST_SIZE);
}

/* One after the other, spinning; the spinner tells the hypervisor. The first sleeps in its turn. */
static void take_turns(struct guest_cpu *me)
{
    volatile u64 *turn = &((struct guest_memory *)GUEST_RAM)->turn;
    while (*turn % GUEST_CPUS != me->index)
        hvc(CALL_YIELD, 0, 0);
    if (me->index == 0)
        nap(me, 500);
    dmb(ish);
    *turn = *turn + 1;
}

void guest_main(struct guest_cpu *me)
{
    me->last_count = GUEST_TIME(me->vm);
    must(count(me) < GUEST_TIME(me->vm + 1), 6, me->last_count);
    write_sysreg(0xff, ICC_PMR_EL1);
    write_sysreg(1, ICC_IGRPEN1_EL1);
    irq_unmask();
    for (u64 round = 0; round < GUEST_ROUNDS; round++) {
        nap(me, 300 * (1 + me->index) + 1000 * (round & 1));
        masked_spi(me, round);
        message(me, round);
        ping_pong(me, round);
        take_turns(me);
        burst(me);
    }
    must(me->ticks == GUEST_ROUNDS * (2 - me->index) && me->sgis == GUEST_ROUNDS, 7,
         me->ticks << 32 | me->sgis);
    must(me->spis == GUEST_ROUNDS && me->messages == GUEST_ROUNDS, 8,
         me->spis << 32 | me->messages);
}
