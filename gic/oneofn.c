/* SPDX-License-Identifier: MIT */
/*
 * 1-of-N: SPIs that any one of several vCPUs may take (IHI 0069 4.4; GICD_IROUTER<n>.
 * Interrupt_Routing_Mode).
 *
 * When such an interrupt becomes a candidate (pending, enabled, not active), one eligible vCPU is
 * chosen and the interrupt sits in that vCPU's set until it is taken, or the vCPU ceases to be
 * eligible. With nobody eligible it waits. Eligible for a group: ICC_IGRPEN for it, not asleep,
 * GICR_CTLR.DPG* clear. ICC_CTLR.PMHE makes the priority mask a hint: vCPUs that would mask the
 * interrupt come last.
 */
#include <string.h>

#include "gic/internal.h"

#define WORD_BITS 64

static bool is_eligible(const struct gic *g, unsigned vcpu, unsigned group)
{
    return (g->eligible[group][vcpu / WORD_BITS] >> (vcpu % WORD_BITS)) & 1;
}

/* The n-th eligible vCPU. */
static unsigned nth(const struct gic *g, unsigned group, unsigned n)
{
    for (unsigned word = 0; word < GIC_VCPU_WORDS; word++) {
        uint64_t bits = g->eligible[group][word];
        unsigned count = (unsigned)__builtin_popcountll(bits);
        if (n >= count) {
            n -= count;
            continue;
        }
        while (n-- > 0)
            bits &= bits - 1;
        return word * WORD_BITS + (unsigned)__builtin_ctzll(bits);
    }
    return GIC_NO_VCPU;
}

static bool hints_against(const struct gic_vcpu *v, uint8_t priority)
{
    return v->cpu.pmhe && priority >= v->cpu.pmr;
}

static unsigned choose(struct gic *g, unsigned group, uint8_t priority)
{
    unsigned n = 0;

    for (unsigned word = 0; word < GIC_VCPU_WORDS; word++)
        n += (unsigned)__builtin_popcountll(g->eligible[group][word]);
    if (n == 0)
        return GIC_NO_VCPU;
    unsigned first = gic_choose(g, GIC_CHOICE_ONE_OF_N_TARGET, 0, n);
    for (unsigned i = 0; i < n; i++) {
        unsigned vcpu = nth(g, group, (first + i) % n);
        if (!hints_against(&g->vcpus[vcpu], priority))
            return vcpu;
    }
    return nth(g, group, first);
}

static void set_waiting(struct gic *g, unsigned slot, bool waiting)
{
    uint64_t bit = 1ull << (slot % WORD_BITS);

    if (waiting)
        g->waiting[slot / WORD_BITS] |= bit;
    else
        g->waiting[slot / WORD_BITS] &= ~bit;
}

void gic_one_of_n_route(struct gic *g, const struct irq_ref *r, bool candidate, unsigned group)
{
    uint16_t *chosen = &g->dist.chosen[r->slot];
    unsigned vcpu = GIC_NO_VCPU;

    if (candidate && *chosen != 0 && is_eligible(g, *chosen - 1u, group))
        vcpu = *chosen - 1u;
    else if (candidate)
        vcpu = choose(g, group, r->word->priority[r->bit]);
    *chosen = vcpu == GIC_NO_VCPU ? 0 : (uint16_t)(vcpu + 1);
    g->route[r->slot] = (uint16_t)vcpu;
    set_waiting(g, r->slot, candidate && vcpu == GIC_NO_VCPU);
}

/* Chooses anew for those of @bits (by slot) that are 1-of-N. */
static void route_again(struct gic *g, const uint64_t *bits)
{
    for (unsigned word = 0; word < GIC_SHARED_SLOTS / WORD_BITS; word++) {
        for (uint64_t left = bits[word]; left != 0; left &= left - 1) {
            unsigned slot = word * WORD_BITS + (unsigned)__builtin_ctzll(left);
            struct irq_ref r = gic_word_ref(g, NULL, slot / 32, slot % 32);
            if (g->dist.irouter[slot] & GIC_ROUTER_IRM)
                gic_irq_refresh(g, &r);
        }
    }
}

static void release_waiting(struct gic *g)
{
    uint64_t bits[GIC_SHARED_SLOTS / WORD_BITS];

    memcpy(bits, g->waiting, sizeof(bits));
    route_again(g, bits);
}

/* Gives away what was chosen for @v and not taken. */
static void move_away(struct gic_vcpu *v, unsigned group)
{
    struct gic *g = v->gic;

    for (unsigned level = 0; level < g->n_levels; level++) {
        unsigned i = v->pending.shared[group * g->n_levels + level];
        if (i == 0)
            continue;
        struct gic_shared_node copy = g->nodes[i];
        route_again(g, copy.bits);
    }
}

static bool now_eligible(const struct gic_vcpu *v, unsigned group)
{
    static const uint32_t dpg[GIC_N_GROUPS] = {GICR_CTLR_DPG0, GICR_CTLR_DPG1S, GICR_CTLR_DPG1NS};

    return v->cpu.igrpen[group] && !gic_is_asleep(v) && !(v->redist.ctlr & dpg[group]);
}

void gic_one_of_n_update(struct gic_vcpu *v)
{
    struct gic *g = v->gic;
    bool gained = false;

    for (unsigned group = 0; group < GIC_N_GROUPS; group++) {
        bool is = now_eligible(v, group);
        if (is == is_eligible(g, v->index, group))
            continue;
        g->eligible[group][v->index / WORD_BITS] ^= 1ull << (v->index % WORD_BITS);
        gained |= is;
        if (!is && !g->rebuilding)
            move_away(v, group);
    }
    if (gained && !g->rebuilding)
        release_waiting(g);
}
