/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long a schedule with many deviations takes to be written and to be read.
 *
 *     bench_schedule [DEVIATIONS]        a million, without
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "emu/explore/schedule_file.h"

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int fill(struct schedule *s, struct places *places, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        char function[32];
        const struct place like = {.function = function,
                                   .offset = i % 500 * 4,
                                   .what = "writes counter",
                                   .file = "drivers/irqchip/driver.c",
                                   .line = i % 500};
        struct deviation d = {.choice = CHOICE_PREEMPT,
                              .vcpu = i % 4,
                              .index = i,
                              .pc = 0xffff800008010000 + i,
                              .to = (i + 1) % 4,
                              .at = {.nth = i}};

        snprintf(function, sizeof(function), "function_%u", i % 500);
        d.at.place = places_get(places, &like);
        if (!d.at.place || schedule_add(s, &d))
            return -1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    unsigned n = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 1000000;
    char path[] = "/tmp/irqlab-bench-XXXXXX", option[] = "explore";
    struct schedule_file f = {.options = {option}, .n_options = 1, .strategy = "none"}, back;
    struct places *places = places_create();
    int fd = mkstemp(path), rc = 1;
    double start, written;
    struct error err;

    if (fd < 0 || !places || fill(&f.schedule, places, n))
        return 1;
    start = now_s();
    if (!schedule_file_write(path, &f, &err)) {
        written = now_s();
        rc = schedule_file_read(path, &back, &err);
        printf("%u deviations: %.2f s to write, %.2f s to read\n", n, written - start,
               now_s() - written);
        if (!rc)
            schedule_file_clear(&back);
    }
    close(fd);
    unlink(path);
    schedule_clear(&f.schedule);
    places_destroy(places);
    return rc ? 1 : 0;
}
