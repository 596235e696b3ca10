/* SPDX-License-Identifier: MIT */
/*
 * A redistributor's two frames, RD_base and SGI_base (IHI 0069 12.10, 12.11).
 */
#include <errno.h>

#include "gic/irqregs.h"
#include "gic/legacy.h"
#include "gic/lpi.h"
#include "gic/vpe.h"
#include "gic/rwp.h"

/* -- Control -- */

/* IHI 0069 12.11.3: non-secure software sees the DPG bit of its own group alone. */
static uint32_t ctlr_writable(const struct reg_access *a)
{
    if (!a->gic->config.has_one_of_n)
        return 0;
    if (a->ns)
        return GICR_CTLR_DPG1NS;
    return gic_ds(a->gic) && !a->user ? GICR_CTLR_DPG0 | GICR_CTLR_DPG1NS : GICR_CTLR_DPGS;
}

static uint32_t ctlr_view(const struct gic_redist_state *s)
{
    return s->ctlr ^ s->ctlr_lag;
}

static REG_READ(ctlr_read)
{
    const struct gic_config *c = &a->gic->config;
    uint32_t value = ctlr_view(&a->frame->redist);

    (void)r, (void)n;
    if (c->lpi_id_bits != 0)
        value |= GICR_CTLR_IR | (c->lpis_stay_enabled ? 0 : GICR_CTLR_CES);
    if (a->ns)
        value &= ~(GICR_CTLR_DPG0 | GICR_CTLR_DPG1S);
    return gic_rwp_read(a) ? value | GICR_CTLR_RWP : value;
}

/* The change of EnableLPIs that a write asks for, if it may: to 0 only with GICR_CTLR.CES. */
static uint32_t lpis_change(const struct reg_access *a, uint32_t value)
{
    const struct gic_config *c = &a->gic->config;
    uint32_t change = (ctlr_view(&a->frame->redist) ^ value) & GICR_CTLR_ENABLE_LPIS;

    if (c->lpi_id_bits == 0 || !gic_are(a->gic, true) ||
        (c->lpis_stay_enabled && !(value & GICR_CTLR_ENABLE_LPIS)))
        return 0;
    return change;
}

/* RWP covers DPG* and EnableLPIs from 1 to 0; LPIs are enabled at once (IHI 0069 12.11.3). */
static REG_WRITE(ctlr_write)
{
    struct gic_redist_state *s = &a->frame->redist;
    uint32_t may = ctlr_writable(a) & (uint32_t)mask;
    uint32_t lpis = lpis_change(a, (uint32_t)value) & (uint32_t)mask;
    uint32_t change = ((ctlr_view(s) ^ (uint32_t)value) & may) | lpis;
    bool waits = gic_rwp_start(a);

    (void)r, (void)n;
    if (waits) {
        s->ctlr_lag ^= change;
        change = s->ctlr_lag & GICR_CTLR_ENABLE_LPIS & ~s->ctlr;
        s->ctlr_lag ^= change;
    }
    s->ctlr ^= change & ~GICR_CTLR_ENABLE_LPIS;
    if (change & GICR_CTLR_ENABLE_LPIS)
        gic_lpi_enable(a->frame, !(s->ctlr & GICR_CTLR_ENABLE_LPIS));
    gic_vcpu_update_enables(a->frame);
}

static bool direct_lpi(const struct gic_config *c)
{
    return c->lpi_id_bits != 0 && c->direct_lpi;
}

/* IHI 0069 12.11.35: affinity, number, and whether the next redistributor is elsewhere. */
static REG_READ(typer_read)
{
    const struct gic_vcpu *v = a->frame;
    const struct gic_config *c = &a->gic->config;
    uint64_t value = (uint64_t)v->affinity << 32 | (uint64_t)(v->index & 0xffff) << 8;

    (void)r, (void)n;
    value |= (uint64_t)v->last_of_region << 4 | (uint64_t)c->has_one_of_n << 5;
    value |= (uint64_t)(c->n_eppis / 32) << 27;
    value |= (uint64_t)(c->lpi_id_bits != 0) << 0 | (uint64_t)direct_lpi(c) << 3;
    if (gic_is_v4(a->gic)) /* VLPIS, Dirty */
        value |= 1u << 1 | 1u << 2;
    if (gic_is_v41(a->gic)) /* RVPEID, VSGI; CommonLPIAff 0: one vPE table for all */
        value |= 1u << 7 | 1u << 26;
    return value;
}

