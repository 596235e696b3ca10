/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/control_internal.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { RECEIVES_A_POLL = 16, CONFIGURE_WAIT_MS = 100 };

struct client {
    int fd;      /* -1: nobody */
    size_t used; /* of `line` */
    bool reports;
    char line[CONTROL_MAX_LINE];
};

struct control {
    int listen_fd; /* -1: none */
    char *path;
    bool paused;
    struct client clients[CONTROL_MAX_CLIENTS];
};

/* -- Opening ----------------------------------------------------------------------------------- */

/* Whether somebody answers there. */
static bool is_live(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool live = fd >= 0 && !connect(fd, (const struct sockaddr *)address, sizeof(*address));

    if (fd >= 0)
        close(fd);
    return live;
}

static int clear_the_way(const struct sockaddr_un *address, struct error *err)
{
    const char *path = address->sun_path;
    struct stat st;

    if (lstat(path, &st))
        return 0;
    if (!S_ISSOCK(st.st_mode))
        return error_bad_input(err, "--control %s: is there already and no socket; name another",
                               path);
    if (is_live(address))
        return error_bad_input(err, "--control %s: another irqlab listens there; name another",
                               path);
    unlink(path);
    return 0;
}

static int listen_at(struct control *c, const char *path, struct error *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    mode_t mask;
    int rc;

    if (strlen(path) >= sizeof(address.sun_path))
        return error_bad_input(err,
                               "--control %s: too long for a socket's path (%zu bytes at most)",
                               path, sizeof(address.sun_path) - 1);
    strcpy(address.sun_path, path);
    rc = clear_the_way(&address, err);
    if (rc)
        return rc;
    c->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (c->listen_fd < 0)
        return error_set(err, IRQLAB_EXIT_HOST, -errno, "no socket: %s", strerror(errno));
    mask = umask(0177); /* private from its first moment on */
    rc = bind(c->listen_fd, (const struct sockaddr *)&address, sizeof(address));
    umask(mask);
    if (rc || listen(c->listen_fd, CONTROL_MAX_CLIENTS))
        return error_bad_input(err, "--control %s: cannot listen there: %s", path, strerror(errno));
    c->path = strdup(path);
    return c->path ? 0 : error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory");
}

int control_open(const char *path, struct control **out, struct error *err)
{
    struct control *c = calloc(1, sizeof(*c));
    int rc;

    if (!c)
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory");
    c->listen_fd = -1;
    for (unsigned i = 0; i < CONTROL_MAX_CLIENTS; i++)
        c->clients[i].fd = -1;
    rc = listen_at(c, path, err);
    if (rc)
        control_close(c);
    else
        *out = c;
    return rc;
}

static void hang_up(struct client *client)
{
    if (client->fd >= 0)
        close(client->fd);
    client->fd = -1;
    client->used = 0;
    client->reports = false;
}

void control_close(struct control *c)
{
    if (!c)
        return;
    for (unsigned i = 0; i < CONTROL_MAX_CLIENTS; i++)
        hang_up(&c->clients[i]);
    if (c->listen_fd >= 0)
        close(c->listen_fd);
    if (c->path)
        unlink(c->path);
    free(c->path);
    free(c);
}

/* -- Serving ----------------------------------------------------------------------------------- */

static bool is_owner(int fd)
{
    struct ucred peer;
    socklen_t size = sizeof(peer);

    return !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) && peer.uid == geteuid();
}

/* With every place taken, the next one waits in the socket's queue. */
static void accept_clients(struct control *c)
{
    for (unsigned i = 0; i < CONTROL_MAX_CLIENTS; i++) {
        int fd;

        if (c->clients[i].fd >= 0)
            continue;
        fd = accept4(c->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0)
            return;
        if (is_owner(fd))
            c->clients[i].fd = fd;
        else
            close(fd);
    }
}

