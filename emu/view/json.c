/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames as JSON, for pages and scripts. Numbers are numbers (instruction counts and times stay
 * below 2^53 in any run that a person waits for); addresses and what registers hold are strings,
 * "0x...". null: none.
 *
 *     {"n": 12, "state": "running" | "paused" | "debugger" | "over", "idle": false,
 *      "instructions": 81234, "ns": 81234, "begin": 0, "reached": 90000,
 *      "end": 120000 | null, "end_ns": ... | null, "message": "", "last_seq": 91,
 *      "vcpus": [VCPU], "interrupts": [IRQ], "timers": [TIMER]}
 *
 *     VCPU  {"vcpu": 0, "state": "running" | "ready" | "WFI" | "WFE" | "off" | "VMM",
 *            "pc": "0x40080000", "symbol": "handler+0x10" | null, "el": 1,
 *            "masks": "DAIF" (those that are set), "pmr": 240, "running": 255, "highest": 160,
 *            "highest_intid": 27 | null, "groups": ["0", "1S", "1NS"] (enabled),
 *            "asleep": false, "lines": ["IRQ"], "instructions": 400}
 *     IRQ   {"intid": 27, "kind": "SGI" | "PPI" | "SPI" | "LPI" | "virtual", "vcpu": 0 | null,
 *            "target": 0 | null | "any", "pending", "level", "active", "enabled", "edge", "hw":
 * false, "group": "0" | "1S" | "1NS", "priority": 160, "deliveries": 3, "verdict": "idle" |
 * "active" | "coming" | "blocked", "gate": "PMR" | null, "reason": ..., "advice": ..., "section":
 * ..., (null likewise) "last": EVENT | null} TIMER {"vcpu": 0, "timer": "EL1 virtual", "intid": 27,
 * "enabled", "masked", "condition", "level": true, "deadline_ns": 90000 | null} EVENT {"seq": 91,
 * "instructions", "ns": 81230, "vcpu": 0 | null, "kind": "acknowledged", "intid": 27 | null,
 * "text": "priority 0xa0", "pc": "0x..." | null, "symbol": ... | null, "masks": "I", "pmr": 240,
 * "running": 160, "highest": 255}
 */
#include "emu/view/internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/load/symbols.h"

static const char *const group_names[] = {[GIC_G0] = "0", [GIC_G1S] = "1S", [GIC_G1NS] = "1NS"};

static json_t *hex(uint64_t value)
{
    char text[20];

    snprintf(text, sizeof(text), "0x%" PRIx64, value);
    return json_string(text);
}

static json_t *number_or_null(bool is, uint64_t value)
{
    return is ? json_integer((json_int_t)value) : json_null();
}

json_t *view_text_json(const char *text)
{
    json_t *value = text ? json_string(text) : json_null();
    char *copy = value ? NULL : strdup(text);

    for (char *at = copy; at && *at; at++)
        *at = *at & 0x80 ? '?' : *at; /* it was no UTF-8 */
    value = copy ? json_string(copy) : value;
    free(copy);
    return value;
}

static json_t *place(const char *symbol, uint64_t offset)
{
    return symbol ? json_sprintf("%s+0x%" PRIx64, symbol, offset) : json_null();
}

static json_t *masks(uint8_t daif)
{
    char text[5];

    view_masks(daif, text);
    return json_string(text);
}

/* -- vCPUs ------------------------------------------------------------------------------------- */

static json_t *groups(uint8_t enables)
{
    json_t *list = json_array();

    for (unsigned g = 0; g < GIC_N_GROUPS; g++) {
        if (enables >> g & 1)
            json_array_append_new(list, json_string(group_names[g]));
    }
    return list;
}

static json_t *lines(uint8_t levels)
{
    json_t *list = json_array();

    for (unsigned l = 0; l < GIC_N_LINES; l++) {
        if (levels >> l & 1)
            json_array_append_new(list, json_string(view_line_name((enum gic_line)l)));
    }
    return list;
}

static json_t *vcpu_json(unsigned n, const struct view_vcpu *v)
{
    return json_pack("{s:i, s:s, s:o, s:o, s:i, s:o, s:i, s:i, s:i, s:o, s:o, s:b, s:o, s:I}",
                     "vcpu", (int)n, "state", view_vcpu_state(v), "pc", hex(v->pc), "symbol",
                     place(v->symbol, v->offset), "el", v->el, "masks", masks(v->daif), "pmr",
                     v->pmr, "running", v->running, "highest", v->highest, "highest_intid",
                     number_or_null(v->highest_intid != VIEW_NO_INTID, v->highest_intid), "groups",
                     groups(v->group_enables), "asleep", v->asleep, "lines", lines(v->lines),
                     "instructions", (json_int_t)v->instructions);
}

/* -- Events ------------------------------------------------------------------------------------ */

