/* SPDX-License-Identifier: MIT */
/*
 * One interrupt at a time: its state, its group, its place in the pending sets, its target.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gic/legacy.h"
#include "gic/lpi.h"

/* The slot of a private or shared INTID (IHI 0069 2.2.1), or -1 for the ranges between them. */
static int slot_of(uint32_t intid, bool *shared)
{
    *shared = (intid >= 32 && intid < 1020) || intid >= GIC_INTID_ESPI;
    if (intid < 1020)
        return (int)intid;
    if (intid >= GIC_INTID_EPPI && intid < GIC_INTID_EPPI + 64)
        return (int)(32 + intid - GIC_INTID_EPPI);
    if (intid >= GIC_INTID_ESPI && intid < GIC_INTID_ESPI + 1024)
        return (int)(1024 + intid - GIC_INTID_ESPI);
    return -1;
}

bool gic_find_far(struct gic *g, struct gic_vcpu *v, uint32_t intid, struct irq_ref *out)
{
    bool shared;
    int slot = slot_of(intid, &shared);

    if (slot < 0)
        return false;
    unsigned word = (unsigned)slot / 32, bit = (unsigned)slot % 32;
    uint32_t exists = shared ? g->shared_mask[word] : g->local_mask[word];
    if (!gic_bit(exists, bit))
        return false;
    *out = gic_word_ref(g, shared ? NULL : v, word, bit);
    return true;
}

uint32_t gic_choose(struct gic *g, enum gic_choice_kind kind, unsigned vcpu, uint32_t n_options)
{
    if (g->config.choose == NULL || n_options < 2)
        return 0;
    return g->config.choose(g->config.opaque, kind, vcpu, n_options) % n_options;
}

/* Which bits of the n-th active priorities register are preemption levels. */
uint32_t gic_apr_bits(const struct gic *g, unsigned n)
{
    uint32_t levels = 1u << g->pre_bits;

    if (n * 32 >= levels)
        return 0;
    return levels < 32 ? (1u << levels) - 1 : ~0u;
}

/* Group 0 has no non-maskable interrupts (IHI 0069 4.8.5). */
static unsigned level_of(const struct gic *g, const struct irq_word *w, unsigned bit,
                         enum gic_group group)
{
    bool nmi = gic_bit(w->nmi, bit) && group != GIC_G0;
    uint8_t priority = w->priority[bit];

    if (nmi)
        priority = group == GIC_G1NS && !gic_ds(g) ? 0x80 : 0;
    return gic_level(g, priority, nmi);
}

/* Group and level of an interrupt that belongs in a set, plus 1; 0 if it does not. */
static unsigned wanted_place(const struct gic *g, const struct irq_ref *r)
{
    const struct irq_word *w = r->word;

    if (!gic_bit(gic_word_pending(w) & w->enable & ~w->active, r->bit))
        return 0;
    enum gic_group group = gic_group_of(g, w, r->bit);
    return ((unsigned)group << GIC_PLACE_SHIFT | level_of(g, w, r->bit, group)) + 1;
}

static unsigned place_group(unsigned place)
{
    return (place - 1) >> GIC_PLACE_SHIFT;
}

static unsigned place_level(unsigned place)
{
    return (place - 1) & ((1u << GIC_PLACE_SHIFT) - 1);
}

static bool refresh_local(struct gic *g, const struct irq_ref *r)
{
    struct gic_vcpu *v = r->vcpu;
    unsigned old = v->placed[r->slot];
    unsigned new = wanted_place(g, r);

    if (old == new)
        return false;
    if (old != 0)
        gic_pending_remove_local(v, r->slot, place_group(old), place_level(old));
    if (new != 0)
        gic_pending_insert_local(v, r->slot, place_group(new), place_level(new));
    v->placed[r->slot] = (uint16_t) new;
    return true;
}

/* vCPUs whose sets an interrupt has left and joined; GIC_NO_VCPU: none. */
struct move {
    unsigned from, to;
};

