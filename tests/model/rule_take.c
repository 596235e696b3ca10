/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looking and taking (IHI 0069 2.2.1, 12.2.14, 12.2.15, 12.2.20).
 *
 * - ICC_HPPIR<n> names the highest pending interrupt of an enabled group, whatever the mask and the
 *   running priority: Group 0's register one of Group 0, Group 1's one of Group 1 of the PE's own
 *   state (at EL3 of both). Anything else is 1023; but Group 0's register at EL3 says 1020 for a
 *   secure Group 1 interrupt, and 1021 for a non-secure one.
 * - ICC_IAR<n> is the same if the interrupt is signalled, else 1023, and takes it: active, and its
 *   group priority active.
 * - With a vector for superpriority (SCTLR_ELx.NMI) ICC_IAR1 says 1022 for such an interrupt, and
 *   ICC_NMIAR1 takes it. ICC_NMIAR1 takes nothing else.
 * - An LPI has no active state: taking it only ends its being pending.
 */
#include "tests/model/model.h"

unsigned rule_hppir(struct model *m, unsigned cpu, bool group1)
{
    const struct m_vcpu *c = &m->vcpu[cpu];
    struct m_waiting w = rule_highest(m, cpu);
    bool secure_pe = rule_secure_pe(c);

    if (w.intid == M_NONE)
        return M_NONE;
    if (group1) {
        if (w.group == G0)
            return M_NONE;
        return m->ds || c->el == 3 || secure_pe == (w.group == G1S) ? w.intid : M_NONE;
    }
    if (w.group == G0)
        return m->ds || secure_pe ? w.intid : M_NONE;
    return c->el != 3 ? M_NONE : w.group == G1S ? 1020 : 1021;
}

static unsigned take(struct model *m, unsigned cpu, struct m_waiting *w)
{
    struct m_vcpu *c = &m->vcpu[cpu];
    int lpi = m_lpi_index(w->intid);

    if (w->nmi)
        c->active_nmi[w->group] = true;
    else
        c->active_priority[w->group][rule_group_priority(c, w->group, w->priority)] = true;
    if (lpi >= 0)
        c->lpi[lpi].pending = false;
    else
        rule_activate(m_irq(m, cpu, w->intid));
    return w->intid;
}

static bool is_special(unsigned intid)
{
    return intid >= 1020 && intid <= 1023;
}

unsigned rule_iar(struct model *m, unsigned cpu, bool group1)
{
    struct m_vcpu *c = &m->vcpu[cpu];
    unsigned intid = rule_hppir(m, cpu, group1);
    struct m_waiting w = rule_highest(m, cpu);

    if (is_special(intid))
        return intid;
    if (!rule_signalled(m, c, &w))
        return M_NONE;
    if (group1 && w.nmi && c->own_nmi_vector)
        return 1022;
    return take(m, cpu, &w);
}

unsigned rule_nmiar(struct model *m, unsigned cpu)
{
    unsigned intid = rule_hppir(m, cpu, true);
    struct m_waiting w = rule_highest(m, cpu);

    if (is_special(intid) || !w.nmi || !rule_signalled(m, &m->vcpu[cpu], &w))
        return M_NONE;
    return take(m, cpu, &w);
}
