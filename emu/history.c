/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The accesses are seen by taking the place of the functions that answer them: the cpu_mmio of
 * each GIC frame, and the cpu_sysreg table. So nothing is added to a machine without history.
 */
#include "emu/history.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/machine.h"

enum {
    CHUNK = 32,           /* interrupts in one allocation */
    SHARED_CHUNKS = 2304, /* INTIDs below 73728: SPIs, and 65536 LPIs; others have no history */
    PRIVATE = 96,         /* SGIs and PPIs, extended PPIs */
    LOW_WORDS = 80,       /* the first registers of a frame, those that are not by interrupt */
    FIRST_EPPI = 1056,
    GICR_SGI_BASE = 0x10000,
    GICD_ROUTERS = 0x6000,
    GICD_ROUTERS_E = 0x8000,
};

struct irq_history {
    struct writer aspects[N_ASPECTS];
    struct delivery delivery;
};

struct vcpu_history {
    struct irq_history *irqs; /* [PRIVATE], when first used */
    struct writer low[LOW_WORDS];
    struct writer timers[TIMER_COUNT][2]; /* CVAL or TVAL; CTL */
    struct writer running;
    struct writer *sysregs; /* [n_sysregs * N_BANKS] */
};

/* A frame's own functions, which the history's call. */
struct noted_window {
    struct machine *machine;
    struct cpu_mmio *window, real;
    enum history_frame frame;
    unsigned first_vcpu;
};

struct history {
    struct noted_window windows[4]; /* GICD, GITS, both regions of GICR */
    unsigned n_windows;
    struct cpu_sysreg *real; /* as m->sysregs were */
    unsigned n_sysregs;
    struct vcpu_history *vcpus;
    struct irq_history *shared[SHARED_CHUNKS];
    struct writer dist[LOW_WORDS], its[LOW_WORDS];
    struct writer sgis[16];
    bool accessing;       /* an instruction's access is under way: `access` */
    struct writer access; /* who, and what */
};

/* -- Writers ----------------------------------------------------------------------------------- */

static void begin(struct machine *m, unsigned vcpu, const char *reg, uint64_t value)
{
    struct history *h = m->history;

    h->access = (struct writer){
        .known = true,
        .vcpu = vcpu,
        .pc = vcpu_get_pc(m->engine, vcpu),
        .instructions = machine_instructions(m),
        .now_ns = machine_now_ns(m),
        .value = value,
    };
    snprintf(h->access.reg, sizeof(h->access.reg), "%s", reg);
    h->accessing = true;
}

static void end(struct machine *m)
{
    m->history->accessing = false;
}

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

/* A write that changes nothing does not hide one that did. */
static void note(struct writer *slot, const struct writer *by, bool changed)
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
    return intid >= FIRST_EPPI && intid < FIRST_EPPI + PRIVATE - 32 ? (int)(32 + intid - FIRST_EPPI)
                                                                    : -1;
}

static struct irq_history **holder(struct history *h, unsigned vcpu, uint32_t intid, unsigned *at)
{
    int private = private_index(intid);

    if (private >= 0) {
        *at = (unsigned)private;
        return &h->vcpus[vcpu].irqs;
    }
    *at = intid % CHUNK;
    return intid / CHUNK < SHARED_CHUNKS ? &h->shared[intid / CHUNK] : NULL;
}

/* Without memory an interrupt has no history. */
static struct irq_history *irq_make(struct history *h, unsigned vcpu, uint32_t intid)
{
    unsigned at;
    struct irq_history **chunk = holder(h, vcpu, intid, &at);

    if (chunk && !*chunk)
        *chunk = calloc(private_index(intid) >= 0 ? PRIVATE : CHUNK, sizeof(**chunk));
    return chunk && *chunk ? *chunk + at : NULL;
}

