/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random commands, tables, registers and messages for an ITS in a small guest memory.
 *
 * Input: a byte of configuration, then records of 24 bytes: operation, three small numbers, two
 * values. Build the library with GIC_PARANOID to check every decision.
 */
#include <stdlib.h>
#include <string.h>

#include "gic/gic.h"
#include "tests/guest_memory.h"

enum { VCPUS = 3, MEM_BYTES = 1 << 18, QUEUE = 0x1000, PROP = 0x10000, PEND = 0x20000 };

struct record {
    uint8_t op, a, b, c;
    uint32_t offset;
    uint64_t value, value2;
};

struct world {
    struct gic *gic;
    struct gic_its *its;
    uint32_t cwriter;
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

static void its_set(struct world *w, uint32_t offset, uint64_t value)
{
    gic_its_write(w->its, 0, offset, 8, value);
}

static void queue(struct world *w, const uint64_t dw[4], bool retry)
{
    memcpy(w->memory + QUEUE + w->cwriter, dw, 32);
    w->cwriter = (w->cwriter + 32) % 0x1000;
    its_set(w, 0x88, w->cwriter | retry);
}

/* Three collections, four devices of 16 events, one LPI for each. */
static void map_all(struct world *w)
{
    for (uint64_t c = 0; c < VCPUS; c++)
        queue(w, (uint64_t[4]){0x09, 0, 1ull << 63 | c << 16 | c}, false);
    for (uint64_t d = 0; d < 4; d++) {
        queue(w, (uint64_t[4]){0x08 | d << 32, 3, 1ull << 63 | (0x8000 + d * 0x100)}, false);
        for (uint64_t e = 0; e < 16; e++)
            queue(w, (uint64_t[4]){0x0a | d << 32, e | (8192 + d * 16 + e) << 32, e % VCPUS},
                  false);
    }
    for (unsigned i = 0; i < 1000 && gic_its_busy(w->its); i++)
        gic_its_step(w->its);
}

/* Tables in place, so that commands get somewhere. */
static void set_up(struct world *w)
{
    struct gic_pe_state pe = {.el = 1};
    size_t n;
    const struct gic_sysreg *table = gic_sysregs(&n);

    gic_dist_write(w->gic, 0, true, 0, 4, 3);
    memset(w->memory + PROP, 0xa1, 0x2000);
    for (unsigned i = 0; i < VCPUS; i++) {
        gic_redist_write(w->gic, i, i, true, 0x70, 8, PROP | 13);
        gic_redist_write(w->gic, i, i, true, 0x78, 8, PEND + i * 0x10000);
        gic_redist_write(w->gic, i, i, true, 0, 4, 1);
        for (size_t r = 0; r < n; r++)
            if (!strcmp(table[r].name, "ICC_IGRPEN1_EL1") || !strcmp(table[r].name, "ICC_PMR_EL1"))
                gic_sysreg_write(w->gic, i, &table[r], &pe, 0xff);
    }
    its_set(w, 0x100, 1ull << 63 | 0x4000);
    its_set(w, 0x108, 1ull << 63 | 0x6000);
    its_set(w, 0x80, 1ull << 63 | QUEUE);
    gic_its_write(w->its, 0, 0, 4, 1);
    map_all(w);
}

static struct world *make(uint8_t kind)
{
    static const uint64_t mpidr[VCPUS] = {0, 1, 0x100};
    struct world *w = calloc(1, sizeof(*w));
    struct gic_config config = {
        .n_vcpus = VCPUS,
        .mpidr = mpidr,
        .n_spis = 32,
        .priority_bits = kind & 1 ? 8 : 5,
        .has_el3 = (kind & 2) != 0,
        .two_security_states = (kind & 2) != 0,
        .lpi_id_bits = 14,
        .direct_lpi = true,
        .opaque = w,
        .choose = kind & 4 ? choose : NULL,
        .memory_read = mem_read,
        .memory_write = mem_write,
    };
    struct gic_its_config its = {
        .device_id_bits = kind & 8 ? 32 : 8,
        .event_id_bits = kind & 8 ? 32 : 5,
        .hardware_collections = kind & 16 ? 3 : 0,
        .stall_on_error = (kind & 32) != 0,
        .report_unmapped = (kind & 32) != 0,
    };

    if (w == NULL || gic_create(&config, &w->gic, NULL) != 0 ||
        gic_its_create(w->gic, &its, &w->its, NULL) != 0)
        abort();
    set_up(w);
    return w;
}

/* A command whose fields are small numbers, with an arbitrary value mixed in now and then. */
static void command(struct world *w, const struct record *r)
{
    static const uint8_t opcodes[] = {1, 3, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15};
    uint64_t wild = r->op & 0x80 ? r->value2 : 0;
    uint64_t dw[4] = {
        opcodes[r->a % sizeof(opcodes)] | (uint64_t)(r->b % 4) << 32,
        (r->c % 32) | (8192 + r->value % 8192) << 32,
        (uint64_t)(r->offset & 1) << 63 | (0x8000 + r->b % 4 * 0x100u) | r->c % 4,
        r->value,
    };

    if ((dw[0] & 0xff) != 8)
        dw[2] = (uint64_t)(r->offset & 1) << 63 | (r->value % 4) << 16 | r->c % 4;
    dw[r->offset >> 8 & 3] ^= wild;
    queue(w, dw, r->op >> 6 & 1);
}

static void take(struct world *w, const struct record *r)
{
    struct gic_pe_state pe = {.el = 1};
    size_t n;
    const struct gic_sysreg *table = gic_sysregs(&n);

    for (size_t i = 0; i < n; i++)
        if (!strcmp(table[i].name, r->b & 1 ? "ICC_IAR1_EL1" : "ICC_EOIR1_EL1")) {
            if (r->b & 1)
                gic_sysreg_read(w->gic, r->a % VCPUS, &table[i], &pe);
            else
                gic_sysreg_write(w->gic, r->a % VCPUS, &table[i], &pe, r->value & 0xffff);
        }
}

static void no_op_visit(void *opaque, const char *name, void *data, size_t size_bytes)
{
    uint8_t *sum = opaque;

    (void)name;
    for (size_t i = 0; i < size_bytes; i++)
        *sum ^= ((uint8_t *)data)[i];
}

static void scribble(struct world *w, const struct record *r)
{
    memcpy(w->memory + r->offset % (MEM_BYTES - 16), &r->value, 16);
}

static void registers(struct world *w, const struct record *r)
{
    uint64_t value;
    unsigned size = r->a & 1 ? 8 : 4;

    if (r->b & 1)
        gic_its_write(w->its, 0, r->offset % 0x200, size, r->value);
    else
        gic_its_read(w->its, 0, r->offset % 0x200, size, &value);
}

static void step(struct world *w, const struct record *r)
{
    uint8_t sum = 0;

    switch (r->op & 0x0f) {
    case 0:
        registers(w, r);
        break;
    case 1:
        scribble(w, r);
        break;
    case 2:
        gic_redist_write(w->gic, r->a % VCPUS, 0, true, r->offset % 0x100, 8, r->value);
        break;
    case 3:
        take(w, r);
        break;
    case 4:
        gic_visit(w->gic, no_op_visit, &sum);
        gic_after_restore(w->gic);
        break;
    case 5:
        gic_its_step(w->its);
        break;
    case 6:
    case 7:
    case 8:
        gic_its_msi(w->its, r->b % 4, r->c % 32);
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
