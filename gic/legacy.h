/* SPDX-License-Identifier: MIT */
/*
 * Legacy operation (IHI 0069 10): affinity routing off, GICD_CTLR.ARE_* = 0, and the memory-mapped
 * CPU interface. legacy.c is the distributor's part, gicc.c the CPU interface's.
 */
#ifndef GIC_LEGACY_H
#define GIC_LEGACY_H

#include "gic/internal.h"

#define GIC_LEGACY_VCPUS 8u

#define GICD_CPENDSGIR 0xf10u
#define GICD_SPENDSGIR 0xf20u
#define GICC_CTLR      0x0u
#define GICC_STATUSR   0x2cu

/* Whether affinity routing is on for the security state of an interrupt (IHI 0069 10.2). */
static inline bool gic_are(const struct gic *g, bool group1)
{
    uint32_t bit = group1 && !gic_ds(g) ? CTLR_ARE_NS : CTLR_ARE_S;

    return !g->config.legacy || (g->dist.ctlr & bit) != 0;
}

/** gic_spi_targets - vCPUs that GICD_ITARGETSR<n> names; ~0 with affinity routing. */
uint64_t gic_spi_targets(const struct gic *g, unsigned slot);
/** gic_is_one_of_n - whether several vCPUs may take the SPI: IRM, or several targets. */
bool gic_is_one_of_n(const struct gic *g, unsigned slot);
/** gic_route_legacy - false with affinity routing; else *route is set. */
bool gic_route_legacy(const struct gic *g, unsigned slot, uint16_t *route);
/** gic_are_mask - the interrupts of a word that this frame holds, as ARE says. */
uint32_t gic_are_mask(const struct reg_access *a, unsigned word, uint32_t groups);
/** gic_sgi_taken - the SGI was acknowledged: one source less. True: it is pending from others. */
bool gic_sgi_taken(struct gic_vcpu *v, unsigned intid);
void gic_legacy_mend(struct gic *g);
REG_READ(legacy_itargets_read);
REG_WRITE(legacy_itargets_write);
REG_WRITE(legacy_sgir_write);
REG_READ(legacy_sources_read);
REG_WRITE(legacy_sources_write);

/* Whether vCPUs' eligibility for 1-of-N interrupts is kept. */
static inline bool gic_has_choice(const struct gic *g)
{
    return g->config.has_one_of_n || g->config.legacy;
}

#endif
