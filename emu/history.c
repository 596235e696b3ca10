/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who wrote what last: what is kept, and questions about it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/history_internal.h"

/* -- Writers ----------------------------------------------------------------------------------- */

/* What moves without an access is the machine's doing: a wire, a timer. */
static struct writer author(struct machine *m, unsigned vcpu)
{
    if (m->history->accessing)
        return m->history->access;
    return (struct writer){
        .known = true,
        .by_machine = true,
        .vcpu = vcpu,
        .instructions = machine_instructions(m),
        .now_ns = machine_now_ns(m),
    };
}

void history_note(struct writer *slot, const struct writer *by, bool changed)
{
    if (slot->known && slot->changed && !changed)
        return;
    *slot = *by;
    slot->changed = changed;
}

/* -- Interrupts -------------------------------------------------------------------------------- */

static int private_index(uint32_t intid)
{
    if (intid < 32)
        return (int)intid;
    return intid >= HISTORY_FIRST_EPPI && intid < HISTORY_FIRST_EPPI + HISTORY_PRIVATE - 32
               ? (int)(32 + intid - HISTORY_FIRST_EPPI)
               : -1;
}

static struct irq_history **holder(struct history *h, unsigned vcpu, uint32_t intid, unsigned *at)
{
    int private = private_index(intid);

    if (private >= 0) {
        *at = (unsigned)private;
        return &h->vcpus[vcpu].irqs;
    }
    *at = intid % HISTORY_CHUNK;
    return intid / HISTORY_CHUNK < HISTORY_SHARED_CHUNKS ? &h->shared[intid / HISTORY_CHUNK] : NULL;
}

struct irq_history *history_irq_make(struct history *h, unsigned vcpu, uint32_t intid)
{
    unsigned at;
    struct irq_history **chunk = holder(h, vcpu, intid, &at);

    if (chunk && !*chunk)
        *chunk =
            calloc(private_index(intid) >= 0 ? HISTORY_PRIVATE : HISTORY_CHUNK, sizeof(**chunk));
    return chunk && *chunk ? *chunk + at : NULL;
}

static const struct irq_history *irq_find(struct history *h, unsigned vcpu, uint32_t intid)
{
    unsigned at;
    struct irq_history **chunk = holder(h, vcpu, intid, &at);

    return chunk && *chunk ? *chunk + at : NULL;
}

struct writer *history_low_words(struct history *h, enum history_frame frame, unsigned vcpu)
{
    return frame == FRAME_GICD ? h->dist : frame == FRAME_GITS ? h->its : h->vcpus[vcpu].low;
}

/* -- Events ------------------------------------------------------------------------------------ */

static void first(struct writer *slot, const struct writer *by)
{
    if (!slot->known)
        *slot = *by;
}

static void note_acknowledge(struct machine *m, unsigned vcpu, struct irq_history *irq,
                             uint32_t intid)
{
    struct writer by = author(m, vcpu);

    by.value = intid;
    irq->delivery.count++;
    first(&irq->delivery.first_acknowledged, &by);
    irq->delivery.acknowledged = by;
    history_note(&irq->aspects[ASPECT_ACTIVE], &by, true);
    history_note(&irq->aspects[ASPECT_PENDING], &by, true);
    m->history->vcpus[vcpu].running = by;
}

static void note_end(struct machine *m, unsigned vcpu, struct irq_history *irq, bool drop)
{
    struct delivery *d = &irq->delivery;
    struct writer by = author(m, vcpu);

    if (drop) {
        m->history->vcpus[vcpu].running = by;
        d->dropped = by;
        if (d->count)
            first(&d->first_dropped, &by);
        return;
    }
    d->deactivated = by;
    if (d->count)
        first(&d->first_deactivated, &by);
    history_note(&irq->aspects[ASPECT_ACTIVE], &by, true);
}

void history_gic_event(struct machine *m, enum gic_event event, unsigned vcpu, uint32_t intid,
                       uint64_t detail)
{
    struct writer by = author(m, vcpu);
    struct irq_history *irq;

    (void)detail;
    if (event > GIC_EVENT_SGI_SENT)
        return;
    if (event == GIC_EVENT_SPURIOUS) {
        by.value = intid;
        m->history->vcpus[vcpu].spurious = by;
        return;
    }
    if (event == GIC_EVENT_SGI_SENT) {
        if (intid < 16)
            m->history->sgis[intid] = by;
        return;
    }
    irq = history_irq_make(m->history, vcpu, intid);
    if (!irq)
        return;
    if (event == GIC_EVENT_PENDED || event == GIC_EVENT_UNPENDED)
        history_note(&irq->aspects[ASPECT_PENDING], &by, true);
    if (event == GIC_EVENT_PENDED)
        first(&irq->delivery.first_pended, &by);
    else if (event == GIC_EVENT_ACKNOWLEDGED)
        note_acknowledge(m, vcpu, irq, intid);
    else if (event != GIC_EVENT_UNPENDED)
        note_end(m, vcpu, irq, event == GIC_EVENT_PRIORITY_DROP);
}

