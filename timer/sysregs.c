/* SPDX-License-Identifier: MIT */
/* System registers of the generic timer: one table, its access rules, reads and writes. */
#include "timer/internal.h"

enum kind {
    KIND_FRQ,
    KIND_PCT,
    KIND_VCT,
    KIND_TVAL,
    KIND_CTL,
    KIND_CVAL,
    KIND_VOFF,
    KIND_POFF,
    KIND_KCTL,
    KIND_HCTL,
};

/* Which rule decides about access. */
enum group {
    GROUP_FRQ,
    GROUP_PCT,  /* CNTPCT, CNTPCTSS */
    GROUP_VCT,  /* CNTVCT, CNTVCTSS */
    GROUP_P,    /* CNTP_*_EL0 */
    GROUP_V,    /* CNTV_*_EL0 */
    GROUP_EL2,  /* only the min_el rule, and EL2 must exist */
    GROUP_VHE,  /* likewise, with FEAT_VHE */
    GROUP_EL02, /* _EL02, _EL12: FEAT_VHE and E2H = 1 */
    GROUP_SEL2,
    GROUP_ECV,
    GROUP_PS, /* CNTPS: EL3, or Secure EL1 with SCR_EL3.ST */
    GROUP_ANY,
};

#define REG(n, o1, m, o2, r, w, el, k, t, g, s)                                                    \
    {                                                                                              \
        .name = n, .op0 = 3, .op1 = o1, .crn = 14, .crm = m, .op2 = o2, .readable = r,             \
        .writable = w, .min_el = el, .section = s, .kind = k, .timer = t, .group = g               \
    }
#define TIMER_REGS(prefix, suffix, o1, m, el, t, g)                                                \
    REG(prefix "_TVAL_" suffix, o1, m, 0, true, true, el, KIND_TVAL, t, g, "D12.2.4"),             \
        REG(prefix "_CTL_" suffix, o1, m, 1, true, true, el, KIND_CTL, t, g, "D12.2.4"),           \
        REG(prefix "_CVAL_" suffix, o1, m, 2, true, true, el, KIND_CVAL, t, g, "D12.2.4")

static const struct timer_sysreg rows[] = {
    REG("CNTFRQ_EL0", 3, 0, 0, true, true, 0, KIND_FRQ, 0, GROUP_FRQ, "D12.1.2"),
    REG("CNTPCT_EL0", 3, 0, 1, true, false, 0, KIND_PCT, 0, GROUP_PCT, "D12.2.1"),
    REG("CNTVCT_EL0", 3, 0, 2, true, false, 0, KIND_VCT, 0, GROUP_VCT, "D12.2.2"),
    REG("CNTPCTSS_EL0", 3, 0, 5, true, false, 0, KIND_PCT, 1, GROUP_PCT, "D12.2.1"),
    REG("CNTVCTSS_EL0", 3, 0, 6, true, false, 0, KIND_VCT, 1, GROUP_VCT, "D12.2.2"),
    TIMER_REGS("CNTP", "EL0", 3, 2, 0, TIMER_EL1_PHYS, GROUP_P),
    TIMER_REGS("CNTV", "EL0", 3, 3, 0, TIMER_EL1_VIRT, GROUP_V),
    TIMER_REGS("CNTHP", "EL2", 4, 2, 2, TIMER_EL2_PHYS, GROUP_EL2),
    TIMER_REGS("CNTHV", "EL2", 4, 3, 2, TIMER_EL2_VIRT, GROUP_VHE),
    TIMER_REGS("CNTHVS", "EL2", 4, 4, 2, TIMER_SEC_EL2_VIRT, GROUP_SEL2),
    TIMER_REGS("CNTHPS", "EL2", 4, 5, 2, TIMER_SEC_EL2_PHYS, GROUP_SEL2),
    TIMER_REGS("CNTP", "EL02", 5, 2, 2, TIMER_EL1_PHYS, GROUP_EL02),
    TIMER_REGS("CNTV", "EL02", 5, 3, 2, TIMER_EL1_VIRT, GROUP_EL02),
    TIMER_REGS("CNTPS", "EL1", 7, 2, 1, TIMER_SEC_EL1_PHYS, GROUP_PS),
    REG("CNTVOFF_EL2", 4, 0, 3, true, true, 2, KIND_VOFF, 0, GROUP_EL2, "D12.2.2"),
    REG("CNTPOFF_EL2", 4, 0, 6, true, true, 2, KIND_POFF, 0, GROUP_ECV, "D12.2.1"),
    REG("CNTKCTL_EL1", 0, 1, 0, true, true, 1, KIND_KCTL, 0, GROUP_ANY, "D12.2.5"),
    REG("CNTKCTL_EL12", 5, 1, 0, true, true, 2, KIND_KCTL, 1, GROUP_EL02, "D12.2.5"),
    REG("CNTHCTL_EL2", 4, 1, 0, true, true, 2, KIND_HCTL, 0, GROUP_EL2, "D12.2.5"),
};

