/* SPDX-License-Identifier: MIT */
/*
 * Everything a GIC and its ITSs hold, as a list of device attributes in the order of a restore
 * (attr.h). The list is made by walking the register tables, so that a register that is added
 * there is saved.
 *
 * The order is one in which no line of a CPU rises before all is known: what enables groups (of
 * CPU interfaces, then of the distributor) comes last.
 */
#include <errno.h>

#include "gic/attr.h"
#include "gic/irqregs.h"
#include "gic/its.h"
#include "gic/legacy.h"
#include "gic/sysregs.h"

/* What to do with an attribute when saving. */
enum kind {
    KIND_STATE, /* read it */
    KIND_CLEAR, /* all-ones, so that a GIC with a history can be restored too */
    KIND_DO     /* an action: 0 */
};

struct list {
    struct gic *gic;
    struct gic_attr_value *out;
    size_t room;
    long n;
    int err;
};

static void add_value(struct list *l, int its, uint32_t group, uint64_t attr, uint64_t value)
{
    if ((size_t)l->n < l->room)
        l->out[l->n] =
            (struct gic_attr_value){.its = its, .group = group, .attr = attr, .value = value};
    l->n++;
}

static void add(struct list *l, int its, uint32_t group, uint64_t attr, enum kind kind)
{
    uint64_t value = kind == KIND_CLEAR ? 0xffffffff : 0;

    if (kind == KIND_STATE && l->room != 0 && l->err == 0)
        l->err = its < 0
                     ? gic_attr_get(l->gic, group, attr, &value)
                     : gic_its_attr_get(gic_its_nth(l->gic, (unsigned)its), group, attr, &value);
    add_value(l, its, group, attr, value);
}

/* -- Frames -- */

static bool is_clear(const struct gic_reg *r)
{
    return r->write == irq_enable_clear || r->write == irq_active_clear;
}

/* Latches are set and cleared by ISPENDR. */
static bool is_state(const struct gic_reg *r)
{
    return r->read != NULL && r->write != NULL && r->write != irq_pending_clear &&
           r->write != legacy_sources_write;
}

static void add_row(struct list *l, uint32_t group, uint64_t base, const struct gic_reg *r)
{
    enum kind kind = is_clear(r) ? KIND_CLEAR : KIND_STATE;

    for (uint32_t at = 0; at < (uint32_t)r->count * r->width; at += 4)
        add(l, -1, group, base + r->offset + at, kind);
    if (r->read == gic_statusr_read && l->gic->config.two_security_states)
        add(l, -1, group, (base + r->offset) | GIC_ATTR_NS, kind);
}

/* All rows but the frame's first, CTLR, whose turn is later. */
static void add_table(struct list *l, uint32_t group, uint64_t base,
                      const struct gic_reg_table *table, bool clears)
{
    for (size_t i = 0; i < table->n_rows; i++) {
        const struct gic_reg *r = &table->rows[i];
        if (r->legacy && !l->gic->config.legacy)
            continue;
        if (is_state(r) && is_clear(r) == clears && (r->offset != 0 || clears))
            add_row(l, group, base, r);
    }
}

static void add_dist(struct list *l)
{
    add_table(l, GIC_ATTR_DIST_REGS, 0, &gic_dist_table, true);
    add_table(l, GIC_ATTR_DIST_REGS, 0, &gic_dist_table, false);
}

static uint64_t of_vcpu(const struct gic_vcpu *v)
{
    return (uint64_t)v->affinity << 32;
}

/*
 * Legacy operation: who sent the SGIs that wait at @v, and what GICC has beyond the system
 * registers. Latches of SGIs come with the redistributor, and ICC_*, later.
 */
static void add_legacy(struct list *l, const struct gic_vcpu *v)
{
    if (!l->gic->config.legacy)
        return;
    for (unsigned n = 0; n < 4; n++)
        add(l, -1, GIC_ATTR_DIST_REGS, of_vcpu(v) | (GICD_CPENDSGIR + n * 4), KIND_CLEAR);
    for (unsigned n = 0; n < 4; n++)
        add(l, -1, GIC_ATTR_DIST_REGS, of_vcpu(v) | (GICD_SPENDSGIR + n * 4), KIND_STATE);
    add(l, -1, GIC_ATTR_CPU_REGS, of_vcpu(v) | GICC_CTLR, KIND_STATE);
    add(l, -1, GIC_ATTR_CPU_REGS, of_vcpu(v) | GICC_STATUSR, KIND_STATE);
    if (l->gic->config.two_security_states)
        add(l, -1, GIC_ATTR_CPU_REGS, of_vcpu(v) | GICC_STATUSR | GIC_ATTR_NS, KIND_STATE);
}

/* GICR_CTLR.EnableLPIs takes pending LPIs from where PENDBASER says. */
static void add_redist(struct list *l, const struct gic_vcpu *v)
{
    uint64_t base = of_vcpu(v);

    add_table(l, GIC_ATTR_REDIST_REGS, base + 0x10000, &gic_sgi_table, true);
    add_table(l, GIC_ATTR_REDIST_REGS, base + 0x10000, &gic_sgi_table, false);
    add_table(l, GIC_ATTR_REDIST_REGS, base, &gic_rd_table, false);
    if (gic_is_v4(l->gic)) /* VPENDBASER takes a resident vPE's state from memory */
        add_table(l, GIC_ATTR_REDIST_REGS, base + 0x20000, &gic_vlpi_table, false);
    add(l, -1, GIC_ATTR_REDIST_REGS, base, KIND_STATE);
}

