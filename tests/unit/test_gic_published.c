/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The virtual published word and gic_runnable(): what they say, and that threads which read them
 * while another writes get what was true (TSan runs this too: tests/tsan).
 */
#include <pthread.h>
#include <stdatomic.h>

#include "tests/unit/test_gic_rig.h"

#define LR_PENDING 1ull << 62
#define LR_GROUP1  1ull << 60
#define VMCR(pmr)  ((uint64_t)(pmr) << 24 | 3)
#define SGI        5u

static const struct gic_pe_state el2 = {.el = 2, .el2_enabled = true};
static const struct gic_pe_state guest = {.el = 1, .el2_enabled = true, .hcr_el2 = 1 << 3 | 1 << 4};

static void hyp_set(struct rig *r, const char *name, uint64_t value)
{
    r->pe[0] = el2;
    rig_set(r, 0, name, value);
}

static uint64_t hyp_get(struct rig *r, const char *name)
{
    r->pe[0] = el2;
    return rig_get(r, 0, name);
}

static uint64_t guest_get(struct rig *r, const char *name)
{
    r->pe[0] = guest;
    return rig_get(r, 0, name);
}

static struct rig *hyp_rig(unsigned priority_bits, bool nmi)
{
    struct gic_config config = rig_config();

    config.list_registers = 16;
    config.priority_bits = priority_bits;
    config.has_nmi = nmi;
    struct rig *r = rig_open(config);
    hyp_set(r, "ICH_VMCR_EL2", VMCR(0xf8));
    hyp_set(r, "ICH_HCR_EL2", 1);
    return r;
}

static uint64_t virtual_word(const struct rig *r)
{
    return gic_published_virtual(r->gic, 0);
}

static unsigned field(uint64_t word, unsigned shift, unsigned bits)
{
    return (unsigned)(word >> shift) & ((1u << bits) - 1);
}

/* -- What the word says -- */

START_TEST(the_virtual_word_holds_vmcr_as_el2_reads_it)
{
    struct rig *r = hyp_rig(5 + (unsigned)_i * 3, false);

    for (uint64_t n = 0; n < 20000; n++) {
        hyp_set(r, "ICH_VMCR_EL2", n * 0x9e3779b97f4a7c15);
        ck_assert(gic_published_vmcr(virtual_word(r)) == hyp_get(r, "ICH_VMCR_EL2"));
    }
    rig_destroy(r);
}
END_TEST

START_TEST(what_the_guest_writes_to_its_registers_is_in_the_word)
{
    struct rig *r = hyp_rig(5, false);

    r->pe[0] = guest;
    rig_set(r, 0, "ICC_PMR_EL1", 0x50);
    ck_assert_uint_eq(gic_published_pmr(virtual_word(r)), 0x50);
    rig_set(r, 0, "ICC_IGRPEN1_EL1", 0);
    ck_assert_uint_eq(field(virtual_word(r), GIC_VPUB_GRPEN_SHIFT, 2), 1);
    rig_set(r, 0, "ICC_CTLR_EL1", 1 << 1);
    ck_assert_uint_eq(field(virtual_word(r), GIC_VPUB_EOIMODE_SHIFT, 1), 1);
    ck_assert_uint_eq(gic_published_pmr(gic_published(r->gic, 0)), 0xf8);
    rig_destroy(r);
}
END_TEST

