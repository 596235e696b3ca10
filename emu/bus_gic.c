/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The GIC's frames on the bus; with --strict, judged before they are accessed; with a trace, told
 * of after that. While there is neither, accesses do not ask whether there is.
 */
#include "emu/machine.h"

#include <errno.h>

#include "emu/strict.h"
#include "emu/trace.h"
#include "gic/attr.h"

static int gicd_read(void *opaque, unsigned vcpu, bool secure, uint64_t offset, unsigned size_bytes,
                     uint64_t *value)
{
    struct machine *m = opaque;

    m->statistics.mmio_reads++;
    return gic_dist_read(m->gic, vcpu, secure, offset, size_bytes, value);
}

static int gicd_write(void *opaque, unsigned vcpu, bool secure, uint64_t offset,
                      unsigned size_bytes, uint64_t value)
{
    struct machine *m = opaque;

    m->statistics.mmio_writes++;
    return gic_dist_write(m->gic, vcpu, secure, offset, size_bytes, value);
}

static int gicc_read(void *opaque, unsigned vcpu, bool secure, uint64_t offset, unsigned size_bytes,
                     uint64_t *value)
{
    struct machine *m = opaque;

    m->statistics.mmio_reads++;
    return gic_cpu_read(m->gic, vcpu, secure, offset, size_bytes, value);
}

static int gicc_write(void *opaque, unsigned vcpu, bool secure, uint64_t offset,
                      unsigned size_bytes, uint64_t value)
{
    struct machine *m = opaque;

    m->statistics.mmio_writes++;
    return gic_cpu_write(m->gic, vcpu, secure, offset, size_bytes, value);
}

static int gicr_read(void *opaque, unsigned vcpu, bool secure, uint64_t offset, unsigned size_bytes,
                     uint64_t *value)
{
    struct gicr_region *r = opaque;
    struct machine *m = r->machine;

    m->statistics.mmio_reads++;
    return gic_redist_read(m->gic, r->first_vcpu + (unsigned)(offset / m->board.gicr_bytes), vcpu,
                           secure, offset % m->board.gicr_bytes, size_bytes, value);
}

static int gicr_write(void *opaque, unsigned vcpu, bool secure, uint64_t offset,
                      unsigned size_bytes, uint64_t value)
{
    struct gicr_region *r = opaque;
    struct machine *m = r->machine;

    m->statistics.mmio_writes++;
    return gic_redist_write(m->gic, r->first_vcpu + (unsigned)(offset / m->board.gicr_bytes), vcpu,
                            secure, offset % m->board.gicr_bytes, size_bytes, value);
}

/* --strict: @offset is from the first redistributor's RD_base that @first_vcpu has. */
static void judge(struct machine *m, const struct gic_frame_access *access)
{
    struct gic_frame_access a = *access;

    if (!m->strict)
        return;
    if (a.frame == GIC_FRAME_REDIST) {
        a.frame_vcpu += (unsigned)(a.offset / m->board.gicr_bytes);
        a.offset %= m->board.gicr_bytes;
    }
    strict_frame(m, &a);
}

static int gicd_read_judged(void *opaque, unsigned vcpu, bool secure, uint64_t offset,
                            unsigned size_bytes, uint64_t *value)
{
    judge(opaque, &(struct gic_frame_access){.frame = GIC_FRAME_DIST,
                                             .vcpu = vcpu,
                                             .secure = secure,
                                             .offset = offset,
                                             .size_bytes = size_bytes});
    return gicd_read(opaque, vcpu, secure, offset, size_bytes, value);
}

static int gicd_write_judged(void *opaque, unsigned vcpu, bool secure, uint64_t offset,
                             unsigned size_bytes, uint64_t value)
{
    judge(opaque, &(struct gic_frame_access){.frame = GIC_FRAME_DIST,
                                             .vcpu = vcpu,
                                             .secure = secure,
                                             .is_write = true,
                                             .offset = offset,
                                             .value = value,
                                             .size_bytes = size_bytes});
    return gicd_write(opaque, vcpu, secure, offset, size_bytes, value);
}

static int gicr_read_judged(void *opaque, unsigned vcpu, bool secure, uint64_t offset,
                            unsigned size_bytes, uint64_t *value)
{
    const struct gicr_region *r = opaque;

    judge(r->machine, &(struct gic_frame_access){.frame = GIC_FRAME_REDIST,
                                                 .frame_vcpu = r->first_vcpu,
                                                 .vcpu = vcpu,
                                                 .secure = secure,
                                                 .offset = offset,
                                                 .size_bytes = size_bytes});
    return gicr_read(opaque, vcpu, secure, offset, size_bytes, value);
}

