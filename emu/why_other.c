/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interrupts that are not one of the GIC's own: a device's event, and a hypervisor's virtual ones.
 */
#include <stdio.h>
#include <string.h>

#include "emu/why.h"

enum { GITS_CTLR = 0x0, GITS_CWRITER = 0x88, GITS_BASER0 = 0x100 };

/* -- Events ------------------------------------------------------------------------------------ */

static bool event_writer(const struct machine *m, unsigned id, struct writer *out)
{
    switch (id) {
    case GIC_EGATE_ITS_ENABLED:
        return history_frame(m, FRAME_GITS, 0, GITS_CTLR, out);
    case GIC_EGATE_DEVICE_TABLE:
        return history_frame(m, FRAME_GITS, 0, GITS_BASER0, out);
    default: /* commands: the last write that announced some */
        return history_frame(m, FRAME_GITS, 0, GITS_CWRITER, out);
    }
}

/* IHI 0069 8: a vLPI waits in its vPE's table until that is scheduled. */
static void add_resident(struct why_answer *a, const struct gic_event_target *target)
{
    struct why_gate *gate = why_add(a, "resident", "IHI 0069 8",
                                    "the hypervisor schedules the vPE: GICR_VPENDBASER.Valid");

    snprintf(gate->reg, sizeof(gate->reg), "GICR_VPENDBASER");
    gate->field = "Valid";
    why_result(gate, target->resident, target->resident, "==", 1);
}

void why_event(struct machine *m, struct why_answer *a)
{
    struct gic_event_target target;
    struct gic_verdict v;

    gic_its_explain(m->its, a->question.device_id, a->question.event_id, &v, &target);
    a->found = v.signalled;
    a->group = v.group;
    a->priority = 0xff;
    for (unsigned i = 0; i < v.n_gates; i++) {
        struct why_gate *gate = why_add_gic(a, &v.gates[i]);

        if (gate->result != GIC_GATE_NOT_APPLICABLE)
            gate->has_writer = event_writer(m, i, &gate->writer);
    }
    if (!v.signalled)
        return;
    a->question.intid = target.intid;
    a->question.vcpu = target.vcpu;
    a->is_virtual = target.is_virtual;
    if (target.is_virtual)
        add_resident(a, &target);
}

/* -- Virtual interrupts ------------------------------------------------------------------------ */

static void later(struct writer *one, const struct writer *other)
{
    if (other->known && (!one->known || other->instructions > one->instructions))
        *one = *other;
}

/* The hypervisor's register, or the guest's view of the same field. */
static bool two_names(const struct machine *m, unsigned vcpu, const char *hypervisors,
                      const char *guests, struct writer *out)
{
    struct writer by_guest;
    bool there = history_sysreg(m, vcpu, hypervisors, BANK_NS, out);

    history_sysreg(m, vcpu, guests, BANK_VIRTUAL, &by_guest);
    later(out, &by_guest);
    return there;
}

static bool virtual_writer(const struct machine *m, const struct why_answer *a,
                           const struct gic_gate *gate, const char *reg, struct writer *out)
{
    unsigned vcpu = a->question.vcpu;
    bool there;

    switch (gate->id) {
    case GIC_VGATE_INTERFACE:
        return history_sysreg(m, vcpu, "ICH_HCR_EL2", BANK_NS, out);
    case GIC_VGATE_LISTED:
        return history_sysreg(m, vcpu, reg, BANK_NS, out);
    case GIC_VGATE_PENDING: /* the guest's acknowledge and end change it, too */
        there = history_sysreg(m, vcpu, reg, BANK_NS, out);
        later(out, &a->delivery.acknowledged);
        later(out, &a->delivery.dropped);
        later(out, &a->delivery.deactivated);
        return there;
    case GIC_VGATE_GROUP:
        return two_names(m, vcpu, "ICH_VMCR_EL2",
                         a->group == GIC_G0 ? "ICC_IGRPEN0_EL1" : "ICC_IGRPEN1_EL1", out);
    case GIC_VGATE_PRIORITY_MASK:
        return two_names(m, vcpu, "ICH_VMCR_EL2", "ICC_PMR_EL1", out);
    default:
        return false;
    }
}

void why_virtual(struct machine *m, struct why_answer *a)
{
    const struct delivery *d = history_virtual(m, a->question.vcpu, a->question.intid);
    struct gic_verdict v;

    gic_explain_virtual(m->gic, a->question.vcpu, a->question.intid, &v);
    a->line = v.line;
    a->group = v.group;
    a->priority = v.priority;
    a->state.exists = v.gates[GIC_VGATE_LISTED].result == GIC_GATE_PASS;
    a->state.pending = v.gates[GIC_VGATE_PENDING].result == GIC_GATE_PASS;
    a->state.active = a->state.exists && v.gates[GIC_VGATE_PENDING].value >= 2;
    if (d)
        a->delivery = *d;
    for (unsigned i = 0; i < v.n_gates; i++) {
        struct why_gate *gate = why_add_gic(a, &v.gates[i]);

        if (gate->result != GIC_GATE_NOT_APPLICABLE)
            gate->has_writer = virtual_writer(m, a, &v.gates[i], gate->reg, &gate->writer);
    }
    why_pe(m, a);
}