const struct timer_sysreg *timer_sysregs(size_t *count)
{
    *count = sizeof(rows) / sizeof(rows[0]);
    return rows;
}

bool timers_is_counter(const struct timer_sysreg *reg)
{
    return reg->kind == KIND_PCT || reg->kind == KIND_VCT || reg->kind == KIND_TVAL ||
           reg->kind == KIND_CTL;
}

/* -- Access ------------------------------------------------------------------------------------ */

static bool e2h(const struct timers *t, const struct timer_pe_state *pe)
{
    return t->config.has_vhe && pe->el2_enabled && (pe->hcr_el2 & HCR_E2H);
}

static bool el0_of_host(const struct timers *t, const struct timer_pe_state *pe)
{
    return e2h(t, pe) && (pe->hcr_el2 & HCR_TGE);
}

/* EL0 needs its bit in CNTKCTL_EL1, or in CNTHCTL_EL2 when EL2 is its host (D12.2.5). */
static enum timer_access check_el0(const struct timers *t, const struct timer_vcpu *v,
                                   const struct timer_pe_state *pe, uint32_t bits)
{
    if (pe->el != 0)
        return TIMER_ACCESS_OK;
    if (el0_of_host(t, pe))
        return v->cnthctl & bits ? TIMER_ACCESS_OK : TIMER_ACCESS_TRAP_EL2;
    if (v->cntkctl & bits)
        return TIMER_ACCESS_OK;
    return pe->el2_enabled && (pe->hcr_el2 & HCR_TGE) ? TIMER_ACCESS_TRAP_EL2
                                                      : TIMER_ACCESS_TRAP_EL1;
}

/* A hypervisor traps its guest: EL1, and EL0 that is not the host's. */
static bool is_guest(const struct timers *t, const struct timer_pe_state *pe)
{
    return pe->el2_enabled && (pe->el == 1 || (pe->el == 0 && !el0_of_host(t, pe)));
}

static enum timer_access check_physical(const struct timers *t, const struct timer_vcpu *v,
                                        const struct timer_pe_state *pe, bool counter)
{
    uint32_t el0 = counter ? KCTL_EL0PCTEN : KCTL_EL0PTEN;
    uint32_t plain = counter ? HCTL_EL1PCTEN : HCTL_EL1PCEN;
    uint32_t moved = counter ? HCTL_E2H_PCTEN : HCTL_E2H_PTEN;
    enum timer_access access = check_el0(t, v, pe, el0);

    if (access == TIMER_ACCESS_OK && is_guest(t, pe) &&
        !(v->cnthctl & (e2h(t, pe) ? moved : plain)))
        access = TIMER_ACCESS_TRAP_EL2;
    return access;
}

