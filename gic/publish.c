/* SPDX-License-Identifier: MIT */
/*
 * The published word of each vCPU (design.md, contract 2).
 *
 * One writer, the thread that runs the GIC; any number of readers. The word is complete in itself:
 * readers take nothing else on its account, so a release store and an acquire load are enough, and
 * every load gives a value that was current at some instant between call and return.
 */
#ifdef GIC_PARANOID
#undef NDEBUG /* asked for by name, in every kind of build */
#endif
#include <assert.h>

#include "gic/internal.h"

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
    v->public_enables = pack_enables(&v->cpu) | (uint64_t)v->owner << GIC_PUB_OWNER_SHIFT;
}

/* The sequence number is the topmost field: it counts, and wraps, by itself. */
void gic_publish(struct gic_vcpu *v)
{
    _Atomic uint64_t *word = &v->gic->published[v->index].word;
    uint64_t sequence =
        atomic_load_explicit(word, memory_order_relaxed) & ~0ull << GIC_PUB_SEQUENCE_SHIFT;
    uint64_t value = pack_highest(&v->hppi) | v->public_enables |
                     (uint64_t)v->cpu.pmr << GIC_PUB_PMR_SHIFT |
                     (uint64_t)v->running_priority << GIC_PUB_RUNNING_SHIFT |
                     (uint64_t)(v->lines & 0xf) << GIC_PUB_LINES_SHIFT;

#ifdef GIC_PARANOID
    assert(v->public_enables ==
           (pack_enables(&v->cpu) | (uint64_t)v->owner << GIC_PUB_OWNER_SHIFT));
#endif
    atomic_store_explicit(word, value + sequence + (1ull << GIC_PUB_SEQUENCE_SHIFT),
                          memory_order_release);
}

uint64_t gic_published(const struct gic *g, unsigned vcpu)
{
    if (vcpu >= g->config.n_vcpus)
        return 0;
    return atomic_load_explicit(&g->published[vcpu].word, memory_order_acquire);
}

void gic_set_owner(struct gic *g, unsigned vcpu, enum gic_owner owner)
{
    if (vcpu >= g->config.n_vcpus)
        return;
    g->vcpus[vcpu].owner = (uint8_t)owner;
    gic_publish_enables(&g->vcpus[vcpu]);
    gic_publish(&g->vcpus[vcpu]);
}