static const struct irq_history *irq_find(struct history *h, unsigned vcpu, uint32_t intid)
{
    unsigned at;
    struct irq_history **chunk = holder(h, vcpu, intid, &at);

    return chunk && *chunk ? *chunk + at : NULL;
}

static uint64_t aspect_value(const struct gic_irq_state *s, enum aspect aspect)
{
    switch (aspect) {
    case ASPECT_ENABLE:
        return s->enabled;
    case ASPECT_GROUP:
        return s->group;
    case ASPECT_PENDING:
        return s->pending;
    case ASPECT_ACTIVE:
        return s->active;
    case ASPECT_PRIORITY:
        return s->priority;
    case ASPECT_CONFIG:
        return s->edge;
    default:
        return s->irouter;
    }
}

/* Where a frame holds what, and how many bits each interrupt has there. */
struct bank {
    const char *name;
    uint16_t offset, extended; /* of INTID 0; of the first extended SPI */
    uint8_t bits;
    bool ones; /* zeros of a write do nothing */
    enum aspect aspect;
};

static const struct bank banks[] = {
    {"IGROUPR", 0x80, 0x1000, 1, false, ASPECT_GROUP},
    {"ISENABLER", 0x100, 0x1200, 1, true, ASPECT_ENABLE},
    {"ICENABLER", 0x180, 0x1400, 1, true, ASPECT_ENABLE},
    {"ISPENDR", 0x200, 0x1600, 1, true, ASPECT_PENDING},
    {"ICPENDR", 0x280, 0x1800, 1, true, ASPECT_PENDING},
    {"ISACTIVER", 0x300, 0x1a00, 1, true, ASPECT_ACTIVE},
    {"ICACTIVER", 0x380, 0x1c00, 1, true, ASPECT_ACTIVE},
    {"IPRIORITYR", 0x400, 0x2000, 8, false, ASPECT_PRIORITY},
    {"ICFGR", 0xc00, 0x3000, 2, false, ASPECT_CONFIG},
    {"IGRPMODR", 0xd00, 0x3400, 1, false, ASPECT_GROUP},
    {"IROUTER", GICD_ROUTERS, GICD_ROUTERS_E, 64, false, ASPECT_ROUTE},
};

/* A write to a bank: which interrupts it reaches. */
struct reach {
    const struct bank *bank;
    uint32_t first; /* index in the bank */
    unsigned count;
    bool extended;
};

static bool reach_of(bool gicr, uint64_t offset, unsigned size_bytes, struct reach *r)
{
    for (size_t i = 0; i < sizeof(banks) / sizeof(banks[0]); i++) {
        const struct bank *b = &banks[i];
        uint32_t bytes = (gicr ? PRIVATE : 1024) * b->bits / 8;
        uint64_t within = offset - b->offset;

        if (gicr && b->aspect == ASPECT_ROUTE)
            continue;
        r->extended = !gicr && offset >= b->extended && offset - b->extended < bytes;
        if (r->extended)
            within = offset - b->extended;
        if (within >= bytes)
            continue;
        r->bank = b;
        r->first = (uint32_t)(within * 8 / b->bits);
        r->count = size_bytes * 8 >= b->bits ? size_bytes * 8 / b->bits : 1;
        return true;
    }
    return false;
}

static uint32_t reach_intid(const struct reach *r, bool gicr, unsigned i)
{
    uint32_t index = r->first + i;

    if (gicr)
        return index < 32 ? index : FIRST_EPPI + index - 32;
    return r->extended ? 4096 + index : index;
}

/* -- Memory-mapped accesses -------------------------------------------------------------------- */

/* An access to a bank: the interrupts as they were before. */
struct before {
    struct reach reach;
    struct gic_irq_state states[64];
};

static unsigned reach_count(const struct reach *r)
{
    return r->count < 64 ? r->count : 64;
}

static void look_before(const struct noted_window *w, unsigned vcpu, struct before *b)
{
    bool gicr = w->frame == FRAME_GICR;

    for (unsigned i = 0; i < reach_count(&b->reach); i++)
        gic_irq_peek(w->machine->gic, vcpu, reach_intid(&b->reach, gicr, i), &b->states[i]);
}

