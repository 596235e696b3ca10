/* SPDX-License-Identifier: MIT */
/*
 * Registers of a CPU interface as any thread may read them, from what was published (publish.c):
 * the same values as device attributes have, without a lock, while the vCPU runs.
 */
#include <errno.h>
#include <stdlib.h>

#include "gic/attr.h"
#include "gic/ich.h"
#include "gic/publish.h"
#include "gic/sysregs.h"

/* A look at a vCPU: which words are loaded is up to the register. */
struct look {
    const struct gic *gic;
    const struct gic_public_word *from;
    uint64_t word, virt;
    enum gic_bank bank; /* whose copy */
};

static uint64_t load(const _Atomic uint64_t *word)
{
    return atomic_load_explicit(word, memory_order_acquire);
}

static unsigned bits(uint64_t word, unsigned shift, unsigned n)
{
    return (unsigned)(word >> shift) & ((1u << n) - 1);
}

static uint32_t rest(const struct look *l)
{
    return (uint32_t)(load(&l->from->apr[1]) >> 32);
}

static enum gic_group group_of(const struct look *l, const struct gic_sysreg *reg)
{
    if (reg->kind != CLASS_GROUP1)
        return GIC_G0;
    return l->bank == GIC_BANK_S ? GIC_G1S : GIC_G1NS;
}

/* -- ICC_* -- */

static uint64_t look_pmr(const struct look *l, const struct gic_sysreg *reg)
{
    (void)reg;
    return gic_published_pmr(l->word);
}

static uint64_t look_bpr(const struct look *l, const struct gic_sysreg *reg)
{
    return bits(rest(l), PUB_BPR_SHIFT + 3 * (unsigned)group_of(l, reg), 3);
}

static uint64_t look_apr(const struct look *l, const struct gic_sysreg *reg)
{
    unsigned group = group_of(l, reg), n = reg->index;
    uint64_t word = load(&l->from->apr[2 * n + (group == GIC_G1NS)]);
    uint64_t apr = group == GIC_G1S ? word >> 32 : (uint32_t)word;

    /* NMIs are of Group 1. Of both its words one is loaded: secure ones' bit is in the other. */
    if (n != 0 || group == GIC_G0 || !l->gic->config.has_nmi)
        return apr;
    uint32_t with = group == GIC_G1NS ? (uint32_t)(word >> 32) : rest(l);
    return apr | (bits(with, PUB_NMI_ACTIVE_SHIFT + group, 1) ? APR_NMI : 0);
}

static uint64_t look_ctlr_el1(const struct look *l, const struct gic_sysreg *reg)
{
    (void)reg;
    return gic_ctlr_constants(l->gic) | bits(l->word, GIC_PUB_CBPR_SHIFT + l->bank, 1) |
           (uint64_t)bits(l->word, GIC_PUB_EOIMODE_SHIFT + 1 + l->bank, 1) << 1 |
           (l->gic->config.has_one_of_n && bits(rest(l), PUB_PMHE_SHIFT, 1) ? ICC_CTLR_PMHE : 0);
}

static uint64_t look_ctlr_el3(const struct look *l, const struct gic_sysreg *reg)
{
    uint32_t more = l->gic->config.has_one_of_n || l->gic->config.sre_writable ? rest(l) : 0;

    (void)reg;
    return gic_ctlr_constants(l->gic) | bits(l->word, GIC_PUB_CBPR_SHIFT, 2) |
           (uint64_t)bits(l->word, GIC_PUB_EOIMODE_SHIFT, 3) << 2 |
           (bits(more, PUB_RM_SHIFT, 1) ? ICC_CTLR3_RM : 0) |
           (bits(more, PUB_PMHE_SHIFT, 1) ? ICC_CTLR_PMHE : 0);
}

static uint64_t look_sre(const struct look *l, const struct gic_sysreg *reg)
{
    if (reg->index == 1)
        return bits(rest(l), PUB_SRE_EL1_SHIFT + 3 * (unsigned)l->bank, 3);
    return bits(rest(l), reg->index == 2 ? PUB_SRE_EL2_SHIFT : PUB_SRE_EL3_SHIFT, 4);
}

static uint64_t look_igrpen(const struct look *l, const struct gic_sysreg *reg)
{
    return bits(l->word, GIC_PUB_GRPEN_SHIFT + (unsigned)group_of(l, reg), 1);
}

static uint64_t look_igrpen1_el3(const struct look *l, const struct gic_sysreg *reg)
{
    (void)reg;
    return bits(l->word, GIC_PUB_GRPEN_SHIFT + GIC_G1NS, 1) |
           bits(l->word, GIC_PUB_GRPEN_SHIFT + GIC_G1S, 1) << 1;
}

/* -- ICH_* -- */

static uint64_t look_ich_apr(const struct look *l, const struct gic_sysreg *reg)
{
    uint64_t word = load(&l->from->ich_apr[reg->index & 0xf]);
    bool group1 = reg->index >> 4;
    bool nmi = reg->index == 1 << 4 && bits(l->virt, GIC_VPUB_RUNNING_NMI_SHIFT, 1);

    return (group1 ? word >> 32 : (uint32_t)word) | (nmi ? APR_NMI : 0);
}

