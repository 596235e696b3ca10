/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Steps of a hypervisor (ICH_*) and of its guest (ICC_* names at EL1, which are ICV_*). */
#include "tests/model/both.h"

#define HCR_FMO 0x8u
#define HCR_IMO 0x10u
#define SCR_NS  1u

struct gic_pe_state both_hypervisor(void)
{
    return (struct gic_pe_state){.el = 2, .el2_enabled = true, .scr_el3 = SCR_NS};
}

struct gic_pe_state both_guest(void)
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

/* Mostly an interrupt that there is, of any kind; and numbers that none has. */
static unsigned any_pintid(struct both *b)
{
    return both_dice(b, 8) ? both_any_intid(b) : 1015 + both_dice(b, 50);
}

void step_v_lr(struct both *b)
{
    unsigned cpu = both_dice(b, M_VCPUS), n = both_dice(b, b->m.n_lrs), state = both_dice(b, 6);
    unsigned implemented = 0xffu << (8 - b->m.priority_bits);
    struct m_lr *l = &b->m.vcpu[cpu].lr[n];
    struct gic_pe_state pe = both_hypervisor();

    *l = (struct m_lr){
        .vintid = any_vintid(b),
        .pintid = any_pintid(b),
        .priority = both_dice(b, 256) & implemented,
        .group = both_dice(b, 4) != 0,
        .hw = both_dice(b, 4) == 0,
        .eoi = both_dice(b, 2),
        .pending = state & 1 || state == 4,
        .active = state == 2,
        .nmi = b->m.has_nmi && both_dice(b, 8) == 0,
    };
    both_set_as(b, cpu, &pe, (enum model_sysreg)(R_LR0 + n),
                rule_v_lr(l) | (uint64_t)(both_dice(b, 256) & ~implemented) << 48);
    both_virtual_changed(b, cpu);
}

static unsigned at_least(unsigned value, unsigned least)
{
    return value < least ? least : value;
}

/* Now and then all bits, also those that are RES0. */
static void set_hcr(struct both *b, unsigned cpu)
{
    struct m_vcpu *c = &b->m.vcpu[cpu];
    struct gic_pe_state pe = both_hypervisor();
    uint64_t bits = both_dice(b, 256) | (both_dice(b, 4) != 0),
             count = both_dice(b, both_dice(b, 4) ? 3 : 32);
    uint64_t traps = both_dice(b, 3) ? 0 : both_dice(b, 32), dvim = both_dice(b, 8) == 0;
    uint64_t wild = both_dice(b, 8) ? 0 : ~0ull << 32 | 0x7ff0200;

    c->v_sgis_uncounted = both_dice(b, 2);
    both_set_as(b, cpu, &pe, R_HCR,
                bits | (uint64_t)c->v_sgis_uncounted << 8 | traps << 10 | dvim << 15 | count << 27 |
                    wild);
    c->v_sgis_uncounted &= b->m.has_v41;
    c->v_dvim = b->m.has_v41 && dvim;
    c->v_tc = traps & 1;
    c->v_tall0 = traps >> 1 & 1;
    c->v_tall1 = traps >> 2 & 1;
    c->v_tdir = traps >> 4 & 1;
    c->v_en = bits & 1;
    c->v_uie = bits >> 1 & 1;
    c->v_lrenpie = bits >> 2 & 1;
    c->v_npie = bits >> 3 & 1;
    c->v_grp0e = bits >> 4 & 1;
    c->v_grp0d = bits >> 5 & 1;
    c->v_grp1e = bits >> 6 & 1;
    c->v_grp1d = bits >> 7 & 1;
    c->v_eoicount = (unsigned)count;
}

