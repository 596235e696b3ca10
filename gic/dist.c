/* SPDX-License-Identifier: MIT */
/*
 * The distributor's frame, GICD (IHI 0069 12.8, 12.9). Without gic_config.legacy affinity routing
 * is always on: GICD_CTLR.ARE_* are RAO/WI, and the registers of legacy operation (ITARGETSR, SGIR,
 * CPENDSGIR, SPENDSGIR) and those of INTIDs 0..31, which are in the redistributors, are reserved.
 */
#include <string.h>

#include "gic/irqregs.h"
#include "gic/legacy.h"
#include "gic/rwp.h"

#define ROUTER_AFFINITY 0xff00ffffffull
#define ROUTER_RES0     (~(ROUTER_AFFINITY | GIC_ROUTER_IRM))

/* -- Control -- */

static uint32_t ctlr_view(const struct gic *g)
{
    return g->dist.ctlr & ~g->dist.ctlr_lag;
}

static uint32_t are_view(const struct gic *g)
{
    uint32_t both = CTLR_ARE_S | CTLR_ARE_NS;

    return (g->config.legacy ? g->dist.ctlr : ~0u) & (gic_ds(g) ? CTLR_ARE_S : both);
}

/*
 * What non-secure software sees: EnableGrp1 is bit 0, or with affinity routing EnableGrp1A, bit 1;
 * ARE_NS is bit 4.
 */
static uint32_t enable_ns(const struct gic *g)
{
    return are_view(g) & CTLR_ARE_NS ? CTLR_ENABLE_G1NS : CTLR_ENABLE_G0;
}

static uint32_t to_ns_view(const struct gic *g, uint32_t ctlr)
{
    return (ctlr & CTLR_ENABLE_G1NS ? enable_ns(g) : 0) | (ctlr & CTLR_ARE_NS ? CTLR_ARE_S : 0);
}

static uint32_t from_ns_view(const struct gic *g, uint32_t ctlr)
{
    return (ctlr & enable_ns(g) ? CTLR_ENABLE_G1NS : 0) | (ctlr & CTLR_ARE_S ? CTLR_ARE_NS : 0);
}

static REG_READ(ctlr_read)
{
    uint32_t ctlr = ctlr_view(a->gic) | are_view(a->gic);
    uint32_t rwp = gic_rwp_read(a) ? CTLR_RWP : 0;

    (void)r, (void)n;
    if (gic_ds(a->gic))
        ctlr &= ~CTLR_ARE_NS;
    return (a->ns ? to_ns_view(a->gic, ctlr) : ctlr) | rwp;
}

/* GICv4.1, one security state: nASSGIreq changes only while no group is enabled (IHI 0069 12.9.4).
 * A device attribute sets it together with DS and the groups.
 */
static uint32_t nassgireq(const struct reg_access *a)
{
    bool may = a->user || (gic_ds(a->gic) && gic_dist_groups(a->gic) == 0);

    return gic_is_v41(a->gic) && may ? CTLR_NASSGIREQ : 0;
}

/*
 * DS can be set and never cleared (but by reset); it takes the bits of the third group with it.
 * E1NWF is RES0 without 1-of-N, EnableGrp1S without affinity routing (IHI 0069 12.9.4).
 */
static uint32_t ctlr_writable(const struct reg_access *a)
{
    uint32_t e1nwf = a->gic->config.has_one_of_n ? CTLR_E1NWF : 0;

    if (a->ns)
        return CTLR_ENABLE_G1NS;
    if (gic_ds(a->gic))
        return CTLR_ENABLE_G0 | CTLR_ENABLE_G1NS | nassgireq(a) | e1nwf;
    return CTLR_ENABLE_G0 | CTLR_ENABLE_G1NS | CTLR_ENABLE_G1S | CTLR_DS | nassgireq(a) | e1nwf;
}

/* The bits of ARE that @ctlr turns on; they cannot be turned off, and ARE_NS needs ARE_S. */
static uint32_t are_turned_on(const struct reg_access *a, uint32_t ctlr)
{
    const struct gic *g = a->gic;
    uint32_t may = a->ns ? CTLR_ARE_NS : CTLR_ARE_S | (gic_ds(g) ? 0 : CTLR_ARE_NS);
    uint32_t are = g->dist.ctlr | (ctlr & may);

    if (!g->config.legacy)
        return 0;
    return ctlr & may & ~g->dist.ctlr & (are & CTLR_ARE_S ? ~0u : ~CTLR_ARE_NS);
}

