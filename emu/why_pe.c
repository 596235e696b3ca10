/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The gates outside the GIC: an interrupt's source, and the PE that takes it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "emu/why.h"

/* -- Source ------------------------------------------------------------------------------------ */

enum { CTL_ENABLE = 1, CTL_IMASK = 2, CTL_ISTATUS = 4 };

static const char *const timer_controls[TIMER_COUNT] = {
    [TIMER_EL1_PHYS] = "CNTP_CTL_EL0",       [TIMER_EL1_VIRT] = "CNTV_CTL_EL0",
    [TIMER_EL2_PHYS] = "CNTHP_CTL_EL2",      [TIMER_EL2_VIRT] = "CNTHV_CTL_EL2",
    [TIMER_SEC_EL1_PHYS] = "CNTPS_CTL_EL1",  [TIMER_SEC_EL2_PHYS] = "CNTHPS_CTL_EL2",
    [TIMER_SEC_EL2_VIRT] = "CNTHVS_CTL_EL2",
};

/* DDI 0487 D12.2.4: the output is ENABLE and ISTATUS and not IMASK. */
static void timer_source(struct machine *m, struct why_answer *a, struct why_gate *gate,
                         enum timer_id timer)
{
    unsigned vcpu = a->question.vcpu;
    struct timer_view t;

    timer_peek(m->timers, vcpu, timer, &t);
    snprintf(gate->reg, sizeof(gate->reg), "%s", timer_controls[timer]);
    snprintf(gate->section, sizeof(gate->section), "DDI 0487 D12.2.4");
    gate->has_writer = history_timer(m, vcpu, timer, true, &gate->writer);
    if (!(t.ctl & CTL_ENABLE)) {
        gate->field = "ENABLE";
        gate->advice = "set ENABLE in the timer's CTL register";
        why_result(gate, false, 0, "==", 1);
    } else if (t.ctl & CTL_IMASK) {
        gate->field = "IMASK";
        gate->advice = "clear IMASK in the timer's CTL register";
        why_result(gate, false, 1, "==", 0);
    } else {
        gate->field = "ISTATUS";
        gate->advice = "set CVAL or TVAL to a time that has come, or wait for it";
        why_result(gate, t.ctl & CTL_ISTATUS, (t.ctl & CTL_ISTATUS) != 0, "==", 1);
        gate->has_writer = history_timer(m, vcpu, timer, false, &gate->writer);
        snprintf(gate->note, sizeof(gate->note), "CVAL 0x%" PRIx64 ", counter 0x%" PRIx64, t.cval,
                 t.count);
    }
}

static const struct slot *driver_of(const struct machine *m, uint32_t intid)
{
    for (unsigned i = 0; i < m->n_slots; i++) {
        if (m->slots[i].dev && m->slots[i].first_intid == intid && intid >= 32)
            return &m->slots[i];
    }
    return NULL;
}

static void wire_source(struct machine *m, struct why_answer *a, struct why_gate *gate)
{
    const struct slot *slot = driver_of(m, a->question.intid);
    uint32_t frame_line = a->question.intid - BOARD_TIMER_INTID;

    if (m->config.mmio_timers && frame_line < 2 * BOARD_TIMER_FRAMES) {
        snprintf(gate->reg, sizeof(gate->reg), "CNTBase%u.CNT%c_CTL", frame_line / 2,
                 frame_line % 2 ? 'V' : 'P');
        gate->field = "interrupt output";
        gate->advice = "irqlab why-time shows what the timer waits for";
        why_result(gate, a->state.level, a->state.level, "==", 1);
        return;
    }
    if (!slot) {
        snprintf(gate->note, sizeof(gate->note), "no device drives it: only software can pend it");
        return;
    }
    snprintf(gate->reg, sizeof(gate->reg), "%s", slot->dev->ops->name);
    gate->field = "interrupt output";
    gate->advice = "let the device assert its output: its own mask register, or the event it "
                   "waits for";
    why_result(gate, a->state.level, a->state.level, "==", 1);
}

/* IHI 0069 12.2.28: what a write has to be to reach @vcpu. */
static uint64_t sgi1r_for(const struct machine *m, unsigned vcpu, uint32_t intid)
{
    uint64_t mpidr = m->mpidr[vcpu], aff0 = mpidr & 0xff;

    return (mpidr >> 32 & 0xff) << 48 | aff0 / 16 << 44 | (mpidr >> 16 & 0xff) << 32 |
           (uint64_t)intid << 24 | (mpidr >> 8 & 0xff) << 16 | 1ull << aff0 % 16;
}