static void note_bank(const struct noted_window *w, unsigned vcpu, uint64_t value,
                      const struct before *b)
{
    struct history *h = w->machine->history;
    enum aspect aspect = b->reach.bank->aspect;
    bool gicr = w->frame == FRAME_GICR;

    for (unsigned i = 0; i < reach_count(&b->reach); i++) {
        uint32_t intid = reach_intid(&b->reach, gicr, i);
        struct irq_history *irq;
        struct gic_irq_state now;

        if (!b->states[i].exists || (!gicr && !b->states[i].shared) ||
            (b->reach.bank->ones && !((value >> i) & 1)))
            continue;
        gic_irq_peek(w->machine->gic, vcpu, intid, &now);
        irq = irq_make(h, vcpu, intid);
        if (irq)
            note(&irq->aspects[aspect], &h->access,
                 aspect_value(&now, aspect) != aspect_value(&b->states[i], aspect));
    }
}

static struct writer *low_words(struct history *h, enum history_frame frame, unsigned vcpu)
{
    return frame == FRAME_GICD ? h->dist : frame == FRAME_GITS ? h->its : h->vcpus[vcpu].low;
}

/* The registers that are not by interrupt; nothing for what has no name here. */
struct low_name {
    enum history_frame frame;
    uint32_t offset;
    const char *name;
};

static const struct low_name low_names[] = {
    {FRAME_GICD, 0x0, "GICD_CTLR"},        {FRAME_GICD, 0x40, "GICD_SETSPI_NSR"},
    {FRAME_GICD, 0x48, "GICD_CLRSPI_NSR"}, {FRAME_GICD, 0x50, "GICD_SETSPI_SR"},
    {FRAME_GICD, 0x58, "GICD_CLRSPI_SR"},  {FRAME_GICR, 0x0, "GICR_CTLR"},
    {FRAME_GICR, 0x14, "GICR_WAKER"},      {FRAME_GICR, 0x40, "GICR_SETLPIR"},
    {FRAME_GICR, 0x48, "GICR_CLRLPIR"},    {FRAME_GICR, 0x70, "GICR_PROPBASER"},
    {FRAME_GICR, 0x78, "GICR_PENDBASER"},  {FRAME_GICR, 0xa0, "GICR_INVLPIR"},
    {FRAME_GICR, 0xb0, "GICR_INVALLR"},    {FRAME_GITS, 0x0, "GITS_CTLR"},
    {FRAME_GITS, 0x80, "GITS_CBASER"},     {FRAME_GITS, 0x88, "GITS_CWRITER"},
    {FRAME_GITS, 0x100, "GITS_BASER0"},    {FRAME_GITS, 0x108, "GITS_BASER1"},
};

static void describe(const struct noted_window *w, uint64_t offset, const struct before *b,
                     char *reg, size_t room)
{
    static const char *const frames[] = {"GICD", "GICR", "GITS"};

    if (b->reach.bank) {
        snprintf(reg, room, "%s_%s", frames[w->frame], b->reach.bank->name);
        return;
    }
    for (size_t i = 0; i < sizeof(low_names) / sizeof(low_names[0]); i++) {
        if (low_names[i].frame == w->frame && low_names[i].offset == (offset & ~(uint64_t)3)) {
            snprintf(reg, room, "%s", low_names[i].name);
            return;
        }
    }
    snprintf(reg, room, "%s+0x%llx", frames[w->frame], (unsigned long long)offset);
}

