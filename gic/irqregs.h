/* SPDX-License-Identifier: MIT */
/*
 * Registers that GICD and GICR share: irqregs.c; dist.c and redist.c have the rows.
 */
#ifndef GIC_IRQREGS_H
#define GIC_IRQREGS_H

#include "gic/internal.h"

REG_READ(irq_group_read);
REG_WRITE(irq_group_write);
REG_READ(irq_grpmod_read);
REG_WRITE(irq_grpmod_write);
REG_READ(irq_enable_read);
REG_WRITE(irq_enable_set);
REG_WRITE(irq_enable_clear);
REG_READ(irq_pending_read);
REG_READ(irq_pending_clear_read);
REG_WRITE(irq_pending_set);
REG_WRITE(irq_pending_clear);
REG_READ(irq_active_read);
REG_WRITE(irq_active_set);
REG_WRITE(irq_active_clear);
REG_READ(irq_priority_read);
REG_WRITE(irq_priority_write);
REG_READ(irq_config_read);
REG_WRITE(irq_config_write);
REG_READ(irq_nsacr_read);
REG_WRITE(irq_nsacr_write);
REG_READ(irq_nmi_read);
REG_WRITE(irq_nmi_write);
REG_READ(gic_idregs_read);
REG_READ(gic_iidr_read);
int gic_iidr_accept(const struct reg_access *a, const struct gic_reg *r, unsigned n,
                    uint64_t value);
#define GIC_STATUSR_BITS 0xfu /* RRD, WRD, RWOD, WROD */
/** gic_statusr_of - GICx_STATUSR of the frame and security state of an access. */
uint32_t *gic_statusr_of(const struct reg_access *a);
REG_READ(gic_statusr_read);
REG_WRITE(gic_statusr_write);

#endif
