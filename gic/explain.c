/* SPDX-License-Identifier: MIT */
/*
 * The gates between an interrupt and a vCPU: one table, in architectural order, and the walk
 * through it (design.md, contract 1). decide.c is the cached form that delivers.
 */
#include <string.h>

#include "gic/legacy.h"
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
    struct gic_hppi as;      /* the interrupt as it would be if it were the highest */
    uint8_t cached, current; /* an LPI's configuration: as used, and in memory */
    struct gic_pe_state pe;
};

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
    if (q->intid < GIC_INTID_LPI)
        return;
    gate->reg = "GICR_PROPBASER";
    gate->field = "IDbits";
    gate->section = "12.11.30";
    gate->advice = "give GICR_PROPBASER a size that has this INTID, before EnableLPIs";
    answer(gate, q->lpi, q->v->redist.propbaser & 0x1f, 31u - (unsigned)__builtin_clz(q->intid));
}

static void gate_lpis_enabled(const struct question *q, struct gic_gate *gate)
{
    if (q->lpi)
        bit_wanted(gate, q->v->redist.ctlr & GICR_CTLR_ENABLE_LPIS, GICR_CTLR_ENABLE_LPIS);
}

/* GICD_ITARGETSR<n> of legacy operation: one of its bits. */
static void route_by_targets(const struct question *q, struct gic_gate *gate)
{
    gate->reg = "GICD_ITARGETSR<n>";
    gate->reg_n = q->intid / 4;
    gate->field = "CPU_targets";
    gate->relation = "has bit";
    gate->section = "10";
    gate->advice = "set the vCPU's bit in the interrupt's byte";
    gate->value = gic_spi_targets(q->g, q->ref.slot);
    gate->wanted = 1ull << q->v->index;
}

/* One that several vCPUs may take has a target only while it is a candidate. */
static void gate_routed(const struct question *q, struct gic_gate *gate)
{
    if (!q->found || q->ref.vcpu != NULL)
        return;
    const struct irq_word *w = q->ref.word;
    uint64_t affinity =
        (uint64_t)(q->v->affinity & 0xff000000u) << 8 | (q->v->affinity & 0xffffffu);
    bool candidate = gic_bit(gic_word_pending(w) & w->enable & ~w->active, q->ref.bit);
    bool one_of_n = gic_is_one_of_n(q->g, q->ref.slot);

    if (one_of_n)
        gate->field = "Interrupt_Routing_Mode";
    gate->value = q->g->dist.irouter[q->ref.slot];
    gate->wanted = affinity;
    if (!gic_are(q->g, q->group == GIC_G1NS))
        route_by_targets(q, gate);
    if (candidate || !one_of_n)
        answer(gate, q->g->route[q->ref.slot] == q->v->index, gate->value, gate->wanted);
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
    gate->field = "configuration byte, Enable";
    gate->section = "5.1.1";
    gate->advice = "set bit 0 of the LPI's byte, then INV and SYNC";
    bit_wanted(gate, q->cached & 1, 1);
}

/* IHI 0069 5.1.1: what software changes in the table counts after an INV. */
static void gate_lpi_configuration(const struct question *q, struct gic_gate *gate)
{
    if (q->lpi)
        answer(gate, (q->cached & 1) || !(q->current & 1), q->cached, q->current);
}

static bool open_all_the_way(const struct question *q, enum gic_group group)
{
    return ((gic_dist_groups(q->g) >> group) & 1) && q->v->cpu.igrpen[group];
}

/* Interrupts are in Group 0 until software moves them: the usual cause of a closed group. */
static void gate_group(const struct question *q, struct gic_gate *gate)
{
    bool misplaced =
        q->group == GIC_G0 && !open_all_the_way(q, GIC_G0) && open_all_the_way(q, GIC_G1NS);

    if (q->found)
        answer(gate, !misplaced, gic_bit(q->ref.word->group, q->ref.bit),
               q->group == GIC_G1NS || misplaced);
}

