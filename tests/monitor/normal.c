/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The normal world's test of the monitor: what EL1 (or EL2: NORMAL_EL) sees of a secure world that
 * has its own interrupts and its own time. It knows the secure side by SMC only.
 */
#include "images/lib/atomic.h"
#include "images/lib/gic.h"
#include "images/lib/psci.h"
#include "images/lib/smp.h"
#include "images/lib/test.h"
#include "images/lib/timer.h"
#include "images/monitor/services.h"

#ifndef NORMAL_EL
#define NORMAL_EL 1
#endif
BOOT_EL(NORMAL_EL);

#define SGI_HELLO 5
#define CNTPS_CTL s3_7_c14_c2_1

/* SMC Calling Convention (DEN 0028): x4 to x17 may change. */
static u64 smc(u64 function, u64 a1, u64 a2, u64 a3)
{
    register u64 x0 __asm__("x0") = function;
    register u64 x1 __asm__("x1") = a1;
    register u64 x2 __asm__("x2") = a2;
    register u64 x3 __asm__("x3") = a3;
    __asm__ volatile("smc #0"
                     : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)
                     :
                     : "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15",
                       "x16", "x17", "memory");
    return x0;
}

static u64 count(enum count which)
{
    return smc(SERVICE_COUNT, which, 0, 0);
}

static u64 ticks_of(u64 us)
{
    return counter_hz() * us / 1000000;
}

static void wait_us(u64 us)
{
    u64 end = counter_physical() + ticks_of(us);
    while (counter_physical() < end)
        ;
}

/* -- What can be seen -------------------------------------------------------------------------- */

static void test_view(void)
{
    unsigned highest = id_field(read_sysreg(id_aa64pfr0_el1), 8) ? 2 : 1;
    check_equal(boot.entry_el, highest, "the normal world is entered at its highest level");
    check(!(mmio_read32(BOARD_GICD + GICD_CTLR) & (GICD_CTLR_DS | BIT(2))),
          "GICD_CTLR shows no Secure enables");
    u32 before = mmio_read32(gic_reg(GICD_ISENABLER, 0, 1));
    check(!(before & (BIT(INTID_CNTPS) | BIT(SGI_EL3))), "Secure interrupts read as disabled");
    gic_disable(INTID_CNTPS);
    gic_set_pending(INTID_CNTPS);
    check(!gic_is_pending(INTID_CNTPS), "... and cannot be made pending");
    check_equal(gic_get_priority(INTID_CNTPS), 0, "... and their priority reads as 0");
    struct exc_info e = PROBE(read_sysreg(CNTPS_CTL));
    check(e.taken && ESR_EC(e.esr) == EC_UNKNOWN, "the secure timer is UNDEFINED");
    e = PROBE(read_sysreg(ICC_IAR0_EL1));
    check(e.taken && ESR_EC(e.esr) == EC_UNKNOWN, "ICC_IAR0_EL1 is EL3's, as Group 0 is");
}

/* -- PSCI -------------------------------------------------------------------------------------- */

static void go_off(void *arg)
{
    (void)arg;
    irq_mask();
    psci_call(PSCI_CPU_OFF, 0, 0, 0);
}

static void test_psci(void)
{
    u64 other = cpus[1].affinity;
    check_equal(psci_call(PSCI_VERSION, 0, 0, 0), 0x10001, "the monitor has PSCI 1.1");
    check_equal(psci_call(PSCI_AFFINITY_INFO, other, 0, 0), PSCI_AFF_OFF, "vCPU 1 is off");
    check(psci_call(PSCI_CPU_ON, other, 0x5f000000, 0) == PSCI_INVALID_ADDRESS,
          "nothing is entered in the monitor's memory");
    smp_start(2);
    check_equal(psci_call(PSCI_AFFINITY_INFO, other, 0, 0), PSCI_AFF_ON, "CPU_ON: it is on");
    check(smp_boot_cpu(1) == PSCI_ALREADY_ON, "... and cannot be turned on again");
    cpus[1].online = 0;
    smp_run(1, go_off, NULL);
    check(wait_until(psci_call(PSCI_AFFINITY_INFO, other, 0, 0) == PSCI_AFF_OFF, 100),
          "CPU_OFF: it is off");
    check(smp_boot_cpu(1) == PSCI_SUCCESS && wait_until(load_acquire32(&cpus[1].online), 1000),
          "... and comes back");
}

