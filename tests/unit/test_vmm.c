/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The control plane on a machine that runs (emu/vmm.h). */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "emu/machine.h"
#include "emu/snapshot.h"
#include "emu/vmm.h"
#include "gic/attr.h"
#include "tests/unit/suite.h"

enum {
    MOV_X1_0 = 0xd2800001,
    ADD_X1_1 = 0x91000421,
    MSR_AP1R0_X1 = 0xd518c901,
    MRS_X2_ISAR0 = 0xd5380602,
    CRC32B = 0x1ac04003, /* w3, w0, w0 */
    MOVZ_X0_CPU_ON = 0xd2800060,
    MOVK_X0_C400 = 0xf2b88000,
    MOVZ_X1_1 = 0xd2800021,
    HVC = 0xd4000002,
    LDR_W4_X0 = 0xb9400004,
    SPIN = 0x14000000,
    BACK_2 = 0x17fffffe,
    WFI = 0xd503207f,
    RAM_BYTES = 1 << 20,
};

#define CODE  (BOARD_RAM_BASE + 0x1000)
#define CODE2 (BOARD_RAM_BASE + 0x2000)

#define AP1R0       (3u << 14 | 12u << 7 | 9u << 3)
#define CTLR        (3u << 14 | 12u << 7 | 12u << 3 | 4)
#define PMR         (3u << 14 | 4u << 7 | 6u << 3)
#define ISAR0       VMM_SYSREG(3, 0, 0, 6, 0)
#define PFR0        VMM_SYSREG(3, 0, 0, 4, 0)
#define CRC32_FIELD (0xfull << 16)

static struct machine *m;
static struct error err;

static struct machine *make_of(unsigned n_vcpus, struct vmm_setup *setup)
{
    struct machine_config config = {
        .cpu_model = "cortex-a72",
        .n_vcpus = n_vcpus,
        .ram_bytes = RAM_BYTES,
        .quantum_instructions = 1000,
        .counter_hz = 62500000,
        .setup = setup,
    };
    struct machine *made;

    gic_options_defaults(&config.gic);
    ck_assert_msg(!machine_create(&config, &made, &err), "%s", err.text);
    machine_start_at(made, 1, CODE, 0);
    machine_power_on(made);
    return made;
}

static void setup(void)
{
    m = make_of(3, NULL);
}

static void teardown(void)
{
    machine_destroy(m);
    m = NULL;
}

