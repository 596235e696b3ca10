/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A debugger's visit, from the first byte to the last. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/gdb/internal.h"
#include "emu/history.h"
#include "emu/timeline.h"

enum { SIGNAL_TRAP = 5, SNAPSHOTS = 200, PACKETS_AT_ONCE = 4096 };
#define SNAPSHOT_INTERVAL 5000000ull

int gdb_open_timeline(struct gdb_stub *g, struct error *err)
{
    return timeline_open(g->m, SNAPSHOT_INTERVAL, SNAPSHOTS, &g->timeline, err);
}

static int start(struct gdb_stub *g, struct error *err)
{
    g->steps = calloc(g->m->config.n_vcpus, sizeof(*g->steps));
    g->ran_until = calloc(g->m->config.n_vcpus, sizeof(*g->ran_until));
    g->registers = gdb_registers_create(g->m);
    if (!g->steps || !g->ran_until || !g->registers)
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory for a debugger");
    if (!g->m->explorer && !g->m->record && gdb_open_timeline(g, err)) /* one can do without */
        fprintf(stderr, "irqlab: gdb cannot go back: %s\n", err->text);
    return history_start(g->m, err);
}

int gdb_stub_open(struct machine *m, const struct gdb_stub_options *o, struct gdb_stub **out,
                  struct error *err)
{
    struct gdb_stub *g = calloc(1, sizeof(*g));
    int rc;

    if (!g)
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory for a debugger");
    g->m = m;
    g->options = *o;
    g->state = GDB_WAITS;
    g->signal = SIGNAL_TRAP;
    g->stop.vcpu = g->selected = g->resumed = gdb_current(m);
    gdb_hook(g);
    rc = start(g, err);
    if (rc)
        gdb_stub_close(g);
    else
        *out = g;
    return rc;
}

void gdb_stub_close(struct gdb_stub *g)
{
    if (!g)
        return;
    gdb_points_stop(g);
    timeline_close(g->timeline);
    if (g->m->debugger == &g->hooks)
        g->m->debugger = NULL;
    gdb_registers_free(g->registers);
    free(g->ran_until);
    free(g->steps);
    free(g);
}

/* -- Input ------------------------------------------------------------------------------------- */

void gdb_stub_feed(struct gdb_stub *g, const char *bytes, size_t n)
{
    size_t room = sizeof(g->in.bytes) - g->in.n;

    if (n > room)
        n = room; /* a packet that long is none of GDB's: PacketSize says so */
    memcpy(g->in.bytes + g->in.n, bytes, n);
    g->in.n += n;
}

static void acknowledge(struct gdb_stub *g, bool good)
{
    if (!g->no_ack)
        g->options.send(g->options.opaque, good ? "+" : "-", 1);
}

/* One thing; false: there is none. */
static bool take_one(struct gdb_stub *g, char *packet)
{
    size_t n;

    switch (gdb_input_take(&g->in, packet, &n)) {
    case GDB_NOTHING:
        return false;
    case GDB_BAD_PACKET:
        acknowledge(g, false);
        return true;
    case GDB_NACK:
        gdb_send_again(g);
        return true;
    case GDB_INTERRUPT:
        g->interrupted = true;
        return true;
    case GDB_PACKET:
        acknowledge(g, true);
        gdb_packet(g, packet, n);
        return true;
    }
    return false;
}

/* While it runs nothing but Ctrl-C is to be expected (and acknowledgments of what it says); what
 * else comes stops it too. */
void gdb_look_at_input(struct gdb_stub *g)
{
    while (g->state == GDB_RUNS && g->in.n && g->in.bytes[0] == '+')
        memmove(g->in.bytes, g->in.bytes + 1, --g->in.n);
    if (g->state == GDB_RUNS && g->in.n)
        g->interrupted = true;
}

static void take_input(struct gdb_stub *g)
{
    char *packet = malloc(GDB_PACKET_BYTES + 1);

    for (unsigned i = 0; packet && i < PACKETS_AT_ONCE && g->state == GDB_WAITS; i++) {
        if (!take_one(g, packet))
            break;
    }
    free(packet);
}

/* -- Running ----------------------------------------------------------------------------------- */

enum gdb_state gdb_stub_state(const struct gdb_stub *g)
{
    return g->state;
}

enum gdb_state gdb_stub_run(struct gdb_stub *g, uint64_t instructions)
{
    uint64_t now = machine_instructions(g->m);

    g->run_until = instructions < UINT64_MAX - now ? now + instructions : UINT64_MAX;
    take_input(g);
    if (g->state == GDB_RUNS)
        gdb_go_on(g);
    return g->state;
}
