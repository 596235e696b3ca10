/* SPDX-License-Identifier: MIT */
/*
 * Posting from any thread: an inbox that the thread which runs the GIC drains.
 *
 * An inbox is a tree of bits: a top word says which words of the middle have anything, those say
 * which words (or slots) below. Posters go upwards, the drain goes downwards:
 *
 *   poster:  P1 leaf |= bit      P2 middle |= bit (release)    P3 top |= bit (release)
 *   drain:   D1 swap(top, 0) (acquire)   D2 swap(middle, 0) (acquire)   D3 swap(leaf, 0)
 *
 * Why nothing is lost. All accesses to one word are read-modify-write operations, so they have one
 * order (C11 5.1.2.4, modification order), and a swap takes all bits that were set before it.
 *   If D1 comes after P3 in top's order: D1 reads what P3 wrote, or what a later P3 made of it
 * (release sequence), so P3 happens before D1, hence P2 before D2 and P1 before D3: both find the
 * bit, or a drain before did. The relaxed look that take() has first cannot miss it either, since
 * reading an older value than one that happened before is not allowed (coherence).
 *   If D1 comes before P3: the bit stays in top, and P3 sees top without the bits that D1 took.
 * Then P3 found it empty, and says so; or another poster had made it non-empty after D1, and had
 * found it empty: that one said so. So after each post there is a drain to come that takes it, as
 * long as whoever is told true sees to a drain afterwards. That needs no fence between posting and
 * a sleeping owner: the answer is top's own old value. A drain may find a leaf before its middle
 * bit is set; the next drain finds nothing there, which does no harm.
 *
 * SPIs: the leaf is a slot with the wire's level and what changed, P1 a compare-and-swap, D3 an AND
 * that keeps the level. SGIs and PPIs: one word, top and leaf at once.
 *
 * What a poster did before it posted is visible to the owner after the drain (D1 synchronises with
 * P3): a device may fill memory first and post then. A post costs three atomic operations,
 * whatever the number of interrupts and vCPUs; posts to different vCPUs share no cache line.
 */
#include <errno.h>
#include <stdlib.h>

#include "gic/lpi.h"

#define SLOT_LEVEL   1u /* the wire, as last posted */
#define SLOT_RISE    2u /* it rose since the last drain */
#define SLOT_CHANGED 4u

/* SPIs of all vCPUs; `private_words` has the SGIs and PPIs to be made pending. */
struct gic_inbox {
    _Alignas(64) _Atomic uint64_t spi_top; /* bit per word of spi_slots */
    _Alignas(64) _Atomic uint64_t spi_words[GIC_SHARED_SLOTS / 64];
    _Atomic uint8_t spi_slots[GIC_SHARED_SLOTS];
    struct vcpu_inbox *vcpus;
};

/* LPIs: 64 words of the middle each cover a 64th of the bits. */
struct vcpu_inbox {
    _Alignas(64) _Atomic uint64_t top;    /* bit per word of lpi_middle */
    _Alignas(64) _Atomic uint32_t locals; /* SGIs and PPIs */
    _Atomic uint64_t lpi_middle[64];      /* bit per group of LPI words */
    _Atomic uint64_t *lpi_bits;           /* [2^lpi_id_bits / 64] */
};

static unsigned n_lpi_words(const struct gic *g)
{
    return g->config.lpi_id_bits != 0 ? (1u << g->config.lpi_id_bits) / 64 : 0;
}

/* LPI words per bit of the middle: 4096 such bits cover them all. */
static unsigned words_per_bit(const struct gic *g)
{
    return n_lpi_words(g) > 4096 ? n_lpi_words(g) / 4096 : 1;
}

int gic_post_create(struct gic *g)
{
    if (!g->config.posting)
        return 0;
    g->inbox = aligned_alloc(64, sizeof(*g->inbox));
    if (g->inbox == NULL)
        return -ENOMEM;
    *g->inbox = (struct gic_inbox){0};
    g->inbox->vcpus = aligned_alloc(64, g->config.n_vcpus * sizeof(struct vcpu_inbox));
    if (g->inbox->vcpus == NULL)
        return -ENOMEM;
    for (unsigned i = 0; i < g->config.n_vcpus; i++)
        g->inbox->vcpus[i] = (struct vcpu_inbox){0};
    for (unsigned i = 0; i < g->config.n_vcpus && n_lpi_words(g) != 0; i++) {
        g->inbox->vcpus[i].lpi_bits = calloc(n_lpi_words(g), sizeof(uint64_t));
        if (g->inbox->vcpus[i].lpi_bits == NULL)
            return -ENOMEM;
    }
    return 0;
}

void gic_post_destroy(struct gic *g)
{
    if (g->inbox == NULL)
        return;
    for (unsigned i = 0; g->inbox->vcpus != NULL && i < g->config.n_vcpus; i++)
        free(g->inbox->vcpus[i].lpi_bits);
    free(g->inbox->vcpus);
    free(g->inbox);
}

/* -- Posters -- */

/* True if the word was empty: the owner has to be told. */
static bool set_bit(_Atomic uint64_t *word, unsigned bit)
{
    return atomic_fetch_or_explicit(word, 1ull << bit, memory_order_release) == 0;
}

/* A fall keeps the note of a rise that was not drained yet. */
static void set_slot(_Atomic uint8_t *slot, bool level)
{
    uint8_t old = atomic_load_explicit(slot, memory_order_relaxed);
    uint8_t new;

    do {
        new = SLOT_CHANGED | (old & SLOT_RISE);
        if (level)
            new |= SLOT_LEVEL | (old & SLOT_LEVEL ? 0 : SLOT_RISE);
    } while (!atomic_compare_exchange_weak_explicit(slot, &old, new, memory_order_relaxed,
                                                    memory_order_relaxed));
}

