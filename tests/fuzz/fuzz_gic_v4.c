/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GICv4.0 and GICv4.1: random virtual commands, residency, messages, guests' registers, memory.
 *
 * Input: a byte of configuration, then records of 24 bytes: operation, three small numbers, an
 * offset, two values. Two ITSs. Build the library with GIC_PARANOID to check every decision.
 */
#include <stdlib.h>
#include <string.h>

#include "gic/gic.h"
#include "tests/guest_memory.h"

enum {
    VCPUS = 3,
    ITSS = 2,
    VPES = 4,
    MEM_BYTES = 1 << 19,
    QUEUE = 0x1000, /* 4 KiB each */
    DEVICES = 0x4000,
    COLLECTIONS = 0x6000,
    ITT = 0x8000, /* 0x200 for each device and ITS */
    PROP = 0x10000,
    ITS_VPES = 0x14000,
    RD_VPES = 0x18000,
    VCONF = 0x20000, /* 64 KiB: all vPEs share it */
    PEND = 0x30000,  /* 64 KiB each */
    VPT = 0x60000    /* 2 KiB would do, 64 KiB is the alignment: 2 of them; others are nowhere */
};

struct record {
    uint8_t op, a, b, c;
    uint32_t offset;
    uint64_t value, value2;
};

struct world {
    struct gic *gic;
    struct gic_its *its[ITSS];
    uint32_t cwriter[ITSS];
    const struct gic_sysreg *regs;
    size_t n_regs;
    bool v41;
    uint8_t choice;
    uint8_t memory[MEM_BYTES];
};

static int mem_read(void *opaque, uint64_t address, void *buffer, size_t size)
{
    struct world *w = opaque;

    return guest_memory_read(w->memory, MEM_BYTES, address, buffer, size);
}

static int mem_write(void *opaque, uint64_t address, const void *buffer, size_t size)
{
    struct world *w = opaque;

    return guest_memory_write(w->memory, MEM_BYTES, address, buffer, size);
}

static uint32_t choose(void *opaque, enum gic_choice_kind kind, unsigned vcpu, uint32_t n)
{
    struct world *w = opaque;

    (void)kind, (void)vcpu;
    return w->choice++ % n;
}

static void its_set(struct world *w, unsigned i, uint32_t offset, uint64_t value)
{
    gic_its_write(w->its[i], 0, offset, 8, value);
}

static void queue(struct world *w, unsigned i, const uint64_t dw[4], bool retry)
{
    memcpy(w->memory + QUEUE + i * 0x1000 + w->cwriter[i], dw, 32);
    w->cwriter[i] = (w->cwriter[i] + 32) % 0x1000;
    its_set(w, i, 0x88, w->cwriter[i] | retry);
}

static void sysreg(struct world *w, unsigned vcpu, unsigned el, const char *name, uint64_t value)
{
    struct gic_pe_state pe = {.el = (uint8_t)el, .el2_enabled = true, .hcr_el2 = 1 << 3 | 1 << 4};

    for (size_t r = 0; r < w->n_regs; r++)
        if (!strcmp(w->regs[r].name, name))
            gic_sysreg_write(w->gic, vcpu, &w->regs[r], &pe, value);
}

/* Four devices of 16 events on each ITS: half vLPIs of vPEs 0..3, half physical. */
static void map_all(struct world *w, unsigned i)
{
    for (uint64_t vpe = 0; vpe < VPES; vpe++)
        queue(w, i,
              (uint64_t[4]){0x29 | (w->v41 ? 1 << 8 | VCONF : 0), vpe << 32 | (8192 + 100 + vpe),
                            1ull << 63 | vpe % VCPUS << 16, (VPT + vpe * 0x10000) | 13},
              false);
    queue(w, i, (uint64_t[4]){0x09, 0, 1ull << 63 | 1 << 16 | 1}, false);
    for (uint64_t d = 0; d < 4; d++) {
        queue(w, i, (uint64_t[4]){0x08 | d << 32, 3, 1ull << 63 | (ITT + (i * 4 + d) * 0x200)},
              false);
        for (uint64_t e = 0; e < 16; e++) {
            uint64_t intid = 8192 + d * 16 + e;
            if (e % 2)
                queue(w, i, (uint64_t[4]){0x0a | d << 32, e | intid << 32, 1}, false);
            else
                queue(w, i,
                      (uint64_t[4]){0x2a | d << 32, e | e / 2 % VPES << 32,
                                    intid | (8192 + 200 + d) << 32},
                      false);
        }
    }
}

