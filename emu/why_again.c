/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `irqlab why-not-again`: what an interrupt's life has been, and what it still needs to come anew.
 */
#include <stdio.h>
#include <string.h>

#include "emu/why.h"

/* GIC_PUB_EOIMODE: EL3's, Secure EL1's, Non-secure EL1's. */
static bool eoi_is_split(const struct machine *m, const struct why_answer *a)
{
    unsigned bit = a->pe.el == 3 ? 0 : m->config.has_el3 && a->pe.secure ? 1 : 2;

    return gic_published(m->gic, a->question.vcpu) >> (GIC_PUB_EOIMODE_SHIFT + bit) & 1;
}

static bool after(const struct writer *what, const struct writer *since)
{
    return what->known && what->instructions >= since->instructions;
}

/* Without a priority drop nothing of the same or a lower priority comes. */
static void add_drop(const struct machine *m, const struct why_answer *now, struct why_answer *a)
{
    const struct delivery *d = &now->delivery;
    bool group0 = now->group == GIC_G0, dropped = after(&d->dropped, &d->acknowledged);
    struct why_gate *gate =
        why_add(a, "priority-drop", group0 ? "IHI 0069 12.2.11" : "IHI 0069 12.2.12",
                group0 ? "write the INTID that was read from ICC_IAR0_EL1 to ICC_EOIR0_EL1"
                       : "write the INTID that was read from ICC_IAR1_EL1 to ICC_EOIR1_EL1");
    struct writer last;

    snprintf(gate->reg, sizeof(gate->reg), group0 ? "ICC_EOIR0_EL1" : "ICC_EOIR1_EL1");
    gate->field = "INTID";
    gate->has_writer = true;
    gate->writer = d->dropped;
    history_running(m, now->question.vcpu, &last);
    if (!dropped && strstr(last.reg, "EOIR") && after(&last, &d->acknowledged)) {
        gate->writer = last;
        snprintf(gate->note, sizeof(gate->note), "another INTID was ended instead");
    }
    why_result(gate, dropped, gate->writer.value & 0xffffff, "==", now->question.intid);
}

static const struct why_gate *gate_named(const struct why_answer *a, const char *name)
{
    for (unsigned i = 0; i < a->n_gates; i++) {
        if (!strcmp(a->gates[i].name, name))
            return &a->gates[i];
    }
    return NULL;
}

/* The gate that keeps an active interrupt, with what would end this one. LPIs have no such state.
 */
static void add_deactivation(const struct machine *m, const struct why_answer *now,
                             struct why_answer *a)
{
    const struct why_gate *active = gate_named(now, "not-active");
    bool split = eoi_is_split(m, now);
    struct why_gate *gate = why_add(a, "deactivation", "", "");

    if (active)
        *gate = *active;
    gate->name = "deactivation";
    gate->advice = split ? "EOImode is 1: write the INTID to ICC_DIR_EL1, too"
                         : "write the INTID that was read from ICC_IAR<n>_EL1 to ICC_EOIR<n>_EL1";
    snprintf(gate->note, sizeof(gate->note), "ICC_CTLR_EL1.EOImode is %u", split);
}

static void judge(struct why_again *w)
{
    const struct why_answer *now = &w->now, *life = &w->life;

    w->reason = NULL;
    for (unsigned i = life->n_gates; i-- > 0;) {
        if (life->gates[i].result == GIC_GATE_FAIL)
            w->reason = &life->gates[i];
    }
    if (!w->reason && now->first_failed < now->n_gates)
        w->reason = &now->gates[now->first_failed];
    if (!now->delivery.count)
        w->verdict = WHY_NEVER;
    else if (now->verdict == WHY_DELIVERABLE)
        w->verdict = WHY_COMING;
    else
        w->verdict = now->delivery.count > 1 ? WHY_AGAIN : WHY_NOT_AGAIN;
}

void why_again_ask(struct machine *m, const struct why_question *q, struct why_again *w)
{
    memset(w, 0, sizeof(*w));
    why_ask(m, q, &w->now);
    w->life.question = *q;
    if (w->now.delivery.count && !w->now.is_virtual) {
        add_drop(m, &w->now, &w->life);
        add_deactivation(m, &w->now, &w->life);
    }
    judge(w);
}

int why_again_exit_code(const struct why_again *w)
{
    return w->verdict == WHY_AGAIN || w->verdict == WHY_COMING ? WHY_EXIT_TAKEN : WHY_EXIT_BLOCKED;
}
