/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `irqlab why-time`: what a vCPU takes the time to be, by which offsets, and which timer is next.
 */
#include <inttypes.h>
#include <string.h>

#include "emu/why.h"

enum { CTL_ENABLE = 1, CTL_IMASK = 2, CTL_ISTATUS = 4 };

static const char *const names[TIMER_COUNT] = {
    [TIMER_EL1_PHYS] = "CNTP",      [TIMER_EL1_VIRT] = "CNTV",      [TIMER_EL2_PHYS] = "CNTHP",
    [TIMER_EL2_VIRT] = "CNTHV",     [TIMER_SEC_EL1_PHYS] = "CNTPS", [TIMER_SEC_EL2_PHYS] = "CNTHPS",
    [TIMER_SEC_EL2_VIRT] = "CNTHVS"};

/* One timer of the vCPU, or of a memory-mapped frame. */
struct line {
    char name[24];
    uint32_t intid;
    enum timer_id id; /* TIMER_COUNT: of a frame */
    struct timers_tree_timer t;
};

struct why_time {
    unsigned vcpu;
    uint64_t instructions;
    struct timers_tree tree;
    unsigned n_lines;
    struct line lines[TIMER_COUNT + 2 * TIMERS_MAX_FRAMES];
    const struct line *next; /* whose output rises first; NULL: none will */
};

/* -- Asking ------------------------------------------------------------------------------------ */

static bool rises(const struct line *l)
{
    return !l->t.level && l->t.deadline_ns != UINT64_MAX;
}

static void add_vcpu(struct why_time *w)
{
    for (unsigned i = 0; i < TIMER_COUNT; i++) {
        struct line *l = &w->lines[w->n_lines];

        if (!w->tree.timers[i].present)
            continue;
        *l = (struct line){.intid = wires_intid_of((enum timer_id)i),
                           .id = (enum timer_id)i,
                           .t = w->tree.timers[i]};
        snprintf(l->name, sizeof(l->name), "%s", names[i]);
        w->n_lines++;
    }
}

static void add_frames(struct machine *m, struct why_time *w)
{
    for (unsigned i = 0; m->config.mmio_timers && i < 2 * BOARD_TIMER_FRAMES; i++) {
        struct line *l = &w->lines[w->n_lines];

        *l = (struct line){.intid = BOARD_TIMER_INTID + i, .id = TIMER_COUNT};
        timers_get_frame(m->timers, i / 2, i % 2, &l->t);
        snprintf(l->name, sizeof(l->name), "CNTBase%u.CNT%c", i / 2, i % 2 ? 'V' : 'P');
        if (l->t.present)
            w->n_lines++;
    }
}

static void ask(struct machine *m, unsigned vcpu, struct why_time *w)
{
    *w = (struct why_time){.vcpu = vcpu, .instructions = machine_instructions(m)};
    timers_get_tree(m->timers, vcpu, &w->tree);
    add_vcpu(w);
    add_frames(m, w);
    for (unsigned i = 0; i < w->n_lines; i++) {
        if (rises(&w->lines[i]) && (!w->next || w->lines[i].t.deadline_ns < w->next->t.deadline_ns))
            w->next = &w->lines[i];
    }
}

/* -- Text -------------------------------------------------------------------------------------- */

static void value(FILE *out, const char *what, uint64_t ticks, const char *note)
{
    fprintf(out, "%-30s 0x%016" PRIx64 "%s%s\n", what, ticks, note ? "  # " : "", note ? note : "");
}

static void print_tree(const struct machine *m, const struct why_time *w, FILE *out)
{
    const struct timers_tree *t = &w->tree;
    const char *fixed = t->offsets_fixed ? "set as an offset" : NULL;

    fprintf(out, "time of vCPU %u at %" PRIu64 " instructions, %" PRIu64 " ns, %" PRIu64 " Hz\n",
            w->vcpu, w->instructions, t->now_ns, m->config.counter_hz);
    value(out, "host ticks", t->host_ticks, NULL);
    value(out, "- system offset", t->system_offset, NULL);
    value(out, "= system counter", t->system_counter, t->stopped ? "stopped: CNTCR.EN is 0" : NULL);
    value(out, "  - physical offset", t->physical_offset, fixed);
    value(out, "  - offset of this CNTP", t->timers[TIMER_EL1_PHYS].vcpu_offset, NULL);
    if (m->config.has_el2)
        value(out, "  - CNTPOFF_EL2", t->cntpoff, t->cntpoff_idle);
    value(out, "  = CNTPCT_EL0 at EL1", t->cntpct, NULL);
    value(out, "  - virtual offset", t->virtual_offset, fixed);
    value(out, "  - offset of this CNTV", t->timers[TIMER_EL1_VIRT].vcpu_offset, NULL);
    if (m->config.has_el2)
        value(out, "  - CNTVOFF_EL2", t->cntvoff, NULL);
    value(out, "  = CNTVCT_EL0 at EL1", t->cntvct, NULL);
    if (t->next_event_ns == UINT64_MAX)
        fputs("event stream: off\n", out);
    else
        fprintf(out, "event stream: next at %" PRIu64 " ns, in %" PRIu64 " ns\n", t->next_event_ns,
                t->next_event_ns - t->now_ns);
}

