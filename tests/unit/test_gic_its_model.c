/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random ITS commands, messages, configuration changes and EnableLPIs, on libgic and on a slow
 * model that keeps everything in plain arrays; the highest pending interrupt of each vCPU is
 * compared after each step. Several events may share an LPI, collections a target. GIC_MODEL_STEPS:
 * how many (100000).
 *
 * One choice of the library is part of the model: configuration is read from memory when an LPI
 * becomes pending and nothing is cached, and kept until an invalidation (IHI 0069 5.1.1 allows any
 * time).
 */
#include <errno.h>

#include "tests/unit/test_gic_rig.h"

/* With GIC_PARANOID each step also walks all gates of all interrupts, several times. */
#ifdef GIC_PARANOID
#define DEFAULT_STEPS 10000
#else
#define DEFAULT_STEPS 100000
#endif

enum {
    DEVICES = 3,
    EVENTS = 8,
    COLLECTIONS = 4,
    LPIS = 24,
    FIRST = 8192,
    STRIDE = 331, /* over several words and chunks */
    PROP = 0x0,
    PEND = 0x10000,
    DEVICE_TABLE = 0x50000,
    COLLECTION_TABLE = 0x60000,
    QUEUE = 0x70000,
    ITT = 0x80000,
    MEM_BYTES = 0x90000
};

struct m_event {
    bool mapped;
    unsigned lpi, collection;
};

struct m_vcpu {
    bool enabled;
    bool pending[LPIS];
    bool cached[LPIS];
    uint8_t config[LPIS];
};

struct model {
    bool device[DEVICES];
    struct m_event event[DEVICES][EVENTS];
    bool collection[COLLECTIONS];
    unsigned target[COLLECTIONS];
    struct m_vcpu vcpu[RIG_VCPUS];
};

struct pair {
    struct rig *r;
    struct gic_its *its;
    uint32_t cwriter;
    uint64_t seed;
    struct model m;
};

static uint8_t memory[MEM_BYTES];

static int mem_read(void *opaque, uint64_t address, void *buffer, size_t size)
{
    (void)opaque;
    if (address > MEM_BYTES || size > MEM_BYTES - address)
        return -EFAULT;
    memcpy(buffer, memory + address, size);
    return 0;
}

static int mem_write(void *opaque, uint64_t address, const void *buffer, size_t size)
{
    (void)opaque;
    if (address > MEM_BYTES || size > MEM_BYTES - address)
        return -EFAULT;
    memcpy(memory + address, buffer, size);
    return 0;
}

static uint32_t dice(struct pair *p, uint32_t n)
{
    p->seed = p->seed * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)(p->seed >> 33) % n;
}

/* -- Rules -- */

static void rule_fetch(struct m_vcpu *v, unsigned lpi)
{
    if (!v->cached[lpi])
        v->config[lpi] = memory[PROP + lpi * STRIDE];
    v->cached[lpi] = true;
}

static void rule_pend(struct m_vcpu *v, unsigned lpi)
{
    if (!v->enabled || v->pending[lpi])
        return;
    v->pending[lpi] = true;
    rule_fetch(v, lpi);
}

static void rule_unpend(struct m_vcpu *v, unsigned lpi)
{
    if (v->enabled)
        v->pending[lpi] = false;
}

static void rule_invalidate(struct m_vcpu *v, unsigned lpi)
{
    if (!v->enabled)
        return;
    v->cached[lpi] = false;
    if (v->pending[lpi])
        rule_fetch(v, lpi);
}

static unsigned rule_highest(const struct m_vcpu *v)
{
    unsigned best = 1023, best_priority = 0x100;

    for (unsigned lpi = 0; lpi < LPIS && v->enabled; lpi++) {
        unsigned priority = v->config[lpi] & 0xf8;
        if (v->pending[lpi] && (v->config[lpi] & 1) && priority < best_priority) {
            best = FIRST + lpi * STRIDE;
            best_priority = priority;
        }
    }
    return best;
}

/* NULL unless everything from the device to a redistributor is mapped. */
static struct m_vcpu *rule_translate(struct model *m, unsigned device, unsigned event,
                                     unsigned *lpi)
{
    struct m_event *e = &m->event[device][event];

    if (!m->device[device] || !e->mapped || !m->collection[e->collection])
        return NULL;
    *lpi = e->lpi;
    return &m->vcpu[m->target[e->collection]];
}