static uint64_t look_ich_hcr(const struct look *l, const struct gic_sysreg *reg)
{
    (void)reg;
    return load(&l->from->ich_hcr);
}

static uint64_t look_ich_vmcr(const struct look *l, const struct gic_sysreg *reg)
{
    (void)reg;
    return gic_published_vmcr(l->virt);
}

static uint64_t look_ich_lr(const struct look *l, const struct gic_sysreg *reg)
{
    return load(&l->from->ich_lr[reg->index]);
}

/* -- Which is which -- */

typedef uint64_t look_fn(const struct look *l, const struct gic_sysreg *reg);

static const struct {
    uint64_t (*read)(struct gic *, struct gic_vcpu *, const struct gic_sysreg *,
                     const struct gic_pe_state *);
    look_fn *look;
} looks[] = {
    {icc_pmr_read, look_pmr},           {icc_bpr_read, look_bpr},
    {icc_apr_read, look_apr},           {icc_ctlr_el1_read, look_ctlr_el1},
    {icc_ctlr_el3_read, look_ctlr_el3}, {icc_sre_read, look_sre},
    {icc_igrpen_read, look_igrpen},     {icc_igrpen1_el3_read, look_igrpen1_el3},
    {ich_apr_read, look_ich_apr},       {ich_hcr_read, look_ich_hcr},
    {ich_vmcr_read, look_ich_vmcr},     {ich_lr_read, look_ich_lr},
};

static look_fn *look_of(const struct gic_sysreg *reg)
{
    for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++)
        if (looks[i].read == reg->read)
            return looks[i].look;
    return NULL;
}

/* -- Reads -- */

/* Of two sequences of that many bits, less than half of all of them apart. */
static bool is_behind(uint64_t a, uint64_t b, unsigned bits)
{
    return ((a - b) & ((1ull << bits) - 1)) >> (bits - 1) != 0;
}

/* Until nothing that is beside the word was published between the first load and the last. */
static uint64_t look(struct look *l, const struct gic_sysreg *reg, look_fn *fn, uint64_t *sequence)
{
    bool is_virtual = reg->kind == CLASS_ICH;
    uint64_t value, begun;

    do {
        l->word = load(&l->from->word);
        l->virt = load(&l->from->virt);
        value = fn(l, reg);
        begun = atomic_load_explicit(is_virtual ? &l->from->virt_begun : &l->from->begun,
                                     memory_order_relaxed);
        *sequence =
            is_virtual ? l->virt >> GIC_VPUB_SEQUENCE_SHIFT : l->word >> GIC_PUB_SEQUENCE_SHIFT;
    } while (is_behind(*sequence, begun,
                       64 - (is_virtual ? GIC_VPUB_SEQUENCE_SHIFT : GIC_PUB_SEQUENCE_SHIFT)));
    return value;
}

static int find(const struct gic *g, uint64_t attr, const struct gic_vcpu **v,
                const struct gic_sysreg **reg)
{
    uint32_t low = (uint32_t)attr & ~GIC_ATTR_NS;

    *v = gic_vcpu_by_affinity((struct gic *)g, (uint32_t)(attr >> 32));
    if (*v == NULL)
        return -EINVAL;
    if (low >> 16 != 0 || ((attr & GIC_ATTR_NS) && !g->config.has_el3))
        return -ENXIO;
    *reg = gic_sysreg_user(g, low);
    return *reg != NULL ? 0 : -ENXIO;
}

/* As cpuif.c's bank_of() for the state in which device attributes look. */
static enum gic_bank bank_of(const struct gic *g, uint64_t attr)
{
    return !g->config.has_el3 || (attr & GIC_ATTR_NS) ? GIC_BANK_NS : GIC_BANK_S;
}

int gic_cpuif_read(const struct gic *g, uint64_t attr, uint64_t *value, uint64_t *sequence)
{
    const struct gic_vcpu *v;
    const struct gic_sysreg *reg;
    uint64_t ignored;
    int err = find(g, attr, &v, &reg);

    if (err != 0)
        return err;
    struct look l = {.gic = g, .from = &g->published[v->index], .bank = bank_of(g, attr)};
    *value = look(&l, reg, look_of(reg), sequence != NULL ? sequence : &ignored);
    return 0;
}

/* -- Reset values -- */

int gic_reset_values_create(struct gic *g)
{
    size_t n;
    const struct gic_sysreg *rows = gic_sysregs(&n);

    g->reset_values = calloc(n, sizeof(*g->reset_values));
    if (g->reset_values == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        if (!gic_sysreg_is_state(g, &rows[i]))
            continue;
        g->reset_values[i][GIC_BANK_S] = gic_sysreg_user_read(&g->vcpus[0], &rows[i], false);
        g->reset_values[i][GIC_BANK_NS] =
            gic_sysreg_user_read(&g->vcpus[0], &rows[i], g->config.has_el3);
    }
    return 0;
}

int gic_cpuif_reset_value(const struct gic *g, uint64_t attr, uint64_t *value)
{
    size_t n;
    const struct gic_vcpu *v;
    const struct gic_sysreg *reg;
    int err = find(g, attr, &v, &reg);

    if (err == 0)
        *value = g->reset_values[reg - gic_sysregs(&n)][bank_of(g, attr)];
    return err;
}
