/* SPDX-License-Identifier: MIT */
/*
 * Fields of the hypervisor's registers (IHI 0069 12.4), for ich.c and virt.c.
 */
#ifndef GIC_ICH_H
#define GIC_ICH_H

#include "gic/internal.h"

#define ICH_HCR_UIE            (1u << 1)
#define ICH_HCR_LRENPIE        (1u << 2)
#define ICH_HCR_NPIE           (1u << 3)
#define ICH_HCR_VGRP0EIE       (1u << 4)
#define ICH_HCR_VGRP0DIE       (1u << 5)
#define ICH_HCR_VGRP1EIE       (1u << 6)
#define ICH_HCR_VGRP1DIE       (1u << 7)
#define ICH_HCR_VSGIEOICOUNT   (1u << 8)  /* GICv4.1 */
#define ICH_HCR_DVIM           (1u << 15) /* GICv4.1 */
#define ICH_HCR_EOICOUNT_SHIFT 27

/* ICH_VMCR_EL2: bit numbers */
#define VMCR_VENG0       0
#define VMCR_VENG1       1
#define VMCR_VFIQEN      3
#define VMCR_VCBPR       4
#define VMCR_VEOIM       9
#define VMCR_VBPR1_SHIFT 18
#define VMCR_VBPR0_SHIFT 21
#define VMCR_VPMR_SHIFT  24

/* ICH_LR<n>_EL2 */
#define LR_STATE_SHIFT 62
#define LR_STATE_MASK  (3ull << LR_STATE_SHIFT)
#define LR_PENDING     1u
#define LR_ACTIVE      2u
#define LR_STATE(lr)   ((unsigned)((lr) >> LR_STATE_SHIFT))
#define LR_HW(lr)      ((bool)(((lr) >> 61) & 1))
#define LR_GROUP(lr)   ((unsigned)(((lr) >> 60) & 1))
/* FEAT_GICv3_NMI: superpriority, which Group 0 does not have; the priority then is 0. */
#define LR_NMI_BIT      (1ull << 59)
#define LR_NMI(lr)      (((lr) >> 59 & 3) == 3)
#define LR_PRIORITY(lr) (LR_NMI(lr) ? (uint8_t)0 : (uint8_t)((lr) >> 48))
#define LR_PINTID(lr)   ((uint32_t)((lr) >> 32) & 0x1fff)
#define LR_EOI(lr)      ((bool)(((lr) >> 41) & 1))
#define LR_VINTID(lr)   ((uint32_t)(lr))

/* -- listreg.c -- */
#define LR_NO_KEY INT16_MAX
void gic_lr_set(struct gic_vcpu *v, unsigned n, uint64_t lr);
/** gic_lr_rebuild - after gic_cpuif_state.ich_lr was written as a whole. */
void gic_lr_rebuild(struct gic_vcpu *v);
/** gic_lr_highest - the one of @groups (a bit each) that is taken first; -1: none is pending. */
int gic_lr_highest(const struct gic_vcpu *v, unsigned groups);
/** gic_lr_check - GIC_PARANOID: what is derived agrees with the registers. */
void gic_lr_check(const struct gic_vcpu *v);

/* The virtual interrupt that the guest would take next. */
struct virt_pending {
    struct gic_hppi h;
    int lr; /* -1: injected directly (GICv4) */
};

/*
 * virt.c: how it is chosen, for delivery and for gic_explain_virtual().
 * gic_virt_highest - of the enabled groups; lr -1 and INTID 1023: none.
 */
void gic_virt_highest(const struct gic_vcpu *v, struct virt_pending *best);
uint8_t gic_virt_running(const struct gic_vcpu *v);
uint8_t gic_virt_priority_mask(const struct gic_vcpu *v, unsigned group);
bool gic_virt_passes_mask(const struct gic_vcpu *v, const struct gic_hppi *h);
bool gic_virt_passes_running(const struct gic_vcpu *v, const struct gic_hppi *h);
/** gic_publish_virtual - publish.c; @highest: as gic_virt_highest() says. */
void gic_publish_virtual(struct gic_vcpu *v, const struct virt_pending *highest);
/** gic_ich_set_vmcr - writes the bits of @mask, keeps binary points in range, updates. */
void gic_ich_set_vmcr(struct gic_vcpu *v, uint64_t value, uint64_t mask);
/** gic_ich_update_maintenance - drives the maintenance line and PPI 25. */
void gic_ich_update_maintenance(struct gic_vcpu *v);

#endif
