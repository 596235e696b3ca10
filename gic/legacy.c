/* SPDX-License-Identifier: MIT */
/*
 * The distributor with affinity routing off (IHI 0069 10): SPIs go where GICD_ITARGETSR<n> says,
 * GICD holds a copy of the registers of SGIs and PPIs for each of at most 8 PEs, SGIs are sent by
 * GICD_SGIR and remember who sent them. ARE is per security state and, once on, stays on: turning
 * it off is UNPREDICTABLE, and ignored here. ARE_NS without ARE_S is not a combination there is.
 *
 * Where the text leaves it open: an SGI is active once for all its sources, so that one from
 * another source is signalled after deactivation. LPIs and extended ranges need affinity routing.
 */
#include "gic/legacy.h"

/* -- Routing -- */

static bool is_legacy_spi(const struct gic *g, unsigned slot)
{
    if (!g->config.legacy || slot >= 1024)
        return false;
    return !gic_are(g, gic_bit(g->dist.words[slot / 32].group, slot % 32));
}

uint64_t gic_spi_targets(const struct gic *g, unsigned slot)
{
    return is_legacy_spi(g, slot) ? g->dist.itargets[slot] : ~0ull;
}

bool gic_is_one_of_n(const struct gic *g, unsigned slot)
{
    if (is_legacy_spi(g, slot))
        return (g->dist.itargets[slot] & (g->dist.itargets[slot] - 1)) != 0;
    return (g->dist.irouter[slot] & GIC_ROUTER_IRM) != 0;
}

bool gic_route_legacy(const struct gic *g, unsigned slot, uint16_t *route)
{
    uint8_t targets = g->dist.itargets[slot & 1023];

    if (!is_legacy_spi(g, slot))
        return false;
    *route = targets != 0 ? (uint16_t)__builtin_ctz(targets) : GIC_NO_VCPU;
    return true;
}

/* With ARE GICR holds SGIs and PPIs, without it GICD. Attributes see everything where it is. */
uint32_t gic_are_mask(const struct reg_access *a, unsigned word, uint32_t groups)
{
    if (!a->gic->config.legacy || a->user)
        return ~0u;
    uint32_t are = (gic_are(a->gic, true) ? groups : 0) | (gic_are(a->gic, false) ? ~groups : 0);
    if (a->banked)
        return ~are;
    return a->frame != NULL || word >= 32 ? are : ~0u;
}

/* Whether an access reaches an SPI's targets. NSACR 3 lends those of a secure interrupt. */
static bool may_target(const struct reg_access *a, unsigned intid)
{
    const struct gic_dist_state *d = &a->gic->dist;
    bool group1 = gic_bit(d->words[intid / 32].group, intid % 32);
    bool lent = (d->nsacr[intid / 16] >> (intid % 16 * 2) & 3) == 3;

    if (!gic_bit(a->gic->shared_mask[intid / 32], intid % 32))
        return false;
    return a->user || (!gic_are(a->gic, group1) && (!a->ns || group1 || lent));
}

/* SGIs and PPIs are the reader's own. */
static uint8_t own_target(const struct reg_access *a, unsigned intid)
{
    bool group1 = gic_bit(a->frame->redist.words[0].group, intid);

    if (gic_are(a->gic, group1) || (a->ns && !group1))
        return 0;
    return (uint8_t)(1u << a->by->index);
}

/* Targets of four interrupts. */
REG_READ(legacy_itargets_read)
{
    uint64_t value = 0;

    (void)r;
    for (unsigned i = 0; i < 4; i++) {
        unsigned intid = n * 4 + i;
        uint8_t targets = 0;
        if (a->banked)
            targets = own_target(a, intid);
        else if (may_target(a, intid))
            targets = a->gic->dist.itargets[intid];
        value |= (uint64_t)targets << (i * 8);
    }
    return value;
}

static void retarget(struct gic *g, unsigned slot, uint8_t targets)
{
    struct irq_ref ref = gic_word_ref(g, NULL, slot / 32, slot % 32);

    g->dist.itargets[slot] = targets;
    g->dist.chosen[slot] = 0;
    g->waiting[slot / 64] &= ~(1ull << (slot % 64));
    gic_reroute(g, slot);
    gic_irq_refresh(g, &ref);
}

/* Bits of PEs that are not there stay 0. */
REG_WRITE(legacy_itargets_write)
{
    struct gic *g = a->gic;
    uint8_t there = (uint8_t)((1u << g->config.n_vcpus) - 1);

    (void)r;
    for (unsigned i = 0; i < 4 && !a->banked; i++)
        if ((mask >> (i * 8) & 0xff) != 0 && may_target(a, n * 4 + i))
            retarget(g, n * 4 + i, (uint8_t)(value >> (i * 8)) & there);
}

