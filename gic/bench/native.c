/* SPDX-License-Identifier: MIT */
/*
 * What libgic costs without a guest: ns of CPU time per operation, best of several rounds, on vCPU
 * 0 of 1 .. 512, with 0 .. 60,000 LPIs pending that are less urgent. Prints a table; never fails
 * for being slow.
 *
 *     gic_bench [ROUNDS]
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gic/ich.h"

enum {
    MAX_VCPUS = 512,
    FIRST_LPI = 8192,
    ID_BITS = 17,
    SPI = 40,
    PROPERTIES = 0x0, /* tables in `memory` */
    PENDING = 0x40000,
    SGI_BASE = 0x10000,
    LIST_REGISTERS = 16,
    VINTID = 50,
};

static uint8_t memory[0x80000];
static const struct gic_pe_state at_el1 = {.el = 1};
static const struct gic_pe_state at_el2 = {.el = 2, .el2_enabled = true};
static const struct gic_pe_state in_guest = {
    .el = 1, .el2_enabled = true, .hcr_el2 = HCR_FMO | HCR_IMO};

struct bench {
    struct gic *gic;
    const struct gic_sysreg *iar, *eoir, *pmr, *sgi, *lr[LIST_REGISTERS];
};

static int mem_read(void *opaque, uint64_t address, void *buffer, size_t size)
{
    (void)opaque;
    if (address > sizeof(memory) || size > sizeof(memory) - address)
        return -EFAULT;
    memcpy(buffer, memory + address, size);
    return 0;
}

static int mem_write(void *opaque, uint64_t address, const void *buffer, size_t size)
{
    (void)opaque, (void)address, (void)buffer, (void)size;
    return -EFAULT;
}

static void set_line(void *opaque, unsigned vcpu, enum gic_line line, bool level)
{
    (void)opaque, (void)vcpu, (void)line, (void)level;
}

static const struct gic_sysreg *find(const char *name)
{
    size_t n;
    const struct gic_sysreg *table = gic_sysregs(&n);

    for (size_t i = 0; i < n; i++)
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    abort();
}

static uint64_t read_at(struct bench *b, const struct gic_sysreg *reg,
                        const struct gic_pe_state *pe)
{
    if (gic_sysreg_check(b->gic, 0, reg, pe, false) != GIC_ACCESS_OK)
        abort();
    return gic_sysreg_read(b->gic, 0, reg, pe);
}

static void write_at(struct bench *b, const struct gic_sysreg *reg, const struct gic_pe_state *pe,
                     uint64_t value)
{
    if (gic_sysreg_check(b->gic, 0, reg, pe, true) != GIC_ACCESS_OK)
        abort();
    gic_sysreg_write(b->gic, 0, reg, pe, value);
}

static uint64_t mrs(struct bench *b, const struct gic_sysreg *reg)
{
    return read_at(b, reg, &at_el1);
}

static void msr(struct bench *b, const struct gic_sysreg *reg, uint64_t value)
{
    write_at(b, reg, &at_el1, value);
}

/* LPI 8192 is the most urgent, `others` more are pending from the start. */
static void enable_lpis(struct gic *gic, unsigned others)
{
    memset(memory, 0, sizeof(memory));
    memset(memory + PROPERTIES, 0xc1, (1u << ID_BITS) - FIRST_LPI);
    memory[PROPERTIES] = 0x81;
    for (unsigned i = FIRST_LPI + 1; i <= FIRST_LPI + others; i++)
        memory[PENDING + i / 8] |= (uint8_t)(1u << i % 8);
    gic_redist_write(gic, 0, 0, true, 0x70, 8, PROPERTIES | (ID_BITS - 1));
    gic_redist_write(gic, 0, 0, true, 0x78, 8, PENDING);
    gic_redist_write(gic, 0, 0, true, 0, 4, 1);
}

static uint64_t pending_lr(unsigned n)
{
    return 1ull << LR_STATE_SHIFT | 1ull << 60 | (uint64_t)(0xf0 - n % 8 * 8) << 48 | (VINTID + n);
}

/* All list registers hold a pending interrupt; number 7 is the most urgent. */
static void fill_list_registers(struct bench *b)
{
    char name[16];

    for (unsigned n = 0; n < LIST_REGISTERS; n++) {
        snprintf(name, sizeof(name), "ICH_LR%u_EL2", n);
        b->lr[n] = find(name);
        write_at(b, b->lr[n], &at_el2, pending_lr(n));
    }
    write_at(b, find("ICH_VMCR_EL2"), &at_el2, 0xf8ull << VMCR_VPMR_SHIFT | 1u << VMCR_VENG1);
    write_at(b, find("ICH_HCR_EL2"), &at_el2, ICH_HCR_EN);
}

