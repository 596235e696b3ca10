/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What runs inside vmm: each way in which a virtual interrupt of KVM's vGIC comes to a vCPU. SGIs
 * between vCPUs, both EL1 timers, SPIs whose lines the VMM moves, LPIs, and more pending interrupts
 * than there are list registers.
 */
#include "images/lib/atomic.h"
#include "images/lib/gic.h"
#include "images/lib/its.h"
#include "images/lib/print.h"
#include "images/lib/smp.h"
#include "images/lib/test.h"
#include "images/lib/timer.h"
#include "images/vmm/door.h"

#define ROUNDS              50
#define TICKS               10
#define TICK_US             500
#define SPI                 (32 + 8)
#define SPIS                40 /* more than list registers: at most 16 */
#define WAIT_MS             2000
#define LPI                 INTID_LPI
#define DEVICE              5
#define EVENT               3
#define GICD_CTLR_NASSGIREQ BIT(8)

static u64 pings, pongs, ticks, spis, lpis;
static u32 order[SPIS];
static u64 spi_cpu;

static void door(u32 offset, u32 value)
{
    mmio_write32(BOARD_HOLE + offset, value);
}

/* Sleeps until @count is @n: IRQs are masked while it is looked at, WFI wakes all the same. */
static bool sleep_until(u64 *count, u64 n)
{
    u64 end = counter_virtual() + ms_to_ticks(WAIT_MS);
    irq_mask();
    while (load_acquire64(count) < n && counter_virtual() < end) {
        wfi();
        irq_unmask();
        irq_mask();
    }
    irq_unmask();
    return load_acquire64(count) >= n;
}

/* -- SGIs -- */

static void on_ping(u32 intid, struct exc_frame *frame)
{
    (void)frame;
    atomic_add(&pings, 1);
    gic_send_sgi(intid + 1, cpus[0].affinity);
}

static void on_pong(u32 intid, struct exc_frame *frame)
{
    (void)intid;
    (void)frame;
    atomic_add(&pongs, 1);
}

static void cpu1_main(void *arg)
{
    (void)arg;
    gic_setup(1, PRIO_DEFAULT, true);
    irq_unmask();
}

static void test_sgi(const char *how)
{
    bool ok = true;
    pings = pongs = 0;
    gic_on(1, on_ping);
    gic_on(2, on_pong);
    gic_setup(2, PRIO_DEFAULT, true);
    smp_run(1, cpu1_main, NULL);
    smp_wait(1);
    for (unsigned n = 1; n <= ROUNDS && ok; n++) {
        gic_send_sgi(1, cpus[1].affinity);
        ok = sleep_until(&pongs, n);
    }
    check_equal(pings, ROUNDS, "%s SGIs to the other vCPU arrive", how);
    check_equal(pongs, ROUNDS, "and so do those that it sends back");
}

/* With GICv4.1 KVM offers SGIs without an active state (GICD_TYPER2.nASSGIcap): it then sends each
 * on by GITS_SGIR, and the vCPU that takes it does so without an exit. */
static void test_vsgi(void)
{
    if (!(mmio_read32(BOARD_GICD + GICD_TYPER2) & BIT(8)))
        return;
    irq_mask();
    mmio_write32(BOARD_GICD + GICD_CTLR, GICD_CTLR_ARE);
    gic_wait_rwp();
    mmio_write32(BOARD_GICD + GICD_CTLR, GICD_CTLR_ARE | GICD_CTLR_GRP1 | GICD_CTLR_NASSGIREQ);
    gic_wait_rwp();
    irq_unmask();
    check(mmio_read32(BOARD_GICD + GICD_CTLR) & GICD_CTLR_NASSGIREQ, "nASSGIreq is taken");
    test_sgi("directly injected");
}

/* -- Timers -- */

static void on_virtual(u32 intid, struct exc_frame *frame)
{
    (void)intid;
    (void)frame;
    write_sysreg(read_sysreg(cntv_cval_el0) + counter_hz() * TICK_US / 1000000, cntv_cval_el0);
    isb();
    atomic_add(&ticks, 1);
}

