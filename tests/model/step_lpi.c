/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Steps of the ITS and of LPIs. */
#include "tests/model/both.h"

enum { MOVI = 0x01, INT = 0x03, CLEAR = 0x04, MAPD = 0x08, MAPC = 0x09, MAPTI = 0x0a };
enum { INV = 0x0c, INVALL = 0x0d, MOVALL = 0x0e, DISCARD = 0x0f };

/* Software zeroes a table before it maps a device to it. */
static void map_device(struct both *b)
{
    uint64_t d = both_dice(b, M_DEVICES), valid = both_dice(b, 8) != 0;

    if (valid && !b->m.device[d]) {
        memset(both_memory(ITT + d * 0x100), 0, 0x100);
        memset(b->m.event[d], 0, sizeof(b->m.event[d]));
    }
    both_command(b, MAPD | d << 32, 2, valid << 63 | (ITT + d * 0x100), 0);
    b->m.device[d] = valid;
}

static void map_collection(struct both *b)
{
    uint64_t c = both_dice(b, M_COLLECTIONS), valid = both_dice(b, 8) != 0;
    uint64_t target = both_dice(b, M_VCPUS);

    both_command(b, MAPC, 0, valid << 63 | target << 16 | c, 0);
    b->m.collection[c] = valid;
    b->m.target[c] = (unsigned)target;
}

static void map_event(struct both *b)
{
    uint64_t d = both_dice(b, M_DEVICES), e = both_dice(b, M_EVENTS);
    uint64_t lpi = both_dice(b, M_LPIS), c = both_dice(b, M_COLLECTIONS);

    both_command(b, MAPTI | d << 32, e | (M_LPI_FIRST + lpi * M_LPI_STRIDE) << 32, c, 0);
    if (b->m.device[d])
        b->m.event[d][e] =
            (struct m_event){.mapped = true, .lpi = (unsigned)lpi, .collection = (unsigned)c};
}

void step_map(struct both *b)
{
    switch (both_dice(b, 4)) {
    case 0:
        map_device(b);
        break;
    case 1:
        map_collection(b);
        break;
    default:
        map_event(b);
    }
}

/* INT, CLEAR, INV, DISCARD and a device's message. */
void step_event(struct both *b)
{
    static const uint8_t opcodes[] = {INT, CLEAR, INV, DISCARD};
    unsigned d = both_dice(b, M_DEVICES), e = both_dice(b, M_EVENTS), what = both_dice(b, 10);
    unsigned lpi = 0;
    struct m_vcpu *c = rule_translate(&b->m, d, e, &lpi);

    if (b->m.event[d][e].is_virtual) /* step_vpe_event() */
        return;
    if (what < 4)
        both_command(b, opcodes[what] | (uint64_t)d << 32, e, 0, 0);
    else
        gic_its_msi(b->its, d, e);
    if (c == NULL)
        return;
    if (what == 0 || what >= 4)
        rule_lpi_pend(&b->m, c, lpi);
    else if (what == 2)
        rule_lpi_invalidate(&b->m, c, lpi);
    else
        rule_lpi_unpend(c, lpi);
    if (what == 3)
        b->m.event[d][e].mapped = false;
}

void step_move(struct both *b)
{
    uint64_t d = both_dice(b, M_DEVICES), e = both_dice(b, M_EVENTS);
    uint64_t c = both_dice(b, M_COLLECTIONS);
    uint64_t from = both_dice(b, M_VCPUS), to = both_dice(b, M_VCPUS);

    if (both_dice(b, 4) != 0 && !b->m.event[d][e].is_virtual) {
        both_command(b, MOVI | d << 32, e, c, 0);
        rule_movi(&b->m, (unsigned)d, (unsigned)e, (unsigned)c);
        return;
    }
    both_command(b, MOVALL, 0, from << 16, to << 16);
    rule_movall(&b->m, (unsigned)from, (unsigned)to);
}

/* A byte of the configuration table; INVALL for a whole redistributor now and then. */
void step_lpi_config(struct both *b)
{
    unsigned c = both_dice(b, M_COLLECTIONS), lpi = both_dice(b, M_LPIS);

    *both_memory(PROP_TABLE + lpi * M_LPI_STRIDE) =
        (uint8_t)(both_dice(b, 64) << 2 | 2 | (both_dice(b, 4) != 0));
    if (both_dice(b, 4) != 0)
        return;
    both_command(b, INVALL, 0, c, 0);
    for (lpi = 0; lpi < M_LPIS && b->m.collection[c]; lpi++)
        rule_lpi_invalidate(&b->m, &b->m.vcpu[b->m.target[c]], lpi);
}

/* Pending bits go through memory; nothing stays cached. */
void step_lpi_enable(struct both *b)
{
    unsigned cpu = both_dice(b, M_VCPUS);
    struct m_vcpu *c = &b->m.vcpu[cpu];
    uint64_t dpg = rig_redist(b->r, cpu, true, 0, 4) & 7u << 24;

    if (both_dice(b, 4) != 0 && c->lpis_enabled)
        return;
    rule_lpi_toggle(&b->m, c);
    rig_redist_set(b->r, cpu, true, 0, 4, dpg | c->lpis_enabled);
    for (unsigned lpi = 0; lpi < M_LPIS && !c->lpis_enabled; lpi++) {
        unsigned intid = M_LPI_FIRST + lpi * M_LPI_STRIDE;
        uint8_t byte = *both_memory(PEND_TABLE + cpu * 0x10000 + intid / 8);
        rig_expect_eq(byte >> intid % 8 & 1, c->lpi[lpi].pending);
    }
}
