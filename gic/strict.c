/* SPDX-License-Identifier: MIT */
/*
 * What strict.h promises. Everything is judged by the state before the access.
 */
#include <string.h>

#include "gic/ich.h"
#include "gic/irqregs.h"
#include "gic/its.h"
#include "gic/legacy.h"
#include "gic/lpi.h"
#include "gic/rwp.h"
#include "gic/strict.h"
#include "gic/sysregs.h"

#define GICR_PROPBASER 0x70u
#define GICR_PENDBASER 0x78u
#define GITS_BASER     0x100u

/* One access, and who wants to know. Values are where they are in the register. */
struct judge {
    struct reg_access a;
    const struct gic_reg *r; /* NULL: none is there, or it is a system register */
    uint64_t at;             /* in its 64 KB */
    unsigned n;              /* of the row */
    uint64_t value, mask;
    const char *section;
    gic_doubt_fn *fn;
    void *opaque;
};

static void doubt(const struct judge *j, enum gic_doubt_kind kind, uint32_t intid, uint64_t bits)
{
    struct gic_doubt d = {.kind = kind, .intid = intid, .bits = bits, .section = j->section};

    j->fn(j->opaque, &d);
}

static uint32_t intid_at(const struct judge *j, unsigned word, unsigned bit)
{
    return gic_word_ref(j->a.gic, j->a.frame, word, bit).intid;
}

static struct irq_word *word_of(const struct judge *j, unsigned word)
{
    return j->a.frame != NULL ? &j->a.frame->redist.words[word] : &j->a.gic->dist.words[word];
}

/* -- No such register -- */

static bool table_has(const struct gic_reg_table *table, uint64_t at, bool legacy)
{
    for (size_t i = 0; i < table->n_rows; i++) {
        const struct gic_reg *r = &table->rows[i];

        if (at - r->offset < (uint64_t)r->count * r->width && at >= r->offset)
            return !legacy || r->legacy;
    }
    return false;
}

/* @at: in its frame; the SGI frame follows the RD frame. */
static bool in_other_frame(const struct judge *j, uint64_t offset)
{
    if (j->a.frame == NULL || offset >= GIC_REDIST_BYTES)
        return false;
    return table_has(offset < GIC_REDIST_BYTES / 2 ? &gic_sgi_table : &gic_rd_table, j->at, false);
}

static void judge_nothing(const struct judge *j, uint64_t offset)
{
    if (j->a.frame == NULL && table_has(&gic_dist_table, j->at, true))
        doubt(j, GIC_DOUBT_LEGACY, GIC_DOUBT_NO_INTID, 0);
    else
        doubt(j, in_other_frame(j, offset) ? GIC_DOUBT_FRAME : GIC_DOUBT_RESERVED,
              GIC_DOUBT_NO_INTID, 0);
}

/* -- Reserved bits (IHI 0069 12.9.4 for GICD_CTLR) -- */

static uint64_t ctlr_res0(const struct reg_access *a)
{
    const struct gic *g = a->gic;
    uint64_t res0 = g->config.has_one_of_n ? 0 : CTLR_E1NWF;

    if (a->ns) /* EnableGrp1, EnableGrp1A, ARE_NS, RWP */
        return 0xffffffff & ~(CTLR_ENABLE_G0 | CTLR_ENABLE_G1NS | CTLR_ARE_S | CTLR_RWP);
    if (!gic_is_v41(g))
        res0 |= CTLR_NASSGIREQ;
    return gic_ds(g) ? res0 | CTLR_ENABLE_G1S | CTLR_ARE_NS : res0;
}

static void judge_res0(const struct judge *j)
{
    uint64_t res0 = j->r->res0, bits;

    if (j->a.frame == NULL && j->at == GICD_CTLR)
        res0 |= ctlr_res0(&j->a);
    bits = j->value & j->mask & res0;
    if (bits != 0)
        doubt(j, GIC_DOUBT_RES0, GIC_DOUBT_NO_INTID, bits);
}

/* -- Registers by interrupt -- */

