/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is in memory, and not in registers: the ITS's commands and tables, the LPIs' configuration
 * bytes. And the CPU interface that is in memory, GICC.
 */
#include <stdio.h>

#include "emu/strict/internal.h"

enum {
    OFFSET_CWRITER = 0x88,
    OFFSET_TRANSLATER_FRAME = 0x10000, /* for devices */
    OPCODE_INT = 0x03,
    FIRST_LPI = 8192,
    LPI_RESERVED = 2, /* bit 1 of an LPI's byte */
};

static void name_register(struct strict_access *a, const char *name, const char *frame,
                          uint64_t offset)
{
    if (name)
        snprintf(a->reg, sizeof(a->reg), "%s", name);
    else
        snprintf(a->reg, sizeof(a->reg), "%s+0x%llx", frame, (unsigned long long)offset);
}

void strict_its_write(struct machine *m, unsigned vcpu, uint64_t offset, uint64_t value)
{
    struct strict *s = m->strict;
    struct strict_access a = {.vcpu = vcpu, .is_write = true, .value = value};

    s->in_its_write = true;
    if (offset >= OFFSET_TRANSLATER_FRAME)
        return;
    name_register(&a, gic_its_name(offset), "GITS", offset);
    s->judged = &a;
    gic_doubt_its(m->its, offset, value, strict_on_doubt, m);
    if (offset != OFFSET_CWRITER)
        return;
    s->its_writer = a;
    s->its_writer.pc = vcpu_get_pc(m->engine, vcpu);
}

void strict_its_written(struct machine *m)
{
    m->strict->in_its_write = false;
}

void strict_gicc(struct machine *m, const struct gic_frame_access *access)
{
    struct strict_access a = {
        .vcpu = access->vcpu, .is_write = access->is_write, .value = access->value};

    name_register(&a, NULL, "GICC", access->offset);
    m->strict->judged = &a;
    gic_doubt_cpu(m->gic, access->vcpu, access->secure, strict_on_doubt, m);
}

/* -- Commands -- */

/* @detail: IHI 0069 5.3, 0x01 << 16 | opcode << 8 | what is wrong. A device's message that leads
 * nowhere has the same number as INT, and is no command. */
static void command_failed(struct machine *m, uint64_t detail)
{
    struct strict *s = m->strict;
    const struct gic_doubt d = {
        .kind = GIC_DOUBT_ITS_COMMAND, .intid = GIC_DOUBT_NO_INTID, .bits = detail};

    if (!s->its_writer.pc || detail >> 16 != 1 || !(detail >> 8 & 0xff) || !(detail & 0xff))
        return;
    if ((detail >> 8 & 0xff) == OPCODE_INT && !s->in_its_write)
        return;
    strict_tell(m, &s->its_writer, &d);
}

/* -- LPIs -- */

static void remember(struct machine *m, unsigned vcpu, uint32_t intid)
{
    struct strict_lpi *lpi = &m->strict->lpis[intid * 2654435761u >> 20];

    if (lpi->intid && lpi->intid != intid)
        return;
    *lpi = (struct strict_lpi){intid, vcpu, vcpu_get_pc(m->engine, vcpu)};
}

void strict_gic_event(struct machine *m, enum gic_event event, unsigned vcpu, uint32_t intid,
                      uint64_t detail)
{
    if (event == GIC_EVENT_GUEST_ERROR)
        command_failed(m, detail);
    else if (event == GIC_EVENT_PENDED && intid >= FIRST_LPI && vcpu < m->config.n_vcpus)
        remember(m, vcpu, intid);
}

/* While a change is on its way to the GIC nothing is wrong: so it is looked at in the end. */
void strict_lpis_end(struct machine *m)
{
    for (unsigned i = 0; i < STRICT_LPIS; i++) {
        const struct strict_lpi *lpi = &m->strict->lpis[i];
        struct strict_access a = {.pc = lpi->pc, .vcpu = lpi->vcpu, .is_write = true};
        struct gic_doubt d = {.kind = GIC_DOUBT_INV, .intid = lpi->intid};
        uint8_t copy, in_memory;

        if (!lpi->intid || !gic_lpi_copy(m->gic, lpi->vcpu, lpi->intid, &copy, &in_memory))
            continue;
        d.bits = (copy ^ in_memory) & ~LPI_RESERVED & 0xff;
        if (!d.bits)
            continue;
        a.value = in_memory;
        snprintf(a.reg, sizeof(a.reg), "LPI configuration byte");
        strict_tell(m, &a, &d);
    }
}
