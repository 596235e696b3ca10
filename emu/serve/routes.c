/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who may ask what. What is not in the table is not there. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "emu/page/page_assets.h"
#include "emu/serve/server_internal.h"

struct route {
    const char *path;
    bool is_post;
    enum MHD_Result (*reply)(struct call *c);
};

static const char *query(const struct call *c, const char *name)
{
    return MHD_lookup_connection_value(c->connection, MHD_GET_ARGUMENT_KIND, name);
}

static const char *header(const struct call *c, const char *name)
{
    return MHD_lookup_connection_value(c->connection, MHD_HEADER_KIND, name);
}

static enum MHD_Result refuse(const struct call *c, unsigned status, const char *why)
{
    return reply_refusal(c->connection, status, true, why);
}

/* -- What is there ----------------------------------------------------------------------------- */

static enum MHD_Result reply_asset(const struct call *c, const struct page_asset *asset)
{
    return reply_constant(c->connection, MHD_HTTP_OK, asset->type, asset->bytes, asset->size);
}

static enum MHD_Result reply_index(struct call *c)
{
    return reply_asset(c, page_asset_find("index.html"));
}

static enum MHD_Result reply_machine(struct call *c)
{
    const char *machine = hub_machine(c->server->hub);

    return reply_constant(c->connection, MHD_HTTP_OK, "application/json", machine, strlen(machine));
}

static enum MHD_Result reply_events(struct call *c)
{
    return reply_stream(c->connection, c->server->hub);
}

static enum MHD_Result ask(const struct call *c, struct hub_ask *ask, const char *type)
{
    int rc = hub_ask(c->server->hub, ask, c->server->answer_ms);
    enum MHD_Result result;

    if (rc)
        return refuse(c, MHD_HTTP_SERVICE_UNAVAILABLE,
                      rc == -ECANCELED ? "irqlab ends" : "the machine does not answer; try again");
    if (!ask->refused)
        return reply_text(c->connection, MHD_HTTP_OK, type, ask->text, ask->size);
    result = refuse(c, MHD_HTTP_BAD_REQUEST, ask->text ? ask->text : "out of memory");
    free(ask->text);
    return result;
}

static enum MHD_Result reply_why(struct call *c)
{
    struct hub_ask why = {.question = HUB_WHY};
    const char *is_virtual = query(c, "virtual");
    uint64_t intid, vcpu, flag = 0;
    struct error err = {0};
    int rc = request_number("intid", query(c, "intid"), UINT32_MAX, &intid, &err);

    rc = rc ? rc : request_number("vcpu", query(c, "vcpu"), UINT32_MAX, &vcpu, &err);
    if (!rc && is_virtual)
        rc = request_number("virtual", is_virtual, 1, &flag, &err);
    if (rc)
        return refuse(c, MHD_HTTP_BAD_REQUEST, err.text);
    why.intid = (uint32_t)intid;
    why.vcpu = (unsigned)vcpu;
    why.is_virtual = flag;
    return ask(c, &why, "application/json");
}

static enum MHD_Result reply_console(struct call *c)
{
    struct hub_ask console = {.question = HUB_CONSOLE};

    return ask(c, &console, "text/plain; charset=utf-8");
}

static enum MHD_Result reply_command(struct call *c)
{
    struct hub_ask command;
    struct error err = {0};

    if (request_command(c->body, c->body_size, &command, &err))
        return refuse(c, MHD_HTTP_BAD_REQUEST, err.text);
    return ask(c, &command, "application/json");
}

static const struct route routes[] = {
    {"/", false, reply_index},
    {"/api/machine", false, reply_machine},
    {"/api/stream", false, reply_events},
    {"/api/why", false, reply_why},
    {"/api/console", false, reply_console},
    {"/api/command", true, reply_command},
};

static const struct route *find(const char *path)
{
    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
        if (!strcmp(routes[i].path, path))
            return &routes[i];
    }
    return NULL;
}

/* -- Who may ----------------------------------------------------------------------------------- */

struct refusal {
    unsigned status; /* 0: none */
    const char *why;
};

static const struct refusal wrong_host = {
    MHD_HTTP_FORBIDDEN, "irqlab serve answers by its loopback address alone; open the address that "
                        "it has printed"};
