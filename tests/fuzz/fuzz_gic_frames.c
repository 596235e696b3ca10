/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random accesses to all frames, system registers and wires of a GIC.
 *
 * The first byte picks a configuration; then records of 16 bytes: operation, vCPU, size or
 * register, flags, offset or INTID, value. Build the library with GIC_PARANOID to check every
 * decision.
 */
#include <stdlib.h>
#include <string.h>

#include "gic/gic.h"

enum { VCPUS = 3 };

struct record {
    uint8_t op, vcpu, which, flags;
    uint32_t offset;
    uint64_t value;
};

static uint32_t choose(void *opaque, enum gic_choice_kind kind, unsigned vcpu, uint32_t n)
{
    uint8_t *next = opaque;

    (void)kind, (void)vcpu;
    return (*next)++ % n;
}

static struct gic *make(uint8_t kind, uint8_t *next_choice)
{
    static const uint64_t mpidr[VCPUS] = {0, 1, 0x300000100};
    struct gic_config config = {
        .n_vcpus = VCPUS,
        .mpidr = mpidr,
        .n_spis = kind & 1 ? 988 : 64,
        .n_espis = kind & 2 ? 64 : 0,
        .n_eppis = kind & 2 ? 64 : 0,
        .priority_bits = 5u + (kind >> 2 & 3),
        .two_security_states = (kind & 16) != 0,
        .has_el2 = (kind & 32) != 0,
        .has_el3 = (kind & 16) != 0,
        .list_registers = kind & 32 ? 16 : 4,
        .has_nmi = (kind & 64) != 0,
        .has_mbis = (kind & 64) != 0,
        .has_one_of_n = (kind & 128) != 0,
        .waker_gates = (kind & 64) != 0,
        .legacy = (kind & 9) == 9,
        .opaque = next_choice,
        .choose = kind & 8 ? choose : NULL,
    };
    struct gic *gic = NULL;

    if (gic_create(&config, &gic, NULL) != 0)
        abort();
    return gic;
}

static void sysreg(struct gic *gic, const struct record *r)
{
    size_t n;
    const struct gic_sysreg *table = gic_sysregs(&n);
    const struct gic_sysreg *reg = &table[r->which % n];
    struct gic_pe_state pe = {
        .el = r->flags & 3,
        .secure = (r->flags & 4) != 0,
        .el2_enabled = (r->flags & 8) != 0,
        .hcr_el2 = r->offset,
        .scr_el3 = r->offset >> 16,
    };
    bool write = (r->flags & 16) != 0;

    if (gic_sysreg_check(gic, r->vcpu, reg, &pe, write) != GIC_ACCESS_OK)
        return;
    if (write)
        gic_sysreg_write(gic, r->vcpu, reg, &pe, r->value);
    else
        gic_sysreg_read(gic, r->vcpu, reg, &pe);
}

/* Offsets are folded into the frame, so that most reach a register. */
static void mmio(struct gic *gic, const struct record *r, bool dist)
{
    unsigned size = 1u << (r->flags & 3);
    uint64_t offset = r->flags & 32 ? r->offset : r->offset % (dist ? 0x9000 : 0x11000);
    bool secure = (r->flags & 4) != 0, write = (r->flags & 16) != 0;
    uint64_t value;

    if (dist && write)
        gic_dist_write(gic, r->vcpu, secure, offset, size, r->value);
    else if (dist)
        gic_dist_read(gic, r->vcpu, secure, offset, size, &value);
    else if (write)
        gic_redist_write(gic, r->which % VCPUS, r->vcpu, secure, offset, size, r->value);
    else
        gic_redist_read(gic, r->which % VCPUS, r->vcpu, secure, offset, size, &value);
}

static void gicc(struct gic *gic, const struct record *r)
{
    unsigned size = 1u << (r->flags & 3);
    uint64_t offset = r->offset & 0x1000 ? r->offset & 0x1fff : r->offset & 0xff, value;
    bool secure = (r->flags & 4) != 0;

    if (r->flags & 16)
        gic_cpu_write(gic, r->vcpu, secure, offset, size, r->value);
    else
        gic_cpu_read(gic, r->vcpu, secure, offset, size, &value);
}

static void other(struct gic *gic, const struct record *r)
{
    struct gic_pe_state pe = {.el = r->flags & 3, .secure = (r->flags & 4) != 0};
    struct gic_verdict verdict;

    switch (r->which % 6) {
    case 0:
        gic_set_spi(gic, r->offset & 0x1fff, r->flags & 1);
        break;
    case 1:
        gic_set_ppi(gic, r->vcpu, r->offset & 0x7ff, r->flags & 1);
        break;
    case 2:
        gic_explain(gic, r->vcpu, r->offset, &pe, &verdict);
        break;
    case 4:
        gicc(gic, r);
        break;
    case 3:
        gic_pe_changed(gic, r->vcpu, &pe);
        break;
    default:
        if (r->flags == 0xff)
            gic_after_restore(gic);
        else if (r->flags == 0xfe)
            gic_reset_vcpu(gic, r->vcpu);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct record r;

    if (size < 1)
        return 0;
    uint8_t next_choice = 0;
    struct gic *gic = make(data[0], &next_choice);
    for (size_t at = 1; at + sizeof(r) <= size; at += sizeof(r)) {
        memcpy(&r, data + at, sizeof(r));
        r.vcpu %= VCPUS + 1;
        if (r.op % 4 == 0)
            sysreg(gic, &r);
        else if (r.op % 4 < 3)
            mmio(gic, &r, r.op % 4 == 1);
        else
            other(gic, &r);
    }
    gic_destroy(gic);
    return 0;
}