/* -- The secure tick --------------------------------------------------------------------------- */

static enum count ticks_by(enum tick_group group)
{
    return group == TICK_GROUP0 ? COUNT_TICKS_EL3 : COUNT_TICKS_SECURE_EL1;
}

static const char *who(enum tick_group group)
{
    return group == TICK_GROUP0 ? "Group 0, EL3" : "Secure Group 1, Secure EL1";
}

/* All registers keep what they hold for @us. Returns how many did not. */
static u64 changed_registers(u64 us)
{
    u64 end = counter_physical() + ticks_of(us), changed;
    __asm__ volatile(
        "   mov x1, %1\n"
        "   .irp n, 2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28\n"
        "   mov x\\n, #\\n + 1000\n"
        "   .endr\n"
        "1: isb\n"
        "   mrs x0, cntpct_el0\n"
        "   cmp x0, x1\n"
        "   b.lo 1b\n"
        "   mov x0, #0\n"
        "   .irp n, 2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28\n"
        "   cmp x\\n, #\\n + 1000\n"
        "   cinc x0, x0, ne\n"
        "   .endr\n"
        "   mov %0, x0\n"
        : "=r"(changed)
        : "r"(end)
        : "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13",
          "x14", "x15", "x16", "x17", "x18", "x19", "x20", "x21", "x22", "x23", "x24", "x25", "x26",
          "x27", "x28", "cc", "memory");
    return changed;
}

static void test_tick(enum tick_group group)
{
    u64 daif = read_sysreg(daif);
    __asm__ volatile("msr daifset, #15" ::: "memory");
    write_sysreg(0x1234, tpidr_el0);
    u64 vbar = read_sysreg(vbar_el1);
    smc(SERVICE_TICK, ticks_of(1000), group, 0);
    u64 changed = changed_registers(10500), ticks = count(ticks_by(group));
    bool kept = read_sysreg(tpidr_el0) == 0x1234 && read_sysreg(vbar_el1) == vbar;
    write_sysreg(0, ICC_PMR_EL1);
    wait_us(2000);
    u64 more = count(ticks_by(group));
    write_sysreg(0xf0, ICC_PMR_EL1);
    isb();
    check_equal(ticks, 10, "%s: with PSTATE.DAIF set, ten ticks in 10.5 ms", who(group));
    check(!changed && kept, "... and no register has changed (%lu)", changed);
    check(count(COUNT_TICK_LATE) < ticks_of(500), "... none half a period late");
    check_equal(more, 12, "the normal world's PMR does not mask them");
    check_equal(read_sysreg(ICC_PMR_EL1), 0xf0, "... and is its own");
    smc(SERVICE_TICK, 0, 0, 0);
    ticks = count(ticks_by(group));
    wait_us(2000);
    check_equal(count(ticks_by(group)), ticks, "stopped, it does not come");
    check_equal(read_sysreg(ICC_RPR_EL1), 0xff, "... and no priority is left active");
    irq_restore(daif);
}

struct ticks {
    u64 taken, due;
};

static void tick_here(void *arg)
{
    struct ticks *t = arg;
    u64 start = counter_physical();
    smc(SERVICE_TICK, ticks_of(500), TICK_SECURE_GROUP1, 0);
    wait_us(2250);
    t->taken = count(COUNT_TICKS_SECURE_EL1);
    t->due = (counter_physical() - start) / ticks_of(500);
    smc(SERVICE_TICK, 0, 0, 0);
}

static bool is_complete(const struct ticks *t)
{
    return t->taken >= 4 && t->taken <= t->due && t->taken + 1 >= t->due;
}

