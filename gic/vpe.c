/* SPDX-License-Identifier: MIT */
/*
 * The vPE tables of ITSs (GITS_BASER2) and redistributors (GICR_VPROPBASER, GICv4.1), which may be
 * one: the fields that each uses are disjoint. vpe.h has the layout.
 *
 * All redistributors share one table (GICR_TYPER.CommonLPIAff 0), so a vPE may be scheduled on any
 * of them; `resident` says where it is.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gic/lpi.h"
#include "gic/lpiset.h"
#include "gic/vpe.h"

#define ENTRY_VALID      (1ull << 63)
#define ENTRY_ADDRESS    0xfffffffff0000ull
#define ENTRY_CONFIG     0xffffffffff000ull
#define ENTRY_FLAG_SHIFT 5
#define SGIS_OFFSET      0x200u

static unsigned id_bits(const struct gic *g)
{
    return gic_is_v41(g) && g->config.vpe_id_bits != 0 ? g->config.vpe_id_bits : 16;
}

bool gic_vpe_id_valid(const struct gic *g, unsigned id)
{
    return id >> id_bits(g) == 0;
}

int gic_vpe_create(struct gic *g)
{
    int err = 0;

    for (unsigned i = 0; i < g->config.n_vcpus && gic_is_v4(g) && err == 0; i++)
        err = lpi_set_create(&g->vcpus[i].vlpis, &g->vcpus[i], true);
    if (err == 0 && gic_is_v41(g)) {
        g->resident = calloc(1u << id_bits(g), sizeof(*g->resident));
        err = g->resident == NULL ? -ENOMEM : 0;
    }
    return err;
}

void gic_vpe_destroy(struct gic *g)
{
    for (unsigned i = 0; g->vcpus != NULL && i < g->config.n_vcpus; i++)
        lpi_set_destroy(&g->vcpus[i].vlpis);
    free(g->resident);
}

void gic_vpe_forget_residents(struct gic *g)
{
    if (g->resident != NULL)
        memset(g->resident, 0, (sizeof(*g->resident)) << id_bits(g));
}

/* -- Words 0 to 3 of an entry -- */

static void unpack(const uint64_t *w, struct gic_vpe_state *s)
{
    *s = (struct gic_vpe_state){
        .pending_table = w[0] & ENTRY_ADDRESS,
        .config_table = w[2] & ENTRY_CONFIG,
        .id_bits = (uint8_t)((w[0] & 0x1f) + 1),
        .flags = w[0] >> ENTRY_FLAG_SHIFT & 0xf,
        .doorbell = (uint32_t)(w[1] >> 32),
    };
}

static uint64_t pack_first(const struct gic_vpe_state *s)
{
    return ENTRY_VALID | s->pending_table | (uint64_t)s->flags << ENTRY_FLAG_SHIFT |
           (s->id_bits - 1u);
}

/* -- Redistributors' side, GICv4.1 -- */

/* Page_Size 54:53, Indirect 55, Size 6:0 (IHI 0069 12.11 GICR_VPROPBASER). */
static int locate(struct gic_vcpu *rd, unsigned id, uint64_t *address)
{
    uint64_t reg = rd->redist.vpropbaser;
    struct gic_table t = {
        .valid = (reg & VPROPBASER_VALID) != 0,
        .indirect = (reg >> 55 & 1) != 0,
        .page_bytes = gic_table_page_bytes(reg >> 53 & 3),
        .pages = (reg & 0x7f) + 1,
        .entry_bytes = VPE_ENTRY_BYTES_V41,
    };

    t.address = reg & 0xffffffffff000ull & ~(t.page_bytes - 1);
    if (!gic_vpe_id_valid(rd->gic, id))
        return -ERANGE;
    return gic_table_locate(rd->gic, &t, id, address);
}

int gic_vpe_open(struct gic_vcpu *rd, unsigned id, struct gic_vpe *out)
{
    struct gic *g = rd->gic;
    uint64_t w[4];
    int err = locate(rd, id, &out->entry);

    if (err != 0)
        return err;
    out->id = id;
    out->home = rd;
    out->resident = NULL;
    out->s = &out->copy;
    if (g->resident[id] != 0) {
        out->resident = &g->vcpus[g->resident[id] - 1];
        out->s = &out->resident->redist.vpe;
        return 0;
    }
    if (gic_table_load(g, out->entry, w, 4) != 0)
        return -EFAULT;
    unpack(w, &out->copy);
    return w[0] & ENTRY_VALID ? 0 : -ENOENT;
}

/* The ITSs' half of word 1 stays. */
int gic_vpe_save_entry(const struct gic_vpe *p)
{
    struct gic *g = p->home->gic;
    uint64_t w[4];

    if (gic_table_load(g, p->entry, w, 4) != 0)
        return -EFAULT;
    w[0] = pack_first(p->s);
    w[1] = (w[1] & 0xffffffffull) | (uint64_t)p->s->doorbell << 32;
    w[2] = p->s->config_table;
    w[3] = 0;
    return gic_table_store(g, p->entry, w, 4);
}

int gic_vpe_load_sgis(struct gic *g, struct gic_vpe_state *s)
{
    uint64_t w[2];

    if (gic_table_load(g, s->pending_table + SGIS_OFFSET, w, 2) != 0)
        return -EFAULT;
    s->sgi_enable = (uint16_t)w[0];
    s->sgi_group = (uint16_t)(w[0] >> 16);
    s->sgi_pending = (uint16_t)(w[0] >> 32);
    s->sgi_priority = w[1];
    return 0;
}

int gic_vpe_save_sgis(struct gic *g, const struct gic_vpe_state *s)
{
    uint64_t w[2] = {
        s->sgi_enable | (uint64_t)s->sgi_group << 16 | (uint64_t)s->sgi_pending << 32,
        s->sgi_priority,
    };

    return gic_table_store(g, s->pending_table + SGIS_OFFSET, w, 2);
}