static void set_up_its(struct world *w, unsigned i)
{
    its_set(w, i, 0x100, 1ull << 63 | (DEVICES + i * 0x1000));
    its_set(w, i, 0x108, 1ull << 63 | (COLLECTIONS + i * 0x1000));
    its_set(w, i, 0x110, 1ull << 63 | (ITS_VPES + i * 0x1000));
    its_set(w, i, 0x80, 1ull << 63 | (QUEUE + i * 0x1000));
    gic_its_write(w->its[i], 0, 0, 4, 1 | i << 4);
    map_all(w, i);
    for (unsigned n = 0; n < 1000 && gic_its_busy(w->its[i]); n++)
        gic_its_step(w->its[i]);
}

static void set_up(struct world *w)
{
    gic_dist_write(w->gic, 0, true, 0, 4, 3);
    memset(w->memory + PROP, 0xa1, 0x2000);
    memset(w->memory + VCONF, 0xa1, 0x2000);
    for (unsigned i = 0; i < VCPUS; i++) {
        gic_redist_write(w->gic, i, i, true, 0x70, 8, PROP | 13);
        gic_redist_write(w->gic, i, i, true, 0x78, 8, PEND + i * 0x10000);
        gic_redist_write(w->gic, i, i, true, 0, 4, 1);
        gic_redist_write(w->gic, i, i, true, 0x20070, 8,
                         w->v41 ? 1ull << 63 | RD_VPES : VCONF | 13);
        sysreg(w, i, 2, "ICC_PMR_EL1", 0xff);
        sysreg(w, i, 2, "ICC_IGRPEN1_EL1", 1);
        sysreg(w, i, 2, "ICH_VMCR_EL2", 0xffull << 24 | 3);
        sysreg(w, i, 2, "ICH_HCR_EL2", 1);
    }
    for (unsigned i = 0; i < ITSS; i++)
        set_up_its(w, i);
}

static struct world *make(uint8_t kind)
{
    static const uint64_t mpidr[VCPUS] = {0, 1, 0x100};
    struct world *w = calloc(1, sizeof(*w));
    struct gic_config config = {
        .version = kind & 1 ? GIC_VERSION_4_1 : GIC_VERSION_4_0,
        .n_vcpus = VCPUS,
        .mpidr = mpidr,
        .n_spis = 32,
        .priority_bits = kind & 2 ? 8 : 5,
        .has_el2 = true,
        .lpi_id_bits = kind & 4 ? 16 : 14,
        .vpe_id_bits = kind & 8 ? 2 : 0,
        .opaque = w,
        .choose = kind & 16 ? choose : NULL,
        .memory_read = mem_read,
        .memory_write = mem_write,
    };
    struct gic_its_config its = {
        .device_id_bits = 8,
        .event_id_bits = 5,
        .vmovp_once = (kind & 32) != 0,
        .no_individual_doorbells = (kind & 64) != 0,
        .stall_on_error = (kind & 128) != 0,
    };

    if (w == NULL || gic_create(&config, &w->gic, NULL) != 0)
        abort();
    w->v41 = kind & 1;
    w->regs = gic_sysregs(&w->n_regs);
    for (unsigned i = 0; i < ITSS; i++)
        if (gic_its_create(w->gic, &its, &w->its[i], NULL) != 0)
            abort();
    set_up(w);
    return w;
}

/* Small numbers in the fields, with an arbitrary value mixed in now and then. */
static void command(struct world *w, const struct record *r)
{
    static const uint8_t opcodes[] = {0x21, 0x22, 0x23, 0x25, 0x29, 0x2a, 0x2b, 0x2d, 0x2e,
                                      1,    3,    4,    0xc,  0xd,  0xf,  0x22, 0x29, 0x23};
    uint8_t opcode = opcodes[r->a % sizeof(opcodes)];
    uint64_t vpe = r->b % (VPES + 1), low = r->value & 0xff;
    uint64_t dw[4] = {opcode | (uint64_t)(r->c % 4) << 32, (r->offset % 32) | vpe << 32, 0, 0};

    if (opcode == 0x22 || opcode == 0x29) {
        dw[0] |= (low & 3) << 8 | (w->v41 && opcode == 0x29 ? VCONF : 0);
        dw[1] = vpe << 32 | (opcode == 0x22 ? low & 3 : 8192 + low);
        dw[2] = (low >> 2 & 1) << 63 | (low >> 3) % VCPUS << 16;
        dw[3] = opcode == 0x22 ? 8192 + low : (VPT + vpe * 0x10000) | 13;
    } else if (opcode == 0x23) {
        dw[0] |= r->value & 0xf00f00;
    } else {
        dw[2] = (8192 + low) | (8192 + 200 + low) << 32;
    }
    if (r->op & 0x80)
        dw[r->offset >> 8 & 3] ^= r->value2;
    queue(w, r->offset >> 10 & 1, dw, r->op >> 6 & 1);
}

