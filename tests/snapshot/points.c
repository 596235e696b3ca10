/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs a guest to its end; and again, with snapshots at points of the run: what goes on from each,
 * in the same machine and in a new one, must end in the same state.
 *
 *     points N SEED OPTION...        N points, the options of irqlab run
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "emu/machine.h"
#include "emu/options.h"
#include "emu/session.h"
#include "emu/snapshot.h"

struct end {
    uint64_t instructions, now_ns, hash;
    int exit_code;
};

enum { MAX_POINTS = 64 };

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

static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static int compare(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* One run with a snapshot at each point; then back to each, in an order that goes to and fro. */
static void run_points(const struct run_options *o, const uint64_t *at, unsigned n,
                       const struct end *want)
{
    struct session *s = open_session(o);
    struct machine *m = session_machine(s);
    struct snapshot *snapshots[MAX_POINTS];
    uint64_t hashes[MAX_POINTS];

    for (unsigned i = 0; i < n; i++) {
        machine_go(m, at[i]);
        hashes[i] = machine_state_hash(m);
        check(snapshot_take(m, &snapshots[i], &err));
    }
    expect("with snapshots until", at[n - 1], want, m);
    for (unsigned i = 0; i < n; i++) {
        unsigned k = (i * 7 + 3) % n;

        check(snapshot_restore(m, snapshots[k], &err));
        if (machine_state_hash(m) != hashes[k]) {
            fprintf(stderr, "FAIL: restored at %" PRIu64 ", the state is another\n", at[k]);
            exit(1);
        }
        if (i % 3 != 2)
            expect("in the same machine from", at[k], want, m);
    }
    session_close(s);
    for (unsigned i = 0; i < n; i++) {
        s = open_session(o);
        check(snapshot_restore(session_machine(s), snapshots[i], &err));
        expect("in a new machine from", at[i], want, session_machine(s));
        session_close(s);
        snapshot_drop(snapshots[i]);
    }
}

int main(int argc, char **argv)
{
    struct run_options o;
    struct session *s;
    struct end want;
    uint64_t at[MAX_POINTS], seed;
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
        at[i] = next_random(&seed) % want.instructions;
    qsort(at, n, sizeof(at[0]), compare);
    run_points(&o, at, n, &want);
    printf("%u points, %" PRIu64 " instructions, %016" PRIx64 ", exit code %d\n", n,
           want.instructions, want.hash, want.exit_code);
    options_free(&o);
    return 0;
}