/* The interrupts of a word that become enabled now. */
static void judge_enable(const struct judge *j)
{
    struct gic *g = j->a.gic;
    unsigned word = j->r->word + j->n;
    const struct irq_word *w = word_of(j, word);
    uint32_t exist = j->a.frame != NULL ? g->local_mask[word] : g->shared_mask[word];
    uint32_t set = (uint32_t)(j->value & j->mask);
    uint32_t groups = gic_dist_groups(g), group1 = 1u << GIC_G1NS | 1u << GIC_G1S;
    uint32_t group0 = set & exist & ~gic_enable_view(g, j->a.frame, word) & ~w->group;

    if (!gic_ds(g))
        group0 &= ~w->grpmod;
    if (set & ~exist)
        doubt(j, GIC_DOUBT_ABSENT, intid_at(j, word, (unsigned)__builtin_ctz(set & ~exist)),
              set & ~exist);
    if (group0 && (groups & group1) && !(groups & 1u << GIC_G0) && !j->a.ns)
        doubt(j, GIC_DOUBT_GROUP0, intid_at(j, word, (unsigned)__builtin_ctz(group0)), group0);
}

static void judge_priority(const struct judge *j)
{
    unsigned word = j->r->word + j->n / 8, first = j->n % 8 * 4;
    uint8_t mask = j->a.gic->priority_mask;
    uint8_t lost = (uint8_t) ~(j->a.ns ? mask << 1 : mask);

    for (unsigned i = 0; i < 4; i++) {
        uint64_t bits = j->value & j->mask & (uint64_t)lost << (i * 8);

        if (bits == 0)
            continue;
        doubt(j, GIC_DOUBT_PRIORITY, intid_at(j, word, first + i), bits);
        return;
    }
}

/* Each bit of @half twice: fields of two bits. */
static uint32_t pairs_of(uint32_t half)
{
    uint32_t out = 0;

    for (unsigned i = 0; i < 16; i++)
        out |= (half >> i & 1) << (i * 2 + 1);
    return out;
}

static void judge_config(const struct judge *j)
{
    unsigned word = j->r->word + j->n / 2, shift = j->n % 2 * 16;
    const struct irq_word *w = word_of(j, word);
    uint32_t before = pairs_of(w->edge >> shift & 0xffff);
    uint32_t enabled = gic_enable_view(j->a.gic, j->a.frame, word) >> shift & 0xffff;
    uint32_t bits = (before ^ (uint32_t)j->value) & (uint32_t)j->mask & pairs_of(enabled);

    if (bits != 0)
        doubt(j, GIC_DOUBT_CONFIG, intid_at(j, word, shift + (unsigned)__builtin_ctz(bits) / 2),
              bits);
}

static uint32_t affinity_of(uint64_t router)
{
    return (uint32_t)(router >> 32 & 0xff) << 24 | (uint32_t)(router & 0xffffff);
}

static void judge_route(const struct judge *j)
{
    struct gic *g = j->a.gic;
    unsigned slot = j->r->word * 32 + j->n;
    uint64_t router = (g->dist.irouter[slot] & ~j->mask) | (j->value & j->mask);

    if (!(router & GIC_ROUTER_IRM) && gic_vcpu_by_affinity(g, affinity_of(router)) == NULL)
        doubt(j, GIC_DOUBT_NOWHERE, gic_shared_intid(slot), 0);
    uint64_t change = (g->dist.irouter[slot] ^ j->value) & j->mask & ~j->r->res0;

    if (change != 0 && gic_bit(gic_enable_view(g, NULL, slot / 32), slot % 32))
        doubt(j, GIC_DOUBT_ROUTE, gic_shared_intid(slot), 0);
}

/* GICD's copies for SGIs and PPIs are RES0 with affinity routing; GICD_IROUTER<n> begins at 32. */
static bool is_of_legacy(const struct judge *j)
{
    return j->a.frame == NULL && (j->r->legacy || j->n < j->r->banked) &&
           gic_are(j->a.gic, j->a.ns) && (j->value & j->mask) != 0;
}

static bool is_in(const struct gic_reg_table *table, const struct gic_reg *r)
{
    return r >= table->rows && r < table->rows + table->n_rows;
}

/* A write while LPIs are enabled is UNPREDICTABLE (IHI 0069, GICR_PROPBASER, GICR_PENDBASER). */
static void judge_lpi_tables(const struct judge *j)
{
    const struct gic_redist_state *s = &j->a.frame->redist;

    if ((s->ctlr ^ s->ctlr_lag) & GICR_CTLR_ENABLE_LPIS)
        doubt(j, GIC_DOUBT_TABLES, GIC_DOUBT_NO_INTID, 0);
}

