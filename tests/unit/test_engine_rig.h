/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An engine with RAM, one device and two registers, for tests that run a few instructions. */
#ifndef IRQLAB_TESTS_ENGINE_RIG_H
#define IRQLAB_TESTS_ENGINE_RIG_H

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "cpu/cpu.h"
#include "tests/unit/suite.h"

enum {
    ADD_X0_1 = 0x91000400,
    ADD_X3_1 = 0x91000463,
    ADD_X5_1 = 0x910004a5,
    LDR_X0_X1 = 0xf9400020,
    LDR_X1_X2 = 0xf9400041,
    STR_X1_X2 = 0xf9000041,
    MRS_X4_CNTVCT = 0xd53be044,
    MSR_TEST_X5 = 0xd51bf005,
    MRS_X9_FAR = 0xd5386009,
    MRS_X10_ESR = 0xd538520a,
    MSR_DAIFCLR_2 = 0xd50342ff,
    WFI = 0xd503207f,
    WFE = 0xd503205f,
    YIELD = 0xd503203f,
    HVC = 0xd4000002,
    HLT_F000 = 0xd45e0000,
    SVC = 0xd4000001,
    BR_X2 = 0xd61f0040,
    MOV_X3_7 = 0xd28000e3,
    MOV_X3_9 = 0xd2800123,
    NOP = 0xd503201f,
    LDP_X1_X3_X2 = 0xa9400c41,
    STP_X1_X3_X2 = 0xa9000c41,
    DC_ZVA_X2 = 0xd50b7422,
    UNDEFINED = 0x00000000,
};
#define BRANCH_BACK(n) (0x14000000u | (0x3ffffffu & -(n)))

#define RAM_BASE    0x40000000ull
#define RAM_BYTES   (4ull << 20)
#define VECTORS     0x1000
#define CODE        0x10000
#define DEVICE_BASE 0x09000000ull

struct rig {
    struct cpu_engine *engine;
    uint8_t *ram;
    struct cpu_mmio window;
    struct cpu_sysreg regs[2];
    uint64_t reads, read_at, last_value, written_at, counter_at;
    uint64_t now, asked, events, event_at; /* for waits */
    bool raise_on_write, fail;
};

static inline int rig_read(void *opaque, unsigned vcpu, bool secure, uint64_t offset, unsigned size,
                           uint64_t *value)
{
    struct rig *r = opaque;

    (void)vcpu, (void)secure, (void)offset, (void)size;
    r->reads++;
    r->read_at = engine_instructions(r->engine);
    *value = 0x1234;
    return r->fail ? -EFAULT : 0;
}

static inline int rig_write(void *opaque, unsigned vcpu, bool secure, uint64_t offset,
                            unsigned size, uint64_t value)
{
    struct rig *r = opaque;

    (void)secure, (void)offset, (void)size;
    r->last_value = value;
    r->written_at = engine_instructions(r->engine);
    if (r->raise_on_write)
        vcpu_set_line(r->engine, vcpu, CPU_LINE_IRQ, true);
    return r->fail ? -EFAULT : 0;
}

static inline uint64_t counter_read(const struct cpu_sysreg *reg, unsigned vcpu,
                                    const struct cpu_pe_state *pe)
{
    struct rig *r = reg->opaque;

    (void)vcpu, (void)pe;
    r->counter_at = engine_instructions(r->engine);
    return r->counter_at;
}

static inline void test_write(const struct cpu_sysreg *reg, unsigned vcpu,
                              const struct cpu_pe_state *pe, uint64_t value)
{
    struct rig *r = reg->opaque;

    (void)pe;
    r->last_value = value;
    r->written_at = engine_instructions(r->engine);
    if (r->raise_on_write)
        vcpu_set_line(r->engine, vcpu, CPU_LINE_IRQ, true);
}

static inline bool rig_wait(void *opaque, unsigned vcpu, const struct cpu_wait *wait)
{
    struct rig *r = opaque;

    (void)vcpu;
    r->asked++;
    return wait->timed && wait->until <= r->now;
}

