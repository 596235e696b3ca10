/* SPDX-License-Identifier: MIT */
/*
 * Virtual LPIs, doorbells, and which directly injected interrupt waits first.
 *
 * The pending bits of a resident vPE are in a set of lpiset.c, as physical ones are; those of any
 * other vPE are in its pending table. Nothing here depends on how many vLPIs are pending.
 */
#ifdef GIC_PARANOID
#undef NDEBUG /* asked for by name, in every kind of build */
#include <assert.h>
#endif
#include <errno.h>
#include <string.h>

#include "gic/lpi.h"
#include "gic/lpiset.h"
#include "gic/vpe.h"

static int read_bytes(struct gic *g, uint64_t address, void *to, size_t n)
{
    return g->config.memory_read(g->config.opaque, address, to, n);
}

static int write_bytes(struct gic *g, uint64_t address, const void *from, size_t n)
{
    return g->config.memory_write(g->config.opaque, address, from, n);
}

/* -- Pending tables of vPEs that are not resident -- */

/* vINTIDs that the vPE's tables have room for, as in lpiset.c; in chunks. */
static uint32_t limit(const struct gic_vpe *p)
{
    unsigned bits = p->s->id_bits;

    if (bits > p->home->gic->config.lpi_id_bits)
        bits = p->home->gic->config.lpi_id_bits;
    return bits < 14 ? 0 : 1u << bits;
}

static unsigned n_chunks(const struct gic_vpe *p)
{
    return limit(p) / LPI_CHUNK;
}

bool gic_vlpi_valid(const struct gic_vpe *p, uint32_t vintid)
{
    return vintid >= GIC_INTID_LPI && vintid < limit(p);
}

static bool change_byte(struct gic *g, uint64_t address, uint8_t bit, bool set)
{
    uint8_t byte;

    if (read_bytes(g, address, &byte, 1) != 0 || ((byte & bit) != 0) == set)
        return false;
    byte ^= bit;
    return write_bytes(g, address, &byte, 1) == 0;
}

/* True if the bit changed. The coarse map only ever gains bits here. */
static bool change_table(struct gic *g, const struct gic_vpe_state *s, uint32_t vintid, bool set)
{
    unsigned chunk = vintid / LPI_CHUNK;

    if (!change_byte(g, s->pending_table + vintid / 8, (uint8_t)(1u << vintid % 8), set))
        return false;
    if (set)
        change_byte(g, s->pending_table + chunk / 8, (uint8_t)(1u << chunk % 8), true);
    return true;
}

/* -- Doorbells -- */

static bool is_doorbell(uint32_t intid)
{
    return intid != GIC_INTID_SPURIOUS;
}

void gic_vpe_ring(struct gic_vpe *p, unsigned group)
{
    uint8_t forwarded = group == 0 ? VPE_GROUP0 : VPE_GROUP1;

    if (p->resident != NULL || !(p->s->flags & VPE_ARMED) || !(p->s->flags & forwarded))
        return;
    p->s->flags &= (uint8_t)~VPE_ARMED;
    if (gic_vpe_save_entry(p) == 0 && is_doorbell(p->s->doorbell))
        gic_lpi_set_pending(p->home, p->s->doorbell, true);
}

/* Whether its configuration, in guest memory, enables it. */
static bool is_enabled(const struct gic_vpe *p, uint32_t vintid)
{
    uint8_t byte;

    return read_bytes(p->home->gic, p->s->config_table + (vintid - GIC_INTID_LPI), &byte, 1) == 0 &&
           (byte & 1);
}

/* GICv4.0 has only the individual doorbell; it does not know the configuration table. */
static void ring(struct gic_vpe *p, uint32_t vintid, uint32_t doorbell)
{
    if (!gic_is_v41(p->home->gic)) {
        if (is_doorbell(doorbell))
            gic_lpi_set_pending(p->home, doorbell, true);
        return;
    }
    if (!is_enabled(p, vintid))
        return;
    if (is_doorbell(doorbell))
        gic_lpi_set_pending(p->home, doorbell, true);
    gic_vpe_ring(p, 1);
}

