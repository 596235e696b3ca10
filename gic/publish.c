/* SPDX-License-Identifier: MIT */
/*
 * The published words of each vCPU (design.md, contract 2): of its physical CPU interface, with all
 * four lines, and of its virtual one.
 *
 * One writer, the thread that runs the GIC; any number of readers. Each word is complete in itself:
 * readers take nothing else on its account, so a release store and an acquire load are enough, and
 * every load gives a value that was current at some instant between call and return.
 *
 * Registers that have no room in the words are beside them, each whole in one atomic word, so that
 * one load of it is linearizable too. Who wants several of one instant, or a value and its
 * sequence (cpuread.c), loads the word, the others, and then `begun`, the sequence of the last
 * publication that wrote the others: if that is not behind the word's, nothing was written in
 * between. The writer stores `begun` first and the word last; every store releases what is before
 * it. Most publications change the word alone. As sequences wrap, `begun` follows now and then.
 */
#ifdef GIC_PARANOID
#undef NDEBUG /* asked for by name, in every kind of build */
#endif
#include <assert.h>

#include "gic/ich.h"
#include "gic/publish.h"

static uint64_t pack_enables(const struct gic_cpuif_state *c)
{
    return (uint64_t)(c->igrpen[GIC_G0] | c->igrpen[GIC_G1S] << 1 | c->igrpen[GIC_G1NS] << 2)
               << GIC_PUB_GRPEN_SHIFT |
           (uint64_t)(c->eoimode_el3 | c->eoimode[GIC_BANK_S] << 1 | c->eoimode[GIC_BANK_NS] << 2)
               << GIC_PUB_EOIMODE_SHIFT |
           (uint64_t)(c->cbpr[GIC_BANK_S] | c->cbpr[GIC_BANK_NS] << 1) << GIC_PUB_CBPR_SHIFT;
}

static uint64_t pack_highest(const struct gic_hppi *h)
{
    return (uint64_t)h->priority << GIC_PUB_PRIORITY_SHIFT |
           (uint64_t)h->group << GIC_PUB_GROUP_SHIFT | (uint64_t)h->nmi << GIC_PUB_NMI_SHIFT;
}

void gic_publish_enables(struct gic_vcpu *v)
{
    v->registers_changed = true;
    v->public_enables = pack_enables(&v->cpu) | (uint64_t)v->owner << GIC_PUB_OWNER_SHIFT;
}

/* The sequence number is the topmost field: it counts, and wraps, by itself. What it will be. */
static uint64_t next_sequence(const _Atomic uint64_t *word, unsigned shift)
{
    uint64_t next = atomic_load_explicit(word, memory_order_relaxed) + (1ull << shift);

    return next & ~0ull << shift;
}

/* Whether `begun` would soon be so far behind that it seems to be ahead (cpuread.c). */
static bool falls_behind(uint64_t sequence, unsigned shift)
{
    return (sequence >> shift & 0xfffff) == 0;
}

static void begin(_Atomic uint64_t *begun, uint64_t sequence, unsigned shift)
{
    atomic_store_explicit(begun, sequence >> shift, memory_order_relaxed);
}

static void store(_Atomic uint64_t *word, uint64_t value)
{
    atomic_store_explicit(word, value, memory_order_release);
}

/* What has no other place: binary points, ICC_SRE_ELx, NMIs that are active, RM, PMHE. */
static uint32_t pack_rest(const struct gic_cpuif_state *c)
{
    return (uint32_t)(c->bpr[GIC_G0] << PUB_BPR_SHIFT | c->bpr[GIC_G1S] << (PUB_BPR_SHIFT + 3) |
                      c->bpr[GIC_G1NS] << (PUB_BPR_SHIFT + 6) |
                      c->nmi_active[GIC_G0] << PUB_NMI_ACTIVE_SHIFT |
                      c->nmi_active[GIC_G1S] << (PUB_NMI_ACTIVE_SHIFT + 1) |
                      c->nmi_active[GIC_G1NS] << (PUB_NMI_ACTIVE_SHIFT + 2) |
                      c->sre_el1[GIC_BANK_S] << PUB_SRE_EL1_SHIFT |
                      c->sre_el1[GIC_BANK_NS] << (PUB_SRE_EL1_SHIFT + 3) |
                      c->sre_el2 << PUB_SRE_EL2_SHIFT | c->sre_el3 << PUB_SRE_EL3_SHIFT |
                      c->rm << PUB_RM_SHIFT | c->pmhe << PUB_PMHE_SHIFT);
}

static void store_registers(struct gic_vcpu *v, struct gic_public_word *p)
{
    const struct gic_cpuif_state *c = &v->cpu;

    store(&p->apr[0], c->apr[GIC_G0][0] | (uint64_t)c->apr[GIC_G1S][0] << 32);
    store(&p->apr[1], c->apr[GIC_G1NS][0] | (uint64_t)pack_rest(c) << 32);
    for (unsigned n = 1; n < v->gic->apr_words; n++) {
        store(&p->apr[2 * n], c->apr[GIC_G0][n] | (uint64_t)c->apr[GIC_G1S][n] << 32);
        store(&p->apr[2 * n + 1], c->apr[GIC_G1NS][n]);
    }
}

#ifdef GIC_PARANOID
/* Whoever changes a register must say so. */
static void check_registers(const struct gic_vcpu *v, const struct gic_public_word *p)
{
    const struct gic_cpuif_state *c = &v->cpu;

    assert(p->apr[0] == (c->apr[GIC_G0][0] | (uint64_t)c->apr[GIC_G1S][0] << 32));
    assert(p->apr[1] == (c->apr[GIC_G1NS][0] | (uint64_t)pack_rest(c) << 32));
    for (unsigned n = 1; n < v->gic->apr_words; n++) {
        assert(p->apr[2 * n] == (c->apr[GIC_G0][n] | (uint64_t)c->apr[GIC_G1S][n] << 32));
        assert(p->apr[2 * n + 1] == c->apr[GIC_G1NS][n]);
    }
}
#endif

