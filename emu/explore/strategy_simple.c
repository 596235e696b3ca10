/* SPDX-License-Identifier: GPL-2.0-or-later */
/* round-robin and random: the yardsticks. */
#include "emu/explore/strategy.h"

/* -- round-robin: run r changes vCPUs before every (r + 1)th event -- */

struct round_robin {
    uint64_t every, since;
};

static int round_robin_begin_run(void *state, const struct strategy_parameters *p, uint64_t run)
{
    struct round_robin *s = state;

    *s = (struct round_robin){.every = run + 1};
    return run <= p->n_events ? 1 : 0;
}

static unsigned round_robin_pick(void *state, const struct strategy_parameters *p,
                                 const struct point *point)
{
    struct round_robin *s = state;

    (void)p;
    if (!point->preemption || ++s->since < s->every)
        return 0;
    s->since = 0;
    return 1;
}

static uint32_t round_robin_answer(void *state, const struct strategy_parameters *p,
                                   const struct question *q)
{
    (void)state, (void)p, (void)q;
    return 0;
}

const struct strategy_kind strategy_round_robin = {
    .name = "round-robin",
    .help = "run r changes vCPUs before every (r + 1)th event",
    .state_bytes = sizeof(struct round_robin),
    .begin_run = round_robin_begin_run,
    .pick = round_robin_pick,
    .answer = round_robin_answer,
};

/* -- random: at each point, each vCPU is as likely as another -- */

static int random_begin_run(void *state, const struct strategy_parameters *p, uint64_t run)
{
    *(uint64_t *)state = run_seed(p->seed, run);
    return 1;
}

static unsigned random_pick(void *state, const struct strategy_parameters *p,
                            const struct point *point)
{
    (void)p;
    return random_below(state, point->n);
}

const struct strategy_kind strategy_random = {
    .name = "random",
    .help = "at each event any vCPU, all as likely",
    .state_bytes = sizeof(uint64_t),
    .begin_run = random_begin_run,
    .pick = random_pick,
};
