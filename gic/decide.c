/* SPDX-License-Identifier: MIT */
/*
 * Is this interrupt signalled to this vCPU?  (design.md, contract 1)
 *
 * The full answer is a walk through the gates of one table, in architectural order; gic_explain()
 * gives it. Delivery uses the same conditions in cached form: the first gates decide membership of
 * a pending set, the group gates a mask of groups, and the last three are evaluated on the highest
 * pending interrupt. With GIC_PARANOID every update asserts that both agree.
 */
#include <assert.h>
#include <string.h>

#include "gic/lpi.h"

/* What the gates are asked about. */
struct question {
    struct gic *g; /* not written */
    struct gic_vcpu *v;
    uint32_t intid;
    bool lpi;   /* an LPI that the vCPU's tables have room for; else... */
    bool found; /* ...an SGI, PPI or SPI that exists: `ref` */
    struct irq_ref ref;
    enum gic_group group;
    struct gic_hppi as; /* the interrupt as it would be if it were the highest */
};

/* -- The parts that both forms share -- */

/*
 * Bits of a priority that count for preemption (IHI 0069 4.8.2). BPR1(NS) counts one bit less than
 * BPR0 with the same value; ICC_CTLR.CBPR makes Group 1 use BPR0.
 */
uint8_t gic_group_priority_mask(const struct gic_vcpu *v, enum gic_group group)
{
    const struct gic_cpuif_state *c = &v->cpu;
    unsigned bpr = c->bpr[group];

    if (group == GIC_G1S && c->cbpr[GIC_BANK_S])
        bpr = c->bpr[GIC_G0];
    if (group == GIC_G1NS)
        bpr = c->cbpr[GIC_BANK_NS] ? c->bpr[GIC_G0] : bpr - 1u;
    return (uint8_t)(0xff << (bpr + 1));
}

/*
 * IHI 0069 4.8.6: priority strictly higher than the mask. A non-maskable interrupt passes any mask,
 * except that secure software's mask below 0x80 holds back the non-secure ones.
 */
static bool passes_mask(const struct gic_vcpu *v, const struct gic_hppi *h)
{
    if (!h->nmi)
        return h->priority < v->cpu.pmr;
    if (h->group != GIC_G1NS || gic_ds(v->gic))
        return true;
    return v->cpu.pmr > 0x80 || (v->cpu.pmr == 0x80 && !v->cpu.pe_secure);
}

/* IHI 0069 4.8.3: preemption looks at group priorities; equal ones do not preempt. */
static bool passes_running(const struct gic_vcpu *v, const struct gic_hppi *h)
{
    uint8_t mask = gic_group_priority_mask(v, h->group);

    if (v->running_priority == GIC_IDLE_PRIORITY)
        return true;
    if ((h->priority & mask) != (v->running_priority & mask))
        return (h->priority & mask) < (v->running_priority & mask);
    return h->nmi && !v->running_nmi;
}

bool gic_preempts(const struct gic_vcpu *v, const struct gic_hppi *h)
{
    return h->intid != GIC_INTID_SPURIOUS && passes_mask(v, h) && passes_running(v, h);
}

/*
 * IHI 0069 4.6.2. One security state: Group 0 is FIQ, Group 1 IRQ. Two: an interrupt for the
 * other security state than the PE's, and anything at EL3, is an FIQ.
 */
static enum gic_line line_for(const struct gic *g, enum gic_group group, unsigned el, bool secure)
{
    if (group == GIC_G0)
        return GIC_LINE_FIQ;
    if (gic_ds(g))
        return GIC_LINE_IRQ;
    if (el == 3)
        return GIC_LINE_FIQ;
    return (group == GIC_G1S) == secure ? GIC_LINE_IRQ : GIC_LINE_FIQ;
}

/* -- The cached form -- */

void gic_drive_line(struct gic_vcpu *v, enum gic_line line, bool level)
{
    struct gic *g = v->gic;

    if (((v->lines >> line) & 1) == level)
        return;
    v->lines ^= (uint8_t)(1u << line);
    if (g->config.set_line != NULL)
        g->config.set_line(g->config.opaque, v->index, line, level);
    gic_event(g, GIC_EVENT_LINE, v, GIC_INTID_SPURIOUS, (uint64_t)line << 1 | level);
}

