/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is to be seen now. Two frames are the same when their bytes are: all padding is zero. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/load/symbols.h"
#include "emu/view/internal.h"

enum {
    FIRST_ROWS = 256,
    ANY_OF_MAX = 8, /* vCPUs that are asked for all gates of what is 1 of N */
};
#define IROUTER_ANY      (1ull << 31)
#define IROUTER_AFFINITY 0xff00ffffffull

/* -- vCPUs ------------------------------------------------------------------------------------- */

/* Who would win if nothing masked it. */
static uint32_t highest_intid(const struct machine *m, unsigned vcpu)
{
    struct cpu_pe_state pe;
    struct gic_verdict verdict;

    vcpu_get_pe_state(m->engine, vcpu, &pe);
    gic_explain(m->gic, vcpu, 0, (const struct gic_pe_state *)&pe, &verdict);
    return verdict.highest_intid;
}

static void look_at_interface(struct machine *m, unsigned vcpu, struct view_vcpu *to)
{
    uint64_t published = gic_published(m->gic, vcpu);

    to->pmr = (uint8_t)(published >> GIC_PUB_PMR_SHIFT);
    to->running = (uint8_t)(published >> GIC_PUB_RUNNING_SHIFT);
    to->highest = (uint8_t)(published >> GIC_PUB_PRIORITY_SHIFT);
    to->highest_intid = to->highest == 0xff ? VIEW_NO_INTID : highest_intid(m, vcpu);
    to->group_enables = published >> GIC_PUB_GRPEN_SHIFT & 7;
    for (unsigned line = 0; line < GIC_N_LINES; line++)
        to->lines |= (uint8_t)(gic_line_level(m->gic, vcpu, (enum gic_line)line) << line);
    to->asleep = gic_asleep(m->gic, vcpu);
}

static void look_at_vcpu(struct machine *m, unsigned vcpu, struct view_vcpu *to)
{
    struct cpu_pe_state pe;

    vcpu_get_pe_state(m->engine, vcpu, &pe);
    memset(to, 0, sizeof(*to));
    to->state = m->vcpus[vcpu].state;
    to->next = sched_next(m) == vcpu;
    to->for_event = to->state == VCPU_WAITING && m->vcpus[vcpu].wait.for_event;
    to->pc = vcpu_get_pc(m->engine, vcpu);
    to->symbol = m->symbols ? symbols_at(m->symbols, to->pc, &to->offset) : NULL;
    to->el = pe.el;
    to->daif = (uint8_t)(vcpu_get_pstate(m->engine, vcpu) >> 6 & 0xf);
    to->instructions = vcpu_instructions(m->engine, vcpu);
    look_at_interface(m, vcpu, to);
}

/* -- Timers ------------------------------------------------------------------------------------ */

static void look_at_timers(struct machine *m, struct view_lists *l)
{
    l->n_timers = 0;
    for (unsigned vcpu = 0; vcpu < m->config.n_vcpus; vcpu++) {
        struct timers_tree tree;

        timers_get_tree(m->timers, vcpu, &tree);
        for (unsigned i = 0; i < TIMER_COUNT; i++) {
            const struct timers_tree_timer *t = &tree.timers[i];
            struct view_timer *to = &l->timers[l->n_timers];

            if (!t->present || !(t->ctl & 1))
                continue;
            memset(to, 0, sizeof(*to));
            to->vcpu = vcpu;
            to->timer = (enum timer_id)i;
            to->intid = wires_intid_of(to->timer);
            to->ctl = t->ctl;
            to->level = t->level;
            to->deadline_ns = t->deadline_ns;
            l->n_timers++;
        }
    }
}

/* -- Interrupts -------------------------------------------------------------------------------- */

static struct view_irq *new_row(struct view_lists *l)
{
    if (l->n_irqs == l->irqs_room) {
        unsigned room = l->irqs_room ? 2 * l->irqs_room : FIRST_ROWS;
        struct view_irq *irqs = realloc(l->irqs, room * sizeof(*irqs));

        if (!irqs)
            return NULL;
        l->irqs = irqs;
        l->irqs_room = room;
    }
    memset(&l->irqs[l->n_irqs], 0, sizeof(l->irqs[0]));
    return &l->irqs[l->n_irqs];
}

static int vcpu_of(const struct machine *m, uint64_t irouter)
{
    unsigned vcpu;

    if (irouter & IROUTER_ANY)
        return VIEW_ANY_VCPU;
    vcpu = machine_vcpu_of(m, irouter & IROUTER_AFFINITY);
    return vcpu < m->config.n_vcpus ? (int)vcpu : VIEW_NO_VCPU;
}

