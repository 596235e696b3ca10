/* SPDX-License-Identifier: MIT */
/*
 * Is this interrupt signalled to this vCPU?  (design.md, contract 1)
 *
 * The full answer is a walk through the gates of one table, in architectural order: explain.c.
 * Delivery uses the same conditions in cached form: the first gates decide membership of a pending
 * set, the group gates a mask of groups, and the last ones, which are functions here that both
 * call, are evaluated on the highest pending interrupt. With GIC_PARANOID every update asserts that
 * both agree.
 */
#ifdef GIC_PARANOID
#undef NDEBUG /* asked for by name, in every kind of build */
#endif
#include <assert.h>
#include <string.h>

#include "gic/legacy.h"
#include "gic/lpi.h"

/* -- The parts that both forms share -- */

/*
 * Bits of a priority that count for preemption (IHI 0069 4.8.2). BPR1(NS) counts one bit less than
 * BPR0 with the same value; ICC_CTLR.CBPR makes Group 1 use BPR0.
 */
uint8_t gic_group_priority_mask(const struct gic_vcpu *v, enum gic_group group)
{
    const struct gic_cpuif_state *c = &v->cpu;
    unsigned bpr = c->bpr[group];

    if (group == GIC_G1S && c->cbpr[GIC_BANK_S])
        bpr = c->bpr[GIC_G0];
    if (group == GIC_G1NS)
        bpr = c->cbpr[GIC_BANK_NS] ? c->bpr[GIC_G0] : bpr - 1u;
    return (uint8_t)(0xff << (bpr + 1));
}

/*
 * IHI 0069 4.8.6: priority strictly higher than the mask. A non-maskable interrupt passes any mask,
 * except that secure software's mask below 0x80 holds back the non-secure ones.
 */
bool gic_passes_mask(const struct gic_vcpu *v, const struct gic_hppi *h)
{
    if (!h->nmi)
        return h->priority < v->cpu.pmr;
    if (h->group != GIC_G1NS || gic_ds(v->gic))
        return true;
    return v->cpu.pmr > 0x80 || (v->cpu.pmr == 0x80 && !v->cpu.pe_secure);
}

/* IHI 0069 4.8.3: preemption looks at group priorities; equal ones do not preempt. */
bool gic_passes_running(const struct gic_vcpu *v, const struct gic_hppi *h)
{
    uint8_t mask = gic_group_priority_mask(v, h->group);

    if (v->running_priority == GIC_IDLE_PRIORITY)
        return true;
    if ((h->priority & mask) != (v->running_priority & mask))
        return (h->priority & mask) < (v->running_priority & mask);
    return h->nmi && !v->running_nmi;
}

bool gic_preempts(const struct gic_vcpu *v, const struct gic_hppi *h)
{
    return h->intid != GIC_INTID_SPURIOUS && gic_passes_mask(v, h) && gic_passes_running(v, h);
}

/* Legacy: the highest exception level does not use the system registers (IHI 0069 10.1). */
static bool uses_gicc(const struct gic_vcpu *v)
{
    const struct gic_config *c = &v->gic->config;
    uint8_t top = c->has_el3   ? v->cpu.sre_el3
                  : c->has_el2 ? v->cpu.sre_el2
                               : v->cpu.sre_el1[GIC_BANK_NS];

    return c->legacy && !(top & SRE_SRE);
}

/*
 * IHI 0069 4.6.2. One security state: Group 0 is FIQ, Group 1 IRQ. Two: an interrupt for the
 * other security state than the PE's, and anything at EL3, is an FIQ. With GICC: Group 1 is IRQ,
 * and Group 0 as GICC_CTLR.FIQEn says.
 */
enum gic_line gic_line_for(const struct gic_vcpu *v, enum gic_group group, unsigned el, bool secure)
{
    if (uses_gicc(v))
        return group == GIC_G0 && v->cpu.fiqen ? GIC_LINE_FIQ : GIC_LINE_IRQ;
    if (group == GIC_G0)
        return GIC_LINE_FIQ;
    if (gic_ds(v->gic))
        return GIC_LINE_IRQ;
    if (el == 3)
        return GIC_LINE_FIQ;
    return (group == GIC_G1S) == secure ? GIC_LINE_IRQ : GIC_LINE_FIQ;
}

