/* SPDX-License-Identifier: MIT */
/*
 * Device attributes of a GIC (attr.h): one table of groups, and what each group's numbers mean.
 * Registers come from the frames' and the CPU interface's own tables. An ITS's are in itsattr.c,
 * the list of everything in attrlist.c.
 */
#include "gic/attr.h"
#include "gic/irqregs.h"

#include <errno.h>

#include "gic/its.h"
#include "gic/vpe.h"
#include "gic/lpi.h"
#include "gic/sysregs.h"

#define ADDRESS_ALIGNMENT 0x10000ull

static struct gic_vcpu *vcpu_of(struct gic *g, uint64_t attr)
{
    return gic_vcpu_by_affinity(g, (uint32_t)(attr >> 32));
}

/* -- ADDR -- */

int gic_address_set(uint64_t *address, uint64_t value)
{
    if (value % ADDRESS_ALIGNMENT != 0)
        return -EINVAL;
    if (*address != GIC_ADDRESS_UNSET)
        return -EEXIST;
    *address = value;
    return 0;
}

static uint64_t region_count(uint64_t region)
{
    return region >> 52;
}

static int region_get(const struct gic_addresses *a, uint64_t *value)
{
    uint64_t index = *value & 0xfff;

    if (index >= a->n_regions)
        return -ENOENT;
    *value = a->regions[index];
    return 0;
}

/* Once the regions hold all vCPUs, GICR_TYPER.Last is by them; a last one may be too large. */
static int regions_apply(struct gic *g)
{
    const struct gic_addresses *a = &g->addresses;
    unsigned counts[GIC_MAX_REGIONS], left = g->config.n_vcpus, n = 0;

    while (n < a->n_regions && left != 0) {
        uint64_t count = region_count(a->regions[n]);
        counts[n] = count < left ? (unsigned)count : left;
        left -= counts[n++];
    }
    return left == 0 ? gic_set_redist_regions(g, counts, n) : 0;
}

static int region_set(struct gic *g, uint64_t value)
{
    struct gic_addresses *a = &g->addresses;
    bool flags = (value >> 12 & 0xf) != 0;

    if (a->redist != GIC_ADDRESS_UNSET || flags || region_count(value) == 0 ||
        (value & 0xfff) != a->n_regions || a->n_regions == GIC_MAX_REGIONS)
        return -EINVAL;
    a->regions[a->n_regions++] = value;
    return regions_apply(g);
}

static int addr_get(struct gic *g, uint64_t attr, uint64_t *value)
{
    switch (attr) {
    case GIC_ATTR_ADDR_DIST:
        *value = g->addresses.dist;
        return 0;
    case GIC_ATTR_ADDR_REDIST:
        *value = g->addresses.redist;
        return 0;
    case GIC_ATTR_ADDR_REDIST_REGION:
        return region_get(&g->addresses, value);
    default:
        return -ENXIO;
    }
}

static int addr_set(struct gic *g, uint64_t attr, uint64_t value)
{
    switch (attr) {
    case GIC_ATTR_ADDR_DIST:
        return gic_address_set(&g->addresses.dist, value);
    case GIC_ATTR_ADDR_REDIST:
        return g->addresses.n_regions != 0 ? -EINVAL : gic_address_set(&g->addresses.redist, value);
    case GIC_ATTR_ADDR_REDIST_REGION:
        return region_set(g, value);
    default:
        return -ENXIO;
    }
}

/* -- Registers -- */

static int frame_get(struct gic *g, struct gic_place place, uint64_t attr, uint64_t *value)
{
    uint32_t word;

    place.ns = (attr & GIC_ATTR_NS) != 0;
    if (place.ns && !g->config.two_security_states)
        return -ENXIO;
    int err = gic_frame_user_read(g, &place, attr & ~GIC_ATTR_NS, &word);
    *value = err == 0 ? word : 0;
    return err;
}

static int frame_set(struct gic *g, struct gic_place place, uint64_t attr, uint64_t value)
{
    place.ns = (attr & GIC_ATTR_NS) != 0;
    if (place.ns && !g->config.two_security_states)
        return -ENXIO;
    if (value >> 32 != 0)
        return -EINVAL;
    return gic_frame_user_write(g, &place, attr & ~GIC_ATTR_NS, (uint32_t)value);
}

/* Whose copy of a register of legacy operation; else it does not matter. */
static struct gic_place in_dist(struct gic *g, uint64_t attr)
{
    struct gic_vcpu *by = vcpu_of(g, attr);

    return (struct gic_place){.by = by != NULL ? by : &g->vcpus[0]};
}