static void say_reason(struct view_irq *row, const struct why_gate *gate)
{
    char place[80];

    if (!gate->reg[0])
        snprintf(place, sizeof(place), "%s", gate->note[0] ? gate->note : gate->name);
    else if (gate->field_bit >= 0)
        snprintf(place, sizeof(place), "%s.%s%d", gate->reg, gate->field, gate->field_bit);
    else
        snprintf(place, sizeof(place), "%s%s%s", gate->reg, gate->field[0] ? "." : "", gate->field);
    snprintf(row->gate, sizeof(row->gate), "%s", gate->name);
    snprintf(row->section, sizeof(row->section), "%s", gate->section);
    row->advice = gate->advice;
    if (!strcmp(gate->name, "highest"))
        snprintf(row->reason, sizeof(row->reason), "INTID %u is ahead of it",
                 (unsigned)gate->value);
    else if (strcmp(gate->relation, "any") != 0)
        snprintf(row->reason, sizeof(row->reason), "%s is 0x%" PRIx64 ", wanted %s 0x%" PRIx64,
                 place, gate->value, gate->relation, gate->wanted);
    else
        snprintf(row->reason, sizeof(row->reason), "%s is 0x%" PRIx64, place, gate->value);
}

static bool is_first_at(const struct machine *m, unsigned vcpu, uint32_t intid)
{
    return (gic_line_level(m->gic, vcpu, GIC_LINE_IRQ) ||
            gic_line_level(m->gic, vcpu, GIC_LINE_FIQ)) &&
           highest_intid(m, vcpu) == intid;
}

/* Of 1 of N, any will do: the one that would take it, else the first. */
static void ask(struct machine *m, struct view_irq *row, struct why_answer *answer)
{
    struct why_question q = {.form = row->is_virtual ? WHY_VIRTUAL : WHY_PHYSICAL,
                             .intid = row->intid,
                             .vcpu = row->target > 0 ? (unsigned)row->target : 0};
    unsigned n = row->target == VIEW_ANY_VCPU ? m->config.n_vcpus : 1;

    why_ask(m, &q, answer);
    for (unsigned i = 1; i < n && answer->verdict == WHY_BLOCKED; i++) {
        q.vcpu = i;
        if (i < ANY_OF_MAX || is_first_at(m, i, row->intid))
            why_ask(m, &q, answer);
    }
    if (n == 1 || answer->verdict != WHY_BLOCKED)
        return;
    q.vcpu = 0;
    why_ask(m, &q, answer);
}

static void judge(struct machine *m, struct view_irq *row)
{
    struct why_answer answer;

    row->verdict = row->active ? VIEW_ACTIVE : VIEW_IDLE;
    if (!row->pending)
        return;
    ask(m, row, &answer);
    if (answer.verdict != WHY_BLOCKED || answer.first_failed >= answer.n_gates) {
        row->verdict = VIEW_COMING;
        return;
    }
    if (row->active) /* it waits for its own end: that is no fault */
        return;
    row->verdict = VIEW_BLOCKED;
    say_reason(row, &answer.gates[answer.first_failed]);
}

static void set_last(struct view *v, struct view_irq *row)
{
    const struct view_raw *raw = view_ring_last(v, row->vcpu, row->intid, row->is_virtual);

    row->has_event = raw != NULL;
    if (raw)
        view_raw_event(raw, &row->last);
}

static uint64_t deliveries(const struct machine *m, int vcpu, uint32_t intid)
{
    uint64_t n = 0;

    if (intid >= MACHINE_MAX_INTID)
        return 0;
    if (vcpu >= 0)
        return m->statistics.acknowledged[vcpu][intid];
    for (unsigned i = 0; i < m->config.n_vcpus; i++)
        n += m->statistics.acknowledged[i][intid];
    return n;
}

static bool add_row(struct view *v, struct view_lists *l, int vcpu, uint32_t intid)
{
    struct machine *m = v->m;
    struct gic_irq_state s;
    struct view_irq *row;

    gic_irq_peek(m->gic, vcpu >= 0 ? (unsigned)vcpu : 0, intid, &s);
    if (!s.exists || !(s.pending || s.active || s.level || s.enabled))
        return true;
    row = new_row(l);
    if (!row)
        return false;
    row->intid = intid;
    row->vcpu = vcpu;
    row->target = vcpu >= 0 ? vcpu : vcpu_of(m, s.irouter);
    row->pending = s.pending;
    row->level = s.level;
    row->active = s.active;
    row->enabled = s.enabled;
    row->edge = s.edge;
    row->group = s.group;
    row->priority = s.priority;
    row->deliveries = deliveries(m, vcpu, intid);
    judge(m, row);
    set_last(v, row);
    l->n_irqs++;
    return true;
}

