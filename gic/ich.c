/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's side of the virtual CPU interface: ICH_* (IHI 0069 4.7, 12.4).
 */
#include "gic/ich.h"
#include "gic/sysregs.h"

/* A list register that still reports an end of interrupt is not empty (IHI 0069 12.4.3, 12.4.4). */
static unsigned empty_lrs(const struct gic_vcpu *v)
{
    unsigned all = (1u << v->gic->config.list_registers) - 1;

    return all & ~(unsigned)(v->lrs.valid | v->lrs.eoi);
}

/* IHI 0069 12.4.7: every condition is a level. */
static uint32_t misr(const struct gic_vcpu *v)
{
    uint64_t hcr = v->cpu.ich_hcr, vmcr = v->cpu.ich_vmcr;
    const struct gic_lr_sums *s = &v->lrs;
    bool one_at_most = (s->valid & (s->valid - 1)) == 0;
    bool eng0 = (vmcr >> VMCR_VENG0) & 1, eng1 = (vmcr >> VMCR_VENG1) & 1;

    return (uint32_t)(s->eoi != 0) << 0 | (uint32_t)((hcr & ICH_HCR_UIE) && one_at_most) << 1 |
           (uint32_t)((hcr & ICH_HCR_LRENPIE) && hcr >> ICH_HCR_EOICOUNT_SHIFT != 0) << 2 |
           (uint32_t)((hcr & ICH_HCR_NPIE) && s->pending == 0) << 3 |
           (uint32_t)((hcr & ICH_HCR_VGRP0EIE) && eng0) << 4 |
           (uint32_t)((hcr & ICH_HCR_VGRP0DIE) && !eng0) << 5 |
           (uint32_t)((hcr & ICH_HCR_VGRP1EIE) && eng1) << 6 |
           (uint32_t)((hcr & ICH_HCR_VGRP1DIE) && !eng1) << 7;
}

/* The Base System Architecture's number for the maintenance interrupt. */
void gic_ich_update_maintenance(struct gic_vcpu *v)
{
    bool level = (v->cpu.ich_hcr & ICH_HCR_EN) && misr(v) != 0;
    bool was = (v->lines >> GIC_LINE_MAINTENANCE) & 1;

    if (level == was)
        return;
    gic_drive_line(v, GIC_LINE_MAINTENANCE, level);
    gic_set_ppi(v->gic, v->index, GIC_PPI_MAINTENANCE, level);
}

SYSREG_READ(ich_misr_read)
{
    (void)g, (void)reg, (void)pe;
    return misr(v);
}

SYSREG_READ(ich_eisr_read)
{
    (void)g, (void)reg, (void)pe;
    return v->lrs.eoi;
}

SYSREG_READ(ich_elrsr_read)
{
    (void)g, (void)reg, (void)pe;
    return empty_lrs(v);
}

/* -- Control -- */

/* RES0: TSEI (no SEIs), DVIM and vSGIEOICount before GICv4.1, reserved bits. */
static uint64_t hcr_writable(const struct gic *g)
{
    return 0xffu | ICH_HCR_TC | ICH_HCR_TALL0 | ICH_HCR_TALL1 | ICH_HCR_TDIR |
           (gic_is_v41(g) ? ICH_HCR_DVIM | ICH_HCR_VSGIEOICOUNT : 0) |
           0x1full << ICH_HCR_EOICOUNT_SHIFT;
}

SYSREG_READ(ich_hcr_read)
{
    (void)g, (void)reg, (void)pe;
    return v->cpu.ich_hcr;
}

SYSREG_WRITE(ich_hcr_write)
{
    (void)reg, (void)pe;
    v->cpu.ich_hcr = value & hcr_writable(g);
    gic_virt_update(v);
}

/* ListRegs, DVIM, TDS (ICH_HCR_EL2.TDIR works), nV4, A3V, IDbits 16, PREbits, PRIbits (IHI
 * 0069 12.4.9).
 */
SYSREG_READ(ich_vtr_read)
{
    (void)v, (void)reg, (void)pe;
    return (uint64_t)(g->config.list_registers - 1) | (uint64_t)gic_is_v41(g) << 18 | 1u << 19 |
           (uint64_t)!gic_is_v4(g) << 20 | 1u << 21 | (uint64_t)(g->pre_bits - 1) << 26 |
           (uint64_t)(g->priority_bits - 1) << 29;
}

/* -- ICH_VMCR_EL2: what the guest's ICV_PMR, BPR, IGRPEN and CTLR hold -- */

static uint64_t clamp_bpr(uint64_t vmcr, unsigned shift, unsigned least)
{
    if (((vmcr >> shift) & 7) >= least)
        return vmcr;
    return (vmcr & ~(7ull << shift)) | (uint64_t)least << shift;
}