bool gic_is_asleep(const struct gic_vcpu *v)
{
    return v->gic->config.waker_gates && (v->redist.waker & WAKER_PROCESSOR_SLEEP) != 0;
}

static unsigned dist_groups(const struct gic *g)
{
    uint32_t ctlr = g->dist.ctlr;

    return (ctlr & CTLR_ENABLE_G0 ? 1u << GIC_G0 : 0) |
           (ctlr & CTLR_ENABLE_G1S ? 1u << GIC_G1S : 0) |
           (ctlr & CTLR_ENABLE_G1NS ? 1u << GIC_G1NS : 0);
}

static unsigned cpu_groups(const struct gic_cpuif_state *c)
{
    return (unsigned)(c->igrpen[GIC_G0] << GIC_G0 | c->igrpen[GIC_G1S] << GIC_G1S |
                      c->igrpen[GIC_G1NS] << GIC_G1NS);
}

/* IHI 0069 11.1: while the processor sleeps, an interrupt that waits asks for power instead. */
static void update_wake(struct gic_vcpu *v)
{
    struct gic_hppi h = {.intid = GIC_INTID_SPURIOUS};

    if (gic_is_asleep(v))
        h = gic_pending_highest(v, dist_groups(v->gic));
    gic_drive_line(v, GIC_LINE_WAKE, h.intid != GIC_INTID_SPURIOUS);
}

void gic_vcpu_update(struct gic_vcpu *v)
{
    if (v->gic->rebuilding)
        return;
    v->hppi = gic_pending_highest(v, v->group_mask);
    bool up = gic_preempts(v, &v->hppi);
    enum gic_line line = line_for(v->gic, v->hppi.group, v->cpu.pe_el, v->cpu.pe_secure);

    gic_drive_line(v, GIC_LINE_IRQ, up && line == GIC_LINE_IRQ);
    gic_drive_line(v, GIC_LINE_FIQ, up && line == GIC_LINE_FIQ);
    if (v->gic->config.waker_gates)
        update_wake(v);
    gic_publish(v);
#ifdef GIC_PARANOID
    gic_check_cached(v);
#endif
}

static uint8_t enabled_groups(const struct gic_vcpu *v)
{
    return gic_is_asleep(v) ? 0 : (uint8_t)(dist_groups(v->gic) & cpu_groups(&v->cpu));
}

void gic_vcpu_update_enables(struct gic_vcpu *v)
{
    v->group_mask = enabled_groups(v);
    if (v->gic->config.has_one_of_n)
        gic_one_of_n_update(v);
    gic_vcpu_update(v);
}

void gic_vcpu_update_rebuilt(struct gic_vcpu *v)
{
    v->group_mask = enabled_groups(v);
    if (v->gic->config.has_one_of_n)
        gic_one_of_n_update(v);
    gic_vcpu_update_running(v);
}

/* The first set bit of a group's active priorities, or 128. */
static unsigned first_active(const uint32_t *apr)
{
    for (unsigned i = 0; i < 4; i++)
        if (apr[i] != 0)
            return i * 32 + (unsigned)__builtin_ctz(apr[i]);
    return 128;
}

/* IHI 0069 4.8.2: the running priority is the highest group priority that is active. */
void gic_recompute_running(struct gic_vcpu *v)
{
    unsigned best = 128;
    unsigned shift = 8u - v->gic->pre_bits;

    v->running_priority = GIC_IDLE_PRIORITY;
    v->running_group = GIC_N_GROUPS;
    v->running_nmi = false;
    for (unsigned group = 0; group < GIC_N_GROUPS; group++) {
        unsigned at = first_active(v->cpu.apr[group]);
        bool nmi = v->cpu.nmi_active[group] != 0;
        unsigned nmi_at = group == GIC_G1NS && !gic_ds(v->gic) ? 0x80u >> shift : 0;
        if (nmi && nmi_at <= at)
            at = nmi_at;
        else
            nmi = false;
        if (at < best || (at == best && at < 128 && nmi && !v->running_nmi)) {
            best = at;
            v->running_priority = (uint8_t)(at << shift);
            v->running_group = (uint8_t)group;
            v->running_nmi = nmi;
        }
    }
}

