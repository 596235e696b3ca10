/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The walk through the gates: libgic's, with who wrote each register; the machine's around them. */
#include "emu/why.h"

#include <stdio.h>
#include <string.h>

enum { GICR_CTLR = 0x0, GICR_WAKER = 0x14, GICR_PROPBASER = 0x70, GICD_CTLR = 0x0 };

const char *why_kind(uint32_t intid)
{
    if (intid < 16)
        return "SGI";
    if (intid < 32 || (intid >= 1056 && intid < 1120))
        return "PPI";
    if (intid < 1020 || (intid >= 4096 && intid < 5120))
        return "SPI";
    return intid >= 8192 ? "LPI" : "INTID";
}

struct why_gate *why_add(struct why_answer *a, const char *name, const char *section,
                         const char *advice)
{
    struct why_gate *gate = &a->gates[a->n_gates++];

    *gate = (struct why_gate){.name = name,
                              .result = GIC_GATE_NOT_APPLICABLE,
                              .field = "",
                              .field_bit = -1,
                              .relation = "any",
                              .advice = advice};
    snprintf(gate->section, sizeof(gate->section), "%s", section);
    return gate;
}

void why_result(struct why_gate *gate, bool pass, uint64_t value, const char *relation,
                uint64_t wanted)
{
    gate->result = pass ? GIC_GATE_PASS : GIC_GATE_FAIL;
    gate->value = value;
    gate->relation = relation;
    gate->wanted = wanted;
}

/* -- libgic's gates ---------------------------------------------------------------------------- */

static enum history_bank bank_of(const struct machine *m, const struct why_answer *a)
{
    if (!m->config.has_el3)
        return BANK_NS;
    return a->group == GIC_G1S || (a->group == GIC_G0 && a->pe.secure) ? BANK_S : BANK_NS;
}

/* Of two writes to one register: one that changed it, then the later one. */
static bool counts_more(const struct writer *a, const struct writer *b)
{
    if (!a->known || !b->known || a->changed == b->changed)
        return a->known && (!b->known || a->instructions > b->instructions);
    return a->changed;
}

/* ICC_PMR_EL1, ICC_IGRPEN0_EL1 are not banked; a write from the other side may have been ignored.
 */
static bool any_bank(const struct machine *m, unsigned vcpu, const char *name, struct writer *out)
{
    struct writer secure;
    bool there = history_sysreg(m, vcpu, name, BANK_NS, out);

    history_sysreg(m, vcpu, name, BANK_S, &secure);
    if (counts_more(&secure, out))
        *out = secure;
    return there;
}

static bool cpu_group_writer(const struct machine *m, const struct why_answer *a,
                             struct writer *out)
{
    struct writer el3;
    bool there;

    if (a->group == GIC_G0)
        return any_bank(m, a->question.vcpu, "ICC_IGRPEN0_EL1", out);
    there = history_sysreg(m, a->question.vcpu, "ICC_IGRPEN1_EL1", bank_of(m, a), out);
    any_bank(m, a->question.vcpu, "ICC_IGRPEN1_EL3", &el3);
    if (counts_more(&el3, out))
        *out = el3;
    return there;
}