void history_note_exception(struct machine *m, unsigned vcpu, int number, uint64_t pc)
{
    struct writer *w = &m->history->vcpus[vcpu].exception;
    const char *kind = number == 5    ? "IRQ"
                       : number == 6  ? "FIQ"
                       : number == 14 ? "virtual IRQ"
                       : number == 15 ? "virtual FIQ"
                                      : "another";

    *w = author(m, vcpu);
    w->by_machine = false;
    w->pc = pc;
    snprintf(w->reg, sizeof(w->reg), "%s", kind);
}

static struct delivery *virtual_of(struct history *h, unsigned vcpu, uint32_t vintid)
{
    struct delivery **all = &h->vcpus[vcpu].virtuals;

    if (!*all)
        *all = calloc(HISTORY_VIRTUAL, sizeof(**all));
    return *all && vintid < HISTORY_VIRTUAL ? *all + vintid : NULL;
}

/* libgic tells no events of the virtual interface: what its registers return and take is enough. */
void history_note_virtual(struct machine *m, unsigned vcpu, const char *reg, uint32_t vintid)
{
    struct delivery *d = virtual_of(m->history, vcpu, vintid);
    struct writer by = m->history->access;

    if (!d || vintid >= 1020)
        return;
    if (strstr(reg, "IAR")) {
        by.value = vintid;
        d->count++;
        first(&d->first_acknowledged, &by);
        d->acknowledged = by;
    } else if (strstr(reg, "EOIR")) {
        d->dropped = by;
        first(&d->first_dropped, &by);
    } else if (strstr(reg, "ICC_DIR")) {
        d->deactivated = by;
        first(&d->first_deactivated, &by);
    }
}

/* HCR_EL2 and SCR_EL3 are the engine's own; it tells of every change, of reset and entry, too. */
static void note_routing(struct machine *m, unsigned vcpu, struct writer *slot, const char *reg,
                         uint64_t value)
{
    if (slot->value == value)
        return;
    *slot = (struct writer){
        .known = true,
        .changed = true,
        .vcpu = vcpu,
        .pc = vcpu_get_pc(m->engine, vcpu),
        .instructions = machine_instructions(m),
        .now_ns = machine_now_ns(m),
        .value = value,
    };
    snprintf(slot->reg, sizeof(slot->reg), "%s", reg);
}

void history_pe_changed(struct machine *m, unsigned vcpu, const struct cpu_pe_state *pe)
{
    struct vcpu_history *v = &m->history->vcpus[vcpu];

    if (m->vcpus[vcpu].state == VCPU_OFF) { /* how it is reset, or entered */
        v->hcr = (struct writer){.value = pe->hcr_el2};
        v->scr = (struct writer){.value = pe->scr_el3};
        return;
    }
    note_routing(m, vcpu, &v->hcr, "HCR_EL2", pe->hcr_el2);
    note_routing(m, vcpu, &v->scr, "SCR_EL3", pe->scr_el3);
}

/* -- Life -------------------------------------------------------------------------------------- */

static int allocate(struct machine *m, struct history *h)
{
    h->vcpus = calloc(m->config.n_vcpus, sizeof(*h->vcpus));
    h->real = malloc(h->n_sysregs * sizeof(*h->real));
    if (!h->vcpus || !h->real)
        return -ENOMEM;
    for (unsigned i = 0; i < m->config.n_vcpus; i++) {
        h->vcpus[i].sysregs = calloc(h->n_sysregs * N_BANKS, sizeof(struct writer));
        if (!h->vcpus[i].sysregs)
            return -ENOMEM;
    }
    return 0;
}

static void release(struct machine *m, struct history *h)
{
    for (unsigned i = 0; h->vcpus && i < m->config.n_vcpus; i++) {
        free(h->vcpus[i].irqs);
        free(h->vcpus[i].virtuals);
        free(h->vcpus[i].sysregs);
    }
    for (unsigned i = 0; i < HISTORY_SHARED_CHUNKS; i++)
        free(h->shared[i]);
    free(h->vcpus);
    free(h->real);
    free(h);
}

int history_start(struct machine *m, struct error *err)
{
    struct history *h;
    size_t n_gic, n_timer;

    if (m->history)
        return 0;
    gic_sysregs(&n_gic);
    timer_sysregs(&n_timer);
    h = calloc(1, sizeof(*h));
    if (h)
        h->n_sysregs = (unsigned)(n_gic + n_timer);
    if (!h || allocate(m, h)) {
        if (h)
            release(m, h);
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory for the history");
    }
    m->history = h;
    history_watch(m);
    return 0;
}

void history_reset_vcpu(struct machine *m, unsigned vcpu)
{
    struct vcpu_history *v;

    if (!m->history)
        return;
    v = &m->history->vcpus[vcpu];
    memset(v->sysregs, 0, m->history->n_sysregs * N_BANKS * sizeof(*v->sysregs));
    memset(v->timers, 0, sizeof(v->timers));
    v->running = v->spurious = v->exception = v->hcr = v->scr = (struct writer){0};
    free(v->virtuals);
    v->virtuals = NULL;
}

