/* SPDX-License-Identifier: MIT */
/*
 * Effects that take time: GICx_CTLR.RWP and GICR_SYNCR.Busy (IHI 0069 12.9.4, 12.11.3, 12.11.34).
 *
 * A register reads back at once as it was written. What RWP covers goes on as before until RWP
 * reads 0: groups, interrupts and LPIs that were disabled may still be delivered. State keeps what
 * counts (dist.ctlr, irq_word.enable, redist.ctlr), and beside it what the registers already deny
 * (ctlr_lag, lag).
 *
 * How long is a choice. Time passes with reads of the register that tells, and with acknowledges,
 * so that it ends for software that never asks. By default nothing takes time.
 */
#include "gic/lpi.h"
#include "gic/rwp.h"

static uint32_t *reads_of(struct gic *g, struct gic_vcpu *frame)
{
    return frame != NULL ? &frame->redist.rwp_reads : &g->dist.rwp_reads;
}

static uint32_t *lag_of(struct gic *g, struct gic_vcpu *frame, unsigned word)
{
    return frame != NULL ? &frame->redist.lag[word] : &g->dist.lag[word];
}

uint32_t gic_enable_view(struct gic *g, struct gic_vcpu *frame, unsigned word)
{
    const struct irq_word *w = frame != NULL ? &frame->redist.words[word] : &g->dist.words[word];

    return w->enable & ~*lag_of(g, frame, word);
}

void gic_enable_lags(struct gic *g, struct gic_vcpu *frame, unsigned word, uint32_t bits)
{
    *lag_of(g, frame, word) |= bits;
    if (frame == NULL && bits != 0)
        g->dist.lagging |= 1ull << word;
}

void gic_enable_again(struct gic *g, struct gic_vcpu *frame, unsigned word, uint32_t bits)
{
    uint32_t *lag = lag_of(g, frame, word);

    *lag &= ~bits;
    if (frame == NULL && *lag == 0)
        g->dist.lagging &= ~(1ull << word);
}

static void settle_word(struct gic *g, struct gic_vcpu *frame, unsigned word)
{
    struct irq_word *w = frame != NULL ? &frame->redist.words[word] : &g->dist.words[word];
    uint32_t *lag = lag_of(g, frame, word);
    uint32_t bits = *lag;

    *lag = 0;
    w->enable &= ~bits;
    gic_word_refresh(g, frame, word, bits);
}

static void settle_dist(struct gic *g)
{
    struct gic_dist_state *d = &g->dist;

    for (; d->lagging != 0; d->lagging &= d->lagging - 1)
        settle_word(g, NULL, (unsigned)__builtin_ctzll(d->lagging));
    if (d->ctlr_lag == 0)
        return;
    d->ctlr &= ~d->ctlr_lag;
    d->ctlr_lag = 0;
    gic_update_all(g);
}

static void settle_redist(struct gic_vcpu *v)
{
    struct gic_redist_state *s = &v->redist;
    uint32_t lag = s->ctlr_lag;

    for (unsigned word = 0; word < GIC_LOCAL_WORDS; word++)
        settle_word(v->gic, v, word);
    s->ctlr_lag = 0;
    s->ctlr ^= lag & ~GICR_CTLR_ENABLE_LPIS;
    if (lag & GICR_CTLR_ENABLE_LPIS)
        gic_lpi_enable(v, false);
    if (lag != 0)
        gic_vcpu_update_enables(v);
}

static void settle(struct gic *g, struct gic_vcpu *frame)
{
    *reads_of(g, frame) = 0;
    if (frame != NULL)
        settle_redist(frame);
    else
        settle_dist(g);
}

static void age(struct gic *g, struct gic_vcpu *frame)
{
    uint32_t *reads = reads_of(g, frame);

    if (*reads != 0 && --*reads == 0)
        settle(g, frame);
}

bool gic_rwp_start(const struct reg_access *a)
{
    uint32_t *reads = reads_of(a->gic, a->frame);

    if (a->user || a->banked) {
        settle(a->gic, a->frame);
        return false;
    }
    uint32_t more = gic_choose(a->gic, GIC_CHOICE_RWP_DURATION, a->by->index, GIC_LONGEST_READS);
    if (*reads < more)
        *reads = more;
    return *reads != 0;
}

bool gic_rwp_read(const struct reg_access *a)
{
    bool pending = *reads_of(a->gic, a->frame) != 0;

    if (a->user)
        return false;
    age(a->gic, a->frame);
    return pending;
}

/* -- GICR_SYNCR -- */

void gic_sync_start(struct gic_vcpu *v, uint32_t intid, const struct gic_vcpu *by)
{
    struct gic_redist_state *s = &v->redist;
    uint32_t more = gic_choose(v->gic, GIC_CHOICE_SYNC_DURATION, by->index, GIC_LONGEST_READS);

    s->sync_intid = s->sync_reads == 0 || s->sync_intid == intid ? intid : GIC_SYNC_ALL;
    if (s->sync_reads < more)
        s->sync_reads = more;
    if (s->sync_reads == 0)
        gic_sync_settle(v);
}

void gic_sync_settle(struct gic_vcpu *v)
{
    v->redist.sync_reads = 0;
    if (v->redist.sync_intid == GIC_SYNC_ALL)
        gic_lpi_invalidate_all(v);
    else
        gic_lpi_invalidate(v, v->redist.sync_intid);
    v->redist.sync_intid = 0;
}

bool gic_sync_age(struct gic_vcpu *v)
{
    if (v->redist.sync_reads == 0)
        return false;
    if (--v->redist.sync_reads == 0)
        gic_sync_settle(v);
    return true;
}

void gic_time_passes(struct gic_vcpu *v)
{
    age(v->gic, NULL);
    age(v->gic, v);
    gic_sync_age(v);
}

/* -- Restore -- */

static void mend_word(struct irq_word *w, uint32_t *lag, bool waits)
{
    *lag &= w->enable;
    if (waits)
        return;
    w->enable &= ~*lag;
    *lag = 0;
}

static void mend_redist(struct gic_vcpu *v)
{
    struct gic_redist_state *s = &v->redist;

    s->rwp_reads = gic_mend_reads(s->rwp_reads);
    s->sync_reads = gic_mend_reads(s->sync_reads);
    s->sync_intid = s->sync_reads != 0 ? s->sync_intid : 0;
    s->sleep_reads = gic_mend_reads(s->sleep_reads);
    for (unsigned word = 0; word < GIC_LOCAL_WORDS; word++)
        mend_word(&s->words[word], &s->lag[word], s->rwp_reads != 0);
    s->ctlr_lag &= GICR_CTLR_DPGS | (s->ctlr & GICR_CTLR_ENABLE_LPIS);
    s->ctlr_lag &= v->gic->config.has_one_of_n ? ~0u : ~GICR_CTLR_DPGS;
    if (s->rwp_reads == 0)
        s->ctlr_lag = 0;
}

void gic_rwp_mend(struct gic *g)
{
    struct gic_dist_state *d = &g->dist;

    d->rwp_reads = gic_mend_reads(d->rwp_reads);
    d->lagging = 0;
    for (unsigned word = 0; word < GIC_SHARED_WORDS; word++) {
        mend_word(&d->words[word], &d->lag[word], d->rwp_reads != 0);
        d->lagging |= (uint64_t)(d->lag[word] != 0) << word;
    }
    d->ctlr_lag &= d->rwp_reads != 0 ? d->ctlr & GIC_CTLR_LAGS : 0;
    d->reserved = 0;
    for (unsigned i = 0; i < g->config.n_vcpus; i++)
        mend_redist(&g->vcpus[i]);
}
