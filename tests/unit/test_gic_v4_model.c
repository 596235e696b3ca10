/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random hypervisors and guests on GICv4.0 and 4.1 against a slow, obvious model: what is pending
 * where, which interrupt comes first, when a doorbell rings.
 *
 * The model has no caches. So the hypervisor here says VINVALL after each change of configuration,
 * as it has to.
 */
#include "tests/unit/test_gic_v4_rig.h"

enum { VPES = 3, VLPIS = 20, STEPS = 100000, DEPTH = 40, LR_INTID = 500, IDLE = 0xff };

struct vpe {
    unsigned home;
    int resident; /* vCPU or -1 */
    bool pending[VLPIS];
    uint8_t config[VLPIS];
    bool sgi_pending[16], sgi_enable[16];
    unsigned sgi_group[16];
    uint8_t sgi_priority[16];
    bool forward[2], armed;
};

struct active {
    uint8_t priority;
    unsigned group;
    uint32_t intid;
};

struct guest_cpu {
    int vpe; /* -1: none is resident */
    uint8_t pmr;
    bool enabled[2], on, dvim;
    unsigned lr_state; /* 0 invalid, 1 pending, 2 active */
    uint8_t lr_priority;
    struct active stack[DEPTH];
    unsigned depth;
};

struct model {
    struct v4 b;
    struct vpe vpes[VPES];
    struct guest_cpu cpus[RIG_VCPUS];
    bool doorbell[RIG_VCPUS][VPES];
    uint64_t random;
};

static uint32_t roll(struct model *m, uint32_t n)
{
    m->random = m->random * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)(m->random >> 33) % n;
}

static uint32_t vintid(unsigned i)
{
    return 8192 + i * 2711;
}

/* -- The rules -- */

/* What would be taken next: a list register, then vSGIs, then vLPIs among equals; lowest first. */
static bool first(const struct model *m, unsigned cpu, struct active *best)
{
    const struct guest_cpu *c = &m->cpus[cpu];
    const struct vpe *v = c->vpe >= 0 && !c->dvim ? &m->vpes[c->vpe] : NULL;

    best->priority = IDLE;
    if (c->lr_state == 1 && c->enabled[1])
        *best = (struct active){c->lr_priority, 1, LR_INTID};
    for (unsigned n = 0; v != NULL && n < 16; n++) {
        unsigned group = v->sgi_group[n];
        if (v->sgi_pending[n] && v->sgi_enable[n] && v->forward[group] && c->enabled[group] &&
            (v->sgi_priority[n] & 0xf8) < best->priority)
            *best = (struct active){v->sgi_priority[n] & 0xf8, group, n};
    }
    for (unsigned i = 0; v != NULL && i < VLPIS; i++)
        if (v->pending[i] && (v->config[i] & 1) && v->forward[1] && c->enabled[1] &&
            (v->config[i] & 0xf8) < best->priority)
            *best = (struct active){v->config[i] & 0xf8, 1, vintid(i)};
    return best->priority != IDLE;
}

static bool signalled(const struct model *m, unsigned cpu, struct active *best)
{
    const struct guest_cpu *c = &m->cpus[cpu];
    uint8_t running = c->depth != 0 ? c->stack[c->depth - 1].priority : IDLE;

    return first(m, cpu, best) && best->priority < c->pmr && best->priority < running;
}

static void ring(struct model *m, unsigned vpe)
{
    m->doorbell[m->vpes[vpe].home][vpe] = true;
    m->vpes[vpe].armed = false;
}

/* GICv4.1 rings for what is enabled and forwarded, if it was asked to. */
static void ring_if_due(struct model *m, unsigned vpe, bool enabled, unsigned group)
{
    struct vpe *v = &m->vpes[vpe];

    if (v->resident < 0 && v->armed && enabled && v->forward[group])
        ring(m, vpe);
}

