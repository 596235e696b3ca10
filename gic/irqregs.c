/* SPDX-License-Identifier: MIT */
/*
 * Registers with one field per interrupt, which GICD (SPIs) and GICR (SGIs and PPIs) share.
 *
 * What non-secure software may not see reads as zero and ignores writes (IHI 0069 4.6.3):
 * everything that is not in non-secure Group 1, unless GICx_NSACR lends it.
 */
#include <errno.h>

#include "gic/irqregs.h"
#include "gic/legacy.h"
#include "gic/rwp.h"

/* What a bitmap register shows of which word: row->word + n, in the frame accessed. */
static struct irq_word *word_at(const struct reg_access *a, unsigned word)
{
    return a->frame != NULL ? &a->frame->redist.words[word] : &a->gic->dist.words[word];
}

static uint32_t existing(const struct reg_access *a, unsigned word)
{
    uint32_t mask = a->frame != NULL ? a->gic->local_mask[word] : a->gic->shared_mask[word];

    return mask & gic_are_mask(a, word, word_at(a, word)->group);
}

/* Two bits per interrupt (IHI 0069 12.9.26). The redistributor has them for SGIs alone. */
static unsigned nsacr_of(const struct reg_access *a, unsigned word, unsigned bit)
{
    uint32_t reg;

    if (a->frame == NULL)
        reg = a->gic->dist.nsacr[word * 2 + bit / 16];
    else
        reg = word == 0 && bit < 16 ? a->frame->redist.nsacr : 0;
    return (reg >> (bit % 16 * 2)) & 3;
}

static uint32_t lent(const struct reg_access *a, unsigned word, unsigned level)
{
    uint32_t mask = 0;

    for (unsigned bit = 0; bit < 32; bit++)
        if (nsacr_of(a, word, bit) >= level)
            mask |= 1u << bit;
    return mask;
}

/*
 * Interrupts of a word that this access may touch. `level` is the NSACR value from which on
 * non-secure software may touch secure ones too; above 3: never. NSACR of an SGI lends generation
 * only.
 */
static uint32_t visible(const struct reg_access *a, unsigned word, unsigned level)
{
    uint32_t mask = existing(a, word);

    if (!a->ns)
        return mask;
    uint32_t allowed = word_at(a, word)->group;
    if (level <= 3 && a->frame == NULL)
        allowed |= lent(a, word, level);
    return mask & allowed;
}

#define NSACR_SET_PENDING   1
#define NSACR_CLEAR_PENDING 2
#define NSACR_READ_ACTIVE   2
#define NSACR_ROUTE         3
#define NSACR_NEVER         4

static void refresh(const struct reg_access *a, unsigned word, uint32_t changed)
{
    gic_word_refresh(a->gic, a->frame, word, changed);
}

/* Bits of a 32-bit bitmap register that this write covers and may touch. */
static uint32_t writable(const struct reg_access *a, unsigned word, unsigned level, uint64_t mask)
{
    return visible(a, word, level) & (uint32_t)mask;
}

/* Tells the trace which interrupts began or ceased to be pending. */
static void report_pending(const struct reg_access *a, unsigned word, uint32_t before)
{
    const struct irq_word *w = word_at(a, word);
    uint32_t now = gic_word_pending(w);

    if (a->user)
        return;
    for (uint32_t diff = before ^ now; diff != 0; diff &= diff - 1) {
        unsigned bit = (unsigned)__builtin_ctz(diff);
        struct irq_ref r = gic_word_ref(a->gic, a->frame, word, bit);
        gic_event(a->gic, gic_bit(now, bit) ? GIC_EVENT_PENDED : GIC_EVENT_UNPENDED, a->frame,
                  r.intid, w->priority[bit]);
    }
}

/* -- Group: secure software only -- */

REG_READ(irq_group_read)
{
    unsigned word = r->word + n;

    return a->ns ? 0 : word_at(a, word)->group & existing(a, word);
}