static int noted_write(void *opaque, unsigned vcpu, bool secure, uint64_t offset,
                       unsigned size_bytes, uint64_t value)
{
    struct noted_window *w = opaque;
    unsigned owner = vcpu;
    uint64_t at = offset;
    struct before b = {.reach.bank = NULL};
    char reg[32];
    int rc;

    if (w->frame == FRAME_GICR) {
        owner = w->first_vcpu + (unsigned)(offset / GIC_REDIST_BYTES);
        at = offset % GIC_REDIST_BYTES;
    }
    if (w->frame == FRAME_GICD)
        reach_of(false, at, size_bytes, &b.reach);
    else if (w->frame == FRAME_GICR && at >= GICR_SGI_BASE)
        reach_of(true, at - GICR_SGI_BASE, size_bytes, &b.reach);
    if (b.reach.bank)
        look_before(w, owner, &b);
    describe(w, at, &b, reg, sizeof(reg));
    begin(w->machine, vcpu, reg, value);
    rc = w->real.write(w->real.opaque, vcpu, secure, offset, size_bytes, value);
    if (b.reach.bank)
        note_bank(w, owner, value, &b);
    else if (at / 4 < LOW_WORDS)
        low_words(w->machine->history, w->frame, owner)[at / 4] = w->machine->history->access;
    end(w->machine);
    return rc;
}

static int noted_read(void *opaque, unsigned vcpu, bool secure, uint64_t offset,
                      unsigned size_bytes, uint64_t *value)
{
    struct noted_window *w = opaque;

    return w->real.read(w->real.opaque, vcpu, secure, offset, size_bytes, value);
}

static void watch_window(struct machine *m, struct cpu_mmio *window, enum history_frame frame,
                         unsigned first_vcpu)
{
    struct noted_window *w = &m->history->windows[m->history->n_windows++];

    *w = (struct noted_window){
        .machine = m, .window = window, .real = *window, .frame = frame, .first_vcpu = first_vcpu};
    *window = (struct cpu_mmio){.opaque = w, .read = noted_read, .write = noted_write};
}

/* -- System registers -------------------------------------------------------------------------- */

static const struct cpu_sysreg *real_of(const struct cpu_sysreg *reg, size_t *index)
{
    struct machine *m = reg->opaque;

    *index = (size_t)(reg - m->sysregs);
    return &m->history->real[*index];
}

static enum history_bank bank_of(const struct cpu_sysreg *reg, const struct cpu_pe_state *pe)
{
    const struct machine *m = reg->opaque;
    const uint64_t scr_ns = 1;

    /* One struct by two names: emu/wires.c. */
    if (gic_sysreg_is_virtual(reg->reg, (const struct gic_pe_state *)pe))
        return BANK_VIRTUAL;
    if (!m->config.has_el3)
        return BANK_NS;
    return pe->el == 3 ? (pe->scr_el3 & scr_ns ? BANK_NS : BANK_S)
                       : (pe->secure ? BANK_S : BANK_NS);
}

static void gic_sysreg_noted(const struct cpu_sysreg *reg, unsigned vcpu,
                             const struct cpu_pe_state *pe, uint64_t value)
{
    struct machine *m = reg->opaque;
    size_t i;
    const struct cpu_sysreg *real = real_of(reg, &i);

    begin(m, vcpu, reg->name, value);
    m->history->vcpus[vcpu].sysregs[i * N_BANKS + bank_of(reg, pe)] = m->history->access;
    real->write(reg, vcpu, pe, value);
    end(m);
}

/* A read of ICC_IAR<n> changes much; what it returns is known only afterwards. */
static uint64_t gic_sysreg_read_noted(const struct cpu_sysreg *reg, unsigned vcpu,
                                      const struct cpu_pe_state *pe)
{
    struct machine *m = reg->opaque;
    size_t i;
    const struct cpu_sysreg *real = real_of(reg, &i);
    uint64_t value;

    begin(m, vcpu, reg->name, 0);
    value = real->read(reg, vcpu, pe);
    end(m);
    return value;
}

