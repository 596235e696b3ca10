/* SPDX-License-Identifier: MIT */
/*
 * The virtual CPU interface as a guest sees it: ICV_* (IHI 0069 4.7, 12.3), on top of the list
 * registers. The hypervisor's own registers are in ich.c.
 */
#include <string.h>

#include "gic/ich.h"
#include "gic/vpe.h"
#include "gic/sysregs.h"

static bool is_group1(const struct gic_sysreg *reg)
{
    return reg->kind == CLASS_GROUP1 || reg->kind == CLASS_NMI;
}

static bool vmcr_bit(const struct gic_vcpu *v, unsigned bit)
{
    return (v->cpu.ich_vmcr >> bit) & 1;
}

static uint8_t vpmr(const struct gic_vcpu *v)
{
    return (uint8_t)(v->cpu.ich_vmcr >> VMCR_VPMR_SHIFT);
}

static unsigned vbpr(const struct gic_vcpu *v, unsigned group)
{
    unsigned shift = group == 0 ? VMCR_VBPR0_SHIFT : VMCR_VBPR1_SHIFT;

    return (v->cpu.ich_vmcr >> shift) & 7;
}

static bool lpi(uint32_t intid)
{
    return intid >= GIC_INTID_LPI;
}

static bool special(uint32_t intid)
{
    return intid >= GIC_INTID_SECURE && intid <= GIC_INTID_SPURIOUS;
}

/* As for the physical interface: BPR1 counts one bit less, VCBPR shares BPR0. */
uint8_t gic_virt_priority_mask(const struct gic_vcpu *v, unsigned group)
{
    unsigned bpr = vbpr(v, group);

    if (group == 1)
        bpr = vmcr_bit(v, VMCR_VCBPR) ? vbpr(v, 0) : bpr - 1;
    return (uint8_t)(0xff << (bpr + 1));
}

/* -- Active priorities -- */

static unsigned first_active(const uint32_t *apr)
{
    for (unsigned i = 0; i < 4; i++)
        if (apr[i] != 0)
            return i * 32 + (unsigned)__builtin_ctz(apr[i]);
    return 128;
}

uint8_t gic_virt_running(const struct gic_vcpu *v)
{
    const uint32_t(*apr)[4] = v->cpu.ich_apr;

    if (v->cpu.vnmi_active)
        return 0;
    for (unsigned i = 0; i < v->gic->apr_words; i++) {
        uint32_t any = apr[0][i] | apr[1][i];
        if (any != 0)
            return (uint8_t)((i * 32 + (unsigned)__builtin_ctz(any)) << (8 - v->gic->pre_bits));
    }
    return GIC_IDLE_PRIORITY;
}

/* What runs: the highest active virtual priority of either group, GIC_IDLE_PRIORITY if none. */
struct running {
    uint8_t priority;
    bool nmi;
};

/* Clears what runs and tells what it was. */
static struct running drop_priority(struct gic_vcpu *v)
{
    unsigned g0 = first_active(v->cpu.ich_apr[0]), g1 = first_active(v->cpu.ich_apr[1]);
    struct running was = {gic_virt_running(v), v->cpu.vnmi_active != 0};
    uint32_t *apr = v->cpu.ich_apr[g0 <= g1 ? 0 : 1];
    unsigned bit = g0 <= g1 ? g0 : g1;

    if (was.nmi)
        v->cpu.vnmi_active = 0;
    else if (bit < 128)
        apr[bit / 32] &= ~(1u << (bit % 32));
    return was;
}

/* -- Highest pending virtual interrupt -- */

/* Superpriority first, then by priority. */
static unsigned rank(uint64_t lr)
{
    return LR_NMI(lr) ? 0 : LR_PRIORITY(lr) + 1u;
}

static unsigned enabled_groups(const struct gic_vcpu *v)
{
    return (unsigned)vmcr_bit(v, VMCR_VENG0) | (unsigned)vmcr_bit(v, VMCR_VENG1) << 1;
}

/* ICH_HCR_EL2.DVIM hides what is injected directly. */
static struct gic_hppi highest_direct(const struct gic_vcpu *v)
{
    return gic_vlpi_highest(v, v->cpu.ich_hcr & ICH_HCR_DVIM ? 0 : enabled_groups(v));
}