/* -- SGIs (IHI 0069 12.9, GICD_SGIR) -- */

static void set_sources(struct gic_vcpu *to, unsigned intid, uint8_t sources)
{
    struct irq_ref ref = gic_word_ref(to->gic, to, 0, intid);

    to->redist.sgi_sources[intid] = sources;
    if (sources != 0) {
        gic_irq_set_latch(to->gic, &ref);
        return;
    }
    ref.word->latch &= ~(1u << intid);
    gic_irq_refresh(to->gic, &ref);
}

/*
 * Secure software sends to one group, as NSATT says, and non-secure software to Group 1, or to
 * Group 0 where GICD_NSACR0 lends it. With one security state the group does not matter.
 */
static bool accepts(const struct reg_access *a, const struct gic_vcpu *to, unsigned intid,
                    bool nsatt)
{
    bool group1 = gic_bit(to->redist.words[0].group, intid);

    if (gic_are(a->gic, group1))
        return false;
    if (gic_ds(a->gic))
        return true;
    if (a->ns)
        return group1 || (to->redist.nsacr >> (intid * 2) & 3) != 0;
    return group1 == nsatt;
}

/* TargetListFilter: those in the list, all but the writer, the writer alone. */
static uint32_t sgir_targets(const struct reg_access *a, uint32_t value)
{
    uint32_t self = 1u << a->by->index, all = (1u << a->gic->config.n_vcpus) - 1;

    switch (value >> 24 & 3) {
    case 0:
        return value >> 16 & all;
    case 1:
        return all & ~self;
    case 2:
        return self;
    default:
        return 0;
    }
}

REG_WRITE(legacy_sgir_write)
{
    uint32_t sgir = (uint32_t)value;
    unsigned intid = sgir & 0xf;

    (void)r, (void)n, (void)mask;
    gic_event(a->gic, GIC_EVENT_SGI_SENT, a->by, intid, sgir);
    for (uint32_t left = sgir_targets(a, sgir); left != 0; left &= left - 1) {
        struct gic_vcpu *to = &a->gic->vcpus[__builtin_ctz(left)];
        if (accepts(a, to, intid, sgir >> 15 & 1))
            set_sources(to, intid, to->redist.sgi_sources[intid] | (uint8_t)(1u << a->by->index));
    }
}

/* GICD_CPENDSGIR<n>, GICD_SPENDSGIR<n>: one byte of sources per SGI; row->field 1 sets. */
static bool may_touch(const struct reg_access *a, unsigned intid)
{
    bool group1 = gic_bit(a->frame->redist.words[0].group, intid);

    return a->user || (!gic_are(a->gic, group1) && (!a->ns || group1));
}

REG_READ(legacy_sources_read)
{
    uint64_t value = 0;

    (void)r;
    for (unsigned i = 0; i < 4 && a->banked; i++)
        if (may_touch(a, n * 4 + i))
            value |= (uint64_t)a->frame->redist.sgi_sources[n * 4 + i] << (i * 8);
    return value;
}

REG_WRITE(legacy_sources_write)
{
    uint8_t there = (uint8_t)((1u << a->gic->config.n_vcpus) - 1);

    for (unsigned i = 0; i < 4 && a->banked; i++) {
        unsigned intid = n * 4 + i;
        uint8_t bits = (uint8_t)((value & mask) >> (i * 8)) & there;
        uint8_t old = a->frame->redist.sgi_sources[intid];
        uint8_t new = r->field != 0 ? old | bits : old &(uint8_t)~bits;
        if (new != old && may_touch(a, intid))
            set_sources(a->frame, intid, new);
    }
}

bool gic_sgi_taken(struct gic_vcpu *v, unsigned intid)
{
    uint8_t *sources = &v->redist.sgi_sources[intid];

    v->redist.sgi_from[intid] = *sources != 0 ? (uint8_t)__builtin_ctz(*sources) : 0;
    *sources &= (uint8_t)(*sources - 1);
    return *sources != 0;
}

/* -- Restore -- */

void gic_legacy_mend(struct gic *g)
{
    uint8_t there = g->config.legacy ? (uint8_t)((1u << g->config.n_vcpus) - 1) : 0;

    for (unsigned intid = 0; intid < 1024; intid++)
        g->dist.itargets[intid] &= gic_bit(g->shared_mask[intid / 32], intid % 32) ? there : 0;
    for (unsigned i = 0; i < g->config.n_vcpus; i++) {
        struct gic_redist_state *s = &g->vcpus[i].redist;
        for (unsigned intid = 0; intid < 16; intid++) {
            s->sgi_sources[intid] &= gic_bit(s->words[0].latch, intid) ? there : 0;
            s->sgi_from[intid] &= there != 0 ? 7 : 0;
        }
        g->vcpus[i].cpu.fiqen &= g->config.legacy;
    }
}