static void on_physical(u32 intid, struct exc_frame *frame)
{
    (void)intid;
    (void)frame;
    write_sysreg(read_sysreg(cntp_cval_el0) + counter_hz() * TICK_US / 1000000, cntp_cval_el0);
    isb();
    atomic_add(&ticks, 1);
}

static void timers_here(void *arg)
{
    (void)arg;
    ticks = 0;
    gic_setup(INTID_CNTV, PRIO_DEFAULT, false);
    u64 start = counter_virtual();
    virtual_timer_arm(counter_hz() * TICK_US / 1000000);
    bool ok = sleep_until(&ticks, TICKS);
    virtual_timer_stop();
    u64 took = (counter_virtual() - start) * 1000000 / counter_hz();
    check(ok && took >= TICKS * TICK_US, "vCPU %u: the virtual timer ticks, none early",
          this_cpu()->index);
    ticks = 0;
    gic_setup(INTID_CNTP, PRIO_DEFAULT, false);
    start = counter_physical();
    physical_timer_arm(counter_hz() * TICK_US / 1000000);
    ok = sleep_until(&ticks, TICKS);
    physical_timer_stop();
    took = (counter_physical() - start) * 1000000 / counter_hz();
    check(ok && took >= TICKS * TICK_US, "vCPU %u: the physical timer ticks, none early",
          this_cpu()->index);
}

static void test_timers(void)
{
    gic_on(INTID_CNTV, on_virtual);
    gic_on(INTID_CNTP, on_physical);
    timers_here(NULL);
    smp_run(1, timers_here, NULL);
    smp_wait(1);
}

/* -- SPIs -- */

static void on_spi(u32 intid, struct exc_frame *frame)
{
    (void)frame;
    u64 n = load_acquire64(&spis);
    if (n < SPIS)
        order[n] = intid;
    spi_cpu = this_cpu()->index;
    door(DOOR_LOWER, intid - 32);
    atomic_add(&spis, 1);
}

static void test_spi(unsigned cpu, bool edge)
{
    bool ok = true;
    spis = 0;
    gic_on(SPI, on_spi);
    gic_setup(SPI, PRIO_DEFAULT, edge);
    gic_route(SPI, cpus[cpu].affinity);
    for (unsigned n = 1; n <= ROUNDS && ok; n++) {
        door(DOOR_RAISE, SPI - 32);
        ok = wait_until(load_acquire64(&spis) == n, WAIT_MS);
    }
    delay_ms(1);
    check_equal(spis, ROUNDS, "%s SPIs to vCPU %u arrive once each", edge ? "edge" : "level", cpu);
    check_equal(spi_cpu, cpu, "there");
    gic_disable(SPI);
}

/* Half of them level, half edge; priorities fall with the INTID, in steps that vGICs keep. */
static void test_many(void)
{
    bool sorted = true;
    spis = 0;
    irq_mask();
    for (u32 i = 0; i < SPIS; i++) {
        gic_on(SPI + i, on_spi);
        gic_setup(SPI + i, (u8)(0xf0 - i / 2 * 8), i & 1);
        door(DOOR_RAISE, SPI + i - 32);
    }
    irq_unmask();
    check(wait_until(load_acquire64(&spis) == SPIS, WAIT_MS),
          "more SPIs than list registers arrive, %lu of %u", spis, SPIS);
    for (u32 i = 1; i < SPIS; i++)
        sorted = sorted && order[i] / 2 <= order[i - 1] / 2;
    check(sorted, "the most urgent first");
    for (u32 i = 0; i < SPIS; i++)
        gic_disable(SPI + i);
}

static void on_quiet_spi(u32 intid, struct exc_frame *frame)
{
    (void)frame;
    u64 n = load_acquire64(&spis);
    if (n < SPIS)
        order[n] = intid;
    atomic_add(&spis, 1);
}

/* No handler leaves the guest: only the maintenance interrupt brings what found no list register.
 */