static int dist_get(struct gic *g, uint64_t attr, uint64_t *value)
{
    return frame_get(g, in_dist(g, attr), attr, value);
}

static int dist_set(struct gic *g, uint64_t attr, uint64_t value)
{
    return frame_set(g, in_dist(g, attr), attr, value);
}

static int redist_get(struct gic *g, uint64_t attr, uint64_t *value)
{
    struct gic_vcpu *v = vcpu_of(g, attr);

    return v != NULL ? frame_get(g, (struct gic_place){.frame = v, .by = v}, attr, value) : -EINVAL;
}

static int redist_set(struct gic *g, uint64_t attr, uint64_t value)
{
    struct gic_vcpu *v = vcpu_of(g, attr);

    return v != NULL ? frame_set(g, (struct gic_place){.frame = v, .by = v}, attr, value) : -EINVAL;
}

/* GICC, of legacy operation */
static int cpu_get(struct gic *g, uint64_t attr, uint64_t *value)
{
    struct gic_place place = {.frame = vcpu_of(g, attr), .by = vcpu_of(g, attr), .cpu = true};

    if (!g->config.legacy)
        return -ENXIO;
    return place.frame != NULL ? frame_get(g, place, attr, value) : -EINVAL;
}

static int cpu_set(struct gic *g, uint64_t attr, uint64_t value)
{
    struct gic_place place = {.frame = vcpu_of(g, attr), .by = vcpu_of(g, attr), .cpu = true};

    if (!g->config.legacy)
        return -ENXIO;
    return place.frame != NULL ? frame_set(g, place, attr, value) : -EINVAL;
}

/* The row, or NULL: reserved bits, no such register, no second copy. */
static const struct gic_sysreg *sysreg_of(struct gic *g, uint64_t attr)
{
    uint32_t low = (uint32_t)attr & ~GIC_ATTR_NS;

    if (low >> 16 != 0 || ((attr & GIC_ATTR_NS) && !g->config.has_el3))
        return NULL;
    return gic_sysreg_user(g, low);
}

static int sysreg_get(struct gic *g, uint64_t attr, uint64_t *value)
{
    struct gic_vcpu *v = vcpu_of(g, attr);
    const struct gic_sysreg *reg = sysreg_of(g, attr);

    if (v == NULL)
        return -EINVAL;
    if (reg == NULL)
        return -ENXIO;
    *value = gic_sysreg_user_read(v, reg, attr & GIC_ATTR_NS);
    return 0;
}

static int sysreg_set(struct gic *g, uint64_t attr, uint64_t value)
{
    struct gic_vcpu *v = vcpu_of(g, attr);
    const struct gic_sysreg *reg = sysreg_of(g, attr);

    if (v == NULL)
        return -EINVAL;
    return reg != NULL ? gic_sysreg_user_write(v, reg, attr & GIC_ATTR_NS, value) : -ENXIO;
}

/* -- LEVEL_INFO -- */

/* 32 wires: a word of the distributor or of a redistributor, and which of its bits are wires. */
struct wires {
    struct gic_vcpu *vcpu; /* NULL: the distributor's */
    unsigned word;
    uint32_t mask;
};

/* 0, and mask 0 where there are no wires; or -EINVAL. */
static int wires_of(struct gic *g, uint64_t attr, struct wires *out)
{
    uint32_t first = attr & 0x3ff, what = (uint32_t)attr >> 10;

    *out = (struct wires){.vcpu = vcpu_of(g, attr)};
    if (first % 32 != 0 || what > GIC_ATTR_LEVEL_EXTENDED_SPI)
        return -EINVAL;
    bool local = what == GIC_ATTR_LEVEL_EXTENDED_PPI || (what == GIC_ATTR_LEVEL && first == 0);
    if (local && out->vcpu == NULL)
        return -EINVAL;
    if (local) {
        out->word = what == GIC_ATTR_LEVEL ? 0 : 1 + first / 32;
        if (out->word < GIC_LOCAL_WORDS)
            out->mask = g->local_mask[out->word] & (out->word == 0 ? 0xffff0000u : ~0u);
        return 0;
    }
    out->vcpu = NULL;
    out->word = (what == GIC_ATTR_LEVEL ? 0 : 32) + first / 32;
    out->mask = g->shared_mask[out->word];
    return 0;
}

static struct irq_word *word_of(struct gic *g, const struct wires *w)
{
    return w->vcpu != NULL ? &w->vcpu->redist.words[w->word] : &g->dist.words[w->word];
}

static int level_get(struct gic *g, uint64_t attr, uint64_t *value)
{
    struct wires w;
    int err = wires_of(g, attr, &w);

    if (err == 0)
        *value = w.mask != 0 ? word_of(g, &w)->level & w.mask : 0;
    return err;
}

