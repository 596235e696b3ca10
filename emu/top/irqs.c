/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One row per interrupt that is not idle, with the state letters of KVM's debugfs file vgic-state:
 * pending, line level, active, enabled, hardware, configuration (C: level), group (G: 1). Then the
 * gate that it stands at, or its last event. Below, the selected one in words.
 */
#include "emu/top/top.h"

#include <string.h>

static const struct view_irq *irq_of(const struct top_data *d, unsigned item)
{
    return &d->frame->irqs[item];
}

static unsigned count(const struct top_data *d)
{
    return d->frame->n_irqs;
}

static bool matches(const struct top_filter *f, const struct top_data *d, unsigned item)
{
    const struct view_irq *irq = irq_of(d, item);
    char kind[TOP_WORD_BYTES];

    top_intid_kind(irq->intid, irq->is_virtual, kind);
    return top_filter_intid(f, irq->intid) && f->verdicts >> irq->verdict & 1 &&
           (top_filter_vcpu(f, irq->vcpu) || top_filter_vcpu(f, irq->target)) &&
           (!f->kind[0] || !strcasecmp(f->kind, kind));
}

static uint64_t key(const struct top_data *d, unsigned item)
{
    const struct view_irq *irq = irq_of(d, item);

    return (uint64_t)irq->is_virtual << 63 | (uint64_t)(uint16_t)(irq->vcpu + 1) << 32 | irq->intid;
}

/* Of a shared one that goes nowhere, or anywhere, vCPU 0 is asked. */
static struct top_subject subject(const struct top_data *d, unsigned item)
{
    const struct view_irq *irq = irq_of(d, item);
    int vcpu = irq->vcpu >= 0 ? irq->vcpu : irq->target;

    return (struct top_subject){.is = true,
                                .is_virtual = irq->is_virtual,
                                .intid = irq->intid,
                                .vcpu = vcpu >= 0 ? (unsigned)vcpu : 0};
}

static void draw_head(const struct top_data *d, struct screen *s, int row, enum style style)
{
    (void)d;
    screen_put(s, row, 0, style,
               " TYP   INTID TGT PLAEHCG PRI GR  TAKEN STATE   GATE or last event");
}

/* KVM's letters where KVM has a 1. */
static void letters(const struct view_irq *irq, char to[8])
{
    const bool set[7] = {
        irq->pending, irq->level, irq->active,          irq->enabled,
        irq->hw,      !irq->edge, irq->group != GIC_G0,
    };

    for (int i = 0; i < 7; i++)
        to[i] = set[i] ? "PLAEHCG"[i] : '-';
    to[7] = 0;
}

static const char *target(const struct view_irq *irq, char to[12])
{
    if (irq->target == VIEW_ANY_VCPU)
        return "any";
    if (irq->target < 0)
        return "-";
    snprintf(to, 12, "%d", irq->target);
    return to;
}

static int draw_gate(const struct view_irq *irq, struct screen *s, int row, int col)
{
    col = screen_put(s, row, col, STYLE_BLOCKED, "%s", irq->gate);
    return screen_put(s, row, col, STYLE_PLAIN, " %s", irq->reason);
}

static void draw(const struct top_data *d, struct screen *s, int row, unsigned item)
{
    const struct view_irq *irq = irq_of(d, item);
    bool blocked = irq->verdict == VIEW_BLOCKED;
    char kind[TOP_WORD_BYTES], state[8], number[12], when[TOP_WORD_BYTES];
    int col;

    letters(irq, state);
    screen_put(s, row, 1, STYLE_PLAIN, "%-5s %5u %3s %s  %02x %-2s %6llu",
               top_intid_kind(irq->intid, irq->is_virtual, kind), irq->intid, target(irq, number),
               state, irq->priority, top_group(irq->group), (unsigned long long)irq->deliveries);
    screen_put(s, row, 39, top_verdict_style(irq), "%s", top_verdict(irq->verdict));
    col = blocked ? draw_gate(irq, s, row, 47) : 47;
    if (irq->has_event)
        screen_put(s, row, col, blocked ? STYLE_FAINT : STYLE_PLAIN, "%s%s", blocked ? "; " : "",
                   top_when(d, &irq->last, when));
}