/* SPIs are in the set of the vCPU that they are routed to, and no other. */
static struct move refresh_shared(struct gic *g, const struct irq_ref *r)
{
    uint32_t old = g->placed[r->slot];
    uint32_t place = wanted_place(g, r);
    uint32_t new = 0;
    struct move move = {GIC_NO_VCPU, GIC_NO_VCPU};

    if (gic_is_one_of_n(g, r->slot))
        gic_one_of_n_route(g, r, place != 0, place != 0 ? place_group(place) : 0);
    if (place != 0 && g->route[r->slot] != GIC_NO_VCPU)
        new = (uint32_t)g->route[r->slot] << 16 | place;
    if (old == new)
        return move;
    g->placed[r->slot] = new;
    if (old != 0) {
        unsigned was = old & 0xffff;
        move.from = old >> 16;
        gic_pending_remove_shared(&g->vcpus[move.from], r->slot, place_group(was),
                                  place_level(was));
    }
    if (new != 0) {
        move.to = new >> 16;
        gic_pending_insert_shared(&g->vcpus[move.to], r->slot, place_group(place),
                                  place_level(place));
    }
    return move;
}

void gic_irq_refresh(struct gic *g, const struct irq_ref *r)
{
    if (r->vcpu != NULL) {
        if (refresh_local(g, r))
            gic_vcpu_update(r->vcpu);
        return;
    }
    struct move move = refresh_shared(g, r);
    if (move.from != GIC_NO_VCPU && move.from != move.to)
        gic_vcpu_update(&g->vcpus[move.from]);
    if (move.to != GIC_NO_VCPU)
        gic_vcpu_update(&g->vcpus[move.to]);
}

/* vCPUs to update: a set of at most two for each interrupt of a word. */
struct touched {
    unsigned n;
    uint16_t vcpus[2 * 32];
};

static void touch(struct touched *t, unsigned vcpu)
{
    for (unsigned i = 0; i < t->n; i++)
        if (t->vcpus[i] == vcpu)
            return;
    if (vcpu != GIC_NO_VCPU)
        t->vcpus[t->n++] = (uint16_t)vcpu;
}

/* All of the word first: no vCPU decides on half of it. */
void gic_word_refresh(struct gic *g, struct gic_vcpu *v, unsigned word, uint32_t changed)
{
    struct touched t;

    t.n = 0;
    for (; changed != 0; changed &= changed - 1) {
        struct irq_ref r = gic_word_ref(g, v, word, (unsigned)__builtin_ctz(changed));
        if (v != NULL) {
            touch(&t, refresh_local(g, &r) ? v->index : GIC_NO_VCPU);
            continue;
        }
        struct move move = refresh_shared(g, &r);
        touch(&t, move.from);
        touch(&t, move.to);
    }
    for (unsigned i = 0; i < t.n; i++)
        gic_vcpu_update(&g->vcpus[t.vcpus[i]]);
}

/* Every place in every set, after a change of what groups mean, or a restore. */
void gic_refresh_all(struct gic *g)
{
    g->rebuilding = true;
    for (unsigned i = 0; i < g->config.n_vcpus && gic_has_choice(g); i++)
        gic_one_of_n_update(&g->vcpus[i]);
    for (unsigned i = 0; i < g->config.n_vcpus; i++) {
        for (unsigned word = 0; word < GIC_LOCAL_WORDS; word++)
            gic_word_refresh(g, &g->vcpus[i], word, g->local_mask[word]);
        gic_lpi_rebuild(&g->vcpus[i]);
    }
    for (unsigned word = 1; word < GIC_SHARED_WORDS; word++)
        gic_word_refresh(g, NULL, word, g->shared_mask[word]);
    g->rebuilding = false;
    for (unsigned i = 0; i < g->config.n_vcpus; i++)
        gic_vcpu_update_rebuilt(&g->vcpus[i]);
}

void gic_irq_set_latch(struct gic *g, const struct irq_ref *r)
{
    bool was = gic_bit(gic_word_pending(r->word), r->bit);

    r->word->latch |= 1u << r->bit;
    if (!was)
        gic_event(g, GIC_EVENT_PENDED, r->vcpu, r->intid, r->word->priority[r->bit]);
    gic_irq_refresh(g, r);
}

