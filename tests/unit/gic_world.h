/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A GIC, its ITS and a small guest memory that random steps drive: for tests and fuzzers that ask
 * whether two of them are in the same state.
 */
#ifndef GIC_WORLD_H
#define GIC_WORLD_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gic/attr.h"
#include "tests/guest_memory.h"

enum {
    WORLD_VCPUS = 3,
    WORLD_BYTES = 1 << 20,
    WORLD_PROP = 0x10000,
    WORLD_PEND = 0x20000, /* 64 KiB each */
    WORLD_DEVICES = 0x50000,
    WORLD_COLLECTIONS = 0x58000,
    WORLD_QUEUE = 0x60000,
    WORLD_ITT = 0x70000, /* 0x100 per device: 32 events */
    WORLD_ID_BITS = 14,
    WORLD_N_DEVICES = 8,
    WORLD_N_EVENTS = 32,
    WORLD_N_COLLECTIONS = 6
};

/* What a world has, one bit each. */
enum {
    WORLD_EL3 = 1 << 0, /* and two security states */
    WORLD_EL2 = 1 << 1,
    WORLD_EXTENDED = 1 << 2,
    WORLD_NMI = 1 << 3,
    WORLD_ITS = 1 << 4,
    WORLD_MBIS = 1 << 5,
    WORLD_EIGHT_BITS = 1 << 6, /* of priority */
    WORLD_SRE = 1 << 7,
    WORLD_WAKER = 1 << 8,
    WORLD_HCC = 1 << 9,
    WORLD_TWO_LEVELS = 1 << 10,
    WORLD_ONE_OF_N = 1 << 11,
    WORLD_LEGACY = 1 << 12,
    WORLD_KINDS = 1 << 13
};

struct world {
    struct gic *gic;
    struct gic_its *its;
    unsigned kind;
    uint32_t cwriter;
    bool lines[WORLD_VCPUS][GIC_N_LINES];
    struct gic_pe_state pe[WORLD_VCPUS];
    uint8_t memory[WORLD_BYTES];
};

static int world_mem_read(void *opaque, uint64_t address, void *buffer, size_t size)
{
    struct world *w = opaque;

    return guest_memory_read(w->memory, WORLD_BYTES, address, buffer, size);
}

static int world_mem_write(void *opaque, uint64_t address, const void *buffer, size_t size)
{
    struct world *w = opaque;

    return guest_memory_write(w->memory, WORLD_BYTES, address, buffer, size);
}

static void world_line(void *opaque, unsigned vcpu, enum gic_line line, bool level)
{
    struct world *w = opaque;

    w->lines[vcpu][line] = level;
}

/* After reset, with nothing set up. The caller frees it with world_destroy(). */
static inline struct world *world_create(unsigned kind)
{
    static const uint64_t mpidr[WORLD_VCPUS] = {0, 1, 0x0300010200};
    struct world *w = calloc(1, sizeof(*w));
    struct gic_config config = {
        .n_vcpus = WORLD_VCPUS,
        .mpidr = mpidr,
        .n_spis = 96,
        .n_espis = kind & WORLD_EXTENDED ? 64 : 0,
        .n_eppis = kind & WORLD_EXTENDED ? 64 : 0,
        .priority_bits = kind & WORLD_EIGHT_BITS ? 8 : 5,
        .has_el3 = (kind & WORLD_EL3) != 0,
        .two_security_states = (kind & WORLD_EL3) != 0,
        .has_el2 = (kind & WORLD_EL2) != 0,
        .has_nmi = (kind & WORLD_NMI) != 0,
        .has_mbis = (kind & WORLD_MBIS) != 0,
        .has_one_of_n = (kind & WORLD_ONE_OF_N) != 0,
        .waker_gates = (kind & WORLD_WAKER) != 0,
        .sre_writable = (kind & WORLD_SRE) != 0,
        .lpi_id_bits = kind & WORLD_ITS ? WORLD_ID_BITS : 0,
        .direct_lpi = true,
        .legacy = (kind & WORLD_LEGACY) != 0,
        .opaque = w,
        .set_line = world_line,
        .memory_read = world_mem_read,
        .memory_write = world_mem_write,
    };
    struct gic_its_config its = {
        .device_id_bits = 14,
        .event_id_bits = 5,
        .hardware_collections = kind & WORLD_HCC ? 2 : 0,
    };

    if (w == NULL || gic_create(&config, &w->gic, NULL) != 0)
        abort();
    if ((kind & WORLD_ITS) && gic_its_create(w->gic, &its, &w->its, NULL) != 0)
        abort();
    w->kind = kind;
    for (unsigned i = 0; i < WORLD_VCPUS; i++)
        w->pe[i] = (struct gic_pe_state){.el = 1, .scr_el3 = 1};
    return w;
}

