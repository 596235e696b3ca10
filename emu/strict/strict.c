/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What came before an access: interrupts that are acknowledged and not ended, disables with no look
 * at RWP, register writes with no ISB, SGIs with no DSB.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/ordering.h"
#include "emu/load/lines.h"
#include "emu/strict/internal.h"

enum {
    OFFSET_CTLR = 0,
    OFFSET_ISENABLER = 0x100,
    OFFSET_ICENABLER = 0x180,
    OFFSET_ICFGR = 0xc00,
    OFFSET_IROUTER = 0x6000,
    OFFSET_SGI_BASE = 0x10000,
    OFFSET_PROPBASER = 0x70, /* in RD_base */
    OFFSET_PENDBASER = 0x78,
    CTLR_ENABLE_LPIS = 1,
    PPI_MAINTENANCE = 25,
    SPECIAL_FIRST = 1020,
    SPECIAL_LAST = 1023,
    FIRST_LPI = 8192
};

static void tell(struct machine *m, const struct strict_access *a, enum gic_doubt_kind kind,
                 uint32_t intid)
{
    const struct gic_doubt d = {.kind = kind, .intid = intid, .section = a->section};

    strict_tell(m, a, &d);
}

/* gic/strict.h has a doubt about the access that it was asked about. */
void strict_on_doubt(void *opaque, const struct gic_doubt *d)
{
    struct machine *m = opaque;
    struct strict_access a = *m->strict->judged;

    a.section = d->section;
    strict_tell(m, &a, d);
}

/* -- Frames -- */

static void name_register(const struct gic_frame_access *access, struct strict_access *a)
{
    if (gic_register_name(access->frame, (uint32_t)access->offset, a->reg, sizeof(a->reg)))
        return;
    snprintf(a->reg, sizeof(a->reg), "%s+0x%llx", access->frame == GIC_FRAME_DIST ? "GICD" : "GICR",
             (unsigned long long)access->offset);
}

/* The word of disabled interrupts that this register is for; NULL: it has none. */
static uint32_t *disabled_at(struct strict *s, const struct gic_frame_access *access, uint64_t base,
                             unsigned bits)
{
    bool dist = access->frame == GIC_FRAME_DIST;
    uint64_t at = access->offset - base - (dist ? 0 : OFFSET_SGI_BASE);
    uint64_t word = at * 8 / bits / 32;

    if (at >= (uint64_t)STRICT_SPIS * bits / 8)
        return NULL;
    if (dist)
        return &s->disabled[word];
    return word == 0 ? &s->vcpus[access->frame_vcpu].disabled : NULL;
}

static uint32_t intid_of(const struct gic_frame_access *access, uint64_t base, unsigned bits)
{
    bool dist = access->frame == GIC_FRAME_DIST;

    return (uint32_t)((access->offset - base - (dist ? 0 : OFFSET_SGI_BASE)) * 8 / bits);
}

/* Those of the value's bits that are enabled interrupts. */
static uint32_t enabled_of(const struct machine *m, const struct gic_frame_access *access,
                           uint32_t first)
{
    uint32_t enabled = 0;

    for (uint32_t left = (uint32_t)access->value; left; left &= left - 1) {
        struct gic_irq_state state;
        unsigned bit = (unsigned)__builtin_ctz(left);

        gic_irq_peek(m->gic, access->frame_vcpu, first + bit, &state);
        if (state.exists && state.enabled)
            enabled |= 1u << bit;
    }
    return enabled;
}

static void note_disables(struct machine *m, const struct gic_frame_access *access)
{
    uint32_t *off = disabled_at(m->strict, access, OFFSET_ICENABLER, 1);
    uint32_t *on = disabled_at(m->strict, access, OFFSET_ISENABLER, 1);

    if (off && access->offset % 4 == 0)
        *off |= enabled_of(m, access, intid_of(access, OFFSET_ICENABLER, 1));
    else if (on)
        *on &= ~(uint32_t)access->value;
}

/* A register of the interrupt @intid is written that wants it to be disabled. */
static void check_disabled(struct machine *m, const struct strict_access *a, const uint32_t *word,
                           uint32_t first, unsigned n)
{
    for (uint32_t intid = first; word && intid < first + n; intid++) {
        if (!(*word >> intid % 32 & 1))
            continue;
        tell(m, a, GIC_DOUBT_RWP, intid);
        return;
    }
}

