/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The virtual CPU interface (IHI 0069 4.7, 12.3, 12.4).
 *
 * - The highest pending virtual interrupt is the list register that is pending and not active, of a
 *   group that ICH_VMCR enables, with the lowest number as its priority; superpriority first; among
 *   equals the library takes the lowest list register. What is injected directly (rule_vpe.c) comes
 *   before it if its priority is higher, unless ICH_HCR.DVIM hides it.
 * - It is signalled, if ICH_HCR.En, under the same conditions as a physical one, with VPMR, VBPR<n>
 *   and the virtual active priorities.
 * - ICV_IAR takes it, if ICH_HCR.En: active, unless it is an LPI. One with superpriority is for
 *   ICV_NMIAR1 alone, if the guest has a vector for it: ICV_IAR1 then says 1022. ICV_EOIR drops the
 * highest active priority; with VEOIM 0 it deactivates the list register that holds the INTID as
 * active with the priority and group that were dropped. If no list register holds it, EOIcount
 * counts, but only where a deactivation would have happened (VEOIM 0 and no LPI, or ICV_DIR).
 * - A list register with HW deactivates its physical interrupt too, if there is one of that number
 *   and it is not a secure one (the hypervisors here are non-secure).
 * - ICH_MISR's bits are levels. A list register that reports an end of interrupt is not empty.
 */
#include <stddef.h>

#include "tests/model/model.h"

static bool is_lpi(unsigned intid)
{
    return intid >= 8192;
}

static bool is_special(unsigned intid)
{
    return intid >= 1020 && intid <= 1023;
}

/* -- Priorities -- */

static unsigned v_group_priority(const struct m_vcpu *c, bool group1, unsigned priority)
{
    unsigned bits = c->v_bpr[0] + 1;

    if (group1 && !c->v_cbpr)
        bits = c->v_bpr[1];
    return priority >> bits << bits;
}

static unsigned lr_priority(const struct m_lr *l)
{
    return l->nmi && l->group ? 0 : l->priority;
}

unsigned rule_v_running(const struct model *m, const struct m_vcpu *c)
{
    (void)m;
    if (c->v_active_nmi)
        return 0;
    for (unsigned level = 0; level < 256; level++)
        if (c->v_active_priority[0][level] || c->v_active_priority[1][level])
            return level;
    return M_IDLE;
}

static int highest_lr(const struct model *m, const struct m_vcpu *c)
{
    int best = -1;

    for (int i = 0; i < (int)m->n_lrs; i++) {
        const struct m_lr *l = &c->lr[i], *b = best < 0 ? NULL : &c->lr[best];
        bool nmi = l->nmi && l->group;
        if (!l->pending || l->active || !c->v_igrpen[l->group])
            continue;
        if (b == NULL || lr_priority(l) < lr_priority(b) ||
            (lr_priority(l) == lr_priority(b) && nmi && !(b->nmi && b->group)))
            best = i;
    }
    return best;
}

/* *lr: the list register that has it, -1: it is injected directly. */
static struct m_waiting highest(const struct model *m, unsigned cpu, int *lr)
{
    const struct m_vcpu *c = &m->vcpu[cpu];
    const bool none[2] = {false, false};
    struct m_waiting direct = rule_direct_highest(m, cpu, c->v_dvim ? none : c->v_igrpen);

    *lr = highest_lr(m, c);
    if (*lr < 0)
        return direct;
    const struct m_lr *l = &c->lr[*lr];
    struct m_waiting w = {l->vintid, l->group, lr_priority(l), l->nmi && l->group};
    if (direct.intid == M_NONE || w.nmi || w.priority <= direct.priority)
        return w;
    *lr = -1;
    return direct;
}

static bool waits(const struct m_waiting *w, int lr)
{
    return lr >= 0 || w->intid != M_NONE;
}

struct m_waiting rule_v_highest(const struct model *m, unsigned cpu)
{
    int lr;

    return highest(m, cpu, &lr);
}

static bool preempts(const struct model *m, const struct m_vcpu *c, const struct m_waiting *w)
{
    unsigned running = rule_v_running(m, c);
    unsigned mine = v_group_priority(c, w->group, w->priority);

    if (!w->nmi && w->priority >= c->v_pmr)
        return false;
    if (running == M_IDLE)
        return true;
    running = v_group_priority(c, w->group, running);
    return mine != running ? mine < running : w->nmi && !c->v_active_nmi;
}

bool rule_v_signalled(const struct model *m, unsigned cpu)
{
    const struct m_vcpu *c = &m->vcpu[cpu];
    int lr;
    struct m_waiting w = highest(m, cpu, &lr);

    return c->v_en && waits(&w, lr) && preempts(m, c, &w);
}

/* -- Taking and ending -- */

unsigned rule_v_hppir(const struct model *m, unsigned cpu, bool group1)
{
    int lr;
    struct m_waiting w = highest(m, cpu, &lr);

    return waits(&w, lr) && w.group == group1 ? w.intid : M_NONE;
}

static unsigned take(struct model *m, unsigned cpu, const struct m_waiting *w, int lr)
{
    struct m_vcpu *c = &m->vcpu[cpu];

    if (lr >= 0)
        c->lr[lr].pending = false;
    else
        rule_direct_take(m, cpu, w->intid);
    if (is_special(w->intid)) /* no such interrupt: the list register is used up */
        return M_NONE;
    if (w->nmi)
        c->v_active_nmi = true;
    else
        c->v_active_priority[w->group][v_group_priority(c, w->group, w->priority)] = true;
    if (lr >= 0)
        c->lr[lr].active = !is_lpi(w->intid);
    return w->intid;
}