/* Why its output is what it is. */
static const char *state_of(const struct line *l)
{
    if (l->t.level)
        return "asserted";
    if (!(l->t.ctl & CTL_ENABLE))
        return "off: ENABLE is 0";
    if (l->t.ctl & CTL_IMASK)
        return "masked: IMASK is 1";
    if (l->t.masked_by_el2)
        return "masked by CNTHCTL_EL2";
    return rises(l) ? "waits" : "never: its time is beyond the end of the clock, or time stands";
}

static void print_line(const struct machine *m, const struct why_time *w, const struct line *l,
                       FILE *out)
{
    struct writer writer;

    fprintf(out, "%-13s INTID %-3u CTL 0x%x CVAL 0x%016" PRIx64 " counter 0x%016" PRIx64 "  %s",
            l->name, l->intid, l->t.ctl, l->t.cval, l->t.count, state_of(l));
    if (rises(l))
        fprintf(out, ", fires at %" PRIu64 " ns, in %" PRIu64 " ns", l->t.deadline_ns,
                l->t.deadline_ns - w->tree.now_ns);
    if (l->id != TIMER_COUNT && (l->t.ctl & CTL_ENABLE) &&
        history_timer(m, w->vcpu, l->id, false, &writer)) {
        fputs("; time set ", out);
        why_print_writer(m, &writer, out);
    }
    fputc('\n', out);
}

static void print(const struct machine *m, const struct why_time *w, FILE *out)
{
    print_tree(m, w, out);
    for (unsigned i = 0; i < w->n_lines; i++)
        print_line(m, w, &w->lines[i], out);
    if (w->next)
        fprintf(out, "next: %s, INTID %u, at %" PRIu64 " ns\n", w->next->name, w->next->intid,
                w->next->t.deadline_ns);
    else
        fputs("next: none\n", out);
}

/* -- JSON -------------------------------------------------------------------------------------- */

static json_t *hex(uint64_t number)
{
    return json_sprintf("0x%" PRIx64, number);
}

static json_t *ns_or_null(uint64_t when_ns)
{
    return when_ns == UINT64_MAX ? json_null() : json_integer((json_int_t)when_ns);
}

static json_t *line_json(const struct machine *m, const struct why_time *w, const struct line *l)
{
    struct writer writer;
    bool has_writer = l->id != TIMER_COUNT && history_timer(m, w->vcpu, l->id, false, &writer);

    return json_pack("{s:s, s:i, s:b, s:b, s:b, s:b, s:b, s:o, s:o, s:o, s:o, s:o, s:o}", "timer",
                     l->name, "intid", (int)l->intid, "enable", (l->t.ctl & CTL_ENABLE) != 0,
                     "imask", (l->t.ctl & CTL_IMASK) != 0, "istatus", (l->t.ctl & CTL_ISTATUS) != 0,
                     "masked_by_el2", l->t.masked_by_el2, "output", l->t.level, "cval",
                     hex(l->t.cval), "counter", hex(l->t.count), "offset", hex(l->t.offset),
                     "vcpu_offset", hex(l->t.vcpu_offset), "changes_at_ns",
                     ns_or_null(l->t.deadline_ns), "written",
                     has_writer ? why_writer_json(m, &writer) : json_null());
}

static json_t *tree_json(const struct timers_tree *t)
{
    return json_pack("{s:o, s:o, s:o, s:b, s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o}",
                     "host_ticks", hex(t->host_ticks), "system_offset", hex(t->system_offset),
                     "system_counter", hex(t->system_counter), "stopped", t->stopped,
                     "physical_offset", hex(t->physical_offset), "virtual_offset",
                     hex(t->virtual_offset), "offsets_fixed", t->offsets_fixed, "cntpoff",
                     hex(t->cntpoff), "cntpoff_idle",
                     t->cntpoff_idle ? json_string(t->cntpoff_idle) : json_null(), "cntvoff",
                     hex(t->cntvoff), "cntpct", hex(t->cntpct), "cntvct", hex(t->cntvct),
                     "next_event_ns", ns_or_null(t->next_event_ns));
}

static json_t *to_json(const struct machine *m, const struct why_time *w)
{
    json_t *lines = json_array();

    for (unsigned i = 0; i < w->n_lines; i++)
        json_array_append_new(lines, line_json(m, w, &w->lines[i]));
    return json_pack("{s:i, s:i, s:I, s:I, s:I, s:o, s:o, s:o}", "format", 1, "vcpu", (int)w->vcpu,
                     "instructions", (json_int_t)w->instructions, "virtual_time_ns",
                     (json_int_t)w->tree.now_ns, "counter_hz", (json_int_t)m->config.counter_hz,
                     "tree", tree_json(&w->tree), "timers", lines, "next",
                     w->next ? json_string(w->next->name) : json_null());
}

void why_time_ask(struct machine *m, unsigned vcpu, struct why_reply *reply, FILE *out)
{
    struct why_time w;

    ask(m, vcpu, &w);
    reply->exit_code = w.next ? WHY_EXIT_TAKEN : WHY_EXIT_BLOCKED;
    reply->json = to_json(m, &w);
    print(m, &w, out);
}
