/* SPDX-License-Identifier: MIT */
/*
 * Memory-mapped frames: from an offset to a row of a register table, and the rules that hold for
 * all.
 *
 * What a register does not support (absent, reserved, read-only, write-only, wrong size, unaligned)
 * reads as zero and ignores writes; GICx_STATUSR notes it (IHI 0069 12.1.3, 12.9.34).
 */
#include <errno.h>
#include <stdlib.h>

#include "gic/irqregs.h"
#include "gic/legacy.h"

#define FRAME_BYTES 0x10000u
#define FRAME_SLOTS (FRAME_BYTES / 4)

#define STATUSR_RRD  (1u << 0) /* read of a reserved location */
#define STATUSR_WRD  (1u << 1) /* write to one */
#define STATUSR_RWOD (1u << 2) /* read of a write-only location */
#define STATUSR_WROD (1u << 3) /* write to a read-only one */

/* Row + 1 by offset / 4. */
struct gic_frame_map {
    uint8_t dist[FRAME_SLOTS], rd[FRAME_SLOTS], sgi[FRAME_SLOTS], vlpi[FRAME_SLOTS];
    uint8_t cpu[FRAME_SLOTS];
};

static void index_table(const struct gic *g, const struct gic_reg_table *table, uint8_t *map)
{
    for (size_t i = 0; i < table->n_rows; i++) {
        const struct gic_reg *r = &table->rows[i];
        if (r->legacy && !g->config.legacy)
            continue;
        for (uint32_t at = 0; at < (uint32_t)r->count * r->width; at += 4)
            map[(r->offset + at) / 4] = (uint8_t)(i + 1);
    }
}

int gic_frames_create(struct gic *g)
{
    g->frames = calloc(1, sizeof(*g->frames));
    if (g->frames == NULL)
        return -ENOMEM;
    index_table(g, &gic_dist_table, g->frames->dist);
    index_table(g, &gic_rd_table, g->frames->rd);
    index_table(g, &gic_sgi_table, g->frames->sgi);
    index_table(g, &gic_cpu_table, g->frames->cpu);
    if (gic_is_v4(g))
        index_table(g, &gic_vlpi_table, g->frames->vlpi);
    return 0;
}

void gic_frames_destroy(struct gic *g)
{
    free(g->frames);
}

uint32_t *gic_statusr_of(const struct reg_access *a)
{
    if (a->cpu)
        return &a->frame->cpu.gicc_statusr[a->ns];
    return a->frame != NULL ? &a->frame->redist.statusr[a->ns] : &a->gic->dist.statusr[a->ns];
}

static void complain(const struct reg_access *a, uint32_t bit, uint64_t offset)
{
    *gic_statusr_of(a) |= bit;
    gic_event(a->gic, GIC_EVENT_GUEST_ERROR, a->by, GIC_INTID_SPURIOUS, offset);
}

const struct gic_reg *gic_reg_at(const struct reg_access *a, uint64_t *offset)
{
    const struct gic_frame_map *f = a->gic->frames;
    const struct gic_reg_table *tables[3] = {&gic_rd_table, &gic_sgi_table, &gic_vlpi_table};
    const uint8_t *maps[3] = {f->rd, f->sgi, f->vlpi};
    const struct gic_reg_table *table = &gic_dist_table;
    const uint8_t *map = f->dist;

    if (a->cpu) {
        table = &gic_cpu_table;
        map = f->cpu;
    } else if (a->frame != NULL) {
        unsigned n = *offset < 2 * FRAME_BYTES ? (unsigned)(*offset / FRAME_BYTES) : 2;
        table = tables[n];
        map = maps[n];
        *offset -= n * FRAME_BYTES;
    }
    if (*offset >= FRAME_BYTES || map[*offset / 4] == 0)
        return NULL;
    return &table->rows[map[*offset / 4] - 1];
}

bool gic_reg_takes(const struct gic_reg *r, uint64_t offset, unsigned size_bytes)
{
    return (r->sizes & size_bytes) != 0 && offset % size_bytes == 0;
}

static uint64_t size_mask(unsigned size_bytes)
{
    return size_bytes >= 8 ? ~0ull : (1ull << (size_bytes * 8)) - 1;
}

