/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Groups (IHI 0069 4.6).
 *
 * - GICx_IGROUPR 1: Group 1, non-secure. 0 with GICx_IGRPMODR 1: secure Group 1. 0 and 0: Group 0.
 * - With GICD_CTLR.DS 1 there is one Group 1, and IGRPMODR does not count.
 * - Group 0 is an FIQ. Group 1 is an IRQ with DS 1; with two security states it is an IRQ where the
 *   PE is in the interrupt's own state below EL3, and an FIQ elsewhere.
 * - Non-secure software sees the registers of non-secure Group 1 alone, and priorities of the lower
 *   half as if they were all there are (4.8.1).
 */
#include "tests/model/model.h"

unsigned rule_group(const struct model *m, const struct m_irq *i)
{
    if (i->group)
        return G1NS;
    return !m->ds && i->grpmod ? G1S : G0;
}

bool rule_secure_pe(const struct m_vcpu *c)
{
    return c->secure || c->el == 3;
}

bool rule_is_irq(const struct model *m, const struct m_vcpu *c, unsigned group)
{
    if (group == G0)
        return false;
    if (m->ds)
        return true;
    return c->el != 3 && c->secure == (group == G1S);
}

bool rule_ns_sees(const struct model *m, const struct m_irq *i)
{
    return m->ds || rule_group(m, i) == G1NS;
}

unsigned rule_ns_priority(unsigned priority)
{
    return priority & 0x80 ? priority << 1 & 0xff : 0;
}
