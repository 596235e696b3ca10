/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Legacy operation on the bench (IHI 0069 10): GICD by any vCPU, GICC.
 */
#ifndef TEST_GIC_LEGACY_RIG_H
#define TEST_GIC_LEGACY_RIG_H

#include "tests/unit/test_gic_rig.h"

enum {
    GICD_CTLR = 0,
    GICD_TYPER = 4,
    ITARGETSR = 0x800,
    SGIR = 0xf00,
    CPENDSGIR = 0xf10,
    SPENDSGIR = 0xf20,
    GICC_CTLR = 0,
    GICC_PMR = 4,
    GICC_BPR = 8,
    GICC_IAR = 0xc,
    GICC_EOIR = 0x10,
    GICC_RPR = 0x14,
    GICC_HPPIR = 0x18,
    GICC_ABPR = 0x1c,
    GICC_AIAR = 0x20,
    GICC_AEOIR = 0x24,
    GICC_AHPPIR = 0x28,
    GICC_STATUSR = 0x2c,
    GICC_APR = 0xd0,
    GICC_NSAPR = 0xe0,
    GICC_IIDR = 0xfc,
    GICC_DIR = 0x1000
};

static inline uint64_t dist(struct rig *r, unsigned vcpu, bool secure, uint32_t offset,
                            unsigned size)
{
    uint64_t value = ~0ull;

    gic_dist_read(r->gic, vcpu, secure, offset, size, &value);
    return value;
}

static inline void dist_set(struct rig *r, unsigned vcpu, bool secure, uint32_t offset,
                            unsigned size, uint64_t value)
{
    gic_dist_write(r->gic, vcpu, secure, offset, size, value);
}

static inline uint64_t cpu(struct rig *r, unsigned vcpu, bool secure, uint32_t offset)
{
    uint64_t value = ~0ull;

    gic_cpu_read(r->gic, vcpu, secure, offset, 4, &value);
    return value;
}

static inline void cpu_set(struct rig *r, unsigned vcpu, bool secure, uint32_t offset,
                           uint64_t value)
{
    gic_cpu_write(r->gic, vcpu, secure, offset, 4, value);
}

/* One security state, everything open, affinity routing off. */
static inline struct rig *legacy_rig(void)
{
    struct gic_config config = rig_config();

    config.legacy = true;
    config.has_one_of_n = true;
    struct rig *r = rig_create(config);
    dist_set(r, 0, true, GICD_CTLR, 4, 3);
    for (unsigned i = 0; i < RIG_VCPUS; i++) {
        cpu_set(r, i, true, GICC_PMR, 0xff);
        cpu_set(r, i, true, GICC_CTLR, 3);
    }
    return r;
}

/* SPI 40, Group 1, to these vCPUs, wire up. */
static inline struct rig *spi_for(unsigned targets)
{
    struct rig *r = legacy_rig();

    dist_set(r, 0, true, IGROUPR + 4, 4, 1 << 8);
    dist_set(r, 0, true, IPRIORITYR + 40, 1, 0xa0);
    dist_set(r, 0, true, ITARGETSR + 40, 1, targets);
    dist_set(r, 0, true, ISENABLER + 4, 4, 1 << 8);
    gic_set_spi(r->gic, 40, true);
    return r;
}

static inline bool irq(const struct rig *r, unsigned vcpu)
{
    return r->lines[vcpu][GIC_LINE_IRQ];
}

static inline struct rig *two_states(void)
{
    struct gic_config config = rig_config();

    config.legacy = true;
    config.has_el3 = true;
    config.two_security_states = true;
    return rig_create(config);
}

#endif