static inline void world_destroy(struct world *w)
{
    gic_destroy(w->gic);
    free(w);
}

/* -- Setting up -- */

static inline void world_its_set(struct world *w, uint32_t offset, uint64_t value)
{
    gic_its_write(w->its, 0, offset, 8, value);
}

static inline void world_command(struct world *w, uint64_t d0, uint64_t d1, uint64_t d2,
                                 uint64_t d3)
{
    uint64_t dw[4] = {d0, d1, d2, d3};

    memcpy(w->memory + WORLD_QUEUE + w->cwriter, dw, sizeof(dw));
    w->cwriter = (w->cwriter + 32) % 0x1000;
    world_its_set(w, 0x88, w->cwriter);
}

static inline void world_sysreg(struct world *w, unsigned vcpu, const char *name, uint64_t value)
{
    struct gic_pe_state pe = w->pe[vcpu];
    size_t n;
    const struct gic_sysreg *table = gic_sysregs(&n);

    pe.el = name[strlen(name) - 1] - '0';
    pe.secure = pe.el == 3;
    pe.el2_enabled = pe.el == 2;
    for (size_t i = 0; i < n; i++)
        if (strcmp(table[i].name, name) == 0 &&
            gic_sysreg_check(w->gic, vcpu, &table[i], &pe, true) == GIC_ACCESS_OK)
            gic_sysreg_write(w->gic, vcpu, &table[i], &pe, value);
}

/* Devices are 37 apart, so that next fields have something to say. */
static inline uint32_t world_device(unsigned n)
{
    return n % WORLD_N_DEVICES * 37;
}

/* Everything open: groups, masks, LPIs, and an ITS with its tables. */
static inline void world_open(struct world *w)
{
    gic_dist_write(w->gic, 0, true, 0, 4, w->kind & WORLD_LEGACY ? 3 : 7);
    for (unsigned i = 0; i < WORLD_VCPUS; i++) {
        gic_redist_write(w->gic, i, i, true, 0x14, 4, 0);
        world_sysreg(w, i, "ICC_SRE_EL3", 0xf);
        world_sysreg(w, i, "ICC_SRE_EL2", 0xf);
        world_sysreg(w, i, "ICC_SRE_EL1", 7);
        world_sysreg(w, i, "ICC_PMR_EL1", 0xff);
        world_sysreg(w, i, "ICC_IGRPEN0_EL1", 1);
        world_sysreg(w, i, "ICC_IGRPEN1_EL1", 1);
        if (w->its == NULL)
            continue;
        gic_redist_write(w->gic, i, i, true, 0x70, 8, WORLD_PROP | (WORLD_ID_BITS - 1));
        gic_redist_write(w->gic, i, i, true, 0x78, 8, WORLD_PEND + i * 0x10000u);
        gic_redist_write(w->gic, i, i, true, 0, 4, 1);
    }
    if (w->its == NULL)
        return;
    for (unsigned i = 0; i < 0x2000; i++)
        w->memory[WORLD_PROP + i] = (uint8_t)((i * 4 & 0xf8) | 1);
    if (w->kind & WORLD_TWO_LEVELS) {
        uint64_t page = 1ull << 63 | (WORLD_DEVICES + 0x1000);
        memcpy(w->memory + WORLD_DEVICES, &page, sizeof(page));
    }
    world_its_set(w, 0x100,
                  1ull << 63 | (w->kind & WORLD_TWO_LEVELS ? 1ull << 62 : 0) | WORLD_DEVICES);
    world_its_set(w, 0x108, 1ull << 63 | WORLD_COLLECTIONS);
    world_its_set(w, 0x80, 1ull << 63 | WORLD_QUEUE);
    gic_its_write(w->its, 0, 0, 4, 1);
}

