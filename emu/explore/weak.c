/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/explore/weak_internal.h"

#include <stdlib.h>
#include <string.h>

enum { PAGE_BYTES = 4096 };

struct weak *weak_create(struct explorer *x, unsigned bound)
{
    struct weak *w = calloc(1, sizeof(*w));

    if (!w)
        return NULL;
    w->x = x;
    w->bound = bound;
    w->history = calloc(WEAK_HISTORY, sizeof(*w->history));
    w->vcpus = calloc(x->m->config.n_vcpus, sizeof(*w->vcpus));
    if (w->history && w->vcpus)
        return w;
    weak_destroy(w);
    return NULL;
}

void weak_destroy(struct weak *w)
{
    if (!w)
        return;
    free(w->history);
    free(w->vcpus);
    free(w);
}

void weak_start(struct weak *w)
{
    w->now = w->since = 0;
    memset(w->vcpus, 0, w->x->m->config.n_vcpus * sizeof(*w->vcpus));
    for (unsigned i = 0; i < w->x->m->config.n_vcpus; i++) {
        w->vcpus[i].doing = WEAK_OWN;
        w->vcpus[i].waits = w->x->m->vcpus[i].state == VCPU_WAITING;
    }
}

/* -- What is next ------------------------------------------------------------------------------ */

static uint32_t ask(struct weak *w, enum choice choice, unsigned vcpu, unsigned n_options)
{
    return choose(&w->x->m->chooser, choice, vcpu, n_options);
}

/* An access of a word that a store of its own before item @end is for: that is what it gives. */
static bool is_forwarded(const struct weak_vcpu *v, const struct weak_access *a, unsigned end)
{
    for (unsigned i = 0; i < end; i++) {
        const struct weak_access *s = &v->items[i].access;

        if (s->stores && weak_overlap(s->pa, s->size_bytes, a->pa, a->size_bytes))
            return true;
    }
    return false;
}

/* It stands before a load: the newest value, or an older one that it may still give. */
static void ask_value(struct weak *w, unsigned vcpu, const struct weak_access *a, uint64_t floor)
{
    struct weak_vcpu *v = &w->vcpus[vcpu];
    unsigned end = v->doing == WEAK_OWN ? v->n_items : (unsigned)v->doing, older, n;

    if (is_forwarded(v, a, end) || w->x->threads[vcpu].spins)
        return;
    floor = weak_max(floor, weak_max(v->reads, weak_coherent(v, a)));
    older = weak_older(w, a->pa, a->size_bytes, floor, w->bound);
    n = older ? ask(w, CHOICE_WEAK_VALUE, vcpu, older + 1) : 0;
    if (n)
        v->as_of = weak_as_of(w, a->pa, a->size_bytes, n);
}

/* A spinning vCPU is no option of a point: with stores still to be made, it must be. */
static void stand_before_item(struct weak *w, unsigned vcpu, int i)
{
    struct weak_vcpu *v = &w->vcpus[vcpu];
    struct thread *t = &w->x->threads[vcpu];
    const struct weak_item *item = &v->items[i];

    if (t->has_next) {
        v->own = t->next;
        v->has_own = true;
    }
    t->next = item->event;
    v->doing = i;
    explorer_before(w->x, vcpu);
    if (t->spins && v->n_items > 1) {
        v->everything = true;
        t->spins = false;
    }
    if (item->access.loads)
        ask_value(w, vcpu, &item->access, item->floor);
}

/* In program order: what may go now; last, the event of its own that it is at. */
static unsigned list_options(const struct weak *w, unsigned vcpu, int options[])
{
    const struct weak_vcpu *v = &w->vcpus[vcpu];
    unsigned n = 0;

    for (int i = 0; i < (int)v->n_items; i++) {
        if (weak_may_go(w, vcpu, i))
            options[n++] = i;
    }
    if (w->x->threads[vcpu].has_next && !v->everything && weak_may_go(w, vcpu, WEAK_OWN))
        options[n++] = WEAK_OWN;
    return n;
}

static void choose_next(struct weak *w, unsigned vcpu)
{
    struct weak_vcpu *v = &w->vcpus[vcpu];
    const struct event *own = &w->x->threads[vcpu].next;
    int options[WEAK_ITEMS + 1];
    unsigned n = list_options(w, vcpu, options);
    int next = options[n > 1 ? ask(w, CHOICE_WEAK_ORDER, vcpu, n) : 0];
    struct weak_access a;

    v->as_of = UINT64_MAX;
    if (next != WEAK_OWN) {
        stand_before_item(w, vcpu, next);
        return;
    }
    explorer_before(w->x, vcpu);
    if (w->x->threads[vcpu].spins && v->n_items) {
        v->everything = true;
        choose_next(w, vcpu);
    } else if (own->kind == EVENT_RAM && v->insn.kind == WEAK_LOAD) {
        a = weak_access_of(v, own);
        ask_value(w, vcpu, &a, weak_floor(v, &v->insn, &a));
    }
}

