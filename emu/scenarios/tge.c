/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * images/races/vmm-tge: a VMM raises an SPI when the EL1 physical timer of a nested guest is due,
 * for a hypervisor at EL2 that clears HCR_EL2.TGE at that moment: from then on CNTPOFF_EL2 counts.
 *
 * armed-once: the deadline is computed when the VMM is asked.
 * re-evaluated: it is what it is when it is looked at.
 */
#include "emu/machine.h"
#include "emu/scenarios/scenarios.h"

enum { VCPU = 0 };

enum { INTID };       /* shared[]: 0: nobody has asked yet */
enum { DEADLINE_NS }; /* words[] */

static bool is_called(const struct machine *m, const struct actor *a)
{
    (void)a;
    return actor_outside(m, VCPU);
}

static bool is_asked(const struct machine *m, const struct actor *a)
{
    (void)a;
    return m->actors->shared[INTID];
}

static void ask(struct machine *m, struct actor *a)
{
    (void)a;
    m->actors->shared[INTID] = actor_argument(m, VCPU, 1);
    actor_answer(m, VCPU, 0);
}

/* Now, when it is due already: then its output will not change by itself. */
static uint64_t due_ns(const struct machine *m, const struct actor *a)
{
    struct timers_tree tree;

    (void)a;
    timers_get_tree(m->timers, VCPU, &tree);
    return tree.timers[TIMER_EL1_PHYS].level ? 0 : tree.timers[TIMER_EL1_PHYS].deadline_ns;
}

static void arm(struct machine *m, struct actor *a)
{
    a->words[DEADLINE_NS] = due_ns(m, a);
}

static uint64_t armed_ns(const struct machine *m, const struct actor *a)
{
    (void)m;
    return a->words[DEADLINE_NS];
}

static void raise(struct machine *m, struct actor *a)
{
    (void)a;
    gic_set_spi(m->gic, (uint32_t)m->actors->shared[INTID], true);
}

#define ARMS                                                                                       \
    {                                                                                              \
        .name = "arms a timer", .reads = ACTOR_SHARED_WORD(INTID) | ACTOR_TIMERS,                  \
        .when = is_asked, .run = arm                                                               \
    }
#define RAISES .name = "raises the SPI", .reads = ACTOR_TIMERS, .writes = ACTOR_GIC, .run = raise

static const struct actor_step vcpu_steps[] = {
    {.name = "is asked to watch CNTP",
     .reads = ACTOR_VCPU(VCPU),
     .writes = ACTOR_SHARED_WORD(INTID),
     .when = is_called,
     .run = ask},
    {.name = "enters the guest", .kind = ACTOR_ENTER, .lock = ACTOR_LOCK_VCPU(VCPU)},
};
static const struct actor_step once_steps[] = {ARMS, {RAISES, .not_before_ns = armed_ns}};
static const struct actor_step again_steps[] = {ARMS, {RAISES, .not_before_ns = due_ns}};

static const struct actor_program vcpu = ACTOR_PROGRAM("vcpu0", vcpu_steps),
                                  once = ACTOR_PROGRAM("timer", once_steps),
                                  again = ACTOR_PROGRAM("timer", again_steps);

const struct scenario tge_once = {
    .name = "tge",
    .variant = "armed-once",
    .programs = {&once, &vcpu},
    .n_programs = 2,
};
const struct scenario tge_again = {
    .name = "tge",
    .variant = "re-evaluated",
    .is_sound = true,
    .programs = {&again, &vcpu},
    .n_programs = 2,
};
