/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/serve/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "emu/serve/server_internal.h"

enum {
    ANSWER_MS = 30000,
    IDLE_S = 30,
    HEAD_BYTES = 16384,
    STACK_BYTES = 1 << 18,
    BACKLOG = 64,
    GOODBYE_MS = 500,
    GOODBYE_TICK_MS = 5
};

/* -- Opening ----------------------------------------------------------------------------------- */

static int make_token(struct server *s, struct error *err)
{
    unsigned char bytes[REQUEST_TOKEN_BYTES / 2];

    if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
        return error_set(err, IRQLAB_EXIT_HOST, -errno, "no random numbers: %s", strerror(errno));
    for (size_t i = 0; i < sizeof(bytes); i++)
        snprintf(s->token + 2 * i, 3, "%02x", bytes[i]);
    return 0;
}

static int listen_at(struct server *s, const char *host, struct sockaddr_in *address,
                     struct error *err)
{
    socklen_t size = sizeof(*address);
    int on = 1;

    s->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (s->listen_fd < 0)
        return error_set(err, IRQLAB_EXIT_HOST, -errno, "no socket: %s", strerror(errno));
    setsockopt(s->listen_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(s->listen_fd, (const struct sockaddr *)address, size) ||
        listen(s->listen_fd, BACKLOG) ||
        getsockname(s->listen_fd, (struct sockaddr *)address, &size))
        return error_bad_input(err, "--port %u: cannot listen at %s: %s; --port 0 takes a free one",
                               ntohs(address->sin_port), host, strerror(errno));
    return 0;
}

static int open_socket(struct server *s, const struct server_options *o, struct error *err)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(o->port)};
    const char *host = o->address ? o->address : "127.0.0.1";
    uint32_t number;

    if (!request_loopback(host, &number))
        return error_bad_input(err,
                               "--listen %s: is not an address of this host alone; use "
                               "127.0.0.1 (and a tunnel, e.g. ssh -L, from elsewhere)",
                               host);
    address.sin_addr.s_addr = htonl(number);
    if (listen_at(s, host, &address, err))
        return -EINVAL;
    snprintf(s->url, sizeof(s->url), "http://%s:%u/?token=%s", host, ntohs(address.sin_port),
             s->token);
    return 0;
}

int server_open(const struct server_options *o, struct hub *hub, struct server **out,
                struct error *err)
{
    struct server *s = calloc(1, sizeof(*s));
    int rc;

    if (!s)
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory");
    s->hub = hub;
    s->listen_fd = -1;
    s->answer_ms = o->answer_ms ? o->answer_ms : ANSWER_MS;
    s->idle_s = o->idle_s ? o->idle_s : IDLE_S;
    rc = make_token(s, err);
    rc = rc ? rc : open_socket(s, o, err);
    if (rc)
        server_close(s);
    else
        *out = s;
    return rc;
}

const char *server_url(const struct server *s)
{
    return s->url;
}

/* -- Running ----------------------------------------------------------------------------------- */

int server_start(struct server *s, struct error *err)
{
    sigset_t all, before;

    sigfillset(&all); /* signals are for the machine's thread */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    s->daemon = MHD_start_daemon(
        MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL |
            MHD_USE_ITC,
        0, NULL, NULL, routes_handle, s, MHD_OPTION_LISTEN_SOCKET, s->listen_fd,
        MHD_OPTION_NOTIFY_COMPLETED, routes_end, NULL, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)SERVER_MAX_CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT, s->idle_s,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEAD_BYTES, MHD_OPTION_THREAD_STACK_SIZE,
        (size_t)STACK_BYTES, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!s->daemon)
        return error_set(err, IRQLAB_EXIT_HOST, -EIO, "the web server does not start: %s",
                         strerror(errno));
    return 0;
}

/* MHD_stop_daemon() cuts answers short that are on their way; also that to `quit`. */
static void wait_for_answers(struct server *s)
{
    const struct timespec tick = {.tv_nsec = GOODBYE_TICK_MS * 1000000};

    for (unsigned ms = 0; ms < GOODBYE_MS && atomic_load(&s->n_calls); ms += GOODBYE_TICK_MS)
        nanosleep(&tick, NULL);
}

void server_close(struct server *s)
{
    if (!s)
        return;
    hub_close(s->hub);
    if (s->daemon) {
        hub_wait_gone(s->hub, GOODBYE_MS); /* streams end by themselves, with a last word */
        wait_for_answers(s);
        MHD_stop_daemon(s->daemon); /* closes the socket */
    } else if (s->listen_fd >= 0) {
        close(s->listen_fd);
    }
    free(s);
}
