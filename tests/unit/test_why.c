/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who wrote what last, and what irqlab why says of it: a machine whose registers are written by
 * hand, each write from a pc of its own.
 */
#include <stdlib.h>
#include <string.h>

#include "emu/why.h"
#include "tests/unit/suite.h"

enum { IGROUPR = 0x80, ISENABLER = 0x100, ICENABLER = 0x180, ISPENDR = 0x200, IROUTER = 0x6000 };

static const struct cpu_pe_state el1 = {.el = 1, .el2_enabled = true};
static const struct cpu_pe_state el1_guest = {.el = 1, .el2_enabled = true, .hcr_el2 = 0x18};

static struct machine *machine(bool waker)
{
    struct machine_config config = {
        .cpu_model = "cortex-a72",
        .n_vcpus = 2,
        .ram_bytes = 1 << 20,
        .has_el2 = true,
        .quantum_instructions = 1000,
        .counter_hz = 62500000,
    };
    struct machine *m;
    struct error err = {0};

    gic_options_defaults(&config.gic);
    config.gic.waker = waker;
    ck_assert_msg(machine_create(&config, &m, &err) == 0, "%s", err.text);
    ck_assert_int_eq(history_start(m, &err), 0);
    return m;
}

static void write_at(struct machine *m, unsigned vcpu, uint64_t pc, const struct cpu_mmio *w,
                     uint64_t offset, unsigned size, uint64_t value)
{
    vcpu_set_pc(m->engine, vcpu, pc);
    ck_assert_int_eq(w->write(w->opaque, vcpu, false, offset, size, value), 0);
}

static void gicd(struct machine *m, uint64_t pc, uint64_t offset, unsigned size, uint64_t value)
{
    write_at(m, 0, pc, &m->gicd_window, offset, size, value);
}

/* @vcpu's own frame, SGI_base. */
static void gicr(struct machine *m, unsigned vcpu, uint64_t pc, uint64_t offset, uint64_t value)
{
    write_at(m, vcpu, pc, &m->gicr[0].mmio, vcpu * GIC_REDIST_BYTES + offset, 4, value);
}

static const struct cpu_sysreg *find(struct machine *m, const char *name)
{
    const struct cpu_sysreg *reg = m->sysregs;

    while (strcmp(reg->name, name) != 0)
        reg++;
    return reg;
}

static void msr(struct machine *m, unsigned vcpu, uint64_t pc, const char *name, uint64_t value,
                const struct cpu_pe_state *pe)
{
    const struct cpu_sysreg *reg = find(m, name);

    vcpu_set_pc(m->engine, vcpu, pc);
    reg->write(reg, vcpu, pe, value);
}

static uint64_t mrs(struct machine *m, unsigned vcpu, uint64_t pc, const char *name)
{
    const struct cpu_sysreg *reg = find(m, name);

    vcpu_set_pc(m->engine, vcpu, pc);
    return reg->read(reg, vcpu, &el1);
}

static uint64_t pc_of(struct machine *m, unsigned vcpu, uint32_t intid, enum aspect aspect)
{
    struct writer w;

    ck_assert(history_irq(m, vcpu, intid, aspect, &w));
    return w.known ? w.pc : 0;
}

static const struct why_gate *gate(const struct why_answer *a, const char *name)
{
    for (unsigned i = 0; i < a->n_gates; i++)
        if (strcmp(a->gates[i].name, name) == 0)
            return &a->gates[i];
    ck_abort_msg("no gate %s", name);
    return NULL;
}

static struct why_answer ask(struct machine *m, unsigned vcpu, uint32_t intid)
{
    struct why_question q = {.intid = intid, .vcpu = vcpu};
    struct why_answer a;

    why_ask(m, &q, &a);
    return a;
}

START_TEST(set_and_clear_registers_are_one_field)
{
    struct machine *m = machine(false);

    ck_assert_uint_eq(pc_of(m, 0, 40, ASPECT_ENABLE), 0);
    gicd(m, 0x100, ISENABLER + 4, 4, 1 << 8);
    ck_assert_uint_eq(pc_of(m, 0, 40, ASPECT_ENABLE), 0x100);
    gicd(m, 0x200, ICENABLER + 4, 4, 1 << 8);
    ck_assert_uint_eq(pc_of(m, 0, 40, ASPECT_ENABLE), 0x200);
    ck_assert_uint_eq(pc_of(m, 0, 41, ASPECT_ENABLE), 0); /* its bit was 0 in both */
    machine_destroy(m);
}
END_TEST

START_TEST(a_write_that_changes_nothing_does_not_hide_one_that_did)
{
    struct machine *m = machine(false);

    gicd(m, 0x100, IGROUPR + 4, 4, 1 << 8);
    gicd(m, 0x200, IGROUPR + 4, 4, 1 << 8 | 1 << 9);
    ck_assert_uint_eq(pc_of(m, 0, 40, ASPECT_GROUP), 0x100);
    ck_assert_uint_eq(pc_of(m, 0, 41, ASPECT_GROUP), 0x200);
    ck_assert_uint_eq(pc_of(m, 0, 42, ASPECT_GROUP), 0x200); /* reached, if not changed */
    gicd(m, 0x300, 0x400 + 40, 1, 0x80);
    ck_assert_uint_eq(pc_of(m, 0, 40, ASPECT_PRIORITY), 0x300);
    ck_assert_uint_eq(pc_of(m, 0, 41, ASPECT_PRIORITY), 0);
    gicd(m, 0x400, IROUTER + 40 * 8, 8, 1);
    ck_assert_uint_eq(pc_of(m, 0, 40, ASPECT_ROUTE), 0x400);
    machine_destroy(m);
}
END_TEST