static void sgi_source(struct machine *m, struct why_answer *a, struct why_gate *gate)
{
    snprintf(gate->reg, sizeof(gate->reg), "ICC_SGI1R_EL1");
    snprintf(gate->section, sizeof(gate->section), "IHI 0069 12.2.28");
    gate->field = "Aff3.Aff2.Aff1.TargetList, INTID";
    gate->advice = "send it to this vCPU's affinity, in its own group";
    gate->has_writer = history_sgi(m, a->question.intid, &gate->writer);
    why_result(gate, a->state.pending, gate->writer.value, "reaches",
               sgi1r_for(m, a->question.vcpu, a->question.intid));
    if (gate->writer.known && strcmp(gate->writer.reg, "ICC_SGI1R_EL1"))
        snprintf(gate->note, sizeof(gate->note), "sent by %s", gate->writer.reg);
}

/* An interrupt that is pending without its source, by software or by an edge, needs it no more. */
void why_source(struct machine *m, struct why_answer *a)
{
    struct why_gate *gate = why_add(a, "source", "IHI 0069 4.1.2", "");
    enum timer_id timer = wires_timer_of(a->question.intid);

    if (a->question.intid < 16)
        sgi_source(m, a, gate);
    else if (timer != TIMER_COUNT)
        timer_source(m, a, gate, timer);
    else if (a->state.shared)
        wire_source(m, a, gate);
    if (a->state.pending && gate->result == GIC_GATE_FAIL) {
        gate->result = GIC_GATE_NOT_APPLICABLE;
        snprintf(gate->note, sizeof(gate->note), "pending without it");
    }
}

/* -- The PE ------------------------------------------------------------------------------------ */

#define HCR_FMO (1ull << 3)
#define HCR_IMO (1ull << 4)
#define HCR_TGE (1ull << 27)
#define HCR_E2H (1ull << 34)
#define SCR_IRQ (1ull << 1)
#define SCR_FIQ (1ull << 2)

enum { PSTATE_SP = 1, PSTATE_F_BIT = 6, PSTATE_I_BIT = 7, PSTATE_ALLINT_BIT = 13, SCTLR_M = 1 };

#define SCTLR_NMI       (1ull << 61)
#define SCTLR_SPINTMASK (1ull << 62)

/* Only where it is so: a VMM is there for few guests. */
static void add_held(const struct machine *m, struct why_answer *a)
{
    unsigned held = m->vcpus[a->question.vcpu].held;
    struct why_gate *gate;

    if (!held)
        return;
    gate = why_add(a, "held", "emu/vmm.h",
                   held & VCPU_HELD_BY_CALL ? "the VMM answers its call (answer-call)"
                                            : "the VMM lets it go on (resume-vcpu)");
    snprintf(gate->reg, sizeof(gate->reg), "vCPU %u", a->question.vcpu);
    gate->field = "held";
    why_result(gate, false, held, "==", 0);
}

void why_power(struct machine *m, struct why_answer *a)
{
    struct why_gate *gate = why_add(a, "power", "DEN0022 5.6", "PSCI CPU_ON for this vCPU");
    bool on = m->vcpus[a->question.vcpu].state != VCPU_OFF;

    snprintf(gate->reg, sizeof(gate->reg), "vCPU %u", a->question.vcpu);
    gate->field = "on";
    why_result(gate, on, on, "==", 1);
    add_held(m, a);
}

static bool is_fiq(const struct why_answer *a)
{
    return a->line == GIC_LINE_FIQ || a->line == GIC_LINE_VFIQ;
}

/* DDI 0487 D1.3.6: SCR_EL3, then HCR_EL2 route a physical interrupt; else it is EL1's. */
static unsigned target_el(const struct machine *m, const struct why_answer *a)
{
    bool fiq = is_fiq(a);

    if (m->config.has_el3 && (a->pe.scr_el3 & (fiq ? SCR_FIQ : SCR_IRQ)))
        return 3;
    if (a->pe.el2_enabled && (a->pe.hcr_el2 & ((fiq ? HCR_FMO : HCR_IMO) | HCR_TGE)))
        return 2;
    return 1;
}

