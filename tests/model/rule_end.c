/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ending (IHI 0069 4.1.1, 12.2.10 to 12.2.12).
 *
 * - ICC_EOIR<n> drops the running priority if that is of the register's group, and of a state that
 *   the PE may end: secure interrupts from secure state, non-secure Group 1 from non-secure state
 *   or EL3. Special INTIDs are ignored.
 * - With EOImode 0 it also deactivates the interrupt it names; non-secure software only its own.
 * - ICC_DIR deactivates with EOImode 1 (with 0 it is unpredictable: the library ignores it), any
 *   interrupt that the PE may, in any order, from any PE. EL3's interrupts are not a lower level's.
 * - An LPI has no active state: nothing to deactivate.
 */
#include <stddef.h>

#include "tests/model/model.h"

static bool split(const struct m_vcpu *c)
{
    if (c->el == 3)
        return c->eoimode_el3;
    return c->eoimode[c->secure ? 0 : 1];
}

static bool may_drop(const struct model *m, const struct m_vcpu *c, bool group1, unsigned group)
{
    if (group == M_GROUPS || group1 != (group != G0))
        return false;
    if (group == G0)
        return m->ds || rule_secure_pe(c);
    if (group == G1S)
        return rule_secure_pe(c);
    return m->ds || c->el == 3 || !c->secure;
}

void rule_eoir(struct model *m, unsigned cpu, bool group1, unsigned intid)
{
    struct m_vcpu *c = &m->vcpu[cpu];
    struct m_irq *i = m_irq(m, cpu, intid);
    unsigned group, running;
    bool nmi;

    running = rule_running(m, c, &group, &nmi);
    if ((intid >= 1020 && intid <= 1023) || !may_drop(m, c, group1, group))
        return;
    if (nmi)
        c->active_nmi[group] = false;
    else
        c->active_priority[group][running] = false;
    if (!split(c) && i != NULL && (m->ds || rule_secure_pe(c) || rule_group(m, i) == G1NS))
        i->active = false;
}

void rule_dir(struct model *m, unsigned cpu, unsigned intid)
{
    struct m_vcpu *c = &m->vcpu[cpu];
    struct m_irq *i = m_irq(m, cpu, intid);

    if (!split(c) || i == NULL)
        return;
    unsigned group = rule_group(m, i);
    if (c->el == 3 || (group == G1NS && (m->ds || !c->secure || c->secure)) ||
        (group == G0 && (m->ds || c->secure) && !c->fiq_to_el3) || (group == G1S && c->secure))
        i->active = false;
}