static void put_words(uint64_t address, const uint32_t *words, size_t n)
{
    ck_assert_int_eq(machine_guest_write(m, address, words, n * sizeof(*words)), 0);
}
#define PUT(address, ...)                                                                          \
    put_words(address, (const uint32_t[]){__VA_ARGS__},                                            \
              sizeof((uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

#define OK(call) ck_assert_msg(!(call), "%s", err.text)

static void go(uint64_t instructions)
{
    machine_go(m, machine_instructions(m) + instructions);
}

static uint64_t reg(unsigned vcpu, uint64_t id)
{
    uint64_t value = 0;

    OK(vmm_get_one_reg(m, vcpu, id, &value, &err));
    return value;
}

static uint64_t cpuif(unsigned vcpu, uint32_t which)
{
    uint64_t value = ~0ull;

    ck_assert_int_eq(vmm_cpuif_read(m, gic_attr_for(m->mpidr[vcpu], which), &value, NULL), 0);
    return value;
}

/* -- vCPUs ------------------------------------------------------------------------------------- */

START_TEST(one_vcpu_is_reset_while_the_others_keep_what_they_have)
{
    PUT(CODE, ADD_X1_1, MSR_AP1R0_X1, BACK_2);
    OK(vmm_start_vcpu(m, 1, CODE, 0, &err));
    OK(vmm_start_vcpu(m, 2, CODE, 0, &err));
    go(9000);
    uint64_t x1[3] = {reg(0, VMM_CORE_X(1)), 0, reg(2, VMM_CORE_X(1))};
    uint64_t apr[3] = {cpuif(0, AP1R0), cpuif(1, AP1R0), cpuif(2, AP1R0)}, reset;
    ck_assert_uint_ne(apr[1], 0);
    OK(vmm_reset_vcpu(m, 1, &err));
    ck_assert_int_eq(vmm_cpuif_reset_value(m, gic_attr_for(m->mpidr[1], AP1R0), &reset), 0);
    ck_assert_uint_eq(cpuif(1, AP1R0), reset);
    ck_assert_uint_eq(reg(1, VMM_CORE_X(1)), 0);
    ck_assert_uint_eq(cpuif(0, AP1R0), apr[0]);
    ck_assert_uint_eq(cpuif(2, AP1R0), apr[2]);
    ck_assert_uint_eq(reg(0, VMM_CORE_X(1)), x1[0]);
    ck_assert_uint_eq(reg(2, VMM_CORE_X(1)), x1[2]);
    uint64_t before = vcpu_instructions(m->engine, 1);
    go(9000);
    ck_assert_uint_eq(vcpu_instructions(m->engine, 1), before);
    ck_assert_uint_gt(reg(0, VMM_CORE_X(1)), x1[0]);
}
END_TEST

START_TEST(who_starts_after_a_reset_has_the_registers_that_were_set_since)
{
    struct vmm_vcpu_state state;

    PUT(CODE, SPIN);
    PUT(CODE2, ADD_X1_1, SPIN);
    OK(vmm_reset_vcpu(m, 1, &err));
    OK(vmm_set_one_reg(m, 1, VMM_CORE_X(1), 41, &err));
    OK(vmm_start_vcpu(m, 1, CODE2, 9, &err));
    ck_assert_int_eq(vmm_start_vcpu(m, 1, CODE2, 9, &err), -EPERM);
    go(5000);
    ck_assert_uint_eq(reg(1, VMM_CORE_X(1)), 42);
    ck_assert_uint_eq(reg(1, VMM_CORE_X(0)), 9);
    ck_assert_uint_eq(reg(1, VMM_CORE_PC), CODE2 + 4);
    OK(vmm_stop_vcpu(m, 1, &err));
    OK(vmm_vcpu_state(m, 1, &state, &err));
    ck_assert_int_eq(state.power, VMM_OFF);
    OK(vmm_start_vcpu(m, 1, CODE2, 9, &err)); /* not reset since it ran: that is done now */
    go(5000);
    ck_assert_uint_eq(reg(1, VMM_CORE_X(1)), 1);
}
END_TEST

START_TEST(a_paused_vcpu_runs_nothing_and_an_interrupt_still_ends_its_wait)
{
    struct vmm_vcpu_state state;

    PUT(CODE, SPIN);
    PUT(CODE2, WFI, ADD_X1_1, SPIN);
    OK(vmm_start_vcpu(m, 1, CODE2, 0, &err));
    go(5000);
    OK(vmm_pause_vcpu(m, 1, &err));
    OK(vmm_vcpu_state(m, 1, &state, &err));
    ck_assert(state.power == VMM_WAITING && state.paused);
    OK(vmm_reset_vcpu(m, 2, &err));
    OK(vmm_start_vcpu(m, 2, CODE, 0, &err));
    /* An SGI for vCPU 1, of an enabled group: it could wake. */
    uint64_t redist = gic_attr_for(m->mpidr[1], 0);
    OK(vmm_set_gic_attr(m, GIC_ATTR_DIST_REGS, 0, 0x52, &err));
    OK(vmm_set_gic_attr(m, GIC_ATTR_REDIST_REGS, redist | 0x10080, ~0u, &err));
    OK(vmm_set_gic_attr(m, GIC_ATTR_REDIST_REGS, redist | 0x10100, 8, &err));
    OK(vmm_set_gic_attr(m, GIC_ATTR_CPU_SYSREGS, redist | PMR, 0xf8, &err));
    OK(vmm_set_gic_attr(m, GIC_ATTR_CPU_SYSREGS, redist | (3u << 14 | 12u << 7 | 12u << 3 | 7), 1,
                        &err));
    OK(vmm_send_sgi(m, 1, 3, &err));
    go(5000);
    OK(vmm_vcpu_state(m, 1, &state, &err));
    ck_assert(state.power == VMM_READY && state.paused);
    ck_assert_uint_eq(reg(1, VMM_CORE_X(1)), 0);
    OK(vmm_resume_vcpu(m, 1, &err));
    go(5000);
    ck_assert_uint_eq(reg(1, VMM_CORE_X(1)), 1);
}
END_TEST

START_TEST(what_is_not_a_vcpu_is_refused_by_every_operation)
{
    uint64_t value;

    ck_assert_int_eq(vmm_reset_vcpu(m, 3, &err), -EINVAL);
    ck_assert_ptr_nonnull(strstr(err.text, "reset-vcpu: vcpu is at most 2"));
    ck_assert_int_eq(vmm_get_one_reg(m, 3, VMM_CORE_PC, &value, &err), -EINVAL);
    ck_assert_int_eq(vmm_set_line(m, 7, 40, true, &err), -EINVAL);
    ck_assert_int_eq(vmm_id_get(m, 3, (uint32_t)PFR0 & 0xffff, &value), -EINVAL);
    ck_assert_int_eq(vmm_get_one_reg(m, 0, 0x1234, &value, &err), -ENOENT);
    ck_assert_int_eq(vmm_call(m, VMM_N_OPS, &value, NULL, &err), -EINVAL);
}
END_TEST

/* -- Calls ------------------------------------------------------------------------------------- */

struct calls {
    unsigned n, vcpu;
    struct vmm_smccc_call last;
    bool answers;
};

static void called(void *opaque, struct machine *on, unsigned vcpu,
                   const struct vmm_smccc_call *call)
{
    struct calls *c = opaque;

    c->n++;
    c->vcpu = vcpu;
    c->last = *call;
    if (c->answers)
        OK(vmm_answer_call(on, vcpu, (const uint64_t[4]){7}, &err));
}

START_TEST(a_forwarded_call_waits_for_its_answer)
{
    struct calls c = {0};
    const struct vmm_hooks hooks = {&c, called};
    struct vmm_smccc_call call;

    PUT(CODE, MOVZ_X0_CPU_ON, MOVK_X0_C400, MOVZ_X1_1, HVC, SPIN);
    PUT(CODE2, SPIN);
    OK(vmm_start_vcpu(m, 2, CODE2, 0, &err));
    OK(vmm_set_smccc_filter(m, 0xc4000000, 0x20, VMM_SMCCC_FWD_TO_USER, &err));
    vmm_set_hooks(m, &hooks);
    go(9000);
    ck_assert(c.n == 1 && c.vcpu == 0 && !c.last.smc && c.last.x[0] == 0xc4000003);
    OK(vmm_get_call(m, 0, &call, &err));
    ck_assert_mem_eq(&call.x, &c.last.x, sizeof(call.x));
    ck_assert_uint_eq(vcpu_instructions(m->engine, 0), 4);
    ck_assert_int_eq(vmm_set_smccc_filter(m, 0x84000000, 1, VMM_SMCCC_DENY, &err), -EPERM);
    OK(vmm_handle_call(m, 0, &err)); /* PSCI inside, after all: the entry x2 = 0 is in flash */
    ck_assert_int_eq(vmm_handle_call(m, 0, &err), -ENOENT);
    go(9000);
    ck_assert_uint_eq(reg(0, VMM_CORE_X(0)), 0);
    ck_assert_uint_gt(vcpu_instructions(m->engine, 0), 4);
}
END_TEST

START_TEST(it_can_be_answered_at_once_and_a_reset_forgets_it)
{
    struct calls c = {.answers = true};
    const struct vmm_hooks hooks = {&c, called};

    PUT(CODE, MOVZ_X0_CPU_ON, MOVK_X0_C400, HVC, SPIN);
    OK(vmm_set_smccc_filter(m, 0xc4000003, 1, VMM_SMCCC_FWD_TO_USER, &err));
    vmm_set_hooks(m, &hooks);
    go(100);
    ck_assert_uint_eq(reg(0, VMM_CORE_X(0)), 7);
    c.answers = false;
    OK(vmm_start_vcpu(m, 1, CODE, 0, &err));
    go(5000);
    ck_assert_uint_eq(c.n, 2);
    ck_assert(vmm_waits_for_answer(m));
    OK(vmm_reset_vcpu(m, 1, &err));
    ck_assert(!vmm_waits_for_answer(m));
    ck_assert_int_eq(vmm_answer_call(m, 1, (const uint64_t[4]){0}, &err), -ENOENT);
}
END_TEST

/* -- Setup, ID registers ----------------------------------------------------------------------- */

START_TEST(guests_see_the_id_registers_that_were_set_and_have_no_more_than_these)
{
    PUT(CODE, MRS_X2_ISAR0, CRC32B, SPIN);
    PUT(CODE2, MRS_X2_ISAR0, SPIN);
    uint64_t has = reg(0, ISAR0);
    ck_assert_uint_ne(has & CRC32_FIELD, 0);
    OK(vmm_set_one_reg(m, 1, ISAR0, has & ~CRC32_FIELD, &err));
    OK(vmm_start_vcpu(m, 1, CODE2, 0, &err));
    go(5000);
    for (unsigned vcpu = 0; vcpu < 2; vcpu++)
        ck_assert_uint_eq(reg(vcpu, VMM_CORE_X(2)), has & ~CRC32_FIELD);
    ck_assert_uint_lt(reg(0, VMM_CORE_PC), BOARD_RAM_BASE); /* UNDEFINED, and no handler there */
    ck_assert_int_eq(vmm_set_one_reg(m, 0, ISAR0, has, &err), -EPERM);
    OK(vmm_set_one_reg(m, 0, ISAR0, has & ~CRC32_FIELD, &err));
    OK(vmm_reset_vcpu(m, 1, &err));
    ck_assert_uint_eq(reg(1, ISAR0), has & ~CRC32_FIELD);
}
END_TEST

START_TEST(each_vcpu_has_its_own_mpidr_and_the_machine_one_of_the_rest)
{
    uint64_t value;

    for (unsigned vcpu = 0; vcpu < 3; vcpu++) {
        ck_assert_int_eq(vmm_id_get(m, vcpu, 3u << 14 | 5, &value), 0);
        ck_assert_uint_eq(value & 0xff00ffffff, m->mpidr[vcpu]);
        ck_assert_uint_eq(reg(vcpu, PFR0), reg(0, PFR0));
    }
    ck_assert_uint_eq(reg(0, PFR0) >> 24 & 0xf, 1); /* GICv3, as configured */
    ck_assert_int_eq(vmm_set_one_reg(m, 0, VMM_SYSREG(3, 0, 0, 0, 5), 77, &err), -EPERM);
}
END_TEST

START_TEST(a_snapshot_from_before_the_first_run_opens_the_setup_again)
{
    struct snapshot *s;
    uint64_t has = reg(0, ISAR0);

    PUT(CODE, MRS_X2_ISAR0, SPIN);
    OK(snapshot_take(m, &s, &err));
    for (unsigned round = 0; round < 3; round++) {
        uint64_t value = round & 1 ? has : has & ~CRC32_FIELD;

        OK(vmm_set_setup(m, VMM_KEY_ID_AA64ISAR0, value, &err));
        OK(vmm_set_setup(m, VMM_KEY_GICD_REVISION, 5 + round, &err));
        go(100);
        ck_assert_uint_eq(reg(0, VMM_CORE_X(2)), value);
        ck_assert_int_eq(vmm_set_setup(m, VMM_KEY_GICD_REVISION, 1, &err), -EPERM);
        OK(snapshot_restore(m, s, &err));
        ck_assert(!vmm_setup_is_sealed(vmm_setup_of(m)));
        ck_assert_uint_eq(reg(0, ISAR0), has);
    }
    snapshot_drop(s);
}
END_TEST

START_TEST(a_snapshot_keeps_calls_pauses_and_filters)
{
    struct snapshot *s;
    struct vmm_vcpu_state state;

    PUT(CODE, MOVZ_X0_CPU_ON, MOVK_X0_C400, HVC, SPIN);
    PUT(CODE2, SPIN);
    OK(vmm_start_vcpu(m, 2, CODE2, 0, &err));
    OK(vmm_set_smccc_filter(m, 0xc4000003, 1, VMM_SMCCC_FWD_TO_USER, &err));
    OK(vmm_pause_vcpu(m, 1, &err));
    go(5000);
    OK(snapshot_take(m, &s, &err));
    OK(vmm_answer_call(m, 0, (const uint64_t[4]){0}, &err));
    OK(vmm_resume_vcpu(m, 1, &err));
    go(500);
    OK(snapshot_restore(m, s, &err));
    OK(vmm_vcpu_state(m, 0, &state, &err));
    ck_assert(state.in_call);
    OK(vmm_vcpu_state(m, 1, &state, &err));
    ck_assert(state.paused && !state.in_call);
    OK(vmm_answer_call(m, 0, (const uint64_t[4]){3}, &err));
    go(5000);
    ck_assert_uint_eq(reg(0, VMM_CORE_X(0)), 3);
    snapshot_drop(s);
}
END_TEST

START_TEST(a_machine_is_what_its_setup_says_and_has_its_frames_there)
{
    struct vmm_setup *given;

    teardown();
    OK(vmm_setup_create(&given));
    OK(vmm_setup_set(given, VMM_KEY_GIC_priority_bits, 7, &err));
    OK(vmm_setup_set(given, VMM_KEY_GICD_BASE, 0x8100000, &err));
    OK(vmm_setup_set(given, VMM_KEY_ITS_BASE, 0x8200000, &err));
    OK(vmm_setup_set(given, VMM_KEY_GICR_BASE, 0x8300000, &err));
    OK(vmm_setup_set(given, VMM_KEY_GICD_REVISION, 9, &err));
    m = make_of(2, given);
    machine_start_at(m, 1, CODE, 0x8100008);
    machine_power_on(m);
    ck_assert_uint_eq(m->board.gicr_base, 0x8300000);
    ck_assert_uint_eq(cpuif(0, CTLR) >> 8 & 7, 6);
    PUT(CODE, LDR_W4_X0, SPIN);
    go(100);
    ck_assert_uint_eq(reg(0, VMM_CORE_X(4)), 0x4c00943b);
    ck_assert_int_eq(vmm_setup_set(given, VMM_KEY_GIC_priority_bits, 5, &err), -EPERM);
    teardown();
    vmm_setup_destroy(given);
    setup();
}
END_TEST

/* -- Attributes, registers, interrupts --------------------------------------------------------- */

START_TEST(attributes_of_every_group_are_those_of_the_gic)
{
    uint64_t value = 0, vcpu1 = gic_attr_for(m->mpidr[1], 0);

    OK(vmm_get_gic_attr(m, GIC_ATTR_NR_IRQS, 0, &value, &err));
    ck_assert_uint_eq(value, 288);
    OK(vmm_set_gic_attr(m, GIC_ATTR_DIST_REGS, 0x104, 0xf0, &err));
    OK(vmm_get_gic_attr(m, GIC_ATTR_DIST_REGS, 0x104, &value, &err));
    ck_assert_uint_eq(value, 0xf0);
    OK(vmm_set_gic_attr(m, GIC_ATTR_REDIST_REGS, vcpu1 | 0x10400, 0x80808080, &err));
    OK(vmm_set_line(m, 1, 20, true, &err));
    OK(vmm_get_gic_attr(m, GIC_ATTR_LEVEL_INFO, vcpu1, &value, &err));
    ck_assert_uint_eq(value, 1 << 20);
    value = 0; /* which region */
    OK(vmm_get_gic_attr(m, GIC_ATTR_ADDR, GIC_ATTR_ADDR_REDIST_REGION, &value, &err));
    ck_assert_uint_eq(value & 0xfffffffff0000, m->board.gicr_base);
    OK(vmm_set_its_attr(m, 0, GIC_ATTR_CTRL, GIC_ATTR_ITS_RESET, 0, &err));
    ck_assert_int_eq(vmm_get_its_attr(m, 1, GIC_ATTR_ITS_REGS, 0, &value, &err), -ENXIO);
    ck_assert_int_eq(vmm_has_gic_attr(m, 99, 0, &err), -ENXIO);
    OK(vmm_set_gic_attr(m, GIC_ATTR_CTRL, GIC_ATTR_CTRL_INIT, 0, &err));
    ck_assert(vmm_setup_is_sealed(vmm_setup_of(m)));
}
END_TEST

START_TEST(counters_and_offsets_are_as_kvm_has_them_in_either_order)
{
    uint64_t count = 0x123456789;

    OK(vmm_set_one_reg(m, 0, VMM_REG_TIMER_CNT, count, &err));
    ck_assert_uint_eq(reg(2, VMM_REG_TIMER_CNT), count);
    ck_assert_uint_ne(reg(2, VMM_REG_PTIMER_CNT), count);
    OK(vmm_set_one_reg(m, 1, VMM_REG_TIMER_CVAL, 99, &err));
    OK(vmm_set_one_reg(m, 1, VMM_REG_TIMER_CTL, 1, &err));
    ck_assert_uint_eq(reg(1, VMM_REG_TIMER_CVAL), 99);
    ck_assert_uint_eq(reg(0, VMM_REG_TIMER_CVAL), 0);
    ck_assert_uint_eq(reg(1, VMM_REG_TIMER_CTL), 5); /* ENABLE, ISTATUS: the count is beyond */
    OK(vmm_set_counter_offset(m, 0x1000, &err));
    OK(vmm_set_one_reg(m, 0, VMM_REG_TIMER_CNT, count, &err)); /* no effect any more */
    ck_assert_uint_eq(reg(0, VMM_REG_TIMER_CNT), -0x1000ull);
    ck_assert_uint_eq(reg(0, VMM_REG_PTIMER_CNT), -0x1000ull);
}
END_TEST

START_TEST(system_registers_are_set_and_none_is_read_with_an_effect)
{
    static const uint64_t settable[] = {
        VMM_SYSREG(3, 0, 12, 0, 0), /* VBAR_EL1 */
        VMM_SYSREG(3, 3, 13, 0, 2), /* TPIDR_EL0 */
        VMM_SYSREG(3, 0, 14, 1, 0), /* CNTKCTL_EL1 */
        VMM_CORE_SP,
        VMM_CORE_SP_EL1,
        VMM_CORE_ELR_EL1,
    };
    uint64_t value, midr = VMM_SYSREG(3, 0, 0, 0, 0);

    for (unsigned i = 0; i < sizeof(settable) / sizeof(settable[0]); i++) {
        OK(vmm_set_one_reg(m, 1, settable[i], 0x800, &err));
        ck_assert_uint_eq(reg(1, settable[i]) & 0x800, i == 2 ? 0 : 0x800);
        ck_assert_uint_eq(reg(2, settable[i]) & 0x800, 0);
    }
    OK(vmm_set_one_reg(m, 1, settable[2], 0x3, &err));
    ck_assert_uint_eq(reg(1, settable[2]), 3);
    /* At EL1 with SP_EL1, that is the one that is used; SP_EL0 is another. */
    OK(vmm_set_one_reg(m, 0, VMM_CORE_SP_EL1, 0x1000, &err));
    OK(vmm_set_one_reg(m, 0, VMM_CORE_SP, 0x2000, &err));
    ck_assert_uint_eq(vcpu_get_sp(m->engine, 0), 0x1000);
    ck_assert_uint_eq(reg(0, VMM_SYSREG(3, 0, 4, 1, 0)), 0x2000);
    OK(vmm_set_one_reg(m, 1, VMM_CORE_FPCR, 1u << 24, &err));
    ck_assert_uint_eq(reg(1, VMM_CORE_FPCR), 1u << 24);
    OK(vmm_set_one_reg(m, 0, midr, reg(0, midr), &err));
    ck_assert_int_eq(vmm_set_one_reg(m, 0, midr, 1, &err), -EPERM);
    OK(vmm_set_one_reg(m, 0, VMM_CORE_PSTATE, reg(0, VMM_CORE_PSTATE) & ~0x80ull, &err));
    ck_assert_uint_eq(reg(0, VMM_CORE_PSTATE) & 0x80, 0);
    ck_assert_int_eq(vmm_set_one_reg(m, 0, VMM_CORE_PSTATE, 0x3c9, &err), -EPERM);
    ck_assert_int_eq(vmm_set_one_reg(m, 0, VMM_CORE_PC, 2, &err), -EINVAL);
    /* ICC_IAR1_EL1, ICC_PMR_EL1, RNDR */
    ck_assert_int_eq(vmm_get_one_reg(m, 0, VMM_SYSREG(3, 0, 12, 12, 0), &value, &err), -ENOENT);
    ck_assert_int_eq(vmm_get_one_reg(m, 0, VMM_SYSREG(3, 0, 4, 6, 0), &value, &err), -ENOENT);
    ck_assert_int_eq(vmm_get_one_reg(m, 0, VMM_SYSREG(3, 3, 2, 4, 0), &value, &err), -ENOENT);
}
END_TEST

/* -- A machine that runs, and threads that look ------------------------------------------------ */

enum { VCPUS = 64, READERS = 2, READS = 200000 };

struct looks {
    struct machine *machine;
    uint64_t base[VCPUS];
    _Atomic unsigned running;
    _Atomic unsigned refused, wrong;
};

/* Every write of the guest is one publication, and writes one more than the last. */
static void *look(void *arg)
{
    struct looks *l = arg;

    for (unsigned i = 0; i < READS; i++) {
        unsigned vcpu = i % VCPUS;
        uint64_t attr = gic_attr_for(l->machine->mpidr[vcpu], AP1R0), value = 0, sequence = 0;

        l->refused += vmm_cpuif_read(l->machine, attr, &value, &sequence) != 0;
        l->wrong += value != ((sequence - l->base[vcpu]) & 0x7fffff);
    }
    l->running--;
    return NULL;
}

START_TEST(threads_read_64_vcpus_that_run_and_none_is_refused)
{
    struct looks l = {.running = READERS};
    pthread_t threads[READERS];

    teardown();
    m = make_of(VCPUS, NULL);
    l.machine = m;
    PUT(CODE, MOV_X1_0, ADD_X1_1, MSR_AP1R0_X1, BACK_2);
    for (unsigned i = 0; i < VCPUS; i++) {
        uint64_t value;

        if (i)
            OK(vmm_start_vcpu(m, i, CODE, 0, &err));
        vmm_cpuif_read(m, gic_attr_for(m->mpidr[i], AP1R0), &value, &l.base[i]);
    }
    for (unsigned i = 0; i < READERS; i++)
        pthread_create(&threads[i], NULL, look, &l);
    while (l.running)
        go(1000000);
    for (unsigned i = 0; i < READERS; i++)
        pthread_join(threads[i], NULL);
    ck_assert_uint_eq(l.refused, 0);
    ck_assert_uint_eq(l.wrong, 0);
    ck_assert_uint_gt(cpuif(63, AP1R0), 1000);
}
END_TEST

int main(void)
{
    static const TTest *const *const tests[] = {
        &one_vcpu_is_reset_while_the_others_keep_what_they_have,
        &who_starts_after_a_reset_has_the_registers_that_were_set_since,
        &a_paused_vcpu_runs_nothing_and_an_interrupt_still_ends_its_wait,
        &what_is_not_a_vcpu_is_refused_by_every_operation,
        &a_forwarded_call_waits_for_its_answer,
        &it_can_be_answered_at_once_and_a_reset_forgets_it,
        &guests_see_the_id_registers_that_were_set_and_have_no_more_than_these,
        &each_vcpu_has_its_own_mpidr_and_the_machine_one_of_the_rest,
        &a_snapshot_from_before_the_first_run_opens_the_setup_again,
        &a_snapshot_keeps_calls_pauses_and_filters,
        &a_machine_is_what_its_setup_says_and_has_its_frames_there,
        &attributes_of_every_group_are_those_of_the_gic,
        &counters_and_offsets_are_as_kvm_has_them_in_either_order,
        &system_registers_are_set_and_none_is_read_with_an_effect,
        &threads_read_64_vcpus_that_run_and_none_is_refused,
    };
    return SUITE_RUN("vmm", setup, teardown, tests);
}