/* LPIs have no state but pending, at the vCPU that the ITS has sent them to. */
static bool add_lpi(struct view *v, struct view_lists *l, uint32_t intid)
{
    const struct view_raw *raw = view_ring_last(v, VIEW_NO_VCPU, intid, false);
    struct gic_irq_state s;
    struct gic_verdict verdict;
    struct cpu_pe_state pe;
    struct view_irq *row;
    unsigned vcpu;

    if (!raw || raw->event.vcpu < 0)
        return true;
    vcpu = (unsigned)raw->event.vcpu;
    gic_irq_peek(v->m->gic, vcpu, intid, &s);
    for (unsigned i = 0; !s.pending && i < v->m->config.n_vcpus; i++) { /* it may have moved */
        gic_irq_peek(v->m->gic, i, intid, &s);
        vcpu = s.pending ? i : vcpu;
    }
    row = new_row(l);
    if (!row)
        return false;
    vcpu_get_pe_state(v->m->engine, vcpu, &pe);
    gic_explain(v->m->gic, vcpu, intid, (const struct gic_pe_state *)&pe, &verdict);
    row->intid = intid;
    row->vcpu = VIEW_NO_VCPU;
    row->target = (int)vcpu;
    row->pending = s.pending;
    row->enabled = verdict.gates[GIC_GATE_ENABLED].result == GIC_GATE_PASS;
    row->edge = true;
    row->group = verdict.group;
    row->priority = verdict.priority;
    judge(v->m, row);
    set_last(v, row);
    l->n_irqs++;
    return true;
}

/* ICH_LR<n>_EL2 (IHI 0069 12.4.6). */
static bool add_list_register(struct view *v, struct view_lists *l, unsigned vcpu, uint64_t lr)
{
    struct view_irq *row;
    unsigned state = lr >> 62;

    if (!state)
        return true;
    row = new_row(l);
    if (!row)
        return false;
    row->is_virtual = true;
    row->intid = (uint32_t)lr;
    row->vcpu = row->target = (int)vcpu;
    row->pending = state & 1;
    row->active = state & 2;
    row->enabled = true;
    row->hw = lr >> 61 & 1;
    row->group = lr >> 60 & 1 ? GIC_G1NS : GIC_G0;
    row->priority = (uint8_t)(lr >> 48);
    judge(v->m, row);
    set_last(v, row);
    l->n_irqs++;
    return true;
}

static bool add_virtual(struct view *v, struct view_lists *l, unsigned vcpu)
{
    const struct gic_pe_state pe = {.el = 2, .el2_enabled = true};
    size_t count;
    const struct gic_sysreg *regs = gic_sysregs(&count);
    bool good = true;

    for (size_t i = 0; v->m->config.has_el2 && good && i < count; i++) {
        if (strncmp(regs[i].name, "ICH_LR", 6) ||
            gic_sysreg_check(v->m->gic, vcpu, &regs[i], &pe, false) != GIC_ACCESS_OK)
            continue;
        good = add_list_register(v, l, vcpu, gic_sysreg_peek(v->m->gic, vcpu, &regs[i], &pe));
    }
    return good;
}

static bool look_at_irqs(struct view *v, struct view_lists *l)
{
    static const struct {
        uint32_t first, end;
        bool is_private;
    } ranges[] = {{0, 32, true}, {1056, 1120, true}, {32, 1020, false}, {4096, 5120, false}};
    bool good = true;

    l->n_irqs = 0;
    for (unsigned r = 0; r < sizeof(ranges) / sizeof(ranges[0]); r++) {
        int n = ranges[r].is_private ? (int)v->m->config.n_vcpus : 1;

        for (int vcpu = 0; vcpu < n; vcpu++) {
            for (uint32_t intid = ranges[r].first; good && intid < ranges[r].end; intid++)
                good = add_row(v, l, ranges[r].is_private ? vcpu : VIEW_NO_VCPU, intid);
        }
    }
    for (unsigned i = 0; good && i < v->ring.n_lpis; i++)
        good = add_lpi(v, l, v->ring.lpis[i]);
    for (unsigned vcpu = 0; good && vcpu < v->m->config.n_vcpus; vcpu++)
        good = add_virtual(v, l, vcpu);
    return good;
}

/* Who only waits behind another one is not what is looked for. */
static bool waits_its_turn(const struct view_irq *irq)
{
    return irq->verdict == VIEW_BLOCKED && !strcmp(irq->gate, "highest");
}

