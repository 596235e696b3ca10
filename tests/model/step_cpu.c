/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Steps at the CPU interfaces and of the PEs. */
#include "tests/model/both.h"

#define SCR_NS  1u
#define SCR_FIQ 4u

/* Mostly where a line is up, and the register of what waits there: as software does. */
static enum model_sysreg what_to_take(struct both *b, unsigned *cpu)
{
    for (unsigned i = 0; i < M_VCPUS && both_dice(b, 8) != 0; i++) {
        *cpu = (*cpu + 1) % M_VCPUS;
        if (b->r->lines[*cpu][GIC_LINE_IRQ] || b->r->lines[*cpu][GIC_LINE_FIQ])
            break;
    }
    if (both_dice(b, 8) == 0)
        return both_dice(b, 2) ? R_IAR0 : R_IAR1;
    struct m_waiting w = rule_highest(&b->m, *cpu);
    if (w.nmi && b->m.has_nmi && both_dice(b, 2))
        return R_NMIAR1;
    return w.intid != M_NONE && w.group == G0 ? R_IAR0 : R_IAR1;
}

void step_take(struct both *b)
{
    unsigned cpu = both_dice(b, M_VCPUS), got, wanted;
    enum model_sysreg reg = what_to_take(b, &cpu);

    if (!both_may(b, cpu, reg))
        return;
    got = (unsigned)both_get(b, cpu, reg);
    wanted = reg == R_NMIAR1 ? rule_nmiar(&b->m, cpu) : rule_iar(&b->m, cpu, reg == R_IAR1);
    rig_expect_eq(got, wanted);
    b->taken += got < 1020 || got > 1023;
    b->lpis_taken += got >= 8192;
}

/* Mostly one that is active here. */
static unsigned intid_to_end(struct both *b, unsigned cpu)
{
    unsigned intid = both_any_intid(b);

    for (unsigned i = 0; i < M_LOCAL && both_dice(b, 8) != 0; i++)
        if (b->m.vcpu[cpu].local[i].active)
            intid = m_local_intid(i);
    for (unsigned i = 0; i < M_SHARED && both_dice(b, 16) != 0; i++)
        if (b->m.shared[i].active)
            intid = m_shared_intid(i);
    return both_dice(b, 32) == 0 ? 1015 + both_dice(b, 10) : intid;
}

/* Mostly of the group that runs, as software that knows what it took. */
static bool group_to_end(struct both *b, unsigned cpu)
{
    unsigned group;
    bool nmi;

    rule_running(&b->m, &b->m.vcpu[cpu], &group, &nmi);
    return both_dice(b, 8) ? group != G0 : both_dice(b, 2);
}

void step_end(struct both *b)
{
    unsigned cpu = both_dice(b, M_VCPUS), intid = intid_to_end(b, cpu);
    bool group1 = group_to_end(b, cpu);

    if (both_dice(b, 3) == 0) {
        both_set(b, cpu, R_DIR, intid);
        rule_dir(&b->m, cpu, intid);
        return;
    }
    if (!both_may(b, cpu, group1 ? R_EOIR1 : R_EOIR0))
        return;
    both_set(b, cpu, group1 ? R_EOIR1 : R_EOIR0, intid);
    rule_eoir(&b->m, cpu, group1, intid);
}

static unsigned at_least(unsigned value, unsigned least)
{
    return value < least ? least : value;
}

/* IHI 0069 12.2.22: non-secure software sees and moves the mask within its own half. */
static void set_pmr(struct both *b, unsigned cpu, unsigned value)
{
    struct m_vcpu *c = &b->m.vcpu[cpu];
    unsigned mask = 0xffu << (8 - b->m.priority_bits) & 0xff;

    both_set(b, cpu, R_PMR, value);
    if (!c->fiq_to_el3 || rule_secure_pe(c)) {
        c->pmr = value & mask;
        rig_expect_eq(both_get(b, cpu, R_PMR), c->pmr);
        return;
    }
    if (c->pmr & 0x80)
        c->pmr = (0x80 | value >> 1) & mask;
    rig_expect_eq(both_get(b, cpu, R_PMR), rule_ns_priority(c->pmr));
}

/* IHI 0069 12.2.5, 12.2.6: least values, and CBPR's sharing of BPR0. */
static void set_bpr(struct both *b, unsigned cpu, bool group1, unsigned value)
{
    struct m_vcpu *c = &b->m.vcpu[cpu];
    unsigned least = 7 - (b->m.priority_bits > 7 ? 7 : b->m.priority_bits);
    bool el3 = c->el == 3, non_secure = !rule_secure_pe(c);

    if (!both_may(b, cpu, group1 ? R_BPR1 : R_BPR0))
        return;
    both_set(b, cpu, group1 ? R_BPR1 : R_BPR0, value);
    value &= 7;
    if (!group1)
        c->bpr[G0] = at_least(value, least);
    else if (non_secure && (el3 || !c->cbpr[1]))
        c->bpr[G1NS] = at_least(value, least + 1);
    else if (!non_secure)
        c->bpr[!el3 && c->cbpr[0] ? G0 : G1S] = at_least(value, least);
}