/* -- CPU interfaces -- */

/*
 * When a register's turn is. ICH_HCR_EL2 starts the virtual interface; its maintenance interrupt is
 * a wire of the redistributor, which must not take it for an edge that is new.
 */
enum turn { TURN_FIRST, TURN_BEFORE_REDIST, TURN_LAST };

static enum turn turn_of(const struct gic_sysreg *reg)
{
    if (reg->read == ich_hcr_read)
        return TURN_BEFORE_REDIST;
    return reg->read == icc_igrpen_read || reg->read == icc_igrpen1_el3_read ? TURN_LAST
                                                                             : TURN_FIRST;
}

static void add_sysregs(struct list *l, const struct gic_vcpu *v, enum turn turn)
{
    size_t n;
    const struct gic_sysreg *rows = gic_sysregs(&n);

    for (size_t i = 0; i < n; i++) {
        const struct gic_sysreg *reg = &rows[i];
        if (!gic_sysreg_is_state(l->gic, reg) || turn_of(reg) != turn)
            continue;
        uint64_t attr = of_vcpu(v) | gic_sysreg_instr(reg);
        add(l, -1, GIC_ATTR_CPU_SYSREGS, attr, KIND_STATE);
        if (l->gic->config.has_el3 && reg->min_el == 1)
            add(l, -1, GIC_ATTR_CPU_SYSREGS, attr | GIC_ATTR_NS, KIND_STATE);
    }
}

/* -- Wires -- */

static void add_levels(struct list *l)
{
    const struct gic *g = l->gic;

    for (unsigned i = 0; i < g->config.n_vcpus; i++) {
        uint64_t base = of_vcpu(&g->vcpus[i]);
        add(l, -1, GIC_ATTR_LEVEL_INFO, base, KIND_STATE);
        for (unsigned n = 0; n < g->config.n_eppis; n += 32)
            add(l, -1, GIC_ATTR_LEVEL_INFO, base | GIC_ATTR_LEVEL_EXTENDED_PPI << 10 | n,
                KIND_STATE);
    }
    for (unsigned n = 32; n < 32 + g->config.n_spis; n += 32)
        add(l, -1, GIC_ATTR_LEVEL_INFO, n, KIND_STATE);
    for (unsigned n = 0; n < g->config.n_espis; n += 32)
        add(l, -1, GIC_ATTR_LEVEL_INFO, GIC_ATTR_LEVEL_EXTENDED_SPI << 10 | n, KIND_STATE);
}

/* -- ITSs -- */

static bool is_numbered(const struct gic_its *its)
{
    return gic_is_v4(its->gic) && !its->config.vmovp_once;
}

/*
 * Several ITSs wait for each other at VMOVP: all must know their numbers, and who has come so far,
 * before any runs.
 */
static void add_meeting(struct list *l, int nth, struct gic_its *its)
{
    uint64_t ctlr = 0;

    if (!is_numbered(its))
        return;
    if (l->room != 0 && l->err == 0)
        l->err = gic_its_attr_get(its, GIC_ATTR_ITS_REGS, GITS_CTLR, &ctlr);
    add_value(l, nth, GIC_ATTR_ITS_REGS, GITS_CTLR, ctlr & ~1ull);
    add(l, nth, GIC_ATTR_ITS_VMOVP, 0, KIND_STATE);
}

/* CBASER first: it clears CREADR and CWRITER. CTLR, which starts the queue, has its turn later. */
static void add_its(struct list *l, int nth, struct gic_its *its)
{
    add(l, nth, GIC_ATTR_ITS_REGS, GITS_IIDR, KIND_STATE);
    add(l, nth, GIC_ATTR_ITS_REGS, GITS_CBASER, KIND_STATE);
    for (size_t i = 0; i < gic_its_table.n_rows; i++) {
        const struct its_reg *r = &gic_its_table.rows[i];
        bool is_write_only = r->read == NULL && r->peek == NULL; /* GITS_SGIR: nothing to keep */
        if ((r->write == NULL && r->poke == NULL) || is_write_only || r->offset == GITS_IIDR ||
            r->offset == GITS_CBASER || r->offset == GITS_CTLR)
            continue;
        for (uint32_t n = 0; n < r->count; n++)
            add(l, nth, GIC_ATTR_ITS_REGS, r->offset + n * r->width, KIND_STATE);
    }
    for (unsigned n = 0; n < its->config.hardware_collections; n++)
        add(l, nth, GIC_ATTR_ITS_COLLECTIONS, n, KIND_STATE);
    add(l, nth, GIC_ATTR_CTRL, GIC_ATTR_ITS_RESTORE_TABLES, KIND_DO);
    add_meeting(l, nth, its);
}