/* -- The cached form -- */

void gic_drive_line(struct gic_vcpu *v, enum gic_line line, bool level)
{
    struct gic *g = v->gic;

    if (((v->lines >> line) & 1) == level)
        return;
    v->lines ^= (uint8_t)(1u << line);
    if (g->config.set_line != NULL)
        g->config.set_line(g->config.opaque, v->index, line, level);
    gic_event(g, GIC_EVENT_LINE, v, GIC_INTID_SPURIOUS, (uint64_t)line << 1 | level);
}

bool gic_is_asleep(const struct gic_vcpu *v)
{
    return v->gic->config.waker_gates && (v->redist.waker & WAKER_CHILDREN_ASLEEP) != 0;
}

unsigned gic_dist_groups(const struct gic *g)
{
    uint32_t ctlr = g->dist.ctlr;

    return (ctlr & CTLR_ENABLE_G0 ? 1u << GIC_G0 : 0) |
           (ctlr & CTLR_ENABLE_G1S ? 1u << GIC_G1S : 0) |
           (ctlr & CTLR_ENABLE_G1NS ? 1u << GIC_G1NS : 0);
}

static unsigned cpu_groups(const struct gic_cpuif_state *c)
{
    return (unsigned)(c->igrpen[GIC_G0] << GIC_G0 | c->igrpen[GIC_G1S] << GIC_G1S |
                      c->igrpen[GIC_G1NS] << GIC_G1NS);
}

/* IHI 0069 11.1: while the processor sleeps, an interrupt that waits asks for power instead. */
static void update_wake(struct gic_vcpu *v)
{
    struct gic_hppi h = {.intid = GIC_INTID_SPURIOUS};

    if (gic_is_asleep(v) && (v->redist.waker & WAKER_PROCESSOR_SLEEP))
        gic_pending_highest(v, gic_dist_groups(v->gic), &h);
    gic_drive_line(v, GIC_LINE_WAKE, h.intid != GIC_INTID_SPURIOUS);
}

/* All at once: most updates change none. Superpriority is told before what it belongs to. */
static void drive_interrupt(struct gic_vcpu *v)
{
    const uint8_t all = 1u << GIC_LINE_IRQ | 1u << GIC_LINE_FIQ | 1u << GIC_LINE_NMI;
    uint8_t up = 0;

    if (gic_preempts(v, &v->hppi))
        up = (uint8_t)(1u << gic_line_for(v, v->hppi.group, v->cpu.pe_el, v->cpu.pe_secure) |
                       v->hppi.nmi << GIC_LINE_NMI);
    if (((v->lines ^ up) & all) == 0)
        return;
    if (up & (1u << GIC_LINE_NMI))
        gic_drive_line(v, GIC_LINE_NMI, true);
    gic_drive_line(v, GIC_LINE_IRQ, (up >> GIC_LINE_IRQ) & 1);
    gic_drive_line(v, GIC_LINE_FIQ, (up >> GIC_LINE_FIQ) & 1);
    gic_drive_line(v, GIC_LINE_NMI, (up >> GIC_LINE_NMI) & 1);
}

void gic_vcpu_decide(struct gic_vcpu *v)
{
    if (v->gic->rebuilding)
        return;
    drive_interrupt(v);
    if (v->gic->config.waker_gates)
        update_wake(v);
    gic_publish(v);
#ifdef GIC_PARANOID
    gic_check_cached(v);
#endif
}

void gic_vcpu_update(struct gic_vcpu *v)
{
    if (v->gic->rebuilding)
        return;
    gic_pending_highest(v, v->group_mask, &v->hppi);
    gic_vcpu_decide(v);
}