void gic_deactivate(struct gic *g, const struct irq_ref *r)
{
    if (!gic_bit(r->word->active, r->bit))
        return;
    r->word->active &= ~(1u << r->bit);
    gic_event(g, GIC_EVENT_DEACTIVATED, r->vcpu, r->intid, 0);
    gic_irq_refresh(g, r);
}

/* The wire of one interrupt. A rising edge latches if the interrupt is edge-triggered. */
static void set_level(struct gic *g, const struct irq_ref *r, bool level)
{
    struct irq_word *w = r->word;
    uint32_t bit = 1u << r->bit;
    bool was = gic_bit(gic_word_pending(w), r->bit);

    if (gic_bit(w->level, r->bit) == level)
        return;
    w->level ^= bit;
    if (level && (w->edge & bit))
        w->latch |= bit;
    bool is = gic_bit(gic_word_pending(w), r->bit);
    if (was == is)
        return;
    gic_event(g, is ? GIC_EVENT_PENDED : GIC_EVENT_UNPENDED, r->vcpu, r->intid,
              w->priority[r->bit]);
    gic_irq_refresh(g, r);
}

void gic_set_spi(struct gic *g, uint32_t intid, bool level)
{
    struct irq_ref r;

    if (gic_find(g, NULL, intid, &r) && r.slot >= 32 && intid >= 32 &&
        (intid < 1020 || intid >= GIC_INTID_ESPI))
        set_level(g, &r, level);
}

void gic_set_ppi(struct gic *g, unsigned vcpu, uint32_t intid, bool level)
{
    struct irq_ref r;

    if (vcpu >= g->config.n_vcpus || intid < 16)
        return;
    if (gic_find(g, &g->vcpus[vcpu], intid, &r) && r.vcpu != NULL)
        set_level(g, &r, level);
}

/* -- Affinities -- */

static uint32_t hash_affinity(uint32_t affinity)
{
    return (affinity * 0x9e3779b1u) >> 8;
}

struct gic_vcpu *gic_vcpu_by_affinity(struct gic *g, uint32_t affinity)
{
    for (uint32_t i = hash_affinity(affinity);; i++) {
        uint16_t entry = g->affinity_hash[i & g->affinity_mask];
        if (entry == 0)
            return NULL;
        if (g->vcpus[entry - 1].affinity == affinity)
            return &g->vcpus[entry - 1];
    }
}

/* At most half full, so that chains are short and always end. */
int gic_affinity_init(struct gic *g)
{
    uint32_t size = 4;

    while (size < 2 * g->config.n_vcpus)
        size *= 2;
    g->affinity_mask = size - 1;
    g->affinity_hash = calloc(size, sizeof(*g->affinity_hash));
    if (g->affinity_hash == NULL)
        return -ENOMEM;
    for (unsigned i = 0; i < g->config.n_vcpus; i++) {
        if (gic_vcpu_by_affinity(g, g->vcpus[i].affinity) != NULL)
            return -EEXIST;
        uint32_t at = hash_affinity(g->vcpus[i].affinity);
        while (g->affinity_hash[at & g->affinity_mask] != 0)
            at++;
        g->affinity_hash[at & g->affinity_mask] = (uint16_t)(i + 1);
    }
    return 0;
}

/* GICD_IROUTER<n>: Aff3 [39:32], IRM [31], Aff2..Aff0 [23:0] (IHI 0069 12.9.22). */
void gic_reroute(struct gic *g, unsigned slot)
{
    uint64_t router = g->dist.irouter[slot];

    if (gic_is_one_of_n(g, slot)) /* gic_one_of_n_route() decides */
        return;
    if (gic_route_legacy(g, slot, &g->route[slot]))
        return;
    uint32_t affinity = (uint32_t)(router >> 8 & 0xff000000u) | (uint32_t)(router & 0xffffffu);
    struct gic_vcpu *v = gic_vcpu_by_affinity(g, affinity);

    g->route[slot] = v != NULL ? (uint16_t)v->index : GIC_NO_VCPU;
}