bool gic_post_spi(struct gic *g, uint32_t intid, bool level)
{
    bool extended = intid >= GIC_INTID_ESPI;
    uint32_t slot = extended ? intid - GIC_INTID_ESPI + 1024 : intid;

    if (g->inbox == NULL || slot < 32 || slot >= GIC_SHARED_SLOTS || (!extended && slot >= 1020))
        return false;
    set_slot(&g->inbox->spi_slots[slot], level);
    set_bit(&g->inbox->spi_words[slot / 64], slot % 64);
    return set_bit(&g->inbox->spi_top, slot / 64);
}

bool gic_post_private(struct gic *g, unsigned vcpu, uint32_t intid)
{
    if (g->inbox == NULL || vcpu >= g->config.n_vcpus || intid >= 32)
        return false;
    return atomic_fetch_or_explicit(&g->inbox->vcpus[vcpu].locals, 1u << intid,
                                    memory_order_release) == 0;
}

bool gic_post_lpi(struct gic *g, unsigned vcpu, uint32_t intid)
{
    if (g->inbox == NULL || vcpu >= g->config.n_vcpus || intid < GIC_INTID_LPI ||
        intid / 64 >= n_lpi_words(g))
        return false;
    struct vcpu_inbox *box = &g->inbox->vcpus[vcpu];
    unsigned group = intid / 64 / words_per_bit(g);
    atomic_fetch_or_explicit(&box->lpi_bits[intid / 64], 1ull << (intid % 64),
                             memory_order_release);
    set_bit(&box->lpi_middle[group / 64], group % 64);
    return set_bit(&box->top, group / 64);
}

/* -- The owner -- */

static uint64_t take(_Atomic uint64_t *word)
{
    if (atomic_load_explicit(word, memory_order_relaxed) == 0)
        return 0;
    return atomic_exchange_explicit(word, 0, memory_order_acquire);
}

/* A pulse between two drains is an edge, and no level. */
static void apply_slot(struct gic *g, unsigned slot)
{
    uint8_t was =
        atomic_fetch_and_explicit(&g->inbox->spi_slots[slot], SLOT_LEVEL, memory_order_relaxed);
    uint32_t intid = gic_shared_intid(slot);

    if (!(was & SLOT_CHANGED))
        return;
    if (was & SLOT_RISE) {
        gic_set_spi(g, intid, false);
        gic_set_spi(g, intid, true);
    }
    gic_set_spi(g, intid, was & SLOT_LEVEL);
}

static void drain_spis(struct gic *g)
{
    for (uint64_t top = take(&g->inbox->spi_top); top != 0; top &= top - 1) {
        unsigned word = (unsigned)__builtin_ctzll(top);
        for (uint64_t bits = take(&g->inbox->spi_words[word]); bits != 0; bits &= bits - 1)
            apply_slot(g, word * 64 + (unsigned)__builtin_ctzll(bits));
    }
}

static void drain_lpi_group(struct gic *g, struct gic_vcpu *v, unsigned group)
{
    struct vcpu_inbox *box = &g->inbox->vcpus[v->index];
    unsigned first = group * words_per_bit(g);

    for (unsigned word = first; word < first + words_per_bit(g); word++)
        for (uint64_t bits = take(&box->lpi_bits[word]); bits != 0; bits &= bits - 1)
            gic_lpi_set_pending(v, word * 64 + (unsigned)__builtin_ctzll(bits), true);
}

static void drain_private(struct gic *g, struct gic_vcpu *v)
{
    _Atomic uint32_t *locals = &g->inbox->vcpus[v->index].locals;

    if (atomic_load_explicit(locals, memory_order_relaxed) == 0)
        return;
    uint32_t bits = atomic_exchange_explicit(locals, 0, memory_order_acquire);
    for (; bits != 0; bits &= bits - 1) {
        struct irq_ref r = gic_word_ref(g, v, 0, (unsigned)__builtin_ctz(bits));
        gic_irq_set_latch(g, &r);
    }
}

void gic_drain(struct gic *g, unsigned vcpu)
{
    if (g->inbox == NULL || vcpu >= g->config.n_vcpus)
        return;
    struct vcpu_inbox *box = &g->inbox->vcpus[vcpu];
    drain_spis(g);
    drain_private(g, &g->vcpus[vcpu]);
    for (uint64_t top = take(&box->top); top != 0; top &= top - 1) {
        unsigned word = (unsigned)__builtin_ctzll(top);
        for (uint64_t bits = take(&box->lpi_middle[word]); bits != 0; bits &= bits - 1)
            drain_lpi_group(g, &g->vcpus[vcpu], word * 64 + (unsigned)__builtin_ctzll(bits));
    }
}

/* -- The same, at once, by the GIC's own thread ------------------------------------------------ */

int gic_send_private(struct gic *g, unsigned vcpu, uint32_t intid)
{
    struct irq_ref r;

    if (vcpu >= g->config.n_vcpus || intid >= 32 || !gic_find(g, &g->vcpus[vcpu], intid, &r))
        return -EINVAL;
    gic_irq_set_latch(g, &r);
    return 0;
}

int gic_send_lpi(struct gic *g, unsigned vcpu, uint32_t intid)
{
    if (vcpu >= g->config.n_vcpus || g->config.lpi_id_bits == 0 || intid < GIC_INTID_LPI ||
        intid >> g->config.lpi_id_bits != 0)
        return -EINVAL;
    gic_lpi_set_pending(&g->vcpus[vcpu], intid, true);
    return 0;
}
