/* SPDX-License-Identifier: MIT */
/*
 * Pending sets: what waits at one vCPU, by group, then level, then INTID.
 *
 * A set holds exactly the interrupts that are pending, enabled and not active and are routed to the
 * vCPU. Groups are kept apart, so that enabling a group is a mask, not a walk. Within a group one
 * bit per level says whether anything waits there; within a level interrupts are bits of a tree of
 * 64-bit words. Insert and remove touch at most three words each way; the highest is found with at
 * most five words of levels per group and three of INTIDs. Among equals the lowest INTID wins (IHI
 * 0069 4.8 leaves it open); the order depends on state only, never on history.
 *
 * LPIs are sparse and have their own tree per level, in lpiset.c.
 *
 * Shared interrupts use nodes from a pool. A node is only held while it has a bit set and an
 * interrupt is in at most one set, so as many nodes as interrupts always suffice.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gic/lpiset.h"

/* The inverse of gic_level(). */
static void level_to_priority(const struct gic *g, unsigned level, struct gic_hppi *h)
{
    unsigned half = 1u << (g->priority_bits - 1);
    uint8_t base = level > half ? 0x80 : 0;
    unsigned offset = level > half ? level - (half + 1) : level;

    h->nmi = offset == 0;
    h->priority = h->nmi ? base : (uint8_t)(base + ((offset - 1) << (8 - g->priority_bits)));
}

static void free_all_nodes(struct gic *g)
{
    g->n_free_nodes = GIC_SHARED_SLOTS;
    for (unsigned i = 0; i < GIC_SHARED_SLOTS; i++)
        g->free_nodes[i] = (uint16_t)(GIC_SHARED_SLOTS - i);
}

int gic_pending_create(struct gic *g)
{
    size_t per_vcpu = (size_t)GIC_N_GROUPS * g->n_levels;
    size_t n = per_vcpu * g->config.n_vcpus;

    g->local_sets = calloc(n, sizeof(*g->local_sets));
    g->shared_sets = calloc(n, sizeof(*g->shared_sets));
    g->nodes = calloc(GIC_SHARED_SLOTS + 1, sizeof(*g->nodes));
    g->free_nodes = calloc(GIC_SHARED_SLOTS, sizeof(*g->free_nodes));
    if (!g->local_sets || !g->shared_sets || !g->nodes || !g->free_nodes)
        return -ENOMEM;
    for (unsigned i = 0; i < g->config.n_vcpus; i++) {
        g->vcpus[i].pending.local = g->local_sets + i * per_vcpu;
        g->vcpus[i].pending.shared = g->shared_sets + i * per_vcpu;
    }
    free_all_nodes(g);
    return 0;
}

void gic_pending_destroy(struct gic *g)
{
    free(g->local_sets);
    free(g->shared_sets);
    free(g->nodes);
    free(g->free_nodes);
}

void gic_pending_clear(struct gic *g)
{
    size_t n = (size_t)GIC_N_GROUPS * g->n_levels * g->config.n_vcpus;

    memset(g->local_sets, 0, n * sizeof(*g->local_sets));
    memset(g->shared_sets, 0, n * sizeof(*g->shared_sets));
    memset(g->nodes, 0, (GIC_SHARED_SLOTS + 1) * sizeof(*g->nodes));
    memset(g->placed, 0, sizeof(g->placed));
    free_all_nodes(g);
    for (unsigned i = 0; i < g->config.n_vcpus; i++) {
        memset(g->vcpus[i].pending.levels, 0, sizeof(g->vcpus[i].pending.levels));
        memset(g->vcpus[i].placed, 0, sizeof(g->vcpus[i].placed));
    }
}

void gic_pending_level_mark(struct gic_vcpu *v, unsigned group, unsigned level)
{
    v->pending.levels[group][level / 64] |= 1ull << (level % 64);
}

void gic_pending_level_check(struct gic_vcpu *v, unsigned group, unsigned level)
{
    unsigned i = group * v->gic->n_levels + level;

    if ((v->pending.local[i][0] | v->pending.local[i][1]) == 0 && v->pending.shared[i] == 0)
        v->pending.levels[group][level / 64] &= ~(1ull << (level % 64));
}

/* SGIs and PPIs in the first word, extended PPIs in the second. */
static uint64_t *local_word(struct gic_vcpu *v, unsigned slot, unsigned group, unsigned level,
                            uint64_t *bit)
{
    *bit = 1ull << (slot < 32 ? slot : slot - 32);
    return &v->pending.local[group * v->gic->n_levels + level][slot >= 32];
}