/* Which sources SGIs had is of no meaning any more; routes are by affinity from now on. */
static void routing_changed(struct gic *g)
{
    for (unsigned i = 0; i < g->config.n_vcpus; i++)
        memset(g->vcpus[i].redist.sgi_sources, 0, sizeof(g->vcpus[i].redist.sgi_sources));
    for (unsigned slot = 32; slot < GIC_SHARED_SLOTS; slot++)
        gic_reroute(g, slot);
}

static REG_WRITE(ctlr_write)
{
    struct gic *g = a->gic;
    uint32_t may = ctlr_writable(a);
    uint32_t old = g->dist.ctlr;
    uint32_t given = a->ns ? from_ns_view(g, (uint32_t)value) : (uint32_t)value;
    uint32_t new = (ctlr_view(g) & ~may) | (given & may) | are_turned_on(a, given);

    (void)r, (void)n, (void)mask; /* always the whole word */
    if (new &CTLR_DS || (g->config.legacy && !(new &CTLR_ARE_S)))
        new &= ~CTLR_ENABLE_G1S;
    if (!(new &CTLR_DS))
        new &= ~CTLR_NASSGIREQ;
    g->dist.ctlr_lag = gic_rwp_start(a) ? old & ~new &GIC_CTLR_LAGS : 0;
    new |= g->dist.ctlr_lag;
    g->dist.ctlr = new;
    if ((old ^ new) & (CTLR_ARE_S | CTLR_ARE_NS))
        routing_changed(g);
    if ((old ^ new) & (CTLR_DS | CTLR_ARE_S | CTLR_ARE_NS))
        gic_refresh_all(g);
    if (old != new)
        gic_update_all(g);
}

/* -- Identification -- */

static REG_READ(typer_read)
{
    const struct gic_config *c = &a->gic->config;
    uint32_t id_bits = c->lpi_id_bits != 0 ? c->lpi_id_bits : c->n_espis != 0 ? 13 : 10;
    uint32_t value = (c->n_spis + 31) / 32;

    (void)r, (void)n;
    if (c->legacy)
        value |= (c->n_vcpus - 1) << 5; /* CPUNumber */
    value |= (uint32_t)(c->n_espis != 0) << 8 | (uint32_t)c->has_nmi << 9;
    value |= (uint32_t)!gic_ds(a->gic) << 10; /* SecurityExtn */
    value |= (uint32_t)c->has_mbis << 16 | (uint32_t)(c->lpi_id_bits != 0) << 17;
    value |= (uint32_t)gic_is_v4(a->gic) << 18; /* DVIS */
    value |= (id_bits - 1) << 19;
    value |= 1u << 24 | (uint32_t)!c->has_one_of_n << 25 | 1u << 26; /* A3V, No1N, RSS */
    if (c->n_espis != 0)
        value |= (c->n_espis / 32 - 1) << 27;
    return value;
}

/* GICv4.1: VID, VIL, nASSGIcap with one security state; else RES0. */
static REG_READ(typer2_read)
{
    unsigned bits = a->gic->config.vpe_id_bits;

    (void)r, (void)n;
    if (!gic_is_v41(a->gic))
        return 0;
    return (bits != 0 ? 1u << 7 | (bits - 1) : 0) | (uint32_t)gic_ds(a->gic) << 8;
}

/* -- Routing -- */

static unsigned router_slot(const struct gic_reg *r, unsigned n)
{
    return r->word * 32 + n;
}

static bool router_visible(const struct reg_access *a, unsigned slot)
{
    const struct gic *g = a->gic;
    unsigned word = slot / 32, bit = slot % 32;

    if (!gic_bit(g->shared_mask[word], bit))
        return false;
    if (!gic_are(g, gic_bit(g->dist.words[word].group, bit)) && !a->user)
        return false;
    uint32_t nsacr = g->dist.nsacr[slot / 16] >> (slot % 16 * 2) & 3;
    return !a->ns || gic_bit(g->dist.words[word].group, bit) || nsacr == 3;
}

static REG_READ(irouter_read)
{
    unsigned slot = router_slot(r, n);

    return router_visible(a, slot) ? a->gic->dist.irouter[slot] : 0;
}