static bool writer_of(const struct machine *m, const struct why_answer *a,
                      const struct gic_gate *gate, struct writer *out)
{
    uint32_t intid = a->question.intid;
    unsigned vcpu = a->question.vcpu;
    bool lpi = intid >= 8192;

    switch (gate->id) {
    case GIC_GATE_ROUTED:
        return history_irq(m, vcpu, intid, ASPECT_ROUTE, out);
    case GIC_GATE_LPIS_ENABLED:
        return history_frame(m, FRAME_GICR, vcpu, GICR_CTLR, out);
    case GIC_GATE_PENDING:
        return history_irq(m, vcpu, intid, ASPECT_PENDING, out);
    case GIC_GATE_NOT_ACTIVE:
        return history_irq(m, vcpu, intid, ASPECT_ACTIVE, out);
    case GIC_GATE_ENABLED: /* an LPI's is in memory, which is not watched */
        return !lpi && history_irq(m, vcpu, intid, ASPECT_ENABLE, out);
    case GIC_GATE_GROUP:
        return history_irq(m, vcpu, intid, ASPECT_GROUP, out);
    case GIC_GATE_IMPLEMENTED:
        return lpi && history_frame(m, FRAME_GICR, vcpu, GICR_PROPBASER, out);
    case GIC_GATE_DIST_GROUP:
        return history_group_enable(m, a->group == GIC_G1NS, out);
    case GIC_GATE_AWAKE:
        return history_frame(m, FRAME_GICR, vcpu, GICR_WAKER, out);
    case GIC_GATE_SYSTEM_REGISTERS:
        return any_bank(m, vcpu,
                        gate->reg_n == 3   ? "ICC_SRE_EL3"
                        : gate->reg_n == 2 ? "ICC_SRE_EL2"
                                           : "ICC_SRE_EL1",
                        out);
    case GIC_GATE_CPU_GROUP:
        return cpu_group_writer(m, a, out);
    case GIC_GATE_PRIORITY_MASK:
        return any_bank(m, vcpu, "ICC_PMR_EL1", out);
    case GIC_GATE_RUNNING_PRIORITY:
        return history_running(m, vcpu, out);
    default:
        return false;
    }
}

/* "GICR_ISENABLER<n>" with its n; extended ones have it before the E. */
static void set_register(struct why_gate *to, const char *reg, unsigned n)
{
    const char *mark = strstr(reg, "<n>");

    if (mark)
        snprintf(to->reg, sizeof(to->reg), "%.*s%u%s", (int)(mark - reg), reg, n, mark + 3);
    else
        snprintf(to->reg, sizeof(to->reg), "%s", reg);
}

static int field_bit_of(const struct gic_gate *gate, uint32_t intid)
{
    switch (gate->id) {
    case GIC_GATE_PENDING:
    case GIC_GATE_NOT_ACTIVE:
    case GIC_GATE_ENABLED:
    case GIC_GATE_GROUP:
        return intid < 8192 ? (int)(intid % 32) : -1;
    default:
        return -1;
    }
}

struct why_gate *why_add_gic(struct why_answer *a, const struct gic_gate *from)
{
    struct why_gate *gate = why_add(a, from->name, "", from->advice);

    snprintf(gate->section, sizeof(gate->section), "IHI 0069 %s", from->section);
    set_register(gate, from->reg, from->reg_n);
    gate->result = from->result;
    gate->field = from->field;
    if (from->result == GIC_GATE_NOT_APPLICABLE)
        return gate;
    gate->value = from->value;
    gate->wanted = from->wanted;
    gate->relation = from->relation;
    return gate;
}

static void add_gic_gate(struct machine *m, struct why_answer *a, const struct gic_gate *from)
{
    struct why_gate *gate = why_add_gic(a, from);

    gate->field_bit = field_bit_of(from, a->question.intid);
    if (from->result != GIC_GATE_NOT_APPLICABLE)
        gate->has_writer = writer_of(m, a, from, &gate->writer);
    why_remark(m, a, from, gate);
}

/* Not a gate of its own: what the two that follow compare with. */
static void add_priority(const struct machine *m, struct why_answer *a)
{
    uint32_t intid = a->question.intid;
    uint32_t index = intid >= 4096 ? intid - 4096 : intid >= 1056 ? intid - 1024 : intid;
    struct why_gate *gate;

    if (!a->state.exists || intid >= 8192)
        return;
    gate = why_add(a, "priority", "IHI 0069 4.8.1", "write a smaller value to the byte");
    snprintf(gate->reg, sizeof(gate->reg), "%s_IPRIORITYR%u%s", a->state.shared ? "GICD" : "GICR",
             index / 4, intid >= 1024 ? "E" : "");
    gate->field = "Priority_offset_";
    gate->field_bit = (int)(index % 4);
    why_result(gate, true, a->priority, "any", a->priority);
    gate->has_writer = history_irq(m, a->question.vcpu, intid, ASPECT_PRIORITY, &gate->writer);
    if (a->state.superpriority)
        snprintf(gate->note, sizeof(gate->note), "superpriority");
}