static void set_ctlr(struct both *b, unsigned cpu, unsigned value)
{
    struct m_vcpu *c = &b->m.vcpu[cpu];
    unsigned bank = rule_secure_pe(c) ? 0 : 1;
    unsigned pmhe = value >> 6 & 1;

    both_set(b, cpu, R_CTLR, value);
    c->eoimode[bank] = value >> 1 & 1;
    if (!b->m.ds)
        return;
    c->cbpr[bank] = value & 1;
    c->pmhe = b->one_of_n && pmhe;
}

/* One write at a time: in between, 1-of-N interrupts look for a PE. */
static void set_enables(struct both *b, unsigned cpu, unsigned value)
{
    struct m_vcpu *c = &b->m.vcpu[cpu];
    bool on = value % 4 != 0;

    if (both_dice(b, 3) != 0) {
        both_set(b, cpu, R_IGRPEN1, on);
        c->igrpen[rule_secure_pe(c) ? G1S : G1NS] = on;
    } else if (both_may(b, cpu, R_IGRPEN0)) {
        both_set(b, cpu, R_IGRPEN0, on);
        c->igrpen[G0] = on;
    }
}

void step_cpuif(struct both *b)
{
    unsigned cpu = both_dice(b, M_VCPUS), value = both_dice(b, 256);

    switch (both_dice(b, 5)) {
    case 0:
        set_pmr(b, cpu, both_dice(b, 4) ? value | 0xc0 : value);
        break;
    case 1:
        set_bpr(b, cpu, false, value);
        break;
    case 2:
        set_bpr(b, cpu, true, value);
        break;
    case 3:
        set_ctlr(b, cpu, value);
        break;
    default:
        set_enables(b, cpu, value);
    }
}

static void set_ctlr_el3(struct both *b, unsigned cpu)
{
    struct m_vcpu *c = &b->m.vcpu[cpu];
    unsigned value = both_dice(b, 32);

    both_set(b, cpu, R_CTLR3, value);
    c->cbpr[0] = value & 1;
    c->cbpr[1] = value >> 1 & 1;
    c->eoimode_el3 = value >> 2 & 1;
    c->eoimode[0] = value >> 3 & 1;
    c->eoimode[1] = value >> 4 & 1;
    c->pmhe = false;
}

/* The PE changes level and state, where there are two states to be in. */
void step_pe(struct both *b)
{
    unsigned cpu = both_dice(b, M_VCPUS);
    struct m_vcpu *c = &b->m.vcpu[cpu];
    struct gic_pe_state *pe = &b->r->pe[cpu];

    c->own_nmi_vector = b->m.has_nmi && both_dice(b, 2);
    pe->sctlr_nmi = c->own_nmi_vector;
    if (!b->m.two_states)
        return;
    c->el = both_dice(b, 2) ? 1 : 3;
    c->secure = both_dice(b, 2) || c->el == 3;
    c->fiq_to_el3 = both_dice(b, 2);
    *pe =
        (struct gic_pe_state){.el = (uint8_t)c->el,
                              .secure = c->secure,
                              .sctlr_nmi = c->own_nmi_vector,
                              .scr_el3 = (c->secure ? 0 : SCR_NS) | (c->fiq_to_el3 ? SCR_FIQ : 0)};
    gic_pe_changed(b->r->gic, cpu, pe);
    if (c->el == 3)
        set_ctlr_el3(b, cpu);
}

/* GICR_WAKER.ProcessorSleep, and GICR_CTLR.DPG* of 1-of-N. */
void step_sleep(struct both *b)
{
    unsigned cpu = both_dice(b, M_VCPUS), value;
    struct m_vcpu *c = &b->m.vcpu[cpu];

    if (both_dice(b, 2)) {
        c->asleep = !c->asleep && both_dice(b, 3) == 0;
        rig_redist_set(b->r, cpu, true, 0x14, 4, c->asleep ? 2 : 0);
        return;
    }
    value = both_dice(b, 3) ? 0 : both_dice(b, 8);
    rig_redist_set(b->r, cpu, true, 0, 4, (value << 24) | c->lpis_enabled);
    c->dpg[G0] = b->one_of_n && (value & 1);
    c->dpg[G1NS] = b->one_of_n && (value >> 1 & 1);
    c->dpg[G1S] = b->one_of_n && !b->m.ds && (value >> 2 & 1);
}