static void gate_dist_group(const struct question *q, struct gic_gate *gate)
{
    static const char *const fields[] = {"EnableGrp0", "EnableGrp1S", "EnableGrp1NS"};

    gate->field = gic_ds(q->g) && q->group == GIC_G1NS ? "EnableGrp1" : fields[q->group];
    bit_wanted(gate, (gic_dist_groups(q->g) >> q->group) & 1, 1);
}

static void gate_awake(const struct question *q, struct gic_gate *gate)
{
    if (q->g->config.waker_gates)
        bit_wanted(gate, gic_is_asleep(q->v), 0);
}

/* The highest level whose ICC_SRE_EL<n> keeps the PE from the system registers (IHI 0069 12.2.29).
 */
static void gate_system_registers(const struct question *q, struct gic_gate *gate)
{
    const struct gic_cpuif_state *c = &q->v->cpu;
    const struct gic_pe_state *pe = &q->pe;
    unsigned bank = q->g->config.has_el3 && pe->secure ? GIC_BANK_S : GIC_BANK_NS;
    uint8_t sre = pe->el == 3 ? c->sre_el3 : pe->el == 2 ? c->sre_el2 : c->sre_el1[bank];
    bool el3 = q->g->config.has_el3 && pe->el < 3 && !(c->sre_el3 & SRE_ENABLE);
    bool el2 = pe->el < 2 && pe->el2_enabled && !(c->sre_el2 & SRE_ENABLE);

    gate->reg_n = el3 ? 3 : el2 ? 2 : pe->el > 1 ? pe->el : 1;
    if (!q->g->config.sre_writable)
        return;
    gate->field = el3 || el2 ? "Enable" : "SRE";
    answer(gate, (!el3 && !el2 && (sre & SRE_SRE)) || c->igrpen[q->group],
           !el3 && !el2 && (sre & SRE_SRE), 1);
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
    answer(gate, gic_passes_mask(q->v, &q->as), q->v->cpu.pmr, q->as.priority);
    if (q->lpi && gic_lpi_priority(q->v, q->current) < q->as.priority)
        gate->advice = "the byte in memory has a higher priority than the cached one: INV and SYNC";
}

static void gate_running_priority(const struct question *q, struct gic_gate *gate)
{
    uint8_t mask = gic_group_priority_mask(q->v, q->group);

    answer(gate, gic_passes_running(q->v, &q->as), q->v->running_priority, q->as.priority & mask);
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
    [GIC_GATE_LPI_CONFIGURATION] = {"lpi-configuration",
                                    gate_lpi_configuration,
                                    {"GICR_PROPBASER"},
                                    "configuration byte, cached",
                                    "==",
                                    "5.1.1",
                                    "the table enables the LPI, the GIC has not looked again: INV "
                                    "missing (then SYNC), or GICR_INVLPIR"},
    [GIC_GATE_GROUP] = {"group", gate_group, BY_HOME("IGROUPR"), "Group_status_bit", "==", "4.6",
                        "Group 1 is enabled, but the interrupt is in Group 0: set its bit"},
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
    [GIC_GATE_SYSTEM_REGISTERS] = {"system-registers",
                                   gate_system_registers,
                                   {"ICC_SRE_EL<n>"},
                                   "SRE",
                                   "==",
                                   "12.2.29",
                                   "set SRE and Enable, from the highest exception level down"},
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
    if (id == GIC_GATE_IMPLEMENTED || q->found || q->lpi) /* else there is nothing to look at */
        row->eval(q, gate);
    if (q->intid >= GIC_INTID_LPI && row->regs[1] != NULL &&
        gate->result == GIC_GATE_NOT_APPLICABLE)
        gate->reg = ""; /* LPIs have none of the registers by INTID */
}

/* Until an LPI first becomes pending nothing is cached: then memory is what will count. */
static void ask_lpi(struct question *q)
{
    q->current = gic_lpi_in_memory(q->v, q->intid);
    q->cached = gic_lpi_cached(q->v, q->intid);
    if (q->cached == 0)
        q->cached = q->current;
    q->group = GIC_G1NS;
    q->as.group = GIC_G1NS;
    q->as.priority = gic_lpi_priority(q->v, q->cached);
}

