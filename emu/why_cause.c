/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Gates that name a cause. Each closes together with the one behind it whose cause it is, never
 * alone, so that the first closed gate is what has to be mended.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "emu/load/symbols.h"
#include "emu/why.h"

enum { PSTATE_F_BIT = 6, PSTATE_I_BIT = 7 };

/* IHI 0069 4.1.2: an edge pends once; until the wire has fallen there is no other. */
bool why_edge_is_gone(const struct why_answer *a)
{
    return a->state.edge && a->state.level && !a->state.pending && !a->state.active;
}

static void trigger_note(const struct why_answer *a, struct why_gate *gate)
{
    snprintf(gate->note, sizeof(gate->note), "%s, its wire is %s%s",
             a->state.edge ? "edge-triggered" : "level-sensitive", a->state.level ? "up" : "down",
             why_edge_is_gone(a) ? ": it has to fall before it can rise" : "");
}

/* Two bits an interrupt; the upper one counts (IHI 0069 12.9.9, 12.11.8). */
void why_trigger(const struct machine *m, struct why_answer *a)
{
    uint32_t intid = a->question.intid;
    uint32_t index = intid >= 4096 ? intid - 4096 : intid >= 1056 ? intid - 1024 : intid;
    struct why_gate *gate;

    if (!a->state.exists || intid < 16 || intid >= 8192)
        return;
    gate = why_add(a, "trigger", a->state.shared ? "IHI 0069 12.9.9" : "IHI 0069 12.11.8",
                   "configure it as level-sensitive, or lower the wire before the interrupt ends");
    snprintf(gate->reg, sizeof(gate->reg), "%s_ICFGR%u%s", a->state.shared ? "GICD" : "GICR",
             index / 16, intid >= 1024 ? "E" : "");
    gate->field = "Int_config";
    gate->field_bit = (int)(index % 16);
    if (why_edge_is_gone(a))
        why_result(gate, false, 2, "==", 0);
    else
        why_result(gate, true, a->state.edge ? 2 : 0, "any", 0);
    gate->has_writer = history_irq(m, a->question.vcpu, intid, ASPECT_CONFIG, &gate->writer);
    trigger_note(a, gate);
}

/* What was cleared counts until RWP reads 0 (IHI 0069 12.9.4, 12.11.3). */
void why_disabling(struct why_answer *a)
{
    struct why_gate *gate = &a->gates[a->n_gates - 1];

    if (a->state.disabling)
        snprintf(gate->note, sizeof(gate->note), "cleared, and counts until %s_CTLR.RWP reads 0",
                 a->state.shared ? "GICD" : "GICR");
}

/* In the handler, at the level that takes it: with its own PSTATE bit set. */
static bool in_handler(const struct machine *m, const struct why_answer *a, unsigned target)
{
    unsigned bit = a->line == GIC_LINE_FIQ ? PSTATE_F_BIT : PSTATE_I_BIT;

    return target == a->pe.el && (vcpu_get_pstate(m->engine, a->question.vcpu) >> bit & 1);
}

static bool signalled(const struct why_answer *a)
{
    for (unsigned i = 0; i < a->n_gates; i++) {
        if (a->gates[i].result == GIC_GATE_FAIL)
            return false;
    }
    return true;
}

/* IHI 0069 12.2.16, 12.2.17: each group has its own; the other's reads 1023 and does nothing. */
void why_acknowledge(const struct machine *m, struct why_answer *a, unsigned target)
{
    bool group0 = a->group == GIC_G0;
    bool asked = signalled(a) && in_handler(m, a, target);
    struct why_gate *gate =
        why_add(a, "acknowledge", group0 ? "IHI 0069 12.2.16" : "IHI 0069 12.2.17",
                group0 ? "acknowledge Group 0 by ICC_IAR0_EL1 and end it by ICC_EOIR0_EL1"
                       : "acknowledge Group 1 by ICC_IAR1_EL1 and end it by ICC_EOIR1_EL1");
    struct writer pended;

    snprintf(gate->reg, sizeof(gate->reg), group0 ? "ICC_IAR0_EL1" : "ICC_IAR1_EL1");
    gate->field = "INTID";
    if (!asked || !history_spurious(m, a->question.vcpu, &gate->writer) ||
        !history_irq(m, a->question.vcpu, a->question.intid, ASPECT_PENDING, &pended))
        return;
    if (!gate->writer.known || gate->writer.instructions < pended.instructions ||
        !strcmp(gate->writer.reg, gate->reg))
        return;
    gate->has_writer = true;
    why_result(gate, false, gate->writer.value, "==", a->question.intid);
    snprintf(gate->note, sizeof(gate->note), "%s was read: it sees the other group only",
             gate->writer.reg);
}

/* An exception sets all of PSTATE.DAIF (DDI 0487 D1.3.6); nothing tells of its return. */
void why_masked(const struct machine *m, const struct why_answer *a, struct why_gate *gate)
{
    struct writer last;
    uint64_t offset = 0;
    const char *name;

    if (!history_exception(m, a->question.vcpu, &last) || !last.known)
        return;
    name = m->symbols ? symbols_at(m->symbols, last.pc, &offset) : NULL;
    snprintf(gate->note, sizeof(gate->note),
             "running at EL%u; last exception: %s at pc 0x%" PRIx64 "%s%.64s, %" PRIu64 " ns",
             a->pe.el, last.reg, last.pc, name ? " " : "", name ? name : "", last.now_ns);
}
