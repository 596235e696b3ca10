/* SPDX-License-Identifier: MIT */
/*
 * Effects that take time: rwp.c. @frame NULL means the distributor.
 */
#ifndef GIC_RWP_H
#define GIC_RWP_H

#include "gic/internal.h"

/* Of what takes time, and is over after some reads of its register, the choice is below this. */
#define GIC_LONGEST_READS 4u

/** gic_mend_reads - after a restore: reads that a choice could have left. */
static inline uint32_t gic_mend_reads(uint32_t reads)
{
    return reads < GIC_LONGEST_READS ? reads : GIC_LONGEST_READS - 1;
}

/**
 * gic_rwp_start - before a write that RWP covers: whether its effects have to wait. Those of device
 * attributes never do, and end all waiting.
 */
bool gic_rwp_start(const struct reg_access *a);
/** gic_rwp_read - RWP, for a read of GICx_CTLR, which is one unit of time. */
bool gic_rwp_read(const struct reg_access *a);
/** gic_enable_view - enables as the registers show them; _lags, _again - @bits cleared, set. */
uint32_t gic_enable_view(struct gic *g, struct gic_vcpu *frame, unsigned word);
void gic_enable_lags(struct gic *g, struct gic_vcpu *frame, unsigned word, uint32_t bits);
void gic_enable_again(struct gic *g, struct gic_vcpu *frame, unsigned word, uint32_t bits);
/** gic_sync_start - invalidates @intid or GIC_SYNC_ALL, now or when GICR_SYNCR has been busy. */
void gic_sync_start(struct gic_vcpu *v, uint32_t intid, const struct gic_vcpu *by);
void gic_sync_settle(struct gic_vcpu *v);
/** gic_sync_age - one unit of time; returns Busy as it was before. */
bool gic_sync_age(struct gic_vcpu *v);
/** gic_time_passes - @v acknowledges: time also for what waits at no register's reading. */
void gic_time_passes(struct gic_vcpu *v);
/** gic_rwp_mend - after a restore: waits that can end. */
void gic_rwp_mend(struct gic *g);

#endif