START_TEST(private_interrupts_are_each_vcpus_own)
{
    struct machine *m = machine(false);

    gicr(m, 1, 0x100, 0x10000 + ISENABLER, 1u << 27);
    ck_assert_uint_eq(pc_of(m, 1, 27, ASPECT_ENABLE), 0x100);
    ck_assert_uint_eq(pc_of(m, 0, 27, ASPECT_ENABLE), 0);
    ck_assert_uint_eq(ask(m, 1, 27).gates[0].result, GIC_GATE_FAIL);
    machine_destroy(m);
}
END_TEST

START_TEST(a_delivery_is_followed_from_acknowledge_to_deactivation)
{
    struct machine *m = machine(false);
    const struct delivery *d;

    gicd(m, 0x100, 0, 4, 2);
    gicd(m, 0x104, IGROUPR + 4, 4, ~0u);
    gicd(m, 0x108, ISENABLER + 4, 4, 1 << 8);
    msr(m, 0, 0x10c, "ICC_PMR_EL1", 0xff, &el1);
    msr(m, 0, 0x110, "ICC_IGRPEN1_EL1", 1, &el1);
    gicd(m, 0x114, ISPENDR + 4, 4, 1 << 8);
    ck_assert_uint_eq(mrs(m, 0, 0x118, "ICC_IAR1_EL1"), 40);
    ck_assert_uint_eq(pc_of(m, 0, 40, ASPECT_ACTIVE), 0x118);
    msr(m, 0, 0x11c, "ICC_EOIR1_EL1", 40, &el1);
    d = history_delivery(m, 0, 40);
    ck_assert_ptr_nonnull(d);
    ck_assert_uint_eq(d->count, 1);
    ck_assert_uint_eq(d->first_pended.pc, 0x114);
    ck_assert_uint_eq(d->acknowledged.pc, 0x118);
    ck_assert_uint_eq(d->dropped.pc, 0x11c);
    ck_assert_uint_eq(d->deactivated.pc, 0x11c);
    struct why_answer a = ask(m, 0, 40);
    ck_assert_int_eq(a.verdict, WHY_DELIVERED);
    ck_assert_int_eq(ask(m, 1, 40).verdict, WHY_BLOCKED); /* it was not vCPU 1 that took it */
    history_reset(m);
    ck_assert_uint_eq(pc_of(m, 0, 40, ASPECT_ENABLE), 0);
    machine_destroy(m);
}
END_TEST

START_TEST(a_write_that_went_to_the_virtual_interface_is_remarked_on)
{
    struct machine *m = machine(false);

    gicd(m, 0x100, 0, 4, 2);
    gicr(m, 0, 0x104, 0x10000 + IGROUPR, ~0u);
    msr(m, 0, 0x222, "ICC_IGRPEN1_EL1", 1, &el1_guest);
    struct why_answer a = ask(m, 0, 27);
    ck_assert_int_eq(gate(&a, "cpu-group")->result, GIC_GATE_FAIL);
    ck_assert(!gate(&a, "cpu-group")->writer.known);
    ck_assert_ptr_nonnull(strstr(gate(&a, "cpu-group")->note, "pc 0x222 wrote 0x1 to the virtual"));
    msr(m, 0, 0x333, "ICC_IGRPEN1_EL1", 1, &el1);
    a = ask(m, 0, 27);
    ck_assert_int_eq(gate(&a, "cpu-group")->result, GIC_GATE_PASS);
    ck_assert_uint_eq(gate(&a, "cpu-group")->writer.pc, 0x333);
    ck_assert_str_eq(gate(&a, "cpu-group")->note, "");
    machine_destroy(m);
}
END_TEST

START_TEST(a_sleeping_redistributor_that_asks_for_power_says_so)
{
    struct machine *m = machine(true);

    gicd(m, 0x100, 0, 4, 2);
    gicr(m, 0, 0x104, 0x10000 + IGROUPR, ~0u);
    gicr(m, 0, 0x108, 0x10000 + ISENABLER, 1u << 27);
    gicr(m, 0, 0x10c, 0x10000 + ISPENDR, 1u << 27);
    struct why_answer a = ask(m, 0, 27);
    ck_assert_int_eq(gate(&a, "awake")->result, GIC_GATE_FAIL);
    ck_assert_str_eq(gate(&a, "awake")->note, "WakeRequest is up");
    ck_assert_ptr_eq(&a.gates[a.first_failed], gate(&a, "awake"));
    machine_destroy(m);
}
END_TEST

START_TEST(without_history_nobody_is_said_to_have_written)
{
    struct machine *m = machine(false);
    struct writer w;

    history_stop(m);
    gicd(m, 0x100, ISENABLER + 4, 4, 1 << 8);
    struct why_answer a = ask(m, 0, 40);
    ck_assert_int_eq(gate(&a, "enabled")->result, GIC_GATE_PASS);
    for (unsigned i = 0; i < a.n_gates; i++)
        ck_assert(!a.gates[i].has_writer);
    ck_assert(!history_irq(m, 0, 40, ASPECT_ENABLE, &w));
    machine_destroy(m);
}
END_TEST

static const TTest *const *const tests[] = {
    &set_and_clear_registers_are_one_field,
    &a_write_that_changes_nothing_does_not_hide_one_that_did,
    &private_interrupts_are_each_vcpus_own,
    &a_delivery_is_followed_from_acknowledge_to_deactivation,
    &a_write_that_went_to_the_virtual_interface_is_remarked_on,
    &a_sleeping_redistributor_that_asks_for_power_says_so,
    &without_history_nobody_is_said_to_have_written,
};

int main(void)
{
    return SUITE_RUN("why", NULL, NULL, tests);
}
