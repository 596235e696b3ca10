/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * images/races/vmm-idregs: two vCPUs read ID_AA64ISAR0_EL1, which traps to their VMM, while another
 * thread of it leaves out a feature.
 *
 * per-vcpu: each vCPU has its own copy; they are written one by one, if none has run.
 * adjusted: one store; a vCPU that runs for the first time leaves out of it what it cannot do.
 * one-store: one store, which the first run seals (vmm_setup_set(), vmm_seal(), vmm_id_get()).
 */
#include "emu/machine.h"
#include "emu/scenarios/scenarios.h"
#include "emu/vmm.h"

#define ID_AA64ISAR0 (3u << 14 | 6u << 3)
#define AES          (0xfull << 4)

enum { COPY_0, COPY_1, RAN, OPENED }; /* shared[]; COPY_0 stands for the one store, too */
enum { MAY_WRITE };                   /* words[] of the thread that writes */
enum { HAS_RUN };                     /* words[] of a vCPU's thread */

static bool is_opened(const struct machine *m, const struct actor *a)
{
    (void)a;
    return m->actors->shared[OPENED];
}

static bool called_by_0(const struct machine *m, const struct actor *a)
{
    return actor_outside(m, 0) && is_opened(m, a);
}

static bool called_by_1(const struct machine *m, const struct actor *a)
{
    return actor_outside(m, 1) && is_opened(m, a);
}

/* The guest has run on this machine already: its story begins anew. */
static void open(struct machine *m, struct actor *a)
{
    uint64_t value = 0;

    (void)a;
    scenario_open(m);
    vmm_id_get(m, 0, ID_AA64ISAR0, &value);
    m->actors->shared[COPY_0] = m->actors->shared[COPY_1] = value;
    m->actors->shared[OPENED] = 1;
}

/* -- per-vcpu -- */

static void look(struct machine *m, struct actor *a)
{
    a->words[MAY_WRITE] = !m->actors->shared[RAN];
}

static void write_0(struct machine *m, struct actor *a)
{
    if (a->words[MAY_WRITE])
        m->actors->shared[COPY_0] &= ~AES;
}

static void write_1(struct machine *m, struct actor *a)
{
    if (a->words[MAY_WRITE])
        m->actors->shared[COPY_1] &= ~AES;
}

static void answer_copy(struct machine *m, unsigned vcpu)
{
    m->actors->shared[RAN] = 1;
    actor_answer(m, vcpu, m->actors->shared[COPY_0 + vcpu]);
}

static void answer_copy_0(struct machine *m, struct actor *a)
{
    (void)a;
    answer_copy(m, 0);
}

static void answer_copy_1(struct machine *m, struct actor *a)
{
    (void)a;
    answer_copy(m, 1);
}

/* -- adjusted -- */

static void answer_full(struct machine *m, struct actor *a)
{
    (void)a;
    actor_answer(m, 1, m->actors->shared[COPY_0]);
}

static void answer_adjusted(struct machine *m, struct actor *a)
{
    if (!a->words[HAS_RUN])
        m->actors->shared[COPY_0] &= ~AES;
    a->words[HAS_RUN] = 1;
    actor_answer(m, 0, m->actors->shared[COPY_0]);
}

/* -- one-store -- */

static void set(struct machine *m, struct actor *a)
{
    struct error refused;
    uint64_t value = m->actors->shared[COPY_0] & ~AES;

    (void)a;
    vmm_setup_set(vmm_setup_of(m), VMM_KEY_ID_AA64ISAR0, value, &refused);
}

static void answer_store(struct machine *m, unsigned vcpu)
{
    uint64_t value = 0;

    scenario_seal(m);
    vmm_id_get(m, vcpu, ID_AA64ISAR0, &value);
    actor_answer(m, vcpu, value);
}

static void answer_store_0(struct machine *m, struct actor *a)
{
    (void)a;
    answer_store(m, 0);
}