static void judge_write(const struct judge *j)
{
    if (is_of_legacy(j)) {
        doubt(j, GIC_DOUBT_LEGACY, GIC_DOUBT_NO_INTID, 0);
        return;
    }
    judge_res0(j);
    if (j->a.frame != NULL && j->a.frame != j->a.by && is_in(&gic_sgi_table, j->r))
        doubt(j, GIC_DOUBT_FOREIGN, GIC_DOUBT_NO_INTID, 0);
    if (is_in(&gic_rd_table, j->r) &&
        (j->r->offset == GICR_PROPBASER || j->r->offset == GICR_PENDBASER))
        judge_lpi_tables(j);
    if (j->r->write == irq_enable_set)
        judge_enable(j);
    else if (j->r->write == irq_priority_write)
        judge_priority(j);
    else if (j->r->write == irq_config_write)
        judge_config(j);
    else if (j->a.frame == NULL && j->r->offset >= GICD_IROUTER && j->r->width == 8)
        judge_route(j);
}

static bool frame_exists(const struct gic *g, const struct gic_frame_access *access)
{
    return access->vcpu < g->config.n_vcpus && access->frame_vcpu < g->config.n_vcpus &&
           (access->size_bytes == 1 || access->size_bytes == 2 || access->size_bytes == 4 ||
            access->size_bytes == 8);
}

void gic_doubt_frame(struct gic *g, const struct gic_frame_access *access, gic_doubt_fn *fn,
                     void *opaque)
{
    struct judge j = {.at = access->offset, .fn = fn, .opaque = opaque};

    if (!frame_exists(g, access))
        return;
    j.a = (struct reg_access){
        .gic = g, .by = &g->vcpus[access->vcpu], .ns = !access->secure && !gic_ds(g)};
    if (access->frame == GIC_FRAME_REDIST)
        j.a.frame = &g->vcpus[access->frame_vcpu];
    j.r = gic_reg_at(&j.a, &j.at);
    if (j.r == NULL) {
        judge_nothing(&j, access->offset);
        return;
    }
    j.section = j.r->section;
    if ((access->is_write ? j.r->write == NULL : j.r->read == NULL) ||
        !gic_reg_takes(j.r, j.at, access->size_bytes)) {
        doubt(&j, GIC_DOUBT_ACCESS, GIC_DOUBT_NO_INTID, 0);
        return;
    }
    if (!access->is_write)
        return;
    unsigned shift = (unsigned)((j.at - j.r->offset) % j.r->width * 8);
    j.n = (unsigned)((j.at - j.r->offset) / j.r->width);
    j.mask = (access->size_bytes >= 8 ? ~0ull : (1ull << (access->size_bytes * 8)) - 1) << shift;
    j.value = access->value << shift;
    judge_write(&j);
}

/* -- System registers -- */

enum judged { BITS_ALONE, JUDGE_PRIORITY, JUDGE_END, JUDGE_DIR, JUDGE_ENABLE };

/* `writable`: what has a meaning when it is written. What reads as 1 may be written back. */
static const struct {
    const char *name;
    uint64_t writable;
    enum judged judged;
} sysregs[] = {
    {"ICC_PMR_EL1", 0xff, JUDGE_PRIORITY},
    {"ICC_BPR0_EL1", 7, BITS_ALONE},
    {"ICC_BPR1_EL1", 7, BITS_ALONE},
    {"ICC_EOIR0_EL1", 0xffffff, JUDGE_END},
    {"ICC_EOIR1_EL1", 0xffffff, JUDGE_END},
    {"ICC_DIR_EL1", 0xffffff, JUDGE_DIR},
    {"ICC_SGI0R_EL1", 0x00fff1ff0fffffff, BITS_ALONE},
    {"ICC_SGI1R_EL1", 0x00fff1ff0fffffff, BITS_ALONE},
    {"ICC_ASGI1R_EL1", 0x00fff1ff0fffffff, BITS_ALONE},
    {"ICC_CTLR_EL1", ICC_CTLR_CBPR | ICC_CTLR_EOIMODE | ICC_CTLR_PMHE, BITS_ALONE},
    {"ICC_CTLR_EL3", 0x7f, BITS_ALONE},
    {"ICC_SRE_EL1", 7, BITS_ALONE},
    {"ICC_SRE_EL2", 0xf, BITS_ALONE},
    {"ICC_SRE_EL3", 0xf, BITS_ALONE},
    {"ICC_IGRPEN0_EL1", 1, JUDGE_ENABLE},
    {"ICC_IGRPEN1_EL1", 1, JUDGE_ENABLE},
    {"ICC_IGRPEN1_EL3", 3, JUDGE_ENABLE},
};

