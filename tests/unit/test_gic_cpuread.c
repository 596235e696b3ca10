/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gic_cpuif_read(): what any thread reads of a CPU interface is what a device attribute says of it,
 * and while another thread writes, what was there at the sequence that comes with it. TSan runs
 * this too (tests/tsan). IRQLAB_CPUIF_READS: how many reads, of all threads together.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#include "gic/attr.h"
#include "gic/internal.h"
#include "tests/unit/test_gic_rig.h"

static uint64_t next_random(uint64_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 7;
    *x ^= *x << 17;
    return *x;
}

static uint32_t instr_of(const struct gic_sysreg *reg)
{
    return (uint32_t)(reg->op0 << 14 | reg->op1 << 11 | reg->crn << 7 | reg->crm << 3 | reg->op2);
}

/* -- Alone: the same as the attribute ---------------------------------------------------------- */

static void check_all(const struct rig *r, unsigned vcpu, bool is_reset)
{
    size_t n;
    const struct gic_sysreg *rows = gic_sysregs(&n);

    for (size_t i = 0; i < 2 * n; i++) {
        uint64_t attr = gic_attr_for(rig_mpidr[vcpu], instr_of(&rows[i / 2])), wanted, got;

        attr |= i % 2 ? GIC_ATTR_NS : 0;
        int rc = gic_attr_get(r->gic, GIC_ATTR_CPU_SYSREGS, attr, &wanted);
        rig_expect_eq((uint64_t)gic_cpuif_read(r->gic, attr, &got, NULL), (uint64_t)rc);
        if (rc == 0 && got != wanted)
            ck_abort_msg("%s is published as %#llx, and is %#llx", rows[i / 2].name,
                         (unsigned long long)got, (unsigned long long)wanted);
        if (rc == 0 && is_reset) {
            rig_expect_eq((uint64_t)gic_cpuif_reset_value(r->gic, attr, &got), 0);
            rig_expect_eq(got, wanted);
        }
    }
}

static const struct {
    const char *what;
    struct gic_config config;
} kinds[] = {
    {"plain", {.priority_bits = 5}},
    {"all priorities, superpriority", {.priority_bits = 8, .has_nmi = true}},
    {"16 list registers, 1-of-N", {.list_registers = 16, .has_one_of_n = true}},
    {"two security states",
     {.priority_bits = 7, .has_el3 = true, .two_security_states = true, .has_nmi = true}},
    {"ICC_SRE_ELx are writable",
     {.has_el3 = true, .two_security_states = true, .sre_writable = true, .has_one_of_n = true}},
    {"LPIs of 20 bits, extended ranges", {.n_espis = 64, .n_eppis = 32, .priority_bits = 6}},
};
enum { N_KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static struct rig *rig_of(int kind)
{
    struct gic_config config = kinds[kind].config;

