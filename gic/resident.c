/* SPDX-License-Identifier: MIT */
/*
 * Which vPE is resident at a redistributor: GICR_VPROPBASER, GICR_VPENDBASER.
 *
 * Scheduling a vPE reads what the coarse map of its pending table names, or all of the table if the
 * map does not count; ending it writes the chunks that were used.
 */
#include <errno.h>
#include <string.h>

#include "gic/lpiset.h"
#include "gic/rwp.h"
#include "gic/vpe.h"

static void load(struct gic_vcpu *v)
{
    const struct gic_config *g = &v->gic->config;
    uint8_t map[LPI_MAP_BYTES];
    unsigned end = lpi_set_n_chunks(&v->vlpis);
    bool coarse = (v->redist.vpe.flags & VPE_COARSE) && end != 0 &&
                  g->memory_read(g->opaque, v->redist.vpe.pending_table, map, (end + 7) / 8) == 0;

    for (unsigned c = GIC_INTID_LPI / LPI_CHUNK; c < end; c++)
        if (!coarse || map[c / 8] >> c % 8 & 1)
            lpi_set_load(&v->vlpis, c);
    lpi_set_rebuild(&v->vlpis, true);
#ifdef GIC_PARANOID
    gic_vlpi_check(v, ~0u);
#endif
}

static int store(struct gic_vcpu *v)
{
    const struct gic_config *g = &v->gic->config;
    uint8_t map[LPI_MAP_BYTES] = {0};
    unsigned end = lpi_set_n_chunks(&v->vlpis);
    int err = 0;

    for (unsigned c = GIC_INTID_LPI / LPI_CHUNK; c < end; c++) {
        if (v->vlpis.chunks[c] == NULL) /* as it was: empty */
            continue;
        err |= lpi_set_store(&v->vlpis, c);
        map[c / 8] |= (uint8_t)(lpi_set_any(&v->vlpis, c) << c % 8);
    }
    if (end != 0)
        err |= g->memory_write(g->opaque, v->redist.vpe.pending_table, map, (end + 7) / 8);
    return err != 0 ? -EFAULT : 0;
}

/* All that the resident vPE is goes to memory. */
static int keep(struct gic_vcpu *v)
{
    unsigned id = v->redist.vpendbaser & VPENDBASER_VPEID;
    struct gic_vpe p;
    int err = store(v);

    if (!gic_is_v41(v->gic))
        return err;
    if (gic_vpe_open(v, id, &p) != 0)
        return -EFAULT;
    p.s = &v->redist.vpe;
    p.s->flags |= VPE_COARSE;
    if ((gic_vpe_save_entry(&p) | gic_vpe_save_sgis(v->gic, p.s)) != 0)
        return -EFAULT;
    return err;
}

int gic_vlpi_save(struct gic_vcpu *v)
{
    return gic_has_resident(v) ? keep(v) : 0;
}

/* The vPE is nowhere now; its state is in memory. */
static void leave(struct gic_vcpu *v)
{
    unsigned id = v->redist.vpendbaser & VPENDBASER_VPEID;

    if (keep(v) != 0)
        gic_event(v->gic, GIC_EVENT_GUEST_ERROR, v, GIC_INTID_SPURIOUS, id);
    lpi_set_drop(&v->vlpis);
    if (gic_is_v41(v->gic))
        v->gic->resident[id] = 0;
    memset(&v->redist.vpe, 0, sizeof(v->redist.vpe));
    v->redist.vpendbaser &= ~VPENDBASER_VALID;
    gic_virt_update(v);
}

static bool anything_pending(const struct gic_vcpu *v)
{
    return gic_vlpi_highest(v, 3).intid != GIC_INTID_SPURIOUS;
}

void gic_vpe_evict(struct gic_vcpu *v)
{
    v->redist.vpe.flags &= (uint8_t)~VPE_ARMED;
    v->redist.vpendbaser |= VPENDBASER_LAST;
    leave(v);
}

/*
 * Valid 1 to 0. GICv4.0 says that the coarse map counts (IDAI 0) and whether anything is pending.
 * GICv4.1 is told: PendingLast 1: the vPE will be back, no doorbell and nothing to look up;
 * Doorbell 1: ring if something becomes pending, unless PendingLast says that something is already.
 */
static void deschedule(struct gic_vcpu *v, uint64_t value)
{
    bool last = anything_pending(v);
    uint64_t *reg = &v->redist.vpendbaser;

    *reg &= ~(VPENDBASER_LAST | VPENDBASER_IDAI);
    if (gic_is_v41(v->gic)) {
        bool back = (value & VPENDBASER_LAST) != 0;
        bool wanted = (value & VPENDBASER_DB) != 0 && !back && !last;
        last |= back;
        v->redist.vpe.flags &= (uint8_t)~VPE_ARMED;
        v->redist.vpe.flags |= wanted ? VPE_ARMED : 0;
        *reg |= value & VPENDBASER_DB;
    }
    *reg |= last ? VPENDBASER_LAST : 0;
    leave(v);
}