static void pend(struct model *m, unsigned vpe, unsigned i)
{
    struct vpe *v = &m->vpes[vpe];

    if (v->pending[i])
        return;
    v->pending[i] = true;
    if (m->b.v41)
        ring_if_due(m, vpe, v->config[i] & 1, 1);
    else if (v->resident < 0)
        ring(m, vpe);
}

static bool anything(const struct vpe *v)
{
    bool any = false;

    for (unsigned i = 0; i < VLPIS; i++)
        any |= v->pending[i] && (v->config[i] & 1) && v->forward[1];
    for (unsigned n = 0; n < 16; n++)
        any |= v->sgi_pending[n] && v->sgi_enable[n] && v->forward[v->sgi_group[n]];
    return any;
}

/* -- Both at once -- */

static void compare(struct model *m)
{
    for (unsigned cpu = 0; cpu < RIG_VCPUS; cpu++) {
        struct active best;
        bool up = m->cpus[cpu].on && signalled(m, cpu, &best), bell = false;
        rig_expect_eq(m->b.r->lines[cpu][GIC_LINE_VIRQ], up && best.group == 1);
        rig_expect_eq(m->b.r->lines[cpu][GIC_LINE_VFIQ], up && best.group == 0);
        for (unsigned vpe = 0; vpe < VPES; vpe++)
            bell |= m->doorbell[cpu][vpe];
        rig_expect_eq(m->b.r->lines[cpu][GIC_LINE_IRQ], bell);
    }
}

static void send(struct model *m)
{
    unsigned vpe = roll(m, VPES), i = roll(m, VLPIS);

    if (roll(m, 8) != 0) {
        rig_expect_eq(msi(&m->b, vpe * VLPIS + i), 0);
        pend(m, vpe, i);
        return;
    }
    by_event(&m->b, CLEAR, vpe * VLPIS + i);
    m->vpes[vpe].pending[i] = false;
}

static void go(struct model *m, unsigned cpu, unsigned vpe)
{
    struct vpe *v = &m->vpes[vpe];
    uint64_t groups = m->b.v41 ? (uint64_t)roll(m, 4) << 58 : GRP0EN | GRP1EN;

    if (m->cpus[cpu].vpe >= 0 || (!m->b.v41 && (v->resident >= 0 || v->home != cpu)))
        return;
    if (v->resident >= 0) /* GICv4.1: it moves */
        m->cpus[v->resident].vpe = -1;
    if (m->b.v41)
        set_vpendbaser(&m->b, cpu, VALID | groups | vpe);
    else
        schedule(&m->b, cpu, vpe);
    v->resident = (int)cpu;
    v->armed = false;
    v->forward[0] = (groups & GRP0EN) != 0;
    v->forward[1] = (groups & GRP1EN) != 0;
    m->cpus[cpu].vpe = (int)vpe;
}

static void stop(struct model *m, unsigned cpu)
{
    struct vpe *v = &m->vpes[m->cpus[cpu].vpe];
    bool bell = m->b.v41 && roll(m, 2), back = m->b.v41 && roll(m, 4) == 0;
    bool last = anything(v) || back;
    uint64_t seen = deschedule(&m->b, cpu, (bell ? DOORBELL41 : 0) | (back ? LAST : 0));

    rig_expect_eq((seen & LAST) != 0, last);
    v->armed = bell && !last;
    v->resident = -1;
    m->cpus[cpu].vpe = -1;
}

static void switch_vpes(struct model *m)
{
    unsigned cpu = roll(m, RIG_VCPUS);

    if (m->cpus[cpu].vpe >= 0)
        stop(m, cpu);
    else
        go(m, cpu, roll(m, VPES));
}

static void forget(struct model *m, unsigned cpu, uint32_t intid)
{
    struct guest_cpu *c = &m->cpus[cpu];

    if (intid == LR_INTID)
        c->lr_state = 2;
    else if (intid < 16)
        m->vpes[c->vpe].sgi_pending[intid] = false;
    for (unsigned i = 0; i < VLPIS && intid >= 8192; i++)
        if (vintid(i) == intid)
            m->vpes[c->vpe].pending[i] = false;
}