void gic_vcpu_update_running(struct gic_vcpu *v)
{
    gic_recompute_running(v);
    gic_vcpu_update(v);
}

void gic_update_all(struct gic *g)
{
    for (unsigned i = 0; i < g->config.n_vcpus; i++)
        gic_vcpu_update_enables(&g->vcpus[i]);
}

void gic_pe_changed(struct gic *g, unsigned vcpu, const struct gic_pe_state *pe)
{
    if (vcpu >= g->config.n_vcpus)
        return;
    struct gic_vcpu *v = &g->vcpus[vcpu];
    bool secure = pe->secure || pe->el == 3;
    if (v->cpu.pe_el == pe->el && v->cpu.pe_secure == secure)
        return;
    v->cpu.pe_el = pe->el;
    v->cpu.pe_secure = secure;
    if (!gic_ds(g))
        gic_vcpu_update(v);
}

bool gic_line_level(const struct gic *g, unsigned vcpu, enum gic_line line)
{
    return vcpu < g->config.n_vcpus && ((g->vcpus[vcpu].lines >> line) & 1);
}

#ifdef GIC_PARANOID
/* The slow walk: no sets, no caches but the gates themselves. */
static void consider(struct gic_vcpu *v, uint32_t intid, struct gic_hppi *best)
{
    struct gic_verdict verdict;
    struct gic_pe_state pe = {.el = v->cpu.pe_el, .secure = v->cpu.pe_secure};
    struct irq_ref r;
    bool lpi = intid >= GIC_INTID_LPI;

    if (!lpi && (!gic_find(v->gic, v, intid, &r) || !gic_bit(gic_word_pending(r.word), r.bit)))
        return;
    gic_explain(v->gic, v->index, intid, &pe, &verdict);
    if (verdict.first_failed < GIC_GATE_HIGHEST)
        return;
    bool nmi = !lpi && gic_bit(r.word->nmi, r.bit) && verdict.group != GIC_G0;
    unsigned level = gic_level(v->gic, verdict.priority, nmi);
    unsigned best_level = best->intid == GIC_INTID_SPURIOUS
                              ? GIC_MAX_LEVELS
                              : gic_level(v->gic, best->priority, best->nmi);
    if (level < best_level || (level == best_level && verdict.group < best->group))
        *best = (struct gic_hppi){intid, verdict.priority, (uint8_t)verdict.group, nmi};
}

void gic_check_cached(struct gic_vcpu *v)
{
    struct gic_hppi best = {.intid = GIC_INTID_SPURIOUS};
    struct gic_verdict verdict;
    struct gic_pe_state pe = {.el = v->cpu.pe_el, .secure = v->cpu.pe_secure};

    for (unsigned slot = 0; slot < 32; slot++)
        consider(v, slot, &best);
    for (unsigned slot = 32; slot < 1024; slot++)
        consider(v, slot, &best);
    for (unsigned slot = 32; slot < GIC_LOCAL_SLOTS; slot++)
        consider(v, gic_local_intid(slot), &best);
    for (unsigned slot = 1024; slot < GIC_SHARED_SLOTS; slot++)
        consider(v, gic_shared_intid(slot), &best);
    for (uint32_t i = gic_lpi_next_pending(v, GIC_INTID_LPI); i != 0;
         i = gic_lpi_next_pending(v, i + 1))
        consider(v, i, &best);
    assert(best.intid == v->hppi.intid);
    if (best.intid == GIC_INTID_SPURIOUS) {
        assert((v->lines & (1u << GIC_LINE_IRQ | 1u << GIC_LINE_FIQ)) == 0);
        return;
    }
    gic_explain(v->gic, v->index, best.intid, &pe, &verdict);
    assert(best.group == v->hppi.group && best.priority == v->hppi.priority);
    assert(verdict.signalled == (((v->lines >> verdict.line) & 1) != 0));
}
#endif

/* -- The gates -- */