/* What is wrong comes first. */
static int by_verdict(const void *a, const void *b)
{
    const struct view_irq *x = a, *y = b;

    if (x->verdict != y->verdict)
        return x->verdict > y->verdict ? -1 : 1;
    if (waits_its_turn(x) != waits_its_turn(y))
        return waits_its_turn(x) ? 1 : -1;
    if (x->is_virtual != y->is_virtual)
        return x->is_virtual ? 1 : -1;
    if (x->intid != y->intid)
        return x->intid < y->intid ? -1 : 1;
    return x->vcpu - y->vcpu;
}

/* VIEW_BLOCKED, VIEW_COMING, VIEW_ACTIVE, VIEW_IDLE */
_Static_assert(VIEW_IDLE < VIEW_ACTIVE && VIEW_ACTIVE < VIEW_COMING && VIEW_COMING < VIEW_BLOCKED,
               "the order of rows");

/* -- All of it --------------------------------------------------------------------------------- */

static bool make_lists(struct view_lists *l, unsigned n_vcpus)
{
    if (!l->vcpus)
        l->vcpus = calloc(n_vcpus, sizeof(*l->vcpus));
    if (!l->timers)
        l->timers = calloc(n_vcpus * TIMER_COUNT, sizeof(*l->timers));
    return l->vcpus && l->timers;
}

void view_lists_clear(struct view_lists *l)
{
    free(l->vcpus);
    free(l->irqs);
    free(l->timers);
}

static void fill_head(struct view *v, const struct view_lists *l, struct view_frame *f)
{
    const struct journal_end *end = v->reader ? journal_end_of(v->reader) : NULL;
    uint64_t now = view_ring_now(v);

    memset(f, 0, sizeof(*f));
    f->state = v->state;
    f->idle = v->m->stop == MACHINE_RUNNING && sched_is_idle(v->m);
    f->instructions = machine_instructions(v->m);
    f->now_ns = machine_now_ns(v->m);
    f->begin = view_begin(v);
    f->reached = view_reached(v);
    f->end = end ? end->instructions : 0;
    f->end_ns = end ? end->virtual_time_ns : 0;
    memcpy(f->message, v->message, sizeof(f->message));
    f->n_vcpus = v->m->config.n_vcpus;
    f->n_irqs = l->n_irqs;
    f->n_timers = l->n_timers;
    f->last_seq = now > v->ring.begin ? view_ring_at(v, now - 1)->seq : 0;
}

static bool same_bytes(const void *a, const void *b, size_t n, size_t size)
{
    return !n || !memcmp(a, b, n * size);
}

/* But for what names the frame and where its lists are. */
static bool same_head(const struct view_frame *a, const struct view_frame *b)
{
    return a->state == b->state && a->idle == b->idle && a->instructions == b->instructions &&
           a->now_ns == b->now_ns && a->begin == b->begin && a->reached == b->reached &&
           a->end == b->end && a->end_ns == b->end_ns && a->n_vcpus == b->n_vcpus &&
           a->n_irqs == b->n_irqs && a->n_timers == b->n_timers && a->last_seq == b->last_seq &&
           !strcmp(a->message, b->message);
}

static bool is_same(const struct view *v, const struct view_frame *f, const struct view_lists *l)
{
    const struct view_lists *was = &v->lists[v->current];

    return v->frame.n && same_head(&v->frame, f) &&
           same_bytes(was->vcpus, l->vcpus, f->n_vcpus, sizeof(*l->vcpus)) &&
           same_bytes(was->irqs, l->irqs, f->n_irqs, sizeof(*l->irqs)) &&
           same_bytes(was->timers, l->timers, f->n_timers, sizeof(*l->timers));
}

const struct view_frame *view_frame(struct view *v)
{
    struct view_lists *next = &v->lists[!v->current];
    struct view_frame f;

    if (v->framed == v->looks && v->frame.n)
        return &v->frame;
    if (!make_lists(next, v->m->config.n_vcpus))
        return NULL;
    view_ring_map(v);
    for (unsigned i = 0; i < v->m->config.n_vcpus; i++)
        look_at_vcpu(v->m, i, &next->vcpus[i]);
    look_at_timers(v->m, next);
    if (!look_at_irqs(v, next))
        return NULL;
    if (next->n_irqs)
        qsort(next->irqs, next->n_irqs, sizeof(*next->irqs), by_verdict);
    fill_head(v, next, &f);
    v->framed = v->looks;
    if (is_same(v, &f, next))
        return &v->frame;
    f.n = v->frame.n + 1;
    f.vcpus = next->vcpus;
    f.irqs = next->irqs;
    f.timers = next->timers;
    v->frame = f;
    v->current = !v->current;
    return &v->frame;
}