/* As may_dir() and gic_end() find it (IHI 0069 12.2.8, 12.2.9). */
static bool splits(const struct gic *g, const struct gic_vcpu *v, const struct gic_pe_state *pe)
{
    if (pe->el == 3)
        return v->cpu.eoimode_el3;
    return v->cpu.eoimode[g->config.has_el3 && pe->secure ? GIC_BANK_S : GIC_BANK_NS];
}

static void judge_sysreg(const struct judge *j, enum judged judged, const struct gic_pe_state *pe)
{
    const struct gic_vcpu *v = j->a.by;
    uint32_t intid = (uint32_t)j->value & 0xffffff;
    bool special = intid >= GIC_INTID_SECURE && intid <= GIC_INTID_SPURIOUS;
    uint64_t lost = j->value & 0xff & (uint8_t)~j->a.gic->priority_mask;

    if (judged == JUDGE_PRIORITY && lost != 0 && (j->value & 0xff) != 0xff)
        doubt(j, GIC_DOUBT_PRIORITY, GIC_DOUBT_NO_INTID, lost);
    if ((judged == JUDGE_END || judged == JUDGE_DIR) && special)
        doubt(j, GIC_DOUBT_SPECIAL, intid, 0);
    else if (judged == JUDGE_DIR && !splits(j->a.gic, v, pe))
        doubt(j, GIC_DOUBT_DIR, intid, 0);
    if (judged == JUDGE_ENABLE && (j->value & 3) != 0 && (v->redist.waker & WAKER_BOTH) != 0)
        doubt(j, GIC_DOUBT_WAKER, GIC_DOUBT_NO_INTID, 0);
}

/* -- Virtual interrupts -- */

/* A guest's end with nothing of it active: no read of its ICV_IAR<n> can have returned this. */
static void judge_virtual_end(const struct judge *j)
{
    uint32_t vintid = (uint32_t)j->value & 0xffffff;

    if (vintid >= GIC_INTID_SECURE && vintid <= GIC_INTID_SPURIOUS)
        doubt(j, GIC_DOUBT_SPECIAL, vintid, 0);
    else if (gic_virt_running(j->a.by) == GIC_IDLE_PRIORITY && !j->a.by->cpu.vnmi_active)
        doubt(j, GIC_DOUBT_EOI, vintid, 0);
}

/* With two of one vINTID behaviour is UNPREDICTABLE; while ICH_HCR_EL2.En is 0 nobody looks. */
static void judge_twins(const struct judge *j, const uint64_t *lr)
{
    unsigned count = j->a.gic->config.list_registers;

    for (unsigned i = 0; i < count; i++) {
        for (unsigned k = 0; LR_STATE(lr[i]) != 0 && k < i; k++) {
            if (LR_STATE(lr[k]) == 0 || LR_VINTID(lr[k]) != LR_VINTID(lr[i]))
                continue;
            doubt(j, GIC_DOUBT_LR_TWICE, LR_VINTID(lr[i]), 0);
            return;
        }
    }
}

/* What the distributor holds of it is not for the list register to say (IHI 0069, ICH_LR<n>_EL2).
 */
static void judge_hw(const struct judge *j)
{
    uint64_t lr = j->value;
    uint32_t pintid = LR_PINTID(lr);

    if (!LR_HW(lr) || LR_STATE(lr) == 0)
        return;
    if (LR_STATE(lr) == (LR_PENDING | LR_ACTIVE) || pintid < 16 ||
        (pintid >= GIC_INTID_SECURE && pintid < GIC_INTID_EPPI))
        doubt(j, GIC_DOUBT_LR_HW, LR_VINTID(lr), 0);
}

static void judge_hypervisor(const struct judge *j, const struct gic_sysreg *reg)
{
    const struct gic_cpuif_state *c = &j->a.by->cpu;
    uint64_t lr[GIC_LIST_REGISTERS];

    memcpy(lr, c->ich_lr, sizeof(lr));
    if (!strncmp(reg->name, "ICH_LR", 6)) {
        judge_hw(j);
        lr[reg->index] = j->value;
        if (c->ich_hcr & ICH_HCR_EN)
            judge_twins(j, lr);
    } else if (!strcmp(reg->name, "ICH_HCR_EL2") && (j->value & ~c->ich_hcr & ICH_HCR_EN)) {
        judge_twins(j, lr);
    }
}