static void answer(struct gic_gate *gate, bool pass, uint64_t value, uint64_t wanted)
{
    gate->result = pass ? GIC_GATE_PASS : GIC_GATE_FAIL;
    gate->value = value;
    gate->wanted = wanted;
}

static void bit_wanted(struct gic_gate *gate, uint64_t value, uint64_t wanted)
{
    answer(gate, value == wanted, value, wanted);
}

static void gate_implemented(const struct question *q, struct gic_gate *gate)
{
    if (q->intid >= 32 && q->intid < 1020)
        answer(gate, q->found, q->g->config.n_spis / 32, q->intid / 32);
    else
        bit_wanted(gate, q->found || q->lpi, 1);
    if (q->intid >= GIC_INTID_LPI) {
        gate->reg = "GICR_PROPBASER";
        gate->field = "IDbits";
    }
}

static void gate_lpis_enabled(const struct question *q, struct gic_gate *gate)
{
    if (q->lpi)
        bit_wanted(gate, q->v->redist.ctlr & GICR_CTLR_ENABLE_LPIS, GICR_CTLR_ENABLE_LPIS);
}

/* A 1-of-N interrupt has a target only while it is a candidate. */
static void gate_routed(const struct question *q, struct gic_gate *gate)
{
    if (!q->found || q->ref.vcpu != NULL)
        return;
    const struct irq_word *w = q->ref.word;
    uint64_t router = q->g->dist.irouter[q->ref.slot];
    uint64_t affinity =
        (uint64_t)(q->v->affinity & 0xff000000u) << 8 | (q->v->affinity & 0xffffffu);
    if (router & GIC_ROUTER_IRM) {
        gate->field = "Interrupt_Routing_Mode";
        if (!gic_bit(gic_word_pending(w) & w->enable & ~w->active, q->ref.bit))
            return;
    }
    answer(gate, q->g->route[q->ref.slot] == q->v->index, router, affinity);
}

static void gate_pending(const struct question *q, struct gic_gate *gate)
{
    if (q->found)
        bit_wanted(gate, gic_bit(gic_word_pending(q->ref.word), q->ref.bit), 1);
    if (!q->lpi)
        return;
    gate->reg = "GICR_PENDBASER";
    gate->field = "pending table";
    bit_wanted(gate, gic_lpi_is_pending(q->v, q->intid), 1);
}

static void gate_not_active(const struct question *q, struct gic_gate *gate)
{
    if (q->found)
        bit_wanted(gate, gic_bit(q->ref.word->active, q->ref.bit), 0);
}

static void gate_enabled(const struct question *q, struct gic_gate *gate)
{
    if (q->found)
        bit_wanted(gate, gic_bit(q->ref.word->enable, q->ref.bit), 1);
    if (!q->lpi)
        return;
    gate->reg = "GICR_PROPBASER";
    gate->field = "configuration table";
    gate->advice = "set bit 0 of the LPI's byte, then INV and SYNC";
    bit_wanted(gate, gic_lpi_cached(q->v, q->intid) & 1, 1);
}

static void gate_dist_group(const struct question *q, struct gic_gate *gate)
{
    static const char *const fields[] = {"EnableGrp0", "EnableGrp1S", "EnableGrp1NS"};

    gate->field = gic_ds(q->g) && q->group == GIC_G1NS ? "EnableGrp1" : fields[q->group];
    bit_wanted(gate, (dist_groups(q->g) >> q->group) & 1, 1);
}

static void gate_awake(const struct question *q, struct gic_gate *gate)
{
    if (q->g->config.waker_gates)
        bit_wanted(gate, gic_is_asleep(q->v), 0);
}

static void gate_cpu_group(const struct question *q, struct gic_gate *gate)
{
    static const char *const regs[] = {"ICC_IGRPEN0_EL1", "ICC_IGRPEN1_EL1(S)",
                                       "ICC_IGRPEN1_EL1(NS)"};

    gate->reg = gic_ds(q->g) && q->group == GIC_G1NS ? "ICC_IGRPEN1_EL1" : regs[q->group];
    bit_wanted(gate, q->v->cpu.igrpen[q->group], 1);
}

