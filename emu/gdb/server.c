/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a debugger finds the machine, and when the machine runs. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "emu/gdb/gdb.h"
#include "emu/machine.h"
#include "emu/values.h"

enum { REST_MS = 100, SEND_MS = 10000, RECEIVE_BYTES = 4096 };
#define SLICE_INSTRUCTIONS 1000000000ull

struct gdb_server {
    int listen_fd, fd; /* fd -1: nobody is there */
    char *path;        /* of a Unix socket; NULL: TCP */
    struct machine *m;
    struct gdb_stub *stub;
    struct machine_debugger waiting; /* while nobody is there */
    bool lost;                       /* the connection ended without a word */
};

/* -- Listening --------------------------------------------------------------------------------- */

static int new_socket(struct gdb_server *s, int family, struct error *err)
{
    s->listen_fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    return s->listen_fd < 0
               ? error_set(err, IRQLAB_EXIT_HOST, -errno, "no socket: %s", strerror(errno))
               : 0;
}

static int listen_unix(struct gdb_server *s, const char *path, struct error *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat there;
    mode_t mask;
    int rc;

    if (!*path || strlen(path) >= sizeof(address.sun_path))
        return error_bad_input(err, "-gdb unix:%s: a path of 1 to %zu bytes is needed", path,
                               sizeof(address.sun_path) - 1);
    strcpy(address.sun_path, path);
    if (!lstat(path, &there)) {
        if (!S_ISSOCK(there.st_mode))
            return error_bad_input(err, "-gdb unix:%s: is there already, and is no socket", path);
        unlink(path); /* left over */
    }
    if (new_socket(s, AF_UNIX, err))
        return -EINVAL;
    mask = umask(0177); /* private from its first moment on */
    rc = bind(s->listen_fd, (const struct sockaddr *)&address, sizeof(address));
    umask(mask);
    if (rc || listen(s->listen_fd, 1))
        return error_bad_input(err, "-gdb unix:%s: cannot listen there: %s", path, strerror(errno));
    s->path = strdup(path);
    return s->path ? 0 : error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory");
}

/* Whoever reaches the port can do all that the machine can: other hosts must not. */
static int loopback(const char *host, struct sockaddr_in *address, struct error *err)
{
    if (!*host || !strcmp(host, "localhost"))
        host = "127.0.0.1";
    if (inet_pton(AF_INET, host, &address->sin_addr) != 1 ||
        ntohl(address->sin_addr.s_addr) >> 24 != 127)
        return error_bad_input(err,
                               "-gdb tcp:%s: is not an address of this host alone; use "
                               "127.0.0.1 (and a tunnel, e.g. ssh -L, from elsewhere)",
                               host);
    return 0;
}

static int listen_tcp(struct gdb_server *s, const char *text, struct error *err)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof(address);
    const char *colon = strrchr(text, ':');
    char host[64] = "";
    uint64_t port;
    int on = 1;

    if (!colon || (size_t)(colon - text) >= sizeof(host))
        return error_bad_input(err, "-gdb tcp:%s: write tcp:HOST:PORT, e.g. tcp::1234", text);
    memcpy(host, text, (size_t)(colon - text));
    if (value_u64("-gdb tcp: port", colon + 1, 0, 65535, &port, err) ||
        loopback(host, &address, err) || new_socket(s, AF_INET, err))
        return -EINVAL;
    address.sin_port = htons((uint16_t)port);
    setsockopt(s->listen_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(s->listen_fd, (const struct sockaddr *)&address, size) || listen(s->listen_fd, 1))
        return error_bad_input(err, "-gdb tcp:%s: cannot listen there: %s", text, strerror(errno));
    if (!port && !getsockname(s->listen_fd, (struct sockaddr *)&address, &size))
        fprintf(stderr, "irqlab: gdb: target remote 127.0.0.1:%u\n", ntohs(address.sin_port));
    return 0;
}

int gdb_server_open(const char *where, struct gdb_server **out, struct error *err)
{
    struct gdb_server *s = calloc(1, sizeof(*s));
    int rc;

    if (!s)
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory");
    s->listen_fd = s->fd = -1;
    if (!strncmp(where, "tcp:", 4))
        rc = listen_tcp(s, where + 4, err);
    else if (!strncmp(where, "unix:", 5))
        rc = listen_unix(s, where + 5, err);
    else
        rc = error_bad_input(err, "-gdb: '%s' is neither tcp:HOST:PORT nor unix:PATH", where);
    if (rc)
        gdb_server_close(s);
    else
        *out = s;
    return rc;
}

static void hang_up(struct gdb_server *s)
{
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
}

void gdb_server_close(struct gdb_server *s)
{
    if (!s)
        return;
    gdb_stub_close(s->stub);
    hang_up(s);
    if (s->listen_fd >= 0)
        close(s->listen_fd);
    if (s->path)
        unlink(s->path);
    if (s->m && s->m->debugger == &s->waiting)
        s->m->debugger = NULL;
    free(s->path);
    free(s);
}

