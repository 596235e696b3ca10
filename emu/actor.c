/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/actor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/machine.h"
#include "emu/vmm.h"

#define PC_BASE  0xac00000000000000ull
#define PC_ACTOR 16 /* shift */

/* -- Life -------------------------------------------------------------------------------------- */

static const struct scenario *find(const char *text)
{
    const char *colon = strchr(text, ':');
    size_t length = colon ? (size_t)(colon - text) : strlen(text);

    for (unsigned i = 0; i < n_scenarios; i++) {
        const struct scenario *s = scenarios[i];

        if (strlen(s->name) == length && !memcmp(s->name, text, length) && colon &&
            !strcmp(s->variant, colon + 1))
            return s;
    }
    return NULL;
}

static int unknown(const char *text, struct error *err)
{
    char names[512];
    size_t at = 0;

    for (unsigned i = 0; i < n_scenarios && at < sizeof(names); i++)
        at += (size_t)snprintf(names + at, sizeof(names) - at, "%s%s:%s", i ? ", " : "",
                               scenarios[i]->name, scenarios[i]->variant);
    return error_bad_input(err, "-actor %s: there are %s", text, names);
}

int actors_create(struct machine *m, struct error *err)
{
    const char *text = m->config.actor;
    const struct scenario *s = text ? find(text) : NULL;

    if (!text)
        return 0;
    if (!s)
        return unknown(text, err);
    if (m->config.n_vcpus > ACTOR_MAX_VCPUS)
        return error_bad_input(err, "-actor with -smp %u: actors know %d vCPUs at most",
                               m->config.n_vcpus, ACTOR_MAX_VCPUS);
    m->actors = calloc(1, sizeof(*m->actors));
    if (!m->actors)
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory for actors");
    m->actors->scenario = s;
    return s->prepare ? s->prepare(m, err) : 0;
}

void actors_reset(struct machine *m)
{
    if (m->actors)
        *m->actors = (struct actors){.scenario = m->actors->scenario};
}

void actors_begin(struct machine *m)
{
    actors_reset(m);
    if (m->actors)
        m->actors->begun = 1;
}

static void mend(struct actors *a)
{
    a->begun = a->begun != 0;
    a->in_turn = a->in_turn != 0;
    for (unsigned i = 0; i < ACTOR_ALL_LOCKS; i++) {
        if (a->owners[i] > a->scenario->n_programs)
            a->owners[i] = 0;
    }
    for (unsigned i = 0; i < a->scenario->n_programs; i++) {
        if (a->list[i].next > a->scenario->programs[i]->n_steps)
            a->list[i].next = a->scenario->programs[i]->n_steps;
    }
}

void actors_visit(struct machine *m, struct visitor *v)
{
    struct actors *a = m->actors;

    if (!a)
        return;
    v->bytes(v, "actors", &a->begun, sizeof(*a) - offsetof(struct actors, begun));
    if (v->restoring)
        mend(a);
}

unsigned actors_count(const struct machine *m)
{
    return m->actors ? m->actors->scenario->n_programs : 0;
}

/* -- Locks ------------------------------------------------------------------------------------- */

static bool is_inside(const struct machine *m, unsigned vcpu)
{
    return m->vcpus[vcpu].state != VCPU_OFF && !m->vcpus[vcpu].held;
}

static bool is_free(const struct machine *m, unsigned lock)
{
    unsigned vcpu = lock - ACTOR_LOCKS;

    if (m->actors->owners[lock])
        return false;
    return lock < ACTOR_LOCKS || vcpu >= m->config.n_vcpus || !is_inside(m, vcpu);
}

/* Whom @actor waits for: another's number + 1; 0: none, or a vCPU. */
static uint64_t waits_for(const struct machine *m, unsigned actor)
{
    const struct actor_step *step = actors_next_step(m, actor);

    if (!step || (step->kind != ACTOR_LOCK && step->kind != ACTOR_ENTER))
        return 0;
    return m->actors->owners[step->lock];
}

/* Whoever waits waits for one lock: a cycle is where the chain comes back to its beginning. */
static void look_for_deadlock(struct machine *m, unsigned actor)
{
    uint64_t at = waits_for(m, actor);
    const struct actor_step *mine = actors_next_step(m, actor), *other;

    for (unsigned i = 0; at && at != actor + 1 && i < ACTORS_MAX; i++)
        at = waits_for(m, (unsigned)at - 1);
    if (at != actor + 1)
        return;
    at = waits_for(m, actor) - 1;
    other = actors_next_step(m, (unsigned)at);
    machine_shut_down(m, IRQLAB_EXIT_DEADLOCK, "actors wait for each other: %s %s, and %s %s",
                      m->actors->scenario->programs[actor]->name, mine->name,
                      m->actors->scenario->programs[at]->name, other->name);
}

