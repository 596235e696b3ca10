/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Steps at the distributor and the redistributors: registers of interrupts, wires, SGIs. */
#include "tests/model/both.h"

#define EXTENDED_ROUTER 0x8000u

/* Where the registers of one interrupt are: in which frame, at which index. */
struct home {
    bool redist;
    unsigned index; /* of the interrupt within registers of that kind */
    bool extended;
};

static struct home home_of(unsigned intid)
{
    if (intid < 32)
        return (struct home){true, intid, false};
    if (intid >= 4096)
        return (struct home){false, intid - 4096, true};
    if (intid >= 1056)
        return (struct home){true, 32 + intid - 1056, false}; /* they follow the first 32 */
    return (struct home){false, intid, false};
}

/* Extended SPIs have their registers elsewhere in GICD (IHI 0069 12.8). */
static uint32_t offset_of(const struct home *h, uint32_t reg)
{
    static const struct {
        uint32_t plain, extended;
    } map[] = {
        {IGROUPR, 0x1000}, {ISENABLER, 0x1200}, {ICENABLER, 0x1400}, {ISPENDR, 0x1600},
        {ICPENDR, 0x1800}, {ISACTIVER, 0x1a00}, {ICACTIVER, 0x1c00}, {IPRIORITYR, 0x2000},
        {ICFGR, 0x3000},   {IGRPMODR, 0x3400},  {INMIR, 0x3b00},
    };

    for (unsigned i = 0; h->extended && i < sizeof(map) / sizeof(map[0]); i++)
        if (map[i].plain == reg)
            return map[i].extended;
    return h->redist ? SGI_BASE + reg : reg;
}

static uint64_t frame_read(struct both *b, unsigned cpu, const struct home *h, bool secure,
                           uint32_t at, unsigned size)
{
    return h->redist ? rig_redist(b->r, cpu, secure, at, size) : rig_dist(b->r, secure, at, size);
}

static void frame_write(struct both *b, unsigned cpu, const struct home *h, bool secure,
                        uint32_t at, unsigned size, uint64_t value)
{
    if (h->redist)
        rig_redist_set(b->r, cpu, secure, at, size, value);
    else
        rig_dist_set(b->r, secure, at, size, value);
}

static uint32_t word_offset(const struct home *h, uint32_t reg)
{
    return offset_of(h, reg) + h->index / 32 * 4;
}

/* Sets, clears: by secure software, or by non-secure software, which reaches its own alone. */
void step_bits(struct both *b)
{
    static const uint32_t regs[] = {ISENABLER, ICENABLER, ISPENDR, ICPENDR, ISACTIVER, ICACTIVER};
    static const uint8_t often[] = {0, 0, 0, 1, 2, 2, 2, 3, 4, 5, 5};
    unsigned cpu = both_dice(b, M_VCPUS), intid = both_any_intid(b);
    unsigned reg = often[both_dice(b, sizeof(often))];
    bool secure = both_dice(b, 4) != 0;
    struct m_irq *i = m_irq(&b->m, cpu, intid);
    struct home h = home_of(intid);

    frame_write(b, cpu, &h, secure, word_offset(&h, regs[reg]), 4, 1u << h.index % 32);
    if (!secure && !rule_ns_sees(&b->m, i))
        return;
    if (reg < 2)
        i->enable = reg == 0;
    else if (reg < 4)
        i->latch = reg == 2;
    else
        i->active = reg == 4;
}

static void toggle(struct both *b, unsigned cpu, uint32_t reg, unsigned intid, bool value)
{
    struct home h = home_of(intid);
    uint32_t at = word_offset(&h, reg), bit = 1u << h.index % 32;
    uint64_t word = frame_read(b, cpu, &h, true, at, 4);

    frame_write(b, cpu, &h, true, at, 4, (word & ~(uint64_t)bit) | (value ? bit : 0));
}