static void add_gic_gates(struct machine *m, struct why_answer *a, const struct gic_verdict *v)
{
    for (unsigned i = 0; i < v->n_gates; i++) {
        if (v->gates[i].id == GIC_GATE_PENDING)
            why_trigger(m, a);
        if (v->gates[i].id == GIC_GATE_SYSTEM_REGISTERS)
            why_power(m, a);
        if (v->gates[i].id == GIC_GATE_PRIORITY_MASK)
            add_priority(m, a);
        add_gic_gate(m, a, &v->gates[i]);
        if (v->gates[i].id == GIC_GATE_ENABLED)
            why_disabling(a);
    }
}

/* -- The whole --------------------------------------------------------------------------------- */

static void judge(struct why_answer *a)
{
    bool waits = a->state.pending || why_edge_is_gone(a);

    a->first_failed = a->n_gates;
    for (unsigned i = a->n_gates; i-- > 0;) {
        if (a->gates[i].result == GIC_GATE_FAIL)
            a->first_failed = i;
    }
    a->verdict = a->first_failed == a->n_gates      ? WHY_DELIVERABLE
                 : !waits && a->delivery.count != 0 ? WHY_DELIVERED
                                                    : WHY_BLOCKED;
}

/* A shared interrupt may have been taken by several vCPUs; of LPIs only the last one is known. */
static uint64_t delivered_here(const struct machine *m, const struct why_question *q,
                               const struct delivery *d)
{
    if (q->intid < MACHINE_MAX_INTID && d->count)
        return m->statistics.acknowledged[q->vcpu][q->intid];
    return d->acknowledged.vcpu == q->vcpu ? d->count : 0;
}

static void ask_physical(struct machine *m, struct why_answer *a)
{
    const struct why_question *q = &a->question;
    const struct delivery *d = history_delivery(m, q->vcpu, q->intid);
    struct gic_verdict v;

    gic_explain(m->gic, q->vcpu, q->intid, &a->pe, &v);
    gic_irq_peek(m->gic, q->vcpu, q->intid, &a->state);
    a->line = v.line;
    a->group = v.group;
    a->priority = v.priority;
    if (d)
        a->delivery = *d;
    a->delivery.count = delivered_here(m, q, &a->delivery);
    why_source(m, a);
    add_gic_gates(m, a, &v);
    why_pe(m, a);
}

void why_ask(struct machine *m, const struct why_question *q, struct why_answer *a)
{
    struct cpu_pe_state pe;

    memset(a, 0, sizeof(*a));
    a->question = *q;
    a->found = true;
    a->is_virtual = q->form == WHY_VIRTUAL;
    a->instructions = machine_instructions(m);
    a->now_ns = machine_now_ns(m);
    if (q->form == WHY_EVENT)
        why_event(m, a);
    vcpu_get_pe_state(m->engine, a->question.vcpu, &pe);
    a->pe = (struct gic_pe_state){.el = pe.el,
                                  .secure = pe.secure,
                                  .el2_enabled = pe.el2_enabled,
                                  .hcr_el2 = pe.hcr_el2,
                                  .scr_el3 = pe.scr_el3};
    if (a->found && a->is_virtual)
        why_virtual(m, a);
    else if (a->found)
        ask_physical(m, a);
    judge(a);
}

int why_exit_code(const struct why_answer *a)
{
    return a->verdict == WHY_BLOCKED ? WHY_EXIT_BLOCKED : WHY_EXIT_TAKEN;
}