static void take(struct model *m)
{
    unsigned cpu = roll(m, RIG_VCPUS), group = roll(m, 4) != 0;
    struct guest_cpu *c = &m->cpus[cpu];
    struct active best;
    bool comes = signalled(m, cpu, &best) && best.group == group;

    if (c->depth == DEPTH)
        return;
    uint64_t got = rig_get(m->b.r, cpu, group ? "ICC_IAR1_EL1" : "ICC_IAR0_EL1");
    rig_expect_eq(got, comes ? best.intid : SPURIOUS);
    if (!comes)
        return;
    c->stack[c->depth++] = best;
    forget(m, cpu, best.intid);
}

static void end(struct model *m)
{
    unsigned cpu = roll(m, RIG_VCPUS);
    struct guest_cpu *c = &m->cpus[cpu];

    if (c->depth == 0)
        return;
    struct active a = c->stack[--c->depth];
    rig_expect_eq(rig_get(m->b.r, cpu, "ICC_RPR_EL1"), a.priority);
    rig_set(m->b.r, cpu, a.group ? "ICC_EOIR1_EL1" : "ICC_EOIR0_EL1", a.intid);
    if (a.intid == LR_INTID && c->lr_state == 2)
        c->lr_state = 0;
}

static void answer_doorbell(struct model *m)
{
    unsigned cpu = roll(m, RIG_VCPUS);
    uint64_t got = hyp_take(&m->b, cpu), wanted = SPURIOUS;

    for (unsigned vpe = VPES; vpe-- > 0;)
        if (m->doorbell[cpu][vpe])
            wanted = DOORBELL + vpe;
    rig_expect_eq(got, wanted);
    if (got != SPURIOUS)
        m->doorbell[cpu][got - DOORBELL] = false;
}

static void configure(struct model *m)
{
    unsigned vpe = roll(m, VPES), i = roll(m, VLPIS);
    uint8_t byte = (uint8_t)(roll(m, 64) << 2 | (roll(m, 4) != 0));

    m->vpes[vpe].config[i] = byte;
    memory[VCONF + vpe * 0x10000 + vintid(i) - 8192] = byte;
    command(&m->b, VINVALL, (uint64_t)vpe << 32, 0, 0);
    if (m->b.v41) /* what waits may be enabled only now */
        ring_if_due(m, vpe, m->vpes[vpe].pending[i] && (byte & 1), 1);
}

static void move(struct model *m)
{
    unsigned vpe = roll(m, VPES), to = roll(m, RIG_VCPUS);

    if (!m->b.v41 && m->vpes[vpe].resident >= 0) /* software sees to it */
        return;
    command(&m->b, VMOVP, (uint64_t)vpe << 32, (uint64_t)to << 16, 0);
    m->vpes[vpe].home = to;
}

static void change_guest(struct model *m)
{
    unsigned cpu = roll(m, RIG_VCPUS), group = roll(m, 2);
    struct guest_cpu *c = &m->cpus[cpu];

    switch (roll(m, 4)) {
    case 0:
        c->pmr = (uint8_t)(roll(m, 32) << 3 | 0x40);
        rig_set(m->b.r, cpu, "ICC_PMR_EL1", c->pmr);
        break;
    case 1:
        c->enabled[group] = roll(m, 4) != 0;
        rig_set(m->b.r, cpu, group ? "ICC_IGRPEN1_EL1" : "ICC_IGRPEN0_EL1", c->enabled[group]);
        break;
    case 2:
        if (c->lr_state != 0)
            break;
        c->lr_state = 1;
        c->lr_priority = (uint8_t)(roll(m, 32) << 3);
        hyp_set(&m->b, cpu, "ICH_LR0_EL2",
                1ull << 62 | 1ull << 60 | (uint64_t)c->lr_priority << 48 | LR_INTID);
        break;
    default:
        c->on = roll(m, 8) != 0;
        c->dvim = m->b.v41 && roll(m, 8) == 0;
        hyp_set(&m->b, cpu, "ICH_HCR_EL2", (uint64_t)c->on | (uint64_t)c->dvim << 15);
    }
}