static enum timer_access check_virtual(const struct timers *t, const struct timer_vcpu *v,
                                       const struct timer_pe_state *pe, bool counter)
{
    uint32_t el0 = counter ? KCTL_EL0VCTEN : KCTL_EL0VTEN;
    uint32_t trap = counter ? HCTL_EL1TVCT : HCTL_EL1TVT;
    enum timer_access access = check_el0(t, v, pe, el0);

    if (access == TIMER_ACCESS_OK && t->config.has_ecv && is_guest(t, pe) && (v->cnthctl & trap))
        access = TIMER_ACCESS_TRAP_EL2;
    return access;
}

static enum timer_access check_secure(const struct timers *t, const struct timer_pe_state *pe)
{
    if (!t->config.has_el3)
        return TIMER_ACCESS_UNDEF;
    if (pe->el == 3)
        return TIMER_ACCESS_OK;
    if (pe->el != 1 || !pe->secure || pe->el2_enabled) /* Secure EL2 takes it from EL1 */
        return TIMER_ACCESS_UNDEF;
    return pe->scr_el3 & SCR_ST ? TIMER_ACCESS_OK : TIMER_ACCESS_TRAP_EL3;
}

static enum timer_access only_if(bool there)
{
    return there ? TIMER_ACCESS_OK : TIMER_ACCESS_UNDEF;
}

/* CNTPOFF_EL2: SCR_EL3.ECVEn keeps it from EL2. */
static enum timer_access check_cntpoff(const struct timers *t, const struct timer_pe_state *pe)
{
    if (!t->config.has_el2 || !t->config.has_ecv)
        return TIMER_ACCESS_UNDEF;
    if (pe->el == 2 && t->config.has_el3 && !(pe->scr_el3 & SCR_ECVEN))
        return TIMER_ACCESS_TRAP_EL3;
    return TIMER_ACCESS_OK;
}

static enum timer_access check_frq(const struct timers *t, const struct timer_vcpu *v,
                                   const struct timer_pe_state *pe, bool is_write)
{
    unsigned highest = t->config.has_el3 ? 3 : t->config.has_el2 ? 2 : 1;

    if (is_write) /* writable at the highest implemented level only (D19.12.1) */
        return only_if(pe->el == highest);
    return check_el0(t, v, pe, KCTL_EL0PCTEN | KCTL_EL0VCTEN);
}

enum timer_access timer_sysreg_check(struct timers *t, unsigned vcpu,
                                     const struct timer_sysreg *reg,
                                     const struct timer_pe_state *pe, bool is_write)
{
    const struct timer_vcpu *v = &t->vcpus[vcpu];
    const struct timers_config *c = &t->config;

    if (pe->el < reg->min_el || !(is_write ? reg->writable : reg->readable))
        return TIMER_ACCESS_UNDEF;
    switch ((enum group)reg->group) {
    case GROUP_FRQ:
        return check_frq(t, v, pe, is_write);
    case GROUP_PCT:
        return reg->timer && !c->has_ecv ? TIMER_ACCESS_UNDEF : check_physical(t, v, pe, true);
    case GROUP_VCT:
        return reg->timer && !c->has_ecv ? TIMER_ACCESS_UNDEF : check_virtual(t, v, pe, true);
    case GROUP_P:
        return check_physical(t, v, pe, false);
    case GROUP_V:
        return check_virtual(t, v, pe, false);
    case GROUP_EL2:
        return only_if(c->has_el2);
    case GROUP_VHE:
        return only_if(c->has_el2 && c->has_vhe);
    case GROUP_EL02:
        return only_if(c->has_el2 && e2h(t, pe));
    case GROUP_SEL2:
        return only_if(c->has_sel2 && (pe->secure || pe->el == 3) && (pe->scr_el3 & SCR_EEL2));
    case GROUP_ECV:
        return check_cntpoff(t, pe);
    case GROUP_PS:
        return check_secure(t, pe);
    case GROUP_ANY:
        return TIMER_ACCESS_OK;
    }
    return TIMER_ACCESS_UNDEF;
}

