/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control socket: `irqlab run --control PATH` listens there, for a few clients, one JSON
 * object a line, in the manner of QEMU's QMP:
 *
 *     client  {"execute": "why", "arguments": {"intid": 27, "vcpu": 1}, "id": 1}
 *     server  {"return": {...}, "id": 1}      or      {"error": {"class": "...", "desc": "..."},
 * "id": 1}
 *
 * With "report-calls" a client is also told of HVC and SMC that the filter forwards, by a line
 * {"event": "CALL", "data": {"vcpu", "smc", "x": [...], "instructions"}} of its own.
 *
 * Deny by default: the socket is its owner's alone (mode 0600, and the peer's user is checked), a
 * line is at most CONTROL_MAX_LINE bytes, and every argument is checked; what is not in the table
 * is refused. Commands are carried out between turns of vCPUs, on the machine's thread. What
 * changes the guest goes through the door, and is recorded.
 */
#ifndef IRQLAB_EMU_CONTROL_H
#define IRQLAB_EMU_CONTROL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "emu/error.h"

struct control;
struct machine;
struct vmm_setup;
struct vmm_smccc_call;

enum { CONTROL_MAX_LINE = 65536, CONTROL_MAX_CLIENTS = 4 };

/**
 * control_open - listens at @path, a Unix socket. A socket that nobody listens to any more is
 * replaced; anything else of that name is left alone and refused.
 */
int control_open(const char *path, struct control **out, struct error *err);
/** control_close - hangs up and removes the socket. NULL is allowed. */
void control_close(struct control *c);

/** control_poll - carries out what has come in; true if anything was. Never waits. */
bool control_poll(struct control *c, struct machine *m);
/**
 * control_configure - before there is a machine: clients set what it will be, until one says
 * "cont", "make-machine" (which stands before its first instruction until "cont") or "quit". False:
 * there is to be none.
 */
bool control_configure(struct control *c, struct vmm_setup *setup);
/** control_report_call - tells those who asked for it. */
void control_report_call(struct control *c, const struct machine *m, unsigned vcpu,
                         const struct vmm_smccc_call *call);
/** control_paused - a client said "stop": nothing may run until "cont". */
bool control_paused(const struct control *c);
/** control_fds - the descriptors worth waiting for (POLLIN); returns how many. */
size_t control_fds(const struct control *c, int fds[CONTROL_MAX_CLIENTS + 1]);

/* -- Commands (emu/control_commands.c) -- */

/* What a command may change of the connection and the run. */
struct control_context {
    struct machine *machine; /* NULL: not yet */
    bool *paused;
    bool *reports;           /* whether this client is told of calls */
    struct vmm_setup *setup; /* without a machine */
    bool *done, *quit;       /* likewise */
};

/**
 * control_execute - carries out the request in @line (not terminated, @length bytes).
 * Returns the reply, owned by the caller; never NULL but for want of memory.
 */
json_t *control_execute(const struct control_context *context, const char *line, size_t length);

/* -- The client's side (emu/control_client.c) -- */

/**
 * control_call - sends one request to the irqlab that listens at @path, and waits for the answer.
 * @arguments: stolen; may be NULL. *reply: its "return", owned by the caller.
 */
int control_call(const char *path, const char *command, json_t *arguments, json_t **reply,
                 struct error *err);

#endif