void gic_pending_insert_local(struct gic_vcpu *v, unsigned slot, unsigned group, unsigned level)
{
    uint64_t bit;
    uint64_t *word = local_word(v, slot, group, level, &bit);

    *word |= bit;
    gic_pending_level_mark(v, group, level);
}

void gic_pending_remove_local(struct gic_vcpu *v, unsigned slot, unsigned group, unsigned level)
{
    uint64_t bit;
    uint64_t *word = local_word(v, slot, group, level, &bit);

    *word &= ~bit;
    if (*word == 0)
        gic_pending_level_check(v, group, level);
}

void gic_pending_insert_shared(struct gic_vcpu *v, unsigned slot, unsigned group, unsigned level)
{
    struct gic *g = v->gic;
    uint16_t *index = &v->pending.shared[group * g->n_levels + level];

    if (*index == 0)
        *index = g->free_nodes[--g->n_free_nodes];
    g->nodes[*index].bits[slot / 64] |= 1ull << (slot % 64);
    g->nodes[*index].summary |= 1ull << (slot / 64);
    gic_pending_level_mark(v, group, level);
}

void gic_pending_remove_shared(struct gic_vcpu *v, unsigned slot, unsigned group, unsigned level)
{
    struct gic *g = v->gic;
    uint16_t *index = &v->pending.shared[group * g->n_levels + level];
    struct gic_shared_node *node = &g->nodes[*index];

    node->bits[slot / 64] &= ~(1ull << (slot % 64));
    if (node->bits[slot / 64] == 0)
        node->summary &= ~(1ull << (slot / 64));
    if (node->summary != 0)
        return;
    g->free_nodes[g->n_free_nodes++] = *index;
    *index = 0;
    gic_pending_level_check(v, group, level);
}

static unsigned first_level(const struct gic_vcpu *v, unsigned group)
{
    for (unsigned i = 0; i < v->gic->level_words; i++) {
        uint64_t filled = v->pending.levels[group][i];
        if (group == GIC_G1NS)
            filled |= v->lpis.filled[i];
        if (filled != 0)
            return i * 64 + (unsigned)__builtin_ctzll(filled);
    }
    return GIC_MAX_LEVELS;
}

static uint32_t first_shared(const struct gic_shared_node *node, uint64_t summary)
{
    unsigned word = (unsigned)__builtin_ctzll(summary);

    return gic_shared_intid(word * 64 + (unsigned)__builtin_ctzll(node->bits[word]));
}

/* INTIDs 0..31, 32..1019, 1056..1119, 4096..5119, LPIs: in the order of their numbers. */
static uint32_t first_intid(const struct gic_vcpu *v, unsigned group, unsigned level)
{
    unsigned i = group * v->gic->n_levels + level;
    const uint64_t *local = v->pending.local[i];
    const struct gic_shared_node *node = &v->gic->nodes[v->pending.shared[i]];
    const uint64_t spis = node->summary & 0xffff;

    if (local[0] != 0)
        return (uint32_t)__builtin_ctzll(local[0]);
    if (spis != 0)
        return first_shared(node, spis);
    if (local[1] != 0)
        return GIC_INTID_EPPI + (uint32_t)__builtin_ctzll(local[1]);
    if (node->summary != 0)
        return first_shared(node, node->summary);
    return lpi_set_first(&v->lpis, level);
}

bool gic_pending_any(const struct gic_vcpu *v, unsigned groups)
{
    for (; groups != 0; groups &= groups - 1)
        if (first_level(v, (unsigned)__builtin_ctz(groups)) != GIC_MAX_LEVELS)
            return true;
    return false;
}

void gic_pending_highest(const struct gic_vcpu *v, unsigned group_mask, struct gic_hppi *h)
{
    unsigned best = GIC_MAX_LEVELS;
    unsigned group = GIC_N_GROUPS;

    for (unsigned left = group_mask; left != 0; left &= left - 1) {
        unsigned i = (unsigned)__builtin_ctz(left);
        unsigned level = first_level(v, i);
        if (level < best) {
            best = level;
            group = i;
        }
    }
    h->group = (uint8_t)group;
    if (best == GIC_MAX_LEVELS) {
        h->intid = GIC_INTID_SPURIOUS;
        h->priority = GIC_IDLE_PRIORITY;
        h->nmi = false;
        return;
    }
    level_to_priority(v->gic, best, h);
    h->intid = first_intid(v, group, best);
}