static void test_tick_of_each(void)
{
    static struct ticks t[2];
    smp_run(1, tick_here, &t[1]);
    tick_here(&t[0]);
    smp_wait(1);
    check(is_complete(&t[0]) && is_complete(&t[1]), "each vCPU has its own tick (%lu, %lu)",
          t[0].taken, t[1].taken);
}

/* -- Both worlds' interrupts ------------------------------------------------------------------- */

static volatile u32 timer_irqs;
static u64 ticks_in_handler;

static void on_timer(u32 intid, struct exc_frame *frame)
{
    (void)intid, (void)frame;
    virtual_timer_stop();
    timer_irqs++;
}

static void on_timer_slowly(u32 intid, struct exc_frame *frame)
{
    on_timer(intid, frame);
    u64 before = count(COUNT_TICKS_SECURE_EL1);
    wait_us(2000);
    ticks_in_handler = count(COUNT_TICKS_SECURE_EL1) - before;
}

static void test_preempts_handler(void)
{
    gic_on(INTID_CNTV, on_timer_slowly);
    gic_setup(INTID_CNTV, 0x00, false);
    smc(SERVICE_TICK, ticks_of(1000), TICK_SECURE_GROUP1, 0);
    timer_irqs = 0;
    virtual_timer_arm(ticks_of(300));
    irq_unmask();
    wait_us(400);
    irq_mask();
    smc(SERVICE_TICK, 0, 0, 0);
    check_equal(timer_irqs, 1, "Non-secure Group 1 comes here");
    check_equal(ticks_in_handler, 2, "the highest Non-secure priority is below the Secure ones");
    gic_on(INTID_CNTV, on_timer);
}

/* A call of 4 ms, in which the normal world's timer fires after 1 ms. */
static u64 call_with_timer(u64 function, u64 group0_sgi)
{
    timer_irqs = 0;
    irq_unmask();
    virtual_timer_arm(ticks_of(1000));
    return smc(function, ticks_of(4000), group0_sgi, 0);
}

static void test_fast_call(void)
{
    u64 preemptions = count(COUNT_PREEMPTIONS), start = counter_physical();
    u64 worked = call_with_timer(SERVICE_WORK_FAST, 0);
    check(worked >= ticks_of(4000) && worked < ticks_of(5000), "a fast call runs to its end");
    check(counter_physical() - start >= ticks_of(4000), "... in which time passes here, too");
    check_equal(count(COUNT_PREEMPTIONS), preemptions, "... not pre-empted");
    check_equal(timer_irqs, 1, "... and what came meanwhile comes now");
    irq_mask();
}

/* Pre-empted, the call waits; ticks go on beneath it. Checked afterwards: printing takes time. */
static void test_yielding_call(enum preemption route)
{
    const char *name = route == PREEMPT_BY_EL3 ? "to EL3" : "to Secure EL1";
    smc(SERVICE_ROUTE, route, 0, 0);
    u64 preemptions = count(COUNT_PREEMPTIONS), yields = count(COUNT_YIELDS);
    u64 first = call_with_timer(SERVICE_WORK, 0), irqs = timer_irqs;
    u64 refused = smc(SERVICE_WORK, 1, 0, 0);
    preemptions = count(COUNT_PREEMPTIONS) - preemptions;
    yields = count(COUNT_YIELDS) - yields;
    smc(SERVICE_TICK, ticks_of(500), TICK_SECURE_GROUP1, 0);
    wait_us(750);
    u64 beneath = count(COUNT_TICKS_SECURE_EL1);
    u64 second = smc(SERVICE_RESUME, 0, 0, 0), ticks = count(COUNT_TICKS_SECURE_EL1);
    smc(SERVICE_TICK, 0, 0, 0);
    irq_mask();
    check_equal(first, (u64)SERVICE_PREEMPTED, "routed %s: a Non-secure interrupt pre-empts", name);
    check_equal(irqs, 1, "... and is taken here at once");
    check_equal(preemptions, 1, "... once");
    check_equal(yields, route == PREEMPT_BY_SECURE_EL1,
                route == PREEMPT_BY_EL3 ? "... unseen by Secure EL1" : "... Secure EL1 yielded");
    check_equal(refused, (u64)SERVICE_BUSY, "... another call is refused");
    check_equal(beneath, 1, "... Secure EL1 takes its ticks meanwhile");
    check(second >= ticks_of(4000) && second < ticks_of(6000), "resumed, it ends");
    check(ticks >= 4, "... with ticks as plain IRQs in the midst of it");
    check_equal(smc(SERVICE_RESUME, 0, 0, 0), (u64)SERVICE_UNKNOWN, "... and is over");
}

