/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Priorities (IHI 0069 4.8).
 *
 * - A candidate is pending, enabled, not active, routed here, of a group that GICD_CTLR and
 *   ICC_IGRPEN enable, at a PE that is awake. An LPI is one if it is pending and its configuration
 *   enables it.
 * - The lowest number is the highest priority. Superpriority counts as just above 0, for
 *   non-secure Group 1 with two security states as just above 0x80.
 * - Among equals the library takes the lower group, then the lower INTID (the architecture leaves
 *   it open).
 * - It is signalled if its priority is higher than ICC_PMR and its group priority is higher than
 *   the running priority's. Superpriority passes any mask, but a mask below 0x80 holds non-secure
 *   superpriority back, and one of 0x80 does while the PE is secure.
 * - The group priority is the priority without as many low bits as the binary point says.
 */
#include <stddef.h>

#include "tests/model/model.h"

static unsigned effective_priority(const struct model *m, unsigned group, bool nmi,
                                   unsigned priority)
{
    if (!nmi)
        return priority;
    return group == G1NS && !m->ds ? 0x80 : 0;
}

static bool higher(const struct m_waiting *a, const struct m_waiting *b)
{
    if (a->priority != b->priority)
        return a->priority < b->priority;
    if (a->nmi != b->nmi)
        return a->nmi;
    if (a->group != b->group)
        return a->group < b->group;
    return a->intid < b->intid;
}

static void consider(struct model *m, unsigned cpu, unsigned intid, struct m_waiting *best)
{
    const struct m_irq *i = m_irq(m, cpu, intid);
    unsigned group = rule_group(m, i);
    bool nmi = i->nmi && group != G0;
    struct m_waiting w = {intid, group, effective_priority(m, group, nmi, i->priority), nmi};
    bool local = i >= m->vcpu[cpu].local && i < m->vcpu[cpu].local + M_LOCAL;

    if (rule_pending(i) && i->enable && !i->active && (local || rule_routed(m, i, cpu)) &&
        m->enable[group] && (best->intid == M_NONE || higher(&w, best)))
        if (m->vcpu[cpu].igrpen[group] || m->vcpu[cpu].asleep)
            *best = w;
}

static void consider_lpi(struct model *m, unsigned cpu, unsigned lpi, struct m_waiting *best)
{
    const struct m_vcpu *c = &m->vcpu[cpu];
    const struct m_lpi *l = &c->lpi[lpi];
    struct m_waiting w = {M_LPI_FIRST + lpi * M_LPI_STRIDE, G1NS, rule_lpi_priority(m, l), false};

    if (c->lpis_enabled && l->pending && (l->config & 1) && m->enable[G1NS] &&
        (c->igrpen[G1NS] || c->asleep) && (best->intid == M_NONE || higher(&w, best)))
        *best = w;
}

/* For a PE that sleeps: what waits for it to wake up, whatever ICC_IGRPEN said. */
static struct m_waiting waiting(struct model *m, unsigned cpu)
{
    struct m_waiting best = {M_NONE, 0, M_IDLE, false};

    for (unsigned i = 0; i < M_LOCAL; i++)
        consider(m, cpu, m_local_intid(i), &best);
    for (unsigned i = 0; i < M_SHARED; i++)
        consider(m, cpu, m_shared_intid(i), &best);
    for (unsigned i = 0; i < M_LPIS; i++)
        consider_lpi(m, cpu, i, &best);
    return best;
}

struct m_waiting rule_highest(struct model *m, unsigned cpu)
{
    if (m->vcpu[cpu].asleep)
        return (struct m_waiting){M_NONE, 0, M_IDLE, false};
    return waiting(m, cpu);
}

bool rule_wake_request(struct model *m, unsigned cpu)
{
    return m->vcpu[cpu].asleep && waiting(m, cpu).intid != M_NONE;
}

unsigned rule_running(const struct model *m, const struct m_vcpu *c, unsigned *group, bool *nmi)
{
    for (unsigned level = 0; level < 256; level++) {
        for (*group = 0; *group < M_GROUPS; ++*group) {
            *nmi = c->active_nmi[*group] && effective_priority(m, *group, true, 0) == level;
            if (*nmi)
                return level;
        }
        *nmi = false;
        for (*group = 0; *group < M_GROUPS; ++*group)
            if (c->active_priority[*group][level])
                return level;
    }
    *group = M_GROUPS;
    return M_IDLE;
}

static unsigned subpriority_bits(const struct m_vcpu *c, unsigned group)
{
    switch (group) {
    case G0:
        return c->bpr[G0] + 1;
    case G1S:
        return c->cbpr[0] ? c->bpr[G0] + 1 : c->bpr[G1S] + 1;
    default:
        return c->cbpr[1] ? c->bpr[G0] + 1 : c->bpr[G1NS];
    }
}

unsigned rule_group_priority(const struct m_vcpu *c, unsigned group, unsigned priority)
{
    return priority >> subpriority_bits(c, group) << subpriority_bits(c, group);
}

static bool passes_mask(const struct model *m, const struct m_vcpu *c, const struct m_waiting *w)
{
    if (!w->nmi)
        return w->priority < c->pmr;
    if (w->group != G1NS || m->ds)
        return true;
    return c->pmr > 0x80 || (c->pmr == 0x80 && !c->secure);
}

bool rule_signalled(const struct model *m, const struct m_vcpu *c, const struct m_waiting *w)
{
    unsigned group, running, mine;
    bool nmi;

    if (w->intid == M_NONE || !passes_mask(m, c, w))
        return false;
    running = rule_running(m, c, &group, &nmi);
    if (running == M_IDLE)
        return true;
    mine = rule_group_priority(c, w->group, w->priority);
    running = rule_group_priority(c, w->group, running);
    return mine != running ? mine < running : w->nmi && !nmi;
}
