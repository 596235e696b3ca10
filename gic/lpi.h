/* SPDX-License-Identifier: MIT */
/*
 * LPIs at one redistributor: lpi.c keeps them, its.c and redist.c ask.
 */
#ifndef GIC_LPI_H
#define GIC_LPI_H

#include "gic/internal.h"

/** gic_lpi_create - room for the chunks and levels of every vCPU. 0 or -ENOMEM. */
int gic_lpi_create(struct gic *g);
void gic_lpi_destroy(struct gic *g);
/** gic_lpi_reset - nothing pending, nothing cached. */
void gic_lpi_reset(struct gic_vcpu *v);
/** gic_lpi_rebuild - the sets anew from the pending bits; no update of the vCPU. */
void gic_lpi_rebuild(struct gic_vcpu *v);
void gic_lpi_visit(struct gic_vcpu *v,
                   void (*fn)(void *opaque, const char *name, void *data, size_t size_bytes),
                   void *opaque);

/** gic_lpi_enable - GICR_CTLR.EnableLPIs changed: pending bits come from or go to guest memory. */
void gic_lpi_enable(struct gic_vcpu *v, bool enable);
/** gic_lpi_save - pending bits go to guest memory too, and LPIs stay enabled. 0 or -EFAULT. */
int gic_lpi_save(struct gic_vcpu *v);
/** gic_lpi_valid - whether @intid is an LPI that @v's tables have room for. */
bool gic_lpi_valid(const struct gic_vcpu *v, uint32_t intid);
bool gic_lpi_is_pending(const struct gic_vcpu *v, uint32_t intid);
/** gic_lpi_set_pending - also updates the vCPU; ignored for an invalid INTID or LPIs disabled. */
void gic_lpi_set_pending(struct gic_vcpu *v, uint32_t intid, bool pending);
/** gic_lpi_acknowledge - taken: pending no more, and nothing else (LPIs have no active state). */
void gic_lpi_acknowledge(struct gic_vcpu *v, uint32_t intid);
/** gic_lpi_invalidate - forgets the cached configuration of one LPI, or of all. */
void gic_lpi_invalidate(struct gic_vcpu *v, uint32_t intid);
void gic_lpi_invalidate_all(struct gic_vcpu *v);
/**
 * gic_lpi_move - what is pending at @from is pending at @to instead; with LPIs disabled there, or
 * no room for this one, it stays. gic_lpi_move_all - likewise, all of them.
 */
void gic_lpi_move(struct gic_vcpu *from, struct gic_vcpu *to, uint32_t intid);
void gic_lpi_move_all(struct gic_vcpu *from, struct gic_vcpu *to);
/** gic_lpi_next_pending - the first pending LPI from @intid on, or 0. */
uint32_t gic_lpi_next_pending(const struct gic_vcpu *v, uint32_t intid);
/** gic_lpi_cached - the cached configuration byte (enable bit 0), or 0; and its priority. */
uint8_t gic_lpi_cached(const struct gic_vcpu *v, uint32_t intid);
uint8_t gic_lpi_priority(const struct gic_vcpu *v, uint8_t configuration);
/** gic_lpi_in_memory - the byte that a fetch would cache now (enable bit 0). No effects. */
uint8_t gic_lpi_in_memory(const struct gic_vcpu *v, uint32_t intid);

#endif
