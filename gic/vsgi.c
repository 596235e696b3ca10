/* SPDX-License-Identifier: MIT */
/*
 * Virtual SGIs of GICv4.1: sixteen for each vPE, configured by VSGI, made pending by GITS_SGIR,
 * read by GICR_VSGIR and GICR_VSGIPENDR. They have no active state.
 */
#include "gic/rwp.h"
#include "gic/vpe.h"

/* Those of a vPE that is not resident come from its pending table, and go back there. */
static int begin(struct gic_vpe *p)
{
    return p->resident != NULL ? 0 : gic_vpe_load_sgis(p->home->gic, p->s);
}

static int end(struct gic_vpe *p)
{
    if (p->resident == NULL)
        return gic_vpe_save_sgis(p->home->gic, p->s);
    gic_virt_update(p->resident);
    return 0;
}

static void ring_if_due(struct gic_vpe *p, unsigned n)
{
    const struct gic_vpe_state *s = p->s;

    if (gic_bit(s->sgi_pending & s->sgi_enable, n))
        gic_vpe_ring(p, gic_bit(s->sgi_group, n));
}

static void put_bit(uint16_t *word, unsigned n, bool bit)
{
    *word = (uint16_t)((*word & ~(1u << n)) | (unsigned)bit << n);
}

int gic_vsgi_configure(struct gic_vpe *p, unsigned n, const struct gic_vsgi_config *config)
{
    int err = begin(p);

    if (err != 0)
        return err;
    put_bit(&p->s->sgi_enable, n, config->enable);
    put_bit(&p->s->sgi_group, n, config->group1);
    p->s->sgi_priority &= ~(0xfull << (n * 4));
    p->s->sgi_priority |= (uint64_t)(config->priority >> 4) << (n * 4);
    err = end(p);
    if (err == 0)
        ring_if_due(p, n);
    return err;
}

int gic_vsgi_set_pending(struct gic_vpe *p, unsigned n, bool pending)
{
    int err = begin(p);

    if (err != 0)
        return err;
    if (pending && p->resident && !gic_bit(p->s->sgi_pending, n))
        gic_event(p->home->gic, GIC_EVENT_VIRTUAL_PENDED, p->resident, n,
                  (p->s->sgi_priority >> (n * 4) & 0xf) << 4);
    put_bit(&p->s->sgi_pending, n, pending);
    err = end(p);
    if (err == 0 && pending)
        ring_if_due(p, n);
    return err;
}

/* What is pending is looked up now; GICR_VSGIPENDR shows it once it is not busy any more. */
REG_WRITE(gic_vsgir_write)
{
    struct gic_vcpu *v = a->frame;
    struct gic_vpe p;

    (void)r, (void)n, (void)mask;
    if (!gic_is_v41(a->gic))
        return;
    v->redist.vsgi_pending = 0;
    if (gic_vpe_open(v, value & 0xffff, &p) == 0 && begin(&p) == 0)
        v->redist.vsgi_pending = p.s->sgi_pending;
    v->redist.vsgi_reads =
        gic_choose(a->gic, GIC_CHOICE_VSGI_BUSY_DURATION, v->index, GIC_LONGEST_READS);
}

#define VSGIPENDR_BUSY (1u << 31)

REG_READ(gic_vsgipendr_read)
{
    struct gic_redist_state *s = &a->frame->redist;

    (void)r, (void)n;
    if (s->vsgi_reads == 0 || a->user)
        return s->vsgi_pending;
    s->vsgi_reads--;
    return VSGIPENDR_BUSY;
}
