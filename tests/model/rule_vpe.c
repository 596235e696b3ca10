/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GICv4.0 and 4.1: virtual PEs (IHI 0069 5.4 on, GICR_VPENDBASER, VMAPP, VSGI).
 *
 * - A vPE is resident at one PE or nowhere. Resident, its pending vLPIs and vSGIs that are enabled,
 *   of a group that GICR_VPENDBASER.VGrp<n>En forwards, take part in that PE's virtual interface.
 * - A vLPI that becomes pending while its vPE is not resident, and is enabled, pends the event's
 *   own doorbell, and once the vPE's default doorbell if that is armed and the group was forwarded.
 * - Descheduling arms the default doorbell if Doorbell is 1, PendingLast is 0 and nothing waits.
 *   PendingLast then reads 1 if anything waits, or if software wrote 1.
 * - Scheduling a vPE that is resident elsewhere takes it from there (the library's choice), without
 *   a doorbell.
 * - Configuration is cached of a resident vPE alone, as of physical LPIs; its priorities have no
 *   non-secure view. vSGIs have four bits of priority. Neither has an active state.
 * - An invalidation of a vLPI that waits for a vPE which is not resident rings, if it is enabled.
 * - GICv4.0 has neither vSGIs nor default doorbells nor VGrp<n>En: an event's own doorbell is
 *   pended by each vLPI that becomes pending while its vPE is not resident, enabled or not. A vPE
 *   may be resident at its home alone, and moves only while it is not: software sees to both.
 */
#include <stddef.h>

#include "tests/model/model.h"

struct m_vpe *rule_resident(const struct model *m, unsigned cpu)
{
    for (unsigned i = 0; i < M_VPES; i++)
        if (m->vpe[i].resident == (int)cpu)
            return (struct m_vpe *)&m->vpe[i];
    return NULL;
}

static unsigned id_of(const struct model *m, const struct m_vpe *p)
{
    return (unsigned)(p - m->vpe);
}

static unsigned implemented(const struct model *m, unsigned priority)
{
    return priority & 0xffu << (8 - m->priority_bits);
}

struct m_waiting rule_direct_highest(const struct model *m, unsigned cpu, const bool groups[2])
{
    const struct m_vpe *p = rule_resident(m, cpu);
    struct m_waiting best = {M_NONE, 0, M_IDLE, false};

    for (unsigned n = 0; p != NULL && n < 16; n++) {
        unsigned group = p->sgi_group[n], priority = implemented(m, p->sgi_priority[n]);
        if (p->sgi_pending[n] && p->sgi_enable[n] && groups[group] && p->forwarded[group] &&
            priority < best.priority)
            best = (struct m_waiting){n, group, priority, false};
    }
    for (unsigned n = 0; p != NULL && n < M_VLPIS; n++) {
        unsigned priority = implemented(m, p->lpi[n].config & 0xfc);
        if (p->lpi[n].pending && (p->lpi[n].config & 1) && groups[1] && p->forwarded[1] &&
            priority < best.priority)
            best = (struct m_waiting){m_vlpi_intid(n), 1, priority, false};
    }
    return best;
}

void rule_direct_take(struct model *m, unsigned cpu, unsigned intid)
{
    struct m_vpe *p = rule_resident(m, cpu);

    if (intid < 16)
        p->sgi_pending[intid] = false;
    else
        p->lpi[m_vlpi_index(intid)].pending = false;
}

/* -- Doorbells -- */

static void ring(struct model *m, struct m_vpe *p, unsigned group)
{
    if (!m->has_v41 || p->resident >= 0 || !p->armed || !p->forwarded[group])
        return;
    p->armed = false;
    if (p->doorbell >= 0)
        rule_lpi_pend(m, &m->vcpu[p->home], (unsigned)p->doorbell);
}

void rule_vsgi_ring(struct model *m, struct m_vpe *p, unsigned n)
{
    if (p->sgi_pending[n] && p->sgi_enable[n])
        ring(m, p, p->sgi_group[n]);
}

/* -- vLPIs -- */

static void fetch(const struct model *m, struct m_vpe *p, unsigned vlpi)
{
    if (!p->lpi[vlpi].cached)
        p->lpi[vlpi].config = m->v_config_byte(id_of(m, p), vlpi);
    p->lpi[vlpi].cached = true;
}

static bool enabled_in_memory(const struct model *m, const struct m_vpe *p, unsigned vlpi)
{
    return m->v_config_byte(id_of(m, p), vlpi) & 1;
}

void rule_vlpi_pend(struct model *m, struct m_vpe *p, unsigned vlpi, int doorbell)
{
    if (p->lpi[vlpi].pending)
        return;
    p->lpi[vlpi].pending = true;
    if (p->resident >= 0) {
        fetch(m, p, vlpi);
        return;
    }
    if (m->has_v41 && !enabled_in_memory(m, p, vlpi))
        return;
    if (doorbell >= 0)
        rule_lpi_pend(m, &m->vcpu[p->home], (unsigned)doorbell);
    ring(m, p, 1);
}

void rule_vlpi_unpend(struct m_vpe *p, unsigned vlpi)
{
    p->lpi[vlpi].pending = false;
}

void rule_vlpi_invalidate(struct model *m, struct m_vpe *p, unsigned vlpi)
{
    if (p->resident < 0) {
        if (p->lpi[vlpi].pending && enabled_in_memory(m, p, vlpi))
            ring(m, p, 1);
        return;
    }
    p->lpi[vlpi].cached = false;
    if (p->lpi[vlpi].pending)
        fetch(m, p, vlpi);
}

void rule_vmovi(struct model *m, struct m_event *e, unsigned to)
{
    struct m_vpe *from = &m->vpe[e->vpe];
    bool pending = from->lpi[e->lpi].pending;

    if (to == e->vpe)
        return;
    e->vpe = to;
    rule_vlpi_unpend(from, e->lpi);
    if (pending)
        rule_vlpi_pend(m, &m->vpe[to], e->lpi, e->doorbell);
}

/* A doorbell that is pending goes along with a new one. */
void rule_vmovp(struct model *m, struct m_vpe *p, unsigned home, bool new_doorbell, int doorbell)
{
    struct m_vcpu *from = &m->vcpu[p->home];

    p->home = home;
    if (!new_doorbell)
        return;
    if (p->doorbell >= 0 && from->lpis_enabled && from->lpi[p->doorbell].pending) {
        rule_lpi_unpend(from, (unsigned)p->doorbell);
        if (doorbell >= 0)
            rule_lpi_pend(m, &m->vcpu[home], (unsigned)doorbell);
    }
    p->doorbell = doorbell;
}

/* -- Residency -- */

static void leave(struct m_vpe *p)
{
    p->resident = -1;
    for (unsigned i = 0; i < M_VLPIS; i++)
        p->lpi[i].cached = false;
}

void rule_schedule(struct model *m, unsigned cpu, unsigned vpe, bool group0, bool group1)
{
    struct m_vpe *p = &m->vpe[vpe];

    if (rule_resident(m, cpu) != NULL)
        return;
    leave(p);
    p->resident = (int)cpu;
    p->armed = false;
    p->forwarded[0] = group0;
    p->forwarded[1] = group1;
    for (unsigned i = 0; i < M_VLPIS; i++)
        if (p->lpi[i].pending)
            fetch(m, p, i);
}

bool rule_deschedule(struct model *m, unsigned cpu, bool doorbell, bool pending_last)
{
    static const bool all[2] = {true, true};
    struct m_vpe *p = rule_resident(m, cpu);
    bool waits = rule_direct_highest(m, cpu, all).intid != M_NONE;

    p->armed = doorbell && !pending_last && !waits;
    leave(p);
    return waits || pending_last;
}