static void test_group0_in_secure(enum preemption route)
{
    smc(SERVICE_ROUTE, route, 0, 0);
    u64 sgis = count(COUNT_GROUP0_SGIS), in_secure = count(COUNT_GROUP0_IN_SECURE);
    u64 got = smc(SERVICE_WORK, ticks_of(200), SGI_EL3, 0);
    check(got >= ticks_of(200), "routed %s: Secure EL1's work ends in spite of Group 0",
          route == PREEMPT_BY_EL3 ? "to EL3" : "to Secure EL1");
    check(count(COUNT_GROUP0_SGIS) == sgis + 1 && count(COUNT_GROUP0_IN_SECURE) == in_secure + 1,
          "... and EL3 took it");
}

/* Back and forth, with both worlds' interrupts at the closest: nothing is lost. */
static void test_storm(enum preemption route)
{
    u64 preemptions = 0, got, work = 0;
    smc(SERVICE_ROUTE, route, 0, 0);
    smc(SERVICE_TICK, ticks_of(130), TICK_SECURE_GROUP1, 0);
    u64 start = counter_physical();
    irq_unmask();
    for (u32 i = 0; i < 20; i++) {
        virtual_timer_arm(ticks_of(100 + i));
        got = smc(SERVICE_WORK, ticks_of(150), SGI_EL3, 0);
        while (got == (u64)SERVICE_PREEMPTED) {
            preemptions++;
            virtual_timer_arm(ticks_of(70));
            got = smc(SERVICE_RESUME, 0, 0, 0);
        }
        work += got >= ticks_of(150);
        virtual_timer_stop();
    }
    u64 ticks = count(COUNT_TICKS_SECURE_EL1);
    u64 due = (counter_physical() - start) / ticks_of(130);
    irq_mask();
    smc(SERVICE_TICK, 0, 0, 0);
    check(work == 20 && preemptions >= 20, "20 calls end, pre-empted %lu times", preemptions);
    check(ticks + 1 >= due && ticks <= due + 1, "... and of %lu ticks none is lost", due);
}

/* -- SGIs between the worlds ------------------------------------------------------------------- */

static volatile u32 hellos;

static void on_hello(u32 intid, struct exc_frame *frame)
{
    (void)intid, (void)frame;
    hellos++;
}

static u64 secure_sgis(u64 asgi)
{
    u64 before = count(COUNT_SECURE_SGIS);
    write_sysreg(asgi, ICC_ASGI1R_EL1);
    isb();
    return count(COUNT_SECURE_SGIS) - before;
}

static u64 group0_sgis(u64 sgi)
{
    u64 before = count(COUNT_GROUP0_SGIS);
    write_sysreg(sgi, ICC_SGI0R_EL1);
    isb();
    return count(COUNT_GROUP0_SGIS) - before;
}