static void sgis(struct model *m)
{
    unsigned vpe = roll(m, VPES), n = roll(m, 16);
    struct vpe *v = &m->vpes[vpe];

    if (!m->b.v41)
        return;
    switch (roll(m, 4)) {
    case 0:
        v->sgi_enable[n] = roll(m, 4) != 0;
        v->sgi_group[n] = roll(m, 2);
        v->sgi_priority[n] = (uint8_t)(roll(m, 16) << 4);
        vsgi(&m->b, vpe, n, v->sgi_enable[n], v->sgi_group[n], v->sgi_priority[n]);
        ring_if_due(m, vpe, v->sgi_pending[n] && v->sgi_enable[n], v->sgi_group[n]);
        break;
    case 1:
        command(&m->b, VSGI | 1 << 9 | (uint64_t)n << 32, (uint64_t)vpe << 32, 0, 0);
        v->sgi_pending[n] = false;
        break;
    default:
        its_set(&m->b, 0, 0x20020, 8, (uint64_t)vpe << 32 | n);
        v->sgi_pending[n] = true;
        ring_if_due(m, vpe, v->sgi_enable[n], v->sgi_group[n]);
    }
    uint64_t pending = 0;
    for (unsigned i = 0; i < 16; i++)
        pending |= (uint64_t)v->sgi_pending[i] << i;
    rig_redist_set(m->b.r, 0, true, VSGIR, 4, vpe);
    rig_expect_eq(rig_redist(m->b.r, 0, true, VSGIPENDR, 4), pending);
}

static void nothing(void *opaque, const char *name, void *data, size_t size)
{
    (void)opaque, (void)name, (void)data, (void)size;
}

static void step(struct model *m)
{
    static void (*const operations[])(struct model * m) = {
        send,      send, send,         send,         take,        take,
        take,      end,  end,          switch_vpes,  switch_vpes, answer_doorbell,
        configure, move, change_guest, change_guest, sgis,        sgis};

    operations[roll(m, sizeof(operations) / sizeof(operations[0]))](m);
    if (roll(m, 500) == 0) { /* restored from what it is */
        gic_visit(m->b.r->gic, nothing, NULL);
        gic_after_restore(m->b.r->gic);
    }
    compare(m);
}

static void set_up(struct model *m, enum gic_version version)
{
    m->b = v4_bench(version);
    for (unsigned vpe = 0; vpe < VPES; vpe++) {
        struct vpe *v = &m->vpes[vpe];
        *v = (struct vpe){.home = vpe, .resident = -1, .forward = {true, true}};
        vmapp(&m->b, vpe, vpe);
        for (unsigned i = 0; i < VLPIS; i++) {
            v->config[i] = 0xa1;
            vmapti(&m->b, vpe * VLPIS + i, vpe, vintid(i), m->b.v41 ? SPURIOUS : DOORBELL + vpe);
        }
    }
    for (unsigned cpu = 0; cpu < RIG_VCPUS; cpu++)
        m->cpus[cpu] =
            (struct guest_cpu){.vpe = -1, .pmr = 0xf8, .enabled = {true, true}, .on = true};
}

START_TEST(random_hypervisors_and_guests_agree_with_the_model)
{
    static struct model m;

    m = (struct model){.random = 4711 + (unsigned)_i};
    set_up(&m, _i % 2 ? GIC_VERSION_4_1 : GIC_VERSION_4_0);
    for (unsigned i = 0; i < STEPS; i++)
        step(&m);
    rig_destroy(m.b.r);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("v4 model");

    tcase_set_timeout(tc, 240);
    tcase_add_loop_test(tc, random_hypervisors_and_guests_agree_with_the_model, 0, 6);
    return suite_run_case("gic_v4_model", tc);
}
