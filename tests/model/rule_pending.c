/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pending (IHI 0069 4.1, GICD_ISPENDR<n>).
 *
 * - A level-sensitive interrupt is pending while its wire is high, or a write of ISPENDR left a
 *   latch that ICPENDR or acknowledging takes away.
 * - An edge-triggered one latches when its wire rises; the wire's level does not count.
 * - Acknowledging makes it active and takes the latch; a wire that is still high keeps it pending
 *   as well, but it is not signalled again before it has been deactivated.
 */
#include "tests/model/model.h"

bool rule_pending(const struct m_irq *i)
{
    return i->latch || (i->level && !i->edge);
}

void rule_wire(struct m_irq *i, bool level)
{
    if (level && !i->level && i->edge)
        i->latch = true;
    i->level = level;
}

void rule_activate(struct m_irq *i)
{
    i->active = true;
    i->latch = false;
}