static struct bench *bench_open(unsigned vcpus, unsigned others)
{
    static uint64_t mpidr[MAX_VCPUS];
    struct gic_config config = {.n_vcpus = vcpus,
                                .mpidr = mpidr,
                                .n_spis = 256,
                                .has_el2 = true,
                                .list_registers = LIST_REGISTERS,
                                .lpi_id_bits = ID_BITS,
                                .posting = true,
                                .set_line = set_line,
                                .memory_read = mem_read,
                                .memory_write = mem_write};
    struct bench *b = calloc(1, sizeof(*b));
    const char *why = "out of memory";

    for (unsigned i = 0; i < vcpus; i++)
        mpidr[i] = i / 16 << 8 | i % 16;
    if (b == NULL || gic_create(&config, &b->gic, &why) != 0) {
        fprintf(stderr, "gic_bench: no GIC: %s\n", why);
        exit(EXIT_FAILURE);
    }
    b->iar = find("ICC_IAR1_EL1");
    b->eoir = find("ICC_EOIR1_EL1");
    b->pmr = find("ICC_PMR_EL1");
    b->sgi = find("ICC_SGI1R_EL1");
    gic_dist_write(b->gic, 0, true, 0, 4, 2);
    gic_dist_write(b->gic, 0, true, 0x80 + 4, 4, ~0u);
    gic_dist_write(b->gic, 0, true, 0x400 + SPI, 1, 0xa0);
    gic_dist_write(b->gic, 0, true, 0xc00 + 8, 4, 2u << (SPI - 32) * 2); /* edge-triggered */
    gic_dist_write(b->gic, 0, true, 0x100 + 4, 4, 1u << (SPI - 32));
    gic_redist_write(b->gic, 0, 0, true, SGI_BASE + 0x80, 4, ~0u);
    gic_redist_write(b->gic, 0, 0, true, SGI_BASE + 0x100, 4, 2);
    enable_lpis(b->gic, others);
    msr(b, b->pmr, 0xf8);
    msr(b, find("ICC_IGRPEN1_EL1"), 1);
    fill_list_registers(b);
    return b;
}

static void bench_close(struct bench *b)
{
    gic_destroy(b->gic);
    free(b);
}