/* -- One debugger at a time -------------------------------------------------------------------- */

static bool is_welcome(const struct gdb_server *s, int fd)
{
    struct ucred peer;
    socklen_t size = sizeof(peer);

    return !s->path ||
           (!getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) && peer.uid == geteuid());
}

static void accept_one(struct gdb_server *s)
{
    int fd = accept4(s->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK), on = 1;

    if (fd < 0)
        return;
    if (!is_welcome(s, fd)) {
        close(fd);
        return;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)); /* fails for a Unix socket */
    s->fd = fd;
}

static void send_bytes(void *opaque, const char *bytes, size_t n)
{
    struct gdb_server *s = opaque;

    while (n && s->fd >= 0) {
        struct pollfd ready = {.fd = s->fd, .events = POLLOUT};
        ssize_t sent = send(s->fd, bytes, n, MSG_NOSIGNAL);

        if (sent > 0) {
            bytes += sent;
            n -= (size_t)sent;
        } else if (sent >= 0 || errno != EAGAIN || poll(&ready, 1, SEND_MS) != 1) {
            s->lost = true;
            return;
        }
    }
}

static void receive(void *opaque)
{
    struct gdb_server *s = opaque;
    char bytes[RECEIVE_BYTES];
    ssize_t n = s->lost ? -1 : recv(s->fd, bytes, sizeof(bytes), 0);

    if (n > 0)
        gdb_stub_feed(s->stub, bytes, (size_t)n);
    else if (n == 0 || (errno != EAGAIN && errno != EINTR))
        s->lost = true;
    if (s->lost)
        sched_stop(s->m);
}

/* While nobody debugs, the machine is asked to stop when somebody comes. */
static void look_for_debugger(void *opaque)
{
    struct gdb_server *s = opaque;

    accept_one(s);
    if (s->fd >= 0)
        sched_stop(s->m);
}

static void ignore_run(void *opaque, unsigned vcpu, uint64_t executed, enum cpu_stop stop)
{
    (void)opaque, (void)vcpu, (void)executed, (void)stop;
}

static bool never_stuck(void *opaque)
{
    (void)opaque;
    return false;
}

static void wait_for_debugger(struct gdb_server *s, bool frozen)
{
    s->waiting = (struct machine_debugger){.opaque = s,
                                           .ran = ignore_run,
                                           .stuck = never_stuck,
                                           .outside = look_for_debugger,
                                           .fd = s->listen_fd};
    s->m->debugger = &s->waiting;
    if (!frozen)
        machine_go(s->m, UINT64_MAX);
    while (frozen && s->fd < 0 && s->m->stop == MACHINE_RUNNING)
        door_rest(s->m, REST_MS);
    s->m->debugger = NULL;
}

/* Until the debugger leaves: true, and the machine stays as it was for it. */
static bool serve(struct gdb_server *s)
{
    enum gdb_state state = gdb_stub_state(s->stub);

    while (!s->lost && state != GDB_DETACHED && state != GDB_OVER) {
        if (state == GDB_WAITS && door_rest(s->m, REST_MS))
            break;
        state = gdb_stub_run(s->stub, SLICE_INSTRUCTIONS);
    }
    return s->lost;
}

static int attend(struct gdb_server *s, bool *frozen, struct error *err)
{
    struct gdb_stub_options o = {.opaque = s, .send = send_bytes, .receive = receive, .fd = s->fd};
    int rc = gdb_stub_open(s->m, &o, &s->stub, err);

    s->lost = false;
    *frozen = false;
    if (!rc && serve(s) && s->m->stop == MACHINE_RUNNING) {
        *frozen = true;
        fprintf(stderr, "irqlab: the debugger has gone without a word; the machine stands still "
                        "until one attaches again\n");
    }
    gdb_stub_close(s->stub);
    s->stub = NULL;
    hang_up(s);
    return rc;
}

bool gdb_server_comes(struct gdb_server *s)
{
    if (s->fd < 0)
        accept_one(s);
    return s->fd >= 0;
}

int gdb_server_attend(struct gdb_server *s, struct machine *m, bool *frozen, struct error *err)
{
    s->m = m;
    return attend(s, frozen, err);
}

void gdb_server_dismiss(struct gdb_server *s)
{
    s->lost = true;
    sched_stop(s->m);
}

int gdb_server_go(struct gdb_server *s, struct machine *m, bool frozen, struct error *err)
{
    int rc = 0;

    s->m = m;
    while (!rc && m->stop == MACHINE_RUNNING) {
        if (s->fd < 0)
            wait_for_debugger(s, frozen);
        if (s->fd >= 0)
            rc = attend(s, &frozen, err);
    }
    return rc;
}