/* -- Operations -- */

bool gic_vlpi_set_pending(struct gic_vpe *p, uint32_t vintid, uint32_t doorbell, bool pending)
{
    struct gic *g = p->home->gic;

    if (!gic_vlpi_valid(p, vintid))
        return false;
    if (p->resident != NULL) {
        if (!lpi_set_change(&p->resident->vlpis, vintid, pending))
            return false;
        if (pending)
            gic_event(g, GIC_EVENT_VIRTUAL_PENDED, p->resident, vintid, 0);
        gic_virt_update(p->resident);
        return true;
    }
    if (!change_table(g, p->s, vintid, pending))
        return false;
    if (pending)
        ring(p, vintid, doorbell);
    return true;
}

/* Nothing is cached of a vPE that is not resident; but its doorbell may be due now. */
void gic_vlpi_invalidate(struct gic_vpe *p, uint32_t vintid)
{
    uint8_t byte;

    if (p->resident != NULL) {
        lpi_set_invalidate(&p->resident->vlpis, vintid);
        gic_virt_update(p->resident);
        return;
    }
    if (!gic_is_v41(p->home->gic) || !gic_vlpi_valid(p, vintid))
        return;
    if (read_bytes(p->home->gic, p->s->pending_table + vintid / 8, &byte, 1) == 0 &&
        (byte >> vintid % 8 & 1) && is_enabled(p, vintid))
        gic_vpe_ring(p, 1);
}

/* Whether a vLPI of a chunk of 4096 is pending and, in memory, enabled. */
static bool any_enabled(const struct gic_vpe *p, unsigned chunk)
{
    uint8_t pending[LPI_CHUNK / 8];

    if (read_bytes(p->home->gic, p->s->pending_table + (uint64_t)chunk * sizeof(pending), pending,
                   sizeof(pending)) != 0)
        return false;
    for (unsigned i = 0; i < LPI_CHUNK; i++) {
        if (pending[i / 8] == 0)
            i |= 7;
        else if ((pending[i / 8] >> i % 8 & 1) && is_enabled(p, chunk * LPI_CHUNK + i))
            return true;
    }
    return false;
}

/* As for one vLPI: up to the first that is enabled, and only if somebody waits for the doorbell. */
static void ring_if_any(struct gic_vpe *p)
{
    const uint8_t due = VPE_ARMED | VPE_GROUP1;
    unsigned end = n_chunks(p);
    uint8_t map[LPI_MAP_BYTES];

    if ((p->s->flags & due) != due ||
        read_bytes(p->home->gic, p->s->pending_table, map, (end + 7) / 8) != 0)
        return;
    for (unsigned c = GIC_INTID_LPI / LPI_CHUNK; c < end; c++) {
        bool maybe = !(p->s->flags & VPE_COARSE) || (map[c / 8] >> c % 8 & 1);
        if (maybe && any_enabled(p, c)) {
            gic_vpe_ring(p, 1);
            return;
        }
    }
}

void gic_vlpi_invalidate_all(struct gic_vpe *p)
{
    if (p->resident == NULL) {
        ring_if_any(p);
        return;
    }
    lpi_set_invalidate_all(&p->resident->vlpis);
    gic_virt_update(p->resident);
}

void gic_vlpi_acknowledge(struct gic_vcpu *v, uint32_t vintid)
{
    if (vintid < 16)
        v->redist.vpe.sgi_pending &= (uint16_t) ~(1u << vintid);
    else
        lpi_set_change(&v->vlpis, vintid, false);
}

/* -- What waits first -- */

/* At most 16 of them. Among equals the lowest wins. */
static void highest_sgi(const struct gic_vcpu *v, unsigned groups, struct gic_hppi *best)
{
    const struct gic_vpe_state *s = &v->redist.vpe;
    unsigned of_groups =
        (groups & 1 ? ~(unsigned)s->sgi_group : 0) | (groups & 2 ? s->sgi_group : 0);

    for (unsigned left = s->sgi_pending & s->sgi_enable & of_groups; left != 0; left &= left - 1) {
        unsigned n = (unsigned)__builtin_ctz(left);
        uint8_t priority = (uint8_t)(s->sgi_priority >> (n * 4) << 4) & v->gic->priority_mask;
        if (priority < best->priority) {
            best->intid = n;
            best->priority = priority;
            best->group = s->sgi_group >> n & 1;
        }
    }
}