REG_WRITE(irq_group_write)
{
    unsigned word = r->word + n;
    struct irq_word *w = word_at(a, word);
    uint32_t may = a->ns ? 0 : existing(a, word) & (uint32_t)mask;
    uint32_t changed = (w->group ^ (uint32_t)value) & may;

    w->group ^= changed;
    for (uint32_t left = a->gic->config.legacy && a->frame == NULL ? changed : 0; left != 0;
         left &= left - 1)
        gic_reroute(a->gic, word * 32 + (unsigned)__builtin_ctz(left));
    refresh(a, word, changed);
}

/*
 * Whether registers of the second security state are RAZ/WI. Attributes show what they held before
 * GICD_CTLR.DS was set.
 */
static bool one_state(const struct reg_access *a)
{
    return a->user ? !a->gic->config.two_security_states : gic_ds(a->gic);
}

/* IHI 0069 12.9.11: RAZ/WI with one security state, and without affinity routing. */
REG_READ(irq_grpmod_read)
{
    unsigned word = r->word + n;

    return a->ns || one_state(a) ? 0 : word_at(a, word)->grpmod & existing(a, word);
}

REG_WRITE(irq_grpmod_write)
{
    unsigned word = r->word + n;
    struct irq_word *w = word_at(a, word);
    bool fixed = a->ns || one_state(a) || !gic_are(a->gic, false);
    uint32_t may = fixed ? 0 : existing(a, word) & (uint32_t)mask;
    uint32_t changed = (w->grpmod ^ (uint32_t)value) & may;

    w->grpmod ^= changed;
    refresh(a, word, changed);
}

/* -- Enable: clearing takes effect when RWP reads 0 (rwp.c) -- */

REG_READ(irq_enable_read)
{
    unsigned word = r->word + n;

    return gic_enable_view(a->gic, a->frame, word) & visible(a, word, NSACR_NEVER);
}

REG_WRITE(irq_enable_set)
{
    unsigned word = r->word + n;
    struct irq_word *w = word_at(a, word);
    uint32_t set = (uint32_t)value & writable(a, word, NSACR_NEVER, mask);
    uint32_t changed = set & ~w->enable;

    gic_enable_again(a->gic, a->frame, word, set);
    w->enable |= changed;
    refresh(a, word, changed);
}

REG_WRITE(irq_enable_clear)
{
    unsigned word = r->word + n;
    struct irq_word *w = word_at(a, word);
    uint32_t changed = (uint32_t)value & writable(a, word, NSACR_NEVER, mask) & w->enable;

    if (gic_rwp_start(a)) {
        gic_enable_lags(a->gic, a->frame, word, changed);
        return;
    }
    w->enable &= ~changed;
    refresh(a, word, changed);
}

/*
 * -- Pending: reads show latch or level; writes touch the latch alone (IHI 0069 12.9.23). Device
 * attributes show the latch too, and ISPENDR alone sets it --
 */

/* GICD_SPENDSGIR<n> and CPENDSGIR<n> have what GICD_I?PENDR0 has not: SGIs by source. */
static uint32_t pendable(const struct reg_access *a, unsigned word, unsigned level, uint64_t mask)
{
    return writable(a, word, level, mask) & (a->banked ? 0xffff0000u : ~0u);
}

REG_READ(irq_pending_read)
{
    unsigned word = r->word + n;

    if (a->user)
        return word_at(a, word)->latch;
    return gic_word_pending(word_at(a, word)) & visible(a, word, NSACR_SET_PENDING);
}

REG_READ(irq_pending_clear_read)
{
    unsigned word = r->word + n;

    if (a->user)
        return 0;
    return gic_word_pending(word_at(a, word)) & visible(a, word, NSACR_CLEAR_PENDING);
}

REG_WRITE(irq_pending_set)
{
    unsigned word = r->word + n;
    struct irq_word *w = word_at(a, word);
    uint32_t before = gic_word_pending(w);
    uint32_t may = a->user ? existing(a, word) & (uint32_t)mask
                           : pendable(a, word, NSACR_SET_PENDING, mask) & (uint32_t)value;
    uint32_t changed = (w->latch ^ (uint32_t)value) & may;

    w->latch ^= changed;
    report_pending(a, word, before);
    refresh(a, word, changed);
}