/* Among equals a list register comes first: the architecture leaves it open. */
void gic_virt_highest(const struct gic_vcpu *v, struct virt_pending *best)
{
    int n = gic_lr_highest(v, enabled_groups(v));

    best->lr = -1;
    best->h = highest_direct(v);
    if (n < 0)
        return;
    uint64_t lr = v->cpu.ich_lr[n];
    if (best->h.intid != GIC_INTID_SPURIOUS && best->h.priority + 1u < rank(lr))
        return;
    best->lr = n;
    best->h.intid = LR_VINTID(lr);
    best->h.priority = LR_PRIORITY(lr);
    best->h.group = (uint8_t)LR_GROUP(lr);
    best->h.nmi = LR_NMI(lr);
}

static bool none(const struct virt_pending *p)
{
    return p->lr < 0 && p->h.intid == GIC_INTID_SPURIOUS;
}

bool gic_virt_passes_mask(const struct gic_vcpu *v, const struct gic_hppi *h)
{
    return h->nmi || h->priority < vpmr(v);
}

bool gic_virt_passes_running(const struct gic_vcpu *v, const struct gic_hppi *h)
{
    uint8_t running = gic_virt_running(v);
    uint8_t mask = gic_virt_priority_mask(v, h->group);

    if (running == GIC_IDLE_PRIORITY || (h->priority & mask) < (running & mask))
        return true;
    return h->nmi && (running & mask) == 0 && !v->cpu.vnmi_active;
}

static bool preempts(const struct gic_vcpu *v, const struct gic_hppi *h)
{
    return gic_virt_passes_mask(v, h) && gic_virt_passes_running(v, h);
}

void gic_virt_update(struct gic_vcpu *v)
{
    struct virt_pending p;

    gic_virt_highest(v, &p);
    bool up = (v->cpu.ich_hcr & ICH_HCR_EN) && !none(&p) && preempts(v, &p.h);

    if (up && p.h.nmi)
        gic_drive_line(v, GIC_LINE_VNMI, true);
    gic_drive_line(v, GIC_LINE_VIRQ, up && p.h.group == 1);
    gic_drive_line(v, GIC_LINE_VFIQ, up && p.h.group == 0);
    gic_drive_line(v, GIC_LINE_VNMI, up && p.h.nmi);
    gic_ich_update_maintenance(v);
    gic_publish_virtual(v, &p);
    gic_publish(v);
#ifdef GIC_PARANOID
    gic_lr_check(v);
    if (gic_is_v4(v->gic))
        gic_vlpi_check(v, 64);
#endif
}

/* -- Acknowledge, IHI 0069 12.3 ICV_IAR<n>_EL1 -- */

SYSREG_READ(icv_hppir_read)
{
    struct virt_pending p;

    (void)g, (void)pe;
    gic_virt_highest(v, &p);
    return none(&p) || (p.h.group == 1) != is_group1(reg) ? GIC_INTID_SPURIOUS : p.h.intid;
}

static void activate_priority(struct gic_vcpu *v, const struct gic_hppi *h)
{
    unsigned bit = (h->priority & gic_virt_priority_mask(v, h->group)) >> (8 - v->gic->pre_bits);

    if (h->nmi)
        v->cpu.vnmi_active = 1;
    else
        v->cpu.ich_apr[h->group][bit / 32] |= 1u << (bit % 32);
}

/*
 * What would be taken now through a register of this group; false if nothing: with ICH_HCR_EL2.En 0
 * every acknowledge is spurious (IHI 0069 12.4.5).
 */
static bool takeable(const struct gic_vcpu *v, bool group1, struct virt_pending *p)
{
    if (!(v->cpu.ich_hcr & ICH_HCR_EN))
        return false;
    gic_virt_highest(v, p);
    return !none(p) && (p->h.group == 1) == group1 && preempts(v, &p->h);
}

/* vLPIs, and what is injected directly, have no active state. */
static uint32_t take(struct gic_vcpu *v, const struct virt_pending *p)
{
    uint32_t intid = p->h.intid;

    if (p->lr >= 0)
        gic_lr_set(v, (unsigned)p->lr, v->cpu.ich_lr[p->lr] & ~LR_STATE_MASK);
    else
        gic_vlpi_acknowledge(v, intid);
    if (special(intid)) { /* no such interrupt: the list register is used up */
        gic_virt_update(v);
        return GIC_INTID_SPURIOUS;
    }
    activate_priority(v, &p->h);
    gic_event(v->gic, GIC_EVENT_VIRTUAL_ACKNOWLEDGED, v, intid, p->h.priority);
    if (p->lr >= 0 && !lpi(intid))
        gic_lr_set(v, (unsigned)p->lr,
                   v->cpu.ich_lr[p->lr] | (uint64_t)LR_ACTIVE << LR_STATE_SHIFT);
    gic_virt_update(v);
    return intid;
}