/* -- Steps: each does the same to both -- */

static void command(struct pair *p, uint64_t d0, uint64_t d1, uint64_t d2, uint64_t d3)
{
    uint64_t dw[4] = {d0, d1, d2, d3};

    memcpy(memory + QUEUE + p->cwriter, dw, sizeof(dw));
    p->cwriter = (p->cwriter + 32) % 0x1000;
    gic_its_write(p->its, 0, 0x88, 8, p->cwriter);
}

/* Software zeroes a table before it maps a device to it. */
static void step_mapd(struct pair *p)
{
    uint64_t d = dice(p, DEVICES), valid = dice(p, 4) != 0;

    if (valid && !p->m.device[d]) {
        memset(memory + ITT + d * 0x100, 0, 0x100);
        memset(p->m.event[d], 0, sizeof(p->m.event[d]));
    }
    command(p, 0x08 | d << 32, 2, valid << 63 | (ITT + d * 0x100), 0);
    p->m.device[d] = valid;
}

static void step_mapc(struct pair *p)
{
    uint64_t c = dice(p, COLLECTIONS), valid = dice(p, 8) != 0, target = dice(p, RIG_VCPUS);

    command(p, 0x09, 0, valid << 63 | target << 16 | c, 0);
    p->m.collection[c] = valid;
    p->m.target[c] = (unsigned)target;
}

static void step_mapti(struct pair *p)
{
    uint64_t d = dice(p, DEVICES), e = dice(p, EVENTS), lpi = dice(p, LPIS);
    uint64_t c = dice(p, COLLECTIONS);

    command(p, 0x0a | d << 32, e | (FIRST + lpi * STRIDE) << 32, c, 0);
    if (p->m.device[d])
        p->m.event[d][e] = (struct m_event){true, (unsigned)lpi, (unsigned)c};
}

static void step_movi(struct pair *p)
{
    uint64_t d = dice(p, DEVICES), e = dice(p, EVENTS), c = dice(p, COLLECTIONS);
    unsigned lpi = 0;
    struct m_vcpu *from = rule_translate(&p->m, d, e, &lpi), *to;

    command(p, 0x01 | d << 32, e, c, 0);
    if (from == NULL || !p->m.collection[c])
        return;
    p->m.event[d][e].collection = (unsigned)c;
    to = &p->m.vcpu[p->m.target[c]];
    if (from != to && from->enabled && from->pending[lpi]) {
        rule_unpend(from, lpi);
        rule_pend(to, lpi);
    }
}

static void step_movall(struct pair *p)
{
    uint64_t from = dice(p, RIG_VCPUS), to = dice(p, RIG_VCPUS);
    struct m_vcpu *f = &p->m.vcpu[from], *t = &p->m.vcpu[to];

    command(p, 0x0e, 0, from << 16, to << 16);
    for (unsigned lpi = 0; lpi < LPIS && f != t && f->enabled && t->enabled; lpi++) {
        if (!f->pending[lpi])
            continue;
        rule_unpend(f, lpi);
        rule_pend(t, lpi);
    }
}

/* INT, CLEAR, INV, DISCARD and a device's message. */
static void step_event(struct pair *p)
{
    static const uint8_t opcodes[] = {0x03, 0x04, 0x0c, 0x0f};
    unsigned d = dice(p, DEVICES), e = dice(p, EVENTS), what = dice(p, 8), lpi = 0;
    struct m_vcpu *v = rule_translate(&p->m, d, e, &lpi);

    if (what < 4)
        command(p, opcodes[what] | (uint64_t)d << 32, e, 0, 0);
    else
        gic_its_msi(p->its, d, e);
    if (v == NULL)
        return;
    if (what == 0 || what >= 4)
        rule_pend(v, lpi);
    else if (what == 2)
        rule_invalidate(v, lpi);
    else
        rule_unpend(v, lpi);
    if (what == 3)
        p->m.event[d][e].mapped = false;
}

static void step_invall(struct pair *p)
{
    unsigned c = dice(p, COLLECTIONS);

    command(p, 0x0d, 0, c, 0);
    for (unsigned lpi = 0; lpi < LPIS && p->m.collection[c]; lpi++)
        rule_invalidate(&p->m.vcpu[p->m.target[c]], lpi);
}

