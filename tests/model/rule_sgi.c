/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who receives an SGI (IHI 0069 8.1.10, GICR_NSACR 0).
 *
 * ICC_SGI1R asks for Group 1 of the sender's security state. It arrives if the target has that SGI
 * in the group that was asked for; a request for secure Group 1 also if it is in Group 0, and with
 * DS 1 any does.
 */
#include "tests/model/model.h"

void rule_sgi1r(struct model *m, unsigned from, unsigned to, unsigned intid)
{
    const struct m_vcpu *c = &m->vcpu[from];
    struct m_irq *i = &m->vcpu[to].local[intid];
    unsigned is = rule_group(m, i);
    unsigned asked = m->ds || !rule_secure_pe(c) ? G1NS : G1S;

    if (m->ds || is == asked || (asked == G1S && is == G0))
        i->latch = true;
}