static uint8_t enabled_groups(const struct gic_vcpu *v)
{
    return gic_is_asleep(v) ? 0 : (uint8_t)(gic_dist_groups(v->gic) & cpu_groups(&v->cpu));
}

void gic_vcpu_update_enables(struct gic_vcpu *v)
{
    v->group_mask = enabled_groups(v);
    gic_publish_enables(v);
    if (gic_has_choice(v->gic))
        gic_one_of_n_update(v);
    gic_vcpu_update(v);
}

void gic_vcpu_update_rebuilt(struct gic_vcpu *v)
{
    v->group_mask = enabled_groups(v);
    gic_publish_enables(v);
    if (gic_has_choice(v->gic))
        gic_one_of_n_update(v);
    gic_vcpu_update_running(v);
}

/* The most urgent active priority, as a bit of ICC_APxRn; 128 and no group: none. */
static unsigned first_active(const struct gic_vcpu *v, unsigned *group)
{
    const uint32_t(*apr)[4] = v->cpu.apr;

    for (unsigned i = 0; i < v->gic->apr_words; i++) {
        uint32_t any = apr[GIC_G0][i] | apr[GIC_G1S][i] | apr[GIC_G1NS][i];
        if (any == 0)
            continue;
        uint32_t first = any & -any;
        *group = apr[GIC_G0][i] & first ? GIC_G0 : apr[GIC_G1S][i] & first ? GIC_G1S : GIC_G1NS;
        return i * 32 + (unsigned)__builtin_ctz(any);
    }
    *group = GIC_N_GROUPS;
    return 128;
}

/*
 * An active non-maskable interrupt stands before interrupts of its priority: 0, or for non-secure
 * Group 1 where there are two security states 0x80 (IHI 0069 4.8).
 */
static void consider_nmi(struct gic_vcpu *v, enum gic_group group, unsigned *best)
{
    unsigned at = group == GIC_G1NS && !gic_ds(v->gic) ? 0x80u >> (8u - v->gic->pre_bits) : 0;

    if (!v->cpu.nmi_active[group] || at > *best || (at == *best && v->running_nmi))
        return;
    *best = at;
    v->running_group = (uint8_t)group;
    v->running_nmi = true;
}

/* IHI 0069 4.8.2: the running priority is the highest group priority that is active. */
void gic_recompute_running(struct gic_vcpu *v)
{
    unsigned group;
    unsigned best = first_active(v, &group);

    v->registers_changed = true; /* active priorities were, or there would be no need */
    v->running_group = (uint8_t)group;
    v->running_nmi = false;
    if (v->cpu.nmi_active[GIC_G0] | v->cpu.nmi_active[GIC_G1S] | v->cpu.nmi_active[GIC_G1NS])
        for (unsigned i = 0; i < GIC_N_GROUPS; i++)
            consider_nmi(v, (enum gic_group)i, &best);
    v->running_priority =
        best == 128 ? GIC_IDLE_PRIORITY : (uint8_t)(best << (8u - v->gic->pre_bits));
}

void gic_vcpu_update_running(struct gic_vcpu *v)
{
    gic_recompute_running(v);
    gic_vcpu_update(v);
}

/* A change of GICD_CTLR: for most vCPUs, which have nothing pending that it concerns, a mask. */
void gic_update_all(struct gic *g)
{
    for (unsigned i = 0; i < g->config.n_vcpus; i++) {
        struct gic_vcpu *v = &g->vcpus[i];
        uint8_t mask = enabled_groups(v);
        unsigned changed = mask ^ v->group_mask;
        v->group_mask = mask;
        if (gic_is_asleep(v)) /* WakeRequest, and E1NWF */
            gic_vcpu_update_enables(v);
        else if (gic_pending_any(v, changed))
            gic_vcpu_update(v);
    }
}

void gic_pe_moved(struct gic_vcpu *v, const struct gic_pe_state *pe)
{
    v->cpu.pe_el = pe->el;
    v->cpu.pe_secure = pe->secure || pe->el == 3;
    if (!gic_ds(v->gic))
        gic_vcpu_decide(v);
}