static int gicr_write_judged(void *opaque, unsigned vcpu, bool secure, uint64_t offset,
                             unsigned size_bytes, uint64_t value)
{
    const struct gicr_region *r = opaque;

    judge(r->machine, &(struct gic_frame_access){.frame = GIC_FRAME_REDIST,
                                                 .frame_vcpu = r->first_vcpu,
                                                 .vcpu = vcpu,
                                                 .secure = secure,
                                                 .is_write = true,
                                                 .offset = offset,
                                                 .value = value,
                                                 .size_bytes = size_bytes});
    return gicr_write(opaque, vcpu, secure, offset, size_bytes, value);
}

static int gicc_read_judged(void *opaque, unsigned vcpu, bool secure, uint64_t offset,
                            unsigned size_bytes, uint64_t *value)
{
    strict_gicc(opaque,
                &(struct gic_frame_access){.vcpu = vcpu, .secure = secure, .offset = offset});
    return gicc_read(opaque, vcpu, secure, offset, size_bytes, value);
}

static int gicc_write_judged(void *opaque, unsigned vcpu, bool secure, uint64_t offset,
                             unsigned size_bytes, uint64_t value)
{
    strict_gicc(
        opaque,
        &(struct gic_frame_access){
            .vcpu = vcpu, .secure = secure, .is_write = true, .offset = offset, .value = value});
    return gicc_write(opaque, vcpu, secure, offset, size_bytes, value);
}

static int its_read(void *opaque, unsigned vcpu, bool secure, uint64_t offset, unsigned size_bytes,
                    uint64_t *value)
{
    struct machine *m = opaque;

    (void)secure;
    m->statistics.mmio_reads++;
    return gic_its_read(m->its, vcpu, offset, size_bytes, value);
}

static int its_write(void *opaque, unsigned vcpu, bool secure, uint64_t offset, unsigned size_bytes,
                     uint64_t value)
{
    struct machine *m = opaque;

    (void)secure;
    m->statistics.mmio_writes++;
    return gic_its_write(m->its, vcpu, offset, size_bytes, value);
}

static int its_write_judged(void *opaque, unsigned vcpu, bool secure, uint64_t offset,
                            unsigned size_bytes, uint64_t value)
{
    int rc;

    strict_its_write(opaque, vcpu, offset, value);
    rc = its_write(opaque, vcpu, secure, offset, size_bytes, value);
    strict_its_written(opaque);
    return rc;
}

static void judge_all(struct machine *m)
{
    m->gicc_window.read = gicc_read_judged;
    m->gicc_window.write = gicc_write_judged;
    m->its_window.write = its_write_judged;
    m->gicd_window.read = gicd_read_judged;
    m->gicd_window.write = gicd_write_judged;
    for (unsigned i = 0; i < sizeof(m->gicr) / sizeof(m->gicr[0]); i++) {
        m->gicr[i].mmio.read = gicr_read_judged;
        m->gicr[i].mmio.write = gicr_write_judged;
    }
}

/*
 * Those who hear of events are told at once what they have changed, not when the turn is over.
 * While nobody hears, accesses do not ask whether somebody does.
 */
static int settle(struct machine *m, unsigned vcpu, int rc)
{
    trace_settle(m, vcpu);
    return rc;
}

static int gicd_write_settled(void *opaque, unsigned vcpu, bool secure, uint64_t offset,
                              unsigned size_bytes, uint64_t value)
{
    struct machine *m = opaque;

    return settle(m, vcpu,
                  (m->strict ? gicd_write_judged : gicd_write)(opaque, vcpu, secure, offset,
                                                               size_bytes, value));
}

static int gicc_read_settled(void *opaque, unsigned vcpu, bool secure, uint64_t offset,
                             unsigned size_bytes, uint64_t *value)
{
    struct machine *m = opaque;

    return settle(m, vcpu,
                  (m->strict ? gicc_read_judged : gicc_read)(opaque, vcpu, secure, offset,
                                                             size_bytes, value));
}