/* -- Random steps; each returns something that depends on the state -- */

struct world_random {
    uint64_t state;
};

static inline uint32_t world_next(struct world_random *r)
{
    r->state = r->state * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)(r->state >> 33);
}

static inline uint64_t world_wide(struct world_random *r)
{
    uint64_t high = world_next(r);

    return high << 40 ^ (uint64_t)world_next(r) << 16 ^ world_next(r);
}

/* Registers of interest, and all of their neighbours. */
static inline uint64_t world_dist_step(struct world *w, struct world_random *r)
{
    static const uint32_t starts[] = {0x0,    0x10,   0x40,   0x80,   0x100,  0x180,
                                      0x200,  0x280,  0x300,  0x380,  0x400,  0xc00,
                                      0xd00,  0xe00,  0xf80,  0x1000, 0x1200, 0x1600,
                                      0x1a00, 0x2000, 0x3000, 0x3400, 0x6100, 0x8000};
    uint32_t offset = starts[world_next(r) % 24] + world_next(r) % 32 * 4;
    bool secure = world_next(r) & 1, wide = world_next(r) & 1;
    uint64_t value = world_wide(r);

    if (offset >= 0x6000) /* to vCPUs that there are */
        value &= world_next(r) & 1 ? 1 : 0x83000102ffull;
    if (world_next(r) & 1)
        gic_dist_write(w->gic, 0, secure, offset, wide && offset >= 0x6000 ? 8 : 4, value);
    value = 0;
    gic_dist_read(w->gic, 0, secure, offset, 4, &value);
    return value;
}

/* LPI tables stay where they are. */
static inline uint64_t world_redist_step(struct world *w, struct world_random *r)
{
    static const uint32_t starts[] = {0x14,    0x40,    0x48,    0xa0,    0x10080, 0x10100,
                                      0x10180, 0x10200, 0x10280, 0x10300, 0x10380, 0x10400,
                                      0x10c00, 0x10d00, 0x10e00, 0x10f80, 0x0};
    unsigned frame = world_next(r) % WORLD_VCPUS;
    uint32_t start = starts[world_next(r) % 17];
    uint32_t offset = start < 0x10000 ? start : start + world_next(r) % 6 * 4;
    bool secure = world_next(r) & 1;
    uint64_t value = world_wide(r);

    if (start >= 0x40 && start < 0x100) /* an LPI */
        value = 8192 + value % 256;
    if (world_next(r) & 1)
        gic_redist_write(w->gic, frame, frame, secure, offset, 4, value);
    value = 0;
    gic_redist_read(w->gic, frame, frame, secure, offset, 4, &value);
    return value;
}

static inline struct gic_pe_state world_random_pe(const struct world *w, struct world_random *r)
{
    struct gic_pe_state pe = {.el = world_next(r) % 3 + 1};

    if (pe.el == 3 && !(w->kind & WORLD_EL3))
        pe.el = 1;
    if (pe.el == 2 && !(w->kind & WORLD_EL2))
        pe.el = 1;
    if (w->kind & WORLD_EL3) {
        pe.secure = pe.el == 3 || (pe.el == 1 && (world_next(r) & 1));
        pe.scr_el3 = pe.secure ? 0 : 1;
    }
    pe.el2_enabled = (w->kind & WORLD_EL2) && !pe.secure;
    if (pe.el2_enabled && (world_next(r) & 1))
        pe.hcr_el2 = world_next(r) & 0x18;
    return pe;
}

