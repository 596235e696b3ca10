/* SPDX-License-Identifier: MIT */
/*
 * Physical LPIs of one redistributor (IHI 0069 5.1), on a set of lpiset.c.
 *
 * A redistributor owns the pending state of its LPIs while GICR_CTLR.EnableLPIs is 1; it reads the
 * pending table when LPIs are enabled and writes it back when they are disabled. LPIs are always
 * non-secure Group 1 and have no active state (IHI 0069 4.1.2).
 */
#include "gic/lpi.h"

#include <string.h>

#include "gic/lpiset.h"

int gic_lpi_create(struct gic *g)
{
    int err = 0;

    for (unsigned i = 0; i < g->config.n_vcpus && g->config.lpi_id_bits != 0 && err == 0; i++)
        err = lpi_set_create(&g->vcpus[i].lpis, &g->vcpus[i], false);
    return err;
}

void gic_lpi_destroy(struct gic *g)
{
    for (unsigned i = 0; g->vcpus != NULL && i < g->config.n_vcpus; i++)
        lpi_set_destroy(&g->vcpus[i].lpis);
}

bool gic_lpi_valid(const struct gic_vcpu *v, uint32_t intid)
{
    return lpi_set_valid(&v->lpis, intid);
}

bool gic_lpi_is_pending(const struct gic_vcpu *v, uint32_t intid)
{
    return lpi_set_is_pending(&v->lpis, intid);
}

uint8_t gic_lpi_cached(const struct gic_vcpu *v, uint32_t intid)
{
    return lpi_set_cached(&v->lpis, intid);
}

uint8_t gic_lpi_priority(const struct gic_vcpu *v, uint8_t configuration)
{
    return lpi_set_priority(&v->lpis, configuration);
}

uint8_t gic_lpi_in_memory(const struct gic_vcpu *v, uint32_t intid)
{
    return lpi_set_in_memory(&v->lpis, intid);
}

uint32_t gic_lpi_next_pending(const struct gic_vcpu *v, uint32_t intid)
{
    return lpi_set_next_pending(&v->lpis, intid);
}

/* -- Operations -- */

static bool enabled(const struct gic_vcpu *v)
{
    return (v->redist.ctlr & GICR_CTLR_ENABLE_LPIS) != 0;
}

void gic_lpi_set_pending(struct gic_vcpu *v, uint32_t intid, bool pending)
{
    if (!enabled(v) || !lpi_set_change(&v->lpis, intid, pending))
        return;
    gic_event(v->gic, pending ? GIC_EVENT_PENDED : GIC_EVENT_UNPENDED, v, intid,
              gic_lpi_priority(v, gic_lpi_cached(v, intid)));
    gic_vcpu_update(v);
}

void gic_lpi_acknowledge(struct gic_vcpu *v, uint32_t intid)
{
    if (enabled(v) && lpi_set_change(&v->lpis, intid, false))
        gic_vcpu_update(v);
}

void gic_lpi_invalidate(struct gic_vcpu *v, uint32_t intid)
{
    if (!enabled(v) || !gic_lpi_valid(v, intid))
        return;
    lpi_set_invalidate(&v->lpis, intid);
    gic_vcpu_update(v);
}

void gic_lpi_invalidate_all(struct gic_vcpu *v)
{
    if (!enabled(v))
        return;
    lpi_set_invalidate_all(&v->lpis);
    gic_vcpu_update(v);
}

/* Commands that concern LPIs of a redistributor with EnableLPIs 0 are ignored (GICR_CTLR). */
void gic_lpi_move(struct gic_vcpu *from, struct gic_vcpu *to, uint32_t intid)
{
    if (from == to || !enabled(to) || !gic_lpi_valid(to, intid) || !gic_lpi_is_pending(from, intid))
        return;
    gic_lpi_set_pending(from, intid, false);
    gic_lpi_set_pending(to, intid, true);
}

void gic_lpi_move_all(struct gic_vcpu *from, struct gic_vcpu *to)
{
    if (from == to || !enabled(from) || !enabled(to))
        return;
    for (uint32_t i = gic_lpi_next_pending(from, GIC_INTID_LPI); i != 0;
         i = gic_lpi_next_pending(from, i + 1))
        if (gic_lpi_valid(to, i) && lpi_set_change(&from->lpis, i, false))
            lpi_set_change(&to->lpis, i, true);
    gic_vcpu_update(from);
    gic_vcpu_update(to);
}

/*
 * -- GICR_CTLR.EnableLPIs: the pending table --
 *
 * Its first KiB, of INTIDs that are no LPIs, is the GIC's own (IHI 0069 5.1.2, coarse map). While
 * LPIs are disabled it says which chunks of 4096 LPIs have anything pending, so that enabling and
 * disabling cost by what is used, not by IDbits: a signature, then a bit per chunk. The signature
 * is gone while LPIs are enabled: whoever finds or makes a table without it has it read whole. So
 * has software that writes GICR_PENDBASER meanwhile: it may have written to the table too.
 */

