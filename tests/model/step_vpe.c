/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Steps of GICv4: events of vPEs, residency, configuration, vSGIs. */
#include "tests/model/both.h"

enum { VMOVI = 0x21, VMOVP = 0x22, VSGI = 0x23, VMAPTI = 0x2a, VINVALL = 0x2d };
enum { INT = 0x03, CLEAR = 0x04, INV = 0x0c, DISCARD = 0x0f };

#define VPROPBASER 0x20070u
#define VPENDBASER 0x20078u
#define VSGIR      0x20080u
#define VSGIPENDR  0x20088u
#define GITS_SGIR  0x20020u

static uint64_t intid_of(int lpi)
{
    return lpi < 0 ? 1023 : M_LPI_FIRST + (uint64_t)lpi * M_LPI_STRIDE;
}

static int any_doorbell(struct both *b)
{
    return (int)both_dice(b, M_LPIS + 1) - 1;
}

static void map(struct both *b, uint64_t d, uint64_t e)
{
    uint64_t vlpi = both_dice(b, M_VLPIS), vpe = both_dice(b, M_VPES);
    int doorbell = any_doorbell(b);

    both_command(b, VMAPTI | d << 32, vpe << 32 | e,
                 m_vlpi_intid((unsigned)vlpi) | intid_of(doorbell) << 32, 0);
    if (b->m.device[d])
        b->m.event[d][e] = (struct m_event){.mapped = true,
                                            .lpi = (unsigned)vlpi,
                                            .is_virtual = true,
                                            .vpe = (unsigned)vpe,
                                            .doorbell = doorbell};
}

static void move(struct both *b, uint64_t d, uint64_t e, struct m_event *event)
{
    uint64_t to = both_dice(b, M_VPES), anew = both_dice(b, 2);
    int doorbell = any_doorbell(b);

    both_command(b, VMOVI | d << 32, to << 32 | e, anew | intid_of(doorbell) << 32, 0);
    if (anew)
        event->doorbell = doorbell;
    rule_vmovi(&b->m, event, (unsigned)to);
}

/*
 * INT, CLEAR, INV, DISCARD and a device's message. CLEAR as often as the others together: with
 * everything pending, nothing would ring.
 */
static void happen(struct both *b, unsigned d, unsigned e, struct m_event *event)
{
    static const uint8_t opcodes[] = {INT, INV, DISCARD, CLEAR, CLEAR, CLEAR, CLEAR};
    struct m_vpe *p = &b->m.vpe[event->vpe];
    unsigned what = both_dice(b, 10);

    if (what < sizeof(opcodes))
        both_command(b, opcodes[what] | (uint64_t)d << 32, e, 0, 0);
    else
        gic_its_msi(b->its, d, e);
    if (what == 0 || what >= sizeof(opcodes))
        rule_vlpi_pend(&b->m, p, event->lpi, event->doorbell);
    else if (what == 1)
        rule_vlpi_invalidate(&b->m, p, event->lpi);
    else
        rule_vlpi_unpend(p, event->lpi);
    if (what == 2)
        event->mapped = event->is_virtual = false;
}

void step_vpe_event(struct both *b)
{
    unsigned d = both_dice(b, M_DEVICES), e = both_dice(b, M_EVENTS);
    struct m_event *event = &b->m.event[d][e];

    if (!b->m.has_v4)
        return;
    if (!event->is_virtual) {
        if (both_dice(b, 4) == 0)
            map(b, d, e);
    } else if (b->m.device[d]) {
        if (both_dice(b, 6) == 0)
            move(b, d, e, event);
        else
            happen(b, d, e, event);
    }
}

/* GICR_VPENDBASER of GICv4.1: Valid 63, Doorbell 62, PendingLast 61, VGrp0En 59, VGrp1En 58, vPEID.
 */
static void go_41(struct both *b, unsigned cpu, uint64_t vpe)
{
    uint64_t group0 = both_dice(b, 4) != 0, group1 = both_dice(b, 4) != 0;

    rig_redist_set(b->r, cpu, true, VPENDBASER, 8, 1ull << 63 | group0 << 59 | group1 << 58 | vpe);
    rule_schedule(&b->m, cpu, (unsigned)vpe, group0, group1);
}

/* Of GICv4.0: Valid, PendingLast, the pending table's address. Only where software may. */
static void go_40(struct both *b, unsigned cpu, uint64_t vpe)
{
    const struct m_vpe *p = &b->m.vpe[vpe];

    if (p->resident >= 0 || p->home != cpu)
        return;
    rig_redist_set(b->r, cpu, true, VPROPBASER, 8, (V_PROP_TABLE + vpe * 0x10000) | 13);
    rig_redist_set(b->r, cpu, true, VPENDBASER, 8,
                   1ull << 63 | 1ull << 61 | (V_PEND_TABLE + vpe * 0x10000));
    rule_schedule(&b->m, cpu, (unsigned)vpe, true, true);
}

