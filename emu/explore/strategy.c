/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/explore/strategy.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct strategy_kind *const all[] = {
    &strategy_round_robin, &strategy_random, &strategy_pct,     &strategy_pos,  &strategy_surw,
    &strategy_hints,       &strategy_delay,  &strategy_exhaust, &strategy_dpor,
};

const struct strategy_kind *strategy_find(const char *name)
{
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (!strcmp(all[i]->name, name))
            return all[i];
    }
    return NULL;
}

const char *strategy_names(void)
{
    return "round-robin, random, pct, pos, surw, hints, delay, exhaust, dpor";
}

double strategy_p_miss(const struct strategy_kind *k, const struct strategy_parameters *p,
                       uint64_t runs)
{
    double one;

    if (k != &strategy_pct || !p->n_vcpus || !p->n_events)
        return 1;
    /* Burckhardt and others, ASPLOS 2010: each run meets a bug of depth d so often at least. */
    one = 1 / (p->n_vcpus * pow((double)p->n_events, p->depth - 1.0));
    return pow(1 - one, (double)runs);
}

void strategy_bound(const struct strategy_kind *k, const struct strategy_parameters *p,
                    uint64_t runs, char *text, size_t size)
{
    double missed = strategy_p_miss(k, p, runs);

    *text = 0;
    if (missed < 1)
        snprintf(text, size,
                 "a bug of depth %u would have been missed with probability %.3g at most "
                 "(n = %u, k = %" PRIu64 ")",
                 p->depth, missed, p->n_vcpus, p->n_events);
}

void strategy_bound_so_far(const struct strategy_kind *k, const struct strategy_parameters *p,
                           uint64_t runs, char *text, size_t size)
{
    double missed = strategy_p_miss(k, p, runs);

    *text = 0;
    if (missed < 1)
        snprintf(text, size, "; P(miss depth <= %u) <= %.3g", p->depth, missed);
}

uint32_t random_below(uint64_t *state, uint32_t n)
{
    return (uint32_t)((random_next(state) >> 32) * n >> 32);
}

uint32_t answer_by_chance(const struct question *q)
{
    uint32_t bits = q->n > 1 ? 31 - (uint32_t)__builtin_clz(q->n) : 0, span;

    if (!bits || random_below(q->random, 2))
        return 0;
    span = 2u << random_below(q->random, bits);
    return random_below(q->random, span < q->n ? span : q->n);
}

uint64_t run_seed(uint64_t seed, uint64_t run)
{
    uint64_t state = seed ^ run * 0xd1342543de82ef95;

    return random_next(&state);
}