/* An interrupt of a lower level than the one that runs waits until that is left. */
static void add_target(const struct machine *m, struct why_answer *a, unsigned target)
{
    bool fiq = is_fiq(a);
    struct why_gate *gate = why_add(a, "target", "DDI 0487 D1.3.6",
                                    "it is routed below the level that runs: return to it, or "
                                    "route it here (HCR_EL2.IMO and FMO, SCR_EL3.IRQ and FIQ)");

    if (target == 3 || (target == 1 && a->pe.el == 3)) {
        snprintf(gate->reg, sizeof(gate->reg), "SCR_EL3");
        gate->field = fiq ? "FIQ" : "IRQ";
        gate->value = target == 3;
        gate->has_writer = history_routing(m, a->question.vcpu, 3, &gate->writer);
    } else if (m->config.has_el2) {
        snprintf(gate->reg, sizeof(gate->reg), "HCR_EL2");
        gate->field = a->pe.hcr_el2 & HCR_TGE ? "TGE" : fiq ? "FMO" : "IMO";
        gate->value = target == 2;
        gate->has_writer = history_routing(m, a->question.vcpu, 2, &gate->writer);
    } else {
        snprintf(gate->reg, sizeof(gate->reg), "CurrentEL");
        gate->field = "EL";
        gate->value = a->pe.el;
    }
    gate->result = target >= a->pe.el ? GIC_GATE_PASS : GIC_GATE_FAIL;
    gate->wanted = target >= a->pe.el ? gate->value : 1;
    gate->relation = target >= a->pe.el ? "any" : "==";
    snprintf(gate->note, sizeof(gate->note), "%s goes to EL%u, running at EL%u",
             fiq ? "FIQ" : "IRQ", target, a->pe.el);
}

/* PSTATE masks what its own level takes; above that, only EL0 of the host and of EL1 are masked. */
static bool mask_counts(const struct why_answer *a, unsigned target)
{
    uint64_t host = HCR_E2H | HCR_TGE;

    if (target == a->pe.el || target == 1)
        return true;
    return target == 2 && (a->pe.hcr_el2 & host) == host;
}

static uint64_t el_register(struct machine *m, unsigned vcpu, unsigned el, unsigned crn)
{
    static const uint8_t op1[] = {0, 0, 4, 6};
    uint64_t value = 0;

    vcpu_sysreg_raw(m->engine, vcpu, 3, op1[el], crn, 0, 0, &value);
    return value;
}

/*
 * FEAT_NMI: with SCTLR_ELx.NMI, ALLINT or SP masks everything at that level, and what has
 * Superpriority is masked by nothing else. Whether that decides, and PSTATE.I and F do not.
 */
static bool add_allint(struct machine *m, struct why_answer *a, struct why_gate *gate,
                       unsigned target, uint64_t pstate)
{
    uint64_t sctlr = el_register(m, a->question.vcpu, target, 1);
    bool allint = pstate >> PSTATE_ALLINT_BIT & 1;
    bool sp = (sctlr & SCTLR_SPINTMASK) && (pstate & PSTATE_SP);
    bool masked = target == a->pe.el && (allint || sp);
    bool superpriority = a->is_virtual ? gic_line_level(m->gic, a->question.vcpu, GIC_LINE_VNMI)
                                       : a->state.superpriority && a->group != GIC_G0;

    if (!board_has_nmi(m->config.cpu_model, m->config.gic.nmi) || !(sctlr & SCTLR_NMI) ||
        target < a->pe.el || (!masked && !superpriority))
        return false;
    gate->field = masked && !allint ? "SP" : "ALLINT";
    gate->advice = masked && !allint ? "MSR SPSel, #0, or clear SCTLR_ELx.SPINTMASK"
                                     : "MSR ALLINT, #0 (or an exception return that clears it)";
    why_result(gate, !masked, masked, "==", 0);
    if (masked)
        why_masked(m, a, gate);
    return true;
}