void gic_pe_changed(struct gic *g, unsigned vcpu, const struct gic_pe_state *pe)
{
    if (vcpu < g->config.n_vcpus)
        gic_note_pe(&g->vcpus[vcpu], pe);
}

bool gic_line_level(const struct gic *g, unsigned vcpu, enum gic_line line)
{
    return vcpu < g->config.n_vcpus && ((g->vcpus[vcpu].lines >> line) & 1);
}

#ifdef GIC_PARANOID
/* The slow walk: no sets, no caches but the gates themselves. */
static void consider(struct gic_vcpu *v, uint32_t intid, struct gic_hppi *best)
{
    struct gic_verdict verdict;
    struct gic_pe_state pe = {.el = v->cpu.pe_el, .secure = v->cpu.pe_secure};
    struct irq_ref r;
    bool lpi = intid >= GIC_INTID_LPI;

    if (!lpi && (!gic_find(v->gic, v, intid, &r) || !gic_bit(gic_word_pending(r.word), r.bit)))
        return;
    gic_explain(v->gic, v->index, intid, &pe, &verdict);
    if (verdict.first_failed < GIC_GATE_HIGHEST)
        return;
    bool nmi = !lpi && gic_bit(r.word->nmi, r.bit) && verdict.group != GIC_G0;
    unsigned level = gic_level(v->gic, verdict.priority, nmi);
    unsigned best_level = best->intid == GIC_INTID_SPURIOUS
                              ? GIC_MAX_LEVELS
                              : gic_level(v->gic, best->priority, best->nmi);
    if (level < best_level || (level == best_level && verdict.group < best->group))
        *best = (struct gic_hppi){intid, verdict.priority, (uint8_t)verdict.group, nmi};
}

static void check_running(struct gic_vcpu *v)
{
    uint8_t priority = v->running_priority, group = v->running_group;
    bool nmi = v->running_nmi, changed = v->registers_changed;

    gic_recompute_running(v);
    v->registers_changed = changed;
    assert(priority == v->running_priority && group == v->running_group && nmi == v->running_nmi);
}

/* With many vCPUs, whose tests would take minutes, now and then: the publications are counted. */
static bool is_due(const struct gic_vcpu *v)
{
    return v->gic->config.n_vcpus <= 8 ||
           (gic_published(v->gic, v->index) >> GIC_PUB_SEQUENCE_SHIFT) % 64 == 0;
}

void gic_check_cached(struct gic_vcpu *v)
{
    struct gic_hppi best = {.intid = GIC_INTID_SPURIOUS};
    struct gic_verdict verdict;
    struct gic_pe_state pe = {.el = v->cpu.pe_el, .secure = v->cpu.pe_secure};

    if (!is_due(v))
        return;
    check_running(v);
    for (unsigned slot = 0; slot < 32; slot++)
        consider(v, slot, &best);
    for (unsigned slot = 32; slot < 1024; slot++)
        consider(v, slot, &best);
    for (unsigned slot = 32; slot < GIC_LOCAL_SLOTS; slot++)
        consider(v, gic_local_intid(slot), &best);
    for (unsigned slot = 1024; slot < GIC_SHARED_SLOTS; slot++)
        consider(v, gic_shared_intid(slot), &best);
    for (uint32_t i = gic_lpi_next_pending(v, GIC_INTID_LPI); i != 0;
         i = gic_lpi_next_pending(v, i + 1))
        consider(v, i, &best);
    assert(best.intid == v->hppi.intid);
    if (best.intid == GIC_INTID_SPURIOUS) {
        assert((v->lines & (1u << GIC_LINE_IRQ | 1u << GIC_LINE_FIQ)) == 0);
        return;
    }
    gic_explain(v->gic, v->index, best.intid, &pe, &verdict);
    assert(best.group == v->hppi.group && best.priority == v->hppi.priority);
    assert(verdict.signalled == (((v->lines >> verdict.line) & 1) != 0));
}
#endif
