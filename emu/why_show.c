/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An answer as text for people, and as JSON for tools. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "emu/load/symbols.h"
#include "emu/why.h"

static const char *const results[] = {"PASS", "FAIL", "n/a"};
static const char *const json_results[] = {"pass", "fail", "n/a"};
static const char *const verdicts[] = {"deliverable", "delivered", "blocked"};
static const char *const lines[] = {"IRQ", "FIQ", "virtual IRQ", "virtual FIQ"};

static const char *group_name(const struct machine *m, enum gic_group group)
{
    if (group == GIC_G0)
        return "Group 0";
    if (!m->config.has_el3)
        return "Group 1";
    return group == GIC_G1S ? "Secure Group 1" : "Non-secure Group 1";
}

/* " name+0x10", or nothing. */
static void symbol_text(const struct machine *m, uint64_t pc, char *out, size_t room)
{
    uint64_t offset;
    const char *name = m->symbols ? symbols_at(m->symbols, pc, &offset) : NULL;

    out[0] = '\0';
    if (name)
        snprintf(out, room, "%s+0x%" PRIx64, name, offset);
}

/* -- Text -------------------------------------------------------------------------------------- */

void why_print_writer(const struct machine *m, const struct writer *w, FILE *out)
{
    char symbol[128];

    if (!w->known) {
        fputs("never written: reset value", out);
        return;
    }
    if (w->by_machine) {
        fprintf(out, "by its wire, %" PRIu64 " ns", w->now_ns);
        return;
    }
    symbol_text(m, w->pc, symbol, sizeof(symbol));
    fprintf(out, "by vCPU %u at pc 0x%" PRIx64 "%s%s, %s = 0x%" PRIx64 ", %" PRIu64 " ns", w->vcpu,
            w->pc, symbol[0] ? " " : "", symbol, w->reg, w->value, w->now_ns);
}

static void place_text(const struct why_gate *g, char *out, size_t room)
{
    if (!g->reg[0])
        snprintf(out, room, "-");
    else if (g->field_bit >= 0)
        snprintf(out, room, "%s.%s%d", g->reg, g->field, g->field_bit);
    else
        snprintf(out, room, "%s%s%s", g->reg, g->field[0] ? "." : "", g->field);
}

static void print_gate(const struct machine *m, const struct why_gate *g, FILE *out)
{
    char place[112];

    place_text(g, place, sizeof(place));
    fprintf(out, "%-18s %-5s %s", g->name, results[g->result], place);
    if (g->result != GIC_GATE_NOT_APPLICABLE) {
        fprintf(out, " = 0x%" PRIx64, g->value);
        if (strcmp(g->relation, "any"))
            fprintf(out, " (wanted %s 0x%" PRIx64 ")", g->relation, g->wanted);
        else
            fputs(" (any)", out);
    }
    fprintf(out, "  %s", g->section);
    if (g->result != GIC_GATE_NOT_APPLICABLE && g->has_writer) {
        fputs(g->writer.known ? "  written " : "  ", out);
        why_print_writer(m, &g->writer, out);
    }
    fprintf(out, "%s%s\n", g->note[0] ? "  # " : "", g->note);
}

static void print_verdict(const struct machine *m, const struct why_answer *a, FILE *out)
{
    const struct why_gate *g = &a->gates[a->first_failed];

    if (a->verdict == WHY_DELIVERABLE) {
        fprintf(out, "verdict: deliverable: the vCPU takes it as %s\n", lines[a->line]);
        return;
    }
    if (a->verdict == WHY_DELIVERED) {
        fprintf(out, "verdict: delivered (%" PRIu64 "), last acknowledged ", a->delivery.count);
        why_print_writer(m, &a->delivery.acknowledged, out);
        fputs(a->state.active ? "; it is still active\n" : "; nothing of it waits now\n", out);
        return;
    }
    fprintf(out, "verdict: blocked at %s\nmend:    %s\n", g->name, g->advice);
}