static int gicc_write_settled(void *opaque, unsigned vcpu, bool secure, uint64_t offset,
                              unsigned size_bytes, uint64_t value)
{
    struct machine *m = opaque;

    return settle(m, vcpu,
                  (m->strict ? gicc_write_judged : gicc_write)(opaque, vcpu, secure, offset,
                                                               size_bytes, value));
}

static int gicr_write_settled(void *opaque, unsigned vcpu, bool secure, uint64_t offset,
                              unsigned size_bytes, uint64_t value)
{
    struct machine *m = ((struct gicr_region *)opaque)->machine;

    return settle(m, vcpu,
                  (m->strict ? gicr_write_judged : gicr_write)(opaque, vcpu, secure, offset,
                                                               size_bytes, value));
}

static int its_write_settled(void *opaque, unsigned vcpu, bool secure, uint64_t offset,
                             unsigned size_bytes, uint64_t value)
{
    struct machine *m = opaque;

    return settle(m, vcpu,
                  (m->strict ? its_write_judged : its_write)(opaque, vcpu, secure, offset,
                                                             size_bytes, value));
}

static void settle_all(struct machine *m)
{
    m->gicd_window.write = gicd_write_settled;
    m->gicc_window.read = gicc_read_settled;
    m->gicc_window.write = gicc_write_settled;
    m->its_window.write = its_write_settled;
    for (unsigned i = 0; i < sizeof(m->gicr) / sizeof(m->gicr[0]); i++)
        m->gicr[i].mmio.write = gicr_write_settled;
}

void bus_watch_gic(struct machine *m)
{
    if (m->strict)
        judge_all(m);
    if (m->trace)
        settle_all(m);
}

static int map_gicr(struct machine *m, unsigned region, uint64_t base, unsigned first,
                    unsigned count)
{
    m->gicr[region] = (struct gicr_region){
        .machine = m,
        .first_vcpu = first,
        .mmio = {.opaque = &m->gicr[region], .read = gicr_read, .write = gicr_write},
    };
    return engine_map_mmio(m->engine, base, count * m->board.gicr_bytes, &m->gicr[region].mmio);
}

/* GICR_TYPER.Last, and whoever saves the GIC, go by where its frames are. */
static int tell_addresses(struct machine *m, unsigned first)
{
    uint64_t rest = m->config.n_vcpus - first;
    int rc = gic_attr_set(m->gic, GIC_ATTR_ADDR, GIC_ATTR_ADDR_DIST, m->board.gicd_base);

    if (!rc)
        rc = gic_attr_set(m->gic, GIC_ATTR_ADDR, GIC_ATTR_ADDR_REDIST_REGION,
                          (uint64_t)first << 52 | m->board.gicr_base);
    if (!rc && rest)
        rc = gic_attr_set(m->gic, GIC_ATTR_ADDR, GIC_ATTR_ADDR_REDIST_REGION,
                          rest << 52 | BOARD_GICR2_BASE | 1);
    if (!rc && m->its)
        rc = gic_its_attr_set(m->its, GIC_ATTR_ADDR, GIC_ATTR_ADDR_ITS, m->board.its_base);
    return rc;
}

int bus_create(struct machine *m, struct error *err)
{
    unsigned n = m->config.n_vcpus, first = m->board.gicr_first;
    int rc;

    m->gicd_window = (struct cpu_mmio){.opaque = m, .read = gicd_read, .write = gicd_write};
    rc = engine_map_mmio(m->engine, m->board.gicd_base, GIC_DIST_BYTES, &m->gicd_window);
    m->gicc_window = (struct cpu_mmio){.opaque = m, .read = gicc_read, .write = gicc_write};
    if (!rc && m->board.has_gicc)
        rc = engine_map_mmio(m->engine, BOARD_GICC_BASE, BOARD_GICC_BYTES, &m->gicc_window);
    m->its_window = (struct cpu_mmio){.opaque = m, .read = its_read, .write = its_write};
    if (!rc && m->its)
        rc = engine_map_mmio(m->engine, m->board.its_base, m->board.its_bytes, &m->its_window);
    rc = rc ? rc : map_gicr(m, 0, m->board.gicr_base, 0, first);
    if (!rc && n > first)
        rc = map_gicr(m, 1, BOARD_GICR2_BASE, first, n - first);
    rc = rc ? rc : tell_addresses(m, first);
    if (rc)
        return error_set(err, IRQLAB_EXIT_INTERNAL, rc, "the GIC's frames cannot be mapped");
    m->devices_deadline_ns = UINT64_MAX;
    return 0;
}