static inline void rig_event_sent(void *opaque)
{
    struct rig *r = opaque;

    r->events++;
    r->event_at = engine_instructions(r->engine);
}

static inline void rig_open_model(struct rig *r, unsigned n_vcpus, const char *model)
{
    static const uint64_t mpidr[] = {0, 1, 2, 3};
    struct cpu_engine_config config = {
        .model = model,
        .n_vcpus = n_vcpus,
        .mpidr = mpidr,
        .conduit = CPU_CONDUIT_HVC,
        .semihosting = true,
        .reset_address = RAM_BASE + CODE,
        .code_buffer_bytes = 32 << 20,
        .opaque = r,
        .wait = rig_wait,
        .event_sent = rig_event_sent,
    };
    const char *why;

    memset(r, 0, sizeof(*r));
    ck_assert_int_eq(engine_create(&config, &r->engine, &why), 0);
    r->ram = mmap(NULL, RAM_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert_int_eq(engine_map_ram(r->engine, RAM_BASE, RAM_BYTES, r->ram, false), 0);
    r->window = (struct cpu_mmio){.opaque = r, .read = rig_read, .write = rig_write};
    ck_assert_int_eq(engine_map_mmio(r->engine, DEVICE_BASE, 0x1000, &r->window), 0);
    r->regs[0] = (struct cpu_sysreg){.name = "CNTVCT_EL0",
                                     .op0 = 3,
                                     .op1 = 3,
                                     .crn = 14,
                                     .crm = 0,
                                     .op2 = 2,
                                     .readable = true,
                                     .opaque = r,
                                     .read = counter_read};
    r->regs[1] = (struct cpu_sysreg){.name = "TEST",
                                     .op0 = 3,
                                     .op1 = 3,
                                     .crn = 15,
                                     .crm = 0,
                                     .op2 = 0,
                                     .writable = true,
                                     .opaque = r,
                                     .write = test_write};
    engine_register_sysregs(r->engine, r->regs, 2);
    /* All vectors: WFI (and stay), so that taking one is seen as a stop with its PC. */
    for (unsigned v = 0; v < 16; v++)
        memcpy(r->ram + VECTORS + v * 0x80, (uint32_t[]){WFI, BRANCH_BACK(0)}, 8);
    for (unsigned i = 0; i < n_vcpus; i++)
        vcpu_start_at(r->engine, i, 1, RAM_BASE + CODE, 0);
}

static inline void rig_open(struct rig *r, unsigned n_vcpus)
{
    rig_open_model(r, n_vcpus, "cortex-a72");
}

static inline void rig_close(struct rig *r)
{
    engine_destroy(r->engine);
    munmap(r->ram, RAM_BYTES);
}

static inline void put(struct rig *r, uint64_t offset, const uint32_t *words, size_t n)
{
    memcpy(r->ram + offset, words, n * 4);
    engine_ram_written(r->engine, RAM_BASE + offset, n * 4);
}
#define PUT(r, offset, ...)                                                                        \
    put(r, offset, (const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / 4)

static inline enum cpu_stop run(struct rig *r, unsigned vcpu, uint64_t n, uint64_t *executed)
{
    return vcpu_run(r->engine, vcpu, n, executed);
}

/* Sets VBAR_EL1 by running an MSR, the only way a guest has. */
static inline void set_vectors(struct rig *r, unsigned vcpu)
{
    uint64_t executed;

    PUT(r, 0x8000, 0xd518c008 /* msr vbar_el1, x8 */, WFI);
    vcpu_set_x(r->engine, vcpu, 8, RAM_BASE + VECTORS);
    vcpu_set_pc(r->engine, vcpu, RAM_BASE + 0x8000);
    ck_assert_int_eq(run(r, vcpu, 10, &executed), CPU_STOP_WFI);
    vcpu_set_pc(r->engine, vcpu, RAM_BASE + CODE);
}

#endif
