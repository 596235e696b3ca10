/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * 1-of-N: an SPI that any one vCPU may take (IHI 0069 4.4, GICD_IROUTER<n>.Interrupt_Routing_Mode,
 * GICR_CTLR.DPG1NS). Which of the eligible ones is the GIC's choice.
 */
#include "tests/guest/gic_views.h"

#define DPG1NS BIT(25)

static void set_dpg(unsigned cpu, bool on)
{
    mmio_write32(cpus[cpu].gicr + GICR_CTLR, on ? DPG1NS : 0);
    dsb(sy);
}

static void set_igrpen(void *arg)
{
    write_sysreg(*(u32 *)arg, ICC_IGRPEN1_EL1);
    isb();
}

static void group1(unsigned cpu, u32 on)
{
    on_cpu(cpu, set_igrpen, &on);
}

static void any_of_n(u32 intid)
{
    gic_forget(intid);
    mmio_write64(BOARD_GICD + GICD_IROUTER + 8 * intid, GICD_IROUTER_IRM);
    gic_enable(intid);
}

static void test_registers(void)
{
    check(!(mmio_read32(BOARD_GICD + GICD_TYPER) & BIT(25)), "GICD_TYPER.No1N is 0");
    check(mmio_read64(this_cpu()->gicr + GICR_TYPER) & BIT(5), "GICR_TYPER.DPGS is 1");
    any_of_n(SPI);
    check(mmio_read64(BOARD_GICD + GICD_IROUTER + 8 * SPI) & GICD_IROUTER_IRM,
          "GICD_IROUTER.Interrupt_Routing_Mode can be set");
    set_dpg(1, true);
    check(mmio_read32(cpus[1].gicr + GICR_CTLR) & DPG1NS, "GICR_CTLR.DPG1NS can be set");
    set_dpg(1, false);
}

static void test_exactly_one(void)
{
    bool ok = true;
    any_of_n(SPI);
    for (unsigned i = 0; i < 20; i++) {
        gic_set_pending(SPI);
        unsigned cpu = who_has(SPI);
        ok &= cpu < smp_started() && ack_at(cpu) == SPI && who_has(SPI) == NOBODY;
        end_at(cpu, SPI);
        ok &= gic_state(SPI) == INACTIVE;
    }
    check(ok, "a 1-of-N SPI is signalled to exactly one of %u vCPUs", smp_started());
}

static void test_active(void)
{
    gic_set_pending(SPI);
    unsigned cpu = who_has(SPI);
    ack_at(cpu);
    gic_set_pending(SPI);
    check(gic_state(SPI) == ACTIVE_PENDING && who_has(SPI) == NOBODY,
          "active somewhere and pending again, it is signalled to nobody");
    end_at(cpu, SPI);
    cpu = who_has(SPI);
    check(cpu < smp_started() && ack_at(cpu) == SPI, "... until it is deactivated");
    end_at(cpu, SPI);
}

static void test_dpg(void)
{
    for (unsigned last = 0; last < smp_started(); last++) {
        for (unsigned i = 0; i < smp_started(); i++)
            set_dpg(i, i != last);
        gic_set_pending(SPI);
        check_equal(who_has(SPI), last, "with DPG1NS set elsewhere, vCPU %u is chosen", last);
        ack_at(last);
        end_at(last, SPI);
    }
    for (unsigned i = 0; i < smp_started(); i++)
        set_dpg(i, true);
    gic_set_pending(SPI);
    check(who_has(SPI) == NOBODY && gic_is_pending(SPI), "DPG1NS everywhere: it waits, pending");
    set_dpg(2, false);
    check_equal(who_has(SPI), 2, "... for the first that clears it");
    set_dpg(2, true);
    set_dpg(1, false);
    check_equal(who_has(SPI), 1, "not taken there, it goes to the next that can take it");
    ack_at(1);
    end_at(1, SPI);
    for (unsigned i = 0; i < smp_started(); i++)
        set_dpg(i, false);
}

static void test_targeted(void)
{
    gic_setup(SPI2, PRIO_DEFAULT, true);
    set_dpg(0, true);
    gic_set_pending(SPI2);
    check_equal(who_has(SPI2), 0, "DPG1NS does not concern an SPI that is routed to one vCPU");
    set_dpg(0, false);
    gic_forget(SPI2);
}

static void test_group_enable(void)
{
    for (unsigned i = 0; i < smp_started(); i++)
        group1(i, i == 3);
    gic_set_pending(SPI);
    check_equal(who_has(SPI), 3, "a vCPU with ICC_IGRPEN1_EL1 0 is not chosen");
    group1(1, 1);
    group1(3, 0);
    check_equal(who_has(SPI), 1, "disabled after the choice, it gives the SPI away");
    group1(1, 0);
    check(who_has(SPI) == NOBODY && gic_is_pending(SPI), "disabled everywhere: it waits, pending");
    for (unsigned i = 0; i < smp_started(); i++)
        group1(i, 1);
    unsigned cpu = who_has(SPI);
    check(cpu < smp_started(), "enabled again, one has it");
    ack_at(cpu);
    end_at(cpu, SPI);
}

static void test_back_to_one(void)
{
    for (unsigned i = 0; i < smp_started(); i++)
        set_dpg(i, i != 3);
    gic_set_pending(SPI);
    bool there = who_has(SPI) == 3;
    gic_route(SPI, cpus[1].affinity);
    check(there && who_has(SPI) == 1, "IRM cleared while pending: it goes to the one in the route");
    gic_clear_pending(SPI);
    for (unsigned i = 0; i < smp_started(); i++)
        set_dpg(i, false);
}

int main(void)
{
    smp_start(4);
    test_registers();
    test_exactly_one();
    test_active();
    test_dpg();
    test_targeted();
    test_group_enable();
    test_back_to_one();
    return test_result();
}