void gic_publish(struct gic_vcpu *v)
{
    uint64_t value = pack_highest(&v->hppi) | v->public_enables |
                     (uint64_t)v->cpu.pmr << GIC_PUB_PMR_SHIFT |
                     (uint64_t)v->running_priority << GIC_PUB_RUNNING_SHIFT |
                     (uint64_t)(v->lines & 0xf) << GIC_PUB_LINES_SHIFT;

#ifdef GIC_PARANOID
    assert(v->public_enables ==
           (pack_enables(&v->cpu) | (uint64_t)v->owner << GIC_PUB_OWNER_SHIFT));
#endif
    struct gic_public_word *p = &v->gic->published[v->index];
    uint64_t sequence = next_sequence(&p->word, GIC_PUB_SEQUENCE_SHIFT);
    if (v->registers_changed || falls_behind(sequence, GIC_PUB_SEQUENCE_SHIFT)) {
        begin(&p->begun, sequence, GIC_PUB_SEQUENCE_SHIFT);
        store_registers(v, p);
        v->registers_changed = false;
    }
#ifdef GIC_PARANOID
    check_registers(v, p);
#endif
    store(&p->word, value | sequence);
}

static void store_virtual_registers(struct gic_vcpu *v, struct gic_public_word *p)
{
    const struct gic_cpuif_state *c = &v->cpu;

    store(&p->ich_hcr, c->ich_hcr);
    for (unsigned n = 0; n < v->gic->apr_words; n++)
        store(&p->ich_apr[n], c->ich_apr[0][n] | (uint64_t)c->ich_apr[1][n] << 32);
    for (unsigned left = v->lrs_changed; left != 0; left &= left - 1) {
        unsigned n = (unsigned)__builtin_ctz(left);
        store(&p->ich_lr[n], c->ich_lr[n]);
    }
    v->lrs_changed = 0;
}

/* ICH_VMCR_EL2 (IHI 0069 12.4.8); VFIQEn is RAO, VAckCtl RES0. */
static uint64_t pack_vmcr(uint64_t vmcr)
{
    return (vmcr >> VMCR_VPMR_SHIFT & 0xff) << GIC_PUB_PMR_SHIFT |
           (vmcr >> VMCR_VENG0 & 3) << GIC_VPUB_GRPEN_SHIFT |
           (vmcr >> VMCR_VEOIM & 1) << GIC_VPUB_EOIMODE_SHIFT |
           (vmcr >> VMCR_VCBPR & 1) << GIC_VPUB_CBPR_SHIFT |
           (vmcr >> VMCR_VBPR1_SHIFT & 0x3f) << GIC_VPUB_BPR_SHIFT;
}

_Static_assert(GIC_LINE_VFIQ == GIC_LINE_VIRQ + 1 && GIC_LINE_MAINTENANCE == GIC_LINE_VIRQ + 2,
               "three lines in a row");

void gic_publish_virtual(struct gic_vcpu *v, const struct virt_pending *highest)
{
    const struct gic_hppi *h = &highest->h;
    bool none = highest->lr < 0 && h->intid == GIC_INTID_SPURIOUS;

    struct gic_public_word *p = &v->gic->published[v->index];
    uint64_t sequence = next_sequence(&p->virt, GIC_VPUB_SEQUENCE_SHIFT);
    begin(&p->virt_begun, sequence, GIC_VPUB_SEQUENCE_SHIFT);
    store_virtual_registers(v, p);
    store(&p->virt, sequence | pack_vmcr(v->cpu.ich_vmcr) |
                        (uint64_t)h->priority << GIC_PUB_PRIORITY_SHIFT |
                        (uint64_t)(none ? GIC_N_GROUPS : h->group) << GIC_PUB_GROUP_SHIFT |
                        (uint64_t)h->nmi << GIC_PUB_NMI_SHIFT |
                        (uint64_t)gic_virt_running(v) << GIC_PUB_RUNNING_SHIFT |
                        (v->cpu.ich_hcr & ICH_HCR_EN) << GIC_VPUB_EN_SHIFT |
                        (uint64_t)(v->lines >> GIC_LINE_VIRQ & 7) << GIC_VPUB_LINES_SHIFT |
                        (uint64_t)v->cpu.vnmi_active << GIC_VPUB_RUNNING_NMI_SHIFT);
}

uint64_t gic_published(const struct gic *g, unsigned vcpu)
{
    if (vcpu >= g->config.n_vcpus)
        return 0;
    return atomic_load_explicit(&g->published[vcpu].word, memory_order_acquire);
}

uint64_t gic_published_virtual(const struct gic *g, unsigned vcpu)
{
    if (vcpu >= g->config.n_vcpus)
        return 0;
    return atomic_load_explicit(&g->published[vcpu].virt, memory_order_acquire);
}

unsigned gic_runnable(const struct gic *g, unsigned vcpu)
{
    return (unsigned)(gic_published(g, vcpu) >> GIC_PUB_LINES_SHIFT) & 0xf;
}

void gic_set_owner(struct gic *g, unsigned vcpu, enum gic_owner owner)
{
    if (vcpu >= g->config.n_vcpus)
        return;
    g->vcpus[vcpu].owner = (uint8_t)owner;
    gic_publish_enables(&g->vcpus[vcpu]);
    gic_publish(&g->vcpus[vcpu]);
}