const struct top_kind top_irqs = {.name = "interrupts that are pending, active or enabled",
                                  .count = count,
                                  .matches = matches,
                                  .key = key,
                                  .subject = subject,
                                  .draw_head = draw_head,
                                  .draw = draw};

/* -- In words ---------------------------------------------------------------------------------- */

static const char *meaning(const struct view_irq *irq)
{
    static const char *const texts[] = {
        [VIEW_IDLE] = "enabled, and nothing waits",
        [VIEW_ACTIVE] = "acknowledged, not deactivated yet",
        [VIEW_COMING] = "every gate is open: it is taken next",
        [VIEW_BLOCKED] = "at gate ",
    };

    return texts[irq->verdict];
}

static void draw_name(const struct view_irq *irq, struct screen *s, int row)
{
    char kind[TOP_WORD_BYTES], number[12];
    int col;

    screen_fill(s, row, 0, STYLE_TITLE);
    col = screen_put(s, row, 1, STYLE_TITLE,
                     "%s %u for vCPU %s: ", top_intid_kind(irq->intid, irq->is_virtual, kind),
                     irq->intid, target(irq, number));
    col = screen_put(s, row, col, top_verdict_style(irq), "%s", top_verdict(irq->verdict));
    col = screen_put(s, row, col, STYLE_TITLE, ", %s", meaning(irq));
    if (irq->verdict == VIEW_BLOCKED)
        screen_put(s, row, col, STYLE_BLOCKED, "%s", irq->gate);
}

/* "why:  ICC_PMR_EL1 ..." in one row, up to @end; the next row. */
static int draw_fact(struct screen *s, int row, int end, const char *head, enum style style,
                     const char *text)
{
    int col;

    if (row >= end || !text || !*text)
        return row;
    col = screen_put(s, row, 2, style == STYLE_NOTE ? style : STYLE_PLAIN, "%-7s", head);
    screen_put(s, row, col, style, "%s", text);
    return row + 1;
}

static int draw_blocked(const struct top_data *d, const struct view_irq *irq, struct screen *s,
                        int row, int end)
{
    const struct why_gate *closed = d->closed;
    char why[sizeof(irq->reason) + sizeof(irq->section) + 4], who[TOP_WORD_BYTES];

    snprintf(why, sizeof(why), "%s (%s)", irq->reason, irq->section);
    row = draw_fact(s, row, end, "why:", STYLE_PLAIN, why);
    if (closed && closed->has_writer)
        row = draw_fact(s, row, end, "who:", STYLE_BLOCKED, top_writer(d, &closed->writer, who));
    else if (closed)
        row = draw_fact(s, row, end, "also:", STYLE_PLAIN, closed->note);
    return draw_fact(s, row, end, "mend:", STYLE_NOTE, irq->advice);
}

/* What its end still lacks; while its handler runs there is always something. */
static int draw_active(const struct top_data *d, struct screen *s, int row, int end)
{
    const struct why_gate *lacks = d->closed;
    char gate[TOP_WORD_BYTES], text[2 * TOP_WORD_BYTES];

    if (!lacks)
        return row;
    snprintf(text, sizeof(text), "%s: %s", lacks->name, top_gate(lacks, gate));
    row = draw_fact(s, row, end, "lacks:", STYLE_PLAIN, text);
    row = draw_fact(s, row, end, "also:", STYLE_PLAIN, lacks->note);
    return draw_fact(s, row, end, "mend:", STYLE_NOTE, lacks->advice);
}

void top_draw_detail(const struct top_data *d, struct screen *s, int row, int rows,
                     const struct view_irq *irq)
{
    char when[TOP_WORD_BYTES];
    int end = row + rows;

    if (!irq) {
        screen_fill(s, row, 0, STYLE_TITLE);
        screen_put(s, row, 1, STYLE_TITLE, "no interrupt is pending, active or enabled here");
        return;
    }
    draw_name(irq, s, row++);
    if (irq->verdict == VIEW_BLOCKED)
        row = draw_blocked(d, irq, s, row, end);
    if (irq->verdict == VIEW_ACTIVE)
        row = draw_active(d, s, row, end);
    if (irq->has_event)
        draw_fact(s, row, end, "last:", STYLE_PLAIN, top_when(d, &irq->last, when));
}