static void step_config(struct pair *p)
{
    memory[PROP + dice(p, LPIS) * STRIDE] = (uint8_t)(dice(p, 8) << 4 | 2 | (dice(p, 4) != 0));
}

static void step_take(struct pair *p)
{
    unsigned vcpu = dice(p, RIG_VCPUS);
    unsigned best = rule_highest(&p->m.vcpu[vcpu]);

    rig_expect_eq(rig_get(p->r, vcpu, "ICC_IAR1_EL1"), best);
    rig_set(p->r, vcpu, "ICC_EOIR1_EL1", best);
    if (best != 1023)
        p->m.vcpu[vcpu].pending[(best - FIRST) / STRIDE] = false;
}

/* Pending bits go through memory; nothing stays cached. */
static void step_enable(struct pair *p)
{
    unsigned vcpu = dice(p, RIG_VCPUS);
    struct m_vcpu *v = &p->m.vcpu[vcpu];

    if (dice(p, 4) != 0 && v->enabled)
        return;
    v->enabled = !v->enabled;
    rig_redist_set(p->r, vcpu, true, 0, 4, v->enabled);
    for (unsigned lpi = 0; lpi < LPIS; lpi++) {
        unsigned intid = FIRST + lpi * STRIDE;
        uint8_t *byte = &memory[PEND + vcpu * 0x10000 + intid / 8];
        if (!v->enabled)
            rig_expect_eq(*byte >> intid % 8 & 1, v->pending[lpi]);
        v->cached[lpi] = false;
        if (v->enabled && v->pending[lpi])
            rule_fetch(v, lpi);
    }
}

static void set_up(struct pair *p)
{
    struct gic_config config = rig_config();

    config.lpi_id_bits = 14;
    config.memory_read = mem_read;
    config.memory_write = mem_write;
    memset(p, 0, sizeof(*p));
    memset(memory, 0, sizeof(memory));
    p->r = rig_open(config);
    p->seed = 11;
    ck_assert_int_eq(gic_its_create(p->r->gic, &(struct gic_its_config){0}, &p->its, NULL), 0);
    for (unsigned i = 0; i < RIG_VCPUS; i++) {
        rig_redist_set(p->r, i, true, 0x70, 8, PROP | 13);
        rig_redist_set(p->r, i, true, 0x78, 8, PEND + i * 0x10000);
        rig_redist_set(p->r, i, true, 0, 4, 1);
        p->m.vcpu[i].enabled = true;
    }
    gic_its_write(p->its, 0, 0x100, 8, 1ull << 63 | DEVICE_TABLE);
    gic_its_write(p->its, 0, 0x108, 8, 1ull << 63 | COLLECTION_TABLE);
    gic_its_write(p->its, 0, 0x80, 8, 1ull << 63 | QUEUE);
    gic_its_write(p->its, 0, 0, 4, 1);
}

START_TEST(random_commands_agree_with_the_model)
{
    static void (*const steps[16])(struct pair *) = {
        step_mapd,  step_mapc,  step_mapti,  step_mapti,  step_movi,   step_movall,
        step_event, step_event, step_event,  step_event,  step_invall, step_config,
        step_take,  step_take,  step_enable, step_config,
    };
    static struct pair p;
    const char *env = getenv("GIC_MODEL_STEPS");
    unsigned long n = env != NULL ? strtoul(env, NULL, 0) : DEFAULT_STEPS;
    unsigned long taken = 0;

    set_up(&p);
    for (unsigned long i = 0; i < n; i++) {
        steps[dice(&p, 16)](&p);
        for (unsigned vcpu = 0; vcpu < RIG_VCPUS; vcpu++) {
            unsigned best = rule_highest(&p.m.vcpu[vcpu]);
            rig_expect_eq(rig_get(p.r, vcpu, "ICC_HPPIR1_EL1"), best);
            rig_expect_eq(p.r->lines[vcpu][GIC_LINE_IRQ], best != 1023);
        }
    }
    taken = p.r->events[GIC_EVENT_ACKNOWLEDGED];
    ck_assert_msg(taken > n / 100, "only %lu of %lu steps took an interrupt", taken, n);
    rig_destroy(p.r);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("its model");

    tcase_set_timeout(tc, 600);
    tcase_add_test(tc, random_commands_agree_with_the_model);
    return rig_run("gic its against its model", tc);
}
