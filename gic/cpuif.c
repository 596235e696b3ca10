/* SPDX-License-Identifier: MIT */
/*
 * The physical CPU interface: acknowledge, priority drop, deactivation, masks and enables
 * (IHI 0069 4.1, 4.8, 12.2). SGIs are in sgi.c, the virtual interface in virt.c, the table and its
 * traps in sysregs.c.
 */
#include <string.h>

#include "gic/legacy.h"
#include "gic/lpi.h"
#include "gic/rwp.h"
#include "gic/sysregs.h"

/* -- Who asks -- */

static bool is_el3(const struct gic_pe_state *pe)
{
    return pe->el == 3;
}

static bool is_secure(const struct gic_pe_state *pe)
{
    return pe->secure || pe->el == 3;
}

/* Copies of banked registers go by security state, at EL3 by SCR_EL3.NS (DDI 0487 D1). */
static enum gic_bank bank_of(const struct gic *g, const struct gic_pe_state *pe)
{
    if (!g->config.has_el3)
        return GIC_BANK_NS;
    if (is_el3(pe))
        return pe->scr_el3 & SCR_NS ? GIC_BANK_NS : GIC_BANK_S;
    return pe->secure ? GIC_BANK_S : GIC_BANK_NS;
}

static enum gic_group group1_of(const struct gic *g, const struct gic_pe_state *pe)
{
    return bank_of(g, pe) == GIC_BANK_S ? GIC_G1S : GIC_G1NS;
}

/* Non-secure software with Group 0 kept by EL3 sees the lower half of priorities (IHI 0069 4.8.1).
 */
static bool has_ns_view(const struct gic *g, const struct gic_pe_state *pe)
{
    return g->config.has_el3 && !is_secure(pe) && (pe->scr_el3 & SCR_FIQ) != 0;
}

/* Rows for Group 0 registers have index bit 7 clear, for Group 1 registers set; see sysregs.c. */
static bool is_group1(const struct gic_sysreg *reg)
{
    return reg->kind == CLASS_GROUP1 || reg->kind == CLASS_NMI;
}

/* ICC_CTLR_EL3 and ICC_CTLR_EL1: at EL3 its own bit, else that of the security state. */
static bool eoi_split(const struct gic_vcpu *v, const struct gic_pe_state *pe)
{
    if (is_el3(pe))
        return v->cpu.eoimode_el3;
    return v->cpu.eoimode[bank_of(v->gic, pe)];
}

static bool is_special(uint32_t intid)
{
    return intid >= GIC_INTID_SECURE && intid <= GIC_INTID_SPURIOUS;
}

/* -- Highest pending interrupt, as seen (IHI 0069 12.2.14, 12.2.15) -- */

/*
 * ICC_CTLR_EL3.RM, for legacy software at EL1: EL3 is told that an interrupt is not its own, where
 * it would otherwise take it (IHI 0069 12.2.9).
 */
static bool routing_modified(const struct gic_vcpu *v, const struct gic_pe_state *pe)
{
    return is_el3(pe) && v->cpu.rm;
}

/*
 * Group 0 registers: an interrupt of Group 1 hides one of Group 0 behind it; EL3 is told for whom
 * it is.
 */
static uint32_t hppir0(const struct gic_vcpu *v, const struct gic_pe_state *pe)
{
    const struct gic_hppi *h = &v->hppi;
    bool ds = gic_ds(v->gic);

    if (h->intid == GIC_INTID_SPURIOUS)
        return h->intid;
    if (h->group == GIC_G0 && routing_modified(v, pe))
        return GIC_INTID_SECURE;
    if (h->group == GIC_G0) /* secure with two security states: hidden from the other one */
        return ds || is_secure(pe) || !v->gic->config.has_el3 ? h->intid : GIC_INTID_SPURIOUS;
    if (!is_el3(pe))
        return GIC_INTID_SPURIOUS;
    return h->group == GIC_G1S ? GIC_INTID_SECURE : GIC_INTID_NONSECURE;
}