static void gate_highest(const struct question *q, struct gic_gate *gate)
{
    gate->reg = q->group == GIC_G0 ? "ICC_HPPIR0_EL1" : "ICC_HPPIR1_EL1";
    bit_wanted(gate, q->v->hppi.intid, q->intid);
}

static void gate_priority_mask(const struct question *q, struct gic_gate *gate)
{
    answer(gate, passes_mask(q->v, &q->as), q->v->cpu.pmr, q->as.priority);
}

static void gate_running_priority(const struct question *q, struct gic_gate *gate)
{
    uint8_t mask = gic_group_priority_mask(q->v, q->group);

    answer(gate, passes_running(q->v, &q->as), q->v->running_priority, q->as.priority & mask);
}

/* Where an interrupt's registers are: by kind of INTID. */
enum home { HOME_GICD, HOME_GICR, HOME_GICD_E, HOME_GICR_E };

struct gate_row {
    const char *name;
    void (*eval)(const struct question *q, struct gic_gate *gate);
    const char *regs[4]; /* by enum home; only [0] for registers not by INTID */
    const char *field, *relation, *section, *advice;
};

#define BY_HOME(reg)                                                                               \
    {                                                                                              \
        "GICD_" reg "<n>", "GICR_" reg "<n>", "GICD_" reg "<n>E", "GICR_" reg "<n>E"               \
    }

static const struct gate_row rows[GIC_N_GATES] = {
    [GIC_GATE_IMPLEMENTED] = {"implemented",
                              gate_implemented,
                              {"GICD_TYPER"},
                              "ITLinesNumber",
                              ">=",
                              "2.2.1",
                              "use an INTID that the GIC has"},
    [GIC_GATE_ROUTED] = {"routed",
                         gate_routed,
                         {"GICD_IROUTER<n>", "", "GICD_IROUTER<n>E", ""},
                         "Affinity",
                         "==",
                         "12.9.22",
                         "write the vCPU's affinity to the register"},
    [GIC_GATE_LPIS_ENABLED] = {"lpis-enabled",
                               gate_lpis_enabled,
                               {"GICR_CTLR"},
                               "EnableLPIs",
                               "==",
                               "12.11.3",
                               "set GICR_CTLR.EnableLPIs after the tables are in place"},
    [GIC_GATE_PENDING] = {"pending", gate_pending, BY_HOME("ISPENDR"), "Set_pending_bit",
                          "==", "4.1.2", "raise the wire, or write the bit"},
    [GIC_GATE_NOT_ACTIVE] = {"not-active", gate_not_active, BY_HOME("ISACTIVER"), "Set_active_bit",
                             "==", "4.1.2", "end the interrupt: EOIR, and DIR if EOImode is 1"},
    [GIC_GATE_ENABLED] = {"enabled", gate_enabled, BY_HOME("ISENABLER"), "Set_enable_bit",
                          "==", "4.1", "write 1 to the bit"},
    [GIC_GATE_DIST_GROUP] = {"distributor-group",
                             gate_dist_group,
                             {"GICD_CTLR"},
                             "",
                             "==",
                             "12.9.4",
                             "enable the interrupt's group, or move it with IGROUPR"},
    [GIC_GATE_AWAKE] = {"awake",
                        gate_awake,
                        {"GICR_WAKER"},
                        "ProcessorSleep",
                        "==",
                        "11.1",
                        "clear ProcessorSleep and wait for ChildrenAsleep to read 0"},
    [GIC_GATE_CPU_GROUP] = {"cpu-group",
                            gate_cpu_group,
                            {""},
                            "Enable",
                            "==",
                            "4.6",
                            "write 1 to the register on that vCPU"},
    [GIC_GATE_HIGHEST] = {"highest",
                          gate_highest,
                          {""},
                          "INTID",
                          "==",
                          "4.8",
                          "serve the interrupt that is ahead first, or raise this one's priority"},
    [GIC_GATE_PRIORITY_MASK] = {"priority-mask",
                                gate_priority_mask,
                                {"ICC_PMR_EL1"},
                                "Priority",
                                ">",
                                "4.8.6",
                                "write a larger value to ICC_PMR_EL1"},
    [GIC_GATE_RUNNING_PRIORITY] = {"running-priority",
                                   gate_running_priority,
                                   {"ICC_RPR_EL1"},
                                   "Priority",
                                   ">",
                                   "4.8.3",
                                   "end the interrupt that runs, or see ICC_BPR<n>_EL1"},
};

