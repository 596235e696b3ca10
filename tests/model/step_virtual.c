/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Steps of a hypervisor (ICH_*) and of its guest (ICC_* names at EL1, which are ICV_*). */
#include "tests/model/both.h"

#define HCR_FMO 0x8u
#define HCR_IMO 0x10u
#define SCR_NS  1u

static struct gic_pe_state hypervisor(void)
{
    return (struct gic_pe_state){.el = 2, .el2_enabled = true, .scr_el3 = SCR_NS};
}

static struct gic_pe_state guest(void)
{
    return (struct gic_pe_state){
        .el = 1, .el2_enabled = true, .hcr_el2 = HCR_FMO | HCR_IMO, .scr_el3 = SCR_NS};
}

/* Few INTIDs, so that ends find their list registers; some are special, some LPIs. */
static unsigned any_vintid(struct both *b)
{
    static const unsigned some[] = {3, 27, 40, 41, 1019, 1021, 4100, 8192, 9000};

    return some[both_dice(b, sizeof(some) / sizeof(some[0]))];
}

void step_v_lr(struct both *b)
{
    unsigned cpu = both_dice(b, M_VCPUS), n = both_dice(b, M_LRS), state = both_dice(b, 6);
    struct m_lr *l = &b->m.vcpu[cpu].lr[n];
    struct gic_pe_state pe = hypervisor();

    *l = (struct m_lr){
        .vintid = any_vintid(b),
        .pintid = 32 + both_dice(b, 64),
        .priority = both_dice(b, 256) & 0xffu << (8 - b->m.priority_bits),
        .group = both_dice(b, 4) != 0,
        .hw = both_dice(b, 4) == 0,
        .eoi = both_dice(b, 2),
        .pending = state & 1 || state == 4,
        .active = state == 2,
        .nmi = b->m.has_nmi && both_dice(b, 8) == 0,
    };
    both_set_as(b, cpu, &pe, (enum model_sysreg)(R_LR0 + n),
                (uint64_t)l->pending << 62 | (uint64_t)l->active << 63 | (uint64_t)l->hw << 61 |
                    (uint64_t)l->group << 60 | (uint64_t)l->nmi << 59 |
                    (uint64_t)l->priority << 48 |
                    (l->hw ? (uint64_t)l->pintid << 32 : (uint64_t)l->eoi << 41) | l->vintid);
    both_virtual_changed(b, cpu);
}

static unsigned at_least(unsigned value, unsigned least)
{
    return value < least ? least : value;
}

static void set_hcr(struct both *b, unsigned cpu)
{
    struct m_vcpu *c = &b->m.vcpu[cpu];
    struct gic_pe_state pe = hypervisor();
    unsigned bits = both_dice(b, 256) | (both_dice(b, 4) != 0), count = both_dice(b, 3);
    bool dvim = both_dice(b, 8) == 0, uncounted = both_dice(b, 2);

    both_set_as(b, cpu, &pe, R_HCR,
                bits | uncounted << 8 | (unsigned)dvim << 15 | (uint64_t)count << 27);
    c->v_dvim = b->m.has_v41 && dvim;
    c->v_sgis_uncounted = b->m.has_v41 && uncounted;
    c->v_en = bits & 1;
    c->v_uie = bits >> 1 & 1;
    c->v_lrenpie = bits >> 2 & 1;
    c->v_npie = bits >> 3 & 1;
    c->v_grp0e = bits >> 4 & 1;
    c->v_grp0d = bits >> 5 & 1;
    c->v_grp1e = bits >> 6 & 1;
    c->v_grp1d = bits >> 7 & 1;
    c->v_eoicount = count;
}

static void set_vmcr(struct both *b, unsigned cpu)
{
    struct m_vcpu *c = &b->m.vcpu[cpu];
    struct gic_pe_state pe = hypervisor();
    unsigned least = 7 - (b->m.priority_bits > 7 ? 7 : b->m.priority_bits);
    unsigned pmr = both_dice(b, 3) ? 0xff : both_dice(b, 256), bpr0 = both_dice(b, 8),
             bpr1 = both_dice(b, 8), low = both_dice(b, 4) | (both_dice(b, 2) ? 3 : 0),
             cbpr = both_dice(b, 4) == 0, mode = both_dice(b, 3) == 0;

    both_set_as(b, cpu, &pe, R_VMCR,
                low | cbpr << 4 | mode << 9 | bpr1 << 18 | bpr0 << 21 | (uint64_t)pmr << 24);
    c->v_igrpen[0] = low & 1;
    c->v_igrpen[1] = low >> 1 & 1;
    c->v_cbpr = cbpr;
    c->v_eoimode = mode;
    c->v_bpr[0] = at_least(bpr0, least);
    c->v_bpr[1] = at_least(bpr1, least + 1);
    c->v_pmr = pmr & 0xffu << (8 - b->m.priority_bits);
}

void step_v_control(struct both *b)
{
    unsigned cpu = both_dice(b, M_VCPUS);

    if (both_dice(b, 2))
        set_hcr(b, cpu);
    else
        set_vmcr(b, cpu);
    both_virtual_changed(b, cpu);
}

void step_v_take(struct both *b)
{
    unsigned cpu = both_dice(b, M_VCPUS);
    struct m_vcpu *c = &b->m.vcpu[cpu];
    struct gic_pe_state pe = guest();
    bool group1 = both_dice(b, 4) != 0;
    bool listed = false;
    uint64_t got;

    rig_expect_eq(both_get_as(b, cpu, &pe, group1 ? R_HPPIR1 : R_HPPIR0),
                  rule_v_hppir(&b->m, cpu, group1));
    got = both_get_as(b, cpu, &pe, group1 ? R_IAR1 : R_IAR0);
    rig_expect_eq(got, rule_v_iar(&b->m, cpu, group1));
    for (unsigned i = 0; i < M_LRS; i++)
        listed |= c->lr[i].vintid == got;
    b->virtual_taken += got != M_NONE;
    b->direct_taken += got != M_NONE && !listed;
    both_virtual_changed(b, cpu);
    rig_expect_eq(both_get_as(b, cpu, &pe, R_RPR) & 0xff, rule_v_running(&b->m, c));
}

void step_v_end(struct both *b)
{
    unsigned cpu = both_dice(b, M_VCPUS), intid = any_vintid(b);
    struct gic_pe_state pe = guest();
    bool group1 = both_dice(b, 4) != 0;

    for (unsigned i = 0; i < M_LRS && both_dice(b, 4) != 0; i++)
        if (b->m.vcpu[cpu].lr[i].active)
            intid = b->m.vcpu[cpu].lr[i].vintid;
    if (both_dice(b, 3) == 0) {
        both_set_as(b, cpu, &pe, R_DIR, intid);
        rule_v_dir(&b->m, cpu, intid);
    } else {
        both_set_as(b, cpu, &pe, group1 ? R_EOIR1 : R_EOIR0, intid);
        rule_v_eoir(&b->m, cpu, group1, intid);
    }
    both_virtual_changed(b, cpu);
}