static void print_head(const struct machine *m, const struct why_answer *a, FILE *out)
{
    const struct why_question *q = &a->question;

    if (q->form == WHY_EVENT)
        fprintf(out, "DeviceID 0x%x, EventID 0x%x", q->device_id, q->event_id);
    if (q->form == WHY_EVENT && a->found)
        fputs(": ", out);
    if (a->found && a->is_virtual)
        fprintf(out, "virtual INTID %u at vCPU %u, %s", q->intid, q->vcpu,
                a->group == GIC_G0 ? "Group 0" : "Group 1");
    else if (a->found)
        fprintf(out, "%s %u at vCPU %u, %s", why_kind(q->intid), q->intid, q->vcpu,
                group_name(m, a->group));
    if (a->found)
        fprintf(out, ", priority 0x%02x", a->priority);
    fprintf(out, ", at %" PRIu64 " instructions, %" PRIu64 " ns\n", a->instructions, a->now_ns);
}

void why_print(const struct machine *m, const struct why_answer *a, FILE *out)
{
    print_head(m, a, out);
    for (unsigned i = 0; i < a->n_gates; i++)
        print_gate(m, &a->gates[i], out);
    print_verdict(m, a, out);
}

/* -- JSON -------------------------------------------------------------------------------------- */

static json_t *hex_json(uint64_t value)
{
    char text[24];

    snprintf(text, sizeof(text), "0x%" PRIx64, value);
    return json_string(text);
}

json_t *why_writer_json(const struct machine *m, const struct writer *w)
{
    char symbol[128];

    if (!w->known)
        return json_null();
    if (w->by_machine)
        return json_pack("{s:s, s:I, s:I}", "by", "wire", "instructions",
                         (json_int_t)w->instructions, "virtual_time_ns", (json_int_t)w->now_ns);
    symbol_text(m, w->pc, symbol, sizeof(symbol));
    return json_pack("{s:s, s:i, s:o, s:s, s:s, s:o, s:I, s:I}", "by", "instruction", "vcpu",
                     (int)w->vcpu, "pc", hex_json(w->pc), "symbol", symbol, "register", w->reg,
                     "value", hex_json(w->value), "instructions", (json_int_t)w->instructions,
                     "virtual_time_ns", (json_int_t)w->now_ns);
}

static json_t *gate_json(const struct machine *m, const struct why_gate *g)
{
    json_t *gate = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "gate", g->name, "result",
                             json_results[g->result], "register", g->reg, "field", g->field,
                             "section", g->section, "mend", g->advice, "note", g->note);

    if (!gate || g->result == GIC_GATE_NOT_APPLICABLE)
        return gate;
    if (g->field_bit >= 0)
        json_object_set_new(gate, "field_index", json_integer(g->field_bit));
    json_object_set_new(gate, "value", hex_json(g->value));
    json_object_set_new(gate, "relation", json_string(g->relation));
    json_object_set_new(gate, "wanted", hex_json(g->wanted));
    if (g->has_writer)
        json_object_set_new(gate, "written", why_writer_json(m, &g->writer));
    return gate;
}

/* What was asked. An event that is not mapped has neither INTID nor vCPU. */
static json_t *question_json(const struct machine *m, const struct why_answer *a)
{
    static const char *const forms[] = {"physical", "virtual", "event"};
    const struct why_question *q = &a->question;
    json_t *top = json_pack("{s:i, s:s, s:I, s:I, s:s, s:o}", "format", 1, "form", forms[q->form],
                            "instructions", (json_int_t)a->instructions, "virtual_time_ns",
                            (json_int_t)a->now_ns, "group", group_name(m, a->group), "priority",
                            hex_json(a->priority));

    if (q->form == WHY_EVENT) {
        json_object_set_new(top, "device_id", json_integer(q->device_id));
        json_object_set_new(top, "event_id", json_integer(q->event_id));
    }
    if (a->found) {
        json_object_set_new(top, "intid", json_integer(q->intid));
        json_object_set_new(top, "vcpu", json_integer(q->vcpu));
        json_object_set_new(top, "kind", json_string(why_kind(q->intid)));
        json_object_set_new(top, "line", json_string(lines[a->line]));
    }
    return top;
}