static void test_many_without_exits(void)
{
    bool sorted = true;
    spis = 0;
    irq_mask();
    for (u32 i = 0; i < SPIS; i++) {
        gic_on(SPI + i, on_quiet_spi);
        gic_setup(SPI + i, (u8)(0xf0 - i / 2 * 8), true);
        gic_set_pending(SPI + i);
    }
    irq_unmask();
    for (u64 n = 0; n < 1000000 && load_acquire64(&spis) < SPIS; n++)
        ;
    check_equal(spis, SPIS, "so do they when nothing else makes the guest exit");
    for (u32 i = 1; i < SPIS; i++)
        sorted = sorted && order[i] / 2 <= order[i - 1] / 2;
    check(sorted, "the most urgent first again");
    for (u32 i = 0; i < SPIS; i++)
        gic_disable(SPI + i);
}

/* -- EOImode 1, and interrupts that are active while others come -- */

static void test_split_eoi(void)
{
    spis = 0;
    irq_mask();
    gic_set_eoimode(true);
    gic_setup(SPI, PRIO_DEFAULT, true);
    gic_setup(SPI + 1, PRIO_DEFAULT, true);
    door(DOOR_RAISE, SPI - 32);
    door(DOOR_LOWER, SPI - 32);
    check_equal(gic_ack(), SPI, "EOImode 1: an edge SPI is acknowledged");
    gic_eoi(SPI);
    door(DOOR_RAISE, SPI - 32);
    door(DOOR_RAISE, SPI + 1 - 32);
    check_equal(gic_ack(), SPI + 1, "after EOIR it is active still, and another comes");
    gic_eoi(SPI + 1);
    check(gic_is_active(SPI) && gic_is_pending(SPI), "it is active and pending");
    gic_dir(SPI + 1);
    gic_dir(SPI);
    check_equal(gic_ack(), SPI, "DIR lets it come again");
    gic_eoi(SPI);
    gic_dir(SPI);
    check_equal(gic_ack(), INTID_SPURIOUS, "and then nothing pends");
    check(!gic_is_active(SPI) && !gic_is_active(SPI + 1), "nothing is active");
    door(DOOR_LOWER, SPI - 32);
    door(DOOR_LOWER, SPI + 1 - 32);
    gic_set_eoimode(false);
    irq_unmask();
}

/* -- LPIs -- */

static void on_lpi(u32 intid, struct exc_frame *frame)
{
    (void)intid;
    (void)frame;
    spi_cpu = this_cpu()->index;
    atomic_add(&lpis, 1);
}

static void lpi_init_here(void *arg)
{
    (void)arg;
    lpi_cpu_init();
}

static void test_lpi(unsigned cpu)
{
    bool ok = true;
    lpis = 0;
    its_movi(DEVICE, EVENT, cpu);
    its_sync(cpu);
    for (unsigned n = 1; n <= ROUNDS && ok; n++) {
        door(DOOR_MSI, DEVICE << 16 | EVENT);
        ok = wait_until(load_acquire64(&lpis) == n, WAIT_MS);
    }
    check_equal(lpis, ROUNDS, "the VMM's MSIs arrive as LPIs at vCPU %u", cpu);
    check_equal(spi_cpu, cpu, "there");
}

static void test_its(void)
{
    if (!check(its_present(), "there is an ITS"))
        return;
    its_init();
    lpi_init_here(NULL); /* one after the other: they share the queue */
    smp_run(1, lpi_init_here, NULL);
    smp_wait(1);
    gic_on(LPI, on_lpi);
    lpi_configure(LPI, PRIO_DEFAULT, true);
    its_mapd(DEVICE, 4);
    its_mapti(DEVICE, EVENT, LPI, 0);
    its_inv(DEVICE, EVENT);
    test_lpi(0);
    test_lpi(1);
}

int main(void)
{
    smp_start(2);
    irq_unmask();
    test_sgi("emulated");
    test_vsgi();
    test_timers();
    for (unsigned cpu = 0; cpu < 2; cpu++) {
        test_spi(cpu, false);
        test_spi(cpu, true);
    }
    test_many();
    test_many_without_exits();
    test_split_eoi();
    test_its();
    door(DOOR_EXIT, test_result());
    return 1;
}