/* -- Steps ------------------------------------------------------------------------------------- */

const struct actor_step *actors_next_step(const struct machine *m, unsigned actor)
{
    const struct actor_program *p = m->actors->scenario->programs[actor];
    uint64_t next = m->actors->list[actor].next;

    return next < p->n_steps ? &p->steps[next] : NULL;
}

bool actors_is_ready(const struct machine *m, unsigned actor)
{
    const struct actor *a = &m->actors->list[actor];
    const struct actor_step *step = actors_next_step(m, actor);

    if (!m->actors->begun || !step)
        return false;
    if ((step->kind == ACTOR_LOCK || step->kind == ACTOR_ENTER) && !is_free(m, step->lock))
        return false;
    if (step->not_before_ns && step->not_before_ns(m, a) > clock_now_ns(m))
        return false;
    return !step->when || step->when(m, a);
}

static void enter(struct machine *m, unsigned vcpu)
{
    uint64_t x[4];
    struct error ignored;

    if (!actor_outside(m, vcpu))
        return;
    for (unsigned i = 0; i < 4; i++)
        x[i] = vcpu_get_x(m->engine, vcpu, i);
    vmm_answer_call(m, vcpu, x, &ignored);
}

static void lock(struct machine *m, unsigned actor, const struct actor_step *step)
{
    uint64_t *owner = &m->actors->owners[step->lock];

    if (step->kind == ACTOR_TRY_LOCK && !is_free(m, step->lock))
        m->actors->list[actor].next = step->otherwise;
    else if (step->kind == ACTOR_LOCK || step->kind == ACTOR_TRY_LOCK)
        *owner = actor + 1;
    else if (step->kind == ACTOR_UNLOCK)
        *owner = 0;
}

void actors_step(struct machine *m, unsigned actor)
{
    const struct actor_step *step = actors_next_step(m, actor);
    struct actor *a = &m->actors->list[actor];

    a->next++;
    lock(m, actor, step);
    m->actors->stepping = true;
    if (step->run)
        step->run(m, a);
    if (step->kind == ACTOR_ENTER)
        enter(m, step->lock - ACTOR_LOCKS);
    m->actors->stepping = false;
    look_for_deadlock(m, actor);
}

uint64_t actors_deadline_ns(const struct machine *m)
{
    uint64_t earliest_ns = UINT64_MAX;

    for (unsigned i = 0; m->actors && m->actors->begun && i < actors_count(m); i++) {
        const struct actor_step *step = actors_next_step(m, i);
        uint64_t ns =
            step && step->not_before_ns ? step->not_before_ns(m, &m->actors->list[i]) : UINT64_MAX;

        if (ns > clock_now_ns(m) && ns < earliest_ns)
            earliest_ns = ns;
    }
    return earliest_ns;
}

void actor_places(const struct actor_step *step, uint64_t *reads, uint64_t *writes)
{
    *reads = step->reads;
    *writes = step->writes;
    if (step->kind != ACTOR_DO)
        *writes |= ACTOR_LOCK_PLACE(step->lock);
}

/* -- Where it stands --------------------------------------------------------------------------- */

uint64_t actors_pc(const struct machine *m, unsigned actor)
{
    return PC_BASE | (uint64_t)actor << PC_ACTOR | m->actors->list[actor].next;
}

bool actors_describe(const struct machine *m, uint64_t pc, const char **actor, const char **step)
{
    uint64_t n = (pc - PC_BASE) >> PC_ACTOR, at = pc & ((1u << PC_ACTOR) - 1);
    const struct actor_program *p;

    if (n >= actors_count(m))
        return false;
    p = m->actors->scenario->programs[n];
    *actor = p->name;
    *step = at < p->n_steps ? p->steps[at].name : "has ended";
    return true;
}

/* -- For steps --------------------------------------------------------------------------------- */

bool actor_outside(const struct machine *m, unsigned vcpu)
{
    return vcpu < m->config.n_vcpus && m->vcpus[vcpu].held & VCPU_HELD_BY_CALL;
}

uint64_t actor_argument(const struct machine *m, unsigned vcpu, unsigned n)
{
    return vcpu_get_x(m->engine, vcpu, n + 1);
}

void actor_answer(struct machine *m, unsigned vcpu, uint64_t value)
{
    vcpu_set_x(m->engine, vcpu, 0, value);
}