/* Legacy operation: GICD's registers of SGIs and PPIs are the accessing PE's own. */
static struct reg_access bank(const struct reg_access *a, const struct gic_reg *r, unsigned n)
{
    struct reg_access to = *a;

    if (a->gic->config.legacy && n < r->banked) {
        to.frame = a->by;
        to.banked = true;
    }
    return to;
}

static uint64_t frame_read(const struct reg_access *a, uint64_t offset, unsigned size_bytes)
{
    uint64_t at = offset;
    const struct gic_reg *r = gic_reg_at(a, &at);

    if (r == NULL || r->read == NULL || !gic_reg_takes(r, at, size_bytes)) {
        complain(a, r != NULL && r->read == NULL ? STATUSR_RWOD : STATUSR_RRD, offset);
        return 0;
    }
    uint32_t within = (uint32_t)at - r->offset;
    struct reg_access to = bank(a, r, within / r->width);
    uint64_t value = r->read(&to, r, within / r->width);
    return value >> (within % r->width * 8) & size_mask(size_bytes);
}

static void frame_write(const struct reg_access *a, uint64_t offset, unsigned size_bytes,
                        uint64_t value)
{
    uint64_t at = offset;
    const struct gic_reg *r = gic_reg_at(a, &at);

    if (r == NULL || r->write == NULL || !gic_reg_takes(r, at, size_bytes)) {
        complain(a, r != NULL && r->write == NULL ? STATUSR_WROD : STATUSR_WRD, offset);
        return;
    }
    uint32_t within = (uint32_t)at - r->offset;
    unsigned shift = within % r->width * 8;
    uint64_t mask = size_mask(size_bytes);
    struct reg_access to = bank(a, r, within / r->width);
    r->write(&to, r, within / r->width, (value & mask) << shift, mask << shift);
}

static bool access_valid(const struct gic *g, unsigned frame_vcpu, unsigned vcpu,
                         unsigned size_bytes)
{
    return vcpu < g->config.n_vcpus && frame_vcpu < g->config.n_vcpus &&
           (size_bytes == 1 || size_bytes == 2 || size_bytes == 4 || size_bytes == 8);
}

static struct reg_access make_access(struct gic *g, struct gic_vcpu *frame, unsigned vcpu,
                                     bool secure)
{
    return (struct reg_access){
        .gic = g, .frame = frame, .by = &g->vcpus[vcpu], .ns = !secure && !gic_ds(g)};
}

int gic_dist_read(struct gic *g, unsigned vcpu, bool secure, uint64_t offset, unsigned size_bytes,
                  uint64_t *value)
{
    *value = 0;
    if (!access_valid(g, 0, vcpu, size_bytes))
        return 0;
    struct reg_access a = make_access(g, NULL, vcpu, secure);
    *value = frame_read(&a, offset, size_bytes);
    return 0;
}

int gic_dist_write(struct gic *g, unsigned vcpu, bool secure, uint64_t offset, unsigned size_bytes,
                   uint64_t value)
{
    if (!access_valid(g, 0, vcpu, size_bytes))
        return 0;
    struct reg_access a = make_access(g, NULL, vcpu, secure);
    frame_write(&a, offset, size_bytes, value);
    return 0;
}

int gic_redist_read(struct gic *g, unsigned frame_vcpu, unsigned vcpu, bool secure, uint64_t offset,
                    unsigned size_bytes, uint64_t *value)
{
    *value = 0;
    if (!access_valid(g, frame_vcpu, vcpu, size_bytes))
        return 0;
    struct reg_access a = make_access(g, &g->vcpus[frame_vcpu], vcpu, secure);
    *value = frame_read(&a, offset, size_bytes);
    return 0;
}

int gic_redist_write(struct gic *g, unsigned frame_vcpu, unsigned vcpu, bool secure,
                     uint64_t offset, unsigned size_bytes, uint64_t value)
{
    if (!access_valid(g, frame_vcpu, vcpu, size_bytes))
        return 0;
    struct reg_access a = make_access(g, &g->vcpus[frame_vcpu], vcpu, secure);
    frame_write(&a, offset, size_bytes, value);
    return 0;
}