REG_WRITE(irq_pending_clear)
{
    unsigned word = r->word + n;
    struct irq_word *w = word_at(a, word);
    uint32_t before = gic_word_pending(w);
    uint32_t clear = (uint32_t)value & pendable(a, word, NSACR_CLEAR_PENDING, mask);

    if (a->user)
        return;
    w->latch &= ~clear;
    report_pending(a, word, before);
    refresh(a, word, clear);
}

/* -- Active -- */

REG_READ(irq_active_read)
{
    unsigned word = r->word + n;

    return word_at(a, word)->active & visible(a, word, NSACR_READ_ACTIVE);
}

REG_WRITE(irq_active_set)
{
    unsigned word = r->word + n;
    struct irq_word *w = word_at(a, word);
    uint32_t changed = (uint32_t)value & writable(a, word, NSACR_NEVER, mask) & ~w->active;

    if (a->frame != NULL && word == 0 && gic_sgis_lack_active(a->gic))
        changed &= 0xffff0000u;
    w->active |= changed;
    refresh(a, word, changed);
}

REG_WRITE(irq_active_clear)
{
    unsigned word = r->word + n;
    struct irq_word *w = word_at(a, word);
    uint32_t changed = (uint32_t)value & writable(a, word, NSACR_NEVER, mask) & w->active;

    for (; changed != 0; changed &= changed - 1) {
        struct irq_ref ref = gic_word_ref(a->gic, a->frame, word, (unsigned)__builtin_ctz(changed));
        gic_deactivate(a->gic, &ref);
    }
}

/* -- Priority: four interrupts per register, byte-accessible -- */

/*
 * IHI 0069 4.8.1: non-secure software sees and sets the lower half of the range: its 0x00 is
 * secure software's 0x80.
 */
static uint8_t priority_view(const struct reg_access *a, uint8_t priority)
{
    return a->ns ? (uint8_t)(priority << 1) : priority;
}

static uint8_t priority_from_view(const struct reg_access *a, uint8_t value)
{
    uint8_t priority = a->ns ? (uint8_t)(0x80 | value >> 1) : value;

    return priority & a->gic->priority_mask;
}

REG_READ(irq_priority_read)
{
    unsigned word = r->word + n / 8, first = n % 8 * 4;
    const struct irq_word *w = word_at(a, word);
    uint32_t may = visible(a, word, NSACR_NEVER) >> first;
    uint64_t value = 0;

    for (unsigned i = 0; i < 4; i++)
        if (gic_bit(may, i))
            value |= (uint64_t)priority_view(a, w->priority[first + i]) << (i * 8);
    return value;
}

REG_WRITE(irq_priority_write)
{
    unsigned word = r->word + n / 8, first = n % 8 * 4;
    struct irq_word *w = word_at(a, word);
    uint32_t may = visible(a, word, NSACR_NEVER) >> first;
    uint32_t changed = 0;

    for (unsigned i = 0; i < 4; i++) {
        if (!gic_bit(may, i) || ((mask >> (i * 8)) & 0xff) == 0)
            continue;
        w->priority[first + i] = priority_from_view(a, (uint8_t)(value >> (i * 8)));
        changed |= 1u << (first + i);
    }
    refresh(a, word, changed);
}

/* -- Trigger: sixteen interrupts per register, the upper bit of each pair counts -- */

static uint32_t spread(uint32_t half)
{
    uint32_t out = 0;

    for (unsigned i = 0; i < 16; i++)
        out |= ((half >> i) & 1) << (i * 2 + 1);
    return out;
}

static uint32_t gather(uint32_t pairs)
{
    uint32_t out = 0;

    for (unsigned i = 0; i < 16; i++)
        out |= ((pairs >> (i * 2 + 1)) & 1) << i;
    return out;
}

REG_READ(irq_config_read)
{
    unsigned word = r->word + n / 2, shift = n % 2 * 16;
    uint32_t edge = word_at(a, word)->edge & visible(a, word, NSACR_NEVER);

    return spread(edge >> shift & 0xffff);
}