/* VMAPP.ALLOC: the vPE begins, with no vSGI configured. */
static int allocate(struct gic_vcpu *rd, const struct gic_vpe_mapping *m)
{
    struct gic_vpe p = {.id = m->id, .home = rd, .s = &p.copy};
    int err = locate(rd, m->id, &p.entry);

    if (err != 0)
        return err;
    if (rd->gic->resident[m->id] != 0)
        gic_vpe_evict(&rd->gic->vcpus[rd->gic->resident[m->id] - 1]);
    p.copy = (struct gic_vpe_state){
        .pending_table = m->pending_table,
        .config_table = m->config_table,
        .id_bits = m->id_bits,
        .flags = m->zeroed ? VPE_COARSE : 0,
        .doorbell = m->doorbell,
    };
    err = gic_vpe_save_sgis(rd->gic, &p.copy);
    return err != 0 ? err : gic_vpe_save_entry(&p);
}

/* Its state is in its pending table from now on. */
static int release(struct gic_vcpu *rd, unsigned id)
{
    uint64_t address, w;
    int err = locate(rd, id, &address);

    if (err != 0)
        return err;
    if (rd->gic->resident[id] != 0)
        gic_vpe_evict(&rd->gic->vcpus[rd->gic->resident[id] - 1]);
    if (gic_table_load(rd->gic, address, &w, 1) != 0)
        return -EFAULT;
    w &= ~ENTRY_VALID;
    return gic_table_store(rd->gic, address, &w, 1);
}

/* -- ITSs' side -- */

static uint64_t mapped_bit(const struct gic_its *its)
{
    return 1ull << (16 + its->number);
}

/* Words 0 and 1 of an entry of GITS_BASER2. -ENOENT: this ITS does not have it mapped. */
static int its_entry(struct gic_its *its, unsigned id, uint64_t *address, uint64_t w[2])
{
    int err = gic_vpe_id_valid(its->gic, id) ? its_table_locate(its, ITS_BASER_VPES, id, address)
                                             : -ERANGE;

    if (err == 0)
        err = gic_table_load(its->gic, *address, w, 2);
    if (err != 0)
        return err;
    return (w[1] & mapped_bit(its)) && (w[1] & 0xffff) < its->gic->config.n_vcpus ? 0 : -ENOENT;
}

int gic_vpe_find(struct gic_its *its, unsigned id, struct gic_vpe *out)
{
    uint64_t address, w[2];
    int err = its_entry(its, id, &address, w);

    if (err != 0)
        return err;
    struct gic_vcpu *home = &its->gic->vcpus[w[1] & 0xffff];
    if (gic_is_v41(its->gic))
        return gic_vpe_open(home, id, out);
    *out = (struct gic_vpe){.id = id, .home = home, .s = &out->copy};
    out->copy.pending_table = w[0] & ENTRY_ADDRESS;
    out->copy.id_bits = (uint8_t)((w[0] & 0x1f) + 1);
    if (gic_has_resident(home) && home->redist.vpe.pending_table == out->copy.pending_table) {
        out->resident = home;
        out->s = &home->redist.vpe;
    }
    return 0;
}

int gic_vpe_map(struct gic_its *its, const struct gic_vpe_mapping *m)
{
    struct gic_vpe_state s = {.pending_table = m->pending_table, .id_bits = m->id_bits};
    uint64_t address, w[2];
    int err = 0;

    if (gic_is_v41(its->gic) && m->alloc)
        err = allocate(m->target, m);
    if (err != 0)
        return err;
    err = its_entry(its, m->id, &address, w);
    if (err != 0 && err != -ENOENT)
        return err;
    if (!gic_is_v41(its->gic))
        w[0] = pack_first(&s);
    w[1] = (w[1] & ~0xffffull) | mapped_bit(its) | m->target->index;
    return gic_table_store(its->gic, address, w, 2);
}

int gic_vpe_unmap(struct gic_its *its, unsigned id, bool free_it)
{
    uint64_t address, w[2];
    int err = its_entry(its, id, &address, w);

    if (err == -ENOENT)
        return 0;
    if (err != 0)
        return err;
    struct gic_vcpu *home = &its->gic->vcpus[w[1] & 0xffff];
    w[1] &= ~mapped_bit(its);
    err = gic_table_store(its->gic, address, w, 2);
    if (err == 0 && gic_is_v41(its->gic) && free_it)
        err = release(home, id);
    return err;
}

/* A doorbell that is pending goes along. */
static int new_doorbell(struct gic_vcpu *from, const struct gic_vpe_mapping *m)
{
    struct gic_vpe p;
    int err = gic_vpe_open(m->target, m->id, &p);

    if (err != 0)
        return err;
    if (gic_lpi_is_pending(from, p.s->doorbell)) {
        gic_lpi_set_pending(from, p.s->doorbell, false);
        gic_lpi_set_pending(m->target, m->doorbell, true);
    }
    p.s->doorbell = m->doorbell;
    return p.resident != NULL ? 0 : gic_vpe_save_entry(&p);
}

int gic_vpe_move(struct gic_its *its, const struct gic_vpe_mapping *m)
{
    uint64_t address, w[2];
    int err = its_entry(its, m->id, &address, w);

    if (err != 0)
        return err;
    struct gic_vcpu *from = &its->gic->vcpus[w[1] & 0xffff];
    w[1] = (w[1] & ~0xffffull) | m->target->index;
    err = gic_table_store(its->gic, address, w, 2);
    if (err == 0 && gic_is_v41(its->gic) && m->new_doorbell)
        err = new_doorbell(from, m);
    return err;
}