static void ask(const struct gic *g, unsigned vcpu, uint32_t intid, const struct gic_pe_state *pe,
                struct question *q)
{
    *q = (struct question){
        .g = (struct gic *)g, .v = &((struct gic *)g)->vcpus[vcpu], .intid = intid, .pe = *pe};
    q->as = (struct gic_hppi){.intid = intid, .priority = GIC_IDLE_PRIORITY};
    q->found = gic_find(q->g, q->v, intid, &q->ref);
    q->lpi = gic_lpi_valid(q->v, intid);
    if (q->lpi)
        ask_lpi(q);
    if (!q->found)
        return;
    q->group = gic_group_of(g, q->ref.word, q->ref.bit);
    q->as.group = (uint8_t)q->group;
    q->as.priority = q->ref.word->priority[q->ref.bit];
    q->as.nmi = gic_bit(q->ref.word->nmi, q->ref.bit) && q->group != GIC_G0;
    if (q->as.nmi)
        q->as.priority = q->group == GIC_G1NS && !gic_ds(g) ? 0x80 : 0;
}

void gic_irq_peek(const struct gic *g, unsigned vcpu, uint32_t intid, struct gic_irq_state *out)
{
    struct irq_ref r;

    memset(out, 0, sizeof(*out));
    if (vcpu >= g->config.n_vcpus)
        return;
    struct gic_vcpu *v = &((struct gic *)g)->vcpus[vcpu];
    if (!gic_find((struct gic *)g, v, intid, &r)) {
        out->exists = gic_lpi_valid(v, intid);
        out->pending = gic_lpi_is_pending(v, intid);
        return;
    }
    out->exists = true;
    out->shared = r.vcpu == NULL;
    out->enabled = gic_bit(r.word->enable, r.bit);
    out->disabling = gic_bit(r.vcpu != NULL ? r.vcpu->redist.lag[r.word - r.vcpu->redist.words]
                                            : g->dist.lag[r.word - g->dist.words],
                             r.bit);
    out->pending = gic_bit(gic_word_pending(r.word), r.bit);
    out->active = gic_bit(r.word->active, r.bit);
    out->level = gic_bit(r.word->level, r.bit);
    out->edge = gic_bit(r.word->edge, r.bit);
    out->superpriority = gic_bit(r.word->nmi, r.bit);
    out->group = gic_group_of(g, r.word, r.bit);
    out->priority = r.word->priority[r.bit];
    out->irouter = out->shared ? g->dist.irouter[r.slot] : 0;
}

void gic_explain(const struct gic *g, unsigned vcpu, uint32_t intid, const struct gic_pe_state *pe,
                 struct gic_verdict *verdict)
{
    struct question q;

    memset(verdict, 0, sizeof(*verdict));
    verdict->first_failed = GIC_GATE_IMPLEMENTED;
    if (vcpu >= g->config.n_vcpus)
        return;
    ask(g, vcpu, intid, pe, &q);
    verdict->first_failed = GIC_N_GATES;
    verdict->n_gates = GIC_N_GATES;
    for (unsigned id = 0; id < GIC_N_GATES; id++) {
        fill_gate(&q, id, &verdict->gates[id]);
        if (verdict->gates[id].result == GIC_GATE_FAIL && verdict->first_failed == GIC_N_GATES)
            verdict->first_failed = id;
    }
    verdict->line = gic_line_for(q.v, q.group, pe->el, pe->secure || pe->el == 3);
    verdict->signalled = verdict->first_failed == GIC_N_GATES;
    verdict->group = q.group;
    verdict->priority = q.as.priority;
    verdict->highest_intid = q.v->hppi.intid;
}

const char *gic_gate_name(enum gic_gate_id id)
{
    return (unsigned)id < GIC_N_GATES ? rows[id].name : NULL;
}