    config.n_vcpus = RIG_VCPUS;
    config.mpidr = rig_mpidr;
    config.n_spis = 256;
    config.has_el2 = true;
    return rig_create(config);
}

START_TEST(what_is_published_is_what_the_attribute_says)
{
    struct rig *r = rig_of(_i);
    uint64_t seed = 0x1234567 + (uint64_t)_i;
    size_t n;
    const struct gic_sysreg *rows = gic_sysregs(&n);

    for (unsigned vcpu = 0; vcpu < RIG_VCPUS; vcpu++)
        check_all(r, vcpu, true);
    for (unsigned step = 0; step < 3000; step++) {
        unsigned vcpu = next_random(&seed) % RIG_VCPUS;
        const struct gic_sysreg *reg = &rows[next_random(&seed) % n];
        struct gic_pe_state pe = {.el = (uint8_t)(1 + next_random(&seed) % 3),
                                  .secure = next_random(&seed) & 1,
                                  .el2_enabled = next_random(&seed) & 1,
                                  .hcr_el2 = next_random(&seed) & 0x18,
                                  .scr_el3 = next_random(&seed) & 7};
        uint64_t value = next_random(&seed), ignored;

        if (step % 3 == 0)
            gic_sysreg_try_read(r->gic, vcpu, reg, &pe, &ignored);
        else
            gic_sysreg_try_write(r->gic, vcpu, reg, &pe, value);
        if (step % 16 == 0)
            gic_send_private(r->gic, vcpu, value % 32);
        if (step % 64 == 0)
            gic_dist_write(r->gic, 0, true, GICD_CTLR, 4, 7);
        check_all(r, vcpu, false);
    }
    gic_reset_vcpu(r->gic, 2);
    check_all(r, 2, true);
    gic_reset(r->gic);
    for (unsigned vcpu = 0; vcpu < RIG_VCPUS; vcpu++)
        check_all(r, vcpu, true);
    rig_destroy(r);
}
END_TEST

START_TEST(what_is_not_there_is_refused_as_by_the_attribute)
{
    struct rig *r = rig_of(0);
    uint64_t value, sequence;

    rig_expect_eq(gic_cpuif_read(r->gic, 7ull << 32 | 0xc230, &value, &sequence), -EINVAL);
    rig_expect_eq(gic_cpuif_read(r->gic, 0x1c230, &value, &sequence), -ENXIO);
    rig_expect_eq(gic_cpuif_read(r->gic, 0xc230 | GIC_ATTR_NS, &value, &sequence), -ENXIO);
    rig_expect_eq(gic_cpuif_reset_value(r->gic, 7ull << 32 | 0xc230, &value), -EINVAL);
    rig_expect_eq(gic_cpuif_reset_value(r->gic, 0x1c230, &value), -ENXIO);
    rig_destroy(r);
}
END_TEST

START_TEST(the_revision_is_what_was_set_and_an_lpi_needs_lpis)
{
    struct rig *r = rig_of(0);

    rig_expect_eq(rig_dist(r, false, GICD_IIDR, 4), 0x4c00143b);
    gic_set_revision(r->gic, 3);
    rig_expect_eq(rig_dist(r, false, GICD_IIDR, 4), 0x4c00343b);
    rig_expect_eq(rig_redist(r, 1, false, 4, 4), 0x4c00343b);
    rig_expect_eq(gic_send_lpi(r->gic, 0, 8192), -EINVAL);
    rig_expect_eq(gic_send_private(r->gic, RIG_VCPUS, 3), -EINVAL);
    rig_expect_eq(gic_send_private(r->gic, 0, 32), -EINVAL);
    rig_expect_eq(gic_send_private(r->gic, 1, 3), 0);
    rig_expect_eq(rig_redist(r, 1, false, 0x10200, 4), 8);
    rig_destroy(r);
}
END_TEST

/* -- Threads ----------------------------------------------------------------------------------- */

/*
 * The writer goes over 64 vCPUs, and stays a while at each, where most reads go too: so they meet.
 * Its step k writes one register of ICC_* and one of ICH_*, the
 * k-th of each list in turn, with values that k alone decides. Each write is one publication. So a
 * reader knows of a value and its sequence which step wrote it, and what it had to be.
 */
enum { VCPUS = 64, READERS = 3, BURST = 512 };
#ifdef GIC_PARANOID /* each step also walks all gates of all interrupts */
enum { DEFAULT_READS = 100000 };
#else
enum { DEFAULT_READS = 1000000 };
#endif

struct written {
    const char *name;
    uint64_t keeps; /* bits that are always so */
    uint64_t bits;  /* that the step decides */
    uint8_t least;  /* a binary point's least; 0: none */
    uint32_t instr;
};

#define LR_BITS (3ull << 62 | 3ull << 60 | 0xf8ull << 48 | 0x1fffull << 32 | 0xffff)

static struct written physical[] = {
    {.name = "ICC_PMR_EL1", .bits = 0xf8},  {.name = "ICC_BPR0_EL1", .least = 2},
    {.name = "ICC_AP0R0_EL1", .bits = ~0u}, {.name = "ICC_BPR1_EL1", .least = 3},
    {.name = "ICC_AP1R0_EL1", .bits = ~0u}, {.name = "ICC_CTLR_EL1", .bits = 3},
    {.name = "ICC_IGRPEN0_EL1", .bits = 1}, {.name = "ICC_IGRPEN1_EL1", .bits = 1},
};
static struct written virtual[] = {
    {.name = "ICH_HCR_EL2", .bits = 0x5cfe | 0x1full << 27},
    {.name = "ICH_VMCR_EL2",
     .keeps = 1 << 3 | 2 << 21 | 3 << 18,
     .bits = 0xf8ull << 24 | 1 << 9 | 1 << 4 | 3},
    {.name = "ICH_AP0R0_EL2", .bits = ~0u},
    {.name = "ICH_LR0_EL2", .bits = LR_BITS},
    {.name = "ICH_AP1R0_EL2", .bits = ~0u},
    {.name = "ICH_LR7_EL2", .bits = LR_BITS},
    {.name = "ICH_LR15_EL2", .bits = LR_BITS},
};
enum {
    N_PHYSICAL = sizeof(physical) / sizeof(physical[0]),
    N_VIRTUAL = sizeof(virtual) / sizeof(virtual[0]),
    WARM = N_PHYSICAL * N_VIRTUAL, /* steps after which every register was written */
};

static uint64_t value_at(const struct written *w, uint64_t step)
{
    uint64_t x = (step + 1) * 0x9e3779b97f4a7c15;

    x ^= x >> 29;
    x *= 0xbf58476d1ce4e5b9;
    return w->least ? w->least + x % (8u - w->least) : w->keeps | (x & w->bits);
}

struct reading {
    struct gic *gic;
    uint64_t mpidr[VCPUS];
    uint64_t base[VCPUS], virtual_base[VCPUS]; /* sequences before step 0 */
    _Atomic uint64_t done[VCPUS];              /* how many steps are behind it */
    _Atomic uint64_t reads;                    /* still to be made */
    _Atomic unsigned at;                       /* where the writer is */
    _Atomic unsigned running;
    _Atomic uint64_t refused, wrong, stale, backwards;
};

static uint64_t step_of(uint64_t sequence, uint64_t base, unsigned bits, uint64_t near)
{
    uint64_t mask = (1ull << bits) - 1, low = (sequence - base) & mask;
    uint64_t count = (near & ~mask) | low;

    return count < near ? count + (near - count > mask / 2 ? mask + 1 : 0) : count;
}

/* Before step k there were k writes, and 2k publications of the physical word. */
static void check(struct reading *p, unsigned vcpu, bool is_virtual, unsigned n, uint64_t before,
                  uint64_t value, uint64_t sequence, uint64_t *last)
{
    const struct written *w = is_virtual ? &virtual[n] : &physical[n];
    unsigned of = is_virtual ? N_VIRTUAL : N_PHYSICAL;
    uint64_t writes;

    if (is_virtual)
        writes = step_of(sequence, p->virtual_base[vcpu], 22, before);
    else
        writes = (step_of(sequence, p->base[vcpu], 23, 2 * before) + 1) / 2;
    p->stale += writes < before;
    p->backwards += writes < last[is_virtual];
    last[is_virtual] = writes;
    uint64_t step = writes - 1 - (writes - 1 + of - n) % of;
    p->wrong += value != value_at(w, step);
}

static void *read_often(void *arg)
{
    static _Atomic uint64_t seeds;
    struct reading *p = arg;
    uint64_t seed = 88172645463325252 + ++seeds;
    uint64_t last[VCPUS][2] = {{0}};

    while (atomic_fetch_sub(&p->reads, 1) - 1 < UINT64_MAX / 2) {
        uint64_t x = next_random(&seed), value = 0, sequence = 0;
        unsigned vcpu = x & 7 << 20 ? p->at : x % VCPUS;
        unsigned n = (x >> 8) % (N_PHYSICAL + N_VIRTUAL);
        bool is_virtual = n >= N_PHYSICAL;
        uint32_t instr = is_virtual ? virtual[n - N_PHYSICAL].instr : physical[n].instr;
        uint64_t before = atomic_load_explicit(&p->done[vcpu], memory_order_acquire);

        p->refused +=
            gic_cpuif_read(p->gic, gic_attr_for(p->mpidr[vcpu], instr), &value, &sequence) != 0;
        check(p, vcpu, is_virtual, is_virtual ? n - N_PHYSICAL : n, before, value, sequence,
              last[vcpu]);
    }
    p->running--;
    return NULL;
}

static void write_one(struct reading *p, unsigned vcpu, const struct written *w, uint64_t step)
{
    uint64_t attr = gic_attr_for(p->mpidr[vcpu], w->instr);

    if (gic_attr_set(p->gic, GIC_ATTR_CPU_SYSREGS, attr, value_at(w, step)) != 0)
        ck_abort_msg("%s cannot be %#llx", w->name, (unsigned long long)value_at(w, step));
}

static void write_step(struct reading *p, unsigned vcpu, uint64_t step)
{
    write_one(p, vcpu, &physical[step % N_PHYSICAL], step);
    write_one(p, vcpu, &virtual[step % N_VIRTUAL], step);
    atomic_store_explicit(&p->done[vcpu], step + 1, memory_order_release);
}

static void find_registers(struct reading *p)
{
    uint64_t constants;

    for (unsigned i = 0; i < N_PHYSICAL; i++)
        physical[i].instr = instr_of(rig_sysreg(physical[i].name));
    for (unsigned i = 0; i < N_VIRTUAL; i++)
        virtual[i].instr = instr_of(rig_sysreg(virtual[i].name));
    rig_expect_eq(gic_cpuif_read(p->gic, physical[5].instr, &constants, NULL), 0);
    physical[5].keeps = constants & ~3ull;
}

static struct reading *start_reading(uint64_t reads)
{
    struct reading *p = calloc(1, sizeof(*p));
    struct gic_config config = {.n_vcpus = VCPUS,
                                .mpidr = p->mpidr,
                                .n_spis = 32,
                                .has_el2 = true,
                                .has_nmi = true, /* bit 59 of list registers */
                                .list_registers = 16};

