/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LPIs (IHI 0069 5.1).
 *
 * - A redistributor takes LPIs only while GICR_CTLR.EnableLPIs is 1. They are of non-secure
 *   Group 1, with a priority of six bits; with two security states its lower half.
 * - Priority and enable come from a table in memory. The library reads an LPI's byte when it
 *   becomes pending and nothing is cached, and keeps it until an invalidation (any time is
 *   allowed, 5.1.1).
 * - EnableLPIs 1 to 0 writes pending bits to memory and forgets what was cached; 0 to 1 reads them.
 */
#include "tests/model/model.h"

static void fetch(struct model *m, struct m_lpi *l, unsigned lpi)
{
    if (!l->cached)
        l->config = m->config_byte(lpi);
    l->cached = true;
}

unsigned rule_lpi_priority(const struct model *m, const struct m_lpi *l)
{
    unsigned priority = l->config & 0xfc;

    if (!m->ds)
        priority = 0x80 | priority >> 1;
    return priority & (0xffu << (8 - m->priority_bits));
}

void rule_lpi_pend(struct model *m, struct m_vcpu *c, unsigned lpi)
{
    if (!c->lpis_enabled || c->lpi[lpi].pending)
        return;
    c->lpi[lpi].pending = true;
    fetch(m, &c->lpi[lpi], lpi);
}

void rule_lpi_unpend(struct m_vcpu *c, unsigned lpi)
{
    if (c->lpis_enabled)
        c->lpi[lpi].pending = false;
}

void rule_lpi_invalidate(struct model *m, struct m_vcpu *c, unsigned lpi)
{
    if (!c->lpis_enabled)
        return;
    c->lpi[lpi].cached = false;
    if (c->lpi[lpi].pending)
        fetch(m, &c->lpi[lpi], lpi);
}

void rule_lpi_toggle(struct model *m, struct m_vcpu *c)
{
    c->lpis_enabled = !c->lpis_enabled;
    for (unsigned lpi = 0; lpi < M_LPIS; lpi++) {
        c->lpi[lpi].cached = false;
        if (c->lpis_enabled && c->lpi[lpi].pending)
            fetch(m, &c->lpi[lpi], lpi);
    }
}