void history_reset(struct machine *m)
{
    struct history *h = m->history;

    for (unsigned i = 0; h && i < m->config.n_vcpus; i++) {
        history_reset_vcpu(m, i);
        memset(h->vcpus[i].low, 0, sizeof(h->vcpus[i].low));
        free(h->vcpus[i].irqs);
        h->vcpus[i].irqs = NULL;
    }
    for (unsigned i = 0; h && i < HISTORY_SHARED_CHUNKS; i++) {
        free(h->shared[i]);
        h->shared[i] = NULL;
    }
    if (!h)
        return;
    memset(h->dist, 0, sizeof(h->dist));
    memset(&h->dist_ctlr_ns, 0, sizeof(h->dist_ctlr_ns));
    memset(h->its, 0, sizeof(h->its));
    memset(h->sgis, 0, sizeof(h->sgis));
}

void history_stop(struct machine *m)
{
    struct history *h = m->history;

    if (!h)
        return;
    history_unwatch(m);
    m->history = NULL;
    release(m, h);
}

/* -- Questions --------------------------------------------------------------------------------- */

bool history_irq(const struct machine *m, unsigned vcpu, uint32_t intid, enum aspect aspect,
                 struct writer *out)
{
    const struct irq_history *irq;

    memset(out, 0, sizeof(*out));
    if (!m->history)
        return false;
    irq = irq_find(m->history, vcpu, intid);
    if (irq)
        *out = irq->aspects[aspect];
    return true;
}

bool history_frame(const struct machine *m, enum history_frame frame, unsigned vcpu,
                   uint32_t offset, struct writer *out)
{
    memset(out, 0, sizeof(*out));
    if (!m->history || offset / 4 >= HISTORY_LOW_WORDS)
        return false;
    *out = history_low_words(m->history, frame, vcpu)[offset / 4];
    return true;
}

bool history_group_enable(const struct machine *m, bool non_secure, struct writer *out)
{
    const struct writer *ns;

    if (!history_frame(m, FRAME_GICD, 0, 0, out))
        return false;
    ns = &m->history->dist_ctlr_ns;
    if (non_secure && ns->known && (!out->known || ns->instructions > out->instructions))
        *out = *ns;
    return true;
}

bool history_sysreg(const struct machine *m, unsigned vcpu, const char *name,
                    enum history_bank bank, struct writer *out)
{
    const struct history *h = m->history;

    memset(out, 0, sizeof(*out));
    for (unsigned i = 0; h && i < h->n_sysregs; i++) {
        const struct writer *w = &h->vcpus[vcpu].sysregs[i * N_BANKS + bank];

        if (!strncmp(m->sysregs[i].name, name, strlen(name)) && w->known &&
            (!out->known || w->instructions > out->instructions))
            *out = *w;
    }
    return h != NULL;
}

bool history_timer(const struct machine *m, unsigned vcpu, enum timer_id timer, bool control,
                   struct writer *out)
{
    memset(out, 0, sizeof(*out));
    if (!m->history || timer >= TIMER_COUNT)
        return false;
    *out = m->history->vcpus[vcpu].timers[timer][control];
    return true;
}

bool history_running(const struct machine *m, unsigned vcpu, struct writer *out)
{
    memset(out, 0, sizeof(*out));
    if (m->history)
        *out = m->history->vcpus[vcpu].running;
    return m->history != NULL;
}

bool history_spurious(const struct machine *m, unsigned vcpu, struct writer *out)
{
    memset(out, 0, sizeof(*out));
    if (m->history)
        *out = m->history->vcpus[vcpu].spurious;
    return m->history != NULL;
}

bool history_exception(const struct machine *m, unsigned vcpu, struct writer *out)
{
    memset(out, 0, sizeof(*out));
    if (m->history)
        *out = m->history->vcpus[vcpu].exception;
    return m->history != NULL;
}

bool history_sgi(const struct machine *m, uint32_t intid, struct writer *out)
{
    memset(out, 0, sizeof(*out));
    if (!m->history || intid >= 16)
        return false;
    *out = m->history->sgis[intid];
    return true;
}

const struct delivery *history_delivery(const struct machine *m, unsigned vcpu, uint32_t intid)
{
    const struct irq_history *irq = m->history ? irq_find(m->history, vcpu, intid) : NULL;

    return irq ? &irq->delivery : NULL;
}

const struct delivery *history_virtual(const struct machine *m, unsigned vcpu, uint32_t vintid)
{
    const struct delivery *all = m->history ? m->history->vcpus[vcpu].virtuals : NULL;

    return all && vintid < HISTORY_VIRTUAL ? all + vintid : NULL;
}

bool history_routing(const struct machine *m, unsigned vcpu, unsigned el, struct writer *out)
{
    memset(out, 0, sizeof(*out));
    if (m->history)
        *out = el == 3 ? m->history->vcpus[vcpu].scr : m->history->vcpus[vcpu].hcr;
    return m->history != NULL;
}
