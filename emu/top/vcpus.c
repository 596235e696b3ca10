/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One row per vCPU: its state, its masks, and a bar on the scale of priorities, one column for each
 * of the 16 upper nibbles. What is more urgent is further left: an interrupt passes in what is
 * drawn "=", up to P (ICC_PMR_EL1) and R (the running priority, IHI 0069 4.8.3); H is the highest
 * one that waits.
 */
#include "emu/top/top.h"

enum { GAUGE = 16, IDLE_PRIORITY = 0xff, MASK_I = 2, MASK_F = 1 };

static const struct view_vcpu *vcpu_of(const struct top_data *d, unsigned item)
{
    return &d->frame->vcpus[item];
}

static unsigned count(const struct top_data *d)
{
    return d->frame->n_vcpus;
}

static bool matches(const struct top_filter *f, const struct top_data *d, unsigned item)
{
    (void)d;
    return f->vcpu < 0 || f->vcpu == (int)item;
}

static uint64_t key(const struct top_data *d, unsigned item)
{
    (void)d;
    return item;
}

static struct top_subject subject(const struct top_data *d, unsigned item)
{
    const struct view_vcpu *v = vcpu_of(d, item);

    return (struct top_subject){
        .is = v->highest_intid != VIEW_NO_INTID, .intid = v->highest_intid, .vcpu = item};
}

static void draw_head(const struct top_data *d, struct screen *s, int row, enum style style)
{
    (void)d;
    screen_put(s, row, 0, style,
               " CPU STATE EL DAIF GRP PMR RUN HPP INTID 0123456789abcdef LINE  AT");
}

/* -- The bar ----------------------------------------------------------------------------------- */

/* What is below this is let through; equal priorities are not. */
static unsigned threshold(const struct view_vcpu *v)
{
    return v->pmr < v->running ? v->pmr : v->running;
}

static bool has_highest(const struct view_vcpu *v)
{
    return v->highest_intid != VIEW_NO_INTID;
}

static enum style highest_style(const struct view_vcpu *v)
{
    return v->highest < threshold(v) ? STYLE_COMING : STYLE_BLOCKED;
}

static void draw_gauge(const struct view_vcpu *v, struct screen *s, int row, int col)
{
    for (unsigned i = 0; i < GAUGE; i++) {
        bool open = i * 16 < threshold(v);

        screen_put(s, row, col + (int)i, open ? STYLE_PLAIN : STYLE_FAINT, "%c", open ? '=' : '.');
    }
    screen_put(s, row, col + v->pmr / 16, STYLE_PLAIN, "P");
    if (v->running != IDLE_PRIORITY)
        screen_put(s, row, col + v->running / 16, STYLE_ACTIVE, "R");
    if (has_highest(v))
        screen_put(s, row, col + v->highest / 16, highest_style(v), "H");
}

/* -- The rest ---------------------------------------------------------------------------------- */

static const char *state_name(const struct view_vcpu *v)
{
    switch (v->state) {
    case VCPU_OFF:
        return "off";
    case VCPU_READY:
        return v->next ? "runs" : "ready";
    case VCPU_WAITING:
        return v->for_event ? "WFE" : "WFI";
    default:
        return "VMM";
    }
}

/* A mask that holds back an interrupt which is signalled now is worth a look. */
static void draw_masks(const struct view_vcpu *v, struct screen *s, int row, int col)
{
    static const char letters[] = "DAIF";
    bool irq = v->lines >> GIC_LINE_IRQ & 1, fiq = v->lines >> GIC_LINE_FIQ & 1;

    for (int i = 0; i < 4; i++) {
        unsigned mask = 8u >> i;
        bool set = v->daif & mask;
        bool holds = set && ((mask == MASK_I && irq) || (mask == MASK_F && fiq));

        screen_put(s, row, col + i, holds ? STYLE_BLOCKED : STYLE_PLAIN, "%c",
                   set ? letters[i] : '-');
    }
}

static void draw_groups(const struct view_vcpu *v, struct screen *s, int row, int col)
{
    static const char letters[] = {[GIC_G0] = '0', [GIC_G1S] = 'S', [GIC_G1NS] = 'N'};

    for (int g = 0; g < GIC_N_GROUPS; g++)
        screen_put(s, row, col + g, STYLE_PLAIN, "%c",
                   v->group_enables >> g & 1 ? letters[g] : '-');
    if (v->asleep)
        screen_put(s, row, col, STYLE_BLOCKED, "slp");
}

static void draw_priority(uint8_t priority, bool is, enum style style, struct screen *s, int row,
                          int col)
{
    if (is)
        screen_put(s, row, col, style, " %02x", priority);
    else
        screen_put(s, row, col, STYLE_FAINT, " --");
}

static const char *line_name(const struct view_vcpu *v)
{
    static const struct {
        enum gic_line line;
        const char *name;
    } names[] = {{GIC_LINE_NMI, "NMI"},   {GIC_LINE_FIQ, "FIQ"},   {GIC_LINE_IRQ, "IRQ"},
                 {GIC_LINE_VNMI, "vNMI"}, {GIC_LINE_VFIQ, "vFIQ"}, {GIC_LINE_VIRQ, "vIRQ"},
                 {GIC_LINE_WAKE, "wake"}};

    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (names[i].line < 8 && v->lines >> names[i].line & 1)
            return names[i].name;
    }
    return "-";
}

static void draw(const struct top_data *d, struct screen *s, int row, unsigned item)
{
    const struct view_vcpu *v = vcpu_of(d, item);
    char pc[TOP_WORD_BYTES];
    bool off = v->state == VCPU_OFF;

    screen_put(s, row, 1, STYLE_PLAIN, "%3u %-5s", item, state_name(v));
    if (off)
        return;
    screen_put(s, row, 11, STYLE_PLAIN, "%2u", v->el);
    draw_masks(v, s, row, 14);
    draw_groups(v, s, row, 19);
    draw_priority(v->pmr, true, STYLE_PLAIN, s, row, 23);
    draw_priority(v->running, v->running != IDLE_PRIORITY, STYLE_ACTIVE, s, row, 27);
    draw_priority(v->highest, has_highest(v), highest_style(v), s, row, 31);
    if (has_highest(v))
        screen_put(s, row, 35, STYLE_PLAIN, "%5u", v->highest_intid);
    draw_gauge(v, s, row, 41);
    screen_put(s, row, 58, STYLE_PLAIN, "%-4s", line_name(v));
    screen_put(s, row, 64, STYLE_PLAIN, "%s", top_pc(d, v->pc, pc));
}

const struct top_kind top_vcpus = {.name = "vCPUs",
                                   .count = count,
                                   .matches = matches,
                                   .key = key,
                                   .subject = subject,
                                   .draw_head = draw_head,
                                   .draw = draw};