/* Any register of the table, in a state of the PE that lasts. */
static inline uint64_t world_sysreg_step(struct world *w, struct world_random *r)
{
    size_t n;
    const struct gic_sysreg *table = gic_sysregs(&n), *reg = &table[world_next(r) % n];
    unsigned vcpu = world_next(r) % WORLD_VCPUS;
    bool write = world_next(r) % 3 == 0;
    uint64_t value = world_wide(r);

    if (world_next(r) % 4 == 0) {
        w->pe[vcpu] = world_random_pe(w, r);
        gic_pe_changed(w->gic, vcpu, &w->pe[vcpu]);
    }
    if (reg->min_el == 1 && !reg->writable)
        write = false;
    if (strncmp(reg->name, "ICC_EOIR", 8) == 0 || strcmp(reg->name, "ICC_DIR_EL1") == 0)
        value = world_next(r) % 160;
    if (strncmp(reg->name, "ICC_IGRPEN", 10) == 0 || strncmp(reg->name, "ICC_SRE", 7) == 0)
        value |= world_next(r) & 7;
    if (gic_sysreg_check(w->gic, vcpu, reg, &w->pe[vcpu], write) != GIC_ACCESS_OK)
        return 1;
    if (!write)
        return gic_sysreg_read(w->gic, vcpu, reg, &w->pe[vcpu]);
    gic_sysreg_write(w->gic, vcpu, reg, &w->pe[vcpu], value);
    return 0;
}

/* Acknowledges, so that there are active interrupts. */
static inline uint64_t world_take_step(struct world *w, struct world_random *r)
{
    size_t n;
    const struct gic_sysreg *table = gic_sysregs(&n);
    unsigned vcpu = world_next(r) % WORLD_VCPUS;
    const char *name = world_next(r) & 1 ? "ICC_IAR1_EL1" : "ICC_IAR0_EL1";

    for (size_t i = 0; i < n; i++)
        if (strcmp(table[i].name, name) == 0 &&
            gic_sysreg_check(w->gic, vcpu, &table[i], &w->pe[vcpu], false) == GIC_ACCESS_OK)
            return gic_sysreg_read(w->gic, vcpu, &table[i], &w->pe[vcpu]);
    return 0;
}

static inline uint64_t world_wire_step(struct world *w, struct world_random *r)
{
    bool level = world_next(r) & 1;
    uint32_t n = world_next(r);

    switch (world_next(r) % 4) {
    case 0:
        gic_set_ppi(w->gic, n % WORLD_VCPUS, 16 + n / 8 % 16, level);
        break;
    case 1:
        gic_set_ppi(w->gic, n % WORLD_VCPUS, 1056 + n / 8 % 64, level);
        break;
    case 2:
        gic_set_spi(w->gic, 4096 + n % 64, level);
        break;
    default:
        gic_set_spi(w->gic, 32 + n % 96, level);
    }
    return 0;
}

