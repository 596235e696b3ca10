/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The web server of `irqlab serve`: the page, what it shows, and commands, to whoever is on this
 * host and knows the token.
 *
 *     GET  /?token=T                                   the page
 *     GET  /page.css, /page.js, ...                    its parts (they hold nothing secret)
 *     GET  /api/machine?token=T                        what does not change: view_machine_json()
 *     GET  /api/stream?token=T                         server-sent events, see below
 *     GET  /api/why?intid=N&vcpu=N[&virtual=1]&token=T view_gates_json()
 *     GET  /api/console?token=T                        the guest's last output, as text
 *     POST /api/command                                {"command": "step", "argument": 1}, answered
 *                                                      by {"ok": true} or {"error": "..."} (400)
 *
 * The token may also be in a header, X-Irqlab-Token. Refusals are text, or {"error": ...} under
 * /api: 400 not understood, 403 no right, 404, 405, 413 too long, 503 too many or no answer.
 *
 * The stream's messages, each with JSON as its data:
 *
 *     machine  once, first: what does not change; forget what an earlier connection has told
 *     back     {"last_seq": N}: forget events with seq > N; they come again if they come again
 *     events   [EVENT, ...]: those that came since, ascending; the first time the last 2000. While
 *              it runs the last 200 of a frame at most; when it stands, what was left out comes
 *              after all, behind a `back` to 0
 *     frame    view_frame_json(); `n` has changed. Its last_seq is of the last event sent
 *     future   [EVENT, ...]: known to come after going back; [] when nothing is. Those whose seq
 *              comes up as an event have come. Sent when more changes than that
 *     end      irqlab has ended: do not connect again
 *
 * and a comment each second in which nothing changes. emu/view/json.c has the formats.
 *
 * Threads: one of the server's own for each connection; they meet the machine's in the hub alone.
 */
#ifndef IRQLAB_EMU_SERVE_SERVER_H
#define IRQLAB_EMU_SERVE_SERVER_H

#include <stdint.h>

#include "emu/error.h"
#include "emu/serve/hub.h"
#include "emu/serve/request.h"

struct server;

enum { SERVER_MAX_CONNECTIONS = 64 };

struct server_options {
    const char *address; /* NULL: 127.0.0.1; within 127.0.0.0/8, else refused */
    uint16_t port;       /* 0: a free one */
    unsigned answer_ms;  /* how long an answer of the machine is waited for; 0: 30 s */
    unsigned idle_s;     /* a connection on which nothing moves ends then; 0: 30 s */
};

/** server_open - listens, with a new token; nobody is answered yet. @hub must outlive it. */
int server_open(const struct server_options *o, struct hub *hub, struct server **out,
                struct error *err);
/** server_start - whoever has come or comes is answered from now on. */
int server_start(struct server *s, struct error *err);
/** server_close - hangs up; closes the hub, too. NULL is allowed. */
void server_close(struct server *s);

/** server_url - with the token; the server's. */
const char *server_url(const struct server *s);

#endif