START_TEST(the_virtual_word_follows_an_interrupt_through_its_list_register)
{
    struct rig *r = hyp_rig(5, false);

    ck_assert_uint_eq(field(virtual_word(r), GIC_PUB_GROUP_SHIFT, 2), 3);
    ck_assert_uint_eq(field(virtual_word(r), GIC_PUB_PRIORITY_SHIFT, 8), 0xff);
    hyp_set(r, "ICH_LR9_EL2", LR_PENDING | LR_GROUP1 | 0xa0ull << 48 | 77);
    ck_assert_uint_eq(field(virtual_word(r), GIC_PUB_GROUP_SHIFT, 2), 1);
    ck_assert_uint_eq(field(virtual_word(r), GIC_PUB_PRIORITY_SHIFT, 8), 0xa0);
    ck_assert_uint_eq(field(virtual_word(r), GIC_VPUB_LINES_SHIFT, 3), 1);
    ck_assert_uint_eq(guest_get(r, "ICC_IAR1_EL1"), 77);
    ck_assert_uint_eq(field(virtual_word(r), GIC_PUB_GROUP_SHIFT, 2), 3);
    ck_assert_uint_eq(field(virtual_word(r), GIC_PUB_RUNNING_SHIFT, 8), 0xa0);
    ck_assert_uint_eq(field(virtual_word(r), GIC_VPUB_LINES_SHIFT, 3), 0);
    hyp_set(r, "ICH_HCR_EL2", 1 | 1 << 3); /* NPIE */
    ck_assert_uint_eq(field(virtual_word(r), GIC_VPUB_LINES_SHIFT, 3), 4);
    hyp_set(r, "ICH_HCR_EL2", 0);
    ck_assert_uint_eq(field(virtual_word(r), GIC_VPUB_EN_SHIFT, 1), 0);
    rig_destroy(r);
}
END_TEST

/* The gates, from the word alone (IHI 0069 4.8): enabled group, priority mask, preemption. */
static bool gates_pass(uint64_t word)
{
    unsigned group = field(word, GIC_PUB_GROUP_SHIFT, 2);
    unsigned bpr0 = field(word, GIC_VPUB_BPR_SHIFT + 3, 3);
    unsigned bpr1 = field(word, GIC_VPUB_BPR_SHIFT, 3);
    bool shared = group == 0 || field(word, GIC_VPUB_CBPR_SHIFT, 1);
    unsigned mask = 0xffu << (shared ? bpr0 + 1 : bpr1) & 0xff;
    unsigned priority = field(word, GIC_PUB_PRIORITY_SHIFT, 8);
    unsigned running = field(word, GIC_PUB_RUNNING_SHIFT, 8);
    bool nmi = field(word, GIC_PUB_NMI_SHIFT, 1);

    if (group == 3 || !field(word, GIC_VPUB_EN_SHIFT, 1) ||
        !(field(word, GIC_VPUB_GRPEN_SHIFT, 2) >> group & 1))
        return false;
    bool first = nmi && (running & mask) == 0 && !field(word, GIC_VPUB_RUNNING_NMI_SHIFT, 1);
    return (nmi || priority < gic_published_pmr(word)) &&
           (running == 0xff || (priority & mask) < (running & mask) || first);
}

static bool is_consistent(uint64_t word)
{
    unsigned lines = field(word, GIC_VPUB_LINES_SHIFT, 2);
    unsigned group = field(word, GIC_PUB_GROUP_SHIFT, 2);

    return lines == (gates_pass(word) ? (group == 1 ? 1u : 2u) : 0);
}

static uint64_t next_random(uint64_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 7;
    *x ^= *x << 17;
    return *x;
}