/* Group 1 registers: each security state sees its own, EL3 both unless ICC_CTLR_EL3.RM. */
static uint32_t hppir1(const struct gic_vcpu *v, const struct gic_pe_state *pe)
{
    const struct gic_hppi *h = &v->hppi;

    if (h->intid == GIC_INTID_SPURIOUS || h->group == GIC_G0)
        return GIC_INTID_SPURIOUS;
    if (h->group == GIC_G1NS && routing_modified(v, pe))
        return GIC_INTID_NONSECURE;
    if (is_el3(pe) || gic_ds(v->gic))
        return h->intid;
    return (h->group == GIC_G1S) == is_secure(pe) ? h->intid : GIC_INTID_SPURIOUS;
}

SYSREG_READ(icc_hppir_read)
{
    (void)g;
    return is_group1(reg) ? hppir1(v, pe) : hppir0(v, pe);
}

/* -- Acknowledge -- */

/*
 * Active priorities hold group priorities, one bit per level that can preempt (IHI 0069 4.8.3).
 * What preempts is the new running priority.
 */
static void activate_priority(struct gic_vcpu *v, const struct gic_hppi *h)
{
    uint8_t priority = h->priority & gic_group_priority_mask(v, h->group);
    unsigned bit = priority >> (8 - v->gic->pre_bits);

    v->registers_changed = true;
    if (h->nmi) {
        v->cpu.nmi_active[h->group] = 1;
        gic_recompute_running(v);
        return;
    }
    v->cpu.apr[h->group][bit / 32] |= 1u << (bit % 32);
    v->running_priority = priority;
    v->running_group = h->group;
    v->running_nmi = false;
}

/* Pending becomes active; a level-sensitive wire that is still up keeps it pending as well. */
static void activate(struct gic *g, struct gic_vcpu *v, const struct gic_hppi *h)
{
    struct irq_ref ref;

    if (h->intid >= GIC_INTID_LPI) {
        gic_lpi_acknowledge(v, h->intid);
        return;
    }
    if (!gic_find(g, v, h->intid, &ref))
        return;
    if (h->intid >= 16 || !gic_sgis_lack_active(g))
        ref.word->active |= 1u << ref.bit;
    ref.word->latch &= ~(1u << ref.bit);
    if (g->config.legacy && h->intid < 16 && gic_sgi_taken(v, h->intid))
        ref.word->latch |= 1u << ref.bit;
    gic_irq_refresh(g, &ref);
}

/* @nmi: what the register tells of an interrupt with superpriority; its own number: takes it. */
static uint32_t acknowledge(struct gic *g, struct gic_vcpu *v, uint32_t seen, uint32_t nmi)
{
    struct gic_hppi h = v->hppi;

    if (!is_special(seen) && !gic_preempts(v, &h))
        seen = GIC_INTID_SPURIOUS;
    if (!is_special(seen) && h.nmi)
        seen = nmi;
    if (is_special(seen)) {
        gic_event(g, GIC_EVENT_SPURIOUS, v, seen, 0);
        return seen;
    }
    gic_event(g, GIC_EVENT_ACKNOWLEDGED, v, h.intid, h.priority);
    activate_priority(v, &h);
    activate(g, v, &h);
    if (g->dist.rwp_reads | v->redist.rwp_reads | v->redist.sync_reads)
        gic_time_passes(v);
    return h.intid;
}

uint32_t gic_acknowledge(struct gic_vcpu *v, uint32_t seen)
{
    return acknowledge(v->gic, v, seen, v->hppi.intid);
}

/*
 * With SCTLR_ELx.NMI software has a vector of its own for them: ICC_IAR1_EL1 then says 1022 and
 * leaves them to ICC_NMIAR1_EL1 (IHI 0069 2.2.1, 4.8.5).
 */
SYSREG_READ(icc_iar_read)
{
    if (!is_group1(reg)) /* Group 0 has none */
        return acknowledge(g, v, hppir0(v, pe), v->hppi.intid);
    return acknowledge(g, v, hppir1(v, pe), pe->sctlr_nmi ? GIC_INTID_NMI : v->hppi.intid);
}

