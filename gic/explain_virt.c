/* SPDX-License-Identifier: MIT */
/*
 * The gates between a virtual interrupt, in a list register or injected directly, and its guest
 * (IHI 0069 4.7, 8). virt.c delivers; the conditions that both need are functions there.
 */
#include <string.h>

#include "gic/ich.h"
#include "gic/vpe.h"

struct vquestion {
    const struct gic_vcpu *v;
    uint32_t vintid;
    bool found, direct; /* in list register `index`; or a vLPI or vSGI of the resident vPE */
    unsigned index;
    uint64_t lr;
    struct gic_vlpi_view view;
    struct gic_hppi h;
};

static void answer(struct gic_gate *gate, bool pass, uint64_t value, uint64_t wanted)
{
    gate->result = pass ? GIC_GATE_PASS : GIC_GATE_FAIL;
    gate->value = value;
    gate->wanted = wanted;
}

static void gate_interface(const struct vquestion *q, struct gic_gate *gate)
{
    bool on = q->v->cpu.ich_hcr & ICH_HCR_EN, hidden = q->v->cpu.ich_hcr & ICH_HCR_DVIM;

    answer(gate, on, on, 1);
    if (!on || !q->direct || !hidden)
        return;
    gate->field = "DVIM";
    gate->advice = "clear ICH_HCR_EL2.DVIM: it hides what is injected directly";
    answer(gate, false, 1, 0);
}

static void gate_listed(const struct vquestion *q, struct gic_gate *gate)
{
    if (q->direct) {
        gate->reg = "GICR_VPENDBASER";
        gate->field = "Valid";
        answer(gate, true, 1, 1);
        return;
    }
    answer(gate, q->found, q->found ? q->vintid : LR_VINTID(q->v->cpu.ich_lr[0]), q->vintid);
}

static void gate_pending(const struct vquestion *q, struct gic_gate *gate)
{
    if (q->direct) {
        gate->reg = q->vintid < 16 ? "vPE's vSGI" : "vPE's pending table";
        gate->field = "pending";
        gate->advice = "a message, GITS_SGIR or INT must make it pending";
        answer(gate, q->view.pending, q->view.pending, 1);
    } else if (q->found) {
        answer(gate, LR_STATE(q->lr) == LR_PENDING, LR_STATE(q->lr), LR_PENDING);
        if (LR_STATE(q->lr) & LR_ACTIVE)
            gate->advice = "the guest has not ended it: ICV_EOIR<n>, and ICV_DIR if VEOIM is 1";
    }
}

static void gate_enabled(const struct vquestion *q, struct gic_gate *gate)
{
    if (!q->direct)
        return;
    gate->reg = q->vintid < 16 ? "vPE's vSGI" : "vPE's configuration table";
    gate->advice = q->vintid < 16 ? "VSGI with E = 1" : "set bit 0 of the vLPI's byte, then INV";
    answer(gate, q->view.enabled, q->view.enabled, 1);
}

/* ICH_VMCR_EL2 in any case; what is direct must also be forwarded by the redistributor (v4.1). */
static void gate_group(const struct vquestion *q, struct gic_gate *gate)
{
    unsigned group = q->h.group;
    bool on = q->v->cpu.ich_vmcr >> (group ? VMCR_VENG1 : VMCR_VENG0) & 1;
    bool forwarded = gic_vlpi_groups(q->v) >> group & 1;

    if (!q->found && !q->direct)
        return;
    gate->field = group ? "VENG1" : "VENG0";
    gate->advice = group ? "the guest writes 1 to its ICC_IGRPEN1_EL1"
                         : "the guest writes 1 to its ICC_IGRPEN0_EL1, or the interrupt must be in "
                           "Group 1";
    if (q->direct && !forwarded) {
        gate->reg = "GICR_VPENDBASER";
        gate->field = group ? "VGrp1En" : "VGrp0En";
        gate->advice = "set it when the vPE is made resident";
    }
    answer(gate, on && (!q->direct || forwarded), on && (!q->direct || forwarded), 1);
}

static void gate_highest(const struct vquestion *q, struct gic_gate *gate)
{
    struct virt_pending best;

    gic_virt_highest(q->v, &best);
    bool same = q->direct ? best.lr < 0 && best.h.intid == q->vintid : best.lr == (int)q->index;

    if (!q->found && !q->direct)
        return;
    gate->reg = q->h.group ? "ICV_HPPIR1_EL1" : "ICV_HPPIR0_EL1";
    answer(gate, same, best.h.intid, q->vintid);
}

static void gate_priority_mask(const struct vquestion *q, struct gic_gate *gate)
{
    if (q->found || q->direct)
        answer(gate, gic_virt_passes_mask(q->v, &q->h),
               q->v->cpu.ich_vmcr >> VMCR_VPMR_SHIFT & 0xff, q->h.priority);
}

