/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random operations on libgic and on a slow, obvious model of the same rules, compared after each.
 *
 * The model keeps a struct per interrupt and scans all of them for every question. It is written
 * from the architecture's text, not from the library: no sets, no caches, no bitmaps.
 * GIC_MODEL_STEPS sets how many steps each.
 */
#include <stdio.h>

#include "tests/unit/test_gic_rig.h"

/* With GIC_PARANOID each step also walks all gates of all interrupts, several times. */
#ifdef GIC_PARANOID
#define DEFAULT_STEPS 10000
#else
#define DEFAULT_STEPS 200000
#endif

enum { M_SPIS = 64, M_IRQS = 32 + M_SPIS, G0 = 0, G1S = 1, G1NS = 2 };

struct m_irq {
    bool group, grpmod, enable, latch, level, active, edge;
    unsigned priority;
    int target; /* vCPU of an SPI, -1 absent */
};

struct m_cpu {
    struct m_irq local[32];
    unsigned pmr, bpr[3], igrpen[3], cbpr[2], eoimode[2], eoimode_el3;
    bool active_priority[3][32]; /* [group][priority / 8] */
    unsigned el;
    bool secure;
};

struct model {
    struct m_irq spi[M_IRQS];
    struct m_cpu cpu[RIG_VCPUS];
    bool ds, enable[3];
};

static struct m_irq *irq_of(struct model *m, unsigned cpu, unsigned intid)
{
    return intid < 32 ? &m->cpu[cpu].local[intid] : &m->spi[intid];
}

/* -- Rules -- */

static unsigned rule_group(const struct model *m, const struct m_irq *i)
{
    if (i->group)
        return G1NS;
    return !m->ds && i->grpmod ? G1S : G0;
}

static bool rule_pending(const struct m_irq *i)
{
    return i->latch || (i->level && !i->edge);
}

/* A candidate: pending, enabled, not active, routed here, its group enabled in GICD and in ICC. */
static bool rule_candidate(struct model *m, unsigned cpu, unsigned intid)
{
    struct m_irq *i = irq_of(m, cpu, intid);
    unsigned group = rule_group(m, i);

    return rule_pending(i) && i->enable && !i->active && (intid < 32 || i->target == (int)cpu) &&
           m->enable[group] && m->cpu[cpu].igrpen[group];
}

/* Highest priority first, then the lower group, then the lower INTID. */
static int rule_highest(struct model *m, unsigned cpu)
{
    int best = -1;

    for (unsigned intid = 0; intid < M_IRQS; intid++) {
        if (!rule_candidate(m, cpu, intid))
            continue;
        struct m_irq *i = irq_of(m, cpu, intid), *b = best < 0 ? NULL : irq_of(m, cpu, best);
        if (b == NULL || i->priority < b->priority ||
            (i->priority == b->priority && rule_group(m, i) < rule_group(m, b)))
            best = (int)intid;
    }
    return best;
}

/* Running priority: the highest active one; 0xff idle. Its group in *group. */
static unsigned rule_running(const struct m_cpu *c, unsigned *group)
{
    for (unsigned level = 0; level < 32; level++)
        for (*group = 0; *group < 3; ++*group)
            if (c->active_priority[*group][level])
                return level * 8;
    *group = 3;
    return 0xff;
}

/* Number of low bits that are subpriority. */
static unsigned rule_subpriority_bits(const struct m_cpu *c, unsigned group)
{
    switch (group) {
    case G0:
        return c->bpr[G0] + 1;
    case G1S:
        return c->cbpr[0] ? c->bpr[G0] + 1 : c->bpr[G1S] + 1;
    default:
        return c->cbpr[1] ? c->bpr[G0] + 1 : c->bpr[G1NS];
    }
}

static unsigned rule_group_priority(const struct m_cpu *c, unsigned group, unsigned priority)
{
    return priority >> rule_subpriority_bits(c, group) << rule_subpriority_bits(c, group);
}

static bool rule_signalled(struct model *m, unsigned cpu, int intid)
{
    struct m_cpu *c = &m->cpu[cpu];
    unsigned running_group;

    if (intid < 0)
        return false;
    struct m_irq *i = irq_of(m, cpu, (unsigned)intid);
    unsigned group = rule_group(m, i), running = rule_running(c, &running_group);
    if (i->priority >= c->pmr)
        return false;
    return running == 0xff ||
           rule_group_priority(c, group, i->priority) < rule_group_priority(c, group, running);
}