/* IHI 0069 12.2.20: takes interrupts with superpriority only. */
SYSREG_READ(icc_nmiar1_read)
{
    (void)reg;
    return acknowledge(g, v, v->hppi.nmi ? hppir1(v, pe) : GIC_INTID_SPURIOUS, v->hppi.intid);
}

/* -- Priority drop and deactivation -- */

static void drop_priority(struct gic_vcpu *v)
{
    struct gic_cpuif_state *c = &v->cpu;
    unsigned group = v->running_group;

    if (v->running_nmi) {
        c->nmi_active[group] = 0;
        return;
    }
    for (unsigned i = 0; i < 4; i++) {
        if (c->apr[group][i] != 0) {
            c->apr[group][i] &= c->apr[group][i] - 1;
            return;
        }
    }
}

/*
 * IHI 0069 12.2.11, 12.2.12: the write must match the group of the running priority and come from a
 * state that may see that group; EL3 completes Group 1 of both.
 */
static bool may_drop(const struct gic_vcpu *v, bool group1, const struct gic_pe_state *pe)
{
    bool one_state = gic_ds(v->gic) || !v->gic->config.has_el3;

    switch (v->running_group) {
    case GIC_G0:
        return !group1 && (one_state || is_secure(pe));
    case GIC_G1S:
        return group1 && is_secure(pe);
    case GIC_G1NS:
        return group1 && (one_state || is_el3(pe) || !is_secure(pe));
    default: /* nothing is active */
        return false;
    }
}

/* Non-secure software cannot end a secure interrupt (IHI 0069 4.6.3). */
bool gic_may_deactivate(const struct gic *g, const struct irq_ref *ref,
                        const struct gic_pe_state *pe)
{
    return gic_ds(g) || is_secure(pe) || gic_group_of(g, ref->word, ref->bit) == GIC_G1NS;
}

void gic_end(struct gic_vcpu *v, uint32_t intid, bool group1, const struct gic_pe_state *pe)
{
    struct gic *g = v->gic;
    struct irq_ref ref;

    if (is_special(intid) || !may_drop(v, group1, pe))
        return;
    gic_event(g, GIC_EVENT_PRIORITY_DROP, v, intid, v->running_priority);
    drop_priority(v);
    gic_recompute_running(v);
    /* LPIs have no active state: gic_find() does not know them. */
    if (!eoi_split(v, pe) && gic_find(g, v, intid, &ref) && gic_may_deactivate(g, &ref, pe))
        gic_deactivate(g, &ref);
    gic_vcpu_decide(v);
}

SYSREG_WRITE(icc_eoir_write)
{
    (void)g;
    gic_end(v, value & 0xffffff, is_group1(reg), pe);
}

/*
 * IHI 0069 12.2.10: with EOImode 0 the write is unpredictable: ignored here. Below EL3 an interrupt
 * whose exceptions go to a higher level is not this level's to deactivate.
 */
static bool may_dir(const struct gic *g, enum gic_group group, const struct gic_pe_state *pe)
{
    bool fiq_el3 = g->config.has_el3 && (pe->scr_el3 & SCR_FIQ);
    bool irq_el3 = g->config.has_el3 && (pe->scr_el3 & SCR_IRQ);
    bool fiq_el2 = pe->el == 1 && pe->el2_enabled && (pe->hcr_el2 & HCR_FMO);
    bool irq_el2 = pe->el == 1 && pe->el2_enabled && (pe->hcr_el2 & HCR_IMO);

    if (is_el3(pe))
        return true;
    if (group == GIC_G0)
        return (gic_ds(g) || is_secure(pe)) && !fiq_el3 && !fiq_el2;
    if (group == GIC_G1S && !is_secure(pe))
        return false;
    return !irq_el3 && !irq_el2;
}

SYSREG_WRITE(icc_dir_write)
{
    struct irq_ref ref;

    (void)reg;
    if (!eoi_split(v, pe) || !gic_find(g, v, value & 0xffffff, &ref))
        return;
    if (may_dir(g, gic_group_of(g, ref.word, ref.bit), pe))
        gic_deactivate(g, &ref);
}

/* -- Priorities -- */