unsigned rule_v_iar(struct model *m, unsigned cpu, bool group1, bool own_nmi_vector)
{
    const struct m_vcpu *c = &m->vcpu[cpu];
    int lr;
    struct m_waiting w = highest(m, cpu, &lr);

    if (!c->v_en || !waits(&w, lr) || w.group != group1 || !preempts(m, c, &w))
        return M_NONE;
    return w.nmi && own_nmi_vector ? 1022 : take(m, cpu, &w, lr);
}

unsigned rule_v_nmiar(struct model *m, unsigned cpu)
{
    const struct m_vcpu *c = &m->vcpu[cpu];
    int lr;
    struct m_waiting w = highest(m, cpu, &lr);

    if (!c->v_en || !waits(&w, lr) || !w.nmi || !preempts(m, c, &w))
        return M_NONE;
    return take(m, cpu, &w, lr);
}

static struct m_lr *active_lr(const struct model *m, struct m_vcpu *c, unsigned intid)
{
    for (unsigned i = 0; i < m->n_lrs; i++)
        if (c->lr[i].active && c->lr[i].vintid == intid)
            return &c->lr[i];
    return NULL;
}

static void deactivate(struct model *m, unsigned cpu, struct m_lr *l)
{
    struct m_irq *i = l->hw && !is_special(l->pintid) ? m_irq(m, cpu, l->pintid) : NULL;

    l->active = false;
    if (i != NULL && (m->ds || rule_group(m, i) == G1NS))
        i->active = false;
}

/* ICH_HCR.vSGIEOICount: SGIs are not counted, as they were injected directly. */
static void count(struct m_vcpu *c, unsigned intid)
{
    if (intid < 16 && c->v_sgis_uncounted)
        return;
    c->v_eoicount = (c->v_eoicount + 1) & 0x1f;
}

/* Returns the priority that was dropped, M_IDLE: none; *nmi: superpriority. */
static unsigned drop(const struct model *m, struct m_vcpu *c, bool *nmi)
{
    unsigned running = rule_v_running(m, c);

    *nmi = c->v_active_nmi;
    if (*nmi)
        c->v_active_nmi = false;
    else if (running != M_IDLE)
        c->v_active_priority[c->v_active_priority[0][running] ? 0 : 1][running] = false;
    return running;
}

void rule_v_eoir(struct model *m, unsigned cpu, bool group1, unsigned intid)
{
    struct m_vcpu *c = &m->vcpu[cpu];
    unsigned dropped;
    bool nmi;

    if (is_special(intid))
        return;
    dropped = drop(m, c, &nmi);
    if (dropped == M_IDLE)
        return;
    struct m_lr *l = active_lr(m, c, intid);
    if (l == NULL && !c->v_eoimode && !is_lpi(intid))
        count(c, intid);
    if (l == NULL || (c->v_eoimode && !is_lpi(intid)) || l->group != group1)
        return;
    if ((l->nmi && l->group) == nmi &&
        (nmi || v_group_priority(c, l->group, l->priority) == dropped))
        deactivate(m, cpu, l);
}

void rule_v_dir(struct model *m, unsigned cpu, unsigned intid)
{
    struct m_vcpu *c = &m->vcpu[cpu];
    struct m_lr *l = active_lr(m, c, intid);

    if (is_special(intid) || is_lpi(intid) || !c->v_eoimode)
        return;
    if (l == NULL)
        count(c, intid);
    else
        deactivate(m, cpu, l);
}

/* -- What the hypervisor reads -- */

unsigned rule_v_eisr(const struct model *m, const struct m_vcpu *c)
{
    unsigned bits = 0;

    for (unsigned i = 0; i < m->n_lrs; i++)
        if (!c->lr[i].pending && !c->lr[i].active && !c->lr[i].hw && c->lr[i].eoi)
            bits |= 1u << i;
    return bits;
}

unsigned rule_v_elrsr(const struct model *m, const struct m_vcpu *c)
{
    unsigned bits = 0;

    for (unsigned i = 0; i < m->n_lrs; i++)
        if (!c->lr[i].pending && !c->lr[i].active && (c->lr[i].hw || !c->lr[i].eoi))
            bits |= 1u << i;
    return bits;
}

unsigned rule_v_misr(const struct model *m, const struct m_vcpu *c)
{
    unsigned valid = 0, pending = 0, bits = 0;

    for (unsigned i = 0; i < m->n_lrs; i++) {
        valid += c->lr[i].pending || c->lr[i].active;
        pending += c->lr[i].pending;
    }
    bits |= rule_v_eisr(m, c) != 0 ? 1u << 0 : 0;
    bits |= c->v_uie && valid <= 1 ? 1u << 1 : 0;
    bits |= c->v_lrenpie && c->v_eoicount != 0 ? 1u << 2 : 0;
    bits |= c->v_npie && pending == 0 ? 1u << 3 : 0;
    bits |= c->v_grp0e && c->v_igrpen[0] ? 1u << 4 : 0;
    bits |= c->v_grp0d && !c->v_igrpen[0] ? 1u << 5 : 0;
    bits |= c->v_grp1e && c->v_igrpen[1] ? 1u << 6 : 0;
    bits |= c->v_grp1d && !c->v_igrpen[1] ? 1u << 7 : 0;
    return bits;
}