static json_t *event_json(const struct view *v, const struct view_event *e)
{
    uint64_t offset = 0;
    const char *symbol =
        e->has_pc && v->m->symbols ? symbols_at(v->m->symbols, e->pc, &offset) : NULL;

    return json_pack("{s:I, s:I, s:I, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:i, s:i, s:i}", "seq",
                     (json_int_t)e->seq, "instructions", (json_int_t)e->instructions, "ns",
                     (json_int_t)e->now_ns, "vcpu", number_or_null(e->vcpu >= 0, (unsigned)e->vcpu),
                     "kind", e->kind, "intid", number_or_null(e->intid != VIEW_NO_INTID, e->intid),
                     "text", view_text_json(e->text), "pc", e->has_pc ? hex(e->pc) : json_null(),
                     "symbol", place(symbol, offset), "masks", masks(e->daif), "pmr", e->pmr,
                     "running", e->running, "highest", e->highest);
}

json_t *view_events_json(struct view *v, const struct view_event *events, size_t n)
{
    json_t *list = json_array();

    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, event_json(v, &events[i]));
    return list;
}

/* -- Interrupts -------------------------------------------------------------------------------- */

static json_t *target(int vcpu)
{
    if (vcpu == VIEW_ANY_VCPU)
        return json_string("any");
    return number_or_null(vcpu >= 0, (unsigned)vcpu);
}

static json_t *irq_json(const struct view *v, const struct view_irq *irq)
{
    static const char *const verdicts[] = {[VIEW_IDLE] = "idle",
                                           [VIEW_ACTIVE] = "active",
                                           [VIEW_COMING] = "coming",
                                           [VIEW_BLOCKED] = "blocked"};
    bool blocked = irq->verdict == VIEW_BLOCKED;

    return json_pack("{s:I, s:s, s:o, s:o, s:b, s:b, s:b, s:b, s:b, s:b, s:s, s:i, s:I, s:s, s:s?, "
                     "s:s?, s:s?, s:s?, "
                     "s:o}",
                     "intid", (json_int_t)irq->intid, "kind",
                     irq->is_virtual ? "virtual" : why_kind(irq->intid), "vcpu",
                     number_or_null(irq->vcpu >= 0, (unsigned)irq->vcpu), "target",
                     target(irq->target), "pending", irq->pending, "level", irq->level, "active",
                     irq->active, "enabled", irq->enabled, "edge", irq->edge, "hw", irq->hw,
                     "group", group_names[irq->group], "priority", irq->priority, "deliveries",
                     (json_int_t)irq->deliveries, "verdict", verdicts[irq->verdict], "gate",
                     blocked ? irq->gate : NULL, "reason", blocked ? irq->reason : NULL, "advice",
                     blocked ? irq->advice : NULL, "section", blocked ? irq->section : NULL, "last",
                     irq->has_event ? event_json(v, &irq->last) : json_null());
}

/* -- Timers, and all of it --------------------------------------------------------------------- */

static json_t *timer_json(const struct view_timer *t)
{
    return json_pack("{s:i, s:s, s:i, s:b, s:b, s:b, s:b, s:o}", "vcpu", (int)t->vcpu, "timer",
                     view_timer_name(t->timer), "intid", (int)t->intid, "enabled", t->ctl & 1,
                     "masked", t->ctl >> 1 & 1, "condition", t->ctl >> 2 & 1, "level", t->level,
                     "deadline_ns", number_or_null(t->deadline_ns != UINT64_MAX, t->deadline_ns));
}

json_t *view_frame_json(struct view *v, const struct view_frame *f)
{
    static const char *const states[] = {[VIEW_RUNS] = "running",
                                         [VIEW_PAUSED] = "paused",
                                         [VIEW_DEBUGGED] = "debugger",
                                         [VIEW_OVER] = "over"};
    json_t *vcpus = json_array(), *irqs = json_array(), *timers = json_array();

    for (unsigned i = 0; i < f->n_vcpus; i++)
        json_array_append_new(vcpus, vcpu_json(i, &f->vcpus[i]));
    for (unsigned i = 0; i < f->n_irqs; i++)
        json_array_append_new(irqs, irq_json(v, &f->irqs[i]));
    for (unsigned i = 0; i < f->n_timers; i++)
        json_array_append_new(timers, timer_json(&f->timers[i]));
    return json_pack("{s:I, s:s, s:b, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:I, s:o, s:o, s:o}", "n",
                     (json_int_t)f->n, "state", states[f->state], "idle", f->idle, "instructions",
                     (json_int_t)f->instructions, "ns", (json_int_t)f->now_ns, "begin",
                     (json_int_t)f->begin, "reached", (json_int_t)f->reached, "end",
                     number_or_null(f->end, f->end), "end_ns", number_or_null(f->end, f->end_ns),
                     "message", view_text_json(f->message), "last_seq", (json_int_t)f->last_seq,
                     "vcpus", vcpus, "interrupts", irqs, "timers", timers);
}
