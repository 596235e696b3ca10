/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How often a second a machine goes back to a snapshot in memory: the guest writes to some pages,
 * then all is restored. Prints the restore alone, and the whole round, by CPU time of one core.
 *
 *     bench_snapshot [ROUNDS [OPTION...]]        options of irqlab run for another guest, from a
 *                                                snapshot at its end (--max-insns)
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "emu/branch.h"
#include "emu/machine.h"
#include "emu/options.h"
#include "emu/session.h"
#include "emu/snapshot.h"
#include "emu/timeline.h"

#define CODE    (BOARD_RAM_BASE + 0x80000)
#define PAGES   (BOARD_RAM_BASE + 0x200000)
#define SPACING 8192

static struct error err;

static void check(int rc)
{
    if (!rc)
        return;
    fprintf(stderr, "bench_snapshot: %s\n", err.text);
    exit(1);
}

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Stores to as many pages as x2 says, over and over. */
static void put_code(struct machine *m)
{
    static const uint32_t code[] = {
        0xaa0003e1, /* 0: mov x1, x0 */
        0xaa0203e3, /*    mov x3, x2 */
        0xb4000003, /* 1: cbz x3, 1b */
        0xf9000023, /* 2: str x3, [x1] */
        0x91400821, /*    add x1, x1, #2, lsl #12 */
        0xd1000463, /*    sub x3, x3, #1 */
        0xb5ffffa3, /*    cbnz x3, 2b */
        0x17fffff9, /*    b 0b */
    };

    machine_guest_write(m, CODE, code, sizeof(code));
}

static void measure(struct machine *m, const char *what, uint64_t instructions, unsigned rounds)
{
    struct snapshot *s;
    double start, in_restore = 0, begin = now_s();
    uint64_t at = machine_instructions(m);

    check(snapshot_take(m, &s, &err));
    for (unsigned i = 0; i < rounds; i++) {
        machine_go(m, at + instructions);
        start = now_s();
        check(snapshot_restore(m, s, &err));
        in_restore += now_s() - start;
    }
    printf("%-24s %8.1f us a restore, %8.0f a second; with the run %8.0f a second\n", what,
           in_restore / rounds * 1e6, rounds / in_restore, rounds / (now_s() - begin));
    snapshot_drop(s);
}

static int nothing(void *opaque, struct machine *m, FILE *out)
{
    (void)out;
    machine_go(m, machine_instructions(m) + *(uint64_t *)opaque);
    return 0;
}

static double spent_s(int who)
{
    struct rusage u;

    getrusage(who, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

/* A child for each; the time of both. */
static void fork_branches(struct machine *m, const char *what, uint64_t instructions, unsigned n)
{
    double begin = spent_s(RUSAGE_SELF) + spent_s(RUSAGE_CHILDREN), seconds;

    for (unsigned i = 0; i < n; i++) {
        struct branch *b;
        int code;

        check(branch_start(m, nothing, &instructions, &b, &err));
        check(branch_finish(b, &code, &err));
    }
    seconds = spent_s(RUSAGE_SELF) + spent_s(RUSAGE_CHILDREN) - begin;
    printf("%-24s %8.1f us a branch by fork(), %5.0f a second\n", what, seconds / n * 1e6,
           n / seconds);
}

/* 10^8 instructions on, and back: the way of a debugger. */
static void go_back(struct machine *m)
{
    const uint64_t length = 100000000;
    uint64_t begin = machine_instructions(m);
    struct timeline *t;
    double start;

    check(timeline_open(m, 5000000, 64, &t, &err));
    check(timeline_go(t, begin + length, &err));
    start = now_s();
    check(timeline_back(t, begin + length - 1, &err));
    printf("%-24s %8.1f ms one instruction back", "timeline", (now_s() - start) * 1e3);
    start = now_s();
    check(timeline_back(t, begin + 1, &err));
    printf(", %.1f ms 10^8 instructions back\n", (now_s() - start) * 1e3);
    timeline_close(t);
}

static void bare(unsigned vcpus, unsigned rounds)
{
    static const unsigned pages[] = {0, 1, 16, 64, 256};
    struct machine_config config = {
        .cpu_model = "cortex-a72",
        .n_vcpus = vcpus,
        .ram_bytes = 512ull << 20,
        .quantum_instructions = 50000,
        .counter_hz = 62500000,
    };
    struct machine *m;

    gic_options_defaults(&config.gic);
    check(machine_create(&config, &m, &err));
    put_code(m);
    machine_start_at(m, 1, CODE, PAGES);
    for (unsigned i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
        char what[64];

        machine_power_on(m);
        vcpu_set_x(m->engine, 0, 2, pages[i]);
        machine_go(m, machine_instructions(m) + 10);
        snprintf(what, sizeof(what), "%u vCPUs, %u pages", vcpus, pages[i]);
        measure(m, what, 4 * pages[i] + 4, rounds);
        if (pages[i] == 64)
            fork_branches(m, what, 4 * pages[i] + 4, rounds / 20 + 1);
    }
    go_back(m);
    machine_destroy(m);
}

static void guest(unsigned rounds, int argc, char **argv)
{
    static const uint64_t lengths[] = {100, 1000, 10000, 100000};
    struct run_options o;
    struct session *s;
    bool help;

    check(options_parse(argc, argv, &o, &help, &err));
    check(session_open(&o, true, &s, &err));
    machine_go(session_machine(s), o.max_insns);
    session_machine(s)->config.max_instructions = 0;
    for (unsigned i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        char what[64];

        snprintf(what, sizeof(what), "%" PRIu64 " instructions", lengths[i]);
        measure(session_machine(s), what, lengths[i], rounds);
    }
    fork_branches(session_machine(s), "1000 instructions", 1000, rounds / 20 + 1);
    go_back(session_machine(s));
    session_close(s);
    options_free(&o);
}

int main(int argc, char **argv)
{
    unsigned rounds = argc > 1 ? (unsigned)atoi(argv[1]) : 20000;

    if (argc > 2) {
        guest(rounds, argc - 1, argv + 1);
        return 0;
    }
    bare(1, rounds);
    bare(4, rounds);
    return 0;
}