static void check_timer_edge(struct machine *m, const struct strict_access *a, uint32_t first)
{
    for (unsigned i = 0; i < 16; i++) {
        uint32_t intid = first + i;
        bool timer = intid == PPI_MAINTENANCE || wires_timer_of(intid) != TIMER_COUNT;

        if (timer && a->value >> (i * 2 + 1) & 1)
            tell(m, a, GIC_DOUBT_TIMER_EDGE, intid);
    }
}

/* SPIs: GICD_IROUTER<n> is written, or GICD_ISENABLER<n>. */
static void judge_routed(struct machine *m, const struct gic_frame_access *access,
                         const struct strict_access *a)
{
    uint64_t router = (access->offset - OFFSET_IROUTER) / 8;
    uint64_t word = (access->offset - OFFSET_ISENABLER) / 4;
    uint32_t *routed = m->strict->routed;

    if (router < STRICT_SPIS)
        routed[router / 32] |= 1u << router % 32;
    if (word == 0 || word >= STRICT_SPIS / 32)
        return;
    for (uint32_t left = (uint32_t)access->value & ~routed[word]; left; left &= left - 1) {
        struct gic_irq_state state;
        uint32_t intid = (uint32_t)word * 32 + (uint32_t)__builtin_ctz(left);

        gic_irq_peek(m->gic, 0, intid, &state);
        if (!state.exists || state.enabled)
            continue;
        tell(m, a, GIC_DOUBT_UNROUTED, intid);
        return;
    }
}

/* GICD_CTLR[2:0]; without EL3 there is one view. Bit 0: Group 0; bit 1: Group 1. */
static unsigned groups_of(const struct machine *m, const struct gic_frame_access *access)
{
    if (m->config.has_el3 && !access->secure)
        return access->value & 3 ? 2 : 0;
    return (access->value & 1) | (access->value & 6 ? 2 : 0);
}

/* Groups and LPIs that are turned off are off when RWP says so: not to be turned on before. */
static void judge_ctlr(struct machine *m, const struct gic_frame_access *access,
                       const struct strict_access *a)
{
    struct strict *s = m->strict;
    struct strict_vcpu *v = &s->vcpus[access->frame_vcpu];

    if (access->frame == GIC_FRAME_DIST) {
        unsigned groups = groups_of(m, access);

        if (groups & s->groups_off)
            tell(m, a, GIC_DOUBT_RWP, GIC_DOUBT_NO_INTID);
        s->groups_off = (s->groups_off | s->groups) & ~groups;
        s->groups = groups;
    } else {
        bool on = access->value & CTLR_ENABLE_LPIS;

        if (on && v->lpis_off)
            tell(m, a, GIC_DOUBT_RWP, GIC_DOUBT_NO_INTID);
        v->lpis_off = !on && (v->lpis_off || v->lpis_on);
        v->lpis_on = on;
    }
}

/* IHI 0069, GICR_CTLR.EnableLPIs: RWP first, then other tables. */
static void judge_lpi_tables(struct machine *m, const struct gic_frame_access *access,
                             const struct strict_access *a)
{
    bool tables = access->offset == OFFSET_PROPBASER || access->offset == OFFSET_PENDBASER;

    if (tables && m->strict->vcpus[access->frame_vcpu].lpis_off)
        tell(m, a, GIC_DOUBT_RWP, GIC_DOUBT_NO_INTID);
}

static void judge_frame_write(struct machine *m, const struct gic_frame_access *access,
                              const struct strict_access *a)
{
    struct strict *s = m->strict;
    bool dist = access->frame == GIC_FRAME_DIST;

    note_disables(m, access);
    if (access->offset == OFFSET_CTLR)
        judge_ctlr(m, access, a);
    if (!dist)
        judge_lpi_tables(m, access, a);
    if (dist && !m->config.gic.legacy)
        judge_routed(m, access, a);
    check_disabled(m, a, disabled_at(s, access, OFFSET_ICFGR, 2), intid_of(access, OFFSET_ICFGR, 2),
                   16);
    if (dist)
        check_disabled(m, a, disabled_at(s, access, OFFSET_IROUTER, 64),
                       intid_of(access, OFFSET_IROUTER, 64), 1);
    if (access->frame == GIC_FRAME_REDIST && access->offset == OFFSET_SGI_BASE + OFFSET_ICFGR + 4)
        check_timer_edge(m, a, 16);
}

static void look_at_rwp(struct strict *s, const struct gic_frame_access *access)
{
    if (access->offset != OFFSET_CTLR)
        return;
    if (access->frame == GIC_FRAME_DIST) {
        memset(s->disabled, 0, sizeof(s->disabled));
        s->groups_off = 0;
    } else {
        s->vcpus[access->frame_vcpu].disabled = 0;
        s->vcpus[access->frame_vcpu].lpis_off = false;
    }
}