static const struct refusal wrong_origin = {
    MHD_HTTP_FORBIDDEN, "irqlab serve answers no other site's pages; open the address that it has "
                        "printed"};
static const struct refusal wrong_token = {
    MHD_HTTP_FORBIDDEN,
    "The token is missing or wrong. Open the whole address, with ?token=, that irqlab serve "
    "has printed on its standard error when it started (and written to --url-file)."};
static const struct refusal not_there = {MHD_HTTP_NOT_FOUND, "there is nothing of that name"};
static const struct refusal wrong_method = {MHD_HTTP_METHOD_NOT_ALLOWED,
                                            "GET reads; POST is for /api/command"};
static const struct refusal too_long = {MHD_HTTP_CONTENT_TOO_LARGE,
                                        "a command takes at most 4096 bytes"};

static bool has_token(const struct call *c)
{
    const char *given = header(c, "X-Irqlab-Token");

    return request_token_is(given ? given : query(c, "token"), c->server->token);
}

static bool is_reading(const char *method)
{
    return !strcmp(method, MHD_HTTP_METHOD_GET) || !strcmp(method, MHD_HTTP_METHOD_HEAD);
}

static bool is_too_long(const struct call *c)
{
    const char *length = header(c, MHD_HTTP_HEADER_CONTENT_LENGTH);

    return length && strtoull(length, NULL, 10) > REQUEST_MAX_BODY;
}

/* In this order: who is not allowed learns nothing of what is there. */
static struct refusal judge(const struct call *c, const struct page_asset *asset,
                            const char *method)
{
    const char *host = header(c, MHD_HTTP_HEADER_HOST);
    bool is_method_right =
        c->route && c->route->is_post ? !strcmp(method, MHD_HTTP_METHOD_POST) : is_reading(method);

    if (!request_host_is_ours(host))
        return wrong_host;
    if (!request_origin_is_ours(header(c, MHD_HTTP_HEADER_ORIGIN), host))
        return wrong_origin;
    if (!asset && !has_token(c))
        return wrong_token;
    if (!asset && !c->route)
        return not_there;
    if (!is_method_right)
        return wrong_method;
    return is_too_long(c) ? too_long : (struct refusal){0};
}

/* -- A request --------------------------------------------------------------------------------- */

static const struct page_asset *find_asset(const char *url)
{
    return url[0] == '/' ? page_asset_find(url + 1) : NULL;
}

static enum MHD_Result begin(struct call *c, const char *url, const char *method)
{
    const struct page_asset *asset = find_asset(url);
    struct refusal refusal;

    c->route = find(url);
    refusal = judge(c, asset, method);
    if (refusal.status || asset)
        c->route = NULL;
    if (refusal.status)
        return reply_refusal(c->connection, refusal.status, !strncmp(url, "/api/", 5), refusal.why);
    return asset ? reply_asset(c, asset) : MHD_YES;
}

static enum MHD_Result take_body(struct call *c, const char *bytes, size_t *n)
{
    if (*n > sizeof(c->body) - c->body_size)
        c->is_too_long = true; /* answered when all of it has come: it is in chunks */
    else
        memcpy(c->body + c->body_size, bytes, *n);
    c->body_size += c->is_too_long ? 0 : *n;
    *n = 0;
    return MHD_YES;
}

enum MHD_Result routes_handle(void *opaque, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **context)
{
    struct call *c = *context;

    (void)version;
    if (!c) {
        c = *context = calloc(1, sizeof(*c));
        if (!c)
            return MHD_NO;
        c->server = opaque;
        c->connection = connection;
        atomic_fetch_add(&c->server->n_calls, 1);
        return begin(c, url, method);
    }
    if (*upload_size)
        return take_body(c, upload, upload_size);
    if (c->is_too_long)
        return refuse(c, too_long.status, too_long.why);
    return c->route ? c->route->reply(c) : MHD_YES;
}

void routes_end(void *opaque, struct MHD_Connection *connection, void **context,
                enum MHD_RequestTerminationCode how)
{
    struct call *c = *context;

    (void)opaque, (void)connection, (void)how;
    if (c)
        atomic_fetch_sub(&c->server->n_calls, 1);
    free(c);
    *context = NULL;
}