/* A secure priority is 0 to non-secure software, an idle PE 0xff to everybody (IHI 0069 12.2.25).
 */
static uint8_t ns_view(uint8_t priority)
{
    return priority & 0x80 ? (uint8_t)(priority << 1) : 0;
}

/*
 * Non-secure software sees its own; others those of both states. Without EL3 there is one copy of
 * ICC_AP1R0_EL1, whose bit 63 is NMI.
 */
static uint64_t rpr_nmi(const struct gic *g, const struct gic_vcpu *v,
                        const struct gic_pe_state *pe)
{
    bool nmi = v->cpu.nmi_active[GIC_G1S], nmi_ns = v->cpu.nmi_active[GIC_G1NS];

    if (!g->config.has_el3 || !is_secure(pe))
        return nmi_ns ? RPR_NMI : 0;
    return (nmi ? RPR_NMI : 0) | (nmi_ns ? RPR_NMI_NS : 0);
}

SYSREG_READ(icc_rpr_read)
{
    uint64_t nmi = rpr_nmi(g, v, pe);

    (void)reg;
    if (v->running_priority == GIC_IDLE_PRIORITY)
        return GIC_IDLE_PRIORITY;
    return nmi | (has_ns_view(g, pe) ? ns_view(v->running_priority) : v->running_priority);
}

SYSREG_READ(icc_pmr_read)
{
    (void)reg;
    return has_ns_view(g, pe) ? ns_view(v->cpu.pmr) : v->cpu.pmr;
}

/* Non-secure software can change a mask only within its own half (IHI 0069 12.2.22). */
SYSREG_WRITE(icc_pmr_write)
{
    uint8_t pmr = (uint8_t)value;

    (void)reg;
    if (has_ns_view(g, pe)) {
        if (!(v->cpu.pmr & 0x80))
            return;
        pmr = (uint8_t)(0x80 | pmr >> 1);
    }
    v->cpu.pmr = pmr & g->priority_mask;
    gic_vcpu_decide(v);
}

/* -- Binary points -- */

/* Which copy a Group 1 register reaches; CBPR makes both states share BPR0 (IHI 0069 12.2.6). */
static enum gic_group bpr_of(const struct gic *g, const struct gic_vcpu *v,
                             const struct gic_sysreg *reg, const struct gic_pe_state *pe)
{
    if (!is_group1(reg))
        return GIC_G0;
    enum gic_group group = group1_of(g, pe);
    if (group == GIC_G1S && !is_el3(pe) && v->cpu.cbpr[GIC_BANK_S])
        return GIC_G0;
    return group;
}

static bool shares_bpr0(const struct gic_vcpu *v, enum gic_group group,
                        const struct gic_pe_state *pe)
{
    return group == GIC_G1NS && !is_el3(pe) && v->cpu.cbpr[GIC_BANK_NS];
}

SYSREG_READ(icc_bpr_read)
{
    enum gic_group group = bpr_of(g, v, reg, pe);
    unsigned shared = v->cpu.bpr[GIC_G0] + 1u;

    if (shares_bpr0(v, group, pe))
        return shared > 7 ? 7 : shared;
    return v->cpu.bpr[group];
}

SYSREG_WRITE(icc_bpr_write)
{
    enum gic_group group = bpr_of(g, v, reg, pe);
    uint8_t least = group == GIC_G1NS ? g->min_bpr + 1 : g->min_bpr;
    uint8_t bpr = value & 7;

    if (shares_bpr0(v, group, pe))
        return;
    v->cpu.bpr[group] = bpr < least ? least : bpr;
    v->registers_changed = true;
    gic_vcpu_decide(v);
}

/* -- Active priorities (IHI 0069 12.2.3, 12.2.4) -- */

SYSREG_READ(icc_apr_read)
{
    enum gic_group group = is_group1(reg) ? group1_of(g, pe) : GIC_G0;
    uint64_t nmi = reg->index == 0 && v->cpu.nmi_active[group] ? APR_NMI : 0;

    return v->cpu.apr[group][reg->index] | nmi;
}

