/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest's interrupts in list registers (IHI 0069 12.4). What a vCPU has pending and active is in
 * `struct vgic` while this hypervisor runs, and in the list registers, as far as they go, while the
 * guest does: vgic_flush() before, vgic_fold() after.
 *
 * More pending than there are list registers: the active ones and the most urgent go first, and a
 * maintenance interrupt brings the vCPU back here when all but one are used up. What is active has
 * come from a list register and goes back into one, so nothing is ever ended outside of them.
 */
#include "images/hyp/hyp.h"

#define LR_PENDING BIT(62)
#define LR_ACTIVE  BIT(63)
#define LR_HW      BIT(61)
#define LR_GROUP1  BIT(60)
#define LR_EOI     BIT(41) /* with HW = 0: a maintenance interrupt at its end */

#define HCR_EN  BIT(0)
#define HCR_UIE BIT(1)

#define VMCR_VENG1   BIT(1)
#define VMCR_PMR(v)  ((u8)((v) >> 24))
#define VMCR_AT_BOOT 0 /* PMR 0: nothing comes before the guest asks */

#define LRS(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)

static u64 read_lr(unsigned n)
{
    switch (n) {
#define X(n)                                                                                       \
    case n:                                                                                        \
        return read_sysreg(ICH_LR##n##_EL2);
        LRS(X)
#undef X
    }
    return 0;
}

static void write_lr(unsigned n, u64 value)
{
    switch (n) {
#define X(n)                                                                                       \
    case n:                                                                                        \
        write_sysreg(value, ICH_LR##n##_EL2);                                                      \
        break;
        LRS(X)
#undef X
    }
}

static unsigned lr_count(void)
{
    return (read_sysreg(ICH_VTR_EL2) & 31) + 1;
}

/* ICH_VTR_EL2.PREbits decides which active priorities registers there are. */
static unsigned apr_count(void)
{
    unsigned bits = (read_sysreg(ICH_VTR_EL2) >> 26 & 7) + 1;
    return bits < 6 ? 1 : bits == 6 ? 2 : 4;
}

/* -- Bits of virtual interrupts -- */

static bool has(const u64 *set, unsigned n)
{
    return set[n / 64] >> n % 64 & 1;
}

static void add(u64 *set, unsigned n)
{
    set[n / 64] |= BIT(n % 64);
}

static void take(u64 *set, unsigned n)
{
    set[n / 64] &= ~BIT(n % 64);
}

bool vgic_has(const struct vcpu *v, unsigned virq)
{
    return has(v->vgic.pending, virq) || has(v->vgic.active, virq);
}

static u32 intid_of(unsigned virq)
{
    return virq < VIRQ_LPI ? virq : GUEST_LPI + virq - VIRQ_LPI;
}

/* The most urgent of @set, VIRQ_COUNT if it is empty. */
static unsigned best(const struct vgic *g, const u64 set[VIRQ_WORDS])
{
    unsigned found = VIRQ_COUNT;
    for (unsigned w = 0; w < VIRQ_WORDS; w++)
        for (u64 left = set[w]; left; left &= left - 1) {
            unsigned n = 64 * w + (unsigned)__builtin_ctzll(left);
            if (found == VIRQ_COUNT || g->priority[n] < g->priority[found])
                found = n;
        }
    return found;
}

/* -- List registers -- */

/* The timer's ends its physical interrupt with it, unless its end must be reported instead. */
static u64 lr_value(const struct vgic *g, unsigned virq, bool report)
{
    u64 lr = intid_of(virq) | LR_GROUP1 | (u64)g->priority[virq] << 48;
    if (has(g->pending, virq))
        lr |= LR_PENDING;
    if (has(g->active, virq))
        lr |= LR_ACTIVE;
    if (report)
        lr |= LR_EOI;
    else if (virq == GUEST_TIMER)
        lr |= LR_HW | (u64)INTID_CNTV << 32;
    return lr;
}

/* Chooses what the guest gets. True: not all of it. */
static bool choose(struct vgic *g, unsigned room)
{
    u64 active[VIRQ_WORDS], waiting[VIRQ_WORDS];
    for (unsigned w = 0; w < VIRQ_WORDS; w++) {
        active[w] = g->active[w];
        waiting[w] = g->pending[w] & ~g->active[w];
    }
    g->lrs_used = 0;
    while (g->lrs_used < room) {
        u64 *from = best(g, active) < VIRQ_COUNT ? active : waiting;
        unsigned virq = best(g, from);
        if (virq == VIRQ_COUNT)
            return false;
        take(from, virq);
        g->in_lr[g->lrs_used++] = (u8)virq;
    }
    return best(g, waiting) < VIRQ_COUNT;
}

/*
 * With one list register "all but one" is always so, and MISR.U would never fall: there the end of
 * the interrupt is reported, by LR.EOI, instead of an underflow.
 */
void vgic_flush(struct vcpu *v)
{
    struct vgic *g = &v->vgic;
    unsigned room = lr_count();
    u64 daif = vcpu_lock(v);
    bool more = choose(g, room);
    for (unsigned n = 0; n < g->lrs_used; n++) {
        unsigned virq = g->in_lr[n];
        write_lr(n, lr_value(g, virq, more && room == 1));
        take(g->pending, virq);
        take(g->active, virq);
    }
    store_release32(&g->owner, OWNER_HARDWARE);
    vcpu_unlock(v, daif);
    write_sysreg(HCR_EN | (more && room > 1 ? HCR_UIE : 0), ICH_HCR_EL2);
    isb();
}

static void fold_one(struct vgic *g, unsigned virq, u64 lr)
{
    if (lr & LR_PENDING)
        add(g->pending, virq);
    if (lr & LR_ACTIVE)
        add(g->active, virq);
    /* Without HW the guest has ended the virtual interrupt alone. */
    if (virq == GUEST_TIMER && !(lr & (LR_PENDING | LR_ACTIVE | LR_HW)))
        gic_clear_active(INTID_CNTV);
}

void vgic_fold(struct vcpu *v)
{
    struct vgic *g = &v->vgic;
    u64 daif = vcpu_lock(v);
    for (unsigned n = 0; n < g->lrs_used; n++) {
        fold_one(g, g->in_lr[n], read_lr(n));
        write_lr(n, 0);
    }
    g->lrs_used = 0;
    vcpu_unlock(v, daif);
    write_sysreg(0, ICH_HCR_EL2);
    isb();
}

/* -- VMCR and active priorities -- */

static void read_aprs(u32 apr[4])
{
    unsigned n = apr_count();
    apr[0] = (u32)read_sysreg(ICH_AP1R0_EL2);
    if (n > 1)
        apr[1] = (u32)read_sysreg(ICH_AP1R1_EL2);
    if (n > 2) {
        apr[2] = (u32)read_sysreg(ICH_AP1R2_EL2);
        apr[3] = (u32)read_sysreg(ICH_AP1R3_EL2);
    }
}

static void write_aprs(const u32 apr[4])
{
    unsigned n = apr_count();
    write_sysreg(apr[0], ICH_AP1R0_EL2);
    if (n > 1)
        write_sysreg(apr[1], ICH_AP1R1_EL2);
    if (n > 2) {
        write_sysreg(apr[2], ICH_AP1R2_EL2);
        write_sysreg(apr[3], ICH_AP1R3_EL2);
    }
}

void vgic_sync_vmcr(struct vcpu *v)
{
    u64 daif = vcpu_lock(v);
    v->vgic.vmcr = read_sysreg(ICH_VMCR_EL2);
    store_release32(&v->vgic.owner, OWNER_SHADOW);
    vcpu_unlock(v, daif);
}

/*
 * ICC_SRE_EL1 first: VFIQEn is RAO only with it, and a guest has no other interface. In WFI the vPE
 * stays out: it was put with a doorbell, and would be put without one next time.
 */
void vgic_load(struct vcpu *v)
{
    write_sysreg(7, ICC_SRE_EL1);
    isb();
    write_sysreg(v->vgic.vmcr, ICH_VMCR_EL2);
    write_aprs(v->vgic.apr);
    isb();
    if (!v->vgic.in_wfi)
        vpe_load(v);
}

void vgic_put(struct vcpu *v)
{
    vpe_put(v, v->vgic.in_wfi);
    vgic_sync_vmcr(v);
    read_aprs(v->vgic.apr);
}

bool vgic_may_wake(const struct vcpu *v)
{
    const struct vgic *g = &v->vgic;
    unsigned virq = best(g, g->pending);
    if (g->pending_last)
        return true;
    return virq < VIRQ_COUNT && (g->vmcr & VMCR_VENG1) && g->priority[virq] < VMCR_PMR(g->vmcr);
}

/* -- Injection -- */

void vgic_inject_many(struct vcpu *v, const u64 pending[VIRQ_WORDS])
{
    u64 daif = vcpu_lock(v);
    for (unsigned w = 0; w < VIRQ_WORDS; w++)
        v->vgic.pending[w] |= pending[w];
    sched_wake(v);
    vcpu_unlock(v, daif);
    sched_kick(v);
}

void vgic_inject(struct vcpu *v, unsigned virq)
{
    u64 pending[VIRQ_WORDS] = {0};
    add(pending, virq);
    vgic_inject_many(v, pending);
}

/* The machine's affinities are 0.0.0.n (IHI 0069, ICC_SGI1R_EL1: TargetList, INTID, IRM). */
void vgic_sgi1r(struct vcpu *v, u64 value)
{
    bool others = value & BIT(40);
    for (unsigned n = 0; n < GUEST_CPUS; n++) {
        struct vcpu *to = &vcpus[v->vm->index * GUEST_CPUS + n];
        if (others ? to != v : (value >> n & 1) && !(value & 0xff00ff00ff0000))
            vgic_inject(to, value >> 24 & 15);
    }
}

void vgic_init(struct vcpu *v)
{
    struct vgic *g = &v->vgic;
    for (unsigned n = 0; n < VIRQ_COUNT; n++)
        g->priority[n] = VIRQ_PRIORITY;
    for (unsigned i = 0; i < GUEST_BURST_SIZE; i++)
        g->priority[GUEST_BURST + i] = (u8)(0xf0 - 8 * i);
    g->vmcr = VMCR_AT_BOOT;
    g->owner = OWNER_SHADOW;
}

void vgic_cpu_init(void)
{
    write_sysreg(0, ICH_HCR_EL2);
    for (unsigned n = 0; n < lr_count(); n++)
        write_lr(n, 0);
    gic_setup(INTID_MAINT, PRIO_DEFAULT, false);
}