/* -- GICC: only for those who do not use the system registers (IHI 0069 10.1) -- */

static bool uses_sysregs(const struct gic_vcpu *v)
{
    const struct gic_cpuif_state *c = &v->cpu;
    bool secure = v->gic->config.has_el3 && c->pe_secure;

    if (c->pe_el >= 2)
        return (c->pe_el == 3 ? c->sre_el3 : c->sre_el2) & SRE_SRE;
    return c->sre_el1[secure ? GIC_BANK_S : GIC_BANK_NS] & SRE_SRE;
}

static bool cpu_access(struct gic *g, unsigned vcpu, bool secure, unsigned size_bytes,
                       struct reg_access *a)
{
    if (!access_valid(g, vcpu, vcpu, size_bytes) || !g->config.legacy ||
        uses_sysregs(&g->vcpus[vcpu]))
        return false;
    *a = make_access(g, &g->vcpus[vcpu], vcpu, secure);
    a->cpu = true;
    return true;
}

int gic_cpu_read(struct gic *g, unsigned vcpu, bool secure, uint64_t offset, unsigned size_bytes,
                 uint64_t *value)
{
    struct reg_access a;

    *value = 0;
    if (cpu_access(g, vcpu, secure, size_bytes, &a))
        *value = frame_read(&a, offset, size_bytes);
    return 0;
}

int gic_cpu_write(struct gic *g, unsigned vcpu, bool secure, uint64_t offset, unsigned size_bytes,
                  uint64_t value)
{
    struct reg_access a;

    if (cpu_access(g, vcpu, secure, size_bytes, &a))
        frame_write(&a, offset, size_bytes, value);
    return 0;
}

/* -- Device attributes: words of registers that hold something -- */

/* What only starts something cannot be read; what cannot be written either way may start something
 * when it is read (GICC_IAR). */
static const struct gic_reg *lookup_user(const struct reg_access *a, uint64_t *at)
{
    const struct gic_reg *r = *at % 4 == 0 && *at < 3 * FRAME_BYTES ? gic_reg_at(a, at) : NULL;

    if (r == NULL || r->read == NULL || !(r->sizes & 4) || (a->cpu && r->write == NULL))
        return NULL;
    return r;
}

static struct reg_access user_access(struct gic *g, const struct gic_place *place)
{
    return (struct reg_access){.gic = g,
                               .frame = place->frame,
                               .by = place->by,
                               .ns = place->ns,
                               .cpu = place->cpu,
                               .user = true};
}

/* Of legacy operation's registers each vCPU has its own; the others are where ARE = 1 has them. */
static struct reg_access user_bank(const struct reg_access *a, const struct gic_reg *r, unsigned n)
{
    return r->legacy ? bank(a, r, n) : *a;
}

int gic_frame_user_read(struct gic *g, const struct gic_place *place, uint32_t offset,
                        uint32_t *value)
{
    struct reg_access a = user_access(g, place);
    uint64_t at = offset;
    const struct gic_reg *r = lookup_user(&a, &at);

    if (r == NULL)
        return -ENXIO;
    uint32_t within = (uint32_t)at - r->offset;
    struct reg_access to = user_bank(&a, r, within / r->width);
    *value = (uint32_t)(r->read(&to, r, within / r->width) >> (within % r->width * 8));
    return 0;
}

/* Writes of read-only registers are ignored. */
int gic_frame_user_write(struct gic *g, const struct gic_place *place, uint32_t offset,
                         uint32_t value)
{
    struct reg_access a = user_access(g, place);
    uint64_t at = offset;
    const struct gic_reg *r = lookup_user(&a, &at);

    if (r == NULL)
        return -ENXIO;
    uint32_t within = (uint32_t)at - r->offset;
    unsigned n = within / r->width, shift = within % r->width * 8;
    if (r->accept != NULL && r->accept(&a, r, n, value) != 0)
        return -EINVAL;
    struct reg_access to = user_bank(&a, r, n);
    if (r->write != NULL)
        r->write(&to, r, n, (uint64_t)value << shift, 0xffffffffull << shift);
    return 0;
}