/* SGIs are always edge-triggered: GICR_ICFGR0 is read-only (IHI 0069 12.11.8). */
REG_WRITE(irq_config_write)
{
    unsigned word = r->word + n / 2, shift = n % 2 * 16;
    struct irq_word *w = word_at(a, word);
    uint32_t may = visible(a, word, NSACR_NEVER) & (gather((uint32_t)mask) << shift);

    if (a->frame != NULL && word == 0)
        may &= 0xffff0000u;
    uint32_t before = gic_word_pending(w);
    uint32_t changed = (w->edge ^ gather((uint32_t)value) << shift) & may;
    w->edge ^= changed;
    report_pending(a, word, before);
    refresh(a, word, changed);
}

/* -- Non-secure access control: secure software with two security states -- */

static uint32_t *nsacr_reg(const struct reg_access *a, const struct gic_reg *r, unsigned n)
{
    return a->frame != NULL ? &a->frame->redist.nsacr : &a->gic->dist.nsacr[r->word * 2 + n];
}

static uint32_t nsacr_existing(const struct reg_access *a, const struct gic_reg *r, unsigned n)
{
    uint32_t half = a->frame != NULL ? 0xffff : existing(a, r->word + n / 2) >> (n % 2 * 16);
    uint32_t high = spread(half & 0xffff);

    return high | high >> 1;
}

REG_READ(irq_nsacr_read)
{
    return a->ns || one_state(a) ? 0 : *nsacr_reg(a, r, n);
}

REG_WRITE(irq_nsacr_write)
{
    uint32_t *reg = nsacr_reg(a, r, n);
    uint32_t may = (uint32_t)mask & nsacr_existing(a, r, n);

    if (!a->ns && !one_state(a))
        *reg = (*reg & ~may) | ((uint32_t)value & may);
}

/* -- Superpriority (IHI 0069 12.9.17): absent without FEAT_GICv3_NMI -- */

REG_READ(irq_nmi_read)
{
    unsigned word = r->word + n;

    return a->gic->config.has_nmi ? word_at(a, word)->nmi & visible(a, word, NSACR_NEVER) : 0;
}

REG_WRITE(irq_nmi_write)
{
    unsigned word = r->word + n;
    struct irq_word *w = word_at(a, word);

    if (!a->gic->config.has_nmi)
        return;
    uint32_t changed = (w->nmi ^ (uint32_t)value) & writable(a, word, NSACR_NEVER, mask);
    w->nmi ^= changed;
    refresh(a, word, changed);
}

/* -- What every frame has -- */

/* JEP106 code 0x43b (Arm designed the architecture), product 0x4c, and what gic_set_revision()
 * said (IHI 0069 12.9.16).
 */
REG_READ(gic_iidr_read)
{
    (void)r, (void)n;
    return 0x43bu | (uint32_t)a->gic->revision << 12 | 0x4cu << 24;
}

/* Whoever restores a GIC says first which kind was saved. */
int gic_iidr_accept(const struct reg_access *a, const struct gic_reg *r, unsigned n, uint64_t value)
{
    return value == gic_iidr_read(a, r, n) ? 0 : -EINVAL;
}

/* CoreSight identification, 0xffd0..0xffff; PIDR2.ArchRev 3 is GICv3, 4 GICv4 (IHI 0069 12.1.14).
 */
REG_READ(gic_idregs_read)
{
    static const uint8_t ids[12] = {[0] = 0x04, [4] = 0x92, [5] = 0xb4,  [6] = 0x3b,
                                    [8] = 0x0d, [9] = 0xf0, [10] = 0x05, [11] = 0xb1};

    (void)r;
    return n == 6 && gic_is_v4(a->gic) ? 0x4b : ids[n];
}

REG_READ(gic_statusr_read)
{
    (void)r, (void)n;
    return *gic_statusr_of(a);
}

/* Write 1 to clear (IHI 0069 12.9.34). */
REG_WRITE(gic_statusr_write)
{
    (void)r, (void)n;
    if (a->user)
        *gic_statusr_of(a) = (uint32_t)(value & mask) & GIC_STATUSR_BITS;
    else
        *gic_statusr_of(a) &= ~(uint32_t)(value & mask);
}