static void schedule_v40(struct gic_vcpu *v)
{
    const struct gic_redist_state *r = &v->redist;

    v->redist.vpe = (struct gic_vpe_state){
        .pending_table = r->vpendbaser & VPENDBASER_ADDRESS,
        .config_table = r->vpropbaser & 0xffffffffff000ull,
        .id_bits = (uint8_t)((r->vpropbaser & 0x1f) + 1),
        .flags = r->vpendbaser & VPENDBASER_IDAI ? 0 : VPE_COARSE,
    };
}

/* A vPE that is resident elsewhere comes here: it can be in one place only. */
static int schedule_v41(struct gic_vcpu *v)
{
    unsigned id = v->redist.vpendbaser & VPENDBASER_VPEID;
    struct gic_vpe p;
    int err = gic_vpe_open(v, id, &p);

    if (err == 0 && p.resident != NULL) {
        gic_vpe_evict(p.resident);
        err = gic_vpe_open(v, id, &p);
    }
    if (err == 0)
        err = gic_vpe_load_sgis(v->gic, p.s);
    if (err != 0)
        return err;
    p.s->flags &= VPE_COARSE;
    p.s->flags |= v->redist.vpendbaser & VPENDBASER_GRP0EN ? VPE_GROUP0 : 0;
    p.s->flags |= v->redist.vpendbaser & VPENDBASER_GRP1EN ? VPE_GROUP1 : 0;
    v->redist.vpe = *p.s;
    v->gic->resident[id] = (uint16_t)(v->index + 1);
    return 0;
}

/* A vPE that is not there does not become resident: Valid stays 0. */
static void schedule(struct gic_vcpu *v)
{
    int err = 0;

    if (gic_is_v41(v->gic))
        err = schedule_v41(v);
    else
        schedule_v40(v);
    if (err != 0) {
        v->redist.vpendbaser &= ~VPENDBASER_VALID;
        gic_event(v->gic, GIC_EVENT_GUEST_ERROR, v, GIC_INTID_SPURIOUS, v->redist.vpendbaser);
        return;
    }
    load(v);
    gic_virt_update(v);
}

/* -- Registers -- */

/* Cacheability and shareability read back as written; tables are always coherent. */
#define ATTRIBUTES       (7ull << 56 | 0x1full << 7)
#define VPROP_V40        (ATTRIBUTES | 0xffffffffff000ull | 0x1full)
#define VPROP_V41        (VPROPBASER_VALID | ATTRIBUTES | 7ull << 53 | 0xffffffffff000ull | 0x7full)
#define VPROP_ENTRY_SIZE ((uint64_t)(VPE_ENTRY_BYTES_V41 / 8 - 1) << 59)
#define VPEND_V40                                                                                  \
    (VPENDBASER_VALID | VPENDBASER_IDAI | VPENDBASER_LAST | ATTRIBUTES | VPENDBASER_ADDRESS)
#define VPEND_V41                                                                                  \
    (VPENDBASER_VALID | VPENDBASER_DB | VPENDBASER_LAST | VPENDBASER_GRP0EN | VPENDBASER_GRP1EN |  \
     VPENDBASER_VPEID)

static uint64_t vprop_writable(const struct gic *g)
{
    return gic_is_v41(g) ? VPROP_V41 : gic_is_v4(g) ? VPROP_V40 : 0;
}

static uint64_t vpend_writable(const struct gic *g)
{
    return gic_is_v41(g) ? VPEND_V41 : gic_is_v4(g) ? VPEND_V40 : 0;
}

REG_READ(gic_vpropbaser_read)
{
    (void)r, (void)n;
    return a->frame->redist.vpropbaser | (gic_is_v41(a->gic) ? VPROP_ENTRY_SIZE : 0);
}

/* Fixed while a vPE is resident. Z, a hint that the table is zero, reads as zero. */
REG_WRITE(gic_vpropbaser_write)
{
    uint64_t *reg = &a->frame->redist.vpropbaser;

    (void)r, (void)n;
    if (!gic_has_resident(a->frame))
        *reg = ((*reg & ~mask) | (value & mask)) & vprop_writable(a->gic);
}

REG_READ(gic_vpendbaser_read)
{
    struct gic_redist_state *s = &a->frame->redist;

    (void)r, (void)n;
    if (s->dirty_reads == 0 || a->user)
        return s->vpendbaser;
    s->dirty_reads--;
    return s->vpendbaser | VPENDBASER_DIRTY;
}