/* The level itself: no edge is seen, so that ICFGR may come before or after. */
static int level_set(struct gic *g, uint64_t attr, uint64_t value)
{
    struct wires w;
    int err = wires_of(g, attr, &w);

    if (err != 0 || value >> 32 != 0)
        return -EINVAL;
    if (w.mask == 0)
        return 0;
    uint32_t changed = (word_of(g, &w)->level ^ (uint32_t)value) & w.mask;
    word_of(g, &w)->level ^= changed;
    gic_word_refresh(g, w.vcpu, w.word, changed);
    return 0;
}

/* -- Single values -- */

static int nr_irqs_get(struct gic *g, uint64_t attr, uint64_t *value)
{
    (void)attr;
    *value = (g->config.n_spis + 32 + 31) / 32 * 32;
    return 0;
}

static int maint_irq_get(struct gic *g, uint64_t attr, uint64_t *value)
{
    if (attr != 0 || !g->config.has_el2)
        return -ENXIO;
    *value = GIC_PPI_MAINTENANCE;
    return 0;
}

static int nr_irqs_set(struct gic *g, uint64_t attr, uint64_t value)
{
    uint64_t is;
    int err = nr_irqs_get(g, attr, &is);

    return err == 0 && value != is ? -EINVAL : err;
}

static int maint_irq_set(struct gic *g, uint64_t attr, uint64_t value)
{
    uint64_t is;
    int err = maint_irq_get(g, attr, &is);

    return err == 0 && value != is ? -EINVAL : err;
}

/* -- CTRL -- */

static int save_pending_tables(struct gic *g)
{
    int err = 0;

    for (unsigned i = 0; i < g->config.n_vcpus && err == 0; i++)
        err = gic_lpi_save(&g->vcpus[i]);
    for (unsigned i = 0; i < g->config.n_vcpus && err == 0 && gic_is_v4(g); i++)
        err = gic_vlpi_save(&g->vcpus[i]);
    return err;
}

static bool ctrl_known(const struct gic *g, uint64_t attr)
{
    return attr == GIC_ATTR_CTRL_INIT ||
           (attr == GIC_ATTR_SAVE_PENDING_TABLES && g->config.lpi_id_bits != 0);
}

static int ctrl_set(struct gic *g, uint64_t attr, uint64_t value)
{
    (void)value;
    if (!ctrl_known(g, attr))
        return -ENXIO;
    return attr == GIC_ATTR_SAVE_PENDING_TABLES ? save_pending_tables(g) : 0;
}

/* -- The groups -- */

struct group {
    int (*get)(struct gic *g, uint64_t attr, uint64_t *value);
    int (*set)(struct gic *g, uint64_t attr, uint64_t value);
};

static const struct group groups[] = {
    [GIC_ATTR_ADDR] = {addr_get, addr_set},
    [GIC_ATTR_DIST_REGS] = {dist_get, dist_set},
    [GIC_ATTR_CPU_REGS] = {cpu_get, cpu_set},
    [GIC_ATTR_NR_IRQS] = {nr_irqs_get, nr_irqs_set},
    [GIC_ATTR_CTRL] = {NULL, ctrl_set},
    [GIC_ATTR_REDIST_REGS] = {redist_get, redist_set},
    [GIC_ATTR_CPU_SYSREGS] = {sysreg_get, sysreg_set},
    [GIC_ATTR_LEVEL_INFO] = {level_get, level_set},
    [GIC_ATTR_MAINT_IRQ] = {maint_irq_get, maint_irq_set},
};

static const struct group *group_of(uint32_t group)
{
    return group < sizeof(groups) / sizeof(groups[0]) ? &groups[group] : NULL;
}

int gic_attr_get(struct gic *g, uint32_t group, uint64_t attr, uint64_t *value)
{
    const struct group *gr = group_of(group);

    return gr != NULL && gr->get != NULL ? gr->get(g, attr, value) : -ENXIO;
}

int gic_attr_set(struct gic *g, uint32_t group, uint64_t attr, uint64_t value)
{
    const struct group *gr = group_of(group);

    return gr != NULL && gr->set != NULL ? gr->set(g, attr, value) : -ENXIO;
}

/* What can be read is there; a region need not be set to be known. */
int gic_attr_has(struct gic *g, uint32_t group, uint64_t attr)
{
    uint64_t value = 0;

    if (group == GIC_ATTR_CTRL)
        return ctrl_known(g, attr) ? 0 : -ENXIO;
    int err = gic_attr_get(g, group, attr, &value);
    return err == -ENOENT ? 0 : err;
}
