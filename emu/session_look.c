/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sessions whose machine somebody else drives, or that are looked at. */
#include "emu/session_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

/* -- For whoever drives the machine himself -----------------------------------------------------
 */

int session_open(const struct run_options *o, bool quiet, struct session **out, struct error *err)
{
    struct session *s = calloc(1, sizeof(*s));
    int rc;

    if (!s)
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory");
    *s = (struct session){.options = o, .quiet = quiet};
    rc = session_build(s, err);
    if (rc) {
        session_close(s);
        return rc;
    }
    session_start(s);
    *out = s;
    return 0;
}

struct machine *session_machine(const struct session *s)
{
    return s->machine;
}

void session_close(struct session *s)
{
    if (!s)
        return;
    session_clear(s);
    free(s);
}

/* -- Looking at a recording -------------------------------------------------------------------- */

static int check_point(const char *path, const struct session *s, struct error *err)
{
    const struct journal_end *end = journal_end_of(s->replay);
    const struct session_look *l = s->look;

    if (l->max_instructions > end->instructions)
        return error_bad_input(err, "--at: %s ends at %" PRIu64 " instructions, before %" PRIu64,
                               path, end->instructions, l->max_instructions);
    if (l->max_ns > end->virtual_time_ns)
        return error_bad_input(err, "--at-ns: %s ends at %" PRIu64 " ns, before %" PRIu64, path,
                               end->virtual_time_ns, l->max_ns);
    return 0;
}

/* A run that came to its own end, not to a point, must be the recorded one. */
static int check_end(struct session *s, struct error *err)
{
    struct machine *m = s->machine;
    struct journal_end end = {
        .instructions = machine_instructions(m),
        .virtual_time_ns = machine_now_ns(m),
    };

    if (s->look->max_instructions || s->look->max_ns || m->exit_code == IRQLAB_EXIT_LIMIT)
        return 0;
    end.state_hash = machine_state_hash(m);
    return session_compare_end(s, &end, err);
}

/* Ends as at a limit: such an end is not compared with the recording's. */
static bool on_entry(void *opaque, unsigned vcpu, uint64_t pc, uint64_t vcpu_instructions)
{
    const struct session *s = opaque;

    (void)pc, (void)vcpu_instructions;
    machine_shut_down(s->machine, IRQLAB_EXIT_LIMIT, "vCPU %u enters %s", vcpu, s->look->before);
    return false;
}

static int stop_before(struct session *s, struct error *err)
{
    const char *name = s->look->before;
    uint64_t address;

    if (!name)
        return 0;
    if (!s->machine->symbols || !symbols_find(s->machine->symbols, name, &address))
        return error_bad_input(err,
                               "--before: there is no function %.100s in the recording's images; "
                               "give one of theirs, or more names by --symbols FILE",
                               name);
    if (engine_break_set(s->machine->engine, &address, 1, on_entry, s))
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory");
    return 0;
}

static int run_look(struct session *s, struct error *err)
{
    const struct session_look *l = s->look;
    int rc = session_build(s, err);

    rc = rc ? rc : l->start(l->opaque, s->machine, err);
    rc = rc ? rc : stop_before(s, err);
    if (rc)
        return rc;
    session_go(s);
    rc = check_end(s, err);
    return rc ? rc : l->look(l->opaque, s->machine, err);
}

int session_look_at(const char *path, const struct session_look *l, struct error *err)
{
    struct run_options o = {0};
    struct session s = {.options = &o, .look = l};
    bool help;
    char **argv;
    int n, rc = journal_open(path, &s.replay, err);

    if (rc)
        return rc;
    argv = journal_argv(s.replay, &n);
    rc = check_point(path, &s, err);
    rc = rc ? rc : options_parse(n, argv, &o, &help, err);
    rc = rc ? rc : run_look(&s, err);
    session_clear(&s);
    options_free(&o);
    journal_close(s.replay);
    return rc;
}