/* Two registers: both parts are in one page, and put off as one. */
static bool is_pair_store(const struct weak_vcpu *v, const struct event *e)
{
    return v->insn.kind == WEAK_PAIR && !v->insn.loads && !(v->insn.reads & WEAK_FP) &&
           (e->pa & (PAGE_BYTES - 1)) + 2 * (e->end - e->pa) <= PAGE_BYTES;
}

/* Plain loads of one general register; plain stores. */
static bool can_put_off(const struct weak_vcpu *v, const struct event *e)
{
    if (e->kind != EVENT_RAM || e->end - e->pa > WEAK_BYTES)
        return false;
    if (v->insn.kind == WEAK_STORE || is_pair_store(v, e))
        return true;
    return v->insn.kind == WEAK_LOAD && !v->ordering.loads && !v->insn.writes_back &&
           v->insn.writes;
}

bool weak_arrived(struct weak *w, unsigned vcpu)
{
    struct weak_vcpu *v = &w->vcpus[vcpu];
    struct thread *t = &w->x->threads[vcpu];

    v->absorbs = can_put_off(v, &t->next);
    if (!v->absorbs) {
        choose_next(w, vcpu);
        return true;
    }
    v->own = t->next;
    t->has_next = false;
    return false;
}

bool weak_goes_on(const struct weak *w, unsigned vcpu)
{
    return vcpu < w->x->m->config.n_vcpus && w->vcpus[vcpu].absorbs; /* no host actor */
}

void weak_exception(struct weak *w, unsigned vcpu, bool interrupt)
{
    struct weak_vcpu *v = &w->vcpus[vcpu];

    v->absorbs = false;
    v->as_of = UINT64_MAX;
    v->reads = weak_max(v->reads, interrupt ? w->now : v->control);
    engine_request_exit(w->x->m->engine); /* the handler's first instruction is a step of its own */
}

bool weak_holds(struct weak *w, unsigned vcpu, unsigned line)
{
    struct weak_vcpu *v = &w->vcpus[vcpu];

    if (!v->redoing)
        return false;
    v->held_lines |= 1u << line;
    return true;
}

/* -- Items ------------------------------------------------------------------------------------- */

static struct weak_item *put_off(struct weak *w, unsigned vcpu)
{
    struct weak_vcpu *v = &w->vcpus[vcpu];
    struct weak_item *item = &v->items[v->n_items++];

    *item =
        (struct weak_item){.access = weak_access_of(v, &v->own), .event = v->own, .insn = v->insn};
    v->put_off_at = vcpu_instructions(w->x->m->engine, vcpu);
    v->absorbs = false;
    return item;
}

static void drop_item(struct weak_vcpu *v, int i)
{
    v->n_items--;
    memmove(&v->items[i], &v->items[i + 1], (v->n_items - (unsigned)i) * sizeof(v->items[0]));
    v->everything &= v->n_items != 0;
    v->doing = WEAK_OWN;
}

/* The load that the vCPU is at comes later: it goes on behind it. */
static void skip(struct weak *w, unsigned vcpu)
{
    struct weak_vcpu *v = &w->vcpus[vcpu];
    struct weak_item *item = put_off(w, vcpu);

    item->floor = weak_floor(v, &v->insn, &item->access);
    v->control = weak_max(v->control, weak_view(v, v->insn.address));
    vcpu_set_pc(w->x->m->engine, vcpu, v->pc + 4);
}

static void begin_redo(struct weak *w, unsigned vcpu)
{
    struct weak_vcpu *v = &w->vcpus[vcpu];
    const struct weak_item *item = &v->items[v->doing];

    v->redoing = true;
    v->held_lines = 0;
    v->return_pc = vcpu_get_pc(w->x->m->engine, vcpu);
    weak_patch(w, v, &item->access, v->as_of);
    vcpu_set_pc(w->x->m->engine, vcpu, item->event.pc);
    engine_watch_pass(w->x->m->engine, vcpu);
}

static void end_redo(struct weak *w, unsigned vcpu)
{
    struct weak_vcpu *v = &w->vcpus[vcpu];
    const struct weak_item *item = &v->items[v->doing];
    struct cpu_engine *engine = w->x->m->engine;

    weak_unpatch(w, v);
    v->redoing = false;
    if (vcpu_get_pc(engine, vcpu) != item->event.pc + 4) {
        machine_shut_down(w->x->m, IRQLAB_EXIT_GUEST_WILD,
                          "vCPU %u: a load that was put off faults; weak memory needs page tables "
                          "that stay as they are",
                          vcpu);
        return;
    }
    weak_loaded(v, &item->insn, &item->access, weak_max(item->floor, v->reads));
    if (item->access.epochs.loads != v->epochs.loads)
        v->reads = weak_max(v->reads, v->read_all);
    vcpu_set_pc(engine, vcpu, v->return_pc);
    explorer_raise(w->x, vcpu, v->held_lines);
    drop_item(v, v->doing);
}

static enum machine_step finish(struct weak *w, unsigned vcpu)
{
    struct weak_vcpu *v = &w->vcpus[vcpu];