/* A write of one half leaves the other as it was. */
static REG_WRITE(irouter_write)
{
    struct gic *g = a->gic;
    unsigned slot = router_slot(r, n);

    if (!router_visible(a, slot))
        return;
    mask &= ROUTER_AFFINITY | (g->config.has_one_of_n ? GIC_ROUTER_IRM : 0);
    g->dist.irouter[slot] = (g->dist.irouter[slot] & ~mask) | (value & mask);
    g->dist.chosen[slot] = 0;
    g->waiting[slot / 64] &= ~(1ull << (slot % 64));
    gic_reroute(g, slot);
    struct irq_ref ref = gic_word_ref(g, NULL, slot / 32, slot % 32);
    gic_irq_refresh(g, &ref);
}

/* -- Message-based SPIs (IHI 0069 12.9.31): GICD_TYPER.MBIS -- */

/* The upper registers are for secure software with two security states; else they are reserved. */
static bool message_target(const struct reg_access *a, const struct gic_reg *r, uint64_t value,
                           unsigned nsacr_level, struct irq_ref *ref)
{
    struct gic *g = a->gic;
    bool secure_reg = r->field != 0;

    if (!g->config.has_mbis || (secure_reg && (a->ns || gic_ds(g))))
        return false;
    if (!gic_find(g, a->by, value & 0x1fff, ref) || ref->vcpu != NULL)
        return false;
    uint32_t nsacr = g->dist.nsacr[ref->slot / 16] >> (ref->slot % 16 * 2) & 3;
    return !a->ns || gic_bit(ref->word->group, ref->bit) || nsacr >= nsacr_level;
}

/*
 * Edge-triggered: pending until taken. Level-sensitive: pending until CLRSPI, like a wire; but it
 * does not outlive a reset.
 */
static REG_WRITE(setspi_write)
{
    struct irq_ref ref;

    (void)n, (void)mask;
    if (!message_target(a, r, value, 1, &ref))
        return;
    if (gic_bit(ref.word->edge, ref.bit)) {
        gic_irq_set_latch(a->gic, &ref);
        return;
    }
    if (!gic_bit(ref.word->level, ref.bit))
        a->gic->dist.message[ref.slot / 32] |= 1u << ref.bit;
    gic_set_spi(a->gic, ref.intid, true);
}

static REG_WRITE(clrspi_write)
{
    struct irq_ref ref;

    (void)n, (void)mask;
    if (!message_target(a, r, value, 2, &ref))
        return;
    ref.word->latch &= ~(1u << ref.bit);
    a->gic->dist.message[ref.slot / 32] &= ~(1u << ref.bit);
    gic_set_spi(a->gic, ref.intid, false);
    gic_irq_refresh(a->gic, &ref);
}

/* -- The frame -- */

#define BITMAP(reg_name, at, rd, wr, sect)                                                         \
    REGS("GICD_" reg_name "<n>", at, 32, 4, 4, sect, .banked = 1, .read = rd, .write = wr)
#define BITMAP_E(reg_name, at, rd, wr, sect)                                                       \
    REGS("GICD_" reg_name "<n>E", at, 32, 4, 4, sect, .word = 32, .read = rd, .write = wr)