START_TEST(the_gates_of_the_virtual_word_say_what_the_lines_say)
{
    static const char *const lrs[] = {
        "ICH_LR0_EL2",  "ICH_LR1_EL2",  "ICH_LR2_EL2",  "ICH_LR3_EL2",
        "ICH_LR4_EL2",  "ICH_LR5_EL2",  "ICH_LR6_EL2",  "ICH_LR7_EL2",
        "ICH_LR8_EL2",  "ICH_LR9_EL2",  "ICH_LR10_EL2", "ICH_LR11_EL2",
        "ICH_LR12_EL2", "ICH_LR13_EL2", "ICH_LR14_EL2", "ICH_LR15_EL2"};
    struct rig *r = hyp_rig(5 + (unsigned)_i % 2 * 3, _i >= 2);
    uint64_t seed = 88172645463325252 + (uint64_t)_i;
    unsigned up = 0;

    for (unsigned n = 0; n < 20000; n++) {
        uint64_t x = next_random(&seed);
        if (n % 8 == 0)
            hyp_set(r, "ICH_VMCR_EL2", next_random(&seed) | (x & 1 ? 0xf0000000 : 0));
        else if (n % 8 == 1)
            hyp_set(r, "ICH_AP1R0_EL2", (x & 3) != 0 ? 0 : 1ull << (x >> 8 & 31));
        else
            hyp_set(r, lrs[x & 15], next_random(&seed) & ~(1ull << 61));
        uint64_t word = virtual_word(r);
        ck_assert(is_consistent(word));
        bool virq = gic_line_level(r->gic, 0, GIC_LINE_VIRQ);
        bool vfiq = gic_line_level(r->gic, 0, GIC_LINE_VFIQ);
        ck_assert(field(word, GIC_VPUB_LINES_SHIFT, 2) == ((unsigned)virq | (unsigned)vfiq << 1));
        ck_assert(gic_runnable(r->gic, 0) == ((unsigned)virq << 2 | (unsigned)vfiq << 3));
        up += virq || vfiq;
    }
    ck_assert_uint_gt(up, 1000);
    ck_assert_uint_lt(up, 19000);
    rig_destroy(r);
}
END_TEST

START_TEST(runnable_names_the_lines_and_posts_count_when_drained)
{
    struct gic_config config = rig_config();
    config.posting = true;
    struct rig *r = rig_open(config);

    rig_ready(r, 1, SGI, 0xa0);
    ck_assert_uint_eq(gic_runnable(r->gic, 1), 0);
    gic_set_owner(r->gic, 1, GIC_OWNER_BLOCKED);
    gic_post_private(r->gic, 1, SGI);
    ck_assert_uint_eq(gic_runnable(r->gic, 1), 0);
    gic_drain(r->gic, 1);
    ck_assert_uint_eq(gic_runnable(r->gic, 1), 1u << GIC_LINE_IRQ);
    ck_assert_uint_eq(gic_runnable(r->gic, 0), 0);
    ck_assert_uint_eq(gic_runnable(r->gic, RIG_VCPUS), 0);
    ck_assert_uint_eq(gic_published_virtual(r->gic, RIG_VCPUS), 0);
    rig_destroy(r);
}
END_TEST

/* -- Threads -- */

enum { READERS = 4, READS = 20000 };
#ifdef GIC_PARANOID /* each step also walks all gates of all interrupts */
enum { LEAST_STEPS = 2000 };
#else
enum { LEAST_STEPS = 100000 };
#endif

struct reading {
    struct gic *gic;
    _Atomic unsigned begun, done; /* the writer's steps */
    _Atomic uint64_t seen;        /* the latest publication that any reader knows of */
    _Atomic unsigned running;
    _Atomic unsigned torn, stale, backwards, wrong;
};

/* Each step is one call; so what is runnable after it is what counts, and nothing between. */
static const struct step {
    const char *reg; /* NULL: SGI made pending, or not any more */
    uint64_t value;
    unsigned runnable;
    uint8_t pmr;
} steps[] = {
    {"ICH_LR3_EL2", LR_PENDING | LR_GROUP1 | 0xa0ull << 48 | 77, 1u << GIC_LINE_VIRQ, 0xf8},
    {"ICH_VMCR_EL2", VMCR(0x80), 0, 0x80},
    {"ICH_VMCR_EL2", VMCR(0xb0), 1u << GIC_LINE_VIRQ, 0xb0},
    {"ICH_LR3_EL2", LR_PENDING | 0x60ull << 48 | 78, 1u << GIC_LINE_VFIQ, 0xb0},
    {"ICH_VMCR_EL2", VMCR(0x50) | 1 << 9, 0, 0x50},
    {"ICH_LR3_EL2", 0, 0, 0x50},
    {NULL, ISPENDR, 1u << GIC_LINE_IRQ, 0x50},
    {"ICH_VMCR_EL2", VMCR(0xf8), 1u << GIC_LINE_IRQ, 0xf8},
    {NULL, ICPENDR, 0, 0xf8},
};
enum { N_STEPS = sizeof(steps) / sizeof(steps[0]) };