static bool rule_is_irq(const struct model *m, const struct m_cpu *c, unsigned group)
{
    if (group == G0)
        return false;
    if (m->ds)
        return true;
    return c->el != 3 && c->secure == (group == G1S);
}

/* What a Group 1 (or 0) register names for this PE: 1023, 1020, 1021 or the INTID. */
static unsigned rule_hppir(struct model *m, unsigned cpu, bool group1)
{
    struct m_cpu *c = &m->cpu[cpu];
    int intid = rule_highest(m, cpu);

    if (intid < 0)
        return 1023;
    unsigned group = rule_group(m, irq_of(m, cpu, (unsigned)intid));
    bool secure_pe = c->secure || c->el == 3;
    if (group1) {
        if (group == G0)
            return 1023;
        return m->ds || c->el == 3 || secure_pe == (group == G1S) ? (unsigned)intid : 1023;
    }
    if (group == G0)
        return m->ds || secure_pe ? (unsigned)intid : 1023;
    return c->el != 3 ? 1023 : group == G1S ? 1020 : 1021;
}

static unsigned rule_iar(struct model *m, unsigned cpu, bool group1)
{
    struct m_cpu *c = &m->cpu[cpu];
    unsigned intid = rule_hppir(m, cpu, group1);

    if (intid >= 1020)
        return intid;
    if (!rule_signalled(m, cpu, (int)intid))
        return 1023;
    struct m_irq *i = irq_of(m, cpu, intid);
    unsigned group = rule_group(m, i);
    c->active_priority[group][rule_group_priority(c, group, i->priority) / 8] = true;
    i->active = true;
    i->latch = false;
    return intid;
}

static unsigned rule_bank(const struct m_cpu *c)
{
    return c->secure || c->el == 3 ? 0 : 1; /* SCR_EL3.NS is 0 at EL3 in this test */
}

static void rule_eoir(struct model *m, unsigned cpu, bool group1, unsigned intid)
{
    struct m_cpu *c = &m->cpu[cpu];
    unsigned group, running = rule_running(c, &group);
    bool secure_pe = c->secure || c->el == 3;
    bool split = c->el == 3 ? c->eoimode_el3 : c->eoimode[rule_bank(c)];

    if ((intid >= 1020 && intid < 1024) || running == 0xff || group1 != (group != G0))
        return;
    if (!m->ds && group != G1NS && !secure_pe)
        return;
    if (!m->ds && group == G1NS && secure_pe && c->el != 3)
        return;
    if (m->ds && group == G1S && !secure_pe)
        return;
    c->active_priority[group][running / 8] = false;
    if (split || intid >= M_IRQS)
        return;
    struct m_irq *i = irq_of(m, cpu, intid);
    if (m->ds || secure_pe || rule_group(m, i) == G1NS)
        i->active = false;
}

static void rule_dir(struct model *m, unsigned cpu, unsigned intid)
{
    struct m_cpu *c = &m->cpu[cpu];
    bool secure_pe = c->secure || c->el == 3;

    if (!(c->el == 3 ? c->eoimode_el3 : c->eoimode[rule_bank(c)]) || intid >= M_IRQS)
        return;
    struct m_irq *i = irq_of(m, cpu, intid);
    unsigned group = rule_group(m, i);
    if (c->el == 3 || secure_pe || group == G1NS || (m->ds && group == G0))
        i->active = false;
}

static void rule_wire(struct m_irq *i, bool level)
{
    if (level && !i->level && i->edge)
        i->latch = true;
    i->level = level;
}

static void rule_sgi1r(struct model *m, unsigned from, unsigned to, unsigned intid)
{
    struct m_cpu *c = &m->cpu[from];
    struct m_irq *i = &m->cpu[to].local[intid];
    unsigned is = rule_group(m, i);
    bool secure_pe = c->secure || c->el == 3;
    unsigned asked = m->ds || !secure_pe ? G1NS : G1S;

    if (m->ds || is == asked || (asked == G1S && is == G0))
        i->latch = true;
}

/* -- The two side by side -- */

struct pair {
    struct rig *r;
    struct model m;
    uint64_t seed;
    bool two_states;
};

static uint32_t dice(struct pair *p, uint32_t n)
{
    p->seed = p->seed * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)(p->seed >> 33) % n;
}