/* As on the physical interface: 1022 sends software with SCTLR_EL1.NMI to ICV_NMIAR1_EL1. */
SYSREG_READ(icv_iar_read)
{
    struct virt_pending p;

    (void)g;
    if (!takeable(v, is_group1(reg), &p))
        return GIC_INTID_SPURIOUS;
    return p.h.nmi && pe->sctlr_nmi ? GIC_INTID_NMI : take(v, &p);
}

SYSREG_READ(icv_nmiar1_read)
{
    struct virt_pending p;

    (void)g, (void)reg, (void)pe;
    return takeable(v, true, &p) && p.h.nmi ? take(v, &p) : GIC_INTID_SPURIOUS;
}

/* -- Priority drop and deactivation -- */

static int find_active(const struct gic_vcpu *v, uint32_t intid)
{
    for (unsigned left = v->lrs.active; left != 0; left &= left - 1) {
        int i = __builtin_ctz(left);
        if (LR_VINTID(v->cpu.ich_lr[i]) == intid)
            return i;
    }
    return -1;
}

/*
 * A list register tied to a physical interrupt deactivates that too: one that is there (pINTID has
 * no room for LPIs, which have no such state), and that this security state could deactivate.
 */
static void deactivate_lr(struct gic *g, struct gic_vcpu *v, int i, const struct gic_pe_state *pe)
{
    uint64_t lr = v->cpu.ich_lr[i];
    struct irq_ref ref;

    gic_lr_set(v, (unsigned)i, lr & ~((uint64_t)LR_ACTIVE << LR_STATE_SHIFT));
    gic_event(g, GIC_EVENT_VIRTUAL_DEACTIVATED, v, LR_VINTID(lr), 0);
    if (LR_HW(lr) && gic_find(g, v, LR_PINTID(lr), &ref) && gic_may_deactivate(g, &ref, pe))
        gic_deactivate(g, &ref);
}

/* ICH_HCR_EL2.EOIcount: ends of interrupts that no list register holds (IHI 0069 12.4.5). Those
 * of vSGIs are not counted with vSGIEOICount: they were injected directly. */
static void count_eoi(struct gic_vcpu *v, uint32_t intid)
{
    if (intid < 16 && (v->cpu.ich_hcr & ICH_HCR_VSGIEOICOUNT))
        return;
    uint64_t count = (v->cpu.ich_hcr >> ICH_HCR_EOICOUNT_SHIFT) + 1;
    v->cpu.ich_hcr = (v->cpu.ich_hcr & ((1u << ICH_HCR_EOICOUNT_SHIFT) - 1)) |
                     (count & 0x1f) << ICH_HCR_EOICOUNT_SHIFT;
}

/*
 * IHI 0069 12.3 ICV_EOIR<n>_EL1. The priority drops first; the deactivation happens only if the
 * list register's group and priority are those that were dropped. EOIcount counts only writes that
 * would have deactivated: EOImode 0, no LPI.
 */
SYSREG_WRITE(icv_eoir_write)
{
    uint32_t intid = value & 0xffffff;
    bool split = vmcr_bit(v, VMCR_VEOIM);

    if (special(intid))
        return;
    struct running dropped = drop_priority(v);
    if (dropped.priority == GIC_IDLE_PRIORITY)
        return;
    gic_event(g, GIC_EVENT_VIRTUAL_PRIORITY_DROP, v, intid, dropped.priority);
    int i = find_active(v, intid);
    if (i < 0 && !split && !lpi(intid))
        count_eoi(v, intid);
    if (i >= 0 && (!split || lpi(intid))) {
        uint64_t lr = v->cpu.ich_lr[i];
        uint8_t gprio = LR_PRIORITY(lr) & gic_virt_priority_mask(v, LR_GROUP(lr));
        bool same = gprio == dropped.priority && LR_NMI(lr) == dropped.nmi;
        if ((LR_GROUP(lr) == 1) == is_group1(reg) && same)
            deactivate_lr(g, v, i, pe);
    }
    gic_virt_update(v);
}