static double clock_ns(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* CPU time of the calling thread: on a busy machine, wall time says how busy it is. */
static double now_ns(void)
{
    return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

/* -- One operation each; the result keeps the compiler from dropping the work -- */

/* What another thread asks: would the highest pending interrupt be signalled? */
static uint64_t op_gate(struct bench *b)
{
    uint64_t word = gic_published(b->gic, 0);
    uint8_t priority = (uint8_t)(word >> GIC_PUB_PRIORITY_SHIFT);
    uint8_t running = (uint8_t)(word >> GIC_PUB_RUNNING_SHIFT);
    bool enabled = (word >> GIC_PUB_GRPEN_SHIFT & 1u << (word >> GIC_PUB_GROUP_SHIFT & 3)) != 0;

    return enabled && priority < gic_published_pmr(word) && priority < running;
}

static uint64_t op_wire(struct bench *b)
{
    gic_set_spi(b->gic, SPI, true);
    gic_set_spi(b->gic, SPI, false);
    gic_dist_write(b->gic, 0, true, 0x280 + 4, 4, 1u << (SPI - 32)); /* ICPENDR */
    return 0;
}

static uint64_t op_pmr(struct bench *b)
{
    msr(b, b->pmr, 0x60);
    msr(b, b->pmr, 0xf8);
    return 0;
}

static uint64_t op_sgi(struct bench *b)
{
    msr(b, b->sgi, 1u << 24 | 1);
    uint64_t intid = mrs(b, b->iar);
    msr(b, b->eoir, intid);
    return intid != 1;
}

static uint64_t op_spi(struct bench *b)
{
    gic_dist_write(b->gic, 0, true, 0x200 + 4, 4, 1u << (SPI - 32)); /* ISPENDR */
    uint64_t intid = mrs(b, b->iar);
    msr(b, b->eoir, intid);
    return intid != SPI;
}

static uint64_t op_lpi(struct bench *b)
{
    gic_post_lpi(b->gic, 0, FIRST_LPI);
    gic_drain(b->gic, 0);
    uint64_t intid = mrs(b, b->iar);
    msr(b, b->eoir, intid);
    return intid != FIRST_LPI;
}

static uint64_t op_post(struct bench *b)
{
    return gic_post_lpi(b->gic, 0, FIRST_LPI + 5);
}

/* The decision itself: what would the guest take, and does ICH_VMCR_EL2 let it through? */
static uint64_t op_virtual_highest(struct bench *b)
{
    const struct gic_vcpu *v = &b->gic->vcpus[0];
    struct virt_pending p;

    gic_virt_highest(v, &p);
    return p.lr != 7 || !gic_virt_passes_mask(v, &p.h) || !gic_virt_passes_running(v, &p.h);
}

static uint64_t op_virtual_gate(struct bench *b)
{
    uint64_t word = gic_published_virtual(b->gic, 0);
    uint8_t priority = (uint8_t)(word >> GIC_PUB_PRIORITY_SHIFT);
    uint8_t running = (uint8_t)(word >> GIC_PUB_RUNNING_SHIFT);
    bool enabled = (word >> GIC_VPUB_GRPEN_SHIFT & 1u << (word >> GIC_PUB_GROUP_SHIFT & 3)) != 0;

    return !enabled || priority >= gic_published_pmr(word) || priority >= running;
}

static uint64_t op_runnable(struct bench *b)
{
    return !(gic_runnable(b->gic, 0) & 1u << GIC_LINE_VIRQ);
}

static uint64_t op_lr_write(struct bench *b)
{
    write_at(b, b->lr[3], &at_el2, 0);
    write_at(b, b->lr[3], &at_el2, pending_lr(3));
    return 0;
}

static uint64_t op_virtual_irq(struct bench *b)
{
    uint64_t intid = read_at(b, b->iar, &in_guest);

    write_at(b, b->eoir, &in_guest, intid);
    write_at(b, b->lr[7], &at_el2, pending_lr(7));
    return intid != VINTID + 7;
}

static const struct operation {
    const char *name;
    unsigned divide; /* operations in one call */
    bool may_return; /* a non-zero result is no error */
    uint64_t (*run)(struct bench *b);
} operations[] = {
    {"published word: gate check", 1, true, op_gate},
    {"SPI wire up, down, ICPENDR", 1, false, op_wire},
    {"ICC_PMR_EL1 write", 2, false, op_pmr},
    {"SGI to self, IAR, EOIR", 1, false, op_sgi},
    {"SPI by ISPENDR, IAR, EOIR", 1, false, op_spi},
    {"LPI post, drain, IAR, EOIR", 1, false, op_lpi},
    {"LPI post, same word again", 1, true, op_post},
    {"16 list registers: decision", 1, false, op_virtual_highest},
    {"virtual word: gate check", 1, false, op_virtual_gate},
    {"is it runnable?", 1, false, op_runnable},
    {"ICH_LR<n> write, 15 pending", 2, false, op_lr_write},
    {"ICH_LR<n>, virtual IAR, EOIR", 1, false, op_virtual_irq},
};

static double measure(struct bench *b, const struct operation *op, unsigned rounds)
{
    const unsigned batch = 20000;
    double best = 1e18;

    for (unsigned round = 0; round < rounds; round++) {
        uint64_t wrong = 0;
        double start = now_ns();
        for (unsigned i = 0; i < batch; i++)
            wrong += op->run(b);
        double ns = (now_ns() - start) / batch / op->divide;
        if (wrong != 0 && !op->may_return) {
            fprintf(stderr, "gic_bench: %s: wrong interrupt\n", op->name);
            exit(EXIT_FAILURE);
        }
        best = ns < best ? ns : best;
    }
    return best;
}

static void table(unsigned rounds)
{
    static const struct {
        unsigned vcpus, others;
    } columns[] = {{1, 0}, {1, 500}, {1, 60000}, {64, 0}, {512, 0}, {512, 60000}};
    enum { N = sizeof(columns) / sizeof(columns[0]) };
    struct bench *benches[N];

    printf("%-28s", "ns; vCPUs/other LPIs pending");
    for (unsigned i = 0; i < N; i++) {
        benches[i] = bench_open(columns[i].vcpus, columns[i].others);
        printf(" %5u/%-5u", columns[i].vcpus, columns[i].others);
    }
    printf("\n");
    for (size_t op = 0; op < sizeof(operations) / sizeof(operations[0]); op++) {
        printf("%-28s", operations[op].name);
        for (unsigned i = 0; i < N; i++)
            printf(" %11.1f", measure(benches[i], &operations[op], rounds));
        printf("\n");
    }
    for (unsigned i = 0; i < N; i++)
        bench_close(benches[i]);
}

/* -- Posts from other threads, while the owner drains -- */

struct poster {
    struct gic *gic;
    uint32_t intid;
    unsigned posts;
    double ns;
    _Atomic unsigned *running;
};

static void *post(void *arg)
{
    struct poster *p = arg;
    double start = now_ns();

    for (unsigned i = 0; i < p->posts; i++)
        gic_post_lpi(p->gic, 0, p->intid + i % 64);
    p->ns = (now_ns() - start) / p->posts;
    --*p->running;
    return NULL;
}

static void post_threads(unsigned n_threads, unsigned posts)
{
    struct bench *b = bench_open(4, 0);
    struct poster posters[2];
    pthread_t threads[2];
    _Atomic unsigned running = n_threads;
    double start = clock_ns(CLOCK_MONOTONIC), ns = 0;

    for (unsigned i = 0; i < n_threads; i++) {
        posters[i] = (struct poster){
            .gic = b->gic, .intid = FIRST_LPI + 4096 * i, .posts = posts, .running = &running};
        if (pthread_create(&threads[i], NULL, post, &posters[i]) != 0)
            abort();
    }
    while (running != 0) {
        gic_drain(b->gic, 0);
        for (uint64_t id; (id = mrs(b, b->iar)) != 1023;)
            msr(b, b->eoir, id);
    }
    for (unsigned i = 0; i < n_threads; i++) {
        pthread_join(threads[i], NULL);
        ns += posters[i].ns / n_threads;
    }
    double rate = 1e3 * n_threads * posts / (clock_ns(CLOCK_MONOTONIC) - start);
    printf("%u thread%s posting LPIs to a vCPU that takes them: %.1f ns of CPU each, %.1f M/s\n",
           n_threads, n_threads > 1 ? "s" : "", ns, rate);
    bench_close(b);
}

/* -- Another thread asks whether a vCPU that is blocked can run -- */

struct asker {
    struct gic *gic;
    unsigned vcpus, asks, runnable;
    double ns;
    _Atomic bool done;
};

static void *ask(void *arg)
{
    struct asker *a = arg;
    double start = now_ns();

    for (unsigned i = 0; i < a->asks; i++)
        a->runnable += gic_runnable(a->gic, i % a->vcpus) != 0;
    a->ns = (now_ns() - start) / a->asks;
    a->done = true;
    return NULL;
}

/* @busy: the GIC's thread goes on changing a list register of vCPU 0 meanwhile. */
static double ask_thread(unsigned vcpus, unsigned asks, bool busy)
{
    struct bench *b = bench_open(vcpus, 0);
    struct asker a = {.gic = b->gic, .vcpus = vcpus, .asks = asks};
    pthread_t thread;

    for (unsigned i = 0; i < vcpus; i++)
        gic_set_owner(b->gic, i, GIC_OWNER_BLOCKED);
    if (pthread_create(&thread, NULL, ask, &a) != 0)
        abort();
    while (busy && !a.done)
        op_lr_write(b);
    pthread_join(thread, NULL);
    if (a.runnable != (asks + vcpus - 1) / vcpus) { /* vCPU 0's virtual interrupts wait */
        fprintf(stderr, "gic_bench: %u of %u times runnable\n", a.runnable, asks);
        exit(EXIT_FAILURE);
    }
    bench_close(b);
    return a.ns;
}

static void ask_threads(unsigned asks)
{
    printf("blocked vCPU: runnable? asked by another thread, of 1 vCPU %.1f ns, of 64 in turn "
           "%.1f ns; of 1 whose list registers are being written %.1f ns\n",
           ask_thread(1, asks, false), ask_thread(64, asks, false), ask_thread(1, asks, true));
}

int main(int argc, char **argv)
{
    unsigned rounds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 50;

    if (rounds == 0) {
        fprintf(stderr, "gic_bench: ROUNDS must be a number from 1 on\n");
        return EXIT_FAILURE;
    }
    table(rounds);
    post_threads(1, rounds * 100000);
    post_threads(2, rounds * 100000);
    ask_threads(rounds * 1000000);
    return EXIT_SUCCESS;
}