struct gic_its *gic_its_nth(struct gic *g, unsigned n)
{
    struct gic_its *its = g->itss;

    while (its != NULL && n-- != 0)
        its = its->next;
    return its;
}

static int save_tables(struct gic *g)
{
    int err = 0;

    if (g->config.lpi_id_bits != 0)
        err = gic_attr_set(g, GIC_ATTR_CTRL, GIC_ATTR_SAVE_PENDING_TABLES, 0);
    for (struct gic_its *its = g->itss; its != NULL && err == 0; its = its->next)
        err = gic_its_attr_set(its, GIC_ATTR_CTRL, GIC_ATTR_ITS_SAVE_TABLES, 0);
    return err;
}

/* Where frames are, as far as the user has said. */
static void add_addresses(struct list *l)
{
    const struct gic_addresses *a = &l->gic->addresses;
    int nth = 0;

    if (a->dist != GIC_ADDRESS_UNSET)
        add(l, -1, GIC_ATTR_ADDR, GIC_ATTR_ADDR_DIST, KIND_STATE);
    if (a->redist != GIC_ADDRESS_UNSET)
        add(l, -1, GIC_ATTR_ADDR, GIC_ATTR_ADDR_REDIST, KIND_STATE);
    for (unsigned n = 0; n < a->n_regions; n++)
        add_value(l, -1, GIC_ATTR_ADDR, GIC_ATTR_ADDR_REDIST_REGION, a->regions[n]);
    for (const struct gic_its *its = l->gic->itss; its != NULL; its = its->next, nth++)
        if (its->address != GIC_ADDRESS_UNSET)
            add(l, nth, GIC_ATTR_ADDR, GIC_ATTR_ADDR_ITS, KIND_STATE);
}

/*
 * Legacy operation: whether affinity routing is on says what other registers mean, and whether LPIs
 * can be enabled; all groups are off until the end. It goes with DS, which says which bit it is.
 */
static void add_routing(struct list *l)
{
    uint64_t ctlr = 0;

    if (!l->gic->config.legacy)
        return;
    if (l->room != 0 && l->err == 0)
        l->err = gic_attr_get(l->gic, GIC_ATTR_DIST_REGS, GICD_CTLR, &ctlr);
    add_value(l, -1, GIC_ATTR_DIST_REGS, GICD_CTLR, ctlr & (CTLR_ARE_S | CTLR_ARE_NS | CTLR_DS));
}

static void add_all(struct list *l)
{
    const struct gic *g = l->gic;

    add(l, -1, GIC_ATTR_DIST_REGS, GICD_IIDR, KIND_STATE);
    add_addresses(l);
    add_routing(l);
    add_dist(l);
    for (unsigned i = 0; i < g->config.n_vcpus; i++) {
        add_legacy(l, &g->vcpus[i]);
        add_sysregs(l, &g->vcpus[i], TURN_FIRST);
        add_sysregs(l, &g->vcpus[i], TURN_BEFORE_REDIST);
        add_redist(l, &g->vcpus[i]);
        add_sysregs(l, &g->vcpus[i], TURN_LAST);
    }
    add_levels(l);
    add(l, -1, GIC_ATTR_DIST_REGS, GICD_CTLR, KIND_STATE);
    int n_itss = 0;
    for (struct gic_its *its = g->itss; its != NULL; its = its->next)
        add_its(l, n_itss++, its);
    for (int nth = 0; nth < n_itss; nth++)
        add(l, nth, GIC_ATTR_ITS_REGS, GITS_CTLR, KIND_STATE);
}

/* -- All -- */

long gic_attr_save(struct gic *g, struct gic_attr_value *out, size_t room)
{
    struct list l = {.gic = g, .out = out, .room = room};
    int err = room != 0 ? save_tables(g) : 0;

    if (err != 0)
        return err;
    add_all(&l);
    return l.err != 0 ? l.err : l.n;
}

/* The address that is there already may be told again. */
static bool is_known(const struct gic *g, const struct gic_its *its,
                     const struct gic_attr_value *item)
{
    const struct gic_addresses *a = &g->addresses;
    uint64_t index = item->value & 0xfff;

    if (item->group != GIC_ATTR_ADDR)
        return false;
    if (its != NULL)
        return its->address == item->value;
    if (item->attr == GIC_ATTR_ADDR_REDIST_REGION)
        return index < a->n_regions && a->regions[index] == item->value;
    return (item->attr == GIC_ATTR_ADDR_DIST ? a->dist : a->redist) == item->value;
}

static int set(struct gic *g, const struct gic_attr_value *item)
{
    struct gic_its *its = item->its < 0 ? NULL : gic_its_nth(g, (unsigned)item->its);

    if (item->its >= 0 && its == NULL)
        return -ENXIO;
    if (is_known(g, its, item))
        return 0;
    return its != NULL ? gic_its_attr_set(its, item->group, item->attr, item->value)
                       : gic_attr_set(g, item->group, item->attr, item->value);
}

int gic_attr_restore(struct gic *g, const struct gic_attr_value *in, size_t n)
{
    int err = 0;

    for (size_t i = 0; i < n && err == 0; i++)
        err = set(g, &in[i]);
    return err;
}
