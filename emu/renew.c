/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A new GIC in the place of the old one, while the guest looks away: what a migration does to a
 * GIC, without the network. Everything goes through device attributes (gic/attr.h) and the tables
 * in guest memory; nothing else is carried over. If the guest notices, what is saved is not all.
 */
#include <errno.h>
#include <stdlib.h>

#include "emu/machine.h"
#include "emu/trace.h"
#include "gic/attr.h"

struct saved {
    struct gic_attr_value *list;
    long n;
};

/* A saved GIC without an error has no tables outside of RAM: those are the guest's to place. */
static int save(struct machine *m, struct saved *s, struct error *err)
{
    s->n = gic_attr_save(m->gic, NULL, 0);
    s->list = calloc((size_t)s->n, sizeof(*s->list));
    if (!s->list)
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory for a GIC's attributes");
    s->n = gic_attr_save(m->gic, s->list, (size_t)s->n);
    if (s->n < 0)
        return error_set(err, IRQLAB_EXIT_GUEST_WILD, (int)s->n, "the GIC cannot be renewed: %s",
                         s->n == -EFAULT ? "the guest has put its LPI or ITS tables outside of RAM"
                                         : "the guest's ITS tables are larger than any memory");
    return 0;
}

static int read_lines(const struct machine *m, uint8_t **out, struct error *err)
{
    *out = calloc(m->config.n_vcpus, 1);
    if (!*out)
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory for the CPUs' lines");
    for (unsigned i = 0; i < m->config.n_vcpus; i++)
        (*out)[i] = wires_lines(m, i);
    return 0;
}

/* Lines are told once all is known; where nothing was lost, none has changed. */
static void drive_lines(struct machine *m, const uint8_t *before)
{
    for (unsigned i = 0; i < m->config.n_vcpus; i++) {
        uint8_t now = wires_lines(m, i);

        for (unsigned line = 0; line < GIC_N_LINES; line++) {
            if (((now ^ before[i]) >> line) & 1)
                wires_drive_line(m, i, (enum gic_line)line, (now >> line) & 1);
        }
    }
}

static int restore(struct machine *m, const struct saved *s, struct error *err)
{
    int rc;

    wires_tell_pe_states(m);
    rc = gic_attr_restore(m->gic, s->list, (size_t)s->n);
    if (rc == -EINVAL)
        return error_set(err, IRQLAB_EXIT_GUEST_WILD, rc,
                         "the GIC cannot be renewed: the guest's ITS tables contradict themselves");
    return rc ? error_set(err, IRQLAB_EXIT_INTERNAL, rc, "a new GIC refuses an old one's state")
              : 0;
}

/* On failure the old GIC stays. */
static int replace(struct machine *m, const struct saved *s, struct error *err)
{
    struct gic *old = m->gic;
    struct gic_its *old_its = m->its;
    int rc;

    m->renewing = true;
    rc = wires_create_gic(m, err);
    rc = rc ? rc : restore(m, s, err);
    m->renewing = false;
    if (rc) {
        gic_destroy(m->gic == old ? NULL : m->gic);
        m->gic = old;
        m->its = old_its;
        return rc;
    }
    gic_destroy(old);
    return 0;
}

int machine_renew_gic(struct machine *m, struct error *err)
{
    struct saved s = {0};
    uint8_t *lines = NULL;
    int rc = save(m, &s, err);

    rc = rc ? rc : read_lines(m, &lines, err);
    rc = rc ? rc : replace(m, &s, err);
    if (!rc) {
        drive_lines(m, lines);
        trace_line(m, TRACE_LOAD, -1, "a new GIC, from %ld attributes", s.n);
    }
    free(lines);
    free(s.list);
    return rc;
}

/* -- At instruction counts (--renew-gic) ------------------------------------------------------- */

uint64_t renew_next_instructions(const struct machine *m)
{
    return m->renewals < m->config.n_renew_gic ? m->config.renew_gic_at[m->renewals] : UINT64_MAX;
}

void renew_after_restore(struct machine *m)
{
    m->renewals = 0;
    while (renew_next_instructions(m) <= machine_instructions(m))
        m->renewals++;
}

void renew_due(struct machine *m)
{
    struct error err;

    while (renew_next_instructions(m) <= machine_instructions(m)) {
        m->renewals++;
        if (machine_renew_gic(m, &err)) {
            machine_shut_down(m, (int)err.exit_code, "--renew-gic: %s", err.text);
            return;
        }
    }
}