static void highest_lpi(const struct gic_vcpu *v, struct gic_hppi *best)
{
    for (unsigned i = 0; i < GIC_LEVEL_WORDS; i++) {
        if (v->vlpis.filled[i] == 0)
            continue;
        unsigned level = i * 64 + (unsigned)__builtin_ctzll(v->vlpis.filled[i]);
        uint32_t intid = lpi_set_first(&v->vlpis, level);
        uint8_t priority = lpi_set_priority(&v->vlpis, lpi_set_cached(&v->vlpis, intid));
        if (priority < best->priority)
            *best = (struct gic_hppi){.intid = intid, .priority = priority, .group = 1};
        return;
    }
}

/* GICv4.1: GICR_VPENDBASER.VGrp<n>En. */
unsigned gic_vlpi_groups(const struct gic_vcpu *v)
{
    uint8_t flags = v->redist.vpe.flags;

    if (!gic_is_v41(v->gic))
        return 3;
    return (flags & VPE_GROUP0 ? 1u : 0) | (flags & VPE_GROUP1 ? 2u : 0);
}

bool gic_vlpi_peek(const struct gic_vcpu *v, uint32_t vintid, struct gic_vlpi_view *out)
{
    const struct gic_vpe_state *s = &v->redist.vpe;

    *out = (struct gic_vlpi_view){.group = 1};
    if (!gic_has_resident(v))
        return false;
    if (vintid < 16) {
        out->pending = s->sgi_pending >> vintid & 1;
        out->enabled = s->sgi_enable >> vintid & 1;
        out->group = s->sgi_group >> vintid & 1;
        out->priority = (uint8_t)(s->sgi_priority >> (vintid * 4) << 4) & v->gic->priority_mask;
        return gic_is_v41(v->gic);
    }
    if (!lpi_set_valid(&v->vlpis, vintid))
        return false;
    uint8_t config = lpi_set_cached(&v->vlpis, vintid);
    if (config == 0)
        config = lpi_set_in_memory(&v->vlpis, vintid);
    out->pending = lpi_set_is_pending(&v->vlpis, vintid);
    out->enabled = config & 1;
    out->priority = lpi_set_priority(&v->vlpis, config);
    return true;
}

struct gic_hppi gic_vlpi_highest(const struct gic_vcpu *v, unsigned groups)
{
    struct gic_hppi best = {.intid = GIC_INTID_SPURIOUS, .priority = GIC_IDLE_PRIORITY};

    if (!gic_has_resident(v))
        return best;
    groups &= gic_vlpi_groups(v);
    if (v->redist.vpe.sgi_pending != 0)
        highest_sgi(v, groups, &best);
    if (groups & 2)
        highest_lpi(v, &best);
    return best;
}

#ifdef GIC_PARANOID
void gic_vlpi_check(const struct gic_vcpu *v, unsigned n)
{
    struct gic_hppi best = {.intid = GIC_INTID_SPURIOUS, .priority = GIC_IDLE_PRIORITY};

    highest_lpi(v, &best);
    assert(best.intid == GIC_INTID_SPURIOUS ||
           (gic_has_resident(v) && lpi_set_is_pending(&v->vlpis, best.intid) &&
            (lpi_set_cached(&v->vlpis, best.intid) & 1)));
    for (uint32_t i = lpi_set_next_pending(&v->vlpis, GIC_INTID_LPI); i != 0 && n != 0;
         i = lpi_set_next_pending(&v->vlpis, i + 1), n--) {
        uint8_t config = lpi_set_cached(&v->vlpis, i);
        assert(!(config & 1) || lpi_set_priority(&v->vlpis, config) >= best.priority);
    }
}
#endif
