/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Routing of SPIs (IHI 0069 4.4, GICD_IROUTER<n>).
 *
 * - IRM 0: to the PE of that affinity; none such: the interrupt stays pending.
 * - IRM 1: to any one PE that takes part: ICC_IGRPEN for the group set, awake, GICR_CTLR.DPG* for
 *   the group clear. ICC_CTLR.PMHE: PEs whose mask would hold it back come last.
 *
 * The library chooses when the interrupt becomes pending, enabled and not active, keeps to that PE
 * while it takes part, and chooses anew when it ceases to; the choice point answers "the first".
 */
#include "tests/model/model.h"

static bool takes_part(const struct m_vcpu *c, unsigned group)
{
    return c->igrpen[group] && !c->asleep && !c->dpg[group];
}

static int choose(const struct model *m, const struct m_irq *i)
{
    unsigned group = rule_group(m, i);
    int first = -1;

    for (int cpu = 0; cpu < M_VCPUS; cpu++) {
        const struct m_vcpu *c = &m->vcpu[cpu];
        if (!takes_part(c, group))
            continue;
        if (!c->pmhe || i->priority < c->pmr)
            return cpu;
        if (first < 0)
            first = cpu;
    }
    return first;
}

void rule_settle(struct model *m)
{
    for (unsigned n = 0; n < M_SHARED; n++) {
        struct m_irq *i = &m->shared[n];
        bool candidate = i->any && rule_pending(i) && i->enable && !i->active;
        if (!candidate)
            i->chosen = -1;
        else if (i->chosen < 0 || !takes_part(&m->vcpu[i->chosen], rule_group(m, i)))
            i->chosen = choose(m, i);
    }
}

bool rule_routed(const struct model *m, const struct m_irq *i, unsigned cpu)
{
    (void)m;
    return (i->any ? i->chosen : i->target) == (int)cpu;
}