/* A few registers of one interrupt, written by secure software. */
static void step_bits(struct pair *p)
{
    static const uint32_t regs[] = {ISENABLER, ICENABLER, ISPENDR, ICPENDR, ISACTIVER, ICACTIVER};
    unsigned cpu = dice(p, RIG_VCPUS), intid = dice(p, M_IRQS), reg = dice(p, 6);
    struct m_irq *i = irq_of(&p->m, cpu, intid);

    rig_bit(p->r, cpu, regs[reg], intid);
    if (reg < 2)
        i->enable = reg == 0;
    else if (reg < 4)
        i->latch = reg == 2;
    else
        i->active = reg == 4;
}

static void toggle_bit(struct pair *p, unsigned cpu, uint32_t reg, unsigned intid, bool value)
{
    uint64_t word = intid < 32 ? rig_redist(p->r, cpu, true, SGI_BASE + reg, 4)
                               : rig_dist(p->r, true, reg + intid / 32 * 4, 4);

    word = (word & ~(1ull << intid % 32)) | (uint64_t)value << intid % 32;
    if (intid < 32)
        rig_redist_set(p->r, cpu, true, SGI_BASE + reg, 4, word);
    else
        rig_dist_set(p->r, true, reg + intid / 32 * 4, 4, word);
}

static void step_config(struct pair *p)
{
    unsigned cpu = dice(p, RIG_VCPUS), intid = dice(p, M_IRQS);
    struct m_irq *i = irq_of(&p->m, cpu, intid);

    switch (dice(p, 5)) {
    case 0:
        i->group = dice(p, 4) != 0;
        toggle_bit(p, cpu, IGROUPR, intid, i->group);
        break;
    case 1:
        i->grpmod = dice(p, 2);
        toggle_bit(p, cpu, IGRPMODR, intid, i->grpmod);
        i->grpmod = i->grpmod && !p->m.ds;
        break;
    case 2:
        i->priority = dice(p, 32) * 8;
        rig_priority(p->r, cpu, intid, (uint8_t)(i->priority | dice(p, 8)));
        break;
    case 3:
        if (intid < 32)
            break;
        i->target = (int)dice(p, RIG_VCPUS + 1) - 1;
        rig_dist_set(p->r, true, IROUTER + intid * 8, 8,
                     i->target < 0 ? 0x5555 : rig_mpidr[i->target]);
        break;
    default:
        if (intid < 16 || i->edge)
            break;
        i->edge = true;
        rig_edge(p->r, cpu, intid);
    }
}

static void step_wire(struct pair *p)
{
    unsigned cpu = dice(p, RIG_VCPUS), intid = 16 + dice(p, M_IRQS - 16);
    bool level = dice(p, 2);

    rule_wire(irq_of(&p->m, cpu, intid), level);
    if (intid < 32)
        gic_set_ppi(p->r->gic, cpu, intid, level);
    else
        gic_set_spi(p->r->gic, intid, level);
}

static void step_sgi(struct pair *p)
{
    unsigned from = dice(p, RIG_VCPUS), intid = dice(p, 16);
    uint64_t value = (uint64_t)intid << 24;

    if (dice(p, 2)) {
        rig_set(p->r, from, "ICC_SGI1R_EL1", value | 1ull << 40);
        for (unsigned to = 0; to < RIG_VCPUS; to++)
            if (to != from)
                rule_sgi1r(&p->m, from, to, intid);
    } else {
        rig_set(p->r, from, "ICC_SGI1R_EL1", value | 3); /* vCPUs 0 and 1 share all but Aff0 */
        rule_sgi1r(&p->m, from, 0, intid);
        rule_sgi1r(&p->m, from, 1, intid);
    }
}

static void step_take(struct pair *p)
{
    unsigned cpu = dice(p, RIG_VCPUS);
    bool group1 = dice(p, 4) != 0;
    uint64_t got = rig_get(p->r, cpu, group1 ? "ICC_IAR1_EL1" : "ICC_IAR0_EL1");

    rig_expect_eq(got, rule_iar(&p->m, cpu, group1));
}

static void step_end(struct pair *p)
{
    unsigned cpu = dice(p, RIG_VCPUS), intid = dice(p, M_IRQS + 2);
    bool group1 = dice(p, 4) != 0;

    if (dice(p, 3) == 0) {
        rig_set(p->r, cpu, "ICC_DIR_EL1", intid);
        rule_dir(&p->m, cpu, intid);
        return;
    }
    for (unsigned i = 0; i < M_IRQS && dice(p, 4) != 0; i++)
        intid = irq_of(&p->m, cpu, i)->active ? i : intid;
    rig_set(p->r, cpu, group1 ? "ICC_EOIR1_EL1" : "ICC_EOIR0_EL1", intid);
    rule_eoir(&p->m, cpu, group1, intid);
}

