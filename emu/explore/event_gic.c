/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/explore/event_gic.h"

#include <string.h>

#include "emu/board.h"
#include "emu/machine.h"

enum { FIRST_SPI = 32, MAX_VCPUS = 64 };

#define GICD_BYTES  0x10000ull
#define ALL_INTIDS  UINT32_MAX
#define HCR_FMO_IMO (3ull << 3)

/* -- What an event is about -------------------------------------------------------------------- */

/* ICC_SGI*R_EL1 (IHI 0069, 12.2): Aff3 55:48, RS 47:44, IRM 40, Aff2 39:32, Aff1 23:16, list 15:0.
 */
static bool is_target(const struct machine *m, unsigned sender, unsigned vcpu, uint64_t value)
{
    uint64_t mpidr = m->mpidr[vcpu];
    uint64_t aff0 = mpidr & 0xff, first = (value >> 44 & 0xf) * 16;

    if (value >> 40 & 1)
        return vcpu != sender;
    return (value >> 48 & 0xff) == (mpidr >> 32 & 0xff) &&
           (value >> 32 & 0xff) == (mpidr >> 16 & 0xff) &&
           (value >> 16 & 0xff) == (mpidr >> 8 & 0xff) && aff0 - first < 16 &&
           value >> (aff0 - first) & 1;
}

static void sgi_targets(const struct machine *m, struct event *e)
{
    for (unsigned i = 0; i < m->config.n_vcpus && i < MAX_VCPUS; i++) {
        if (is_target(m, e->vcpu, i, e->value))
            e->targets |= 1ull << i;
    }
}

/* A list register with HW ties a virtual interrupt to a physical one, which the guest's end of it
 * then deactivates (IHI 0069, ICH_LR<n>_EL2.HW). */
static bool reaches_physical(const struct machine *m, const struct event *e)
{
    struct cpu_pe_state pe;

    if (!strncmp(e->reg, "ICH_LR", 6))
        return e->is_write && e->value >> 61 & 1;
    if (!strstr(e->reg, "_EOIR") && !strstr(e->reg, "_DIR_"))
        return false;
    vcpu_get_pe_state(m->engine, e->vcpu, &pe);
    return pe.el < 2 && pe.hcr_el2 & HCR_FMO_IMO;
}

void event_gic_register(const struct machine *m, struct event *e)
{
    static const char *const looks[] = {"_IAR", "_HPPIR", "_RPR", "_NMIAR"};
    const char *name = e->reg;

    /* A 1-of-N interrupt looks at all vCPUs. */
    if (m->config.gic.one_of_n || reaches_physical(m, e))
        return;
    e->redist = e->vcpu;
    e->part = GIC_PART_OWN;
    if (strncmp(name, "ICC_", 4))
        return;
    if (strstr(name, "_SGI") || strstr(name, "_ASGI")) {
        e->part = GIC_PART_SGI;
        sgi_targets(m, e);
    } else if (strstr(name, "_EOIR") || strstr(name, "_DIR_")) {
        e->part = GIC_PART_END;
        e->first_intid = e->last_intid = (uint32_t)e->value & 0xffffff;
    }
    for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++) {
        if (strstr(name, looks[i]))
            e->part = GIC_PART_ACKNOWLEDGE;
    }
}

/* The INTIDs that a distributor register is about (IHI 0069, 12.8), by bits for each. */
static void distributor_range(struct event *e, uint64_t offset)
{
    static const struct {
        uint64_t from, to;
        unsigned bits;
    } banks[] = {
        {0x080, 0x400, 1}, {0x400, 0x800, 8},    {0xc00, 0xd00, 2},
        {0xd00, 0xd80, 1}, {0x6000, 0x8000, 64},
    };

    e->part = GIC_PART_DISTRIBUTOR;
    e->last_intid = ALL_INTIDS;
    for (size_t i = 0; i < sizeof(banks) / sizeof(banks[0]); i++) {
        uint64_t size = i ? banks[i].to - banks[i].from : 0x80, at;

        if (offset < banks[i].from || offset >= banks[i].to)
            continue;
        at = (offset - banks[i].from) % size;
        e->first_intid = (uint32_t)(at * 8 / banks[i].bits);
        e->last_intid = (uint32_t)(((at + e->size_bytes) * 8 - 1) / banks[i].bits);
        return;
    }
}

void event_gic_frame(const struct machine *m, struct event *e)
{
    if (e->pa - m->board.gicd_base < GICD_BYTES)
        distributor_range(e, e->pa - m->board.gicd_base);
    if (e->pa < m->board.gicr_base || e->pa >= m->board.gicr_end)
        return;
    e->redist = (unsigned)((e->pa - m->board.gicr_base) / m->board.gicr_bytes);
    e->part = e->redist < m->config.n_vcpus ? GIC_PART_REDIST : GIC_PART_UNKNOWN;
}

/* -- Which commute ----------------------------------------------------------------------------- */

static bool overlap(const struct event *a, const struct event *b)
{
    return a->first_intid <= b->last_intid && b->first_intid <= a->last_intid;
}

/*
 * An SGI sets a pending bit at its targets: that is seen in their highest interrupt and registers.
 * Whatever else can raise a target's line may be the cause of its interrupt instead.
 */
static bool sgi_conflicts(const struct event *sgi, const struct event *other)
{
    switch (other->part) {
    case GIC_PART_SGI:
        return sgi->targets & other->targets;
    case GIC_PART_ACKNOWLEDGE:
    case GIC_PART_REDIST:
        return sgi->targets >> other->redist & 1;
    case GIC_PART_DISTRIBUTOR:
        return true;
    default:
        return false;
    }
}

static bool look_conflicts(const struct event *look, const struct event *other)
{
    switch (other->part) {
    case GIC_PART_ACKNOWLEDGE:
        return look->redist == other->redist;
    case GIC_PART_END: /* an SPI that is no longer active may be another's */
        return look->redist == other->redist || other->first_intid >= FIRST_SPI;
    case GIC_PART_OWN:
    case GIC_PART_REDIST:
        return look->redist == other->redist;
    default:
        return true;
    }
}

static bool end_conflicts(const struct event *end, const struct event *other)
{
    switch (other->part) {
    case GIC_PART_END:
    case GIC_PART_OWN:
        return end->redist == other->redist;
    case GIC_PART_REDIST:
        return end->redist == other->redist && end->first_intid < FIRST_SPI;
    default:
        return end->first_intid >= FIRST_SPI && overlap(end, other);
    }
}

bool event_gic_conflicts(const struct event *a, const struct event *b)
{
    if (a->part > b->part) {
        const struct event *swap = a;

        a = b;
        b = swap;
    }
    switch (a->part) {
    case GIC_PART_UNKNOWN:
        return true;
    case GIC_PART_SGI:
        return sgi_conflicts(a, b);
    case GIC_PART_ACKNOWLEDGE:
        return look_conflicts(a, b);
    case GIC_PART_END:
        return end_conflicts(a, b);
    case GIC_PART_OWN:
        return b->part == GIC_PART_OWN && a->redist == b->redist;
    case GIC_PART_REDIST:
        return b->part != GIC_PART_REDIST || a->redist == b->redist;
    case GIC_PART_DISTRIBUTOR:
        return overlap(a, b);
    }
    return true;
}