/* GICR_PENDBASER.PTZ: software vouches that the table is zero. */
#define PENDBASER_PTZ (1ull << 62)

struct coarse_map {
    char signature[8];
    uint8_t chunks[LPI_MAP_BYTES];
};
_Static_assert(sizeof(struct coarse_map) <= GIC_INTID_LPI / 8, "below the LPIs' bits");

static const char signature[8] = "irqlabCM";

static uint64_t table_of(const struct gic_vcpu *v)
{
    return v->redist.pendbaser & 0xfffffffff0000ull;
}

/* Takes the map away; false if there is none. */
static bool take_map(struct gic_vcpu *v, struct coarse_map *map)
{
    const struct gic_config *c = &v->gic->config;
    static const char none[sizeof(map->signature)];

    if (c->memory_read(c->opaque, table_of(v), map, sizeof(*map)) != 0 ||
        memcmp(map->signature, signature, sizeof(signature)) != 0)
        return false;
    return c->memory_write(c->opaque, table_of(v), none, sizeof(none)) == 0;
}

static void load_all(struct gic_vcpu *v)
{
    struct coarse_map map;
    unsigned end = lpi_set_n_chunks(&v->lpis);
    bool taken = end != 0 && take_map(v, &map);
    bool mapped = taken && v->redist.map_left;

    for (unsigned c = GIC_INTID_LPI / LPI_CHUNK; c < end; c++)
        if (!(v->redist.pendbaser & PENDBASER_PTZ) && (!mapped || map.chunks[c / 8] >> c % 8 & 1))
            lpi_set_load(&v->lpis, c);
    v->redist.map_left = 0;
    v->redist.pendbaser &= ~PENDBASER_PTZ; /* it speaks of this time alone */
}

/* A chunk that there is not is as it was when LPIs were enabled: empty. */
static int store_used(struct gic_vcpu *v)
{
    unsigned end = lpi_set_n_chunks(&v->lpis);
    int err = 0;

    for (unsigned c = GIC_INTID_LPI / LPI_CHUNK; c < end; c++)
        if (v->lpis.chunks[c] != NULL)
            err |= lpi_set_store(&v->lpis, c);
    return err;
}

static void leave_map(struct gic_vcpu *v)
{
    const struct gic_config *config = &v->gic->config;
    struct coarse_map map = {{0}, {0}};
    unsigned end = lpi_set_n_chunks(&v->lpis);

    memcpy(map.signature, signature, sizeof(signature));
    for (unsigned c = GIC_INTID_LPI / LPI_CHUNK; c < end; c++)
        map.chunks[c / 8] |= (uint8_t)(lpi_set_any(&v->lpis, c) << c % 8);
    if (end == 0)
        return;
    v->redist.map_left = config->memory_write(config->opaque, table_of(v), &map, sizeof(map)) == 0;
    if (!v->redist.map_left)
        gic_event(v->gic, GIC_EVENT_GUEST_ERROR, v, GIC_INTID_SPURIOUS, table_of(v));
}

/* For device attributes: all of the table, so that it is known to be in memory. */
int gic_lpi_save(struct gic_vcpu *v)
{
    unsigned end = v->lpis.chunks != NULL && enabled(v) ? lpi_set_n_chunks(&v->lpis) : 0;
    int err = 0;

    for (unsigned c = GIC_INTID_LPI / LPI_CHUNK; c < end; c++)
        err |= lpi_set_store(&v->lpis, c);
    return err;
}

void gic_lpi_enable(struct gic_vcpu *v, bool enable)
{
    if (enable) {
        v->redist.ctlr |= GICR_CTLR_ENABLE_LPIS;
        load_all(v);
        gic_lpi_rebuild(v);
    } else {
        if (store_used(v) == 0)
            leave_map(v);
        lpi_set_drop(&v->lpis);
        v->redist.ctlr &= ~GICR_CTLR_ENABLE_LPIS;
    }
    gic_vcpu_update(v);
}

void gic_lpi_reset(struct gic_vcpu *v)
{
    lpi_set_drop(&v->lpis);
}

void gic_lpi_rebuild(struct gic_vcpu *v)
{
    lpi_set_rebuild(&v->lpis, enabled(v));
}

void gic_lpi_visit(struct gic_vcpu *v,
                   void (*fn)(void *opaque, const char *name, void *data, size_t size_bytes),
                   void *opaque)
{
    lpi_set_visit(&v->lpis, "gic.lpi.present", "gic.lpi", fn, opaque);
}