static unsigned at_least(unsigned value, unsigned least)
{
    return value < least ? least : value;
}

static void step_cpuif(struct pair *p)
{
    unsigned cpu = dice(p, RIG_VCPUS);
    struct m_cpu *c = &p->m.cpu[cpu];
    unsigned bank = rule_bank(c), value = dice(p, 256);
    bool el3 = c->el == 3;

    switch (dice(p, 5)) {
    case 0:
        rig_set(p->r, cpu, "ICC_PMR_EL1", value | 0x40);
        c->pmr = (value | 0x40) & 0xf8;
        break;
    case 1:
        rig_set(p->r, cpu, "ICC_BPR0_EL1", value);
        c->bpr[G0] = at_least(value & 7, 2);
        break;
    case 2:
        rig_set(p->r, cpu, "ICC_BPR1_EL1", value);
        if (bank == 1 && (el3 || !c->cbpr[1]))
            c->bpr[G1NS] = at_least(value & 7, 3);
        if (bank == 0)
            c->bpr[!el3 && c->cbpr[0] ? G0 : G1S] = at_least(value & 7, 2);
        break;
    case 3:
        rig_set(p->r, cpu, "ICC_CTLR_EL1", value & 3);
        c->eoimode[bank] = value >> 1 & 1;
        if (p->m.ds)
            c->cbpr[bank] = value & 1;
        break;
    default:
        rig_set(p->r, cpu, "ICC_IGRPEN1_EL1", value % 4 != 0);
        c->igrpen[bank == 0 ? G1S : G1NS] = value % 4 != 0;
        rig_set(p->r, cpu, "ICC_IGRPEN0_EL1", value % 3 != 0);
        c->igrpen[G0] = value % 3 != 0;
    }
}

/* The PE changes level and state; only where there are two states to be in. */
static void step_pe(struct pair *p)
{
    unsigned cpu = dice(p, RIG_VCPUS);
    struct m_cpu *c = &p->m.cpu[cpu];

    if (!p->two_states)
        return;
    c->el = dice(p, 2) ? 1 : 3;
    c->secure = dice(p, 2) || c->el == 3;
    p->r->pe[cpu] =
        (struct gic_pe_state){.el = (uint8_t)c->el, .secure = c->secure, .scr_el3 = !c->secure};
    gic_pe_changed(p->r->gic, cpu, &p->r->pe[cpu]);
    if (c->el == 3) {
        uint32_t value = dice(p, 32);
        rig_set(p->r, cpu, "ICC_CTLR_EL3", value);
        c->cbpr[0] = value & 1, c->cbpr[1] = value >> 1 & 1, c->eoimode_el3 = value >> 2 & 1;
        c->eoimode[0] = value >> 3 & 1, c->eoimode[1] = value >> 4 & 1;
    }
}

static void step_dist(struct pair *p)
{
    uint32_t value = dice(p, 10) ? 7 : dice(p, 8);

    if (dice(p, 8) != 0)
        return;
    rig_dist_set(p->r, true, 0, 4, value);
    p->m.enable[G0] = value & 1;
    p->m.enable[G1NS] = value >> 1 & 1;
    p->m.enable[G1S] = p->two_states && (value >> 2 & 1);
}

static void compare_cpu(struct pair *p, unsigned cpu)
{
    struct m_cpu *c = &p->m.cpu[cpu];
    int highest = rule_highest(&p->m, cpu);
    bool up = rule_signalled(&p->m, cpu, highest);
    bool irq = up && rule_is_irq(&p->m, c, rule_group(&p->m, irq_of(&p->m, cpu, highest)));
    unsigned group;

    rig_expect_eq(p->r->lines[cpu][GIC_LINE_IRQ], irq);
    rig_expect_eq(p->r->lines[cpu][GIC_LINE_FIQ], up && !irq);
    rig_expect_eq(rig_get(p->r, cpu, "ICC_RPR_EL1"), rule_running(c, &group));
    rig_expect_eq(rig_get(p->r, cpu, "ICC_HPPIR0_EL1"), rule_hppir(&p->m, cpu, false));
    rig_expect_eq(rig_get(p->r, cpu, "ICC_HPPIR1_EL1"), rule_hppir(&p->m, cpu, true));
}

