/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/top/reasons.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -- One gate ---------------------------------------------------------------------------------- */

static struct why_question question_of(const struct view_irq *irq)
{
    int vcpu = irq->vcpu >= 0 ? irq->vcpu : irq->target;

    return (struct why_question){.form = irq->is_virtual ? WHY_VIRTUAL : WHY_PHYSICAL,
                                 .intid = irq->intid,
                                 .vcpu = vcpu >= 0 ? (unsigned)vcpu : 0};
}

const struct why_gate *reasons_gate(struct reasons *r, struct view *v, const struct view_irq *irq)
{
    const struct why_answer *now = &r->again.now;
    struct why_question q;

    if (!irq)
        return NULL;
    q = question_of(irq);
    if (irq->verdict == VIEW_ACTIVE && !irq->is_virtual) {
        why_again_ask(view_machine(v), &q, &r->again);
        return r->again.reason;
    }
    if (irq->verdict != VIEW_BLOCKED)
        return NULL;
    why_ask(view_machine(v), &q, &r->again.now);
    return now->first_failed < now->n_gates ? &now->gates[now->first_failed] : NULL;
}

/* -- All of them ------------------------------------------------------------------------------- */

static bool is_same(const struct top_subject *a, const struct top_subject *b)
{
    return a->is == b->is && a->intid == b->intid && a->vcpu == b->vcpu &&
           a->is_virtual == b->is_virtual;
}

/* Of an interrupt that is active: what has become of it, and what its end lacks. NULL: it is not,
 * or out of memory. */
static char *ask_again(struct reasons *r, struct view *v, const struct top_subject *subject)
{
    struct why_question q = {.form = WHY_PHYSICAL, .intid = subject->intid, .vcpu = subject->vcpu};
    char *text = NULL;
    size_t n;
    FILE *out;

    if (subject->is_virtual || why_check(view_machine(v), &q, NULL))
        return NULL;
    why_again_ask(view_machine(v), &q, &r->again);
    if (!r->again.now.state.active)
        return NULL;
    out = open_memstream(&text, &n);
    if (out) {
        why_again_print(view_machine(v), &r->again, out);
        fclose(out);
    }
    return text;
}

static char *ask(struct reasons *r, struct view *v, const struct top_subject *subject)
{
    struct error err = {0};
    char *text = ask_again(r, v, subject);

    if (!text)
        text = view_why_text(v, subject->intid, subject->vcpu, subject->is_virtual, &err);
    return text ? text : strdup(err.text);
}

const char *reasons_text(struct reasons *r, struct view *v, const struct top_subject *subject,
                         uint64_t frame)
{
    if (r->text && r->frame == frame && is_same(&r->subject, subject))
        return r->text;
    free(r->text);
    r->text = ask(r, v, subject);
    r->frame = frame;
    r->subject = *subject;
    return r->text;
}

void reasons_clear(struct reasons *r)
{
    free(r->text);
    r->text = NULL;
}