SYSREG_WRITE(icc_apr_write)
{
    enum gic_group group = is_group1(reg) ? group1_of(g, pe) : GIC_G0;

    v->cpu.apr[group][reg->index] = (uint32_t)value & gic_apr_bits(g, reg->index);
    if (reg->index == 0 && is_group1(reg) && g->config.has_nmi)
        v->cpu.nmi_active[group] = (value & APR_NMI) != 0;
    gic_vcpu_update_running(v);
}

/* -- Control -- */

/* PRIbits, IDbits (16 or 24), A3V, RSS, ExtRange: as the distributor has them (IHI 0069 12.2.8). */
uint64_t gic_ctlr_constants(const struct gic *g)
{
    uint64_t id24 = g->config.lpi_id_bits > 16;
    uint64_t extended = g->config.n_espis != 0 || g->config.n_eppis != 0;

    return (uint64_t)(g->priority_bits - 1) << 8 | id24 << 11 | 1u << 15 | 1u << 18 |
           extended << 19;
}

SYSREG_READ(icc_ctlr_el1_read)
{
    enum gic_bank bank = bank_of(g, pe);

    (void)reg;
    return gic_ctlr_constants(g) | v->cpu.cbpr[bank] | (uint64_t)v->cpu.eoimode[bank] << 1 |
           (v->cpu.pmhe ? ICC_CTLR_PMHE : 0);
}

/* CBPR and PMHE are EL3's while there are two security states. */
SYSREG_WRITE(icc_ctlr_el1_write)
{
    enum gic_bank bank = bank_of(g, pe);

    (void)reg;
    v->cpu.eoimode[bank] = (value & ICC_CTLR_EOIMODE) != 0;
    if (!g->config.has_el3 || gic_ds(g)) {
        v->cpu.cbpr[bank] = (value & ICC_CTLR_CBPR) != 0;
        v->cpu.pmhe = g->config.has_one_of_n && (value & ICC_CTLR_PMHE) != 0;
    }
    gic_publish_enables(v);
    gic_vcpu_decide(v);
}

/* IHI 0069 12.2.9. nDS 0: GICD_CTLR.DS may be 1. RM is RES0 without support for SRE 0. */
SYSREG_READ(icc_ctlr_el3_read)
{
    const struct gic_cpuif_state *c = &v->cpu;

    (void)reg, (void)pe;
    return gic_ctlr_constants(g) | c->cbpr[GIC_BANK_S] | (uint64_t)c->cbpr[GIC_BANK_NS] << 1 |
           (uint64_t)c->eoimode_el3 << 2 | (uint64_t)c->eoimode[GIC_BANK_S] << 3 |
           (uint64_t)c->eoimode[GIC_BANK_NS] << 4 | (c->rm ? ICC_CTLR3_RM : 0) |
           (c->pmhe ? ICC_CTLR_PMHE : 0);
}

SYSREG_WRITE(icc_ctlr_el3_write)
{
    struct gic_cpuif_state *c = &v->cpu;

    (void)reg, (void)pe;
    c->cbpr[GIC_BANK_S] = value & 1;
    c->cbpr[GIC_BANK_NS] = (value >> 1) & 1;
    c->eoimode_el3 = (value >> 2) & 1;
    c->eoimode[GIC_BANK_S] = (value >> 3) & 1;
    c->eoimode[GIC_BANK_NS] = (value >> 4) & 1;
    c->rm = g->config.sre_writable && (value & ICC_CTLR3_RM) != 0;
    c->pmhe = g->config.has_one_of_n && (value & ICC_CTLR_PMHE) != 0;
    gic_publish_enables(v);
    gic_vcpu_decide(v);
}

/* ICC_SRE_EL<n>. DFB and DIB stay as they are written: there is no bypass. */
static uint8_t *sre_of(const struct gic *g, struct gic_vcpu *v, const struct gic_sysreg *reg,
                       const struct gic_pe_state *pe)
{
    switch (reg->index) {
    case 1:
        return &v->cpu.sre_el1[bank_of(g, pe)];
    case 2:
        return &v->cpu.sre_el2;
    default:
        return &v->cpu.sre_el3;
    }
}