static void add_mask(struct machine *m, struct why_answer *a, unsigned target)
{
    bool fiq = is_fiq(a);
    uint64_t pstate = vcpu_get_pstate(m->engine, a->question.vcpu);
    unsigned bit = fiq ? PSTATE_F_BIT : PSTATE_I_BIT;
    struct why_gate *gate = why_add(a, "pstate", "DDI 0487 D1.3.6",
                                    fiq ? "MSR DAIFClr, #1 (or an exception return that clears F)"
                                        : "MSR DAIFClr, #2 (or an exception return that clears I)");

    snprintf(gate->reg, sizeof(gate->reg), "PSTATE");
    gate->field = fiq ? "F" : "I";
    if (add_allint(m, a, gate, target, pstate))
        return;
    if (target >= a->pe.el && mask_counts(a, target))
        why_result(gate, !(pstate >> bit & 1), pstate >> bit & 1, "==", 0);
    if (gate->result == GIC_GATE_FAIL)
        why_masked(m, a, gate);
}

/* The first instruction of the vector, or false when it cannot be looked at from outside. */
static bool vector_word(struct machine *m, const struct why_answer *a, unsigned target, uint64_t va,
                        uint32_t *word)
{
    unsigned vcpu = a->question.vcpu;
    uint64_t pa = va;

    *word = 0;
    if (el_register(m, vcpu, target, 1) & SCTLR_M) {
        if (target != a->pe.el)
            return false;
        if (vcpu_translate(m->engine, vcpu, va, &pa))
            return true;
    }
    if (pa < BOARD_RAM_BASE)
        return false; /* flash */
    machine_guest_read(m, pa, word, sizeof(*word));
    return true;
}

static void add_vector(struct machine *m, struct why_answer *a, unsigned target)
{
    bool fiq = is_fiq(a);
    struct why_gate *gate = why_add(a, "vector", "DDI 0487 D1.3.1",
                                    "put a vector table of 2 KiB into VBAR of that level");
    uint64_t vbar = el_register(m, a->question.vcpu, target, 12), offset;
    uint64_t pstate = vcpu_get_pstate(m->engine, a->question.vcpu);
    uint32_t word;

    snprintf(gate->reg, sizeof(gate->reg), "VBAR_EL%u", target);
    gate->field = "vector";
    if (target < a->pe.el)
        return;
    offset = (target > a->pe.el ? 0x400 : pstate & PSTATE_SP ? 0x200 : 0) + (fiq ? 0x100 : 0x80);
    if (vector_word(m, a, target, vbar + offset, &word))
        why_result(gate, word != 0, vbar, word ? "any" : "!=", word ? vbar : 0);
    snprintf(gate->note, sizeof(gate->note), "%s vector at 0x%" PRIx64 "%s", fiq ? "FIQ" : "IRQ",
             vbar + offset, gate->result == GIC_GATE_FAIL ? ", where no code is" : "");
}

/* A virtual interrupt is EL1's, while HCR_EL2 routes the physical ones to EL2 (D1.3.6). */
static void add_virtual_target(struct why_answer *a)
{
    bool fiq = is_fiq(a), routed = a->pe.hcr_el2 & (fiq ? HCR_FMO : HCR_IMO);
    struct why_gate *gate =
        why_add(a, "target", "DDI 0487 D1.3.6", "set it: only then are there virtual interrupts");

    snprintf(gate->reg, sizeof(gate->reg), "HCR_EL2");
    gate->field = fiq ? "FMO" : "IMO";
    if (!routed || !a->pe.el2_enabled) {
        why_result(gate, false, routed, "==", 1);
    } else if (a->pe.hcr_el2 & HCR_TGE) {
        gate->field = "TGE";
        gate->advice = "clear it: with TGE there is no guest at EL1";
        why_result(gate, false, 1, "==", 0);
    } else if (a->pe.el > 1) {
        snprintf(gate->reg, sizeof(gate->reg), "CurrentEL");
        gate->field = "EL";
        gate->advice = "it is taken when the hypervisor returns to its guest";
        why_result(gate, false, a->pe.el, "<", 2);
    } else {
        why_result(gate, true, 1, "==", 1);
    }
}

void why_pe(struct machine *m, struct why_answer *a)
{
    unsigned target = target_el(m, a);

    if (a->is_virtual) {
        add_virtual_target(a);
        add_mask(m, a, 1);
        add_vector(m, a, 1);
        return;
    }

    add_target(m, a, target);
    why_acknowledge(m, a, target);
    add_mask(m, a, target);
    add_vector(m, a, target);
}