static void set_priority(struct both *b, unsigned cpu, unsigned intid)
{
    struct m_irq *i = m_irq(&b->m, cpu, intid);
    struct home h = home_of(intid);
    unsigned value = both_dice(b, 256), mask = 0xffu << (8 - b->m.priority_bits) & 0xff;
    bool secure = both_dice(b, 4) != 0;
    uint32_t at = offset_of(&h, IPRIORITYR) + h.index;

    frame_write(b, cpu, &h, secure, at, 1, value);
    if (secure || b->m.ds)
        i->priority = value & mask;
    else if (rule_ns_sees(&b->m, i))
        i->priority = (0x80 | value >> 1) & mask;
    if (!secure && !b->m.ds) /* the view of what was just written, or of a secret */
        rig_expect_eq(frame_read(b, cpu, &h, false, at, 1),
                      rule_ns_sees(&b->m, i) ? rule_ns_priority(i->priority) : 0);
}

static void set_route(struct both *b, unsigned intid)
{
    struct m_irq *i = m_irq(&b->m, 0, intid);
    struct home h = home_of(intid);
    uint32_t at = h.extended ? EXTENDED_ROUTER + h.index * 8 : IROUTER + intid * 8;

    if (h.redist)
        return;
    i->target = (int)both_dice(b, M_VCPUS + 1) - 1;
    i->any = b->one_of_n && both_dice(b, 3) == 0;
    i->chosen = -1;
    rig_dist_set(b->r, true, at, 8,
                 (i->target < 0 ? 0x5555 : rig_mpidr[i->target]) | (uint64_t)i->any << 31);
}

static void set_edge(struct both *b, unsigned cpu, unsigned intid)
{
    struct m_irq *i = m_irq(&b->m, cpu, intid);
    struct home h = home_of(intid);
    uint32_t at = offset_of(&h, ICFGR) + h.index / 16 * 4, bit = 2u << h.index % 16 * 2;
    uint64_t word = frame_read(b, cpu, &h, true, at, 4);

    if (intid < 16)
        return;
    i->edge = both_dice(b, 2);
    frame_write(b, cpu, &h, true, at, 4, (word & ~(uint64_t)bit) | (i->edge ? bit : 0));
}

void step_config(struct both *b)
{
    unsigned cpu = both_dice(b, M_VCPUS), intid = both_any_intid(b);
    struct m_irq *i = m_irq(&b->m, cpu, intid);
    bool value = both_dice(b, 3) != 0;

    switch (both_dice(b, 6)) {
    case 0:
        toggle(b, cpu, IGROUPR, intid, value);
        i->group = value;
        break;
    case 1:
        toggle(b, cpu, IGRPMODR, intid, value);
        i->grpmod = value && !b->m.ds;
        break;
    case 2:
        set_priority(b, cpu, intid);
        break;
    case 3:
        set_route(b, intid);
        break;
    case 4:
        toggle(b, cpu, INMIR, intid, !value);
        i->nmi = !value && b->m.has_nmi;
        break;
    default:
        set_edge(b, cpu, intid);
    }
}

/* Not the maintenance interrupt's: that wire is the virtual interface's. */
void step_wire(struct both *b)
{
    unsigned cpu = both_dice(b, M_VCPUS), intid = both_any_intid(b);
    bool level = both_dice(b, 2);

    if (intid < 16 || intid == 25)
        return;
    rule_wire(m_irq(&b->m, cpu, intid), level);
    if (home_of(intid).redist)
        gic_set_ppi(b->r->gic, cpu, intid, level);
    else
        gic_set_spi(b->r->gic, intid, level);
}

void step_sgi(struct both *b)
{
    unsigned from = both_dice(b, M_VCPUS), intid = both_dice(b, 16);
    uint64_t value = (uint64_t)intid << 24;

    if (both_dice(b, 2)) {
        both_set(b, from, R_SGI1R, value | 1ull << 40);
        for (unsigned to = 0; to < M_VCPUS; to++)
            if (to != from)
                rule_sgi1r(&b->m, from, to, intid);
        return;
    }
    both_set(b, from, R_SGI1R, value | 3); /* vCPUs 0 and 1 share all but Aff0 */
    rule_sgi1r(&b->m, from, 0, intid);
    rule_sgi1r(&b->m, from, 1, intid);
}

void step_dist(struct both *b)
{
    uint32_t value = both_dice(b, 10) ? 7 : both_dice(b, 8);

    rig_dist_set(b->r, true, 0, 4, value);
    b->m.enable[G0] = value & 1;
    b->m.enable[G1NS] = value >> 1 & 1;
    b->m.enable[G1S] = !b->m.ds && (value >> 2 & 1);
}
