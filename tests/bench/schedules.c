/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many schedules a second a core makes of one test: each from the snapshot at its beginning, by
 * restoring it; and each in a process of its own, by fork(). Random schedules; CPU time of all
 * processes. tests/bench/schedules puts qemu beside it.
 *
 *     bench_schedules RUNS OPTION...             options of irqlab run
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "emu/branch.h"
#include "emu/explore/explorer.h"
#include "emu/explore/strategy.h"
#include "emu/options.h"

static struct error err;

struct run {
    struct explorer *x;
    uint64_t random, switches, events;
    unsigned last;
};

static void check(int rc)
{
    if (!rc)
        return;
    fprintf(stderr, "bench_schedules: %s\n", err.text);
    exit(1);
}

static double spent_s(int who)
{
    struct rusage u;

    getrusage(who, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static double now_s(void)
{
    return spent_s(RUSAGE_SELF) + spent_s(RUSAGE_CHILDREN);
}

static unsigned pick(void *opaque, const struct point *point)
{
    struct run *r = opaque;

    return random_below(&r->random, point->n);
}

static void happened(void *opaque, const struct event *e)
{
    struct run *r = opaque;

    r->switches += e->vcpu != r->last;
    r->last = e->vcpu;
    r->events++;
}

static void one_schedule(struct run *r, uint64_t number)
{
    const struct explorer_picks picks = {
        .opaque = r, .seed = number, .pick = pick, .happened = happened};
    struct outcome outcome;

    r->random = run_seed(1, number);
    check(explorer_run(r->x, &picks, NULL, &outcome, &err));
    if (outcome.exit_code) {
        fprintf(stderr, "bench_schedules: a run failed: %s\n", outcome.text);
        exit(1);
    }
}

static void by_restore(struct run *r, uint64_t n)
{
    double begin = now_s(), seconds;

    for (uint64_t i = 0; i < n; i++)
        one_schedule(r, i);
    seconds = now_s() - begin;
    printf("restore %.0f a second, %.1f us each; %.1f events, %.1f switches\n", (double)n / seconds,
           seconds / (double)n * 1e6, (double)r->events / (double)n,
           (double)r->switches / (double)n);
}

struct child {
    struct run *run;
    uint64_t number;
};

static int work(void *opaque, struct machine *m, FILE *out)
{
    const struct child *c = opaque;

    (void)m;
    (void)out;
    one_schedule(c->run, c->number);
    return 0;
}

static void by_fork(struct run *r, uint64_t n)
{
    double begin, seconds;

    check(explorer_rewind(r->x, &err));
    begin = now_s();
    for (uint64_t i = 0; i < n; i++) {
        struct child c = {r, i};
        struct branch *b;
        int code;

        check(branch_start(explorer_machine(r->x), work, &c, &b, &err));
        check(branch_finish(b, &code, &err));
        if (code)
            exit(code);
    }
    seconds = now_s() - begin;
    printf("fork %.0f a second, %.1f us each\n", (double)n / seconds, seconds / (double)n * 1e6);
}

int main(int argc, char **argv)
{
    const struct explorer_options options = {
        .max_events = 100000, .max_instructions = 100000000, .devices = true, .sysregs = true};
    uint64_t runs = argc > 1 ? strtoull(argv[1], NULL, 0) : 0;
    struct run_options run_options;
    struct run r = {0};
    bool help;

    if (!runs) {
        fprintf(stderr, "usage: bench_schedules RUNS OPTION...\n");
        return 1;
    }
    check(options_parse(argc - 1, argv + 1, &run_options, &help, &err));
    check(explorer_open(&run_options, &options, &r.x, &err));
    by_restore(&r, runs);
    by_fork(&r, runs / 10 + 1);
    explorer_close(r.x);
    options_free(&run_options);
    return 0;
}