    if (v->items[v->doing].access.loads) {
        begin_redo(w, vcpu);
        return MACHINE_STEP_RUN;
    }
    explorer_happened(w->x, &w->x->threads[vcpu].next);
    weak_drain(w, vcpu, v->doing);
    drop_item(v, v->doing);
    return MACHINE_STEP_DONE;
}

/* -- A step ------------------------------------------------------------------------------------ */

static void look(struct weak *w, unsigned vcpu)
{
    struct weak_vcpu *v = &w->vcpus[vcpu];
    struct machine *m = w->x->m;
    uint64_t pa;

    if (v->waits)
        v->reads = w->now;
    v->waits = false;
    v->pc = vcpu_get_pc(m->engine, vcpu);
    v->opcode = 0;
    v->n_made = 0;
    if (!vcpu_translate(m->engine, vcpu, v->pc, &pa))
        machine_guest_read(m, pa, &v->opcode, sizeof(v->opcode));
    v->insn = weak_decode(v->opcode);
    v->ordering = ordering_of_access(v->opcode);
    if (v->n_items && vcpu_instructions(m->engine, vcpu) - v->put_off_at > WEAK_STEPS)
        v->everything = true;
}

/* An instruction of its own runs; the event that it is, if it is one, was asked about. */
static void begin_own(struct weak *w, unsigned vcpu)
{
    struct weak_vcpu *v = &w->vcpus[vcpu];
    struct thread *t = &w->x->threads[vcpu];
    struct weak_access a;

    v->stood = t->has_next;
    if (t->has_next || v->absorbs)
        engine_watch_pass(w->x->m->engine, vcpu);
    if (!t->has_next || t->next.kind != EVENT_RAM)
        return;
    a = weak_access_of(v, &t->next);
    if (a.loads)
        weak_patch(w, v, &a, v->as_of);
}

enum machine_step weak_before(struct weak *w, unsigned vcpu)
{
    struct weak_vcpu *v = &w->vcpus[vcpu];
    struct thread *t = &w->x->threads[vcpu];

    if (!w->x->begun || w->x->ended)
        return MACHINE_STEP_RUN;
    if (v->doing != WEAK_OWN)
        return finish(w, vcpu);
    look(w, vcpu);
    if (v->has_own) {
        t->next = v->own;
        t->has_next = true;
        v->has_own = false;
        choose_next(w, vcpu);
        return MACHINE_STEP_PARK;
    }
    if (weak_is_forced(w, vcpu)) {
        choose_next(w, vcpu);
        return MACHINE_STEP_PARK;
    }
    if (v->absorbs && v->insn.kind == WEAK_LOAD) {
        skip(w, vcpu);
        return MACHINE_STEP_DONE;
    }
    begin_own(w, vcpu);
    return MACHINE_STEP_RUN;
}

void weak_note(struct weak *w, const struct cpu_watched_access *a, bool is_event)
{
    struct weak_vcpu *v = &w->vcpus[a->vcpu];
    struct weak_made *made = &v->made[v->n_made];
    const uint8_t *ram;

    if (a->reg || v->redoing || v->n_made == WEAK_ACCESSES)
        return;
    *made = (struct weak_made){
        .pa = a->pa, .size_bytes = a->size_bytes, .is_write = a->is_write, .is_event = is_event};
    ram = weak_ram(w, a->pa, a->size_bytes);
    if (ram && a->size_bytes <= WEAK_BYTES)
        memcpy(made->old, ram, a->size_bytes);
    v->n_made++;
}

/* A store that is put off has been made: memory is as before again. */
static void take_back(struct weak *w, unsigned vcpu)
{
    struct weak_vcpu *v = &w->vcpus[vcpu];
    struct weak_item *item = put_off(w, vcpu);
    const uint8_t *ram = weak_ram(w, item->access.pa, item->access.size_bytes);

    item->view = weak_view(v, v->insn.reads);
    memcpy(item->bytes, ram, item->access.size_bytes);
    for (unsigned i = v->n_made; i-- > 0;)
        memcpy(weak_ram(w, v->made[i].pa, v->made[i].size_bytes), v->made[i].old,
               v->made[i].size_bytes);
    v->n_made = 0;
}

void weak_after(struct weak *w, unsigned vcpu, uint64_t executed)
{
    struct weak_vcpu *v = &w->vcpus[vcpu];
    const struct thread *t = &w->x->threads[vcpu];
    bool was_event = v->stood && !t->has_next;
    struct weak_access a;

    if (v->redoing) {
        end_redo(w, vcpu);
        return;
    }
    weak_unpatch(w, v);
    if (!executed || !w->x->begun)
        return;
    a = weak_access_of(v, &t->next);
    if (v->absorbs && v->n_made)
        take_back(w, vcpu);
    else if (was_event && a.loads && t->next.kind == EVENT_RAM)
        weak_loaded(v, &v->insn, &a, weak_floor(v, &v->insn, &a));
    weak_executed(w, vcpu, was_event);
    v->stood = false;
}