static void timer_sysreg_noted(const struct cpu_sysreg *reg, unsigned vcpu,
                               const struct cpu_pe_state *pe, uint64_t value)
{
    struct machine *m = reg->opaque;
    enum timer_id timer =
        timer_sysreg_timer(m->timers, reg->reg, (const struct timer_pe_state *)pe);
    size_t i;
    const struct cpu_sysreg *real = real_of(reg, &i);

    begin(m, vcpu, reg->name, value);
    if (timer != TIMER_COUNT) {
        bool control = strstr(reg->name, "_CTL_") != NULL;

        m->history->vcpus[vcpu].timers[timer][control] = m->history->access;
    }
    real->write(reg, vcpu, pe, value);
    end(m);
}

static void watch_sysregs(struct machine *m)
{
    size_t n_gic;

    gic_sysregs(&n_gic);
    for (unsigned i = 0; i < m->history->n_sysregs; i++) {
        struct cpu_sysreg *reg = &m->sysregs[i];

        if (reg->writable)
            reg->write = i < n_gic ? gic_sysreg_noted : timer_sysreg_noted;
        if (strstr(reg->name, "IAR"))
            reg->read = gic_sysreg_read_noted;
    }
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
    note(&irq->aspects[ASPECT_ACTIVE], &by, true);
    note(&irq->aspects[ASPECT_PENDING], &by, true);
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
    note(&irq->aspects[ASPECT_ACTIVE], &by, true);
}

void history_gic_event(struct machine *m, enum gic_event event, unsigned vcpu, uint32_t intid,
                       uint64_t detail)
{
    struct writer by = author(m, vcpu);
    struct irq_history *irq;

    (void)detail;
    if (event > GIC_EVENT_SGI_SENT || event == GIC_EVENT_SPURIOUS)
        return;
    if (event == GIC_EVENT_SGI_SENT) {
        if (intid < 16)
            m->history->sgis[intid] = by;
        return;
    }
    irq = irq_make(m->history, vcpu, intid);
    if (!irq)
        return;
    if (event == GIC_EVENT_PENDED || event == GIC_EVENT_UNPENDED)
        note(&irq->aspects[ASPECT_PENDING], &by, true);
    if (event == GIC_EVENT_PENDED)
        first(&irq->delivery.first_pended, &by);
    else if (event == GIC_EVENT_ACKNOWLEDGED)
        note_acknowledge(m, vcpu, irq, intid);
    else if (event != GIC_EVENT_UNPENDED)
        note_end(m, vcpu, irq, event == GIC_EVENT_PRIORITY_DROP);
}

/* -- Life -------------------------------------------------------------------------------------- */

static int allocate(struct machine *m, struct history *h)
{
    h->vcpus = calloc(m->config.n_vcpus, sizeof(*h->vcpus));
    h->real = malloc(h->n_sysregs * sizeof(*h->real));
    if (!h->vcpus || !h->real)
        return -ENOMEM;
    memcpy(h->real, m->sysregs, h->n_sysregs * sizeof(*h->real));
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
        free(h->vcpus[i].sysregs);
    }
    for (unsigned i = 0; i < SHARED_CHUNKS; i++)
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
    watch_window(m, &m->gicd_window, FRAME_GICD, 0);
    if (m->its)
        watch_window(m, &m->its_window, FRAME_GITS, 0);
    for (unsigned i = 0; i < 2; i++) {
        if (m->gicr[i].machine)
            watch_window(m, &m->gicr[i].mmio, FRAME_GICR, m->gicr[i].first_vcpu);
    }
    watch_sysregs(m);
    return 0;
}

void history_stop(struct machine *m)
{
    struct history *h = m->history;

    if (!h)
        return;
    for (unsigned i = 0; i < h->n_windows; i++)
        *h->windows[i].window = h->windows[i].real;
    memcpy(m->sysregs, h->real, h->n_sysregs * sizeof(*h->real));
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
    if (!m->history || offset / 4 >= LOW_WORDS)
        return false;
    *out = low_words(m->history, frame, vcpu)[offset / 4];
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
