/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What goes back to a browser, with what keeps other pages and other people out. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "emu/serve/server_internal.h"

enum { STREAM_BLOCK_BYTES = 1 << 16, KEEP_ALIVE_MS = 1000 };

static const char *const headers[][2] = {
    /* Scripts, styles and data of this server alone, and nobody may frame the page. */
    {"Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src "
                                "'self' data:; connect-src 'self'; base-uri 'none'; form-action "
                                "'none'; frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Referrer-Policy", "no-referrer"}, /* the address has the token */
    {"Cache-Control", "no-store"},
};

static enum MHD_Result send_reply(struct MHD_Connection *c, unsigned status, const char *type,
                                  struct MHD_Response *response)
{
    enum MHD_Result result;

    if (!response)
        return MHD_NO;
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
        MHD_add_response_header(response, headers[i][0], headers[i][1]);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD, POST");
    result = MHD_queue_response(c, status, response);
    MHD_destroy_response(response);
    return result;
}

enum MHD_Result reply_text(struct MHD_Connection *c, unsigned status, const char *type, char *text,
                           size_t size)
{
    return text ? send_reply(c, status, type,
                             MHD_create_response_from_buffer(size, text, MHD_RESPMEM_MUST_FREE))
                : MHD_NO;
}

enum MHD_Result reply_constant(struct MHD_Connection *c, unsigned status, const char *type,
                               const void *bytes, size_t size)
{
    return send_reply(
        c, status, type,
        MHD_create_response_from_buffer(size, (void *)(uintptr_t)bytes, MHD_RESPMEM_PERSISTENT));
}

enum MHD_Result reply_refusal(struct MHD_Connection *c, unsigned status, bool is_api,
                              const char *why)
{
    json_t *object;
    char *text;

    if (!is_api) {
        text = malloc(strlen(why) + 2);
        if (text)
            strcat(strcpy(text, why), "\n");
        return reply_text(c, status, "text/plain; charset=utf-8", text, strlen(why) + 1);
    }
    object = json_pack("{s:s}", "error", why);
    text = object ? json_dumps(object, JSON_COMPACT) : NULL;
    json_decref(object);
    return reply_text(c, status, "application/json", text, text ? strlen(text) : 0);
}

/* -- The stream -------------------------------------------------------------------------------- */

struct stream {
    struct hub_listener *listener;
    char *text; /* being sent; NULL: all of it was */
    size_t size, sent;
};

/* On the connection's own thread, which may wait. Nothing is fetched before all of the last one is
 * sent: who reads slowly misses frames. */
static ssize_t read_stream(void *opaque, uint64_t position, char *to, size_t max)
{
    struct stream *s = opaque;
    size_t n;

    (void)position;
    if (!s->text) {
        s->sent = 0;
        s->text = hub_next(s->listener, KEEP_ALIVE_MS, &s->size);
    }
    if (!s->text)
        return MHD_CONTENT_READER_END_OF_STREAM;
    n = s->size - s->sent < max ? s->size - s->sent : max;
    memcpy(to, s->text + s->sent, n);
    s->sent += n;
    if (s->sent == s->size) {
        free(s->text);
        s->text = NULL;
    }
    return (ssize_t)n;
}

static void end_stream(void *opaque)
{
    struct stream *s = opaque;

    hub_leave(s->listener);
    free(s->text);
    free(s);
}

enum MHD_Result reply_stream(struct MHD_Connection *c, struct hub *hub)
{
    struct hub_listener *listener = hub_listen(hub);
    struct stream *s = listener ? calloc(1, sizeof(*s)) : NULL;
    struct MHD_Response *response;

    if (!s) {
        hub_leave(listener);
        return reply_refusal(c, MHD_HTTP_SERVICE_UNAVAILABLE, true,
                             "too many listen already: close another page of this irqlab");
    }
    s->listener = listener;
    response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK_BYTES, read_stream,
                                                 s, end_stream);
    if (!response)
        end_stream(s);
    return send_reply(c, MHD_HTTP_OK, "text/event-stream", response);
}