/* -- Redirection (D8.9, D12.2): E2H makes the EL0 names mean EL2's timers ------------------------
 */

static enum timer_id redirected(const struct timers *t, const struct timer_sysreg *reg,
                                const struct timer_pe_state *pe)
{
    bool host = e2h(t, pe) && (pe->el == 2 || (pe->el == 0 && (pe->hcr_el2 & HCR_TGE)));

    if (!host || (reg->group != GROUP_P && reg->group != GROUP_V))
        return (enum timer_id)reg->timer;
    if (pe->secure && t->config.has_sel2)
        return reg->timer == TIMER_EL1_PHYS ? TIMER_SEC_EL2_PHYS : TIMER_SEC_EL2_VIRT;
    return reg->timer == TIMER_EL1_PHYS ? TIMER_EL2_PHYS : TIMER_EL2_VIRT;
}

enum timer_id timer_sysreg_timer(const struct timers *t, const struct timer_sysreg *reg,
                                 const struct timer_pe_state *pe)
{
    if (reg->kind != KIND_CVAL && reg->kind != KIND_TVAL && reg->kind != KIND_CTL)
        return TIMER_COUNT;
    return redirected(t, reg, pe);
}

/*
 * Whose timer goes with a counter, and so what a read subtracts. CNTPOFF: not at EL2 and EL3.
 * CNTVOFF: not at EL2 with E2H, but at EL3. Neither in the host's EL0.
 */
static enum timer_id counter_timer(const struct timers *t, const struct timer_sysreg *reg,
                                   const struct timer_pe_state *pe)
{
    bool host = el0_of_host(t, pe) && pe->el == 0;

    if (reg->kind == KIND_PCT)
        return pe->el == 3           ? TIMER_SEC_EL1_PHYS
               : pe->el == 2 || host ? TIMER_EL2_PHYS
                                     : TIMER_EL1_PHYS;
    return host || (pe->el == 2 && e2h(t, pe)) ? TIMER_EL2_VIRT : TIMER_EL1_VIRT;
}

uint64_t timers_reached_ns(const struct timers *t, unsigned vcpu, const struct timer_pe_state *pe,
                           uint64_t count)
{
    static const struct timer_sysreg cntvct = {.kind = KIND_VCT};
    enum timer_id timer = counter_timer(t, &cntvct, pe);
    uint64_t system = timers_system_counter(t), ticks = system + t->system_offset;
    uint64_t now = system - timer_offset(t, &t->vcpus[vcpu], timer);

    if (now >= count)
        return 0;
    if (t->stopped || ticks > UINT64_MAX - (count - now))
        return UINT64_MAX;
    return timers_ticks_to_ns(t, ticks + (count - now));
}

static uint64_t *control_of(struct timers *t, struct timer_vcpu *v, const struct timer_sysreg *reg,
                            const struct timer_pe_state *pe)
{
    bool to_el2 = reg->kind == KIND_HCTL || (reg->group == GROUP_ANY && pe->el == 2 && e2h(t, pe));

    return to_el2 ? &v->cnthctl : &v->cntkctl;
}

uint64_t timer_control_bits(const struct timers *t, bool cnthctl)
{
    const struct timers_config *c = &t->config;

    if (!cnthctl)
        return KCTL_WRITABLE | (c->has_ecv ? KCTL_EVNTIS : 0);
    return HCTL_WRITABLE | (c->has_vhe ? HCTL_WRITABLE_VHE : 0) |
           (c->has_ecv ? HCTL_WRITABLE_ECV : 0) | (c->has_rme ? HCTL_WRITABLE_RME : 0);
}

/* -- Reads and writes -------------------------------------------------------------------------- */

void timer_peek(const struct timers *t, unsigned vcpu, enum timer_id id, struct timer_view *out)
{
    const struct timer_vcpu *v = &t->vcpus[vcpu];
    uint64_t offset = timer_offset(t, v, id);

    out->count = timers_system_counter(t) - offset;
    out->cval = v->timers[id].cval;
    out->ctl = timer_read_ctl(t, &v->timers[id], offset);
}

