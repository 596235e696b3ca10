/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs a guest to its end; and again, with snapshots at points of the run: what goes on from each,
 * in the same machine, in a new one, and in one made from a file, must end in the same state.
 *
 *     points N SEED OPTION...        N points, the options of irqlab run
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emu/machine.h"
#include "emu/options.h"
#include "emu/random.h"
#include "emu/session.h"
#include "emu/snapshot.h"

struct end {
    uint64_t instructions, now_ns, hash;
    int exit_code;
};

enum { MAX_POINTS = 64 };

/* As each snapshot is taken. */
struct taken {
    uint64_t at, hash;
    struct snapshot *snapshot;
    char file[32];
};

static struct error err;

static void check(int rc)
{
    if (!rc)
        return;
    fprintf(stderr, "FAIL: %s\n", err.text);
    exit(1);
}

static struct session *open_session(const struct run_options *o)
{
    struct session *s;

    check(session_open(o, true, &s, &err));
    return s;
}

static struct end end_of(struct machine *m)
{
    machine_go(m, UINT64_MAX);
    return (struct end){machine_instructions(m), machine_now_ns(m), machine_state_hash(m),
                        m->exit_code};
}

static void expect(const char *what, uint64_t at, const struct end *want, struct machine *m)
{
    struct end is = end_of(m);

    if (is.instructions == want->instructions && is.now_ns == want->now_ns &&
        is.hash == want->hash && is.exit_code == want->exit_code)
        return;
    fprintf(stderr,
            "FAIL: %s %" PRIu64 ": %" PRIu64 " instructions, %" PRIu64 " ns, %016" PRIx64
            ", exit code %d; want %" PRIu64 ", %" PRIu64 ", %016" PRIx64 ", %d\n",
            what, at, is.instructions, is.now_ns, is.hash, is.exit_code, want->instructions,
            want->now_ns, want->hash, want->exit_code);
    exit(1);
}

static int compare(const void *a, const void *b)
{
    const struct taken *x = a, *y = b;

    return (x->at > y->at) - (x->at < y->at);
}

static void take(struct machine *m, struct taken *t)
{
    int fd;

    machine_go(m, t->at);
    t->hash = machine_state_hash(m);
    check(snapshot_take(m, &t->snapshot, &err));
    strcpy(t->file, "/tmp/irqlab-snapshot-XXXXXX");
    fd = mkstemp(t->file);
    if (fd < 0 || close(fd))
        check(error_set(&err, IRQLAB_EXIT_HOST, -1, "no temporary file"));
    check(snapshot_write(m, t->file, &err));
}

static void go_back(struct machine *m, const struct taken *t)
{
    check(snapshot_restore(m, t->snapshot, &err));
    if (machine_state_hash(m) == t->hash)
        return;
    fprintf(stderr, "FAIL: restored at %" PRIu64 ", the state is another\n", t->at);
    exit(1);
}

/* Back and forth in the machine that they were taken of. */
static void check_same_machine(struct machine *m, const struct taken *taken, unsigned n,
                               const struct end *want)
{
    expect("with snapshots until", taken[n - 1].at, want, m);
    for (unsigned i = 0; i < n; i++) {
        const struct taken *t = &taken[(i * 7 + 3) % n];

        go_back(m, t);
        if (i % 3 != 2)
            expect("in the same machine from", t->at, want, m);
    }
}

static void check_new_machine(const struct run_options *o, const struct taken *t,
                              const struct end *want)
{
    struct session *s = open_session(o);

    go_back(session_machine(s), t);
    expect("in a new machine from", t->at, want, session_machine(s));
    session_close(s);
}

static void check_file(const struct taken *t, const struct end *want)
{
    char *argv[] = {"run", "--from", (char *)(uintptr_t)t->file, NULL};
    struct run_options o;
    struct session *s;
    bool help;

    check(options_parse(3, argv, &o, &help, &err));
    s = open_session(&o);
    if (machine_state_hash(session_machine(s)) != t->hash) {
        fprintf(stderr, "FAIL: loaded at %" PRIu64 ", the state is another\n", t->at);
        exit(1);
    }
    expect("from a file of", t->at, want, session_machine(s));
    session_close(s);
    options_free(&o);
}

static void run_points(const struct run_options *o, struct taken *taken, unsigned n,
                       const struct end *want)
{
    struct session *s = open_session(o);

    for (unsigned i = 0; i < n; i++)
        take(session_machine(s), &taken[i]);
    check_same_machine(session_machine(s), taken, n, want);
    session_close(s);
    for (unsigned i = 0; i < n; i++) {
        check_new_machine(o, &taken[i], want);
        check_file(&taken[i], want);
        snapshot_drop(taken[i].snapshot);
        unlink(taken[i].file);
    }
}

int main(int argc, char **argv)
{
    struct run_options o;
    struct session *s;
    struct end want;
    struct taken taken[MAX_POINTS];
    uint64_t seed;
    unsigned n;
    bool help;

    if (argc < 4)
        return 2;
    n = (unsigned)atoi(argv[1]);
    n = n < 1 ? 1 : n > MAX_POINTS ? MAX_POINTS : n;
    seed = strtoull(argv[2], NULL, 0);
    check(options_parse(argc - 2, argv + 2, &o, &help, &err));
    s = open_session(&o);
    want = end_of(session_machine(s));
    session_close(s);
    for (unsigned i = 0; i < n; i++)
        taken[i].at = random_next(&seed) % want.instructions;
    qsort(taken, n, sizeof(taken[0]), compare);
    run_points(&o, taken, n, &want);
    printf("%u points, %" PRIu64 " instructions, %016" PRIx64 ", exit code %d\n", n,
           want.instructions, want.hash, want.exit_code);
    options_free(&o);
    return 0;
}
