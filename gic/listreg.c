/* SPDX-License-Identifier: MIT */
/*
 * What is derived of the list registers: which are in what state, and for each group a key by which
 * the interrupt that a guest takes first is a minimum. ICH_LR<n>_EL2 change through gic_lr_set().
 */
#ifdef GIC_PARANOID
#undef NDEBUG /* asked for by name, in every kind of build */
#include <assert.h>
#endif
#include <string.h>

#include "gic/ich.h"

_Static_assert(GIC_LIST_REGISTERS == 16, "a key has 4 bits for n, the masks 16");

/* Superpriority first, then by priority; among equals the lowest n. */
static int16_t key_of(unsigned n, uint64_t lr)
{
    unsigned rank = LR_NMI(lr) ? 0 : LR_PRIORITY(lr) + 1u;

    return (int16_t)(rank << 4 | n);
}

static void set_bit(uint16_t *mask, unsigned n, bool value)
{
    *mask = (uint16_t)((*mask & ~(1u << n)) | (unsigned)value << n);
}

static void derive(struct gic_lr_sums *s, unsigned n, uint64_t lr)
{
    unsigned state = LR_STATE(lr), group = LR_GROUP(lr);

    set_bit(&s->valid, n, state != 0);
    set_bit(&s->pending, n, (state & LR_PENDING) != 0);
    set_bit(&s->active, n, (state & LR_ACTIVE) != 0);
    set_bit(&s->group1, n, group == 1);
    set_bit(&s->eoi, n, state == 0 && !LR_HW(lr) && LR_EOI(lr));
    s->key[!group][n] = LR_NO_KEY;
    s->key[group][n] = state == LR_PENDING ? key_of(n, lr) : LR_NO_KEY;
}

void gic_lr_set(struct gic_vcpu *v, unsigned n, uint64_t lr)
{
    v->cpu.ich_lr[n] = lr;
    v->lrs_changed |= (uint16_t)(1u << n);
    derive(&v->lrs, n, lr);
}

void gic_lr_rebuild(struct gic_vcpu *v)
{
    memset(&v->lrs, 0, sizeof(v->lrs));
    v->lrs_changed = 0xffff;
    for (unsigned n = 0; n < GIC_LIST_REGISTERS; n++)
        derive(&v->lrs, n, v->cpu.ich_lr[n]);
}

/* All 16, whatever the configuration has: a fixed number of them is a few vector instructions. */
static int16_t least(const int16_t *key)
{
    int16_t best = LR_NO_KEY;

    for (unsigned n = 0; n < GIC_LIST_REGISTERS; n++)
        best = key[n] < best ? key[n] : best;
    return best;
}

/* Pending, and not active too, of the groups. */
static unsigned candidates(const struct gic_lr_sums *s, unsigned groups)
{
    unsigned of_groups =
        (groups & 1 ? ~(unsigned)s->group1 : 0) | (groups & 2 ? (unsigned)s->group1 : 0);

    return s->pending & ~s->active & of_groups;
}

/* None or one is the usual case, and just after a write the keys would have to be waited for. */
int gic_lr_highest(const struct gic_vcpu *v, unsigned groups)
{
    unsigned any = candidates(&v->lrs, groups);

    if ((any & (any - 1)) == 0)
        return any == 0 ? -1 : __builtin_ctz(any);
    int16_t g0 = groups & 1 ? least(v->lrs.key[0]) : LR_NO_KEY;
    int16_t g1 = groups & 2 ? least(v->lrs.key[1]) : LR_NO_KEY;
    return (g0 < g1 ? g0 : g1) & 15;
}

#ifdef GIC_PARANOID
void gic_lr_check(const struct gic_vcpu *v)
{
    struct gic_lr_sums wanted = {0};

    for (unsigned n = 0; n < GIC_LIST_REGISTERS; n++)
        derive(&wanted, n, v->cpu.ich_lr[n]);
    assert(memcmp(&wanted, &v->lrs, sizeof(wanted)) == 0);
}
#endif