static void compare_words(struct pair *p)
{
    unsigned cpu = dice(p, RIG_VCPUS);

    for (unsigned intid = 0; intid < M_IRQS; intid++) {
        struct m_irq *i = irq_of(&p->m, cpu, intid);
        rig_expect_eq(rig_bit_get(p->r, cpu, ISPENDR, intid), rule_pending(i));
        rig_expect_eq(rig_bit_get(p->r, cpu, ISACTIVER, intid), i->active);
    }
}

static void copy_out(void *opaque, const char *name, void *data, size_t size_bytes)
{
    uint8_t **at = opaque;

    (void)name;
    memcpy(*at, data, size_bytes);
    *at += size_bytes;
}

static void copy_in(void *opaque, const char *name, void *data, size_t size_bytes)
{
    uint8_t **at = opaque;

    (void)name;
    memcpy(data, *at, size_bytes);
    *at += size_bytes;
}

/* Save, reset, restore: nothing may change. */
static void save_and_restore(struct pair *p)
{
    static uint8_t saved[1 << 17];
    uint8_t *at = saved;

    gic_visit(p->r->gic, copy_out, &at);
    gic_reset(p->r->gic);
    at = saved;
    gic_visit(p->r->gic, copy_in, &at);
    gic_after_restore(p->r->gic);
}

static void step(struct pair *p)
{
    static void (*const steps[16])(struct pair *) = {
        step_bits, step_bits, step_bits, step_config, step_config, step_wire, step_wire, step_wire,
        step_take, step_take, step_end,  step_end,    step_cpuif,  step_sgi,  step_pe,   step_dist,
    };

    steps[dice(p, 16)](p);
}

static void model_reset(struct model *m, bool two_states)
{
    memset(m, 0, sizeof(*m));
    m->ds = !two_states;
    m->enable[G0] = m->enable[G1NS] = true;
    m->enable[G1S] = two_states;
    for (unsigned cpu = 0; cpu < RIG_VCPUS; cpu++) {
        struct m_cpu *c = &m->cpu[cpu];
        for (unsigned i = 0; i < 16; i++)
            c->local[i].edge = true;
        c->pmr = 0xf8, c->bpr[G0] = c->bpr[G1S] = 2, c->bpr[G1NS] = 3;
        c->igrpen[G0] = c->igrpen[G1NS] = 1, c->igrpen[G1S] = two_states;
        c->el = two_states ? 3 : 1;
        c->secure = two_states;
    }
}

static void open_all(struct rig *r, bool two_states)
{
    rig_dist_set(r, true, 0, 4, two_states ? 7 : 3);
    for (unsigned i = 0; i < RIG_VCPUS; i++) {
        if (two_states)
            r->pe[i] = (struct gic_pe_state){.el = 3, .secure = true};
        gic_pe_changed(r->gic, i, &r->pe[i]);
        rig_set(r, i, "ICC_PMR_EL1", 0xff);
        rig_set(r, i, "ICC_IGRPEN0_EL1", 1);
        if (two_states)
            rig_set(r, i, "ICC_IGRPEN1_EL3", 3);
        else
            rig_set(r, i, "ICC_IGRPEN1_EL1", 1);
    }
}

static void run(bool two_states, uint64_t seed)
{
    const char *env = getenv("GIC_MODEL_STEPS");
    unsigned long steps = env != NULL ? strtoul(env, NULL, 0) : DEFAULT_STEPS;
    struct gic_config config = rig_config();
    static struct pair p;

    config.n_spis = M_SPIS;
    config.has_el2 = false;
    config.has_el3 = config.two_security_states = two_states;
    p.r = rig_create(config);
    p.seed = seed;
    p.two_states = two_states;
    model_reset(&p.m, two_states);
    open_all(p.r, two_states);
    for (unsigned long i = 0; i < steps; i++) {
        step(&p);
        compare_cpu(&p, (unsigned)i % RIG_VCPUS);
        if (i % 64 == 0)
            compare_words(&p);
        if (i % 1024 == 0)
            save_and_restore(&p);
    }
    rig_destroy(p.r);
}

START_TEST(random_steps_agree_with_the_model_with_one_security_state)
{
    run(false, 1);
}
END_TEST

START_TEST(random_steps_agree_with_the_model_with_two_security_states)
{
    run(true, 2);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("model");

    tcase_set_timeout(tc, 600);
    tcase_add_test(tc, random_steps_agree_with_the_model_with_one_security_state);
    tcase_add_test(tc, random_steps_agree_with_the_model_with_two_security_states);
    return rig_run("gic against its model", tc);
}