static const struct gic_reg rows[] = {
    REG32("GICD_CTLR", 0x0, "12.9.4", .res0 = 0x7ffffe08, .read = ctlr_read, .write = ctlr_write),
    REG32("GICD_TYPER", 0x4, "12.9.38", .read = typer_read),
    REG32("GICD_IIDR", 0x8, "12.9.16", .read = gic_iidr_read, .accept = gic_iidr_accept),
    REG32("GICD_TYPER2", 0xc, "12.9.39", .read = typer2_read),
    REG32("GICD_STATUSR", 0x10, "12.9.37", .res0 = ~0x1full, .read = gic_statusr_read,
          .write = gic_statusr_write),
    REGS("GICD_SETSPI_NSR", 0x40, 1, 4, 2 | 4, "12.9.33", .res0 = ~0x1fffull,
         .write = setspi_write),
    REGS("GICD_CLRSPI_NSR", 0x48, 1, 4, 2 | 4, "12.9.1", .res0 = ~0x1fffull, .write = clrspi_write),
    REGS("GICD_SETSPI_SR", 0x50, 1, 4, 2 | 4, "12.9.34", .res0 = ~0x1fffull, .field = 1,
         .write = setspi_write),
    REGS("GICD_CLRSPI_SR", 0x58, 1, 4, 2 | 4, "12.9.2", .res0 = ~0x1fffull, .field = 1,
         .write = clrspi_write),

    BITMAP("IGROUPR", 0x80, irq_group_read, irq_group_write, "12.9.13"),
    BITMAP("ISENABLER", 0x100, irq_enable_read, irq_enable_set, "12.9.25"),
    BITMAP("ICENABLER", 0x180, irq_enable_read, irq_enable_clear, "12.9.6"),
    BITMAP("ISPENDR", 0x200, irq_pending_read, irq_pending_set, "12.9.27"),
    BITMAP("ICPENDR", 0x280, irq_pending_clear_read, irq_pending_clear, "12.9.10"),
    BITMAP("ISACTIVER", 0x300, irq_active_read, irq_active_set, "12.9.23"),
    BITMAP("ICACTIVER", 0x380, irq_active_read, irq_active_clear, "12.9.5"),
    REGS("GICD_IPRIORITYR<n>", 0x400, 255, 4, 1 | 4, "12.9.20", .banked = 8,
         .read = irq_priority_read, .write = irq_priority_write),
    REGS("GICD_ITARGETSR<n>", 0x800, 255, 4, 1 | 4, "12.9", .banked = 8, .legacy = true,
         .read = legacy_itargets_read, .write = legacy_itargets_write),
    REGS("GICD_ICFGR<n>", 0xc00, 64, 4, 4, "12.9.9", .banked = 2, .res0 = 0x55555555,
         .read = irq_config_read, .write = irq_config_write),
    BITMAP("IGRPMODR", 0xd00, irq_grpmod_read, irq_grpmod_write, "12.9.15"),
    REGS("GICD_NSACR<n>", 0xe00, 64, 4, 4, "12.9.29", .banked = 1, .read = irq_nsacr_read,
         .write = irq_nsacr_write),
    REG32("GICD_SGIR", 0xf00, "12.9", .legacy = true, .write = legacy_sgir_write),
    REGS("GICD_CPENDSGIR<n>", 0xf10, 4, 4, 1 | 4, "12.9", .banked = 4, .legacy = true,
         .read = legacy_sources_read, .write = legacy_sources_write),
    REGS("GICD_SPENDSGIR<n>", 0xf20, 4, 4, 1 | 4, "12.9", .field = 1, .banked = 4, .legacy = true,
         .read = legacy_sources_read, .write = legacy_sources_write),
    BITMAP("INMIR", 0xf80, irq_nmi_read, irq_nmi_write, "12.9.18"),

    BITMAP_E("IGROUPR", 0x1000, irq_group_read, irq_group_write, "12.9.14"),
    BITMAP_E("ISENABLER", 0x1200, irq_enable_read, irq_enable_set, "12.9.26"),
    BITMAP_E("ICENABLER", 0x1400, irq_enable_read, irq_enable_clear, "12.9.7"),
    BITMAP_E("ISPENDR", 0x1600, irq_pending_read, irq_pending_set, "12.9.28"),
    BITMAP_E("ICPENDR", 0x1800, irq_pending_clear_read, irq_pending_clear, "12.9.11"),
    BITMAP_E("ISACTIVER", 0x1a00, irq_active_read, irq_active_set, "12.9.24"),
    BITMAP_E("ICACTIVER", 0x1c00, irq_active_read, irq_active_clear, "12.9.5"),
    REGS("GICD_IPRIORITYR<n>E", 0x2000, 256, 4, 1 | 4, "12.9.21", .word = 32,
         .read = irq_priority_read, .write = irq_priority_write),
    REGS("GICD_ICFGR<n>E", 0x3000, 64, 4, 4, "12.9.9", .word = 32, .res0 = 0x55555555,
         .read = irq_config_read, .write = irq_config_write),
    BITMAP_E("IGRPMODR", 0x3400, irq_grpmod_read, irq_grpmod_write, "12.9.15"),
    REGS("GICD_NSACR<n>E", 0x3600, 64, 4, 4, "12.9.30", .word = 32, .read = irq_nsacr_read,
         .write = irq_nsacr_write),
    BITMAP_E("INMIR", 0x3b00, irq_nmi_read, irq_nmi_write, "12.9.19"),

    REGS("GICD_IROUTER<n>", 0x6100, 988, 8, 4 | 8, "12.9.22", .word = 1, .res0 = ROUTER_RES0,
         .read = irouter_read, .write = irouter_write),
    REGS("GICD_IROUTER<n>E", 0x8000, 1024, 8, 4 | 8, "12.9.22", .word = 32, .res0 = ROUTER_RES0,
         .read = irouter_read, .write = irouter_write),
    REGS("GICD_PIDR, GICD_CIDR", 0xffd0, 12, 4, 4, "12.1.14", .read = gic_idregs_read),
};

const struct gic_reg_table gic_dist_table = {rows, sizeof(rows) / sizeof(rows[0])};
