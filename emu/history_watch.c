/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The accesses are seen by taking the place of the functions that answer them: the cpu_mmio of
 * each window, and the cpu_sysreg table. So nothing is added to a machine without history.
 */
#include <stdio.h>
#include <string.h>

#include "emu/history_internal.h"

enum { GICD_CTLR_DS = 1 << 6 };
enum { GICR_SGI_BASE = 0x10000, GICD_ROUTERS = 0x6000, GICD_ROUTERS_E = 0x8000 };

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
        uint32_t bytes = (gicr ? HISTORY_PRIVATE : 1024) * b->bits / 8;
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
        return index < 32 ? index : HISTORY_FIRST_EPPI + index - 32;
    return r->extended ? 4096 + index : index;
}

/* -- Memory-mapped accesses -------------------------------------------------------------------- */

static uint64_t aspect_value(const struct gic_irq_state *s, enum aspect aspect)
{
    switch (aspect) {
    case ASPECT_ENABLE:
        return s->enabled && !s->disabling;
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

/* With two Security states, Non-secure writes pass by most of what is Secure: IHI 0069 4.6. */
static bool is_outside(const struct noted_window *w, bool secure)
{
    struct machine *m = w->machine;
    uint64_t ctlr = 0;

    if (secure || !m->config.has_el3)
        return false;
    gic_dist_read(m->gic, 0, true, 0, 4, &ctlr);
    return !(ctlr & GICD_CTLR_DS);
}

static void note_bank(const struct noted_window *w, unsigned vcpu, uint64_t value,
                      const struct before *b, bool outside)
{
    struct history *h = w->machine->history;
    enum aspect aspect = b->reach.bank->aspect;
    bool gicr = w->frame == FRAME_GICR;

    for (unsigned i = 0; i < reach_count(&b->reach); i++) {
        uint32_t intid = reach_intid(&b->reach, gicr, i);
        struct irq_history *irq;
        struct gic_irq_state now;
        bool changed;

        if (!b->states[i].exists || (!gicr && !b->states[i].shared) ||
            (b->reach.bank->ones && !((value >> i) & 1)))
            continue;
        gic_irq_peek(w->machine->gic, vcpu, intid, &now);
        changed = aspect_value(&now, aspect) != aspect_value(&b->states[i], aspect);
        if (outside && !changed && now.group != GIC_G1NS)
            continue;
        irq = history_irq_make(h, vcpu, intid);
        if (irq)
            history_note(&irq->aspects[aspect], &h->access, changed);
    }
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

static void describe_device(const struct window *w, uint64_t offset, char *reg, size_t room)
{
    uint64_t index = offset / w->stride;
    const struct slot *slot = index < 32 ? w->slots[index] : NULL;

    snprintf(reg, room, "%s+0x%llx", slot ? slot->dev->ops->name : "device",
             (unsigned long long)(offset % w->stride));
}

static void describe(const struct noted_window *w, uint64_t offset, const struct before *b,
                     char *reg, size_t room)
{
    static const char *const frames[] = {"GICD", "GICR", "GITS"};

    if (w->frame == N_FRAMES) {
        describe_device(w->real.opaque, offset, reg, room);
        return;
    }
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
        owner = w->first_vcpu + (unsigned)(offset / w->machine->board.gicr_bytes);
        at = offset % w->machine->board.gicr_bytes;
    }
    if (w->frame == FRAME_GICD)
        reach_of(false, at, size_bytes, &b.reach);
    else if (w->frame == FRAME_GICR && at >= GICR_SGI_BASE && at < GIC_REDIST_BYTES)
        reach_of(true, at - GICR_SGI_BASE, size_bytes, &b.reach);
    if (b.reach.bank)
        look_before(w, owner, &b);
    describe(w, at, &b, reg, sizeof(reg));
    begin(w->machine, vcpu, reg, value);
    rc = w->real.write(w->real.opaque, vcpu, secure, offset, size_bytes, value);
    if (b.reach.bank)
        note_bank(w, owner, value, &b, is_outside(w, secure));
    else if (w->frame == FRAME_GICD && at == 0 && is_outside(w, secure))
        w->machine->history->dist_ctlr_ns = w->machine->history->access;
    else if (w->frame != N_FRAMES && at / 4 < HISTORY_LOW_WORDS)
        history_low_words(w->machine->history, w->frame, owner)[at / 4] =
            w->machine->history->access;
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
    enum history_bank bank = bank_of(reg, pe);

    uint64_t before = reg->readable ? real->read(reg, vcpu, pe) : 0;

    begin(m, vcpu, reg->name, value);
    real->write(reg, vcpu, pe, value);
    history_note(&m->history->vcpus[vcpu].sysregs[i * N_BANKS + bank], &m->history->access,
                 !reg->readable || real->read(reg, vcpu, pe) != before);
    if (bank == BANK_VIRTUAL)
        history_note_virtual(m, vcpu, reg->name, value & 0xffffff);
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
    if (bank_of(reg, pe) == BANK_VIRTUAL)
        history_note_virtual(m, vcpu, reg->name, (uint32_t)value);
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
    memcpy(m->history->real, m->sysregs, m->history->n_sysregs * sizeof(*m->history->real));
    for (unsigned i = 0; i < m->history->n_sysregs; i++) {
        struct cpu_sysreg *reg = &m->sysregs[i];

        if (reg->writable)
            reg->write = i < n_gic ? gic_sysreg_noted : timer_sysreg_noted;
        if (strstr(reg->name, "IAR"))
            reg->read = gic_sysreg_read_noted;
        reg->try_read = NULL; /* they would go past these */
        reg->try_write = NULL;
    }
}

/* -- All of them ------------------------------------------------------------------------------- */

void history_watch(struct machine *m)
{
    m->history->n_windows = 0;
    watch_window(m, &m->gicd_window, FRAME_GICD, 0);
    if (m->its)
        watch_window(m, &m->its_window, FRAME_GITS, 0);
    if (m->board.has_gicc)
        watch_window(m, &m->gicc_window, N_FRAMES, 0);
    for (unsigned i = 0; i < 2; i++) {
        if (m->gicr[i].machine)
            watch_window(m, &m->gicr[i].mmio, FRAME_GICR, m->gicr[i].first_vcpu);
    }
    for (unsigned i = 0; i < m->n_windows; i++)
        watch_window(m, &m->windows[i].mmio, N_FRAMES, 0);
    watch_sysregs(m);
}

void history_unwatch(struct machine *m)
{
    struct history *h = m->history;

    for (unsigned i = 0; i < h->n_windows; i++)
        *h->windows[i].window = h->windows[i].real;
    memcpy(m->sysregs, h->real, h->n_sysregs * sizeof(*h->real));
}