/* Makes a vPE resident or ends it; or any value at all. */
static void residency(struct world *w, const struct record *r)
{
    unsigned vcpu = r->a % VCPUS;
    uint64_t vpe = r->b % (VPES + 1);
    uint64_t value = w->v41 ? vpe : VPT + vpe * 0x10000;

    if (r->op & 0x80)
        value = r->value;
    value |= (uint64_t)(r->c & 0x3f) << 58;
    gic_redist_write(w->gic, vcpu, vcpu, true, 0x20078, 8, value);
}

static void guest(struct world *w, const struct record *r)
{
    struct gic_pe_state pe = {
        .el = r->b & 1 ? 1 : 2, .el2_enabled = true, .hcr_el2 = 1 << 3 | 1 << 4};
    const struct gic_sysreg *reg = &w->regs[r->c % w->n_regs];
    unsigned vcpu = r->a % VCPUS;

    if (gic_sysreg_check(w->gic, vcpu, reg, &pe, r->b & 2) != GIC_ACCESS_OK)
        return;
    if (r->b & 2)
        gic_sysreg_write(w->gic, vcpu, reg, &pe, r->value);
    else
        gic_sysreg_read(w->gic, vcpu, reg, &pe);
}

static void registers(struct world *w, const struct record *r)
{
    uint64_t value;
    unsigned size = r->a & 1 ? 8 : 4, vcpu = r->c % VCPUS;
    uint32_t offset = r->offset & 1 ? 0x20070 + r->offset / 4 % 8 * 4 : r->offset % 0x40000 & ~3u;

    if (r->b & 1)
        gic_redist_write(w->gic, vcpu, vcpu, true, offset, size, r->value);
    else
        gic_redist_read(w->gic, vcpu, vcpu, true, offset, size, &value);
    if (r->b & 2)
        gic_its_write(w->its[r->a >> 1 & 1], 0, r->offset % 0x200, size, r->value);
}

/* What a damaged snapshot could hold. */
static void damage(void *opaque, const char *name, void *data, size_t size_bytes)
{
    const struct record *r = opaque;

    (void)name;
    if (size_bytes > 1 && r->offset % 7 == size_bytes % 7)
        memcpy((uint8_t *)data + r->value2 % (size_bytes - 1), &r->value, 1);
}

static void look(struct world *w, const struct record *r)
{
    struct gic_resident seen;
    uint8_t byte;

    gic_resident(w->gic, r->a % (VCPUS + 1), &seen);
    gic_resident_vlpi(w->gic, r->a % VCPUS, (uint32_t)r->value, &byte);
    gic_its_write(w->its[r->b & 1], 0, 0x20020, 8, r->value2);
}

static void step(struct world *w, struct record *r)
{
    switch (r->op & 0x0f) {
    case 0:
        registers(w, r);
        break;
    case 1:
        memcpy(w->memory + r->offset % (MEM_BYTES - 16), &r->value, 16);
        break;
    case 2:
    case 3:
        residency(w, r);
        break;
    case 4:
        gic_visit(w->gic, damage, r);
        gic_after_restore(w->gic);
        break;
    case 5:
        gic_its_step(w->its[r->a & 1]);
        break;
    case 6:
    case 7:
        gic_its_msi(w->its[r->a & 1], r->b % 4, r->c % 32);
        break;
    case 8:
    case 9:
        guest(w, r);
        break;
    case 10:
        look(w, r);
        break;
    default:
        command(w, r);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct record r;

    if (size < 1)
        return 0;
    struct world *w = make(data[0]);
    for (size_t at = 1; at + sizeof(r) <= size; at += sizeof(r)) {
        memcpy(&r, data + at, sizeof(r));
        step(w, &r);
    }
    gic_destroy(w->gic);
    free(w);
    return 0;
}
