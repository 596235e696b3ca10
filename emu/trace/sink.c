/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One file that events are written to, or one that listens to them. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "emu/trace/internal.h"

void trace_free(struct trace *t)
{
    if (!t)
        return;
    if (t->spec.format->clear)
        t->spec.format->clear(t);
    trace_out_close(&t->out);
    trace_lanes_clear(t);
    free(t->places);
    free(t);
}

struct trace *trace_create(struct machine *m, const struct trace_spec *spec)
{
    struct trace *t = calloc(1, sizeof(*t));

    if (!t)
        return NULL;
    t->spec = *spec;
    t->spec.kinds |= spec->format->kinds;
    t->machine = m;
    t->n_vcpus = m->config.n_vcpus;
    t->places = calloc(TRACE_PLACES, sizeof(*t->places));
    if (t->places && (!spec->format->begin || !spec->format->begin(t)))
        return t;
    trace_free(t);
    return NULL;
}

int trace_open_file(struct trace *t, struct error *err)
{
    const char *file = t->spec.file;
    int fd;

    if (t->spec.format->open_file)
        return t->spec.format->open_file(t, err);
    fd = file ? open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)
              : fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);

    if (fd < 0)
        return error_bad_input(err, "--trace: cannot write %s: %s", file ? file : "to stderr",
                               strerror(errno));
    t->is_live = !file;
    if (!trace_out_open(&t->out, fd))
        return 0;
    close(fd);
    return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory");
}

/* Lines and misuse are of no interrupt. */
static bool wants_gic(const struct trace *t, enum gic_event event, uint32_t intid)
{
    if (!trace_gic_names[event])
        return false;
    if (event == GIC_EVENT_LINE || event == GIC_EVENT_GUEST_ERROR || event == GIC_EVENT_SPURIOUS)
        return t->spec.intids.n == 0;
    return trace_wants_intid(t, intid);
}

bool trace_wants(const struct trace *t, const struct trace_event *e)
{
    if (!(t->spec.kinds >> e->kind & 1) ||
        (e->vcpu >= 0 && !trace_in_ranges(&t->spec.vcpus, (uint32_t)e->vcpu)))
        return false;
    if (e->kind == TRACE_IRQ)
        return wants_gic(t, e->gic.event, e->gic.intid);
    return e->kind != TRACE_TIMER || trace_wants_intid(t, wires_intid_of(e->timer.timer));
}

void trace_consume(struct trace *t, const struct trace_event *e)
{
    if (e->kind == TRACE_LANE) {
        if (t->spec.format->lane)
            trace_lanes_settle(t, e);
        return;
    }
    if (!trace_wants(t, e))
        return;
    if (e->kind == TRACE_IRQ && t->spec.format->lane)
        trace_lanes_event(t, e);
    if (t->spec.format->event)
        t->spec.format->event(t, e);
    if (t->is_live)
        trace_out_flush(&t->out);
}

int trace_finish(struct trace *t, uint64_t now_ns, struct error *err)
{
    bool has_file = t->out.bytes != NULL;
    int rc = 0;

    if (t->spec.format->end)
        t->spec.format->end(t, now_ns);
    if (has_file && t->spec.format->close_file)
        rc = t->spec.format->close_file(t, err);
    if (rc)
        return rc;
    if (!has_file || trace_out_close(&t->out))
        return 0;
    return error_set(err, IRQLAB_EXIT_HOST, -EIO, "--trace: could not write all of %s",
                     t->spec.file ? t->spec.file : "the trace");
}
