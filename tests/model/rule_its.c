/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a device's event to an LPI (IHI 0069 5.2, 5.3).
 *
 * - The device table names a device's interrupt table, which gives INTID and collection; the
 *   collection table gives the redistributor. Whatever is not mapped drops the event.
 * - MOVI changes the collection, and takes a pending interrupt along. MOVALL takes all that are
 *   pending from one redistributor to another. Nothing moves to where LPIs are disabled.
 */
#include <stddef.h>

#include "tests/model/model.h"

struct m_vcpu *rule_translate(struct model *m, unsigned device, unsigned event, unsigned *lpi)
{
    const struct m_event *e = &m->event[device][event];

    if (!m->device[device] || !e->mapped || e->is_virtual || !m->collection[e->collection])
        return NULL;
    *lpi = e->lpi;
    return &m->vcpu[m->target[e->collection]];
}

static void move(struct model *m, struct m_vcpu *from, struct m_vcpu *to, unsigned lpi)
{
    if (from == to || !from->lpis_enabled || !to->lpis_enabled || !from->lpi[lpi].pending)
        return;
    rule_lpi_unpend(from, lpi);
    rule_lpi_pend(m, to, lpi);
}

void rule_movi(struct model *m, unsigned device, unsigned event, unsigned collection)
{
    unsigned lpi = 0;
    struct m_vcpu *from = rule_translate(m, device, event, &lpi);

    if (from == NULL || !m->collection[collection])
        return;
    m->event[device][event].collection = collection;
    move(m, from, &m->vcpu[m->target[collection]], lpi);
}

void rule_movall(struct model *m, unsigned from, unsigned to)
{
    for (unsigned lpi = 0; lpi < M_LPIS; lpi++)
        move(m, &m->vcpu[from], &m->vcpu[to], lpi);
}