static void set_vmcr(struct both *b, unsigned cpu)
{
    struct m_vcpu *c = &b->m.vcpu[cpu];
    struct gic_pe_state pe = both_hypervisor();
    unsigned pmr = both_dice(b, 3) ? 0xff : both_dice(b, 256), bpr0 = both_dice(b, 8),
             bpr1 = both_dice(b, 8), low = both_dice(b, 4) | (both_dice(b, 2) ? 3 : 0),
             cbpr = both_dice(b, 4) == 0, mode = both_dice(b, 3) == 0;

    both_set_as(b, cpu, &pe, R_VMCR,
                low | cbpr << 4 | mode << 9 | bpr1 << 18 | bpr0 << 21 | (uint64_t)pmr << 24);
    c->v_igrpen[0] = low & 1;
    c->v_igrpen[1] = low >> 1 & 1;
    c->v_cbpr = cbpr;
    c->v_eoimode = mode;
    c->v_bpr[0] = at_least(bpr0, rule_v_least_bpr(&b->m, 0));
    c->v_bpr[1] = at_least(bpr1, rule_v_least_bpr(&b->m, 1));
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

bool both_v_may(struct both *b, unsigned cpu, enum model_sysreg reg, enum m_vclass class,
                bool is_write)
{
    struct gic_pe_state pe = both_guest();
    bool traps = rule_v_traps(&b->m.vcpu[cpu], class);

    rig_expect_eq(gic_sysreg_check(b->r->gic, cpu, b->reg[reg], &pe, is_write),
                  traps ? GIC_ACCESS_TRAP_EL2 : GIC_ACCESS_OK);
    return !traps;
}

static bool is_listed(const struct both *b, unsigned cpu, uint64_t intid)
{
    bool listed = false;

    for (unsigned i = 0; i < b->m.n_lrs; i++)
        listed |= b->m.vcpu[cpu].lr[i].vintid == intid;
    return listed;
}

void step_v_take(struct both *b)
{
    unsigned cpu = both_dice(b, M_VCPUS);
    struct m_vcpu *c = &b->m.vcpu[cpu];
    struct gic_pe_state pe = both_guest();
    bool group1 = both_dice(b, 4) != 0, nmiar = group1 && b->m.has_nmi && both_dice(b, 4) == 0;
    uint64_t got;

    pe.sctlr_nmi = b->m.has_nmi && both_dice(b, 2);
    enum model_sysreg reg = nmiar ? R_NMIAR1 : group1 ? R_IAR1 : R_IAR0;

    if (!both_v_may(b, cpu, reg, group1 ? V_GROUP1 : V_GROUP0, false))
        return;
    rig_expect_eq(both_get_as(b, cpu, &pe, group1 ? R_HPPIR1 : R_HPPIR0),
                  rule_v_hppir(&b->m, cpu, group1));
    got = both_get_as(b, cpu, &pe, reg);
    rig_expect_eq(got,
                  nmiar ? rule_v_nmiar(&b->m, cpu) : rule_v_iar(&b->m, cpu, group1, pe.sctlr_nmi));
    b->virtual_taken += got < 1020 || got > M_NONE;
    b->direct_taken += (got < 1020 || got > M_NONE) && !is_listed(b, cpu, got);
    both_virtual_changed(b, cpu);
    if (both_v_may(b, cpu, R_RPR, V_COMMON, false))
        rig_expect_eq(both_get_as(b, cpu, &pe, R_RPR),
                      rule_v_running(&b->m, c) | (uint64_t)c->v_active_nmi << 63);
}

static void end_by(struct both *b, unsigned cpu, bool group1, unsigned intid)
{
    struct gic_pe_state pe = both_guest();
    enum model_sysreg reg = group1 ? R_EOIR1 : R_EOIR0;

    if (both_dice(b, 3) == 0) {
        if (!both_v_may(b, cpu, R_DIR, V_DIR, true))
            return;
        both_set_as(b, cpu, &pe, R_DIR, intid);
        rule_v_dir(&b->m, cpu, intid);
    } else if (both_v_may(b, cpu, reg, group1 ? V_GROUP1 : V_GROUP0, true)) {
        both_set_as(b, cpu, &pe, reg, intid);
        rule_v_eoir(&b->m, cpu, group1, intid);
    }
}

void step_v_end(struct both *b)
{
    unsigned cpu = both_dice(b, M_VCPUS), intid = any_vintid(b);
    bool group1 = both_dice(b, 4) != 0;

    for (unsigned i = 0; i < b->m.n_lrs && both_dice(b, 4) != 0; i++)
        if (b->m.vcpu[cpu].lr[i].active)
            intid = b->m.vcpu[cpu].lr[i].vintid;
    end_by(b, cpu, group1, intid);
    both_virtual_changed(b, cpu);
}