/* VFIQEn is RAO/WI with system registers, VAckCtl RES0 (IHI 0069 12.4.8). */
static uint64_t valid_vmcr(const struct gic *g, uint64_t vmcr)
{
    uint64_t keep = 1ull << VMCR_VENG0 | 1ull << VMCR_VENG1 | 1ull << VMCR_VCBPR |
                    1ull << VMCR_VEOIM | 7ull << VMCR_VBPR0_SHIFT | 7ull << VMCR_VBPR1_SHIFT |
                    (uint64_t)g->priority_mask << VMCR_VPMR_SHIFT;

    vmcr = (vmcr & keep) | 1ull << VMCR_VFIQEN;
    vmcr = clamp_bpr(vmcr, VMCR_VBPR0_SHIFT, g->min_bpr);
    return clamp_bpr(vmcr, VMCR_VBPR1_SHIFT, g->min_bpr + 1u);
}

void gic_ich_set_vmcr(struct gic_vcpu *v, uint64_t value, uint64_t mask)
{
    v->cpu.ich_vmcr = valid_vmcr(v->gic, (v->cpu.ich_vmcr & ~mask) | (value & mask));
    gic_virt_update(v);
}

SYSREG_READ(ich_vmcr_read)
{
    (void)g, (void)reg, (void)pe;
    return v->cpu.ich_vmcr;
}

SYSREG_WRITE(ich_vmcr_write)
{
    (void)g, (void)reg, (void)pe;
    gic_ich_set_vmcr(v, value, ~0ull);
}

/* -- Active priorities, list registers -- */

/* reg->index: group in the upper half, n in the lower. */
static uint32_t *apr_of(struct gic_vcpu *v, const struct gic_sysreg *reg)
{
    return &v->cpu.ich_apr[reg->index >> 4][reg->index & 0xf];
}

/* ICH_AP1R0_EL2 has the NMI bit, whatever the number of preemption levels. */
static bool is_ap1r0(const struct gic_sysreg *reg)
{
    return reg->index == 1 << 4;
}

SYSREG_READ(ich_apr_read)
{
    uint64_t nmi = is_ap1r0(reg) && v->cpu.vnmi_active ? APR_NMI : 0;

    (void)g, (void)pe;
    return *apr_of(v, reg) | nmi;
}

SYSREG_WRITE(ich_apr_write)
{
    (void)pe;
    *apr_of(v, reg) = (uint32_t)value & gic_apr_bits(g, reg->index & 0xf);
    if (is_ap1r0(reg))
        v->cpu.vnmi_active = g->config.has_nmi && (value & APR_NMI);
    gic_virt_update(v);
}

SYSREG_READ(ich_lr_read)
{
    (void)g, (void)pe;
    return v->cpu.ich_lr[reg->index];
}

/* vINTID of 16 bits; priority bits that do not exist and reserved bits are RES0. */
static uint64_t valid_lr(const struct gic *g, uint64_t lr)
{
    uint64_t nmi = g->config.has_nmi ? LR_NMI_BIT : 0;

    return lr & (LR_STATE_MASK | 1ull << 61 | 1ull << 60 | nmi | (uint64_t)g->priority_mask << 48 |
                 0x1fffull << 32 | 0xffffull);
}

SYSREG_WRITE(ich_lr_write)
{
    uint64_t was = v->cpu.ich_lr[reg->index], now = valid_lr(g, value);
    bool same = (LR_STATE(was) & LR_PENDING) && LR_VINTID(was) == LR_VINTID(now);

    (void)pe;
    gic_lr_set(v, reg->index, now);
    if ((LR_STATE(now) & LR_PENDING) && !same)
        gic_event(g, GIC_EVENT_VIRTUAL_PENDED, v, LR_VINTID(now), LR_PRIORITY(now));
    gic_virt_update(v);
}

/* -- Reset, restore -- */

void gic_ich_mend(struct gic_vcpu *v)
{
    struct gic_cpuif_state *c = &v->cpu;

    c->ich_hcr &= hcr_writable(v->gic);
    c->vnmi_active &= v->gic->config.has_nmi;
    c->ich_vmcr = valid_vmcr(v->gic, c->ich_vmcr);
    for (unsigned i = 0; i < 16; i++)
        c->ich_lr[i] = i < v->gic->config.list_registers ? valid_lr(v->gic, c->ich_lr[i]) : 0;
    for (unsigned n = 0; n < 4; n++) {
        c->ich_apr[0][n] &= gic_apr_bits(v->gic, n);
        c->ich_apr[1][n] &= gic_apr_bits(v->gic, n);
    }
    gic_lr_rebuild(v);
}

void gic_virt_reset(struct gic_vcpu *v)
{
    const struct gic *g = v->gic;

    v->cpu.ich_vmcr = 1ull << VMCR_VFIQEN | (uint64_t)g->min_bpr << VMCR_VBPR0_SHIFT |
                      (uint64_t)(g->min_bpr + 1) << VMCR_VBPR1_SHIFT;
    gic_lr_rebuild(v);
}