void gic_doubt_sysreg(struct gic *g, unsigned vcpu, const struct gic_sysreg *reg,
                      const struct gic_pe_state *pe, uint64_t value, gic_doubt_fn *fn, void *opaque)
{
    struct judge j = {.value = value, .section = reg->section, .fn = fn, .opaque = opaque};

    if (vcpu >= g->config.n_vcpus)
        return;
    j.a = (struct reg_access){.gic = g, .by = &g->vcpus[vcpu]};
    if (gic_sysreg_is_virtual(reg, pe)) {
        if (!strncmp(reg->name, "ICC_EOIR", 8))
            judge_virtual_end(&j);
        return;
    }
    judge_hypervisor(&j, reg);
    for (size_t i = 0; i < sizeof(sysregs) / sizeof(sysregs[0]); i++) {
        if (strcmp(sysregs[i].name, reg->name) != 0)
            continue;
        uint64_t held = reg->readable ? gic_sysreg_peek(g, vcpu, reg, pe) : 0;
        uint64_t bits = value & ~sysregs[i].writable & ~held;
        if (bits != 0)
            doubt(&j, GIC_DOUBT_RES0, GIC_DOUBT_NO_INTID, bits);
        judge_sysreg(&j, sysregs[i].judged, pe);
        return;
    }
}

/* -- The ITS, and GICC -- */

static const struct its_reg *its_reg_at(uint64_t offset)
{
    for (size_t i = 0; i < gic_its_table.n_rows; i++) {
        const struct its_reg *r = &gic_its_table.rows[i];

        if (offset >= r->offset && offset - r->offset < (uint64_t)r->count * r->width)
            return r;
    }
    return NULL;
}

const char *gic_its_name(uint64_t offset)
{
    const struct its_reg *r = its_reg_at(offset);

    return r != NULL ? r->name : NULL;
}

/* GITS_BASER<n> and GITS_CBASER: not while Enabled is 1 or Quiescent 0 (IHI 0069 12.19). */
void gic_doubt_its(const struct gic_its *its, uint64_t offset, uint64_t value, gic_doubt_fn *fn,
                   void *opaque)
{
    const struct its_reg *r = its_reg_at(offset);
    struct judge j = {.value = value, .fn = fn, .opaque = opaque};
    bool in_use = (its->s.ctlr & CTLR_ENABLED) != 0 || its->s.quiesce_reads != 0;

    if (r == NULL)
        doubt(&j, GIC_DOUBT_RESERVED, GIC_DOUBT_NO_INTID, 0);
    else if (r->write == NULL)
        doubt(&j, GIC_DOUBT_ACCESS, GIC_DOUBT_NO_INTID, 0);
    else if (in_use && (r->offset == GITS_BASER || r->offset == GITS_CBASER))
        doubt(&j, GIC_DOUBT_TABLES, GIC_DOUBT_NO_INTID, 0);
}

/* With ICC_SRE_EL1.SRE 1 the registers in memory are not this security state's (IHI 0069 10). */
void gic_doubt_cpu(const struct gic *g, unsigned vcpu, bool secure, gic_doubt_fn *fn, void *opaque)
{
    struct judge j = {.fn = fn, .opaque = opaque};

    if (vcpu >= g->config.n_vcpus)
        return;
    if (g->vcpus[vcpu].cpu.sre_el1[secure && g->config.has_el3 ? GIC_BANK_S : GIC_BANK_NS] & 1)
        doubt(&j, GIC_DOUBT_LEGACY, GIC_DOUBT_NO_INTID, 0);
}

bool gic_lpi_copy(const struct gic *g, unsigned vcpu, uint32_t intid, uint8_t *copy,
                  uint8_t *in_memory)
{
    const struct gic_vcpu *v = &g->vcpus[vcpu];

    if (vcpu >= g->config.n_vcpus || !gic_lpi_valid(v, intid))
        return false;
    *copy = gic_lpi_cached(v, intid);
    *in_memory = gic_lpi_in_memory(v, intid);
    return *copy != 0;
}