static bool is_before(uint64_t a, uint64_t b)
{
    return ((a - b) & 0x3fffff) > 0x1fffff;
}

/* Whether the answers are those of a step between two, both included. */
static bool was_runnable(unsigned lines, unsigned first, unsigned last)
{
    for (unsigned n = first; n <= last && n <= first + N_STEPS; n++)
        if (steps[n % N_STEPS].runnable == lines)
            return true;
    return false;
}

static bool was_pmr(uint8_t pmr, unsigned first, unsigned last)
{
    for (unsigned n = first; n <= last && n <= first + N_STEPS; n++)
        if (steps[n % N_STEPS].pmr == pmr)
            return true;
    return false;
}

static void ask(struct reading *p)
{
    unsigned first = p->done;
    unsigned lines = gic_runnable(p->gic, 0);
    unsigned last = p->begun;

    p->wrong += !was_runnable(lines, first, last);
    first = p->done;
    uint64_t floor = p->seen;
    uint64_t word = gic_published_virtual(p->gic, 0);
    last = p->begun;
    p->torn += !is_consistent(word);
    p->stale += !was_pmr(gic_published_pmr(word), first, last);
    word >>= GIC_VPUB_SEQUENCE_SHIFT;
    p->backwards += is_before(word, floor); /* what another reader has seen */
    while (is_before(floor, word) && !atomic_compare_exchange_weak(&p->seen, &floor, word))
        ;
}

static void *ask_often(void *arg)
{
    struct reading *p = arg;

    for (unsigned i = 0; i < READS || p->done < LEAST_STEPS; i++)
        ask(p);
    --p->running;
    return NULL;
}

static void write_step(struct rig *r, struct reading *p, unsigned n)
{
    const struct step *s = &steps[n % N_STEPS];

    p->begun = n;
    if (s->reg != NULL)
        hyp_set(r, s->reg, s->value);
    else
        rig_bit(r, 0, (uint32_t)s->value, SGI);
    p->done = n;
}

START_TEST(whether_a_vcpu_is_runnable_is_read_by_other_threads_as_it_was)
{
    static struct reading p;
    struct rig *r = hyp_rig(5, false);
    pthread_t threads[READERS];

    rig_ready(r, 0, SGI, 0xa0);
    p.gic = r->gic;
    p.running = READERS;
    for (unsigned n = 0; n < N_STEPS; n++) {
        write_step(r, &p, n);
        ck_assert_uint_eq(gic_runnable(r->gic, 0), steps[n].runnable);
    }
    p.seen = virtual_word(r) >> GIC_VPUB_SEQUENCE_SHIFT;
    for (unsigned i = 0; i < READERS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, ask_often, &p), 0);
    for (unsigned n = N_STEPS; p.running != 0; n++)
        write_step(r, &p, n);
    for (unsigned i = 0; i < READERS; i++)
        pthread_join(threads[i], NULL);
    ck_assert_uint_eq(p.torn, 0);
    ck_assert_uint_eq(p.stale, 0);
    ck_assert_uint_eq(p.backwards, 0);
    ck_assert_uint_eq(p.wrong, 0);
    rig_destroy(r);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("published");

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, the_virtual_word_holds_vmcr_as_el2_reads_it, 0, 2);
    tcase_add_test(tc, what_the_guest_writes_to_its_registers_is_in_the_word);
    tcase_add_test(tc, the_virtual_word_follows_an_interrupt_through_its_list_register);
    tcase_add_loop_test(tc, the_gates_of_the_virtual_word_say_what_the_lines_say, 0, 4);
    tcase_add_test(tc, runnable_names_the_lines_and_posts_count_when_drained);
    tcase_add_test(tc, whether_a_vcpu_is_runnable_is_read_by_other_threads_as_it_was);
    return suite_run_case("gic published words", tc);
}