/* IHI 0069 12.3 ICV_DIR_EL1: with EOImode 0 unpredictable, ignored here. */
SYSREG_WRITE(icv_dir_write)
{
    uint32_t intid = value & 0xffffff;

    (void)reg;
    if (special(intid) || lpi(intid))
        return;
    if (!vmcr_bit(v, VMCR_VEOIM))
        return;
    int i = find_active(v, intid);
    if (i < 0)
        count_eoi(v, intid);
    else
        deactivate_lr(g, v, i, pe);
    gic_virt_update(v);
}

/* -- Masks, enables, control: views of ICH_VMCR_EL2 and ICH_AP<m>R<n>_EL2 -- */

SYSREG_READ(icv_rpr_read)
{
    (void)g, (void)reg, (void)pe;
    return gic_virt_running(v) | (v->cpu.vnmi_active ? RPR_NMI : 0);
}

SYSREG_READ(icv_pmr_read)
{
    (void)g, (void)reg, (void)pe;
    return vpmr(v);
}

SYSREG_WRITE(icv_pmr_write)
{
    (void)g, (void)reg, (void)pe;
    gic_ich_set_vmcr(v, (value & 0xff) << VMCR_VPMR_SHIFT, 0xffull << VMCR_VPMR_SHIFT);
}

SYSREG_READ(icv_bpr_read)
{
    unsigned group = is_group1(reg);
    unsigned shared = vbpr(v, 0) + 1;

    (void)g, (void)pe;
    if (group == 1 && vmcr_bit(v, VMCR_VCBPR))
        return shared > 7 ? 7 : shared;
    return vbpr(v, group);
}

SYSREG_WRITE(icv_bpr_write)
{
    unsigned shift = is_group1(reg) ? VMCR_VBPR1_SHIFT : VMCR_VBPR0_SHIFT;

    (void)g, (void)pe;
    if (is_group1(reg) && vmcr_bit(v, VMCR_VCBPR))
        return;
    gic_ich_set_vmcr(v, (value & 7) << shift, 7ull << shift);
}

SYSREG_READ(icv_apr_read)
{
    bool nmi = is_group1(reg) && reg->index == 0 && v->cpu.vnmi_active;

    (void)g, (void)pe;
    return v->cpu.ich_apr[is_group1(reg)][reg->index] | (nmi ? APR_NMI : 0);
}

SYSREG_WRITE(icv_apr_write)
{
    (void)pe;
    v->cpu.ich_apr[is_group1(reg)][reg->index] = (uint32_t)value & gic_apr_bits(g, reg->index);
    if (is_group1(reg) && reg->index == 0)
        v->cpu.vnmi_active = g->config.has_nmi && (value & APR_NMI);
    gic_virt_update(v);
}

/*
 * PRIbits, IDbits, A3V as ICH_VTR_EL2 says; ExtRange as for the physical interface, whose INTIDs a
 * list register may hold. RSS is absent: guests' SGIs are the hypervisor's.
 */
SYSREG_READ(icv_ctlr_read)
{
    uint64_t extended = g->config.n_espis != 0 || g->config.n_eppis != 0;

    (void)reg, (void)pe;
    return (uint64_t)(g->priority_bits - 1) << 8 | 1u << 15 | extended << 19 |
           (uint64_t)vmcr_bit(v, VMCR_VCBPR) | (uint64_t)vmcr_bit(v, VMCR_VEOIM) << 1;
}

SYSREG_WRITE(icv_ctlr_write)
{
    (void)g, (void)reg, (void)pe;
    gic_ich_set_vmcr(v, (value & 1) << VMCR_VCBPR | ((value >> 1) & 1) << VMCR_VEOIM,
                     1ull << VMCR_VCBPR | 1ull << VMCR_VEOIM);
}

SYSREG_READ(icv_igrpen_read)
{
    (void)g, (void)pe;
    return vmcr_bit(v, is_group1(reg) ? VMCR_VENG1 : VMCR_VENG0);
}

SYSREG_WRITE(icv_igrpen_write)
{
    unsigned bit = is_group1(reg) ? VMCR_VENG1 : VMCR_VENG0;

    (void)g, (void)pe;
    gic_ich_set_vmcr(v, (value & 1) << bit, 1ull << bit);
}