/* Commands as software gives them, collections often not mapped; and messages. */
static inline uint64_t world_its_step(struct world *w, struct world_random *r)
{
    static const uint8_t opcodes[] = {1, 3, 4, 8, 9, 10, 11, 12, 13, 14, 15, 9, 10, 10, 3};
    uint64_t device = world_device(world_next(r)), event = world_next(r) % WORLD_N_EVENTS;
    uint64_t collection = world_next(r) % WORLD_N_COLLECTIONS, vcpu = world_next(r) % WORLD_VCPUS;
    uint64_t opcode = opcodes[world_next(r) % sizeof(opcodes)];
    uint64_t lpi = 8192 + device / 37 * WORLD_N_EVENTS + event, valid = world_next(r) % 8 != 0;

    if (world_next(r) % 3 == 0)
        return (uint64_t)gic_its_msi(w->its, (uint32_t)device, (uint32_t)event);
    switch (opcode) {
    case 8:
        if (world_next(r) & 1) /* a table that begins empty, as software owes it */
            memset(w->memory + WORLD_ITT + device / 37 * 0x100, 0, 0x100);
        world_command(w, 8 | device << 32, 4, valid << 63 | (WORLD_ITT + device / 37 * 0x100), 0);
        break;
    case 9:
        world_command(w, 9, 0, valid << 63 | vcpu << 16 | collection, 0);
        break;
    case 14:
        world_command(w, 14, 0, vcpu << 16, (uint64_t)(world_next(r) % WORLD_VCPUS) << 16);
        break;
    default:
        world_command(w, opcode | device << 32, lpi << 32 | event, collection, 0);
    }
    return 0;
}

/* Legacy operation: targets, SGIs and their sources, GICC; now and then affinity routing for good.
 */
static inline uint64_t world_legacy_step(struct world *w, struct world_random *r)
{
    static const uint32_t offsets[] = {0x820, 0x840, 0xf00, 0xf10, 0xf20, 0xf24, 0x200, 0x104};
    unsigned vcpu = world_next(r) % WORLD_VCPUS;
    bool secure = world_next(r) & 1;
    uint32_t offset = offsets[world_next(r) % 8];
    uint64_t value = world_wide(r);

    if (world_next(r) % 2 == 0) {
        gic_dist_write(w->gic, vcpu, secure, offset, 4, value);
        gic_dist_read(w->gic, vcpu, secure, offset, 4, &value);
        return value;
    }
    if (world_next(r) % 256 == 0)
        gic_dist_write(w->gic, vcpu, secure, 0, 4, 0x33);
    offset = world_next(r) % 16 * 4;
    if (world_next(r) & 1)
        gic_cpu_write(w->gic, vcpu, secure, offset, 4, value & 0x1fff);
    gic_cpu_read(w->gic, vcpu, secure, offset, 4, &value);
    return value;
}

static inline uint64_t world_step(struct world *w, struct world_random *r)
{
    if ((w->kind & WORLD_LEGACY) && world_next(r) % 3 == 0)
        return world_legacy_step(w, r);
    switch (world_next(r) % 8) {
    case 0:
    case 1:
        return world_dist_step(w, r);
    case 2:
        return world_redist_step(w, r);
    case 3:
        return world_sysreg_step(w, r);
    case 4:
        return world_take_step(w, r);
    case 5:
        return world_wire_step(w, r);
    default:
        return w->its != NULL ? world_its_step(w, r) : world_dist_step(w, r);
    }
}

/* -- Going on elsewhere -- */

/* Another world with the same memory and a GIC made from the list alone; NULL and *err. */
static inline struct world *world_move(struct world *w, int *err)
{
    long n = gic_attr_save(w->gic, NULL, 0);
    struct gic_attr_value *list = calloc((size_t)n, sizeof(*list));
    struct world *to = world_create(w->kind);

    if (list == NULL)
        abort();
    n = gic_attr_save(w->gic, list, (size_t)n);
    *err = n < 0 ? (int)n : 0;
    memcpy(to->memory, w->memory, sizeof(to->memory));
    memcpy(to->pe, w->pe, sizeof(to->pe));
    to->cwriter = w->cwriter;
    for (unsigned i = 0; i < WORLD_VCPUS; i++)
        gic_pe_changed(to->gic, i, &to->pe[i]);
    if (*err == 0)
        *err = gic_attr_restore(to->gic, list, (size_t)n);
    free(list);
    if (*err == 0)
        return to;
    world_destroy(to);
    return NULL;
}

#endif