/* -- LPIs (IHI 0069 5.1, 12.11.29, 12.11.30) -- */

/* Cacheability and shareability read back as written; tables are always coherent. */
#define PROPBASER_WRITABLE (7ull << 56 | 0xffffffffff000ull | 0x1full << 7 | 0x1full)
#define PENDBASER_WRITABLE (1ull << 62 | 7ull << 56 | 0xfffffffff0000ull | 0x1full << 7)
#define PENDBASER_PTZ      (1ull << 62)

static bool tables_frozen(const struct reg_access *a)
{
    return a->gic->config.lpi_id_bits == 0 || (a->frame->redist.ctlr & GICR_CTLR_ENABLE_LPIS);
}

static REG_READ(propbaser_read)
{
    (void)r, (void)n;
    return a->frame->redist.propbaser;
}

static REG_WRITE(propbaser_write)
{
    uint64_t *reg = &a->frame->redist.propbaser;

    (void)r, (void)n;
    if (tables_frozen(a))
        return;
    *reg = ((*reg & ~mask) | (value & mask)) & PROPBASER_WRITABLE;
    a->frame->redist.map_left = 0; /* it may be of a smaller table */
}

static REG_READ(pendbaser_read)
{
    (void)r, (void)n;
    return a->frame->redist.pendbaser & ~PENDBASER_PTZ;
}

static REG_WRITE(pendbaser_write)
{
    uint64_t *reg = &a->frame->redist.pendbaser;

    (void)r, (void)n;
    if (tables_frozen(a))
        return;
    *reg = ((*reg & ~mask) | (value & mask)) & PENDBASER_WRITABLE;
    a->frame->redist.map_left = 0; /* a table that is software's, whatever is in it */
}

/* GICR_TYPER.DirectLPI */
static REG_WRITE(setlpir_write)
{
    (void)n, (void)mask;
    if (direct_lpi(&a->gic->config))
        gic_lpi_set_pending(a->frame, (uint32_t)value, r->field != 0);
}

static bool names_vpe(const struct reg_access *a, uint64_t value, struct gic_vpe *p)
{
    return gic_is_v41(a->gic) && gic_vpe_open(a->frame, value >> 32 & 0xffff, p) == 0;
}

#define INV_VIRTUAL (1ull << 63) /* GICv4.1: V, then vPEID is [47:32]; at once */

/* GICR_CTLR.IR; complete when GICR_SYNCR.Busy reads 0. */
static REG_WRITE(invlpir_write)
{
    struct gic_vpe p;

    (void)r, (void)n, (void)mask;
    if (!(value & INV_VIRTUAL))
        gic_sync_start(a->frame, (uint32_t)value, a->by);
    else if (names_vpe(a, value, &p))
        gic_vlpi_invalidate(&p, (uint32_t)value);
}

static REG_WRITE(invallr_write)
{
    struct gic_vpe p;

    (void)r, (void)n, (void)mask;
    if (!(value & INV_VIRTUAL))
        gic_sync_start(a->frame, GIC_SYNC_ALL, a->by);
    else if (names_vpe(a, value, &p))
        gic_vlpi_invalidate_all(&p);
}

static REG_READ(syncr_read)
{
    (void)r, (void)n;
    return !a->user && gic_sync_age(a->frame);
}

