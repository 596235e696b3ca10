/* SPDX-License-Identifier: MIT */
/*
 * Software-generated interrupts: ICC_SGI0R_EL1, ICC_SGI1R_EL1, ICC_ASGI1R_EL1 (IHI 0069 12.2.27 to
 * 12.2.29, 8.1).
 *
 *   63   55    47 44   40   39     31   27    23    15            0
 *   [    Aff3  ][ RS ][ IRM ][ Aff2 ][ INTID ][ Aff1 ][ target list ]
 */
#include "gic/legacy.h"
#include "gic/sysregs.h"

struct sgi {
    struct gic *g;
    struct gic_vcpu *from;
    unsigned intid;
    enum gic_group group;
    bool ns; /* sent by non-secure software while there are two security states */
};

/* GICR_NSACR of the target: 1 lends secure Group 0, 2 and 3 also secure Group 1. */
static unsigned lent(const struct gic_vcpu *to, unsigned intid)
{
    return (to->redist.nsacr >> (intid * 2)) & 3;
}

/*
 * IHI 0069 8.1.10, table of forwarding: an SGI arrives if the target has it in the group asked for.
 * A request for secure Group 1 is also good for Group 0, and with one security state any request
 * for Group 1 is.
 */
static bool accepts(const struct sgi *s, const struct gic_vcpu *to)
{
    enum gic_group is = gic_group_of(s->g, &to->redist.words[0], s->intid);

    if (!gic_are(s->g, is == GIC_G1NS)) /* GICD_SGIR's business: unpredictable, ignored */
        return false;
    if (gic_ds(s->g))
        return is == GIC_G0 || s->group == GIC_G1NS;
    if (is != s->group && !(s->group == GIC_G1S && is == GIC_G0))
        return false;
    if (!s->ns || is == GIC_G1NS)
        return true;
    return lent(to, s->intid) >= (is == GIC_G0 ? 1u : 2u);
}

static void deliver(const struct sgi *s, struct gic_vcpu *to)
{
    if (!accepts(s, to))
        return;
    struct irq_ref ref = gic_word_ref(s->g, to, 0, s->intid);
    gic_irq_set_latch(s->g, &ref);
}

static void to_all_others(const struct sgi *s)
{
    for (unsigned i = 0; i < s->g->config.n_vcpus; i++)
        if (i != s->from->index)
            deliver(s, &s->g->vcpus[i]);
}

/* Range selector: the target list is about Aff0 16 * RS .. 16 * RS + 15. Absent PEs are ignored. */
static void to_list(const struct sgi *s, uint64_t value)
{
    uint32_t cluster = (uint32_t)(value >> 48 & 0xff) << 24 | (uint32_t)(value >> 32 & 0xff) << 16 |
                       (uint32_t)(value >> 16 & 0xff) << 8;
    uint32_t first = (uint32_t)(value >> 44 & 0xf) * 16;

    for (uint32_t list = value & 0xffff; list != 0; list &= list - 1) {
        uint32_t aff0 = first + (uint32_t)__builtin_ctz(list);
        struct gic_vcpu *to = gic_vcpu_by_affinity(s->g, cluster | aff0);
        if (to != NULL)
            deliver(s, to);
    }
}

/*
 * SGI1R: Group 1 of the sender's security state; ASGI1R: of the other one. With one security state
 * there is no other one: ASGI1R is as SGI0R.
 */
static enum gic_group group_asked(const struct gic *g, const struct gic_sysreg *reg, bool secure)
{
    bool alias = reg->index == 2;

    if (reg->index == 0 || (gic_ds(g) && alias))
        return GIC_G0;
    if (gic_ds(g))
        return GIC_G1NS;
    return secure != alias ? GIC_G1S : GIC_G1NS;
}

SYSREG_WRITE(icc_sgi_write)
{
    bool secure = pe->secure || pe->el == 3;
    struct sgi s = {
        .g = g,
        .from = v,
        .intid = value >> 24 & 0xf,
        .group = group_asked(g, reg, secure),
        .ns = !secure && !gic_ds(g),
    };

    gic_event(g, GIC_EVENT_SGI_SENT, v, s.intid, value);
    if (value & (1ull << 40))
        to_all_others(&s);
    else
        to_list(&s, value);
}