/* A client that does not read its answers is hung up on: the guest does not wait for it. */
static void send_reply(struct client *client, json_t *reply)
{
    char *text = reply ? json_dumps(reply, JSON_COMPACT) : NULL;
    size_t length = text ? strlen(text) : 0;

    if (text)
        text[length++] = '\n'; /* in the place of the terminating zero */
    for (size_t sent = 0; sent < length && client->fd >= 0;) {
        struct pollfd ready = {.fd = client->fd, .events = POLLOUT};
        ssize_t n = send(client->fd, text + sent, length - sent, MSG_NOSIGNAL);

        if (n > 0)
            sent += (size_t)n;
        else if (n < 0 && errno == EAGAIN && poll(&ready, 1, 1000) == 1)
            continue;
        else
            hang_up(client);
    }
    free(text);
    json_decref(reply);
}

/* Before there is a machine: one has been asked for, and what comes next is for it. */
static bool is_over(const struct control_context *context)
{
    return context->setup && (*context->done || *context->quit);
}

static bool serve_lines(struct client *client, const struct control_context *context)
{
    bool any = false;

    for (char *end; client->used && !is_over(context) &&
                    (end = memchr(client->line, '\n', client->used)) != NULL;) {
        size_t length = (size_t)(end - client->line);

        send_reply(client, control_execute(context, client->line, length));
        any = true;
        if (client->fd < 0)
            break;
        client->used -= length + 1;
        memmove(client->line, end + 1, client->used);
    }
    return any;
}

/* As many requests as are there, to a bound: a client cannot keep the guest from running. */
static bool serve(struct client *client, const struct control_context *context)
{
    bool any = serve_lines(client, context);

    for (unsigned i = 0; i < RECEIVES_A_POLL && client->fd >= 0 && !is_over(context); i++) {
        ssize_t n =
            recv(client->fd, client->line + client->used, sizeof(client->line) - client->used, 0);

        if (n < 0 && errno == EAGAIN)
            break;
        if (n <= 0) {
            hang_up(client);
            break;
        }
        client->used += (size_t)n;
        any |= serve_lines(client, context);
        if (client->used == sizeof(client->line)) {
            send_reply(client, json_pack("{s:{s:s, s:s}}", "error", "class", "TooLong", "desc",
                                         "a line is longer than 65536 bytes"));
            hang_up(client);
        }
    }
    return any;
}

static bool serve_all(struct control *c, struct control_context *context)
{
    bool any = false;

    accept_clients(c);
    for (unsigned i = 0; i < CONTROL_MAX_CLIENTS; i++) {
        context->reports = &c->clients[i].reports;
        any |= serve(&c->clients[i], context);
    }
    return any;
}

bool control_poll(struct control *c, struct machine *m)
{
    return serve_all(c, &(struct control_context){.machine = m, .paused = &c->paused});
}

bool control_configure(struct control *c, struct vmm_setup *setup)
{
    bool done = false, quit = false;
    struct control_context context = {
        .paused = &c->paused, .setup = setup, .done = &done, .quit = &quit};

    c->paused = true;
    while (!done && !quit) {
        struct pollfd fds[CONTROL_MAX_CLIENTS + 1];
        int numbers[CONTROL_MAX_CLIENTS + 1];
        size_t n = control_fds(c, numbers);

        for (size_t i = 0; i < n; i++)
            fds[i] = (struct pollfd){.fd = numbers[i], .events = POLLIN};
        poll(fds, (nfds_t)n, CONFIGURE_WAIT_MS);
        serve_all(c, &context);
    }
    return done;
}

void control_report_call(struct control *c, const struct machine *m, unsigned vcpu,
                         const struct vmm_smccc_call *call)
{
    for (unsigned i = 0; i < CONTROL_MAX_CLIENTS; i++) {
        if (c->clients[i].fd >= 0 && c->clients[i].reports)
            send_reply(&c->clients[i], control_call_event(m, vcpu, call));
    }
}

bool control_paused(const struct control *c)
{
    return c->paused;
}

size_t control_fds(const struct control *c, int fds[CONTROL_MAX_CLIENTS + 1])
{
    size_t n = 0;

    fds[n++] = c->listen_fd;
    for (unsigned i = 0; i < CONTROL_MAX_CLIENTS; i++) {
        if (c->clients[i].fd >= 0)
            fds[n++] = c->clients[i].fd;
    }
    return n;
}