json_t *why_json(const struct machine *m, const struct why_answer *a)
{
    bool failed = a->verdict == WHY_BLOCKED;
    json_t *top = question_json(m, a), *gates = json_array();

    for (unsigned i = 0; i < a->n_gates; i++)
        json_array_append_new(gates, gate_json(m, &a->gates[i]));
    json_object_update_new(
        top, json_pack("{s:s, s:s?, s:s?, s:I, s:o, s:o}", "verdict", verdicts[a->verdict],
                       "first_failed", failed ? a->gates[a->first_failed].name : NULL, "mend",
                       failed ? a->gates[a->first_failed].advice : NULL, "delivered",
                       (json_int_t)a->delivery.count, "last_acknowledged",
                       why_writer_json(m, &a->delivery.acknowledged), "gates", gates));
    return top;
}

/* -- Why not again ----------------------------------------------------------------------------- */

static const char *const again_verdicts[] = {"never", "not-again", "again", "deliverable"};

static void print_step(const struct machine *m, const char *what, const struct writer *first,
                       const struct writer *last, FILE *out)
{
    if (!first->known)
        return;
    fprintf(out, "%-13s first ", what);
    why_print_writer(m, first, out);
    if (last->known && last->instructions != first->instructions) {
        fprintf(out, "\n%-13s last  ", "");
        why_print_writer(m, last, out);
    }
    fputc('\n', out);
}

static void print_again_verdict(const struct why_again *w, FILE *out)
{
    const char *name = w->reason ? w->reason->name : "";

    switch (w->verdict) {
    case WHY_NEVER:
        fprintf(out, "verdict: never delivered, blocked at %s\n", name);
        break;
    case WHY_COMING:
        fputs("verdict: deliverable: the vCPU is about to take it again\n", out);
        return;
    case WHY_NOT_AGAIN:
        fprintf(out, "verdict: delivered once and not again, blocked at %s\n", name);
        break;
    case WHY_AGAIN:
        fprintf(out, "verdict: delivered %" PRIu64 " times, and not since, blocked at %s\n",
                w->now.delivery.count, name);
        break;
    }
    if (w->reason)
        fprintf(out, "mend:    %s\n", w->reason->advice);
}

void why_again_print(const struct machine *m, const struct why_again *w, FILE *out)
{
    static const struct writer none;
    const struct delivery *d = &w->now.delivery;

    print_head(m, &w->now, out);
    print_step(m, "pended", &d->first_pended, &none, out);
    print_step(m, "acknowledged", &d->first_acknowledged, &d->acknowledged, out);
    print_step(m, "priority drop", &d->first_dropped, &d->dropped, out);
    print_step(m, "deactivated", &d->first_deactivated, &d->deactivated, out);
    for (unsigned i = 0; i < w->life.n_gates; i++)
        print_gate(m, &w->life.gates[i], out);
    for (unsigned i = 0; i < w->now.n_gates; i++)
        print_gate(m, &w->now.gates[i], out);
    print_again_verdict(w, out);
}

static json_t *life_json(const struct machine *m, const struct writer *acknowledged,
                         const struct writer *dropped, const struct writer *deactivated)
{
    return json_pack("{s:o, s:o, s:o}", "acknowledged", why_writer_json(m, acknowledged),
                     "priority_drop", why_writer_json(m, dropped), "deactivated",
                     why_writer_json(m, deactivated));
}

json_t *why_again_json(const struct machine *m, const struct why_again *w)
{
    const struct delivery *d = &w->now.delivery;
    json_t *top = question_json(m, &w->now), *gates = json_array();

    for (unsigned i = 0; i < w->life.n_gates; i++)
        json_array_append_new(gates, gate_json(m, &w->life.gates[i]));
    for (unsigned i = 0; i < w->now.n_gates; i++)
        json_array_append_new(gates, gate_json(m, &w->now.gates[i]));
    json_object_update_new(
        top,
        json_pack("{s:s, s:s?, s:s?, s:I, s:o, s:o, s:o, s:o}", "verdict",
                  again_verdicts[w->verdict], "reason", w->reason ? w->reason->name : NULL, "mend",
                  w->reason ? w->reason->advice : NULL, "delivered", (json_int_t)d->count,
                  "first_pended", why_writer_json(m, &d->first_pended), "first",
                  life_json(m, &d->first_acknowledged, &d->first_dropped, &d->first_deactivated),
                  "last", life_json(m, &d->acknowledged, &d->dropped, &d->deactivated), "gates",
                  gates));
    return top;
}