static void answer_store_1(struct machine *m, struct actor *a)
{
    (void)a;
    answer_store(m, 1);
}

static void again(struct machine *m, struct actor *a)
{
    (void)m;
    a->next = 0;
}

/* -- Steps -- */

#define COPY(n) ACTOR_SHARED_WORD(COPY_##n)
#define OPENS                                                                                      \
    {                                                                                              \
        .name = "makes a machine",                                                                 \
        .writes = ACTOR_SHARED_WORD(OPENED) | COPY(0) | COPY(1) | ACTOR_IDS, .run = open           \
    }
#define ANSWERS(v, what, read, written, fn)                                                        \
    {.name = what,                                                                                 \
     .reads = ACTOR_VCPU(v) | ACTOR_SHARED_WORD(OPENED) | (read),                                  \
     .writes = (written),                                                                          \
     .when = called_by_##v,                                                                        \
     .run = (fn)},                                                                                 \
    {                                                                                              \
        .name = "enters the guest", .kind = ACTOR_ENTER, .lock = ACTOR_LOCK_VCPU(v), .run = again  \
    }

static const struct actor_step copies_steps[] = {
    OPENS,
    {.name = "looks whether a vCPU has run", .reads = ACTOR_SHARED_WORD(RAN), .run = look},
    {.name = "writes vCPU 0's copy", .writes = COPY(0), .run = write_0},
    {.name = "writes vCPU 1's copy", .writes = COPY(1), .run = write_1},
};
static const struct actor_step copy_0_steps[] = {
    ANSWERS(0, "reads its copy", COPY(0), ACTOR_SHARED_WORD(RAN), answer_copy_0)};
static const struct actor_step copy_1_steps[] = {
    ANSWERS(1, "reads its copy", COPY(1), ACTOR_SHARED_WORD(RAN), answer_copy_1)};

static const struct actor_step only_opens_steps[] = {OPENS};
static const struct actor_step full_steps[] = {
    ANSWERS(1, "reads the store", COPY(0), 0, answer_full)};
static const struct actor_step adjusted_steps[] = {
    ANSWERS(0, "adjusts the store, and reads it", 0, COPY(0), answer_adjusted)};

static const struct actor_step set_steps[] = {
    OPENS,
    {.name = "sets ID_AA64ISAR0_EL1", .reads = COPY(0), .writes = ACTOR_IDS, .run = set},
};
static const struct actor_step store_0_steps[] = {
    ANSWERS(0, "seals and reads the store", 0, ACTOR_IDS, answer_store_0)};
static const struct actor_step store_1_steps[] = {
    ANSWERS(1, "seals and reads the store", 0, ACTOR_IDS, answer_store_1)};

static const struct actor_program copies = ACTOR_PROGRAM("config", copies_steps),
                                  copy_0 = ACTOR_PROGRAM("vcpu0", copy_0_steps),
                                  copy_1 = ACTOR_PROGRAM("vcpu1", copy_1_steps),
                                  only_opens = ACTOR_PROGRAM("config", only_opens_steps),
                                  full = ACTOR_PROGRAM("vcpu1", full_steps),
                                  adjusted = ACTOR_PROGRAM("vcpu0", adjusted_steps),
                                  setter = ACTOR_PROGRAM("config", set_steps),
                                  store_0 = ACTOR_PROGRAM("vcpu0", store_0_steps),
                                  store_1 = ACTOR_PROGRAM("vcpu1", store_1_steps);

const struct scenario idregs_copies = {
    .name = "idregs",
    .variant = "per-vcpu",
    .programs = {&copies, &copy_0, &copy_1},
    .n_programs = 3,
};
const struct scenario idregs_adjusted = {
    .name = "idregs",
    .variant = "adjusted",
    .programs = {&only_opens, &adjusted, &full},
    .n_programs = 3,
};
const struct scenario idregs_store = {
    .name = "idregs",
    .variant = "one-store",
    .is_sound = true,
    .programs = {&setter, &store_0, &store_1},
    .n_programs = 3,
};
