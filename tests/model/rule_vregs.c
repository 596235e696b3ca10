/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One state under several names (IHI 0069 12.3, 12.4).
 *
 * - ICH_VMCR_EL2 holds what the guest sees as ICV_PMR, ICV_BPR<n>, ICV_IGRPEN<n> and ICV_CTLR;
 *   ICH_AP<m>R<n>_EL2 are ICV_AP<m>R<n>. Binary points have a least value; with VCBPR the guest
 *   reads BPR0 + 1, at most 7, as BPR1, and cannot write it.
 * - Bits of priorities and preemption levels that are not implemented read as 0.
 * - ICH_HCR_EL2.TC traps EL1's common registers, TALL<n> those of a group, TDIR the deactivation
 *   alone, whatever HCR_EL2 routes.
 */
#include "tests/model/model.h"

static unsigned pre_bits(const struct model *m)
{
    return m->priority_bits > 7 ? 7 : m->priority_bits;
}

bool rule_v_traps(const struct m_vcpu *c, enum m_vclass class)
{
    switch (class) {
    case V_GROUP0:
        return c->v_tall0;
    case V_GROUP1:
        return c->v_tall1;
    case V_DIR:
        return c->v_tc || c->v_tdir;
    default:
        return c->v_tc;
    }
}

unsigned rule_v_least_bpr(const struct model *m, unsigned group)
{
    return 7 - pre_bits(m) + group;
}

uint64_t rule_v_hcr(const struct m_vcpu *c)
{
    return (uint64_t)c->v_en | (uint64_t)c->v_uie << 1 | (uint64_t)c->v_lrenpie << 2 |
           (uint64_t)c->v_npie << 3 | (uint64_t)c->v_grp0e << 4 | (uint64_t)c->v_grp0d << 5 |
           (uint64_t)c->v_grp1e << 6 | (uint64_t)c->v_grp1d << 7 |
           (uint64_t)c->v_sgis_uncounted << 8 | (uint64_t)c->v_tc << 10 |
           (uint64_t)c->v_tall0 << 11 | (uint64_t)c->v_tall1 << 12 | (uint64_t)c->v_tdir << 14 |
           (uint64_t)c->v_dvim << 15 | (uint64_t)c->v_eoicount << 27;
}

uint64_t rule_v_vmcr(const struct m_vcpu *c)
{
    return (uint64_t)c->v_igrpen[0] | (uint64_t)c->v_igrpen[1] << 1 | 1u << 3 |
           (uint64_t)c->v_cbpr << 4 | (uint64_t)c->v_eoimode << 9 | (uint64_t)c->v_bpr[1] << 18 |
           (uint64_t)c->v_bpr[0] << 21 | (uint64_t)c->v_pmr << 24;
}

/* ListRegs, DVIM, TDS, nV4, A3V, IDbits 0: 16, PREbits, PRIbits. */
uint64_t rule_v_vtr(const struct model *m)
{
    return (m->n_lrs - 1) | (uint64_t)m->has_v41 << 18 | 1u << 19 | (uint64_t)!m->has_v4 << 20 |
           1u << 21 | (uint64_t)(pre_bits(m) - 1) << 26 | (uint64_t)(m->priority_bits - 1) << 29;
}

uint64_t rule_v_lr(const struct m_lr *l)
{
    uint64_t low = l->hw ? (uint64_t)l->pintid << 32 : (uint64_t)l->eoi << 41;

    return (uint64_t)l->active << 63 | (uint64_t)l->pending << 62 | (uint64_t)l->hw << 61 |
           (uint64_t)l->group << 60 | (uint64_t)l->nmi << 59 | (uint64_t)l->priority << 48 | low |
           l->vintid;
}

/* 32 preemption levels in each register. */
unsigned rule_v_aprs(const struct model *m)
{
    return pre_bits(m) < 6 ? 1 : 1u << (pre_bits(m) - 5);
}

static unsigned level_priority(const struct model *m, unsigned level)
{
    return level << (8 - pre_bits(m));
}

uint64_t rule_v_apr(const struct model *m, const struct m_vcpu *c, unsigned group, unsigned n)
{
    uint64_t bits = group == 1 && n == 0 ? (uint64_t)c->v_active_nmi << 63 : 0;

    for (unsigned i = 0; i < 32 && n * 32 + i < 1u << pre_bits(m); i++)
        bits |= (uint64_t)c->v_active_priority[group][level_priority(m, n * 32 + i)] << i;
    return bits;
}

void rule_v_set_apr(struct model *m, struct m_vcpu *c, unsigned group, unsigned n, uint64_t value)
{
    for (unsigned i = 0; i < 32 && n * 32 + i < 1u << pre_bits(m); i++)
        c->v_active_priority[group][level_priority(m, n * 32 + i)] = value >> i & 1;
    if (group == 1 && n == 0)
        c->v_active_nmi = m->has_nmi && value >> 63;
}

unsigned rule_v_bpr1(const struct m_vcpu *c)
{
    if (!c->v_cbpr)
        return c->v_bpr[1];
    return c->v_bpr[0] == 7 ? 7 : c->v_bpr[0] + 1;
}

/* PRIbits, A3V, ExtRange (the machines here have such INTIDs), EOImode, CBPR. */
uint64_t rule_v_ctlr(const struct model *m, const struct m_vcpu *c)
{
    return (uint64_t)(m->priority_bits - 1) << 8 | 1u << 15 | 1u << 19 |
           (uint64_t)c->v_eoimode << 1 | (uint64_t)c->v_cbpr;
}
