/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A GIC on a bench: registers by name or offset, lines recorded.
 */
#ifndef TEST_GIC_RIG_H
#define TEST_GIC_RIG_H

#include <stdlib.h>
#include <string.h>

#include "gic/gic.h"
#include "tests/unit/suite.h"

#define RIG_VCPUS 4

/* Like ck_assert_uint_eq(), without its system call when it holds: for what is asked millions of
 * times. */
#define rig_expect_eq(got, wanted)                                                                 \
    do {                                                                                           \
        unsigned long long got_ = (got), wanted_ = (wanted);                                       \
        if (got_ != wanted_)                                                                       \
            ck_abort_msg("%s is %#llx, not %s, %#llx", #got, got_, #wanted, wanted_);              \
    } while (0)

struct rig {
    struct gic *gic;
    struct gic_pe_state pe[RIG_VCPUS];
    bool lines[RIG_VCPUS][GIC_N_LINES];
    unsigned line_changes;
    unsigned events[GIC_N_EVENTS];
    uint32_t next_choice;
};

static const uint64_t rig_mpidr[RIG_VCPUS] = {0x0, 0x1, 0x100, 0x0200000012};

static void rig_line(void *opaque, unsigned vcpu, enum gic_line line, bool level)
{
    struct rig *r = opaque;

    rig_expect_eq(r->lines[vcpu][line], !level);
    r->lines[vcpu][line] = level;
    r->line_changes++;
}

static uint32_t rig_choose(void *opaque, enum gic_choice_kind kind, unsigned vcpu, uint32_t n)
{
    struct rig *r = opaque;

    (void)kind, (void)vcpu;
    return r->next_choice % n;
}

static void rig_event(void *opaque, enum gic_event event, unsigned vcpu, uint32_t intid,
                      uint64_t detail)
{
    struct rig *r = opaque;

    (void)vcpu, (void)intid, (void)detail;
    r->events[event]++;
}

static inline struct gic_config rig_config(void)
{
    return (struct gic_config){
        .n_vcpus = RIG_VCPUS,
        .mpidr = rig_mpidr,
        .n_spis = 256,
        .has_el2 = true,
    };
}

static inline struct rig *rig_create(struct gic_config config)
{
    struct rig *r = calloc(1, sizeof(*r));
    const char *why = NULL;

    config.opaque = r;
    config.set_line = rig_line;
    config.choose = rig_choose;
    config.event = rig_event;
    ck_assert_msg(gic_create(&config, &r->gic, &why) == 0, "%s", why);
    for (unsigned i = 0; i < RIG_VCPUS; i++)
        r->pe[i] = (struct gic_pe_state){.el = 1};
    return r;
}

static inline void rig_destroy(struct rig *r)
{
    gic_destroy(r->gic);
    free(r);
}

static inline const struct gic_sysreg *rig_sysreg(const char *name)
{
    size_t n;
    const struct gic_sysreg *table = gic_sysregs(&n);

    for (size_t i = 0; i < n; i++)
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    ck_abort_msg("no register %s", name);
    return NULL;
}

static inline enum gic_access rig_check(struct rig *r, unsigned vcpu, const char *name, bool write)
{
    return gic_sysreg_check(r->gic, vcpu, rig_sysreg(name), &r->pe[vcpu], write);
}

static inline uint64_t rig_get(struct rig *r, unsigned vcpu, const char *name)
{
    rig_expect_eq(rig_check(r, vcpu, name, false), GIC_ACCESS_OK);
    return gic_sysreg_read(r->gic, vcpu, rig_sysreg(name), &r->pe[vcpu]);
}

static inline void rig_set(struct rig *r, unsigned vcpu, const char *name, uint64_t value)
{
    rig_expect_eq(rig_check(r, vcpu, name, true), GIC_ACCESS_OK);
    gic_sysreg_write(r->gic, vcpu, rig_sysreg(name), &r->pe[vcpu], value);
}

/* Distributor; `secure` with two security states. */
static inline uint64_t rig_dist(struct rig *r, bool secure, uint32_t offset, unsigned size)
{
    uint64_t value = ~0ull;

    rig_expect_eq(gic_dist_read(r->gic, 0, secure, offset, size, &value), 0);
    return value;
}

static inline void rig_dist_set(struct rig *r, bool secure, uint32_t offset, unsigned size,
                                uint64_t value)
{
    rig_expect_eq(gic_dist_write(r->gic, 0, secure, offset, size, value), 0);
}

#define SGI_BASE 0x10000u

static inline uint64_t rig_redist(struct rig *r, unsigned vcpu, bool secure, uint32_t offset,
                                  unsigned size)
{
    uint64_t value = ~0ull;

    rig_expect_eq(gic_redist_read(r->gic, vcpu, 0, secure, offset, size, &value), 0);
    return value;
}

static inline void rig_redist_set(struct rig *r, unsigned vcpu, bool secure, uint32_t offset,
                                  unsigned size, uint64_t value)
{
    rig_expect_eq(gic_redist_write(r->gic, vcpu, 0, secure, offset, size, value), 0);
}

/* One interrupt's bit in a bitmap register of its frame. */
static inline void rig_bit(struct rig *r, unsigned vcpu, uint32_t reg, uint32_t intid)
{
    if (intid < 32)
        rig_redist_set(r, vcpu, true, SGI_BASE + reg, 4, 1u << intid);
    else
        rig_dist_set(r, true, reg + intid / 32 * 4, 4, 1u << intid % 32);
}

static inline bool rig_bit_get(struct rig *r, unsigned vcpu, uint32_t reg, uint32_t intid)
{
    uint64_t word = intid < 32 ? rig_redist(r, vcpu, true, SGI_BASE + reg, 4)
                               : rig_dist(r, true, reg + intid / 32 * 4, 4);

    return (word >> intid % 32) & 1;
}

#define IGROUPR    0x80
#define ISENABLER  0x100
#define ICENABLER  0x180
#define ISPENDR    0x200
#define ICPENDR    0x280
#define ISACTIVER  0x300
#define ICACTIVER  0x380
#define IPRIORITYR 0x400
#define ICFGR      0xc00
#define IGRPMODR   0xd00
#define NSACR      0xe00
#define INMIR      0xf80
#define IROUTER    0x6000

static inline void rig_priority(struct rig *r, unsigned vcpu, uint32_t intid, uint8_t priority)
{
    if (intid < 32)
        rig_redist_set(r, vcpu, true, SGI_BASE + IPRIORITYR + intid, 1, priority);
    else
        rig_dist_set(r, true, IPRIORITYR + intid, 1, priority);
}

/* A Group 1 interrupt, ready but for its pending state. */
static inline void rig_ready(struct rig *r, unsigned vcpu, uint32_t intid, uint8_t priority)
{
    uint32_t word = intid < 32 ? 0 : intid / 32 * 4;
    uint64_t groups = intid < 32 ? rig_redist(r, vcpu, true, SGI_BASE + IGROUPR, 4)
                                 : rig_dist(r, true, IGROUPR + word, 4);

    groups |= 1u << intid % 32;
    if (intid < 32)
        rig_redist_set(r, vcpu, true, SGI_BASE + IGROUPR, 4, groups);
    else
        rig_dist_set(r, true, IGROUPR + word, 4, groups);
    if (intid >= 32)
        rig_dist_set(r, true, IROUTER + intid * 8, 8, rig_mpidr[vcpu]);
    rig_priority(r, vcpu, intid, priority);
    rig_bit(r, vcpu, ISENABLER, intid);
}

static inline void rig_edge(struct rig *r, unsigned vcpu, uint32_t intid)
{
    uint32_t bit = 2u << intid % 16 * 2;

    if (intid < 32)
        rig_redist_set(r, vcpu, true, SGI_BASE + ICFGR + intid / 16 * 4, 4,
                       rig_redist(r, vcpu, true, SGI_BASE + ICFGR + intid / 16 * 4, 4) | bit);
    else
        rig_dist_set(r, true, ICFGR + intid / 16 * 4, 4,
                     rig_dist(r, true, ICFGR + intid / 16 * 4, 4) | bit);
}

/* Everything open on all vCPUs: distributor groups, PMR, group enables. One security state. */
static inline struct rig *rig_open(struct gic_config config)
{
    struct rig *r = rig_create(config);

    rig_dist_set(r, true, 0, 4, config.two_security_states ? 7 : 3);
    for (unsigned i = 0; i < RIG_VCPUS; i++) {
        rig_redist_set(r, i, true, 0x14, 4, 0);
        rig_set(r, i, "ICC_PMR_EL1", 0xff);
        rig_set(r, i, "ICC_IGRPEN0_EL1", 1);
        rig_set(r, i, "ICC_IGRPEN1_EL1", 1);
    }
    return r;
}

#endif