void strict_frame(struct machine *m, const struct gic_frame_access *access)
{
    struct strict_access a = {
        .vcpu = access->vcpu, .is_write = access->is_write, .value = access->value};

    if (access->frame_vcpu >= m->config.n_vcpus)
        return;
    name_register(access, &a);
    m->strict->judged = &a;
    gic_doubt_frame(m->gic, access, strict_on_doubt, m);
    if (access->is_write)
        judge_frame_write(m, access, &a);
    else
        look_at_rwp(m->strict, access);
}

/* -- System registers -- */

static bool begins(const char *name, const char *with)
{
    return !strncmp(name, with, strlen(with));
}

/* What is unsynchronized, and matters for an access to @name. */
static bool needs_isb(const struct strict_vcpu *v, const char *name, bool is_write)
{
    bool ends = begins(name, "ICC_EOIR") || begins(name, "ICC_DIR");
    bool looks = begins(name, "ICC_IAR") || begins(name, "ICC_HPPIR");

    return (v->unsynced & UNSYNCED_SRE && begins(name, "ICC_") && !begins(name, "ICC_SRE")) ||
           (v->unsynced & UNSYNCED_CTLR && ends) ||
           (v->unsynced & UNSYNCED_IGRPEN && looks && !is_write);
}

static void note_unsynced(struct machine *m, unsigned vcpu, const struct gic_sysreg *reg,
                          const struct gic_pe_state *pe, uint64_t value)
{
    struct strict_vcpu *v = &m->strict->vcpus[vcpu];
    uint32_t bit = begins(reg->name, "ICC_SRE")      ? UNSYNCED_SRE
                   : begins(reg->name, "ICC_CTLR")   ? UNSYNCED_CTLR
                   : begins(reg->name, "ICC_IGRPEN") ? UNSYNCED_IGRPEN
                                                     : 0;

    if (bit && (gic_sysreg_peek(m->gic, vcpu, reg, pe) ^ value) & 0xff)
        v->unsynced |= bit;
}

/* EOImode: the end of an interrupt that can come again is ICC_DIR_EL1's. */
static bool splits(const struct machine *m, unsigned vcpu, const struct gic_pe_state *pe)
{
    unsigned bank = pe->el == 3 ? 0 : m->config.has_el3 && pe->secure ? 1 : 2;

    return gic_published(m->gic, vcpu) >> (GIC_PUB_EOIMODE_SHIFT + bank) & 1;
}

/* The timer was quietened, and its wire is not down for sure before the next ISB. */
static void judge_deactivation(struct machine *m, const struct strict_access *a)
{
    uint32_t intid = (uint32_t)a->value & 0xffffff;

    if (intid < STRICT_PRIVATE && m->strict->vcpus[a->vcpu].timers_unsynced & 1u << intid)
        tell(m, a, GIC_DOUBT_ISB, intid);
}

/* An end is of the last that was acknowledged. Of what was before strict_start(), nothing is known.
 */
static void judge_end(struct machine *m, const struct strict_access *a, bool group0)
{
    struct strict_vcpu *v = &m->strict->vcpus[a->vcpu];
    uint32_t intid = (uint32_t)a->value & 0xffffff;
    unsigned running = gic_published(m->gic, a->vcpu) >> GIC_PUB_RUNNING_SHIFT & 0xff;

    if (intid >= SPECIAL_FIRST && intid <= SPECIAL_LAST)
        return;
    if (v->n_nested == 0) {
        if (running == 0xff)
            tell(m, a, GIC_DOUBT_EOI, intid);
        return;
    }
    if (v->nested[v->n_nested - 1].group0 != group0) { /* has no effect */
        tell(m, a, GIC_DOUBT_EOI_GROUP, intid);
        return;
    }
    if (v->nested[v->n_nested - 1].intid != intid) /* the priority is dropped all the same */
        tell(m, a, GIC_DOUBT_EOI, intid);
    v->n_nested--;
}

static void judge_sgi(struct machine *m, const struct strict_access *a)
{
    struct strict_vcpu *v = &m->strict->vcpus[a->vcpu];

    if (!v->stores_done)
        tell(m, a, GIC_DOUBT_DSB, (uint32_t)(a->value >> 24 & 15));
    v->sgi_sent = true;
}