void gic_redist_mend(struct gic_vcpu *v)
{
    struct gic_redist_state *s = &v->redist;
    bool lpis = v->gic->config.lpi_id_bits != 0;
    uint32_t dpgs = v->gic->config.has_one_of_n ? GICR_CTLR_DPGS : 0;

    s->ctlr &= dpgs | (lpis ? GICR_CTLR_ENABLE_LPIS : 0);
    s->waker &= WAKER_PROCESSOR_SLEEP | WAKER_CHILDREN_ASLEEP;
    if (s->sleep_reads == 0)
        s->waker = s->waker & WAKER_PROCESSOR_SLEEP ? WAKER_BOTH : 0;
    s->propbaser &= lpis ? PROPBASER_WRITABLE : 0;
    s->pendbaser &= lpis ? PENDBASER_WRITABLE : 0;
    s->map_left &= lpis;
    for (unsigned i = 0; i < 2; i++)
        s->statusr[i] &= GIC_STATUSR_BITS;
    if (!(s->ctlr & GICR_CTLR_ENABLE_LPIS))
        gic_lpi_reset(v);
}

/* -- Power -- */

/*
 * Secure software's business with two security states (IHI 0069 12.11.37). ChildrenAsleep is what
 * counts: it follows ProcessorSleep, both ways, after as many reads as the choice says.
 */
static void sleep_settle(struct gic_vcpu *v)
{
    v->redist.waker = v->redist.waker & WAKER_PROCESSOR_SLEEP ? WAKER_BOTH : 0;
    gic_vcpu_update_enables(v);
}

bool gic_asleep(const struct gic *gic, unsigned vcpu)
{
    return gic->vcpus[vcpu].redist.waker & WAKER_PROCESSOR_SLEEP;
}

static REG_READ(waker_read)
{
    struct gic_redist_state *s = &a->frame->redist;
    uint32_t value = s->waker;

    (void)r, (void)n;
    if (a->ns)
        return 0;
    if (s->sleep_reads != 0 && !a->user && --s->sleep_reads == 0)
        sleep_settle(a->frame);
    return value;
}

static REG_WRITE(waker_write)
{
    struct gic_redist_state *s = &a->frame->redist;

    (void)r, (void)n;
    if (a->ns || !(mask & WAKER_PROCESSOR_SLEEP) ||
        ((s->waker ^ (uint32_t)value) & WAKER_PROCESSOR_SLEEP) == 0)
        return;
    s->waker ^= WAKER_PROCESSOR_SLEEP;
    s->sleep_reads =
        a->user ? 0
                : gic_choose(a->gic, GIC_CHOICE_SLEEP_DURATION, a->by->index, GIC_LONGEST_READS);
    if (s->sleep_reads == 0)
        sleep_settle(a->frame);
    else
        gic_vcpu_update_enables(a->frame);
}

/* -- Regions -- */

int gic_set_redist_regions(struct gic *g, const unsigned *vcpus_per_region, unsigned n_regions)
{
    unsigned sum = 0;

    for (unsigned i = 0; i < n_regions; i++) {
        if (vcpus_per_region[i] == 0 || vcpus_per_region[i] > g->config.n_vcpus - sum)
            return -EINVAL;
        sum += vcpus_per_region[i];
    }
    if (sum != g->config.n_vcpus)
        return -EINVAL;
    for (unsigned i = 0; i < sum; i++)
        g->vcpus[i].last_of_region = false;
    for (unsigned i = 0, end = 0; i < n_regions; i++) {
        end += vcpus_per_region[i];
        g->vcpus[end - 1].last_of_region = true;
    }
    return 0;
}

/* -- The frames -- */

