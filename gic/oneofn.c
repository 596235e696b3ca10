/* SPDX-License-Identifier: MIT */
/*
 * 1-of-N: SPIs that any one of several vCPUs may take (IHI 0069 4.4; GICD_IROUTER<n>.
 * Interrupt_Routing_Mode), or several ones of GICD_ITARGETSR<n>.
 *
 * When such an interrupt becomes a candidate (pending, enabled, not active), one eligible vCPU is
 * chosen and the interrupt sits in that vCPU's set until it is taken, or the vCPU ceases to be
 * eligible. With nobody eligible it waits. Eligible for a group: ICC_IGRPEN for it, not asleep,
 * GICR_CTLR.DPG* clear. ICC_CTLR.PMHE makes the priority mask a hint: vCPUs that would mask the
 * interrupt come last.
 *
 * GICD_CTLR.E1NWF lets vCPUs that sleep be picked too, and thereby woken (WakeRequest). What their
 * CPU interface enables is not known then, only GICR_CTLR.DPG* counts; they come behind those that
 * are awake.
 */
#include <string.h>

#include "gic/legacy.h"

#define WORD_BITS 64

static bool in_set(const uint64_t *set, unsigned vcpu)
{
    return (set[vcpu / WORD_BITS] >> (vcpu % WORD_BITS)) & 1;
}

static bool is_eligible(const struct gic *g, unsigned vcpu, unsigned group)
{
    return in_set(g->eligible[group], vcpu) || in_set(g->wakeable[group], vcpu);
}

/* Those of a set that are targets of the SPI: with affinity routing all (there are 8 without). */
static void restrict_to(uint64_t *out, const uint64_t *set, uint64_t targets)
{
    memcpy(out, set, GIC_VCPU_WORDS * sizeof(*out));
    out[0] &= targets;
}

static unsigned count(const uint64_t *set)
{
    unsigned n = 0;

    for (unsigned word = 0; word < GIC_VCPU_WORDS; word++)
        n += (unsigned)__builtin_popcountll(set[word]);
    return n;
}

/* The n-th member. */
static unsigned nth(const uint64_t *set, unsigned n)
{
    for (unsigned word = 0; word < GIC_VCPU_WORDS; word++) {
        uint64_t bits = set[word];
        unsigned here = (unsigned)__builtin_popcountll(bits);
        if (n >= here) {
            n -= here;
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

/* The first one from @vcpu on, in a circle, whose mask is no hint against; else @vcpu. */
static unsigned heed_hints(struct gic *g, const uint64_t *set, unsigned vcpu, uint8_t priority)
{
    unsigned n = g->config.n_vcpus;

    for (unsigned i = 0; i < n; i++) {
        unsigned at = (vcpu + i) % n;
        if (in_set(set, at) && !hints_against(&g->vcpus[at], priority))
            return at;
    }
    return vcpu;
}

static unsigned choose(struct gic *g, const struct irq_ref *r, unsigned group)
{
    uint64_t targets = gic_spi_targets(g, r->slot);
    uint64_t awake[GIC_VCPU_WORDS], asleep[GIC_VCPU_WORDS];

    restrict_to(awake, g->eligible[group], targets);
    restrict_to(asleep, g->wakeable[group], targets);
    unsigned n_awake = count(awake), n_asleep = count(asleep);
    if (n_awake + n_asleep == 0)
        return GIC_NO_VCPU;
    unsigned n = gic_choose(g, GIC_CHOICE_ONE_OF_N_TARGET, 0, n_awake + n_asleep);
    if (n >= n_awake)
        return nth(asleep, n - n_awake);
    return heed_hints(g, awake, nth(awake, n), r->word->priority[r->bit]);
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

    bool keeps = *chosen != 0 && is_eligible(g, *chosen - 1u, group) &&
                 (gic_spi_targets(g, r->slot) >> ((*chosen - 1u) % WORD_BITS) & 1);

    if (candidate && keeps)
        vcpu = *chosen - 1u;
    else if (candidate)
        vcpu = choose(g, r, group);
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
            if (gic_is_one_of_n(g, slot))
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

    for (unsigned word = 0; word < GIC_LEVEL_WORDS; word++) {
        for (uint64_t left = v->pending.levels[group][word]; left != 0; left &= left - 1) {
            unsigned level = word * WORD_BITS + (unsigned)__builtin_ctzll(left);
            struct gic_shared_node copy = g->nodes[v->pending.shared[group * g->n_levels + level]];
            route_again(g, copy.bits); /* node 0 is empty */
        }
    }
}

static bool may_pick(const struct gic_vcpu *v, unsigned group)
{
    static const uint32_t dpg[GIC_N_GROUPS] = {GICR_CTLR_DPG0, GICR_CTLR_DPG1S, GICR_CTLR_DPG1NS};

    return !(v->redist.ctlr & dpg[group]) || !gic_are(v->gic, group == GIC_G1NS);
}

static bool now_eligible(const struct gic_vcpu *v, unsigned group)
{
    return v->cpu.igrpen[group] && !gic_is_asleep(v) && may_pick(v, group);
}

static bool now_wakeable(const struct gic_vcpu *v, unsigned group)
{
    return (v->gic->dist.ctlr & CTLR_E1NWF) && gic_is_asleep(v) && may_pick(v, group);
}

static void set_member(uint64_t *set, unsigned vcpu, bool is)
{
    uint64_t bit = 1ull << (vcpu % WORD_BITS);

    set[vcpu / WORD_BITS] = (set[vcpu / WORD_BITS] & ~bit) | (is ? bit : 0);
}

void gic_one_of_n_update(struct gic_vcpu *v)
{
    struct gic *g = v->gic;
    bool gained = false;

    for (unsigned group = 0; group < GIC_N_GROUPS; group++) {
        bool was = is_eligible(g, v->index, group);
        set_member(g->eligible[group], v->index, now_eligible(v, group));
        set_member(g->wakeable[group], v->index, now_wakeable(v, group));
        bool is = is_eligible(g, v->index, group);
        gained |= is && !was;
        if (was && !is && !g->rebuilding)
            move_away(v, group);
    }
    if (gained && !g->rebuilding)
        release_waiting(g);
}