void strict_gic_write(struct machine *m, unsigned vcpu, const struct gic_sysreg *reg,
                      const struct gic_pe_state *pe, uint64_t value)
{
    struct strict_vcpu *v = &m->strict->vcpus[vcpu];
    struct strict_access a = {
        .vcpu = vcpu, .is_write = true, .value = value, .section = reg->section};

    if (gic_sysreg_check(m->gic, vcpu, reg, pe, true) != GIC_ACCESS_OK)
        return;
    snprintf(a.reg, sizeof(a.reg), "%s", reg->name);
    m->strict->judged = &a;
    gic_doubt_sysreg(m->gic, vcpu, reg, pe, value, strict_on_doubt, m);
    if (gic_sysreg_is_virtual(reg, pe))
        return;
    if (needs_isb(v, reg->name, true))
        tell(m, &a, GIC_DOUBT_ISB, GIC_DOUBT_NO_INTID);
    note_unsynced(m, vcpu, reg, pe, value);
    if (begins(reg->name, splits(m, vcpu, pe) ? "ICC_DIR" : "ICC_EOIR"))
        judge_deactivation(m, &a);
    if (begins(reg->name, "ICC_EOIR"))
        judge_end(m, &a, reg->name[8] == '0');
    else if (strstr(reg->name, "SGI"))
        judge_sgi(m, &a);
    else if (begins(reg->name, "ICC_AP")) /* what was running is forgotten */
        v->n_nested = 0;
}

/* Whether the interrupt that is signalled is one of Group 0. */
static bool group0_waits(const struct machine *m, unsigned vcpu)
{
    return (gic_published(m->gic, vcpu) >> GIC_PUB_GROUP_SHIFT & 3) == GIC_G0;
}

static void acknowledged(struct machine *m, const struct strict_access *a, bool group0)
{
    struct strict *s = m->strict;
    struct strict_vcpu *v = &s->vcpus[a->vcpu];
    uint32_t intid = (uint32_t)a->value;
    const uint32_t *word = intid < STRICT_PRIVATE ? &v->disabled : &s->disabled[intid / 32 % 32];

    v->special_at = 0;
    if (intid >= SPECIAL_FIRST && intid <= SPECIAL_LAST) {
        v->special = *a;
        v->special.pc = vcpu_get_pc(m->engine, a->vcpu);
        if (v->in_fiq && !group0 && group0_waits(m, a->vcpu))
            tell(m, a, GIC_DOUBT_IAR_GROUP, GIC_DOUBT_NO_INTID);
        v->special_at = vcpu_instructions(m->engine, a->vcpu);
        return;
    }
    if (v->n_nested == STRICT_MAX_NESTED) /* they were ended in a way that is not seen here */
        v->n_nested = 0;
    v->nested[v->n_nested].intid = intid;
    v->nested[v->n_nested++].group0 = group0;
    if ((intid < STRICT_SPIS && *word >> intid % 32 & 1) || (s->groups_off & (group0 ? 1 : 2)) ||
        (intid >= FIRST_LPI && v->lpis_off))
        tell(m, a, GIC_DOUBT_RWP, intid);
}

void strict_gic_read(struct machine *m, unsigned vcpu, const struct gic_sysreg *reg,
                     const struct gic_pe_state *pe, uint64_t value)
{
    struct strict_access a = {.vcpu = vcpu, .value = value, .section = reg->section};

    if (gic_sysreg_is_virtual(reg, pe))
        return;
    snprintf(a.reg, sizeof(a.reg), "%s", reg->name);
    if (needs_isb(&m->strict->vcpus[vcpu], reg->name, false))
        tell(m, &a, GIC_DOUBT_ISB, GIC_DOUBT_NO_INTID);
    if (begins(reg->name, "ICC_IAR") || begins(reg->name, "ICC_NMIAR"))
        acknowledged(m, &a, reg->name[7] == '0');
}

void strict_timer_write(struct machine *m, unsigned vcpu, uint32_t intid)
{
    if (intid && intid < STRICT_PRIVATE)
        m->strict->vcpus[vcpu].timers_unsynced |= 1u << intid;
}

/* -- Barriers -- */

static void synchronized(struct strict_vcpu *v)
{
    v->unsynced = 0;
    v->timers_unsynced = 0;
}

static void on_barrier(void *opaque, unsigned vcpu, uint32_t insn)
{
    struct machine *m = opaque;
    struct strict_vcpu *v = &m->strict->vcpus[vcpu];
    struct barrier b = barrier_of(insn);

    if (b.kind == BARRIER_DSB && b.stores_before && b.domain != DOMAIN_NSH)
        v->stores_done = true;
    if (b.kind != BARRIER_ISB)
        return;
    synchronized(v);
    if (v->sgi_sent)
        v->stores_done = false;
    v->sgi_sent = false;
}