static enum home home_of(const struct question *q, unsigned *n)
{
    bool extended = q->intid >= GIC_INTID_EPPI;

    *n = q->intid / 32;
    if (q->intid >= GIC_INTID_ESPI)
        *n = (q->intid - GIC_INTID_ESPI) / 32;
    else if (extended)
        *n = (q->intid - GIC_INTID_EPPI) / 32 + 1;
    if (q->found && q->ref.vcpu != NULL)
        return extended ? HOME_GICR_E : HOME_GICR;
    return extended ? HOME_GICD_E : HOME_GICD;
}

/* Some registers are by 32 interrupts, IROUTER by each one. */
static void fill_gate(const struct question *q, enum gic_gate_id id, struct gic_gate *gate)
{
    const struct gate_row *row = &rows[id];
    unsigned n;
    enum home home = home_of(q, &n);

    *gate = (struct gic_gate){.id = id,
                              .name = row->name,
                              .result = GIC_GATE_NOT_APPLICABLE,
                              .field = row->field,
                              .relation = row->relation,
                              .section = row->section,
                              .advice = row->advice};
    gate->reg = row->regs[1] != NULL ? row->regs[home] : row->regs[0];
    gate->reg_n = id == GIC_GATE_ROUTED ? q->intid : n;
    if (row->eval != NULL)
        row->eval(q, gate);
}

static void ask(const struct gic *g, unsigned vcpu, uint32_t intid, struct question *q)
{
    *q = (struct question){
        .g = (struct gic *)g, .v = &((struct gic *)g)->vcpus[vcpu], .intid = intid};
    q->as = (struct gic_hppi){.intid = intid, .priority = GIC_IDLE_PRIORITY};
    q->found = gic_find(q->g, q->v, intid, &q->ref);
    q->lpi = gic_lpi_valid(q->v, intid);
    if (q->lpi) {
        q->group = GIC_G1NS;
        q->as.group = GIC_G1NS;
        q->as.priority = gic_lpi_priority(g, gic_lpi_cached(q->v, intid));
    }
    if (!q->found)
        return;
    q->group = gic_group_of(g, q->ref.word, q->ref.bit);
    q->as.group = (uint8_t)q->group;
    q->as.priority = q->ref.word->priority[q->ref.bit];
    q->as.nmi = gic_bit(q->ref.word->nmi, q->ref.bit) && q->group != GIC_G0;
    if (q->as.nmi)
        q->as.priority = q->group == GIC_G1NS && !gic_ds(g) ? 0x80 : 0;
}

void gic_explain(const struct gic *g, unsigned vcpu, uint32_t intid, const struct gic_pe_state *pe,
                 struct gic_verdict *verdict)
{
    struct question q;

    memset(verdict, 0, sizeof(*verdict));
    verdict->first_failed = GIC_GATE_IMPLEMENTED;
    if (vcpu >= g->config.n_vcpus)
        return;
    ask(g, vcpu, intid, &q);
    verdict->first_failed = GIC_N_GATES;
    verdict->n_gates = GIC_N_GATES;
    for (unsigned id = 0; id < GIC_N_GATES; id++) {
        fill_gate(&q, id, &verdict->gates[id]);
        if (verdict->gates[id].result == GIC_GATE_FAIL && verdict->first_failed == GIC_N_GATES)
            verdict->first_failed = id;
    }
    verdict->line = line_for(g, q.group, pe->el, pe->secure || pe->el == 3);
    verdict->signalled = verdict->first_failed == GIC_N_GATES;
    verdict->group = q.group;
    verdict->priority = q.as.priority;
    verdict->highest_intid = q.v->hppi.intid;
}

const char *gic_gate_name(enum gic_gate_id id)
{
    return (unsigned)id < GIC_N_GATES ? rows[id].name : NULL;
}
