/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside the server: server.c (its life), routes.c (who may ask what), replies.c (how it looks). */
#ifndef IRQLAB_EMU_SERVE_SERVER_INTERNAL_H
#define IRQLAB_EMU_SERVE_SERVER_INTERNAL_H

#include <microhttpd.h>
#include <stdatomic.h>

#include "emu/serve/server.h"

enum { SERVER_URL_BYTES = 128 };

struct server {
    struct hub *hub;
    int listen_fd;
    struct MHD_Daemon *daemon;
    unsigned answer_ms, idle_s;
    atomic_uint n_calls; /* that are not answered yet */
    char token[REQUEST_TOKEN_BYTES + 1];
    char url[SERVER_URL_BYTES];
};

struct route;

/* One request, from its head to its answer. */
struct call {
    struct server *server;
    struct MHD_Connection *connection;
    const struct route *route; /* NULL: it was answered already */
    char body[REQUEST_MAX_BODY];
    size_t body_size;
    bool is_too_long;
};

/* routes.c: as MHD_AccessHandlerCallback and MHD_RequestCompletedCallback. */
enum MHD_Result routes_handle(void *opaque, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **context);
void routes_end(void *opaque, struct MHD_Connection *connection, void **context,
                enum MHD_RequestTerminationCode how);

/* replies.c. What they return MHD takes: MHD_NO ends the connection. */

/** reply_text - @text is malloc()ed, and the reply's; NULL: out of memory. */
enum MHD_Result reply_text(struct MHD_Connection *c, unsigned status, const char *type, char *text,
                           size_t size);
/** reply_constant - @bytes stay. */
enum MHD_Result reply_constant(struct MHD_Connection *c, unsigned status, const char *type,
                               const void *bytes, size_t size);
/** reply_refusal - as JSON if @is_api, else as text. */
enum MHD_Result reply_refusal(struct MHD_Connection *c, unsigned status, bool is_api,
                              const char *why);
/** reply_stream - until somebody hangs up. */
enum MHD_Result reply_stream(struct MHD_Connection *c, struct hub *hub);

#endif
