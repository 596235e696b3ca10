/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A server of GDB's remote protocol: `irqlab run -gdb ...`.
 *
 * vCPUs are threads 1.. of one process. While a debugger is attached, the machine's past is kept
 * (emu/timeline.h), and can be gone back over. A debugged run that nobody writes to is the run that
 * it would be without: breakpoints, watchpoints, steps and ways back leave no trace in its state.
 * There is no way back while the run is recorded; nor, and no watchpoint, while it is explored.
 *
 * Two layers: the stub (packets in, packets out; it drives the machine in slices) and the server
 * (addresses, sockets, when to run). Tests and fuzzers feed the stub alone.
 *
 * Threads: the machine's. Errors: 0 or a negative errno, and @err.
 */
#ifndef IRQLAB_EMU_GDB_GDB_H
#define IRQLAB_EMU_GDB_GDB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "emu/error.h"

struct machine;

/* -- The stub ---------------------------------------------------------------------------------- */

struct gdb_stub;

struct gdb_stub_options {
    void *opaque;
    void (*send)(void *opaque, const char *bytes, size_t n);
    /* Bytes from the debugger may have come: whoever has them feeds them. May be NULL. */
    void (*receive)(void *opaque);
    int fd; /* where they come from, to wait for; -1: nowhere */
};

/**
 * gdb_stub_open - a debugger attaches: the machine stands still, and its history begins. Between
 * turns. The machine must outlive the stub.
 */
int gdb_stub_open(struct machine *m, const struct gdb_stub_options *o, struct gdb_stub **out,
                  struct error *err);
/** gdb_stub_close - and the machine is as before. NULL is allowed. */
void gdb_stub_close(struct gdb_stub *g);

/** gdb_stub_feed - bytes from the debugger, in any pieces. */
void gdb_stub_feed(struct gdb_stub *g, const char *bytes, size_t n);

enum gdb_state {
    GDB_WAITS,    /* for packets */
    GDB_RUNS,     /* gdb_stub_run() goes on */
    GDB_DETACHED, /* the run goes on without a debugger */
    GDB_OVER,     /* killed, or the run has ended and the debugger knows */
};

enum gdb_state gdb_stub_state(const struct gdb_stub *g);
/**
 * gdb_stub_run - answers the packets that are there, and runs the machine until it stops, or for
 * @instructions at most.
 */
enum gdb_state gdb_stub_run(struct gdb_stub *g, uint64_t instructions);

/* -- The server -------------------------------------------------------------------------------- */

struct gdb_server;

/**
 * gdb_server_open - listens at @where: tcp:HOST:PORT (of this host alone; no HOST: 127.0.0.1; port
 * 0: a free one, which is told at standard error) or unix:PATH (private to its owner).
 */
int gdb_server_open(const char *where, struct gdb_server **out, struct error *err);
void gdb_server_close(struct gdb_server *s);

/**
 * gdb_server_go - machine_go() to the end of the run, with a debugger now and then.
 * @frozen: wait for one first
 */
int gdb_server_go(struct gdb_server *s, struct machine *m, bool frozen, struct error *err);

/*
 * For who drives the machine himself while nobody debugs: gdb_server_comes() - whether a debugger
 * is there now; never waits. gdb_server_attend() - serves it until it leaves; *frozen: it left the
 * machine standing. Between turns. gdb_server_dismiss() - from a callback meanwhile: it must go.
 */
bool gdb_server_comes(struct gdb_server *s);
int gdb_server_attend(struct gdb_server *s, struct machine *m, bool *frozen, struct error *err);
void gdb_server_dismiss(struct gdb_server *s);

#endif
