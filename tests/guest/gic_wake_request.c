/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GICR_WAKER (IHI 0069 11.1): a redistributor whose PE sleeps delivers nothing, and asks for its
 * power when something waits: WFI ends. GICD_CTLR.E1NWF: an SPI that anybody may take wakes a
 * sleeper when nobody else may.
 */
#include "images/lib/atomic.h"
#include "images/lib/smp.h"
#include "images/lib/test.h"
#include "images/lib/timer.h"
#include "tests/guest/gic_poll.h"

#define GICR_DPG1NS   BIT(25)
#define GICD_E1NWF    BIT(7)
#define ROUTE_ANYBODY BIT(31)

static u32 asleep, awake;
static u64 isr_asleep, iar_asleep, iar_awake;

static void set_sleep(bool sleep)
{
    u64 waker = this_cpu()->gicr + GICR_WAKER;
    u32 want = sleep ? GICR_WAKER_CHILD_ASLEEP : 0;
    mmio_write32(waker, sleep ? GICR_WAKER_SLEEP : 0);
    while ((mmio_read32(waker) & GICR_WAKER_CHILD_ASLEEP) != want)
        ;
}

/* As software that powers its core down does: group off, sleep, wait; and on again. */
static void nap(void *arg)
{
    (void)arg;
    write_sysreg(0, ICC_IGRPEN1_EL1);
    isb();
    set_sleep(true);
    store_release32(&asleep, load_acquire32(&asleep) + 1);
    wfi();
    isr_asleep = read_sysreg(isr_el1);
    iar_asleep = read_sysreg(ICC_IAR1_EL1);
    set_sleep(false);
    write_sysreg(1, ICC_IGRPEN1_EL1);
    isb();
    iar_awake = read_sysreg(ICC_IAR1_EL1);
    if (iar_awake < 1020)
        write_sysreg(iar_awake, ICC_EOIR1_EL1);
    store_release32(&awake, load_acquire32(&awake) + 1);
}

static bool wait_for(const u32 *counter, u32 n)
{
    for (unsigned ms = 0; ms < 100 && load_acquire32(counter) < n; ms++)
        delay_ms(1);
    return load_acquire32(counter) >= n;
}

static void test_sgi(void)
{
    smp_run(1, nap, NULL);
    wait_for(&asleep, 1);
    delay_ms(5);
    check(load_acquire32(&awake) == 0, "a PE that sleeps goes on sleeping");
    gic_send_sgi(SGI, cpus[1].affinity);
    check(wait_for(&awake, 1), "an interrupt for it asks for its power: WFI ends");
    check(isr_asleep == 0 && iar_asleep == 1023, "and nothing is signalled to it asleep");
    check(iar_awake == SGI, "but when it is awake");
    smp_wait(1);
}

static void test_e1nwf(void)
{
    mmio_write64(BOARD_GICD + GICD_IROUTER + SPI * 8, ROUTE_ANYBODY);
    gic_enable(SPI);
    mmio_write32(this_cpu()->gicr, GICR_DPG1NS);
    smp_run(1, nap, NULL);
    wait_for(&asleep, 2);
    gic_set_pending(SPI);
    delay_ms(5);
    check(load_acquire32(&awake) == 1, "without E1NWF a sleeper is not picked for a 1-of-N SPI");
    mmio_write32(BOARD_GICD + GICD_CTLR, mmio_read32(BOARD_GICD + GICD_CTLR) | GICD_E1NWF);
    check(wait_for(&awake, 2), "with it, it is, and is woken");
    check(isr_asleep == 0 && iar_awake == SPI, "and takes the SPI once awake");
    smp_wait(1);
}

static void sgi_on(void *arg)
{
    (void)arg;
    gic_setup(SGI, PRIO_DEFAULT, true);
}

int main(void)
{
    smp_start(0);
    smp_run_all(sgi_on, NULL);
    test_sgi();
    test_e1nwf();
    return test_result();
}