/* While Valid is 1 only clearing it has an effect. */
REG_WRITE(gic_vpendbaser_write)
{
    struct gic_vcpu *v = a->frame;
    uint64_t *reg = &v->redist.vpendbaser;
    uint64_t new = ((*reg & ~mask) | (value & mask)) & vpend_writable(a->gic);
    bool was = gic_has_resident(v);

    (void)r, (void)n;
    if (was && (new &VPENDBASER_VALID))
        return;
    v->redist.dirty_reads = 0;
    if ((was || (new &VPENDBASER_VALID)) && !a->user)
        v->redist.dirty_reads =
            gic_choose(a->gic, GIC_CHOICE_VPE_DIRTY_DURATION, v->index, GIC_LONGEST_READS);
    if (was) {
        deschedule(v, new);
        return;
    }
    *reg = new;
    if (new &VPENDBASER_VALID)
        schedule(v);
}

/* -- What others may see -- */

void gic_resident(const struct gic *g, unsigned vcpu, struct gic_resident *out)
{
    *out = (struct gic_resident){.highest = GIC_INTID_SPURIOUS, .priority = GIC_IDLE_PRIORITY};
    if (vcpu >= g->config.n_vcpus || !gic_has_resident(&g->vcpus[vcpu]))
        return;
    const struct gic_vcpu *v = &g->vcpus[vcpu];
    const struct gic_vpe_state *s = &v->redist.vpe;
    struct gic_hppi h = gic_vlpi_highest(v, 3);
    *out = (struct gic_resident){
        .valid = true,
        .vpe_id = gic_is_v41(g) ? (uint16_t)v->redist.vpendbaser : 0,
        .pending_table = s->pending_table,
        .config_table = s->config_table,
        .id_bits = s->id_bits,
        .highest = h.intid,
        .priority = h.priority,
        .group = h.group,
        .forwarded = {gic_vlpi_groups(v) & 1, gic_vlpi_groups(v) >> 1 & 1},
        .sgi_pending = s->sgi_pending,
        .sgi_enable = s->sgi_enable,
        .sgi_group = s->sgi_group,
    };
}

bool gic_resident_vlpi(const struct gic *g, unsigned vcpu, uint32_t vintid, uint8_t *configuration)
{
    *configuration = 0;
    if (vcpu >= g->config.n_vcpus || !gic_has_resident(&g->vcpus[vcpu]))
        return false;
    *configuration = lpi_set_cached(&g->vcpus[vcpu].vlpis, vintid);
    return lpi_set_is_pending(&g->vcpus[vcpu].vlpis, vintid);
}

/* -- Life -- */

void gic_vlpi_reset(struct gic_vcpu *v)
{
    lpi_set_drop(&v->vlpis);
}

void gic_vlpi_visit(struct gic_vcpu *v,
                    void (*fn)(void *opaque, const char *name, void *data, size_t size_bytes),
                    void *opaque)
{
    lpi_set_visit(&v->vlpis, "gic.vlpi.present", "gic.vlpi", fn, opaque);
}

static void mend_resident(struct gic_vcpu *v)
{
    struct gic_vpe_state *s = &v->redist.vpe;
    bool v41 = gic_is_v41(v->gic);

    s->pending_table &= VPENDBASER_ADDRESS;
    s->config_table &= 0xffffffffff000ull;
    s->id_bits = (uint8_t)((s->id_bits - 1u) % 32 + 1);
    s->flags &= v41 ? VPE_COARSE | VPE_GROUP0 | VPE_GROUP1 : VPE_COARSE;
    s->sgi_pending &= v41 ? 0xffff : 0;
    s->reserved = 0;
}

/* At one place only, under an ID that there is. */
static bool may_be_resident(const struct gic_vcpu *v)
{
    unsigned id = v->redist.vpendbaser & VPENDBASER_VPEID;

    if (!gic_has_resident(v))
        return false;
    return !gic_is_v41(v->gic) || (gic_vpe_id_valid(v->gic, id) && v->gic->resident[id] == 0);
}

/* In the order of vCPUs; the first one forgets who was resident. */
void gic_vlpi_mend(struct gic_vcpu *v)
{
    struct gic_redist_state *r = &v->redist;
    struct gic *g = v->gic;

    if (v->index == 0)
        gic_vpe_forget_residents(g);
    r->vpropbaser &= vprop_writable(g);
    r->vpendbaser &= vpend_writable(g);
    r->dirty_reads = gic_is_v4(g) ? gic_mend_reads(r->dirty_reads) : 0;
    r->vsgi_reads = gic_is_v41(g) ? gic_mend_reads(r->vsgi_reads) : 0;
    r->vsgi_pending &= gic_is_v41(g) ? 0xffff : 0;
    r->reserved2 = 0;
    if (may_be_resident(v)) {
        mend_resident(v);
        if (gic_is_v41(g))
            g->resident[r->vpendbaser & VPENDBASER_VPEID] = (uint16_t)(v->index + 1);
        return;
    }
    r->vpendbaser &= ~VPENDBASER_VALID;
    memset(&r->vpe, 0, sizeof(r->vpe));
    lpi_set_drop(&v->vlpis);
}

void gic_vlpi_rebuild(struct gic_vcpu *v)
{
    lpi_set_rebuild(&v->vlpis, gic_has_resident(v));
}
