/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Saved and restored in the middle: whatever is pending, active, masked or on its way is as it was
 * (checklist 52 and 53). Here by --renew-gic while vCPU 0 waits; on qemu by migrate.sh, which
 * saves the machine when it reads READY and goes on with another process. qemu 7.2 computes who is
 * signalled before it has rebuilt the routes: an SPI for vCPU 1 is then signalled to vCPU 0.
 *
 * -append "wait=MS": how long it waits, in ms of virtual time; 1500 where nobody says so, as on
 * qemu, which gives an ELF image no device tree.
 */
#include "images/lib/fdt.h"
#include "images/lib/its.h"
#include "images/lib/timer.h"
#include "tests/guest/gic_views.h"

#define DEVICE   5
#define LPI      INTID_LPI
#define ROUTED   SPI
#define ACTIVE_1 SPI2
#define DISABLED SPI3
#define LEVEL    INTID_PL011

static void before(void)
{
    gic_setup(ROUTED, 0x60, true);
    gic_route(ROUTED, cpus[1].affinity);
    gic_set_pending(ROUTED);
    gic_setup(ACTIVE_1, 0x80, true);
    gic_set_pending(ACTIVE_1);
    gic_ack();
    gic_setup(DISABLED, 0x20, true);
    gic_disable(DISABLED);
    gic_set_pending(DISABLED);
    gic_setup(SGI, 0xc0, true);
    gic_send_sgi(SGI, my_affinity());
    lpi_configure(LPI, 0xb0, true);
    lpi_configure(LPI + 1, 0x90, true);
    its_mapd(DEVICE, 2);
    its_mapti(DEVICE, 0, LPI, 0);
    its_mapti(DEVICE, 1, LPI + 1, 0);
    its_invall(0);
    its_int(DEVICE, 0);
    its_sync(0);
    set_pmr(0xe0);
    write_sysreg(5, ICC_BPR1_EL1);
    isb();
}

static void check_all(const char *when)
{
    check_equal(signalled_at(1), ROUTED, "%s: the SPI routed to vCPU 1 is signalled there", when);
    check(hppir1() != ROUTED, "%s: ... and not to vCPU 0", when);
    check_equal(mmio_read64(BOARD_GICD + GICD_IROUTER + 8 * ROUTED), cpus[1].affinity,
                "%s: its GICD_IROUTER is the same", when);
    check_equal(rpr(), 0x80, "%s: the running priority", when);
    check_equal(gic_state(ACTIVE_1), ACTIVE, "%s: the active SPI is active", when);
    check(!gic_is_enabled(DISABLED) && gic_is_pending(DISABLED), "%s: the disabled one pends",
          when);
    check(gic_is_pending(SGI), "%s: the SGI pends", when);
    check_equal(hppir1(), LPI, "%s: vCPU 0's highest pending is the LPI", when);
    check(!irq_is_signalled(), "%s: ... which does not preempt", when);
    check_equal(read_sysreg(ICC_PMR_EL1), 0xe0, "%s: PMR", when);
    check_equal(read_sysreg(ICC_BPR1_EL1), 5, "%s: BPR1", when);
}

static bool take(u32 intid)
{
    u32 got = gic_ack();
    gic_eoi(got);
    return got == intid;
}

static void after(void)
{
    gic_eoi(ACTIVE_1);
    check_equal(rpr(), 0xff, "after: EOIR1 drops the priority");
    its_int(DEVICE, 1);
    its_sync(0);
    check(take(LPI + 1), "after: the ITS still translates");
    check(take(LPI), "after: the LPI is taken");
    check(take(SGI), "after: the SGI is taken");
    gic_enable(DISABLED);
    check(take(DISABLED), "after: the SPI is enabled and taken");
    line_high();
    gic_setup(LEVEL, PRIO_DEFAULT, false);
    bool high = irq_is_signalled();
    line_low();
    check(high && !irq_is_signalled(), "after: a level interrupt follows its line");
    check_equal(ack_at(1), ROUTED, "after: vCPU 1 takes its SPI");
    end_at(1, ROUTED);
    check_equal(gic_state(ROUTED), INACTIVE, "after: ... and ends it");
}

int main(void)
{
    u64 wait = bootarg_u64("wait", 1500);
    smp_start(2);
    if (!check(its_present(), "there is an ITS"))
        return test_result();
    its_init();
    lpi_cpu_init();
    before();
    check_all("before");
    printf("READY\n");
    delay_ms(wait); /* no access to the GIC meanwhile: it would mend what was restored wrong */
    check_all("after");
    after();
    return test_result();
}
