/* SPDX-License-Identifier: MIT */
/*
 * All state, for hash, save and restore; and what makes restored state safe to run on.
 */
#include <string.h>

#include "gic/irqregs.h"
#include "gic/legacy.h"
#include "gic/lpi.h"
#include "gic/rwp.h"
#include "gic/vpe.h"
#include "gic/sysregs.h"

/* Plain data without holes: what is hashed is state and nothing else. */
_Static_assert(sizeof(struct gic_dist_state) ==
                   32 + 72 * GIC_SHARED_WORDS + 1024 + 10 * GIC_SHARED_SLOTS + 8 * GIC_SHARED_WORDS,
               "no padding in distributor state");
_Static_assert(sizeof(struct gic_redist_state) == 176 + 64 * GIC_LOCAL_WORDS,
               "no padding in redistributor state");
_Static_assert(sizeof(struct gic_cpuif_state) == 40 + 48 + 16 + 128 + 32,
               "no padding in CPU interface state");

typedef void visit_fn(void *opaque, const char *name, void *data, size_t size_bytes);

void gic_visit(struct gic *g, visit_fn *fn, void *opaque)
{
    fn(opaque, "gic.dist", &g->dist, sizeof(g->dist));
    for (unsigned i = 0; i < g->config.n_vcpus; i++) {
        fn(opaque, "gic.redist", &g->vcpus[i].redist, sizeof(g->vcpus[i].redist));
        fn(opaque, "gic.cpu", &g->vcpus[i].cpu, sizeof(g->vcpus[i].cpu));
        gic_lpi_visit(&g->vcpus[i], fn, opaque);
        gic_vlpi_visit(&g->vcpus[i], fn, opaque);
    }
    gic_its_visit_all(g, fn, opaque);
}

/* -- Mending: whatever bytes came, afterwards it is a state that this GIC can be in -- */

static void mend_word(const struct gic *g, struct irq_word *w, uint32_t exists)
{
    w->group &= exists;
    w->grpmod &= exists;
    w->enable &= exists;
    w->latch &= exists;
    w->level &= exists;
    w->active &= exists;
    w->edge &= exists;
    w->nmi &= g->config.has_nmi ? exists : 0;
    for (unsigned bit = 0; bit < 32; bit++)
        w->priority[bit] &= gic_bit(exists, bit) ? g->priority_mask : 0;
}

static void mend_dist(struct gic *g)
{
    struct gic_dist_state *d = &g->dist;

    d->ctlr &= (g->config.legacy ? CTLR_ARE_S | CTLR_ARE_NS : 0) | CTLR_ENABLE_G0 |
               CTLR_ENABLE_G1NS | CTLR_ENABLE_G1S | CTLR_DS |
               (g->config.has_one_of_n ? CTLR_E1NWF : 0) | (gic_is_v41(g) ? CTLR_NASSGIREQ : 0);
    if (!g->config.two_security_states)
        d->ctlr |= CTLR_DS;
    if (!(d->ctlr & CTLR_DS))
        d->ctlr &= ~CTLR_NASSGIREQ;
    if ((d->ctlr & CTLR_DS) || (g->config.legacy && !(d->ctlr & CTLR_ARE_S)))
        d->ctlr &= ~(CTLR_ARE_NS | CTLR_ENABLE_G1S);
    for (unsigned i = 0; i < 2; i++)
        d->statusr[i] &= GIC_STATUSR_BITS;
    for (unsigned word = 0; word < GIC_SHARED_WORDS; word++)
        mend_word(g, &d->words[word], g->shared_mask[word]);
    for (unsigned word = 0; word < GIC_SHARED_WORDS; word++)
        d->message[word] &= d->words[word].level;
    for (unsigned slot = 0; slot < GIC_SHARED_SLOTS; slot++) {
        d->irouter[slot] &= 0xff00ffffffull | (g->config.has_one_of_n ? GIC_ROUTER_IRM : 0);
        if (d->chosen[slot] > g->config.n_vcpus)
            d->chosen[slot] = 0;
    }
}

static uint8_t mend_bpr(uint8_t bpr, unsigned least)
{
    bpr &= 7;
    return bpr < least ? (uint8_t)least : bpr;
}

static void mend_cpu(struct gic_vcpu *v)
{
    const struct gic *g = v->gic;
    struct gic_cpuif_state *c = &v->cpu;

    c->pe_el &= 3;
    c->pe_secure &= 1;
    c->pmr &= g->priority_mask;
    c->bpr[GIC_G0] = mend_bpr(c->bpr[GIC_G0], g->min_bpr);
    c->bpr[GIC_G1S] = mend_bpr(c->bpr[GIC_G1S], g->min_bpr);
    c->bpr[GIC_G1NS] = mend_bpr(c->bpr[GIC_G1NS], g->min_bpr + 1u);
    for (unsigned i = 0; i < GIC_N_GROUPS; i++) {
        c->igrpen[i] &= 1;
        c->nmi_active[i] &= g->config.has_nmi;
        for (unsigned n = 0; n < 4; n++)
            c->apr[i][n] &= gic_apr_bits(g, n);
    }
    for (unsigned i = 0; i < 2; i++) {
        c->cbpr[i] &= 1;
        c->eoimode[i] &= 1;
    }
    c->eoimode_el3 &= 1;
    c->pmhe &= g->config.has_one_of_n;
    c->rm &= g->config.sre_writable;
    c->nmi_active[GIC_G0] = 0;
    for (unsigned i = 0; i < 2; i++)
        c->gicc_statusr[i] &= g->config.legacy ? GIC_STATUSR_BITS : 0;
    memset(c->reserved, 0, sizeof(c->reserved));
    gic_sre_mend(v);
    gic_ich_mend(v);
}

void gic_after_restore(struct gic *g)
{
    mend_dist(g);
    for (unsigned i = 0; i < g->config.n_vcpus; i++) {
        struct gic_vcpu *v = &g->vcpus[i];
        for (unsigned word = 0; word < GIC_LOCAL_WORDS; word++)
            mend_word(g, &v->redist.words[word], g->local_mask[word]);
        v->redist.words[0].edge |= 0xffff;
        gic_redist_mend(v);
        gic_vlpi_mend(v);
        mend_cpu(v);
    }
    gic_rwp_mend(g);
    gic_legacy_mend(g);
    gic_its_mend_all(g);
    gic_rebuild(g);
}