static void test_sgis(void)
{
    u64 me = my_affinity(), secure = gic_sgi1r(SGI_SECURE, me), el3 = gic_sgi1r(SGI_EL3, me);
    gic_on(SGI_HELLO, on_hello);
    gic_setup(SGI_HELLO, PRIO_DEFAULT, true);
    irq_unmask();
    smc(SERVICE_SEND_SGI, gic_sgi1r(SGI_HELLO, me), 0, 0);
    check_equal(hellos, 1, "Secure EL1's ICC_ASGI1R_EL1 reaches the normal world");
    smc(SERVICE_SEND_SGI, secure, 0, 0);
    check_equal(count(COUNT_SECURE_SGIS), 0, "... but not its own");
    irq_mask();
    write_sysreg(secure, ICC_SGI1R_EL1);
    isb();
    check_equal(count(COUNT_SECURE_SGIS), 0, "ICC_SGI1R_EL1 does not leave the normal world");
    check_equal(secure_sgis(secure), 0, "NSACR 0: nor does ICC_ASGI1R_EL1");
    smc(SERVICE_PERMIT_SGI, SGI_SECURE, 1, 0);
    check_equal(secure_sgis(secure), 0, "NSACR 1: nor to Secure Group 1");
    smc(SERVICE_PERMIT_SGI, SGI_SECURE, 2, 0);
    check_equal(secure_sgis(secure), 1, "NSACR 2: it reaches Secure EL1");
    check_equal(group0_sgis(el3), 0, "NSACR 0: ICC_SGI0R_EL1 does not reach EL3");
    smc(SERVICE_PERMIT_SGI, SGI_EL3, 1, 0);
    check_equal(group0_sgis(el3), 1, "NSACR 1: it does");
    check_equal(group0_sgis(secure), 0, "... but not Secure Group 1");
    smc(SERVICE_PERMIT_SGI, SGI_SECURE, 0, 0);
    smc(SERVICE_PERMIT_SGI, SGI_EL3, 0, 0);
}

/* -- SPIs of the secure world ------------------------------------------------------------------ */

static void count_spis(void *arg)
{
    *(u64 *)arg = count(COUNT_SECURE_SPIS);
}

static u64 spis_of_other(void)
{
    static u64 spis;
    smp_run(1, count_spis, &spis);
    smp_wait(1);
    return spis;
}

static void test_spi(void)
{
    u32 spi = INTID_FREE_SPI;
    smc(SERVICE_GIVE_SPI, spi, cpus[1].affinity, 0);
    gic_set_pending(spi);
    check_equal(spis_of_other(), 0, "NSACR 0: a Secure SPI cannot be made pending");
    smc(SERVICE_GIVE_SPI, spi, cpus[1].affinity, 1);
    gic_route(spi, my_affinity());
    gic_set_priority(spi, 0xff);
    gic_disable(spi);
    gic_set_pending(spi);
    check(wait_until(spis_of_other() == 1, 100), "NSACR 1: it can: Secure EL1 of vCPU 1 takes it");
    check_equal(count(COUNT_SECURE_SPIS), 0, "... where the secure world has routed it");
}

static void test_el3_ends(void)
{
    u64 running = smc(SERVICE_EL3_ENDS, SGI_SECURE + 1, 0, 0);
    check_equal(running & 0xff, 0x40, "Secure EL1 runs at the priority of what it took");
    check_equal(running >> 8, 0xff, "... which EL3 can end for it");
}

static void test_secure_el2(void)
{
    u64 taken = count(COUNT_SECURE_EL2), ticks = count(COUNT_VIRTUAL_TICKS);
    smc(SERVICE_TICK, ticks_of(1000), TICK_SECURE_GROUP1, 0);
    wait_us(5500);
    taken = count(COUNT_SECURE_EL2) - taken;
    ticks = count(COUNT_VIRTUAL_TICKS) - ticks;
    smc(SERVICE_TICK, 0, 0, 0);
    check_equal(taken, 5, "Secure EL2 takes the interrupts of its timer");
    check_equal(ticks, 5, "... and Secure EL1 sees a virtual one for each");
}

int main(void)
{
    test_view();
    test_psci();
    for (enum tick_group group = TICK_GROUP0; group <= TICK_SECURE_GROUP1; group++)
        test_tick(group);
    test_tick_of_each();
    test_preempts_handler();
    test_fast_call();
    for (enum preemption route = PREEMPT_BY_EL3; route <= PREEMPT_BY_SECURE_EL1; route++) {
        test_yielding_call(route);
        test_group0_in_secure(route);
        test_storm(route);
    }
    test_sgis();
    test_spi();
    if (count(COUNT_SECURE_EL2))
        test_secure_el2();
    else
        test_el3_ends();
    return test_result();
}