static void gate_running_priority(const struct vquestion *q, struct gic_gate *gate)
{
    if (q->found || q->direct)
        answer(gate, gic_virt_passes_running(q->v, &q->h), gic_virt_running(q->v),
               q->h.priority & gic_virt_priority_mask(q->v, q->h.group));
}

struct vgate_row {
    const char *name;
    void (*eval)(const struct vquestion *q, struct gic_gate *gate);
    const char *reg, *field, *relation, *section, *advice;
};

static const struct vgate_row rows[GIC_N_VGATES] = {
    [GIC_VGATE_INTERFACE] = {"virtual-interface", gate_interface, "ICH_HCR_EL2", "En",
                             "==", "12.4.5", "set ICH_HCR_EL2.En"},
    [GIC_VGATE_LISTED] = {"listed", gate_listed, "ICH_LR<n>_EL2", "vINTID", "==", "12.4.6",
                          "put the vINTID into a list register"},
    [GIC_VGATE_PENDING] = {"pending", gate_pending, "ICH_LR<n>_EL2", "State", "==", "12.4.6",
                           "write State 0b01, pending"},
    [GIC_VGATE_ENABLED] = {"enabled", gate_enabled, "", "Enable", "==", "5.1.1", ""},
    [GIC_VGATE_GROUP] = {"virtual-group", gate_group, "ICH_VMCR_EL2", "VENG1", "==", "12.4.8", ""},
    [GIC_VGATE_HIGHEST] = {"highest", gate_highest, "ICV_HPPIR1_EL1", "INTID", "==", "4.7",
                           "the guest serves the one that is ahead first"},
    [GIC_VGATE_PRIORITY_MASK] = {"priority-mask", gate_priority_mask, "ICH_VMCR_EL2", "VPMR", ">",
                                 "12.4.8", "the guest writes a larger value to its ICC_PMR_EL1"},
    [GIC_VGATE_RUNNING_PRIORITY] = {"running-priority", gate_running_priority, "ICV_RPR_EL1",
                                    "Priority", ">", "4.8.3",
                                    "the guest ends the interrupt that runs"},
};

/* The one that can be delivered, if several list registers hold the vINTID. */
static void find(struct vquestion *q)
{
    for (unsigned i = q->v->gic->config.list_registers; i-- > 0;) {
        uint64_t lr = q->v->cpu.ich_lr[i];

        if (LR_STATE(lr) == 0 || LR_VINTID(lr) != q->vintid ||
            (q->found && LR_STATE(lr) != LR_PENDING))
            continue;
        q->found = true;
        q->index = i;
        q->lr = lr;
        q->h.priority = LR_PRIORITY(lr);
        q->h.group = (uint8_t)LR_GROUP(lr);
        q->h.nmi = LR_NMI(lr);
    }
    if (q->found || !gic_vlpi_peek(q->v, q->vintid, &q->view))
        return;
    q->direct = true;
    q->h.priority = q->view.priority;
    q->h.group = q->view.group;
}

static void fill_gate(const struct vquestion *q, unsigned id, struct gic_gate *gate)
{
    const struct vgate_row *row = &rows[id];

    *gate = (struct gic_gate){.id = id,
                              .name = row->name,
                              .result = GIC_GATE_NOT_APPLICABLE,
                              .reg = row->reg,
                              .reg_n = q->index,
                              .field = row->field,
                              .relation = row->relation,
                              .section = row->section,
                              .advice = row->advice};
    row->eval(q, gate);
}

void gic_explain_virtual(const struct gic *g, unsigned vcpu, uint32_t vintid,
                         struct gic_verdict *verdict)
{
    struct vquestion q = {.vintid = vintid,
                          .h = {.intid = vintid, .priority = GIC_IDLE_PRIORITY, .group = 1}};
    struct virt_pending best;

    memset(verdict, 0, sizeof(*verdict));
    if (vcpu >= g->config.n_vcpus)
        return;
    q.v = &g->vcpus[vcpu];
    find(&q);
    verdict->n_gates = verdict->first_failed = GIC_N_VGATES;
    for (unsigned id = 0; id < GIC_N_VGATES; id++) {
        fill_gate(&q, id, &verdict->gates[id]);
        if (verdict->gates[id].result == GIC_GATE_FAIL && verdict->first_failed == GIC_N_VGATES)
            verdict->first_failed = id;
    }
    gic_virt_highest(q.v, &best);
    verdict->highest_intid = best.h.intid;
    verdict->signalled = verdict->first_failed == GIC_N_VGATES;
    verdict->group = q.h.group ? GIC_G1NS : GIC_G0;
    verdict->line = q.h.group ? GIC_LINE_VIRQ : GIC_LINE_VFIQ;
    verdict->priority = q.h.priority;
}
