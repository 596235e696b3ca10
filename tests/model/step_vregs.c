/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Steps at the registers that a guest and its hypervisor share, each from both sides. */
#include "tests/model/both.h"

static enum model_sysreg nth(enum model_sysreg first, unsigned n)
{
    return (enum model_sysreg)(first + n);
}

static void guest_sets(struct both *b, unsigned cpu, enum model_sysreg reg, uint64_t value)
{
    struct gic_pe_state pe = both_guest();

    both_set_as(b, cpu, &pe, reg, value);
}

static void set_pmr(struct both *b, unsigned cpu)
{
    unsigned value = both_dice(b, 3) ? 0xff : both_dice(b, 256);

    if (!both_v_may(b, cpu, R_PMR, V_COMMON, true))
        return;
    guest_sets(b, cpu, R_PMR, value);
    b->m.vcpu[cpu].v_pmr = value & 0xffu << (8 - b->m.priority_bits);
}

/* Bits from 3 on are RES0: written as they come. */
static void set_bpr(struct both *b, unsigned cpu, unsigned group)
{
    struct m_vcpu *c = &b->m.vcpu[cpu];
    unsigned value = both_dice(b, 16), least = rule_v_least_bpr(&b->m, group);

    if (!both_v_may(b, cpu, group ? R_BPR1 : R_BPR0, group ? V_GROUP1 : V_GROUP0, true))
        return;
    guest_sets(b, cpu, group ? R_BPR1 : R_BPR0, value);
    if (!group || !c->v_cbpr)
        c->v_bpr[group] = (value & 7) < least ? least : value & 7;
}

static void set_ctlr(struct both *b, unsigned cpu)
{
    unsigned value = both_dice(b, 2) ? 0 : both_dice(b, 4);

    if (!both_v_may(b, cpu, R_CTLR, V_COMMON, true))
        return;
    guest_sets(b, cpu, R_CTLR, value | ~3u);
    b->m.vcpu[cpu].v_cbpr = value & 1;
    b->m.vcpu[cpu].v_eoimode = value >> 1;
}

static void set_enable(struct both *b, unsigned cpu, unsigned group)
{
    bool on = both_dice(b, 4) != 0;

    if (!both_v_may(b, cpu, group ? R_IGRPEN1 : R_IGRPEN0, group ? V_GROUP1 : V_GROUP0, true))
        return;
    guest_sets(b, cpu, group ? R_IGRPEN1 : R_IGRPEN0, on | ~1u);
    b->m.vcpu[cpu].v_igrpen[group] = on;
}

/* By the guest or by the hypervisor; few levels, so that something may still preempt. */
static void set_apr(struct both *b, unsigned cpu, unsigned group)
{
    unsigned n = both_dice(b, rule_v_aprs(&b->m));
    uint64_t value = both_dice(b, 2) ? 0 : 1u << both_dice(b, 32) | (uint64_t)both_dice(b, 2) << 63;
    struct gic_pe_state el2 = both_hypervisor();
    enum model_sysreg reg = nth(group ? R_AP1R0 : R_AP0R0, n);

    if (both_dice(b, 2))
        both_set_as(b, cpu, &el2, nth(group ? R_HAP1R0 : R_HAP0R0, n), value);
    else if (both_v_may(b, cpu, reg, group ? V_GROUP1 : V_GROUP0, true))
        guest_sets(b, cpu, reg, value);
    else
        return;
    rule_v_set_apr(&b->m, &b->m.vcpu[cpu], group, n, value);
}

void step_v_guest(struct both *b)
{
    unsigned cpu = both_dice(b, M_VCPUS), group = both_dice(b, 2);

    switch (both_dice(b, 8)) {
    case 0:
    case 1:
        set_pmr(b, cpu);
        break;
    case 2:
        set_bpr(b, cpu, group);
        break;
    case 3:
        set_ctlr(b, cpu);
        break;
    case 4:
    case 5:
        set_enable(b, cpu, group);
        break;
    default:
        set_apr(b, cpu, group);
    }
    both_virtual_changed(b, cpu);
}

/* -- Looking -- */

static void guest_reads(struct both *b, unsigned cpu, enum model_sysreg reg, enum m_vclass class,
                        uint64_t wanted)
{
    struct gic_pe_state pe = both_guest();

    if (both_v_may(b, cpu, reg, class, false))
        rig_expect_eq(both_get_as(b, cpu, &pe, reg), wanted);
}

static void look_at_aprs(struct both *b, unsigned cpu)
{
    const struct m_vcpu *c = &b->m.vcpu[cpu];
    struct gic_pe_state el2 = both_hypervisor();

    for (unsigned n = 0; n < 4; n++) {
        uint64_t g0 = rule_v_apr(&b->m, c, 0, n), g1 = rule_v_apr(&b->m, c, 1, n);
        if (n >= rule_v_aprs(&b->m)) {
            rig_expect_eq(gic_sysreg_check(b->r->gic, cpu, b->reg[R_HAP1R0 + n], &el2, false),
                          GIC_ACCESS_UNDEF);
            continue;
        }
        rig_expect_eq(both_get_as(b, cpu, &el2, nth(R_HAP0R0, n)), g0);
        rig_expect_eq(both_get_as(b, cpu, &el2, nth(R_HAP1R0, n)), g1);
        guest_reads(b, cpu, nth(R_AP0R0, n), V_GROUP0, g0);
        guest_reads(b, cpu, nth(R_AP1R0, n), V_GROUP1, g1);
    }
}

static void look_at_lrs(struct both *b, unsigned cpu)
{
    struct gic_pe_state el2 = both_hypervisor();

    for (unsigned n = 0; n < 16; n++)
        if (n < b->m.n_lrs)
            rig_expect_eq(both_get_as(b, cpu, &el2, nth(R_LR0, n)),
                          rule_v_lr(&b->m.vcpu[cpu].lr[n]));
        else
            rig_expect_eq(gic_sysreg_check(b->r->gic, cpu, b->reg[R_LR0 + n], &el2, true),
                          GIC_ACCESS_UNDEF);
}

void step_v_look(struct both *b)
{
    unsigned cpu = both_dice(b, M_VCPUS);
    const struct m_vcpu *c = &b->m.vcpu[cpu];
    struct gic_pe_state el2 = both_hypervisor();

    rig_expect_eq(both_get_as(b, cpu, &el2, R_VTR), rule_v_vtr(&b->m));
    rig_expect_eq(both_get_as(b, cpu, &el2, R_HCR), rule_v_hcr(c));
    rig_expect_eq(both_get_as(b, cpu, &el2, R_VMCR), rule_v_vmcr(c));
    guest_reads(b, cpu, R_PMR, V_COMMON, c->v_pmr);
    guest_reads(b, cpu, R_BPR0, V_GROUP0, c->v_bpr[0]);
    guest_reads(b, cpu, R_BPR1, V_GROUP1, rule_v_bpr1(c));
    guest_reads(b, cpu, R_IGRPEN0, V_GROUP0, c->v_igrpen[0]);
    guest_reads(b, cpu, R_IGRPEN1, V_GROUP1, c->v_igrpen[1]);
    guest_reads(b, cpu, R_CTLR, V_COMMON, rule_v_ctlr(&b->m, c));
    look_at_aprs(b, cpu);
    look_at_lrs(b, cpu);
}
