/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/explore/workers.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "emu/branch.h"
#include "emu/explore/results.h"

enum { TICK_MS = 250 };

/* What all processes see. */
struct shared {
    _Atomic uint64_t taken; /* how many batches somebody has begun */
    _Atomic uint64_t last;  /* none above is wanted */
};

struct crew {
    const struct workers *w;
    struct shared *shared;
    struct branch **branches; /* [jobs]; NULL: at its end */
    struct pollfd *polls;
};

/* -- A child ----------------------------------------------------------------------------------- */

static void want_no_more_than(struct shared *s, uint64_t number)
{
    uint64_t last = atomic_load(&s->last);

    while (number < last && !atomic_compare_exchange_weak(&s->last, &last, number))
        ;
}

/* 0; 1: the batch is the last; or negative errno. */
static int report(const struct crew *c, json_t *lines, FILE *out)
{
    const json_t *batch = json_array_get(lines, json_array_size(lines) - 1);
    bool failed = results_number(batch, "failed") && !c->w->batches->o->keep_going;

    if (failed || json_is_true(json_object_get(batch, "ends")))
        want_no_more_than(c->shared, results_number(batch, "batch"));
    return branch_report(out, lines);
}

static int work(void *opaque, struct machine *m, FILE *out)
{
    const struct crew *c = opaque;
    const struct workers *w = c->w;
    struct error err = {0};
    json_t *lines;
    int rc = 0;

    (void)m;
    signal(SIGPIPE, SIG_IGN);
    w->batches->last_wanted = &c->shared->last;
    while (!rc) {
        uint64_t number = w->first + w->step * atomic_fetch_add(&c->shared->taken, 1);

        if (number >= w->end || number > atomic_load(&c->shared->last))
            break;
        if (w->is_known && w->is_known(w->opaque, number))
            continue;
        rc = batch_run(w->batches, number, &lines, &err);
        if (!rc && lines)
            rc = report(c, lines, out);
    }
    if (rc && err.text[0])
        branch_report(out, json_pack("{s:s, s:i, s:i}", "error", err.text, "exit_code",
                                     (int)err.exit_code, "rc", rc));
    return rc ? 1 : 0;
}

/* -- This process ------------------------------------------------------------------------------ */

static int child_failed(const json_t *report, struct error *err)
{
    return error_set(err, (enum irqlab_exit)results_number(report, "exit_code"),
                     (int)json_integer_value(json_object_get(report, "rc")), "%s",
                     results_text(report, "error"));
}

/* One object of a child's, taken over. */
static int hear_one(const struct crew *c, json_t *object, struct error *err)
{
    int rc;

    if (json_is_array(object))
        return c->w->heard(c->w->opaque, object, err);
    rc = child_failed(object, err);
    json_decref(object);
    return rc;
}

static int bury(struct crew *c, unsigned i, struct error *err)
{
    int code, rc = branch_finish(c->branches[i], &code, err);

    c->branches[i] = NULL;
    if (!rc && code)
        rc = error_set(err, IRQLAB_EXIT_HOST, -ECHILD,
                       "a process of --jobs ended with %d; what it had finished is kept", code);
    return rc;
}

/* All that came from child @i. 1: `heard` has had enough. */
static int hear(struct crew *c, unsigned i, struct error *err)
{
    struct branch *b = c->branches[i];
    json_t *object;
    int rc = 0;

    do {
        object = branch_next(b, err);
        if (!object)
            return err->text[0] ? -EILSEQ : bury(c, i, err);
        rc = hear_one(c, object, err);
    } while (!rc && branch_has_next(b));
    return rc;
}

static unsigned poll_list(struct crew *c)
{
    unsigned n = 0;

    for (unsigned i = 0; i < c->w->jobs; i++) {
        c->polls[i] = (struct pollfd){.fd = -1};
        if (!c->branches[i])
            continue;
        c->polls[i] = (struct pollfd){.fd = branch_fd(c->branches[i]), .events = POLLIN};
        n++;
    }
    return n;
}

static int listen_to_all(struct crew *c, struct error *err)
{
    int rc = 0;

    while (!rc && poll_list(c)) {
        int n = poll(c->polls, c->w->jobs, TICK_MS);

        if (n < 0 && errno != EINTR)
            return error_set(err, IRQLAB_EXIT_HOST, -errno, "cannot wait for --jobs");
        for (unsigned i = 0; n > 0 && !rc && i < c->w->jobs; i++) {
            if (c->polls[i].revents)
                rc = hear(c, i, err);
        }
        if (c->w->tick)
            c->w->tick(c->w->opaque);
    }
    return rc < 0 ? rc : 0;
}

static int run_crew(struct crew *c, struct error *err)
{
    struct machine *m = explorer_machine(c->w->batches->x);
    int rc = 0;

    for (unsigned i = 0; !rc && i < c->w->jobs; i++)
        rc = branch_start(m, work, c, &c->branches[i], err);
    rc = rc ? rc : listen_to_all(c, err);
    for (unsigned i = 0; i < c->w->jobs; i++) {
        if (c->branches[i])
            branch_stop(c->branches[i]);
    }
    return rc;
}

int workers_run(const struct workers *w, struct error *err)
{
    struct crew c = {.w = w};
    int rc;

    c.branches = calloc(w->jobs, sizeof(*c.branches));
    c.polls = calloc(w->jobs, sizeof(*c.polls));
    c.shared =
        mmap(NULL, sizeof(*c.shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (!c.branches || !c.polls || c.shared == MAP_FAILED) {
        rc = error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory for --jobs");
    } else {
        atomic_store(&c.shared->last, UINT64_MAX);
        rc = run_crew(&c, err);
    }
    if (c.shared != MAP_FAILED)
        munmap(c.shared, sizeof(*c.shared));
    free(c.branches);
    free(c.polls);
    return rc;
}