/*
 * What TVAL is relative to: what the timer is compared with, but CNTPOFF_EL2 does not count in
 * accesses from EL2 and EL3, by whichever name (the accessors' pseudocode of CNTP_TVAL_EL0).
 */
static uint64_t tval_offset(const struct timers *t, const struct timer_vcpu *v, enum timer_id id,
                            const struct timer_pe_state *pe)
{
    if (id == TIMER_EL1_PHYS && pe->el >= 2)
        return v->offsets[id] + t->physical_offset;
    return timer_offset(t, v, id);
}

static uint64_t read_timer(const struct timers *t, const struct timer_vcpu *v,
                           const struct timer_sysreg *reg, const struct timer_pe_state *pe)
{
    enum timer_id id = redirected(t, reg, pe);
    const struct one_timer *one = &v->timers[id];

    if (reg->kind == KIND_CVAL)
        return one->cval;
    if (reg->kind == KIND_TVAL)
        return timer_read_tval(t, one, tval_offset(t, v, id, pe));
    return timer_read_ctl(t, one, timer_offset(t, v, id));
}

uint64_t timer_sysreg_read(struct timers *t, unsigned vcpu, const struct timer_sysreg *reg,
                           const struct timer_pe_state *pe)
{
    struct timer_vcpu *v = &t->vcpus[vcpu];

    switch ((enum kind)reg->kind) {
    case KIND_FRQ:
        return v->cntfrq;
    case KIND_PCT:
    case KIND_VCT:
        return timers_system_counter(t) - timer_offset(t, v, counter_timer(t, reg, pe));
    case KIND_VOFF:
        return v->cntvoff;
    case KIND_POFF:
        return v->cntpoff;
    case KIND_KCTL:
    case KIND_HCTL:
        return *control_of(t, v, reg, pe);
    default:
        return read_timer(t, v, reg, pe);
    }
}

static void write_timer(struct timers *t, unsigned vcpu, const struct timer_sysreg *reg,
                        const struct timer_pe_state *pe, uint64_t value)
{
    enum timer_id id = redirected(t, reg, pe);
    struct timer_vcpu *v = &t->vcpus[vcpu];
    struct one_timer *one = &v->timers[id];

    if (reg->kind == KIND_CVAL)
        one->cval = value;
    else if (reg->kind == KIND_TVAL)
        timer_write_tval(t, one, tval_offset(t, v, id, pe), (uint32_t)value);
    else
        one->ctl = value & (CTL_ENABLE | CTL_IMASK);
    timer_evaluate(t, vcpu, id);
}

void timer_sysreg_write(struct timers *t, unsigned vcpu, const struct timer_sysreg *reg,
                        const struct timer_pe_state *pe, uint64_t value)
{
    struct timer_vcpu *v = &t->vcpus[vcpu];
    uint64_t *control;

    switch ((enum kind)reg->kind) {
    case KIND_FRQ:
        v->cntfrq = value & UINT32_MAX;
        break; /* only tells; changes no speed */
    case KIND_PCT:
    case KIND_VCT:
        break;
    case KIND_VOFF:
        v->cntvoff = value;
        timer_evaluate(t, vcpu, TIMER_EL1_VIRT);
        break;
    case KIND_POFF:
        v->cntpoff = value;
        timer_evaluate(t, vcpu, TIMER_EL1_PHYS);
        break;
    case KIND_KCTL:
    case KIND_HCTL:
        control = control_of(t, v, reg, pe);
        *control = value & timer_control_bits(t, control == &v->cnthctl);
        timer_evaluate(t, vcpu, TIMER_EL1_PHYS); /* ECV, CNTPMASK */
        timer_evaluate(t, vcpu, TIMER_EL1_VIRT); /* CNTVMASK */
        break;
    default:
        write_timer(t, vcpu, reg, pe, value);
        break;
    }
}