static const struct gic_reg rd_rows[] = {
    REG32("GICR_CTLR", 0x0, "12.11.3", .res0 = 0x78fffff0, .read = ctlr_read, .write = ctlr_write),
    REG32("GICR_IIDR", 0x4, "12.11.16", .read = gic_iidr_read),
    REG64("GICR_TYPER", 0x8, "12.11.35", .read = typer_read),
    REG32("GICR_STATUSR", 0x10, "12.11.33", .res0 = ~0x1full, .read = gic_statusr_read,
          .write = gic_statusr_write),
    REG32("GICR_WAKER", 0x14, "12.11.37", .res0 = 0x7ffffff8, .read = waker_read,
          .write = waker_write),
    REG64("GICR_SETLPIR", 0x40, "12.11.32", .field = 1, .write = setlpir_write),
    REG64("GICR_CLRLPIR", 0x48, "12.11.1", .write = setlpir_write),
    REG64("GICR_PROPBASER", 0x70, "12.11.30", .res0 = ~PROPBASER_WRITABLE, .read = propbaser_read,
          .write = propbaser_write),
    REG64("GICR_PENDBASER", 0x78, "12.11.29", .res0 = ~PENDBASER_WRITABLE, .read = pendbaser_read,
          .write = pendbaser_write),
    REG64("GICR_INVLPIR", 0xa0, "12.11.19", .write = invlpir_write),
    REG64("GICR_INVALLR", 0xb0, "12.11.17", .write = invallr_write),
    REG32("GICR_SYNCR", 0xc0, "12.11.34", .read = syncr_read),
    REGS("GICR_PIDR, GICR_CIDR", 0xffd0, 12, 4, 4, "12.1.14", .read = gic_idregs_read),
};

/* Word 0 is SGIs and PPIs, words 1 and 2 the extended PPIs: registers <n>E follow at once. */
#define BITMAP(reg_name, at, rd, wr, sect)                                                         \
    REGS("GICR_" reg_name "<n>", at, 3, 4, 4, sect, .read = rd, .write = wr)

static const struct gic_reg sgi_rows[] = {
    BITMAP("IGROUPR", 0x80, irq_group_read, irq_group_write, "12.11.11"),
    BITMAP("ISENABLER", 0x100, irq_enable_read, irq_enable_set, "12.11.24"),
    BITMAP("ICENABLER", 0x180, irq_enable_read, irq_enable_clear, "12.11.6"),
    BITMAP("ISPENDR", 0x200, irq_pending_read, irq_pending_set, "12.11.26"),
    BITMAP("ICPENDR", 0x280, irq_pending_clear_read, irq_pending_clear, "12.11.9"),
    BITMAP("ISACTIVER", 0x300, irq_active_read, irq_active_set, "12.11.22"),
    BITMAP("ICACTIVER", 0x380, irq_active_read, irq_active_clear, "12.11.4"),
    REGS("GICR_IPRIORITYR<n>", 0x400, 24, 4, 1 | 4, "12.11.20", .read = irq_priority_read,
         .write = irq_priority_write),
    REGS("GICR_ICFGR<n>", 0xc00, 6, 4, 4, "12.11.8", .res0 = 0x55555555, .read = irq_config_read,
         .write = irq_config_write),
    BITMAP("IGRPMODR", 0xd00, irq_grpmod_read, irq_grpmod_write, "12.11.13"),
    REG32("GICR_NSACR", 0xe00, "12.11.28", .read = irq_nsacr_read, .write = irq_nsacr_write),
    BITMAP("INMIR", 0xf80, irq_nmi_read, irq_nmi_write, "12.11.18"),
};

/* VLPI_base, GICv4 */
static const struct gic_reg vlpi_rows[] = {
    REG64("GICR_VPROPBASER", 0x70, "12.11", .read = gic_vpropbaser_read,
          .write = gic_vpropbaser_write),
    REG64("GICR_VPENDBASER", 0x78, "12.11", .read = gic_vpendbaser_read,
          .write = gic_vpendbaser_write),
    REG32("GICR_VSGIR", 0x80, "12.11", .write = gic_vsgir_write),
    REG32("GICR_VSGIPENDR", 0x88, "12.11", .read = gic_vsgipendr_read),
};

const struct gic_reg_table gic_vlpi_table = {vlpi_rows, sizeof(vlpi_rows) / sizeof(vlpi_rows[0])};
const struct gic_reg_table gic_rd_table = {rd_rows, sizeof(rd_rows) / sizeof(rd_rows[0])};
const struct gic_reg_table gic_sgi_table = {sgi_rows, sizeof(sgi_rows) / sizeof(sgi_rows[0])};