SYSREG_READ(icc_sre_read)
{
    return *sre_of(g, v, reg, pe);
}

/*
 * SRE is RAZ/WI while a higher level's is 0 (IHI 0069 12.2.29). From 1 to 0 is UNPREDICTABLE: here
 * the lower levels lose theirs too.
 */
void gic_sre_settle(struct gic_vcpu *v)
{
    const struct gic_config *config = &v->gic->config;
    struct gic_cpuif_state *c = &v->cpu;
    bool el3 = !config->has_el3 || (c->sre_el3 & SRE_SRE);

    if (!config->sre_writable)
        return;
    if (!el3) {
        c->sre_el2 &= (uint8_t)~SRE_SRE;
        c->sre_el1[GIC_BANK_S] &= (uint8_t)~SRE_SRE;
    }
    if (!el3 || (config->has_el2 && !(c->sre_el2 & SRE_SRE)))
        c->sre_el1[GIC_BANK_NS] &= (uint8_t)~SRE_SRE;
}

#define SRE_AT_EL1 (SRE_SRE | SRE_DFB | SRE_DIB)
#define SRE_ABOVE  (SRE_AT_EL1 | SRE_ENABLE)

static void fix_sre(struct gic_cpuif_state *c)
{
    c->sre_el1[GIC_BANK_S] = c->sre_el1[GIC_BANK_NS] = SRE_AT_EL1;
    c->sre_el2 = c->sre_el3 = SRE_ABOVE;
}

void gic_sre_mend(struct gic_vcpu *v)
{
    struct gic_cpuif_state *c = &v->cpu;

    c->sre_el1[GIC_BANK_S] &= SRE_AT_EL1;
    c->sre_el1[GIC_BANK_NS] &= SRE_AT_EL1;
    c->sre_el2 &= SRE_ABOVE;
    c->sre_el3 &= SRE_ABOVE;
    if (!v->gic->config.sre_writable)
        fix_sre(c);
    gic_sre_settle(v);
}

SYSREG_WRITE(icc_sre_write)
{
    if (!g->config.sre_writable)
        return;
    *sre_of(g, v, reg, pe) = (uint8_t)value & (reg->index == 1 ? SRE_AT_EL1 : SRE_ABOVE);
    gic_sre_settle(v);
    v->registers_changed = true;
    gic_vcpu_decide(v);
}

/* -- Group enables -- */

SYSREG_READ(icc_igrpen_read)
{
    return v->cpu.igrpen[is_group1(reg) ? group1_of(g, pe) : GIC_G0];
}

SYSREG_WRITE(icc_igrpen_write)
{
    v->cpu.igrpen[is_group1(reg) ? group1_of(g, pe) : GIC_G0] = value & 1;
    gic_vcpu_update_enables(v);
}

/* IHI 0069 12.2.19: bit 0 non-secure, bit 1 secure. */
SYSREG_READ(icc_igrpen1_el3_read)
{
    (void)g, (void)reg, (void)pe;
    return v->cpu.igrpen[GIC_G1NS] | (uint64_t)v->cpu.igrpen[GIC_G1S] << 1;
}

SYSREG_WRITE(icc_igrpen1_el3_write)
{
    (void)g, (void)reg, (void)pe;
    v->cpu.igrpen[GIC_G1NS] = value & 1;
    v->cpu.igrpen[GIC_G1S] = (value >> 1) & 1;
    gic_vcpu_update_enables(v);
}

/* -- Reset: constants of the GIC, the same every time -- */

void gic_cpuif_reset(struct gic_vcpu *v)
{
    const struct gic *g = v->gic;
    struct gic_cpuif_state *c = &v->cpu;
    uint8_t el = c->pe_el, secure = c->pe_secure;

    memset(c, 0, sizeof(*c));
    c->pe_el = el;
    c->pe_secure = secure;
    c->bpr[GIC_G0] = g->min_bpr;
    c->bpr[GIC_G1S] = g->min_bpr;
    c->bpr[GIC_G1NS] = g->min_bpr + 1;
    if (!g->config.sre_writable)
        fix_sre(c);
    gic_virt_reset(v);
}