/* Taking an exception and returning from one synchronize the context (DDI 0487 D1). */
static void on_entered(void *opaque, unsigned vcpu, enum cpu_entry entry)
{
    struct machine *m = opaque;
    struct strict_vcpu *v = &m->strict->vcpus[vcpu];

    v->in_fiq = entry == CPU_ENTRY_FIQ;
    v->stores_done_outside = v->stores_done;
    synchronized(v);
}

/* A DSB counts for what comes behind a handler in between, whatever the handler sent. */
static void on_returned(void *opaque, unsigned vcpu)
{
    struct machine *m = opaque;
    struct strict_vcpu *v = &m->strict->vcpus[vcpu];

    v->in_fiq = false;
    v->special_at = 0;
    v->stores_done |= v->stores_done_outside;
    synchronized(v);
}

static void on_access(void *opaque, const struct cpu_observed *access)
{
    (void)opaque, (void)access; /* no page is watched */
}

/* An abort or an undefined instruction just behind a read that found no interrupt: the number that
 * is none led there. ESR_ELx.EC, DDI 0487. */
void strict_exception(struct machine *m, unsigned vcpu, int number, uint64_t syndrome)
{
    struct strict_vcpu *v = &m->strict->vcpus[vcpu];
    unsigned class = syndrome >> 26 & 0x3f;
    bool leads_astray = class == 0 || (class >= 0x20 && class <= 0x26 && class != 0x23);
    bool interrupt = number == 5 || number == 6 || number == 14 || number == 15;

    if (v->special_at && !interrupt && leads_astray &&
        vcpu_instructions(m->engine, vcpu) - v->special_at < STRICT_INDEX_LENGTH)
        tell(m, &v->special, GIC_DOUBT_SPECIAL, (uint32_t)v->special.value);
    v->special_at = 0;
}

/* -- Life -- */

void strict_end(struct machine *m)
{
    if (m->strict)
        strict_lpis_end(m);
}

void strict_reset_vcpu(struct machine *m, unsigned vcpu)
{
    if (m->strict)
        m->strict->vcpus[vcpu] = (struct strict_vcpu){0};
}

void strict_reset(struct machine *m)
{
    if (!m->strict)
        return;
    memset(m->strict->routed, 0, sizeof(m->strict->routed));
    memset(m->strict->disabled, 0, sizeof(m->strict->disabled));
    memset(m->strict->lpis, 0, STRICT_LPIS * sizeof(*m->strict->lpis));
    m->strict->groups = m->strict->groups_off = 0;
    for (unsigned i = 0; i < m->config.n_vcpus; i++)
        strict_reset_vcpu(m, i);
}

static bool allocate(struct strict *s, unsigned n_vcpus)
{
    s->vcpus = calloc(n_vcpus, sizeof(*s->vcpus));
    s->told = calloc(STRICT_MAX_TOLD, sizeof(*s->told));
    s->index = calloc(STRICT_SLOTS, sizeof(*s->index));
    s->lpis = calloc(STRICT_LPIS, sizeof(*s->lpis));
    return s->vcpus && s->told && s->index && s->lpis;
}

static int listen(struct machine *m)
{
    struct strict *s = m->strict;

    s->observer = (struct cpu_observer){.opaque = m,
                                        .access = on_access,
                                        .memory_barrier = on_barrier,
                                        .entered = on_entered,
                                        .returned = on_returned};
    return engine_watch_start(m->engine, NULL, NULL) || engine_observe(m->engine, &s->observer)
               ? -ENOMEM
               : 0;
}

int strict_start(struct machine *m, const struct strict_options *options, const char *image,
                 struct error *err)
{
    m->strict = calloc(1, sizeof(*m->strict));
    if (m->strict && allocate(m->strict, m->config.n_vcpus) && !listen(m)) {
        m->strict->options = *options;
        if (machine_instructions(m)) /* from a snapshot: who knows what was written */
            memset(m->strict->routed, 0xff, sizeof(m->strict->routed));
        m->strict->lines = image ? lines_open(image) : NULL;
        wires_watch(m);
        return 0;
    }
    strict_stop(m);
    return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory for --strict");
}

void strict_stop(struct machine *m)
{
    struct strict *s = m->strict;

    if (!s)
        return;
    engine_observe(m->engine, NULL);
    engine_watch_stop(m->engine);
    m->strict = NULL;
    lines_close(s->lines);
    free(s->vcpus);
    free(s->told);
    free(s->index);
    free(s->lpis);
    free(s);
}