/* Fields are fixed while Valid is 1. */
static void write_while_valid(struct both *b, unsigned cpu)
{
    uint64_t before = rig_redist(b->r, cpu, true, VPENDBASER, 8);

    rig_redist_set(b->r, cpu, true, VPENDBASER, 8,
                   1ull << 63 | (uint64_t)both_dice(b, 16) << 16 | 1);
    rig_expect_eq(rig_redist(b->r, cpu, true, VPENDBASER, 8), before);
}

static void stop(struct both *b, unsigned cpu)
{
    uint64_t doorbell = both_dice(b, 2), back = both_dice(b, 4) == 0, as_41 = b->m.has_v41;

    rig_redist_set(b->r, cpu, true, VPENDBASER, 8, as_41 ? doorbell << 62 | back << 61 : 0);
    bool last = rule_deschedule(&b->m, cpu, as_41 && doorbell, as_41 && back);
    rig_expect_eq(rig_redist(b->r, cpu, true, VPENDBASER, 8) >> 61 & 5, last);
}

void step_vpe_schedule(struct both *b)
{
    unsigned cpu = both_dice(b, M_VCPUS), vpe = both_dice(b, M_VPES);

    if (!b->m.has_v4)
        return;
    if (!b->m.has_v41)
        cpu = b->m.vpe[vpe].home;
    if (rule_resident(&b->m, cpu) == NULL)
        (b->m.has_v41 ? go_41 : go_40)(b, cpu, vpe);
    else if (both_dice(b, 4) == 0)
        write_while_valid(b, cpu);
    else
        stop(b, cpu);
}

/* GICv4.0: only while it is not resident. */
static void move_vpe(struct both *b, uint64_t vpe)
{
    uint64_t home = both_dice(b, M_VCPUS), anew = b->m.has_v41 && both_dice(b, 2);
    int doorbell = any_doorbell(b);

    if (!b->m.has_v41 && b->m.vpe[vpe].resident >= 0)
        return;
    both_command(b, VMOVP, vpe << 32 | 1, anew << 63 | home << 16,
                 b->m.has_v41 ? intid_of(doorbell) : 0);
    rule_vmovp(&b->m, &b->m.vpe[vpe], (unsigned)home, anew, doorbell);
}

/* A byte of a configuration table; VINVALL and VMOVP now and then. */
void step_vpe_config(struct both *b)
{
    uint64_t vpe = both_dice(b, M_VPES);

    if (!b->m.has_v4)
        return;
    *both_memory(V_PROP_TABLE + vpe * 0x10000 + m_vlpi_intid(both_dice(b, M_VLPIS)) - M_LPI_FIRST) =
        (uint8_t)(both_dice(b, 64) << 2 | 2 | (both_dice(b, 4) != 0));
    switch (both_dice(b, 4)) {
    case 0:
        both_command(b, VINVALL, vpe << 32, 0, 0);
        for (unsigned i = 0; i < M_VLPIS; i++)
            rule_vlpi_invalidate(&b->m, &b->m.vpe[vpe], i);
        break;
    case 1:
        move_vpe(b, vpe);
        break;
    default:
        break;
    }
}

static void configure_sgi(struct both *b, uint64_t vpe, uint64_t n)
{
    struct m_vpe *p = &b->m.vpe[vpe];
    uint64_t enable = both_dice(b, 4) != 0, group = both_dice(b, 3) != 0,
             priority = both_dice(b, 16);

    both_command(b, VSGI | enable << 8 | group << 10 | priority << 20 | n << 32, vpe << 32, 0, 0);
    p->sgi_enable[n] = enable;
    p->sgi_group[n] = group;
    p->sgi_priority[n] = (unsigned)priority << 4;
    rule_vsgi_ring(&b->m, p, (unsigned)n);
}

static void look_at_sgis(struct both *b, unsigned cpu, uint64_t vpe)
{
    uint64_t wanted = 0;

    for (unsigned i = 0; i < 16; i++)
        wanted |= (uint64_t)b->m.vpe[vpe].sgi_pending[i] << i;
    rig_redist_set(b->r, cpu, true, VSGIR, 4, vpe);
    rig_expect_eq(rig_redist(b->r, cpu, true, VSGIPENDR, 4), wanted);
}

void step_vpe_sgi(struct both *b)
{
    uint64_t vpe = both_dice(b, M_VPES), n = both_dice(b, 16);
    struct m_vpe *p = &b->m.vpe[vpe];

    if (!b->m.has_v41)
        return;
    switch (both_dice(b, 7)) {
    case 0:
        configure_sgi(b, vpe, n);
        break;
    case 1:
    case 2:
    case 3:
        both_command(b, VSGI | 1u << 9 | n << 32, vpe << 32, 0, 0);
        p->sgi_pending[n] = false;
        break;
    case 4:
        look_at_sgis(b, both_dice(b, M_VCPUS), vpe);
        break;
    default:
        gic_its_write(b->its, 0, GITS_SGIR, 8, vpe << 32 | n);
        p->sgi_pending[n] = true;
        rule_vsgi_ring(&b->m, p, (unsigned)n);
    }
}