    for (unsigned i = 0; i < VCPUS; i++)
        p->mpidr[i] = (i / 16) << 8 | i % 16;
    ck_assert_int_eq(gic_create(&config, &p->gic, NULL), 0);
    find_registers(p);
    for (unsigned i = 0; i < VCPUS; i++) {
        p->base[i] = gic_published(p->gic, i) >> GIC_PUB_SEQUENCE_SHIFT;
        p->virtual_base[i] = gic_published_virtual(p->gic, i) >> GIC_VPUB_SEQUENCE_SHIFT;
        for (uint64_t step = 0; step < WARM; step++)
            write_step(p, i, step);
        rig_expect_eq((gic_published(p->gic, i) >> GIC_PUB_SEQUENCE_SHIFT) - p->base[i], 2 * WARM);
        rig_expect_eq((gic_published_virtual(p->gic, i) >> GIC_VPUB_SEQUENCE_SHIFT) -
                          p->virtual_base[i],
                      WARM);
    }
    p->reads = reads;
    p->running = READERS;
    return p;
}

static uint64_t wanted_reads(void)
{
    const char *text = getenv("IRQLAB_CPUIF_READS");

    return text ? strtoull(text, NULL, 0) : DEFAULT_READS;
}

START_TEST(threads_read_every_register_of_64_vcpus_while_they_change)
{
    struct reading *p = start_reading(wanted_reads());
    pthread_t threads[READERS];
    struct timespec from, to;
    uint64_t steps = 0;

    clock_gettime(CLOCK_MONOTONIC, &from);
    for (unsigned i = 0; i < READERS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, read_often, p), 0);
    for (; p->running != 0; steps++) {
        p->at = steps / BURST % VCPUS;
        write_step(p, p->at, p->done[p->at]);
    }
    for (unsigned i = 0; i < READERS; i++)
        pthread_join(threads[i], NULL);
    clock_gettime(CLOCK_MONOTONIC, &to);
    double seconds = (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
    printf("%llu reads by %d threads in %.2f s, while %llu registers were written\n",
           (unsigned long long)wanted_reads(), READERS, seconds, (unsigned long long)(2 * steps));
    ck_assert_uint_eq(p->refused, 0);
    ck_assert_uint_eq(p->wrong, 0);
    ck_assert_uint_eq(p->stale, 0);
    ck_assert_uint_eq(p->backwards, 0);
    ck_assert_uint_gt(steps, 1000);
    gic_destroy(p->gic);
    free(p);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("cpuread");

    tcase_set_timeout(tc, 240);
    tcase_add_loop_test(tc, what_is_published_is_what_the_attribute_says, 0, N_KINDS);
    tcase_add_test(tc, what_is_not_there_is_refused_as_by_the_attribute);
    tcase_add_test(tc, the_revision_is_what_was_set_and_an_lpi_needs_lpis);
    tcase_add_test(tc, threads_read_every_register_of_64_vcpus_while_they_change);
    return suite_run_case("gic cpu interface reads", tc);
}
